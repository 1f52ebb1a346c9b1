"""Two students of one teacher: their learning curves with the difference, and the spectra they learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.curve_thresholds import alpha_grid, curve_thresholds, curves_through
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.recovery import PointSpectrum, point_spectrum
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady.steady_state import SteadyState, steady_state

__all__ = ["Student", "TwoStudents", "two_students"]

#: Errors that differ by less of themselves are the same: of two students that are wide enough, say.
_ALIKE = 1e-8
#: Steps of the secant method to a crossing, from a grid that is fine already.
_SECANTS = 4


@dataclass(frozen=True)
class Student:
    """What is a student's own.

    Attributes:
        kappa: width.
        lam: weight decay.
        delta: the noise of the labels it sees.
    """

    kappa: float
    lam: float
    delta: float


@dataclass(frozen=True, eq=False)
class TwoStudents:
    """Everything the two figures show.

    Attributes:
        curves: results of shape (2, N), over increasing values of alpha.
        marker: results of shape (2,), both at the alpha of the marker.
        laws: what each learns there.
        spectra: the same as densities, with the teacher's.
        crossings: where the better student becomes the worse one, increasing, shape (K,).
    """

    curves: SteadyState
    marker: SteadyState
    laws: tuple[LearnedSpectrum, LearnedSpectrum]
    spectra: tuple[PointSpectrum, PointSpectrum]
    crossings: FloatArray

    @property
    def difference(self) -> FloatArray:
        """mse of the first less that of the second, shape (N,); NaN where one is not known."""
        gap: FloatArray = self.curves.mse[0] - self.curves.mse[1]
        return gap

    @property
    def gap(self) -> float:
        """mse of the first less that of the second at the marker; 0 where they are alike."""
        return float(np.abs(_behind(self.marker.mse)) * (self.marker.mse[0] - self.marker.mse[1]))

    @property
    def behind(self) -> FloatArray:
        """1 where the first is worse, -1 where the second is, 0 where they are alike; shape (N,)."""
        return _behind(self.curves.mse)


def _behind(mse: FloatArray) -> FloatArray:
    gap = mse[0] - mse[1]
    told: FloatArray = np.where(np.abs(gap) > _ALIKE * mse.max(axis=0), np.sign(gap), 0.0)
    return told


def two_students(
    students: Sequence[Student],
    kappa_star: float,
    alpha: float,
    span: tuple[float, float] = (PARAMETERS["alpha"].low, PARAMETERS["alpha"].high),
    memo: Memo | None = None,
) -> TwoStudents:
    """Solve for what two students of one teacher learn.

    Args:
        students: two of them.
        kappa_star: teacher width.
        alpha: where the marker stands.
        span: the ends of the alpha axis.
        memo: where both curves were, which they are solved from; nothing when omitted.
    """
    memo = memo or Memo()
    kappa, lam, delta = np.array([(each.kappa, each.lam, each.delta) for each in students]).T
    thresholds = curve_thresholds(kappa, kappa_star, delta)
    grid = alpha_grid(span[1], low=span[0], through=thresholds.cusps(lam))
    members = [{"kappa_star": kappa_star, **vars(each)} for each in students]
    several = curves_through(
        thresholds, np.append(grid, alpha), members, [memo.trails[name] for name in "AB"]
    )
    solved = SteadyState.joined(several, np.stack)
    first, second = (
        learned_spectrum(alpha, each.kappa, kappa_star, each.lam, each.delta) for each in students
    )
    spectra = point_spectrum(first), point_spectrum(second)
    own = kappa[:, None], np.array(kappa_star), lam[:, None], delta[:, None]
    curves = solved[:, :-1]
    return TwoStudents(curves, solved[:, -1], (first, second), spectra, _crossings(curves, own))


def _crossings(curves: SteadyState, own: tuple[FloatArray, ...]) -> FloatArray:
    """Where the two errors cross, by the secant method from the points of the curves on both sides."""
    behind = _behind(curves.mse)
    known = np.flatnonzero(behind)
    turns = np.flatnonzero(behind[known][:-1] * behind[known][1:] < 0)
    before, after = known[turns], known[turns + 1]
    if not before.size:
        return np.empty(0)
    alpha, gap = curves.alpha[0], curves.mse[0] - curves.mse[1]
    (low, high), (at_low, at_high) = (values[np.stack([before, after])] for values in (alpha, gap))
    place, old, at_old = high, low, at_low
    at_place = at_high
    for _ in range(_SECANTS):
        slope = (at_place - at_old) / np.where(place == old, np.inf, place - old)
        step = np.where(slope == 0, 0.0, at_place / np.where(slope == 0, 1.0, slope))
        old, at_old = place, at_place
        place = np.clip(place - step, low, high)
        mse = steady_state(place, *own).mse
        at_place = mse[0] - mse[1]
    places: FloatArray = place
    return places
