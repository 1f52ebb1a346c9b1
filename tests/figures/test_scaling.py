"""The figures of scaling laws: scenes in; lines, a strip of limits, references and greyed budgets out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from quadviz.figures.marks.drawing import Drawing, ranges, trace
from quadviz.figures.marks.theme import THEMES
from quadviz.figures.scaling.compute import compute_figure
from quadviz.figures.scaling.samples import MEMBERS, samples_figure
from quadviz.figures.scaling.strip import LIMIT_HUES, LIMIT_NAMES, limit_strip
from quadviz.figures.scaling.width import width_figure
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.marks import SimulatedPoints, SizedTheory
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.scaling.compute import Budget, budgets
from quadviz.scenes.scaling.limits import Limit, Stretch
from quadviz.scenes.scaling.scene import ScalingLaws, scaling_laws
from quadviz.scenes.scaling.setting import ScalingSetting
from quadviz.theory.steady.steady_state import SteadyState
from tests.snapshots import matches

TINY = ScalingSetting(1.25, 0.3, 0.1, 0.01, 0.0, "fixed", 1.0, 10, "exponent")


@lru_cache
def tiny(**values: object) -> ScalingLaws:
    return scaling_laws(TINY._replace(**values), Memo(), coarse=True)


@lru_cache
def tiny_budget() -> Budget:
    for found in budgets(TINY, Memo()):
        last = found
    assert last is not None
    return last


def changed(states: SteadyState, **columns: object) -> SteadyState:
    return replace(states, **columns)


@pytest.mark.parametrize("name", ["samples", "width", "compute"])
def test_it_looks_as_it_was_looked_at(name: str) -> None:
    drawings = {
        "samples": lambda: samples_figure(tiny()),
        "width": lambda: width_figure(tiny()),
        "compute": lambda: compute_figure(tiny_budget(), TINY),
    }
    assert matches(f"scaling_{name}", drawings[name]()) == ""


def test_traces_are_always_the_same_ones() -> None:
    def names(drawing: Drawing) -> tuple[object, ...]:
        layout = drawing["layout"]
        return [t["uid"] for t in drawing["data"]], len(layout["shapes"]), len(layout["annotations"])

    scenes = [tiny(), tiny(compare=""), tiny(decay="best lam", kappa=1.0), tiny(decay="best lam2", delta=0.0)]
    assert all(names(samples_figure(each)) == names(samples_figure(scenes[0])) for each in scenes)
    assert all(names(width_figure(each)) == names(width_figure(scenes[0])) for each in scenes)
    of = [[t["uid"] for t in compute_figure(b, TINY)["data"]] for b in (None, tiny_budget())]
    assert of[0] == of[1]
    uids = names(samples_figure(scenes[0]))[0]
    assert len(set(uids)) == len(uids)


def test_what_is_not_known_is_a_gap_and_what_is_assumed_is_dashed() -> None:
    scene = tiny(compare="")
    curve = scene.current
    status = np.array(curve.status)
    status[3], status[5] = Status.FAILED, Status.SEVERAL
    regime = np.full(curve.regime.shape, Regime.EXACT, dtype=np.int8)
    regime[8:] = Regime.RANK_LIMITED
    there = replace(scene, curves=(changed(curve, status=status, regime=regime),))
    drawing = samples_figure(there)
    solid, dashed = trace(drawing, "mse-0"), trace(drawing, "mse-0-dashed")
    assert np.isnan(solid["y"][3]) and np.isnan(dashed["y"][3])
    assert np.isfinite(solid["y"][:3]).all() and np.isnan(solid["y"][8:]).all()
    np.testing.assert_array_equal(dashed["y"][8:], curve.mse[8:])
    np.testing.assert_array_equal(trace(drawing, "several")["x"], curve.alpha[[5]])
    # Exponents rest on the same assumption, and are as little known.
    exponent = trace(drawing, "exponent-0-dashed")["y"]
    assert np.isfinite(exponent[8:]).all() and np.isnan(trace(drawing, "exponent-0")["y"][8:]).all()


def test_exponents_are_drawn_as_they_are_but_for_those_without_bound() -> None:
    scene = tiny(compare="")
    mse = np.array(scene.exponents[0].mse)
    mse[2] = -40.0
    drawing = samples_figure(replace(scene, exponents=(scene.exponents[0]._replace(mse=mse),)))
    whole = trace(drawing, "exponent-0-dashed") if len(trace(drawing, "exponent-0-dashed")["x"]) else None
    y = trace(drawing, "exponent-0")["y"] if whole is None else whole["y"]
    assert np.isnan(y[2])
    np.testing.assert_array_equal(np.delete(y, 2), np.delete(mse, 2))


def test_references_stand_where_they_hold_and_are_named() -> None:
    scene = tiny(compare="", decay="best lam", kappa=1.0)
    drawing = samples_figure(scene)
    line = trace(drawing, "reference")
    known = np.isfinite(line["y"])
    assert set(line["y"][known]) == set(scene.reference[np.isfinite(scene.reference)])
    texts = " ".join(note["text"] for note in drawing["layout"]["annotations"] if note.get("visible"))
    for value, name in ((-1.5, "1 − 2γ = −1.5"), (-0.6, "1/2γ − 1 = −0.6"), (-1.0, "all levels learned")):
        assert (name in texts) == bool((scene.reference == value).sum() > 2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_strip_is_the_stretches_with_names_that_fit(theme: str) -> None:
    parts = (
        Stretch(Limit.SAMPLES, 0.01, 0.5),
        Stretch(Limit.DECAY, 0.5, 0.6),
        Stretch(Limit.WIDTH, 0.6, 100.0),
    )
    shapes, notes = limit_strip(parts, (0.01, 100.0), (0.9, 1.0), (0.0, 0.9), theme)  # type: ignore[arg-type]
    seen = [shape for shape in shapes if shape["visible"]]
    assert len(seen) == 6 and len(shapes) == 16 and len(notes) == 8
    assert [shape["x0"] for shape in seen[::2]] == [0.01, 0.5, 0.6]
    assert [shape["fillcolor"] for shape in seen[::2]] == [LIMIT_HUES[each.kind] for each in parts]
    assert [note["text"] for note in notes[:3]] == [
        LIMIT_NAMES[Limit.SAMPLES][0], "", LIMIT_NAMES[Limit.WIDTH][0],
    ]  # fmt: skip
    assert notes[0]["font"]["color"] == THEMES[theme].ink  # type: ignore[index]


def test_ranges_are_held_while_curves_fit_into_them() -> None:
    first = samples_figure(tiny())
    again = samples_figure(tiny(exponent=1.3), held=ranges(first))
    assert again["layout"]["yaxis"]["range"] == first["layout"]["yaxis"]["range"]
    assert again["layout"]["yaxis2"]["range"] == first["layout"]["yaxis2"]["range"]


def test_a_budget_of_another_setting_is_grey_and_says_so() -> None:
    now, other = compute_figure(tiny_budget(), TINY), compute_figure(tiny_budget(), TINY._replace(delta=0.2))
    elsewhere = compute_figure(tiny_budget(), TINY._replace(alpha=3.0, kappa=0.5))
    assert "solved" in other["layout"]["annotations"][0]["text"]
    assert "solved" not in now["layout"]["annotations"][0]["text"]
    assert "solved" not in elsewhere["layout"]["annotations"][0]["text"]
    hue = {trace(drawing, "best-dashed")["line"]["color"] for drawing in (now, other)}
    assert THEMES["light"].line in hue and len(hue) == 2
    assert trace(other, "guide")["x"].size == 0
    assert len(trace(compute_figure(None, TINY), "best")["x"]) == 0


def test_networks_and_the_theory_at_their_size_are_beside_their_curve() -> None:
    at, error = np.array([0.1, 1.0]), np.array([[0.01, 0.01]] * 3)
    points = SimulatedPoints(at, np.array([[0.5, 0.1]] * 3), error, current=False)
    line = SizedTheory(50, at, np.array([[0.4, 0.09]] * 3), error, np.array([False, False]), current=False)
    drawing = samples_figure(replace(tiny(), simulated=points, at_size=line))
    assert trace(drawing, "networks")["y"].tolist() == [0.5, 0.1]
    assert trace(drawing, "networks")["marker"]["line"]["color"] == THEMES["light"].muted
    assert trace(drawing, "size-solid-0")["y"].tolist() == [0.4, 0.09]


def test_there_is_no_room_for_more_curves_than_said() -> None:
    scene = tiny()
    with pytest.raises(ValueError, match=f"room for {MEMBERS} curves, got 10"):
        samples_figure(replace(scene, curves=scene.curves * 2))
