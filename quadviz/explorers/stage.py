"""What moves in the figures of a page while the browser shows moments that are solved beforehand.

``assets/stage.js`` draws it over the figures, in their axes; the parts of the figures that it stands for are
hidden meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PlayedLabel", "PlayedMark", "PlayedPanel", "PlayedPath", "packed"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PlayedPath:
    """A line of a figure at F moments.

    Attributes:
        trace: number of the trace that it stands for, which is hidden meanwhile.
        axis: its vertical axis in plotly's layout, such as "yaxis2".
        x: places, shape (F, N); where a moment has NaN there is nothing to draw.
        y: heights, shape (F, N).
        style: attributes of the path in SVG.
        dashes: its dashes at each moment, "none" for none.
    """

    trace: int
    axis: str
    x: FloatArray
    y: FloatArray
    style: dict[str, str]
    dashes: tuple[str, ...]


@dataclass(frozen=True)
class PlayedLabel:
    """A label of a figure at F moments.

    Attributes:
        annotation: number of the annotation that it stands for, which is hidden meanwhile.
        axis: the vertical axis that it is placed by.
        x: places, shape (F,).
        y: heights, shape (F,).
        left: whether it stands left of its place, shape (F,).
        text: the words; empty where there are none.
        shift: pixels to the side and upwards.
        style: attributes of the text in SVG.
    """

    annotation: int
    axis: str
    x: FloatArray
    y: FloatArray
    left: NDArray[np.bool_]
    text: tuple[str, ...]
    shift: tuple[float, float]
    style: dict[str, str]


@dataclass(frozen=True)
class PlayedMark:
    """An upright line through all panels of a figure at F moments.

    Attributes:
        shape: number of the shape that it stands for, which is hidden meanwhile.
        x: places, shape (F,).
        style: attributes of the line in SVG.
    """

    shape: int
    x: FloatArray
    style: dict[str, str]


@dataclass(frozen=True)
class PlayedPanel:
    """What moves in one figure."""

    paths: tuple[PlayedPath, ...] = ()
    labels: tuple[PlayedLabel, ...] = ()
    marks: tuple[PlayedMark, ...] = ()


def packed(panels: Sequence[PlayedPanel]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Panels in JSON, and their lines in single precision: x and y of every path, panel by panel."""
    buffers = [
        np.ascontiguousarray(values, dtype="<f4").tobytes()
        for panel in panels
        for path in panel.paths
        for values in (path.x, path.y)
    ]
    plain = [
        {
            "paths": [
                {
                    "trace": path.trace,
                    "axis": path.axis,
                    "points": path.x.shape[1],
                    "style": path.style,
                    "dashes": _runs(path.dashes),
                }
                for path in panel.paths
            ],
            "labels": [
                {
                    "annotation": label.annotation,
                    "axis": label.axis,
                    "x": label.x.tolist(),
                    "y": label.y.tolist(),
                    "left": label.left.tolist(),
                    "text": list(label.text),
                    "shift": list(label.shift),
                    "style": label.style,
                }
                for label in panel.labels
            ],
            "marks": [
                {"shape": mark.shape, "x": mark.x.tolist(), "style": mark.style} for mark in panel.marks
            ],
        }
        for panel in panels
    ]
    return plain, buffers


def _runs(values: Sequence[str]) -> str | list[str]:
    """One value where all are the same."""
    return values[0] if len(set(values)) == 1 else list(values)
