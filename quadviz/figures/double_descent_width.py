"""Double descent against the width: the mse of students of all widths, at one number of samples.

A curve is dashed up to the width beyond which it is flat: there the width limits the rank. The figure is made
once by :func:`width_skeleton` and filled by a :class:`WidthPen`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import Scale
from quadviz.figures.double_descent_lines import (
    BEST_COLOUR,
    BEST_NAME,
    RIDGELESS_NAME,
    THICK,
    THIN,
    Curve,
    LinesPen,
    add_curve,
    add_label,
    add_points,
    add_vertical,
    key_text,
    state_curve,
    zero_notes,
)
from quadviz.figures.theme import THEMES, ThemeName
from quadviz.theory.interpolating_width import InterpolatingWidth
from quadviz.theory.steady_state import SteadyState

__all__ = ["WIDTH_HEIGHT", "WidthDescent", "WidthPen", "width_figure", "width_skeleton"]

FloatArray = NDArray[np.float64]

WIDTH_HEIGHT = 355
_MARGIN = {"l": 58, "r": 16, "t": 84, "b": 44}
#: Traces: three curves, then these.
_BAYES, _DOTS, _MARKS = 6, 7, 8
#: Annotations: the title, the labels of the two verticals, a note. Verticals: these and the marker.
_NOTE = 3


@dataclass(frozen=True)
class WidthDescent:
    """Everything the figure shows.

    Attributes:
        ridgeless: results of shape (K,) over increasing widths, in the limit λ → 0+. The widths of the next
            two may be others between the same ends.
        current: results at the current weight decay.
        best: results at the weight decay that is best for each width.
        marker: results of shape (3,) at the marker's width: the three of them.
        name: the current weight decay, such as "0.01".
        colours: of the ridgeless and of the current curve.
        mmse: the Bayes-optimal error.
        interpolating: the smallest width at which the ridgeless limit fits every label; None if not shown.
        theme: the background the figure is made for.
        x_scale: scale of the width axis.
        y_scale: scale of the mse axis.
    """

    ridgeless: SteadyState
    current: SteadyState
    best: SteadyState
    marker: SteadyState
    name: str
    colours: tuple[str, str]
    mmse: float
    interpolating: InterpolatingWidth | None = None
    theme: ThemeName = "light"
    x_scale: Scale = "linear"
    y_scale: Scale = "log"

    @property
    def needed(self) -> float:
        """The width from which on the current curve is flat."""
        return float(np.asarray(self.current.kappa_min)[-1])


def width_figure(view: WidthDescent) -> go.Figure:
    """The static figure.

    Args:
        view: what to draw.

    Returns:
        A plotly figure with one panel.
    """
    figure = width_skeleton()
    WidthPen(figure).draw(view)
    return figure


def width_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`WidthPen`."""
    figure, axes = go.Figure(), {"xaxis": "x", "yaxis": "y"}
    for _ in range(3):
        add_curve(figure, axes)
    figure.add_scatter(mode="lines", line={"dash": "dot"}, showlegend=False, **axes)
    add_points(figure, axes, 4)
    add_points(figure, axes, 9, cliponaxis=False)
    add_label(figure, 1, 36, xshift=-4)
    for row in (1, 0):
        add_label(figure, 1, 16 * row, 12, xref="x", visible=False)
    add_label(figure, 0, 1, 12, visible=False)
    for width in (1.0, 1.0, 1.5):
        add_vertical(figure, width)
    figure.update_layout(
        height=WIDTH_HEIGHT,
        margin=_MARGIN,
        autosize=True,
        hovermode="x unified",
        dragmode=False,
        xaxis={
            "anchor": "y",
            "fixedrange": True,
            "title": {"text": "student width κ = m/d", "standoff": 6},
            "hoverformat": ".4g",
            "unifiedhovertitle": {"text": "κ = %{x:.4g}"},
        },
        yaxis={
            "anchor": "x",
            "fixedrange": True,
            "nticks": 6,
            "exponentformat": "power",
            "minexponent": 4,
            "tickfont": {"size": 12},
        },
    )
    return figure


class WidthPen(LinesPen):
    """Draws into a figure made by :func:`width_skeleton`."""

    def draw(self, view: WidthDescent) -> None:
        """Draw ``view`` in one batched update."""
        kappa = np.asarray(view.current.kappa)
        surface, ink = THEMES[view.theme].surface, THEMES[view.theme].ink
        alone = float(np.asarray(view.current.lam)[0]) == 0
        ridgeless = _over_kappa(RIDGELESS_NAME, view.ridgeless, view.colours[0], THIN)
        current = _over_kappa(f"λ = {view.name}", view.current, view.colours[1])
        best = _over_kappa(BEST_NAME, view.best, BEST_COLOUR)
        cusp = view.interpolating
        if cusp is not None and math.isfinite(cusp.mse):
            ridgeless = ridgeless.through(cusp.kappa, cusp.mse)
            current = current.through(cusp.kappa, cusp.mse) if alone else current
        with self.figure.batch_update():
            self.put_theme(view.theme, (0, 1), (_NOTE,))
            self.put_x_axis(float(kappa[0]), float(kappa[-1]), view.x_scale)
            self.put_curve(0, None if alone else ridgeless)
            self.put_curve(2, current)
            self.put_curve(4, best)
            curves = [current, best] if alone else [ridgeless, current, best]
            self.put(
                _BAYES,
                x=kappa.astype(self.precision),
                y=np.full(kappa.shape, view.mmse, dtype=self.precision),
                line_color=ink,
                line_width=2.2,
                hovertemplate="Bayes-optimal: %{y:.4g}<extra></extra>",
            )
            self.put_dots(_DOTS, curves)
            values = np.concatenate([*(curve.y for curve in curves), [view.mmse]])
            floor = -math.inf
            if view.y_scale == "log":
                lines = len(zero_notes(curves, "κ", 0.0))
                floor = self.fit_axis("yaxis", "log", values, lines)
                self.put_text(_NOTE, "<br>".join(zero_notes(curves, "κ", floor)))
            else:
                self.fit_axis("yaxis", "linear", values)
                self.put_text(_NOTE, "")
            self.put_marks(
                _MARKS,
                float(np.ravel(view.marker.kappa)[0]),
                np.asarray(view.marker.mse),
                (*view.colours, BEST_COLOUR),
                floor,
                surface,
            )
            self._put_verticals(view, float(kappa[0]), float(kappa[-1]))
            entries = [
                ("━", BEST_COLOUR, BEST_NAME),
                ("┅", ink, "Bayes"),
                ("━", view.colours[1], f"<b>λ = {view.name}</b>"),
            ]
            if not alone:
                entries.append(("━", view.colours[0], RIDGELESS_NAME))
            alpha = float(np.ravel(view.marker.alpha)[0])
            self.put_text(0, key_text(f"<b>mse against width</b>  at α = {alpha:.4g}", entries))

    def _put_verticals(self, view: WidthDescent, low: float, high: float) -> None:
        """The two widths at which something changes, each with its name, and the marker."""
        needed = view.needed if math.isfinite(view.needed) and low < view.needed < high else None
        fits = None if view.interpolating is None else view.interpolating.kappa
        labels = (
            "" if fits is None else f"interpolation κ = {fits:.3g}",
            "" if needed is None else f"flat beyond κ<sub>min</sub> = {needed:.3g}",
        )
        for row, (place, text) in enumerate(zip((fits, needed), labels, strict=True)):
            self.put_vertical(row, place)
            if place is None:
                self.put_text(1 + row, "")
                continue
            at, left, right = place, low, high
            if view.x_scale == "log":
                at, left, right = math.log10(place), math.log10(low), math.log10(high)
            self.put_text(1 + row, text, x=at, xanchor="left" if at - left <= right - at else "right")
        self.put_vertical(2, float(np.ravel(view.marker.kappa)[0]))


def _over_kappa(name: str, states: SteadyState, colour: str, width: float = THICK) -> Curve:
    return state_curve(name, np.asarray(states.kappa), states, colour, width)
