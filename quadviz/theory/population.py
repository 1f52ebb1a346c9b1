"""Training on infinitely many samples: a matrix flow that is solved in closed form.

As alpha -> infinity the force on W is the gradient of the population loss, dW/dt = -2 (W W^T - Z* + lam) W:
the matrix Riccati flow of T = Z* - lam at twice the speed (THEORY section 9, :mod:`quadviz.theory.riccati`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import PARAMETERS
from quadviz.theory.riccati import moved

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
        w = rotated if t == 0 else moved(rates, rotated, 2 * float(t))
        mse[i] = np.sum((w @ w.T - target) ** 2) / len(z_star)
        squares = np.linalg.svd(w, compute_uv=False)[::-1] ** 2
        spectra[i] = np.pad(squares, (len(z_star) - squares.size, 0))
    return PopulationFlow(times=at, mse=mse, loss=mse / 2 + noise / 4, eigenvalues=spectra)


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
