"""Small pictures that can move: SVG whose attributes have a value at each of a few moments.

A picture is drawn at the moment at which it rests. The other moments go along in ``data-`` attributes, and
``assets/gallery.js`` moves between them as a slider would. Colours are left to ``assets/gallery.css``.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray

__all__ = ["BOTTOM", "HEIGHT", "LEFT", "RIGHT", "TOP", "WIDTH", "Moving", "Window", "knob", "thumbnail"]


WIDTH, HEIGHT = 320, 180
#: The edges of what is drawn in: above it the name of the upright axis and a slider, below that of the other.
LEFT, RIGHT, TOP, BOTTOM = 12.0, 308.0, 30.0, 158.0
_TRACK = (238.0, 304.0)
#: How far above a picture a line may go, in heights of the picture.
_FAR = 4.0


@dataclass(frozen=True)
class Window:
    """Where data stand in a picture.

    Attributes:
        x: what the left and the right edge stand for.
        y: what the lower and the upper edge stand for. Values below are drawn on the edge, lines leave above.
    """

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: ArrayLike) -> FloatArray:
        """Horizontal places."""
        share = (np.asarray(x, dtype=np.float64) - self.x[0]) / (self.x[1] - self.x[0])
        return LEFT + (RIGHT - LEFT) * np.clip(share, 0, 1)

    def up(self, y: ArrayLike) -> FloatArray:
        """Vertical places, which SVG counts downwards."""
        share = (np.asarray(y, dtype=np.float64) - self.y[0]) / (self.y[1] - self.y[0])
        return BOTTOM - (BOTTOM - TOP) * np.clip(share, 0, _FAR)


@dataclass(frozen=True)
class Moving:
    """Draws elements that have a value at each of some moments.

    Attributes:
        frame: where data stand.
        rest: the moment at which the picture rests.
    """

    frame: Window
    rest: int

    def line(self, name: str, x: ArrayLike, y: ArrayLike) -> str:
        """A line, shapes (F, N) or what broadcasts to them."""
        return self._path(name, self.frame.across(x), self.frame.up(y), "")

    def area(self, name: str, x: ArrayLike, y: ArrayLike) -> str:
        """What lies between a line, of shapes (F, N), and the lower edge."""
        across, up = np.broadcast_arrays(self.frame.across(x), self.frame.up(y))
        across = np.concatenate([across[:, :1], across, across[:, -1:]], axis=1)
        return self._path(name, across, np.pad(up, ((0, 0), (1, 1)), constant_values=BOTTOM), "Z")

    def upright(self, name: str, x: ArrayLike) -> str:
        """An upright line through the picture at places of shape (F,)."""
        places = np.repeat(self.frame.across(x)[:, None], 2, axis=1)
        return self._path(name, places, np.array([[BOTTOM, TOP]]), "")

    def dot(self, name: str, x: ArrayLike, y: ArrayLike, radius: float = 4.0) -> str:
        """A dot at places of shape (F,)."""
        x, y = np.broadcast_arrays(self.frame.across(x), self.frame.up(y))
        return self.element(f'circle class="{name}" r="{radius:g}"', cx=_numbers(x), cy=_numbers(y))

    def revealed(self, name: str, x: ArrayLike, parts: Sequence[str]) -> str:
        """Elements that are seen as far as a place, of shape (F,), from the left.

        Args:
            name: a name that no other such group on the page has.
            x: how far.
            parts: the elements.
        """
        far = self.element(f'rect x="0" y="0" height="{HEIGHT}"', width=_numbers(self.frame.across(x)))
        clip = f'<clipPath id="qv-clip-{name}">{far}</clipPath>'
        return f'{clip}<g clip-path="url(#qv-clip-{name})">{"".join(parts)}</g>'

    def element(self, start: str, text: Sequence[str] = (), **values: Sequence[str]) -> str:
        """An element that begins with ``start``, with attributes, or words in it, that change."""
        said = {name.replace("_", "-"): list(at) for name, at in values.items()}
        # What does not move has one value.
        attributes = [f'{name}="{at[min(self.rest, len(at) - 1)]}"' for name, at in said.items()]
        moves = {name: at for name, at in {**said, "text": list(text)}.items() if len(set(at)) > 1}
        attributes += [f'data-{name}="{html.escape("|".join(at))}"' for name, at in moves.items()]
        inside = html.escape(text[self.rest]) if text else ""
        return f"<{start} {' '.join(attributes)}>{inside}</{start.split()[0]}>"

    def _path(self, name: str, x: FloatArray, y: FloatArray, end: str) -> str:
        points = np.stack(np.broadcast_arrays(x, y), axis=-1)
        outlines = ["M" + " ".join(_numbers(moment.ravel())) + end for moment in points]
        return self.element(f'path class="{name}"', d=outlines)


def knob(moving: Moving, symbol: str, values: Sequence[str]) -> str:
    """The slider that moves a picture: its symbol and value, and a thumb on a track."""
    low, high = _TRACK
    places = np.linspace(low, high, len(values))
    track = f'<path class="qv-t-track" d="M{low:g} 12H{high:g}"/>'
    said = [f"{symbol} = {value}" for value in values]
    # The words would be as wide as the longest of them: they end where the track begins.
    words = moving.element(f'text class="qv-t-value" x="{low - 12:g}" y="16" text-anchor="end"', said)
    thumb = moving.element('circle class="qv-t-thumb" r="5" cy="12"', cx=_numbers(places))
    return f"{words}{track}{thumb}"


def thumbnail(moving: Moving, name: str, across: str, up: str, parts: Sequence[str]) -> str:
    """A picture with an accessible name, and the names of its axes.

    Args:
        moving: what drew it.
        name: what it shows, in a sentence.
        across: the name of the horizontal axis.
        up: the name of the upright one.
        parts: the elements in it, the slider last.
    """
    axes = f'<path class="qv-t-axis" d="M{LEFT:g} {TOP - 6:g}V{BOTTOM:g}H{RIGHT:g}"/>'
    names = (
        f'<text x="{LEFT - 2:g}" y="16">{html.escape(up)}</text>'
        f'<text x="{RIGHT:g}" y="{HEIGHT - 6}" text-anchor="end">{html.escape(across)}</text>'
    )
    # A picture in the picture cuts off what leaves it.
    above = TOP - 6
    plot = (
        f'<svg y="{above:g}" width="{WIDTH}" height="{HEIGHT - above:g}"'
        f' viewBox="0 {above:g} {WIDTH} {HEIGHT - above:g}">{"".join(parts[:-1])}</svg>'
    )
    return (
        f'<svg class="qv-thumbnail" viewBox="0 0 {WIDTH} {HEIGHT}" data-rest="{moving.rest}" role="img"'
        f' aria-label="{html.escape(name)}">'
        f"{plot}{axes}{names}{parts[-1]}</svg>"
    )


def _numbers(values: FloatArray) -> list[str]:
    """Tenths of a pixel."""
    return [f"{value:.1f}" for value in values.tolist()]
