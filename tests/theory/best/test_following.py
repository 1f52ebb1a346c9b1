"""Steady states that are followed, against those that are solved for: the same, or said not to be found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quadviz import Levels, Regime, Status, optimal_lam, optimal_lam2, steady_state
from quadviz.theory.best.following import follow, follow_best, follow_best_lam2
from quadviz.theory.steady.nearby import Guess
from quadviz.theory.steady.solving import in_levels, problems_of, solve_problems

ALPHA = np.geomspace(0.01, 100, 21)


def levels(exponent: float, count: int = 100) -> Levels:
    return Levels(np.arange(1, count + 1.0) ** -exponent).scaled(second_moment=1.0)


def problems(teacher: Levels, kappa: float, delta: float, lam: Any, lam2: Any = 0.0) -> Any:
    full = [np.broadcast_to(v, ALPHA.shape).astype(float) for v in (kappa, 1.0, lam, delta, lam2)]
    return problems_of(teacher, ALPHA, *full[:4], full[4] if np.any(lam2) else None)


def start(teacher: Levels, kappa: float, delta: float, lam: Any, lam2: Any = 0.0) -> Guess:
    """The unknowns of a curve, in levels."""
    with np.errstate(all="ignore"):
        _, unknowns = solve_problems(problems(teacher, kappa, delta, lam, lam2))
    unit = teacher.unit
    return Guess(unknowns.xi * unit**2, unknowns.q * unit, unknowns.omega * unit)


def units(guess: Guess, unit: float) -> Guess:
    return Guess(guess.xi / unit**2, guess.q / unit, guess.omega / unit)


def atoms(teacher: Levels) -> Any:
    return teacher.solver_atoms(teacher.width())


def held(found: dict[str, Any], expected: Any, share: float = 0.9) -> None:
    """What is told is right, and most is told."""
    known = found["status"] != Status.FAILED
    assert known.mean() >= share
    np.testing.assert_allclose(found["mse"][known], expected.mse[known], rtol=1e-8, atol=1e-14)
    assert np.all(found["regime"][known] == expected.regime[known])


@pytest.mark.parametrize("kappa", [1.0, 0.4, 0.105, 0.1, 0.035])
@pytest.mark.parametrize(
    ("delta", "lam", "lam2"), [(0.1, 0.01, 0.0), (0.01, 0.0, 0.0), (0.0, 0.0, 0.0), (0.1, 0.01, 0.05)]
)
def test_a_step_of_the_slider_is_followed(kappa, delta, lam, lam2):
    before, after = levels(1.25), levels(1.28)
    guess = start(before, kappa, delta, lam, lam2)
    found, ends, _ = follow(problems(after, kappa, delta, lam, lam2), atoms(after), units(guess, after.unit))
    found = in_levels(after, found)
    held(found, steady_state(ALPHA, kappa, None, lam, delta, lam2, teacher=after))
    assert np.all(np.isnan(ends.xi) == (found["status"] == Status.FAILED))


@pytest.mark.parametrize("kappa", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("delta", [0.1, 0.0])
def test_so_is_the_best_weight_decay(kappa, delta):
    before, after = levels(1.25), levels(1.28)
    lam = optimal_lam(ALPHA, kappa, None, delta, teacher=before)
    guess = units(start(before, kappa, delta, lam), after.unit)
    expected = optimal_lam(ALPHA, kappa, None, delta, teacher=after)
    state = steady_state(ALPHA, kappa, None, expected, delta, teacher=after)
    for eager, digits in ((False, 1e-7), (True, 1e-3)):
        best, found, *_ = follow_best(problems(after, kappa, delta, 0.0), atoms(after), guess, eager=eager)
        known = np.isfinite(best)
        assert known.mean() >= 0.8
        np.testing.assert_allclose(best[known] * after.unit, expected[known], rtol=digits, atol=1e-12)
        found = {name: values[known] for name, values in in_levels(after, found).items()}
        held(found, state[known])


@pytest.mark.parametrize("kappa", [1.0, 0.3])
def test_so_is_the_best_frobenius_decay(kappa):
    before, after = levels(1.25), levels(1.28)
    lam2 = optimal_lam2(ALPHA, kappa, None, 0.1, teacher=before)
    guess = units(start(before, kappa, 0.1, 0.0, lam2), after.unit)
    best, found, *_ = follow_best_lam2(problems(after, kappa, 0.1, 0.0), atoms(after), guess)
    expected = optimal_lam2(ALPHA, kappa, None, 0.1, teacher=after)
    known = np.isfinite(best)
    assert known.mean() >= 0.6
    np.testing.assert_allclose(best[known], expected[known], rtol=1e-6)
    found = {name: values[known] for name, values in in_levels(after, found).items()}
    held(found, steady_state(ALPHA, kappa, None, 0.0, 0.1, expected, teacher=after)[known])


def test_points_change_their_regime_on_the_way():
    """From a student of width 0.5 to one of 0.3: the width cuts where it did not."""
    teacher = levels(1.25)
    guess = units(start(teacher, 0.5, 0.1, 0.01), teacher.unit)
    before = steady_state(ALPHA, 0.5, None, 0.01, 0.1, teacher=teacher)
    after = steady_state(ALPHA, 0.3, None, 0.01, 0.1, teacher=teacher)
    changed = before.regime != after.regime
    assert changed.any() and (after.regime[changed] == Regime.RANK_LIMITED).all()
    found, *_ = follow(problems(teacher, 0.3, 0.1, 0.01), atoms(teacher), guess)
    held(in_levels(teacher, found), after)


def test_from_far_away_nothing_wrong_is_told():
    teacher = levels(1.25)
    rng = np.random.default_rng(0)
    expected = steady_state(ALPHA, 0.2, None, 0.01, 0.1, teacher=teacher)
    for _ in range(5):
        xi, q, omega = 10 ** rng.uniform(-4, 2, (3, ALPHA.size))
        found, *_ = follow(problems(teacher, 0.2, 0.1, 0.01), atoms(teacher), Guess(xi, q, omega))
        held(in_levels(teacher, found), expected, share=0.0)
    nothing = Guess(*(np.full(ALPHA.shape, np.nan) for _ in range(3)))
    found, *_ = follow(problems(teacher, 0.2, 0.1, 0.01), atoms(teacher), nothing)
    assert np.all(found["status"] == Status.FAILED) and np.all(np.isnan(found["mse"]))
