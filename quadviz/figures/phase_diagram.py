"""The plane of samples and width, cut into regions by the thresholds of recovery, each region named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.pen import Pen
from quadviz.figures.placing import place_label, without, wordings
from quadviz.figures.theme import THEMES, template
from quadviz.figures.thresholds import (
    ALPHA_TITLE,
    REGIONS,
    Plane,
    RegionName,
    ThresholdCurves,
    add_cross,
    add_lines,
    put_cross,
    put_lines,
)

__all__ = [
    "Band",
    "PhaseDiagramPen",
    "bands",
    "phase_diagram_figure",
    "phase_diagram_skeleton",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HEIGHT = 308
MARGIN = {"l": 50, "r": 10, "t": 24, "b": 44}
#: The smallest plane that the labels are made to fit, in pixels: a phone's.
_SIZE = (330.0, HEIGHT - MARGIN["t"] - MARGIN["b"])
#: Rows and columns of the grid on which room for a label is looked for.
_GRID = (66, 100)
#: A region narrower than this is not there.
_THIN = 1e-9


@dataclass(frozen=True)
class Band:
    """A region, by its left and its right side at increasing heights; arrays of one shape (N,)."""

    left: FloatArray
    right: FloatArray
    height: FloatArray

    @property
    def outline(self) -> tuple[FloatArray, FloatArray]:
        """x and y of the polygon around it; it runs back along itself where the region has no extent."""
        return (
            np.concatenate([self.left, self.right[::-1]]),
            np.concatenate([self.height, self.height[::-1]]),
        )

    def cells(self, across: FloatArray, up: FloatArray) -> BoolArray:
        """Which points of a grid with columns at ``across`` and rows at ``up`` lie inside it."""
        there = (up >= self.height[0]) & (up <= self.height[-1])
        left, right = (np.interp(up, self.height, side)[:, None] for side in (self.left, self.right))
        inside: BoolArray = there[:, None] & (across > left) & (across < right)
        return inside


def bands(plane: Plane) -> dict[RegionName, Band]:
    """The regions that are there, by name."""
    (start, end), (low, high) = plane.alpha, plane.width
    curves = plane.curves
    limit = min(max(plane.limit, low), high)
    # A student must be wider than the limit, a teacher narrower.
    strip = np.array([low, limit] if curves.width == "kappa" else [limit, high])
    bayes, free, ridgeless, interpolation = (
        np.clip(values, start, end)
        for values in (curves.bayes, curves.free, curves.ridgeless, curves.interpolation)
    )
    last = np.maximum(free, ridgeless)
    sides: dict[RegionName, tuple[FloatArray, FloatArray]] = {
        "impossible": (np.full_like(bayes, start), bayes),
        "missed": (bayes, np.minimum(free, ridgeless)),
        "free": (free, last),
        "decay": (ridgeless, last),
        "either": (last, interpolation),
        "tight": (interpolation, np.full_like(bayes, end)),
    }
    found: dict[RegionName, Band] = {}
    if strip[1] > strip[0]:
        found["narrow"] = Band(np.full(2, start), np.full(2, end), strip)
    found |= {
        name: Band(left, right, curves.place)
        for name, (left, right) in sides.items()
        if np.any(right - left > _THIN) and curves.place[-1] > curves.place[0]
    }
    return found


def phase_diagram_figure(plane: Plane) -> go.Figure:
    """The static figure of the regions between the thresholds."""
    figure = phase_diagram_skeleton()
    PhaseDiagramPen(figure).draw(plane)
    return figure


def phase_diagram_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`PhaseDiagramPen`."""
    figure = go.Figure()
    for _ in REGIONS:
        figure.add_scatter(mode="lines", line_width=0, fill="toself", hoverinfo="skip", showlegend=False)
    add_lines(figure)
    add_cross(figure, size=17)
    for _ in REGIONS:
        figure.add_annotation(
            text="", xref="paper", yref="paper", xanchor="center", yanchor="middle", showarrow=False,
            font_size=12, visible=False,
        )  # fmt: skip
    figure.add_annotation(
        text="<b>thresholds</b>  without label noise (Δ = 0)", x=0, xref="paper", xanchor="left", xshift=-4,
        y=1, yref="paper", yanchor="bottom", showarrow=False,
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode=False,
        xaxis={"fixedrange": True, "showgrid": False, "title": {"text": ALPHA_TITLE, "standoff": 6}},
        yaxis={"fixedrange": True, "showgrid": False, "title": {"standoff": 6}, "nticks": 6},
    )  # fmt: skip
    return figure


class PhaseDiagramPen(Pen):
    """Draws regions and thresholds into a figure made from :func:`phase_diagram_skeleton`."""

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self._curves: ThresholdCurves | None = None
        self._cells: dict[RegionName, BoolArray] = {}

    def draw(self, plane: Plane) -> None:
        """Draw ``plane`` in one batched update."""
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", plane.theme):
                layout.template = template(plane.theme)
                for note in layout.annotations[: len(REGIONS)]:
                    note.font.color = THEMES[plane.theme].ink
            put_cross(self, plane)
            frame = (plane.alpha, plane.width, plane.title, plane.limit, plane.theme)
            if self.new("frame", frame) or self._curves is not plane.curves:
                self._curves = plane.curves
                self._draw_plane(plane)
            self._write_names(plane)

    def _draw_plane(self, plane: Plane) -> None:
        """All but the cross."""
        layout = self.figure.layout
        if self.new("axes", (plane.alpha, plane.width, plane.title)):
            layout.xaxis.range, layout.yaxis.range = plane.alpha, plane.width
            layout.yaxis.title.text = plane.title
        found = bands(plane)
        rows, columns = _GRID
        across, up = _centres(plane.alpha, columns), _centres(plane.width, rows)
        for trace, (name, region) in enumerate(REGIONS.items()):
            band, x, y = found.get(name), None, None
            self._cells.pop(name, None)
            if band is not None:
                x, y = (values.astype(self.precision) for values in band.outline)
                self._cells[name] = band.cells(across, up)
            self.put(trace, x=x, y=y, fillcolor=region.dark if plane.theme == "dark" else region.light)
        put_lines(self, len(REGIONS), plane.curves, plane.theme)

    def _write_names(self, plane: Plane) -> None:
        """Write the names of the regions where they fit, clear of the cross."""
        x, y = (
            (value - low) / (high - low)
            for value, (low, high) in zip(plane.point, (plane.alpha, plane.width), strict=True)
        )
        for number, (name, region) in enumerate(REGIONS.items()):
            place = None
            if name in self._cells:
                clear = without(self._cells[name], (x, y), _SIZE)
                place = place_label(clear, wordings(region.name) + wordings(region.short), _SIZE)
            if self.new(f"label {name}", place):
                note = self.figure.layout.annotations[number]
                if place is None:
                    note.visible = False
                else:
                    note.update(
                        text=place.label.text, x=place.x, y=place.y, visible=True,
                        textangle=-90 if place.label.upright else 0,
                    )  # fmt: skip


def _centres(ends: tuple[float, float], count: int) -> FloatArray:
    """The middles of ``count`` equal parts of an axis."""
    return ends[0] + (np.arange(count) + 0.5) / count * (ends[1] - ends[0])
