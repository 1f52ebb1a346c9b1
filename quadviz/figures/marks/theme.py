"""Colours, fonts and the template shared by every figure.

Single series use the Okabe-Ito palette. Families use plasma, which is perceptually uniform and safe for
colour-blind readers; each theme takes the part of it that stands out from its background, 3 : 1 or better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["DASH", "FONT_FAMILY", "OKABE_ITO", "THEMES", "Theme", "ThemeName", "family_colours", "template"]

ThemeName = Literal["light", "dark"]

#: Pixels of line and gap where the width limits the rank.
DASH = "5px,3px"
FONT_FAMILY = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

#: Okabe and Ito's eight colours that colour-blind readers tell apart.
OKABE_ITO: Mapping[str, str] = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#E69F00",
        "sky": "#56B4E9",
        "green": "#009E73",
        "yellow": "#F0E442",
        "blue": "#0072B2",
        "vermilion": "#D55E00",
        "purple": "#CC79A7",
    }
)


#: Ten stops of matplotlib's plasma, from dark to light.
_PLASMA = ("0d0887", "46039f", "7201a8", "9c179e", "bd3786", "d8576b", "ed7953", "fb9f3a", "fdca26", "f0f921")


@dataclass(frozen=True)
class Theme:
    """The colours of a figure on one kind of background.

    Attributes:
        ink: titles and values.
        muted: axis labels and annotations.
        line: axis lines and the marker line.
        grid: grid lines.
        surface: the background a figure stands on.
        single: the colour of a curve that stands alone.
        family: the part of the sequential palette used, as fractions from its dark to its light end.
    """

    ink: str
    muted: str
    line: str
    grid: str
    surface: str
    single: str
    family: tuple[float, float]


THEMES: Mapping[ThemeName, Theme] = MappingProxyType(
    {
        "light": Theme("#1f2933", "#52606d", "#9aa5b1", "#e8ecf0", "#ffffff", OKABE_ITO["blue"], (0.0, 0.62)),
        "dark": Theme("#e6eaee", "#aab4be", "#66727e", "#373c42", "#212121", OKABE_ITO["sky"], (0.46, 1.0)),
    }
)


def family_colours(
    count: int, theme: ThemeName = "light", shades: Sequence[float] | None = None
) -> tuple[str, ...]:
    """The colours of a family, or the single-series colour for one curve.

    Args:
        count: number of curves.
        theme: the background they stand on.
        shades: where each curve stands in the family, from 0 to 1; evenly spaced when omitted.

    Returns:
        ``count`` colours plotly understands.

    >>> family_colours(1)
    ('#0072B2',)
    """
    if count == 1:
        return (THEMES[theme].single,)
    low, high = THEMES[theme].family
    if shades is None:
        shades = [i / (count - 1) for i in range(count)]
    return tuple(_plasma(low + (high - low) * shade) for shade in shades)


def _plasma(place: float) -> str:
    """The colour at a fraction of the palette."""
    at = min(max(place, 0.0), 1.0) * (len(_PLASMA) - 1)
    stop = min(int(at), len(_PLASMA) - 2)
    dark, light = _PLASMA[stop : stop + 2]
    mixed = (
        round(int(dark[i : i + 2], 16) * (stop + 1 - at) + int(light[i : i + 2], 16) * (at - stop))
        for i in (0, 2, 4)
    )
    return "rgb({}, {}, {})".format(*mixed)


@cache
def template(theme: ThemeName = "light") -> dict[str, Any]:
    """The template of a theme as plotly.js takes it: fonts, background, quiet grid, readable hover."""
    colours = THEMES[theme]
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.line,
        "tickcolor": colours.line,
        "tickfont": {"color": colours.muted, "size": 13},
        "title": {"font": {"color": colours.muted, "size": 15}},
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "showline": True,
        "spikecolor": colours.line,
    }
    return {
        "layout": {
            "font": {"family": FONT_FAMILY, "size": 14, "color": colours.ink},
            # Not transparent: an image saved from a dark page would lose its ground.
            "paper_bgcolor": colours.surface,
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "annotationdefaults": {"font": {"color": colours.muted, "size": 13}, "showarrow": False},
            "shapedefaults": {"line": {"color": colours.line, "width": 1.5}},
            "hoverlabel": {
                "bgcolor": colours.surface,
                "bordercolor": colours.line,
                "font": {"family": FONT_FAMILY, "size": 13, "color": colours.ink},
            },
            "legend": {"font": {"size": 14, "color": colours.ink}, "bgcolor": "rgba(0,0,0,0)"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colours.line, "activecolor": colours.ink},
        }
    }
