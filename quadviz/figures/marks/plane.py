"""Thresholds of recovery in figures over the plane of samples and width: lines, regions, and a cross."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import DASH, OKABE_ITO, THEMES, ThemeName
from quadviz.parameters import PARAMETERS
from quadviz.scenes.plane import Plane, RegionName, ThresholdCurves

__all__ = ["LINES", "REGIONS", "Line", "Region", "cross", "plane_axes", "threshold_lines"]


@dataclass(frozen=True)
class Line:
    """How a threshold is drawn: in a colour for each theme, and with a dash where it is never exact."""

    field: str
    name: str
    light: str
    dark: str
    dash: str = "solid"
    limited: str | None = None


LINES = (
    Line("ridgeless", "recovery, λ → 0+", OKABE_ITO["blue"], OKABE_ITO["sky"], limited="ridgeless_exact"),
    Line(
        "interpolation", "interpolation: noise can be fitted up to here", "#007A59", "#00B488",
        limited="interpolation_exact",
    ),
    Line(
        "free", "recovery, no weight decay (conjecture)", OKABE_ITO["vermilion"], OKABE_ITO["orange"],
        dash="8px,3px,2px,3px",
    ),
    Line("bayes", "best possible (Bayes-optimal)", THEMES["light"].ink, THEMES["dark"].ink, dash="2px,3px"),
)  # fmt: skip


@dataclass(frozen=True)
class Region:
    """What happens between two thresholds.

    Attributes:
        name: it, in plain words; a star marks what rests on the conjecture about training without decay.
        short: the same where there is little room.
        light: fill on a light background.
        dark: fill on a dark one.
    """

    name: str
    short: str
    light: str
    dark: str


_TO_ZERO = "λ\u00a0→\u00a00+"
REGIONS: Mapping[RegionName, Region] = MappingProxyType(
    {
        "narrow": Region(
            "student narrower than the teacher: no recovery", "too narrow", "#f1f2f4", "#2b2e33"
        ),
        "impossible": Region("impossible for any method", "impossible", "#d3d8de", "#3c424a"),
        "missed": Region("possible, but not by this training*", "not found*", "#fbe3c6", "#57402a"),
        "free": Region("recovered without weight decay only*", "no decay only*", "#f8cdb4", "#7a4527"),
        "decay": Region(f"recovered with {_TO_ZERO} only*", f"{_TO_ZERO} only*", "#cfe4f5", "#234a66"),
        "either": Region(f"recovered with {_TO_ZERO} or no decay*", "recovered*", "#cdeee0", "#1d4f42"),
        "tight": Region(
            f"recovered with {_TO_ZERO} or no decay*; no room to fit noise",
            "recovered*, no room to fit noise",
            "#a5dcc5",
            "#27705b",
        ),
    }
)


def plane_axes(plane: Plane, standoff: int, rows: int = 0) -> dict[str, Part]:
    """The two axes of a plane.

    Args:
        plane: the plane.
        standoff: room in pixels beside the name of the width.
        rows: at most so many ticks for the width; 0 leaves it to plotly.
    """
    name = plane.curves.width
    ratio = "m/d" if name == "kappa" else "m*/d"
    title = f"{PARAMETERS[name].label} {PARAMETERS[name].symbol} = {ratio}"
    axis = {"fixedrange": True, "showgrid": False}
    return {
        "xaxis": {**axis, "range": plane.alpha, "title": {"text": "sample ratio α = n/d²", "standoff": 6}},
        "yaxis": {
            **axis, "range": plane.width, "nticks": rows, "title": {"text": title, "standoff": standoff},
        },
    }  # fmt: skip


def threshold_lines(curves: ThresholdCurves, theme: ThemeName, cased: bool = False) -> Iterator[Part]:
    """The thresholds as lines, dashed where they rest on the steady-state assumption.

    Args:
        curves: the thresholds.
        theme: the background.
        cased: whether each line gets an edge in the colour of the background, to stand out from a map.
    """
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    if cased:
        gap = np.array([np.nan])
        yield {
            **quiet, "uid": "casing", "opacity": 0.75,
            "x": np.concatenate([part for line in LINES for part in (getattr(curves, line.field), gap)]),
            "y": np.concatenate([part for _ in LINES for part in (curves.place, gap)]),
            "line": {"width": 5, "simplify": False, "color": THEMES[theme].surface},
        }  # fmt: skip
    for line in LINES:
        values = getattr(curves, line.field)
        exact = np.ones_like(values, dtype=bool) if line.limited is None else getattr(curves, line.limited)
        look = {"width": 2.2, "simplify": False, "color": line.dark if theme == "dark" else line.light}
        yield {
            **quiet, "uid": line.field, "x": np.where(exact, values, np.nan), "y": curves.place,
            "line": {**look, "dash": line.dash},
        }  # fmt: skip
        if line.limited is not None:
            # The dashes reach to the first point of the solid line, so that they join.
            limited = ~exact
            limited[1:] |= ~exact[:-1]
            limited[:-1] |= ~exact[1:]
            yield {
                **quiet, "uid": f"{line.field}-dashed", "x": np.where(limited, values, np.nan),
                "y": curves.place, "line": {**look, "dash": DASH},
            }  # fmt: skip


def cross(point: tuple[float, float], size: int, theme: ThemeName) -> Iterator[Part]:
    """A cross of ``size`` pixels, edged in the colour of the background."""
    colours = THEMES[theme]
    for uid, width, colour in (("cross-edge", 5.5, colours.surface), ("cross", 2.2, colours.ink)):
        yield {
            "type": "scatter", "uid": uid, "mode": "markers", "hoverinfo": "skip", "showlegend": False,
            "x": np.array([point[0]]), "y": np.array([point[1]]), "cliponaxis": False,
            "marker": {"symbol": "cross-thin", "size": size, "line": {"width": width, "color": colour}},
        }  # fmt: skip
