"""A map of the test error over the plane of samples and width, with the thresholds of recovery on it.

One trace holds the colours. Its scale has a block of its own for a mse that is exactly 0; cells without a
solution stay blank. A thin dashed contour runs where kappa = kappa_min: on its narrow side the width limits
the rank, and the theory rests on the steady-state assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import get_colorscale

from quadviz.figures.pen import Pen
from quadviz.figures.placing import off_curve, place_label, without, wordings
from quadviz.figures.theme import DASH, THEMES, ThemeName, template
from quadviz.figures.thresholds import ALPHA_TITLE, LINES, Plane, add_cross, add_lines, put_cross, put_lines
from quadviz.setting import PARAMETERS

__all__ = [
    "COLOUR_RANGES",
    "ColourRange",
    "ColourRangeName",
    "RecoveryMap",
    "RecoveryMapPen",
    "recovery_map_figure",
    "recovery_map_skeleton",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HEIGHT = 530
MARGIN = {"l": 54, "r": 76, "t": 30, "b": 44}
#: The smallest map that the labels are made to fit, in pixels: a phone's.
_SIZE = (250.0, HEIGHT - MARGIN["t"] - MARGIN["b"])
#: Share of the colour bar taken by the block for 0.
_BLOCK = 0.09
_LIMITED, _RECOVERED = "rank-limited: steady-state assumption", "mse = 0: recovered exactly"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

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
        # A thousandth of a decade is less than any eye tells, and half as much to send.
        return np.where(mse == 0, self.zero, np.round(decades, 3))


COLOUR_RANGES: Mapping[ColourRangeName, ColourRange] = MappingProxyType(
    {"wide": ColourRange(-8, 1), "middle": ColourRange(-4, 1), "narrow": ColourRange(-2, 1)}
)


@dataclass(frozen=True)
class RecoveryMap:
    """Everything one figure shows.

    Attributes:
        plane: the axes, the thresholds and the cross.
        across: alpha at the centres of the columns, shape (N,).
        up: the width at the centres of the rows, shape (M,).
        mse: shape (M, N), NaN where there is no solution.
        spare: kappa - kappa_min, shape (M, N): negative where the width limits the rank.
        colours: what the colours span.
    """

    plane: Plane
    across: FloatArray
    up: FloatArray
    mse: FloatArray
    spare: FloatArray
    colours: ColourRangeName = "wide"


def recovery_map_figure(view: RecoveryMap) -> go.Figure:
    """The static figure of a map."""
    figure = recovery_map_skeleton()
    RecoveryMapPen(figure).draw(view)
    return figure


def recovery_map_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`RecoveryMapPen`."""
    figure = go.Figure()
    figure.add_heatmap(
        hoverongaps=False,
        colorbar={
            "thickness": 14, "outlinewidth": 0, "xpad": 8, "ypad": 0, "ticks": "",
        },
    )  # fmt: skip
    for line in ({"width": 3.2}, {"width": 1.6, "dash": DASH}):
        figure.add_contour(
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"}, line={"smoothing": 0, **line},
            connectgaps=False, showscale=False, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    add_lines(figure, cased=True)
    add_cross(figure, size=22)
    for _ in range(2):
        figure.add_annotation(
            text="", xref="paper", yref="paper", xanchor="center", yanchor="middle", showarrow=False,
            font_size=12, visible=False, borderpad=2,
        )  # fmt: skip
    figure.add_annotation(
        text="<b>mse</b>  |Z − Z*|² / d", x=0, xref="paper", xanchor="left", xshift=-4,
        y=1, yref="paper", yanchor="bottom", showarrow=False,
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode="closest",
        xaxis={"fixedrange": True, "showgrid": False, "title": {"text": ALPHA_TITLE, "standoff": 6}},
        yaxis={"fixedrange": True, "showgrid": False, "title": {"standoff": 8}},
    )  # fmt: skip
    return figure


class RecoveryMapPen(Pen):
    """Draws maps into a figure made from :func:`recovery_map_skeleton`.

    The colours mean the same at every setting: only a viewer changes what they span.
    """

    def draw(self, view: RecoveryMap) -> None:
        """Draw ``view`` in one batched update."""
        plane, colours = view.plane, THEMES[view.plane.theme]
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", plane.theme):
                layout.template = template(plane.theme)
                for note in layout.annotations[:2]:
                    note.update(bgcolor=_veil(plane.theme), font_color=colours.ink)
            if self.new("axes", (plane.alpha, plane.width, plane.title)):
                layout.xaxis.range, layout.yaxis.range = plane.alpha, plane.width
                layout.yaxis.title.text = plane.title
                symbol = PARAMETERS[plane.curves.width].symbol
                place = f"α = %{{x:.3~g}}, {symbol} = %{{y:.3~g}}"
                self.put(0, hovertemplate=f"{place}<br>mse = %{{customdata:.4~g}}<extra></extra>")
            self._draw_colours(view)
            put_lines(self, 3, plane.curves, plane.theme, cased=True)
            put_cross(self, plane)

    def _draw_colours(self, view: RecoveryMap) -> None:
        span = COLOUR_RANGES[view.colours]
        if self.new("colours", (view.colours, view.plane.theme)):
            values, texts = _ticks(span)
            self.figure.data[0].update(
                zmin=span.block,
                zmax=span.high,
                colorscale=_colour_scale(view.plane.theme),
                colorbar={"tickvals": values, "ticktext": texts, "tickfont_size": 13},
            )
        cells = {"x": view.across.astype(self.precision), "y": view.up.astype(self.precision)}
        self.put(0, z=span.shades(view.mse), customdata=_four_digits(view.mse), **cells)
        spare = np.round(view.spare, 3)
        limits = bool((spare < 0).any() and (spare > 0).any())
        for trace, colour in ((1, "rgba(0,0,0,0.55)"), (2, "#ffffff")):
            self.put(trace, z=spare if limits else None, line_color=colour, **cells)
        for number, (text, area) in enumerate(
            ((_LIMITED, view.spare < 0), (_RECOVERED, view.mse == 0)),
        ):
            place = place_label(self._clear(area, view.plane), wordings(text), _SIZE)
            if self.new(f"label {number}", place):
                note = self.figure.layout.annotations[number]
                if place is None:
                    note.visible = False
                else:
                    note.update(
                        text=place.label.text, x=place.x, y=place.y, visible=True,
                        textangle=-90 if place.label.upright else 0,
                    )  # fmt: skip

    def _clear(self, area: BoolArray, plane: Plane) -> BoolArray:
        """An area less what the thresholds and the cross take."""
        curves = plane.curves
        height = _fraction(curves.place, plane.width)
        for line in LINES:
            area = off_curve(area, _fraction(getattr(curves, line.field), plane.alpha), height, _SIZE)
        point = _fraction(plane.point[0], plane.alpha), _fraction(plane.point[1], plane.width)
        return without(area, point, _SIZE)


def _fraction(value: Any, ends: tuple[float, float]) -> Any:
    """Where a value, or an array of them, lies between two ends."""
    return (value - ends[0]) / (ends[1] - ends[0])


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else "10" if exponent == 1 else f"10{str(exponent).translate(_SUPERSCRIPTS)}"


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
    colours = get_colorscale("Inferno")
    return [[0.0, zero], [_BLOCK, zero], *([_BLOCK + (1 - _BLOCK) * place, c] for place, c in colours)]


def _veil(theme: ThemeName) -> str:
    """The background behind a label on the map."""
    return "rgba(255,255,255,0.72)" if theme == "light" else "rgba(33,33,33,0.72)"


def _four_digits(values: FloatArray) -> FloatArray:
    """Numbers rounded to four significant digits: shorter to send."""
    positive = np.where(values > 0, values, 1.0)
    scale = 10.0 ** (3 - np.floor(np.log10(positive)))
    return np.where(values > 0, np.round(positive * scale) / scale, values)
