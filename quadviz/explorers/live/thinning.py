"""Figures of very many points, thinned to what a screen can show; the figure says so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.figures.marks.drawing import Drawing, Part

__all__ = ["MOST", "thinned"]

#: A trace is drawn with at most so many points, several for every pixel of the widest screen.
MOST = 8000


def thinned(drawing: Drawing) -> Drawing:
    """A figure whose traces have :data:`MOST` points at most, with a note on it where one had more.

    Of neighbouring points the lowest and the highest are kept, so that no peak is lost.
    """
    traces = drawing["data"]
    sizes = [np.size(each.get("y", ())) if each.get("type") == "scatter" else 0 for each in traces]
    if max(sizes, default=0) <= MOST:
        return drawing
    data = [_thin(each, n) if n > MOST else each for each, n in zip(traces, sizes, strict=True)]
    layout = drawing["layout"]
    note = {
        "text": f"drawn with {MOST:,} of {max(sizes):,} points", "x": 1, "xref": "paper", "xanchor": "right",
        "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 11},
    }  # fmt: skip
    return {"data": data, "layout": {**layout, "annotations": [*layout.get("annotations", ()), note]}}


def _thin(trace: Part, size: int) -> Part:
    kept = _kept(np.asarray(trace["y"], dtype=np.float64))

    def thin(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.shape == (size,):
            return value[kept]
        if isinstance(value, (list, tuple)) and len(value) == size:
            return [value[i] for i in kept]
        return {key: thin(each) for key, each in value.items()} if isinstance(value, dict) else value

    thinner: Part = thin(trace)
    return thinner


def _kept(heights: NDArray[np.float64]) -> NDArray[np.intp]:
    """The numbers of the points that stay: lowest and highest of every bucket, and the ends."""
    buckets = np.array_split(np.arange(heights.size), MOST // 2 - 1)
    known = np.isfinite(heights)
    low, high = np.where(known, heights, np.inf), np.where(known, heights, -np.inf)
    ends = [each for b in buckets for each in (b[np.argmin(low[b])], b[np.argmax(high[b])])]
    return np.unique([0, *ends, heights.size - 1])
