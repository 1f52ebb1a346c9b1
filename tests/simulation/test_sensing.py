"""What the samples ask of a student, against sums over explicit d x d matrices."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz.simulation import sensing
from quadviz.simulation.sensing import GaussianInputs, NetworkInputs, Sensing, svec_size

D = 7
KINDS = ("network", "gaussian")


def sampled(kind: str, n: int, d: int = D, seed: int = 3) -> tuple[Sensing, np.ndarray]:
    """Samples, and the matrices X_k that they stand for, shape (n, d, d), built from their definition."""
    rng = np.random.default_rng(seed)
    if kind == "network":
        x = rng.standard_normal((n, d))
        return NetworkInputs(x), (np.einsum("ki,kj->kij", x, x) - np.eye(d)) / np.sqrt(d)
    coordinates = rng.standard_normal((n, svec_size(d))) * np.sqrt(2 / d)
    matrices = np.zeros((n, d, d))
    i, j = np.triu_indices(d)
    matrices[:, i, j] = matrices[:, j, i] = np.where(i == j, 1, np.sqrt(0.5)) * coordinates
    return GaussianInputs(coordinates, d), matrices


def explicit_force(matrices: np.ndarray, weights: np.ndarray, labels: np.ndarray):
    residuals = np.einsum("kij,ij->k", matrices, weights @ weights.T) - labels
    n, d = matrices.shape[:2]
    return d / n * np.einsum("k,kij,jl->il", residuals, matrices, weights), residuals


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks that the samples do not fill evenly."""
    monkeypatch.setattr(sensing, "NETWORK_BLOCK", 16)
    monkeypatch.setattr(sensing, "_GAUSSIAN_BLOCK", 9 * svec_size(D))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 9, 16, 47])
def test_measure(kind, n):
    samples, matrices = sampled(kind, n)
    a = np.random.default_rng(1).standard_normal((D, D))
    a += a.T
    assert (samples.n, samples.d) == (n, D)
    np.testing.assert_allclose(samples.measure(a), np.einsum("kij,ij->k", matrices, a), rtol=1e-12)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", [1, 3, D, 2 * D])
@pytest.mark.parametrize("n", [1, 16, 47])
def test_force(kind, m, n):
    samples, matrices = sampled(kind, n)
    rng = np.random.default_rng(m)
    weights, labels = rng.standard_normal((D, m)), rng.standard_normal(n)
    pull, residuals = samples.force(weights, labels)
    expected, expected_residuals = explicit_force(matrices, weights, labels)
    np.testing.assert_allclose(residuals, expected_residuals, rtol=1e-11)
    np.testing.assert_allclose(pull, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", [1, 3, D, 2 * D])
def test_the_tangent_is_the_derivative_of_the_force(kind, m):
    """The force is a cubic of the weights: a central difference is off by h^2 times its last term alone."""
    samples, matrices = sampled(kind, 47)
    rng = np.random.default_rng(m)
    weights, change, labels = (
        rng.standard_normal((D, m)),
        rng.standard_normal((D, m)),
        rng.standard_normal(47),
    )
    h = 1e-3
    forward, backward = (explicit_force(matrices, weights + s * h * change, labels)[0] for s in (1, -1))
    cubic = explicit_force(matrices, change, np.zeros(47))[0]
    expected = (forward - backward) / (2 * h) - h**2 * cubic
    tangent = samples.tangent(weights, labels)
    np.testing.assert_allclose(tangent(change), expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(tangent(2 * change), 2 * tangent(change), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", [3, 2 * D])
def test_a_tangent_outlives_what_it_was_made_from(kind, m):
    """The integrator hands over its own memory, and overwrites it."""
    samples, _ = sampled(kind, 47)
    rng = np.random.default_rng(m)
    weights, change, labels = (
        rng.standard_normal((D, m)),
        rng.standard_normal((D, m)),
        rng.standard_normal(47),
    )
    tangent = samples.tangent(weights, labels)
    before = tangent(change)
    weights += 1
    np.testing.assert_array_equal(tangent(change), before)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_into_the_arguments(kind):
    samples, _ = sampled(kind, 20)
    rng = np.random.default_rng(0)
    arguments = rng.standard_normal((D, 3)), rng.standard_normal(20)
    for argument in arguments:
        argument.flags.writeable = False
    samples.force(*arguments)
    samples.tangent(*arguments)(arguments[0])
    samples.measure(np.eye(D))


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_moment_of_an_answer(kind):
    """E Tr(XA)^2 = (2/d) |A|_F^2 and E Tr(XA) = 0, for the diagonal and the rest alike."""
    n = 40_000
    samples, _ = sampled(kind, n)
    diagonal, full = np.diag(np.arange(D) - 2.0), np.random.default_rng(5).standard_normal((D, D))
    off_diagonal = full + full.T - np.diag(2 * np.diag(full))
    for a in (np.eye(D), diagonal, off_diagonal):
        answers = samples.measure(a)
        spread = answers.std() / np.sqrt(n)
        assert abs(answers.mean()) < 4 * spread
        error = (answers**2).std() / np.sqrt(n)
        assert abs((answers**2).mean() - 2 / D * np.sum(a**2)) < 4 * error


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_of_the_samples_is_said(kind):
    samples, _ = sampled(kind, 20)
    assert samples.nbytes == 8 * 20 * (D if kind == "network" else D * (D + 1) / 2)
