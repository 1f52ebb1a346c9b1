"""When to stop training, what it gains, and the weight decay that would do as well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.teachers import WISHART, TeacherLike
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.steady_state import steady_state

__all__ = ["EarlyStop", "MatchingDecay", "early_stop", "matching_decay"]


#: The mse must have risen again by this factor, and by so many standard errors, for a stop to pay.
_RISE, _APART = 1.02, 2.0
#: The least weight decay looked at, and how the search for one narrows: points of a grid, and grids.
_LEAST, _POINTS, _ZOOMS = 1e-7, 25, 3


@dataclass(frozen=True)
class EarlyStop:
    """The best moment of a course of training.

    Attributes:
        time: when the mse was least.
        mse: its value then.
        error: its standard error, NaN if unknown.
        end: the last time.
        end_mse: the mse at the end.
        end_error: its standard error.
    """

    time: float
    mse: float
    error: float
    end: float
    end_mse: float
    end_error: float

    @property
    def gain(self) -> float:
        """By which share the mse is lower than at the end."""
        return 1 - self.mse / self.end_mse if self.end_mse > 0 else 0.0

    @property
    def pays(self) -> bool:
        """Whether the mse rose again, by more than its noise explains."""
        blur = math.hypot(*np.nan_to_num([self.error, self.end_error]))
        rise = self.end_mse - self.mse
        return bool(self.time < self.end and self.end_mse > _RISE * self.mse and rise > _APART * blur)


def early_stop(times: FloatArray, mse: FloatArray, error: FloatArray) -> EarlyStop | None:
    """The best moment of a course.

    Args:
        times: increasing, shape (T,).
        mse: the error then, shape (T,); NaN where unknown.
        error: its standard error, shape (T,); NaN where unknown.

    Returns:
        The moment; None where fewer than three are known.

    >>> stop = early_stop(np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 1.5]), np.full(3, 0.1))
    >>> stop.time, stop.pays, round(stop.gain, 2)
    (2.0, True, 0.33)
    """
    known = np.flatnonzero(np.isfinite(mse))
    if known.size < 3:
        return None
    best, last = int(np.nanargmin(mse)), int(known[-1])
    at = (float(v) for i in (best, last) for v in (times[i], mse[i], error[i]))
    return EarlyStop(*at)


@dataclass(frozen=True)
class MatchingDecay:
    """Weight decay against an early stop.

    Attributes:
        lam: the weight decay whose long training has the mse asked for; 0 where none at all is as good, NaN
            where even the best is worse.
        best_lam: the best weight decay.
        best_mse: its mse after long training.
    """

    lam: float
    best_lam: float
    best_mse: float


def matching_decay(
    mse: float,
    alpha: float,
    kappa: float,
    kappa_star: float | None,
    delta: float,
    *,
    teacher: TeacherLike = WISHART,
) -> MatchingDecay:
    """The weight decay, not above the best one, at which long training ends with a given mse.

    Args:
        mse: the error to be matched, > 0.
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        The weight decay, and the best one.

    Raises:
        ValueError: if an argument is out of its range.

    >>> match = matching_decay(0.7, 0.35, kappa=0.7, kappa_star=0.3, delta=0.5)
    >>> round(float(steady_state(0.35, 0.7, 0.3, match.lam, 0.5).mse), 6)
    0.7
    """

    def errors(lam: FloatArray) -> FloatArray:
        found = steady_state(alpha, kappa, kappa_star, lam, delta, teacher=teacher).mse
        return np.where(np.isfinite(found), found, np.inf)

    best = float(optimal_lam(alpha, kappa, kappa_star, delta, teacher=teacher))
    least, ridgeless = errors(np.array([best, 0.0])).tolist()
    if mse < least * (1 - 1e-9) or not math.isfinite(least):
        return MatchingDecay(math.nan, best, least)
    low, high = min(_LEAST, best), best
    if ridgeless <= mse or best == 0 or low == high:
        return MatchingDecay(0.0, best, least)
    for _ in range(_ZOOMS):
        grid = np.geomspace(low, high, _POINTS)
        # From the best one downwards, up to the first that is worse than asked for.
        worse = np.flatnonzero(errors(grid)[:-1] > mse)
        if not worse.size:
            return MatchingDecay(low, best, least)
        low, high = grid[worse[-1]], grid[worse[-1] + 1]
    ends = errors(np.array([low, high]))
    share = float((ends[0] - mse) / (ends[0] - ends[1])) if ends[0] > ends[1] else 0.5
    return MatchingDecay(float(low * (high / low) ** min(share, 1.0)), best, least)
