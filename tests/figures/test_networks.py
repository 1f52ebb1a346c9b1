"""Networks beside the theory: a histogram over a law, and points with error bars on curves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.figures.learning_curves import PANELS, learning_curves_figure
from quadviz.figures.marks.drawing import ranges, still, trace
from quadviz.figures.marks.histogram import histogram
from quadviz.figures.marks.outlines import Outline
from quadviz.figures.marks.theme import DASH, THEMES
from quadviz.figures.spectra import spectra_figures, spectra_frame
from quadviz.scenes.common.marks import NetworkSpectrum, SimulatedPoints, SizedTheory
from quadviz.scenes.learning_curves import LearningCurves
from quadviz.scenes.spectra import Spectra
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import learning_curve

VIEWS = ("eigenvalues", "singular values")
ALPHA = np.linspace(0.1, 1.0, 10)
SETTING = {"kappa": 0.7, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5}
LAW = learned_spectrum([[0.35]], **SETTING)
SCENE = Spectra(LAW, np.array([np.nan]))
FRAME = spectra_frame(SCENE)
ROWS = range(len(PANELS))


def some_values(count: int = 500) -> np.ndarray:
    return np.random.default_rng(8).gamma(2.0, 0.8, count) + 0.002


def area(outline: Outline, left: float = 0.0, right: float = np.inf) -> float:
    """Of a polyline of steps, between two places."""
    x = np.clip(outline.x[0], left, right)
    y = outline.y[0]
    return float(np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)))


def spectra(scene: Spectra, theme: Any = "light") -> tuple[go.Figure, ...]:
    """The figures as plotly has them."""
    return tuple(still(each) for each in spectra_figures(scene, spectra_frame(scene), theme))


def counted(figures: tuple[go.Figure, ...]) -> go.Scatter:
    """The trace of the histogram, which comes last."""
    return figures[1].data[-1]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("count", [1, 2, 37, 500, 20_000])
def test_the_area_is_the_share_of_eigenvalues_that_are_not_0(view: Any, count: int) -> None:
    values = some_values(count)
    networks = NetworkSpectrum(values, 2 * count + 3)
    outline = histogram(networks, view)
    assert area(outline) == pytest.approx(count / (2 * count + 3), rel=1e-12)
    assert networks.atom_at_zero == pytest.approx((count + 3) / (2 * count + 3))
    # It begins and ends on the axis, and goes from 0 to the largest value.
    assert np.all(np.diff(outline.x[0]) >= 0)
    assert outline.y[0, 0] == outline.y[0, -1] == 0
    top = values.max() if view == "eigenvalues" else np.sqrt(values.max())
    assert outline.x[0, 0] == 0 and outline.x[0, -1] == pytest.approx(top)


@pytest.mark.parametrize("view", VIEWS)
def test_every_step_holds_the_share_of_eigenvalues_that_lie_in_it(view: Any) -> None:
    values = some_values()
    outline = histogram(NetworkSpectrum(values, 800), view)
    seen = values if view == "eigenvalues" else np.sqrt(values)
    edges = np.unique(outline.x[0])
    assert 7 <= edges.size <= 41
    np.testing.assert_allclose(np.diff(edges), edges[1])
    for left, right in pairwise(edges):
        last = right == edges[-1]
        inside = (seen >= left) & ((seen <= right) if last else (seen < right))
        assert area(outline, left, right) == pytest.approx(inside.sum() / 800, abs=1e-12)


def test_more_eigenvalues_are_counted_in_more_bins() -> None:
    bins = [
        np.unique(histogram(NetworkSpectrum(some_values(n), n), "eigenvalues").x).size - 1
        for n in (1, 30, 300, 10_000)
    ]
    assert bins == sorted(bins)
    assert bins[0] == 6 and bins[-1] == 40 and bins[1] < bins[2]


def test_networks_that_have_learned_nothing_have_a_flat_histogram() -> None:
    nothing = NetworkSpectrum(np.array([]), 30)
    for view in VIEWS:
        outline = histogram(nothing, view)
        assert not outline.x.any() and not outline.y.any()
    assert nothing.atom_at_zero == 1
    figures = spectra(Spectra(LAW, np.array([np.nan]), networks=nothing))
    assert not np.any(counted(figures).y)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_histogram_is_drawn_before_the_law_grey_where_it_is_of_another_setting(
    view: Any, theme: Any
) -> None:
    for current in (True, False):
        networks = NetworkSpectrum(some_values(), 800, current)
        figures = spectra(Spectra(LAW, np.array([np.nan]), view, networks), theme)
        trace, outline = counted(figures), histogram(networks, view)
        np.testing.assert_array_equal(trace.x, outline.x[0])
        np.testing.assert_array_equal(trace.y, outline.y[0])
        # On the axis of densities, as the law; the panel on the left has none.
        assert trace.yaxis in (None, "y")
        assert "networks" not in {trace["uid"] for trace in spectra_figures(SCENE, FRAME)[0]["data"]}
        colours = THEMES[theme]
        assert trace.line.color == (colours.ink if current else colours.line)
    assert colours.ink != colours.line


def test_no_networks_no_histogram() -> None:
    assert np.size(counted(spectra(SCENE)).y) == 0


def test_the_axis_of_densities_holds_the_histogram_and_rests() -> None:
    rng = np.random.default_rng(2)
    low = NetworkSpectrum(rng.uniform(0.1, 6.0, 300), 600)
    assert spectra_frame(replace(SCENE, networks=low), FRAME) == FRAME
    narrow = NetworkSpectrum(rng.uniform(2.0, 2.2, 590), 600)
    frame = spectra_frame(replace(SCENE, networks=narrow), FRAME)
    top = histogram(narrow, "eigenvalues").y.max()
    assert frame.learned_up[1] > top > FRAME.learned_up[1]
    # The panel on the left does not care.
    assert frame.noisy_up == FRAME.noisy_up


def a_view(points: SimulatedPoints | None, **options: Any) -> LearningCurves:
    return LearningCurves(learning_curve(ALPHA, **SETTING)[None], None, ("",), simulated=points, **options)


def curves(scene: LearningCurves, **look: Any) -> go.Figure:
    """A figure as plotly has it."""
    return still(learning_curves_figure(scene, **look))


def some_points(**options: Any) -> SimulatedPoints:
    mean = np.array([[1.5, 1.4, np.nan], [0.02, 0.05, 0.07], [0.1, 0.08, 0.06]])
    error = np.array([[0.1, np.nan, np.nan], [0.01, 0.002, np.nan], [0.01, 0.01, 0.02]])
    return SimulatedPoints(np.array([0.2, 0.5, 0.8]), mean, error, **options)


def networks_of(figure: go.Figure, row: int) -> go.Scatter:
    axis = "y" if row == 0 else f"y{row + 1}"
    (trace,) = (t for t in figure.data if t.marker.symbol == "diamond" and t.yaxis == axis)
    return trace


@pytest.mark.parametrize("row", ROWS)
def test_points_are_means_with_their_errors_as_bars(row: int) -> None:
    points = some_points()
    trace = networks_of(curves(a_view(points)), row)
    assert trace.mode == "markers"
    np.testing.assert_array_equal(trace.x, points.alpha)
    np.testing.assert_array_equal(trace.y, points.mean[row])
    # A single network has no error, and no bar.
    np.testing.assert_array_equal(trace.error_y.array, np.nan_to_num(points.error[row]))
    assert trace.error_y.type == "data"
    assert PANELS[row].title in trace.hovertemplate


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_points_have_the_colour_of_their_curve_or_are_hollow_and_grey(theme: Any) -> None:
    colours = THEMES[theme]
    for current in (True, False):
        figure = curves(a_view(some_points(current=current)), theme=theme)
        for row in ROWS:
            trace = networks_of(figure, row)
            edge = colours.single if current else colours.muted
            assert trace.error_y.color == edge
            assert trace.marker.color == (edge if current else colours.surface)
            assert trace.marker.line.color == (colours.surface if current else edge)


def test_points_take_the_colour_of_the_current_curve_of_a_family() -> None:
    family = learning_curve(ALPHA, **{**SETTING, "lam": np.array([0.01, 0.1, 1.0])})
    scene = LearningCurves(family, None, ("a", "b", "c"), current=1, simulated=some_points())
    figure = curves(scene)
    (colour,) = {t.line.color for t in figure.data if t.name == "b" and t.mode == "lines"}
    (other,) = {t.line.color for t in figure.data if t.name == "c" and t.mode == "lines"}
    assert networks_of(figure, 0).marker.color == colour != other


def test_there_are_no_points_without_networks() -> None:
    for row in ROWS:
        assert np.size(networks_of(curves(a_view(None)), row).y) == 0


def a_line(**options: Any) -> SizedTheory:
    value = np.array([[1.6, 1.5, np.nan, 0.9], [0.02, 0.05, 0.06, 0.07], [0.1, 0.08, 0.07, 0.06]])
    given = {"limited": np.array([False, False, True, True]), **options}
    return SizedTheory(50, np.array([0.2, 0.4, 0.6, 0.8]), value, np.full((3, 4), 0.01), **given)


def size_lines(scene: LearningCurves, row: int, **look: Any) -> tuple[Any, Any]:
    """The dashed and the solid trace of the theory at the networks' size."""
    drawing = learning_curves_figure(scene, **look)
    return trace(drawing, f"size-dashed-{row}"), trace(drawing, f"size-solid-{row}")


@pytest.mark.parametrize("row", ROWS)
def test_the_theory_at_their_size_is_a_thin_line_dashed_where_the_width_binds(row: int) -> None:
    line = a_line()
    dashed, solid = size_lines(a_view(some_points(), at_size=line), row)
    np.testing.assert_array_equal(dashed["y"], line.value[row])
    np.testing.assert_array_equal(solid["y"], np.where(line.limited, np.nan, line.value[row]))
    for one in (dashed, solid):
        np.testing.assert_array_equal(one["x"], line.alpha)
        np.testing.assert_array_equal(one["customdata"], line.error[row])
    assert dashed["line"]["dash"] == DASH and "dash" not in solid["line"]
    # Thinner than any curve of the limit.
    curve = trace(learning_curves_figure(a_view(None)), "solid-0-0")
    assert solid["line"]["width"] < curve["line"]["width"] / 2
    # The whole one is hovered, with its size and error.
    assert (dashed["hoverinfo"], solid["hoverinfo"]) == ("all", "skip")
    assert dashed["hovertemplate"].startswith(
        f"{PANELS[row].title}, theory at d = 50: %{{y:.4g}} ± %{{customdata"
    )
    exact = a_line(limited=np.zeros(4, dtype=bool))
    dashed, solid = size_lines(a_view(some_points(), at_size=exact), row)
    assert dashed["y"].size == dashed["x"].size == 0
    assert (dashed["hoverinfo"], solid["hoverinfo"]) == ("skip", "all")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_line_has_the_hue_of_the_networks_and_greys_with_them(theme: Any) -> None:
    for current in (True, False):
        scene = a_view(some_points(current=current), at_size=a_line(current=current))
        for row in ROWS:
            points = networks_of(curves(scene, theme=theme), row)
            for one in size_lines(scene, row, theme=theme):
                assert one["line"]["color"] == points.error_y.color
    family = learning_curve(ALPHA, **{**SETTING, "lam": np.array([0.01, 0.1, 1.0])})
    scene = LearningCurves(family, None, ("a", "b", "c"), 1, simulated=some_points(), at_size=a_line())
    assert size_lines(scene, 0)[1]["line"]["color"] == networks_of(curves(scene), 0).marker.color


def test_without_it_its_traces_are_there_and_empty() -> None:
    for row in ROWS:
        for one in size_lines(a_view(None), row):
            assert one["x"].size == one["y"].size == 0 and one["hoverinfo"] == "skip"


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_axes_hold_the_line(scale: Any) -> None:
    high = replace(a_line(), value=np.full((3, 4), 30.0))
    top = ranges(learning_curves_figure(a_view(None, at_size=high), y_scale=scale))["yaxis"][1][1]
    assert top >= (np.log10(30) if scale == "log" else 30)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_axes_hold_the_points_and_rest_when_they_fit(scale: Any) -> None:
    held = ranges(learning_curves_figure(a_view(None), y_scale=scale))
    curve = learning_curve(ALPHA, **SETTING).mse
    inside = SimulatedPoints(
        ALPHA, np.tile(np.clip(1.05 * curve, None, curve.max()), (3, 1)), np.zeros((3, 10))
    )
    _, before = held["yaxis"]
    assert curves(a_view(inside), y_scale=scale, held=held).layout.yaxis.range == before
    above = SimulatedPoints(ALPHA, np.tile(4 * curve, (3, 1)), np.zeros((3, 10)))
    top = np.log10(4 * curve.max()) if scale == "log" else 4 * curve.max()
    assert curves(a_view(above), y_scale=scale, held=held).layout.yaxis.range[1] >= top > before[1]
