"""The plane of samples and width: the thresholds of recovery as curves over a width, and at a point.

The plane has the sample ratio alpha to the right, and upwards a width: the student's at a given teacher, or
the teacher's at a given student. All thresholds are those of noiseless labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.memo import Memo
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold

__all__ = [
    "Plane",
    "PointThresholds",
    "RegionName",
    "ThresholdCurves",
    "Width",
    "centres",
    "plane",
    "point_thresholds",
    "region_at",
    "threshold_curves",
]


Width = Literal["kappa", "kappa_star"]
RegionName = Literal["narrow", "impossible", "missed", "decay", "free", "either", "tight"]

#: Points of a threshold curve.
_POINTS = 120


@dataclass(frozen=True, eq=False)
class ThresholdCurves:
    """The four thresholds over the widths at which the student can express its teacher.

    Attributes:
        width: the width that runs upwards.
        place: its values, increasing, shape (N,).
        ridgeless: alpha above which training with lam -> 0+ recovers the teacher, shape (N,).
        interpolation: alpha up to which lam -> 0+ fits labels with the slightest noise, shape (N,).
        free: alpha above which training without weight decay recovers it, by conjecture, shape (N,).
        bayes: alpha above which the best estimator there is recovers it, shape (N,).
        ridgeless_exact: where a wider student has the same ridgeless threshold, shape (N,). Elsewhere it
            rests on the steady-state assumption.
        interpolation_exact: the same for the interpolation threshold.
    """

    width: Width
    place: FloatArray
    ridgeless: FloatArray
    interpolation: FloatArray
    free: FloatArray
    bayes: FloatArray
    ridgeless_exact: BoolArray
    interpolation_exact: BoolArray


@dataclass(frozen=True, eq=False)
class Plane:
    """What all figures over one plane share.

    Attributes:
        curves: the thresholds.
        limit: the width at which the student is exactly as wide as it must be.
        alpha: ends of the alpha axis.
        width: ends of the axis of the width.
        point: alpha and width of the cross.
    """

    curves: ThresholdCurves
    limit: float
    alpha: tuple[float, float]
    width: tuple[float, float]
    point: tuple[float, float]

    @property
    def fraction(self) -> tuple[float, float]:
        """The cross, as fractions of the plane from its lower left corner."""
        (left, right), (bottom, top) = self.alpha, self.width
        return (self.point[0] - left) / (right - left), (self.point[1] - bottom) / (top - bottom)


@dataclass(frozen=True)
class PointThresholds:
    """The thresholds at one pair of widths, without label noise; +inf where there is no recovery.

    Attributes:
        ridgeless: of recovery by training with lam -> 0+.
        interpolation: up to which lam -> 0+ fits labels with the slightest noise.
        free: of recovery by training without weight decay, by conjecture.
        bayes: of recovery by the best estimator there is.
        exact: whether a wider student has the same ridgeless threshold.
    """

    ridgeless: float
    interpolation: float
    free: float
    bayes: float
    exact: bool


def plane(
    vertical: Width,
    tops: tuple[float, float],
    fixed: float,
    point: tuple[float, float],
    memo: Memo | None = None,
) -> Plane:
    """The plane over one width, with its thresholds.

    Args:
        vertical: the width that runs upwards.
        tops: the largest alpha and the largest width.
        fixed: value of the other width.
        point: alpha and width of the cross.
        memo: what was solved before, which is not solved again; nothing when omitted.
    """
    memo, over = memo or Memo(), (vertical, tops[1], fixed)
    return Plane(
        curves=memo.exact.once(("thresholds", *over), lambda: threshold_curves(*over)),
        # A width of 1 is enough for any teacher.
        limit=min(fixed, 1.0) if vertical == "kappa" or fixed < 1 else tops[1],
        alpha=(PARAMETERS["alpha"].low, tops[0]),
        width=(PARAMETERS[vertical].low, tops[1]),
        point=point,
    )


def threshold_curves(vertical: Width, top: float, fixed: float) -> ThresholdCurves:
    """The thresholds over one width, as far as the student can express its teacher.

    Args:
        vertical: the width that runs.
        top: its largest value.
        fixed: value of the other width.
    """
    low = PARAMETERS[vertical].low
    if vertical == "kappa":
        place = np.linspace(min(max(fixed, low), 1.0), top, _POINTS)
        kappa, kappa_star = place, np.full_like(place, fixed)
    else:
        place = np.linspace(low, top if fixed >= 1 else min(fixed, top), _POINTS)
        kappa, kappa_star = np.full_like(place, fixed), place
    ridgeless = recovery_threshold(kappa, kappa_star)
    interpolation = interpolation_threshold(kappa, kappa_star).alpha
    wide = np.ones_like(place)
    return ThresholdCurves(
        width=vertical,
        place=place,
        ridgeless=ridgeless,
        interpolation=interpolation,
        free=recovery_threshold(kappa, kappa_star, "none"),
        bayes=recovery_threshold(kappa, kappa_star, "bayes"),
        ridgeless_exact=_same(ridgeless, recovery_threshold(wide, kappa_star)),
        interpolation_exact=_same(interpolation, interpolation_threshold(wide, kappa_star).alpha),
    )


def point_thresholds(kappa: float, kappa_star: float) -> PointThresholds:
    """The thresholds at one pair of widths."""
    ridgeless = float(recovery_threshold(kappa, kappa_star))
    recovers = np.isfinite(ridgeless)
    return PointThresholds(
        ridgeless=ridgeless,
        interpolation=float(interpolation_threshold(kappa, kappa_star).alpha) if recovers else np.inf,
        free=float(recovery_threshold(kappa, kappa_star, "none")),
        bayes=float(recovery_threshold(kappa, kappa_star, "bayes")),
        exact=bool(_same(np.array(ridgeless), recovery_threshold(1.0, kappa_star))),
    )


def region_at(alpha: float, at: PointThresholds) -> RegionName:
    """The region of a point, from the thresholds at its widths.

    >>> region_at(0.3, point_thresholds(0.5, 0.3))
    'missed'
    """
    if not np.isfinite(at.ridgeless):
        return "narrow"
    if alpha < at.bayes:
        return "impossible"
    if alpha < min(at.free, at.ridgeless):
        return "missed"
    if alpha < max(at.free, at.ridgeless):
        return "free" if at.free < at.ridgeless else "decay"
    return "either" if alpha < at.interpolation else "tight"


def centres(ends: tuple[float, float], count: int) -> FloatArray:
    """The middles of ``count`` equal parts of an axis.

    >>> centres((0.0, 1.0), 2).tolist()
    [0.25, 0.75]
    """
    return ends[0] + (np.arange(count) + 0.5) / count * (ends[1] - ends[0])


def _same(one: FloatArray, other: FloatArray) -> BoolArray:
    """Whether two thresholds are the same but for rounding."""
    return np.isclose(one, other, rtol=1e-12, atol=0)
