"""What learning curves are compared with, from where it was before: the Bayes-optimal error and thresholds.

As in :mod:`quadviz.theory.nearby`, a start makes the way shorter, and what is found passes the same checks as
what the public functions find; where it does not, they are asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.theory.bayes import BayesOptimal, LawMmse, bayes_optimal, checked_solution, law_mmse, unsolved
from quadviz.theory.newton import Problems, at_rank
from quadviz.theory.outcome import Status, quiet
from quadviz.theory.small_noise import settled_width
from quadviz.theory.thresholds import (
    THRESHOLD_STEP,
    InterpolationThreshold,
    Scanned,
    interpolation_threshold,
    reported,
    scan_thresholds,
    threshold_stretch,
)

__all__ = ["BayesTrail", "nearby_threshold"]

FloatArray = NDArray[np.float64]

#: Evaluations after which a start was not near, and the step in log xi after which the next is below rounding.
_PATIENCE, _LAST = 6, 3e-6
#: Points of a curve that make a table.
_FEW_POINTS = 20
#: Steps to a threshold at most; a mass, and a cut beside sqrt(xi), next to which two cases meet.
_THRESHOLD_STEPS, _CLOSE = 8, 1e-4
#: Steps on the table of the law of the mmse, and how far beyond its ends, in log xi.
_ON_TABLE, _BEYOND = 5, 0.5


class _Table(NamedTuple):
    """A curve that was solved, and the law of the mmse at its kappa_star.

    Attributes:
        kappa_star: teacher width.
        alpha: sample ratios, decreasing, shape (N,).
        place: log xi there, increasing.
        mmse: the mmse at these xi.
        slope: its derivative in log xi.
    """

    kappa_star: float
    alpha: FloatArray
    place: FloatArray
    mmse: FloatArray
    slope: FloatArray

    def law(self, place: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The mmse and its slope by cubic pieces."""
        right = np.clip(np.searchsorted(self.place, place), 1, self.place.size - 1)
        left = right - 1
        width = self.place[right] - self.place[left]
        t, rise = (place - self.place[left]) / width, self.mmse[right] - self.mmse[left]
        a, b = width * self.slope[left], width * self.slope[right]
        second, third = 3 * rise - 2 * a - b, a + b - 2 * rise
        value = self.mmse[left] + t * (a + t * (second + t * third))
        return value, (a + t * (2 * second + 3 * t * third)) / width


class BayesTrail:
    """The Bayes-optimal error along curves, as a slider moves.

    The mmse is a function of xi and kappa_star alone: what was evaluated at one noise is a table for another.
    """

    def __init__(self) -> None:
        self._table: _Table | None = None

    @quiet
    def solve(self, alpha: FloatArray, kappa_star: float, delta: float) -> BayesOptimal:
        """As :func:`quadviz.theory.bayes.bayes_optimal`, for validated alpha of shape (N,)."""
        star, noise = np.full(alpha.shape, kappa_star), np.full(alpha.shape, delta)
        left = np.flatnonzero(unsolved(alpha, star, noise))
        if self._table is None or not left.size:
            found = bayes_optimal(alpha, kappa_star, delta)
            known = np.flatnonzero(found.xi > 0)
            self._remember(alpha[known], kappa_star, found.xi[known], None)
            return found
        a, k, d = alpha[left], star[left], noise[left]
        log_xi = self._start(self._table, a, kappa_star, delta)
        for _ in range(_PATIENCE):
            xi = np.exp(log_xi)
            law = law_mmse(k, xi)
            needed = law[0] + d / 2
            step = -np.log(needed / (2 * a * xi)) / (xi * law[1] / needed - 1)
            log_xi = log_xi + np.clip(step, -1.0, 1.0)
            if np.all(np.abs(step) <= _LAST):
                break
        self._remember(a, kappa_star, xi, law)
        there = np.exp(log_xi)
        value, fine = checked_solution(a, k, d, there, (law[0] + law[1] * (there - xi), *law[1:]))
        fine &= np.abs(step) <= _LAST
        mmse, solved = np.zeros(alpha.shape), np.zeros(alpha.shape)
        status = np.full(alpha.shape, Status.SOLVED, dtype=np.int8)
        mmse[left], solved[left] = value, there
        rest = left[~fine]
        if rest.size:
            asked = bayes_optimal(alpha[rest], kappa_star, delta)
            mmse[rest], solved[rest], status[rest] = asked.mmse, asked.xi, asked.status
        return BayesOptimal(alpha, star, noise, mmse, solved, status)

    @staticmethod
    def _start(table: _Table, alpha: FloatArray, kappa_star: float, delta: float) -> FloatArray:
        place = np.interp(np.log(alpha), np.log(table.alpha[::-1]), table.place[::-1])
        if table.kappa_star != kappa_star:
            return place
        low, high = table.place[0] - _BEYOND, table.place[-1] + _BEYOND
        for _ in range(_ON_TABLE):
            value, slope = table.law(place)
            needed = np.maximum(value + delta / 2, np.finfo(float).tiny)
            excess = np.log(needed / (2 * alpha)) - place
            place = np.clip(place + excess / np.maximum(1 - slope / needed, 0.1), low, high)
        return place

    def _remember(
        self, alpha: FloatArray, kappa_star: float, xi: FloatArray, law: LawMmse | None
    ) -> None:
        """A curve of more than a few points."""
        order = np.argsort(xi, kind="stable")
        order = order[np.flatnonzero(np.diff(xi[order], prepend=-1.0) > 0)]
        if order.size > _FEW_POINTS and np.isfinite(xi[order]).all():
            mmse, slope, *_ = law_mmse(np.full(xi.shape, kappa_star), xi) if law is None else law
            self._table = _Table(
                kappa_star, alpha[order], np.log(xi[order]), mmse[order], (xi * slope)[order]
            )


@quiet
def nearby_threshold(
    kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray
) -> InterpolationThreshold:
    """As :func:`quadviz.theory.thresholds.interpolation_threshold`, for validated arrays of shape (N,), few.

    From what the scan sees, with the cut as a second unknown that follows xi: no quantile is searched for.
    """
    student = settled_width(kappa, kappa_star)
    if (delta > 0).all():
        scan = scan_thresholds(student, kappa_star, delta, *threshold_stretch(student, kappa_star, delta))
        ends = None if scan.at.size < kappa.size else _followed(scan, student, kappa_star, delta)
        if ends is not None:
            alpha, mse, xi, status = reported(scan, *ends, student, kappa_star, delta)
            if not (status == Status.FAILED).any():
                return InterpolationThreshold(kappa, kappa_star, delta, alpha, mse, xi, status)
    return interpolation_threshold(kappa, kappa_star, delta)


def _followed(
    scan: Scanned, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """log xi and the cut where both equations at q = 0 ask for the same alpha; None where Newton's way leads out."""
    nothing = np.zeros_like(kappa)
    p = Problems(nothing, kappa, kappa_star, nothing, delta)
    low, high = scan.low, scan.low + THRESHOLD_STEP
    place, cut = low + scan.share * THRESHOLD_STEP, scan.cut
    narrow = cut > 0
    for _ in range(_THRESHOLD_STEPS):
        xi = np.exp(place)
        t = p.terms(cut, nothing, xi)
        surplus, rounding = p.surplus(t)
        if np.any(~narrow & (surplus > -_CLOSE)):
            return None
        surplus = np.where(narrow, surplus, 0.0)
        mse, interaction = at_rank(t, surplus, xi, nothing, cut)
        first = (mse + delta / 2) / (2 * xi)
        step = (interaction - first) / (t.mse_xi / 2 - first - xi * t.interaction_xi)
        place = place + step
        if not np.all((place > low) & (place < high)):
            return None
        done = np.all((np.abs(step) <= 1e-9) & (np.abs(surplus) <= rounding))
        follows = cut + surplus / t.density + t.hilbert * (np.exp(place) - xi)
        cut = np.where(narrow, follows, 0.0)
        if np.any(narrow & ~(cut > _CLOSE * np.sqrt(xi))):
            return None
        if done:
            return place, cut
    return None
