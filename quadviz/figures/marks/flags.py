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

from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import THEMES, ThemeName
from quadviz.scenes.common.marks import Threshold

__all__ = ["ROW", "Flag", "flag_marks", "flags"]

Side = Literal["left", "right"]

#: Height of a row in pixels.
ROW = 14
#: Flags left of this fraction of the axis point to the right.
_TURN = 0.45


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


def flag_marks(
    thresholds: Sequence[Threshold],
    ends: tuple[float, float],
    scale: Scale,
    foot: tuple[float, float],
    theme: ThemeName,
    room: int,
) -> tuple[list[Part], list[Part]]:
    """The lines and the names of flags, as shapes and annotations of a figure.

    Each threshold keeps its place in the lists, wherever its flag stands: lines move, they are not exchanged.

    Args:
        thresholds: the thresholds; one that does not lie on the axis is there, but not seen.
        ends: first and last value of the axis they stand on.
        scale: its scale.
        foot: bottom and height of row 0, as fractions of the figure's panels.
        theme: the background.
        room: the lists are so long, whatever is seen.
    """
    colours = THEMES[theme]
    flying = {flag.threshold.name: flag for flag in flags(thresholds, ends, scale)}
    lines: list[Part] = []
    names: list[Part] = []
    for number in range(room):
        flag = flying.get(thresholds[number].name) if number < len(thresholds) else None
        place = 1.0 if flag is None else float(flag.threshold.place)
        right = flag is None or flag.side == "right"
        middle = foot[0] if flag is None else foot[0] + (flag.row + 0.5) * foot[1]
        lines.append(
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": middle,
                "line": {"color": colours.muted, "width": 1}, "layer": "between", "opacity": 0.6,
                "visible": flag is not None,
            }
        )  # fmt: skip
        names.append(
            {
                "text": "" if flag is None else flag.threshold.name, "xref": "x", "yref": "paper",
                # An annotation on a log axis is placed by the logarithm, a shape by the value.
                "x": math.log10(place) if scale == "log" else place, "y": middle,
                "yanchor": "middle", "xanchor": "left" if right else "right", "xshift": 3 if right else -3,
                "font": {"size": 11}, "showarrow": False, "borderpad": 0, "bgcolor": colours.surface,
                "visible": flag is not None,
            }
        )  # fmt: skip
    return lines, names


def _fraction(place: float, ends: tuple[float, float], scale: Scale) -> float:
    low, high = ends
    if scale == "log":
        return math.log(place / low) / math.log(high / low)
    return (place - low) / (high - low)
