"""Tables of texts and the numbers in them: separators, decimal commas, which cell of which row is wrong."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import printable, shown
from quadviz.files.decoding import DataError, check_size, decoded

__all__ = ["Cells", "Rule", "cells_of_bytes", "cells_of_columns", "numbers", "read_cells"]

#: A number with a decimal point, and with a decimal comma; no spaces or marks between thousands.
_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?", re.IGNORECASE)
#: What is not finite, as programs write it.
_BEYOND = re.compile(r"[+-]?(nan|inf(inity)?)", re.IGNORECASE)
#: Larger numbers are slips, whose squares would not be numbers.
_LARGEST = 1e30
#: A cell without a value.
_EMPTY = {"", "na", "n/a"}
#: The same where columns come from Python.
_NOTHING = {"None", "nan", "<NA>"}
_MINUS = str.maketrans({"−": "-", "\u00a0": " "})


@dataclass(frozen=True, eq=False)
class Cells:
    """A table of texts, all columns of one length.

    Attributes:
        names: of the columns, as they are written; C of them.
        columns: the cells of each, without spaces around them; R in each.
        rows: the number of each row in its file, from 1; the header is one too. Shape (R,).
        notes: what is to be known of how it was read, in words.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def kept(self, keep: Iterable[bool]) -> Cells:
        """The rows that are to be kept, an entry for each."""
        chosen = [i for i, one in enumerate(keep) if one]
        columns = tuple(tuple(column[i] for i in chosen) for column in self.columns)
        return Cells(self.names, columns, tuple(self.rows[i] for i in chosen), self.notes)

    def emptied(self, columns: Iterable[int], text: str) -> Cells:
        """Cells of some columns that hold a text, however it is written, are empty."""
        chosen = set(columns)
        found = tuple(
            tuple("" if cell.lower() == text else cell for cell in column) if at in chosen else column
            for at, column in enumerate(self.columns)
        )
        return Cells(self.names, found, self.rows, self.notes)


@dataclass(frozen=True)
class Rule:
    """What the numbers of a column may be.

    Attributes:
        allowed: in words that complete "must be".
        holds: whether a number is one of them; it may be NaN or infinite.
        empty: whether a cell may have no value, which is NaN then.
    """

    allowed: str
    holds: Callable[[float], bool]
    empty: bool = False


def read_cells(source: object) -> Cells:
    """A table from wherever it is: a file, or columns by name.

    Args:
        source: the path of a CSV file, or what has columns by name: a mapping of sequences, a DataFrame.

    Returns:
        Its cells, R rows of C columns.

    Raises:
        OSError: if a file cannot be read.
        DataError: if it is no table; says what is wrong and where.
        TypeError: if it is neither.

    >>> read_cells({"alpha": [0.1, 0.2], "mse": [1.5, None]}).columns
    (('0.1', '0.2'), ('1.5', ''))
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        check_size(path.stat().st_size)
        return cells_of_bytes(path.read_bytes())
    if isinstance(source, Mapping) or hasattr(source, "columns"):
        found: Any = source
        return cells_of_columns({str(name): found[name] for name in found})
    raise TypeError(f"data must be a path, a DataFrame or a mapping of columns, got {shown(source)}")


def cells_of_columns(columns: Mapping[str, Any]) -> Cells:
    """Columns by name as cells, numbers with all their digits; None, NaN and what pandas calls NA are empty.

    Raises:
        DataError: if there are none, one is not one-dimensional, or they are not equally long.
    """
    texts: dict[str, tuple[str, ...]] = {}
    for name, values in columns.items():
        array = np.asarray(values)
        if array.ndim != 1:
            raise DataError(f"the column {printable(name)} must be one-dimensional, got shape {array.shape}")
        written = (str(value).strip() for value in array.tolist())
        texts[name] = tuple("" if text in _NOTHING else text for text in written)
    lengths = Counter(map(len, texts.values()))
    if len(lengths) != 1 or 0 in lengths:
        said = ", ".join(f"{printable(name)}: {len(cells)}" for name, cells in texts.items()) or "none"
        raise DataError(f"the columns must be equally long, of one row at least; got {said}")
    (count,) = lengths
    return Cells(tuple(texts), tuple(texts.values()), tuple(range(1, count + 1)))


def cells_of_bytes(data: bytes) -> Cells:
    r"""A CSV file as cells: a row of names, and rows of as many cells.

    Cells are parted by tabs, semicolons, commas or spaces, whichever the header has first in this order.
    Empty lines and those that begin with "#" are passed over; a header above numbers may begin with it.

    Raises:
        DataError: if it is no text or no such table; says what is wrong, and in which row.

    >>> cells_of_bytes(b"alpha;mse\n0,5;1,25\n").columns
    (('0,5',), ('1,25',))
    """
    text, note = decoded(data)
    (first, names), *lines = _lines(text)
    if _nameless(names):
        got = printable(", ".join(names))
        raise DataError(f"row {first} must name the columns, such as alpha, mse; got {got}")
    while names and not names[-1]:
        names.pop()
    rows = [(row, _filled(cells, len(names), row)) for row, cells in lines]
    if not rows:
        raise DataError(f"the file has a header (row {first}) and no rows below it")
    columns = tuple(zip(*(cells for _, cells in rows), strict=True))
    return Cells(tuple(names), columns, tuple(row for row, _ in rows), (note,) if note else ())


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The cells of every line that has any, after its number; the first is the header."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    head = next(lines, "")
    # Nothing else in it: NumPy puts spaces between numbers.
    separator = next((each for each in "\t;," if each in head), " ")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    comment: tuple[int, list[str]] | None = None
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if cells[0].startswith("#"):
                comment = reader.line_num, [cell for cell in [cells[0].lstrip("# "), *cells[1:]] if cell]
                continue
            if not found and comment and _nameless(cells):
                found.append(comment)  # NumPy marks a header as a comment
            found.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(f"row {reader.line_num} cannot be parted into cells: {error}") from None
    if not found:
        raise DataError("the file has no row that is not a comment")
    return found


def _nameless(cells: Sequence[str]) -> bool:
    """Whether a row holds numbers alone."""
    return all(_POINT.fullmatch(cell) or _COMMA.fullmatch(cell) for cell in cells if cell)


def _filled(cells: list[str], count: int, row: int) -> list[str]:
    """The cells of a row, as many as the header has; empty ones at the end may be too many or too few."""
    beyond = [cell for cell in cells[count:] if cell]
    if beyond or len(cells) < count - 1:
        commas = "; decimal commas need semicolons or tabs between the cells" if beyond else ""
        raise DataError(f"row {row} has {len(cells)} cells, and the header {count}{commas}")
    return [*cells[:count], *[""] * (count - len(cells))]


def numbers(cells: Cells, rules: Mapping[int, Rule]) -> tuple[dict[int, FloatArray], bool]:
    r"""The numbers of some columns.

    Args:
        cells: the table.
        rules: what the numbers may be, by the number of the column.

    Returns:
        The columns by their numbers, each of shape (R,), NaN where a cell is empty; and whether they have
        decimal commas.

    Raises:
        DataError: if a cell is no number, or not one that is allowed, or some have decimal commas and others
            points; says which one.

    >>> positive = Rule("a number > 0", lambda value: value > 0)
    >>> numbers(cells_of_bytes(b"t\n1\n0\n"), {0: positive})
    Traceback (most recent call last):
    ...
    quadviz.files.decoding.DataError: row 3: t must be a number > 0, got 0
    """
    texts = {index: [cell.translate(_MINUS) for cell in cells.columns[index]] for index in rules}
    commas = _decimal_commas(cells, texts)
    found: dict[int, FloatArray] = {}
    for index, rule in rules.items():
        values = [_number(text, commas) for text in texts[index]]
        for place, value in enumerate(values):
            empty = value is None and texts[index][place].lower() in _EMPTY
            slip = value is not None and _LARGEST < abs(value) < np.inf
            if (empty and rule.empty) or (value is not None and rule.holds(value) and not slip):
                continue
            allowed = f"at most {_LARGEST:g} in size" if slip else rule.allowed
            got = "nothing" if empty else printable(cells.columns[index][place])
            name = printable(cells.names[index])
            raise DataError(f"row {cells.rows[place]}: {name} must be {allowed}, got {got}")
        found[index] = np.array([np.nan if value is None else value for value in values])
    return found, commas


def _decimal_commas(cells: Cells, texts: Mapping[int, list[str]]) -> bool:
    """Whether numbers have decimal commas.

    Raises:
        DataError: if some have, and others points: a comma may part thousands there.
    """
    first: dict[bool, tuple[int, int]] = {}
    for index, column in texts.items():
        for place, text in enumerate(column):
            if ("," in text and _COMMA.fullmatch(text)) or ("." in text and _POINT.fullmatch(text)):
                first.setdefault("," in text, (index, place))
    if len(first) > 1:
        said = (
            f"{texts[index][place]} ({printable(cells.names[index])}, row {cells.rows[place]})"
            for index, place in sorted(first.values(), key=lambda at: at[1])
        )
        raise DataError(f"numbers must have decimal points, or commas throughout; got {' and '.join(said)}")
    return True in first


def _number(text: str, commas: bool) -> float | None:
    """A number as it is written; None for none."""
    if _BEYOND.fullmatch(text):
        return float(text)
    written = (_COMMA.fullmatch(text) if commas else None) or _POINT.fullmatch(text)
    return float(text.replace(",", ".")) if written else None
