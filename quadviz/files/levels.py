"""A teacher's levels from what people paste or open: numbers in lines or columns, with weights or without."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from quadviz.checks import printable
from quadviz.files.decoding import DataError, decoded

__all__ = ["MOST_LEVELS", "ReadLevels", "levels_of_bytes", "levels_of_text"]

#: So many numbers are taken on a page, and fit into a link.
MOST_LEVELS = 2000

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_ALL = ",; \\t"
_MINUS = str.maketrans({"−": "-", "\u00a0": " "})


class ReadLevels(NamedTuple):
    """Levels that were read.

    Attributes:
        values: the numbers, in their order.
        weights: one for each, in any units; None where all count alike.
        notes: what is to be known of how they were read, in words.
    """

    values: list[float]
    weights: list[float] | None
    notes: tuple[str, ...]


def levels_of_bytes(data: bytes, most: int = MOST_LEVELS, *, decimal_commas: bool = True) -> ReadLevels:
    """Levels of a file, as :func:`levels_of_text` reads them.

    Raises:
        DataError: if it is too large, no text, or holds anything but levels; says which line, and why.
    """
    text, note = decoded(data)
    found = levels_of_text(text, most, decimal_commas=decimal_commas)
    return found._replace(notes=(note, *found.notes) if note else found.notes)


def levels_of_text(text: str, most: int = MOST_LEVELS, *, decimal_commas: bool = True) -> ReadLevels:
    r"""Levels of a text: parted by line ends, commas, semicolons, tabs or spaces.

    Where every line has two cells, the second is the weight of the first. A first line of words is a header,
    and lines that begin with "#" are passed over. Commas are those of decimals where numbers are parted by
    something else, the header has none, and no number has a point.

    Args:
        text: the text.
        most: so many levels may be in it.
        decimal_commas: whether commas may be those of decimals.

    Raises:
        DataError: if there is anything but finite numbers >= 0, or too many; says which line, and why.

    >>> levels_of_text("0; 0; 1,5; 3").values, levels_of_text("level,weight\n1,3\n2,1").weights
    ([0.0, 0.0, 1.5, 3.0], [3.0, 1.0])
    """
    lines = [
        (number, line.translate(_MINUS).strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    header = ""
    if lines and not any(_NUMBER.fullmatch(cell) for cell in _parted(lines[0][1], _ALL)):
        number, header = lines.pop(0)
        if not lines:
            raise DataError(f"line {number} must hold numbers, got {printable(header, 24)}")
    if not lines:
        raise DataError("there are no numbers")
    commas = decimal_commas and "," not in header and _decimal_commas([line for _, line in lines])
    notes = ["decimal commas are read as points"] if commas else []
    rows = [(number, _parted(line, _ALL.replace(",", "") if commas else _ALL)) for number, line in lines]
    weighted = len(rows) > 1 and all(len(cells) == 2 for _, cells in rows)
    if weighted:
        notes.append("the second column is taken for weights")
    count = sum(len(cells) for _, cells in rows) // (1 + weighted)
    if count > most:
        raise DataError(f"there are {count:,} levels, and {most:,} at most are taken")
    values: list[float] = []
    weights: list[float] = []
    for number, cells in rows:
        values += _numbers(number, cells[:1] if weighted else cells, positive=False)
        weights += _numbers(number, cells[1:] if weighted else [], positive=True)
    if not any(values):
        raise DataError("all levels are 0: one at least must be larger")
    return ReadLevels(values, weights if weighted else None, tuple(notes))


def _parted(line: str, separators: str) -> list[str]:
    return [cell for cell in re.split(f"[{separators}]+", line) if cell]


def _decimal_commas(lines: Sequence[str]) -> bool:
    """Whether commas are those of decimals: no number has a point, and nothing is parted by commas alone."""
    cells = [cell for line in lines for cell in _parted(line, _ALL.replace(",", ""))]
    having = [cell for cell in cells if "," in cell]
    return (
        bool(having)
        and len(cells) > 1
        and all(map(_DECIMAL_COMMA.fullmatch, having))
        and not any("." in cell for cell in cells)
    )


def _numbers(line: int, cells: Sequence[str], *, positive: bool) -> Iterator[float]:
    for cell in cells:
        value = float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else math.nan
        if not 0 <= value < math.inf or (positive and value == 0):
            allowed = "weights that are finite numbers > 0" if positive else "finite numbers >= 0"
            raise DataError(f"line {line} must hold {allowed}, got {printable(cell, 24)}")
        yield value
