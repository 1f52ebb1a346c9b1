"""The page of scaling laws: what it shows against the library, what it says, its tasks, how it refines."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from quadviz import local_exponents, optimal_lam, steady_state
from quadviz.explorers.scaling_laws import page as module
from quadviz.explorers.scaling_laws.page import ScalingLawsExplorer
from quadviz.explorers.scaling_laws.state import PRESETS, State
from quadviz.explorers.scaling_laws.table import budget_table
from quadviz.figures.marks.drawing import trace
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.scaling.scene import scaling_laws
from quadviz.scenes.scaling.setting import power_law_teacher
from tests.conftest import ROOT
from tests.pages import offer, opened, press, until
from tests.reading import close, numbers_in, plain, reading, value_of

SMALL = {"levels": 50, "compare": ""}


@pytest.fixture
def page() -> ScalingLawsExplorer:
    page = opened("scaling_laws")
    page.bar.result = None
    return fresh(page)


def fresh(page: ScalingLawsExplorer, **values: Any) -> ScalingLawsExplorer:
    """The page as it opens, but for few levels and one curve."""
    page.change(**{**asdict(page.opened), **SMALL, **values})
    return page


def point(page: ScalingLawsExplorer) -> Any:
    """The steady state at the marker, from the library."""
    s = page.state
    teacher = power_law_teacher(s.exponent, s.levels)
    lam = optimal_lam(s.alpha, s.kappa, None, s.delta, teacher=teacher)
    return steady_state(s.alpha, s.kappa, None, lam, s.delta, teacher=teacher)


def test_the_read_out_is_the_library_s(page: ScalingLawsExplorer) -> None:
    for values in ({}, {"kappa": 0.1, "alpha": 3.0}, {"delta": 1.0, "exponent": 2.0}):
        page.change(**values)
        here, told = point(page), reading(page)
        close([value_of(told["mse"]), value_of(told["train loss"]), value_of(told["λ best"])],
              here.mse, here.train_loss, here.lam)  # fmt: skip
        exponents = local_exponents(here, best="lam")
        assert value_of(told["exponent"]) == pytest.approx(float(exponents.mse), abs=6e-4)
        assert value_of(told["exponent of λ"]) == pytest.approx(float(exponents.decay), abs=6e-4)
        assert ("rank-limited" in told["regime"]) == bool(here.regime)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_lit_and_say_what_limits(page: ScalingLawsExplorer, name: str) -> None:
    page.starts.value = name
    assert page.lit == name and page.page._alert.value == ""
    said = plain(page.page.prose.value)
    expected = {
        "Exponents": "It is noise-limited", "Widths": "It is width-limited", "Overfit": "It is decay-limited",
        "Lazy": "no level is learned before the others", "Published": "24 experiments of arXiv 2606.28242",
    }  # fmt: skip
    assert expected[name] in said and "nan" not in said


@pytest.mark.slow
def test_the_prose_counts_what_it_says(page: ScalingLawsExplorer) -> None:
    page.change(kappa=0.15, delta=1e-3)
    scene, said = page.scene(), plain(page.page.prose.value)
    numbers = numbers_in(r"the mse is # and goes as α to the power #", said)
    close(numbers, scene.marker[0].mse, round(float(scene.marker_exponents[0, 0]), 3))
    for each in scene.stretches:
        assert f"{each.kind.name.lower()}-limited from" in said
    budget = page.budget(page.state.setting)
    at = int(np.argmin(np.abs(np.log(budget.work / 0.15))))
    close(
        numbers_in(r"a student of κ = # does best of those tried, mse #", said),
        budget.kappa[at],
        budget.mse[at],
    )


@pytest.mark.slow
def test_decays_that_are_moved_are_as_set(page: ScalingLawsExplorer) -> None:
    page.controls["lam"].enter("0.02")
    assert page.state.decay == "fixed"
    page.fields["decay"].value = "falling"
    assert page.state.decay == "falling" and page.state.lam == 0.02
    page.controls["lam"].enter("0.05")
    assert page.state.decay == "falling"
    page.controls["lam2"].enter("0.1")
    assert page.state.decay == "fixed" and page.state.setting.lam2 == 0.1
    page.fields["decay"].value = "best lam"
    page.fields["compare"].value = "lam"
    assert page.state.decay == "fixed"


def test_a_refusal_keeps_the_page(page: ScalingLawsExplorer) -> None:
    before = page.state
    for name, typed in (("exponent", "0.3"), ("kappa", "2"), ("alpha", "0"), ("delta", "x"), ("lam", "-1")):
        page.controls[name].enter(typed)
        assert page.controls[name].message.startswith(f"{name} (")
    assert page.state == before
    assert page.follow("exponent=9&decay=none&levels=7") and page.state == before
    page.controls["delta"].enter("0")
    assert page.state.delta == 0.0 and "recovered exactly" in plain(page.page.prose.value)


@pytest.mark.slow
def test_every_corner_is_drawn_and_told(page: ScalingLawsExplorer) -> None:
    for end in ("low", "high"):
        for name, control in page.controls.items():
            fresh(page)
            control.position = 0.0 if end == "low" else float(control.stops)
            assert getattr(page.state, name) == control.value, (name, end)
            assert page.page._alert.value == "", (name, end)
            assert "nan" not in plain(page.page.prose.value + page.page.readout.value), (name, end)


def test_clicks_move_the_marker_and_the_width(page: ScalingLawsExplorer) -> None:
    page.figure._receive(None, {"kind": "click", "x": 0.31234, "y": 1.0}, [])
    assert page.state.alpha == 0.3123
    page.figures["scaling_width"]._receive(None, {"kind": "click", "x": 0.123456, "y": 1.0}, [])
    assert page.state.kappa == 0.1235


def test_while_a_slider_moves_it_is_coarse_and_then_fine(page: ScalingLawsExplorer) -> None:
    """As in a kernel, whose loop runs: at once what is followed, and all of it, and the budget, at rest."""

    async def scene() -> None:
        page.change(exponent=1.3)
        assert page._seen is not None and not page._seen.fine
        assert "being solved" in page.figures["scaling_compute"].drawing["layout"]["annotations"][0]["text"]
        coarse = trace(page.figure.drawing, "mse-0")["x"].size
        page.change(exponent=1.35)
        await until(lambda: page._known(page.state.setting), 60)
        assert page._seen.fine and page._seen.setting.exponent == 1.35
        assert trace(page.figure.drawing, "mse-0")["x"].size > 3 * coarse
        text = page.figures["scaling_compute"].drawing["layout"]["annotations"][0]["text"]
        assert "being solved" not in text

    asyncio.run(scene())
    alone = scaling_laws(page.state.setting, Memo())
    np.testing.assert_allclose(page._seen.current.mse, alone.current.mse, rtol=1e-8)


def test_what_fails_at_rest_is_told(page: ScalingLawsExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Any:
        raise ArithmeticError

    monkeypatch.setattr(module, "solve_scaling_laws", fails)

    async def scene() -> None:
        page.change(exponent=1.4)
        await until(lambda: page.page._alert.value != "", 10)

    asyncio.run(scene())
    assert page.complaint in page.page._alert.value


def test_networks_are_trained_with_the_decay_they_have_there(page: ScalingLawsExplorer) -> None:
    offer(page, sim_d=(20, 50, 100, 200))
    page.change(sim_d=20, alpha=0.5)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(module, "scaled_alphas", lambda _d: (0.1, 0.5))
    try:
        press(page.bar)
        run = page.run
        teacher = power_law_teacher(1.25, 50)
        lam = optimal_lam([0.1, 0.5], 1.0, None, 0.1, teacher=teacher)
        assert [n.setting.lam for n in run.networks] == pytest.approx(lam.tolist())
        assert all(n.setting.teacher == teacher and n.d == 20 for n in run.networks)
        assert [one.d for one in run.at_size] == [20, 20]
        drawn = trace(page.figure.drawing, "networks")
        assert drawn["y"].tolist() == [n.mse for n in run.networks]
        said = plain(page.page.prose.value)
        assert (
            "2 networks of d = 20 were trained" in said and "A network of finite d is not the limit" in said
        )
        rows = page.exhibit("scaling_laws").table()[1]
        assert (
            sum(row[0] == "network" for row in rows) == 2
            and sum(row[0] == "theory at size d" for row in rows) == 2
        )
        page.change(exponent=1.5)
        assert "They are grey, for the curve drawn is another one" in plain(page.page.prose.value)
    finally:
        monkey.undo()
        page.change(sim_d=50)


def test_the_budget_s_table_has_the_best_first(page: ScalingLawsExplorer) -> None:
    budget = page.budget(page.state.setting)
    names, rows = budget_table(budget)
    best = [dict(zip(names, row, strict=True)) for row in rows if row[0] == "theory at the best width"]
    assert len(best) == budget.work.size
    known = [row for row in best if np.isfinite(row["mse"])]
    assert all(row["alpha"] * row["kappa"] == pytest.approx(row["budget"]) for row in known)


@pytest.mark.slow
def test_the_tasks_solutions_are_right() -> None:
    """Every number that the notebook's solutions tell, and that the links lead there."""
    cells = json.loads((ROOT / "notebooks/scaling_laws.ipynb").read_text(encoding="utf-8"))["cells"]
    tasks = "".join(cells[-1]["source"])
    page = opened("scaling_laws")

    def there(label: str) -> Any:
        (query,) = re.findall(rf"\[{re.escape(label)}\]\(scaling_laws\.ipynb\?([^)]*)\)", tasks)
        assert page.follow(query, afresh=True) == []
        return scaling_laws(page.state.setting, Memo())

    text = " ".join(tasks.split())
    first = there("Δ = 0")
    close(numbers_in("they are #, #, # and # against 1 − 2γ", text), *first.marker_exponents[0][1:].round(3))
    second = there("Δ = 0.1")
    close(numbers_in("are #, #, # and #, against 1/2γ − 1", text), *second.marker_exponents[0][1:].round(3))
    widths = there("Widths")
    assert numbers_in("From α = # on more samples", text)[0] == pytest.approx(
        widths.stretches[0].high, abs=5e-3
    )
    mse = [float(each.mse) for each in widths.marker[:3]]
    close(numbers_in("The mse at α = 1 is #, # and #:", text), *mse)
    powers = np.diff(np.log(mse)) / np.diff(np.log([0.02, 0.05, 0.15]))
    close(numbers_in("powers # and #, on the way", text), *powers.round(2))
    budget = page.budget(page.state.setting)
    at = int(np.argmin(np.abs(np.log(budget.work / 0.15))))
    close(
        numbers_in("a student of κ = # does better, with fewer samples: mse #", text),
        budget.kappa[at],
        budget.mse[at],
    )
    over = there("Overfit")
    fits, decay = over.fits[0], next(each for each in over.stretches if each.kind.name == "DECAY")
    shown = numbers_in("up to α = #, and from # to # the decay is what limits", text)
    assert shown == pytest.approx([fits.high, decay.low, decay.high], abs=6e-3)
    page.change(decay="best lam", compare="")
    best = point(page)
    numbers = numbers_in("at α = 0.3 the mse is #, and with the best λ, #, it would be #", text)
    assert numbers == pytest.approx(
        [float(over.marker[over.setting.current].mse), best.lam, best.mse], rel=1e-3
    )
    lazy, better = there("Lazy"), there("best λ")
    shown = numbers_in("leaves # at α = 0.1 and an exponent of #", text)
    assert shown == pytest.approx([float(lazy.marker[2].mse), lazy.marker_exponents[0, 2]], rel=1e-3)
    shown = numbers_in("decay leaves #, with #", text)
    assert shown == pytest.approx([float(better.marker[2].mse), better.marker_exponents[0, 2]], rel=1e-3)
    page.reset()


def test_it_opens_as_its_state_says() -> None:
    assert State().setting.members[State().setting.current].exponent == State().exponent
