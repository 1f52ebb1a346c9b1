"""An axis of a map in decades, with a cell for 0 beside it where 0 is a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["Decades"]

#: Widths of the cell for 0 and of the gap beside it, as shares of the decades.
_ZERO, _GAP = 0.08, 0.02
#: What is set from a place on an axis has so many digits.
_DIGITS = 3


@dataclass(frozen=True)
class Decades:
    """Cells of one width in the logarithm of a parameter; places on the axis are powers of ten.

    Attributes:
        name: the parameter.
        low: smallest value of the decades.
        high: largest value.
        zero: what 0 is called, in a cell left of them; empty where there is none.
    """

    name: str
    low: float
    high: float
    zero: str = ""

    @property
    def decades(self) -> tuple[float, float]:
        """The ends of the decades, as places."""
        return float(np.log10(self.low)), float(np.log10(self.high))

    @property
    def span(self) -> tuple[float, float]:
        """The ends of the axis."""
        left, right = self.decades
        return left - bool(self.zero) * (_ZERO + _GAP) * (right - left), right

    @property
    def middle_of_zero(self) -> float:
        """Where 0 has its place."""
        left, right = self.decades
        return left - (_GAP + _ZERO / 2) * (right - left)

    def values(self, cells: int) -> FloatArray:
        """The value of every cell, increasing: 0, where it has one, and the middles of ``cells`` others.

        >>> Decades("lam", 0.01, 1.0, zero="0+").values(2).round(4).tolist()
        [0.0, 0.0316, 0.3162]
        """
        left, right = self.decades
        middles = 10 ** (left + (np.arange(cells) + 0.5) / cells * (right - left))
        return np.concatenate([np.zeros(int(bool(self.zero))), middles])

    def edges(self, cells: int) -> FloatArray:
        """The ends of the cells as places; between that of 0 and the others is one more, which is empty."""
        left, right = self.decades
        ends = np.linspace(left, right, cells + 1)
        if not self.zero:
            return ends
        return np.concatenate([[self.span[0], left - _GAP * (right - left)], ends])

    def place(self, value: float) -> float:
        """Where a value lies; one beyond the decades at their end, and 0 in its cell."""
        if value == 0 and self.zero:
            return self.middle_of_zero
        return float(np.log10(np.clip(value, self.low, self.high)))

    def value(self, place: float) -> float:
        """The value at a place, with a few digits, and inside the axis.

        >>> axis = Decades("lam", 0.01, 1.0, zero="0+")
        >>> axis.value(-1.3), axis.value(-2.2), axis.value(7.0)
        (0.0501, 0.0, 1.0)
        """
        left, right = self.decades
        if self.zero and place < left - _GAP / 2 * (right - left):
            return 0.0
        return float(np.clip(float(f"{10 ** np.clip(place, left, right):.{_DIGITS}g}"), self.low, self.high))
