"""A plotly figure widget that is drawn from Python and answers with clicks alone."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import traitlets
from plotly.serializers import custom_serializers

__all__ = ["LiveFigure"]


class LiveFigure(go.FigureWidget):  # type: ignore[misc]  # plotly ships no types
    """A figure whose properties travel one way, from Python to the browser.

    After every update the browser reports the default of every property of every trace, and gets the
    report echoed: several times the data of the update itself. When updates overtake each other the
    report holds whole curves, and plotly's handler fails on their truth value in the middle of a drag.
    Nobody here reads the defaults: the reports are neither echoed nor taken in.
    """

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
