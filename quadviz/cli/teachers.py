"""Teachers as they are written on a command line."""

from __future__ import annotations

import difflib

from quadviz.law.given_levels import Levels
from quadviz.law.teachers import Orthogonal, PowerLaw, Teacher, Wishart

__all__ = ["KINDS", "teacher_column", "teacher_of"]

#: How each is written.
KINDS = ("wishart", "orthogonal", "power:EXPONENT", "levels:FILE")


def teacher_of(text: str) -> Teacher:
    """The teacher of a text.

    Args:
        text: ``wishart``, ``orthogonal``, ``power:0.3`` (the exponent) or ``levels:FILE`` (.csv or .npy).

    Raises:
        TypeError: if the file holds no numbers.
        ValueError: if there is no such teacher, its exponent or its levels are refused, or the file cannot be
            read.

    >>> teacher_of("power:0.3"), teacher_of("orthogonal")
    (PowerLaw(0.3, levels=50), Orthogonal())
    >>> teacher_of("wishhart")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: teacher must be wishart, ... or levels:FILE, got 'wishhart' (did you mean wishart?)
    """
    kind, _, rest = text.partition(":")
    if kind == "power" and rest:
        try:
            exponent = float(rest)
        except ValueError:
            raise ValueError(f"teacher: the exponent of power: must be a number, got {rest!r}") from None
        return PowerLaw(exponent)
    if kind == "levels" and rest:
        try:
            return Levels.from_file(rest)
        except OSError as error:
            raise ValueError(f"teacher: {rest} cannot be read: {error.strerror or error}") from error
    if text == "wishart":
        return Wishart()
    if text == "orthogonal":
        return Orthogonal()
    near = difflib.get_close_matches(kind, [each.partition(":")[0] for each in KINDS], 1)
    meant = f" (did you mean {next(k for k in KINDS if k.startswith(near[0]))}?)" if near else ""
    raise ValueError(f"teacher must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, got {text!r}{meant}")


def teacher_column(text: str) -> dict[str, object]:
    """The teacher as a column of a table, that is the same in every row; none for the one everybody means.

    >>> teacher_column("wishart"), teacher_column("orthogonal")
    ({}, {'teacher': 'orthogonal'})
    """
    return {} if text == "wishart" else {"teacher": text}
