"""The double-descent figures: what they show of the results, and what they say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.explorers.double_descent_results import Solver, State, decay_name, decay_shade
from quadviz.figures.double_descent import (
    MEMBERS,
    DoubleDescent,
    DoubleDescentPen,
    double_descent_figure,
    double_descent_skeleton,
)
from quadviz.figures.double_descent_lines import (
    BEST_COLOUR,
    DASH,
    Curve,
    LinesPen,
    key_text,
    stretch,
    zero_notes,
)
from quadviz.figures.double_descent_width import WidthDescent, WidthPen, width_figure, width_skeleton
from quadviz.figures.theme import THEMES, family_colours
from quadviz.theory.steady_state import Regime, Status

PEAK, MARKS = 2 * MEMBERS + 1, 2 * MEMBERS + 2
THRESHOLD, RECOVERY, MARKER = 0, 1, 2


def views(state: State, **options: Any) -> tuple[DoubleDescent, WidthDescent]:
    """Both figures' data at a state."""
    r = Solver().results(state)
    names = tuple(decay_name(lam) for lam in r.lams)
    shades = tuple(decay_shade(lam) for lam in r.lams)
    colours = family_colours(len(names), options.get("theme", "light"), shades)
    samples = DoubleDescent(
        r.family, names, shades, r.current, r.best, r.bayes, r.threshold, r.recovery, r.marker,
        r.best_marker, r.bayes_marker, **options,
    )  # fmt: skip
    widths = WidthDescent(
        r.ridgeless_widths, r.current_widths, r.best_widths, r.width_marker, names[r.current],
        (colours[0], colours[r.current]), r.bayes_marker, r.interpolating, **options,
    )  # fmt: skip
    return samples, widths


@pytest.fixture(scope="module")
def opened() -> tuple[DoubleDescent, WidthDescent]:
    return views(State(kappa=0.4, lam=0.02))


@pytest.fixture(scope="module")
def clean() -> tuple[DoubleDescent, WidthDescent]:
    return views(State(delta=0.0, alpha=0.3))


def texts(figure: go.Figure) -> list[str]:
    return [a.text for a in figure.layout.annotations if a.visible is not False]


def pair(figure: go.Figure, first: int) -> tuple[go.Scatter, go.Scatter]:
    dashed, solid = figure.data[first : first + 2]
    assert (dashed.line.dash, solid.line.dash) == (DASH, None)
    return dashed, solid


def test_every_member_of_the_family_is_its_result(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    view = opened[0]
    figure = double_descent_figure(view)
    assert len(view.names) == MEMBERS
    for member, states in enumerate(view.family):
        dashed, solid = pair(figure, 2 * member)
        limited = states.regime == Regime.RANK_LIMITED
        assert limited.any() == (float(states.lam[0]) < 1)
        x, y, exact = solid.x, dashed.y if limited.any() else solid.y, solid.y
        if member == 0:
            # The cusp is one more point.
            at = int(np.searchsorted(states.alpha, float(view.threshold.alpha)))
            assert (x[at], y[at]) == (float(view.threshold.alpha), float(view.threshold.mse))
            x, y, exact = (np.delete(values, at) for values in (x, y, exact))
        np.testing.assert_allclose(x, states.alpha)
        np.testing.assert_allclose(y, states.mse)
        np.testing.assert_array_equal(np.isnan(exact), limited)
        assert solid.line.width == (3.2 if member == view.current else 1.8)
        hovered = [t for t in (dashed, solid) if t.y is not None and t.hoverinfo != "skip"]
        assert [t.hovertemplate for t in hovered] == [f"λ = {view.names[member]}: %{{y:.4g}}<extra></extra>"]


def test_the_peak_is_marked_where_it_is_sharp(
    opened: tuple[DoubleDescent, WidthDescent], clean: tuple[DoubleDescent, WidthDescent]
) -> None:
    view = opened[0]
    figure = double_descent_figure(view)
    assert figure.data[PEAK].marker.symbol == "diamond"
    assert figure.data[PEAK].x == (float(view.threshold.alpha),)
    assert figure.layout.shapes[THRESHOLD].x0 == float(view.threshold.alpha)
    assert not figure.layout.shapes[RECOVERY].visible
    without = double_descent_figure(clean[0])
    assert without.data[PEAK].x is None
    assert without.layout.shapes[RECOVERY].x0 == clean[0].recovery
    assert any("recovery 0.327 · interpolation 0.378" in text for text in texts(without))
    several = replace(view.threshold, status=np.array(Status.SEVERAL))
    leaping = double_descent_figure(replace(view, threshold=several))
    assert leaping.data[PEAK].x is None
    assert len(pair(leaping, 0)[0].x) == view.family[0].shape[0]


def test_the_middle_panel_has_the_best_the_current_and_the_bayes_optimal(
    opened: tuple[DoubleDescent, WidthDescent],
) -> None:
    view = opened[0]
    figure = double_descent_figure(view)
    middle = [t for t in figure.data if t.yaxis == "y2"]
    bayes = next(t for t in middle if t.line.dash == "dot")
    np.testing.assert_allclose(bayes.y, view.bayes.mmse)
    assert bayes.line.color == THEMES["light"].ink
    best = next(t for t in middle if t.name == "best λ" and t.y is not None)
    assert best.line.color == BEST_COLOUR
    np.testing.assert_allclose(
        next(t for t in middle if t.name == "best λ" and t.line.dash == DASH).y, view.best.mse
    )
    marks = next(t for t in middle if t.mode == "markers" and t.marker.size == 9)
    expected = [view.marker.mse[0], view.marker.mse[view.current], view.best_marker.mse, view.bayes_marker]
    np.testing.assert_allclose(marks.y, np.array(expected, dtype=float))
    lower = [t for t in figure.data if t.yaxis == "y3" and t.mode == "lines"]
    np.testing.assert_allclose(lower[0].y, view.best.lam)
    assert tuple(lower[2].y) == (0.02, 0.02)


def test_the_ridgeless_limit_as_the_current_decay_is_drawn_once() -> None:
    samples, widths = views(State(lam=0.0))
    figure = double_descent_figure(samples)
    drawn = [t.name for t in figure.data if t.yaxis == "y2" and t.mode == "lines" and t.y is not None]
    assert "λ → 0+" not in drawn
    assert "λ = 0+" in drawn
    assert any("now λ → 0+" in text for text in texts(figure))
    flat = width_figure(widths)
    assert [t.y is None for t in flat.data[:2]] == [True, True]
    assert max(flat.data[2].y) == pytest.approx(widths.interpolating.mse if widths.interpolating else 0)


def test_the_width_figure_marks_where_something_changes(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    view = opened[1]
    figure = width_figure(view)
    assert view.interpolating is not None
    fits, needed, marker = (figure.layout.shapes[i].x0 for i in range(3))
    assert (fits, needed, marker) == (view.interpolating.kappa, view.needed, 0.4)
    said = texts(figure)
    assert f"interpolation κ = {fits:.3g}" in said
    assert f"flat beyond κ<sub>min</sub> = {needed:.3g}" in said
    kappa, mse = np.asarray(view.current.kappa), np.asarray(view.current.mse)
    flat = mse[kappa >= needed]
    assert flat.size > 5
    np.testing.assert_allclose(flat, flat[-1], rtol=1e-9)
    assert abs(mse[kappa < needed][-1] / flat[-1] - 1) > 1e-9
    dashed, solid = pair(figure, 2)
    np.testing.assert_array_equal(np.isnan(solid.y), kappa < needed)
    assert dashed.y is not None
    np.testing.assert_allclose(figure.data[6].y, view.mmse)
    gone = width_figure(replace(view, interpolating=None))
    assert not gone.layout.shapes[0].visible
    assert not any("interpolation" in text for text in texts(gone))


@pytest.mark.parametrize("x_scale", ["linear", "log"])
@pytest.mark.parametrize("y_scale", ["linear", "log"])
def test_everything_shown_lies_inside_its_axes(
    opened: tuple[DoubleDescent, WidthDescent], x_scale: str, y_scale: str
) -> None:
    samples, widths = (replace(view, x_scale=x_scale, y_scale=y_scale) for view in opened)
    figure = double_descent_figure(samples)  # type: ignore[arg-type]
    for axis, where in (("yaxis", "y"), ("yaxis2", "y2"), ("yaxis3", "y3")):
        scale = "log" if axis == "yaxis3" else y_scale
        assert figure.layout[axis].type == scale
        check_inside(figure, axis, where, scale)
    flat = width_figure(widths)  # type: ignore[arg-type]
    check_inside(flat, "yaxis", "y", y_scale)
    # A label's place is in axis units, which are decades on a log axis.
    label = next(a for a in flat.layout.annotations if a.text.startswith("interpolation"))
    place = flat.layout.shapes[0].x0
    assert label.x == pytest.approx(math.log10(place) if x_scale == "log" else place)


def check_inside(figure: go.Figure, axis: str, where: str, scale: str) -> None:
    low, high = figure.layout[axis].range
    for trace in figure.data:
        if trace.yaxis == where and trace.y is not None:
            values = np.asarray(trace.y, dtype=float)
            values = values[np.isfinite(values) & ((values > 0) | (scale == "linear"))]
            values = np.log10(values) if scale == "log" else values
            assert np.all((values >= low) & (values <= high)), trace.name


def test_a_log_axis_says_what_is_exactly_zero(clean: tuple[DoubleDescent, WidthDescent]) -> None:
    said = " ".join(texts(double_descent_figure(clean[0])))
    assert "λ = 0+: exactly 0 from α = 0.327" in said
    assert "λ → 0+, best λ: exactly 0 from α = 0.327<br>Bayes-optimal: exactly 0 from α = 0.255" in said
    assert "the best λ is 0+ from α" in said
    assert "exactly 0" not in " ".join(texts(double_descent_figure(replace(clean[0], y_scale="linear"))))
    assert any("exactly 0 from κ" in text for text in texts(width_figure(clean[1])))


def test_notes_name_stretches_in_words() -> None:
    x = np.arange(1.0, 6.0)
    assert stretch(x, x > 0, "κ") == "everywhere"
    assert stretch(x, x > 3, "κ") == "from κ = 4"
    assert stretch(x, x < 3, "κ") == "up to κ = 2"
    assert stretch(x, x == 3, "κ") == "from κ = 3 to 3"
    nowhere = np.zeros(5, dtype=bool)

    def curve(name: str, *y: float) -> Curve:
        return Curve(name, x, np.array(y), nowhere, nowhere, "#000")

    low, zero, high = curve("a", 1, 1, 1, 1e-9, 1e-9), curve("b", 1, 0, 0, 0, 0), curve("c", 1, 1, 1, 1, 1)
    assert zero_notes([low, zero, high], "α", 1e-3) == [
        "a: below this axis from α = 4", "b: exactly 0 from α = 2",
    ]  # fmt: skip
    assert zero_notes([low, zero, high], "α", 1e-12) == ["b: exactly 0 from α = 2"]
    many = zero_notes([low, zero, curve("d", 0, 0, 1, 1, 1), curve("e", 1, 1, 0, 0, 0)], "α", 1e-3)
    assert many[2:] == ["2 more in part below it"]


def test_a_cusp_put_into_a_curve_takes_after_its_right_neighbour() -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 1.0])
    curve = Curve("", x, y, np.array([True, False, False]), np.array([False, True, False]), "#000")
    more = curve.through(1.5, 9.0)
    assert more.x.tolist() == [1, 1.5, 2, 3]
    assert more.y.tolist() == [1, 9, 5, 1]
    assert more.limited.tolist() == [True, False, False, False]
    assert more.several.tolist() == [False, False, True, False]
    assert curve.through(0.5, 9.0) is curve
    assert curve.through(3.5, 9.0) is curve


def test_the_key_says_what_colours_mean() -> None:
    assert key_text("t", []) == "t"
    assert key_text("t", [("━", "#123456", "a")]) == 't<br><span style="color:#123456">━</span> a'


def test_other_solutions_are_dots(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    view = opened[0]
    status = np.array(view.family[2].status)
    status[5:8] = Status.SEVERAL
    family = (*view.family[:2], replace(view.family[2], status=status), *view.family[3:])
    dots = double_descent_figure(replace(view, family=family)).data[2 * MEMBERS]
    np.testing.assert_allclose(dots.y, view.family[2].mse[5:8])
    assert set(dots.marker.color) == {family_colours(7, "light", view.shades)[2]}
    assert double_descent_figure(view).data[2 * MEMBERS].x is None


def test_failures_are_gaps(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    view = opened[1]
    status = np.array(view.current.status)
    status[10:12] = Status.FAILED
    figure = width_figure(replace(view, current=replace(view.current, status=status)))
    assert np.all(np.isnan(figure.data[2].y[10:12]))
    assert np.all(np.isnan(figure.data[3].y[10:12]))


def test_drawing_again_leaves_nothing_behind_and_sends_only_what_changed(
    opened: tuple[DoubleDescent, WidthDescent], clean: tuple[DoubleDescent, WidthDescent]
) -> None:
    for index, (skeleton, make) in enumerate(
        ((double_descent_skeleton, DoubleDescentPen), (width_skeleton, WidthPen))
    ):
        figure = skeleton()
        pen: Any = make(figure)
        for view in (opened[index], clean[index]):
            pen.draw(view)
        fresh = skeleton()
        make(fresh).draw(clean[index])  # type: ignore[arg-type]
        for old, new in zip(figure.data, fresh.data, strict=True):
            assert (old.y is None) == (new.y is None)
            if new.y is not None:
                np.testing.assert_array_equal(np.asarray(old.y, float), np.asarray(new.y, float))
        assert texts(figure) == texts(fresh)
        assert isinstance(pen, LinesPen)
        sent: list[Any] = []
        figure.plotly_update = lambda sent=sent, **update: sent.append(update)
        pen.draw(clean[index])
        assert all(not update.get("restyle_data") for update in sent)


def test_a_theme_changes_inks_and_grounds(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    dark = double_descent_figure(replace(opened[0], theme="dark"))
    assert dark.layout.template.layout.font.color == THEMES["dark"].ink
    assert dark.layout.shapes[THRESHOLD].line.color == THEMES["dark"].muted
    assert next(t for t in dark.data if t.line.dash == "dot").line.color == THEMES["dark"].ink


def test_too_many_curves_are_refused(opened: tuple[DoubleDescent, WidthDescent]) -> None:
    with pytest.raises(ValueError, match="room for 7 weight decays, got 8"):
        double_descent_figure(replace(opened[0], names=(*opened[0].names, "x")))
