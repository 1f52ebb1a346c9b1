"""The spectrum of Z on its way: a histogram at one of many moments, between the laws it starts and ends with.

All histograms share their bins and their axes, so that a film can show one after another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quadviz.figures.marks.axes import fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.outlines import Outline, outlines
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.law.teacher_law import TeacherLaw
from quadviz.scenes.common.wording import time_text
from quadviz.scenes.evolving_spectrum import EvolvingSpectrum, Frames

__all__ = ["Moments", "evolving_spectrum_figure", "evolving_spectrum_film", "moments_of"]


HEIGHT = 470
MARGIN = {"l": 58, "r": 16, "t": 30, "b": 46}
#: The lines of the corner: pixels below its top, and their sizes.
_LINES = ((18, 15), (36, 12), (53, 12), (70, 12))
#: Ticks of the axes, about.
_ACROSS, _UP = 8, 6
#: Bins for each cube root of the number of eigenvalues, and the least and most of them.
_BINS, _FEWEST, _MOST = 5.0, 16, 60
#: The axis of densities is so many times as high as the law of long training, but for its highest
#: stretches; bars may reach beyond it.
_ROOM, _MOSTLY = 2.5, 0.95
#: Height of the ticks for single eigenvalues, as a share of the axis.
_TICK = 0.035
_POINTS = 120
_NOTHING = Outline(np.empty((1, 0)), np.empty((1, 0)))


@dataclass(frozen=True, eq=False)
class Moments:
    """What is drawn of a spectrum, at all its moments.

    Attributes:
        scene: what it is drawn of.
        histogram: polylines, F rows; one row of nothing where there are no moments.
        rug: typical single eigenvalues as ticks on the axis, as many rows.
        final: the law of long training.
        initial: the law at the start.
        lines: what is said in the corner, F times a text for each line.
        x: the range of the axis of eigenvalues.
        y: the range of densities.
    """

    scene: EvolvingSpectrum
    histogram: Outline
    rug: Outline
    final: Outline
    initial: Outline
    lines: tuple[tuple[str, ...], ...]
    x: tuple[float, float]
    y: tuple[float, float]


def moments_of(scene: EvolvingSpectrum, shown: Moments | None = None) -> Moments:
    """All histograms and words of a spectrum on its way.

    Args:
        scene: what to show.
        shown: what was shown last, in whose ranges this one stays if it fits.
    """
    kept = shown if shown is not None and shown.scene.view == scene.view else None
    final, initial = outlines(scene.law, scene.view, _POINTS).learned, _initial(scene)
    tops = [float(values.max()) for values in (final.x, initial.x, *scene.counted) if values.size]
    x = fitted_range(0.0, max(tops), None if kept is None else kept.x, floor=0.0)
    histogram = _NOTHING if scene.frames is None else _histogram(scene, scene.frames, x[1])
    y = fitted_range(0.0, _height(final, histogram), None if kept is None else kept.y, floor=0.0)
    rug = _NOTHING if scene.frames is None else _rug(scene, scene.frames, y[1])
    lines = ((),) if scene.frames is None else _words(scene, scene.frames, final)
    return Moments(scene, histogram, rug, final, initial, lines, x, y)


def evolving_spectrum_figure(
    moments: Moments,
    theme: ThemeName = "light",
    hue: str | None = None,
    empty: str = "",
    moment: int | None = None,
) -> Drawing:
    """A spectrum at one moment.

    Args:
        moments: the spectrum.
        theme: the background the figure is made for.
        hue: the colour of the histogram; that of a single series when omitted.
        empty: what is said where there are no moments.
        moment: the number of the moment, if another one than the scene's.

    Returns:
        The figure. Its traces are "final", "initial", "histogram" and "rug".
    """
    scene, colours = moments.scene, THEMES[theme]
    moving = _moving(moments, scene.moment if moment is None else moment, theme, hue, empty)
    thin = {"width": 1.2, "color": colours.line}
    final = _line("final", moments.final, 0, {**thin, "dash": DASH if scene.limited else "solid"})
    behind = [
        {**final, "fill": "tozeroy", "fillcolor": colours.grid},
        _line("initial", moments.initial, 0, thin),
    ]
    end = scene.bulk_place
    layout = {
        "template": template(theme),
        "height": HEIGHT,
        "margin": MARGIN,
        "dragmode": False,
        "hovermode": False,
        "xaxis": {
            "fixedrange": True, "title": {"text": _counted(scene)[1], "standoff": 6}, "range": moments.x,
            **ticks("linear", moments.x, _ACROSS),
        },
        "yaxis": {
            "fixedrange": True, "tickfont": {"size": 12}, "range": moments.y,
            **ticks("linear", moments.y, _UP),
        },
        "shapes": [
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": end, "x1": end, "y0": 0, "y1": 1,
                "line": {"width": 1, "color": colours.line}, "layer": "between",
            }
        ],
        **moving["layout"],
    }  # fmt: skip
    return {"data": [*behind, *moving["data"]], "layout": layout}


def evolving_spectrum_film(
    moments: Moments, theme: ThemeName = "light", hue: str | None = None
) -> list[Drawing]:
    """What moves in the figure, at all moments."""
    return [_moving(moments, moment, theme, hue) for moment in range(len(moments.lines))]


def _moving(
    moments: Moments, moment: int, theme: ThemeName, hue: str | None = None, empty: str = ""
) -> Drawing:
    """The histogram, single eigenvalues and all words, at a moment."""
    colours, frames = THEMES[theme], moments.scene.frames
    hue = (hue or colours.single) if frames is None or frames.current else colours.muted
    data = [
        _line("histogram", moments.histogram, moment, {"width": 1.8, "color": hue}),
        _line("rug", moments.rug, moment, {"width": 1.2, "color": hue}),
    ]
    title = {
        "text": f"<b>{_counted(moments.scene)[0]}</b>  density", "x": 0, "xref": "paper", "xanchor": "left",
        "xshift": -4, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip
    texts = moments.lines[moment] or ("",) * len(_LINES)
    corner = [
        {
            "text": text, "x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper",
            "yanchor": "bottom", "yshift": -below, "showarrow": False, "borderpad": 0,
            "font": {"size": size, "color": colours.muted if line else colours.ink},
        }
        for line, (text, (below, size)) in enumerate(zip(texts, _LINES, strict=True))
    ]  # fmt: skip
    said = {
        "text": empty, "x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper", "showarrow": False,
        "font": {"size": 15}, "visible": frames is None,
    }  # fmt: skip
    return {"data": data, "layout": {"annotations": [title, *corner, said]}}


def _line(uid: str, outline: Outline, row: int, look: Part) -> Part:
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "x": outline.x[row], "y": outline.y[row], "line": {"simplify": False, **look},
    }  # fmt: skip


def _counted(scene: EvolvingSpectrum) -> tuple[str, str]:
    """The title of the figure, and that of its axis."""
    if scene.view == "singular values":
        return "singular values of W", "singular value of W"
    return "eigenvalues of Z", "eigenvalue of Z = WWᵀ"


def _histogram(scene: EvolvingSpectrum, frames: Frames, end: float) -> Outline:
    """Histograms from 0 to the end of the axis, whose areas are the shares of what is not 0."""
    bins = int(np.clip(_BINS * np.cbrt(frames.eigenvalues[-1].size), _FEWEST, _MOST))
    edges = np.linspace(0.0, end, bins + 1)
    heights = np.array(
        [
            np.histogram(values, edges)[0] / (max(every.size, 1) * np.diff(edges))
            for values, every in zip(scene.counted, frames.eigenvalues, strict=True)
        ]
    )
    return Outline(
        np.tile(np.repeat(edges, 2), (len(heights), 1)),
        np.pad(np.repeat(heights, 2, axis=1), ((0, 0), (1, 1))),
    )


def _height(final: Outline, histogram: Outline) -> float:
    """How high the axis of densities has to reach."""
    # Narrow peaks may reach beyond the axis: what counts is the height over most of the law's extent.
    y = np.interp(np.linspace(0, final.x.max(), 20 * _POINTS), final.x[0], final.y[0])
    if np.any(y > 0):
        return _ROOM * float(np.quantile(y[y > 0], _MOSTLY))
    bars = histogram.y[histogram.y > 0]
    return float(np.median(bars)) if bars.size else 1.0


def _rug(scene: EvolvingSpectrum, frames: Frames, top: float) -> Outline:
    """Ticks at the middle ones of as many neighbours as there are copies: what one copy typically has."""
    x = np.zeros((frames.times.size, frames.size))
    for row, values, every in zip(x, scene.counted, frames.eigenvalues, strict=True):
        copies = max(1, every.size // frames.size)
        ordered = np.pad(np.sort(values), (every.size - values.size, 0))
        row[:] = ordered[copies // 2 :: copies][: frames.size]
    # Up and down at each of them: a single line that returns to the axis.
    y = np.tile([0.0, _TICK * top, 0.0], frames.size)
    return Outline(np.repeat(x, 3, axis=1), np.tile(y, (len(x), 1)))


def _initial(scene: EvolvingSpectrum) -> Outline:
    """Marchenko-Pastur's law of Z at the start."""
    law = TeacherLaw(scene.kappa)
    left, right = (float(edge) for edge in law.edges)
    x = left + (right - left) * (1 - np.cos(np.linspace(0, np.pi, _POINTS))) / 2
    y = law.density(x) / scene.gamma
    x = x * scene.gamma
    if scene.view == "singular values":
        x, y = np.sqrt(x), 2 * np.sqrt(x) * y
    return Outline(x[None], y[None])


def _words(scene: EvolvingSpectrum, frames: Frames, final: Outline) -> tuple[tuple[str, ...], ...]:
    """The lines of the corner: when, how many have left the bulk, how many will, how many are 0."""
    atom = float(scene.law.atom_at_zero.flat[0])
    will = zeros = ""
    if math.isfinite(atom):
        will = f"(theory, t → ∞: {_number(frames.size * _share_above(final, scene))})"
        zeros = f" (theory, t → ∞: {100 * atom:.0f}%)"
    lines = []
    for time, values in zip(frames.times.tolist(), frames.eigenvalues, strict=True):
        left = np.count_nonzero(values > scene.bulk_end) / max(1, values.size // frames.size)
        zero = float(np.mean(values <= scene.zero))
        bulk = f"above the initial bulk: {_number(left)} of {frames.size}"
        lines.append((time_text(time), bulk, will, f"at 0: {100 * zero:.0f}%{zeros}"))
    return tuple(lines)


def _share_above(law: Outline, scene: EvolvingSpectrum) -> float:
    """The mass of a law above the place where the initial one ends."""
    x, y = law.x[0], law.y[0]
    mass = np.concatenate([[0.0], np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2)])
    # The levels of a teacher that is recovered are atoms.
    places, weights = scene.law.atoms()[0, 0].T
    levels = float(weights[places > scene.bulk_end].sum())
    return levels + float(mass[-1] - np.interp(scene.bulk_place, x, mass))


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
