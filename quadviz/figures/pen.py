"""Drawing into one figure again and again, sending only what changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

__all__ = ["Pen"]


class Pen:
    """The memory of what a figure shows, for subclasses that draw into it.

    plotly validates and transmits whatever is assigned and is slow to be read, so the pen remembers what it
    drew last and passes on the rest. A static figure and a live one are drawn alike.

    Args:
        figure: the figure drawn into, with all its traces already made. It may be exchanged for a live copy.
        precision: type of the numbers put into the figure. Single precision is finer than any screen, and
            half as much to send at every move of a slider.
    """

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        self.figure = figure
        self.precision = precision
        self._drawn: dict[tuple[int, str], object] = {}
        self._layout: dict[str, object] = {}

    def new(self, key: str, value: object) -> bool:
        """Whether something about the layout differs from what was drawn last; remembers it."""
        changed = key not in self._layout or self._layout[key] != value
        self._layout[key] = value
        return changed

    def put(self, trace: int, **properties: object) -> None:
        """Assign the properties of a trace that changed; nested ones as plotly writes them, line_color."""
        for name, value in properties.items():
            old = self._drawn.get((trace, name))
            if isinstance(value, np.ndarray) and isinstance(old, np.ndarray):
                same = old is value or np.array_equal(old, value, equal_nan=True)
            else:
                same = not isinstance(value, np.ndarray) and not isinstance(old, np.ndarray) and old == value
            if not same:
                self._drawn[trace, name] = value
                self.figure.data[trace][name] = value
