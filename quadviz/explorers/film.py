"""A film: moments that are all in the browser, a slider through them, and a button that plays them.

Dragging the slider asks the kernel nothing: ``assets/film.js`` draws each moment over the figures. Where the
slider comes to rest the kernel is told, draws the figures there, and what was drawn over them goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.scripts import script
from quadviz.explorers.stage import PlayedPanel, packed

__all__ = ["Film"]


class Film(anywidget.AnyWidget):
    """The slider and the button.

    Args:
        arrive: called with the number of the moment at which the slider came to rest.
        title: what the slider moves, in a few words.
        seconds: how long the whole film takes.
    """

    _esm = script("stage.js", "film.js")

    title = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    panels = traitlets.List(traitlets.Dict()).tag(sync=True)
    lines = traitlets.Bytes(b"").tag(sync=True)
    moment = traitlets.Int(0).tag(sync=True)
    #: Counts up whenever something else has changed; the browser looks at the others when this one arrives.
    edition = traitlets.Int(0).tag(sync=True)

    def __init__(self, arrive: Callable[[int], None], title: str, seconds: float = 6.0) -> None:
        super().__init__(title=title, seconds=seconds)
        self._arrive = arrive
        self.on_msg(self._receive)

    def load(self, texts: Sequence[str], panels: Sequence[PlayedPanel], moment: int) -> None:
        """Put a film in, and where it stands; what is there already is not sent again.

        Args:
            texts: what is said at each of F moments.
            panels: what moves in each figure.
            moment: the number of the one that the figures show.
        """
        plain, buffers = packed(panels)
        lines = b"".join(buffers)
        wanted = {"texts": list(texts), "panels": plain, "lines": lines, "moment": moment}
        changed = {name: value for name, value in wanted.items() if getattr(self, name) != value}
        if not changed:
            return
        with self.hold_sync():
            for name, value in changed.items():
                setattr(self, name, value)
        # After the others: where they come in several messages this one is the last.
        self.edition += 1

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        moment = content.get("moment")
        if content.get("kind") != "rest" or not isinstance(moment, int) or isinstance(moment, bool):
            return
        if 0 <= moment < len(self.texts):
            self._arrive(moment)
        # The figures have been drawn there: what was drawn over them can go.
        self.send({"kind": "arrived", "moment": moment})
