"""Training as a figure: mse and train loss of networks against time, before the theory of long times.

Every network is a thin line; their mean at the times observed is a row of points with error bars, one
standard error long. Where the theory rests on an assumption its line is dashed, and where the networks were
trained at another setting than the theory's they are grey.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.axes import Scale, fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Held, Part, axis_name, held_range
from quadviz.figures.marks.panel import positive_span
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.scenes.training import Networks, Training
from quadviz.work.training import FIRST_TIME

__all__ = ["MARGIN", "PANELS", "ROWS", "Line", "fitted", "training_figure"]

Range = tuple[float, float]
#: Times and heights, both of shape (T,).
Line = tuple[FloatArray, FloatArray]

HEIGHT = 520
MARGIN = {"l": 58, "r": 26, "t": 30, "b": 46}
#: Vertical axis, title and vertical extent of the panels, one for each field of a scene.
PANELS = (
    ("y", "<b>mse</b>  |Z − Z*|² / d", (0.46, 1.0)),
    ("y2", "<b>train loss</b>  on the noisy labels", (0.0, 0.37)),
)
ROWS = range(len(PANELS))
#: Ticks of a linear axis, by panel.
_TICKS = (6, 4)
#: A log axis shows at most so many decades below its largest value.
_DECADES = 8.0
#: So many decades are shown on either side of a single value.
_AROUND = 0.8
#: Points within this share of a panel's height of a line crowd its name.
_NEAR = 0.12
#: It is looked for at so many places, and a name is as long as the first or the last few of them.
_PLACES, _FEW = 48, 8
_NONE = np.empty(0)


def training_figure(
    scene: Training,
    theme: ThemeName = "light",
    y_scale: Scale = "log",
    waiting: bool = False,
    held: Held | None = None,
    holds: Sequence[FloatArray] | None = None,
    beside: Sequence[Sequence[Line]] = ((), ()),
) -> Drawing:
    """Two panels over one axis of times.

    Args:
        scene: the networks and the theory.
        theme: the background the figure is made for.
        y_scale: scale of the vertical axes.
        waiting: whether to say how to begin.
        held: ranges that the axes had; they are kept while what is drawn fits into them.
        holds: the values that the axis of each panel has to hold, if other ones than :func:`fitted`.
        beside: for each panel what else is drawn there, as times and heights: the theory's name avoids it.

    Returns:
        The figure. Traces are called after what they show and the panel's number, such as "mean-0".
    """
    across = (math.log10(FIRST_TIME), math.log10(scene.end))
    holds = fitted(scene) if holds is None else holds
    shown = [held_range(held, axis, y_scale) for axis, _, _ in PANELS]
    ranges = [_range(holds[row], y_scale, shown[row]) for row in ROWS]
    data: list[Part] = []
    names: list[Part] = []
    for row in ROWS:
        seen = ranges[row][0] < _place(scene.limits[row], y_scale)
        data += [*_networks(scene.networks, row, theme), _theory(scene, row, theme, seen)]
        names.append(_name(scene, row, y_scale, ranges[row], seen, beside[row]))
    layout = {
        "template": template(theme),
        "height": HEIGHT,
        "margin": MARGIN,
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": {
            "type": "log", "anchor": PANELS[-1][0], "fixedrange": True, "exponentformat": "power",
            "title": {"text": "training time t", "standoff": 6}, "range": across, **ticks("log", across),
        },
        **{axis_name(PANELS[row][0]): _axis(row, y_scale, ranges[row]) for row in ROWS},
        "annotations": [*map(_title, ROWS), *names, _hint(waiting)],
        "shapes": [],
    }  # fmt: skip
    return {"data": data, "layout": layout}


def fitted(scene: Training) -> list[FloatArray]:
    """For each panel the values that its axis has to hold; those that are not finite do not count."""
    values = np.empty((len(PANELS), 0)) if scene.networks is None else scene.networks.values
    return [np.append(values[row], scene.limits[row]) for row in ROWS]


def _axis(row: int, scale: Scale, ends: Range) -> Part:
    return {
        "domain": PANELS[row][2], "anchor": "x", "fixedrange": True, "exponentformat": "power",
        "minexponent": 4, "tickfont": {"size": 12}, "type": scale, "range": ends,
        **ticks(scale, ends, _TICKS[row]),
    }  # fmt: skip


def _title(row: int) -> Part:
    _, text, domain = PANELS[row]
    return {
        "text": text, "x": 0, "xref": "paper", "xanchor": "left", "xshift": -4,
        "y": domain[1], "yref": "paper", "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip


def _hint(waiting: bool) -> Part:
    return {
        "text": "press ▶ Simulate to train networks", "x": 0.5, "xref": "paper", "y": 0.54, "yref": "paper",
        "showarrow": False, "font": {"size": 16}, "visible": waiting,
    }  # fmt: skip


def _networks(networks: Networks | None, row: int, theme: ThemeName) -> Iterator[Part]:
    """Thin lines one after another in one trace, and the mean."""
    colours = THEMES[theme]
    current = networks is None or networks.current
    colour = colours.single if current else colours.muted
    places = heights = times = mean = error = _NONE
    if networks is not None:
        lines = networks.values[row]
        # A gap after each network keeps its line apart from the next.
        heights = np.pad(lines, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
        places = np.tile(np.append(networks.times, np.nan), len(lines))
        known = np.isfinite(networks.mean[row]) & (networks.times >= FIRST_TIME)
        times, mean = networks.times[known], networks.mean[row][known]
        error = np.nan_to_num(networks.error[row][known])
    common = {"type": "scatter", "xaxis": "x", "yaxis": PANELS[row][0], "showlegend": False}
    yield {
        **common, "uid": f"networks-{row}", "mode": "lines", "x": places, "y": heights, "opacity": 0.45,
        "line": {"width": 1, "simplify": False, "color": colour}, "hoverinfo": "skip",
    }  # fmt: skip
    yield {
        **common, "uid": f"mean-{row}", "mode": "markers", "x": times, "y": mean,
        "marker": {"size": 6, "color": colour, "symbol": "circle" if current else "circle-open"},
        "error_y": {"type": "data", "width": 0, "thickness": 1.6, "color": colour, "array": error},
        "hovertemplate": "mean at t = %{x:.3g}: %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _theory(scene: Training, row: int, theme: ThemeName, seen: bool) -> Part:
    """The line of the theory, where the axis can show it."""
    return {
        "type": "scatter", "uid": f"theory-{row}", "mode": "lines", "xaxis": "x", "yaxis": PANELS[row][0],
        "x": np.array([FIRST_TIME, scene.end]) if seen else _NONE,
        "y": np.full(2, scene.limits[row]) if seen else _NONE,
        "line": {"width": 2.4, "color": THEMES[theme].ink, "dash": DASH if scene.limited else "solid"},
        "hovertemplate": f"{_called(scene)}: %{{y:.4g}}<extra></extra>", "showlegend": False,
    }  # fmt: skip


def _called(scene: Training) -> str:
    """What the line of the theory is called."""
    return "theory, t → ∞" if scene.theory.lam > 0 else "theory, λ → 0+, t → ∞"


def _name(scene: Training, row: int, scale: Scale, ends: Range, seen: bool, beside: Sequence[Line]) -> Part:
    """The name of the theory's line: left, unless a course begins there; at the foot where it is hidden."""
    value = scene.limits[row]
    known = math.isfinite(value)
    hidden = ": 0" if value == 0 else ": below the axis"
    low, high = ends
    place = max(_place(value, scale), low) if known else low
    mean = [] if scene.networks is None else [(scene.networks.times, scene.networks.mean[row])]
    near = _near([*mean, *beside], place, scale, _NEAR * (high - low), scene.end)
    right = bool(near[:, :_FEW].any() and not near[:, -_FEW:].any())
    # Near the top there is no room above the line.
    above = place - low < 0.85 * (high - low)
    return {
        "text": _called(scene) + ("" if seen else hidden), "xref": "paper", "x": float(right),
        "xanchor": "right" if right else "left", "xshift": -4 if right else 4, "yref": PANELS[row][0],
        "y": place, "yanchor": "bottom" if above else "top", "showarrow": False, "font": {"size": 12},
        "visible": known,
    }  # fmt: skip


def _near(lines: Sequence[Line], place: float, scale: Scale, by: float, end: float) -> BoolArray:
    """Whether lines come near a height, at places along the axis of times, shape (C, _PLACES)."""
    times = np.geomspace(FIRST_TIME, end, _PLACES)
    heights = np.array([np.interp(times, *line, right=np.nan) for line in lines]).reshape(-1, _PLACES)
    known = np.where(heights > 0, heights, np.inf)
    near: BoolArray = np.abs((np.log10(known) if scale == "log" else known) - place) < by
    return near


def _place(value: float, scale: Scale) -> float:
    """Where a value is on an axis, in its units."""
    if scale == "linear":
        return value
    return math.log10(value) if value > 0 else math.nan if math.isnan(value) else -math.inf


def _range(values: FloatArray, scale: Scale, shown: Range | None) -> Range:
    """The range of a vertical axis for the values that are positive; one alone moves on the axis shown."""
    low, high = positive_span(values, scale, _DECADES)
    if low == high:
        if shown is not None and shown[0] < low < shown[1]:
            return shown
        low, high = low - _AROUND, high + _AROUND
    return fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)
