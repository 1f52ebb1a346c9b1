"""The learning-curve figure: results in, traces, axes and notes out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import unlabel_rgb, validate_colors

from quadviz.figures.axes import fitted_range
from quadviz.figures.flags import Threshold, flags
from quadviz.figures.learning_curves import (
    BAYES,
    DASH,
    HEIGHT,
    MARGIN,
    MOST_THRESHOLDS,
    PANELS,
    LearningCurves,
    LearningCurvesPen,
    learning_curves_figure,
    learning_curves_skeleton,
)
from quadviz.figures.theme import THEMES, ThemeName, family_colours
from quadviz.theory.bayes import bayes_optimal
from quadviz.theory.steady_state import Regime, Status, SteadyState, learning_curve, steady_state

ALPHA = np.linspace(0.05, 1.0, 40)
LAMS = np.array([0.0, 0.01, 1.0])
NAMES = ("λ = 0+", "λ = 0.01", "λ = 1")
SETTING = {"kappa": 0.5, "kappa_star": 0.3, "delta": 0.5}


def a_view(lams: np.ndarray = LAMS, names: tuple[str, ...] = NAMES, **options: Any) -> LearningCurves:
    curves = learning_curve(ALPHA, lam=lams, **SETTING)
    marker = steady_state(0.35, lam=lams, **SETTING)
    return LearningCurves(curves, marker, names, **options)


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
    figure = learning_curves_figure(view)
    values = getattr(view.curves, PANELS[row].field)
    exact = view.curves.regime == Regime.EXACT
    assert exact.any()
    assert not exact.all()
    for member in range(len(NAMES)):
        dashed, solid = lines(figure, row, member)
        np.testing.assert_allclose(solid.x, ALPHA, rtol=1e-7)
        np.testing.assert_allclose(solid.y, np.where(exact[member], values[member], np.nan), rtol=1e-7)
        if exact[member].all():
            assert dashed.y is None
        else:
            np.testing.assert_allclose(dashed.y, values[member], rtol=1e-7)


@pytest.mark.parametrize("row", range(len(PANELS)))
def test_the_points_under_the_marker_are_the_results(row: int) -> None:
    view = a_view()
    _dots, marked = points(learning_curves_figure(view), row)
    assert view.marker is not None
    np.testing.assert_array_equal(marked.x, np.full(3, 0.35))
    np.testing.assert_array_equal(marked.y, getattr(view.marker, PANELS[row].field))


def test_one_trace_of_a_curve_is_hovered_with_four_digits() -> None:
    figure = learning_curves_figure(a_view())
    for row in range(len(PANELS)):
        for member, name in enumerate(NAMES):
            dashed, solid = lines(figure, row, member)
            hovered = [t for t in (dashed, solid) if t.y is not None and t.hoverinfo != "skip"]
            assert [t.hovertemplate for t in hovered] == [f"{name}: %{{y:.4g}}<extra></extra>"]
            known = np.isfinite(hovered[0].y)
            assert known.all(), "what is hovered has no gap to be bridged by a distant point"


def test_a_curve_without_an_exact_point_keeps_its_legend_entry() -> None:
    curves = learning_curve(ALPHA, 0.05, 0.3, [0.01, 0.1], 0.5)
    assert np.all(curves.regime == Regime.RANK_LIMITED)
    figure = learning_curves_figure(LearningCurves(curves, None, ("a", "b")))
    for member in range(2):
        dashed, solid = lines(figure, 0, member)
        assert solid.showlegend
        assert solid.x is not None
        assert np.all(np.isnan(solid.y))
        assert np.all(np.isfinite(dashed.y))


def test_the_legend_names_every_curve_once_and_a_single_curve_not_at_all() -> None:
    figure = learning_curves_figure(a_view())
    assert [t.name for t in figure.data if t.showlegend] == list(NAMES)
    alone = learning_curves_figure(a_view(np.array([0.01]), ("",)))
    assert not any(t.showlegend for t in alone.data)


def test_failures_are_gaps_and_other_solutions_are_dots() -> None:
    view = a_view()
    status, mse = view.curves.status.copy(), view.curves.mse.copy()
    status[1, 5:8], mse[1, 5:8] = Status.FAILED, np.nan
    status[1, 20:23] = Status.SEVERAL
    figure = learning_curves_figure(replace(view, curves=replace(view.curves, status=status, mse=mse)))
    dashed, solid = lines(figure, 0, 1)
    assert np.all(np.isnan(solid.y[5:8]))
    assert np.all(np.isnan(dashed.y[5:8]))
    dots, _marked = points(figure, 0)
    np.testing.assert_allclose(dots.x, ALPHA[20:23], rtol=1e-7)
    np.testing.assert_allclose(dots.y, mse[1, 20:23], rtol=1e-7)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_nothing_known_at_all_still_gives_a_figure(scale: str) -> None:
    view = a_view(y_scale=scale)
    nothing = {panel.field: np.full_like(view.curves.mse, np.nan) for panel in PANELS}
    curves = replace(view.curves, status=np.full_like(view.curves.status, Status.FAILED), **nothing)
    figure = learning_curves_figure(replace(view, curves=curves, marker=None))
    for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.yaxis3):
        assert np.all(np.isfinite(axis.range))
    assert not figure.layout.shapes[0].visible


@pytest.mark.parametrize("row", range(len(PANELS)))
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_every_point_shown_lies_inside_its_axis(scale: str, row: int) -> None:
    view = a_view(y_scale=scale)
    figure = learning_curves_figure(view)
    low, high = figure.layout["yaxis" if row == 0 else f"yaxis{row + 1}"].range
    values = getattr(view.curves, PANELS[row].field)
    if scale == "log":
        values = np.log10(values[values > 10 ** (np.log10(values.max()) - 8)])
    assert low <= values.min()
    assert values.max() <= high


def test_a_log_axis_says_where_a_curve_is_zero_and_a_linear_one_does_not() -> None:
    zeros = ALPHA[a_view().curves.train_loss[0] == 0]
    assert zeros.size
    assert notes(learning_curves_figure(a_view(y_scale="log"))) == [
        f"λ = 0+ is exactly 0 up to α = {zeros[-1]:.4g}"
    ]
    assert notes(learning_curves_figure(a_view())) == []


def test_a_log_axis_says_what_lies_below_it() -> None:
    view = a_view(y_scale="log")
    loss = view.curves.train_loss.copy()
    loss[0] = 1e-30
    figure = learning_curves_figure(replace(view, curves=replace(view.curves, train_loss=loss)))
    assert notes(figure) == ["λ = 0+ is below this axis everywhere"]
    low, high = figure.layout.yaxis2.range
    assert high - low < 12
    assert np.isnan(points(learning_curves_figure(replace(view, marker=lowered(view.marker))), 1)[1].y[2]), (
        "a point below its axis must not be drawn in the panel underneath"
    )


def lowered(marker: SteadyState | None) -> SteadyState:
    assert marker is not None
    loss = marker.train_loss.copy()
    loss[2] = 1e-30
    return replace(marker, train_loss=loss)


def test_several_zero_curves_are_counted() -> None:
    curves = learning_curve(ALPHA, [0.5, 0.6, 0.7], 0.3, 0.0, 0.5)
    figure = learning_curves_figure(LearningCurves(curves, None, ("a", "b", "c"), y_scale="log"))
    assert len(notes(figure)) == 1
    assert notes(figure)[0].startswith("a is exactly 0 up to")
    assert notes(figure)[0].endswith("so are 2 more, in part")


def test_log_ticks_are_written_out() -> None:
    figure = learning_curves_figure(a_view(y_scale="log", x_scale="log"))
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


def test_the_pen_keeps_the_axes_of_a_small_change_and_sends_only_what_changed() -> None:
    figure = learning_curves_skeleton(3)
    pen = LearningCurvesPen(figure)
    pen.draw(a_view())
    before = [figure.layout[name].range for name in ("xaxis", "yaxis", "yaxis2", "yaxis3")]
    pen.draw(a_view(lams=np.array([0.0, 0.011, 1.0])))
    assert [figure.layout[name].range for name in ("xaxis", "yaxis", "yaxis2", "yaxis3")] == before

    sent: list[object] = []
    figure.plotly_update = lambda **update: sent.append(update)
    pen.draw(a_view(lams=np.array([0.0, 0.011, 1.0])))
    assert all(not any(update.values()) or not update.get("restyle_data") for update in sent)


def test_drawing_again_leaves_nothing_of_what_was_drawn_before() -> None:
    figure = learning_curves_skeleton(3)
    pen = LearningCurvesPen(figure)
    pen.draw(a_view(y_scale="log"))
    alone = a_view(np.array([0.01]), ("",), theme="dark")
    pen.draw(alone)
    expected = learning_curves_figure(alone)
    for row in range(len(PANELS)):
        for drawn, fresh in zip(lines(figure, row, 0), lines(expected, row, 0), strict=True):
            np.testing.assert_array_equal(np.asarray(drawn.y, float), np.asarray(fresh.y, float))
            assert drawn.line.color == fresh.line.color
        for member in (1, 2):
            assert all(t.y is None and not t.showlegend for t in lines(figure, row, member))
    assert figure.layout.yaxis.range == expected.layout.yaxis.range
    assert notes(figure) == []


THRESHOLDS = (Threshold("b", 0.1), Threshold("r", 0.25), Threshold("none", math.inf), Threshold("i", 0.9))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_thresholds_on_the_axis_stand_where_they_are(scale: str) -> None:
    figure = learning_curves_figure(a_view(thresholds=THRESHOLDS, x_scale=scale))
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
    figure = learning_curves_figure(a_view(thresholds=THRESHOLDS))
    rows = [name.y for _line, name in flagged(figure)]
    assert figure.layout.yaxis.domain[1] < min(rows)
    assert max(rows) < figure.layout.annotations[0].y == 1.0
    pixels = HEIGHT - MARGIN["t"] - MARGIN["b"]
    assert np.diff(sorted(rows)).min() * pixels >= 13


def test_the_bayes_optimal_curve_is_dotted_in_ink_and_on_its_axis() -> None:
    bayes = bayes_optimal(np.linspace(0.02, 1, 30), 0.3, 0.5)
    for theme in THEMES:
        figure = learning_curves_figure(a_view(bayes=bayes, theme=theme, y_scale="log"))
        trace = figure.data[-1]
        assert trace.visible and trace.showlegend
        assert (trace.name, trace.yaxis, trace.line.dash) == (BAYES, "y", "2px,3px")
        assert trace.line.color == THEMES[theme].ink
        np.testing.assert_array_equal(trace.y, bayes.mmse)
        low, high = figure.layout.yaxis.range
        assert low <= math.log10(bayes.mmse.min()) < math.log10(bayes.mmse.max()) <= high
    assert not learning_curves_figure(a_view()).data[-1].visible


def test_guides_come_and_go_with_the_pen() -> None:
    figure = learning_curves_skeleton(3)
    pen = LearningCurvesPen(figure)
    pen.draw(a_view(thresholds=THRESHOLDS, bayes=bayes_optimal(ALPHA, 0.3, 0.5)))
    assert len(flagged(figure)) == 3
    pen.draw(a_view())
    assert flagged(figure) == []
    assert not any(a.visible for a in figure.layout.annotations[2 * len(PANELS) :])
    assert not figure.data[-1].visible
    assert figure.layout.yaxis.domain == PANELS[0].domain
    with pytest.raises(ValueError, match=r"room for 4 thresholds, got 5"):
        pen.draw(a_view(thresholds=(*THRESHOLDS, Threshold("x", 0.5))))


def test_too_many_curves_are_refused() -> None:
    with pytest.raises(ValueError, match=r"room for 2 curves, got 3"):
        LearningCurvesPen(learning_curves_skeleton(2)).draw(a_view())


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
