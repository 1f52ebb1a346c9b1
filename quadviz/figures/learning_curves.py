"""Learning curves as a figure: mse, train loss and in-sample error against the sample ratio.

The static figure and the live one are drawn alike: a :class:`LearningCurvesPen` fills the traces of a
skeleton made once by :func:`learning_curves_skeleton`. A curve is solid where the theory is
exact, dashed where the width limits the rank, dotted where the equations have several solutions, and
interrupted where no solution was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.theme import THEMES, ThemeName, family_colours, template
from quadviz.theory.steady_state import Regime, Status, SteadyState

__all__ = [
    "PANELS",
    "LearningCurves",
    "LearningCurvesPen",
    "Panel",
    "Scale",
    "fitted_range",
    "learning_curves_figure",
    "learning_curves_skeleton",
]

Scale = Literal["linear", "log"]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HEIGHT = 600
#: Margins in pixels; fixed, so that a slider under the figure can be aligned with the α axis.
MARGIN = {"l": 64, "r": 16, "t": 64, "b": 48}


@dataclass(frozen=True)
class Panel:
    """One of the stacked panels: the field of the result it draws, its title, its vertical extent."""

    field: str
    title: str
    formula: str
    domain: tuple[float, float]


PANELS = (
    Panel("mse", "mse", "|Z − Z*|² / d", (0.60, 1.0)),
    Panel("train_loss", "train loss", "with the noisy labels", (0.30, 0.52)),
    Panel("in_sample_error", "in-sample error", "with the clean labels", (0.0, 0.22)),
)


@dataclass(frozen=True)
class LearningCurves:
    """Everything one figure shows.

    Attributes:
        curves: results of shape (M, N): M curves over N increasing values of alpha.
        marker: results of shape (M,), every curve at the alpha of the marker; None draws no marker.
        names: M names, such as "λ = 0.01"; an empty name leaves the curve out of the legend.
        current: index of the curve drawn thick.
        theme: the background the figure is made for.
        x_scale: scale of the alpha axis.
        y_scale: scale of the three vertical axes.
    """

    curves: SteadyState
    marker: SteadyState | None
    names: tuple[str, ...]
    current: int = 0
    theme: ThemeName = "light"
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"


def learning_curves_figure(view: LearningCurves) -> go.Figure:
    """The static figure of some learning curves.

    Args:
        view: the curves, their names and how to draw them.

    Returns:
        A plotly figure with three panels over one alpha axis.
    """
    figure = learning_curves_skeleton(len(view.names))
    LearningCurvesPen(figure).draw(view)
    return figure


def learning_curves_skeleton(members: int) -> go.Figure:
    """An empty figure with room for ``members`` curves, to be filled by a :class:`LearningCurvesPen`."""
    figure = go.Figure()
    for row, panel in enumerate(PANELS):
        axes = {"xaxis": "x", "yaxis": _axis_id(row)}
        for member in range(members):
            line = {"mode": "lines", "legendgroup": str(member), **axes}
            figure.add_scatter(showlegend=False, **line)
            figure.add_scatter(showlegend=False, line_dash="5px,4px", **line)
        figure.add_scatter(mode="markers", marker_size=3, hoverinfo="skip", showlegend=False, **axes)
        figure.add_scatter(mode="markers", marker_size=9, hoverinfo="skip", showlegend=False, **axes)
        figure.add_annotation(
            text=f"<b>{panel.title}</b>   {panel.formula}", x=0, xref="paper", xanchor="left",
            y=panel.domain[1], yref="paper", yanchor="bottom", showarrow=False,
        )  # fmt: skip
    for panel in PANELS:
        figure.add_annotation(
            text="", x=0.5, xref="paper", y=panel.domain[0], yref="paper", yanchor="bottom", showarrow=False
        )
    figure.add_shape(type="line", xref="x", yref="paper", y0=0, y1=1, x0=1, x1=1, visible=False)
    figure.update_layout(
        height=HEIGHT,
        margin=MARGIN,
        autosize=True,
        hovermode="x unified",
        dragmode="zoom",
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.055, "yanchor": "bottom"},
        xaxis={
            "anchor": _axis_id(len(PANELS) - 1),
            "title": {"text": "sample ratio α = n/d²", "standoff": 8},
            "hoverformat": ".4g",
            "unifiedhovertitle": {"text": "α = %{x}"},
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "hovered data",
            "spikethickness": 1,
            "spikedash": "dot",
        },
        **{
            _axis_name(row): {
                "domain": panel.domain,
                "anchor": "x",
                "nticks": 6 if row == 0 else 4,
                "exponentformat": "power",
                "minexponent": 4,
                "tickfont": {"size": 12},
            }
            for row, panel in enumerate(PANELS)
        },
    )
    return figure


class LearningCurvesPen:
    """Draws learning curves into one figure, again and again, sending only what changed.

    plotly validates and transmits whatever is assigned and is slow to be read, so the pen remembers what it
    drew. Axes keep their range while the curves stay inside and fill a fair part of it: nothing jumps while
    a control is dragged.

    Args:
        figure: a figure or a live widget made from :func:`learning_curves_skeleton`.
    """

    def __init__(self, figure: go.Figure) -> None:
        self.figure = figure
        self.members = (len(figure.data) // len(PANELS) - 2) // 2
        self._drawn: dict[tuple[int, str], object] = {}
        self._axes: dict[str, object] = {}

    def draw(self, view: LearningCurves) -> None:
        """Draw ``view`` in one batched update.

        Raises:
            ValueError: if the figure has too few places for the curves.
        """
        if len(view.names) > self.members:
            raise ValueError(f"the figure has room for {self.members} curves, got {len(view.names)}")
        alpha = np.broadcast_to(view.curves.alpha, view.curves.mse.shape)[0]
        styles = _styles(view.curves)
        colours = family_colours(len(view.names), view.theme)
        layout = self.figure.layout
        with self.figure.batch_update():
            if self._new("theme", view.theme):
                layout.template = template(view.theme)
            if self._new("alpha", (view.x_scale, float(alpha[0]), float(alpha[-1]))):
                # A zoom made by hand is kept until the grid or the scale changes.
                ends = np.log10(alpha[[0, -1]]) if view.x_scale == "log" else alpha[[0, -1]]
                layout.xaxis.update(type=view.x_scale, range=ends.tolist())
            for row, panel in enumerate(PANELS):
                values = np.asarray(getattr(view.curves, panel.field))
                self._draw_curves(row, view, alpha, values, styles, colours)
                self._draw_points(row, view, colours)
                self._fit_axis(row, view.y_scale, values)
                note = _zero_note(view, alpha, values) if view.y_scale == "log" else ""
                if self._new(f"note {row}", note):
                    layout.annotations[len(PANELS) + row].text = note
            place = None if view.marker is None else float(np.ravel(view.marker.alpha)[0])
            if self._new("marker", place):
                layout.shapes[0].update(x0=place, x1=place, visible=place is not None)

    def _new(self, key: str, value: object) -> bool:
        """Whether something about the layout differs from what was drawn last; remembers it."""
        changed = key not in self._axes or self._axes[key] != value
        self._axes[key] = value
        return changed

    def _put(self, trace: int, **properties: object) -> None:
        """Assign the properties of a trace that changed; nested ones as plotly writes them, line_color."""
        for name, value in properties.items():
            old = self._drawn.get((trace, name))
            if isinstance(value, np.ndarray) and isinstance(old, np.ndarray):
                same = old is value or np.array_equal(old, value, equal_nan=True)
            else:
                same = not isinstance(value, np.ndarray) and not isinstance(old, np.ndarray) and old == value
            if not same:
                self._drawn[trace, name] = value
                self.figure.data[trace][name] = value

    def _draw_curves(
        self,
        row: int,
        view: LearningCurves,
        alpha: FloatArray,
        values: FloatArray,
        styles: _Styles,
        colours: tuple[str, ...],
    ) -> None:
        first = row * (2 * self.members + 2)
        for member in range(self.members):
            solid, dashed = first + 2 * member, first + 2 * member + 1
            if member >= len(view.names):
                self._put(solid, x=None, y=None, showlegend=False)
                self._put(dashed, x=None, y=None)
                continue
            name, title = view.names[member], view.names[member] or PANELS[row].title
            look = {"name": title, "line_color": colours[member]}
            look["line_width"] = 3.2 if member == view.current else 1.8
            for trace, drawn, suffix in (
                (solid, styles.exact[member], ""),
                (dashed, styles.limited[member], ", rank-limited"),
            ):
                line = np.where(drawn, values[member], np.nan) if drawn.any() else None
                self._put(trace, x=None if line is None else alpha, y=line, **look)
                self._put(trace, hovertemplate=f"{title}{suffix}: %{{y:.4g}}<extra></extra>")
            self._put(solid, showlegend=bool(name) and row == 0)
        member_of, point_of = np.nonzero(styles.several)
        self._put(
            first + 2 * self.members,
            x=alpha[point_of] if member_of.size else None,
            y=values[member_of, point_of] if member_of.size else None,
            marker_color=tuple(colours[member] for member in member_of) or None,
        )

    def _draw_points(self, row: int, view: LearningCurves, colours: tuple[str, ...]) -> None:
        trace = (row + 1) * (2 * self.members + 2) - 1
        if view.marker is None:
            self._put(trace, x=None, y=None)
            return
        heights = np.asarray(getattr(view.marker, PANELS[row].field))
        self._put(
            trace,
            x=np.broadcast_to(view.marker.alpha, heights.shape),
            y=heights,
            marker_color=colours,
            marker_line_color=THEMES[view.theme].surface,
            marker_line_width=1.5,
        )

    def _fit_axis(self, row: int, scale: Scale, values: FloatArray) -> None:
        """Fit a vertical axis to the finite values (the positive ones on a log axis)."""
        usable = values[np.isfinite(values) & (values > 0)]
        if usable.size == 0:
            low, high = (-1.0, 0.0) if scale == "log" else (0.0, 1.0)
        elif scale == "log":
            low, high = math.log10(usable.min()), math.log10(usable.max())
        else:
            low, high = 0.0, float(usable.max())
        axis = self.figure.layout[_axis_name(row)]
        shown = None if self._new(f"scale {row}", scale) else axis.range
        fitted = fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)
        if fitted != shown:
            axis.update(type=scale, range=fitted, dtick=_tick_step(scale, fitted[1] - fitted[0]))


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
    """
    bottom = low if floor is None else min(low, floor)
    if shown is not None:
        span = shown[1] - shown[0]
        if shown[0] <= low and high <= shown[1] and high - bottom >= 0.4 * span:
            return shown
    pad = 0.08 * (high - bottom) or 0.5
    return (bottom if floor is not None else bottom - pad, high + pad)


def _axis_id(row: int) -> str:
    return f"y{row + 1}" if row else "y"


def _axis_name(row: int) -> str:
    return f"yaxis{row + 1}" if row else "yaxis"


@dataclass(frozen=True)
class _Styles:
    """Which points of each curve the solid, the dashed and the dotted line pass through; shape (M, N)."""

    exact: BoolArray
    limited: BoolArray
    several: BoolArray


def _styles(curves: SteadyState) -> _Styles:
    status, regime = np.asarray(curves.status), np.asarray(curves.regime)
    several = status == Status.SEVERAL
    limited = (status == Status.SOLVED) & (regime == Regime.RANK_LIMITED)
    exact = (status == Status.SOLVED) & (regime == Regime.EXACT)
    # The dashed line reaches one point into its neighbours, so that the stretches join.
    joined = limited.copy()
    joined[:, 1:] |= limited[:, :-1]
    joined[:, :-1] |= limited[:, 1:]
    return _Styles(exact, joined & limited.any(axis=1, keepdims=True), several)


def _tick_step(scale: Scale, span: float) -> int | str | None:
    """Whole decades on a log axis where it spans several, 1, 2 and 5 otherwise; plotly's choice on a linear one."""
    if scale == "linear":
        return None
    return max(1, round(span / 5)) if span > 1.5 else "D2"


def _zero_note(view: LearningCurves, alpha: FloatArray, values: FloatArray) -> str:
    """What a log axis cannot show: the stretch on which a curve is exactly zero."""
    for name, curve in zip(view.names, values, strict=True):
        zeros = alpha[curve == 0.0]
        if zeros.size:
            who = f"{name}: " if name else ""
            return f"{who}exactly 0 from α = {zeros[0]:.3g} to {zeros[-1]:.3g}, which a log axis cannot show"
    return ""
