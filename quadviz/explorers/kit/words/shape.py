"""The course of a curve: its legs up and down, as someone who looks at it would tell them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["Leg", "Shape", "shape_of"]


#: A rise or fall by less than this factor is not told.
_VISIBLE = 1.01


@dataclass(frozen=True)
class Leg:
    """A stretch on which the mse goes one way: whether up, and where it ends."""

    up: bool
    alpha: float
    mse: float


@dataclass(frozen=True)
class Shape:
    """The ups and downs of a test error.

    Attributes:
        start: the value at the left end.
        low: the smallest value.
        high: the largest value.
        legs: the rises and falls, from left to right; none where the curve is flat to the eye.
        zero_from: the alpha from which on the curve is exactly 0, if it ends there.
    """

    start: float
    low: float
    high: float
    legs: tuple[Leg, ...]
    zero_from: float | None

    @property
    def peak(self) -> Leg | None:
        """The highest end of a rise that is followed by a fall."""
        tops = [leg for leg, after in zip(self.legs, self.legs[1:], strict=False) if leg.up and not after.up]
        return max(tops, key=lambda leg: leg.mse, default=None)

    @property
    def title(self) -> str:
        """The course in a word or two."""
        ways = [leg.up for leg in self.legs]
        if not ways:
            return "Flat"
        if any(ways[i : i + 3] == [False, True, False] for i in range(len(ways))):
            return "Double descent"
        if not any(ways):
            return "No double descent"
        return "More data can hurt"


def shape_of(alpha: FloatArray, mse: FloatArray) -> Shape | None:
    """The legs of a curve; those that change the value by less than one percent are passed over.

    Args:
        alpha: increasing values, shape (N,).
        mse: the curve, shape (N,), >= 0; NaN where it is not known.

    Returns:
        The shape, or None where nothing is known of the curve.

    >>> [leg.up for leg in shape_of(np.arange(4.0), np.array([3.0, 1.0, 2.0, 0.5])).legs]
    [False, True, False]
    """
    known = np.isfinite(mse)
    a, m = alpha[known], mse[known]
    if not m.size:
        return None
    legs: list[Leg] = []
    last = turn = 0  # where the last leg ended; the furthest point of the leg under way
    low = high = 0  # before the first leg: the extremes so far
    for i in range(1, m.size):
        if turn == last:
            low, high = (i if m[i] < m[low] else low), (i if m[i] > m[high] else high)
            if _apart(m[high], m[low]):
                last, turn = min(low, high), i
        elif (m[i] - m[turn]) * (m[turn] - m[last]) > 0:
            turn = i
        elif _apart(m[i], m[turn]):
            legs.append(Leg(bool(m[turn] > m[last]), float(a[turn]), float(m[turn])))
            last, turn = turn, i
    if turn != last:
        legs.append(Leg(bool(m[turn] > m[last]), float(a[-1]), float(m[-1])))
    zero_from = None
    if m[-1] == 0.0:
        positive = np.flatnonzero(m)
        zero_from = float(a[positive[-1] + 1 if positive.size else 0])
    return Shape(float(m[0]), float(m.min()), float(m.max()), tuple(legs), zero_from)


def _apart(x: float, y: float) -> bool:
    """Whether two values differ by a visible factor."""
    return bool(max(x, y) > _VISIBLE * min(x, y))
