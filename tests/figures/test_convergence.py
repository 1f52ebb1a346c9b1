"""The figure of convergence: approaches in; lines, points, slopes, the law and the shade out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadviz.figures.convergence import NETWORK_HUE, convergence_figure
from quadviz.figures.marks.drawing import Drawing, Part, ranges, trace
from quadviz.figures.marks.theme import DASH, THEMES
from quadviz.outcome import Regime
from quadviz.scenes.convergence import LAST_TIME, POWERS, Convergence, Seen, Solved
from quadviz.simulation.matrix_flows import MatrixFlows
from quadviz.theory.flow.approach import Approach, ApproachLaw
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.matrix_flow import MatrixFlow
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.work.approach import FIRST_TIME
from tests.snapshots import matches

TIMES = np.geomspace(0.1, 1e4, 31)
NAN = float("nan")
POINTS = ("flows-mean", "flows-slope", "networks-mean", "networks-slope")
NO_LAW = ApproachLaw(Approach.GAP, 0.5, 0.0, 0.0, NAN)


def distances(rate: float, times: np.ndarray = TIMES) -> np.ndarray:
    """Two that follow t^-3 and then end exponentially, the second one sooner."""
    return 0.07 / (0.5 + times) ** 3 * np.exp(-rate * times * np.array([[1.0], [3.0]]))


def networks(rate: float = 0.1, times: np.ndarray = TIMES) -> Seen:
    return Seen(times, distances(rate, times), distances(rate, times).mean(axis=0))


def a_law(kind: Approach = Approach.ALONE, leaves: float = 50.0, coefficient: float = 0.07) -> ApproachLaw:
    """A law that a matrix of size 100 leaves at that time."""
    return ApproachLaw(kind, 0.5, 0.0, leaves / 100, coefficient)


def a_scene(times: np.ndarray = TIMES, rate: float = 0.02, **options: Any) -> Convergence:
    """Flows, their limit and its law; options are those of what is solved, or else of the scene."""
    flows = (MatrixFlow(times, each, np.array([1.0, -1.0]), 1, 1) for each in distances(rate, times))
    solved = Solved(
        flows=MatrixFlows(FlowTarget(), 0.7, 100, (0, 1), times, tuple(flows)),
        curve=options.pop("curve", 0.07 / (0.5 + times) ** 3),
        law=options.pop("law", a_law()),
        window=(5.0, 25.0),
        slope=-3.0,
        limit_slope=-3.0,
    )
    return Convergence(solved, options.pop("state", None), **options)


def a_state(kappa: float) -> SteadyState:
    return steady_state(0.5, kappa, 0.3, 0.2, 0.5)


def note(figure: Drawing, words: str) -> Part:
    (found,) = (each for each in figure["layout"]["annotations"] if words in each["text"])
    return found  # type: ignore[no-any-return]


def shade(figure: Drawing) -> Part:
    (found,) = (shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect")
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "scene"),
    [
        ("convergence_alone", a_scene(np.geomspace(0.1, 1e4, 6))),
        ("convergence_nothing", Convergence(None, None)),
        (
            "convergence_networks",
            a_scene(
                np.geomspace(0.1, 1e4, 6),
                state=a_state(0.2),
                law=a_law(Approach.COMPETING, NAN),
                networks=networks(times=np.geomspace(0.1, 1e3, 5)),
                current=False,
            ),
        ),
    ],
)
def test_figures_are_as_they_were_looked_at(name: str, scene: Convergence) -> None:
    assert matches(name, convergence_figure(scene)) == ""


def test_every_flow_is_a_line_of_its_own_and_the_points_are_their_mean() -> None:
    scene = a_scene()
    figure = convergence_figure(scene)
    assert scene.solved is not None
    seen, lines = scene.solved.seen, trace(figure, "flows")
    ends = np.flatnonzero(np.isnan(lines["x"]))
    assert ends.tolist() == [TIMES.size, 2 * TIMES.size + 1]
    for height, distance in zip(np.split(lines["y"], ends[:1] + 1), seen.distance, strict=True):
        np.testing.assert_array_equal(height[:-1], np.where(distance > 1e-30, distance, NAN))
    for uid, values in (("flows-mean", seen.mean), ("limit", scene.solved.curve)):
        np.testing.assert_array_equal(trace(figure, uid)["x"], TIMES)
        np.testing.assert_array_equal(trace(figure, uid)["y"], np.where(values > 1e-30, values, NAN))


def test_what_has_come_to_0_has_no_place_on_a_log_axis() -> None:
    scene = a_scene(rate=5.0)
    assert scene.solved is not None
    assert (scene.solved.seen.distance == 0).any() and (scene.solved.seen.mean == 0).any()
    figure = convergence_figure(scene)
    for uid in ("flows", "flows-mean"):
        assert not (trace(figure, uid)["y"] <= 1e-30).any()
    known = np.isfinite(trace(figure, "flows-mean")["y"])
    np.testing.assert_array_equal(known, scene.solved.seen.mean > 1e-30)


def test_the_slopes_are_those_of_the_lines_as_far_as_their_axis_goes() -> None:
    scene = a_scene()
    assert scene.solved is not None
    figure, mean = convergence_figure(scene), scene.solved.seen.mean
    low, high = figure["layout"]["yaxis2"]["range"]
    limit = trace(figure, "limit-slope")["y"]
    np.testing.assert_allclose(limit, np.gradient(np.log(scene.solved.curve), np.log(TIMES)))
    assert limit[-1] == pytest.approx(-3, abs=1e-3)
    slope = np.gradient(np.log(np.where(mean > 0, mean, NAN)), np.log(TIMES))
    shown = (slope > low) & (slope < high)
    assert 0 < np.count_nonzero(shown) < TIMES.size
    np.testing.assert_allclose(trace(figure, "flows-slope")["y"], np.where(shown, slope, NAN))


def test_the_law_is_a_straight_line_with_its_name_inside_the_panel() -> None:
    figure = convergence_figure(a_scene())
    line, (low, high) = trace(figure, "law"), figure["layout"]["yaxis"]["range"]
    x, y = line["x"][np.isfinite(line["y"])], line["y"][np.isfinite(line["y"])]
    assert x.size > 15
    np.testing.assert_allclose(y, 0.07 * x**-3.0)
    assert np.all(np.log10(y) > low) and np.all(np.log10(y) < high)
    name = note(figure, "0.07 t⁻³")
    assert name["visible"]
    assert (name["xanchor"], name["yanchor"], 10 ** name["x"]) == ("right", "bottom", pytest.approx(x[-1]))
    # Its foot is above the line from where two thirds are behind it.
    assert low < np.log10(y[2 * y.size // 3]) - 1 < name["y"] < high
    assert name["y"] > np.log10(y[3 * y.size // 4])
    none = convergence_figure(a_scene(law=NO_LAW))
    assert np.isnan(trace(none, "law")["y"]).all()
    assert not any(each["visible"] for each in none["layout"]["annotations"] if "visible" in each)


@pytest.mark.parametrize(
    "law", [a_law(Approach.COMPETING), a_law(Approach.ATOM), a_law(Approach.ALONE), NO_LAW]
)
def test_the_predicted_slope_is_marked_among_the_others(law: ApproachLaw) -> None:
    figure = convergence_figure(a_scene(law=law))
    lines = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "line"]
    assert [line["y0"] for line in lines] == [line["y1"] for line in lines] == list(POWERS)
    predicted = [power == law.kind.slope for power in POWERS]
    assert [line["line"]["dash"] == "solid" for line in lines] == predicted
    for (power, words), mine in zip(POWERS.items(), predicted, strict=True):
        (name,) = (each for each in figure["layout"]["annotations"] if each["text"] == words)
        assert (name["y"], name["yref"]) == (power, "y2")
        assert (name["font"]["color"] == THEMES["light"].ink) == mine


def test_the_times_of_single_eigenvalues_are_shaded() -> None:
    figure = convergence_figure(a_scene())
    area = shade(figure)
    assert area["visible"] and (area["x0"], area["x1"]) == (50.0, LAST_TIME)
    assert note(figure, "d = 100 shows single eigenvalues: t > 50")["visible"]
    for law in (NO_LAW, a_law(Approach.ATOM), a_law(leaves=2 * LAST_TIME)):
        figure = convergence_figure(a_scene(law=law))
        assert not shade(figure)["visible"]
        assert not any("eigenvalues" in each["text"] for each in figure["layout"]["annotations"])
    assert shade(convergence_figure(a_scene(law=a_law(leaves=0.01))))["x0"] == FIRST_TIME


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_networks_have_a_hue_and_are_grey_and_hollow_where_they_are_of_another_setting(theme: Any) -> None:
    colours, seen = THEMES[theme], networks()
    for current in (True, False):
        figure = convergence_figure(a_scene(networks=seen, current=current), theme)
        hue = NETWORK_HUE[theme] if current else colours.muted
        mean = np.where(seen.mean > 1e-30, seen.mean, NAN)
        np.testing.assert_array_equal(trace(figure, "networks-mean")["y"], mean)
        assert trace(figure, "networks")["line"]["color"] == hue
        for uid in POINTS[2:]:
            marker = trace(figure, uid)["marker"]
            assert marker["color"] == (hue if current else colours.surface)
            assert marker["line"]["color"] == (colours.surface if current else hue)
        own = trace(figure, "flows-mean")["marker"]["color"], trace(figure, "flows")["line"]["color"]
        assert own == (colours.single, colours.single) and colours.single != hue
    none = convergence_figure(a_scene())
    for uid in ("networks", *POINTS[2:]):
        assert np.isnan(trace(none, uid)["y"]).all()


@pytest.mark.parametrize("kappa", [0.2, 0.7])
def test_a_target_by_assumption_is_dashed(kappa: float) -> None:
    state = a_state(kappa)
    figure = convergence_figure(a_scene(state=state))
    dash = DASH if int(state.regime) == Regime.RANK_LIMITED else "solid"
    assert (dash == DASH) == (kappa == 0.2)
    assert [trace(figure, uid)["line"]["dash"] for uid in ("limit", "limit-slope")] == [dash, dash]


def test_axes_hold_the_limit_and_do_not_jump() -> None:
    curve = 0.07 / (0.5 + TIMES) ** 3
    figure = convergence_figure(a_scene())
    held = ranges(figure)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < np.log10(curve.min()) and np.log10(curve.max()) < high
    np.testing.assert_allclose(figure["layout"]["xaxis"]["range"], np.log10([FIRST_TIME, LAST_TIME]))

    def heights(values: np.ndarray) -> Any:
        return convergence_figure(a_scene(curve=values), held=held)["layout"]["yaxis"]["range"]

    assert heights(curve * 0.8) == (low, high)
    assert heights(curve * 1e4)[1] > high
    # An exponential approach leaves the axis: seventeen decades are shown.
    fast = convergence_figure(a_scene(curve=np.exp(-TIMES)))["layout"]["yaxis"]["range"]
    assert 17 < fast[1] - fast[0] < 22
    # Without a limit the flows are fitted, without them anything finite will do.
    alone = convergence_figure(a_scene(curve=TIMES * NAN))["layout"]["yaxis"]["range"]
    assert alone[1] > np.log10(distances(0.02).mean(axis=0).max())
    blank = convergence_figure(Convergence(None, None))["layout"]["yaxis"]
    assert np.all(np.isfinite(blank["range"])) and blank["tickmode"] == "array"


def test_every_figure_has_the_same_parts() -> None:
    """Else plotly would have to draw it anew."""

    def parts(figure: Drawing) -> list[Any]:
        layout = figure["layout"]
        named = [(each["uid"], each.keys()) for each in figure["data"]]
        return [*named, *(part.keys() for part in (*layout["annotations"], *layout["shapes"]))]

    scene = a_scene()
    for other in (
        replace(scene, networks=networks()),
        replace(scene, networks=networks(), current=False, state=a_state(0.2)),
        a_scene(law=NO_LAW),
        a_scene(law=a_law(Approach.COMPETING, 5.0)),
        Convergence(None, None),
    ):
        assert parts(convergence_figure(other, "dark")) == parts(convergence_figure(scene))
