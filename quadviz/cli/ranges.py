"""Numbers as they are written on a command line: one, a list, a range of them, and grids of ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.parameters import Parameter

__all__ = ["LIMIT", "grid", "values"]

#: So many numbers of one range, and so many points of a grid.
LIMIT = 1_000_000
_FORM = "a range is written FIRST:LAST:COUNT or log:FIRST:LAST:COUNT"


def values(parameter: Parameter, text: str) -> FloatArray:
    """The numbers of a text, shape (N,): numbers and ranges, separated by commas.

    Args:
        parameter: what they are values of.
        text: such as ``0.3``, ``0.1,0.2,0.5``, ``0.05:0.6:30`` (30 numbers, both ends among them),
            ``log:0.01:1:20`` (evenly spaced in their logarithm), or ``0,log:0.01:1:20``.

    Raises:
        TypeError: if an entry is not a number; says so in the parameter's words.
        ValueError: if one lies outside the parameter's domain, or a range is none.

    >>> from quadviz.parameters import PARAMETERS
    >>> values(PARAMETERS["alpha"], "0.05,0.1:0.4:4").round(12).tolist()
    [0.05, 0.1, 0.2, 0.3, 0.4]
    >>> values(PARAMETERS["lam"], "log:0.01:1:3").round(12).tolist()
    [0.01, 0.1, 1.0]
    >>> values(PARAMETERS["alpha"], "0.4:0.1:4")
    Traceback (most recent call last):
    ...
    ValueError: alpha (sample ratio): a range must rise, got 0.4:0.1:4
    """
    parts: list[FloatArray] = []
    for entry in text.split(","):
        parts.append(_entry(parameter, entry.strip()))
        if sum(part.size for part in parts) > LIMIT:
            raise ValueError(f"{parameter.name} ({parameter.label}): {LIMIT:,} values at most, got more")
    return np.concatenate(parts)


def grid(axes: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Every combination of the values of several parameters, as arrays that broadcast to an outer grid.

    Args:
        axes: values by name, each of shape (N,). The last one varies fastest.

    Returns:
        Arrays by name: numbers where there is one value, and else each along an axis of its own.

    Raises:
        ValueError: if there are more than :data:`LIMIT` combinations.

    >>> made = grid({"delta": np.array([0.0, 0.5]), "kappa": np.array([1.0]), "alpha": np.arange(3.0)})
    >>> {name: array.shape for name, array in made.items()}
    {'delta': (2, 1), 'kappa': (), 'alpha': (3,)}
    """
    points = math.prod(axis.size for axis in axes.values())
    if points > LIMIT:
        sizes = " x ".join(f"{axis.size} {name}" for name, axis in axes.items() if axis.size > 1)
        raise ValueError(f"a grid may have {LIMIT:,} points at most, got {sizes} = {points:,}")
    made: dict[str, FloatArray] = {}
    after = sum(axis.size > 1 for axis in axes.values())
    for name, axis in axes.items():
        after -= axis.size > 1
        made[name] = axis.reshape(()) if axis.size == 1 else axis.reshape(-1, *(1,) * after)
    return made


def _entry(parameter: Parameter, entry: str) -> FloatArray:
    if ":" not in entry:
        return np.atleast_1d(parameter.as_array(_number(entry)))
    # Names, values and what is allowed are said as the table says them.
    named = f"{parameter.name} ({parameter.label})"
    log = entry.startswith("log:")
    pieces = entry.removeprefix("log:").split(":")
    if len(pieces) != 3:
        raise ValueError(f"{named}: {_FORM}, got {entry}")
    first, last = (float(parameter.as_array(_number(piece))) for piece in pieces[:2])
    try:
        count = int(pieces[2])
    except ValueError:
        count = 0
    if not 2 <= count <= LIMIT:
        raise ValueError(f"{named}: the COUNT of a range must be between 2 and {LIMIT:,}, got {pieces[2]}")
    if first >= last:
        raise ValueError(f"{named}: a range must rise, got {entry}")
    if log and first <= 0:
        raise ValueError(
            f"{named}: a range of log: must begin above 0, got {entry}; write 0,log:... for 0 too"
        )
    return (np.geomspace if log else np.linspace)(first, last, count)


def _number(text: str) -> float | str:
    """A number, or the text itself, to be refused as a parameter refuses it."""
    try:
        return float(text)
    except ValueError:
        return text
