"""Steady states, Bayes-optimal errors and thresholds from where a slider was: as from nothing, anywhere."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

import quadviz.theory.steady.nearby as nearby
from quadviz import (
    Levels,
    Orthogonal,
    PowerLaw,
    Regime,
    Status,
    Wishart,
    bayes_optimal,
    errstate,
    interpolation_threshold,
    optimal_lam,
    steady_state,
)
from quadviz.law.teachers import Teacher
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.curve_thresholds import curve_thresholds, curves_through
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.double_descent import DescentSetting, double_descent
from quadviz.scenes.learning_curves import CurvesSetting, learning_curves
from quadviz.theory.best.nearby import BayesTrail, nearby_threshold
from quadviz.theory.steady.courses import Course, solve_courses
from quadviz.theory.steady.nearby import Trail

VALUES = ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min")
ALPHA = np.linspace(0.1, 1.1, 60) ** 2


def walk(steps, seed):
    """Settings that sliders run through: steps, jumps, ends and zeros, one slider at a time."""
    rng = np.random.default_rng(seed)
    names = ("kappa", "kappa_star", "lam", "delta")
    at = {name: PARAMETERS[name].default for name in names}
    name = "delta"
    for _ in range(steps):
        if rng.random() < 0.15:
            name = str(rng.choice(names))
        p, kind = PARAMETERS[name], rng.random()
        low = p.low if p.low > 0 else 1e-3
        if kind < 0.8:
            value = max(at[name], low) * np.exp(rng.normal() * 0.06)
        elif kind < 0.9:
            value = np.exp(rng.uniform(np.log(low), np.log(p.high)))
        else:
            value = float(rng.choice([p.low, p.high, 0.0 if p.zero_allowed else p.default]))
        at[name] = 0.0 if value == 0 else float(np.clip(value, low, p.high))
        yield dict(at)


def close(found, known, scale):
    return np.abs(found - known) <= 1e-9 * np.maximum(np.abs(known), scale)


def assert_same(found, known, where):
    np.testing.assert_array_equal(found.status, known.status, err_msg=str(where))
    np.testing.assert_array_equal(found.regime, known.regime, err_msg=str(where))
    good = np.asarray(known.status) != Status.FAILED
    for name in VALUES:
        one, other = (np.asarray(getattr(each, name))[good] for each in (found, known))
        # A shift and a loss that vanish are known beside what they are made of.
        scale = {"q": np.sqrt(known.xi), "train_loss": known.mse + known.delta}.get(name, np.zeros(good.size))
        bad = ~close(one, other, 1e-3 * np.broadcast_to(scale, good.shape)[good])
        assert not bad.any(), (name, where, np.asarray(known.alpha)[good][bad], one[bad], other[bad])


@pytest.mark.parametrize("seed", range(2))
def test_a_walk_of_all_sliders_comes_where_the_solver_does(seed, monkeypatch):
    """The whole curve at every step, without its cusps: those are the scene's."""
    asked = []
    from_nothing = nearby.solve_problems
    monkeypatch.setattr(nearby, "solve_problems", lambda p: asked.append(len(p)) or from_nothing(p))
    trail, seen = Trail(), []
    with errstate("ignore"):
        for at in walk(150, seed):
            (found,) = solve_courses([Course.over_alpha(trail, ALPHA, at)])
            known = steady_state(ALPHA, **at)
            assert_same(found, known, at)
            seen.append(known)
    regimes = np.concatenate([s.regime for s in seen])
    # It is a walk through all there is, and most of it is not from nothing.
    assert np.mean(regimes == Regime.RANK_LIMITED) > 0.1 < np.mean(regimes == Regime.EXACT)
    assert sum(asked) < 0.4 * 150 * ALPHA.size


@pytest.mark.parametrize("compare", ["lam", "kappa", "kappa_star", "delta", ""])
def test_learning_curves_of_a_scene_are_those_of_the_solver(compare):
    """With cusps, which move through the grid, and with the marker."""
    memo = Memo()
    with errstate("ignore"):
        for number, at in enumerate(walk(16, 7 + len(compare))):
            alpha = 0.05 + 0.9 * (number % 7) / 7
            scene = learning_curves(CurvesSetting(**at, alpha=alpha, span=(0.01, 1.0), compare=compare), memo)
            for curve in (*scene.curves, scene.marker):
                setting = (curve.kappa, curve.kappa_star, curve.lam, curve.delta)
                known = steady_state(curve.alpha, *setting)
                thresholds = curve_thresholds(curve.kappa, curve.kappa_star, curve.delta)
                cusp = (curve.lam == 0) & (
                    np.abs(curve.alpha - thresholds.interpolation) <= 1e-9 * thresholds.interpolation
                )
                rest = np.flatnonzero(~cusp)
                assert_same(curve[rest], known[rest], at)
            best = bayes_optimal(scene.bayes.alpha, at["kappa_star"], at["delta"])
            np.testing.assert_array_equal(scene.bayes.status, best.status)
            np.testing.assert_allclose(scene.bayes.mmse, best.mmse, rtol=1e-9, atol=0)
            known = bayes_optimal(alpha, at["kappa_star"], at["delta"]).mmse
            np.testing.assert_allclose(scene.best, known, rtol=1e-9, atol=0)


def test_the_error_at_a_cusp_is_that_of_its_threshold():
    """Also as it moves: it is not solved for, but the places beside it are."""
    trails = [Trail()]
    member = {"kappa": 0.35, "kappa_star": 0.3, "lam": 0.0, "delta": 0.5}
    for delta in (0.5, 0.52, 0.55, 0.3):
        thresholds = curve_thresholds(0.35, 0.3, delta)
        cusp = float(thresholds.interpolation[0])
        alpha = cusp * np.array([0.5, 0.9, 0.999, 1.0, 1.001, 1.2, 2.0])
        (curve,) = curves_through(thresholds, alpha, [{**member, "delta": delta}], trails)
        known = steady_state(alpha, 0.35, 0.3, 0.0, delta)
        assert curve.alpha[3] == cusp and curve.mse[3] == thresholds.peak[0]
        rest = np.array([0, 1, 2, 4, 5, 6])
        assert_same(curve[rest], known[rest], delta)


def test_a_phase_that_is_not_there_is_not_followed():
    """From beyond the interpolation threshold to before it, where q = 0 is a solution with I > alpha."""
    trail = Trail()
    rest = {"kappa": 0.7, "kappa_star": 0.02, "lam": 0.0}
    for delta in (1.0, 0.24):
        alpha = np.array([0.2, 0.2568, 0.4])
        (found,) = solve_courses([Course.over_alpha(trail, alpha, {**rest, "delta": delta})])
        assert_same(found, steady_state(alpha, delta=delta, **rest), delta)


def test_thresholds_where_any_slider_may_be():
    rng = np.random.default_rng(3)
    for _ in range(150):
        low, high = np.log([[0.02, 0.02, 1e-5], [3, 2, 10]])
        kappa, kappa_star, delta = np.exp(rng.uniform(low, high, (int(rng.integers(1, 6)), 3))).T
        if rng.random() < 0.1:
            delta[:] = 0
        found, known = (
            nearby_threshold(kappa, kappa_star, delta),
            interpolation_threshold(kappa, kappa_star, delta),
        )
        np.testing.assert_array_equal(found.status, known.status)
        for field in ("alpha", "mse", "xi"):
            np.testing.assert_allclose(getattr(found, field), getattr(known, field), rtol=1e-9, atol=0)


def test_the_bayes_optimal_error_from_any_curve_before():
    trail, alpha = BayesTrail(), np.linspace(0.1, 1, 80) ** 2
    for at in walk(120, 5):
        found = trail.solve(alpha, at["kappa_star"], at["delta"])
        known = bayes_optimal(alpha, at["kappa_star"], at["delta"])
        for field in fields(known):
            if field.name not in ("labels", "teacher"):
                one, other = getattr(found, field.name), getattr(known, field.name)
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=0, err_msg=f"{field.name} {at}")


def test_double_descent_of_a_scene_is_that_of_the_solver():
    """Curves over samples and over widths, and at the best weight decays, wherever the sliders go."""
    memo = Memo()
    with errstate("ignore"):
        for number, at in enumerate(walk(30, 11)):
            alpha = 0.3 if number % 4 else 0.1 + 0.02 * number
            place = (at["kappa"], at["kappa_star"], at["delta"], at["lam"])
            scene = double_descent(DescentSetting(*place, alpha, alpha_top=1.0), memo)
            widths = (scene.ridgeless_widths, scene.current_widths)
            for curve in (*scene.family, *widths, scene.marker):
                known = steady_state(curve.alpha, curve.kappa, curve.kappa_star, curve.lam, curve.delta)
                assert_same(curve, known, at)
            for best in (scene.best, scene.best_widths):
                given = (best.alpha, best.kappa, best.kappa_star)
                lam = optimal_lam(*given, best.delta)
                np.testing.assert_array_equal(np.isnan(best.lam), np.isnan(lam))
                known = steady_state(*given, lam, best.delta)
                # At the least mse a decay is known to half the digits that the mse is.
                np.testing.assert_allclose(best.mse, known.mse, rtol=1e-9, atol=0)
                np.testing.assert_allclose(best.lam, lam, rtol=1e-6, atol=1e-9)


def test_a_curve_of_other_parameters_is_refused() -> None:
    """What is not followed would be left out, and the curve of another setting drawn."""
    member = {"kappa": 0.7, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5}
    for other in ({**member, "gamma": 0.5}, {name: member[name] for name in ("kappa", "lam", "delta")}):
        with pytest.raises(
            TypeError, match=r"given by kappa, kappa_star, lam, delta and lam2, not by .*delta"
        ):
            Course.over_alpha(Trail(), np.array([0.3]), other)


@pytest.mark.parametrize("lam2", [0.0, 0.1])
@pytest.mark.parametrize(
    "teacher", [Wishart(), Orthogonal(), PowerLaw(0.3), Levels([0, 0, 500.0, 1500.0])], ids=repr
)
def test_curves_of_any_teacher_and_decay_are_those_of_the_solver(teacher: Teacher, lam2: float) -> None:
    alpha, own = np.linspace(0.05, 0.9, 25), not teacher.sized_by_width
    star = teacher.width(None) if own else 0.3
    unit = teacher.unit
    trails = [Trail(), Trail()]
    for step in (1.0, 1.05, 1.1):
        members = [
            {"kappa": k, "kappa_star": star, "lam": 0.02 * unit * step, "delta": 0.4 * unit**2, "lam2": lam2}
            for k in (0.8, 0.3)
        ]
        courses = [Course.over_alpha(t, alpha, each) for t, each in zip(trails, members, strict=True)]
        for curve, each in zip(solve_courses(courses, teacher), members, strict=True):
            given = {**each, "kappa_star": None if own else star}
            alone = steady_state(alpha, teacher=teacher, **given)
            for name in ("mse", "train_loss", "rank", "kappa_min", "xi", "q"):
                np.testing.assert_allclose(
                    getattr(curve, name), getattr(alone, name), rtol=1e-8, err_msg=name
                )
            np.testing.assert_array_equal(curve.regime, alone.regime)
            np.testing.assert_array_equal(curve.status, alone.status)
            np.testing.assert_array_equal(curve.lam2, lam2)
            assert curve.teacher == teacher
