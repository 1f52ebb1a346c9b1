"""Arguments that many functions share: whole numbers, times, and sizes of memory in words."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import Setting

__all__ = ["checked_setting", "checked_times", "readable", "whole_number"]

FloatArray = NDArray[np.float64]

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def whole_number(name: str, value: Any, least: int) -> int:
    """The value as an int.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if it is less than ``least``.

    >>> whole_number("d", 1, least=2)
    Traceback (most recent call last):
    ...
    ValueError: d must be a whole number >= 2, got 1
    """
    refusal = f"{name} must be a whole number >= {least}, got {value!r}"
    if isinstance(value, bool):
        raise TypeError(refusal)
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(refusal) from None
    if number < least:
        raise ValueError(refusal)
    return number


def checked_times(times: ArrayLike, eigenvalue_times: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Times to observe at and times to keep eigenvalues at, as arrays, the second a part of the first.

    Raises:
        TypeError: if they are not numbers.
        ValueError: if the first do not increase from 0 or more, or the second are not among them.
    """
    wanted = _numbers("times", times)
    if wanted.ndim != 1 or wanted.size == 0:
        raise ValueError(f"times must be one number or a sequence of them, got shape {wanted.shape}")
    if not np.isfinite(wanted).all() or wanted[0] < 0:
        bad = wanted[~np.isfinite(wanted) | (wanted < 0)][0]
        raise ValueError(f"times must be finite and >= 0, got {bad:g}")
    falls = np.flatnonzero(np.diff(wanted) <= 0)
    if falls.size:
        one, next_one = wanted[falls[0] : falls[0] + 2]
        raise ValueError(f"times must increase, got {one:g} before {next_one:g}")
    if eigenvalue_times is None:
        return wanted, wanted[-1:]
    kept = _numbers("eigenvalue_times", eigenvalue_times)
    strange = kept[~np.isin(kept, wanted)]
    if strange.size:
        raise ValueError(f"eigenvalue_times must be among times, got {strange[0]:g}")
    return wanted, np.unique(kept)


def checked_setting(setting: object) -> Setting:
    """The setting itself.

    Raises:
        TypeError: if it is something else.
    """
    if not isinstance(setting, Setting):
        raise TypeError(
            f"setting must be a quadviz.Setting(kappa, kappa_star, alpha, lam, delta), got {setting!r:.60}"
        )
    return setting


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    """An array of its own, at least one-dimensional."""
    try:
        return np.array(values, dtype=np.float64, ndmin=1)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be numbers, got {values!r}") from error


def readable(size: float) -> str:
    """A number of bytes with three digits.

    >>> readable(25_600_000)
    '25.6 MB'
    """
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"
