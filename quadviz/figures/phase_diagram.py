"""The plane of samples and width, cut into regions by the thresholds of recovery, each region named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.notes import panel_title
from quadviz.figures.marks.placing import label_note, place_label, without, wordings
from quadviz.figures.marks.plane import REGIONS, Region, cross, plane_axes, threshold_lines
from quadviz.figures.marks.theme import THEMES, ThemeName, template
from quadviz.scenes.plane import Plane, RegionName, centres

__all__ = ["Band", "bands", "phase_diagram_figure"]


HEIGHT = 308
MARGIN = {"l": 50, "r": 10, "t": 24, "b": 44}
#: The smallest plane that the labels are made to fit, in pixels: a phone's.
_SIZE = (330.0, HEIGHT - MARGIN["t"] - MARGIN["b"])
#: Rows and columns of the grid on which room for a label is looked for.
_GRID = (66, 100)


@dataclass(frozen=True, eq=False)
class Band:
    """A region, by its left and its right side at increasing heights; arrays of one shape (N,).

    One that has no extent is there too.
    """

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
    """The regions by name."""
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
    found: dict[RegionName, Band] = {"narrow": Band(np.full(2, start), np.full(2, end), strip)}
    found |= {name: Band(left, right, curves.place) for name, (left, right) in sides.items()}
    return found


def phase_diagram_figure(plane: Plane, theme: ThemeName = "light") -> Drawing:
    """The regions between the thresholds, and the cross.

    Args:
        plane: the thresholds and the cross.
        theme: the background the figure is made for.

    Returns:
        The figure. The trace of a region is called after it, such as "region-narrow".
    """
    found = bands(plane)
    layout = {
        "template": template(theme), "height": HEIGHT, "margin": MARGIN,
        "dragmode": False, "hovermode": False,
        **plane_axes(plane, standoff=6, rows=6),
        "annotations": [
            *(_name(REGIONS[name], band, plane, theme) for name, band in found.items()),
            panel_title("<b>thresholds</b>  without label noise (Δ = 0)"),
        ],
    }  # fmt: skip
    data = [
        *(_area(name, band, theme) for name, band in found.items()),
        *threshold_lines(plane.curves, theme),
        *cross(plane.point, 17, theme),
    ]
    return {"data": data, "layout": layout}


def _area(name: RegionName, band: Band, theme: ThemeName) -> Part:
    """A region, filled."""
    x, y = band.outline
    return {
        "type": "scatter", "uid": f"region-{name}", "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "x": x, "y": y, "line": {"width": 0}, "fill": "toself",
        "fillcolor": REGIONS[name].dark if theme == "dark" else REGIONS[name].light,
    }  # fmt: skip


def _name(region: Region, band: Band, plane: Plane, theme: ThemeName) -> Part:
    """The name of a region where it fits, clear of the cross."""
    rows, columns = _GRID
    area = band.cells(centres(plane.alpha, columns), centres(plane.width, rows))
    words = wordings(region.name) + wordings(region.short)
    return label_note(place_label(without(area, plane.fraction, _SIZE), words, _SIZE), THEMES[theme].ink)
