"""The learning-curve page without a browser: its state, its figure, and the truth of what it says."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.explorers.kit.words.point_cards import cards
from quadviz.explorers.kit.words.shape import shape_of
from quadviz.explorers.learning_curves.page import LearningCurvesExplorer
from quadviz.explorers.learning_curves.state import ALPHA_TOPS, PRESETS, State
from quadviz.explorers.learning_curves.words import family_paragraph, prose
from quadviz.figures.learning_curves import BAYES, PANELS
from quadviz.figures.marks.drawing import still, trace
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.outcome import Regime, Status
from quadviz.parameters import PARAMETERS, parameter
from quadviz.scenes import learning_curves as scene_module
from quadviz.scenes.common.curve_thresholds import (
    POINTS,
    CurveThresholds,
    alpha_grid,
    curve_thresholds,
    curves_through,
)
from quadviz.scenes.common.families import FAMILY, family
from quadviz.scenes.common.wording import four_digits
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.steady.nearby import Trail
from quadviz.theory.steady.steady_state import SteadyState, learning_curve, steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold
from tests.reading import plain, reading, value_of
from tests.snapshots import unpacked


@pytest.fixture(scope="module")
def shared() -> LearningCurvesExplorer:
    return LearningCurvesExplorer()


@pytest.fixture
def page(shared: LearningCurvesExplorer) -> Iterator[LearningCurvesExplorer]:
    """The page as it opens; made once, for a live figure is never freed."""
    defaults = State()
    view = ("compare", "x_scale", "y_scale", "alpha_top", "references")
    shared.change(**{name: getattr(defaults, name) for name in view})
    shared.reset()
    assert shared.state == defaults
    yield shared
    shared.theme.dark = False


def seen(page: LearningCurvesExplorer) -> go.Figure:
    """The figure as plotly has it."""
    return still(page.figure.drawing)


def drawn(page: LearningCurvesExplorer, field: str = "mse") -> dict[str, Any]:
    """The curves of a family in a panel by name, exact and rank-limited stretches together."""
    row = [panel.field for panel in PANELS].index(field)
    axis = "y" if row == 0 else f"y{row + 1}"
    traces = [t for t in seen(page).data if t.mode == "lines" and t.yaxis == axis and t.name != BAYES]
    curves = {}
    for dashed, solid in zip(traces[::2], traces[1::2], strict=True):
        if np.size(solid.y):
            curves[solid.name] = np.asarray(dashed.y if np.size(dashed.y) else solid.y)
    return curves


def expected_curves(top: float, **setting: Any) -> SteadyState:
    """The curves of a family on the page's grid, by the solver alone."""
    thresholds = curve_thresholds(*(setting[name] for name in ("kappa", "kappa_star", "delta")))
    return learning_curve(alpha_grid(top, thresholds.cusps(setting["lam"])), **setting)


def numbers(explorer: LearningCurvesExplorer) -> dict[str, float]:
    state = explorer.state
    return {name: getattr(state, name) for name in ("kappa", "kappa_star", "lam", "delta")}


def test_whoever_comes_later_gets_the_figure_as_it_is_then() -> None:
    page = LearningCurvesExplorer().at(kappa=0.2, compare="")
    told = unpacked(page.figure.get_state()["figure"])
    assert told["whole"]
    assert told["layout"]["template"]["layout"]["font"]
    solid = told["traces"]["solid-0-0"]
    dashed = told["traces"]["dashed-0-0"]
    expected = expected_curves(1.0, **numbers(page)).mse
    known = np.where(np.isnan(solid["y"]), dashed["y"], solid["y"])
    np.testing.assert_allclose(known, expected.ravel(), rtol=1e-6)


@pytest.mark.parametrize("name", ["kappa", "kappa_star", "lam", "delta"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_a_slider_at_its_end_draws_that_setting(page: LearningCurvesExplorer, name: str, end: str) -> None:
    control = page.controls[name]
    page.fields["compare"].value = ""
    control.position = 0.0 if end == "low" else float(control.stops)
    assert getattr(page.state, name) == control.value
    result = expected_curves(1.0, **numbers(page))
    for panel in PANELS:
        (curve,) = drawn(page, panel.field).values()
        np.testing.assert_allclose(curve, getattr(result, panel.field), rtol=1e-7)
    assert page.page._alert.value == ""


def test_the_cards_are_the_point_under_the_marker(page: LearningCurvesExplorer) -> None:
    page.controls["alpha"].value = 0.6
    page.controls["kappa"].value = 0.4
    point = steady_state(0.6, **numbers(page))
    shown = reading(page)
    best = float(bayes_optimal(0.6, 0.3, 0.5).mmse)
    assert shown["Bayes-optimal"] == four_digits(best)
    assert shown["mse above Bayes"] == f"{100 * (float(point.mse) / best - 1):.2g}%"
    for label, value in (
        ("mse", point.mse),
        ("train loss", point.train_loss),
        ("in-sample error", point.in_sample_error),
        ("rank", point.rank),
        ("κ_min needed", point.kappa_min),
        ("q shrinkage", point.q),
        ("ξ noise", point.xi),
    ):
        assert shown[label] == four_digits(float(value))
    assert shown["regime"] == "rank-limited"
    assert seen(page).layout.shapes[0].x0 == 0.6
    page.controls["kappa"].value = 1.0
    assert reading(page)["regime"] == "exact"


@pytest.mark.parametrize("name", list(FAMILY))
def test_a_family_has_five_increasing_values_with_the_current_one(name: str) -> None:
    parameter = PARAMETERS[name]
    track = ParameterControl(parameter).track
    for value in [track.value(p) for p in range(track.stops + 1)] + list(FAMILY[name]):
        spread = family(name, value)
        assert len(spread.values) == 5
        assert list(spread.values) == sorted(set(spread.values))
        assert spread.values[spread.current] == value
        assert list(spread.shades) == sorted(set(spread.shades))
        assert all(0 <= shade <= 1 for shade in spread.shades)
        assert all(parameter.in_range(v) == v for v in spread.values)


@pytest.mark.parametrize("name", list(FAMILY))
def test_comparing_draws_the_family(page: LearningCurvesExplorer, name: str) -> None:
    page.fields["compare"].value = name
    spread = family(name, getattr(page.state, name))
    result = expected_curves(1.0, **{**numbers(page), name: np.array(spread.values)})
    curves = drawn(page)
    assert len(curves) == 5
    np.testing.assert_allclose(list(curves.values()), result.mse, rtol=1e-7)
    symbol = PARAMETERS[name].symbol
    assert list(curves) == [
        f"{symbol} = {'0+' if v == 0 and name == 'lam' else four_digits(v)}" for v in spread.values
    ]
    widths = [t.line.width for t in seen(page).data if t.mode == "lines" and t.yaxis == "y"][1:10:2]
    assert np.argmax(widths) == spread.current


def test_a_slider_through_its_family_leaves_the_other_colours_alone() -> None:
    before, after = family("kappa", 0.19), family("kappa", 0.21)
    shade = {v: s for v, s in zip(before.values, before.shades, strict=True) if v != 0.19}
    assert shade == {v: s for v, s in zip(after.values, after.shades, strict=True) if v != 0.21}


def test_a_marker_beyond_the_axis_lengthens_it_and_a_shorter_axis_takes_it_along(
    page: LearningCurvesExplorer,
) -> None:
    page.controls["alpha"].enter("1.5")
    assert page.state.alpha_top == page.fields["alpha_top"].value == 2.0
    assert page.controls["alpha"].track.high == 2.0
    assert seen(page).layout.xaxis.range == (0.01, 2.0)
    page.fields["alpha_top"].value = 0.5
    assert page.state.alpha == page.controls["alpha"].value == 0.5
    assert page.controls["alpha"].position == page.controls["alpha"].stops
    page.reset()
    assert page.state.alpha == PARAMETERS["alpha"].default


@pytest.mark.parametrize(("top", "scale"), list(product(ALPHA_TOPS, ("linear", "log"))))
def test_the_marker_s_slider_spans_the_axis(page: LearningCurvesExplorer, top: float, scale: str) -> None:
    page.fields["alpha_top"].value, page.fields["x_scale"].value = top, scale
    control = page.controls["alpha"]
    control.position = 0.0
    assert control.value == 0.01
    control.position = float(control.stops)
    assert control.value == top
    ends = np.array([0.01, top])
    np.testing.assert_allclose(seen(page).layout.xaxis.range, np.log10(ends) if scale == "log" else ends)
    assert seen(page).layout.xaxis.type == scale


@pytest.mark.parametrize("top", ALPHA_TOPS)
def test_the_grid_has_200_increasing_points_from_end_to_end(top: float) -> None:
    grid = alpha_grid(top)
    assert grid.shape == (POINTS,) == (200,)
    assert (grid[0], grid[-1]) == (0.01, top)
    assert np.all(np.diff(grid) > 0)


@pytest.mark.parametrize("top", ALPHA_TOPS)
def test_the_grid_goes_through_given_places_and_keeps_its_size(top: float) -> None:
    rng = np.random.default_rng(5)
    even = alpha_grid(top)
    for count in (1, 3, 10):
        apart, close = rng.uniform(0, 1.2 * top, count), rng.uniform(0.9 * top, 0.9001 * top, count)
        for places in (apart, close, even[rng.integers(0, POINTS, count)], [0.01, top]):
            grid = alpha_grid(top, np.unique(places))
            assert grid.shape == (POINTS,)
            assert (grid[0], grid[-1]) == (0.01, top)
            assert np.all(np.diff(grid) > 0)
            inside = [place for place in places if 0.01 < place < top]
            assert set(inside) <= set(grid)


@pytest.mark.parametrize("setting", [(0.7, 0.3, 0.5), (0.4, 0.3, 1.5), (1.0, 0.15, 0.05), (0.2, 0.5, 0.0)])
def test_a_ridgeless_curve_reaches_its_cusp(setting: tuple[float, float, float]) -> None:
    kappa, kappa_star, delta = setting
    thresholds = curve_thresholds(*setting)
    grid = alpha_grid(1.0, thresholds.cusps([0.0, 0.01]))
    assert np.all(alpha_grid(1.0, thresholds.cusps(0.01)) == alpha_grid(1.0))
    members = [{"kappa": kappa, "kappa_star": kappa_star, "delta": delta, "lam": lam} for lam in (0.0, 0.01)]
    curves = curves_through(thresholds, grid, members, [Trail(), Trail()])
    solved = learning_curve(grid, kappa, kappa_star, [0.0, 0.01], delta)
    for curve, known in zip(curves, solved, strict=True):
        for field in ("alpha", "mse", "train_loss", "in_sample_error"):
            np.testing.assert_allclose(getattr(curve, field), getattr(known, field), rtol=1e-6, atol=1e-14)
    ridgeless = curves[0]
    peak = interpolation_threshold([kappa], [kappa_star], delta)
    (at,) = np.flatnonzero(grid == thresholds.interpolation[0])
    assert grid[at] == pytest.approx(peak.alpha[0], rel=1e-12)
    assert ridgeless.mse[at] == pytest.approx(peak.mse[0], rel=1e-12)
    assert ridgeless.mse[at] > ridgeless.mse[at + 1]
    assert ridgeless.mse[at - 1] < 0.8 * peak.mse[0], "without this point the cusp would be cut"


def lines_at(page: LearningCurvesExplorer) -> dict[str, float]:
    """The thresholds drawn: their names and places."""
    shapes, names = seen(page).layout.shapes[1:], seen(page).layout.annotations[-4:]
    return {a.text: s.x0 for s, a in zip(shapes, names, strict=True) if s.visible and a.visible}


@pytest.mark.parametrize("compared", ["", *FAMILY])
def test_the_thresholds_drawn_are_those_of_the_current_curve(
    page: LearningCurvesExplorer, compared: str
) -> None:
    page.fields["compare"].value = compared
    page.controls["kappa"].value = 0.5
    now = interpolation_threshold([0.5], [0.3], 0.5)
    assert lines_at(page) == {"interpolation, λ → 0+": pytest.approx(now.alpha[0])}

    page.controls["delta"].value = 0.0
    assert lines_at(page) == {
        "recovery, Bayes-optimal": pytest.approx(0.3 - 0.3**2 / 2),
        "recovery, λ → 0+": pytest.approx(float(recovery_threshold(0.5, 0.3))),
        "recovery, λ = 0 (conjecture)": pytest.approx(float(recovery_threshold(0.5, 0.3, "none"))),
        "interpolation, λ → 0+": pytest.approx(interpolation_threshold([0.5], [0.3]).alpha[0]),
    }
    page.controls["kappa"].value = 0.2  # narrower than its teacher
    assert set(lines_at(page)) == {"recovery, Bayes-optimal", "interpolation, λ → 0+"}


def test_the_bayes_optimal_curve_is_that_of_the_current_curve(page: LearningCurvesExplorer) -> None:
    for compared in FAMILY:
        page.fields["compare"].value = compared
        for delta in (0.5, 0.0):
            page.controls["delta"].value = delta
            drawing = seen(page).data[-1]
            assert (drawing.name, drawing.showlegend, drawing.yaxis) == (BAYES, True, "y")
            alpha = np.asarray(drawing.x, dtype=float)
            expected = bayes_optimal(alpha, 0.3, delta).mmse
            np.testing.assert_allclose(drawing.y, expected, rtol=1e-4, atol=2e-6)
    # Without noise it comes down at its threshold, not at the grid point before.
    assert alpha[np.asarray(drawing.y) > 0].max() == pytest.approx(0.255, rel=2e-4)


def test_the_guides_can_be_hidden_and_come_back(page: LearningCurvesExplorer) -> None:
    top = seen(page).layout.yaxis.domain[1]
    page.fields["references"].value = False
    assert lines_at(page) == {}
    assert np.size(seen(page).data[-1].y) == 0
    assert seen(page).layout.yaxis.domain[1] == 1.0 > top
    page.fields["references"].value = True
    assert lines_at(page)
    assert np.size(seen(page).data[-1].y) > 0
    assert seen(page).layout.yaxis.domain[1] == top


def test_the_panels_stay_while_thresholds_leave_the_axis(page: LearningCurvesExplorer) -> None:
    page.controls["delta"].value = 0.0
    domain = seen(page).layout.yaxis.domain
    page.fields["alpha_top"].value = 0.5
    for kappa_star in (0.05, 0.3, 0.8, 2.0):
        page.controls["kappa_star"].value = kappa_star
        assert seen(page).layout.yaxis.domain == domain


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_brings_its_whole_state_and_is_one_until_something_changes(
    page: LearningCurvesExplorer, name: str
) -> None:
    page.fields["x_scale"].value = "log"
    page.fields["alpha_top"].value = 2.0
    assert page.starts.value is None
    page.starts.value = name
    for field, value in PRESETS[name].fields.items():
        assert getattr(page.state, field) == value
    assert page.fields["compare"].value == page.state.compare
    assert all(control.value == getattr(page.state, n) for n, control in page.controls.items())
    assert page.lit == page.starts.value == name
    page.theme.dark = True
    page.fields["references"].value = False
    assert page.starts.value == name
    page.controls["kappa"].value += 0.01
    assert page.lit is page.starts.value is None
    page.controls["kappa"].value = PRESETS[name].fields["kappa"]
    assert page.starts.value == name
    page.fields["x_scale"].value = "log"
    assert page.starts.value is None


def test_presets_refresh_the_page_once(page: LearningCurvesExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed: list[None] = []
    monkeypatch.setattr(page, "refresh", lambda: refreshed.append(None))
    for name in PRESETS:
        page.starts.value = name
    assert len(refreshed) == len(PRESETS)


def test_presets_show_what_they_promise(page: LearningCurvesExplorer) -> None:
    titles = {}
    for name in PRESETS:
        page.starts.value = name
        titles[name] = plain(page.page.prose.value)
    assert "Double descent:" in titles["Double descent"]
    assert "It peaks at the interpolation threshold" in titles["Double descent"]
    assert "stays there: the teacher is recovered exactly" in titles["Perfect recovery"]
    page.starts.value = "Width"
    widths = family("kappa", page.state.kappa).values
    family_at_marker = steady_state(page.state.alpha, **{**numbers(page), "kappa": np.array(widths)})
    assert set(family_at_marker.regime.tolist()) == {Regime.EXACT, Regime.RANK_LIMITED}
    curves = drawn(page)
    alike = np.isclose(curves["κ = 0.5"], curves["κ = 1"], rtol=1e-6)
    assert 0.2 < alike.mean() < 1


def test_a_click_on_a_curve_moves_the_marker(page: LearningCurvesExplorer) -> None:
    page.figure._receive(None, {"kind": "click", "x": 0.123456, "y": 1.0}, [])
    assert page.state.alpha == page.controls["alpha"].value == 0.1235
    page.figure._receive(None, {"kind": "click", "x": None, "y": "1"}, [])
    assert page.state.alpha == 0.1235


def test_a_refused_value_changes_nothing_on_the_page(page: LearningCurvesExplorer) -> None:
    before = (page.state, page.page.readout.value, drawn(page)["λ = 0.01"].tolist())
    for text in ("abc", "", "7", "-1", "nan", "1e999", "0+"):
        page.controls["kappa"].enter(text)
        assert page.controls["kappa"].message.startswith("kappa (student width) must be ")
    assert (page.state, page.page.readout.value, drawn(page)["λ = 0.01"].tolist()) == before
    page.controls["kappa"].enter("0.6")
    assert page.state.kappa == 0.6


def test_a_failing_solver_is_told_and_the_page_lives_on(
    page: LearningCurvesExplorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_named: object) -> SteadyState:
        raise FloatingPointError("/secret/path")

    caplog.set_level(logging.DEBUG, Explorer.__module__)
    with monkeypatch.context() as patch:
        patch.setattr(scene_module, "curves_through", broken)
        page.controls["kappa"].value = 0.61
    assert "could not be computed" in page.page._alert.value
    assert "secret" not in page.page._alert.value
    assert "secret" in caplog.text
    assert "qv-stale" in page.page._figures._dom_classes
    page.controls["kappa"].value = 0.62
    assert page.page._alert.value == ""
    spread = family("lam", 0.01)
    expected = expected_curves(1.0, **{**numbers(page), "lam": np.array(spread.values)}).mse
    np.testing.assert_allclose(drawn(page)["λ = 0.01"], expected[spread.current], rtol=1e-7)


def test_moving_the_marker_or_the_theme_solves_no_curve_again(
    page: LearningCurvesExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_module, "curves_through", lambda *_, **__: pytest.fail("solved again"))
    for alpha in np.linspace(0.1, 0.7, 40).tolist():
        page.controls["alpha"].value = alpha
    page.theme.dark = True
    page.fields["y_scale"].value = "linear"
    page.fields["references"].value = False
    assert page.page._alert.value == ""
    assert seen(page).layout.template.layout.font.color == "#e6eaee"


def test_reset_all_refreshes_once(page: LearningCurvesExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    for control in page.controls.values():
        control.position = 2.0
    refreshed: list[None] = []
    monkeypatch.setattr(page, "refresh", lambda: refreshed.append(None))
    page.reset()
    assert len(refreshed) == 1
    assert all(c.value == parameter(n).default for n, c in page.controls.items())


def test_axes_stay_while_a_slider_moves_a_little(page: LearningCurvesExplorer) -> None:
    axes = ("xaxis", "yaxis", "yaxis2", "yaxis3")
    before = [seen(page).layout[axis].range for axis in axes]
    for kappa in np.arange(0.5, 0.6, 0.01):
        page.controls["kappa"].value = float(kappa)
        assert [seen(page).layout[axis].range for axis in axes] == before


def test_a_point_without_a_solution_reads_as_dashes() -> None:
    solved = steady_state(0.3, 0.5, 0.3, 0.01, 0.5)
    nan = {
        f: np.array(np.nan) for f in ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min")
    }
    point = SteadyState(**{**vars(solved), **nan, "status": np.array(Status.FAILED)})
    assert [card.value for card in cards(point)] == ["–"] * 7 + ["no solution"]
    assert [card.value for card in cards(point, 0.25)] == ["–", "0.25"] + ["–"] * 7 + ["no solution"]
    curve = learning_curve([0.1, 0.2, 0.3], 0.5, 0.3, 0.01, 0.5)
    thresholds = curve_thresholds(0.5, 0.3, 0.5)[0]
    text = " ".join(sentence for _lead, sentence in prose(curve, point, thresholds, 0.5))
    assert "no solution was found" in text
    assert "nan" not in text
    gone = SteadyState(**{**vars(curve), "mse": np.full(3, np.nan), "status": np.full(3, Status.FAILED)})
    assert prose(gone, point, thresholds, 0.5)[0][0] == "No curve"


def test_numbers_are_written_with_four_digits() -> None:
    assert four_digits(0.0) == "0"
    assert four_digits(12.34567) == "12.35"
    assert four_digits(1e-6) == "10⁻⁶"
    assert four_digits(-1.5e-7) == "−1.5×10⁻⁷"
    assert four_digits(9999.96) == "10⁴"
    assert four_digits(123456.0) == "1.235×10⁵"


# What the page says, against the data, at random settings. The checks share no code with the prose.

WAYS = re.compile(
    r"(rises|falls) (?:from (\S+) )?to (\S+) "
    r"(at α ≈ ([\d.]*\d)|at α = [\d.]+ and stays there|at the right end)"
)


def check_shape(
    title: str, text: str, curve: SteadyState, marker: float, thresholds: CurveThresholds
) -> None:
    alpha, mse = curve.alpha, curve.mse
    known = np.isfinite(mse)
    a, m = alpha[known], mse[known]
    if title == "No curve":
        assert not known.any()
        return
    legs = WAYS.findall(text)
    assert bool(legs) == (title != "Flat")
    ways = [leg[0] for leg in legs]
    assert all(one != other for one, other in pairwise(ways))
    assert (title == "Double descent") == ("falls rises falls" in " ".join(ways))
    assert (title == "No double descent") == (ways == ["falls"])
    if title == "Flat":
        assert m.max() <= 1.021 * m.min()
    position, level = 0, m[0]
    for way, start, end, _where, place in legs:
        if start:
            assert value_of(start) == pytest.approx(m[0], rel=1e-3)
        target = value_of(end)
        if place:
            near = np.flatnonzero(np.isclose(a, value_of(place), rtol=0.06))
            near = near[near >= position]
            reached = near[np.argmin(np.abs(m[near] - target))]
        else:
            reached = m.size - 1
        assert m[reached] == pytest.approx(target, rel=1e-3, abs=1e-12)
        leg = m[position : reached + 1]
        if way == "falls":
            assert np.all(leg <= 1.0101 * np.minimum.accumulate(leg) + 1e-300)
            assert target <= level
        else:
            assert np.all(leg >= np.maximum.accumulate(leg) / 1.0101)
            assert target >= level
        position, level = reached, target
    if "recovered exactly" in text:
        assert m[-1] == 0
        assert curve.lam[0] == curve.delta[0] == 0
        assert min(curve.kappa[0], 1) >= min(curve.kappa_star[0], 1)
        start = re.search(r"to 0 at α = (\S+) and stays there", text)
        assert start is not None
        assert value_of(start[1]) == pytest.approx(float(thresholds.ridgeless), rel=1e-3)
    else:
        assert m[-1] > 0
    if "it can match it at no α" in text:
        assert np.all(m > 0)
        assert curve.kappa[0] < curve.kappa_star[0]
        assert curve.kappa[0] < 1
    at_threshold = re.search(r"peaks at the interpolation threshold, α = (\S+): up to there", text)
    if at_threshold:
        place = value_of(at_threshold[1])
        assert place == pytest.approx(float(thresholds.interpolation), rel=1e-3)
        zero = curve.train_loss == 0
        assert np.all(zero[alpha < 0.999 * place])
        assert not np.any(zero[alpha > 1.001 * place])
        tops = [value_of(end) for way, _, end, _, place in legs if way == "rises" and place]
        assert max(tops) == pytest.approx(float(thresholds.peak), rel=1e-3)
        assert max(tops) == pytest.approx(mse.max() if mse.argmax() else mse[1:].max(), rel=1e-3) or (
            mse[0] > max(tops)
        )
    tops = [(value_of(end), value_of(place)) for way, _, end, _, place in legs if way == "rises" and place]
    assert ("The marker stands" in text) == (bool(tops) and not at_threshold)
    if percent := re.search(r"marker stands (\d+)% (left|right) of the peak", text):
        off = float(percent[1]) / 100 * (1 if percent[2] == "right" else -1)
        assert marker / max(tops)[1] - 1 == pytest.approx(off, abs=0.06 * (1 + abs(off)))
    assert ("no solution was found" in text) == (not known.all())
    assert ("other solutions too" in text) == bool(np.any(curve.status == Status.SEVERAL))


def check_interpolation(text: str | None, point: SteadyState, thresholds: CurveThresholds) -> None:
    place = float(thresholds.interpolation)
    assert (text is None) == np.isnan(place)
    if text is None:
        return
    assert value_of(re.search(r"threshold, α = ([^:]+):", text)[1]) == pytest.approx(place, rel=1e-3)  # type: ignore[index]
    ratio = float(point.alpha) / place
    assert ("below" in text, "above" in text) == (ratio < 1, ratio > 1)
    if percent := re.search(r"is ([\d.]+)% (below|above)", text):
        assert abs(ratio - 1) == pytest.approx(float(percent[1]) / 100, rel=0.06)
    if factor := re.search(r"a factor of (\S+) above", text):
        assert ratio == pytest.approx(float(factor[1]), rel=0.06)
    # With a little noise where there is none, the labels are fitted on one side of the threshold alone.
    clean = point.delta == 0 and point.kappa >= min(point.kappa_star, 1)
    assert ("if they had" in text) == clean
    if abs(ratio - 1) < 0.02:
        return
    noise = 1e-9 if clean else point.delta
    limit = steady_state(point.alpha, point.kappa, point.kappa_star, 0.0, noise)
    if limit.status == Status.SOLVED:
        assert (limit.train_loss == 0) == (re.search(r"can ?not|could not", text) is None)


def check_recovery(text: str | None, point: SteadyState) -> None:
    assert (text is None) == (point.delta > 0)
    if text is None:
        return
    teacher = min(float(point.kappa_star), 1.0)
    said = re.search(r"from α = (\S+) on by the best estimator", text)
    assert said is not None
    assert value_of(said[1]) == pytest.approx(teacher - teacher**2 / 2, rel=1e-3)
    best = bayes_optimal(point.alpha, point.kappa_star, 0.0).mmse
    assert ("no estimator can" in text) <= (best > 0)
    assert ("at no α by this student" in text) == (min(point.kappa, 1) < teacher)
    if "at no α" in text:
        return
    said = re.search(r"from (\S+) in the limit λ → 0\+, and from (\S+), by conjecture", text)
    assert said is not None
    for number, kind in ((said[1], "ridgeless"), (said[2], "none")):
        place = recovery_threshold(point.kappa, point.kappa_star, kind)
        assert value_of(number) == pytest.approx(float(place), rel=1e-3)
    limit = steady_state(point.alpha, point.kappa, point.kappa_star, 0.0, 0.0)
    assert ("the best estimator recovers it" in text) <= (best == 0)
    if limit.status != Status.FAILED:
        assert ("the limit λ → 0+ recovers it" in text) == (limit.mse == 0)


def check_best(text: str, point: SteadyState, best: float) -> None:
    mse = float(point.mse)
    assert best <= mse * (1 + 1e-9)
    assert ("the mse is 0, and" in text) == (mse == best == 0)
    assert ("finds the teacher exactly" in text) == (best == 0 < mse)
    if percent := re.search(r"is ([\d.]+)% above", text):
        assert mse / best - 1 == pytest.approx(float(percent[1]) / 100, rel=0.06)
    elif "less than 0.1%" in text:
        assert mse / best < 1.001
    elif times := re.search(r"is (\S+) times", text):
        assert mse / best == pytest.approx(value_of(times[1]), rel=1e-3)
    else:
        assert best == 0


def check_fit(text: str, point: SteadyState) -> None:
    loss, noise = float(point.train_loss), float(point.delta) / 4
    assert ("no noise" in text) == (noise == 0)
    assert ("fitted exactly" in text) == (loss == 0)
    assert ("fitted part of the noise" in text) == (0 < loss < noise)
    assert ("is not below" in text) == (0 < noise <= loss)
    if noise == 0:
        assert point.in_sample_error == pytest.approx(loss, rel=1e-9, abs=1e-15)
    if percent := re.search(r"is ([\d.]+)% of", text):
        assert float(percent[1]) == pytest.approx(100 * loss / noise, rel=0.06)


def check_width(text: str, point: SteadyState) -> None:
    assert ("Z = 0" in text) == (point.kappa_min == 0)
    if "Z = 0" in text:
        assert NoisyTeacherLaw(point.kappa_star, point.xi).edges().right <= point.q
        assert point.mse == pytest.approx(1 + 1 / float(point.kappa_star))
        return
    assert ("the very same matrix" in text) == (point.kappa >= point.kappa_min)
    assert ("limits the rank" in text) == (point.kappa < point.kappa_min)
    if "the very same matrix" in text:
        setting = (point.kappa_star, point.lam, point.delta)
        wider = steady_state(point.alpha, 1.3 * point.kappa, *setting)
        for field in ("mse", "train_loss", "rank"):
            assert getattr(wider, field) == pytest.approx(float(getattr(point, field)), rel=1e-8, abs=1e-14)
    else:
        assert point.rank == point.kappa
    if "vanish with it" in text:
        assert point.mse == point.lam == 0
        assert point.rank > point.kappa_star


def check_family(text: str, names: tuple[str, ...], points: SteadyState) -> None:
    mse = dict(zip(names, points.mse, strict=True))
    known = {name: value for name, value in mse.items() if np.isfinite(value)}
    if "coincide" in text:
        assert max(known.values()) == pytest.approx(min(known.values()), rel=1e-8, abs=1e-300)
        return
    said = re.search(r"lowest, (\S+), for (.*) and highest, (\S+), for (.*)\.$", text)
    assert said is not None
    assert value_of(said[1]) == pytest.approx(min(known.values()), rel=1e-3)
    assert value_of(said[3]) == pytest.approx(max(known.values()), rel=1e-3)
    for listed, best in ((said[2], min(known.values())), (said[4], max(known.values()))):
        for name in re.split(r", | and ", listed):
            assert known[name] == pytest.approx(best, rel=1e-8, abs=1e-300)


def random_settings(count: int, seed: int) -> Iterator[tuple[dict[str, float], float, float]]:
    """Settings a person may choose, the corners more often than chance would."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        setting = {
            "kappa": rng.choice([rng.uniform(0.02, 2), rng.uniform(0.02, 0.5)]),
            "kappa_star": rng.choice([rng.uniform(0.02, 2), rng.uniform(0.02, 0.5)]),
            "lam": rng.choice([0.0, 10 ** rng.uniform(-6, 1)]),
            "delta": rng.choice([0.0, rng.uniform(0, 4)]),
        }
        if setting["lam"] == setting["delta"] == 0:
            setting["kappa_star"] = min(setting["kappa_star"], 0.99)
        top = float(rng.choice(ALPHA_TOPS))
        yield {name: float(value) for name, value in setting.items()}, top, float(rng.uniform(0.01, top))


def check_everything_said(count: int, seed: int) -> set[str]:
    """Check the prose at random settings; the kinds of title met."""
    titles = set()
    for setting, top, marker in random_settings(count, seed):
        thresholds = curve_thresholds(setting["kappa"], setting["kappa_star"], setting["delta"])
        grid = alpha_grid(top, thresholds.cusps(setting["lam"]))
        (curve,) = curves_through(thresholds, grid, [setting], [Trail()])
        point = steady_state(marker, **setting)
        best = float(bayes_optimal(marker, setting["kappa_star"], setting["delta"]).mmse)
        (title, shape), *rest = prose(curve, point, thresholds[0], best)
        titles.add(title)
        check_shape(title, shape, curve, marker, thresholds[0])
        said = dict(rest)
        check_interpolation(said.get("Interpolation"), point, thresholds[0])
        check_recovery(said.get("Recovery"), point)
        if point.status != Status.FAILED:
            check_best(said["Best possible"], point, best)
            check_fit(said["Fit"], point)
            check_width(said["Width"], point)
        assert not re.search(r"nan|inf|None|–", " ".join((shape, *said.values())))
        spread = family("lam", setting["lam"])
        names = tuple(f"λ = {four_digits(v)}" for v in spread.values)
        points = steady_state(marker, **{**setting, "lam": np.array(spread.values)})
        comparison = family_paragraph(names, points)
        assert comparison is not None
        check_family(comparison[1], names, points)
    return titles


def test_everything_said_is_true() -> None:
    titles = check_everything_said(45, seed=1)
    assert {"Double descent", "No double descent", "More data can hurt"} <= titles


@pytest.mark.slow
def test_everything_said_is_true_at_a_thousand_settings() -> None:
    check_everything_said(1000, seed=2)


def test_the_shape_of_simple_curves() -> None:
    alpha = np.linspace(0.1, 1.0, 10)
    flat = shape_of(alpha, np.full(10, 2.0))
    assert flat is not None
    assert (flat.title, flat.legs, flat.peak) == ("Flat", (), None)
    drop = shape_of(alpha, np.array([4.0, 2, 1, 0, 0, 0, 0, 0, 0, 0]))
    assert drop is not None
    assert (drop.title, drop.zero_from) == ("No double descent", pytest.approx(alpha[3]))
    wavy = shape_of(alpha, np.array([4.0, 2, 1, 1.005, 1, 2, 3, np.nan, 1, 0.5]))
    assert wavy is not None
    assert [leg.up for leg in wavy.legs] == [False, True, False]
    assert wavy.peak is not None
    assert (wavy.title, wavy.peak.mse) == ("Double descent", 3.0)
    assert shape_of(alpha, np.full(10, np.nan)) is None


def test_regimes_are_told_apart_in_the_member() -> None:
    curves = learning_curve([0.2, 0.6], [0.2, 1.0], 0.3, 0.01, 0.5)
    assert curves[0].regime.tolist() == [Regime.RANK_LIMITED] * 2
    assert curves[1].regime.tolist() == [Regime.EXACT] * 2
    assert curves[1].kappa.tolist() == [1.0, 1.0]


def zoom(page: LearningCurvesExplorer, x: float | None, y: float = 0.0) -> None:
    """What a browser tells of a stretch dragged over, or of a double click."""
    page.figure._receive(None, {"kind": "zoom", "x": x, "y": y}, [])


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_stretch_that_is_zoomed_into_is_solved_anew(page: LearningCurvesExplorer, scale: str) -> None:
    page.change(lam=0.0, compare="", x_scale=scale)
    before = page.state.alpha
    zoom(page, 0.28, 0.32)
    assert page.state.span == (0.28, 0.32)
    axis = seen(page).layout.xaxis
    np.testing.assert_allclose(axis.range, np.log10((0.28, 0.32)) if scale == "log" else (0.28, 0.32))
    # The marker comes along, its slider stands on the axis shown.
    assert page.state.alpha == 0.32 != before
    assert (page.controls["alpha"].track.low, page.controls["alpha"].track.high) == (0.28, 0.32)
    (curve,) = drawn(page).values()
    assert curve.size == POINTS
    alphas = trace(page.figure.drawing, "solid-0-0")["x"]
    np.testing.assert_allclose(curve, learning_curve(alphas, **numbers(page)).mse, rtol=1e-6)
    zoom(page, None)
    assert page.state.span is None
    assert page.controls["alpha"].track.low == PARAMETERS["alpha"].low


def test_what_leads_out_of_a_zoom_ends_it(page: LearningCurvesExplorer) -> None:
    for change in ({"alpha": 0.5}, {"alpha_top": 2.0}, {"x_scale": "log"}, dict(PRESETS["Width"].fields)):
        page.reset()
        zoom(page, 0.2, 0.4)
        assert page.state.span == (0.2, 0.4)
        page.change(**change)
        assert page.state.span is None
        page.change(x_scale="linear", alpha_top=1.0, compare="lam")
    for low, high in ((0.3, 0.3001), (-1.0, 5.0)):
        zoom(page, low, high)
        assert page.state.span is None, "too narrow, or no zoom at all"
    zoom(page, -1.0, 0.4)
    assert page.state.span == (PARAMETERS["alpha"].low, 0.4)
    page.reset()
    zoom(page, None)


def test_networks_are_trained_along_the_stretch_seen(page: LearningCurvesExplorer) -> None:
    zoom(page, 0.2, 0.4)
    places = page.request().alphas
    assert (min(places), max(places)) == (0.2, 0.4) and len(places) >= 12
    zoom(page, None)
