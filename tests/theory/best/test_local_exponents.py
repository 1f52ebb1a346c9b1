"""Local exponents against differences of curves, closed forms, and the power laws that they tend to."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import (
    Levels,
    Orthogonal,
    Status,
    local_exponents,
    optimal_lam,
    optimal_lam2,
    steady_state,
)

ALPHA, STEP = np.array([0.02, 0.11, 0.37, 3.0, 20.0]), 1e-4


def levels(exponent: float, count: int = 100) -> Levels:
    return Levels(np.arange(1, count + 1.0) ** -exponent).scaled(second_moment=1.0)


def slope(up, down):
    with np.errstate(invalid="ignore"):  # a decay may be 0
        return np.log(up / down) / np.log((1 + STEP) / (1 - STEP))


@pytest.mark.parametrize("kappa", [1.0, 0.105, 0.1])
@pytest.mark.parametrize(
    ("lam", "lam2", "power"),
    [(0.02, 0.0, 0.0), (0.02, 0.0, -0.5), (0.0, 0.05, 0.0), (0.02, 0.05, 0.0), (0.0, 0.0, 0.0)],
)
def test_they_are_the_slope_of_the_curve(kappa, lam, lam2, power):
    def state(alpha):
        decay = lam * (alpha / ALPHA) ** power
        return steady_state(alpha, kappa, None, decay, 0.05, lam2, teacher=levels(1.25))

    exact = local_exponents(state(ALPHA), lam_exponent=power)
    expected = slope(state(ALPHA * (1 + STEP)).mse, state(ALPHA * (1 - STEP)).mse)
    np.testing.assert_allclose(exact.mse, expected, atol=1e-6)
    assert np.all(np.isnan(exact.decay))


@pytest.mark.parametrize("teacher", [levels(1.25), levels(0.8, 30), Orthogonal()], ids=str)
@pytest.mark.parametrize("kappa", [1.0, 0.35])
@pytest.mark.parametrize("best", ["lam", "lam2"])
def test_at_the_best_decay_they_are_those_of_the_best_curve_and_of_the_decay(teacher, kappa, best):
    star = 0.5 if teacher.sized_by_width else None

    def state(alpha):
        given = (alpha, kappa, star, 0.3)
        if best == "lam":
            return steady_state(*given[:3], optimal_lam(*given, teacher=teacher), 0.3, teacher=teacher)
        lam2 = optimal_lam2(*given, teacher=teacher)
        return steady_state(*given[:3], 0.0, 0.3, lam2, teacher=teacher)

    here, up, down = state(ALPHA), state(ALPHA * (1 + STEP)), state(ALPHA * (1 - STEP))
    exact = local_exponents(here, best=best)
    np.testing.assert_allclose(exact.mse, slope(up.mse, down.mse), atol=1e-6)
    decay, above, below = [np.asarray(getattr(s, best)) for s in (here, up, down)]
    moves = (decay > 1e-5) & (above > 1e-5) & (below > 1e-5)
    assert moves.sum() >= 2
    np.testing.assert_allclose(exact.decay[moves], slope(above, below)[moves], rtol=1e-4, atol=1e-5)


def test_where_all_levels_are_learned_they_have_a_closed_form():
    """No eigenvalue of the noisy teacher is negative: Z = Y, mse = xi, and xi = delta/(4 alpha - 2)."""
    alpha = np.array([20.0, 100.0])
    curve = steady_state(alpha, 1.0, None, 0.0, 1e-3, teacher=levels(1.25, 20))
    np.testing.assert_allclose(curve.kappa_min, 1.0)
    np.testing.assert_allclose(curve.mse, 1e-3 / (4 * alpha - 2), rtol=1e-12)
    np.testing.assert_allclose(local_exponents(curve).mse, -2 * alpha / (2 * alpha - 1), rtol=1e-10)


@pytest.mark.parametrize("gamma", [1.25, 2.0])
def test_the_powers_of_samples_and_of_noise_are_approached_as_levels_become_many(gamma):
    """1 - 2 gamma at alpha K = 40, and 1/(2 gamma) - 1 on its plateau, the nearer the more levels."""
    off = []
    for count in (250, 1000, 4000):
        few = steady_state(40 / count, 1.0, None, 0.0, 0.0, teacher=levels(gamma, count))
        off.append(abs(float(local_exponents(few).mse) / (1 - 2 * gamma) - 1))
    assert off[0] > 1.5 * off[1] > 2 * off[2] and off[2] < 0.08
    alpha, plateau = np.geomspace(1, 30, 7), []
    for count in (100, 400):
        teacher = levels(gamma, count)
        lam = optimal_lam(alpha, 1.0, None, 1.0, teacher=teacher)
        curve = steady_state(alpha, 1.0, None, lam, 1.0, teacher=teacher)
        plateau.append(float(local_exponents(curve, best="lam").mse.max()))
    expected = 1 / (2 * gamma) - 1
    assert abs(plateau[1] - expected) < abs(plateau[0] - expected)
    assert plateau[1] == pytest.approx(expected, abs=0.12)


def test_a_width_that_limits_leaves_nothing_for_samples_to_do():
    narrow = steady_state(100.0, 0.05, None, 1e-3, 0.1, teacher=levels(1.25))
    assert -0.02 < local_exponents(narrow).mse < 0


def test_shapes_and_what_is_not_known():
    states = steady_state([[0.1, 0.9]], [[1.0], [0.4]], None, 0.0, 0.0, teacher=levels(1.0, 10))
    found = local_exponents(states)
    assert found.mse.shape == found.decay.shape == (2, 2)
    assert np.isnan(found.mse[0, 1]) and states.mse[0, 1] == 0  # the teacher is recovered
    assert np.isfinite(found.mse[1]).all() and np.all(states.status == Status.SOLVED)
    assert local_exponents(states[0, 0]).mse.shape == ()


def test_bad_input():
    states = steady_state(0.5, 1.0, 0.3, 0.1, 0.5)
    with pytest.raises(ValueError, match="best must be one of '', 'lam', 'lam2', got 'both'"):
        local_exponents(states, best="both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lam_exponent must be 0 beside a best decay"):
        local_exponents(states, best="lam", lam_exponent=1.0)
    with pytest.raises(ValueError, match=r"lam_exponent must be 0 beside .* a Frobenius decay"):
        local_exponents(steady_state(0.5, 1.0, 0.3, 0.1, 0.5, 0.1), lam_exponent=1.0)
    at_size = steady_state(0.5, 1.0, 0.3, 0.1, 0.5, finite_size=10)
    with pytest.raises(ValueError, match="d -> infinity, got d = 10"):
        local_exponents(at_size)
