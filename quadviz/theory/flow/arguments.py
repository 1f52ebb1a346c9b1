"""What flows of matrices are given: matrices, and times."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import real_array, shown

__all__ = ["flow_times", "real_matrix", "symmetric_matrix"]


def real_matrix(name: str, value: ArrayLike, rows: int | None = None, like: str = "") -> FloatArray:
    """A matrix of finite real numbers, shape (d, m), with at least one column.

    Args:
        name: what it is called in errors.
        value: the matrix.
        rows: how many rows it has to have; any number when omitted.
        like: what has as many.

    Raises:
        TypeError: if it is not made of real numbers.
        ValueError: if it is no matrix, has an entry that is not finite, or another number of rows.
    """
    wanted = "a matrix of real numbers"
    try:
        matrix = real_array(value)
    except TypeError as error:
        raise TypeError(f"{name} must be {wanted}, got {shown(value)}") from error
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(f"{name} must be {wanted}, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(f"{name} must be finite, got {matrix[row, column]} in row {row}, column {column}")
    if rows is not None and len(matrix) != rows:
        raise ValueError(f"{name} must have {rows} rows, as {like} has, got shape {matrix.shape}")
    return matrix


def symmetric_matrix(name: str, value: ArrayLike) -> FloatArray:
    """A symmetric matrix of finite real numbers, shape (d, d).

    Raises:
        TypeError: if it is not made of real numbers.
        ValueError: if it is not square and finite, or not symmetric to rounding.

    >>> symmetric_matrix("teacher", [[1.0, 2.0], [0.0, 1.0]])
    Traceback (most recent call last):
    ...
    ValueError: teacher must be a symmetric matrix, got 2.0 in row 0, column 1 and 0.0 across the diagonal
    """
    matrix = real_matrix(name, value)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a symmetric matrix, got shape {matrix.shape}")
    apart = ~np.isclose(matrix, matrix.T)
    if apart.any():
        row, column = np.argwhere(apart)[0]
        raise ValueError(
            f"{name} must be a symmetric matrix, got {matrix[row, column]} in row {row}, column {column} and "
            f"{matrix[column, row]} across the diagonal"
        )
    return matrix


def flow_times(value: ArrayLike, zero_allowed: bool = True) -> FloatArray:
    """Times in any order, shape (T,); a single one becomes an array.

    Raises:
        TypeError: if they are not real numbers.
        ValueError: if one is not finite or negative, or 0 where that is not allowed.

    >>> flow_times([1.0, -2.0])
    Traceback (most recent call last):
    ...
    ValueError: times must be finite and >= 0, in one dimension, got -2
    """
    bound = ">= 0" if zero_allowed else "> 0"
    wanted = f"times must be finite and {bound}, in one dimension"
    try:
        times = np.atleast_1d(real_array(value))
    except TypeError as error:
        raise TypeError(f"times must be {error}, got {shown(value)}") from error
    if times.ndim != 1 or not times.size:
        raise ValueError(f"{wanted}, got shape {times.shape}")
    bad = ~np.isfinite(times) | (times < 0) | ((times == 0) & (not zero_allowed))
    if bad.any():
        raise ValueError(f"{wanted}, got {times[bad][0]:g}")
    return times
