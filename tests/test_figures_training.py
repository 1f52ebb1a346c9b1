"""The figure of training: arrays in; lines, points, error bars and ranges out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.figures.theme import DASH, THEMES
from quadviz.figures.training import (
    FIRST_TIME,
    PANELS,
    Training,
    TrainingPen,
    training_figure,
    training_skeleton,
)

TIMES = np.array([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
ROWS = range(len(PANELS))
NAN = float("nan")


def a_view(**options: Any) -> Training:
    """Three networks, of which the last has come half way."""
    rng = np.random.default_rng(5)
    networks = np.exp(rng.normal(0, 0.3, (2, 3, TIMES.size))) * np.array([2.0, 0.05])[:, None, None]
    networks[:, 2, 3:] = np.nan
    given = {
        "times": TIMES,
        "networks": networks,
        "mean": np.nanmean(networks, axis=1),
        "error": np.nanstd(networks, axis=1, ddof=1) / np.sqrt(2),
        "theory": np.array([1.5, 0.04]),
        "end": 100.0,
    }
    return Training(**{**given, **options})


def traces(figure: go.Figure, row: int) -> tuple[go.Scatter, go.Scatter, go.Scatter]:
    """Networks, mean and theory of a panel."""
    axis = "y" if row == 0 else f"y{row + 1}"
    networks, mean, theory = (trace for trace in figure.data if trace.yaxis == axis)
    assert (networks.mode, mean.mode, theory.mode) == ("lines", "markers", "lines")
    return networks, mean, theory


def axis_of(figure: go.Figure, row: int) -> Any:
    return figure.layout[f"yaxis{row + 1 if row else ''}"]


def name_of(figure: go.Figure, row: int) -> Any:
    """The name of the theory's line."""
    axis = "y" if row == 0 else f"y{row + 1}"
    (name,) = (a for a in figure.layout.annotations if a.yref == axis)
    return name


def hint(figure: go.Figure) -> Any:
    (words,) = (a for a in figure.layout.annotations if "Simulate" in a.text)
    return words


@pytest.mark.parametrize("row", ROWS)
def test_every_network_is_a_line_of_its_own_as_far_as_it_came(row: int) -> None:
    view = a_view()
    networks, _, _ = traces(training_figure(view), row)
    # One trace: where it has no height the line is broken.
    assert not networks.connectgaps
    pieces = np.split(np.arange(networks.x.size), np.flatnonzero(np.isnan(networks.x)))
    pieces = [piece[~np.isnan(networks.x[piece])] for piece in pieces]
    pieces = [piece for piece in pieces if piece.size]
    assert len(pieces) == 3
    for piece, heights in zip(pieces, view.networks[row], strict=True):
        np.testing.assert_array_equal(networks.x[piece], TIMES)
        np.testing.assert_array_equal(networks.y[piece], heights)


@pytest.mark.parametrize("row", ROWS)
def test_the_points_are_the_means_from_the_first_time_on_a_log_axis(row: int) -> None:
    view = a_view()
    _, mean, _ = traces(training_figure(view), row)
    assert np.all(np.isfinite(mean.y))
    np.testing.assert_array_equal(mean.x, TIMES[1:])
    np.testing.assert_array_equal(mean.y, view.mean[row, 1:])
    np.testing.assert_array_equal(mean.error_y.array, view.error[row, 1:])
    assert mean.error_y.type == "data"


def test_points_that_have_not_come_are_left_out_and_unknown_errors_have_no_bar() -> None:
    mean = np.where(TIMES < 5, 1.0, NAN) * np.array([[1.0], [0.1]])
    error = np.where(TIMES < 0.05, 0.2, NAN) * np.ones((2, 1))
    for row in ROWS:
        _, points, _ = traces(training_figure(a_view(mean=mean, error=error)), row)
        np.testing.assert_array_equal(points.x, [0.01, 0.1, 1.0])
        np.testing.assert_array_equal(points.y, mean[row, 1:4])
        np.testing.assert_array_equal(points.error_y.array, [0.2, 0, 0])


def test_before_the_first_network_there_is_the_theory_and_a_hint() -> None:
    nothing = np.full((2, 1, TIMES.size), NAN)
    view = a_view(networks=nothing, mean=nothing[:, 0], error=nothing[:, 0], waiting=True)
    figure = training_figure(view)
    assert hint(figure).visible
    for row in ROWS:
        networks, mean, theory = traces(figure, row)
        assert not np.isfinite(networks.y).any()
        assert mean.y.size == 0
        np.testing.assert_array_equal(theory.y, [view.theory[row]] * 2)
        low, high = axis_of(figure, row).range
        assert low < math.log10(view.theory[row]) < high
    assert not hint(training_figure(a_view())).visible


@pytest.mark.parametrize("row", ROWS)
def test_the_theory_is_a_line_from_end_to_end_dashed_where_it_rests_on_an_assumption(row: int) -> None:
    for limited in (False, True):
        figure = training_figure(a_view(limited=limited, theory_name="long training"))
        _, _, theory = traces(figure, row)
        assert list(theory.x) == [FIRST_TIME, 100.0]
        np.testing.assert_array_equal(theory.y, [a_view().theory[row]] * 2)
        assert theory.line.dash == (DASH if limited else "solid")
        assert theory.line.color == THEMES["light"].ink
        assert name_of(figure, row).text == "long training"
        assert name_of(figure, row).y == pytest.approx(math.log10(a_view().theory[row]))
        assert "long training" in theory.hovertemplate
    assert figure.layout.xaxis.type == "log"
    np.testing.assert_allclose(figure.layout.xaxis.range, np.log10([FIRST_TIME, 100.0]))


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_theory_of_0_is_named_at_the_foot_and_not_drawn(scale: Any) -> None:
    figure = training_figure(a_view(theory=np.zeros(2), y_scale=scale, theory_name="T"))
    for row in ROWS:
        _, _, theory = traces(figure, row)
        assert theory.y is None
        name = name_of(figure, row)
        assert name.visible
        assert name.text == "T: 0"
        assert name.y == pytest.approx(axis_of(figure, row).range[0])
        assert name.yanchor == "bottom"


def test_a_theory_far_below_the_networks_is_said_to_be_below_the_axis() -> None:
    view = a_view(theory=np.array([1e-12, 1e-3]), theory_name="T")
    figure = training_figure(view)
    low, high = axis_of(figure, 0).range
    top = math.log10(np.nanmax(view.networks[0]))
    # Eight decades are shown, and some room.
    assert high > top and 8 < top - low < 9
    assert traces(figure, 0)[2].y is None
    assert name_of(figure, 0).text == "T: below the axis"
    # In the other panel there is room for both.
    assert list(traces(figure, 1)[2].y) == [1e-3, 1e-3]
    assert name_of(figure, 1).text == "T"
    linear = training_figure(replace(view, y_scale="linear"))
    assert list(traces(linear, 0)[2].y) == [1e-12, 1e-12]


def test_an_unknown_theory_is_neither_drawn_nor_named() -> None:
    figure = training_figure(a_view(theory=np.array([NAN, 0.04])))
    assert traces(figure, 0)[2].y is None
    assert not name_of(figure, 0).visible
    assert name_of(figure, 1).visible


def test_a_name_near_the_top_stands_below_its_line() -> None:
    view = a_view()
    high = training_figure(replace(view, theory=np.array([float(np.nanmax(view.networks[0])) * 3, 0.04])))
    assert name_of(high, 0).yanchor == "top"
    assert name_of(high, 1).yanchor == "bottom"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_networks_of_another_setting_are_grey_and_hollow(theme: Any) -> None:
    colours = THEMES[theme]
    for current in (True, False):
        figure = training_figure(a_view(current=current, theme=theme))
        colour = colours.single if current else colours.muted
        for row in ROWS:
            networks, mean, theory = traces(figure, row)
            assert networks.line.color == mean.marker.color == mean.error_y.color == colour
            assert mean.marker.symbol == ("circle" if current else "circle-open")
            assert theory.line.color == colours.ink
    assert colours.single != colours.muted


def test_axes_hold_all_that_is_drawn() -> None:
    for scale in ("log", "linear"):
        view = a_view(y_scale=scale, theory=np.array([9.0, 0.001]))
        figure = training_figure(view)
        for row in ROWS:
            axis = axis_of(figure, row)
            assert axis.type == scale
            values = np.append(view.networks[row].ravel(), view.theory[row])
            values = values[np.isfinite(values)]
            places = np.log10(values) if scale == "log" else values
            assert axis.range[0] < places.min() and places.max() < axis.range[1]
            if scale == "linear":
                assert axis.range[0] == 0


def test_axes_do_not_jump_while_the_data_stays_inside() -> None:
    figure = training_skeleton()
    pen, view = TrainingPen(figure), a_view()
    pen.draw(view)
    before = [tuple(axis_of(figure, row).range) for row in ROWS]
    lines = [traces(figure, row)[2].y for row in ROWS]
    pen.draw(replace(view, theory=view.theory * 1.05, networks=view.networks * 0.97, mean=view.mean * 0.97))
    assert [tuple(axis_of(figure, row).range) for row in ROWS] == before
    assert [traces(figure, row)[2].y for row in ROWS] != lines
    pen.draw(replace(view, networks=view.networks * np.array([100.0, 1.0])[:, None, None]))
    after = [tuple(axis_of(figure, row).range) for row in ROWS]
    assert after[0] != before[0]
    assert after[0][1] > math.log10(100 * np.nanmax(view.networks[0]))
    assert after[1] == before[1]


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_theory_alone_moves_on_the_axis_shown(scale: Any) -> None:
    figure = training_skeleton()
    nothing = np.full((2, 1, TIMES.size), NAN)
    view = a_view(networks=nothing, mean=nothing[:, 0], error=nothing[:, 0], y_scale=scale)
    pen = TrainingPen(figure)
    pen.draw(view)
    before = [tuple(axis_of(figure, row).range) for row in ROWS]
    for factor in (0.7, 1.05, 0.5):
        pen.draw(replace(view, theory=factor * view.theory))
        assert [tuple(axis_of(figure, row).range) for row in ROWS] == before
        assert list(traces(figure, 0)[2].y) == [factor * view.theory[0]] * 2
    for factor in (1.5, 100.0, 1e-5, 1.0):
        pen.draw(replace(view, theory=factor * view.theory))
        for row in ROWS:
            low, high = axis_of(figure, row).range
            value = factor * view.theory[row]
            assert low < (math.log10(value) if scale == "log" else value) < high


def test_a_change_of_scale_and_back_fits_anew() -> None:
    figure = training_skeleton()
    pen, view = TrainingPen(figure), a_view()
    for scale in ("log", "linear", "log"):
        pen.draw(replace(view, y_scale=scale))
        fresh = training_figure(replace(view, y_scale=scale))
        for row in ROWS:
            assert axis_of(figure, row).range == axis_of(fresh, row).range
            assert axis_of(figure, row).type == scale
            assert name_of(figure, row).y == name_of(fresh, row).y


def test_drawing_again_is_drawing_afresh() -> None:
    """No trace of what was shown before is left: a pen sends changes only."""
    figure = training_skeleton()
    pen, view = TrainingPen(figure), a_view()
    nothing = np.full((2, 1, TIMES.size), NAN)
    empty = replace(view, networks=nothing, mean=nothing[:, 0], error=nothing[:, 0], waiting=True)
    for shown in (
        empty,
        view,
        replace(view, current=False, theme="dark"),
        replace(view, theory=np.zeros(2), y_scale="linear"),
        replace(view, theory=np.full(2, NAN), end=1e4),
        empty,
        view,
    ):
        pen.draw(shown)
        fresh = training_figure(shown)
        for row in ROWS:
            for one, other in zip(traces(figure, row), traces(fresh, row), strict=True):
                for axis in ("x", "y"):
                    mine, its = getattr(one, axis), getattr(other, axis)
                    assert (mine is None) == (its is None)
                    if its is not None:
                        np.testing.assert_array_equal(mine, its)
                assert one.line.color == other.line.color
                assert one.marker.symbol == other.marker.symbol
            assert name_of(figure, row).visible == name_of(fresh, row).visible
            if name_of(fresh, row).visible:
                assert name_of(figure, row).text == name_of(fresh, row).text
        assert hint(figure).visible == hint(fresh).visible
        assert figure.layout.xaxis.range == fresh.layout.xaxis.range


def test_errors_of_0_and_nothing_at_all_are_no_trouble_for_a_log_axis() -> None:
    """A noiseless network may reach a train loss of 0, which no logarithm has."""
    networks = np.where(TIMES > 0.5, 0.0, 1.0) * np.ones((2, 1, 1))
    view = a_view(networks=networks, mean=networks[:, 0], error=networks[:, 0] * NAN, theory=np.zeros(2))
    figure = training_figure(view)
    for row in ROWS:
        assert np.all(np.isfinite(axis_of(figure, row).range))
        assert axis_of(figure, row).range[0] < 0 < axis_of(figure, row).range[1]
    nothing = networks * NAN
    blank = training_figure(
        replace(view, networks=nothing, mean=nothing[:, 0], theory=np.full(2, NAN), y_scale="linear")
    )
    assert axis_of(blank, 0).range[0] == 0 < axis_of(blank, 0).range[1]
