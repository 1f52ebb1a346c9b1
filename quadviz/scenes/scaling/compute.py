"""The best width for a budget: samples times width, which is what an epoch of training costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.outcome import Status
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.scaling.setting import ALPHA_ENDS, ScalingSetting
from quadviz.scenes.scaling.solver import Course, solve_courses
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["Budget", "budgets", "widths_tried"]

#: Budgets alpha kappa, by decades and points.
_ENDS, _POINTS = (1e-3, 10.0), 41
#: Widths tried are these multiples of one another, rounded to whole numbers of levels.
_RATIO = 2**0.5


@dataclass(frozen=True, eq=False)
class Budget:
    """Errors of students of several widths against the budget C = alpha kappa.

    Attributes:
        setting: what it was solved for.
        work: budgets, increasing, shape (C,).
        widths: the widths tried, increasing, shape (R,).
        states: by width, steady states at those of the budgets that leave alpha on its axis.
        best: which width is best, shape (C,); -1 where none is known.
        alpha: samples at the best width, shape (C,); NaN as the next one where none is known.
        mse: the error there.
        limited: whether the width limits its rank, and the theory is an assumption, shape (C,).
    """

    setting: ScalingSetting
    work: FloatArray
    widths: FloatArray
    states: tuple[SteadyState, ...]
    best: NDArray[np.intp]
    alpha: FloatArray
    mse: FloatArray
    limited: NDArray[np.bool_]

    @property
    def kappa(self) -> FloatArray:
        """The best of the widths tried, NaN where none is known; shape (C,)."""
        return np.where(self.best < 0, np.nan, self.widths[np.maximum(self.best, 0)])


def widths_tried(levels: int) -> FloatArray:
    """Widths of whole numbers of levels, about a factor of root two apart.

    >>> (100 * widths_tried(100)).round(6).tolist()
    [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 16.0, 23.0, 32.0, 45.0, 64.0, 91.0, 100.0]
    """
    count = round(np.log(levels) / np.log(_RATIO)) + 1
    ranks = np.unique(np.minimum(np.round(_RATIO ** np.arange(count)), levels))
    widths: FloatArray = np.append(ranks[ranks < levels], levels) / levels
    return widths


def budgets(setting: ScalingSetting, memo: Memo) -> Iterator[Budget | None]:
    """Solve for the best width at each budget, width by width.

    Yields:
        None while there is more to do, and the whole at last.
    """
    work, widths = np.geomspace(*_ENDS, _POINTS), widths_tried(setting.levels)
    mse, limited = np.full((2, widths.size, work.size), np.nan)
    states = []
    for row, kappa in enumerate(widths.tolist()):
        alpha = work / kappa
        at = np.flatnonzero((alpha >= ALPHA_ENDS[0]) & (alpha <= ALPHA_ENDS[1]))
        member = setting.member._replace(kappa=kappa)
        course = Course.over_alpha(("budget", kappa), member, setting.decay, setting.lam2, alpha[at])
        found = solve_courses(memo, [course], setting.levels, coarse=False)[0].states
        known = np.asarray(found.status) != Status.FAILED
        mse[row, at] = np.where(known, found.mse, np.nan)
        limited[row, at] = found.regime
        states.append(found)
        yield None
    known = np.isfinite(mse).any(axis=0)
    # Of widths that do as well the narrowest costs least to keep.
    least = np.nanmin(np.where(np.isfinite(mse), mse, np.inf), axis=0)
    best = np.where(known, np.argmax(mse <= least * (1 + 1e-9), axis=0), -1)
    rows, columns = np.maximum(best, 0), np.arange(work.size)
    yield Budget(
        setting,
        work,
        widths,
        tuple(states),
        best,
        np.where(known, work / widths[rows], np.nan),
        np.where(known, mse[rows, columns], np.nan),
        known & (limited[rows, columns] > 0),
    )
