"""Means over networks, some of which may be missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_and_error"]

FloatArray = NDArray[np.float64]


def mean_and_error(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over rows and its standard error, NaN entries left out; NaN where there are none, or only one.

    >>> mean_and_error(np.array([[1.0, 2.0], [3.0, np.nan]]))
    (array([2., 2.]), array([ 1., nan]))
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    error = np.sqrt(squares / np.where(count > 1, count * (count - 1), np.nan))
    return mean, error
