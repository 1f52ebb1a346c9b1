"""The row of a page that takes a file of a reader's own measurements, shows what it holds, and removes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.live.scripts import script

__all__ = ["DataControl"]


class DataControl(anywidget.AnyWidget):
    """The row. All it shows is plain text, whoever wrote it.

    Args:
        take: a file that was chosen: its name, its size, and its bytes where they were not too many.
        remove: the measurements are to go.
        go: the page is to go to the setting of that number among ``offers``.
        most: so many bytes a file may have; of a larger one the browser reads nothing.
        help_lines: what a file looks like.
    """

    _esm = script("kit/widgets/dom.js", "kit/own_data/control.js")

    most = traitlets.Int().tag(sync=True)
    help_lines = traitlets.List(traitlets.Unicode()).tag(sync=True)
    #: The name of the measurements; empty for none.
    name = traitlets.Unicode().tag(sync=True)
    about = traitlets.Unicode().tag(sync=True)
    notes = traitlets.Unicode().tag(sync=True)
    differs = traitlets.Unicode().tag(sync=True)
    offers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    refusal = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        take: Callable[[str, int, bytes | None], None],
        remove: Callable[[], None],
        go: Callable[[int], None],
        most: int,
        help_lines: Sequence[str],
    ) -> None:
        super().__init__(most=most, help_lines=list(help_lines))
        self._take, self._remove, self._go = take, remove, go
        self.on_msg(self._receive)

    def _receive(
        self, _widget: object, content: dict[str, Any], buffers: Sequence[memoryview] | None
    ) -> None:
        match content.get("kind"):
            case "file":
                data = buffers[0] if buffers else None
                said = content.get("size")
                size = data.nbytes if data is not None else said if isinstance(said, int) else 0
                # What is too large is not copied either.
                taken = bytes(data) if data is not None and size <= self.most else None
                self._take(str(content.get("name", "")), size, taken)
                self.send({"kind": "taken"})
            case "remove":
                self._remove()
            case "go" if content.get("number") in range(len(self.offers)):
                self._go(int(content["number"]))
