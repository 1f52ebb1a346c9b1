"""A strip that names what limits the error, stretch by stretch, and tints the panels below it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import OKABE_ITO, THEMES, ThemeName
from quadviz.scenes.scaling.limits import Limit, Stretch

__all__ = ["FITTED", "LIMIT_HUES", "LIMIT_NAMES", "limit_strip"]

#: What the stretches are called, in full and where there is less room.
LIMIT_NAMES: Mapping[Limit, tuple[str, str]] = MappingProxyType(
    {
        Limit.SAMPLES: ("samples-limited", "samples"),
        Limit.NOISE: ("noise-limited", "noise"),
        Limit.WIDTH: ("width-limited", "width"),
        Limit.DECAY: ("decay-limited", "decay"),
    }
)
FITTED = ("labels fitted (interpolated)", "fitted")
LIMIT_HUES: Mapping[Limit, str] = MappingProxyType(
    {
        Limit.SAMPLES: OKABE_ITO["sky"],
        Limit.NOISE: OKABE_ITO["orange"],
        Limit.WIDTH: OKABE_ITO["green"],
        Limit.DECAY: OKABE_ITO["purple"],
    }
)
#: So many stretches have a place; there are rarely more than five.
_ROOM = 8
#: Width of a panel that words are to fit into, on a phone, and of a letter, in pixels.
_NARROW, _LETTER, _AIR = 310.0, 6.3, 8.0
#: How much of a colour is seen in the strip, and in the panel.
_STRONG, _FAINT = 0.42, 0.10


def limit_strip(
    stretches: Sequence[Stretch],
    ends: tuple[float, float],
    strip: tuple[float, float],
    panel: tuple[float, float],
    theme: ThemeName,
    *,
    fits: bool = False,
) -> tuple[list[Part], list[Part]]:
    """Shapes and annotations of stretches on a logarithmic axis; as many as there is room for, seen or not.

    Args:
        stretches: what limits, and where.
        ends: the ends of the axis.
        strip: bottom and top of the strip, as fractions of the figure.
        panel: bottom and top of what is tinted.
        theme: the background.
        fits: whether these are stretches on which labels are fitted, which are grey and tint nothing.
    """
    colours = THEMES[theme]
    shapes: list[Part] = []
    notes: list[Part] = []
    for number in range(_ROOM):
        each = stretches[number] if number < len(stretches) else None
        low, high = (each.low, each.high) if each else ends
        hue = colours.muted if fits or each is None else LIMIT_HUES[each.kind]
        rows = [(strip, _STRONG if not fits else 0.3)] + [(panel, _FAINT)] * (not fits)
        shapes += [
            {
                "type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": bottom, "y1": top,
                "fillcolor": hue, "opacity": strength, "line": {"width": 0}, "layer": "below",
                "visible": each is not None,
            }
            for (bottom, top), strength in rows
        ]  # fmt: skip
        text = "" if each is None else _named(each, ends, fits)
        notes.append(
            {
                "text": text, "xref": "x", "x": (math.log10(low) + math.log10(high)) / 2, "xanchor": "center",
                "yref": "paper", "y": sum(strip) / 2, "yanchor": "middle", "showarrow": False,
                "font": {"size": 12, "color": colours.ink}, "borderpad": 0, "visible": bool(text),
            }
        )  # fmt: skip
    return shapes, notes


def _named(stretch: Stretch, ends: tuple[float, float], fits: bool) -> str:
    """The longest of its names that has room; none where there is none."""
    room = _NARROW * math.log(stretch.high / stretch.low) / math.log(ends[1] / ends[0]) - _AIR
    names = FITTED if fits else LIMIT_NAMES[stretch.kind]
    return next((name for name in names if len(name) * _LETTER <= room), "")
