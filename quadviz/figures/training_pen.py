"""Training as a figure: mse and train loss of networks against time, before the theory of long times.

Every network is a thin line; their mean at the times observed is a row of points with error bars, one
standard error long. Where the theory rests on an assumption its line is dashed, and where the networks were
trained at another setting than the theory's they are grey.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import Scale, fitted_range, ticks
from quadviz.figures.pen import Pen
from quadviz.figures.theme import DASH, THEMES, ThemeName, template

__all__ = [
    "FIRST_TIME",
    "HEIGHT",
    "PANELS",
    "Training",
    "TrainingPen",
    "training_figure",
    "training_skeleton",
]

FloatArray = NDArray[np.float64]

HEIGHT = 520
MARGIN = {"l": 58, "r": 26, "t": 30, "b": 46}
#: Where the axis of times begins.
FIRST_TIME = 1e-2
#: The fields drawn, what they are, and the vertical extent of their panels.
PANELS = (
    ("mse", "<b>mse</b>  |Z − Z*|² / d", (0.46, 1.0)),
    ("train_loss", "<b>train loss</b>  on the noisy labels", (0.0, 0.37)),
)
#: Traces of a panel: each network, their mean, the theory.
_NETWORKS, _MEAN, _THEORY, _TRACES = 0, 1, 2, 3
#: The annotation that says how to begin, after the titles and the names of the theory.
_WAITING = 2 * len(PANELS)
#: A log axis shows at most so many decades below its largest value.
_DECADES = 8.0
#: So many decades are shown on either side of a single value.
_AROUND = 0.8
#: Points within this share of a panel's height of a line crowd its name.
_NEAR = 0.12


@dataclass(frozen=True)
class Training:
    """Everything one figure shows.

    Attributes:
        times: times observed, increasing, shape (T,).
        networks: mse and train loss of N networks, shape (2, N, T); NaN where one has not come yet.
        mean: their means, shape (2, T).
        error: standard errors of these, shape (2, T); NaN where there are fewer than two networks.
        theory: mse and train loss after long training, shape (2,); NaN where unknown.
        limited: whether the theory rests on the steady-state assumption.
        theory_name: what its line is called.
        current: whether the networks were trained at the theory's setting.
        waiting: whether to say how to begin.
        end: the last time on the axis.
        y_scale: scale of the vertical axes.
        theme: the background the figure is made for.
    """

    times: FloatArray
    networks: FloatArray
    mean: FloatArray
    error: FloatArray
    theory: FloatArray
    limited: bool = False
    theory_name: str = "theory, t → ∞"
    current: bool = True
    waiting: bool = False
    end: float = 1e3
    y_scale: Scale = "log"
    theme: ThemeName = "light"


def training_figure(view: Training) -> go.Figure:
    """The static figure of some training."""
    figure = training_skeleton()
    TrainingPen(figure).draw(view)
    return figure


def training_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`TrainingPen`."""
    figure = go.Figure()
    for row, (_, title, domain) in enumerate(PANELS):
        axes = {"xaxis": "x", "yaxis": _axis(row), "showlegend": False}
        figure.add_scatter(
            mode="lines", line={"width": 1, "simplify": False}, opacity=0.45, hoverinfo="skip", **axes
        )
        figure.add_scatter(
            mode="markers", marker_size=6, error_y={"type": "data", "width": 0, "thickness": 1.6},
            hovertemplate="mean at t = %{x:.3g}: %{y:.4g}<extra></extra>", **axes,
        )  # fmt: skip
        figure.add_scatter(mode="lines", line_width=2.4, **axes)
        figure.add_annotation(
            text=title, x=0, xref="paper", xanchor="left", xshift=-4,
            y=domain[1], yref="paper", yanchor="bottom", showarrow=False,
        )  # fmt: skip
    for row in range(len(PANELS)):
        figure.add_annotation(
            text="", x=0, xref="paper", xanchor="left", xshift=4, yref=_axis(row), yanchor="bottom",
            showarrow=False, font_size=12, visible=False,
        )  # fmt: skip
    figure.add_annotation(
        text="press ▶ Simulate to train networks", x=0.5, xref="paper", y=0.54, yref="paper", showarrow=False,
        font_size=16, visible=False,
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode="closest",
        xaxis={
            "type": "log", "anchor": _axis(len(PANELS) - 1), "fixedrange": True, "exponentformat": "power",
            "title": {"text": "training time t", "standoff": 6},
        },
        **{
            f"yaxis{row + 1 if row else ''}": {
                "domain": domain, "anchor": "x", "fixedrange": True, "nticks": 6 - 2 * row,
                "exponentformat": "power", "minexponent": 4, "tickfont": {"size": 12},
            }
            for row, (_, _, domain) in enumerate(PANELS)
        },
    )  # fmt: skip
    return figure


class TrainingPen(Pen):
    """Draws training into a figure made from :func:`training_skeleton`; its axes do not jump."""

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self._ranges: dict[int, tuple[float, float]] = {}

    def draw(self, view: Training) -> None:
        """Draw ``view`` in one batched update."""
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", view.theme):
                layout.template = template(view.theme)
            if self.new("end", view.end):
                ends = (math.log10(FIRST_TIME), math.log10(view.end))
                layout.xaxis.update(range=ends, **ticks("log", ends))
            if self.new("waiting", view.waiting):
                layout.annotations[_WAITING].visible = view.waiting
            for row in range(len(PANELS)):
                self._fit_axis(row, view)
                self._draw_networks(row, view)
                self._draw_theory(row, view)

    def courses(self, row: int, view: Training) -> FloatArray:
        """The curves of a panel beside which the name of the theory has to find room, shape (C, T)."""
        return view.mean[row : row + 1]

    def fitted(self, row: int, view: Training) -> FloatArray:
        """All values that the axis of a panel has to hold; those that are not finite do not count."""
        drawn = [view.networks[row].ravel(), self.courses(row, view).ravel(), view.theory[row : row + 1]]
        return np.concatenate(drawn)

    def _draw_networks(self, row: int, view: Training) -> None:
        """Thin lines one after another in one trace, and the mean."""
        colours = THEMES[view.theme]
        colour = colours.single if view.current else colours.muted
        lines = view.networks[row]
        # A gap after each network keeps its line apart from the next.
        heights = np.pad(lines, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
        places = np.tile(np.append(view.times, np.nan), len(lines))
        self.put(
            row * _TRACES + _NETWORKS,
            x=places.astype(self.precision),
            y=heights.astype(self.precision),
            line_color=colour,
        )
        known = np.isfinite(view.mean[row]) & (view.times >= FIRST_TIME)
        self.put(
            row * _TRACES + _MEAN,
            x=view.times[known].astype(self.precision),
            y=view.mean[row][known].astype(self.precision),
            error_y_array=np.nan_to_num(view.error[row][known]).astype(self.precision),
            error_y_color=colour,
            marker_color=colour,
            marker_symbol="circle" if view.current else "circle-open",
        )

    def _draw_theory(self, row: int, view: Training) -> None:
        """The line of the theory with its name, as far as the axis can show it."""
        trace, value = row * _TRACES + _THEORY, float(view.theory[row])
        floor = 10 ** self._ranges[row][0] if view.y_scale == "log" else self._ranges[row][0]
        shown = math.isfinite(value) and value > floor
        self.put(
            trace,
            x=[FIRST_TIME, view.end] if shown else None,
            y=[value, value] if shown else None,
            line_color=THEMES[view.theme].ink,
            line_dash=DASH if view.limited else "solid",
            hovertemplate=f"{view.theory_name}: %{{y:.4g}}<extra></extra>",
        )
        words: dict[str, object] = {"visible": False}
        if math.isfinite(value):
            hidden = ": 0" if value == 0 else ": below the axis"
            words = {
                "text": view.theory_name + ("" if shown else hidden),
                **self._place_of_name(row, view, max(value, floor)),
                "visible": True,
            }
        if self.new(f"name {row}", words):
            self.figure.layout.annotations[len(PANELS) + row].update(**words)

    def _place_of_name(self, row: int, view: Training, value: float) -> dict[str, object]:
        """Where the name of a line at a height is: left, unless a course begins there."""
        low, high = self._ranges[row]
        place = math.log10(value) if view.y_scale == "log" else value
        courses = self.courses(row, view)[:, view.times >= FIRST_TIME]
        known = np.where(np.isfinite(courses) & (courses > 0), courses, np.inf)
        heights = np.log10(known) if view.y_scale == "log" else known
        near = np.abs(heights - place) < _NEAR * (high - low)
        end = max(1, courses.shape[1] // 6)
        right = bool(near[:, :end].any() and not near[:, -end:].any())
        # Near the top there is no room above the line.
        above = place - low < 0.85 * (high - low)
        return {
            "x": float(right), "xanchor": "right" if right else "left", "xshift": -4 if right else 4,
            "y": place, "yanchor": "bottom" if above else "top",
        }  # fmt: skip

    def _fit_axis(self, row: int, view: Training) -> None:
        """Fit a vertical axis to the networks and the theory; alone, this moves on the axis shown."""
        values = self.fitted(row, view)
        usable = values[np.isfinite(values) & (values > 0)]
        if usable.size == 0:
            low, high = (-1.0, 0.0) if view.y_scale == "log" else (0.0, 1.0)
        elif view.y_scale == "log":
            high = math.log10(usable.max())
            low = max(math.log10(usable.min()), high - _DECADES)
        else:
            low, high = 0.0, float(usable.max())
        shown = None if self.new(f"scale {row}", view.y_scale) else self._ranges[row]
        if shown is not None and low == high and shown[0] < low < shown[1]:
            return
        if low == high:
            low, high = low - _AROUND, high + _AROUND
        fitted = fitted_range(low, high, shown, floor=0.0 if view.y_scale == "linear" else None)
        if fitted != shown:
            self._ranges[row] = fitted
            axis = self.figure.layout[f"yaxis{row + 1 if row else ''}"]
            axis.update(type=view.y_scale, range=fitted, **ticks(view.y_scale, fitted))


def _axis(row: int) -> str:
    return f"y{row + 1}" if row else "y"
