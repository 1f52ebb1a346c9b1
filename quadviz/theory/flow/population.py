"""Training on infinitely many samples: a matrix flow that is solved in closed form.

As alpha -> infinity the force on W is the gradient of the population loss, dW/dt = -2 (W W^T - Z* + lam) W:
the matrix Riccati flow of T = Z* - lam at twice the speed (:mod:`quadviz.theory.flow.riccati`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.parameters import parameter
from quadviz.results import Result, Sheet
from quadviz.theory.flow.arguments import flow_times, real_matrix, symmetric_matrix
from quadviz.theory.flow.riccati import moved

__all__ = ["PopulationFlow", "population_flow"]


@dataclass(frozen=True, eq=False, repr=False)
class PopulationFlow(Result):
    """Training on infinitely many samples.

    Attributes:
        times: times, shape (T,).
        mse: |Z - Z*|_F^2 / d, shape (T,).
        loss: population loss mse/2 + delta/4, shape (T,).
        eigenvalues: of Z = W W^T, increasing, shape (T, d).
        lam: weight decay.
        delta: label-noise variance.
        lam2: Frobenius decay.
    """

    times: FloatArray
    mse: FloatArray
    loss: FloatArray
    eigenvalues: FloatArray
    lam: float = 0.0
    delta: float = 0.0
    lam2: float = 0.0

    def sheets(self) -> dict[str, Sheet]:
        """What is seen over time, and the eigenvalues."""
        dims, about = ("time",), {"lam": ((), self.lam), "delta": ((), self.delta)}
        if self.lam2:
            about["lam2"] = ((), self.lam2)
        coords = {**about, "time": (dims, self.times)}
        index = (("index",), np.arange(self.eigenvalues.shape[1]))
        return {
            "course": Sheet(
                {"time": self.times.size}, coords, {"mse": (dims, self.mse), "loss": (dims, self.loss)}
            ),
            "eigenvalues": Sheet(
                {"time": self.times.size, "index": self.eigenvalues.shape[1]},
                {**coords, "index": index},
                {"eigenvalue": (("time", "index"), self.eigenvalues)},
            ),
        }


def population_flow(
    teacher: ArrayLike,
    start: ArrayLike,
    times: ArrayLike,
    lam: float = 0.0,
    delta: float = 0.0,
    lam2: float = 0.0,
) -> PopulationFlow:
    """The flow dW/dt = -2 ((1 + lam2) W W^T - Z* + lam) W from W(0), at any times, without integrating.

    The closed form of THEORY section 9, with (e^{4at} - 1)/a continued to a = 0 and scaled against overflow;
    with Frobenius decay sqrt(1 + lam2) W follows it (section 14).

    Args:
        teacher: Z*, symmetric, shape (d, d).
        start: W(0), shape (d, m).
        times: times, >= 0, shape (T,) or a single one.
        lam: weight decay, >= 0; here 0 is none.
        delta: label-noise variance, >= 0, which only lifts the loss.
        lam2: Frobenius decay, >= 0.

    Returns:
        What is seen at these times.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if the shapes do not fit, the teacher is not symmetric, or a value is out of its range.

    >>> flow = population_flow([[1.0]], [[0.1]], times=[0.0, 1.0, 100.0])
    >>> flow.eigenvalues[:, 0].round(4)
    array([0.01  , 0.3555, 1.    ])
    """
    z_star = symmetric_matrix("teacher", teacher)
    weights = real_matrix("start", start, len(z_star), "teacher")
    at = flow_times(times)
    given = {"lam": lam, "delta": delta, "lam2": lam2}
    decay, noise, frobenius = (parameter(n).as_number(v) for n, v in given.items())
    stretch = 1 + frobenius
    rates, basis = np.linalg.eigh(z_star)
    # The fastest growing directions come first: they are eliminated first.
    rates, basis = rates[::-1] - decay, basis[:, ::-1]
    rotated = np.sqrt(stretch) * (basis.T @ weights) if frobenius else basis.T @ weights
    mse, spectra = np.empty(at.size), np.empty((at.size, len(z_star)))
    target = np.diag(rates + decay)
    for i, t in enumerate(at):
        w = rotated if t == 0 else moved(rates, rotated, 2 * float(t))
        mse[i] = np.sum((w @ w.T / stretch - target) ** 2) / len(z_star)
        squares = np.linalg.svd(w, compute_uv=False)[::-1] ** 2 / stretch
        spectra[i] = np.pad(squares, (len(z_star) - squares.size, 0))
    return PopulationFlow(at, mse, mse / 2 + noise / 4, spectra, decay, noise, frobenius)
