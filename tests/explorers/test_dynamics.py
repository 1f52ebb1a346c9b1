"""The page of dynamics without a browser: what it runs, draws and says, and what its film holds."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.dynamics.page import DynamicsExplorer, State
from quadviz.explorers.dynamics.words import Told, dynamics_cards, dynamics_prose
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.live.packing import Parts, applied
from quadviz.figures.dynamics import DMFT_HUE
from quadviz.figures.marks.drawing import Part, trace
from quadviz.figures.marks.theme import THEMES
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import four_digits
from quadviz.simulation.simulate import simulate
from quadviz.theory.best.early_stopping import early_stop, matching_decay
from quadviz.theory.dmft import Dmft, DmftError, DmftStatus, dmft
from quadviz.theory.dmft.plan import Cost, fitting_size, march_grid
from quadviz.theory.flow.population_curve import DIMENSION, population_curve
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work import march as run_module
from quadviz.work.march import Effort, MarchRun
from quadviz.work.stored import march as dynamics_stored
from quadviz.work.stored.file import about_stored
from quadviz.work.stored.march import march_signature, stored_march
from tests.conftest import ROOT
from tests.pages import press, until
from tests.reading import plain, reading
from tests.snapshots import unpacked

SPECTRUM = "dynamics_spectrum"

#: Networks and equations so small that they are done in a moment.
TINY = {"d": 10, "seeds": 2, "end": 10.0, "lam": 0.05}
EFFORT = Effort(20, 2, 1, 0.3, 4)
#: Those of the page.
EFFORTS = tuple(run_module.QUALITIES.values())
HISTOGRAM_OF = "density of the histogram"
#: Another setting than the one that the page opens with, for which nothing is stored.
ELSEWHERE = {"alpha": 0.5}


@pytest.fixture(scope="module")
def shared() -> DynamicsExplorer:
    return DynamicsExplorer()


@pytest.fixture
def page(shared: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamicsExplorer]:
    """The page as it opens; made once, for a live figure is never freed."""
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": EFFORT, "good": EFFORT._replace(replicas=3)})
    for bar in (shared.bar, shared.bars["dmft"]):
        bar.result = None
        bar.say("")
    shared._begun.clear()
    shared.change(**{name: getattr(State(), name) for name in vars(State()) if name != "theme"})
    shared.refresh()
    assert shared.state == State()
    yield shared
    assert not shared.bar.job.running and not shared.bars["dmft"].job.running
    shared.theme.dark = False


def status(bar: Any) -> str:
    return plain(bar.status.value)


def course(page: DynamicsExplorer, uid: str) -> Part:
    """What is drawn against time, by its name."""
    return trace(page.figure.drawing, uid)


def texts(page: DynamicsExplorer) -> list[str]:
    """What the film says at its moments."""
    said: list[str] = unpacked(page.film.message())["texts"]
    return said


def film_of(page: DynamicsExplorer, figure: LiveFigure) -> list[Parts]:
    """A figure at every moment of the film, as browsers put it together."""
    moments = page.film.content["figures"].get(figure.key, [])
    return [applied(figure.parts, moment) for moment in moments]


def rest(page: DynamicsExplorer, moment: Any) -> None:
    """The film comes to rest."""
    edition = unpacked(page.film.message())["edition"]
    page.film._receive(None, {"kind": "rest", "moment": moment, "edition": edition}, [])


def solution_of(page: DynamicsExplorer) -> Dmft:
    """The page's mean-field solution, by the library's own function."""
    times = page.state.request.times
    e = EFFORT
    return dmft(
        page.state.setting, times, fitting_size(page.state.setting, e.size), e.replicas, e.probes,
        int(page.state.first_seed), copies=e.copies, step=e.step, eigenvalue_times=times,
    )  # fmt: skip


def doubted(whole: Dmft, until: float) -> Dmft:
    """A solution as it would be if it failed a test of itself after a time."""
    message = f"not to be trusted after t = {until:g}: the time steps are too long (a smaller step)"
    return replace(whole, status=DmftStatus.UNRESOLVED, trusted_until=until, message=message)


@pytest.fixture
def unresolved(page: DynamicsExplorer) -> DynamicsExplorer:
    """The page with a march that is not to be trusted after t = 1, and comes out absurd."""
    page.change(**TINY, source="dmft")
    whole = solution_of(page)
    late = whole.times > 1.0
    whole = replace(
        whole, mse=np.where(late, 1e-6, whole.mse), mse_error=np.where(late, 1e-9, whole.mse_error)
    )
    page.bars["dmft"].result = MarchRun(page.state.march_request, doubted(whole, 1.0))
    page.refresh()
    return page


def test_it_opens_with_the_end_in_theory_and_infinitely_many_samples(page: DynamicsExplorer) -> None:
    page.change(**ELSEWHERE)
    s = replace(State(), **ELSEWHERE)
    theory = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    np.testing.assert_allclose(course(page, "theory-0")["y"], [theory.mse.item()] * 2)
    flow = population_curve(s.setting, s.request.times)
    np.testing.assert_allclose(course(page, "population-0")["y"], flow.mse[1:], rtol=1e-6)
    np.testing.assert_allclose(course(page, "population-1")["y"], flow.mse[1:] / 2 + s.delta / 4, rtol=1e-6)
    assert len(course(page, "dmft-0")["x"]) == 0
    shown = reading(page)
    assert shown["mse, t → ∞"] == four_digits(theory.mse.item())
    assert shown["mse at the end, α → ∞"] == four_digits(flow.mse[-1])
    assert shown["t best"] == shown["λ that matches"] == "–"
    assert "So far" in page.page.prose.value
    assert page.download.ready
    # What a browser finds was drawn already.
    assert len(unpacked(page.figures[SPECTRUM].get_state()["figure"])["traces"]["histogram"]["x"]) > 2


@pytest.mark.parametrize("name", [*PARAMETERS, "end", "d", "seeds", "first_seed"])
def test_a_slider_at_its_ends_draws_that_setting(page: DynamicsExplorer, name: str) -> None:
    control = page.controls[name]
    for position in (0.0, float(control.stops)):
        control.position = position
        s = page.state
        assert page.page._alert.value == ""
        assert texts(page)[0] == "t = 0" and len(texts(page)) == s.request.times.size
        mse = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta).mse.item()
        assert reading(page)["mse, t → ∞"] == four_digits(mse)
        # The full sizes of the page can be asked for everywhere.
        for effort in EFFORTS:
            size = fitting_size(s.setting, effort.size)
            run_module.check_march(
                s.setting, s.march_request.times, size, *effort[1:3], copies=effort.copies, step=effort.step,
                force=True,
            )  # fmt: skip
    control.reset()


def test_the_march_is_that_of_the_library(page: DynamicsExplorer) -> None:
    page.change(**TINY, first_seed=5)
    press(page.bars["dmft"])
    assert status(page.bars["dmft"]).startswith("done in")
    expected = solution_of(page)
    np.testing.assert_allclose(course(page, "dmft-0")["y"], expected.mse[1:], rtol=1e-6)
    np.testing.assert_allclose(course(page, "dmft-1")["y"], expected.train_loss[1:], rtol=1e-6)
    upper, lower = np.split(np.asarray(course(page, "band-0")["y"], dtype=float), 2)
    np.testing.assert_allclose((upper - lower[::-1]) / 2, expected.mse_error[1:], rtol=1e-3, atol=1e-6)
    assert page.state.source == "dmft"
    assert trace(page.figures[SPECTRUM].drawing, "histogram")["line"]["color"] == DMFT_HUE
    assert page.march is not None
    np.testing.assert_array_equal(page.march.solution.eigenvalues, expected.eigenvalues)


def test_the_networks_are_those_of_the_library_with_all_their_spectra(page: DynamicsExplorer) -> None:
    page.change(**TINY, first_seed=3)
    press(page.bar)
    assert status(page.bar).startswith("done in")
    times = page.state.request.times
    alone = [simulate(page.state.setting, 10, times, seed, eigenvalue_times=times) for seed in (3, 4)]
    mean = np.mean([n.mse for n in alone], axis=0)
    np.testing.assert_allclose(course(page, "mean-0")["y"], mean[1:], rtol=1e-6)
    assert page.state.source == "networks"
    # Every bin of every moment counts the eigenvalues of both.
    for moment, moving in enumerate(film_of(page, page.figures[SPECTRUM])):
        pooled = np.concatenate([n.eigenvalues[moment] for n in alone])
        kept = pooled[pooled > 1e-3 * page.state.gamma]
        x, y = (np.frombuffer(moving.traces["histogram"][axis].numbers, "<f4") for axis in ("x", "y"))
        counts, _ = np.histogram(kept, np.append(x[1:-1:2], x[-1]).astype(float))
        np.testing.assert_allclose(y[1:-1:2] * np.diff(x)[1::2] * pooled.size, counts, atol=1e-3)


def test_the_film_and_the_figures_show_the_same_at_every_moment(page: DynamicsExplorer) -> None:
    films = {figure: film_of(page, figure) for figure in (page.figure, page.figures[SPECTRUM])}
    for moment in (0, 7, len(texts(page)) - 1):
        rest(page, moment)
        assert page.state.moment == page.film.content["moment"] == moment
        for figure, film in films.items():
            assert film[moment] == figure.parts
        assert page.figure.drawing["layout"]["shapes"][0]["x0"] == max(page.state.request.times[moment], 0.01)
        assert page.figures[SPECTRUM].drawing["layout"]["annotations"][1]["text"] == texts(page)[moment]


def test_the_browser_is_told_when_the_figures_are_there(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Any, int]] = []
    monkeypatch.setattr(page.film, "send", lambda content: told.append((content, page.state.moment)))
    rest(page, 4)
    # Beyond the end, and what is no number: it goes on as before.
    for strange in (99999, -1, "x", None, True):
        rest(page, strange)
    # No frames are sent again.
    assert told[:2] == [({"kind": "moment", "moment": 4}, 4), ({"kind": "arrived", "moment": 4}, 4)]
    assert {content["kind"] for content, _ in told[2:]} <= {"arrived"}
    assert page.state.moment == 4


def test_the_spectrum_goes_along_while_it_comes_in(page: DynamicsExplorer) -> None:
    page.change(**{**TINY, "d": 30, "end": 1e3, "seeds": 1})
    seen: list[tuple[int, int]] = []

    async def meanwhile() -> None:
        await until(lambda: page.run is not None and len(texts(page)) > 5 and page.state.source == "networks")
        seen.append((page.state.moment, len(texts(page))))
        # Whoever moves the time stays there.
        rest(page, 2)

    press(page.bar, meanwhile)
    ((moment, count),) = seen
    assert moment == count - 1
    assert page.state.moment == 2
    assert len(texts(page)) == page.state.request.times.size


def test_one_piece_of_work_at_a_time(page: DynamicsExplorer) -> None:
    page.change(d=60, end=1e4, lam=0.0)

    async def meanwhile() -> None:
        await until(lambda: page.run is not None)
        page.bars["dmft"].button.click()
        assert status(page.bars["dmft"]) == "the simulation is running: wait for its end, or cancel it first."
        assert not page.bars["dmft"].job.running
        page.bar.button.click()

    press(page.bar, meanwhile)
    assert status(page.bar).startswith("cancelled at")
    # What there is is kept, drawn and saved; and now the other may begin.
    assert page.run is not None and 0 < page.run.networks[0].times.size < page.run.request.times.size
    names, rows = page._saved()
    of = [*names].index("of")
    assert any(str(row[of]).startswith("networks of d = 60") for row in rows)
    page.change(**TINY)
    press(page.bars["dmft"])
    assert status(page.bars["dmft"]).startswith("done in")
    assert page.run is not None


def test_a_march_can_be_cancelled_and_is_kept(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": Effort(24, 2, 1, 0.05, 4)})
    page.change(end=1e4, lam=0.02)

    async def meanwhile() -> None:
        await until(lambda: page.march is not None and page.march.solution.times.size > 3)
        page.bars["dmft"].button.click()
        page.change(alpha=0.5)

    press(page.bars["dmft"], meanwhile)
    assert status(page.bars["dmft"]).startswith("cancelled at")
    assert page.march is not None and not page.march.solution.complete
    page.change(alpha=State().alpha)
    assert "as far as it is known" in page.page.prose.value
    assert len(course(page, "dmft-0")["x"]) == page.march.solution.times.size - 1


def test_a_march_that_fails_says_why_and_keeps_what_there_is(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.change(**TINY)
    whole = solution_of(page)
    columns = (
        "times",
        "mse",
        "mse_error",
        "train_loss",
        "train_loss_error",
        "eigenvalue_times",
        "eigenvalues",
    )
    assert page.march is None
    part = replace(whole, fraction=0.2, **{name: getattr(whole, name)[:5] for name in columns})

    def failing(*_args: Any, **_options: Any) -> Iterator[Dmft]:
        yield replace(part, **{name: getattr(part, name)[:1] for name in columns})
        raise DmftError("the march diverged at step 9, t = 0.2: take a smaller step", part)

    monkeypatch.setattr(run_module, "march", failing)
    press(page.bars["dmft"])
    assert "the march diverged at step 9" in status(page.bars["dmft"])
    assert "quality" in status(page.bars["dmft"])
    assert 'role="alert"' in page.bars["dmft"].status.value
    np.testing.assert_allclose(course(page, "dmft-0")["y"], part.mse[1:], rtol=1e-6)
    assert page.page._alert.value == ""
    monkeypatch.undo()


def test_what_cannot_be_marched_is_refused_with_the_remedy(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": Effort(6, 2, 1, 0.05)})
    page.change(kappa=0.1)
    press(page.bars["dmft"])
    assert "d_eff" in status(page.bars["dmft"]) and "take" in status(page.bars["dmft"])
    page.change(kappa=0.02, d=10)
    press(page.bar)
    assert "kappa" in status(page.bar)
    assert page.run is None and page.march is None


def test_of_another_setting_it_is_grey_and_the_way_back_brings_it_back(page: DynamicsExplorer) -> None:
    page.change(**TINY)
    for bar in (page.bars["dmft"], page.bar):
        press(bar)
    page.change(alpha=0.5)
    muted = THEMES["light"].muted
    assert course(page, "dmft-0")["line"]["color"] == course(page, "mean-0")["marker"]["color"] == muted
    assert trace(page.figures[SPECTRUM].drawing, "histogram")["line"]["color"] == muted
    caption = plain(page.page.readout.value)
    assert "grey: networks of α = 0.35; DMFT of α = 0.35" in caption
    assert "Grey:" in plain(page.page.prose.value)
    assert reading(page)["t best"] == "–" and not page.figure.drawing["layout"]["shapes"][1]["visible"]
    page.change(alpha=0.35, d=20)
    # Another size is another network, but the same limit.
    assert course(page, "dmft-0")["line"]["color"] == DMFT_HUE
    assert course(page, "mean-0")["marker"]["color"] == muted
    assert "grey: networks of d = 10" in plain(page.page.readout.value)
    page.change(d=10)
    assert course(page, "mean-0")["marker"]["color"] == THEMES["light"].single


def test_the_best_moment_is_marked_and_read_out(page: DynamicsExplorer) -> None:
    page.change(**{**TINY, "lam": 0.001, "end": 30.0})
    press(page.bar)
    run = page.run
    assert run is not None
    stop = early_stop(run.request.times, *run.mean("mse"))
    assert stop is not None
    press(page.bars["dmft"])
    assert page.march is not None
    s = page.march.solution
    better = early_stop(s.times, s.mse, s.mse_error)
    assert better is not None and better.pays
    layout = page.figure.drawing["layout"]
    mark, name = layout["shapes"][1], layout["annotations"][-1]
    assert (mark["x0"], mark["visible"]) == (better.time, True)
    assert name["text"] == f"best: t ≈ {better.time:.2g}, mse {better.mse:.3g}"
    shown = reading(page)
    assert shown["t best"] == f"≈ {better.time:.2g}"
    assert shown["gain over the end"] == f"{100 * better.gain:.0f}%"
    match = matching_decay(better.mse, 0.35, 0.7, 0.3, 0.5)
    assert shown["mse, best λ"] == four_digits(match.best_mse)
    expected = four_digits(match.lam) if np.isfinite(match.lam) else "none does"
    assert shown["λ that matches"] == expected


def test_the_prose_tells_the_three_outcomes_of_stopping_early(page: DynamicsExplorer) -> None:
    s = State()
    times = np.array([0.0, 1.0, 2.0, 4.0])
    theory = page._law().state[0, 0]

    def told(mse: list[float]) -> Told:
        stop = early_stop(times, np.array(mse), np.full(4, 1e-3))
        assert stop is not None
        match = matching_decay(stop.mse, s.alpha, s.kappa, s.kappa_star, s.delta)
        return Told(s.setting, None, True, None, True, theory, page._flow(), stop, match)

    better, worse, never = told([4, 2, 0.6, 1.0]), told([4, 2, 0.3, 1.0]), told([4, 2, 1, 0.9])
    texts = [dict(dynamics_prose(one))["When to stop"] for one in (better, worse, never)]
    assert "does as well without stopping" in texts[0] and "better off by 40%" in texts[0]
    assert "worse than stopping early" in texts[1]
    assert "does not pay" in texts[2]
    lams = [{c.label: c.value for c in dynamics_cards(one)}["that matches"] for one in (better, worse, never)]
    assert lams[0] == four_digits(better.match.lam) if better.match else False
    assert lams[1:] == ["none does", "–"]


def test_all_that_is_shown_is_saved(page: DynamicsExplorer) -> None:
    page.change(**TINY)
    press(page.bars["dmft"])
    press(page.bar)
    names, rows = page._saved()
    table = [dict(zip(names, row, strict=True)) for row in rows]
    assert {row["of"] for row in table} >= {
        "theory",
        "population flow",
        "DMFT",
        "networks of d = 10",
        "networks",
    }
    assert page.run is not None and page.march is not None
    for network in page.run.networks:
        values = [r["value"] for r in table if r["seed"] == network.seed and r["of"] == "networks of d = 10"]
        assert values == [*network.mse.tolist(), *network.train_loss.tolist()]
    dmft_mse = [r for r in table if (r["of"], r["quantity"]) == ("DMFT", "mse")]
    assert [r["value"] for r in dmft_mse] == page.march.solution.mse.tolist()
    assert [r["standard_error"] for r in dmft_mse] == page.march.solution.mse_error.tolist()
    last = page.state.request.times[-1]
    bars = [r for r in table if r["quantity"].startswith("density") and r["time"] == last]
    pooled = np.concatenate([n.eigenvalues[-1] for n in page.run.networks])
    area = sum(r["value"] * (r["to"] - r["from"]) for r in bars)
    assert area == pytest.approx(np.mean(pooled > 1e-3 * page.state.gamma))
    assert all(r["alpha"] == 0.35 for r in table)
    # What is of another setting says so.
    page.change(alpha=0.5)
    again = [dict(zip(names, row, strict=True)) for row in page._saved()[1]]
    assert {r["alpha"] for r in again if r["of"] in ("DMFT", "networks", "networks of d = 10")} == {0.35}
    assert {r["alpha"] for r in again if r["of"] in ("theory", "population flow")} == {0.5}


def test_a_source_without_moments_says_what_to_press(page: DynamicsExplorer) -> None:
    page.change(source="dmft", **ELSEWHERE)
    assert (
        texts(page) == []
        and "March DMFT" in page.figures[SPECTRUM].drawing["layout"]["annotations"][5]["text"]
    )
    assert page.page._alert.value == ""
    assert not page.figure.drawing["layout"]["shapes"][0]["visible"]
    page.change(source="population")
    assert len(texts(page)) > 5
    assert "of 48" in page.figures[SPECTRUM].drawing["layout"]["annotations"][2]["text"] and DIMENSION == 48


def test_a_march_says_at_once_what_it_will_take(page: DynamicsExplorer) -> None:
    page.change(**TINY)
    seen: list[str] = []

    async def meanwhile() -> None:
        seen.append(status(page.bars["dmft"]))
        await until(lambda: page.march is not None)

    press(page.bars["dmft"], meanwhile)
    nodes = march_grid(page.state.setting, 10.0, EFFORT.step).size
    assert re.fullmatch(rf"starting: about \d+ s and \S+ .B, {nodes} time steps", seen[0])
    assert status(page.bars["dmft"]).startswith("done in")


@pytest.mark.parametrize("quality", ["preview", "good"])
def test_a_march_beyond_the_limit_is_refused_in_the_words_of_the_page(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch, quality: str
) -> None:
    monkeypatch.setattr(
        run_module, "check_march", lambda *_args, **_options: Cost(500, 3000.0, 2_000_000_000)
    )
    page.change(quality=quality, **ELSEWHERE)
    press(page.bars["dmft"])
    said = status(page.bars["dmft"])
    assert "would take about 50 min and 2 GB, 500 time steps" in said and "more than 10 min" in said
    assert ("choose the preview" in said) is (quality == "good") and "train until an earlier time" in said
    assert "force" not in said and 'role="alert"' in page.bars["dmft"].status.value
    assert page.bars["dmft"].result is None


def test_what_does_not_fit_is_refused_with_the_page_s_remedy(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_options: Any) -> Cost:
        raise MemoryError("8 replicas of d_eff = 30 need 2 GB of memory, and 1 GB are free: 4 would fit")

    monkeypatch.setattr(run_module, "check_march", full)
    page.change(quality="good", **ELSEWHERE)
    press(page.bars["dmft"])
    assert "1 GB are free" in status(page.bars["dmft"]) and "choose the preview" in status(page.bars["dmft"])


def test_what_is_not_to_be_trusted_is_no_result(unresolved: DynamicsExplorer) -> None:
    page = unresolved
    assert page.march is not None
    shown, s = reading(page), page.march.solution
    assert shown["mse at the end, DMFT"] == "– (unresolved)"
    (card,) = (c for c in dynamics_cards(page._told(page._law())) if c.label == "mse at the end, DMFT")
    sound = s.mse[s.trusted]
    assert "Not to be trusted after t = 1: the time steps are too long." in card.meaning
    assert four_digits(sound[-1])[:4] in card.meaning
    # The best moment is one that can be trusted, and so is what it is compared with.
    expected = early_stop(s.times[s.trusted], sound, s.mse_error[s.trusted])
    stop = page._told(page._law()).stop
    assert stop == expected and stop is not None and stop.end <= 1.0
    # The mse falls as long as it is known: whether it pays to stop, and when, is not.
    assert [shown[name] for name in ("t best", "mse, best t", "gain over the end")] == ["–"] * 3
    prose = plain(page.page.prose.value)
    assert "not to be trusted after t = 1: the time steps are too long." in prose
    assert "choose the good quality" in prose and "smaller step" not in prose
    assert "theory of long times" not in prose
    assert "as far as it can be trusted" in prose and "does not pay" not in prose


def test_what_is_not_to_be_trusted_is_dotted_and_has_no_film(unresolved: DynamicsExplorer) -> None:
    page = unresolved
    assert page.march is not None
    times = page.march.solution.times
    np.testing.assert_allclose(course(page, "dmft-0")["x"], times[1:][times[1:] <= 1.0], rtol=1e-6)
    np.testing.assert_allclose(course(page, "doubt-0")["x"][1:], times[times > 1.0], rtol=1e-6)
    assert "not to be trusted" in page.key.value
    assert "not to be trusted" in page.exhibit("dynamics").key
    assert len(texts(page)) == np.count_nonzero(times <= 1.0)
    reel = page.exhibit("dynamics").time_slider()
    assert reel is not None
    last = list(reel.figures())[-1]
    assert len(trace(last, "doubt-0")["x"]) == len(course(page, "doubt-0")["x"])
    # Where all is well none of this is said.
    page.bars["dmft"].result = None
    page.refresh()
    assert "not to be trusted" not in page.key.value + page.exhibit("dynamics").key
    assert len(course(page, "doubt-0")["x"]) == 0


def test_tables_say_what_can_be_trusted(unresolved: DynamicsExplorer) -> None:
    page = unresolved
    for names, rows in (page.exhibit("dynamics").table(), page._saved()):
        table = [dict(zip(names, row, strict=True)) for row in rows]
        of = "source" if "source" in names else "of"
        march = [row for row in table if row[of] == "DMFT" and row.get("quantity") != HISTOGRAM_OF]
        assert march and all(row["trusted"] == ("yes" if row["time"] <= 1.0 else "no") for row in march)
        assert {row["trusted"] for row in table if row not in march} == {""}
        # Histograms there are only where they can be trusted.
        assert all(row["time"] <= 1.0 for row in table if row.get("quantity") == HISTOGRAM_OF)


def test_a_march_in_doubt_says_so_at_its_end(page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    page.change(**TINY, quality="good")
    whole = doubted(solution_of(page), 1.0)
    monkeypatch.setattr(run_module, "march", lambda *_args, **_options: iter([whole]))
    press(page.bars["dmft"])
    assert "done in" in status(page.bars["dmft"])
    assert status(page.bars["dmft"]).endswith("not to be trusted after t = 1: the time steps are too long")
    assert "On this page, train until an earlier time." in plain(page.page.prose.value)


def test_a_stopped_march_without_doubts_is_taken_as_far_as_it_came(page: DynamicsExplorer) -> None:
    page.change(**TINY)
    message = "it ended at t = 10, before t = 100"
    stopped = replace(solution_of(page), end=100.0, status=DmftStatus.STOPPED, message=message)
    run = MarchRun(page.state.march_request, stopped)
    assert run.doubt == ""
    later = replace(
        stopped, trusted_until=1.0, message=f"{message}; not to be trusted after t = 1: it is off"
    )
    assert MarchRun(page.state.march_request, later).doubt == "not to be trusted after t = 1: it is off"


def test_it_opens_on_a_stored_march_and_says_so(page: DynamicsExplorer) -> None:
    assert page.march is not None and page.march.stored
    s = page.march.solution
    np.testing.assert_allclose(course(page, "dmft-0")["y"], s.mse[1:], rtol=1e-6)
    assert course(page, "dmft-0")["line"]["color"] == DMFT_HUE
    told = "a stored solution is shown; press ▶ March DMFT to solve it anew"
    assert status(page.bars["dmft"]) == told
    assert "stored solution of good quality" in plain(page.page.prose.value)
    assert reading(page)["mse at the end, DMFT"].startswith(four_digits(s.mse[-1])[:4])
    assert page.figure.drawing["layout"]["shapes"][1]["visible"]
    # It is of this setting only, all of it.
    for name in PARAMETERS:
        page.change(**{name: page.controls[name].parameter.low})
        assert page.march is None and status(page.bars["dmft"]) == "", name
        assert len(course(page, "dmft-0")["x"]) == 0 and "So far" in page.page.prose.value
        page.reset()
        assert len(course(page, "dmft-0")["x"]) > 0 and status(page.bars["dmft"]) == told
    page.change(source="dmft", moment=3)
    assert len(texts(page)) == s.times.size
    assert page.follow("alpha=0.5") == [] and page.march is None
    assert page.follow("alpha=0.35") == [] and page.march is not None
    # What the work has said stays, and the first march of one's own takes its place.
    page.change(end=10.0)
    press(page.bars["dmft"])
    assert status(page.bars["dmft"]).startswith("done in") and page.march is page.bars["dmft"].result
    page.change(**ELSEWHERE)
    assert page.march is page.bars["dmft"].result and "Stored" not in page.page.prose.value


def test_the_stored_march_is_that_of_the_page_by_this_solver() -> None:
    about, run = about_stored(dynamics_stored.STORED), stored_march()
    request, s = run.request, run.solution
    assert request == replace(State(), quality="good").march_request
    assert about["made by"] == "python -m benchmarks.stored" and about["quadviz"]
    assert about["arguments"] == request.arguments
    assert {name: getattr(s, name) for name in request.arguments} == request.arguments
    # Another solver gives other numbers: then the file is to be made anew.
    np.testing.assert_allclose(about["signature"], march_signature(), rtol=1e-4)
    assert s.status == DmftStatus.SOLVED and s.complete and s.trusted.all()
    np.testing.assert_array_equal(s.times, request.times)
    np.testing.assert_array_equal(s.eigenvalue_times, request.times)
    theory = steady_state(
        *(getattr(request.setting, n) for n in ("alpha", "kappa", "kappa_star", "lam", "delta"))
    )
    for name in ("mse", "train_loss"):
        limit, error = getattr(theory, name).item(), getattr(s, f"{name}_error")[-1]
        slack = 0.01 if name == "mse" else 0.03
        assert abs(getattr(s, name)[-1] - limit) <= 3 * error + slack * limit
    assert s.covariance.shape == s.chi.shape == s.response.shape == (s.grid.size,) * 2
    np.testing.assert_array_equal(s.covariance, s.covariance.T)
    np.testing.assert_allclose(np.interp(s.end, s.times, s.mse), (s.covariance[-1, -1] - 0.5) / 2, rtol=1e-5)


def test_the_stored_file_is_small_and_comes_with_the_package(page: DynamicsExplorer) -> None:
    place = Path(dynamics_stored.__file__).parent / dynamics_stored.STORED
    assert 10_000 < place.stat().st_size <= 300_000
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "/quadviz" in wheel["include"] and place.is_relative_to(ROOT / "quadviz")
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        # What git ignores is not shipped.
        ignored = subprocess.run([git, "check-ignore", "-q", str(place)], cwd=ROOT, check=False)
        assert ignored.returncode == 1
    del page


def test_a_march_is_stored_as_it_was(page: DynamicsExplorer, tmp_path: Path) -> None:
    page.change(**TINY)
    whole = solution_of(page)
    place = tmp_path / "stored" / "one.npz"
    dynamics_stored.store_march(MarchRun(page.state.march_request, whole), place)
    again = dynamics_stored.read_march(place)
    assert again.request == page.state.march_request and again.stored
    for name in ("times", "mse", "mse_error", "train_loss", "grid", "objective"):
        np.testing.assert_array_equal(getattr(again.solution, name), getattr(whole, name))
    for name in ("chi", "response", "covariance"):
        np.testing.assert_allclose(getattr(again.solution, name), getattr(whole, name), rtol=1e-6, atol=1e-6)
    assert again.solution.message == whole.message and again.solution.status == whole.status
    assert again.solution.eigenvalues.shape == (whole.times.size, 8 * whole.d_eff)
    np.testing.assert_allclose(again.solution.eigenvalues, whole.eigenvalues, rtol=1e-6, atol=1e-7)


def test_a_failure_is_told_and_the_page_goes_on(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(page, "_law", lambda: 1 / 0)
    page.change(alpha=0.5)
    assert "could not be computed" in page.page._alert.value
    monkeypatch.undo()
    page.change(alpha=0.6)
    assert page.page._alert.value == ""


def test_the_theme_is_followed(page: DynamicsExplorer) -> None:
    page.theme.dark = True
    assert trace(page.figures[SPECTRUM].drawing, "histogram")["line"]["color"] == THEMES["dark"].single
    colours = {
        moment.traces["histogram"]["line"]["color"] for moment in film_of(page, page.figures[SPECTRUM])
    }
    assert colours == {THEMES["dark"].single}
