"""What is around the curves of a panel: its axis, uprights, keys, notes on what it lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import Scale, fitted_range, ticks
from quadviz.figures.marks.curves import Curve
from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.notes import stretch

__all__ = [
    "Fit",
    "fit_curves",
    "fit_values",
    "key_text",
    "label",
    "on_axis",
    "positive_span",
    "vertical",
    "zero_notes",
]


#: A log axis shows at most so many decades below its largest value.
_DECADES = 7.0
#: Share of a log axis kept free for each line of a note on what it cannot show.
_NOTE_ROOM = 0.16


def vertical(x: float | None, width: float, **line: str) -> Part:
    """An upright from the bottom to the top of a figure; None hides it."""
    place = 1.0 if x is None else x
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": 1,
        "layer": "between", "visible": x is not None, "line": {"width": width, **line},
    }  # fmt: skip


def label(text: str, height: float, shift: float, size: int = 14, **look: Any) -> Part:
    """A text above a height of the figure, from its left edge on; an empty one is hidden."""
    return {
        "text": text, "x": 0, "xref": "paper", "xanchor": "left", "align": "left", "y": height,
        "yref": "paper", "yanchor": "bottom", "yshift": shift, "font": {"size": size}, "showarrow": False,
        "visible": bool(text), **look,
    }  # fmt: skip


def key_text(title: str, entries: Sequence[tuple[str, str, str]]) -> str:
    """A title and under it what the colours mean: (sample, colour, meaning) each.

    >>> key_text("", [("━", "#123456", "a")])
    '<span style="color:#123456">━</span> a'
    """
    samples = "  ".join(
        f'<span style="color:{colour}">{line}</span> {name}' for line, colour, name in entries
    )
    return f"{title}<br>{samples}" if title and samples else title or samples


def on_axis(place: float, scale: Scale) -> float:
    """A place in the units of an axis."""
    return math.log10(place) if scale == "log" else place


@dataclass(frozen=True)
class Fit:
    """A vertical axis that holds what a panel shows, and what is written in the panel.

    Attributes:
        scale: its scale.
        ends: its range, in decades on a log axis.
        note: what it cannot show.
    """

    scale: Scale
    ends: tuple[float, float]
    note: str = ""

    def seen(self, heights: FloatArray) -> FloatArray:
        """Heights; one below the axis has no place in its panel, nor in the next one."""
        floor = 10 ** self.ends[0] if self.scale == "log" else -math.inf
        return np.where(heights >= floor, heights, np.nan)

    def axis(self, domain: tuple[float, float], count: int) -> Part:
        """The axis of a panel; a linear one has ``count`` ticks, about."""
        return {
            "domain": domain, "anchor": "x", "fixedrange": True, "tickfont": {"size": 12},
            "type": self.scale, "range": self.ends, **ticks(self.scale, self.ends, count),
        }  # fmt: skip


def fit_curves(
    curves: Sequence[Curve],
    scale: Scale,
    symbol: str,
    shown: tuple[float, float] | None,
    more: FloatArray | float = math.nan,
) -> Fit:
    """Fit a vertical axis to curves.

    Args:
        curves: what is to be seen, and to be told of where it can't be.
        scale: the scale of the axis.
        symbol: what the curves are drawn against.
        shown: the range the axis had.
        more: other heights to be seen.
    """
    values = np.append(np.concatenate([curve.y for curve in curves]), more)
    if scale == "linear":
        return Fit(scale, fit_values(values, scale, shown))
    highest = np.max(values, initial=1e-300, where=values > 0)
    ends = fit_values(values, scale, shown, len(zero_notes(curves, symbol, highest * 10**-_DECADES)))
    return Fit(scale, ends, "<br>".join(zero_notes(curves, symbol, 10 ** ends[0])))


def fit_values(
    values: FloatArray, scale: Scale, shown: tuple[float, float] | None, lines: int = 0
) -> tuple[float, float]:
    """The range of a vertical axis for the finite values (the positive ones on a log axis).

    Args:
        values: what is to be seen.
        scale: the scale of the axis.
        shown: the range it had.
        lines: lines of a note to keep room for at the bottom of a log axis.
    """
    low, high = positive_span(values, scale)
    if scale == "log":
        low -= lines * _NOTE_ROOM * max(high - low, 0.5)
    return fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)


def positive_span(values: FloatArray, scale: Scale, decades: float = _DECADES) -> tuple[float, float]:
    """From where to where positive values lie in the units of an axis: of a linear one from 0 on.

    Args:
        values: what is to be seen; of what is not finite and positive there is nothing to see.
        scale: the scale of the axis.
        decades: so many are there at most on a logarithmic one.
    """
    usable = values[np.isfinite(values) & (values > 0)]
    if usable.size == 0:
        return (-1.0, 0.0) if scale == "log" else (0.0, 1.0)
    if scale == "linear":
        return 0.0, float(usable.max())
    high = math.log10(usable.max())
    return max(math.log10(usable.min()), high - decades), high


def zero_notes(curves: Sequence[Curve], symbol: str, floor: float) -> list[str]:
    """What a log axis that ends at ``floor`` does not show: stretches that are 0, or lie below it.

    Args:
        curves: the curves of a panel.
        symbol: what they are drawn against.
        floor: the lowest value on the axis.

    Returns:
        At most two notes, the curves that share a stretch together.
    """
    found: dict[str, list[str]] = {}
    for curve in curves:
        zero = curve.y == 0
        below = (curve.y > 0) & (curve.y < floor)
        if zero.any():
            found.setdefault(f"exactly 0 {stretch(curve.x, zero, symbol, 3)}", []).append(curve.name)
        elif below.any():
            found.setdefault(f"below this axis {stretch(curve.x, below, symbol, 3)}", []).append(curve.name)
    notes = [f"{', '.join(dict.fromkeys(names))}: {what}" for what, names in found.items()]
    return notes if len(notes) <= 2 else [*notes[:2], f"{len(notes) - 2} more in part below it"]
