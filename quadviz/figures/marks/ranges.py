"""The ranges of the two panels of spectra, which rest while a control is dragged or a run is played."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import fitted_range
from quadviz.figures.marks.outlines import Outline, Outlines
from quadviz.scenes.spectra import View

__all__ = ["Frame", "Range", "fit_frame"]

Range = tuple[float, float]

#: Heights are fitted to what lies right of the teacher's least eigenvalue, which counts as these shares of
#: the axis at least and at most;
_SPIKE = (0.03, 0.1)
#: a spike nearer to 0 may rise to so many times that height before it is cut off,
_RISE = 3.0
#: the teacher's law, which is to be seen but behind the others, to so many times its own.
_TEACHER_RISE = 1.5
#: Of the heights of a run, so many times as many moments as of the widths may be cut off.
_LOWER = 1.5
#: The ends that a range may have, within a factor of ten: few enough to rest, close enough to fill.
_RUNGS = (1, 1.5, 2, 3, 4, 6, 8, 10, 15)
#: The least left end of a panel, as a share of its right end: a bar at 0 is not to stand on the axis.
_LEFT = 0.04
#: Room beyond the widest and above the highest curve.
_MARGIN, _HEADROOM = 1.02, 1.06


@dataclass(frozen=True)
class Frame:
    """The ranges of the axes.

    Attributes:
        noisy_across: of the eigenvalues of Y.
        noisy_up: of their density.
        learned_across: of the eigenvalues of Z, or their square roots.
        learned_up: of their density.
        view: what is counted on the right.
    """

    noisy_across: Range
    noisy_up: Range
    learned_across: Range
    learned_up: Range
    view: View


def fit_frame(
    outlines: Outlines,
    q: FloatArray,
    shown: Frame | None = None,
    share: float = 1.0,
    counted: Outline | None = None,
) -> Frame:
    """Ranges for some moments: those shown now where they still fit, else new ones with round ends.

    Args:
        outlines: the laws at F moments.
        q: the shrinkage, shape (F,); NaN where unknown.
        shown: the ranges now shown.
        share: the share of the moments that the ranges are to hold. Of a run through many, the first are much
            wider than the rest.
        counted: a histogram in the panel on the right, one row; None for none.

    Returns:
        The ranges.
    """
    o = outlines
    noisy = (o.discarded, o.kept)
    right = max(float(o.teacher.x.max()), _typical(np.fmax(_extent(*noisy), np.nan_to_num(q)), share))
    right *= _MARGIN
    left = -max(_MARGIN * _typical(-np.minimum(o.discarded.x[:, 0], 0.0), share), _LEFT * right)
    noisy_across = _range(left, right, shown.noisy_across if shown else None)
    across = max(float(o.teacher_learned.x.max()), _typical(_extent(o.learned), share))
    across = _MARGIN * (across if counted is None else max(across, float(counted.x.max())))
    # Of other quantities than those shown on the right, what was shown says nothing.
    alike = shown if shown and shown.view == o.view else None
    _, learned_right = _range(0.0, across, (0.0, alike.learned_across[1]) if alike else None)
    learned_across = (-_LEFT * learned_right, learned_right)
    noisy_top = _top(noisy, o.teacher, noisy_across, share)
    learned_top = _top((o.learned,), o.teacher_learned, learned_across, share)
    if counted is not None:
        # As with a law, what stands at 0 may be cut off.
        learned_top = max(learned_top, float(_outside(counted, _SPIKE[1] * learned_across[1])[0]))
    return Frame(
        noisy_across,
        _range(0.0, _HEADROOM * noisy_top, shown.noisy_up if shown else None),
        learned_across,
        _range(0.0, _HEADROOM * learned_top, alike.learned_up if alike else None),
        o.view,
    )


def _extent(*shapes: Outline) -> FloatArray:
    """The largest place of each moment."""
    ends: FloatArray = np.max([shape.x[:, -1] for shape in shapes], axis=0)
    return ends


def _typical(values: FloatArray, share: float) -> float:
    """The value that a share of the moments do not exceed."""
    return float(np.quantile(values, share))


def _top(laws: tuple[Outline, ...], teacher: Outline, across: Range, share: float) -> float:
    """The height of what is worth seeing: all of it, unless a spike at 0 dwarfs the rest."""
    span = across[1] - across[0]
    whole = np.max([law.y.max(axis=1) for law in laws], axis=0)
    # The noise lies around 0; the signal where the teacher is.
    near, far = _SPIKE
    away = min(max(float(teacher.x[0, 0]), near * span), far * span)
    rest = np.max([_outside(law, away) for law in laws], axis=0)
    tops = np.where(rest > 0, np.minimum(whole, _RISE * rest), whole)
    behind = min(float(teacher.y.max()), _TEACHER_RISE * float(_outside(teacher, far * span)[0]))
    return max(_typical(tops, 1 - _LOWER * (1 - share)), behind) or 1.0


def _outside(shape: Outline, away: float) -> FloatArray:
    """The largest height of each moment farther right than that."""
    heights: FloatArray = np.where(shape.x >= away, shape.y, 0.0).max(axis=1)
    return heights


def _range(low: float, high: float, shown: Range | None) -> Range:
    """The range shown as long as the data lies in it and fills enough of it, else one with round ends."""
    if shown is not None and fitted_range(low, high, shown) == shown:
        return shown
    return (0.0 - _rung(-low), _rung(high))


def _rung(value: float) -> float:
    """The next round value.

    >>> _rung(0.0), _rung(7.97), _rung(31.0)
    (0.0, 8.0, 40.0)
    """
    if value <= 0:
        return 0.0
    power = math.floor(math.log10(value))
    return next(end for rung in _RUNGS if (end := float(f"{rung}e{power}")) >= value)
