"""A player of pictures that are all solved beforehand: the browser shows them, forty a second and more.

A kernel that redraws a figure gets to some ten pictures a second. So it sends the moving lines of all
moments at once, and ``assets/player.js`` draws them over the figures, which stand by meanwhile. When the run
stops, for whatever reason, the kernel is told where, goes there, and the figures themselves are seen again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

__all__ = ["PlayedLabel", "PlayedPanel", "PlayedPath", "Player", "Run"]

_ASSETS = Path(__file__).parent / "assets"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PlayedPath:
    """A line of a figure at F moments.

    Attributes:
        trace: number of the trace that it stands for, which is hidden meanwhile.
        axis: its vertical axis in plotly's layout, such as "yaxis2".
        x: places, shape (F, N); where a moment has NaN there is nothing to draw.
        y: heights, shape (F, N).
        style: attributes of the path in SVG.
        dashes: its dashes at each moment, "none" for none.
    """

    trace: int
    axis: str
    x: FloatArray
    y: FloatArray
    style: dict[str, str]
    dashes: tuple[str, ...]


@dataclass(frozen=True)
class PlayedLabel:
    """A label of a figure at F moments.

    Attributes:
        annotation: number of the annotation that it stands for, which is hidden meanwhile.
        axis: the vertical axis that it is placed by.
        x: places, shape (F,).
        y: heights, shape (F,).
        left: whether it stands left of its place, shape (F,).
        text: the words; empty where there are none.
        shift: pixels to the side and upwards.
        style: attributes of the text in SVG.
    """

    annotation: int
    axis: str
    x: FloatArray
    y: FloatArray
    left: NDArray[np.bool_]
    text: tuple[str, ...]
    shift: tuple[float, float]
    style: dict[str, str]


@dataclass(frozen=True)
class PlayedPanel:
    """What moves in one figure."""

    paths: tuple[PlayedPath, ...]
    labels: tuple[PlayedLabel, ...]


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

    _esm = _ASSETS / "player.js"

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
    buffers = [
        np.ascontiguousarray(values, dtype="<f4").tobytes()
        for panel in run.panels
        for path in panel.paths
        for values in (path.x, path.y)
    ]
    panels = [
        {
            "paths": [
                {
                    "trace": path.trace,
                    "axis": path.axis,
                    "points": path.x.shape[1],
                    "style": path.style,
                    "dashes": _runs(path.dashes),
                }
                for path in panel.paths
            ],
            "labels": [
                {
                    "annotation": label.annotation,
                    "axis": label.axis,
                    "x": label.x.tolist(),
                    "y": label.y.tolist(),
                    "left": label.left.tolist(),
                    "text": list(label.text),
                    "shift": label.shift,
                    "style": label.style,
                }
                for label in panel.labels
            ],
        }
        for panel in run.panels
    ]
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


def _runs(values: Sequence[str]) -> str | list[str]:
    """One value where all are the same."""
    return values[0] if len(set(values)) == 1 else list(values)
