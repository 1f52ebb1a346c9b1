"""What commands print and write: tables for people, CSV and JSON for programs, files by their ending."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quadviz.cli.options import option
from quadviz.outcome import Regime
from quadviz.results import SOURCE, Result, Sheet
from quadviz.tables.text import Table, csv_text, json_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Csv", "Given", "Json", "Out", "give", "readable_text", "table_of", "tell", "written_to"]

#: Endings of files, and what is written to them.
_TABLES, _FIGURES = (".csv", ".json", ".nc"), (".html", ".svg", ".png", ".pdf")
_ENDINGS = (*_FIGURES, *_TABLES)
#: Digits of a table for people.
_DIGITS = 6


def written_to(text: str) -> Path:
    """The file of ``--out``, before anything is computed for it.

    Raises:
        ValueError: if its ending is none of those known, its folder does not exist, or it is a folder itself.
    """
    path = Path(text)
    if path.suffix.lower() not in _ENDINGS:
        near = difflib.get_close_matches(path.suffix.lower(), _ENDINGS, 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"the ending of --out must be one of {', '.join(_ENDINGS)}, got {text!r}{meant}")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {str(path.parent)!r} to write {path.name} to: make it first")
    if path.is_dir():
        raise ValueError(f"{text!r} is a folder")
    if path.suffix.lower() == ".nc" and find_spec("xarray") is None:
        raise ValueError(".nc needs the package xarray: pip install 'quadviz[xarray]'")
    if path.suffix.lower() in _FIGURES:
        from quadviz.cli.export import check_exporter

        check_exporter(path.suffix.lower())
    return path


Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, numbers with all their digits.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON: what is known of all, and columns by name.")]
Out = Annotated[
    str | None,
    option(
        "out",
        written_to,
        f"Write a file, a former one too: {', '.join(_FIGURES)} a figure, {', '.join(_TABLES)} numbers.",
        "FILE",
    ),
]


@dataclass(frozen=True)
class Given:
    """What a command computed.

    Attributes:
        table: its numbers.
        about: what is said of all of them, in JSON.
        figure: draws them.
        result: what .nc is made of; None where it cannot be.
    """

    table: Table
    figure: Callable[[], go.Figure]
    result: Result | None = None
    about: Mapping[str, object] = field(default_factory=dict)


def give(given: Given, *, csv: bool, json: bool, out: str | None) -> None:
    """Print or write it.

    Raises:
        ValueError: if both CSV and JSON are wanted on standard output, or NetCDF of what has none.
        ImportError: if a package is missing; says which.
        OSError: if a file cannot be written.
    """
    if csv and json:
        raise ValueError("take one of --csv and --json; the other can go to a file by --out")
    if out is not None:
        _write(given, Path(out))
        tell(f"wrote {out}")
    if json:
        print(json_text(given.table, {**_about(), **given.about}))
    elif csv or (out is None and not sys.stdout.isatty()):
        print(csv_text(given.table), end="")
    elif out is None:
        print(readable_text(given.table), end="")


def table_of(sheet: Sheet, **more: object) -> Table:
    """A sheet of a result as a table, and further columns that are the same in every row."""
    columns = {name: column.tolist() for name, column in sheet.columns().items()}
    if "regime" in columns:
        columns["regime"] = [Regime[name.upper()].label for name in columns["regime"]]
    count = len(next(iter(columns.values())))
    columns = {**{name: [value] * count for name, value in more.items()}, **columns}
    return list(columns), list(zip(*columns.values(), strict=True))


def readable_text(table: Table) -> str:
    """A table for people: numbers to the right, words to the left; what is the same in all rows is said once.

    >>> table = ("kappa", "alpha", "mse"), [(0.5, 0.1, 1.25), (0.5, 0.25, 0.123456789)]
    >>> print(readable_text(table), end="")
    kappa = 0.5
    <BLANKLINE>
    alpha       mse
      0.1      1.25
     0.25  0.123457
    """
    names, rows = table
    cells = [[_cell(value) for value in row] for row in rows]
    same = [k for k in range(len(names)) if len(rows) > 1 and len({row[k] for row in cells}) == 1]
    lines = [f"{names[k]} = {cells[0][k]}" for k in same if cells[0][k]]
    if lines:
        lines.append("")
    shown = [k for k in range(len(names)) if k not in same]
    widths = [max(len(names[k]), *(len(row[k]) for row in cells), 0) for k in shown]
    words = [any(isinstance(row[k], str) and row[k] for row in rows) for k in shown]
    for row in ([names[k] for k in shown], *([row[k] for k in shown] for row in cells)):
        laid = (
            text.ljust(width) if word else text.rjust(width)
            for text, width, word in zip(row, widths, words, strict=True)
        )
        lines.append("  ".join(laid).rstrip())
    return "\n".join(lines) + "\n"


def tell(sentence: str) -> None:
    """Say something that is no data, on standard error."""
    print(sentence, file=sys.stderr)


def _cell(value: object) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _about() -> dict[str, str]:
    from quadviz import __version__

    return {"made_by": f"quadviz {__version__}", "theory": SOURCE}


def _write(given: Given, path: Path) -> None:
    ending = path.suffix.lower()
    if ending == ".csv":
        path.write_text(csv_text(given.table), encoding="utf-8")
    elif ending == ".json":
        path.write_text(json_text(given.table, {**_about(), **given.about}), encoding="utf-8")
    elif ending == ".nc":
        if given.result is None:
            raise ValueError("this command has no NetCDF: take --out with .csv or .json")
        data: Any = given.result.to_xarray()
        data.to_netcdf(path, engine="scipy")
    else:
        from quadviz.cli.export import export

        export(given.figure(), path)
