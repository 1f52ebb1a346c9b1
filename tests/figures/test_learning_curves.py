"""The learning-curve figure: results in, traces, axes and notes out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import unlabel_rgb, validate_colors

from quadviz.figures.learning_curves import (
    BAYES,
    HEIGHT,
    MARGIN,
    MOST_THRESHOLDS,
    PANELS,
    learning_curves_figure,
)
from quadviz.figures.marks.axes import fitted_range
from quadviz.figures.marks.drawing import Drawing, ranges, still, trace
from quadviz.figures.marks.flags import flags
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, family_colours
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.marks import SimulatedPoints, SizedTheory, Threshold
from quadviz.scenes.learning_curves import LearningCurves
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.steady.steady_state import SteadyState, learning_curve, steady_state
from tests.snapshots import as_seen, matches

ALPHA = np.linspace(0.05, 1.0, 40)
LAMS = np.array([0.0, 0.01, 1.0])
NAMES = ("λ = 0+", "λ = 0.01", "λ = 1")
SETTING = {"kappa": 0.5, "kappa_star": 0.3, "delta": 0.5}


def a_view(lams: np.ndarray = LAMS, names: tuple[str, ...] = NAMES, **options: Any) -> LearningCurves:
    curves = learning_curve(ALPHA, lam=lams, **SETTING)
    marker = steady_state(0.35, lam=lams, **SETTING)
    return LearningCurves(curves, marker, names, **options)


def drawn(scene: LearningCurves, **look: Any) -> go.Figure:
    """A figure as plotly has it."""
    return still(learning_curves_figure(scene, **look))


def lines(figure: go.Figure, row: int, member: int) -> tuple[go.Scatter, go.Scatter]:
    """The dashed and the solid trace of one curve in one panel."""
    axis = "y" if row == 0 else f"y{row + 1}"
    traces = [t for t in figure.data if t.mode == "lines" and t.yaxis == axis]
    dashed, solid = traces[2 * member : 2 * member + 2]
    assert (dashed.line.dash, solid.line.dash) == (DASH, None)
    return dashed, solid


def points(figure: go.Figure, row: int) -> tuple[go.Scatter, go.Scatter]:
    """The dots on what is not unique, and the points under the marker; networks come last."""
    axis = "y" if row == 0 else f"y{row + 1}"
    dots, marked, _ = (t for t in figure.data if t.mode == "markers" and t.yaxis == axis)
    return dots, marked


def notes(figure: go.Figure) -> list[str]:
    return [a.text for a in figure.layout.annotations[len(PANELS) : 2 * len(PANELS)] if a.visible]


def flagged(figure: go.Figure) -> list[tuple[go.layout.Shape, go.layout.Annotation]]:
    """The lines of the thresholds and their names."""
    pairs = zip(figure.layout.shapes[1:], figure.layout.annotations[2 * len(PANELS) :], strict=True)
    return [(line, name) for line, name in pairs if line.visible]


@pytest.mark.parametrize("row", range(len(PANELS)))
def test_the_curves_are_the_results(row: int) -> None:
    view = a_view()
    figure = drawn(view)
    values = getattr(view.curves, PANELS[row].field)
    exact = view.curves.regime == Regime.EXACT
    assert exact.any()
    assert not exact.all()
    for member in range(len(NAMES)):
        dashed, solid = lines(figure, row, member)
        np.testing.assert_allclose(solid.x, ALPHA, rtol=1e-7)
        np.testing.assert_allclose(solid.y, np.where(exact[member], values[member], np.nan), rtol=1e-7)
        if exact[member].all():
            assert np.size(dashed.y) == 0
        else:
            np.testing.assert_allclose(dashed.y, values[member], rtol=1e-7)


@pytest.mark.parametrize("row", range(len(PANELS)))
def test_the_points_under_the_marker_are_the_results(row: int) -> None:
    view = a_view()
    _dots, marked = points(drawn(view), row)
    assert view.marker is not None
    np.testing.assert_array_equal(marked.x, np.full(3, 0.35))
    np.testing.assert_array_equal(marked.y, getattr(view.marker, PANELS[row].field))


def test_one_trace_of_a_curve_is_hovered_with_four_digits() -> None:
    figure = drawn(a_view())
    for row in range(len(PANELS)):
        for member, name in enumerate(NAMES):
            dashed, solid = lines(figure, row, member)
            hovered = [t for t in (dashed, solid) if np.size(t.y) and t.hoverinfo != "skip"]
            assert [t.hovertemplate for t in hovered] == [f"{name}: %{{y:.4g}}<extra></extra>"]
            known = np.isfinite(hovered[0].y)
            assert known.all(), "what is hovered has no gap to be bridged by a distant point"


def test_a_curve_without_an_exact_point_keeps_its_legend_entry() -> None:
    curves = learning_curve(ALPHA, 0.05, 0.3, [0.01, 0.1], 0.5)
    assert np.all(curves.regime == Regime.RANK_LIMITED)
    figure = drawn(LearningCurves(curves, None, ("a", "b")))
    for member in range(2):
        dashed, solid = lines(figure, 0, member)
        assert solid.showlegend
        assert solid.x is not None
        assert np.all(np.isnan(solid.y))
        assert np.all(np.isfinite(dashed.y))


def test_the_legend_names_every_curve_once_and_a_single_curve_not_at_all() -> None:
    figure = drawn(a_view())
    assert [t.name for t in figure.data if t.showlegend] == list(NAMES)
    alone = drawn(a_view(np.array([0.01]), ("",)))
    assert not any(t.showlegend for t in alone.data)


def test_failures_are_gaps_and_other_solutions_are_dots() -> None:
    view = a_view()
    status, mse = view.curves.status.copy(), view.curves.mse.copy()
    status[1, 5:8], mse[1, 5:8] = Status.FAILED, np.nan
    status[1, 20:23] = Status.SEVERAL
    figure = drawn(replace(view, curves=replace(view.curves, status=status, mse=mse)))
    dashed, solid = lines(figure, 0, 1)
    assert np.all(np.isnan(solid.y[5:8]))
    assert np.all(np.isnan(dashed.y[5:8]))
    dots, _marked = points(figure, 0)
    np.testing.assert_allclose(dots.x, ALPHA[20:23], rtol=1e-7)
    np.testing.assert_allclose(dots.y, mse[1, 20:23], rtol=1e-7)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_nothing_known_at_all_still_gives_a_figure(scale: str) -> None:
    view = a_view()
    nothing = {panel.field: np.full_like(view.curves.mse, np.nan) for panel in PANELS}
    curves = replace(view.curves, status=np.full_like(view.curves.status, Status.FAILED), **nothing)
    figure = drawn(replace(view, curves=curves, marker=None), y_scale=scale)
    for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.yaxis3):
        assert np.all(np.isfinite(axis.range))
    assert not figure.layout.shapes[0].visible


@pytest.mark.parametrize("row", range(len(PANELS)))
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_every_point_shown_lies_inside_its_axis(scale: str, row: int) -> None:
    view = a_view()
    figure = drawn(view, y_scale=scale)
    low, high = figure.layout["yaxis" if row == 0 else f"yaxis{row + 1}"].range
    values = getattr(view.curves, PANELS[row].field)
    if scale == "log":
        values = np.log10(values[values > 10 ** (np.log10(values.max()) - 8)])
    assert low <= values.min()
    assert values.max() <= high


def test_a_log_axis_says_where_a_curve_is_zero_and_a_linear_one_does_not() -> None:
    zeros = ALPHA[a_view().curves.train_loss[0] == 0]
    assert zeros.size
    assert notes(drawn(a_view(), y_scale="log")) == [f"λ = 0+ is exactly 0 up to α = {zeros[-1]:.4g}"]
    assert notes(drawn(a_view())) == []


def test_a_log_axis_says_what_lies_below_it() -> None:
    view = a_view()
    loss = view.curves.train_loss.copy()
    loss[0] = 1e-30
    figure = drawn(replace(view, curves=replace(view.curves, train_loss=loss)), y_scale="log")
    assert notes(figure) == ["λ = 0+ is below this axis everywhere"]
    low, high = figure.layout.yaxis2.range
    assert high - low < 12
    below = drawn(replace(view, marker=lowered(view.marker)), y_scale="log")
    assert np.isnan(points(below, 1)[1].y[2]), "a point below its axis has no place in the panel underneath"


def lowered(marker: SteadyState | None) -> SteadyState:
    assert marker is not None
    loss = marker.train_loss.copy()
    loss[2] = 1e-30
    return replace(marker, train_loss=loss)


def test_several_zero_curves_are_counted() -> None:
    curves = learning_curve(ALPHA, [0.5, 0.6, 0.7], 0.3, 0.0, 0.5)
    figure = drawn(LearningCurves(curves, None, ("a", "b", "c")), y_scale="log")
    assert len(notes(figure)) == 1
    assert notes(figure)[0].startswith("a is exactly 0 up to")
    assert notes(figure)[0].endswith("so are 2 more, in part")


def test_log_ticks_are_written_out() -> None:
    figure = drawn(a_view(), y_scale="log", x_scale="log")
    assert figure.layout.xaxis.ticktext == ("0.05", "0.1", "0.2", "0.5", "1")
    assert figure.layout.xaxis.tickvals == (0.05, 0.1, 0.2, 0.5, 1.0)
    for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.yaxis3):
        if axis.tickmode == "array":
            assert 2 <= len(axis.tickvals) <= 8
            assert all(axis.range[0] <= math.log10(v) <= axis.range[1] for v in axis.tickvals)


def test_a_range_stays_while_the_data_stays() -> None:
    assert fitted_range(0.2, 0.9, shown=(0.0, 1.0)) == (0.0, 1.0)
    assert fitted_range(0.2, 1.1, shown=(0.0, 1.0))[1] > 1.1
    assert fitted_range(0.5, 0.6, shown=(0.0, 1.0)) != (0.0, 1.0)
    low, high = fitted_range(0.5, 0.5, shown=None)
    assert low < 0.5 < high


def test_a_figure_keeps_the_axes_of_a_small_change_and_not_those_of_another_scale() -> None:
    before = learning_curves_figure(a_view())
    moved = a_view(lams=np.array([0.0, 0.011, 1.0]))
    kept = learning_curves_figure(moved, held=ranges(before))
    assert ranges(kept) == ranges(before)
    other = learning_curves_figure(moved, y_scale="log", held=ranges(before))
    assert ranges(other) == ranges(learning_curves_figure(moved, y_scale="log"))


def test_a_figure_is_a_function_of_its_scene() -> None:
    scene = a_view(thresholds=THRESHOLDS, bayes=bayes_optimal(ALPHA, 0.3, 0.5))
    one, other = (learning_curves_figure(scene, y_scale="log") for _ in range(2))
    assert as_seen(one) == as_seen(other)
    names = [each["uid"] for each in one["data"]]
    assert len(set(names)) == len(names)
    # The same traces, shapes and annotations always: what comes and goes keeps its place.
    bare = learning_curves_figure(a_view(), theme="dark", x_scale="log")
    assert [each["uid"] for each in bare["data"]] == names
    assert [len(bare["layout"][what]) for what in ("shapes", "annotations")] == [
        len(one["layout"][what]) for what in ("shapes", "annotations")
    ]


TINY = np.array([0.1, 0.25, 0.4, 0.8])


@pytest.mark.parametrize("name", ["family", "alone", "networks"])
def test_figures_are_as_they_were_looked_at(name: str) -> None:
    lams, names = (LAMS, NAMES) if name == "family" else (np.array([0.0]), ("",))
    scene = LearningCurves(
        learning_curve(TINY, lam=lams, **SETTING), steady_state(0.35, lam=lams, **SETTING), names
    )
    drawing: Drawing
    if name == "family":
        scene = replace(scene, current=1, thresholds=THRESHOLDS, bayes=bayes_optimal(TINY, 0.3, 0.5))
        drawing = learning_curves_figure(scene, y_scale="log")
    elif name == "alone":
        drawing = learning_curves_figure(scene, theme="dark", x_scale="log")
    else:
        error = np.full((3, 2), 0.1)
        points = SimulatedPoints(np.array([0.2, 0.6]), np.array([[2, 1], [0.1, 0.2], [0.1, 0.1]]), error)
        line = SizedTheory(
            20, np.array([0.2, 0.4, 0.6]), np.array([[2, 1.5, 1], [0.1, 0.2, 0.2], [0.1, 0.1, 0.1]]),
            np.full((3, 3), 0.01), np.array([False, True, True]),
        )  # fmt: skip
        drawing = learning_curves_figure(replace(scene, simulated=points, at_size=line))
    assert matches(f"learning_curves_{name}", drawing) == ""


def test_a_trace_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match=r"no trace 'x'; there are dashed-0-0, solid-0-0"):
        trace(learning_curves_figure(a_view()), "x")


THRESHOLDS = (Threshold("b", 0.1), Threshold("r", 0.25), Threshold("none", math.inf), Threshold("i", 0.9))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_thresholds_on_the_axis_stand_where_they_are(scale: str) -> None:
    figure = drawn(a_view(thresholds=THRESHOLDS), x_scale=scale)
    shown = flagged(figure)
    assert {name.text: line.x0 for line, name in shown} == {"b": 0.1, "r": 0.25, "i": 0.9}
    for line, name in shown:
        assert line.x0 == line.x1
        # plotly places shapes by the value, annotations on a log axis by its logarithm.
        assert name.x == pytest.approx(math.log10(line.x0) if scale == "log" else line.x0)
        assert name.xanchor == (
            "left" if name.text == "b" or (name.text, scale) == ("r", "linear") else "right"
        )


def test_names_of_thresholds_have_a_row_each_between_the_panel_and_its_title() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        places = rng.choice([0.1, 0.2, 0.3, 0.30001, 0.5, 0.51, 0.99], MOST_THRESHOLDS)
        named = tuple(Threshold(f"{i}", float(place)) for i, place in enumerate(places))
        shown = flags(named, (0.05, 1.0))
        assert sorted(flag.row for flag in shown) == list(range(len(shown)))
        for one in shown:
            for other in shown:
                crossed = (
                    one.threshold.place < other.threshold.place
                    if one.side == "right"
                    else other.threshold.place < one.threshold.place
                )
                # A name must not lie across a line that stands on its side of the axis.
                assert not (crossed and one.side == other.side and other.row > one.row)
    figure = drawn(a_view(thresholds=THRESHOLDS))
    rows = [name.y for _line, name in flagged(figure)]
    assert figure.layout.yaxis.domain[1] < min(rows)
    assert max(rows) < figure.layout.annotations[0].y == 1.0
    pixels = HEIGHT - MARGIN["t"] - MARGIN["b"]
    assert np.diff(sorted(rows)).min() * pixels >= 13


def test_the_bayes_optimal_curve_is_dotted_in_ink_and_on_its_axis() -> None:
    bayes = bayes_optimal(np.linspace(0.02, 1, 30), 0.3, 0.5)
    for theme in THEMES:
        figure = drawn(a_view(bayes=bayes), theme=theme, y_scale="log")
        trace = figure.data[-1]
        assert trace.showlegend
        assert (trace.name, trace.yaxis, trace.line.dash) == (BAYES, "y", "2px,3px")
        assert trace.line.color == THEMES[theme].ink
        np.testing.assert_array_equal(trace.y, bayes.mmse)
        low, high = figure.layout.yaxis.range
        assert low <= math.log10(bayes.mmse.min()) < math.log10(bayes.mmse.max()) <= high
    assert np.size(drawn(a_view()).data[-1].y) == 0


def test_guides_come_and_go() -> None:
    assert len(flagged(drawn(a_view(thresholds=THRESHOLDS)))) == 3
    figure = drawn(a_view())
    assert flagged(figure) == []
    assert not any(a.visible for a in figure.layout.annotations[2 * len(PANELS) :])
    assert figure.layout.yaxis.domain == PANELS[0].domain
    with pytest.raises(ValueError, match=r"room for 4 thresholds, got 5"):
        drawn(a_view(thresholds=(*THRESHOLDS, Threshold("x", 0.5))))


def luminance(colour: str) -> float:
    (colour,) = validate_colors(colour, "rgb")
    channels = [c / 255 for c in unlabel_rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_their_background(theme: ThemeName) -> None:
    colours = THEMES[theme]
    for curve in (*family_colours(5, theme), *family_colours(1, theme)):
        assert contrast(curve, colours.surface) >= 3.0
    for text in (colours.ink, colours.muted):
        assert contrast(text, colours.surface) >= 4.5


def test_family_colours_run_one_way_in_lightness() -> None:
    for theme in ("light", "dark"):
        shades = [luminance(colour) for colour in family_colours(5, theme)]
        assert shades == sorted(shades)
        assert len(set(shades)) == 5
