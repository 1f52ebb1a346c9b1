"""A button that saves a table as a CSV file, made when it is pressed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

__all__ = ["Download", "Table", "csv_text"]

_ASSETS = Path(__file__).parent / "assets"

#: Names of the columns, and the rows.
Table = tuple[Sequence[str], Sequence[Sequence[object]]]


def csv_text(table: Table) -> str:
    r"""A table as CSV, numbers with all their digits.

    >>> csv_text((("seed", "mse"), [(1, 0.1), (2, float("nan"))]))
    'seed,mse\n1,0.1\n2,nan\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names, rows = table
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


class Download(anywidget.AnyWidget):
    """The button; nobody can press it while it is not ``ready``.

    Args:
        table: makes the table.
        filename: name of the file, with its ending.
        title: what is saved, in a few words.
    """

    _esm = _ASSETS / "download.js"

    ready = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, table: Callable[[], Table], filename: str, title: str) -> None:
        super().__init__(title=title)
        self._table = table
        self._filename = filename
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "wanted" and self.ready:
            file = csv_text(self._table()).encode()
            self.send({"kind": "file", "name": self._filename}, [file])
