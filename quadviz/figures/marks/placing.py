"""Where in an area of a plane a label fits, if it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.drawing import Part

__all__ = ["Label", "Place", "label_note", "off_curve", "place_label", "without", "wordings"]


#: Pixels of an average character and of a line, for text of 12 px.
_CHARACTER, _LINE = 6.0, 15.0
#: Pixels kept free around a label, and to each side of a point.
_AIR, _CLEAR = 5.0, 10.0


@dataclass(frozen=True)
class Label:
    """One way to write a text.

    Attributes:
        text: the text, its lines separated by ``<br>``.
        width: width of what is drawn, in pixels.
        height: its height.
        upright: whether it is turned by a right angle, to be read from the bottom up.
    """

    text: str
    width: float
    height: float
    upright: bool = False


@dataclass(frozen=True)
class Place:
    """A label and its centre, as fractions of the plane from its lower left corner."""

    label: Label
    x: float
    y: float


def wordings(text: str, lines: Sequence[int] = (1, 2, 3)) -> list[Label]:
    """Ways to write a text, the best first: on few lines, level before upright.

    >>> [(label.text, label.upright) for label in wordings("rank limited", lines=(1, 2))][:2]
    [('rank limited', False), ('rank<br>limited', False)]
    """
    broken = [_broken(text, count) for count in lines]
    sizes = [
        (max(map(len, rows)) * _CHARACTER + _AIR, len(rows) * _LINE + _AIR, "<br>".join(rows))
        for rows in broken
    ]
    level = [Label(text, width, height) for width, height, text in sizes]
    return level + [Label(text, height, width, upright=True) for width, height, text in sizes]


def place_label(area: BoolArray, labels: Sequence[Label], size: tuple[float, float]) -> Place | None:
    """The first of several labels that fits into an area, as close to its middle as it fits.

    Args:
        area: the area as the cells of a grid over the plane, shape (rows, columns), the lowest row first.
        labels: ways to write the label, the preferred one first.
        size: width and height of the plane in pixels.

    Returns:
        The label and its place, or None where none fits.

    >>> area = np.zeros((10, 20), dtype=bool)
    >>> area[:, 5:15] = True
    >>> place_label(area, [Label("a", 40, 20)], size=(200, 100))
    Place(label=Label(text='a', width=40, height=20, upright=False), x=0.5, y=0.5)
    """
    if not area.any():
        return None
    rows, columns = area.shape
    counts = np.zeros((rows + 1, columns + 1))
    counts[1:, 1:] = area.cumsum(axis=0).cumsum(axis=1)
    inside = np.argwhere(area)
    middle = inside.mean(axis=0) + 0.5
    for label in labels:
        high = int(np.ceil(label.height / size[1] * rows))
        wide = int(np.ceil(label.width / size[0] * columns))
        if high > rows or wide > columns:
            continue
        filled = counts[high:, wide:] - counts[:-high, wide:] - counts[high:, :-wide] + counts[:-high, :-wide]
        fits = np.argwhere(filled == high * wide)
        if fits.size:
            centres = fits + np.array([high, wide]) / 2
            away = (centres - middle) / np.array([rows, columns])
            y, x = centres[np.argmin((away**2).sum(axis=1))]
            return Place(label, float(x) / columns, float(y) / rows)
    return None


def label_note(place: Place | None, ink: str) -> Part:
    """A label in its place as an annotation of a figure, which is there without a place too."""
    label, x, y = (Label("", 0, 0), 0.5, 0.5) if place is None else (place.label, place.x, place.y)
    return {
        "text": label.text, "x": x, "xref": "paper", "xanchor": "center", "y": y, "yref": "paper",
        "yanchor": "middle", "textangle": -90 if label.upright else 0, "font": {"size": 12, "color": ink},
        "showarrow": False, "visible": place is not None,
    }  # fmt: skip


def without(area: BoolArray, point: tuple[float, float], size: tuple[float, float]) -> BoolArray:
    """An area less what lies around a point, for a label to step aside.

    Args:
        area: the area, shape (rows, columns), the lowest row first.
        point: the point, as fractions of the plane from its lower left corner.
        size: width and height of the plane in pixels.
    """
    rows, columns = area.shape
    up = np.abs((np.arange(rows) + 0.5) / rows - point[1]) * size[1] < _CLEAR
    across = np.abs((np.arange(columns) + 0.5) / columns - point[0]) * size[0] < _CLEAR
    cleared: BoolArray = area & ~(up[:, None] & across)
    return cleared


def off_curve(area: BoolArray, x: FloatArray, y: FloatArray, size: tuple[float, float]) -> BoolArray:
    """An area less what lies around a curve that runs upwards.

    Args:
        area: the area, shape (rows, columns), the lowest row first.
        x: the curve, as fractions of the plane, shape (N,).
        y: its increasing heights, as fractions of the plane, shape (N,).
        size: width and height of the plane in pixels.
    """
    rows, columns = area.shape
    up, across = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    near = np.abs(across - np.interp(up, y, x)[:, None]) * size[0] < _AIR
    along = (up >= y[0]) & (up <= y[-1])
    cleared: BoolArray = area & ~(near & along[:, None])
    return cleared


def _broken(text: str, count: int) -> list[str]:
    """A text on at most ``count`` lines of about the same length."""
    words = text.split(" ")
    rows = [words[0]]
    target = len(text) / count
    for word in words[1:]:
        short = len(rows[-1]) + (len(word) + 1) / 2 <= target
        if short or len(rows) == count:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows
