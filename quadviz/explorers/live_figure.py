"""A plotly figure widget that is drawn from Python and answers with clicks alone."""

from __future__ import annotations

import re
from typing import Any

import plotly.graph_objects as go
import traitlets
from plotly.serializers import custom_serializers

from quadviz.explorers.scripts import script

__all__ = ["LiveFigure"]

#: No zooming, no buttons: a menu of the page saves the figure.
_CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "doubleClick": False}

#: Where a server keeps plotly, its address. In a notebook every figure brings the 5 MB with it.
_SERVED = None
_EXPORTS = re.compile(r"export\s*\{[\w$]+ as FigureModel,([\w$]+) as FigureView,([\w$]+) as default\};")


def _figure_script(served: str | None) -> str:
    """The script of a figure; plotly's own where that is not put together as expected."""
    if served:
        start = f'const quadvizPlotly = import(new URL("{served}", location.origin).href);'
        return f"{script('figure.js')}\n{start}\nexport default () => quadvizFigure(quadvizPlotly);"
    bundle = str(go.FigureWidget._esm)
    exports = "export default () => quadvizFigure({ default: \\2, FigureView: \\1 });"
    whole, found = _EXPORTS.subn(exports, bundle)
    return f"{whole}\n{script('figure.js')}" if found == 1 else bundle


class LiveFigure(go.FigureWidget):  # type: ignore[misc]  # plotly ships no types
    """A figure whose properties travel one way, from Python to the browser, and which keeps its height.

    After every update plotly's widget reports the default of every property of every trace, and gets the
    report echoed: several times the data of the update itself. When updates overtake each other the
    report holds whole curves, and plotly's handler fails on their truth value in the middle of a drag.
    Nobody here reads the defaults: the script makes no reports, and where it is plotly's own they are
    neither echoed nor taken in.

    Args:
        drawing: the figure it starts as. A browser that comes finds what the live figure was made with, so
            it should be drawn already.
    """

    _esm = _figure_script(_SERVED)

    def __init__(self, drawing: go.Figure) -> None:
        super().__init__(drawing)
        self._config = dict(_CONFIG)

    _js2py_traceDeltas = traitlets.Dict(allow_none=True).tag(  # noqa: N815 - plotly's name
        sync=True, echo_update=False, **custom_serializers
    )
    _js2py_layoutDelta = traitlets.Dict(allow_none=True).tag(  # noqa: N815 - as above
        sync=True, echo_update=False, **custom_serializers
    )

    def _handler_js2py_traceDeltas(self, change: dict[str, Any]) -> None:  # noqa: N802 - as above
        """Take no notice; without the decorator of the method it hides, this one is not even called."""

    def _handler_js2py_layoutDelta(self, change: dict[str, Any]) -> None:  # noqa: N802 - as above
        """As above."""
