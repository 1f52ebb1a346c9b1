"""Random matrices for the effective process, drawn so that its averages are near those of d -> infinity.

What the process does in that limit depends only on laws of eigenvalues and on freeness. So it is followed
with Hermitian matrices: real symmetric ones have corrections of order 1/d, Hermitian ones of order 1/d^2.
Teacher and start have eigenvalues at the quantiles of their laws; tr(Z0 Z*) is the product of the means;
the matrices G that the noise is made of are orthogonal, also to 1, Z*, Z*^2 and Z0; traces of two of them
with Z* and Z0 between are those of free matrices, for one with itself and for all pairs with a leading one;
and copies come in pairs whose noise is opposite. Late in training this halves the spread of the mse.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import AnyComplexArray, FloatArray
from quadviz.theory.dmft.step import dagger

__all__ = [
    "WORDS",
    "Hermitian",
    "draw_pair",
    "free_noise",
    "orthogonal_gue",
]


#: Matrices that the noise is orthogonal to: 1, Z*, Z*^2 and Z(0).
WORDS = 4
#: Noise matrices at most whose traces with all others are those of free ones. With many, the others would
#: be short of the few directions in which Z* is large: 12 of them lower the mse by 4% at d = 30.
_LEADING = 4
#: Newton's steps for their traces with themselves, and how nearly these are met.
_TURNS, _NEARLY = 50, 1e-8
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
        self._upper = rows * d + columns
        self._diagonal = np.arange(d) * (d + 1)
        # For each real and imaginary part of a matrix: which coordinate it is made of, and its factor.
        above = d + np.arange(rows.size)
        source, factor = np.zeros((d, d, 2), np.intp), np.zeros((d, d, 2))
        source[np.arange(d), np.arange(d), 0], factor[np.arange(d), np.arange(d), 0] = np.arange(d), 1
        for place, sign in (((rows, columns), 1.0), ((columns, rows), -1.0)):
            source[(*place, 0)], factor[(*place, 0)] = above, np.sqrt(0.5)
            source[(*place, 1)], factor[(*place, 1)] = above + rows.size, sign * np.sqrt(0.5)
        self._source, self._factor = source.ravel(), factor.ravel()

    def vector(self, matrices: AnyComplexArray) -> FloatArray:
        """Coordinates, shape (..., d^2), of matrices of shape (..., d, d)."""
        flat = matrices.reshape(*matrices.shape[:-2], self.dimension)
        above = flat[..., self._upper] * np.sqrt(2.0)
        return np.concatenate([flat[..., self._diagonal].real, above.real, above.imag], axis=-1)

    def matrix(self, vectors: FloatArray) -> AnyComplexArray:
        """Matrices of shape (..., d, d) from coordinates of shape (..., d^2)."""
        parts = np.take(vectors, self._source, axis=-1)
        parts *= self._factor
        return parts.view(np.complex128).reshape(*vectors.shape[:-1], self.d, self.d)

    def diagonal(self, factors: FloatArray) -> FloatArray:
        """A map that multiplies each entry (i, j) by a symmetric factor, in coordinates, shape (..., d^2)."""
        flat = factors.reshape(*factors.shape[:-2], self.dimension)
        above = flat[..., self._upper]
        return np.concatenate([flat[..., self._diagonal], above, above], axis=-1)


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
) -> tuple[AnyComplexArray, FloatArray]:
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
    return weights, free_noise(space, teacher, weights @ dagger(weights), nodes, generator)


def free_noise(
    space: Hermitian, teacher: FloatArray, start: AnyComplexArray, count: int, generator: np.random.Generator
) -> FloatArray:
    """Coordinates of orthogonal GUE matrices that are as good as free of Z* and Z0, shape (count, d^2).

    For i = j, and for all j if G_i is one of the leading ones,

        tr G_i G_j A = delta_ij tr A for A = Z*, Z*^2, Z0,   tr G_i Z* G_j Z* = delta_ij (tr Z*)^2/d .

    Args:
        space: the coordinates.
        teacher: eigenvalues of Z*, which is diagonal, shape (d,).
        start: Z0, shape (d, d).
        count: how many.
        generator: source of random numbers.
    """
    d, z = space.d, teacher
    words = space.vector(np.array([np.eye(d), np.diag(z), np.diag(z**2), start]))
    factors = [
        space.diagonal(x) for x in ((z[:, None] + z) / 2, z[:, None] * z, (z[:, None] ** 2 + z**2) / 2)
    ]
    wanted = np.array([z.mean(), z.mean() ** 2, np.mean(z**2), np.trace(start).real / d])

    def between(noise: FloatArray) -> FloatArray:
        """What products with a matrix give its traces with others, shape (4, d^2)."""
        turned = start @ space.matrix(noise)
        return np.array([*(f * noise for f in factors), space.vector((turned + dagger(turned)) / 2)])

    leading = int(np.clip((d * d - count - WORDS) // (3 * wanted.size), 0, min(_LEADING, count)))
    known = _Frame(d * d)
    known.add(words)
    drawn = np.zeros((count, d * d))
    for number in range(count):
        noise = known.rest(generator.standard_normal(d * d))
        noise *= np.sqrt(d) / np.linalg.norm(noise)
        for _ in range(_TURNS):
            slopes = between(noise)
            off = slopes @ noise / d - wanted
            if np.abs(off).max() < _NEARLY:
                break
            # Along the sphere, and orthogonal to all that came before.
            slopes = known.rest(2 * slopes / d)
            slopes -= np.outer(slopes @ noise, noise) / d
            noise = noise - np.linalg.lstsq(slopes, off, rcond=None)[0]
            noise *= np.sqrt(d) / np.linalg.norm(noise)
        drawn[number] = noise
        known.add(noise[None])
        if number < leading:
            known.add(between(noise))
    return drawn


class _Frame:
    """Directions that others are to be orthogonal to."""

    def __init__(self, dimension: int) -> None:
        self._basis = np.zeros((0, dimension))

    def rest(self, vectors: FloatArray) -> FloatArray:
        """What is left of vectors, shape (..., dimension), without the directions."""
        for _ in range(2):  # once is not enough
            vectors = vectors - (vectors @ self._basis.T) @ self._basis
        return vectors

    def add(self, vectors: FloatArray) -> None:
        """Take the directions of some vectors, shape (n, dimension), along."""
        q, _ = np.linalg.qr(self.rest(vectors).T)
        self._basis = np.vstack([self._basis, q.T])


def _without_overlap(weights: AnyComplexArray, teacher: FloatArray) -> AnyComplexArray:
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
