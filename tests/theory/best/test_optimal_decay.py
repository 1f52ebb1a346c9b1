"""The optimal weight decay against a search over all of them, and its limits."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import Levels, bayes_optimal, optimal_lam, recovery_threshold, steady_state


def random_problems(n: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    alpha, kappa, kappa_star = 10 ** rng.uniform(-1.7, 0.3, (3, n))
    return alpha, kappa, kappa_star, rng.choice([0.0, 1e-3, 1.0], n) * rng.uniform(0, 4, n)


def test_no_other_weight_decay_does_better():
    alpha, kappa, kappa_star, delta = random_problems(150, seed=6)
    lam = optimal_lam(alpha, kappa, kappa_star, delta)
    best = steady_state(alpha, kappa, kappa_star, lam, delta).mse
    grid = np.append(0, np.geomspace(1e-6, 1e2, 120))
    found = steady_state(alpha[:, None], kappa[:, None], kappa_star[:, None], grid, delta[:, None]).mse
    assert np.all(best <= found.min(axis=1) * (1 + 1e-12))
    assert np.all(best >= found.min(axis=1) * 0.9)  # the search comes close: both see the same valley


def test_the_mse_is_stationary_there():
    alpha, kappa, kappa_star, delta = random_problems(500, seed=7)
    lam = optimal_lam(alpha, kappa, kappa_star, delta)
    inner = lam > 0
    problem = [values[inner] for values in (alpha, kappa, kappa_star)]
    down, here, up = (
        steady_state(*problem, factor * lam[inner], delta[inner]).mse for factor in (0.99, 1, 1.01)
    )
    assert np.count_nonzero(inner) > 300
    curvature = (up + down - 2 * here) / here
    assert np.all(curvature > -1e-13)
    # A parabola's vertex: the two sides rise alike.
    assert np.all(np.abs(up - down) / here <= 0.05 * curvature + 1e-11)


def test_a_noiseless_teacher_that_can_be_recovered_wants_none():
    alpha, kappa = recovery_threshold(0.7, 0.3), 0.7
    assert optimal_lam([alpha, 1.3 * alpha], kappa, 0.3, 0).tolist() == [0, 0]
    assert optimal_lam(0.3 * alpha, kappa, 0.3, 0) > 0
    assert optimal_lam(1.3 * alpha, 0.2, 0.3, 0) > 0  # too narrow to recover


def test_it_tames_the_double_descent_and_stays_above_bayes():
    alpha = np.linspace(0.02, 2, 200)
    best = steady_state(alpha, 1.0, 0.3, optimal_lam(alpha, 1.0, 0.3, 1.0), 1.0).mse
    assert np.all(np.diff(best) < 0)
    assert np.all(best > bayes_optimal(alpha, 0.3, 1.0).mmse)


def test_shapes_and_bad_input():
    assert optimal_lam([0.1, 0.2], [[0.5], [1.0]], 0.3, 0.5).shape == (2, 2)
    assert optimal_lam(0.1, 0.5, 0.3, 0.5).shape == ()
    with pytest.raises(ValueError, match=r"kappa \(student width\) must be .* got -1"):
        optimal_lam(0.1, -1, 0.3, 0.5)


def test_where_every_eigenvalue_is_positive_none_is_best():
    """All levels stand out of the noise: nothing is to be cut, and rounding is no decay."""
    alpha = np.geomspace(3, 100, 5)
    teacher = Levels(np.arange(1, 101.0) ** -0.75).scaled(second_moment=1.0)
    assert optimal_lam(alpha, 1.0, None, 0.01, teacher=teacher).tolist() == [0.0] * 5
