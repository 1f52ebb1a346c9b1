"""What maps share: a scale of colours, cells on axes in decades, and where the width limits the rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import ticks
from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import DASH
from quadviz.parameters import parameter
from quadviz.scenes.common.decades import Decades

__all__ = ["INFERNO", "cell_traces", "decade_axis", "even_scale", "limit_lines", "map_line"]

#: Ten stops of matplotlib's inferno, from dark to light.
INFERNO = (
    "#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60",
    "#cf4446", "#ed6925", "#fb9b06", "#f7d13d", "#fcffa4",
)  # fmt: skip


def even_scale(colours: Sequence[str] = INFERNO) -> list[list[object]]:
    """A scale of colours as plotly takes it, the stops evenly spaced."""
    places = np.linspace(0, 1, len(colours)).tolist()
    return [[place, colour] for place, colour in zip(places, colours, strict=True)]


def limit_lines(across: FloatArray, up: FloatArray, spare: FloatArray) -> Iterator[Part]:
    """The contour at which the width begins to limit the rank, white on a dark casing.

    Args:
        across: places of the columns, shape (N,).
        up: places of the rows, shape (M,).
        spare: kappa - kappa_min, shape (M, N).
    """
    limits = bool((spare < 0).any() and (spare > 0).any())
    yield from map_line("limit", across, up, spare, 0.0, limits, dash=DASH)


def map_line(
    uid: str, across: FloatArray, up: FloatArray, heights: FloatArray, level: float, shown: bool, **line: Any
) -> Iterator[Part]:
    """A contour of a map, white on a dark casing: two traces, the casing first."""
    casing, white = {"width": 3.2, "color": "rgba(0,0,0,0.55)"}, {"width": 1.6, "color": "#ffffff", **line}
    for name, look in ((f"{uid}-casing", casing), (uid, white)):
        yield {
            "type": "contour", "uid": name, "x": across, "y": up, "z": heights,
            "visible": shown, "line": {"smoothing": 0, **look},
            "contours": {"start": level, "end": level, "size": 1, "coloring": "none"},
            "connectgaps": False, "showscale": False, "showlegend": False, "hoverinfo": "skip",
        }  # fmt: skip


def decade_axis(axis: Decades, title: str, **look: Any) -> Part:
    """A logarithmic axis of a map, with a tick at every power of ten and at its cell for 0."""
    low, high = axis.decades
    # An axis that seems longer has ticks at powers only.
    said = ticks("log", (low, max(high, low + 2.5)))
    values, texts = list(said["tickvals"]), list(said["ticktext"])  # type: ignore[call-overload]  # two lists
    values = [value for value in values if value <= axis.high * (1 + 1e-9)]
    texts = texts[: len(values)]
    if axis.zero:
        # The end of the decades is next to it.
        first = int(values[0] <= axis.low * (1 + 1e-9))
        values, texts = values[first:], texts[first:]
        values, texts = [10**axis.middle_of_zero, *values], [axis.zero, *texts]
    return {
        "type": "log", "range": axis.span, "fixedrange": True, "showgrid": False, "tickmode": "array",
        "tickvals": values, "ticktext": texts, "tickangle": 0, "title": {"text": title, **look},
    }  # fmt: skip


def cell_traces(
    uid: str,
    axes: tuple[Decades, Decades],
    cells: tuple[int, int],
    shades: FloatArray,
    told: FloatArray,
    look: Mapping[str, Any],
    hover: str,
) -> Iterator[Part]:
    """The cells of a map over two axes in decades: one trace, and one more for each row or column of 0.

    Args:
        uid: the name of the trace; those of 0 end in "-0x", "-0y" and "-00".
        axes: across and upwards.
        cells: so many across and upwards, those for 0 not counted.
        shades: what the colours tell, shape (M, N) with the cells for 0 first.
        told: what is read out when a cell is hovered, of that shape.
        look: colours and their range.
        hover: how that is read out, beginning with a line break.
    """
    across, up = axes
    for name, zero_x, zero_y in (
        ("", False, False),
        ("-0x", True, False),
        ("-0y", False, True),
        ("-00", True, True),
    ):
        if (zero_x and not across.zero) or (zero_y and not up.zero):
            continue
        (columns, x), (rows, y) = _part(across, zero_x, cells[0]), _part(up, zero_y, cells[1])
        place = f"{_said(across, 'x', zero_x)}, {_said(up, 'y', zero_y)}"
        yield {
            "type": "heatmap", "uid": f"{uid}{name}", "hoverongaps": False, **look,
            "x": x, "y": y, "z": shades[rows, columns], "customdata": told[rows, columns],
            "showscale": name == "" and look.get("showscale", True),
            "hovertemplate": f"{place}{hover}<extra></extra>",
        }  # fmt: skip


def _part(axis: Decades, zero: bool, cells: int) -> tuple[slice, FloatArray]:
    """Which cells, and where they end on the axis."""
    edges = 10 ** axis.edges(cells)
    if not axis.zero:
        return slice(None), edges
    return (slice(0, 1), edges[:2]) if zero else (slice(1, None), edges[2:])


def _said(axis: Decades, name: str, zero: bool) -> str:
    symbol = parameter(axis.name).symbol
    if not zero:
        return f"{symbol} = %{{{name}:.3~g}}"
    return f"{symbol} → 0+" if axis.zero == "0+" else f"{symbol} = 0"
