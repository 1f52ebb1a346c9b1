"""The thresholds of learning curves: where they are, what they are called, and curves that meet them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.law.teachers import WISHART, Teacher
from quadviz.outcome import Status, errstate
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.marks import Threshold
from quadviz.theory.best.nearby import nearby_threshold
from quadviz.theory.steady.courses import Course, solve_courses
from quadviz.theory.steady.nearby import NO_CUSP, Cusp, Trail
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.theory.steady.thresholds import (
    Regularisation,
    interpolation_threshold,
    recovery_threshold,
)

__all__ = ["POINTS", "CurveThresholds", "alpha_grid", "curve_thresholds", "curves_through", "named"]


POINTS = 200


@dataclass(frozen=True)
class CurveThresholds:
    """Thresholds in alpha of one shape.

    Attributes:
        interpolation: up to here lam -> 0+ fits every training label. NaN where that is not unique.
        peak: the mse of lam -> 0+ there.
        ridgeless: from here on lam -> 0+ recovers the teacher; inf where the labels are noisy or the student
            is narrower than the teacher, as are the next two.
        free: the same for training without weight decay, by conjecture.
        bayes: the same for the best estimator there is.
    """

    interpolation: FloatArray
    peak: FloatArray
    ridgeless: FloatArray
    free: FloatArray
    bayes: FloatArray

    def __getitem__(self, index: object) -> CurveThresholds:
        """The thresholds at an index of the shape."""
        return CurveThresholds(*(np.asarray(values[index]) for values in vars(self).values()))

    def cusps(self, lam: ArrayLike) -> FloatArray:
        """The places at which curves with these weight decays have a kink, increasing, shape (K,).

        With weight decay a curve is smooth. Rounding must not put the first point of the recovered phase
        before its threshold.
        """
        places = np.stack([self.interpolation, self.ridgeless * (1 + 1e-12)])
        places = np.unique(np.where(np.equal(lam, 0), places, np.nan))
        finite: FloatArray = places[np.isfinite(places)]
        return finite


def curve_thresholds(
    kappa: ArrayLike, kappa_star: ArrayLike, delta: ArrayLike, teacher: Teacher = WISHART
) -> CurveThresholds:
    """The thresholds of curves with these parameters, broadcast and at least one-dimensional.

    Without Frobenius decay; beside given levels kappa_star is their rank fraction.
    """
    student, star, noise = np.atleast_1d(*np.broadcast_arrays(kappa, kappa_star, delta))
    given = star if teacher.sized_by_width else None
    if teacher == WISHART:
        interpolation = nearby_threshold(student, star, noise)
    else:
        with errstate("ignore"):  # a threshold that is not found is not drawn
            interpolation = interpolation_threshold(student, given, noise, teacher=teacher)
    clean = noise == 0

    def recovery(width: FloatArray, regularisation: Regularisation) -> FloatArray:
        if not clean.any():
            return np.full(noise.shape, np.inf)
        found = recovery_threshold(width, given, regularisation, teacher=teacher)
        return np.where(clean, found, np.inf)

    unique = interpolation.status == Status.SOLVED
    return CurveThresholds(
        interpolation=np.where(unique, interpolation.alpha, np.nan),
        peak=np.where(unique, interpolation.mse, np.nan),
        ridgeless=recovery(student, "ridgeless"),
        free=recovery(student, "none"),
        # The best estimator has no width: the student's does not limit it.
        bayes=recovery(star, "bayes"),
    )


def named(thresholds: CurveThresholds, noisy: bool) -> tuple[Threshold, ...]:
    """The thresholds of one curve under the names that the figure writes.

    Args:
        thresholds: arrays holding a single value.
        noisy: whether the labels are; then there is no recovery.
    """
    interpolation = Threshold("interpolation, λ → 0+", float(thresholds.interpolation))
    if noisy:
        return (interpolation,)
    return (
        Threshold("recovery, Bayes-optimal", float(thresholds.bayes)),
        Threshold("recovery, λ → 0+", float(thresholds.ridgeless)),
        Threshold("recovery, λ = 0 (conjecture)", float(thresholds.free)),
        interpolation,
    )


def curves_through(
    thresholds: CurveThresholds,
    alpha: FloatArray,
    members: Sequence[Mapping[str, float]],
    trails: Sequence[Trail],
    teacher: Teacher = WISHART,
) -> list[SteadyState]:
    """Learning curves that know their thresholds, and where they were before.

    A ridgeless curve has a cusp at its interpolation threshold, where the general solver takes ten times its
    usual time. The error there is known from the threshold; the solver is asked a millionth to the left,
    where the labels are fitted exactly just the same.

    Args:
        thresholds: those of the curves, shape (M,) or (1,).
        alpha: values, shape (N,).
        members: kappa, kappa_star, lam and delta of M curves, and lam2 where there is any.
        trails: of these curves.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        Results of shape (N,), a curve each.
    """
    cusps, peaks = np.broadcast_arrays(thresholds.interpolation, thresholds.peak, np.empty(len(members)))[:2]
    courses = []
    for each, trail, cusp, peak in zip(members, trails, cusps, peaks, strict=True):
        ridgeless = each["lam"] == 0 == each.get("lam2", 0.0) and peak > 0
        at = (alpha == cusp) & ridgeless
        known = ridgeless and teacher == WISHART
        meet = Cusp(float(cusp), float((peak + each["delta"] / 2) / (2 * cusp))) if known else NO_CUSP
        places = np.where(at, alpha * (1 - 1e-6), alpha)
        courses.append(Course.over_alpha(trail, places, each, meet))
    curves = solve_courses(courses, teacher)
    for number, (curve, peak) in enumerate(zip(curves, peaks, strict=True)):
        at = alpha != curve.alpha
        if at.any():
            mse = np.where(at & np.isfinite(curve.mse), peak, curve.mse)
            curves[number] = replace(curve, alpha=alpha, mse=mse)
    return curves


def alpha_grid(
    top: float, through: ArrayLike = (), points: int = POINTS, low: float = PARAMETERS["alpha"].low
) -> FloatArray:
    """The alphas of a curve: evenly spaced in the root, denser where curves bend, and through given places.

    Args:
        top: the last one.
        through: increasing values that the grid is to contain, where they lie inside its range.
        points: how many.
        low: the first one.

    Returns:
        Increasing values, shape (points,).

    >>> grid = alpha_grid(1.0, through=[0.31])
    >>> grid.shape, float(grid[0]), float(grid[-1]), bool(np.any(grid == 0.31))
    ((200,), 0.01, 1.0, True)
    """
    places = np.asarray(through, dtype=np.float64)
    places = places[(places > low) & (places < top)]
    even = np.linspace(math.sqrt(low), math.sqrt(top), points - places.size) ** 2
    even[0], even[-1] = low, top
    grid: FloatArray = np.union1d(even, places)
    while grid.size < points:  # a place fell on a point: split the widest gap instead
        widest = int(np.argmax(np.diff(grid)))
        grid = np.insert(grid, widest + 1, (grid[widest] + grid[widest + 1]) / 2)
    return grid
