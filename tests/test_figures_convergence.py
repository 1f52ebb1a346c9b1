"""The figure of convergence: approaches in; lines, points, slopes, the law and the shade out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.figures.convergence import (
    FIRST_TIME,
    LAST_TIME,
    NETWORK_HUE,
    POWERS,
    Convergence,
    ConvergencePen,
    Seen,
    convergence_figure,
    convergence_skeleton,
)
from quadviz.figures.theme import DASH, THEMES

TIMES = np.geomspace(0.1, 1e4, 31)
NAN = float("nan")
NAMES = (
    "flows", "mean", "curve", "law", "networks", "network mean", "slope", "curve slope", "network slope",
)  # fmt: skip


def an_approach(rate: float = 0.02) -> Seen:
    """Two that follow t^-3 and then end exponentially, the second one sooner."""
    power = 0.07 / (0.5 + TIMES) ** 3
    distance = power * np.exp(-rate * TIMES * np.array([[1.0], [3.0]]))
    return Seen(TIMES, distance, distance.mean(axis=0))


def a_view(**options: Any) -> Convergence:
    given = {
        "flows": an_approach(),
        "curve": 0.07 / (0.5 + TIMES) ** 3,
        "law": 0.07 * TIMES**-3.0,
        "slope": -3.0,
        "law_name": "0.07 t⁻³",
        "leaves_at": 50.0,
        "leaves_name": "d = 100 leaves",
    }
    return Convergence(**{**given, **options})


def traces(figure: go.Figure) -> dict[str, Any]:
    found = dict(zip(NAMES, figure.data, strict=True))
    assert [trace.yaxis for trace in figure.data] == ["y"] * 6 + ["y2"] * 3
    return found


def note(figure: go.Figure, words: str) -> Any:
    (found,) = (a for a in figure.layout.annotations if words in a.text)
    return found


def shade(figure: go.Figure) -> Any:
    (found,) = (shape for shape in figure.layout.shapes if shape.type == "rect")
    return found


def test_every_flow_is_a_line_of_its_own_and_the_points_are_their_mean() -> None:
    view = a_view()
    drawn = traces(convergence_figure(view))
    lines = drawn["flows"]
    ends = np.flatnonzero(np.isnan(lines.x))
    assert ends.tolist() == [TIMES.size, 2 * TIMES.size + 1] and not lines.connectgaps
    heights = np.split(lines.y, ends[:1] + 1)
    for height, distance in zip(heights, view.flows.distance, strict=True):
        np.testing.assert_array_equal(height[:-1], np.where(distance > 1e-30, distance, NAN))
    known = view.flows.mean > 1e-30
    np.testing.assert_array_equal(drawn["mean"].x, TIMES[known])
    np.testing.assert_array_equal(drawn["mean"].y, view.flows.mean[known])
    np.testing.assert_array_equal(drawn["curve"].y, view.curve)


def test_what_has_come_to_0_has_no_place_on_a_log_axis() -> None:
    view = a_view(flows=an_approach(rate=5.0))
    assert (view.flows.distance == 0).any() and (view.flows.mean == 0).any()
    drawn = traces(convergence_figure(view))
    assert not (drawn["flows"].y == 0).any()
    assert (drawn["mean"].y > 1e-30).all()
    assert drawn["mean"].x.size == np.count_nonzero(view.flows.mean > 1e-30)


def test_the_slopes_are_those_of_the_lines_as_far_as_their_axis_goes() -> None:
    view = a_view()
    figure = convergence_figure(view)
    drawn, (low, high) = traces(figure), figure.layout.yaxis2.range
    expected = np.gradient(np.log(view.curve), np.log(TIMES))
    np.testing.assert_allclose(drawn["curve slope"].y, expected)
    assert drawn["curve slope"].y[-1] == pytest.approx(-3, abs=1e-3)
    ends = np.gradient(np.log(np.where(view.flows.mean > 0, view.flows.mean, NAN)), np.log(TIMES))
    shown = (ends > low) & (ends < high)
    assert 0 < np.count_nonzero(shown) < TIMES.size
    np.testing.assert_array_equal(drawn["slope"].x, TIMES[shown])
    np.testing.assert_allclose(drawn["slope"].y, ends[shown])


def test_the_law_is_a_straight_line_with_its_name_inside_the_panel() -> None:
    figure = convergence_figure(a_view())
    law, (low, high) = traces(figure)["law"], figure.layout.yaxis.range
    assert law.x.size > 15
    np.testing.assert_allclose(law.y, 0.07 * np.asarray(law.x) ** -3.0)
    assert np.all(np.log10(law.y) > low) and np.all(np.log10(law.y) < high)
    name = note(figure, "0.07 t⁻³")
    assert name.visible
    assert (name.xanchor, name.yanchor, 10**name.x) == ("right", "bottom", pytest.approx(law.x[-1]))
    # Its foot is above the line from where two thirds are behind it.
    assert low < np.log10(law.y[2 * law.y.size // 3]) - 1 < name.y < high
    assert name.y > np.log10(law.y[3 * law.y.size // 4])
    none = convergence_figure(a_view(law=TIMES * NAN, slope=NAN, law_name=""))
    assert traces(none)["law"].x.size == 0
    assert not none.layout.annotations[2].visible


@pytest.mark.parametrize("slope", [-1.0, -2.0, -3.0, NAN])
def test_the_predicted_slope_is_marked_among_the_others(slope: float) -> None:
    figure = convergence_figure(a_view(slope=slope))
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert [line.y0 for line in lines] == [line.y1 for line in lines] == list(POWERS)
    assert [line.line.dash == "solid" for line in lines] == [power == slope for power in POWERS]
    for power, words in POWERS.items():
        (name,) = (a for a in figure.layout.annotations if a.text == words)
        assert (name.y, name.yref) == (power, "y2")
        assert (name.font.color == THEMES["light"].ink) == (power == slope)


def test_the_times_of_single_eigenvalues_are_shaded() -> None:
    figure = convergence_figure(a_view())
    area = shade(figure)
    assert area.visible and (area.x0, area.x1) == (50.0, LAST_TIME)
    assert note(figure, "d = 100 leaves").visible
    for never in (NAN, math.inf, 2 * LAST_TIME):
        figure = convergence_figure(a_view(leaves_at=never))
        assert not shade(figure).visible
        assert not note(figure, "d = 100 leaves").visible
    assert shade(convergence_figure(a_view(leaves_at=0.01))).x0 == FIRST_TIME


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_networks_have_a_hue_and_are_grey_and_hollow_where_they_are_of_another_setting(theme: Any) -> None:
    colours, networks = THEMES[theme], an_approach(rate=0.1)
    for current in (True, False):
        drawn = traces(convergence_figure(a_view(networks=networks, current=current, theme=theme)))
        hue = NETWORK_HUE[theme] if current else colours.muted
        np.testing.assert_array_equal(drawn["network mean"].y, networks.mean[networks.mean > 1e-30])
        assert drawn["networks"].line.color == hue
        for points in (drawn["network mean"], drawn["network slope"]):
            assert points.marker.color == (hue if current else colours.surface)
            assert points.marker.line.color == (colours.surface if current else hue)
        assert drawn["mean"].marker.color == drawn["flows"].line.color == colours.single != hue
    none = traces(convergence_figure(a_view()))
    assert none["networks"].y is none["network mean"].y is none["network slope"].y is None


def test_a_target_by_assumption_is_dashed() -> None:
    for limited in (False, True):
        drawn = traces(convergence_figure(a_view(limited=limited)))
        for name in ("curve", "curve slope"):
            assert drawn[name].line.dash == (DASH if limited else "solid")


def test_axes_hold_the_limit_and_do_not_jump() -> None:
    figure = convergence_skeleton()
    pen, view = ConvergencePen(figure), a_view()
    pen.draw(view)
    low, high = figure.layout.yaxis.range
    assert low < np.log10(view.curve.min()) and np.log10(view.curve.max()) < high
    np.testing.assert_allclose(figure.layout.xaxis.range, np.log10([FIRST_TIME, LAST_TIME]))
    pen.draw(replace(view, curve=view.curve * 0.8))
    assert figure.layout.yaxis.range == (low, high)
    pen.draw(replace(view, curve=view.curve * 1e4))
    assert figure.layout.yaxis.range[1] > high
    # An exponential approach leaves the axis: seventeen decades are shown.
    fast = convergence_figure(a_view(curve=np.exp(-TIMES)))
    low, high = fast.layout.yaxis.range
    assert 17 < high - low < 22
    # Without a limit the flows are fitted, without them anything finite will do.
    nothing = np.full(TIMES.size, NAN)
    alone = convergence_figure(a_view(curve=nothing))
    assert alone.layout.yaxis.range[1] > np.log10(view.flows.mean.max())
    blank = Seen(TIMES, nothing[None], nothing)
    assert np.all(np.isfinite(convergence_figure(a_view(curve=nothing, flows=blank)).layout.yaxis.range))


def test_drawing_again_is_drawing_afresh() -> None:
    """No trace of what was shown before is left: a pen sends changes only."""
    figure, view = convergence_skeleton(), a_view()
    pen = ConvergencePen(figure)
    for shown in (
        view,
        replace(view, networks=an_approach(0.3), theme="dark"),
        replace(view, networks=an_approach(0.3), current=False, limited=True),
        replace(view, law=TIMES * NAN, slope=NAN, law_name="", leaves_at=NAN),
        replace(view, slope=-1.0, law=0.1 / TIMES, law_name="0.1 t⁻¹", leaves_at=5.0, leaves_name="x"),
        view,
    ):
        pen.draw(shown)
        fresh = convergence_figure(shown)
        for mine, its in zip(figure.data, fresh.data, strict=True):
            for axis in ("x", "y"):
                one, other = getattr(mine, axis), getattr(its, axis)
                assert (one is None) == (other is None)
                if other is not None:
                    np.testing.assert_array_equal(one, other)
            if its.y is not None:
                assert mine.line.color == its.line.color and mine.line.dash == its.line.dash
                assert mine.marker.color == its.marker.color
        for kind in ("annotations", "shapes"):
            for mine, its in zip(figure.layout[kind], fresh.layout[kind], strict=True):
                assert mine.visible == its.visible
                if its.visible is not False and kind == "annotations":
                    assert (mine.text, mine.x, mine.y) == (its.text, its.x, its.y)
                if its.visible is not False and kind == "shapes":
                    assert (mine.x0, mine.line.dash) == (its.x0, its.line.dash)
