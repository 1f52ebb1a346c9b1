"""Frobenius decay beside weight decay: the elastic net of matrices (THEORY section 14).

Adding (lam2/2d) |W W^T|_F^2 to the loss, beside (lam/d) |W|_F^2, shrinks what is kept: an eigenvalue x of the
noisy teacher becomes s (x - q), with

    R = 1 - I/alpha,      q = lam/R,      s = 1/(1 + lam2/R),      I = s int_b rho H (x - q).

For lam > 0 that makes s = lam/(lam + lam2 q), a function of q alone. At lam = 0 < lam2 nothing is cut but
negative eigenvalues, q = 0, and R is the positive root of R^2 + (lam2 - 1 + K/alpha) R - lam2 = 0, K = int_b
rho H x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray

__all__ = ["Penalty", "Shrinkage", "pure_response", "shift_below_cut"]


class Shrinkage(NamedTuple):
    """The factor s, and how it moves.

    Attributes:
        s: between 0 and 1.
        in_q: ds/dq at fixed xi.
        in_k: ds/dK, which is not 0 at lam = 0 alone.
    """

    s: FloatArray
    in_q: FloatArray
    in_k: FloatArray


class Penalty(NamedTuple):
    """What a Frobenius decay needs to know, one entry a problem: alpha, lam and lam2."""

    alpha: FloatArray
    lam: FloatArray
    lam2: FloatArray

    def part(self, index: NDArray[np.intp] | BoolArray | slice) -> Penalty:
        """Some of them."""
        return Penalty(self.alpha[index], self.lam[index], self.lam2[index])

    def shrinkage(self, q: FloatArray, k: FloatArray) -> Shrinkage:
        """s at a shift q, for K = int_b rho H x."""
        total = self.lam + self.lam2 * q
        pure = (self.lam == 0) & (self.lam2 > 0)
        safe = np.where(total > 0, total, 1.0)
        s = np.where(total > 0, self.lam / safe, 1.0)
        in_q = np.where(total > 0, -self.lam * self.lam2 / (safe * safe), 0.0)
        in_k = np.zeros_like(s)
        if pure.any():
            a, lam2 = self.alpha[pure], self.lam2[pure]
            response = pure_response(a, lam2, k[pure])
            s[pure] = response / (response + lam2)
            turn = 2 * response + lam2 - 1 + k[pure] / a
            # ds/dR = lam2/(R + lam2)^2 and dR/dK = -R/(alpha turn).
            in_k[pure] = -lam2 / (response + lam2) ** 2 * response / (a * turn)
            in_q[pure] = 0.0
        return Shrinkage(s, in_q, in_k)


def pure_response(alpha: FloatArray, lam2: FloatArray, k: FloatArray) -> FloatArray:
    """R at lam = 0 < lam2, without cancellation."""
    half = (lam2 - 1 + k / alpha) / 2
    root = np.sqrt(half * half + lam2)
    response: FloatArray = np.where(half > 0, lam2 / (half + root), root - half)
    return response


def shift_below_cut(
    alpha: FloatArray, lam: FloatArray, lam2: FloatArray, j: FloatArray, k: FloatArray
) -> FloatArray:
    """q where the width cuts the spectrum, with J = int_omega rho H and K = int_omega rho H x fixed.

    q (1 - I/alpha) = lam is then the quadratic (J + alpha lam2/lam) q^2 + (alpha (1 - lam2) - K) q = alpha
    lam.
    """
    some = lam > 0
    bend = j + np.where(some, alpha * lam2 / np.where(some, lam, 1.0), 0.0)
    slack = alpha * (1 - lam2) - k
    root = np.sqrt(slack**2 + 4 * bend * alpha * lam)
    positive = slack > 0
    q = np.where(
        positive,
        2 * alpha * lam / np.where(positive, slack + root, 1.0),
        (root - slack) / (2 * np.maximum(bend, np.finfo(float).tiny)),
    )
    # Without weight decay nothing is cut but what is negative.
    shift: FloatArray = np.where(some | (lam2 == 0), q, 0.0)
    return shift
