"""The double-descent figures: what they show of the results, and what they say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadviz.figures.double_descent.samples import MEMBERS, double_descent_figure
from quadviz.figures.double_descent.width import width_figure
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.curves import BEST_COLOUR, Curve
from quadviz.figures.marks.drawing import Drawing, Part, ranges, trace
from quadviz.figures.marks.notes import stretch
from quadviz.figures.marks.panel import key_text, zero_notes
from quadviz.figures.marks.theme import DASH, THEMES, family_colours
from quadviz.outcome import Regime, Status
from quadviz.scenes import double_descent as scene_module
from quadviz.scenes.double_descent import DescentSetting, DoubleDescent, double_descent
from tests.snapshots import matches

THRESHOLD, RECOVERY = 0, 1


def a_scene(
    kappa: float = 0.7, lam: float = 0.01, delta: float = 0.5, alpha: float = 0.25, top: float = 1.0
) -> DoubleDescent:
    return double_descent(DescentSetting(kappa, 0.3, delta, lam, alpha, top))


@pytest.fixture(scope="module")
def opened() -> DoubleDescent:
    return a_scene(kappa=0.4, lam=0.02)


@pytest.fixture(scope="module")
def clean() -> DoubleDescent:
    return a_scene(delta=0.0, alpha=0.3)


def texts(figure: Drawing) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"] if note["visible"]]


def pair(figure: Drawing, uid: str) -> tuple[Part, Part]:
    dashed, solid = trace(figure, f"{uid}-dashed"), trace(figure, uid)
    assert (dashed["line"]["dash"], solid["line"]["dash"]) == (DASH, "solid")
    return dashed, solid


def test_the_figures_are_those_that_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("POINTS", 6), ("_BEST_POINTS", 5), ("_WIDTHS", 5), ("_CUSP", (-0.04, 0.04))):
        monkeypatch.setattr(scene_module, name, few)
    monkeypatch.setattr(scene_module, "_TIP", (0.0002,))
    noisy, clean = a_scene(0.4, 0.02), a_scene(delta=0.0, alpha=0.3, lam=0.0)
    assert matches("double_descent", double_descent_figure(noisy)) == ""
    assert matches("double_descent_clean", double_descent_figure(clean, "dark", "log")) == ""
    assert matches("double_descent_width", width_figure(noisy)) == ""
    assert matches("double_descent_width_clean", width_figure(clean, "dark", "log", "linear")) == ""


def test_every_member_of_the_family_is_its_result(opened: DoubleDescent) -> None:
    figure = double_descent_figure(opened)
    assert len(opened.names) == MEMBERS
    for member, states in enumerate(opened.family):
        dashed, solid = pair(figure, f"family-{member}")
        limited = states.regime == Regime.RANK_LIMITED
        assert limited.any() == (float(states.lam[0]) < 1)
        x, y, exact = solid["x"], dashed["y"] if limited.any() else solid["y"], solid["y"]
        if member == 0:
            # The cusp is one more point.
            at = int(np.searchsorted(states.alpha, float(opened.threshold.alpha)))
            assert (x[at], y[at]) == (float(opened.threshold.alpha), float(opened.threshold.mse))
            x, y, exact = (np.delete(values, at) for values in (x, y, exact))
        np.testing.assert_array_equal(x, states.alpha)
        np.testing.assert_array_equal(y, states.mse)
        np.testing.assert_array_equal(np.isnan(exact), limited)
        assert solid["line"]["width"] == (3.2 if member == opened.current else 1.8)
        hovered = [t for t in (dashed, solid) if t["y"].size and t["hoverinfo"] != "skip"]
        name = f"λ = {opened.names[member]}"
        assert [t["hovertemplate"] for t in hovered] == [f"{name}: %{{y:.4g}}<extra></extra>"]


def test_the_peak_is_marked_where_it_is_sharp(opened: DoubleDescent, clean: DoubleDescent) -> None:
    figure = double_descent_figure(opened)
    peak = trace(figure, "peak")
    assert peak["marker"]["symbol"] == "diamond"
    assert (peak["x"][0], peak["y"][0]) == (float(opened.threshold.alpha), float(opened.threshold.mse))
    assert figure["layout"]["shapes"][THRESHOLD]["x0"] == float(opened.threshold.alpha)
    assert not figure["layout"]["shapes"][RECOVERY]["visible"]
    without = double_descent_figure(clean)
    assert trace(without, "peak")["x"].size == 0
    assert without["layout"]["shapes"][RECOVERY]["x0"] == clean.recovery
    assert any("recovery 0.327 · interpolation 0.378" in text for text in texts(without))
    several = replace(opened.threshold, status=np.array(Status.SEVERAL))
    leaping = double_descent_figure(replace(opened, threshold=several))
    assert trace(leaping, "peak")["x"].size == 0
    assert trace(leaping, "family-0")["x"].shape == opened.family[0].shape


def test_the_middle_panel_has_the_best_the_current_and_the_bayes_optimal(opened: DoubleDescent) -> None:
    figure = double_descent_figure(opened)
    bayes = trace(figure, "bayes")
    assert (bayes["yaxis"], bayes["line"]["dash"], bayes["line"]["color"]) == (
        "y2",
        "dot",
        THEMES["light"].ink,
    )
    np.testing.assert_array_equal(bayes["y"], opened.bayes.mmse)
    dashed, solid = pair(figure, "best")
    assert dashed["line"]["color"] == solid["line"]["color"] == BEST_COLOUR
    np.testing.assert_array_equal(dashed["y"], opened.best.mse)
    mse = opened.marker.mse
    expected = [mse[0], mse[opened.current], opened.best_marker.mse, opened.bayes_marker]
    np.testing.assert_array_equal(trace(figure, "marks")["y"], np.array(expected, dtype=float))
    np.testing.assert_array_equal(trace(figure, "best-lam-dashed")["y"], opened.best.lam)
    assert trace(figure, "lam-now")["y"].tolist() == [0.02, 0.02]


def test_the_ridgeless_limit_as_the_current_decay_is_drawn_once() -> None:
    scene = a_scene(lam=0.0)
    for figure in (double_descent_figure(scene), width_figure(scene)):
        assert all(not each["y"].size for each in pair(figure, "ridgeless"))
        _dashed, current = pair(figure, "current")
        assert current["hovertemplate"].startswith("λ = 0+")
    assert any("now λ → 0+" in text for text in texts(double_descent_figure(scene)))
    assert scene.interpolating is not None
    assert np.nanmax(trace(figure, "current-dashed")["y"]) == pytest.approx(scene.interpolating.mse)


def test_the_width_figure_marks_where_something_changes(opened: DoubleDescent) -> None:
    figure = width_figure(opened)
    assert opened.interpolating is not None
    fits, needed, marker = (shape["x0"] for shape in figure["layout"]["shapes"])
    assert (fits, needed, marker) == (opened.interpolating.kappa, opened.needed, 0.4)
    said = texts(figure)
    assert f"interpolation κ = {fits:.3g}" in said
    assert f"flat beyond κ<sub>min</sub> = {needed:.3g}" in said
    kappa, mse = np.asarray(opened.current_widths.kappa), np.asarray(opened.current_widths.mse)
    flat = mse[kappa >= needed]
    assert flat.size > 5
    np.testing.assert_allclose(flat, flat[-1], rtol=1e-9)
    assert abs(mse[kappa < needed][-1] / flat[-1] - 1) > 1e-9
    dashed, solid = pair(figure, "current")
    np.testing.assert_array_equal(np.isnan(solid["y"]), kappa < needed)
    assert dashed["y"].size
    np.testing.assert_array_equal(trace(figure, "bayes")["y"], opened.bayes_marker)
    gone = width_figure(replace(opened, interpolating=None))
    assert not gone["layout"]["shapes"][0]["visible"]
    assert not any("interpolation" in text for text in texts(gone))


@pytest.mark.parametrize("x_scale", ["linear", "log"])
@pytest.mark.parametrize("y_scale", ["linear", "log"])
def test_everything_shown_lies_inside_its_axes(opened: DoubleDescent, x_scale: Scale, y_scale: Scale) -> None:
    figure = double_descent_figure(opened, "light", x_scale, y_scale)
    for axis, where in (("yaxis", "y"), ("yaxis2", "y2"), ("yaxis3", "y3")):
        check_inside(figure, axis, where, "log" if axis == "yaxis3" else y_scale)
    flat = width_figure(opened, "light", x_scale, y_scale)
    check_inside(flat, "yaxis", "y", y_scale)
    # A label's place is in axis units, which are decades on a log axis.
    label = next(a for a in flat["layout"]["annotations"] if a["text"].startswith("interpolation"))
    place = flat["layout"]["shapes"][0]["x0"]
    assert label["x"] == pytest.approx(math.log10(place) if x_scale == "log" else place)


def check_inside(figure: Drawing, axis: str, where: str, scale: Scale) -> None:
    assert ranges(figure)[axis][0] == scale
    low, high = ranges(figure)[axis][1]
    for each in figure["data"]:
        if each["yaxis"] == where:
            values = each["y"][np.isfinite(each["y"])]
            values = np.log10(values[values > 0]) if scale == "log" else values
            assert np.all((values >= low) & (values <= high)), each["uid"]


@pytest.mark.parametrize("draw", [double_descent_figure, width_figure])
def test_axes_stay_while_they_fit(opened: DoubleDescent, draw: Any) -> None:
    before = ranges(draw(opened))
    moved = a_scene(kappa=0.4, lam=0.021)
    assert ranges(draw(moved, held=before)) == before
    assert ranges(draw(moved, y_scale="linear", held=before)) != before


def test_a_log_axis_says_what_is_exactly_zero(clean: DoubleDescent) -> None:
    said = " ".join(texts(double_descent_figure(clean)))
    assert "λ = 0+: exactly 0 from α = 0.327" in said
    assert "λ → 0+, best λ: exactly 0 from α = 0.327<br>Bayes-optimal: exactly 0 from α = 0.255" in said
    assert "the best λ is 0+ from α" in said
    assert "exactly 0" not in " ".join(texts(double_descent_figure(clean, y_scale="linear")))
    assert any("exactly 0 from κ" in text for text in texts(width_figure(clean)))


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


def test_other_solutions_are_dots(opened: DoubleDescent) -> None:
    status = np.array(opened.family[2].status)
    status[5:8] = Status.SEVERAL
    family = (*opened.family[:2], replace(opened.family[2], status=status), *opened.family[3:])
    dots = trace(double_descent_figure(replace(opened, family=family)), "family-several")
    np.testing.assert_array_equal(dots["y"], opened.family[2].mse[5:8])
    assert set(dots["marker"]["color"]) == {family_colours(7, "light", opened.shades)[2]}
    assert trace(double_descent_figure(opened), "family-several")["x"].size == 0


def test_failures_are_gaps(opened: DoubleDescent) -> None:
    status = np.array(opened.current_widths.status)
    status[10:12] = Status.FAILED
    figure = width_figure(replace(opened, current_widths=replace(opened.current_widths, status=status)))
    for each in pair(figure, "current"):
        assert np.all(np.isnan(each["y"][10:12]))


def test_a_theme_changes_inks_and_grounds(opened: DoubleDescent) -> None:
    dark = double_descent_figure(opened, "dark")
    assert dark["layout"]["template"]["layout"]["font"]["color"] == THEMES["dark"].ink
    assert dark["layout"]["shapes"][THRESHOLD]["line"]["color"] == THEMES["dark"].muted
    assert trace(dark, "bayes")["line"]["color"] == THEMES["dark"].ink


def test_too_many_curves_are_refused(opened: DoubleDescent) -> None:
    with pytest.raises(ValueError, match="room for 7 weight decays, got 8"):
        double_descent_figure(replace(opened, lams=(*opened.lams, 2.0)))
