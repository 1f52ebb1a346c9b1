"""A plotly figure widget that is drawn from Python and answers with clicks alone."""

from __future__ import annotations

import os
from typing import Any

import plotly.graph_objects as go
import traitlets
from plotly.serializers import custom_serializers

from quadviz.plotly_source import ADDRESS

__all__ = ["LiveFigure"]

#: No zooming, no buttons: a menu of the page saves the figure.
_CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "doubleClick": False}

#: In a notebook every figure brings 5 MB of plotly with it; where a server keeps them, it asks for these.
_SERVED = os.environ.get(ADDRESS)
_FROM_THE_SERVER = """
const plotly = import(new URL("%s", location.origin).href);
export default async () => (await plotly).default();
"""


class LiveFigure(go.FigureWidget):  # type: ignore[misc]  # plotly ships no types
    """A figure whose properties travel one way, from Python to the browser.

    After every update the browser reports the default of every property of every trace, and gets the
    report echoed: several times the data of the update itself. When updates overtake each other the
    report holds whole curves, and plotly's handler fails on their truth value in the middle of a drag.
    Nobody here reads the defaults: the reports are neither echoed nor taken in.

    Args:
        drawing: the figure it starts as. A browser that comes finds what the live figure was made with, so
            it should be drawn already.
    """

    if _SERVED:
        _esm = _FROM_THE_SERVER % _SERVED

    def __init__(self, drawing: go.Figure) -> None:
        super().__init__(drawing)
        self._config = dict(_CONFIG)

    _js2py_traceDeltas = traitlets.Dict(allow_none=True).tag(  # noqa: N815 - plotly's name
        sync=True, echo_update=False, **custom_serializers
    )
    _js2py_layoutDelta = traitlets.Dict(allow_none=True).tag(  # noqa: N815
        sync=True, echo_update=False, **custom_serializers
    )

    def _handler_js2py_traceDeltas(self, change: dict[str, Any]) -> None:  # noqa: N802
        """Take no notice; without the decorator of the method it hides, this one is not even called."""

    def _handler_js2py_layoutDelta(self, change: dict[str, Any]) -> None:  # noqa: N802
        """As above."""
