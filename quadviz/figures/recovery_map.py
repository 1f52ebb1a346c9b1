"""A map of the test error over the plane of samples and width, with the thresholds of recovery on it.

One trace holds the colours. Its scale has a block of its own for a mse that is exactly 0; cells without a
solution stay blank. A thin dashed contour runs where kappa = kappa_min: on its narrow side the width limits
the rank, and the theory rests on the steady-state assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.maps import INFERNO, limit_lines
from quadviz.figures.marks.notes import panel_title
from quadviz.figures.marks.placing import label_note, off_curve, place_label, without, wordings
from quadviz.figures.marks.plane import LINES, cross, plane_axes, threshold_lines
from quadviz.figures.marks.theme import THEMES, ThemeName, template
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import power_of_ten
from quadviz.scenes.plane import Plane
from quadviz.scenes.recovery import ErrorMap

__all__ = ["COLOUR_RANGES", "MARGIN", "ColourRange", "ColourRangeName", "recovery_map_figure"]


HEIGHT = 530
MARGIN = {"l": 54, "r": 76, "t": 30, "b": 44}
#: The smallest map that the labels are made to fit, in pixels: a phone's.
_SIZE = (250.0, HEIGHT - MARGIN["t"] - MARGIN["b"])
#: Share of the colour bar taken by the block for 0.
_BLOCK = 0.09
_LIMITED, _RECOVERED = "rank-limited: steady-state assumption", "mse = 0: recovered exactly"
ColourRangeName = Literal["wide", "middle", "narrow"]


@dataclass(frozen=True)
class ColourRange:
    """The decades of the mse that the colours span.

    Attributes:
        low: exponent of the smallest; what is smaller is drawn like it.
        high: exponent of the largest; what is larger is drawn like it.
    """

    low: int
    high: int

    @property
    def block(self) -> float:
        """Where the scale starts: below ``low`` by the block for 0."""
        return self.low - (self.high - self.low) * _BLOCK / (1 - _BLOCK)

    @property
    def zero(self) -> float:
        """The value that stands for a mse of exactly 0: the middle of the block."""
        return (self.block + self.low) / 2

    @property
    def name(self) -> str:
        """The decades in words."""
        return f"{_power(self.low)} to {_power(self.high)}"

    def shades(self, mse: FloatArray) -> FloatArray:
        """log10 of the mse as it is drawn: held inside the range, 0 in its block, NaN where not known."""
        with np.errstate(divide="ignore"):
            decades = np.clip(np.log10(mse), self.low, self.high)
        return np.where(mse == 0, self.zero, decades)


COLOUR_RANGES: Mapping[ColourRangeName, ColourRange] = MappingProxyType(
    {"wide": ColourRange(-8, 1), "middle": ColourRange(-4, 1), "narrow": ColourRange(-2, 1)}
)


def recovery_map_figure(
    solved: ErrorMap, plane: Plane, theme: ThemeName = "light", colours: ColourRangeName = "wide"
) -> Drawing:
    """The map, the thresholds and the cross.

    The colours mean the same at every setting: only a viewer changes what they span.

    Args:
        solved: the map.
        plane: what it is drawn over.
        theme: the background the figure is made for.
        colours: what the colours span.

    Returns:
        The figure. Its cells are the trace "mse".
    """
    layout = {
        "template": template(theme), "height": HEIGHT, "margin": MARGIN,
        "dragmode": False, "hovermode": "closest",
        **plane_axes(plane, standoff=8),
        "annotations": [*_labels(solved, plane, theme), panel_title("<b>mse</b>  |Z − Z*|² / d")],
    }  # fmt: skip
    data = [
        _cells(solved, plane, theme, COLOUR_RANGES[colours]),
        *limit_lines(solved.across, solved.up, solved.spare),
        *threshold_lines(plane.curves, theme, cased=True),
        *cross(plane.point, 22, theme),
    ]
    return {"data": data, "layout": layout}


def _cells(solved: ErrorMap, plane: Plane, theme: ThemeName, span: ColourRange) -> Part:
    """The colours, hovered with the mse itself."""
    values, texts = _ticks(span)
    place = f"α = %{{x:.3~g}}, {PARAMETERS[plane.curves.width].symbol} = %{{y:.3~g}}"
    return {
        "type": "heatmap", "uid": "mse", "hoverongaps": False,
        "x": solved.across, "y": solved.up, "z": span.shades(solved.mse), "customdata": solved.mse,
        "zmin": span.block, "zmax": span.high, "colorscale": _colour_scale(theme),
        "colorbar": {
            "thickness": 14, "outlinewidth": 0, "xpad": 8, "ypad": 0, "ticks": "",
            "tickvals": values, "ticktext": texts, "tickfont": {"size": 13},
        },
        "hovertemplate": f"{place}<br>mse = %{{customdata:.4~g}}<extra></extra>",
    }  # fmt: skip


def _labels(solved: ErrorMap, plane: Plane, theme: ThemeName) -> Iterator[Part]:
    """What two areas of the map are, clear of the thresholds and of the cross."""
    height = _fraction(plane.curves.place, plane.width)
    veil = "rgba(255,255,255,0.72)" if theme == "light" else "rgba(33,33,33,0.72)"
    for text, area in ((_LIMITED, solved.spare < 0), (_RECOVERED, solved.mse == 0)):
        for line in LINES:
            area = off_curve(area, _fraction(getattr(plane.curves, line.field), plane.alpha), height, _SIZE)
        place = place_label(without(area, plane.fraction, _SIZE), wordings(text), _SIZE)
        yield {**label_note(place, THEMES[theme].ink), "bgcolor": veil, "borderpad": 2}


def _fraction(value: Any, ends: tuple[float, float]) -> Any:
    """Where a value, or an array of them, lies between two ends."""
    return (value - ends[0]) / (ends[1] - ends[0])


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else "10" if exponent == 1 else power_of_ten(exponent)


def _ticks(span: ColourRange) -> tuple[list[float], list[str]]:
    """Places and texts of the colour bar's ticks: 0 in its block, then powers of ten."""
    step = 3 if span.high - span.low > 6 else 1
    powers = range(span.low, span.high + 1, step)
    texts = [_power(power) for power in powers]
    texts[0], texts[-1] = f"≤ {texts[0]}", f"≥ {texts[-1]}"
    return [span.zero, *powers], ["0", *texts]


def _colour_scale(theme: ThemeName) -> list[list[object]]:
    """Inferno above the block for 0; a light and a dark page both leave room at its ends."""
    zero = "#8fd3c0" if theme == "light" else "#2f8f78"
    places = np.linspace(_BLOCK, 1, len(INFERNO)).tolist()
    return [
        [0.0, zero],
        [_BLOCK, zero],
        *([place, colour] for place, colour in zip(places, INFERNO, strict=True)),
    ]
