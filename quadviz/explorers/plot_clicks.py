"""Clicks anywhere on a figure, told in the units of its axes.

plotly reports a click only where something is drawn, and there the place of what is drawn. Who clicks on a
margin, or between two cells, is to be answered too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import ipywidgets as widgets
import plotly.graph_objects as go

from quadviz.explorers.scripts import script

__all__ = ["PlotClicks", "clickable"]


class PlotClicks(anywidget.AnyWidget):
    """An invisible widget that tells where the figure beside it was clicked.

    Args:
        listener: called with the x and y of every click, which may lie beyond the axes.
    """

    _esm = script("plot_clicks.js")

    def __init__(self, listener: Callable[[float, float], None]) -> None:
        super().__init__()
        self._listener = listener
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        x, y = content.get("x"), content.get("y")
        if content.get("kind") == "click" and isinstance(x, (int, float)) and isinstance(y, (int, float)):
            self._listener(float(x), float(y))


def clickable(figure: go.FigureWidget, listener: Callable[[float, float], None]) -> widgets.Box:
    """A figure whose clicks, on its first pair of axes and around it, are told to ``listener``."""
    box = widgets.Box([figure, PlotClicks(listener)])
    box.add_class("qv-clicked")
    return box
