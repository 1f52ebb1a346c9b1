"""Teachers as they are written on a command line: as text, or as a file of levels."""

from __future__ import annotations

from pathlib import Path

from quadviz.law import spelling
from quadviz.law.given_levels import Levels
from quadviz.law.teachers import Teacher

__all__ = ["KINDS", "teacher_column", "teacher_of"]

#: How each is written.
KINDS = (*spelling.KINDS, "levels:FILE")


def teacher_of(text: str) -> Teacher:
    """The teacher of a text; ``levels:FILE`` reads a .csv or .npy, with all digits.

    Raises:
        TypeError: if the file holds no numbers.
        ValueError: if there is no such teacher, its exponent or its levels are refused, or the file cannot be
            read.

    >>> teacher_of("power:0.3"), teacher_of("levels:1,3")
    (PowerLaw(0.3, levels=50), Levels([1.0, 3.0]))
    """
    kind, _, rest = text.partition(":")
    if kind == "levels" and Path(rest).suffix in (".csv", ".npy"):
        try:
            return Levels.from_file(rest)
        except OSError as error:
            raise ValueError(f"teacher: {rest} cannot be read: {error.strerror or error}") from error
    return spelling.teacher_of(text)


def teacher_column(text: str) -> dict[str, object]:
    """The teacher as a column of a table, that is the same in every row; none for the one everybody means.

    >>> teacher_column("wishart"), teacher_column("orthogonal")
    ({}, {'teacher': 'orthogonal'})
    """
    return {} if text == "wishart" else {"teacher": text}
