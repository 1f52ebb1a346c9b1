"""Colours, fonts and plotly templates shared by every figure.

Single series use the Okabe-Ito palette. Families use plasma, which is perceptually uniform and safe for
colour-blind readers; each theme takes the part of it that stands out from its background, 3 : 1 or better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

__all__ = ["FONT_FAMILY", "OKABE_ITO", "THEMES", "Theme", "ThemeName", "family_colours", "template"]

ThemeName = Literal["light", "dark"]

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
    return tuple(sample_colorscale("Plasma", [low + (high - low) * shade for shade in shades]))


def template(theme: ThemeName = "light") -> go.layout.Template:
    """The plotly template of a theme: fonts, background, quiet grid, readable hover."""
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
    return go.layout.Template(
        layout={
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
    )
