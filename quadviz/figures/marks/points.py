"""Trained networks as points with error bars, beside the curves of the theory."""

from __future__ import annotations

import numpy as np

from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import THEMES, ThemeName
from quadviz.scenes.marks import SimulatedPoints

__all__ = ["points_trace"]


def points_trace(
    uid: str, yaxis: str, title: str, points: SimulatedPoints | None, row: int, colour: str, theme: ThemeName
) -> Part:
    """One row of points as a trace, which is there without any too.

    Args:
        uid: the name of the trace.
        yaxis: the vertical axis of its panel.
        title: what the panel shows.
        points: the points, or None for none.
        row: which quantity.
        colour: that of the curve they belong to.
        theme: the background.
    """
    colours = THEMES[theme]
    current = points is None or points.current
    edge = colour if current else colours.muted
    none = np.empty(0)
    return {
        "type": "scatter", "uid": uid, "mode": "markers", "xaxis": "x", "yaxis": yaxis, "showlegend": False,
        "x": none if points is None else points.alpha, "y": none if points is None else points.mean[row],
        "error_y": {
            "type": "data", "width": 0, "thickness": 1.8, "color": edge,
            "array": none if points is None else np.nan_to_num(points.error[row]),
        },
        "marker": {
            "size": 8, "symbol": "diamond", "color": edge if current else colours.surface,
            "line": {"color": colours.surface if current else edge, "width": 1.2},
        },
        "hovertemplate": f"{title}, networks: %{{y:.4g}} ± %{{error_y.array:.2g}}<extra></extra>",
    }  # fmt: skip
