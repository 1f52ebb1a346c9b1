"""What the double-descent figures draw alike: curves with what is sure about them, keys, axes and notes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import Scale, fitted_range, ticks
from quadviz.figures.pen import Pen
from quadviz.figures.theme import OKABE_ITO, THEMES, ThemeName, template
from quadviz.theory.bayes import BayesOptimal
from quadviz.theory.steady_state import Regime, Status, SteadyState

__all__ = [
    "BEST_COLOUR",
    "BEST_NAME",
    "DASH",
    "RIDGELESS_NAME",
    "THICK",
    "THIN",
    "Curve",
    "LinesPen",
    "add_curve",
    "add_label",
    "add_points",
    "add_vertical",
    "bayes_curve",
    "key_text",
    "state_curve",
    "stretch",
    "zero_notes",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BEST_COLOUR = OKABE_ITO["green"]
BEST_NAME, RIDGELESS_NAME = "best λ", "λ → 0+"
#: Pixels of line and gap where the width limits the rank.
DASH = "5px,3px"
THICK, THIN = 3.2, 1.8
#: A log axis shows at most so many decades below its largest value.
_DECADES = 7.0
#: Share of a log axis kept free for each line of a note on what it cannot show.
_NOTE_ROOM = 0.16


@dataclass(frozen=True)
class Curve:
    """One curve of a panel; arrays of shape (N,).

    Attributes:
        name: what it is called when hovered.
        x: increasing places.
        y: heights; NaN where not known.
        limited: where the width limits the rank, to be dashed.
        several: where the equations have other solutions too, to be strewn with dots.
        colour: its colour.
        width: of the line, in pixels.
    """

    name: str
    x: FloatArray
    y: FloatArray
    limited: BoolArray
    several: BoolArray
    colour: str
    width: float = THIN

    def through(self, x: float, y: float) -> Curve:
        """The curve with one more point, which takes after its neighbour on the right."""
        at = int(np.searchsorted(self.x, x))
        if not 0 < at < self.x.size:
            return self
        return replace(
            self,
            x=np.insert(self.x, at, x),
            y=np.insert(self.y, at, y),
            limited=np.insert(self.limited, at, self.limited[at]),
            several=np.insert(self.several, at, False),
        )


def state_curve(
    name: str, x: FloatArray, states: SteadyState, colour: str, width: float = THIN, field: str = "mse"
) -> Curve:
    """A field of some steady states, arrays of shape (N,), as a curve over ``x``."""
    status, regime = np.asarray(states.status), np.asarray(states.regime)
    limited = (regime == Regime.RANK_LIMITED) & (status != Status.FAILED)
    values = np.where(status == Status.FAILED, np.nan, getattr(states, field))
    return Curve(name, x, values, limited, status == Status.SEVERAL, colour, width)


def bayes_curve(bayes: BayesOptimal, theme: ThemeName) -> Curve:
    """The Bayes-optimal error over alpha."""
    nowhere = np.zeros(bayes.mmse.shape, dtype=bool)
    return Curve("Bayes-optimal", bayes.alpha, bayes.mmse, nowhere, nowhere, THEMES[theme].ink, 2.2)


def key_text(title: str, entries: Sequence[tuple[str, str, str]]) -> str:
    """A title and under it what the colours mean: (sample, colour, meaning) each."""
    samples = "  ".join(
        f'<span style="color:{colour}">{line}</span> {name}' for line, colour, name in entries
    )
    return f"{title}<br>{samples}" if samples else title


def add_curve(figure: go.Figure, axes: dict[str, str]) -> None:
    """Room for one curve: a dashed trace that runs under a solid one, so that they join."""
    figure.add_scatter(mode="lines", line={"dash": DASH, "simplify": False}, showlegend=False, **axes)
    figure.add_scatter(mode="lines", line_simplify=False, showlegend=False, **axes)


def add_points(figure: go.Figure, axes: dict[str, str], size: float, **look: object) -> None:
    """Room for points that are not hovered."""
    figure.add_scatter(
        mode="markers", marker_size=size, hoverinfo="skip", showlegend=False, **{**axes, **look}
    )


def add_label(figure: go.Figure, height: float, shift: float, size: int = 14, **look: object) -> None:
    """Room for a text above (or, with yanchor, at) a height of the figure, from its left edge on."""
    place = {"x": 0, "xref": "paper", "xanchor": "left", "align": "left", "yanchor": "bottom", **look}
    figure.add_annotation(
        text="", y=height, yref="paper", yshift=shift, font_size=size, showarrow=False, **place
    )


def add_vertical(figure: go.Figure, width: float) -> None:
    """Room for a line from the bottom to the top of the figure."""
    figure.add_shape(
        type="line", xref="x", yref="paper", x0=1, x1=1, y0=0, y1=1, layer="between", visible=False,
        line_width=width,
    )  # fmt: skip


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
            found.setdefault(f"exactly 0 {stretch(curve.x, zero, symbol)}", []).append(curve.name)
        elif below.any():
            found.setdefault(f"below this axis {stretch(curve.x, below, symbol)}", []).append(curve.name)
    notes = [f"{', '.join(dict.fromkeys(names))}: {what}" for what, names in found.items()]
    return notes if len(notes) <= 2 else [*notes[:2], f"{len(notes) - 2} more in part below it"]


class LinesPen(Pen):
    """Draws curves into a figure, and keeps its vertical axes where they are as long as they fit.

    Args:
        figure: the figure drawn into, with all its traces already made.
        precision: type of the numbers put into the figure.
    """

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self._ranges: dict[str, tuple[float, float]] = {}

    def put_theme(self, theme: ThemeName, thresholds: Sequence[int], notes: Sequence[int]) -> None:
        """Change colours where the theme is new: of the whole, of some verticals and of some notes."""
        if not self.new("theme", theme):
            return
        layout, colours = self.figure.layout, THEMES[theme]
        layout.template = template(theme)
        for place in thresholds:
            layout.shapes[place].line.color = colours.muted
        for place in notes:
            layout.annotations[place].bgcolor = colours.surface

    def put_x_axis(self, low: float, high: float, scale: Scale) -> None:
        """The horizontal axis, from end to end."""
        if self.new("x axis", (low, high, scale)):
            ends = (math.log10(low), math.log10(high)) if scale == "log" else (low, high)
            self.figure.layout.xaxis.update(type=scale, range=ends, **ticks(scale, ends))

    def put_curve(self, first: int, curve: Curve | None) -> None:
        """Draw a curve into the two traces from ``first`` on, or empty them."""
        if curve is None:
            self.put(first, x=None, y=None)
            self.put(first + 1, x=None, y=None)
            return
        x, y = curve.x.astype(self.precision), curve.y.astype(self.precision)
        hover = f"{curve.name}: %{{y:.4g}}<extra></extra>"
        look = {"x": x, "name": curve.name, "line_color": curve.colour, "line_width": curve.width}
        under = bool(curve.limited.any())
        # The one that is whole is hovered: the other has gaps that a distant point would bridge.
        self.put(first + 1, y=np.where(curve.limited, self.precision(np.nan), y) if under else y, **look)
        self.put(first + 1, hoverinfo="skip" if under else "all", hovertemplate=None if under else hover)
        if under:
            self.put(first, y=y, hovertemplate=hover, **look)
        else:
            self.put(first, x=None, y=None)

    def put_dots(self, trace: int, curves: Sequence[Curve]) -> None:
        """Dots where the equations of some of the curves have other solutions."""
        x = np.concatenate([curve.x[curve.several] for curve in curves])
        y = np.concatenate([curve.y[curve.several] for curve in curves])
        colours = tuple(curve.colour for curve in curves for _ in range(int(curve.several.sum())))
        self.put(
            trace,
            x=x.astype(self.precision) if x.size else None,
            y=y.astype(self.precision) if x.size else None,
            marker_color=colours or None,
        )

    def put_marks(
        self, trace: int, x: float, heights: FloatArray, colours: tuple[str, ...], floor: float, surface: str
    ) -> None:
        """Points at ``x``; those below the axis have no place in their panel, nor in the next one."""
        self.put(
            trace,
            x=np.full(heights.shape, x),
            y=np.where(heights >= floor, heights, np.nan),
            marker_color=colours,
            marker_line_color=surface,
            marker_line_width=1.5,
        )

    def put_vertical(self, place: int, x: float | None) -> None:
        """Move a vertical line; None hides it."""
        if self.new(f"vertical {place}", x):
            self.figure.layout.shapes[place].update(x0=x, x1=x, visible=x is not None)

    def put_text(self, place: int, text: str, **properties: object) -> None:
        """Write an annotation; an empty one is hidden."""
        if self.new(f"text {place}", (text, properties)):
            self.figure.layout.annotations[place].update(text=text, visible=bool(text), **properties)

    def fit_axis(self, axis: str, scale: Scale, values: FloatArray, lines: int = 0) -> float:
        """Fit a vertical axis to the finite values (the positive ones on a log axis).

        Args:
            axis: its name in the layout.
            scale: its scale.
            values: what is to be seen.
            lines: lines of a note to keep room for at the bottom.

        Returns:
            The lowest value on the axis; minus infinity on a linear one.
        """
        usable = values[np.isfinite(values) & (values > 0)]
        if usable.size == 0:
            low, high = (-1.0, 0.0) if scale == "log" else (0.0, 1.0)
        elif scale == "log":
            high = math.log10(usable.max())
            low = max(math.log10(usable.min()), high - _DECADES)
        else:
            low, high = 0.0, float(usable.max())
        if scale == "log":
            low -= lines * _NOTE_ROOM * max(high - low, 0.5)
        shown = None if self.new(f"scale of {axis}", (scale, lines)) else self._ranges[axis]
        fitted = fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)
        if fitted != shown:
            self._ranges[axis] = fitted
            self.figure.layout[axis].update(type=scale, range=fitted, **ticks(scale, fitted))
        return 10 ** fitted[0] if scale == "log" else -math.inf


def stretch(x: FloatArray, where: BoolArray, symbol: str) -> str:
    """The range that holds every marked point, in words."""
    first, last = np.flatnonzero(where)[[0, -1]]
    if first == 0:
        return "everywhere" if last == x.size - 1 else f"up to {symbol} = {x[last]:.3g}"
    if last == x.size - 1:
        return f"from {symbol} = {x[first]:.3g}"
    return f"from {symbol} = {x[first]:.3g} to {x[last]:.3g}"
