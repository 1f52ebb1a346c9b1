"""The approach to the end as a figure: distance against time in powers of ten, and under it the slope.

Flows of finite size are thin lines, their mean is a row of points; the limit of large d is a solid line, and
the power law that it follows in the end a thin straight one with its name. Networks have a hue of their own.
Shaded are the times at which a finite matrix shows single eigenvalues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.theme import DASH, OKABE_ITO, THEMES, ThemeName, template
from quadviz.outcome import Regime
from quadviz.scenes.common.wording import two_digits
from quadviz.scenes.convergence import LAST_TIME, POWERS, Convergence, Seen, law_name
from quadviz.theory.flow.approach import Approach, ApproachLaw, local_slope
from quadviz.work.approach import FIRST_TIME

__all__ = ["MARGIN", "NETWORK_HUE", "convergence_figure"]


@dataclass(frozen=True)
class _Panel:
    """One of the two panels.

    Attributes:
        axis: its vertical axis, as traces call it.
        title: what is written above it.
        domain: its vertical extent, as fractions of the figure.
        value: what is said of a point in it.
    """

    axis: str
    title: str
    domain: tuple[float, float]
    value: str


_DISTANCE = _Panel(
    "y", "<b>distance to the end</b>  |Z − Z<sub>∞</sub>|² / d", (0.44, 1.0), "distance %{y:.4g}"
)
_SLOPE = _Panel("y2", "<b>local slope</b>  d log distance / d log t", (0.0, 0.35), "slope %{y:.2f}")
_HEIGHT = 560
MARGIN = {"l": 58, "r": 26, "t": 30, "b": 46}
#: The networks' colour on either background.
NETWORK_HUE: dict[ThemeName, str] = {"light": OKABE_ITO["vermilion"], "dark": OKABE_ITO["orange"]}
_SLOPES = (-5.3, 0.5)
#: The name of a law stands at the height that its line has after so many tenths of its way.
_LATE = 7
#: The axis of distances shows at most so many decades; what is below them by far is not drawn.
_DECADES, _NOTHING = 17.0, 1e-30
#: What is drawn where there is nothing.
_UNSEEN = Seen(np.array([FIRST_TIME, LAST_TIME]), np.full((1, 2), np.nan), np.full(2, np.nan))
_NO_LAW = ApproachLaw(Approach.GAP, math.nan, math.nan, math.nan, math.nan)


def convergence_figure(scene: Convergence, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """Two panels over one axis of times.

    Args:
        scene: the flows and what stands beside them.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the limit fits into them.

    Returns:
        The figure. Its traces are "flows", "flows-mean", "limit", "law", "networks" and "networks-mean" in
        the upper panel, "flows-slope", "limit-slope" and "networks-slope" in the lower one.
    """
    colours, solved = THEMES[theme], scene.solved
    flows, limit, law = _UNSEEN, _UNSEEN.mean, _NO_LAW
    if solved is not None:
        flows, limit, law = solved.seen, solved.curve, solved.law
    heights = _fitted(limit if np.isfinite(limit).any() else flows.mean, held_range(held, "y", "log"))
    law_line, name = _law(law, flows.times, heights, colours.muted)
    shade, shade_name = _single_eigenvalues(law, 0 if solved is None else solved.flows.d, colours.muted)
    limited = scene.state is not None and int(scene.state.regime) == Regime.RANK_LIMITED
    surface = colours.surface
    own = NETWORK_HUE[theme] if scene.current else colours.muted
    points = (own, surface) if scene.current else (surface, own)
    data = [
        *_seen("flows", flows, colours.single, (colours.single, surface)),
        *_limit(flows.times, limit, colours.ink, DASH if limited else "solid"),
        law_line,
        *_seen("networks", scene.networks or _UNSEEN, own, points),
    ]
    marks = [_slope_mark(power, power == law.kind.slope, theme) for power in POWERS]
    across = math.log10(FIRST_TIME), math.log10(LAST_TIME)
    common = {"anchor": "x", "fixedrange": True, "tickfont": {"size": 12}}
    layout = {
        "template": template(theme),
        "height": _HEIGHT,
        "margin": MARGIN,
        "dragmode": False,
        "hovermode": "closest",
        "xaxis": {
            "type": "log", "anchor": _SLOPE.axis, "fixedrange": True, "range": across,
            "title": {"text": "time t", "standoff": 6}, **ticks("log", across),
        },
        "yaxis": {
            "type": "log", "domain": _DISTANCE.domain, "exponentformat": "power", "range": heights,
            **ticks("log", heights), **common,
        },
        "yaxis2": {"domain": _SLOPE.domain, "range": _SLOPES, "dtick": 1, **common},
        "annotations": [_title(_DISTANCE), _title(_SLOPE), name, shade_name, *(text for _, text in marks)],
        "shapes": [shade, *(line for line, _ in marks)],
    }  # fmt: skip
    return {"data": data, "layout": layout}


def _trace(uid: str, panel: _Panel, name: str, x: FloatArray, y: FloatArray, look: Part) -> Part:
    return {
        "type": "scatter", "uid": uid, "xaxis": "x", "yaxis": panel.axis, "showlegend": False, "x": x, "y": y,
        "hovertemplate": f"{name} at t = %{{x:.3g}}: {panel.value}<extra></extra>", **look,
    }  # fmt: skip


def _seen(uid: str, seen: Seen, colour: str, points: tuple[str, str]) -> tuple[Part, Part, Part]:
    """Thin lines one after another in one trace, their mean as points, and its slope.

    Args:
        uid: what is seen.
        seen: its numbers.
        colour: that of the lines.
        points: the colours of the points, inside and at the edge.
    """
    times, name = seen.times, f"mean of the {uid}"
    # A gap after each keeps its line apart from the next.
    lines = np.pad(_visible(seen.distance), ((0, 0), (0, 1)), constant_values=np.nan)
    thin = {
        "mode": "lines", "line": {"width": 1, "simplify": False, "color": colour}, "opacity": 0.45,
        "hoverinfo": "skip", "hovertemplate": None,
    }  # fmt: skip
    inside, edge = points
    dots = {"mode": "markers", "marker": {"size": 6, "color": inside, "line": {"width": 1.2, "color": edge}}}
    return (
        _trace(uid, _DISTANCE, "", np.tile(np.append(times, np.nan), len(lines)), lines.ravel(), thin),
        _trace(f"{uid}-mean", _DISTANCE, name, times, _visible(seen.mean), dots),
        _trace(f"{uid}-slope", _SLOPE, name, times, _slope(times, seen.mean), dots),
    )


def _limit(times: FloatArray, distance: FloatArray, colour: str, dash: str) -> tuple[Part, Part]:
    """The limit of large d, and its slope."""
    look = {"mode": "lines", "line": {"width": 2.4, "simplify": False, "color": colour, "dash": dash}}
    return (
        _trace("limit", _DISTANCE, "d → ∞", times, _visible(distance), look),
        _trace("limit-slope", _SLOPE, "d → ∞", times, _slope(times, distance), look),
    )


def _law(law: ApproachLaw, times: FloatArray, heights: tuple[float, float], colour: str) -> tuple[Part, Part]:
    """The straight line of the law as far as its panel goes, and its name."""
    values, name = law.at(times), law_name(law)
    inside = (values > 10 ** heights[0]) & (values < 10 ** heights[1])
    look = {
        "mode": "lines", "line": {"width": 1.2, "color": colour},
        "hovertemplate": f"{name}: %{{y:.4g}}<extra></extra>",
    }  # fmt: skip
    line = _trace("law", _DISTANCE, name, times, np.where(inside, values, np.nan), look)
    shown, place = np.flatnonzero(inside), (0.0, 0.0)
    if shown.size > 1:
        # Over the end of the line, where no flow is any more, with room for it to come down on a phone.
        place = math.log10(times[shown[-1]]), math.log10(values[shown[_LATE * shown.size // 10]])
    return line, {
        "text": name, "x": place[0], "xref": "x", "xanchor": "right", "xshift": -4,
        "y": place[1], "yref": "y", "yanchor": "bottom", "showarrow": False, "visible": shown.size > 1,
    }  # fmt: skip


def _single_eigenvalues(law: ApproachLaw, d: int, colour: str) -> tuple[Part, Part]:
    """The shade from where on a matrix of size d is told from an infinite one, and what is written in it."""
    leaves = law.leaves_at(d)
    shown = math.isfinite(leaves) and leaves < LAST_TIME
    shade = {
        "type": "rect", "xref": "x", "yref": "paper", "x0": max(leaves, FIRST_TIME) if shown else FIRST_TIME,
        "x1": LAST_TIME, "y0": 0, "y1": 1, "fillcolor": colour, "opacity": 0.09, "line": {"width": 0},
        "layer": "between", "visible": shown,
    }  # fmt: skip
    return shade, {
        "text": f"d = {d} shows single eigenvalues: t > {two_digits(leaves)}" if shown else "",
        "x": 1, "xref": "paper", "xanchor": "right", "xshift": -4, "y": 1, "yref": "paper", "yanchor": "top",
        "font": {"size": 12}, "showarrow": False, "visible": shown,
    }  # fmt: skip


def _slope_mark(power: float, predicted: bool, theme: ThemeName) -> tuple[Part, Part]:
    """A line at a slope there is, and its name; those of the predicted one are stronger."""
    colours = THEMES[theme]
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": _SLOPE.axis, "y0": power, "y1": power,
        "line": {
            "width": 1, "color": colours.muted if predicted else colours.line,
            "dash": "solid" if predicted else "dot",
        },
        "layer": "between",
    }  # fmt: skip
    return line, {
        "text": POWERS[power], "x": 1, "xref": "paper", "xanchor": "right", "xshift": -4, "y": power,
        "yref": _SLOPE.axis, "yanchor": "bottom", "showarrow": False,
        "font": {"size": 12, "color": colours.ink if predicted else colours.muted},
    }  # fmt: skip


def _title(panel: _Panel) -> Part:
    return {
        "text": panel.title, "x": 0, "xref": "paper", "xanchor": "left", "xshift": -4, "y": panel.domain[1],
        "yref": "paper", "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip


def _fitted(distance: FloatArray, held: tuple[float, float] | None) -> tuple[float, float]:
    """The range of the axis of distances, in decades."""
    usable = distance[np.isfinite(distance) & (distance > 0)]
    low, high = -1.0, 0.0
    if usable.size:
        high = math.log10(usable.max())
        low = min(max(math.log10(usable.min()), high - _DECADES), high - 1)
    return fitted_range(low, high, held)


def _slope(times: FloatArray, distance: FloatArray) -> FloatArray:
    """A slope without what would lie off its axis: an exponential end falls without limit."""
    slope = local_slope(times, distance)
    return np.where((slope > _SLOPES[0]) & (slope < _SLOPES[1]), slope, np.nan)


def _visible(distance: FloatArray) -> FloatArray:
    """Distances without those that no axis reaches, such as 0."""
    return np.where(distance > _NOTHING, distance, np.nan)
