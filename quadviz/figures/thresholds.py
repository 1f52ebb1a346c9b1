"""Thresholds of recovery as curves over a width, and the regions between them, for figures over that plane.

The plane has the sample ratio alpha to the right, and upwards a width: the student's at a given teacher, or
the teacher's at a given student. All thresholds are those of noiseless labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.pen import Pen
from quadviz.figures.theme import DASH, OKABE_ITO, THEMES, ThemeName

__all__ = [
    "ALPHA_TITLE",
    "LINES",
    "REGIONS",
    "Line",
    "Plane",
    "Region",
    "RegionName",
    "ThresholdCurves",
    "Width",
    "add_cross",
    "add_lines",
    "line_colour",
    "put_cross",
    "put_lines",
    "region_at",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

Width = Literal["kappa", "kappa_star"]
RegionName = Literal["narrow", "impossible", "missed", "decay", "free", "either", "tight"]


ALPHA_TITLE = "sample ratio α = n/d²"


@dataclass(frozen=True)
class ThresholdCurves:
    """The four thresholds over the widths at which the student can express its teacher.

    Attributes:
        width: the width that runs upwards.
        place: its values, increasing, shape (N,); none where no width of the plane is enough.
        ridgeless: alpha above which training with lam -> 0+ recovers the teacher, shape (N,).
        interpolation: alpha up to which lam -> 0+ fits labels with the slightest noise, shape (N,).
        free: alpha above which training without weight decay recovers it, by conjecture, shape (N,).
        bayes: alpha above which the best estimator there is recovers it, shape (N,).
        ridgeless_exact: where a wider student has the same ridgeless threshold, shape (N,). Elsewhere it
            rests on the steady-state assumption.
        interpolation_exact: the same for the interpolation threshold.
    """

    width: Width
    place: FloatArray
    ridgeless: FloatArray
    interpolation: FloatArray
    free: FloatArray
    bayes: FloatArray
    ridgeless_exact: BoolArray
    interpolation_exact: BoolArray


@dataclass(frozen=True)
class Plane:
    """What all figures over one plane share.

    Attributes:
        curves: the thresholds.
        limit: the width at which the student is exactly as wide as it must be.
        alpha: ends of the alpha axis.
        width: ends of the axis of the width.
        title: name of that axis.
        point: alpha and width of the cross.
        theme: the background the figures are made for.
    """

    curves: ThresholdCurves
    limit: float
    alpha: tuple[float, float]
    width: tuple[float, float]
    title: str
    point: tuple[float, float]
    theme: ThemeName = "light"


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


def region_at(alpha: float, bayes: float, free: float, ridgeless: float, interpolation: float) -> RegionName:
    """The region of a point, from the thresholds at its widths (+inf: there is no recovery).

    >>> region_at(0.3, bayes=0.255, free=0.3775, ridgeless=0.3272, interpolation=0.3775)
    'missed'
    """
    if not np.isfinite(ridgeless):
        return "narrow"
    if alpha < bayes:
        return "impossible"
    if alpha < min(free, ridgeless):
        return "missed"
    if alpha < max(free, ridgeless):
        return "free" if free < ridgeless else "decay"
    return "either" if alpha < interpolation else "tight"


def line_colour(line: Line, theme: ThemeName) -> str:
    """The colour of a threshold on a theme's background."""
    return line.dark if theme == "dark" else line.light


def add_cross(figure: go.Figure, size: int) -> None:
    """Room for a cross of ``size`` pixels in a figure, above everything else."""
    for width in (5.5, 2.2):
        figure.add_scatter(
            mode="markers", hoverinfo="skip", showlegend=False, cliponaxis=False,
            marker={"symbol": "cross-thin", "size": size, "line": {"width": width}},
        )  # fmt: skip


def put_cross(pen: Pen, plane: Plane) -> None:
    """Put the cross where the point is, edged in the colour of the background."""
    first = len(pen.figure.data) - 2
    for trace, colour in enumerate((THEMES[plane.theme].surface, THEMES[plane.theme].ink), start=first):
        pen.put(trace, x=[plane.point[0]], y=[plane.point[1]], marker_line_color=colour)


def add_lines(figure: go.Figure, cased: bool = False) -> int:
    """Room for the four thresholds in a figure; returns the number of their first trace.

    Args:
        figure: the figure.
        cased: whether each line gets an edge in the colour of the background, to stand out from a map.
    """
    first = len(figure.data)
    quiet = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "line_simplify": False}
    if cased:
        figure.add_scatter(line_width=5, opacity=0.75, **quiet)
    for line in LINES:
        figure.add_scatter(line_width=2.2, line_dash=line.dash, name=line.name, **quiet)
        if line.limited:
            figure.add_scatter(line_width=2.2, line_dash=DASH, name=line.name, **quiet)
    return first


def put_lines(pen: Pen, first: int, curves: ThresholdCurves, theme: ThemeName, cased: bool = False) -> None:
    """Draw the thresholds into the room made for them, dashed where they rest on the steady-state assumption.

    Args:
        pen: what draws into the figure.
        first: what :func:`add_lines` returned.
        curves: the thresholds.
        theme: the background.
        cased: as for :func:`add_lines`.
    """
    trace = first
    upwards = curves.place.astype(pen.precision)
    if cased:
        gap = np.array([np.nan])
        fields = [getattr(curves, line.field) for line in LINES]
        pen.put(
            trace,
            x=np.concatenate([part for field in fields for part in (field, gap)]).astype(pen.precision),
            y=np.concatenate([part for _ in fields for part in (curves.place, gap)]).astype(pen.precision),
            line_color=THEMES[theme].surface,
        )
        trace += 1
    for line in LINES:
        values = getattr(curves, line.field).astype(pen.precision)
        colour = line_colour(line, theme)
        if line.limited is None:
            pen.put(trace, x=values, y=upwards, line_color=colour)
            trace += 1
            continue
        exact = getattr(curves, line.limited)
        limited = ~exact
        limited[1:] |= ~exact[:-1]
        limited[:-1] |= ~exact[1:]
        pen.put(trace, x=np.where(exact, values, np.nan), y=upwards, line_color=colour)
        pen.put(trace + 1, x=np.where(limited, values, np.nan), y=upwards, line_color=colour)
        trace += 2
