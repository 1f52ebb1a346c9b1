"""Means over networks, some of which may be missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_and_error", "mean_and_interval"]

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


def mean_and_interval(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over rows and the half-width of its 68% interval: its standard error times Student's factor.

    The factor, 1.84 for two rows and 1.20 for four, is what an error from few rows is itself uncertain by.

    >>> mean_and_interval(np.array([[1.0, 2.0], [3.0, np.nan]]))
    (array([2., 2.]), array([1.83727173,        nan]))
    """
    from scipy.special import ndtr, stdtrit  # not needed to import quadviz

    mean, error = mean_and_error(values)
    freedom = np.maximum(np.isfinite(values).sum(axis=0) - 1, 1)
    interval: FloatArray = error * stdtrit(freedom, ndtr(1.0))
    return mean, interval
