"""The teacher of a page: chosen, pasted, opened, refused, in links, in what is saved, and in the theory."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quadviz import Levels, Orthogonal, bayes_optimal, optimal_lam, simulate_ensemble, steady_state
from quadviz.explorers import learning_curves, simulation_lab
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.links import query_of
from quadviz.explorers.kit.save import takeaway
from quadviz.explorers.kit.teacher import control as control_module
from quadviz.explorers.kit.teacher.control import TeacherControl
from quadviz.figures.marks.drawing import Drawing, trace
from quadviz.files.decoding import MOST_BYTES
from quadviz.law.spelling import spelled_levels, teacher_of
from quadviz.tables.text import csv_text
from tests.pages import offer, opened, press, until
from tests.reading import plain

PAGES = ["learning_curves", "simulation_lab", "dynamics"]
EVERY = [*PAGES, "spectra"]
OWN = "levels:0x7,1,3,6"


@pytest.fixture(name="page", params=EVERY)
def any_page(request: pytest.FixtureRequest) -> Iterator[Explorer[Any]]:
    yield from fresh(request.param)


@pytest.fixture(name="curves")
def learning_curves_page() -> Iterator[Explorer[Any]]:
    yield from fresh("learning_curves")


def fresh(name: str) -> Iterator[Explorer[Any]]:
    explorer = opened(name)
    clean(explorer)
    yield explorer
    clean(explorer)


def clean(explorer: Explorer[Any]) -> None:
    """As it opens."""
    for bar in explorer.bars.values():
        bar.result = None
    explorer.reset()


def control(page: Explorer[Any]) -> TeacherControl:
    found = page.fields["teacher"]
    assert isinstance(found, TeacherControl)
    return found


def say(page: Explorer[Any], **content: Any) -> str:
    """What the browser sends; what is refused."""
    data = content.pop("data", None)
    control(page)._receive(None, content, [] if data is None else [memoryview(data)])
    return control(page).refusal


def test_a_family_is_chosen_and_its_exponent(page: Explorer[Any]) -> None:
    say(page, kind="family", name="orthogonal")
    assert page.state.teacher == "orthogonal" == control(page).family
    say(page, kind="family", name="power")
    assert page.state.teacher == "power:0.3"
    assert say(page, kind="exponent", text=" 0,2 ") == "" and page.state.teacher == "power:0.2"
    assert "below 0.5" in say(page, kind="exponent", text="0.6")
    assert "must be a number, got 'x'" in say(page, kind="exponent", text="x")
    assert page.state.teacher == "power:0.2" and page.page._alert.value == ""
    say(page, kind="family", name="wishart")
    assert page.state.teacher == "wishart" and control(page).refusal == ""
    for content in ({"kind": "family", "name": "cauchy"}, {"kind": "exponent"}, {"kind": "levels"}, {}):
        say(page, **content)
    assert page.state.teacher == "wishart"


def test_levels_are_pasted_and_opened(page: Explorer[Any]) -> None:
    assert say(page, kind="levels", text="0 0 0 0 0 0 0 1 3 6") == ""
    assert page.state.teacher == OWN
    assert control(page).about == "4 levels, 0 to 6; rank 0.3 d, mean 1" and control(page).notes == ""
    given = page.fields["kappa_star"]
    assert given.given == "0.3"
    assert say(page, kind="file", name="mine.csv", size=9, data=b"1,5\n0,25\n0,1234567") == ""
    assert page.state.teacher == "levels:0.123457,0.25,1.5" and given.given == "1"
    assert control(page).notes == "Decimal commas are read as points; levels are taken to six digits."
    # Another family, and back to them.
    say(page, kind="family", name="orthogonal")
    assert given.given == "" and page.state.teacher == "orthogonal"
    say(page, kind="family", name="levels")
    assert page.state.teacher == "levels:0.123457,0.25,1.5"
    page.reset()
    assert page.state.teacher == "wishart"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"kind": "levels", "text": "apples"}, "What was pasted was not taken: line 1 must hold numbers"),
        ({"kind": "levels", "text": ""}, "the file is empty"),
        ({"kind": "levels", "text": "1 " * 2001}, "2,001 levels, and 2,000 at most"),
        ({"kind": "file", "name": "a.csv", "size": 3, "data": b"1\nx"}, "a.csv was not taken: line 2"),
        ({"kind": "file", "name": "a.npy", "size": 9, "data": b"\x93NUMPY\x01"}, "an array of NumPy"),
        ({"kind": "file", "name": "a.csv", "size": 0, "data": b""}, "the file is empty"),
        ({"kind": "file", "name": "a.csv", "size": MOST_BYTES + 1}, "1,000,001 bytes"),
        ({"kind": "file", "name": "a.csv", "size": 5}, "did not arrive"),
        ({"kind": "file", "name": "a.csv", "size": 1, "data": b"1 " * MOST_BYTES}, "2,000,000 bytes"),
    ],
)
def test_what_is_no_levels_is_told_and_the_teacher_stays(
    curves: Explorer[Any], content: dict[str, Any], said: str
) -> None:
    curves.change(teacher=OWN)
    refusal = say(curves, **content)
    assert said in refusal and refusal.endswith("the teacher stays as it was.")
    assert curves.state.teacher == OWN and control(curves).family == "levels"
    curves.change(kappa=0.4)
    assert curves.page._alert.value == ""


def test_whatever_else_happens_is_not_for_a_viewer_to_read(
    curves: Explorer[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(control_module, "levels_of_bytes", lambda *_: 1 / 0)
    with caplog.at_level(logging.CRITICAL):
        refusal = say(curves, kind="levels", text="1")
    assert refusal == "What was pasted was not taken: it could not be read; the teacher stays as it was."


@pytest.mark.parametrize("teacher", ["orthogonal", "power:0.2", OWN])
@pytest.mark.parametrize("lam2", [0.0, 0.2])
def test_curves_are_those_of_the_library(curves: Explorer[Any], teacher: str, lam2: float) -> None:
    curves.change(teacher=teacher, lam2=lam2, kappa_star=0.4, compare="lam")
    scene, s, law = curves.scene(), curves.state, teacher_of(teacher)
    star = 0.4 if law.sized_by_width else None
    for row, lam in enumerate((0.0, 1e-3, 1e-2, 0.1, 1.0)):
        alone = steady_state(scene.curves.alpha[row], s.kappa, star, lam, s.delta, lam2, teacher=law)
        at = np.isfinite(alone.mse)
        np.testing.assert_allclose(scene.curves.mse[row][at], alone.mse[at], rtol=1e-7)
        np.testing.assert_array_equal(scene.curves.status[row], alone.status)
    best = bayes_optimal(s.alpha, star, s.delta, teacher=law).mmse
    assert scene.best == pytest.approx(float(best), rel=1e-9)
    np.testing.assert_allclose(
        scene.bayes.mmse, bayes_optimal(scene.bayes.alpha, star, s.delta, teacher=law).mmse, rtol=1e-9
    )
    # Thresholds are those of weight decay alone.
    assert bool(scene.thresholds) == (lam2 == 0)
    assert ("Interpolation:" in plain(curves.page.prose.value)) == (lam2 == 0)


def test_a_width_that_a_teacher_cannot_have_is_brought_back(page: Explorer[Any]) -> None:
    page.change(kappa_star=1.5)
    page.change(teacher="orthogonal")
    assert page.state.kappa_star == 1.0 and page.page._alert.value == ""
    page.fields["kappa_star"].value = 1.8
    assert page.state.kappa_star == 1.0 == page.fields["kappa_star"].value
    page.fields["kappa_star"].enter("1.5")
    assert page.fields["kappa_star"].message.endswith("must be at most 1 for this teacher, got 1.5")
    assert page.state.kappa_star == 1.0
    page.change(teacher="wishart", kappa_star=1.8)
    assert page.state.kappa_star == 1.8


def test_a_family_over_the_teachers_width_goes_as_far_as_it_can(curves: Explorer[Any]) -> None:
    curves.change(teacher="orthogonal", compare="kappa_star")
    assert [name.split(" = ")[1] for name in curves.scene().names] == ["0.05", "0.15", "0.3", "0.6"]
    curves.change(teacher=OWN)
    assert curves.state.compare == "" and curves.scene().names == ("",)


def test_links_and_python_carry_teachers(page: Explorer[Any]) -> None:
    many = spelled_levels(np.random.default_rng(0).random(2000).tolist())
    for teacher in ("orthogonal", "power:0.25", OWN, many):
        page.change(teacher=teacher, lam2=0.3)
        query = query_of(page.state)
        assert len(query) < 8000
        page.reset()
        assert page.follow(query) == [] and (page.state.teacher, page.state.lam2) == (teacher, 0.3)
    page.reset()
    (note,) = page.follow("teacher=levels:1,two")
    assert "levels must be a number, got 'two': wishart is used" in note
    page.at(teacher=Levels([0, 1, 1]))
    assert page.state.teacher == "levels:0,1x2"
    with pytest.raises(ValueError, match="did you mean orthogonal"):
        page.at(teacher="orthogonel")
    with pytest.raises(TypeError, match="teacher must be one of"):
        page.at(teacher=3)


@pytest.mark.parametrize("teacher", ["power:0.2", OWN, spelled_levels((np.arange(1, 80.0) ** -1).tolist())])
@pytest.mark.parametrize("name", PAGES)
def test_what_is_saved_remakes_it(name: str, teacher: str) -> None:
    explorer = opened(name)
    clean(explorer)
    explorer.change(teacher=teacher, lam2=0.1, **({"compare": ""} if name == "learning_curves" else {}))
    exhibit = explorer.exhibits()[0]
    space: dict[str, Any] = {}
    exec(takeaway._takeaway(explorer, exhibit).code().replace("figure.show()", "pass"), space)  # noqa: S102 - ours
    names, *rows = csv.reader(io.StringIO(csv_text(exhibit.table())))
    theory = [dict(zip(names, row, strict=True)) for row in rows if row[0] == "theory"]
    assert {row["teacher"] for row in theory} == {teacher} and {row["lam2"] for row in theory} == {"0.1"}
    made = space["curves"] if name == "learning_curves" else space["theory"]
    if name == "learning_curves":
        seen = {t["uid"]: t for t in exhibit.draw()["data"]}["solid-0-0"]
        expected = np.interp(np.linspace(0.01, 1, 200)[100:], seen["x"], seen["y"])
        np.testing.assert_allclose(made.mse[100:], expected, rtol=2e-3)
    else:
        assert float(made.mse) == pytest.approx(float(theory[0]["mse"]))
    explorer.reset()


def test_networks_are_taught_by_it(page: Explorer[Any]) -> None:
    if page.name == "learning_curves":
        offer(page, sim_d=(20, 30, 50, 80, 120), sim_networks=(1, 3, 5, 10))
        page.change(teacher=OWN, lam2=0.1, sim_d=20, sim_networks=1, alpha_top=0.5)
    elif page.name == "spectra":
        offer(page, sim_d=(20, 50, 100, 150), sim_networks=(1, 2, 3, 10))
        page.change(teacher=OWN, lam2=0.1, sim_d=20, sim_networks=2, alpha=0.5)
    else:
        page.change(teacher=OWN, lam2=0.1, d=20.0, seeds=2.0, end=3.0, alpha=0.5)
    press(page.bars["networks"])
    run = page.run
    assert all(network.setting.teacher == teacher_of(OWN) for network in run.networks)
    assert all(network.setting.lam2 == 0.1 for network in run.networks)
    if page.name == "spectra":
        page.change(sim_d=100)
    elif page.name != "learning_curves":
        alone = simulate_ensemble(run.request.setting, 20, [0, 1], run.request.times)
        np.testing.assert_allclose(run.networks[0].mse, alone.all("mse")[0], rtol=1e-6)
    else:
        limit = steady_state(0.5, 0.7, None, 0.01, 0.5, 0.1, teacher=teacher_of(OWN)).mse
        assert run.networks[-1].mse == pytest.approx(float(limit), rel=0.5)
        assert "by Levels([0.0, 1.0, 3.0, 6.0])" in plain(page.page.prose.value)
        page.change(sim_d=50)
    page.change(teacher="orthogonal")
    assert "rey" in plain(page.page.prose.value)


def test_in_a_kernel_it_is_coarse_while_a_slider_moves_and_then_whole(curves: Explorer[Any]) -> None:
    async def scene() -> None:
        curves.change(teacher=OWN, compare="")
        drawing = curves.figure.drawing
        assert trace(drawing, "bayes")["x"].size == 0 and trace(drawing, "solid-0-0")["x"].size == 50
        curves.change(delta=0.4)
        await until(lambda: trace(curves.figure.drawing, "bayes")["x"].size > 0)
        drawing = curves.figure.drawing
        assert trace(drawing, "solid-0-0")["x"].size == 200
        s = curves.state
        best = bayes_optimal(s.alpha, None, s.delta, teacher=teacher_of(OWN)).mmse
        assert f"{float(best):.4g}" in plain(curves.page.readout.value)

    asyncio.run(scene())


def test_what_fails_at_rest_is_told(curves: Explorer[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Iterator[None]:
        yield
        raise RuntimeError

    monkeypatch.setattr("quadviz.explorers.learning_curves.page.in_pieces", fails)

    async def scene() -> None:
        curves.change(teacher="orthogonal")
        await until(lambda: curves.page._alert.value != "")

    asyncio.run(scene())
    monkeypatch.undo()
    curves.change(teacher="wishart")
    assert curves.page._alert.value == ""


def test_of_a_law_the_weights_follow() -> None:
    lab = opened("simulation_lab")
    lab.change(weights="rademacher")
    lab.change(teacher="orthogonal")
    assert lab.state.weights == "gaussian"
    assert lab.state.setting.teacher == Orthogonal()
    lab.reset()


def test_stills_take_teachers() -> None:
    figure = learning_curves.still("learning_curves", teacher=Orthogonal(), lam2=0.1, compare="")
    assert len(figure.data) > 5
    assert simulation_lab.still("training", teacher=[*Levels([1]).levels()] and "orthogonal").data


def test_the_dynamics_of_a_teacher_end_where_theory_says_and_tell_the_best_decay() -> None:
    page = opened("dynamics")
    clean(page)
    page.change(teacher=OWN, delta=1.0, lam=0.01, alpha=0.4, end=300.0, d=40.0, seeds=3.0, source="networks")
    assert page.state.setting.teacher == teacher_of(OWN)
    law = teacher_of(OWN)
    limit = steady_state(0.4, 0.7, None, 0.01, 1.0, teacher=law)
    assert f"{float(limit.mse):.4g}" in plain(page.page.readout.value)
    press(page.bars["networks"])
    best = float(optimal_lam(0.4, 0.7, None, 1.0, teacher=law))
    least = float(steady_state(0.4, 0.7, None, best, 1.0, teacher=law).mse)
    said = plain(page.page.prose.value)
    assert f"the best weight decay, λ = {best:.4g}, ends at {least:.4g}" in said
    # Training on infinitely many samples comes to the teacher, less its decay.
    flow = page._flow()
    assert flow.mse[-1] < 0.02
    # The levels are where the eigenvalues go.
    learned = page._law()
    drawn = trace(page.figures["dynamics_spectrum"].drawing, "final")
    mass = np.trapezoid(drawn["y"], drawn["x"])
    assert mass == pytest.approx(1 - float(learned.atom_at_zero[0, 0]), rel=2e-2)
    page.change(lam2=0.3, view="singular values")
    learned = page._law()
    drawn = trace(page.figures["dynamics_spectrum"].drawing, "final")
    mass = np.trapezoid(drawn["y"], drawn["x"])
    assert mass == pytest.approx(1 - float(learned.atom_at_zero[0, 0]), rel=2e-2)
    clean(page)


def test_levels_that_are_recovered_are_counted_above_the_bulk() -> None:
    page = opened("dynamics")
    clean(page)
    page.change(teacher="levels:0x6,4x2,9x2", delta=0.0, lam=0.0, alpha=1.0, gamma=0.1)
    assert float(page._law().state.mse[0, 0]) == 0
    words = page.figures["dynamics_spectrum"].drawing["layout"]["annotations"]
    (told,) = [note["text"] for note in words if "theory, t → ∞:" in note["text"] and "%" not in note["text"]]
    # 40% of 48 eigenvalues.
    assert "19.2" in told
    clean(page)


@pytest.mark.parametrize("teacher", ["orthogonal", "power:0.3", OWN])
@pytest.mark.parametrize("lam2", [0.0, 0.3])
@pytest.mark.parametrize("view", ["eigenvalues", "singular values"])
def test_spectra_of_any_teacher_hold_all_of_their_mass(teacher: str, lam2: float, view: str) -> None:
    page = opened("spectra")
    clean(page)
    page.change(teacher=teacher, lam2=lam2, view=view, alpha=1.2, delta=0.1, kappa_star=0.4)
    scene, law = page.scene(), page.scene().law
    noisy, learned = (each.drawing for each in page.figures.values())
    kept = 1 - float(law.atom_at_zero[0, 0])

    def mass(drawing: Drawing, name: str) -> float:
        part = trace(drawing, name)
        return float(np.trapezoid(part["y"], part["x"]))

    assert mass(noisy, "discarded") + mass(noisy, "kept") == pytest.approx(1, rel=5e-3)
    assert mass(learned, "learned") == pytest.approx(kept, rel=5e-3)
    # The levels stand as ticks where they are.
    ticks = trace(noisy, "teacher")["x"][::3]
    star = 0.4 if teacher_of(teacher).sized_by_width else None
    levels, weights = teacher_of(teacher).levels(star)
    np.testing.assert_allclose(ticks, levels[levels > 0])
    names, rows = page.exhibit("noisy_teacher").table()
    found = [dict(zip(names, row, strict=True)) for row in rows]
    own = [row for row in found if row["source"] == "teacher Z*"]
    assert [row["eigenvalue"] for row in own] == levels.tolist()
    assert [row["mass"] for row in own] == weights.tolist()
    assert {row["teacher"] for row in found} == {teacher} and {row["lam2"] for row in found} == {lam2}
    assert scene.view == view
    bands = law.noisy_bands().reshape(-1, 2)
    count = int(np.isfinite(bands[:, 0]).sum())
    words = "is a single band" if count == 1 else f"has {count} bands for {levels.size} levels"
    assert words in plain(page.page.prose.value)
    clean(page)


def test_the_code_of_spectra_makes_the_teacher() -> None:
    page = opened("spectra")
    clean(page)
    page.change(teacher=OWN, lam2=0.2, alpha=1.2)
    for exhibit in page.exhibits():
        space: dict[str, Any] = {}
        exec(takeaway._takeaway(page, exhibit).code().replace("figure.show()", "pass"), space)  # noqa: S102 - ours
        assert space["law"].state.mse == pytest.approx(float(page.scene().law.state.mse[0, 0]))
        assert space["law"].state.teacher == teacher_of(OWN)
    clean(page)


def test_films_of_few_levels_play_and_of_many_are_refused() -> None:
    page = opened("spectra")
    clean(page)
    page.change(teacher=OWN)
    reel = page._reel()
    assert reel is not None and len(reel.texts) == 240
    page.change(teacher=spelled_levels(np.arange(1.0, 70).tolist()))
    assert page._reel() is None and "no film for more than 60 levels" in plain(page.page._alert.value)
    page.change(alpha=0.5)
    assert page.page._alert.value == ""
    clean(page)
