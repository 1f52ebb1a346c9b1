"""A reader's own measurements as marks: what is drawn of them, how, and what an axis holds of them."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz.figures.marks.points import own_lines, own_traces, own_values
from quadviz.figures.marks.theme import THEMES, ThemeName
from quadviz.scenes.common.marks import OwnPoints

PLACE = np.array([0.0, 0.2, 0.4])


def points(curve: int | None, values: list[float], errors: list[float] | None = None) -> OwnPoints:
    mean = np.array([values])
    error = np.full(mean.shape, np.nan) if errors is None else np.array([errors])
    return OwnPoints(curve, PLACE, mean, error, [[f" at {i}" for i in range(len(PLACE))]])


def drawn(*own: OwnPoints, scale: str = "log", theme: ThemeName = "light", first: float = 0.0) -> list[dict]:
    return list(own_traces("y2", "mse", own, 0, ("#123456", "#654321"), theme, scale, first))  # type: ignore[arg-type]


def test_each_curve_has_a_trace_and_what_belongs_to_none_is_hollow() -> None:
    other, mine = drawn(points(None, [1, 2, 3]), points(1, [4, np.nan, 6], [0.1, 0.2, np.nan]))
    assert (other["uid"], mine["uid"]) == ("own-0-other", "own-0-1")
    np.testing.assert_array_equal(mine["x"], [0.0, 0.4])
    np.testing.assert_array_equal(mine["y"], [4, 6])
    np.testing.assert_array_equal(mine["error_y"]["array"], [0.1, 0.0])
    assert mine["text"] == [" at 0", " at 2"] and mine["yaxis"] == "y2"
    assert mine["marker"]["color"] == mine["error_y"]["color"] == "#654321"
    assert other["marker"]["color"] == THEMES["light"].surface
    assert mine["marker"]["symbol"] == other["marker"]["symbol"] == "square"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_square_has_an_edge_in_ink_on_either_ground(theme: ThemeName) -> None:
    other, mine = drawn(points(None, [1, 2, 3]), points(0, [1, 2, 3]), theme=theme)
    assert mine["marker"]["line"]["color"] == THEMES[theme].ink
    assert other["marker"]["line"]["color"] == other["error_y"]["color"] == THEMES[theme].muted


def test_what_an_axis_has_no_place_for_is_left_out() -> None:
    own = points(0, [-1, 0, 2])
    assert drawn(own)[0]["y"].tolist() == [2]
    assert drawn(own, scale="linear")[0]["y"].tolist() == [-1, 0, 2]
    assert drawn(own, scale="linear", first=0.1)[0]["x"].tolist() == [0.2, 0.4]


def test_many_points_are_smaller() -> None:
    many = OwnPoints(0, np.arange(1.0, 31), np.ones((1, 30)), np.ones((1, 30)), [[""] * 30])
    (few,), (lots,) = drawn(points(0, [1, 2, 3])), drawn(many)
    assert lots["marker"]["size"] < few["marker"]["size"]


def test_an_axis_holds_what_is_near_all_else_on_it() -> None:
    own = [points(0, [1, 500, 5000]), points(None, [1e-9, 0.01, np.nan])]
    theory = np.array([0.5, 1.0, np.nan, 0.0])
    assert sorted(own_values(own, 0, theory, (0, 1), "log")) == [0.01, 1, 500]
    assert own_values(own, 0, theory, (0, 1), "linear").tolist() == [1]
    # Beyond the ends of the axis across there is nothing to be seen.
    assert own_values(own, 0, theory, (0.1, 0.3), "log").tolist() == [500, 0.01]
    assert own_values(own, 0, np.array([np.nan]), (0, 1), "log").size == 6


def test_words_are_told_where_the_points_are() -> None:
    ((x, y),) = own_lines([points(None, [np.nan] * 3), points(0, [1, np.nan, 2])], 0)
    assert (x.tolist(), y.tolist()) == ([0.0, 0.4], [1, 2])
