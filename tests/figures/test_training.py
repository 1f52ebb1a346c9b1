"""The figure of training: arrays in; lines, points, error bars and ranges out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadviz.figures.marks.drawing import Drawing, ranges, trace
from quadviz.figures.marks.theme import DASH, THEMES
from quadviz.figures.training import ROWS, fitted, training_figure
from quadviz.scenes.training import Networks, Training
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work.training import FIRST_TIME
from tests.snapshots import matches

TIMES = np.array([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
NAN = float("nan")


def a_theory(mse: float = 1.5, train_loss: float = 0.04, kappa: float = 0.7) -> Any:
    solved = steady_state(0.35, kappa, 0.3, 0.01, 0.5)
    return replace(solved, mse=np.float64(mse), train_loss=np.float64(train_loss))


def some_networks(**options: Any) -> Networks:
    """Three networks, of which the last has come half way."""
    rng = np.random.default_rng(5)
    values = np.exp(rng.normal(0, 0.3, (2, 3, TIMES.size))) * np.array([2.0, 0.05])[:, None, None]
    values[:, 2, 3:] = np.nan
    return Networks(**{"times": TIMES, "values": values, **options})


def a_scene(**options: Any) -> Training:
    return Training(**{"theory": a_theory(), "end": 100.0, "networks": some_networks(), **options})


def axis_of(figure: Drawing, row: int) -> Any:
    return figure["layout"]["yaxis2" if row else "yaxis"]


def name_of(figure: Drawing, row: int) -> Any:
    """The name of the theory's line."""
    (name,) = (a for a in figure["layout"]["annotations"] if a["yref"] == ("y2" if row else "y"))
    return name


def hint(figure: Drawing) -> bool:
    """Whether it says how to begin."""
    (words,) = (a for a in figure["layout"]["annotations"] if "Simulate" in a["text"])
    return bool(words["visible"])


def colours_of(figure: Drawing, row: int) -> set[str]:
    networks, mean = trace(figure, f"networks-{row}"), trace(figure, f"mean-{row}")
    return {networks["line"]["color"], mean["marker"]["color"], mean["error_y"]["color"]}


@pytest.mark.parametrize(
    ("name", "scene", "look"),
    [
        ("training", a_scene(), {}),
        ("training_waiting", a_scene(networks=None), {"waiting": True}),
        (
            "training_grey",
            a_scene(networks=some_networks(current=False), theory=a_theory(0.0, kappa=0.1)),
            {"theme": "dark", "y_scale": "linear"},
        ),
    ],
)
def test_it_looks_as_it_did(name: str, scene: Training, look: dict[str, Any]) -> None:
    assert matches(name, training_figure(scene, **look)) == ""


@pytest.mark.parametrize("row", ROWS)
def test_every_network_is_a_line_of_its_own_as_far_as_it_came(row: int) -> None:
    networks = trace(training_figure(a_scene()), f"networks-{row}")
    # One trace: where it has no height the line is broken.
    assert "connectgaps" not in networks
    pieces = np.split(np.arange(networks["x"].size), np.flatnonzero(np.isnan(networks["x"])))
    pieces = [piece[~np.isnan(networks["x"][piece])] for piece in pieces]
    pieces = [piece for piece in pieces if piece.size]
    assert len(pieces) == 3
    for piece, heights in zip(pieces, some_networks().values[row], strict=True):
        np.testing.assert_array_equal(networks["x"][piece], TIMES)
        np.testing.assert_array_equal(networks["y"][piece], heights)


@pytest.mark.parametrize("row", ROWS)
def test_the_points_are_the_means_from_the_first_time_on_a_log_axis(row: int) -> None:
    mean, values = trace(training_figure(a_scene()), f"mean-{row}"), some_networks().values[row]
    np.testing.assert_array_equal(mean["x"], TIMES[1:])
    np.testing.assert_allclose(mean["y"], np.nanmean(values, axis=0)[1:])
    error = np.nanstd(values, axis=0, ddof=1) / np.sqrt(np.isfinite(values).sum(axis=0))
    np.testing.assert_allclose(mean["error_y"]["array"], error[1:])
    assert mean["error_y"]["type"] == "data"


def test_points_that_have_not_come_are_left_out_and_unknown_errors_have_no_bar() -> None:
    values = np.where(TIMES < [[0.5], [5.0]], [[1.0], [2.0]], NAN) * np.array([1.0, 0.1])[:, None, None]
    figure = training_figure(a_scene(networks=some_networks(values=values)))
    for row in ROWS:
        points = trace(figure, f"mean-{row}")
        np.testing.assert_array_equal(points["x"], [0.01, 0.1, 1.0])
        np.testing.assert_allclose(points["y"], np.array([1.5, 1.5, 2.0]) * [1.0, 0.1][row])
        assert np.all(points["error_y"]["array"][:2] > 0) and points["error_y"]["array"][2] == 0


def test_before_the_first_network_there_is_the_theory_and_a_hint() -> None:
    scene = a_scene(networks=None)
    figure = training_figure(scene, waiting=True)
    assert hint(figure)
    for row in ROWS:
        assert trace(figure, f"networks-{row}")["y"].size == trace(figure, f"mean-{row}")["y"].size == 0
        np.testing.assert_array_equal(trace(figure, f"theory-{row}")["y"], [scene.limits[row]] * 2)
        low, high = axis_of(figure, row)["range"]
        assert low < math.log10(scene.limits[row]) < high
    assert not hint(training_figure(a_scene()))


@pytest.mark.parametrize("row", ROWS)
def test_the_theory_is_a_line_from_end_to_end_dashed_where_it_rests_on_an_assumption(row: int) -> None:
    for kappa, dash in ((0.7, "solid"), (0.1, DASH)):
        scene = a_scene(theory=a_theory(kappa=kappa))
        figure = training_figure(scene)
        theory = trace(figure, f"theory-{row}")
        assert list(theory["x"]) == [FIRST_TIME, 100.0]
        np.testing.assert_array_equal(theory["y"], [scene.limits[row]] * 2)
        assert theory["line"]["dash"] == dash
        assert theory["line"]["color"] == THEMES["light"].ink
        assert name_of(figure, row)["text"] == "theory, t → ∞"
        assert name_of(figure, row)["y"] == pytest.approx(math.log10(scene.limits[row]))
        assert "theory, t → ∞" in theory["hovertemplate"]
    ridgeless = replace(scene.theory, lam=np.float64(0))
    figure = training_figure(a_scene(theory=ridgeless))
    assert name_of(figure, row)["text"] == "theory, λ → 0+, t → ∞"
    assert figure["layout"]["xaxis"]["type"] == "log"
    np.testing.assert_allclose(figure["layout"]["xaxis"]["range"], np.log10([FIRST_TIME, 100.0]))


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_theory_of_0_is_named_at_the_foot_and_not_drawn(scale: Any) -> None:
    figure = training_figure(a_scene(theory=a_theory(0.0, 0.0)), y_scale=scale)
    for row in ROWS:
        assert trace(figure, f"theory-{row}")["y"].size == 0
        name = name_of(figure, row)
        assert name["visible"]
        assert name["text"] == "theory, t → ∞: 0"
        assert name["y"] == pytest.approx(axis_of(figure, row)["range"][0])
        assert name["yanchor"] == "bottom"


def test_a_theory_far_below_the_networks_is_said_to_be_below_the_axis() -> None:
    scene = a_scene(theory=a_theory(1e-12, 1e-3))
    figure = training_figure(scene)
    low, high = axis_of(figure, 0)["range"]
    top = math.log10(np.nanmax(some_networks().values[0]))
    # Eight decades are shown, and some room.
    assert high > top and 8 < top - low < 9
    assert trace(figure, "theory-0")["y"].size == 0
    assert name_of(figure, 0)["text"] == "theory, t → ∞: below the axis"
    # In the other panel there is room for both.
    assert list(trace(figure, "theory-1")["y"]) == [1e-3, 1e-3]
    assert name_of(figure, 1)["text"] == "theory, t → ∞"
    linear = training_figure(scene, y_scale="linear")
    assert list(trace(linear, "theory-0")["y"]) == [1e-12, 1e-12]


def test_an_unknown_theory_is_neither_drawn_nor_named() -> None:
    figure = training_figure(a_scene(theory=a_theory(NAN)))
    assert trace(figure, "theory-0")["y"].size == 0
    assert not name_of(figure, 0)["visible"]
    assert name_of(figure, 1)["visible"]


def test_a_name_near_the_top_stands_below_its_line() -> None:
    high = training_figure(a_scene(theory=a_theory(float(np.nanmax(some_networks().values[0])) * 3)))
    assert name_of(high, 0)["yanchor"] == "top"
    assert name_of(high, 1)["yanchor"] == "bottom"


def test_a_name_stands_where_no_course_crowds_it() -> None:
    start = np.where(TIMES < 0.5, 1.5, 30.0) * np.ones((2, 1, 1))
    figure = training_figure(a_scene(networks=some_networks(values=start)))
    assert (name_of(figure, 0)["x"], name_of(figure, 0)["xanchor"]) == (1.0, "right")
    everywhere = np.full((2, 1, TIMES.size), 1.5)
    assert name_of(training_figure(a_scene(networks=some_networks(values=everywhere))), 0)["x"] == 0.0
    other = [[(TIMES, start[0, 0])], []]
    assert name_of(training_figure(a_scene(networks=None), beside=other), 0)["x"] == 1.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_networks_of_another_setting_are_grey_and_hollow(theme: Any) -> None:
    colours = THEMES[theme]
    for current in (True, False):
        figure = training_figure(a_scene(networks=some_networks(current=current)), theme)
        for row in ROWS:
            assert colours_of(figure, row) == {colours.single if current else colours.muted}
            symbol = trace(figure, f"mean-{row}")["marker"]["symbol"]
            assert symbol == ("circle" if current else "circle-open")
            assert trace(figure, f"theory-{row}")["line"]["color"] == colours.ink
    assert colours.single != colours.muted


def test_axes_hold_all_that_is_drawn() -> None:
    scene = a_scene(theory=a_theory(9.0, 0.001))
    for scale in ("log", "linear"):
        figure = training_figure(scene, y_scale=scale)
        for row in ROWS:
            axis = axis_of(figure, row)
            assert axis["type"] == scale and axis["tickmode"] == "array"
            values = np.append(some_networks().values[row].ravel(), scene.limits[row])
            values = values[np.isfinite(values)]
            places = np.log10(values) if scale == "log" else values
            assert axis["range"][0] < places.min() and places.max() < axis["range"][1]
            if scale == "linear":
                assert axis["range"][0] == 0


def test_axes_do_not_jump_while_the_data_stays_inside() -> None:
    networks = some_networks()
    figure = training_figure(a_scene())
    before = ranges(figure)
    nearby = a_scene(
        theory=a_theory(1.05 * 1.5, 1.05 * 0.04), networks=replace(networks, values=0.97 * networks.values)
    )
    assert ranges(training_figure(nearby)) != before
    assert ranges(training_figure(nearby, held=before)) == before
    far = replace(networks, values=networks.values * np.array([100.0, 1.0])[:, None, None])
    after = ranges(training_figure(a_scene(networks=far), held=before))
    assert after["yaxis"][1][1] > math.log10(100 * np.nanmax(networks.values[0]))
    assert after["yaxis2"] == before["yaxis2"]
    # Another scale begins anew.
    linear = training_figure(a_scene(), y_scale="linear")
    assert ranges(training_figure(a_scene(), y_scale="linear", held=before)) == ranges(linear)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_theory_alone_moves_on_the_axis_shown(scale: Any) -> None:
    def moved(factor: float, held: Any) -> Drawing:
        scene = a_scene(networks=None, theory=a_theory(1.5 * factor, 0.04 * factor))
        return training_figure(scene, y_scale=scale, held=held)

    before = ranges(moved(1.0, None))
    for factor in (0.7, 1.05, 0.5):
        figure = moved(factor, before)
        assert ranges(figure) == before
        assert list(trace(figure, "theory-0")["y"]) == [1.5 * factor] * 2
    held = before
    for factor in (1.5, 100.0, 1e-5, 1.0):
        held = ranges(moved(factor, held))
        for axis, value in (("yaxis", 1.5 * factor), ("yaxis2", 0.04 * factor)):
            low, high = held[axis][1]
            assert low < (math.log10(value) if scale == "log" else value) < high


def test_a_part_of_a_course_is_drawn_on_the_axes_of_the_whole() -> None:
    whole = a_scene()
    parts = [training_figure(whole.until(time), holds=fitted(whole)) for time in (0.01, 1.0, 100.0)]
    assert all(ranges(part) == ranges(training_figure(whole)) for part in parts)
    assert [trace(part, "mean-0")["x"].size for part in parts] == [1, 3, 5]


def test_figures_have_the_same_traces_and_notes_whatever_they_show() -> None:
    """Only what moves differs: then a browser moves it without plotly."""
    full, empty = training_figure(a_scene()), training_figure(a_scene(networks=None, theory=a_theory(NAN)))
    assert [each["uid"] for each in full["data"]] == [each["uid"] for each in empty["data"]]
    for one, other in zip(full["data"], empty["data"], strict=True):
        assert one.keys() == other.keys()
    assert len(full["layout"]["annotations"]) == len(empty["layout"]["annotations"])


def test_errors_of_0_and_nothing_at_all_are_no_trouble_for_a_log_axis() -> None:
    """A noiseless network may reach a train loss of 0, which no logarithm has."""
    values = np.where(TIMES > 0.5, 0.0, 1.0) * np.ones((2, 1, 1))
    figure = training_figure(a_scene(networks=some_networks(values=values), theory=a_theory(0.0, 0.0)))
    for row in ROWS:
        assert np.all(np.isfinite(axis_of(figure, row)["range"]))
        assert axis_of(figure, row)["range"][0] < 0 < axis_of(figure, row)["range"][1]
    nothing = a_scene(networks=some_networks(values=values * NAN), theory=a_theory(NAN, NAN))
    blank = training_figure(nothing, y_scale="linear")
    assert axis_of(blank, 0)["range"][0] == 0 < axis_of(blank, 0)["range"][1]
