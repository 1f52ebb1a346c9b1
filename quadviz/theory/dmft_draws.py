"""Random matrices for the effective process, drawn so that its averages are near those of d -> infinity.

What the process does in that limit depends only on laws of eigenvalues and on freeness. So it is followed
with Hermitian matrices: real symmetric ones have corrections of order 1/d, Hermitian ones of order 1/d^2.
Teacher and start have eigenvalues at the quantiles of their laws; tr(Z0 Z*) is the product of the means;
the matrices that noise and probes are made of are orthogonal, the noise's also to Z* and Z0; and copies
come in pairs whose noise is opposite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.theory.dmft_step import dagger

__all__ = ["WORDS", "Hermitian", "draw_pair", "marchenko_pastur_quantiles", "orthogonal_gue"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

#: Matrices that the noise is orthogonal to: 1, Z* and Z(0). With more it is short of variance at small d.
WORDS = 3
#: Nodes in the angle that runs through a band.
_NODES = 20_001
#: Rotations of the start until its overlap with the teacher is the product of the means, and how nearly.
_ROTATIONS, _OVERLAP = 30, 1e-10


class Hermitian:
    """Orthonormal coordinates of Hermitian matrices of size d, as real vectors of dimension d^2.

    >>> space = Hermitian(2)
    >>> space.matrix(space.vector(np.array([[1.0, 2.0j], [-2.0j, 3.0]])))
    array([[1.+0.j, 0.+2.j],
           [0.-2.j, 3.+0.j]])
    """

    def __init__(self, d: int) -> None:
        rows, columns = np.triu_indices(d, 1)
        self.d, self.dimension = d, d * d
        self._upper, self._lower = rows * d + columns, columns * d + rows
        self._diagonal = np.arange(d) * (d + 1)

    def vector(self, matrices: ComplexArray) -> FloatArray:
        """Coordinates, shape (..., d^2), of matrices of shape (..., d, d)."""
        flat = matrices.reshape(*matrices.shape[:-2], self.dimension)
        above = flat[..., self._upper] * np.sqrt(2.0)
        return np.concatenate([flat[..., self._diagonal].real, above.real, above.imag], axis=-1)

    def matrix(self, vectors: FloatArray) -> ComplexArray:
        """Matrices of shape (..., d, d) from coordinates of shape (..., d^2)."""
        flat = np.empty((*vectors.shape[:-1], self.dimension), np.complex128)
        real, imaginary = np.split(vectors[..., self.d :] / np.sqrt(2.0), 2, axis=-1)
        flat[..., self._diagonal] = vectors[..., : self.d]
        flat[..., self._upper] = real + 1j * imaginary
        flat[..., self._lower] = real - 1j * imaginary
        return flat.reshape(*vectors.shape[:-1], self.d, self.d)


def marchenko_pastur_quantiles(kappa: float, d: int) -> FloatArray:
    """d eigenvalues that stand for the law of (1/m) w w^T with m = kappa d, decreasing, shape (d,).

    Each is the mean of the law over its share 1/d of the mass; their second moment is then made exact too.

    >>> values = marchenko_pastur_quantiles(0.25, 8)
    >>> values.round(6), (values**2).mean().round(6).item()
    (array([6., 2., 0., 0., 0., 0., 0., 0.]), 5.0)
    """
    from scipy.optimize import brentq  # not needed to import quadviz

    share = min(kappa, 1.0)
    left, right = (1 - kappa**-0.5) ** 2, (1 + kappa**-0.5) ** 2
    angle = np.linspace(0, np.pi, _NODES)
    x = right - (right - left) * (1 - np.cos(angle)) / 2
    density = np.sqrt(np.maximum((x - left) * (right - x), 0.0)) * np.sin(angle)
    over_x = np.divide(density, x, out=np.zeros_like(x), where=x > 0)
    mass, moment = (np.concatenate([[0.0], np.cumsum((f[1:] + f[:-1]) / 2)]) for f in (over_x, density))
    mass, moment = mass / mass[-1], moment / moment[-1]
    edges = np.minimum(np.arange(d + 1) / d / share, 1.0)
    values: FloatArray = np.diff(np.interp(edges, mass, moment)) * d
    some = values[values > 0]
    if some.size > 1:
        # The spread within each share is lost: a power a little above 1 brings it back.
        def spread(power: float) -> float:
            raised = some**power
            return float(np.mean(raised**2) / np.mean(raised) ** 2 * d / some.size - 1 - 1 / kappa)

        raised = some ** brentq(spread, 0.5, 3.0)
        values[: some.size] = raised * d / raised.sum()
    return values


def orthogonal_gue(
    space: Hermitian, count: int, generator: np.random.Generator, without: FloatArray | None = None
) -> FloatArray:
    """Coordinates of matrices with |G|^2 = d, as a GUE matrix has, orthogonal to each other, (count, d^2).

    Args:
        space: the coordinates.
        count: how many.
        generator: source of random numbers.
        without: coordinates of matrices to be orthogonal to, shape (some, d^2).
    """
    columns = generator.standard_normal((space.dimension, count))
    known = 0 if without is None else len(without)
    if without is not None:
        columns = np.hstack([without.T, columns])
    q, _ = np.linalg.qr(columns)
    drawn: FloatArray = np.ascontiguousarray(q[:, known:].T) * np.sqrt(space.d)
    return drawn


def draw_pair(
    space: Hermitian,
    teacher: FloatArray,
    start: FloatArray,
    columns: int,
    nodes: int,
    generator: np.random.Generator,
) -> tuple[ComplexArray, FloatArray]:
    """The start and the noise of one copy; its twin has the same start and the opposite noise.

    Args:
        space: the coordinates.
        teacher: eigenvalues of Z*, which is diagonal, shape (d,).
        start: eigenvalues of Z(0), decreasing, of which the first ``columns`` count, shape (d,).
        columns: columns of W.
        nodes: noise matrices.
        generator: source of random numbers.

    Returns:
        W(0), shape (d, columns), and orthogonal matrices, shape (nodes, d^2).
    """
    d = space.d
    real, imaginary = generator.standard_normal((2, d, d))
    # Z does not feel the phases of the columns, which are not Haar's.
    q, _ = np.linalg.qr(real + 1j * imaginary)
    weights = q[:, :columns] * np.sqrt(start[:columns])
    weights = _without_overlap(weights, teacher)
    words = np.array([np.eye(d), np.diag(teacher), weights @ dagger(weights)])
    return weights, orthogonal_gue(space, nodes, generator, space.vector(words))


def _without_overlap(weights: ComplexArray, teacher: FloatArray) -> ComplexArray:
    """W rotated until tr(Z Z*) is tr Z tr Z*/d, as for free matrices."""
    from scipy.linalg import expm  # not needed to import quadviz

    target = np.sum(np.abs(weights) ** 2) * teacher.mean()
    for _ in range(_ROTATIONS):
        z = weights @ dagger(weights)
        excess = np.diag(z).real @ teacher - target
        turn = z * teacher - teacher[:, None] * z
        steepness = np.sum(np.abs(turn) ** 2)
        if abs(excess) <= _OVERLAP * target or steepness == 0:
            break
        weights = expm(excess / steepness * turn) @ weights
    return weights
