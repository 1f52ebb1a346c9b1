"""Newton's method kept inside a bracket, for many scalar equations at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray

__all__ = ["newton_in_bracket"]

IndexArray = NDArray[np.intp]

_MAX_ITERATIONS = 100


def newton_in_bracket(
    f: Callable[[FloatArray, IndexArray], tuple[FloatArray, FloatArray]],
    low: FloatArray,
    high: FloatArray,
    start: FloatArray | None = None,
    accuracy: float = 1e-9,
) -> FloatArray:
    """Solve f = 0 between low and high, where f falls through zero; bisection where Newton would leave.

    Args:
        f: values and slopes at points that belong to the equations of the given indices.
        low: lower ends, one-dimensional; f >= 0 there.
        high: upper ends; f <= 0 there.
        start: first points; the middles when omitted.
        accuracy: a step of this size is the last: as Newton's method squares the error, what remains is
            below rounding.

    Returns:
        The roots, of the shape of ``low``.
    """
    x = (low + high) / 2 if start is None else np.clip(start, low, high)
    low, high, active = low.copy(), high.copy(), np.arange(low.size)
    for _ in range(_MAX_ITERATIONS):
        if not active.size:
            break
        here = x[active]
        value, slope = f(here, active)
        left = np.where(value > 0, here, low[active])
        right = np.where(value > 0, high[active], here)
        low[active], high[active] = left, right
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -value / slope
        inside = (here + step > left) & (here + step < right)
        done = (np.abs(step) <= accuracy) | (right - left <= 4e-16 * np.abs(here))
        x[active] = np.where(inside, here + step, np.where(done, here, (left + right) / 2))
        active = active[~done]
    return x
