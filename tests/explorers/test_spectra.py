"""The page of spectra without a browser: its state, its run, and the truth of what it says."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.live.packing import applied, parts_of
from quadviz.explorers.spectra.page import PRESETS, SpectraExplorer, State
from quadviz.figures.marks.drawing import still, trace
from quadviz.figures.marks.outlines import outlines
from quadviz.figures.spectra import PANELS, spectra_figures, spectra_frame
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes import spectra as scene_module
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.spectra import MOMENTS, Spectra, run_alphas, width_cut
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady.thresholds import recovery_threshold
from tests.figures.test_spectra import without_solution
from tests.reading import reading
from tests.snapshots import unpacked

LEARNED = "learned_spectrum"

NAMES = ("kappa", "kappa_star", "alpha", "delta", "lam")


@pytest.fixture(scope="module")
def shared() -> SpectraExplorer:
    return SpectraExplorer()


@pytest.fixture
def page(shared: SpectraExplorer) -> Iterator[SpectraExplorer]:
    """The page as it opens; made once, for a live figure is never freed."""
    shared.reset()
    shared.change(view="eigenvalues")
    assert shared.state == State()
    yield shared
    shared.theme.dark = False


@pytest.fixture
def sent(page: SpectraExplorer, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the film tells the browser from now on."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(page.film, "send", lambda content, _buffers=None: messages.append(content))
    return messages


def law_at(state: State) -> LearnedSpectrum:
    return learned_spectrum(
        [[state.alpha]], **{name: getattr(state, name) for name in NAMES if name != "alpha"}
    )


def figures(page: SpectraExplorer) -> tuple[go.Figure, go.Figure]:
    """The figures as plotly has them."""
    return still(page.figure.drawing), still(page.figures[LEARNED].drawing)


def drawn(page: SpectraExplorer, name: str) -> Any:
    """The trace of something that moves."""
    for live, panel in zip((page.figure, page.figures[LEARNED]), PANELS, strict=True):
        if name in panel.paths:
            return go.Scatter({k: v for k, v in trace(live.drawing, name).items() if k != "uid"})
    raise KeyError(name)


def press(page: SpectraExplorer, **content: Any) -> None:
    """What the browser tells the film."""
    page.film._receive(None, content, [])


def rest(page: SpectraExplorer, moment: object) -> None:
    """The film that was asked for last comes to rest."""
    press(page, kind="rest", moment=moment, edition=unpacked(page.film.message())["edition"])


def ranges(page: SpectraExplorer) -> tuple[Any, ...]:
    noisy, _ = figures(page)
    return noisy.layout.xaxis.range, noisy.layout.yaxis.range


def test_whoever_comes_later_gets_the_figures_as_they_are_then() -> None:
    fresh = SpectraExplorer().at(kappa=0.2)
    for figure in fresh.figures.values():
        told = unpacked(figure.get_state()["figure"])
        assert told["layout"]["template"]["layout"]["font"]
        assert sum(len(each["y"]) > 1 for each in told["traces"].values()) >= 3
    np.testing.assert_allclose(
        told["traces"]["learned"]["y"], outlines(law_at(fresh.state)).learned.y[0], atol=1e-6
    )


@pytest.mark.parametrize(("name", "end"), list(product(NAMES, ("low", "high"))))
def test_a_slider_at_its_end_draws_that_setting(page: SpectraExplorer, name: str, end: str) -> None:
    control = page.controls[name]
    control.position = 0.0 if end == "low" else float(control.stops)
    assert getattr(page.state, name) == control.value
    shapes = outlines(law_at(page.state))
    for path, outline in (
        ("discarded", shapes.discarded),
        ("kept", shapes.kept),
        ("learned", shapes.learned),
    ):
        np.testing.assert_allclose(drawn(page, path).y, outline.y[0], rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(drawn(page, path).x, outline.x[0], rtol=1e-6, atol=1e-6)
    assert page.page._alert.value == ""


def test_the_corners_of_the_range_are_drawn(page: SpectraExplorer) -> None:
    ends = {
        name: (0.0 if PARAMETERS[name].zero_allowed else PARAMETERS[name].low, PARAMETERS[name].high)
        for name in NAMES
    }
    for number, values in enumerate(product(*ends.values())):
        view = ("eigenvalues", "singular values")[number % 2]
        page.change(**dict(zip(ends, values, strict=True)), view=view)
        assert page.page._alert.value == ""
        text = page.page.prose.value + page.page.readout.value + page.directions.value
        for figure in figures(page):
            text += " ".join(str(note.text) for note in figure.layout.annotations)
        assert not re.search(r"\b(nan|inf)\b", text)


def test_the_cards_are_the_law(page: SpectraExplorer) -> None:
    page.change(kappa=0.2, alpha=0.5)
    law = law_at(page.state)
    shown = reading(page)
    for label, value in (
        ("mse", law.state.mse),
        ("rank", law.state.rank),
        ("κ_min needed", law.state.kappa_min),
        ("q shrinkage", law.state.q),
        ("ω width's cut", law.cut),
        ("ξ noise", law.state.xi),
        ("gap", law.gap),
        ("atom at 0", law.atom_at_zero),
    ):
        assert shown[label] == four_digits(value.item())
    assert shown["regime"] == "rank-limited"
    page.change(kappa=1.0)
    assert (
        reading(page)["regime"],
        reading(page)["ω width's cut"],
    ) == (
        "exact",
        "–",
    )


@pytest.mark.parametrize(("kappa", "kappa_star"), [(0.2, 0.3), (0.7, 0.3), (0.5, 1.5), (0.98, 0.9)])
def test_the_width_s_cut_leaves_the_width_above_it(kappa: float, kappa_star: float) -> None:
    law = learned_spectrum(np.array([[0.05], [0.3], [0.9]]), kappa, kappa_star, 0.01, 0.5)
    above = NoisyTeacherLaw(kappa_star, law.state.xi[:, 0]).mass_above(width_cut(law))
    np.testing.assert_allclose(above, kappa, rtol=1e-9)
    limited = law.gap[:, 0] > 0
    np.testing.assert_allclose(width_cut(law)[limited], law.cut[limited, 0])


def test_there_is_no_width_s_cut_for_a_wide_student_or_without_noise() -> None:
    assert width_cut(learned_spectrum([[0.3]], 1.0, 0.3, 0.01, 0.5)).tolist() == [-np.inf]
    assert np.isnan(width_cut(learned_spectrum([[0.4]], 0.5, 0.3, 0.0, 0.0))).all()


def test_the_view_shows_the_roots_on_the_right(page: SpectraExplorer) -> None:
    left = np.array(drawn(page, "kept").x)
    page.fields["view"].value = "singular values"
    shapes = outlines(law_at(page.state), "singular values")
    np.testing.assert_allclose(drawn(page, "learned").x, shapes.learned.x[0], rtol=1e-6)
    np.testing.assert_allclose(drawn(page, "learned").y, shapes.learned.y[0], rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(drawn(page, "kept").x, left)


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_brings_its_setting_and_is_one_until_that_is_changed(
    page: SpectraExplorer, name: str
) -> None:
    page.starts.value = name
    assert {key: getattr(page.state, key) for key in NAMES} == PRESETS[name].fields
    assert all(PARAMETERS[key].in_range(value) == value for key, value in PRESETS[name].fields.items())
    page.fields["view"].value = "singular values"
    assert page.starts.value == name
    page.controls["kappa"].value = 0.33
    assert page.starts.value is None


def test_presets_show_what_they_promise() -> None:
    def law(name: str) -> LearnedSpectrum:
        return learned_spectrum(**PRESETS[name].fields)

    width, shrinkage, recovery = law("Width"), law("Shrinkage"), PRESETS["Recovery"].fields
    assert width.gap > 0
    assert width.state.kappa < width.state.kappa_star
    assert shrinkage.noisy_edges.gap_left <= shrinkage.cut <= shrinkage.noisy_edges.gap_right
    alphas = run_alphas(**{name: value for name, value in recovery.items() if name != "alpha"})
    threshold = float(recovery_threshold(recovery["kappa"], recovery["kappa_star"]))
    assert recovery["alpha"] < threshold < alphas[-1]


def test_a_failing_solver_is_told_and_the_page_lives_on(
    page: SpectraExplorer,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise FloatingPointError("/secret/path")

    caplog.set_level(logging.DEBUG, Explorer.__module__)
    with monkeypatch.context() as patch:
        patch.setattr(scene_module, "learned_spectrum", broken)
        page.controls["kappa"].value = 0.61
        assert "could not be computed" in page.page._alert.value
        press(page, kind="play")
    assert sent[-1] == {"kind": "refused"}
    assert "secret" not in page.page._alert.value
    page.controls["kappa"].value = 0.62
    assert page.page._alert.value == ""


# The run of alpha: what the browser is sent is what the page would draw.


@pytest.mark.parametrize(
    ("kappa", "kappa_star", "lam", "delta"),
    [
        (0.5, 0.3, 0.0, 0.0),
        (0.7, 0.3, 0.01, 0.5),
        (0.2, 0.3, 0.01, 0.5),
        (0.7, 1.5, 0.0, 0.0),
        (0.02, 0.02, 0, 0),
    ],
)
def test_a_run_is_slowest_at_the_threshold_and_ends_beyond_it(
    kappa: float, kappa_star: float, lam: float, delta: float
) -> None:
    alphas = run_alphas(kappa, kappa_star, lam, delta)
    assert alphas.shape == (MOMENTS,)
    assert alphas[0] == PARAMETERS["alpha"].low
    assert np.all(np.diff(alphas) > 0)
    threshold = float(recovery_threshold(kappa, kappa_star))
    if np.isfinite(threshold):
        assert alphas[-1] > threshold
        if threshold > 0.1:
            slowest = alphas[np.argmin(np.diff(alphas))]
            assert slowest == pytest.approx(threshold, rel=0.15)
            assert np.mean(np.abs(alphas / threshold - 1) < 0.3) > 0.3
    if lam or delta:
        assert alphas[-1] == 1.0


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("view", ["eigenvalues", "singular values"])
def test_what_is_played_is_what_would_be_drawn(
    page: SpectraExplorer, sent: Any, preset: str, view: Any
) -> None:
    page.starts.value, page.fields["view"].value = preset, view
    sent.clear()
    press(page, kind="play")
    assert [each["kind"] for each in sent] == ["reel"]
    reel = unpacked(page.film.message())
    assert reel["moment"] == 0
    alphas = run_alphas(**{name: getattr(page.state, name) for name in NAMES if name != "alpha"})
    held, lives = ranges(page), (page.figure, page.figures[LEARNED])
    for moment in (0, 60, 130, MOMENTS - 1):
        # What the browser puts together: the figure, and what moves in it.
        seen = [applied(live.parts, reel["figures"][live.key][moment]) for live in lives]
        rest(page, moment)
        assert page.state.alpha == alphas[moment] == float(reel["texts"][moment])
        assert page.controls["alpha"].position == reel["positions"][moment]
        # No jump when a film stops.
        assert ranges(page) == held
        for live, parts, panel in zip(lives, seen, PANELS, strict=True):
            assert parts.layout["annotations"] == parts_of(live.drawing).layout["annotations"]
            for name in panel.paths:
                check_line(parts.traces[name], drawn(page, name))
        for name, region in (("qv-readout", page.page.readout), ("qv-directions", page.directions)):
            followed = reel["regions"][name]
            if moment % followed["every"] == 0:
                assert followed["html"][moment // followed["every"]] == region.value


def check_line(played: dict[str, Any], shown: Any) -> None:
    """That a line of a film is the one drawn where it stops, but for fewer points."""
    assert played["line"]["dash"] == shown.line.dash
    x, y = (
        np.frombuffer(each.numbers, "<f4") if hasattr(each, "numbers") else each
        for each in (played["x"], played["y"])
    )
    if np.size(shown.x) == 0:
        assert np.isnan(x).all()
        return
    assert x.min() == pytest.approx(shown.x.min(), abs=1e-5)
    assert x.max() == pytest.approx(shown.x.max(), abs=1e-5)
    heights = np.interp(x, shown.x, shown.y)
    strictly = (x > x.min()) & (x < x.max())
    if strictly.any():
        np.testing.assert_allclose(y[strictly], heights[strictly], atol=0.02 * shown.y.max())


def test_a_film_goes_on_from_where_it_was_stopped_and_else_starts_anew(page: SpectraExplorer) -> None:
    def starts() -> int:
        press(page, kind="play")
        return int(unpacked(page.film.message())["moment"])

    starts()
    rest(page, 50)
    assert starts() == 50
    page.controls["alpha"].value = 0.5
    assert starts() == 0
    rest(page, MOMENTS - 1)
    assert starts() == 0


def test_a_rest_is_answered_and_nonsense_moves_nothing(page: SpectraExplorer, sent: Any) -> None:
    press(page, kind="play")
    edition = unpacked(page.film.message())["edition"]
    for moment, of in ((5, edition - 1), (MOMENTS, edition), (-1, edition)):
        press(page, kind="rest", moment=moment, edition=of)
        assert sent[-1] == {"kind": "arrived", "moment": moment}
    press(page, kind="rest", moment="5", edition=edition)
    press(page, kind="something else")
    assert page.state == State()


def test_what_changes_during_a_film_stops_it(page: SpectraExplorer, sent: Any) -> None:
    press(page, kind="play")
    page.theme.dark = True
    assert sent[-1] == {"kind": "halt"}


def test_the_ranges_of_a_film_stay_until_something_else_than_alpha_changes(page: SpectraExplorer) -> None:
    page.starts.value = "Width"
    press(page, kind="play")
    held = ranges(page)
    rest(page, MOMENTS - 1)
    assert ranges(page) == held
    page.controls["alpha"].value = 0.02
    assert ranges(page) == held
    noisy, _ = figures(page)
    assert any("wider than shown" in note.text for note in noisy.layout.annotations if note.visible)
    page.controls["delta"].value = 0.55
    (low, high), _ = ranges(page)
    law = law_at(page.state)
    assert low < law.noisy_edges.left.item()
    assert high > law.noisy_edges.right.item()


def test_a_setting_without_a_solution_reads_as_dashes(
    page: SpectraExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    law = without_solution()
    monkeypatch.setattr(scene_module, "learned_spectrum", lambda *_args, **_named: law)
    page.controls["kappa"].value = 0.65
    assert page.page._alert.value == ""
    shown = list(reading(page).values())
    assert shown == ["–"] * 8 + ["no solution"]
    assert "none was found" in page.page.prose.value
    assert "is unknown" in page.directions.value
    assert "nan" not in page.directions.value + page.page.prose.value


# The solutions of the notebook's tasks.


def test_the_first_task_s_solution() -> None:
    alphas = np.arange(0.2, 0.4, 0.0005)
    law = learned_spectrum(alphas, 0.5, 0.3, 0.0, 0.0)
    parts = int(np.argmax(law.noisy_edges.has_gap))
    assert alphas[parts] == pytest.approx(0.266, abs=6e-4)
    assert law.state.xi[parts] == pytest.approx(0.40, abs=5e-3)
    assert float(recovery_threshold(0.5, 0.3)) == pytest.approx(0.327, abs=5e-4)
    assert np.all(np.diff(law.state.xi[parts:]) <= 0)


def test_the_second_task_s_solution() -> None:
    kappas = np.array([0.59, 0.58, 0.3, 0.2])
    law = learned_spectrum(0.35, kappas, 0.3, 0.01, 0.5)
    assert (law.gap > 0).tolist() == [False, True, True, True]
    assert law.state.kappa_min[0] == pytest.approx(0.585, abs=5e-4)
    np.testing.assert_allclose(law.edges.left[2:], [1.63, 2.66], atol=5e-3)


def test_the_third_task_s_solution() -> None:
    decays = np.arange(0.3, 0.65, 0.001)
    law = learned_spectrum(1.0, 0.7, 0.3, decays, 0.1)
    inside = (law.cut >= law.noisy_edges.gap_left) & (law.cut <= law.noisy_edges.gap_right)
    assert (decays[inside].min(), decays[inside].max()) == pytest.approx((0.31, 0.62), abs=5e-3)
    best = float(optimal_lam(1.0, 0.7, 0.3, 0.1))
    assert best == pytest.approx(0.06, abs=5e-3)
    least = learned_spectrum(1.0, 0.7, 0.3, best, 0.1)
    assert least.state.mse == pytest.approx(0.0222, abs=5e-5)
    assert least.state.rank == pytest.approx(0.53, abs=8e-3)
    assert least.cut < least.noisy_edges.gap_left


def test_the_fourth_task_s_solution() -> None:
    law = learned_spectrum(0.35, 0.7, 0.3, [0.01, 1.0, 5.0, 9.2, 9.24], 0.5)
    np.testing.assert_allclose(law.state.rank[:3], [0.585, 0.291, 0.0905], atol=5e-4)
    np.testing.assert_allclose(law.edges.right[:3], [8.30, 6.61, 3.58], atol=6e-3)
    assert law.atom_at_zero[3] < 1 == law.atom_at_zero[4]
    assert law.noisy_edges.right[4] == pytest.approx(9.23, abs=5e-3)
    assert law.state.mse[4] == pytest.approx(4.33, abs=5e-3)
    assert np.all(law.state.regime == Regime.EXACT)


def test_the_static_figures_need_no_widget() -> None:
    law = learned_spectrum([[0.35]], 0.7, 0.3, 0.01, 0.5)
    scene = Spectra(law, width_cut(law))
    for figure in spectra_figures(scene, spectra_frame(scene)):
        assert still(figure).layout.height
