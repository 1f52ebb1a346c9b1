"""Thin lines that mark places on an axis, each with its name on a flag above the panels.

The flags stand in rows, one to a row, so that they cannot overlap at any width of the figure. Those in the
left part of the axis point to the right, the leftmost on top; the others point to the left, the rightmost on
top, below them: a flag passes above the lines that stand on its side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from quadviz.figures.axes import Scale
from quadviz.figures.pen import Pen
from quadviz.figures.theme import THEMES, ThemeName

__all__ = ["ROW", "Flag", "Threshold", "add_flags", "draw_flags", "flags"]

Side = Literal["left", "right"]

#: Height of a row in pixels.
ROW = 14
#: Flags left of this fraction of the axis point to the right.
_TURN = 0.45


@dataclass(frozen=True)
class Threshold:
    """A place on an axis and its name; no line is drawn where it is not finite."""

    name: str
    place: float


@dataclass(frozen=True)
class Flag:
    """A threshold on the axis, the row its name stands in (0 the lowest), and the side it points to."""

    threshold: Threshold
    row: int
    side: Side


def flags(thresholds: Sequence[Threshold], ends: tuple[float, float], scale: Scale = "linear") -> list[Flag]:
    """The flags of those thresholds that lie on an axis, no two in one row.

    Args:
        thresholds: the thresholds.
        ends: first and last value of the axis.
        scale: its scale.

    Returns:
        Flags in the rows from the top down to 0.

    >>> [(f.threshold.name, f.row, f.side) for f in flags([Threshold("a", 0.3), Threshold("b", 2)], (0, 1))]
    [('a', 0, 'right')]
    """
    inside = sorted((t for t in thresholds if ends[0] <= t.place <= ends[1]), key=lambda t: t.place)
    turned = [t for t in inside if _fraction(t.place, ends, scale) >= _TURN]
    order: list[tuple[Threshold, Side]] = [(t, "right") for t in inside[: len(inside) - len(turned)]]
    order += [(t, "left") for t in turned[::-1]]
    return [Flag(t, len(order) - 1 - i, side) for i, (t, side) in enumerate(order)]


def add_flags(figure: go.Figure, count: int) -> tuple[int, int]:
    """Room for ``count`` flags in a figure; the numbers of their first shape and first annotation."""
    first = len(figure.layout.shapes), len(figure.layout.annotations)
    for _ in range(count):
        figure.add_shape(
            type="line", xref="x", yref="paper", x0=1, x1=1, y0=0, y1=1, line_width=1, layer="between",
            opacity=0.6, visible=False,
        )  # fmt: skip
        figure.add_annotation(
            text="", xref="x", yref="paper", x=0, y=1, yanchor="middle", font_size=11, showarrow=False,
            borderpad=0, visible=False,
        )  # fmt: skip
    return first


def draw_flags(
    pen: Pen,
    first: tuple[int, int],
    shown: Sequence[Flag],
    scale: Scale,
    foot: tuple[float, float],
    theme: ThemeName,
    count: int,
) -> None:
    """Draw flags into the room made for them, and hide the rest.

    Args:
        pen: the pen of the figure.
        first: what :func:`add_flags` returned.
        shown: the flags.
        scale: scale of the axis they stand on.
        foot: bottom and height of row 0, as fractions of the figure's panels.
        theme: the background.
        count: how many flags there is room for.
    """
    colours = THEMES[theme]
    for number in range(count):
        line, name = ("shapes", first[0] + number), ("annotations", first[1] + number)
        flag = shown[number] if number < len(shown) else None
        if flag is None:
            _set(pen, line, visible=False)
            _set(pen, name, visible=False)
            continue
        place, right = flag.threshold.place, flag.side == "right"
        middle = foot[0] + (flag.row + 0.5) * foot[1]
        _set(pen, line, x0=place, x1=place, y1=middle, line_color=colours.muted, visible=True)
        # An annotation on a log axis is placed by the logarithm, a shape by the value.
        _set(pen, name, x=math.log10(place) if scale == "log" else place, y=middle, text=flag.threshold.name)
        _set(pen, name, xanchor="left" if right else "right", xshift=3 if right else -3)
        _set(pen, name, bgcolor=colours.surface, visible=True)


def _set(pen: Pen, part: tuple[str, int], **properties: object) -> None:
    """Assign those properties of a shape or an annotation that changed."""
    changed = {key: value for key, value in properties.items() if pen.new(f"{part} {key}", value)}
    if changed:
        target = pen.figure.layout[part[0]][part[1]]
        for key, value in changed.items():
            target[key] = value


def _fraction(place: float, ends: tuple[float, float], scale: Scale) -> float:
    low, high = ends
    if scale == "log":
        return math.log(place / low) / math.log(high / low)
    return (place - low) / (high - low)
