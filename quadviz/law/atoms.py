"""A law of finitely many levels, and what its powers leave at each of them.

With levels z_i of weights p_i the resolvent is the rational function G(w) = sum_i p_i/(w - z_i). Next to a
level

    G(w) = p/(w - z) + c - e (w - z) + ...,     c = sum_j p_j/(z - z_j),    e = sum_j p_j/(z - z_j)^2,

sums over the other levels. These two numbers a level are all that the antiderivatives of powers of G need
(:mod:`quadviz.law.level_integrals`), whatever the noise: they are computed once.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["SAME_LEVEL", "Atoms"]


#: Levels closer than this, beside the largest, are one: a float64 hardly tells them apart.
SAME_LEVEL = 1e-13
#: Rows of the table of differences at a time.
_ROWS = 256


class Atoms:
    """Levels in increasing order, no two the same, with positive weights that sum to 1.

    Args:
        values: the levels, >= 0, shape (K,), in any order.
        weights: their weights, > 0, shape (K,); they are scaled to sum to 1 exactly.
    """

    def __init__(self, values: FloatArray, weights: FloatArray) -> None:
        order = np.argsort(values, kind="stable")
        z, p = values[order].astype(np.float64), weights[order].astype(np.float64)
        first = np.ones(z.size, dtype=bool)
        first[1:] = np.diff(z) > SAME_LEVEL * z[-1]
        starts = np.flatnonzero(first)
        if starts.size < z.size:
            mass = np.add.reduceat(p, starts)
            alike = z[starts] == np.maximum.reduceat(z, starts)
            middle = np.add.reduceat(p * z, starts) / mass
            # Levels that are equal keep their digits.
            z, p = np.where(alike, z[starts], middle), mass
        self.z: FloatArray = z
        self.p: FloatArray = p / p.sum()
        for array in (self.z, self.p):
            array.setflags(write=False)

    @property
    def size(self) -> int:
        """How many levels there are."""
        return int(self.z.size)

    def moment(self, order: int) -> float:
        """The moment of an order."""
        return float(np.sum(self.p * self.z**order))

    @cached_property
    def rank(self) -> float:
        """The weight of the levels that are not zero."""
        return float(1 - self.p[0]) if self.z[0] == 0 else 1.0

    @cached_property
    def second(self) -> float:
        """The second moment."""
        return self.moment(2)

    @cached_property
    def neighbours(self) -> tuple[FloatArray, FloatArray]:
        """c and e of every level."""
        c, e = np.empty_like(self.z), np.empty_like(self.z)
        for start in range(0, self.size, _ROWS):
            rows = slice(start, start + _ROWS)
            apart = self.z[rows, None] - self.z
            own = np.arange(apart.shape[0])
            apart[own, own + start] = np.inf
            share = self.p / apart
            c[rows] = share.sum(axis=1)
            e[rows] = (share / apart).sum(axis=1)
        return c, e

    @cached_property
    def residues(self) -> FloatArray:
        """Of G, w G, G^2, w G^2 and G^3 at the levels, shape (5, K)."""
        z, p = self.z, self.p
        c, e = self.neighbours
        return np.stack([p, p * z, 2 * p * c, p * p + 2 * p * z * c, 3 * p * c * c - 3 * p * p * e])

    @cached_property
    def crowd(self) -> tuple[float, float]:
        """Where the residues of G^3 are large: their mean place, and the square of their spread."""
        weights = np.abs(self.residues[4])
        weights = weights / weights.sum() if weights.any() else self.p
        place = float(np.sum(weights * self.z))
        return place, float(np.sum(weights * (self.z - place) ** 2))
