"""The spectrum of Z on its way: a histogram at one of many moments, between the laws it starts and ends with.

All histograms share their bins and their axes, so that a player can show one after another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import fitted_range
from quadviz.figures.pen import Pen
from quadviz.figures.spectra_outlines import Outline, View, outlines
from quadviz.figures.theme import DASH, FONT_FAMILY, THEMES, ThemeName, template
from quadviz.teacher import TeacherLaw
from quadviz.theory.learned_spectrum import LearnedSpectrum

__all__ = [
    "HISTOGRAM",
    "LINES",
    "RUG",
    "WIDTHS",
    "EvolvingSpectrum",
    "Frames",
    "Moments",
    "SpectrumPen",
    "evolving_spectrum_figure",
    "line_style",
    "moments_of",
    "spectrum_skeleton",
    "time_text",
]

FloatArray = NDArray[np.float64]

HEIGHT = 470
MARGIN = {"l": 58, "r": 16, "t": 30, "b": 46}
#: Traces: the law at the end, the one at the start, the histogram, single eigenvalues.
_FINAL, _INITIAL, HISTOGRAM, RUG = range(4)
#: How thick their lines are.
WIDTHS = (1.2, 1.2, 1.8, 1.2)
#: Annotations: the title, the lines of the corner, and what is said where there is nothing.
LINES = 4
_FIRST_LINE, _EMPTY = 1, 1 + LINES
_SHIFTS = (-18.0, -36.0, -53.0, -70.0)
_SIZES = (15, 12, 12, 12)
#: Eigenvalues below this share of the initial variance, or of 1, count as 0.
_ZERO = 1e-3
#: Bins for each cube root of the number of eigenvalues, and the least and most of them.
_BINS, _FEWEST, _MOST = 5.0, 16, 60
#: The axis of densities is so many times as high as the law of long training, but for its highest
#: stretches; bars may reach beyond it.
_ROOM, _MOSTLY = 2.5, 0.95
#: Height of the ticks for single eigenvalues, as a share of the axis.
_TICK = 0.035
_POINTS = 120


@dataclass(frozen=True, eq=False)
class Frames:
    """Eigenvalues of Z at F moments, of one or more copies together.

    Attributes:
        times: increasing, shape (F,).
        eigenvalues: at each of them.
        size: how many one copy has.
        current: whether they are of the setting shown.
    """

    times: FloatArray
    eigenvalues: tuple[FloatArray, ...]
    size: int
    current: bool = True


@dataclass(frozen=True, eq=False)
class EvolvingSpectrum:
    """Everything one figure shows.

    Attributes:
        frames: the moments; None where there are none yet.
        moment: the number of the one shown.
        law: the law of long training, of shape (1, 1).
        kappa: student width.
        gamma: initial variance.
        limited: whether the law rests on the steady-state assumption.
        empty: what is said where there are no moments.
        hue: the colour of the histogram; that of a single series when omitted.
        view: what is counted.
        theme: the background the figure is made for.
    """

    frames: Frames | None
    moment: int
    law: LearnedSpectrum
    kappa: float
    gamma: float
    limited: bool = False
    empty: str = ""
    hue: str | None = None
    view: View = "eigenvalues"
    theme: ThemeName = "light"

    @property
    def bulk_end(self) -> float:
        """Where the initial law of Z ends."""
        return self.gamma * (1 + 1 / math.sqrt(self.kappa)) ** 2


@dataclass(frozen=True, eq=False)
class Moments:
    """What moves, at all moments.

    Attributes:
        outline: the histograms, F rows.
        rug: typical single eigenvalues as ticks on the axis, F rows.
        final: the law of long training.
        initial: the law at the start.
        lines: what is said in the corner, F texts for each line.
        x: the range of the axis of eigenvalues.
        y: the range of densities.
    """

    outline: Outline
    rug: Outline
    final: Outline
    initial: Outline
    lines: tuple[tuple[str, ...], ...]
    x: tuple[float, float]
    y: tuple[float, float]

    @staticmethod
    def shift(line: int) -> tuple[float, float]:
        """How many pixels a line of the corner is moved to the side and upwards."""
        # plotly places a text by its box, SVG by its baseline.
        return 0.0, _SHIFTS[line] + 5.0


def time_text(time: float) -> str:
    """A time in a few characters.

    >>> time_text(0.0), time_text(2.3714), time_text(1778.3)
    ('t = 0', 't = 2.37', 't = 1778')
    """
    return f"t = {time:.0f}" if time >= 100 else f"t = {time:.3g}"


def moments_of(view: EvolvingSpectrum, shown: Moments | None = None) -> Moments:
    """All histograms and words of a spectrum on its way.

    Args:
        view: what to show.
        shown: what was shown last, in whose ranges this one stays if it fits.
    """
    final, initial = _final(view), _initial(view)
    frames = view.frames
    pooled = [] if frames is None else [_seen(v, view) for v in frames.eigenvalues]
    tops = [float(v.max()) for v in pooled if v.size] + [float(final.x.max()), float(initial.x.max())]
    x = fitted_range(0.0, max(tops), None if shown is None else shown.x, floor=0.0)
    bins = 0
    heights = np.empty((0, 0))
    if frames is not None and pooled:
        bins = int(np.clip(_BINS * np.cbrt(frames.eigenvalues[-1].size), _FEWEST, _MOST))
        edges = np.linspace(0.0, x[1], bins + 1)
        heights = np.array(
            [
                np.histogram(v, edges)[0] / (max(all_.size, 1) * np.diff(edges))
                for v, all_ in zip(pooled, frames.eigenvalues, strict=True)
            ]
        )
    outline = Outline(np.zeros((1, 2)), np.zeros((1, 2)))
    if bins:
        outline = Outline(
            np.tile(np.repeat(edges, 2), (len(heights), 1)),
            np.pad(np.repeat(heights, 2, axis=1), ((0, 0), (1, 1))),
        )
    y = fitted_range(0.0, _height(final, heights), None if shown is None else shown.y, floor=0.0)
    return Moments(outline, _rugs(frames, pooled, y[1]), final, initial, _words(view, final), x, y)


def _height(final: Outline, heights: FloatArray) -> float:
    """How high the axis of densities has to reach."""
    # Narrow peaks may reach beyond the axis: what counts is the height over most of the law's extent.
    y = np.interp(np.linspace(0, final.x.max(), 20 * _POINTS), final.x[0], final.y[0])
    law = float(np.quantile(y[y > 0], _MOSTLY)) if np.any(y > 0) else 0.0
    bars = heights[heights > 0]
    if law > 0:
        return _ROOM * law
    return float(np.median(bars)) if bars.size else 1.0


def _rugs(frames: Frames | None, seen: list[FloatArray], top: float) -> Outline:
    """Ticks at the middle ones of as many neighbours as there are copies: what one copy typically has."""
    if frames is None or not seen:
        return Outline(np.zeros((1, 2)), np.zeros((1, 2)))
    x = np.zeros((len(seen), frames.size))
    for row, values, every in zip(x, seen, frames.eigenvalues, strict=True):
        copies = max(1, every.size // frames.size)
        ordered = np.pad(np.sort(values), (every.size - values.size, 0))
        row[:] = ordered[copies // 2 :: copies][: frames.size]
    # Up and down at each of them: a single line that returns to the axis.
    y = np.tile([0.0, _TICK * top, 0.0], frames.size)
    return Outline(np.repeat(x, 3, axis=1), np.tile(y, (len(x), 1)))


def evolving_spectrum_figure(view: EvolvingSpectrum) -> go.Figure:
    """The static figure of a spectrum at one moment."""
    figure = spectrum_skeleton()
    SpectrumPen(figure).draw(view)
    return figure


def spectrum_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`SpectrumPen`."""
    figure = go.Figure()
    plain: dict[str, Any] = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    for trace, width in enumerate(WIDTHS):
        fill = "tozeroy" if trace == _FINAL else "none"
        figure.add_scatter(**plain, fill=fill, line={"width": width, "simplify": False})
    figure.add_annotation(
        text="", x=0, xref="paper", xanchor="left", xshift=-4, y=1, yref="paper", yanchor="bottom",
        showarrow=False,
    )  # fmt: skip
    for shift, size in zip(_SHIFTS, _SIZES, strict=True):
        figure.add_annotation(
            text="", xref="x", yref="y", xanchor="right", yanchor="bottom", yshift=shift, showarrow=False,
            font_size=size, borderpad=0,
        )  # fmt: skip
    figure.add_annotation(
        text="", x=0.5, xref="paper", y=0.5, yref="paper", showarrow=False, font_size=15, visible=False,
    )  # fmt: skip
    figure.add_shape(
        type="line", xref="x", yref="paper", x0=1, x1=1, y0=0, y1=1, line_width=1, layer="between",
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode=False,
        xaxis={"fixedrange": True, "title": {"standoff": 6}},
        yaxis={"fixedrange": True, "tickfont": {"size": 12}, "nticks": 6},
    )  # fmt: skip
    return figure


def line_style(line: int, theme: ThemeName) -> dict[str, str]:
    """How a line of the corner is written, as attributes in SVG."""
    return {
        "font-family": FONT_FAMILY,
        "font-size": f"{_SIZES[line]}px",
        "fill": THEMES[theme].muted if line else THEMES[theme].ink,
    }


class SpectrumPen(Pen):
    """Draws a spectrum into a figure made from :func:`spectrum_skeleton`; its axes do not jump.

    Attributes:
        moments: what was drawn last, at all its moments.
    """

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self.moments: Moments | None = None

    def draw(self, view: EvolvingSpectrum) -> None:
        """Draw ``view`` in one batched update."""
        colours = THEMES[view.theme]
        kept = None if self.new("view", view.view) else self.moments
        self.moments = moments = moments_of(view, kept)
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", view.theme):
                layout.template = template(view.theme)
                layout.shapes[0].line.color = colours.line
            if self.new("x", moments.x):
                layout.xaxis.range = moments.x
            if self.new("y", moments.y):
                layout.yaxis.range = moments.y
            if self.new("counted", view.view):
                root = view.view == "singular values"
                layout.annotations[0].text = f"<b>{view.view} of {'W' if root else 'Z'}</b>  density"
                layout.xaxis.title.text = f"{'singular value of W' if root else 'eigenvalue of Z = WWᵀ'}"
            end = _placed(view.bulk_end, view)
            if self.new("bulk", end):
                layout.shapes[0].update(x0=end, x1=end)
            final, initial = moments.final, moments.initial
            self._line(
                _FINAL,
                final,
                line_color=colours.line,
                fillcolor=colours.grid,
                line_dash=DASH if view.limited else "solid",
            )
            self._line(_INITIAL, initial, line_color=colours.line)
            nothing = not moments.lines[0]
            for trace, outline in ((HISTOGRAM, moments.outline), (RUG, moments.rug)):
                if nothing:
                    self.put(trace, x=None, y=None)
                else:
                    now = slice(view.moment, view.moment + 1)
                    self._line(trace, Outline(outline.x[now], outline.y[now]), line_color=self.hue(view))
            for line, texts in enumerate(moments.lines):
                words = {
                    "text": "" if nothing else texts[view.moment],
                    "x": moments.x[1], "y": moments.y[1],
                    "font": {"color": line_style(line, view.theme)["fill"]},
                }  # fmt: skip
                if self.new(f"line {line}", words):
                    layout.annotations[_FIRST_LINE + line].update(**words)
            words = {"text": view.empty, "visible": nothing}
            if self.new("empty", words):
                layout.annotations[_EMPTY].update(**words)

    @staticmethod
    def hue(view: EvolvingSpectrum) -> str:
        """The colour of the histogram."""
        colours = THEMES[view.theme]
        return (view.hue or colours.single) if view.frames is None or view.frames.current else colours.muted

    def _line(self, trace: int, outline: Outline, **look: object) -> None:
        self.put(trace, x=outline.x[0].astype(self.precision), y=outline.y[0].astype(self.precision), **look)


def _seen(values: FloatArray, view: EvolvingSpectrum) -> FloatArray:
    """Eigenvalues that are not 0, or their square roots."""
    some = values[values > _zero(view)]
    return np.sqrt(some) if view.view == "singular values" else some


def _zero(view: EvolvingSpectrum) -> float:
    return _ZERO * min(1.0, view.gamma)


def _final(view: EvolvingSpectrum) -> Outline:
    """The law of long training."""
    return outlines(view.law, view.view, _POINTS).learned


def _initial(view: EvolvingSpectrum) -> Outline:
    """Marchenko-Pastur's law of Z at the start."""
    law = TeacherLaw(view.kappa)
    left, right = (float(edge) for edge in law.edges)
    x = left + (right - left) * (1 - np.cos(np.linspace(0, np.pi, _POINTS))) / 2
    y = law.density(x) / view.gamma
    x = x * view.gamma
    if view.view == "singular values":
        x, y = np.sqrt(x), 2 * np.sqrt(x) * y
    return Outline(x[None], y[None])


def _placed(z: float, view: EvolvingSpectrum) -> float:
    """Where an eigenvalue of Z is on the axis."""
    return math.sqrt(z) if view.view == "singular values" else z


def _words(view: EvolvingSpectrum, final: Outline) -> tuple[tuple[str, ...], ...]:
    """The lines of the corner: when, how many have left the bulk, how many will, how many are 0."""
    frames = view.frames
    if frames is None or not frames.times.size:
        return ((),) * LINES
    copies = [max(1, values.size // frames.size) for values in frames.eigenvalues]
    left = [
        np.count_nonzero(values > view.bulk_end) / many
        for values, many in zip(frames.eigenvalues, copies, strict=True)
    ]
    zero = [float(np.mean(values <= _zero(view))) for values in frames.eigenvalues]
    atom = float(view.law.atom_at_zero.flat[0])
    end = frames.size * _share_above(final, _placed(view.bulk_end, view)) if math.isfinite(atom) else math.nan
    count = len(left)
    return (
        tuple(time_text(t) for t in frames.times),
        tuple(f"above the initial bulk: {_number(n)} of {frames.size}" for n in left),
        (f"(theory, t → ∞: {_number(end)})" if math.isfinite(end) else "",) * count,
        tuple(
            f"at 0: {100 * share:.0f}%"
            + (f" (theory, t → ∞: {100 * atom:.0f}%)" if math.isfinite(atom) else "")
            for share in zero
        ),
    )


def _share_above(law: Outline, place: float) -> float:
    """The mass of a law above a place."""
    x, y = law.x[0], law.y[0]
    mass = np.concatenate([[0.0], np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2)])
    return float(mass[-1] - np.interp(place, x, mass))


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
