"""A button that saves a table as a CSV file, made when it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.live.scripts import script
from quadviz.tables.text import Table, csv_text

__all__ = ["Download", "asking"]


def asking(content: Mapping[str, Any]) -> dict[str, str]:
    """Which of several views of a widget asks, to be said in the answer: the others take no notice of it."""
    view = content.get("view")
    return {"view": view} if isinstance(view, str) else {}


class Download(anywidget.AnyWidget):
    """The button; nobody can press it while it is not ``ready``.

    Args:
        table: makes the table.
        filename: name of the file, with its ending.
        title: what is saved, in a few words.
    """

    _esm = script("kit/widgets/download.js")

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
            self.send({"kind": "file", "name": self._filename, **asking(content)}, [file])
