"""Trained networks as points with error bars, beside the curves of the theory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.pen import Pen
from quadviz.figures.theme import THEMES, ThemeName

__all__ = ["SimulatedPoints", "add_points", "draw_points"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SimulatedPoints:
    """Networks, averaged.

    Attributes:
        alpha: places, increasing, shape (P,).
        mean: means of R quantities, a row for each panel, shape (R, P); NaN where there is none yet.
        error: their standard errors, shape (R, P); NaN for a single network.
        current: whether they belong to the curve that is drawn; they are hollow and grey otherwise.
    """

    alpha: FloatArray
    mean: FloatArray
    error: FloatArray
    current: bool = True


def add_points(figure: go.Figure, yaxis: str, title: str) -> int:
    """Room for points on a pair of axes; the number of their trace."""
    figure.add_scatter(
        mode="markers", xaxis="x", yaxis=yaxis, showlegend=False, marker_size=8, marker_symbol="diamond",
        error_y={"type": "data", "width": 0, "thickness": 1.8},
        hovertemplate=f"{title}, networks: %{{y:.4g}} ± %{{error_y.array:.2g}}<extra></extra>",
    )  # fmt: skip
    return len(figure.data) - 1


def draw_points(
    pen: Pen, trace: int, points: SimulatedPoints | None, row: int, colour: str, theme: ThemeName
) -> None:
    """Draw one row of points into the room made for them.

    Args:
        pen: the pen of the figure.
        trace: what :func:`add_points` returned.
        points: the points, or None for none.
        row: which quantity.
        colour: that of the curve they belong to.
        theme: the background.
    """
    if points is None:
        pen.put(trace, x=None, y=None)
        return
    colours = THEMES[theme]
    edge = colour if points.current else colours.muted
    pen.put(
        trace,
        x=points.alpha.astype(pen.precision),
        y=points.mean[row].astype(pen.precision),
        error_y_array=np.nan_to_num(points.error[row]).astype(pen.precision),
        error_y_color=edge,
        marker_color=edge if points.current else colours.surface,
        marker_line_color=colours.surface if points.current else edge,
        marker_line_width=1.2,
    )
