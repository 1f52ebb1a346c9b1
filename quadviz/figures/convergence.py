"""The approach to the end as a figure: distance against time in powers of ten, and under it the slope.

Flows of finite size are thin lines, their mean is a row of points; the limit of large d is a solid line, and
the power law that it follows in the end a thin straight one with its name. Networks have a hue of their own.
Shaded are the times at which a finite matrix shows single eigenvalues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import fitted_range, ticks
from quadviz.figures.pen import Pen
from quadviz.figures.theme import DASH, OKABE_ITO, THEMES, ThemeName, template
from quadviz.theory.approach import local_slope

__all__ = [
    "FIRST_TIME",
    "HEIGHT",
    "LAST_TIME",
    "NETWORK_HUE",
    "POWERS",
    "Convergence",
    "ConvergencePen",
    "Seen",
    "convergence_figure",
    "convergence_skeleton",
]

FloatArray = NDArray[np.float64]

HEIGHT = 560
MARGIN = {"l": 58, "r": 26, "t": 30, "b": 46}
#: The axis of times.
FIRST_TIME, LAST_TIME = 0.1, 1e4
#: Slopes that are marked, and how they are written.
POWERS = {-1.0: "t⁻¹", -2.0: "t⁻²", -3.0: "t⁻³"}
#: The networks' colour on either background.
NETWORK_HUE: dict[ThemeName, str] = {"light": OKABE_ITO["vermilion"], "dark": OKABE_ITO["orange"]}

_TITLES = (
    ("<b>distance to the end</b>  |Z − Z<sub>∞</sub>|² / d", (0.44, 1.0)),
    ("<b>local slope</b>  d log distance / d log t", (0.0, 0.35)),
)
#: Traces: of distances each flow, their mean, d -> inf, the law, each network, their mean; then of slopes.
_FLOWS, _MEAN, _CURVE, _LAW, _NETWORKS, _NETWORK_MEAN = range(6)
_SLOPE_MEAN, _SLOPE_CURVE, _SLOPE_NETWORKS = range(6, 9)
#: The shaded stretch, and what is written: two titles, the law, the stretch, the marked slopes.
_SHADE, _LAW_NAME, _SHADE_NAME = 0, 2, 3
_SLOPES = (-5.3, 0.5)
#: The name of a law stands at the height that its line has after so many tenths of its way.
_LATE = 7
#: The axis of distances shows at most so many decades; what is below them by far is not drawn.
_DECADES, _NOTHING = 17.0, 1e-30


@dataclass(frozen=True)
class Seen:
    """Several approaches at common times.

    Attributes:
        times: times, increasing, shape (T,).
        distance: of each, shape (N, T); NaN where unknown.
        mean: their mean, shape (T,).
    """

    times: FloatArray
    distance: FloatArray
    mean: FloatArray


@dataclass(frozen=True)
class Convergence:
    """Everything one figure shows.

    Attributes:
        flows: matrix flows of finite size.
        curve: distance as d -> infinity at their times, shape (T,); NaN where unknown.
        law: the power law there, shape (T,); NaN where there is none.
        slope: its exponent; NaN where there is none.
        law_name: what is written at its line.
        leaves_at: from when on single eigenvalues show; not finite where that is never.
        leaves_name: what is written there.
        limited: whether the target rests on the steady-state assumption.
        networks: networks in their own time, or None.
        current: whether these were trained at the setting shown.
        theme: the background the figure is made for.
    """

    flows: Seen
    curve: FloatArray
    law: FloatArray
    slope: float
    law_name: str = ""
    leaves_at: float = math.nan
    leaves_name: str = ""
    limited: bool = False
    networks: Seen | None = None
    current: bool = True
    theme: ThemeName = "light"


def convergence_figure(view: Convergence) -> go.Figure:
    """The static figure of some approaches."""
    figure = convergence_skeleton()
    ConvergencePen(figure).draw(view)
    return figure


def convergence_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`ConvergencePen`."""
    figure = go.Figure()
    thin = {"mode": "lines", "line": {"width": 1, "simplify": False}, "opacity": 0.45, "hoverinfo": "skip"}
    solid = {"mode": "lines", "line": {"width": 2.4, "simplify": False}}

    def points(of: str, name: str) -> dict[str, Any]:
        value = "%{y:.4g}" if of == "distance" else "%{y:.2f}"
        return {
            "mode": "markers",
            "marker": {"size": 6, "line": {"width": 1.2}},
            "hovertemplate": f"{name} at t = %{{x:.3g}}: {of} {value}<extra></extra>",
        }

    upper, lower = ({"xaxis": "x", "yaxis": axis, "showlegend": False} for axis in ("y", "y2"))
    limit = {"hovertemplate": "d → ∞ at t = %{x:.3g}: distance %{y:.4g}<extra></extra>"}
    figure.add_scatter(**thin, **upper)
    figure.add_scatter(**points("distance", "mean of the flows"), **upper)
    figure.add_scatter(**solid, **limit, **upper)
    figure.add_scatter(mode="lines", line_width=1.2, **upper)
    figure.add_scatter(**thin, **upper)
    figure.add_scatter(**points("distance", "mean of the networks"), **upper)
    figure.add_scatter(**points("slope", "mean of the flows"), **lower)
    limit = {"hovertemplate": "d → ∞ at t = %{x:.3g}: slope %{y:.2f}<extra></extra>"}
    figure.add_scatter(**solid, **limit, **lower)
    figure.add_scatter(**points("slope", "mean of the networks"), **lower)
    for title, domain in _TITLES:
        figure.add_annotation(
            text=title, x=0, xref="paper", xanchor="left", xshift=-4,
            y=domain[1], yref="paper", yanchor="bottom", showarrow=False,
        )  # fmt: skip
    figure.add_annotation(
        text="", yref="y", xanchor="right", xshift=-4, yanchor="bottom", showarrow=False, visible=False
    )
    figure.add_annotation(
        text="", x=1, xref="paper", xanchor="right", xshift=-4, y=1, yref="paper", yanchor="top",
        showarrow=False, font_size=12, visible=False,
    )  # fmt: skip
    figure.add_shape(
        type="rect", xref="x", yref="paper", x0=1, x1=LAST_TIME, y0=0, y1=1, line_width=0, opacity=0.09,
        layer="between", visible=False,
    )  # fmt: skip
    for power, name in POWERS.items():
        figure.add_shape(
            type="line", xref="paper", yref="y2", x0=0, x1=1, y0=power, y1=power, layer="between",
            line_width=1,
        )  # fmt: skip
        figure.add_annotation(
            text=name, x=1, xref="paper", xanchor="right", xshift=-4, y=power, yref="y2", yanchor="bottom",
            font_size=12, showarrow=False,
        )  # fmt: skip
    ends = (math.log10(FIRST_TIME), math.log10(LAST_TIME))
    common = {"anchor": "x", "fixedrange": True, "tickfont": {"size": 12}}
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode="closest",
        xaxis={
            "type": "log", "anchor": "y2", "fixedrange": True, "range": ends,
            "title": {"text": "time t", "standoff": 6}, **ticks("log", ends),
        },
        yaxis={"type": "log", "domain": _TITLES[0][1], "exponentformat": "power", **common},
        yaxis2={"domain": _TITLES[1][1], "range": _SLOPES, "dtick": 1, **common},
    )  # fmt: skip
    return figure


class ConvergencePen(Pen):
    """Draws approaches into a figure made from :func:`convergence_skeleton`; its axes do not jump."""

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self._range: tuple[float, float] | None = None

    def draw(self, view: Convergence) -> None:
        """Draw ``view`` in one batched update."""
        colours = THEMES[view.theme]
        with self.figure.batch_update():
            if self.new("theme", view.theme):
                self.figure.layout.template = template(view.theme)
                self.figure.layout.shapes[_SHADE].fillcolor = colours.muted
            self._fit_axis(view)
            self._draw_seen((_FLOWS, _MEAN, _SLOPE_MEAN), view.flows, colours.single, view.theme)
            own = NETWORK_HUE[view.theme] if view.current else colours.muted
            traces = (_NETWORKS, _NETWORK_MEAN, _SLOPE_NETWORKS)
            self._draw_seen(traces, view.networks, own, view.theme, hollow=not view.current)
            self._draw_theory(view)
            self._draw_stretch(view)
            self._mark_slopes(view)

    def _draw_seen(
        self,
        traces: tuple[int, int, int],
        seen: Seen | None,
        colour: str,
        theme: ThemeName,
        hollow: bool = False,
    ) -> None:
        """Thin lines one after another in one trace, their mean, and its slope."""
        lines, mean, slope = traces
        if seen is None:
            for trace in traces:
                self.put(trace, x=None, y=None)
            return
        # A gap after each keeps its line apart from the next.
        shown = _visible(seen.distance)
        self._put(
            lines,
            np.tile(np.append(seen.times, np.nan), len(shown)),
            np.pad(shown, ((0, 0), (0, 1)), constant_values=np.nan).ravel(),
        )
        self.put(lines, line_color=colour)
        surface = THEMES[theme].surface
        for trace, values in (
            (mean, _visible(seen.mean)),
            (slope, self._on_axis(local_slope(seen.times, seen.mean))),
        ):
            known = np.isfinite(values)
            self._put(trace, seen.times[known], values[known])
            self.put(
                trace,
                marker_color=surface if hollow else colour,
                marker_line_color=colour if hollow else surface,
            )

    def _draw_theory(self, view: Convergence) -> None:
        """The limit of large d, its slope, and the law with its name."""
        colours, t = THEMES[view.theme], view.flows.times
        look = {"line_color": colours.ink, "line_dash": DASH if view.limited else "solid"}
        self._put(_CURVE, t, _visible(view.curve))
        self._put(_SLOPE_CURVE, t, self._on_axis(local_slope(t, view.curve)))
        for trace in (_CURVE, _SLOPE_CURVE):
            self.put(trace, **look)
        low, high = self._range or (-1.0, 0.0)
        known = (view.law > 10**low) & (view.law < 10**high)
        self._put(_LAW, t[known], view.law[known])
        self.put(_LAW, line_color=colours.muted, hovertemplate=f"{view.law_name}: %{{y:.4g}}<extra></extra>")
        words: dict[str, object] = {"visible": False}
        if np.count_nonzero(known) > 1:
            # Over the end of the line, where no flow is any more, with room for it to come down on a phone.
            shown = np.flatnonzero(known)
            height, end = int(shown[_LATE * shown.size // 10]), int(shown[-1])
            words = {
                "text": view.law_name, "x": math.log10(t[end]), "y": math.log10(view.law[height]),
                "visible": True,
            }  # fmt: skip
        if self.new("law", words):
            self.figure.layout.annotations[_LAW_NAME].update(**words)

    def _draw_stretch(self, view: Convergence) -> None:
        """The shade from where on a finite matrix is told from an infinite one."""
        shown = math.isfinite(view.leaves_at) and view.leaves_at < LAST_TIME
        place = {"x0": max(view.leaves_at, FIRST_TIME), "visible": True} if shown else {"visible": False}
        if self.new("shade", place):
            self.figure.layout.shapes[_SHADE].update(**place)
        words = {"text": view.leaves_name, "visible": shown}
        if self.new("shade name", words):
            self.figure.layout.annotations[_SHADE_NAME].update(**words)

    def _mark_slopes(self, view: Convergence) -> None:
        """Lines at the slopes there are, the predicted one stronger."""
        colours = THEMES[view.theme]
        if not self.new("slope", (view.theme, repr(view.slope))):
            return
        for number, power in enumerate(POWERS):
            mine = power == view.slope
            line = {"color": colours.muted if mine else colours.line, "dash": "solid" if mine else "dot"}
            self.figure.layout.shapes[_SHADE + 1 + number].line.update(**line)
            name = self.figure.layout.annotations[_SHADE_NAME + 1 + number]
            name.font.color = colours.ink if mine else colours.muted

    def _fit_axis(self, view: Convergence) -> None:
        """Fit the axis of distances to the limit of large d, or to the flows where there is none."""
        values = view.curve if np.isfinite(view.curve).any() else view.flows.mean
        usable = values[np.isfinite(values) & (values > 0)]
        low, high = -1.0, 0.0
        if usable.size:
            high = math.log10(usable.max())
            low = min(max(math.log10(usable.min()), high - _DECADES), high - 1)
        fitted = fitted_range(low, high, self._range)
        if fitted != self._range:
            self._range = fitted
            self.figure.layout.yaxis.update(range=fitted, **ticks("log", fitted))

    def _on_axis(self, slope: FloatArray) -> FloatArray:
        """A slope without what would lie off its axis: an exponential end falls without limit."""
        with np.errstate(invalid="ignore"):
            return np.where((slope > _SLOPES[0]) & (slope < _SLOPES[1]), slope, np.nan)

    def _put(self, trace: int, x: FloatArray, y: FloatArray) -> None:
        self.put(trace, x=x.astype(self.precision), y=y.astype(self.precision))


def _visible(distance: FloatArray) -> FloatArray:
    """Distances without those that no axis reaches, such as 0."""
    return np.where(distance > _NOTHING, distance, np.nan)
