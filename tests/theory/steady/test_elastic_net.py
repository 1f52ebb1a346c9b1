"""The best pair of decays, and the best weight decay of any teacher and beside a given Frobenius decay."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import (
    Levels,
    Orthogonal,
    PowerLaw,
    Status,
    Wishart,
    bayes_optimal,
    optimal_decay,
    optimal_lam,
    optimal_lam2,
    recovery_threshold,
    steady_state,
)

CASES = [
    (Wishart(), 0.3, 1.0),
    (Wishart(), 1.5, 0.25),
    (Orthogonal(), 0.3, 1.0),
    (PowerLaw(0.4), 0.5, 0.25),
    (Levels([0, 0, 0.5, 5.0]), None, 1.0),
]
ALPHA = np.array([0.1, 0.3, 0.8])


@pytest.mark.parametrize(("teacher", "kappa_star", "kappa"), CASES)
def test_no_pair_is_better(teacher, kappa_star, kappa):
    best = optimal_decay(ALPHA, kappa, kappa_star, 0.5, teacher=teacher)
    assert not np.any(best.status == Status.FAILED)
    for here in best:
        lam = np.concatenate([[1e-6, 1e-3, 0.03, 0.3, 1], here.lam * np.linspace(0.7, 1.4, 8)])
        lam2 = np.concatenate([[0, 1e-6, 1e-3, 0.1, 1], here.lam2 * np.linspace(0.7, 1.4, 8)])
        others = steady_state(here.alpha, kappa, kappa_star, lam[:, None], 0.5, lam2, teacher=teacher)
        assert np.nanmin(others.mse) >= here.mse * (1 - 1e-9)
        if here.lam > 0:
            s = steady_state(here.alpha, kappa, kappa_star, here.lam, 0.5, here.lam2, teacher=teacher)
            assert s.mse == pytest.approx(here.mse, rel=1e-9)
            assert here.ratio == pytest.approx(here.lam / here.lam2 if here.lam2 else np.inf, rel=1e-6)
    bayes = bayes_optimal(ALPHA, kappa_star, 0.5, teacher=teacher)
    assert np.all(best.mse >= bayes.mmse)


def test_with_few_samples_the_best_decays_vanish_in_a_ratio():
    here = optimal_decay(0.1, 1.0, 0.3, 0.5)
    assert here.lam == here.lam2 == 0 and 0 < here.ratio < np.inf
    small = 1e-7 * np.array([1.0, 1.0, 1.0])
    near = steady_state(0.1, 1.0, 0.3, small * here.ratio * [0.8, 1, 1.25], 0.5, small)
    assert near.mse[1] == pytest.approx(here.mse, rel=1e-5)
    assert near.mse[0] > near.mse[1] < near.mse[2]
    assert here.mse < 0.95 * steady_state(0.1, 1.0, 0.3, optimal_lam(0.1, 1.0, 0.3, 0.5), 0.5).mse


def test_without_need_of_a_frobenius_decay_it_is_the_best_weight_decay():
    best = optimal_decay([0.5, 2.0], 1.0, 0.3, 0.5)
    assert np.all(best.lam2 == 0)
    np.testing.assert_allclose(best.lam, optimal_lam([0.5, 2.0], 1.0, 0.3, 0.5), rtol=1e-9)


def test_a_pair_is_never_worse_than_either_of_its_decays():
    """At random, a quarter without noise: just below recovery too, where the best pair vanishes."""
    rng = np.random.default_rng(5)
    alpha, kappa, kappa_star = (
        np.exp(rng.uniform(np.log(0.01), np.log(2), 400)),
        *rng.uniform(0.02, 2, (2, 400)),
    )
    kappa = np.where(rng.random(400) < 0.4, 1.0, kappa)
    delta = np.where(rng.random(400) < 0.25, 0.0, np.exp(rng.uniform(np.log(2e-3), np.log(4), 400)))
    best = optimal_decay(alpha, kappa, kappa_star, delta)
    assert not np.any(best.status == Status.FAILED)
    lam, lam2 = (each(alpha, kappa, kappa_star, delta) for each in (optimal_lam, optimal_lam2))
    weight = steady_state(alpha, kappa, kappa_star, lam, delta).mse
    frobenius = steady_state(alpha, kappa, kappa_star, 0.0, delta, lam2).mse
    better = np.minimum(weight, frobenius)
    assert np.all(best.mse <= better * (1 + 1e-9))
    assert np.any(best.mse < 0.98 * better) and np.any(weight < frobenius) and np.any(frobenius < weight)


@pytest.mark.parametrize(
    ("alpha", "kappa", "kappa_star", "delta"),
    [(0.2667, 1.0, 0.3, 0.01), (0.35566, 1.0, 0.5, 0.0), (0.334117, 0.9273, 0.4175, 0.0)],
)
def test_the_last_interpolator_has_weight_decay_alone(alpha, kappa, kappa_star, delta):
    best = optimal_decay(alpha, kappa, kappa_star, delta)
    assert best.lam == best.lam2 == 0 and best.ratio == np.inf
    alone = steady_state(alpha, kappa, kappa_star, 0.0, delta)
    assert best.mse == pytest.approx(alone.mse.item(), rel=1e-9)


def test_a_pair_does_not_depend_on_its_company():
    alpha, delta = np.linspace(0.05, 1.5, 30), np.array([0.0, 0.1, 2.0])[:, None]
    together = optimal_decay(alpha, 0.4, 0.6, delta)
    for row, column in ((0, 3), (1, 11), (2, 29), (0, 29)):
        alone = optimal_decay(alpha[column], 0.4, 0.6, delta[row, 0])
        for field in ("lam", "lam2", "mse", "xi", "ratio"):
            assert getattr(alone, field) == getattr(together, field)[row, column]


@pytest.mark.parametrize(("teacher", "kappa_star", "kappa"), CASES)
@pytest.mark.parametrize("lam2", [0.0, 0.1])
def test_no_weight_decay_is_better(teacher, kappa_star, kappa, lam2):
    lam = optimal_lam(ALPHA, kappa, kappa_star, 0.5, lam2, teacher=teacher)
    assert np.all(np.isfinite(lam))
    for alpha, best in zip(ALPHA, lam, strict=True):
        others = np.concatenate([[best, 1e-5, 1e-2, 0.1, 1.0], best * np.array([0.98, 0.999, 1.001, 1.02])])
        s = steady_state(alpha, kappa, kappa_star, others, 0.5, lam2, teacher=teacher)
        assert np.all(s.mse[0] <= s.mse[1:] * (1 + 1e-8))


@pytest.mark.parametrize("teacher", [Orthogonal(), PowerLaw(0.3), Levels([0, 0, 1, 2]).scaled(mean=0.01)])
def test_no_estimator_is_better_than_the_bayes_optimal_one(teacher):
    kappa_star = None if isinstance(teacher, Levels) else 0.4
    unit = 1e-4 if isinstance(teacher, Levels) else 1.0
    alpha = np.linspace(0.05, 1, 12)
    best = bayes_optimal(alpha, kappa_star, 0.3 * unit, teacher=teacher)
    assert np.all(best.status == Status.SOLVED) and np.all(np.diff(best.mmse) < 0)
    np.testing.assert_allclose(2 * alpha * best.xi, best.mmse + 0.15 * unit, rtol=1e-9)
    lam = np.geomspace(1e-3, 1, 9)[:, None] * np.sqrt(unit)
    s = steady_state(alpha, 1.0, kappa_star, lam, 0.3 * unit, teacher=teacher)
    assert np.all(s.mse.min(axis=0) >= best.mmse)
    clean = bayes_optimal(alpha, kappa_star, 0, teacher=teacher)
    threshold = recovery_threshold(1.0, kappa_star, "bayes", teacher=teacher)
    np.testing.assert_array_equal(clean.mmse == 0, alpha >= threshold)


def test_levels_that_stand_for_a_wishart_teacher():
    law = Levels(*Wishart().levels(0.5))
    one = bayes_optimal([0.1, 0.3], 0.5, 5.0)
    other = bayes_optimal([0.1, 0.3], None, 5.0, teacher=law)
    np.testing.assert_allclose(one.mmse, other.mmse, rtol=1e-6)


def test_the_directions_of_a_projection_are_its_degrees_of_freedom():
    assert recovery_threshold(1.0, 0.3, "bayes", teacher=Orthogonal()) == pytest.approx(0.3 * 0.7)
    single = bayes_optimal([0.1, 0.3], 1.0, [0.0, 0.5], teacher=Orthogonal())
    assert single.mmse.tolist() == [0, 0] and single.xi.tolist() == pytest.approx([0, 0.5 / 1.2])
