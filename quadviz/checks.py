"""Arguments that many functions share: real numbers, whole numbers, times, and sizes of memory in words."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray

__all__ = [
    "checked_times",
    "is_masked",
    "printable",
    "readable",
    "real_array",
    "real_number",
    "real_points",
    "shown",
    "whole_number",
]


_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def is_masked(value: object) -> bool:
    """Whether a value is a masked array, or a sequence that holds one: as an array it would lose its mask."""
    if isinstance(value, (list, tuple)):
        return any(is_masked(item) for item in value)
    return isinstance(value, np.ma.MaskedArray)


def real_array(value: ArrayLike) -> FloatArray:
    """Real numbers as float64, NaN and infinities among them; a float32 means the decimal it stands for.

    The nearest float32 to 0.3 is 0.30000001192..., which is not the width 0.3: what is short as a decimal was
    meant so.

    Raises:
        TypeError: if it is not made of real numbers, or is masked; says only what is wrong with it.

    >>> real_array(np.float32(0.3)).item()
    0.3
    """
    if is_masked(value):
        raise TypeError(
            "real numbers without a mask (use .compressed(), or .filled() with a value inside the range)"
        )
    try:
        raw = np.asarray(value)
    except (TypeError, ValueError) as error:  # a ragged nested sequence
        raise TypeError("a real number or an array of them") from error
    if raw.dtype.kind not in "iuf":
        raise TypeError("a real number or an array of them")
    if raw.dtype.kind == "f" and raw.dtype.itemsize < 8:
        return raw.astype(np.str_).astype(np.float64)
    return raw.astype(np.float64)


def real_points(name: str, value: ArrayLike) -> FloatArray:
    """Points of the real line as float64: no NaN, infinities allowed.

    Raises:
        TypeError: if they are not real numbers; names the argument.
        ValueError: if one is NaN.

    >>> real_points("x", "2.0")
    Traceback (most recent call last):
    ...
    TypeError: x must be a real number or an array of them, got '2.0'
    """
    try:
        array = real_array(value)
    except TypeError as error:
        raise TypeError(f"{name} must be {error}, got {shown(value)}") from error
    if np.isnan(array).any():
        raise ValueError(f"{name} must be a real number or +-inf, got nan")
    return array


def shown(value: object, length: int = 60) -> str:
    """A value as an error message shows it, cut short where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= length else f"{text[: length - 3]}..."


def printable(text: str, length: int = 24) -> str:
    r"""The beginning of a text that a stranger may have written, on one line and without what is not seen.

    >>> printable("a\u202eb" + 30 * "c")
    'a�bccccccccccccccccccccc…'
    """
    plain = "".join(letter if letter.isprintable() else "�" for letter in text)
    return plain if len(plain) <= length else f"{plain[:length]}…"


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value as an int.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if it is less than ``least``, or more than ``most`` where there is one.

    >>> whole_number("d", 1, least=2)
    Traceback (most recent call last):
    ...
    ValueError: d must be a whole number >= 2, got 1
    """
    allowed = f">= {least}" if most is None else f"between {least} and {most}"
    refusal = f"{name} must be a whole number {allowed}, got {shown(value)}"
    if isinstance(value, bool):
        raise TypeError(refusal)
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(refusal) from None
    if number < least or (most is not None and number > most):
        raise ValueError(refusal)
    return number


def real_number(name: str, value: Any, allowed: str, low: float, high: float) -> float:
    """One real number from low to high, both included.

    Raises:
        TypeError: if it is not a real number.
        ValueError: if it is not in that range; names it, its value and what is allowed.

    >>> real_number("rtol", "small", "between 1e-12 and 0.01", 1e-12, 1e-2)
    Traceback (most recent call last):
    ...
    TypeError: rtol must be a number between 1e-12 and 0.01, got 'small'
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number {allowed}, got {shown(value)}")
    if not low <= float(value) <= high:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return float(value)


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


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    """An array of its own, at least one-dimensional."""
    try:
        return np.atleast_1d(real_array(values))
    except TypeError as error:
        allowed = error if is_masked(values) else "numbers"
        raise TypeError(f"{name} must be {allowed}, got {shown(values)}") from error


def readable(size: float) -> str:
    """A number of bytes with three digits.

    >>> readable(25_600_000)
    '25.6 MB'
    """
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"
