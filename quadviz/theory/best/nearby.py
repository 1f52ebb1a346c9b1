"""What learning curves are compared with, from nearby: the Bayes-optimal error, thresholds, the best decay.

As in :mod:`quadviz.theory.steady.nearby`, a start makes the way shorter, and what is found passes the same
checks as what the public functions find; where it does not, they are asked.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.family import WISHART_FAMILY, Family
from quadviz.outcome import Status, quiet
from quadviz.theory.best.bayes import (
    BayesOptimal,
    LawMmse,
    bayes_optimal,
    checked_solution,
    law_mmse,
    unsolved,
)
from quadviz.theory.steady.equations import Terms
from quadviz.theory.steady.nearby import Guess
from quadviz.theory.steady.newton import Problems, at_rank
from quadviz.theory.steady.small_noise import settled_width
from quadviz.theory.steady.threshold_scan import THRESHOLD_STEP, Scanned, scan_thresholds, threshold_stretch
from quadviz.theory.steady.thresholds import InterpolationThreshold, reported, threshold_with_noise

__all__ = ["BayesTrail", "best_step", "nearby_decay", "nearby_threshold"]


#: Evaluations after which a start was not near, and the step in log xi that is the last.
_PATIENCE, _LAST = 6, 3e-6
#: Steps to a best decay at most, and the last of them: the unknowns follow each other with one step between.
_DECAY_STEPS, _DECAY_LAST = 8, 1e-10
#: Points of a curve that make a table.
_FEW_POINTS = 20
#: Steps to a threshold at most; a mass, and a cut beside sqrt(xi), next to which two cases meet.
_THRESHOLD_STEPS, _CLOSE = 14, 1e-4
#: How near a cut may be.
_NEXT = 1e-7
#: A density below this is that of a gap.
_GAP = 1e-9
#: What the mass above a cut may be off the width.
_SPARE = 1e-13
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
        """As :func:`quadviz.theory.best.bayes.bayes_optimal`, for validated alpha of shape (N,)."""
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

    def _remember(self, alpha: FloatArray, kappa_star: float, xi: FloatArray, law: LawMmse | None) -> None:
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
    kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, good: float = 1e-9
) -> InterpolationThreshold:
    """As :func:`quadviz.interpolation_threshold`, for validated arrays of shape (N,), few.

    From what the scan sees, with the cut as a second unknown that follows xi: no quantile is searched for.

    Args:
        kappa: student widths.
        kappa_star: teacher widths.
        delta: label noise.
        good: relative error that an mse may have.
    """
    student, n = settled_width(kappa, kappa_star), kappa.size
    columns: list[NDArray[Any]] = [np.full(n, np.nan) for _ in range(3)]
    columns.append(np.full(n, Status.FAILED, dtype=np.int8))
    noisy = np.flatnonzero(delta > 0)
    k, star, noise = student[noisy], kappa_star[noisy], delta[noisy]
    if noisy.size:
        scan = scan_thresholds(k, star, noise, *threshold_stretch(k, star, noise))
        place, cut, found = _followed(scan, k[scan.at], star[scan.at], noise[scan.at], max(1e-9, 0.01 * good))
        sure = np.zeros(noisy.size, dtype=bool)
        sure[scan.at] = found
        seen: tuple[NDArray[Any], ...] = reported(scan, place, cut, k, star, noise, good)
        for column, values in zip(columns, seen, strict=True):
            column[noisy[sure]] = values[sure]
    rest = np.flatnonzero(columns[3] == Status.FAILED)
    if rest.size:
        asked: tuple[NDArray[Any], ...] = threshold_with_noise(
            student[rest], kappa_star[rest], delta[rest], good
        )
        for column, values in zip(columns, asked, strict=True):
            column[rest] = values
    alpha, mse, xi, status = columns
    return InterpolationThreshold(kappa, kappa_star, delta, alpha, mse, xi, status)


def _followed(
    scan: Scanned, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, last: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """log xi and the cut where both equations at q = 0 ask for one alpha, and where they were found."""
    nothing = np.zeros_like(kappa)
    p = Problems(nothing, kappa, kappa_star, nothing, delta)
    low, high = scan.low, scan.low + THRESHOLD_STEP
    place, cut = low + scan.share * THRESHOLD_STEP, scan.cut
    narrow = cut > 0
    found, lost = np.zeros(kappa.size, dtype=bool), np.zeros(kappa.size, dtype=bool)
    for _ in range(_THRESHOLD_STEPS):
        xi = np.exp(place)
        t = p.terms(cut, nothing, xi)
        surplus, rounding = p.surplus(t)
        # The mass above 0 is less than the width, and by more than it may move.
        lost |= ~narrow & (surplus > -_CLOSE)
        surplus = np.where(narrow, surplus, 0.0)
        mse, interaction = at_rank(t, surplus, xi, nothing, cut)
        first = (mse + delta / 2) / (2 * xi)
        step = (interaction - first) / (t.mse_xi / 2 - first - xi * t.interaction_xi)
        moved = np.where(found, place, place + step)
        lost |= ~((moved > low) & (moved < high))
        done = (np.abs(step) <= last) & (np.abs(surplus) <= np.maximum(rounding, _SPARE))
        follows = cut + surplus / t.density + t.hilbert * (np.exp(moved) - xi)
        lost |= narrow & ~(follows > _CLOSE * np.sqrt(xi))
        cut = np.where(narrow & ~found & ~lost, follows, cut)
        place = np.where(lost, place, moved)
        found |= done
        if (found | lost).all():
            break
    return place, cut, found & ~lost


@quiet
def nearby_decay(
    alpha: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    guess: Guess,
    family: Family = WISHART_FAMILY,
) -> tuple[FloatArray, Guess]:
    """The weight decay with the least mse, and the steady state there; arrays of shape (N,).

    As :func:`quadviz.optimal_lam`, with xi, the shift and the cut as unknowns side by side: at the best
    shift the mse does not depend on it, so that neither waits for the other.

    Args:
        alpha: sample ratios.
        kappa: student widths, settled.
        kappa_star: teacher widths.
        delta: label noise.
        guess: steady states at best weight decays nearby.
        family: the noisy laws of the teacher, in whose units all this is.

    Returns:
        The decays, NaN where none > 0 was found, and the steady states, which are to be held against the
        solver's.
    """
    lam, columns = (
        np.full(alpha.shape, np.nan),
        [np.full(alpha.shape, fill) for fill in (np.nan, 0.0, -np.inf)],
    )
    xi, q, omega = guess
    at = np.flatnonzero((xi > 0) & (q > 0) & ((delta > 0) | (family is not WISHART_FAMILY)))
    for turned in (False, True):
        if turned:
            # What is left may have gone from one regime to the other.
            at = at[np.isnan(lam[at]) & (kappa[at] < 1)]
            cut = omega.copy()
            cut[at] = family.quick_quantile(kappa[at], kappa_star[at], xi[at])
            omega = np.where(omega > q, -np.inf, np.maximum(cut, q * (1 + _CLOSE)))
        if not at.size:
            break
        part = Guess(xi[at], q[at], omega[at])
        problems = Problems(alpha[at], kappa[at], kappa_star[at], np.zeros(at.size), delta[at], None, family)
        best, state = _best_nearby(problems, part)
        found = np.isfinite(best)
        lam[at[found]] = best[found]
        for column, values in zip(columns, state, strict=True):
            column[at[found]] = values[found]
    return lam, Guess(*columns)


def best_step(
    p: Problems, t: Terms, mse: FloatArray, at: tuple[FloatArray, FloatArray], narrow: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The step in log xi towards the best weight decay, and xi and q after it.

    Args:
        p: the parameters, of which lam is not used.
        t: the terms at these unknowns.
        mse: the mse there, put right where the cut is not yet where the mass is.
        at: xi and q.
        narrow: where the cut is that of the width.
    """
    xi, q = at
    root, mean = np.sqrt(xi), t.rho_hilbert / t.mass
    slope = 2 * xi * np.where(narrow, 0.0, t.density / t.mass * (mean - t.hilbert)) - 1
    best = q / root - (2 * root * mean - q / root) / slope
    needed = mse + p.delta / 2
    step = np.log(needed / (2 * p.alpha * xi)) / (1 - xi * t.mse_xi / needed)
    new = xi * np.exp(np.clip(step, -1.0, 1.0))
    return step, new, best * np.sqrt(new)


def _best_nearby(p: Problems, guess: Guess) -> tuple[FloatArray, Guess]:
    """The same for points that stay in the regime of the guess; NaN where they do not."""
    xi, q, omega = guess
    alpha, kappa = p.alpha, p.kappa
    narrow, found = omega > q, np.zeros(alpha.size, dtype=bool)
    if narrow.any() and p.family is not WISHART_FAMILY:
        # Among bands apart nothing tells the way to the cut: it begins where the mass is right.
        omega = omega.copy()
        omega[narrow] = p.family.quantile(kappa[narrow], p.kappa_star[narrow], xi[narrow])
    for _ in range(_DECAY_STEPS):
        root, cut = np.sqrt(xi), np.where(narrow, omega, q)
        t = p.terms(cut, q, xi)
        surplus, rounding = p.surplus(t)
        mse, _ = at_rank(t, np.where(narrow, surplus, 0.0), xi, q, cut)
        step, new, moved = best_step(p, t, mse, (xi, q), narrow)
        moved = np.where(found, q, moved)
        done = (np.abs(step) <= _DECAY_LAST) & (np.abs(moved - q) <= _DECAY_LAST * root)
        done &= ~narrow | (np.abs(surplus) <= np.maximum(rounding, _SPARE))
        shift = np.divide(surplus, t.density, out=np.zeros_like(xi), where=t.density > _GAP)
        follows = omega + np.clip(shift, -root, root) + t.hilbert * (new - xi)
        omega = np.where(narrow & ~found, follows, omega)
        xi, q = np.where(found, xi, new), moved
        found |= done
        if found.all():
            break
    t = p.terms(np.where(narrow, omega, q), q, xi)
    # A shift next to nothing, or next to the cut, is left to the solver.
    found &= (q > _CLOSE * np.sqrt(xi)) & np.where(narrow, omega > q * (1 + _NEXT), t.mass < kappa - _NEXT)
    best = q * (1 - t.interaction / alpha)
    lam = np.where(found & (best > 0), best, np.nan)
    return lam, Guess(xi, q, np.where(narrow, omega, -np.inf))
