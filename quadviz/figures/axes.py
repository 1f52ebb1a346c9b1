"""Axes that do not jump while a control is dragged, with ticks that can be read."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Scale", "alpha_axis", "fitted_range", "ticks"]

Scale = Literal["linear", "log"]

#: A log axis of at most so many decades has ticks at 1, 2 and 5.
_SHORT = 2.4


def alpha_axis(anchor: str) -> dict[str, object]:
    """Properties of the axis of the sample ratio under stacked panels, with a spike through all of them.

    Args:
        anchor: the vertical axis at whose foot it stands.
    """
    return {
        "anchor": anchor,
        "fixedrange": True,
        "title": {"text": "sample ratio α = n/d²", "standoff": 6},
        "hoverformat": ".4g",
        "unifiedhovertitle": {"text": "α = %{x:.4g}"},
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "hovered data",
        "spikethickness": 1,
        "spikedash": "dot",
    }


def fitted_range(
    low: float, high: float, shown: tuple[float, float] | None, floor: float | None = None
) -> tuple[float, float]:
    """The axis range for data in [low, high], given the range now shown.

    The shown range is kept while the data lies inside it and fills at least two fifths of it.

    Args:
        low: smallest value, in axis units (decades on a log axis).
        high: largest value.
        shown: the range now shown, or None.
        floor: the lower end a fresh range starts at, such as 0 for a linear axis.

    Returns:
        The range to show.

    >>> fitted_range(0.2, 0.9, shown=(0.0, 1.0)), fitted_range(0.0, 1.0, shown=None, floor=0.0)
    ((0.0, 1.0), (0.0, 1.08))
    """
    bottom = low if floor is None else min(low, floor)
    if shown is not None:
        span = shown[1] - shown[0]
        if shown[0] <= low and high <= shown[1] and high - bottom >= 0.4 * span:
            return shown
    pad = 0.08 * (high - bottom) or 0.5
    return (bottom if floor is not None else bottom - pad, high + pad)


def ticks(scale: Scale, ends: tuple[float, float]) -> dict[str, object]:
    """Axis properties: plotly's ticks on a linear axis; on a log one 1, 2, 5 or whole decades."""
    if scale == "log":
        low, high = ends
        powers = range(math.ceil(low) - 1, math.floor(high) + 1)
        if high - low <= _SHORT:
            values = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        else:
            step = max(1, round((high - low) / 4))
            values = [10.0**power for power in powers if power % step == 0]
        values = [value for value in values if 10**low <= value <= 10**high * (1 + 1e-9)]
        if len(values) > 1:
            return {"tickmode": "array", "tickvals": values, "ticktext": [_tick_text(v) for v in values]}
    return {"tickmode": "auto", "tickvals": None, "ticktext": None}


def _tick_text(value: float) -> str:
    power = round(math.log10(value))
    plain = 1e-3 < value < 1e4 or abs(value / 10.0**power - 1) > 1e-9
    return f"{value:g}" if plain else f"10<sup>{power}</sup>".replace("-", "−")
