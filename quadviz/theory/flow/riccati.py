"""What matrix Riccati flows have in common: growth, saturation, and where W has got to.

The flow dW/dt = -(W W^T - T) W from W(0) = V has the solution

    Z(t) = W W^T = e^{Tt} V [1 + V^T S V]^{-1} V^T e^{Tt},     S = (e^{2Tt} - 1) T^{-1}

(THEORY section 9, in half its time). In the eigenbasis of T the entries of S span more powers of ten than a
float has. But Z = D P D, where D = e^{Tt} S^{-1/2} is bounded, and P is a corner of the projector on the
columns of [S^{1/2} V; 1].
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["log_growth", "moved", "saturation"]


#: Below this exponent a growth is that of a zero rate, corrected to first order.
_FLAT = 1e-8


def log_growth(rates: FloatArray, t: float | FloatArray) -> FloatArray:
    """log S with S = (e^{2at} - 1)/a, and 2t at a = 0.

    Args:
        rates: eigenvalues a of T, any shape.
        t: the time, > 0, or times that broadcast against the rates.

    >>> np.exp(log_growth(np.array([0.0, 1.0]), 0.5)).round(4)
    array([1.    , 1.7183])
    """
    exponent = 2 * rates * t
    flat = np.abs(exponent) < _FLAT
    safe = np.where(flat, 1.0, exponent)
    grown = np.maximum(safe, 0.0) + np.log(-np.expm1(-np.abs(safe)) / np.abs(safe))
    logarithm: FloatArray = np.log(2 * t) + np.where(flat, exponent / 2, grown)
    return logarithm


def saturation(rates: FloatArray, t: float) -> FloatArray:
    """The square of D: a/(1 - e^{-2at}), and 1/2t at a = 0; what is left at time t of an infinite start.

    Args:
        rates: eigenvalues a of T, any shape.
        t: the time, > 0.
    """
    exponent = 2 * rates * t
    flat = np.abs(exponent) < _FLAT
    with np.errstate(over="ignore"):
        curved = rates / -np.expm1(-np.where(flat, 1.0, exponent))
    left: FloatArray = np.where(flat, (1 + exponent / 2) / (2 * t), curved)
    return left


def moved(rates: FloatArray, start: FloatArray, t: float) -> FloatArray:
    """A W(t) with the right Z(t) = W W^T, in the eigenbasis of T.

    The columns are found by elimination, largest rows first, in which only ratios of scales occur.

    Args:
        rates: eigenvalues of T, decreasing, shape (d,).
        start: W(0) in this basis, shape (d, m).
        t: the time, > 0.
    """
    from scipy.linalg import lu  # not needed to import quadviz

    d, m = start.shape
    # log S^{1/2}; and the rows of the identity below.
    log_scale = np.concatenate([0.5 * log_growth(rates, t), np.zeros(m)])
    order = np.argsort(-log_scale, kind="stable")
    rows, log_scale = np.vstack([start, np.eye(m)])[order], log_scale[order]
    # Columns eliminated from the largest rows on: column j is zero above its own, and no larger below.
    _, _, upper = lu(rows.T)
    columns = upper.T
    with np.errstate(divide="ignore"):
        size = np.log(np.abs(columns)) + log_scale[:, None]
    size -= size.max(axis=0)
    q, _ = np.linalg.qr(np.sign(columns) * np.exp(size))
    top = np.empty_like(q)
    top[order] = q
    there: FloatArray = np.sqrt(saturation(rates, t))[:, None] * top[:d]
    return there
