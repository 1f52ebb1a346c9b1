"""The Bayes-optimal error: table, quadrature of the density, a sampled matrix, and the limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from quadviz import NoisyTeacherLaw, bayes_optimal, recovery_threshold, steady_state
from quadviz.law.resolvent import merge_variance
from quadviz.theory.best.cubed_density import cubed_density
from tests.tables import largest_error, read_table


def cubed_by_quadrature(kappa_star: float, xi: float) -> float:
    """int rho^3 from the density, in the angle of each half of each band, adaptively."""
    law = NoisyTeacherLaw(kappa_star, xi)
    e = law.edges()
    breaks = [e.left.item(), e.right.item()]
    if e.has_gap:
        breaks[1:1] = [e.gap_left.item(), e.gap_right.item()]
    total = 0.0
    for low, high in zip(breaks[::2], breaks[1::2], strict=True):
        centre, radius = (low + high) / 2, (high - low) / 2

        def integrand(theta, centre=centre, radius=radius):
            return law.density(centre - radius * np.cos(theta)).item() ** 3 * radius * np.sin(theta)

        total += quad(integrand, 0, np.pi, epsrel=1e-11, epsabs=0, limit=400)[0]
    return total


def test_reference_table():
    t = read_table("bayes_optimal")
    best = bayes_optimal(t["alpha"], t["kappa_star"], t["delta"])
    assert largest_error(best.mmse, t["mmse"]) <= 1e-8  # the table has nine digits
    assert largest_error(best.xi, t["xi"]) <= 1e-8


def test_the_corners_of_the_parameter_table():
    t = read_table("bayes_optimal_extra")
    best = bayes_optimal(t["alpha"], t["kappa_star"], t["delta"])
    assert largest_error(best.xi, t["xi"]) <= 1e-10
    assert largest_error(best.mmse, t["mmse"]) <= 1e-10


@pytest.mark.parametrize("kappa_star", [0.03, 0.3, 0.9, 1.0, 1.001, 1.6])
@pytest.mark.parametrize("xi", [1e-4, 0.03, 1.0, 40.0])
def test_the_cubed_density_against_quadrature(kappa_star, xi):
    value, slope = (v.item() for v in cubed_density(np.array([kappa_star]), np.array([xi])))
    assert value == pytest.approx(cubed_by_quadrature(kappa_star, xi), rel=1e-10)
    h = 1e-4 * xi
    around = cubed_density(np.full(4, kappa_star), xi + h * np.array([-2, -1, 1, 2]))[0]
    assert slope == pytest.approx((around @ [1, -8, 8, -1]).item() / (12 * h), rel=1e-7)


@pytest.mark.parametrize("off", [-1e-2, -1e-5, -1e-9, 0, 1e-9, 1e-5, 1e-2])
def test_through_the_merge_of_the_bands(off):
    kappa_star = 0.3
    xi = merge_variance(np.array(kappa_star)).item() * (1 + off)
    value, _ = cubed_density(np.array([kappa_star]), np.array([xi]))
    assert value.item() == pytest.approx(cubed_by_quadrature(kappa_star, xi), rel=1e-9)


def test_both_equations_hold_everywhere():
    rng = np.random.default_rng(2)
    kappa_star, alpha = 10 ** rng.uniform(-1.7, 0.3, (2, 3000))
    kappa_star[:200] = 1.0
    delta = rng.choice([0.0, 1e-3, 1.0], 3000) * rng.uniform(0, 4, 3000)
    best = bayes_optimal(alpha, kappa_star, delta)
    noisy = best.xi > 1e-8
    k, xi = kappa_star[noisy], best.xi[noisy]
    mmse = xi - 4 * np.pi**2 / 3 * xi**2 * cubed_density(k, xi)[0]
    np.testing.assert_allclose(mmse, best.mmse[noisy], rtol=1e-8)
    np.testing.assert_allclose(best.mmse[noisy] + delta[noisy] / 2, 2 * alpha[noisy] * xi, rtol=1e-10)
    assert np.all(best.mmse <= 1 / kappa_star)


@pytest.mark.parametrize("kappa_star", [0.05, 0.3, 0.999, 1.0, 1.4])
def test_perfect_recovery_is_returned_as_such(kappa_star):
    threshold = recovery_threshold(kappa_star, kappa_star, "bayes").item()
    above = bayes_optimal([threshold, 1.5 * threshold], kappa_star, 0)
    assert above.mmse.tolist() == above.xi.tolist() == [0, 0]
    near, far = bayes_optimal([0.999999 * threshold, 0.99 * threshold], kappa_star, 0).mmse
    assert 0 < near < 1e-3 * far
    assert bayes_optimal(1.5 * threshold, kappa_star, 1e-6).mmse > 0


def test_it_falls_with_data_and_rises_with_noise():
    alpha = np.linspace(0.01, 2, 300)
    best = bayes_optimal(alpha, [[0.1], [0.3], [1.0], [1.8]], 0.5).mmse
    assert np.all(np.diff(best, axis=1) < 0)
    noise = bayes_optimal(0.3, 0.3, np.linspace(0, 4, 100)).mmse
    assert np.all(np.diff(noise) > 0)


def test_nothing_trained_does_better():
    rng = np.random.default_rng(8)
    alpha, kappa_star, kappa = 10 ** rng.uniform(-1.5, 0.3, (3, 2000))
    lam, delta = 10 ** rng.uniform(-6, 1, 2000), rng.uniform(0, 4, 2000)
    trained = steady_state(alpha, kappa, kappa_star, lam, delta).mse
    assert np.all(bayes_optimal(alpha, kappa_star, delta).mmse < trained)


def test_no_data_leaves_the_mean_of_all_teachers():
    best = bayes_optimal(1e-6, [0.2, 1.0, 1.5], 0.3)
    np.testing.assert_allclose(best.mmse, [5, 1, 1 / 1.5], rtol=1e-4)


def test_the_denoiser_at_work_on_a_sampled_matrix():
    """Shrinking the eigenvalues x of one Y to x - 2 xi H(x) leaves the mmse, up to O(1/d)."""
    d, kappa_star, xi = 600, 0.4, 0.3
    rng = np.random.default_rng(3)
    w = rng.standard_normal((d, round(kappa_star * d)))
    teacher = w @ w.T / w.shape[1]
    noise = rng.standard_normal((d, d))
    values, vectors = np.linalg.eigh(teacher + np.sqrt(xi / (2 * d)) * (noise + noise.T))
    shrunk = values - 2 * xi * NoisyTeacherLaw(kappa_star, xi).hilbert(values)
    error = ((vectors * shrunk) @ vectors.T - teacher).ravel()
    mmse = xi - 4 * np.pi**2 / 3 * xi**2 * cubed_density(np.array([kappa_star]), np.array([xi]))[0]
    assert error @ error / d == pytest.approx(mmse.item(), rel=0.02)


def test_shapes_and_bad_input():
    assert bayes_optimal([0.1, 0.2], [[0.3], [0.5]], 0).mmse.shape == (2, 2)
    assert bayes_optimal(0.1, 0.3, 0.5).mmse.shape == bayes_optimal(0.1, 0.3, 0.5).xi.shape == ()
    with pytest.raises(ValueError, match=r"alpha \(sample ratio\) must be a finite number > 0, got 0"):
        bayes_optimal(0, 0.3, 0)
    with pytest.raises(ValueError, match=r"delta .* got -0\.1"):
        bayes_optimal(0.1, 0.3, -0.1)
    with pytest.raises(TypeError, match="kappa_star"):
        bayes_optimal(0.1, None, 0)
