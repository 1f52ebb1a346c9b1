"""How far from the sliders a solver goes at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["within_reach"]

#: Beyond these powers of ten floats overflow on the way.
_SMALLEST, _LARGEST = 1e-60, 1e60


def within_reach(*positive: NDArray[np.float64], delta: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where no parameter is so large or small that it is not tried; noise may be as small as it likes.

    Args:
        positive: parameters of one shape; 0 stands for a limit of its own.
        delta: label-noise variance, of that shape.
    """
    tried: NDArray[np.bool_] = delta < _LARGEST
    for values in positive:
        tried &= (values == 0) | ((values > _SMALLEST) & (values < _LARGEST))
    return tried
