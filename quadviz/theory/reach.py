"""How far from the sliders a solver goes at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["within_reach"]

FloatArray = NDArray[np.float64]

#: Beyond these powers of ten floats overflow on the way, or widths are lost beside 1.
_SMALLEST, _LARGEST, _NARROWEST, _WIDEST = 1e-60, 1e60, 1e-12, 1e12


def within_reach(*positive: FloatArray, widths: tuple[FloatArray, ...], delta: FloatArray) -> NDArray[np.bool_]:
    """Where no parameter is so large or small that it is not tried; noise may be as small as it likes.

    Args:
        positive: parameters of one shape; 0 stands for a limit of its own.
        widths: kappa and kappa_star, or one of them, of that shape.
        delta: label-noise variance, of that shape.
    """
    tried: NDArray[np.bool_] = delta < _LARGEST
    for values in positive:
        tried &= (values == 0) | ((values > _SMALLEST) & (values < _LARGEST))
    for values in widths:
        tried &= (values > _NARROWEST) & (values < _WIDEST)
    return tried
