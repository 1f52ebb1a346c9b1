"""When to stop, and the weight decay that would do as well."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quadviz.setting import Setting
from quadviz.theory.best.early_stopping import early_stop, matching_decay
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.flow.population import population_flow
from quadviz.theory.flow.population_curve import DIMENSION, population_curve
from quadviz.theory.steady.steady_state import steady_state

TIMES = np.array([0.0, 1.0, 2.0, 4.0, 8.0])


def test_a_dip_pays_by_what_the_mse_rises_again() -> None:
    stop = early_stop(TIMES, np.array([4.0, 2.0, 1.0, 1.5, 1.6]), np.full(5, 0.01))
    assert stop is not None
    assert (stop.time, stop.mse, stop.end, stop.end_mse) == (2.0, 1.0, 8.0, 1.6)
    assert stop.pays
    assert stop.gain == pytest.approx(0.375)


@pytest.mark.parametrize("error", [0.01, math.nan])
def test_a_mse_that_falls_does_not_pay(error: float) -> None:
    stop = early_stop(TIMES, np.array([4.0, 2.0, 1.0, 0.9, 0.8]), np.full(5, error))
    assert stop is not None
    assert stop.time == stop.end
    assert not stop.pays


def test_a_rise_within_its_noise_does_not_pay() -> None:
    mse = np.array([4.0, 2.0, 1.0, 1.1, 1.2])
    quiet, noisy = (early_stop(TIMES, mse, np.full(5, error)) for error in (0.05, 0.08))
    assert quiet is not None and quiet.pays
    assert noisy is not None and not noisy.pays


def test_without_errors_two_percent_are_no_rise() -> None:
    for end, pays in ((1.01, False), (1.05, True)):
        stop = early_stop(TIMES, np.array([4.0, 2.0, 1.0, 1.0, end]), np.full(5, math.nan))
        assert stop is not None
        assert stop.pays is pays


def test_what_is_not_reached_yet_does_not_count() -> None:
    mse = np.array([4.0, 2.0, 3.0, math.nan, math.nan])
    stop = early_stop(TIMES, mse, np.full(5, math.nan))
    assert stop is not None
    assert (stop.end, stop.end_mse) == (2.0, 3.0)
    assert early_stop(TIMES, np.where(TIMES < 2, mse, math.nan), mse) is None


@pytest.mark.parametrize("setting", [(0.35, 0.7, 0.3, 0.5), (0.2, 1.0, 0.3, 1.0), (0.6, 0.9, 0.5, 0.1)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_long_training_with_the_weight_decay_that_matches_has_that_mse(
    setting: tuple[float, float, float, float], share: float
) -> None:
    alpha, kappa, kappa_star, delta = setting
    best = optimal_lam(alpha, kappa, kappa_star, delta).item()
    least, most = steady_state(alpha, kappa, kappa_star, [best, 1e-5], delta).mse
    mse = float(least + share * (most - least))
    match = matching_decay(mse, *setting)
    assert steady_state(alpha, kappa, kappa_star, match.lam, delta).mse.item() == pytest.approx(mse, rel=1e-5)
    assert 0 < match.lam < match.best_lam == best
    assert match.best_mse == pytest.approx(least)


def test_no_weight_decay_matches_what_is_better_than_the_best() -> None:
    setting = 0.35, 0.7, 0.3, 0.5
    best = matching_decay(1.0, *setting).best_mse
    assert math.isnan(matching_decay(0.99 * best, *setting).lam)
    assert math.isfinite(matching_decay(1.01 * best, *setting).lam)


def test_none_is_needed_for_what_ridgeless_training_does() -> None:
    setting = 0.35, 0.7, 0.3, 0.5
    ridgeless = steady_state(0.35, 0.7, 0.3, 0.0, 0.5).mse.item()
    assert matching_decay(1.01 * ridgeless, *setting).lam == 0
    # Without noise, and with samples enough, the best weight decay is none.
    assert matching_decay(0.5, 0.8, 0.7, 0.3, 0.0).lam == 0


@pytest.mark.parametrize(
    ("kappa", "kappa_star", "gamma"), [(0.7, 0.3, 0.1), (2.0, 0.5, 1.0), (0.02, 1.5, 3.0)]
)
def test_the_population_curve_starts_as_large_networks_do(
    kappa: float, kappa_star: float, gamma: float
) -> None:
    flow = population_curve(Setting(kappa, kappa_star, 1.0, 0.01, 0.0, gamma), [0.0, 1.0])
    exact = 1 + 1 / kappa_star + gamma**2 * (1 + 1 / kappa) - 2 * gamma
    assert flow.mse[0] == pytest.approx(exact, rel=0.08)
    assert flow.eigenvalues.shape == (2, DIMENSION)
    assert flow.eigenvalues[0].mean() == pytest.approx(gamma)


def test_the_population_curve_is_that_of_large_random_matrices() -> None:
    times, d = [0.1, 0.3, 1.0, 3.0], 200
    rng = np.random.default_rng(3)
    teacher = rng.standard_normal((d, 60))
    start = rng.standard_normal((d, 140)) * np.sqrt(0.1 / 140)
    large = population_flow(teacher @ teacher.T / 60, start, times, 0.1)
    curve = population_curve(Setting(0.7, 0.3, 1.0, 0.1, 0.0, 0.1), times)
    np.testing.assert_allclose(curve.mse, large.mse, rtol=0.25)
