"""The one figure widget: a figure is put in as a value, and answers with clicks and zooms."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any, TypeGuard
from uuid import uuid4

import anywidget
import traitlets

from quadviz.explorers.live.packing import Parts, changes, packed, parts_of, whole
from quadviz.explorers.live.plotly_source import ADDRESS, plotly_source
from quadviz.explorers.live.scripts import script
from quadviz.explorers.live.thinning import thinned
from quadviz.figures.marks.drawing import Drawing, Held, ranges

__all__ = ["LiveFigure"]

Listener = Callable[[float, float], None]


def _told(_value: bytes, figure: LiveFigure) -> bytes:
    """The figure as it is now, for a browser that comes."""
    return figure.whole()


class LiveFigure(anywidget.AnyWidget):
    """A figure in browsers, drawn from Python.

    Whoever is there is told what changes; whoever comes later, by a reload or in a second view, gets all of
    the figure as it is then. In the browser plotly shows it; what moves is written into its drawing directly.

    Args:
        drawing: the figure to begin with.
        anywhere: whether clicks beside what is drawn count too, in the units of the first pair of axes.
    """

    _esm = script(
        "live/message.js", "live/plotly.js", "live/difference.js", "live/drawn.js", "live/figure.js"
    )

    #: The whole figure, read only when a browser asks for it; never assigned, so never sent by itself.
    figure = traitlets.Bytes(b"").tag(sync=True, to_json=_told)
    #: What this figure is found by on a page.
    key = traitlets.Unicode().tag(sync=True)
    #: Where plotly is fetched from; empty: through the kernel.
    plotly = traitlets.Unicode().tag(sync=True)
    anywhere = traitlets.Bool(False).tag(sync=True)
    #: What it shows, in a few words, for those who hear a page.
    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, drawing: Drawing, *, anywhere: bool = False) -> None:
        self._drawing: Drawing = drawing
        self._parts: Parts = parts_of(thinned(drawing))
        self._edition = 0
        self._clicked: list[Listener] = []
        self._zoomed: list[Callable[[tuple[float, float] | None], None]] = []
        super().__init__(key=uuid4().hex, plotly=os.environ.get(ADDRESS, ""), anywhere=anywhere)
        self.on_msg(self._receive)

    @property
    def drawing(self) -> Drawing:
        """The figure that is shown."""
        return self._drawing

    @property
    def held(self) -> Held:
        """The ranges of its axes, for the next figure to keep."""
        return ranges(self._drawing)

    @property
    def parts(self) -> Parts:
        """The figure as browsers know it."""
        return self._parts

    def show(self, drawing: Drawing) -> None:
        """Show another figure; where it is the same nothing is sent."""
        parts = parts_of(thinned(drawing))
        found = changes(self._parts, parts)
        self._drawing, self._parts = drawing, parts
        if found:
            self._edition += 1
            self.send({"kind": "draw"}, [packed({"edition": self._edition, **found})])

    def whole(self) -> bytes:
        """All of it, as a message."""
        return packed({"edition": self._edition, "whole": True, **whole(self._parts)})

    def on_click(self, listener: Listener) -> None:
        """Have ``listener`` told the x and y of what is clicked."""
        self._clicked.append(listener)

    def on_zoom(self, listener: Callable[[tuple[float, float] | None], None]) -> None:
        """Have ``listener`` told the stretch of the x axis that was dragged over; None to see all again."""
        self._zoomed.append(listener)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        kind = content.get("kind")
        x, y = content.get("x"), content.get("y")
        if kind == "plotly":
            self.send({"kind": "plotly"}, [plotly_source().read_bytes()])
        elif kind == "whole" and content.get("edition") != self._edition:
            self.send({"kind": "draw"}, [self.whole()])
        elif kind == "click" and _number(x) and _number(y):
            for listener in self._clicked:
                listener(float(x), float(y))
        elif kind == "zoom" and x is None:
            for zoomed in self._zoomed:
                zoomed(None)
        elif kind == "zoom" and _number(x) and _number(y):
            for zoomed in self._zoomed:
                zoomed((float(x), float(y)))


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
