"""Training against time: networks, dynamical mean-field theory, infinitely many samples, and the end.

The figure of training with more in it: the mean-field theory as a line in the band of its error, dotted and
without one from where it is not to be trusted, the population flow as thin dashes and dots, and two uprights:
the moment shown beside, and the best one. A reader's own measurements are squares with bars, in traces that
are there as long as there are measurements.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Drawing, Held, Part
from quadviz.figures.marks.points import own_lines, own_traces, own_values
from quadviz.figures.marks.theme import OKABE_ITO, THEMES, ThemeName
from quadviz.figures.training import PANELS, ROWS, fitted, training_figure
from quadviz.scenes.dynamics import Course, Dynamics
from quadviz.scenes.training import FIELDS
from quadviz.theory.best.early_stopping import EarlyStop
from quadviz.work.training import FIRST_TIME

__all__ = [
    "DMFT_HUE",
    "DOUBT_DASH",
    "POPULATION_DASH",
    "dynamics_figure",
    "dynamics_film",
    "fitted_dynamics",
]


HEIGHT = 470
#: The mean-field theory's colour, on either background.
DMFT_HUE = OKABE_ITO["green"]
POPULATION_DASH = "7px,3px,1.5px,3px"
#: How it is drawn where it is not to be trusted.
DOUBT_DASH = "2px,4px"
_OPACITY = 0.25
#: How far the population flow may go below all else before it leaves the axis.
_BELOW = 0.3
#: How far what is not to be trusted may go beyond all that is before it leaves the axis.
_BEYOND = 3.0
#: What the panels show, in hovers.
_NAMES = tuple(field.replace("_", " ") for field in FIELDS)
_NOTHING = Course(np.empty(0), np.empty((2, 0)), np.empty((2, 0)))


def dynamics_figure(
    scene: Dynamics,
    theme: ThemeName = "light",
    y_scale: Scale = "log",
    held: Held | None = None,
    holds: Sequence[FloatArray] | None = None,
) -> Drawing:
    """Two panels over one axis of times.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        y_scale: scale of the vertical axes.
        held: ranges that the axes had; they are kept while what is drawn fits into them.
        holds: the values that the axes have to hold, if other ones than :func:`fitted_dynamics`.

    Returns:
        The figure. Traces are those of the training and, for each panel, "band-0", "dmft-0", "population-0"
        and "doubt-0"; of measurements "own-0-0" and "own-0-other".
    """
    dmft = _NOTHING if scene.dmft is None else scene.dmft
    courses = [course for course in (dmft, scene.population) if course.times.size]
    drawn = training_figure(
        scene.training,
        theme,
        y_scale,
        held=held,
        holds=fitted_dynamics(scene, y_scale) if holds is None else holds,
        beside=[
            [*((course.times, course.values[row]) for course in courses), *own_lines(scene.own, row)]
            for row in ROWS
        ],
    )
    more = [part for row in ROWS for part in _courses(row, dmft, scene.population, theme, y_scale)]
    dots = [_doubt(row, dmft, theme) for row in ROWS]
    hue = (THEMES[theme].single,)
    own = [
        part
        for row in ROWS
        for part in own_traces(
            PANELS[row][0], _NAMES[row], scene.own, row, hue, theme, y_scale, first=FIRST_TIME
        )
    ]
    end = scene.training.end
    words = [_doubt_word(dmft, end, theme), _best_word(scene.stop, end, theme)]
    layout = {
        **drawn["layout"],
        "height": HEIGHT,
        "shapes": _uprights(scene, theme),
        "annotations": [*drawn["layout"]["annotations"], *words],
    }
    return {"data": [*drawn["data"], *more, *dots, *own], "layout": layout}


def dynamics_film(scene: Dynamics, times: FloatArray, theme: ThemeName = "light") -> list[Drawing]:
    """What moves in the figure with the moment shown: its upright, at each of some times."""
    moments = (replace(scene, now=time) for time in times.tolist())
    return [{"data": [], "layout": {"shapes": _uprights(moment, theme)}} for moment in moments]


def fitted_dynamics(scene: Dynamics, y_scale: Scale = "log") -> list[FloatArray]:
    """For each panel the values that its axis has to hold.

    These are all of what can be trusted, but the population flow only so far below the rest, and of what is
    not to be trusted, or a reader's own, only what lies near that.
    """
    dmft, flow = scene.dmft or _NOTHING, scene.population
    held = []
    for row, others in enumerate(fitted(scene.training)):
        values = _positive(np.concatenate([others, dmft.values[row][dmft.trusted]]))
        floor = _BELOW * values.min() if values.size else 0.0
        sound = np.concatenate([values, _positive(flow.values[row][flow.values[row] >= floor])])
        doubtful = _positive(dmft.values[row][~dmft.trusted])
        if sound.size:
            doubtful = doubtful[(doubtful > sound.min() / _BEYOND) & (doubtful < sound.max() * _BEYOND)]
        theory = np.concatenate([sound, doubtful])
        held.append(
            np.append(theory, own_values(scene.own, row, theory, (FIRST_TIME, scene.training.end), y_scale))
        )
    return held


def _positive(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values) & (values > 0)]


def _courses(row: int, dmft: Course, flow: Course, theme: ThemeName, scale: Scale) -> Iterator[Part]:
    """The mean-field theory in its band, and the population flow."""
    hue = _hue(dmft, theme)
    x, y, error = _seen(dmft.part(dmft.trusted), row)
    # A log axis has no place for what is not positive.
    low = np.maximum(y - error, 1e-3 * y) if scale == "log" else np.maximum(y - error, 0.0)
    yield {
        **_line(f"band-{row}", row), "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([y + error, low[::-1]]), "line": {"width": 0, "simplify": False},
        "fill": "toself", "fillcolor": _faint(hue), "hoverinfo": "skip",
    }  # fmt: skip
    yield {
        **_line(f"dmft-{row}", row), "x": x, "y": y, "line": {"width": 2.4, "simplify": False, "color": hue},
        "hovertemplate": "DMFT at t = %{x:.3g}: %{y:.4g}<extra></extra>",
    }  # fmt: skip
    x, y, _ = _seen(flow, row)
    yield {
        **_line(f"population-{row}", row), "x": x, "y": y,
        "line": {"width": 1.4, "dash": POPULATION_DASH, "simplify": False, "color": THEMES[theme].muted},
        "hovertemplate": "α → ∞ at t = %{x:.3g}: %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _doubt(row: int, dmft: Course, theme: ThemeName) -> Part:
    """The stretch that is not to be trusted; it hangs on to the end of the one that is."""
    x, y, _ = _seen(dmft, row)
    first = int(np.searchsorted(x, dmft.trusted_until, side="right"))
    stretch = slice(x.size if first == x.size else max(first - 1, 0), None)
    said = ["" if time <= dmft.trusted_until else ", not to be trusted" for time in x[stretch].tolist()]
    return {
        **_line(f"doubt-{row}", row), "x": x[stretch], "y": y[stretch], "text": said,
        "line": {"width": 2.4, "dash": DOUBT_DASH, "simplify": False, "color": _hue(dmft, theme)},
        "hovertemplate": "DMFT at t = %{x:.3g}: %{y:.4g}%{text}<extra></extra>",
    }  # fmt: skip


def _line(uid: str, row: int) -> Part:
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "xaxis": "x", "yaxis": PANELS[row][0],
        "showlegend": False,
    }  # fmt: skip


def _hue(dmft: Course, theme: ThemeName) -> str:
    return DMFT_HUE if dmft.current else THEMES[theme].muted


def _seen(course: Course, row: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What of a course the axes can show: times, values and their errors."""
    seen = (course.times >= FIRST_TIME) & np.isfinite(course.values[row])
    return course.times[seen], course.values[row][seen], np.nan_to_num(course.error[row][seen])


def _uprights(scene: Dynamics, theme: ThemeName) -> list[Part]:
    """The moment shown, and the best one."""
    colours, best = THEMES[theme], None if scene.stop is None else scene.stop.time
    # Early stopping is a matter of the mse.
    return [
        _upright(scene.now, 0.0, {"color": colours.muted, "dash": "3px,3px", "width": 1}),
        _upright(best, PANELS[0][2][0], {"color": colours.ink, "dash": "solid", "width": 1}),
    ]


def _upright(time: float | None, foot: float, line: Part) -> Part:
    # A log axis has no time 0.
    place = 1.0 if time is None else max(time, FIRST_TIME)
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": foot, "y1": 1,
        "line": line, "layer": "between", "visible": time is not None,
    }  # fmt: skip


def _doubt_word(dmft: Course, end: float, theme: ThemeName) -> Part:
    """What dots mean, where they begin."""
    doubtful = bool(dmft.times.size and dmft.times[-1] > dmft.trusted_until)
    time = dmft.trusted_until if doubtful else None
    foot = {"y": PANELS[0][2][0], "yanchor": "bottom"}
    return {"text": "dotted: not to be trusted", **foot, **_beside(time, end, theme)}


def _best_word(stop: EarlyStop | None, end: float, theme: ThemeName) -> Part:
    """The best moment, in words at its upright."""
    time = None if stop is None else stop.time
    text = "" if stop is None else f"best: t ≈ {stop.time:.2g}, mse {stop.mse:.3g}"
    return {"text": text, "y": PANELS[0][2][1], "yanchor": "top", **_beside(time, end, theme)}


def _beside(time: float | None, end: float, theme: ThemeName) -> Part:
    """The place of a word beside an upright: on the side where there is more room."""
    first, last = math.log10(FIRST_TIME), math.log10(end)
    place = first if time is None else math.log10(max(time, FIRST_TIME))
    left = place > (first + last) / 2
    return {
        "xref": "x", "x": place, "xanchor": "right" if left else "left", "xshift": -4 if left else 4,
        "yref": "paper", "showarrow": False, "font": {"size": 12, "color": THEMES[theme].ink},
        "visible": time is not None,
    }  # fmt: skip


def _faint(colour: str) -> str:
    """A colour one can see through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_OPACITY})"
