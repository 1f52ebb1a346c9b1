"""Double descent against the number of samples: the peak, how weight decay melts it, and the best decay.

Three panels over one alpha axis: the mse for a family of weight decays; the mse at the best weight decay
beside the Bayes-optimal error; and the best weight decay itself. The figure is made once by
:func:`double_descent_skeleton` and filled by a :class:`DoubleDescentPen`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import Scale, alpha_axis
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
    bayes_curve,
    key_text,
    state_curve,
    stretch,
    zero_notes,
)
from quadviz.figures.theme import THEMES, ThemeName, family_colours
from quadviz.theory.bayes import BayesOptimal
from quadviz.theory.steady_state import Status, SteadyState
from quadviz.theory.thresholds import InterpolationThreshold

__all__ = [
    "HEIGHT",
    "MARGIN",
    "MEMBERS",
    "DoubleDescent",
    "DoubleDescentPen",
    "double_descent_figure",
    "double_descent_skeleton",
]

FloatArray = NDArray[np.float64]

HEIGHT = 580
#: Margins in pixels; fixed, so that a slider under the figure can be aligned with the alpha axis.
MARGIN = {"l": 58, "r": 16, "t": 66, "b": 44}
#: Pixels of the alpha axis on a phone.
_NARROW = 326
#: Room for so many weight decays.
MEMBERS = 7
_FAMILY, _BEST, _DECAY = (0.56, 1.0), (0.205, 0.465), (0.0, 0.125)
_AXES = ("yaxis", "yaxis2", "yaxis3")
#: Traces, by their places.
_PEAK, _MARKS = 2 * MEMBERS + 1, 2 * MEMBERS + 2
_RIDGELESS = _MARKS + 1
_CURRENT, _AT_BEST, _BAYES = _RIDGELESS + 2, _RIDGELESS + 4, _RIDGELESS + 6
_BEST_DOTS, _BEST_MARKS = _BAYES + 1, _BAYES + 2
_BEST_LAM = _BEST_MARKS + 1
_LAM_NOW, _LAM_MARK = _BEST_LAM + 2, _BEST_LAM + 3
#: Annotations: three titles, the thresholds' label, three notes. Verticals: two thresholds, the marker.
_LABEL, _NOTES = 3, (4, 5, 6)
#: Texts that verticals pass behind.
_ON_LINES = (1, 2, *_NOTES)
_THRESHOLD, _RECOVERY, _MARKER = 0, 1, 2


@dataclass(frozen=True)
class DoubleDescent:
    """Everything the figure shows.

    Attributes:
        family: M results over one alpha axis, of shape (N,) each: increasing weight decays from 0 on.
        names: M names, such as "0.01": the values of the weight decay.
        shades: where each stands in its family, from 0 to 1.
        current: index of the current weight decay.
        best: results of shape (C,) at the best weight decay.
        bayes: Bayes-optimal errors of shape (C,).
        threshold: the interpolation threshold, arrays of shape ().
        recovery: the alpha from which the ridgeless limit recovers the teacher; inf where it does not.
        marker: results of shape (M,), the family at the marker's alpha.
        best_marker: result of shape () at the best weight decay there.
        bayes_marker: the Bayes-optimal error there.
        theme: the background the figure is made for.
        x_scale: scale of the alpha axis.
        y_scale: scale of the mse axes; that of the weight decay is logarithmic.
    """

    family: tuple[SteadyState, ...]
    names: tuple[str, ...]
    shades: tuple[float, ...]
    current: int
    best: SteadyState
    bayes: BayesOptimal
    threshold: InterpolationThreshold
    recovery: float
    marker: SteadyState
    best_marker: SteadyState
    bayes_marker: float
    theme: ThemeName = "light"
    x_scale: Scale = "linear"
    y_scale: Scale = "log"


def double_descent_figure(view: DoubleDescent) -> go.Figure:
    """The static figure.

    Args:
        view: what to draw.

    Returns:
        A plotly figure with three panels over one alpha axis.
    """
    figure = double_descent_skeleton()
    DoubleDescentPen(figure).draw(view)
    return figure


def double_descent_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`DoubleDescentPen`."""
    figure = go.Figure()
    top, middle, bottom = ({"xaxis": "x", "yaxis": axis} for axis in ("y", "y2", "y3"))
    for _ in range(MEMBERS):
        add_curve(figure, top)
    add_points(figure, top, 4)
    add_points(figure, top, 9, marker_symbol="diamond", cliponaxis=False)
    add_points(figure, top, 9, cliponaxis=False)
    for _ in range(3):
        add_curve(figure, middle)
    figure.add_scatter(mode="lines", line={"dash": "dot", "simplify": False}, showlegend=False, **middle)
    add_points(figure, middle, 4)
    add_points(figure, middle, 9, cliponaxis=False)
    add_curve(figure, bottom)
    figure.add_scatter(mode="lines", hoverinfo="skip", showlegend=False, **bottom)
    add_points(figure, bottom, 9, cliponaxis=False)
    add_label(figure, _FAMILY[1], 18, xshift=-4)
    add_label(figure, _BEST[1], 0, xshift=-4)
    add_label(figure, _DECAY[1], 0, xshift=-4)
    add_label(figure, _FAMILY[1], 0, 12, xref="x")
    for low, _high in (_FAMILY, _BEST, _DECAY):
        add_label(figure, low, 1, 12, visible=False)
    for width in (1.0, 1.0, 1.5):
        add_vertical(figure, width)
    mse_axis = {
        "anchor": "x",
        "fixedrange": True,
        "exponentformat": "power",
        "minexponent": 4,
        "tickfont": {"size": 12},
    }
    figure.update_layout(
        height=HEIGHT,
        margin=MARGIN,
        autosize=True,
        hovermode="x unified",
        # No zoom by hand: a finger on the figure scrolls the page, a click moves the marker.
        dragmode=False,
        xaxis=alpha_axis("y3"),
        yaxis={"domain": _FAMILY, "nticks": 6, **mse_axis},
        yaxis2={"domain": _BEST, "nticks": 4, **mse_axis},
        yaxis3={"domain": _DECAY, "nticks": 3, **mse_axis},
    )
    return figure


class DoubleDescentPen(LinesPen):
    """Draws into a figure made by :func:`double_descent_skeleton`."""

    def draw(self, view: DoubleDescent) -> None:
        """Draw ``view`` in one batched update.

        Raises:
            ValueError: if there are more curves than the figure has room for.
        """
        if len(view.names) > MEMBERS:
            raise ValueError(f"the figure has room for {MEMBERS} weight decays, got {len(view.names)}")
        colours = family_colours(len(view.names), view.theme, view.shades)
        surface = THEMES[view.theme].surface
        with self.figure.batch_update():
            self.put_theme(view.theme, (_THRESHOLD, _RECOVERY), _ON_LINES)
            alpha = np.asarray(view.family[0].alpha)
            self.put_x_axis(float(alpha[0]), float(alpha[-1]), view.x_scale)
            self._put_verticals(view)
            self._draw_family(view, colours, surface)
            self._draw_best(view, colours, surface)
            self._draw_decay(view, colours[view.current], surface)

    def _put_verticals(self, view: DoubleDescent) -> None:
        """The thresholds and the marker, and what the thresholds are."""
        threshold, alpha = float(view.threshold.alpha), np.asarray(view.family[0].alpha)
        low, top = float(alpha[0]), float(alpha[-1])
        shown = threshold if math.isfinite(threshold) else None
        recovery = view.recovery if view.recovery <= top else None
        self.put_vertical(_THRESHOLD, shown)
        self.put_vertical(_RECOVERY, recovery)
        self.put_vertical(_MARKER, float(view.best_marker.alpha))
        places = [] if recovery is None else [recovery]
        if shown is not None:
            places.append(shown)
        words = [f"interpolation α<sub>inter</sub> = {threshold:.3g}"]
        if recovery is not None:
            words = [f"recovery {recovery:.3g}", f"interpolation {threshold:.3g}"]
        if not places:
            self.put_text(_LABEL, "")
            return
        # The text starts at the first of the lines, or ends at the last of them, where a phone has more room.
        first, last = (self._fraction(place, low, top, view.x_scale) for place in (places[0], places[-1]))
        left = (1 - first) * _NARROW + MARGIN["r"] >= last * _NARROW + MARGIN["l"]
        at = places[0] if left else places[-1]
        at = math.log10(at) if view.x_scale == "log" else at
        self.put_text(_LABEL, " · ".join(words), x=at, xanchor="left" if left else "right")

    @staticmethod
    def _fraction(place: float, low: float, high: float, scale: Scale) -> float:
        if scale == "log":
            place, low, high = math.log(place), math.log(low), math.log(high)
        return (place - low) / (high - low)

    def _draw_family(self, view: DoubleDescent, colours: tuple[str, ...], surface: str) -> None:
        curves = [
            _over_alpha(f"λ = {name}", view.family[i], colours[i], THICK if i == view.current else THIN)
            for i, name in enumerate(view.names)
        ]
        curves[0] = _peaked(curves[0], view)
        for member in range(MEMBERS):
            self.put_curve(2 * member, curves[member] if member < len(curves) else None)
        self.put_dots(2 * MEMBERS, curves)
        floor = self._fit(0, view.y_scale, curves, "α")
        sharp = _is_sharp(view.threshold)
        self.put(
            _PEAK,
            x=[float(view.threshold.alpha)] if sharp else None,
            y=[float(view.threshold.mse)] if sharp else None,
            marker_color=colours[0],
            marker_line_color=surface,
            marker_line_width=1.5,
        )
        heights = np.asarray(view.marker.mse)
        self.put_marks(_MARKS, float(view.best_marker.alpha), heights, colours, floor, surface)
        names = [f"<b>{name}</b>" if i == view.current else name for i, name in enumerate(view.names)]
        entries = [("━", colour, name) for colour, name in zip(colours, names, strict=True)]
        title = "<b>mse</b>  |Z − Z*|² / d  for weight decay λ ="
        self.put_text(0, key_text(title, entries))

    def _draw_best(self, view: DoubleDescent, colours: tuple[str, ...], surface: str) -> None:
        now, name = view.current, view.names[view.current]
        ridgeless = _peaked(_over_alpha(RIDGELESS_NAME, view.family[0], colours[0]), view)
        current = _over_alpha(f"λ = {name}", view.family[now], colours[now], THICK)
        if now == 0:
            current = _peaked(current, view)
        best = _over_alpha(BEST_NAME, view.best, BEST_COLOUR, THICK)
        bayes = bayes_curve(view.bayes, view.theme)
        self.put_curve(_RIDGELESS, ridgeless if now else None)
        self.put_curve(_CURRENT, current)
        self.put_curve(_AT_BEST, best)
        self.put(
            _BAYES,
            x=bayes.x.astype(self.precision),
            y=bayes.y.astype(self.precision),
            line_color=bayes.colour,
            line_width=bayes.width,
            hovertemplate=f"{bayes.name}: %{{y:.4g}}<extra></extra>",
        )
        curves = [ridgeless, current] if now else [current]
        self.put_dots(_BEST_DOTS, curves)
        floor = self._fit(1, view.y_scale, [*curves, best, bayes], "α")
        marker = np.asarray(view.marker.mse)
        heights = np.array([marker[0], marker[now], float(view.best_marker.mse), view.bayes_marker])
        self.put_marks(
            _BEST_MARKS,
            float(view.best_marker.alpha),
            heights,
            (colours[0], colours[now], BEST_COLOUR, bayes.colour),
            floor,
            surface,
        )
        entries = [
            ("━", BEST_COLOUR, BEST_NAME),
            ("┅", bayes.colour, "Bayes"),
            ("━", colours[now], f"<b>λ = {name}</b>"),
        ]
        if now:
            entries.append(("━", colours[0], RIDGELESS_NAME))
        self.put_text(1, key_text("<b>mse at the best λ</b>", entries))

    def _draw_decay(self, view: DoubleDescent, colour: str, surface: str) -> None:
        alpha, lam = np.asarray(view.best.alpha), np.asarray(view.best.lam)
        best = state_curve(BEST_NAME, alpha, view.best, BEST_COLOUR, THICK, "lam")
        now = float(np.asarray(view.marker.lam)[view.current])
        ends = np.array([alpha[0], alpha[-1]])
        self.put_curve(_BEST_LAM, best)
        self.put(_LAM_NOW, x=ends, y=np.full(2, now) if now else None, line_color=colour, line_width=THIN)
        shown = np.append(lam, now)
        zeros = lam == 0
        note = f"the best λ is 0+ {stretch(alpha, zeros, 'α')}" if zeros.any() else ""
        floor = self.fit_axis(_AXES[2], "log", shown, lines=2 * bool(note))
        self.put_text(_NOTES[2], note)
        self.put_marks(
            _LAM_MARK,
            float(view.best_marker.alpha),
            np.array([float(view.best_marker.lam) or np.nan]),
            (BEST_COLOUR,),
            floor,
            surface,
        )
        words = f"now λ = {view.names[view.current]}" if now else "now λ → 0+, below any log axis"
        entries = [("━", BEST_COLOUR, "best λ"), ("━", colour, words)]
        self.put_text(2, key_text("", entries).removeprefix("<br>"))

    def _fit(self, row: int, scale: Scale, curves: list[Curve], symbol: str) -> float:
        """Fit a vertical axis and say in its panel what it cannot show; the lowest value on it."""
        values = np.concatenate([curve.y for curve in curves])
        if scale == "linear":
            self.put_text(_NOTES[row], "")
            return self.fit_axis(_AXES[row], scale, values)
        highest = np.nanmax(np.where(values > 0, values, np.nan)) if np.any(values > 0) else 1.0
        lines = len(zero_notes(curves, symbol, highest * 1e-7))
        floor = self.fit_axis(_AXES[row], scale, values, lines)
        self.put_text(_NOTES[row], "<br>".join(zero_notes(curves, symbol, floor)))
        return floor


def _over_alpha(name: str, states: SteadyState, colour: str, width: float = THIN) -> Curve:
    return state_curve(name, np.asarray(states.alpha), states, colour, width)


def _is_sharp(threshold: InterpolationThreshold) -> bool:
    """Whether the ridgeless curve has its peak at the threshold."""
    return bool(threshold.mse > 0 and threshold.status == Status.SOLVED)


def _peaked(ridgeless: Curve, view: DoubleDescent) -> Curve:
    """The ridgeless curve through its cusp, known without solving at that point."""
    if not _is_sharp(view.threshold):
        return ridgeless
    return ridgeless.through(float(view.threshold.alpha), float(view.threshold.mse))
