"""Thresholds of recovery and interpolation: tables, the general solver, limits and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from quadviz import (
    NoisyTeacherLaw,
    Regime,
    Status,
    interpolation_threshold,
    learned_spectrum,
    recovery_threshold,
    steady_state,
)
from quadviz.theory.steady.thresholds import Regularisation
from tests.tables import largest_error, read_table

PAIRS = [(1.0, 0.3), (0.5, 0.3), (0.35, 0.3), (0.7, 0.5), (0.12, 0.1), (1.4, 0.8)]
KINDS: tuple[Regularisation, ...] = ("ridgeless", "none", "bayes")


@pytest.mark.parametrize(
    ("regularisation", "column"),
    [
        ("ridgeless", "recovery_ridgeless"),
        ("none", "recovery_unregularised_conjecture"),
        ("bayes", "bayes_optimal_recovery"),
    ],
)
def test_recovery_against_the_table(regularisation, column):
    t = read_table("thresholds")
    value = recovery_threshold(t["kappa"], t["kappa_star"], regularisation)
    assert largest_error(value, t[column]) <= 1e-14


def test_interpolation_against_the_tables():
    t = read_table("thresholds")
    clean = interpolation_threshold(t["kappa"], t["kappa_star"])
    assert largest_error(clean.alpha, t["interpolation_noiseless"]) <= 1e-14
    assert np.all(clean.mse == 0) and np.all(clean.xi == 0)
    t = read_table("interpolation")
    noisy = interpolation_threshold(t["kappa"], t["kappa_star"], t["delta"])
    for value, column in (
        (noisy.alpha, "alpha_interpolation"),
        (noisy.mse, "mse_peak"),
        (noisy.xi, "xi"),
    ):
        assert largest_error(value, t[column]) <= 1e-12


@pytest.mark.parametrize(("kappa", "kappa_star"), PAIRS)
def test_the_general_solver_recovers_where_the_threshold_says(kappa, kappa_star):
    """At lam = 1e-8 the error above the threshold is that of the shift alone, O(lam^2); below it is not."""
    threshold = recovery_threshold(kappa, kappa_star)
    above, below = steady_state(threshold * np.array([1.02, 0.98]), kappa, kappa_star, 1e-8, 0).mse
    assert above < 1e-6 * below
    ridgeless = steady_state(threshold * np.array([1.02, 0.98]), kappa, kappa_star, 0, 0).mse
    assert ridgeless[0] == 0
    np.testing.assert_allclose(below, ridgeless[1], rtol=1e-2)


@pytest.mark.parametrize(
    ("kappa", "kappa_star", "delta"), [(1.0, 0.3, 0.5), (0.9, 0.5, 2.0), (1.2, 1.2, 0.1)]
)
def test_the_general_solver_peaks_where_interpolation_ends(kappa, kappa_star, delta):
    peak = interpolation_threshold(kappa, kappa_star, delta)
    errors = []
    for lam in (1e-5, 1e-8):
        best = minimize_scalar(
            lambda alpha, lam=lam: -steady_state(alpha, kappa, kappa_star, lam, delta).mse.item(),
            bounds=(0.9 * peak.alpha.item(), 1.1 * peak.alpha.item()),
            options={"xatol": 1e-7},
        )
        errors.append([abs(best.x / peak.alpha.item() - 1), abs(-best.fun / peak.mse.item() - 1)])
    # Rounding of the cusp: lam^(2/3) in alpha and lam^(1/3) in the height.
    assert np.all(np.array(errors[1]) < [3e-4, 2e-2])
    assert np.all(np.array(errors[1]) < np.array(errors[0]) / 5)
    there = steady_state(peak.alpha, kappa, kappa_star, 0, delta)
    np.testing.assert_allclose(there.mse, peak.mse, rtol=1e-12)


@pytest.mark.parametrize(("kappa", "kappa_star"), [(0.2, 0.3), (0.1, 0.5), (0.6, 0.9), (0.29, 0.3)])
def test_a_student_too_narrow_interpolates_but_never_recovers(kappa, kappa_star):
    assert [recovery_threshold(kappa, kappa_star, kind).item() for kind in KINDS] == [np.inf] * 3
    peak = interpolation_threshold(kappa, kappa_star, 0)
    around = steady_state(peak.alpha * np.array([0.99, 1.0, 1.01]), kappa, kappa_star, 0, 0)
    if peak.status == Status.SOLVED:
        np.testing.assert_allclose(around.mse[1], peak.mse, rtol=1e-8)
        assert around.train_loss[0] == 0 < around.train_loss[2]
    assert np.all(around.mse > 0)
    assert np.all(around.regime == Regime.RANK_LIMITED)


@pytest.mark.parametrize(("kappa", "kappa_star"), PAIRS)
def test_the_noiseless_thresholds_from_their_integrals(kappa, kappa_star):
    """Half the minimum of mu, and half mu(0), with quadrature and a minimiser in the place of formulas."""
    a = 1 - kappa_star
    share = (min(kappa, 1) - kappa_star) / a

    def over_semicircle(f, low):
        return quad(lambda x: f(x) * np.sqrt(4 - x * x) / (2 * np.pi), low, 2, epsabs=1e-12)[0]

    cut = -2.0
    if share < 1:
        low, high = -2.0, 2.0
        for _ in range(60):
            cut = (low + high) / 2
            low, high = (cut, high) if over_semicircle(lambda _: 1, cut) > share else (low, cut)

    def half_mu(s):
        kept = over_semicircle(lambda x: (x - s) ** 2, max(s, cut))
        return (1 - a * a + a * kappa_star * s * s + a * a * kept) / 2

    smallest = minimize_scalar(half_mu, bounds=(0, 2), options={"xatol": 1e-8}).fun
    assert recovery_threshold(kappa, kappa_star).item() == pytest.approx(smallest, rel=1e-9)
    interpolation = (1 - a * a + a * a * over_semicircle(lambda x: x * x, max(0, cut))) / 2
    assert interpolation_threshold(kappa, kappa_star).alpha.item() == pytest.approx(interpolation, rel=1e-9)


@pytest.mark.parametrize("kappa_star", [0.1, 0.3, 0.7])
def test_the_best_denoiser_counts_the_teachers_degrees_of_freedom(kappa_star):
    """mmse(xi)/(2 xi) as xi -> 0, from the density alone: the samples that no method can do without."""
    law = NoisyTeacherLaw(kappa_star, xi := 1e-6)
    e = law.edges()
    cubed = 0.0
    for low, high in ((e.left, e.gap_left), (e.gap_right, e.right)):
        centre, radius = (low + high).item() / 2, (high - low).item() / 2

        def integrand(theta, centre=centre, radius=radius):
            return law.density(centre + radius * np.cos(theta)).item() ** 3 * radius * np.sin(theta)

        cubed += quad(integrand, 0, np.pi, epsrel=1e-10)[0]
    per_noise = 1 - 4 * np.pi**2 / 3 * xi * cubed
    threshold = recovery_threshold(1.0, kappa_star, "bayes").item()
    assert per_noise / 2 == pytest.approx(threshold, abs=2 * xi / kappa_star**2)
    assert threshold == pytest.approx(kappa_star - kappa_star**2 / 2, rel=1e-15)


@pytest.mark.parametrize("kappa_star", [0.02, 0.3, 0.95, 1.0, 1.7])
def test_all_meet_where_the_student_is_as_wide_as_the_teacher(kappa_star):
    values = [recovery_threshold(kappa_star, kappa_star, kind).item() for kind in KINDS]
    values.append(interpolation_threshold(kappa_star, kappa_star).alpha.item())
    np.testing.assert_allclose(values, values[0], rtol=1e-14)
    if kappa_star >= 1:
        assert values == [0.5] * 4


def test_widths_equal_up_to_rounding_are_equal():
    assert 0.1 + 0.2 != 0.3
    for kind in KINDS:
        assert recovery_threshold(0.3, 0.1 + 0.2, kind) == recovery_threshold(0.3, 0.3, kind)
    assert interpolation_threshold(0.3, 0.1 + 0.2).mse == 0


def test_order_and_limits_over_all_widths():
    kappa, kappa_star = np.meshgrid(np.linspace(0.02, 2, 100), np.linspace(0.02, 1.5, 75))
    ridgeless, none, bayes = (recovery_threshold(kappa, kappa_star, kind) for kind in KINDS)
    fitted = interpolation_threshold(kappa, kappa_star).alpha
    wide = kappa >= np.minimum(kappa_star, 1)
    assert (
        np.all(np.isinf(ridgeless[~wide]))
        and np.all(np.isinf(none[~wide]))
        and np.all(np.isinf(bayes[~wide]))
    )
    for threshold in (ridgeless, none):
        assert np.all(threshold[wide] >= bayes[wide] - 1e-15)
        assert np.all(threshold[wide] <= fitted[wide] + 1e-15)
    assert np.all(np.diff(np.where(wide, ridgeless, 0), axis=1) >= -1e-15)  # a wider student needs more


def test_random_interpolation_thresholds():
    rng = np.random.default_rng(5)
    kappa, kappa_star = 10 ** rng.uniform(-1.7, 0.3, (2, 2_000))
    delta = rng.choice([0.0, 1e-8, 1e-3, 1.0], 2_000) * rng.uniform(0, 4, 2_000)
    peak = interpolation_threshold(kappa, kappa_star, delta)
    assert not np.any(peak.status == Status.FAILED)
    assert np.all((peak.alpha > 0) & (peak.alpha <= 0.5 + 1e-15))
    noisy = peak.xi > 0
    law = NoisyTeacherLaw(kappa_star[noisy], peak.xi[noisy])
    cut = np.maximum(law.quantile(np.minimum(kappa[noisy], 1)), 0)
    fitted = law.partial_integrals(cut).x_rho_hilbert
    np.testing.assert_allclose(fitted, peak.alpha[noisy], rtol=1e-9)
    twice = 2 * peak.alpha * peak.xi
    np.testing.assert_allclose((peak.mse + delta / 2)[noisy], twice[noisy], rtol=1e-9)
    # Several solutions are a matter of narrow students.
    several = peak.status == Status.SEVERAL
    assert np.all(kappa[several] < 1)


def test_more_noise_is_fitted_up_to_fewer_samples_in_the_exact_regime():
    delta = np.linspace(0, 4, 30)
    peak = interpolation_threshold(1.0, 0.3, delta)
    assert np.all(np.diff(peak.alpha) < 0) and np.all(np.diff(peak.mse) > 0)
    assert peak.alpha[0] == interpolation_threshold(1.0, 0.3).alpha


def test_at_interpolation_the_shift_is_gone():
    peak = interpolation_threshold(0.8, 0.3, 0.5)
    spectrum = learned_spectrum(peak.alpha * 1.0001, 0.8, 0.3, 0, 0.5)
    assert spectrum.state.q == 0
    np.testing.assert_allclose(spectrum.state.xi, peak.xi, rtol=1e-2)


def test_the_steady_state_at_the_threshold_itself_is_the_peak():
    rng = np.random.default_rng(9)
    kappa, kappa_star = 10 ** rng.uniform(-1.7, 0.3, (2, 500))
    delta = rng.choice([0.0, 1e-3, 1.0], 500) * rng.uniform(0, 4, 500)
    peak = interpolation_threshold(kappa, kappa_star, delta)
    near = steady_state(
        peak.alpha[:, None] * (1 + np.array([-1e-7, 0, 1e-7])),
        *(values[:, None] for values in (kappa, kappa_star, np.zeros(500), delta)),
    )
    assert not np.any(near.status == Status.FAILED)
    alone = (peak.status == Status.SOLVED) & (peak.mse > 0)
    np.testing.assert_allclose(near.mse[alone, 1], peak.mse[alone], rtol=1e-10)
    assert np.all(near.train_loss[alone] >= 0) and np.all(near.train_loss[alone, :2] <= 1e-20)


def test_a_threshold_does_not_depend_on_its_company():
    kappa, delta = np.array([0.2, 0.295, 0.9, 1.0]), np.array([0.0, 1e-4, 3.0, 0.5])
    together = interpolation_threshold(kappa, 0.3, delta)
    for i in range(4):
        alone = interpolation_threshold(kappa[i], 0.3, delta[i])
        np.testing.assert_allclose(alone.alpha, together.alpha[i], rtol=1e-12)
        assert alone.status == together.status[i]


def test_shapes_broadcast():
    assert recovery_threshold([0.4, 1.0], [[0.2], [0.3], [0.4]]).shape == (3, 2)
    peak = interpolation_threshold([0.4, 1.0], 0.3, [[0.0], [0.5]])
    assert peak.alpha.shape == peak.mse.shape == peak.status.shape == peak.delta.shape == (2, 2)
    assert recovery_threshold(1, 0.3).shape == interpolation_threshold(1, 0.3).alpha.shape == ()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: recovery_threshold(0, 0.3), ValueError, r"kappa \(student width\) must be .* > 0, got 0"),
        (lambda: recovery_threshold(1, np.nan), ValueError, "kappa_star .* got nan"),
        (lambda: recovery_threshold("1", 0.3), TypeError, "kappa .* real number"),
        (
            lambda: recovery_threshold(1, 0.3, "ridge"),
            ValueError,
            "'ridgeless', 'none', 'bayes', got 'ridge'",
        ),
        (lambda: interpolation_threshold(1, 0.3, -1), ValueError, r"delta \(label noise\) .* >= 0, got -1"),
        (lambda: interpolation_threshold([1, 2], [0.3] * 3), ValueError, "do not broadcast: kappa"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
