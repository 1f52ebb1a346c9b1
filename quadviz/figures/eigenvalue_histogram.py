"""Eigenvalues of trained networks as a histogram, on the scale of a density of the theory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.pen import Pen
from quadviz.figures.spectra_outlines import Outline, View
from quadviz.figures.theme import THEMES, ThemeName

__all__ = ["NetworkSpectrum", "add_histogram", "draw_histogram", "histogram"]

FloatArray = NDArray[np.float64]

#: Bins for each cube root of the number of eigenvalues, and the least and most of them.
_BINS, _FEWEST, _MOST = 3.0, 6, 40


@dataclass(frozen=True)
class NetworkSpectrum:
    """Eigenvalues of Z of some networks, pooled.

    Attributes:
        eigenvalues: those that are not 0, shape (N,).
        total: how many there are with those that are 0.
        current: whether the networks were trained at the setting of the theory; else they are drawn grey.
    """

    eigenvalues: FloatArray
    total: int
    current: bool = True

    @property
    def atom_at_zero(self) -> float:
        """Share of those that are 0."""
        return 1 - self.eigenvalues.size / self.total


def histogram(networks: NetworkSpectrum, view: View) -> Outline:
    """The histogram as a polyline of steps, one row; its area is the share of eigenvalues that are not 0.

    Args:
        networks: the eigenvalues.
        view: what is counted: eigenvalues, or their square roots.
    """
    values = networks.eigenvalues
    if values.size == 0:
        return Outline(np.zeros((1, 2)), np.zeros((1, 2)))
    values = np.sqrt(values) if view == "singular values" else values
    bins = int(np.clip(_BINS * np.cbrt(values.size), _FEWEST, _MOST))
    counts, edges = np.histogram(values, bins, range=(0.0, float(values.max())))
    heights = counts / (networks.total * np.diff(edges))
    return Outline(np.repeat(edges, 2)[None], np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])[None])


def add_histogram(figure: go.Figure) -> int:
    """Room for a histogram in a figure; the number of its trace."""
    figure.add_scatter(
        mode="lines", hoverinfo="skip", showlegend=False, line={"width": 1.6, "simplify": False},
    )  # fmt: skip
    return len(figure.data) - 1


def draw_histogram(
    pen: Pen, trace: int, networks: NetworkSpectrum | None, view: View, theme: ThemeName
) -> None:
    """Draw a histogram into the room made for it, or nothing."""
    if networks is None:
        pen.put(trace, x=None, y=None)
        return
    colours, outline = THEMES[theme], histogram(networks, view)
    pen.put(
        trace,
        x=outline.x[0].astype(pen.precision),
        y=outline.y[0].astype(pen.precision),
        line_color=colours.ink if networks.current else colours.line,
    )
