"""Eigenvalues of trained networks as a histogram, on the scale of a density of the theory."""

from __future__ import annotations

import numpy as np

from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.outlines import Outline
from quadviz.figures.marks.theme import THEMES, ThemeName
from quadviz.scenes.common.marks import NetworkSpectrum
from quadviz.scenes.spectra import View

__all__ = ["histogram", "histogram_trace"]


#: Bins for each cube root of the number of eigenvalues, and the least and most of them.
_BINS, _FEWEST, _MOST = 3.0, 6, 40


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


def histogram_trace(uid: str, networks: NetworkSpectrum | None, view: View, theme: ThemeName) -> Part:
    """A histogram as a trace, which is there without any networks too."""
    colours = THEMES[theme]
    outline = None if networks is None else histogram(networks, view)
    current = networks is None or networks.current
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "x": np.empty(0) if outline is None else outline.x[0],
        "y": np.empty(0) if outline is None else outline.y[0],
        "line": {"width": 1.6, "simplify": False, "color": colours.ink if current else colours.line},
    }  # fmt: skip
