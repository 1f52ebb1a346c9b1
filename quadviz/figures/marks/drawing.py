"""A figure as a value: plain dicts as plotly.js takes them; traces have names, arrays are NumPy's.

A figure is a pure function of what it shows and of the ranges that its axes had before, so that these rest
while a control is dragged. Who shows it (a widget, a file, a slide) reads it; nothing is drawn into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from quadviz.figures.marks.axes import Scale

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Drawing", "Held", "Part", "axis_name", "held_range", "ranges", "still", "trace"]

#: ``data``, a list of traces each with a ``uid`` of its own, and ``layout``.
Drawing = dict[str, Any]
#: A trace, an axis, a shape or an annotation.
Part = dict[str, Any]
#: By the name of an axis in the layout ("yaxis2"): its scale, and its range, in decades where that is "log".
Held = Mapping[str, tuple[Scale, tuple[float, float]]]


def axis_name(axis: str) -> str:
    """The name in a layout of an axis as traces call it.

    >>> axis_name("x"), axis_name("y2")
    ('xaxis', 'yaxis2')
    """
    return f"{axis[0]}axis{axis[1:]}"


def ranges(drawing: Drawing) -> Held:
    """The ranges of the axes of a figure, for the next one to keep where it fits."""
    return {
        name: (axis.get("type", "linear"), tuple(axis["range"]))
        for name, axis in drawing["layout"].items()
        if name[1:5] == "axis" and "range" in axis
    }


def held_range(held: Held | None, axis: str, scale: Scale = "linear") -> tuple[float, float] | None:
    """The range that an axis ("y2") had, None where it had none or another scale."""
    before = (held or {}).get(axis_name(axis))
    return before[1] if before is not None and before[0] == scale else None


def trace(drawing: Drawing, uid: str) -> Part:
    """The trace of that name.

    Raises:
        KeyError: if there is none.
    """
    for each in drawing["data"]:
        if each["uid"] == uid:
            found: Part = each
            return found
    raise KeyError(f"no trace {uid!r}; there are {', '.join(each['uid'] for each in drawing['data'])}")


def still(drawing: Drawing) -> go.Figure:
    """A figure as a plotly object, which can be shown, changed and written to a file."""
    import plotly.graph_objects as go

    # A name is for who looks at the value; plotly has uses of its own for it.
    data = [{key: value for key, value in each.items() if key != "uid"} for each in drawing["data"]]
    return go.Figure({"data": data, "layout": _plain(drawing["layout"])})


def _plain(value: Any) -> Any:
    """A copy that plotly may take over."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
