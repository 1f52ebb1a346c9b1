"""A player of pictures that are all solved beforehand: the browser shows them, forty a second and more.

A kernel that redraws a figure gets to some ten pictures a second. So it sends the moving lines of all
moments at once, and ``assets/player.js`` draws them over the figures, which stand by meanwhile. When the run
stops, for whatever reason, the kernel is told where, goes there, and the figures themselves are seen again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from quadviz.explorers.scripts import script
from quadviz.explorers.stage import PlayedPanel, packed

__all__ = ["Player", "Run"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """A run of one parameter through F values.

    Attributes:
        parameter: its name.
        values: its values, shape (F,).
        positions: where its slider stands, shape (F,).
        texts: what its box says.
        seconds: how long the run takes.
        panels: what moves, a panel for each figure.
        regions: what else follows: HTML at every so many moments, by the class of the region.
        start: number of the moment to begin with.
    """

    parameter: str
    values: FloatArray
    positions: FloatArray
    texts: tuple[str, ...]
    seconds: float
    panels: tuple[PlayedPanel, ...]
    regions: dict[str, tuple[int, tuple[str, ...]]]
    start: int = 0


class Player(anywidget.AnyWidget):
    """A button that plays a run over the figures of its page, and stops it.

    Whatever else is touched on the page stops the run too. Then the page goes to where it stopped before it
    takes notice of what was touched.

    Args:
        make: makes the run when the button is pressed; may return None where that failed.
        arrive: called with the value at which a run stopped.
        title: what the button does, in a few words.
    """

    _esm = script("stage.js", "player.js")

    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, make: Callable[[], Run | None], arrive: Callable[[float], None], title: str) -> None:
        super().__init__(title=title)
        self._make = make
        self._arrive = arrive
        self._values: dict[str, FloatArray] = {}
        self.on_msg(self._receive)

    def halt(self) -> None:
        """Stop the run where it is: what it shows is about to be out of date."""
        if self._values:
            self.send({"kind": "halt"})

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        kind, ticket = content.get("kind"), str(content.get("ticket"))
        if kind == "play":
            run = self._make()
            if run is None:
                self.send({"kind": "refused", "ticket": ticket})
                return
            self._values = {ticket: run.values}
            message, buffers = _message(run)
            self.send({"kind": "run", "ticket": ticket, **message}, buffers)
        elif kind == "stopped":
            values, moment = self._values.pop(ticket, None), content.get("moment")
            if values is not None and isinstance(moment, int) and 0 <= moment < values.size:
                self._arrive(float(values[moment]))
            # The figures have been drawn at that place: what was drawn over them can go.
            self.send({"kind": "arrived"})


def _message(run: Run) -> tuple[dict[str, Any], list[bytes]]:
    """A run in JSON, its lines in single precision beside it: x and y of every path, panel by panel."""
    panels, buffers = packed(run.panels)
    message = {
        "parameter": run.parameter,
        "positions": run.positions.tolist(),
        "texts": list(run.texts),
        "seconds": run.seconds,
        "start": run.start,
        "panels": panels,
        "regions": {
            name: {"every": every, "html": list(html)} for name, (every, html) in run.regions.items()
        },
    }
    return message, buffers
