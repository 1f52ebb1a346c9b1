"""Learning curves as a figure: mse, train loss and in-sample error against the sample ratio.

The static figure and the live one are drawn alike: a :class:`LearningCurvesPen` fills the traces of a
skeleton made once by :func:`learning_curves_skeleton`. A curve is solid where the theory is exact, dashed
where the width limits the rank, strewn with dots where the equations have other solutions besides the one
drawn, and interrupted where no solution was found. The least error of any estimator is a dark dotted line,
thresholds are thin verticals with their names on flags above the panels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import Scale, alpha_axis, fitted_range, ticks
from quadviz.figures.flags import ROW, Threshold, add_flags, draw_flags, flags
from quadviz.figures.notes import NamedCurve, missing, roomier_right
from quadviz.figures.pen import Pen
from quadviz.figures.simulated_points import SimulatedPoints, add_points, draw_points
from quadviz.figures.theme import THEMES, ThemeName, family_colours, template
from quadviz.theory.bayes import BayesOptimal
from quadviz.theory.steady_state import Regime, Status, SteadyState

__all__ = [
    "BAYES",
    "DASH",
    "HEIGHT",
    "MARGIN",
    "MOST_THRESHOLDS",
    "PANELS",
    "LearningCurves",
    "LearningCurvesPen",
    "Panel",
    "learning_curves_figure",
    "learning_curves_skeleton",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HEIGHT = 530
#: Margins in pixels; fixed, so that a slider under the figure can be aligned with the α axis.
MARGIN = {"l": 58, "r": 16, "t": 52, "b": 44}
#: Pixels of line and gap where the width limits the rank.
DASH = "5px,3px"
#: The name of the dotted curve.
BAYES = "Bayes-optimal"
#: A figure has room for so many thresholds.
MOST_THRESHOLDS = 4
#: A log axis shows at most so many decades below its largest value.
_DECADES = 8.0
#: Share of a log axis kept free for a note on what it cannot show.
_NOTE_ROOM = 0.25


@dataclass(frozen=True)
class Panel:
    """One of the stacked panels.

    Attributes:
        field: the field of the result it draws.
        title: its name.
        meaning: what is drawn, in a few words.
        domain: its vertical extent, as fractions of the figure.
    """

    field: str
    title: str
    meaning: str
    domain: tuple[float, float]


#: Height of a row of flags as a fraction of the panels, which stand between the margins.
_ROW = ROW / (HEIGHT - MARGIN["t"] - MARGIN["b"])
PANELS = (
    Panel("mse", "mse", "|Z − Z*|² / d", (0.56, 1.0)),
    Panel("train_loss", "train loss", "on the noisy labels", (0.285, 0.485)),
    Panel("in_sample_error", "in-sample error", "on the noiseless labels", (0.0, 0.21)),
)


@dataclass(frozen=True)
class LearningCurves:
    """Everything one figure shows.

    Attributes:
        curves: results of shape (M, N): M curves over N increasing values of alpha.
        marker: results of shape (M,), every curve at the alpha of the marker; None draws no marker.
        names: M names, such as "λ = 0.01"; an empty name leaves the curve out of the legend.
        current: index of the curve drawn thick.
        shades: where each curve stands in its family, from 0 to 1; None spaces them evenly.
        theme: the background the figure is made for.
        x_scale: scale of the alpha axis.
        y_scale: scale of the three vertical axes.
        thresholds: at most :data:`MOST_THRESHOLDS` verticals; each takes a row above the panels, whether it
            lies on the axis or not, so that the panels do not move with a parameter.
        bayes: the least possible mse over increasing values of alpha, shape (K,); None draws none.
        simulated: trained networks; None draws none.
    """

    curves: SteadyState
    marker: SteadyState | None
    names: tuple[str, ...]
    current: int = 0
    shades: tuple[float, ...] | None = None
    theme: ThemeName = "light"
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    thresholds: tuple[Threshold, ...] = ()
    bayes: BayesOptimal | None = None
    simulated: SimulatedPoints | None = None


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
        axes = {"xaxis": "x", "yaxis": _axis_id(row), "showlegend": False}
        for member in range(members):
            line = {"mode": "lines", "legendgroup": str(member), **axes}
            figure.add_scatter(line={"dash": DASH, "simplify": False}, **line)
            figure.add_scatter(line_simplify=False, **line)
        figure.add_scatter(mode="markers", marker_size=4, hoverinfo="skip", **axes)
        figure.add_scatter(mode="markers", marker_size=9, hoverinfo="skip", cliponaxis=False, **axes)
        figure.add_annotation(
            text=f"<b>{panel.title}</b>  {panel.meaning}", x=0, xref="paper", xanchor="left", xshift=-4,
            y=panel.domain[1], yref="paper", yanchor="bottom", showarrow=False,
        )  # fmt: skip
    for panel in PANELS:
        figure.add_annotation(
            text="", x=0, xref="paper", xanchor="left", font_size=12, showarrow=False,
            y=panel.domain[0], yref="paper", yanchor="bottom", yshift=1, visible=False,
        )  # fmt: skip
    for row, panel in enumerate(PANELS):
        add_points(figure, _axis_id(row), panel.title)
    figure.add_scatter(
        mode="lines", xaxis="x", yaxis=_axis_id(0), name=BAYES, visible=False,
        line={"dash": "2px,3px", "width": 2, "simplify": False},
        hovertemplate=f"{BAYES}: %{{y:.4g}}<extra></extra>",
    )  # fmt: skip
    figure.add_shape(
        type="line", xref="x", yref="paper", y0=0, y1=1, x0=1, x1=1, layer="between", visible=False
    )
    add_flags(figure, MOST_THRESHOLDS)
    figure.update_layout(
        height=HEIGHT,
        margin=MARGIN,
        autosize=True,
        hovermode="x unified",
        # No zoom by hand: a finger on the figure scrolls the page, a click moves the marker.
        dragmode=False,
        legend={
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.05, "yanchor": "bottom",
            "traceorder": "normal", "itemclick": False, "itemdoubleclick": False, "itemwidth": 30,
        },
        xaxis=alpha_axis(_axis_id(len(PANELS) - 1)),
        **{
            _axis_name(row): {
                "domain": panel.domain,
                "anchor": "x",
                "fixedrange": True,
                "nticks": 6 if row == 0 else 4,
                "exponentformat": "power",
                "minexponent": 4,
                "tickfont": {"size": 12},
            }
            for row, panel in enumerate(PANELS)
        },
    )  # fmt: skip
    return figure


class LearningCurvesPen(Pen):
    """Draws learning curves into a figure made from :func:`learning_curves_skeleton`.

    Axes keep their range while the curves stay inside and fill a fair part of it: nothing jumps while a
    control is dragged.
    """

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        # After the panels' curves come the networks of each panel, and the Bayes-optimal curve.
        self._networks = len(figure.data) - 1 - len(PANELS)
        self.members = (self._networks // len(PANELS) - 2) // 2
        self._ranges: dict[int, tuple[float, float]] = {}
        self._flags = 1, len(figure.layout.annotations) - MOST_THRESHOLDS

    def draw(self, view: LearningCurves) -> None:
        """Draw ``view`` in one batched update.

        Raises:
            ValueError: if the figure has too few places for the curves or thresholds.
        """
        if len(view.names) > self.members:
            raise ValueError(f"the figure has room for {self.members} curves, got {len(view.names)}")
        if len(view.thresholds) > MOST_THRESHOLDS:
            raise ValueError(
                f"the figure has room for {MOST_THRESHOLDS} thresholds, got {len(view.thresholds)}"
            )
        alpha = np.broadcast_to(view.curves.alpha, view.curves.mse.shape)[0]
        styles = _styles(view.curves)
        places = alpha.astype(self.precision)
        colours = family_colours(len(view.names), view.theme, view.shades)
        with self.figure.batch_update():
            self._draw_frame(view, alpha)
            self._draw_thresholds(view, (float(alpha[0]), float(alpha[-1])))
            self._draw_bayes(view)
            for row, panel in enumerate(PANELS):
                values = np.asarray(getattr(view.curves, panel.field))
                self._draw_curves(row, view, places, values.astype(self.precision), styles, colours)
                bayes = view.bayes if row == 0 else None
                also = [] if bayes is None else [bayes.mmse]
                if view.simulated is not None:
                    also.append(view.simulated.mean[row])
                self._fit_axis(row, view.y_scale, np.concatenate([values.ravel(), *also]))
                self._draw_points(row, view, colours)
                networks, colour = self._networks + row, colours[view.current]
                draw_points(self, networks, view.simulated, row, colour, view.theme)
                curves = [(name, alpha, curve) for name, curve in zip(view.names, values, strict=True)]
                self._write_note(row, view, curves, bayes)

    def _draw_frame(self, view: LearningCurves, alpha: FloatArray) -> None:
        """The theme, the alpha axis and the marker's line."""
        layout = self.figure.layout
        if self.new("theme", view.theme):
            layout.template = template(view.theme)
            for note in layout.annotations[len(PANELS) : 2 * len(PANELS)]:
                note.bgcolor = THEMES[view.theme].surface
        if self.new("alpha", (view.x_scale, float(alpha[0]), float(alpha[-1]))):
            ends = (float(alpha[0]), float(alpha[-1]))
            if view.x_scale == "log":
                ends = (math.log10(ends[0]), math.log10(ends[1]))
            layout.xaxis.update(type=view.x_scale, range=ends, **ticks(view.x_scale, ends))
        place = None if view.marker is None else float(np.ravel(view.marker.alpha)[0])
        if self.new("marker", place):
            layout.shapes[0].update(x0=place, x1=place, visible=place is not None)

    def _draw_thresholds(self, view: LearningCurves, ends: tuple[float, float]) -> None:
        """The verticals, and room for their flags between the first panel and its title."""
        low, high = PANELS[0].domain
        foot = high - len(view.thresholds) * _ROW
        if self.new("foot", foot):
            self.figure.layout.yaxis.domain = (low, foot)
            self.figure.layout.shapes[0].y1 = foot
        shown = flags(view.thresholds, ends, view.x_scale)
        draw_flags(self, self._flags, shown, view.x_scale, (foot, _ROW), view.theme, MOST_THRESHOLDS)

    def _draw_bayes(self, view: LearningCurves) -> None:
        trace, bayes = len(self.figure.data) - 1, view.bayes
        if bayes is None:
            self.put(trace, visible=False, showlegend=False)
            return
        self.put(
            trace,
            x=bayes.alpha.astype(self.precision),
            y=bayes.mmse.astype(self.precision),
            line_color=THEMES[view.theme].ink,
            visible=True,
            showlegend=True,
        )

    def _draw_curves(
        self,
        row: int,
        view: LearningCurves,
        alpha: NDArray[np.floating[Any]],
        values: NDArray[np.floating[Any]],
        styles: _Styles,
        colours: tuple[str, ...],
    ) -> None:
        first = row * (2 * self.members + 2)
        for member in range(self.members):
            dashed, solid = first + 2 * member, first + 2 * member + 1
            if member >= len(view.names):
                self.put(solid, x=None, y=None, showlegend=False)
                self.put(dashed, x=None, y=None)
                continue
            name = view.names[member]
            title = name or PANELS[row].title
            look = {
                "x": alpha,
                "name": title,
                "line_color": colours[member],
                "line_width": 3.2 if member == view.current else 1.8,
            }
            hover = title + ": %{y:.4g}<extra></extra>"
            # The dashed line runs under the solid one, so that they join; the one that is whole is hovered.
            # The solid one carries the legend entry, and stays for it even where it is all gaps.
            under = bool(styles.limited[member].any())
            exact = np.where(styles.exact[member], values[member], self.precision(np.nan))
            self.put(solid, y=exact, **look)
            self.put(solid, hoverinfo="skip" if under else "all", hovertemplate=None if under else hover)
            self.put(solid, showlegend=bool(name) and row == 0)
            if under:
                self.put(dashed, y=values[member], hovertemplate=hover, **look)
            else:
                self.put(dashed, x=None, y=None)
        member_of, point_of = np.nonzero(styles.several)
        self.put(
            first + 2 * self.members,
            x=alpha[point_of] if member_of.size else None,
            y=values[member_of, point_of] if member_of.size else None,
            marker_color=tuple(colours[member] for member in member_of) or None,
        )

    def _draw_points(self, row: int, view: LearningCurves, colours: tuple[str, ...]) -> None:
        trace = (row + 1) * (2 * self.members + 2) - 1
        if view.marker is None:
            self.put(trace, x=None, y=None)
            return
        heights = np.asarray(getattr(view.marker, PANELS[row].field))
        # A point below the axis has no place in its panel: neither may it stand in the next one.
        floor = 10 ** self._ranges[row][0] if view.y_scale == "log" else -math.inf
        self.put(
            trace,
            x=np.broadcast_to(view.marker.alpha, heights.shape),
            y=np.where(heights >= floor, heights, np.nan),
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
            lowest, high = math.log10(usable.min()), math.log10(usable.max())
            low = max(lowest, high - _DECADES)
            if lowest < low or np.any(values == 0):
                low -= _NOTE_ROOM * (high - low)
        else:
            low, high = 0.0, float(usable.max())
        shown = None if self.new(f"scale {row}", scale) else self._ranges[row]
        fitted = fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)
        if fitted != shown:
            self._ranges[row] = fitted
            axis = self.figure.layout[_axis_name(row)]
            axis.update(type=scale, range=fitted, **ticks(scale, fitted))

    def _write_note(
        self, row: int, view: LearningCurves, curves: Sequence[NamedCurve], bayes: BayesOptimal | None
    ) -> None:
        """Say in the panel what its log axis cannot show, where it covers least."""
        floor = 10 ** self._ranges[row][0] if view.y_scale == "log" else None
        text = "" if floor is None else missing(curves, floor)
        drawn = [*curves, (BAYES, bayes.alpha, bayes.mmse)] if bayes is not None else curves
        side = "right" if floor is not None and roomier_right(drawn, floor, view.x_scale) else "left"
        if self.new(f"note {row}", (text, side)):
            self.figure.layout.annotations[len(PANELS) + row].update(
                text=text, visible=bool(text), x=float(side == "right"), xanchor=side
            )


def _axis_id(row: int) -> str:
    return f"y{row + 1}" if row else "y"


def _axis_name(row: int) -> str:
    return f"yaxis{row + 1}" if row else "yaxis"


@dataclass(frozen=True)
class _Styles:
    """Which points of each curve are exact, rank-limited, and not unique; shape (M, N)."""

    exact: BoolArray
    limited: BoolArray
    several: BoolArray


def _styles(curves: SteadyState) -> _Styles:
    status = np.asarray(curves.status)
    narrow = np.asarray(curves.regime) == Regime.RANK_LIMITED
    known = status != Status.FAILED
    return _Styles(known & ~narrow, known & narrow, status == Status.SEVERAL)
