"""Means over networks, some of which may be missing."""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["mean_and_error", "mean_and_interval", "steady_interval"]


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
    (array([2., 2.]), array([1.8373372,       nan]))
    """
    from scipy.special import ndtr, stdtrit  # not needed to import quadviz

    mean, error = mean_and_error(values)
    freedom = np.maximum(np.isfinite(values).sum(axis=0) - 1, 1)
    interval: FloatArray = error * stdtrit(freedom, ndtr(1.0))
    return mean, interval


def steady_interval(values: FloatArray, around: int = 4) -> tuple[FloatArray, FloatArray]:
    """The same for a course, shape (runs, n), with errors that do not follow chance from place to place.

    Few runs can agree by chance: the error at a place is the root mean square of those around it.

    >>> steady_interval(np.array([[1.0, 1.0, 3.0], [1.0, 2.0, 2.0]]), around=1)[1].round(3)
    array([0.53 , 0.75 , 0.919])
    """
    mean, error = mean_and_interval(values)
    squares = np.pad(error**2, around, mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(squares, 2 * around + 1)
    return mean, np.sqrt(near.mean(axis=-1))
