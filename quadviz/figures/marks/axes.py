"""Axes that do not jump while a control is dragged, with ticks that can be read."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Scale", "alpha_axis", "fitted_range", "ticks"]

Scale = Literal["linear", "log"]

#: A log axis of at most so many decades has ticks at 1, 2 and 5.
_SHORT = 2.4
#: One that is shorter still has about so many, evenly spaced.
_FEW = 4
#: Numbers on a linear axis have a power of ten beside them where the largest has more than so many zeros.
_PLAIN = 4


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


def ticks(scale: Scale, ends: tuple[float, float], count: int | None = None) -> dict[str, object]:
    """Axis properties: round numbers on a linear axis; on a log one 1, 2, 5 or whole decades.

    Ticks are said as numbers and words, so that an axis whose range changes can be drawn without plotly.

    Args:
        scale: that of the axis.
        ends: its range, in decades on a log axis.
        count: how many ticks a linear axis has, about; they are left to plotly where it is None.

    >>> ticks("linear", (0.0, 1.08), count=6)["ticktext"]
    ['0', '0.2', '0.4', '0.6', '0.8', '1']
    """
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
        # So short that it is as good as linear.
        return _even_ticks((10**low, 10**high), _FEW)
    if count is not None:
        return _even_ticks(ends, count)
    return {"tickmode": "auto", "tickvals": None, "ticktext": None}


def _even_ticks(ends: tuple[float, float], count: int) -> dict[str, object]:
    """Ticks at multiples of 1, 2 or 5 of a power of ten, as plotly would choose and write them."""
    rough = (ends[1] - ends[0]) / count
    base = 10.0 ** math.floor(math.log10(rough))
    step = base * next(digit for digit in (2, 5, 10) if rough <= digit * base * (1 + 1e-12))
    numbers = range(math.ceil(ends[0] / step - 1e-9), math.floor(ends[1] / step + 1e-9) + 1)
    largest = max(abs(end) for end in ends)
    power = math.floor(math.log10(largest) + 0.01)
    power = power if abs(power) > _PLAIN else 0
    texts = [_plain_number(number * (step / 10.0**power)) for number in numbers]
    if power:
        factor = f"×10<sup>{power}</sup>"
        texts = [text if text == "0" else text + factor for text in texts]
    return {
        "tickmode": "array",
        "tickvals": [number * step for number in numbers],
        "ticktext": [text.replace("-", "−") for text in texts],
    }


def _plain_number(value: float) -> str:
    """A round number without an exponent."""
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _tick_text(value: float) -> str:
    power = round(math.log10(value))
    plain = 1e-3 < value < 1e4 or abs(value / 10.0**power - 1) > 1e-9
    return f"{value:g}" if plain else f"10<sup>{power}</sup>".replace("-", "−")
