"""What learning curves are compared with, from where it was before: the Bayes-optimal error and thresholds.

As in :mod:`quadviz.theory.nearby`, a start makes the way shorter, and what is found passes the same checks as
what the public functions find; where it does not, they are asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.law.family import WISHART_FAMILY
from quadviz.theory.bayes import BayesOptimal, bayes_optimal, checked_solution, law_mmse, unsolved
from quadviz.theory.equations import evaluate
from quadviz.theory.newton import at_rank
from quadviz.theory.outcome import Status, quiet
from quadviz.theory.small_noise import settled_width
from quadviz.theory.thresholds import InterpolationThreshold, interpolation_threshold, reported, scanned

__all__ = ["BayesTrail", "ThresholdTrail"]

FloatArray = NDArray[np.float64]

#: Evaluations after which a start was not near, and the step in log xi after which the next is below rounding.
_PATIENCE, _LAST = 4, 3e-6
#: Steps on the table of the law of the mmse.
_ON_TABLE = 5


class _Table(NamedTuple):
    """The law of the mmse at one kappa_star: log xi, increasing, the mmse there, and its slope in log xi."""

    kappa_star: float
    place: FloatArray
    mmse: FloatArray
    slope: FloatArray
    alpha: FloatArray

    def at(self, place: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Value and slope of the cubic pieces between these places."""
        right = np.clip(np.searchsorted(self.place, place), 1, self.place.size - 1)
        left, width = right - 1, self.place[right] - self.place[right - 1]
        t = (place - self.place[left]) / width
        one, other = self.mmse[left], self.mmse[right]
        rise, a, b = other - one, width * self.slope[left], width * self.slope[right]
        value = one + t * (a + t * (3 * rise - 2 * a - b + t * (a + b - 2 * rise)))
        slope = (a + t * (2 * (3 * rise - 2 * a - b) + 3 * t * (a + b - 2 * rise))) / width
        return value, slope


class BayesTrail:
    """The Bayes-optimal error along curves as a slider moves.

    The mmse is a function of xi and kappa_star alone: what was evaluated for one noise is a table for another.
    """

    def __init__(self) -> None:
        self._table: _Table | None = None

    @quiet
    def solve(self, alpha: FloatArray, kappa_star: float, delta: float) -> BayesOptimal:
        """As :func:`quadviz.theory.bayes.bayes_optimal`, for validated alpha of shape (N,)."""
        star, noise = np.full(alpha.shape, kappa_star), np.full(alpha.shape, delta)
        left = unsolved(alpha, star, noise)
        log_xi = self._start(alpha[left], kappa_star, delta)
        if log_xi is None or not left.size:
            found = bayes_optimal(alpha, kappa_star, delta)
            known = found.xi > 0
            if np.count_nonzero(known) > 2:
                self._remember(found.alpha[known], kappa_star, found.xi[known], law_mmse(star[known], found.xi[known]))
            return found
        a, k, d = alpha[left], star[left], noise[left]
        for _ in range(_PATIENCE):
            xi = np.exp(log_xi)
            law = law_mmse(k, xi)
            needed = law[0] + d / 2
            step = -np.log(needed / (2 * a * xi)) / (xi * law[1] / needed - 1)
            log_xi = log_xi + step
            if np.all(np.abs(step) <= _LAST):
                break
        there = np.exp(log_xi)
        moved = (law[0] + law[1] * (there - xi), *law[1:])
        value, fine = checked_solution(a, k, d, there, moved)
        fine &= np.abs(step) <= _LAST
        self._remember(a, kappa_star, xi, law)
        mmse, solved = np.zeros(alpha.shape), np.zeros(alpha.shape)
        mmse[left], solved[left] = value, there
        status = np.full(alpha.shape, Status.SOLVED, dtype=np.int8)
        rest = left[~fine]
        if rest.size:
            asked = bayes_optimal(alpha[rest], kappa_star, delta)
            mmse[rest], solved[rest], status[rest] = asked.mmse, asked.xi, asked.status
        return BayesOptimal(alpha, star, noise, mmse, solved, status)

    def _start(self, alpha: FloatArray, kappa_star: float, delta: float) -> FloatArray | None:
        table = self._table
        if table is None:
            return None
        place = np.interp(np.log(alpha), np.log(table.alpha), table.place[::-1])
        if table.kappa_star != kappa_star:
            return place
        low, high = table.place[0] - 0.5, table.place[-1] + 0.5
        for _ in range(_ON_TABLE):
            value, slope = table.at(place)
            needed = np.maximum(value + delta / 2, np.finfo(float).tiny)
            step = np.log(needed) - np.log(2 * alpha) - place
            place = np.clip(place + step / np.maximum(1 - slope / needed, 0.1), low, high)
        return place

    def _remember(
        self, alpha: FloatArray, kappa_star: float, xi: FloatArray, law: tuple[FloatArray, ...]
    ) -> None:
        if alpha.size < 3:
            return
        place = np.log(xi)
        order = np.argsort(place, kind="stable")
        order = order[np.concatenate([[True], np.diff(place[order]) > 0])]
        decreasing = np.sort(alpha)
        self._table = _Table(
            kappa_star, place[order], law[0][order], (xi * law[1])[order], decreasing[: order.size]
        )
