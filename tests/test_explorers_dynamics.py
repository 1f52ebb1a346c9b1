"""The page of dynamics without a browser: what it runs, draws and says, and what its film holds."""

from __future__ import annotations

import asyncio
import html
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadviz.explorers import dynamics_run as run_module
from quadviz.explorers.dynamics import DynamicsExplorer, State
from quadviz.explorers.dynamics_readout import Told, dynamics_cards, dynamics_prose
from quadviz.explorers.dynamics_run import Effort
from quadviz.explorers.wording import four_digits
from quadviz.figures.dynamics import DMFT_HUE
from quadviz.figures.dynamics_spectrum import HISTOGRAM, RUG
from quadviz.figures.theme import THEMES
from quadviz.setting import PARAMETERS
from quadviz.simulation.simulate import simulate
from quadviz.theory.dmft import Dmft, DmftError, dmft
from quadviz.theory.early_stopping import early_stop, matching_decay
from quadviz.theory.population_curve import DIMENSION, population_curve
from quadviz.theory.steady_state import steady_state

#: Networks and equations so small that they are done in a moment.
TINY = {"d": 10, "seeds": 2, "end": 10.0, "lam": 0.05}
EFFORT = Effort(12, 2, 1, 0.4)
#: Those of the page.
EFFORTS = tuple(run_module.QUALITIES.values())
LINE, POPULATION = 7, 8


@pytest.fixture(scope="module")
def shared() -> DynamicsExplorer:
    return DynamicsExplorer()


@pytest.fixture
def page(shared: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamicsExplorer]:
    """The page as it opens; made once, for a live figure is never freed."""
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": EFFORT, "good": EFFORT._replace(replicas=3)})
    for bar in (shared.bar, shared.march_bar):
        bar.result = None
        bar.say("")
    shared._begun.clear()
    shared.change(**{name: getattr(State(), name) for name in vars(State()) if name != "theme"})
    shared.refresh()
    assert shared.state == State()
    yield shared
    assert not shared.bar.job.running and not shared.march_bar.job.running
    shared.theme.dark = False


def press(bar: Any, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """Press a button as in a kernel, whose loop runs, and wait until the work has ended."""

    async def scene() -> None:
        bar.button.click()
        if meanwhile is not None:
            await meanwhile()
        if bar.job.painter is not None:
            await bar.job.painter

    asyncio.run(scene())


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.002)):
        if condition():
            return
        await asyncio.sleep(0.002)
    pytest.fail("it did not come to that")


def plain(markup: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<sub>(\w+)</sub>", r"_\1", markup)))
    return " ".join(text.split())


def reading(page: DynamicsExplorer) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page.page.readout.value)
    return {plain(name): plain(value) for name, value in pairs}


def status(bar: Any) -> str:
    return plain(bar.status.value)


def moments_in(page: DynamicsExplorer) -> list[np.ndarray]:
    """The paths of the film of the spectrum, each as moments of x and y."""
    lines, begin, found = np.frombuffer(page.film.lines, "<f4"), 0, []
    for path in page.film.panels[1]["paths"]:
        size = path["points"] * len(page.film.texts)
        x, y = (lines[begin + i * size : begin + (i + 1) * size] for i in (0, 1))
        found.append(np.array([x.reshape(-1, path["points"]), y.reshape(-1, path["points"])]))
        begin += 2 * size
    assert begin == lines.size
    return found


def solution_of(page: DynamicsExplorer) -> Dmft:
    """The page's mean-field solution, by the library's own function."""
    times = page.state.request.times
    e = EFFORT
    return dmft(
        page.state.setting, times, e.d_eff, e.replicas, e.probes, int(page.state.first_seed),
        step=e.step, eigenvalue_times=times,
    )  # fmt: skip


def test_it_opens_with_the_end_in_theory_and_infinitely_many_samples(page: DynamicsExplorer) -> None:
    s = State()
    theory = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    np.testing.assert_allclose(page.course.data[2].y, [theory.mse.item()] * 2)
    flow = population_curve(s.kappa, s.kappa_star, s.lam, s.gamma, s.request.times)
    np.testing.assert_allclose(page.course.data[POPULATION].y, flow.mse[1:], rtol=1e-6)
    np.testing.assert_allclose(page.course.data[POPULATION + 3].y, flow.mse[1:] / 2 + s.delta / 4, rtol=1e-6)
    assert len(page.course.data[LINE].x) == 0
    shown = reading(page)
    assert shown["mse, t → ∞"] == four_digits(theory.mse.item())
    assert shown["mse at the end, α → ∞"] == four_digits(flow.mse[-1])
    assert shown["t best"] == shown["λ that matches"] == "–"
    assert "So far" in page.page.prose.value
    assert page.download.ready
    # What a browser finds was drawn already.
    assert page.spectrum._widget_data[HISTOGRAM]["x"] is not None


@pytest.mark.parametrize("name", [*PARAMETERS, "end", "d", "seeds", "first_seed"])
def test_a_slider_at_its_ends_draws_that_setting(page: DynamicsExplorer, name: str) -> None:
    control = page.controls[name]
    for position in (0.0, float(control.stops)):
        control.position = position
        s = page.state
        assert page.page._alert.value == ""
        assert page.film.texts[0] == "t = 0" and len(page.film.texts) == s.request.times.size
        mse = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta).mse.item()
        assert reading(page)["mse, t → ∞"] == four_digits(mse)
        # The full sizes of the page can be asked for everywhere.
        for effort in EFFORTS:
            run_module.check_march(s.setting, s.march_request.times, *effort[:3], step=effort.step)
    control.reset()


def test_the_march_is_that_of_the_library(page: DynamicsExplorer) -> None:
    page.change(**TINY, first_seed=5)
    press(page.march_bar)
    assert status(page.march_bar).startswith("done in")
    expected = solution_of(page)
    np.testing.assert_allclose(page.course.data[LINE].y, expected.mse[1:], rtol=1e-6)
    np.testing.assert_allclose(page.course.data[LINE + 3].y, expected.train_loss[1:], rtol=1e-6)
    upper, lower = np.split(np.asarray(page.course.data[LINE - 1].y, dtype=float), 2)
    np.testing.assert_allclose((upper - lower[::-1]) / 2, expected.mse_error[1:], rtol=1e-3, atol=1e-6)
    assert page.state.source == "dmft"
    assert page.spectrum.data[HISTOGRAM].line.color == DMFT_HUE
    assert page.march is not None
    np.testing.assert_array_equal(page.march.solution.eigenvalues, expected.eigenvalues)


def test_the_networks_are_those_of_the_library_with_all_their_spectra(page: DynamicsExplorer) -> None:
    page.change(**TINY, first_seed=3)
    press(page.bar)
    assert status(page.bar).startswith("done in")
    times = page.state.request.times
    alone = [simulate(page.state.setting, 10, times, seed, eigenvalue_times=times) for seed in (3, 4)]
    mean = np.mean([n.mse for n in alone], axis=0)
    np.testing.assert_allclose(page.course.data[1].y, mean[1:], rtol=1e-6)
    assert page.state.source == "networks"
    # Every bin of every moment counts the eigenvalues of both.
    outline, _rug = moments_in(page)
    for moment in range(times.size):
        pooled = np.concatenate([n.eigenvalues[moment] for n in alone])
        kept = pooled[pooled > 1e-3 * page.state.gamma]
        x, y = outline[:, moment]
        counts, _ = np.histogram(kept, np.append(x[1:-1:2], x[-1]).astype(float))
        np.testing.assert_allclose(y[1:-1:2] * np.diff(x)[1::2] * pooled.size, counts, atol=1e-3)


def test_the_film_and_the_figure_show_the_same_at_every_moment(page: DynamicsExplorer) -> None:
    outline, rug = moments_in(page)
    for moment in (0, 7, len(page.film.texts) - 1):
        page.film._handle_custom_msg({"kind": "rest", "moment": moment}, [])
        assert page.state.moment == page.film.moment == moment
        for trace, moved in ((HISTOGRAM, outline), (RUG, rug)):
            np.testing.assert_array_equal(page.spectrum.data[trace].x, moved[0, moment])
            np.testing.assert_array_equal(page.spectrum.data[trace].y, moved[1, moment])
        time = page.state.request.times[moment]
        assert page.course.layout.shapes[0].x0 == max(time, 0.01)
        assert page.film.panels[0]["marks"][0]["x"][moment] == max(time, 0.01)
        for line, label in enumerate(page.film.panels[1]["labels"]):
            assert page.spectrum.layout.annotations[1 + line].text == label["text"][moment]
        assert page.film.texts[moment] == page.film.panels[1]["labels"][0]["text"][moment]


def test_the_browser_is_told_when_the_figures_are_there(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Any, int]] = []
    monkeypatch.setattr(page.film, "send", lambda content: told.append((content, page.state.moment)))
    page.film._handle_custom_msg({"kind": "rest", "moment": 4}, [])
    # Beyond the end, and what is no number: it goes on as before.
    for strange in (99999, -1, "x", None, True):
        page.film._handle_custom_msg({"kind": "rest", "moment": strange}, [])
    assert told[0] == ({"kind": "arrived", "moment": 4}, 4)
    assert page.state.moment == 4


def test_a_moment_sends_no_frames_again(page: DynamicsExplorer) -> None:
    sent: list[str] = []
    page.film.observe(lambda change: sent.append(change["name"]), ["texts", "panels", "lines", "moment"])
    page.film._handle_custom_msg({"kind": "rest", "moment": 6}, [])
    assert sent == ["moment"]
    page.film.unobserve_all()


def test_the_spectrum_goes_along_while_it_comes_in(page: DynamicsExplorer) -> None:
    page.change(**{**TINY, "d": 30, "end": 1e3, "seeds": 1})
    seen: list[tuple[int, int]] = []

    async def meanwhile() -> None:
        await until(
            lambda: page.run is not None and len(page.film.texts) > 5 and page.state.source == "networks"
        )
        seen.append((page.state.moment, len(page.film.texts)))
        # Whoever moves the time stays there.
        page.film._handle_custom_msg({"kind": "rest", "moment": 2}, [])

    press(page.bar, meanwhile)
    ((moment, count),) = seen
    assert moment == count - 1
    assert page.state.moment == 2
    assert len(page.film.texts) == page.state.request.times.size


def test_one_piece_of_work_at_a_time(page: DynamicsExplorer) -> None:
    page.change(d=60, end=1e4, lam=0.0)

    async def meanwhile() -> None:
        await until(lambda: page.run is not None)
        page.march_bar.button.click()
        assert status(page.march_bar) == "the simulation is running: wait for its end, or cancel it first."
        assert not page.march_bar.job.running
        page.bar.button.click()

    press(page.bar, meanwhile)
    assert status(page.bar).startswith("cancelled at")
    # What there is is kept, drawn and saved; and now the other may begin.
    assert page.run is not None and 0 < page.run.networks[0].times.size < page.run.request.times.size
    assert any(str(row[6]).startswith("networks of d = 60") for row in page._saved()[1])
    page.change(**TINY)
    press(page.march_bar)
    assert status(page.march_bar).startswith("done in")
    assert page.run is not None


def test_a_march_can_be_cancelled_and_is_kept(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": Effort(24, 2, 1, 0.05)})
    page.change(end=1e4)

    async def meanwhile() -> None:
        await until(lambda: page.march is not None and page.march.solution.times.size > 3)
        page.march_bar.button.click()
        page.change(alpha=0.5)

    press(page.march_bar, meanwhile)
    assert status(page.march_bar).startswith("cancelled at")
    assert page.march is not None and not page.march.solution.complete
    page.change(alpha=State().alpha)
    assert "as far as it is known" in page.page.prose.value
    assert len(page.course.data[LINE].x) == page.march.solution.times.size - 1


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
    part = replace(whole, fraction=0.2, **{name: getattr(whole, name)[:5] for name in columns})

    def failing(*_args: Any, **_options: Any) -> Iterator[Dmft]:
        yield replace(part, **{name: getattr(part, name)[:1] for name in columns})
        raise DmftError("the march diverged at step 9, t = 0.2: take a smaller step", part)

    monkeypatch.setattr(run_module, "march", failing)
    press(page.march_bar)
    assert "the march diverged at step 9" in status(page.march_bar)
    assert "quality" in status(page.march_bar)
    assert 'role="alert"' in page.march_bar.status.value
    np.testing.assert_allclose(page.course.data[LINE].y, part.mse[1:], rtol=1e-6)
    assert page.page._alert.value == ""
    monkeypatch.undo()


def test_what_cannot_be_marched_is_refused_with_the_remedy(
    page: DynamicsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "QUALITIES", {"preview": Effort(4, 2, 1, 0.3)})
    page.change(kappa=0.05)
    press(page.march_bar)
    assert "d_eff" in status(page.march_bar) and "take" in status(page.march_bar)
    page.change(kappa=0.02, d=10)
    press(page.bar)
    assert "kappa" in status(page.bar)
    assert page.run is None and page.march is None


def test_of_another_setting_it_is_grey_and_the_way_back_brings_it_back(page: DynamicsExplorer) -> None:
    page.change(**TINY)
    for bar in (page.march_bar, page.bar):
        press(bar)
    page.change(alpha=0.5)
    muted = THEMES["light"].muted
    assert page.course.data[LINE].line.color == page.course.data[1].marker.color == muted
    assert page.spectrum.data[HISTOGRAM].line.color == muted
    caption = plain(page.page.readout.value)
    assert "grey: networks of α = 0.35; DMFT of α = 0.35" in caption
    assert "Grey:" in plain(page.page.prose.value)
    assert reading(page)["t best"] == "–" and not page.course.layout.shapes[1].visible
    page.change(alpha=0.35, d=20)
    # Another size is another network, but the same limit.
    assert page.course.data[LINE].line.color == DMFT_HUE
    assert page.course.data[1].marker.color == muted
    assert "grey: networks of d = 10" in plain(page.page.readout.value)
    page.change(d=10)
    assert page.course.data[1].marker.color == THEMES["light"].single


def test_the_best_moment_is_marked_and_read_out(page: DynamicsExplorer) -> None:
    page.change(**{**TINY, "lam": 0.001, "end": 30.0})
    press(page.bar)
    run = page.run
    assert run is not None
    stop = early_stop(run.request.times, *run.mean("mse"))
    assert stop is not None
    press(page.march_bar)
    assert page.march is not None
    s = page.march.solution
    better = early_stop(s.times, s.mse, s.mse_error)
    assert better is not None and better.pays
    mark, name = page.course.layout.shapes[1], page.course.layout.annotations[-1]
    assert (mark.x0, mark.visible) == (better.time, True)
    assert name.text == f"best: t ≈ {better.time:.2g}, mse {better.mse:.3g}"
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
    press(page.march_bar)
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
    page.change(source="dmft")
    assert page.film.texts == [] and "March DMFT" in page.spectrum.layout.annotations[5].text
    assert page.page._alert.value == ""
    assert not page.course.layout.shapes[0].visible
    page.change(source="population")
    assert len(page.film.texts) > 5
    assert "of 48" in page.spectrum.layout.annotations[2].text and DIMENSION == 48


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
    assert page.spectrum.data[HISTOGRAM].line.color == THEMES["dark"].single
    assert page.film.panels[1]["paths"][0]["style"]["stroke"] == THEMES["dark"].single
