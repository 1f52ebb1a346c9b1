"""The pure matrix flow at finite d, and how far it is from its end: to all digits, however near.

    dW/dt = -(W W^T - T) W,     Z = W W^T,     Z(t) -> Z_inf, the r largest positive eigenvalues of T,

r the smaller of the width m and the number of positive eigenvalues (THEORY section 11). Late, |Z - Z_inf|^2
is many orders of magnitude below |Z|^2, so the difference is never formed. Split the eigenbasis of T into
the r directions kept, K, and the others, L. With Z = D P D as in :mod:`quadviz.theory.flow.riccati`, the
projector P belongs to r columns and m - r more, none of them normalised, which are

    1 on K,  A on L,  B on r rows of the identity,     and     0 on K,  C on L,  1 on its other rows.

A = S_L^{1/2} Y S_K^{-1/2}, with a Y that does not depend on time, is small late, and so is B. With
J = (1 + C C^T)^{-1} and H = B^T B + A^T J A,

    P_KK = 1 - H/(1 + H),     P_LK = J A/(1 + H),     P_LL = C (1 + C^T C)^{-1} C^T + J A (1 + H)^{-1} A^T J,

and D_K^2 exceeds the eigenvalues kept by a/(e^{2at} - 1): every term is small by itself near the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.results import Result, Sheet
from quadviz.theory.flow.arguments import flow_times, real_matrix, symmetric_matrix
from quadviz.theory.flow.riccati import log_growth, moved, saturation

__all__ = ["MatrixFlow", "SplitStart", "matrix_flow", "spectral_flow"]


#: Eigenvalues of T below this share of its norm, times d, are zero but for rounding.
_ROUNDING = 1e-15
#: Where H is larger than this, Z is far from its end, and the plain difference is the more accurate.
_FAR = 1e6
#: Directions whose entries in A are smaller than the largest by this many powers of e add nothing: they enter
#: squared, and what they make of the others does too.
_NOTHING = 20.0
#: Directions that are left of what they were by this share of the largest have gone.
_GONE = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class MatrixFlow(Result):
    """How one flow approaches its end.

    Attributes:
        times: times, shape (T,).
        distance: |Z(t) - Z_inf|_F^2 / d, shape (T,).
        rates: eigenvalues of the target T, decreasing, shape (d,).
        rank: how many of them Z_inf keeps, the first ones.
        width: columns of W.
    """

    times: FloatArray
    distance: FloatArray
    rates: FloatArray
    rank: int
    width: int

    def sheets(self) -> dict[str, Sheet]:
        """The distance over time, and the eigenvalues of the target."""
        about = {"rank": ((), self.rank), "width": ((), self.width)}
        return {
            "course": Sheet(
                {"time": self.times.size},
                {**about, "time": (("time",), self.times)},
                {"distance": (("time",), self.distance)},
            ),
            "rates": Sheet(
                {"index": self.rates.size},
                {**about, "index": (("index",), np.arange(self.rates.size))},
                {"rate": (("index",), self.rates)},
            ),
        }

    @property
    def late_rate(self) -> float:
        """The rate c of the end, distance ~ e^{-ct}; 0 where a direction with eigenvalue 0 is left to decay.

        Where the width binds, c is twice the gap between the last eigenvalue kept and the first one lost, or
        four times the last one kept; else four times the least size of all.
        """
        kept, lost = self.rates[: self.rank], self.rates[self.rank :]
        if self.width <= self.rank:
            among = [4 * kept[-1]] if self.rank else []
            among += [2 * (kept[-1] - lost[0])] if lost.size and self.rank else []
            return float(min(among))
        return float(4 * np.abs(self.rates).min())


def matrix_flow(target: ArrayLike, start: ArrayLike, times: ArrayLike) -> MatrixFlow:
    """How the flow dW/dt = -(W W^T - T) W from W(0) approaches its end, at any times, without integrating.

    The relative error was below 3e-12 in all cases tried, and mostly 1e-14, however small the distance: late
    it is what rounding of the eigenvalues makes of an exponential, 1e-16 |T| t.

    Args:
        target: T, symmetric, shape (d, d).
        start: W(0), shape (d, m), of full rank.
        times: times, >= 0, shape (T,) or a single one.

    Returns:
        The distance at these times, shape (T,) (THEORY section 11).

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if the shapes do not fit, the target is not symmetric, or a time is negative or infinite.

    >>> flow = matrix_flow([[1.0]], [[0.1]], times=[0.0, 1.0, 20.0])
    >>> [f"{distance:.4g}" for distance in flow.distance]
    ['0.9801', '0.8659', '1.769e-31']
    """
    matrix = symmetric_matrix("target", target)
    weights = real_matrix("start", start, len(matrix), "target")
    rates, basis = np.linalg.eigh(matrix)
    return spectral_flow(rates[::-1], basis[:, ::-1].T @ weights, times)


def spectral_flow(rates: FloatArray, start: FloatArray | SplitStart, times: ArrayLike) -> MatrixFlow:
    """The same in the eigenbasis of T, where T is diag(rates).

    Args:
        rates: eigenvalues of T, decreasing, shape (d,).
        start: W(0) in this basis, shape (d, m), of full rank.
        times: times, >= 0, shape (T,) or a single one.

    Raises:
        ValueError: if a time is negative or infinite, or the eigenvalues do not decrease.

    >>> spectral_flow(np.array([1.0, -1.0]), np.eye(2), [0.0, 2.0]).rank
    1
    """
    at = flow_times(times)
    if np.any(np.diff(rates) > 0):
        raise ValueError("rates must not increase: the largest eigenvalue comes first")
    a = np.where(np.abs(rates) < _ROUNDING * rates.size * np.abs(rates).max(), 0.0, rates)
    split = _Split(a, start if isinstance(start, SplitStart) else SplitStart(start))
    distance = [split.distance(float(t)) if t > 0 else split.at_start() for t in at]
    return MatrixFlow(at, np.array(distance), a, split.rank, split.start.shape[1])


class SplitStart:
    """A start, split into the directions kept and the others, which does not depend on the rates.

    Attributes:
        weights: W(0), shape (d, m).
    """

    def __init__(self, weights: FloatArray) -> None:
        self.weights = weights
        self._last: tuple[int, tuple[FloatArray, FloatArray, FloatArray]] | None = None

    def parts(self, r: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """C, Y and the Gram matrix that H begins with, without their scales, for r directions kept.

        The last are remembered: neighbouring targets keep the same number.
        """
        if self._last is None or self._last[0] != r:
            self._last = (r, self._parts(r))
        return self._last[1]

    def _parts(self, r: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        from scipy.linalg import solve_triangular  # not needed to import quadviz

        d, m = self.weights.shape
        # Only W W^T matters: d columns do.
        columns = self.weights if m <= d else np.transpose(np.linalg.qr(self.weights.T, mode="r"))
        q, upper = np.linalg.qr(columns[:r].T, mode="complete")
        rotated = columns[r:] @ q
        lower = upper[:r].T
        y = solve_triangular(lower, rotated[:, :r].T, lower=True, trans=1).T
        inverse = solve_triangular(lower, np.eye(r), lower=True)
        return rotated[:, r:], y, inverse.T @ inverse


class _Split:
    """A start beside the rates of one target; all that does not depend on time."""

    def __init__(self, rates: FloatArray, start: SplitStart) -> None:
        self.rates, self.start = rates, start.weights
        self.rank = r = min(self.start.shape[1], int(np.count_nonzero(rates > 0)))
        self._others, self._y, self._gram = start.parts(r)

    def at_start(self) -> float:
        """The distance at time 0."""
        return self._from_end(self.start)

    def _from_end(self, weights: FloatArray) -> float:
        """The distance of W W^T, as a plain difference."""
        kept = np.where(np.arange(self.rates.size) < self.rank, self.rates, 0.0)
        return float(np.sum((weights @ weights.T - np.diag(kept)) ** 2)) / kept.size

    def distance(self, t: float) -> float:
        """The distance at a time > 0."""
        a, r = self.rates, self.rank
        size, left = 0.5 * log_growth(a, t), saturation(a, t)
        # Rates decrease, and sizes with them: what matters is next to the cut.
        first = int(np.count_nonzero(size[:r] > size[r - 1] + _NOTHING)) if r else 0
        last = a.size
        if not self._others.shape[1] and r < a.size:
            last = r + int(np.count_nonzero(size[r:] > size[r] - _NOTHING))
        kept, lost = slice(first, r), slice(r, last)
        near = self._y[: last - r, kept] * np.exp(size[lost, None] - size[None, kept])
        sifted, through = near, None
        if self._others.shape[1]:
            c = self._others * np.exp(size[lost])[:, None]
            through = _inverse(c.T @ c) @ c.T
            sifted = near - c @ (through @ near)
        scale = np.exp(-size[kept])
        h = self._gram[kept, kept] * (scale[:, None] * scale) + near.T @ sifted
        if h.max(initial=0.0) > _FAR:
            return self._from_end(moved(a, self.start, t))
        inverse = _inverse(h)
        # Of directions lost, those count in the end that are left to decay.
        down, up = np.sqrt(left[lost]), np.sqrt(left[kept])
        late = slice(0, int(np.count_nonzero(down > _GONE * down.max(initial=0.0))))
        sifted, down = sifted[late], down[late]
        cross = sifted @ inverse
        within = cross @ sifted.T
        if through is not None:
            within += c[late] @ through[:, late]
        # a/(e^{2at} - 1): the saturation at -a.
        inside = np.diag(saturation(-a[kept], t)) - up[:, None] * (h @ inverse) * up
        between = down[:, None] * cross * up
        outside = down[:, None] * within * down
        return (
            float(np.vdot(inside, inside) + 2 * np.vdot(between, between) + np.vdot(outside, outside))
            / a.size
        )


def _inverse(h: FloatArray) -> FloatArray:
    """The inverse of 1 + h, for a positive semidefinite h; faster than to solve for as many columns."""
    from scipy.linalg.lapack import dpotrf, dpotri  # not needed to import quadviz

    if not len(h):
        return h
    factor, _ = dpotrf(np.eye(len(h)) + h, lower=1)
    below, _ = dpotri(factor, lower=1)
    # Above the diagonal is what the factor had there: zeros.
    inverse: FloatArray = below + below.T
    inverse.ravel("K")[:: len(h) + 1] /= 2
    return inverse
