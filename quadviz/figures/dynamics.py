"""Training against time: networks, dynamical mean-field theory, infinitely many samples, and the end.

The figure of training with more in it: the mean-field theory as a line in the band of its error, dotted and
without one from where it is not to be trusted, the population flow as thin dashes and dots, and two uprights:
the moment shown beside, and the best one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.theme import OKABE_ITO, THEMES, ThemeName
from quadviz.figures.training_pen import FIRST_TIME, PANELS, Training, TrainingPen, training_skeleton

__all__ = [
    "DMFT_HUE",
    "DOUBT_DASH",
    "HEIGHT",
    "NOW",
    "POPULATION_DASH",
    "Course",
    "Dynamics",
    "DynamicsPen",
    "dynamics_figure",
    "dynamics_skeleton",
    "now_style",
]

FloatArray = NDArray[np.float64]

HEIGHT = 470
#: The mean-field theory's colour, on either background.
DMFT_HUE = OKABE_ITO["green"]
POPULATION_DASH = "7px,3px,1.5px,3px"
#: How it is drawn where it is not to be trusted.
DOUBT_DASH = "2px,4px"
#: Shapes: the moment shown, and the best one.
NOW, _BEST = 0, 1
#: Traces of a panel that come after those of the training: band, line, population flow.
_BAND, _LINE, _POPULATION, _MORE = 0, 1, 2, 3
#: The dotted stretches, one a panel, after all of those; their word, after the annotations of the training.
_DOUBT, _DOUBT_WORD = (3 + _MORE) * len(PANELS), 2 * len(PANELS) + 1
_OPACITY = 0.25
#: How far the population flow may go below all else before it leaves the axis.
_BELOW = 0.3
#: How far what is not to be trusted may go beyond all that is before it leaves the axis.
_BEYOND = 3.0


@dataclass(frozen=True)
class Course:
    """mse and train loss as a theory has them.

    Attributes:
        times: times, increasing, shape (T,).
        values: mse and train loss, shape (2, T); NaN where unknown.
        error: errors of these, shape (2, T); NaN where unknown.
        current: whether it is of the setting shown.
        trusted_until: the last time up to which it can be trusted.
    """

    times: FloatArray
    values: FloatArray
    error: FloatArray
    current: bool = True
    trusted_until: float = math.inf

    @classmethod
    def none(cls) -> Course:
        """A course of no moments."""
        return cls(np.empty(0), np.empty((2, 0)), np.empty((2, 0)))

    @property
    def doubtful(self) -> bool:
        """Whether some of it is not to be trusted."""
        return bool(self.times.size and self.times[-1] > self.trusted_until)

    def part(self, seen: NDArray[np.bool_]) -> Course:
        """The moments that are ``seen``, shape (T,)."""
        return replace(self, times=self.times[seen], values=self.values[:, seen], error=self.error[:, seen])


@dataclass(frozen=True)
class Dynamics(Training):
    """Everything one figure shows.

    Attributes:
        dmft: the mean-field theory, as far as it came.
        population: the population flow, at times of its own.
        now: the moment shown beside; None for none.
        best: the best moment to stop at; None for none.
        best_name: what is written there.
    """

    dmft: Course = field(default_factory=Course.none)
    population: Course = field(default_factory=Course.none)
    now: float | None = None
    best: float | None = None
    best_name: str = ""


def dynamics_figure(view: Dynamics) -> go.Figure:
    """The static figure of some dynamics."""
    figure = dynamics_skeleton()
    DynamicsPen(figure).draw(view)
    return figure


def dynamics_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`DynamicsPen`."""
    figure = training_skeleton()
    for row in range(len(PANELS)):
        axes = {"xaxis": "x", "yaxis": f"y{row + 1}" if row else "y", "showlegend": False}
        figure.add_scatter(
            mode="lines", line={"width": 0, "simplify": False}, fill="toself", hoverinfo="skip", **axes
        )
        figure.add_scatter(
            mode="lines", line={"width": 2.4, "simplify": False},
            hovertemplate="DMFT at t = %{x:.3g}: %{y:.4g}<extra></extra>", **axes,
        )  # fmt: skip
        figure.add_scatter(
            mode="lines", line={"width": 1.4, "dash": POPULATION_DASH, "simplify": False},
            hovertemplate="α → ∞ at t = %{x:.3g}: %{y:.4g}<extra></extra>", **axes,
        )  # fmt: skip
    for row in range(len(PANELS)):
        figure.add_scatter(
            mode="lines", line={"width": 2.4, "dash": DOUBT_DASH, "simplify": False}, xaxis="x",
            yaxis=f"y{row + 1}" if row else "y", showlegend=False,
            hovertemplate="DMFT at t = %{x:.3g}: %{y:.4g}%{text}<extra></extra>",
        )  # fmt: skip
    for _ in (NOW, _BEST):
        figure.add_shape(
            type="line", xref="x", yref="paper", x0=1, x1=1, y0=0, y1=1, line_width=1, layer="between",
            visible=False,
        )  # fmt: skip
    figure.add_annotation(
        text="dotted: not to be trusted", xref="x", y=PANELS[0][2][0], yref="paper", yanchor="bottom",
        showarrow=False, font_size=12, visible=False,
    )  # fmt: skip
    figure.add_annotation(
        text="", xref="x", y=PANELS[0][2][1], yref="paper", yanchor="top", showarrow=False, font_size=12,
        visible=False,
    )  # fmt: skip
    figure.update_layout(height=HEIGHT)
    return figure


def now_style(theme: ThemeName) -> dict[str, str]:
    """How the moment shown is marked, as attributes in SVG."""
    return {"stroke": THEMES[theme].muted, "stroke-width": "1", "stroke-dasharray": "3,3"}


class DynamicsPen(TrainingPen):
    """Draws dynamics into a figure made from :func:`dynamics_skeleton`; its axes do not jump."""

    def draw(self, view: Training) -> None:
        """Draw ``view`` in one batched update."""
        with self.figure.batch_update():
            super().draw(view)
            if not isinstance(view, Dynamics):
                return
            for row in range(len(PANELS)):
                self._draw_courses(row, view)
            self._draw_uprights(view)

    def courses(self, row: int, view: Training) -> FloatArray:
        """The networks' mean, the mean-field theory and the population flow, at the networks' times."""
        means = super().courses(row, view)
        if not isinstance(view, Dynamics):
            return means
        others = [
            np.interp(view.times, of.times, of.values[row], right=np.nan)
            for of in (view.dmft, view.population)
            if of.times.size
        ]
        return np.vstack([means, *others])

    def fitted(self, row: int, view: Training) -> FloatArray:
        """What the axis has to hold: all, but the population flow only so far below the rest."""
        if not isinstance(view, Dynamics):
            return super().fitted(row, view)
        if view.dmft.doubtful:
            return self._fitted_with_doubt(row, view)
        fitted = super().fitted(row, view)
        others = np.concatenate(
            [view.networks[row].ravel(), view.dmft.values[row], view.theory[row : row + 1]]
        )
        least = np.min(others[np.isfinite(others) & (others > 0)], initial=np.inf)
        return fitted[~(fitted < _BELOW * least)] if math.isfinite(least) else fitted

    def _fitted_with_doubt(self, row: int, view: Dynamics) -> FloatArray:
        """The same where some is not to be trusted: of that, only what lies near the rest."""
        trusted = view.dmft.times <= view.dmft.trusted_until
        # Not that of a subclass, which may look at another view.
        fitted = DynamicsPen.fitted(self, row, replace(view, dmft=view.dmft.part(trusted)))
        sound = fitted[np.isfinite(fitted) & (fitted > 0)]
        if not sound.size:
            return fitted
        doubtful = view.dmft.values[row][~trusted]
        near = (doubtful > sound.min() / _BEYOND) & (doubtful < sound.max() * _BEYOND)
        return np.concatenate([fitted, doubtful[near]])

    def _draw_courses(self, row: int, view: Dynamics) -> None:
        """The mean-field theory in its band, and the population flow."""
        first = 3 * len(PANELS) + _MORE * row
        muted = THEMES[view.theme].muted
        hue = DMFT_HUE if view.dmft.current else muted
        self._draw_doubt(row, view.dmft, hue)
        trusted = view.dmft.part(view.dmft.times <= view.dmft.trusted_until)
        x, y = self._seen(trusted, row)
        error = np.nan_to_num(trusted.error[row][np.isin(trusted.times, x)])
        # A log axis has no place for what is not positive.
        low = np.maximum(y - error, 1e-3 * y) if view.y_scale == "log" else np.maximum(y - error, 0.0)
        self.put(
            first + _BAND,
            x=np.concatenate([x, x[::-1]]).astype(self.precision),
            y=np.concatenate([y + error, low[::-1]]).astype(self.precision),
            fillcolor=_faint(hue),
        )
        self.put(first + _LINE, x=x.astype(self.precision), y=y.astype(self.precision), line_color=hue)
        x, y = self._seen(view.population, row)
        self.put(
            first + _POPULATION, x=x.astype(self.precision), y=y.astype(self.precision), line_color=muted
        )

    def _draw_doubt(self, row: int, course: Course, hue: str) -> None:
        """The stretch that is not to be trusted; it hangs on to the end of the one that is."""
        x, y = self._seen(course, row)
        first = int(np.searchsorted(x, course.trusted_until, side="right"))
        start = x.size if first == x.size else max(first - 1, 0)
        said = ["" if time <= course.trusted_until else ", not to be trusted" for time in x[start:].tolist()]
        self.put(
            _DOUBT + row,
            x=x[start:].astype(self.precision),
            y=y[start:].astype(self.precision),
            text=said,
            line_color=hue,
        )

    def _seen(self, course: Course, row: int) -> tuple[FloatArray, FloatArray]:
        """What of a course the axes can show."""
        seen = (course.times >= FIRST_TIME) & np.isfinite(course.values[row])
        return course.times[seen], course.values[row][seen]

    def _draw_uprights(self, view: Dynamics) -> None:
        """The moment shown, and the best one with its name."""
        colours = THEMES[view.theme]
        lines = ((NOW, view.now, colours.muted, "3px,3px"), (_BEST, view.best, colours.ink, "solid"))
        for shape, time, colour, dash in lines:
            look: dict[str, Any] = {"visible": time is not None}
            if time is not None:
                place = max(time, FIRST_TIME)
                look |= {"x0": place, "x1": place, "line": {"color": colour, "dash": dash}}
            if shape == _BEST:
                # Early stopping is a matter of the mse.
                look["y0"] = PANELS[0][2][0]
            if self.new(f"upright {shape}", look):
                self.figure.layout.shapes[shape].update(**look)
        words: dict[str, Any] = {"visible": False}
        if view.best is not None:
            words = {"text": view.best_name, **_beside(view.best, view.end, colours.ink)}
        if self.new("best", words):
            self.figure.layout.annotations[-1].update(**words)
        doubt: dict[str, Any] = {"visible": False}
        if view.dmft.doubtful:
            doubt = _beside(view.dmft.trusted_until, view.end, colours.ink)
        if self.new("doubt", doubt):
            self.figure.layout.annotations[_DOUBT_WORD].update(**doubt)


def _beside(time: float, end: float, colour: str) -> dict[str, Any]:
    """The place of a word beside an upright: on the side where there is more room."""
    place = math.log10(max(time, FIRST_TIME))
    left = place > (math.log10(FIRST_TIME) + math.log10(end)) / 2
    return {
        "visible": True, "x": place, "xanchor": "right" if left else "left", "xshift": -4 if left else 4,
        "font": {"color": colour},
    }  # fmt: skip


def _faint(colour: str) -> str:
    """A colour one can see through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_OPACITY})"
