"""Training on infinitely many samples: a matrix flow that is solved in closed form.

As alpha -> infinity the force on W is the gradient of the population loss, dW/dt = -2 (W W^T - Z* + lam) W.
With A = Z* - lam and W(0) = V it is a matrix Riccati equation (THEORY section 9):

    Z(t) = e^{2At} V [1 + V^T S V]^{-1} V^T e^{2At},     S = (e^{4At} - 1) A^{-1}.

In the eigenbasis of A the entries of S span more powers of ten than a float has. But Z = D P D, where
D = e^{2At} S^{-1/2} is bounded, and P is a corner of the projector on the columns of [S^{1/2} V; 1].
These are found by elimination, largest rows first, in which only ratios of scales occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import PARAMETERS

__all__ = ["PopulationFlow", "population_flow"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PopulationFlow:
    """Training on infinitely many samples.

    Attributes:
        times: times, shape (T,).
        mse: |Z - Z*|_F^2 / d, shape (T,).
        loss: population loss mse/2 + delta/4, shape (T,).
        eigenvalues: of Z = W W^T, increasing, shape (T, d).
    """

    times: FloatArray
    mse: FloatArray
    loss: FloatArray
    eigenvalues: FloatArray


def population_flow(
    teacher: ArrayLike, start: ArrayLike, times: ArrayLike, lam: float = 0.0, delta: float = 0.0
) -> PopulationFlow:
    """The flow dW/dt = -2 (W W^T - Z* + lam) W from W(0), at any times, without integrating.

    Args:
        teacher: Z*, symmetric, shape (d, d).
        start: W(0), shape (d, m).
        times: times, >= 0, shape (T,) or a single one.
        lam: weight decay, >= 0; here 0 is none.
        delta: label-noise variance, >= 0, which only lifts the loss.

    Returns:
        What is seen at these times.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if the shapes do not fit, the teacher is not symmetric, or a value is out of its range.

    >>> flow = population_flow([[1.0]], [[0.1]], times=[0.0, 1.0, 100.0])
    >>> flow.eigenvalues[:, 0].round(4)
    array([0.01  , 0.3555, 1.    ])
    """
    z_star, weights, at = _checked(teacher, start, times)
    decay, noise = (float(PARAMETERS[n].as_array(v)) for n, v in (("lam", lam), ("delta", delta)))
    rates, basis = np.linalg.eigh(z_star)
    # The fastest growing directions come first: they are eliminated first.
    rates, basis = rates[::-1] - decay, basis[:, ::-1]
    rotated = basis.T @ weights
    mse, spectra = np.empty(at.size), np.empty((at.size, len(z_star)))
    target = np.diag(rates + decay)
    for i, t in enumerate(at):
        w = rotated if t == 0 else _moved(rates, rotated, float(t))
        mse[i] = np.sum((w @ w.T - target) ** 2) / len(z_star)
        squares = np.linalg.svd(w, compute_uv=False)[::-1] ** 2
        spectra[i] = np.pad(squares, (len(z_star) - squares.size, 0))
    return PopulationFlow(times=at, mse=mse, loss=mse / 2 + noise / 4, eigenvalues=spectra)


def _moved(rates: FloatArray, start: FloatArray, t: float) -> FloatArray:
    """A W(t) with the right Z(t) = W W^T, in the basis in which A is diag(rates), decreasing."""
    from scipy.linalg import lu  # not needed to import quadviz

    d, m = start.shape
    # log S^{1/2}, with S = (e^{4at} - 1)/a and 4t at a = 0; and the rows of the identity below.
    exponent = 4 * rates * t
    flat = np.abs(exponent) < 1e-8
    safe = np.where(flat, 1.0, exponent)
    log_growth = np.maximum(safe, 0.0) + np.log(-np.expm1(-np.abs(safe)) / np.abs(safe))
    log_scale = np.concatenate(
        [0.5 * (np.log(4 * t) + np.where(flat, exponent / 2, log_growth)), np.zeros(m)]
    )
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
    # D = e^{2at} S^{-1/2}: its square is a/(1 - e^{-4at}).
    with np.errstate(over="ignore"):
        squared = np.where(flat, (1 + exponent / 2) / (4 * t), rates / -np.expm1(-safe))
    moved: FloatArray = np.sqrt(squared)[:, None] * top[:d]
    return moved


def _checked(
    teacher: ArrayLike, start: ArrayLike, times: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The matrices and the times as arrays that fit each other."""
    z_star, weights = (np.asarray(a, dtype=np.float64) for a in (teacher, start))
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if z_star.ndim != 2 or z_star.shape[0] != z_star.shape[1] or not np.allclose(z_star, z_star.T):
        raise ValueError(f"teacher must be a symmetric matrix, got shape {z_star.shape}")
    if weights.ndim != 2 or len(weights) != len(z_star):
        raise ValueError(f"start must have {len(z_star)} rows, as teacher has, got shape {weights.shape}")
    if at.ndim != 1 or not np.isfinite(at).all() or np.any(at < 0):
        raise ValueError(f"times must be finite and >= 0, in one dimension, got {times!r}")
    return z_star, weights, at
