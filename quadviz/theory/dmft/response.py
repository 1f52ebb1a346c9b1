"""The mean response of Z to small fields, from one random field at every node of time.

A copy of the process is changed by fields P_s at all nodes s at once, and dZ = sum_s T_s P_s is what comes of
it at a node. The responses wanted, the mean diagonals tr T_s, stand in products <P_s, dZ>, beside crosstalk
between the fields that is as large. But a field moves the modes (i, j) of a copy, in the eigenbasis of the
force on it, nearly one by one and nearly alike: T_s = u_s L on modes of like L, where L is what the last step
alone does to a field. So in each class of such modes u is found by least squares,

    u = (P^T L P)^{-1} P^T dZ ,

from the products of the fields themselves, which are known; the mean response is the mean of L u over the
classes. Whatever L is, the mean over fields is right (up to a share (nodes/modes of a class) times the spread
of L within one); the better L fits, the less is left of the crosstalk. Without it the error of a response
is some 10%; with it, a tenth of that, below what the finite size of the matrices leaves in the mean itself.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import AnyComplexArray, FloatArray
from quadviz.theory.dmft.draws import Hermitian
from quadviz.theory.dmft.step import dagger
from quadviz.theory.flow.riccati import log_growth

__all__ = ["Fit", "turned", "white_response"]


#: Classes of modes at most, and modes in each for every field at least.
_CLASSES, _MODES = 8, 6
#: Within a class L counts as not less than this share of its largest value there.
_LEAST = 0.05
#: An L smaller than this is none.
_NOTHING = 1e-200
#: Halvings of the interval for the level of a narrow start.
_HALVINGS = 60
#: Exponents nearer than this have the slope for their divided difference.
_NEAR = 1e-3


class Fit:
    """What the fields up to a node are in the eigenbasis of a step, by classes of modes.

    Args:
        space: coordinates of Hermitian matrices.
        basis: eigenvectors of the force in the step, shape (copies, d, d).
        shape: L, shape (copies, d, d), symmetric, >= 0.
        fields: coordinates of the fields, of norm sqrt(d) each, shape (copies, probes, n, d^2).
    """

    def __init__(
        self, space: Hermitian, basis: AnyComplexArray, shape: FloatArray, fields: FloatArray
    ) -> None:
        _, probes, n, _ = fields.shape
        self._space, self._basis = space, basis
        # Nodes first, then all modes of all copies and probes.
        modes = turned(space, basis, fields).transpose(2, 0, 1, 3).reshape(n, -1)
        each = np.repeat(space.diagonal(shape)[:, None], probes, axis=1).ravel()
        count = max(1, min(_CLASSES, each.size // (_MODES * n)))
        self._classes = []
        for members in np.array_split(np.argsort(each), count):
            # Only the shape of L within a class counts; its size may be below all numbers.
            largest = each[members[-1]]
            like = np.maximum(each[members] / largest if largest > _NOTHING else 1.0, _LEAST)
            like = np.broadcast_to(like, members.shape)
            fields_there = modes[:, members]
            products = (fields_there * like) @ fields_there.T
            weight = like.sum() / each.size
            self._classes.append((members, fields_there, weight * np.linalg.inv(products)))

    def responses(self, changes: FloatArray) -> FloatArray:
        """Mean responses to the fields of each node, shape (n,).

        Args:
            changes: coordinates of dZ, shape (copies, probes, d^2).
        """
        modes = turned(self._space, self._basis, changes[:, :, None]).ravel()
        found: FloatArray = np.sum(
            [solve @ (fields @ modes[members]) for members, fields, solve in self._classes], axis=0
        )
        return found


def turned(space: Hermitian, basis: AnyComplexArray, vectors: FloatArray) -> FloatArray:
    """Coordinates of U^* X U for Hermitian matrices X given by theirs, shape (copies, probes, n, d^2)."""
    copies, probes, n, dimension = vectors.shape
    d, count = space.d, probes * n
    matrices = space.matrix(vectors).reshape(copies, count * d, d)
    # All matrices of a copy in one product, from the right and then from the left.
    right = (matrices @ basis).reshape(copies, count, d, d).transpose(0, 2, 1, 3)
    both = (
        (dagger(basis) @ right.reshape(copies, d, count * d))
        .reshape(copies, d, count, d)
        .transpose(0, 2, 1, 3)
    )
    return space.vector(both).reshape(copies, probes, n, dimension)


def white_response(exponents: FloatArray, columns: int) -> FloatArray:
    """What a step does to a field: divided differences of the flow from a white start, shape (..., d, d).

    From a start W W^* that is white on ``columns`` of d directions, a direction with exponent x is at
    z(x) = x/(1 - e^{-2x} (1 - u x)) in units of its end, where u makes the number of directions kept right;
    a field changes Z in the mode (i, j) by (z_i - z_j)/(x_i - x_j).

    Args:
        exponents: x, rates times the length of the step, shape (..., d).
        columns: columns of W.

    >>> white_response(np.array([-20.0, 20.0]), 2).round(3)
    array([[0. , 0.5],
           [0.5, 1. ]])
    """
    x = exponents
    log_s = log_growth(x, 1.0)
    log_u = np.full((*x.shape[:-1], 1), -np.inf)
    if columns < x.shape[-1]:
        low, high = log_s.min(axis=-1, keepdims=True) - 50, log_s.max(axis=-1, keepdims=True) + 50
        for _ in range(_HALVINGS):
            log_u = (low + high) / 2
            kept = (1 / (1 + np.exp(np.clip(log_u - log_s, -700, 700)))).sum(axis=-1, keepdims=True)
            low, high = np.where(kept > columns, log_u, low), np.where(kept > columns, high, log_u)

    def z(at: FloatArray, level: FloatArray) -> FloatArray:
        where: FloatArray = np.exp(2 * at - np.logaddexp(level, log_growth(at, 1.0)))
        return where

    row, column = x[..., :, None], x[..., None, :]
    gap, middle, level = row - column, (row + column) / 2, log_u[..., None]
    near = np.abs(gap) < _NEAR
    slope = (z(middle + _NEAR, level) - z(middle - _NEAR, level)) / (2 * _NEAR)
    here = z(x, log_u)
    chord = (here[..., :, None] - here[..., None, :]) / np.where(near, 1.0, gap)
    shape: FloatArray = np.maximum(np.where(near, slope, chord), 0.0)
    return shape
