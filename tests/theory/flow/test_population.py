"""The flow on infinitely many samples, against many digits, an ODE solver, and limits that are known."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from quadviz import population_flow


def problem(d, m, m_star, seed=0):
    rng = np.random.default_rng([seed, d, m, m_star])
    w = rng.standard_normal((d, m_star))
    return w @ w.T / m_star, rng.standard_normal((d, m)) / np.sqrt(m)


def with_many_digits(teacher, start, lam, t):
    """mse and eigenvalues by the formula itself, with more digits than its exponentials span."""
    mp.mp.dps = int(60 + 30 * t)
    d, m = start.shape
    z_star, t = mp.matrix(teacher.tolist()), mp.mpf(t)
    rates, basis = mp.eigsy(z_star - lam * mp.eye(d))
    v = basis.T * mp.matrix(start.tolist())
    growth = mp.diag([mp.e ** (2 * a * t) for a in rates])
    s = mp.diag([(mp.e ** (4 * a * t) - 1) / a for a in rates])
    moved = growth * v
    z = basis * moved * (mp.eye(m) + v.T * s * v) ** -1 * moved.T * basis.T
    error = z - z_star
    spectrum = sorted(float(x) for x in mp.eigsy(z, eigvals_only=True))
    return float(mp.fsum(x**2 for x in error) / d), np.array(spectrum)


@pytest.mark.parametrize(("d", "m", "m_star", "lam"), [(6, 3, 2, 0.05), (6, 8, 3, 0.05), (6, 2, 9, 0.3)])
@pytest.mark.parametrize("t", [1e-4, 0.1, 1.0, 10.0, 30.0])
def test_against_many_digits(d, m, m_star, lam, t):
    teacher, start = problem(d, m, m_star)
    flow = population_flow(teacher, start, t, lam, delta=0.4)
    mse, spectrum = with_many_digits(teacher, start, lam, t)
    assert flow.mse[0] == pytest.approx(mse, rel=1e-12)
    assert flow.loss[0] == pytest.approx(mse / 2 + 0.1, rel=1e-12)
    np.testing.assert_allclose(flow.eigenvalues[0], spectrum, atol=1e-13)


@pytest.mark.parametrize(
    ("d", "m", "m_star", "lam"), [(30, 12, 9, 0.01), (20, 26, 10, 0.0), (20, 5, 40, 0.1)]
)
def test_against_an_ode_solver(d, m, m_star, lam):
    teacher, start = problem(d, m, m_star)
    times = np.array([0.0, 1e-3, 0.03, 0.3, 1.0, 3.0])

    def velocity(_t, flat):
        w = flat.reshape(d, m)
        return (-2 * (w @ w.T - teacher + lam * np.eye(d)) @ w).ravel()

    path = solve_ivp(
        velocity, (0, 3), start.ravel(), t_eval=times, rtol=1e-12, atol=1e-14, method="DOP853"
    ).y.T.reshape(-1, d, m)
    flow = population_flow(teacher, start, times, lam)
    mse = [np.sum((w @ w.T - teacher) ** 2) / d for w in path]
    np.testing.assert_allclose(flow.mse, mse, rtol=1e-8)
    spectra = [np.linalg.eigvalsh(w @ w.T) for w in path]
    np.testing.assert_allclose(flow.eigenvalues, spectra, atol=1e-8)


@pytest.mark.parametrize("m", [4, 12, 20])
@pytest.mark.parametrize("t", [1e4, 1e6])
def test_it_ends_with_the_largest_positive_part(m, t):
    """Also at t = 1e6, where e^{4At} has millions of digits."""
    teacher, start = problem(12, m, 8)
    flow = population_flow(teacher, start, t, lam=0.1)
    kept = np.maximum(np.linalg.eigvalsh(teacher) - 0.1, 0)
    kept[: max(0, 12 - m)] = 0
    np.testing.assert_allclose(flow.eigenvalues[0], kept, atol=1e-12)


def test_directions_that_the_teacher_lacks_decay_like_one_over_t_without_weight_decay():
    """There A has eigenvalues 0, and z' = -4 z^2 for a start inside such a direction."""
    start = np.array([[0.3], [0.0]])
    times = np.array([0.0, 0.5, 10.0, 1e6])
    flow = population_flow(np.diag([0.0, 2.0]), start, times)
    z = 0.09 / (1 + 4 * 0.09 * times)
    np.testing.assert_allclose(flow.eigenvalues[:, 1], z, rtol=1e-13)
    np.testing.assert_allclose(flow.mse, (z**2 + 4) / 2, rtol=1e-13)


def test_eigenvalues_next_to_zero_are_as_at_zero():
    start = np.array([[0.3], [0.0]])
    exact = population_flow(np.diag([0.0, 2.0]), start, [1.0, 100.0])
    for small in (1e-16, -1e-16, 1e-12, 1e-9):
        near = population_flow(np.diag([small, 2.0]), start, [1.0, 100.0])
        np.testing.assert_allclose(near.eigenvalues, exact.eigenvalues, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"teacher": np.ones((2, 3))},
            ValueError,
            r"^teacher must be a symmetric matrix, got shape \(2, 3\)$",
        ),
        ({"teacher": [[1.0, 2.0], [0.0, 1.0]]}, ValueError, "^teacher must be a symmetric matrix"),
        ({"start": np.ones((3, 1))}, ValueError, r"^start must have 2 rows, .* got shape \(3, 1\)$"),
        ({"times": [1.0, -1.0]}, ValueError, "^times must be finite and >= 0"),
        ({"times": [np.inf]}, ValueError, "^times must be finite and >= 0"),
        ({"lam": -0.1}, ValueError, r"^lam .* >= 0, got -0.1$"),
        ({"delta": np.nan}, ValueError, r"^delta .* got nan$"),
    ],
)
def test_bad_input_is_named(change, error, message):
    good = {"teacher": np.eye(2), "start": np.ones((2, 1)), "times": [0.0, 1.0]}
    with pytest.raises(error, match=message):
        population_flow(**{**good, **change})
