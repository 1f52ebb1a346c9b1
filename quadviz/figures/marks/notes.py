"""What to write above a panel, and into one whose log axis cannot show all of its curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Part

__all__ = ["NamedCurve", "missing", "panel_title", "roomier_right", "stretch"]

#: A curve's name ("" for one that stands alone), its increasing places, and its values there.
NamedCurve = tuple[str, FloatArray, FloatArray]


def panel_title(text: str) -> Part:
    """What a figure of one panel shows, above it, as an annotation."""
    return {
        "text": text, "x": 0, "xref": "paper", "xanchor": "left", "xshift": -4, "y": 1, "yref": "paper",
        "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip


def missing(curves: Sequence[NamedCurve], floor: float) -> str:
    """What a log axis that ends at ``floor`` does not show: stretches that are zero, or lie below it.

    >>> missing([("", np.array([0.1, 0.2, 0.3]), np.array([1.0, 0.0, 0.0]))], floor=0.5)
    'the curve is exactly 0 from α = 0.2'
    """
    notes = []
    for name, place, curve in curves:
        zero = curve == 0.0
        below = (curve > 0.0) & (curve < floor)
        who = f"{name} is" if name else "the curve is"
        if zero.any():
            notes.append(f"{who} exactly 0 {stretch(place, zero)}")
        elif below.any():
            notes.append(f"{who} below this axis {stretch(place, below)}")
    if not notes:
        return ""
    others = len(notes) - 1
    return notes[0] + (f"; so {'is' if others == 1 else 'are'} {others} more, in part" if others else "")


def roomier_right(curves: Sequence[NamedCurve], floor: float, scale: Scale) -> bool:
    """Whether the curves above ``floor`` leave more room at the bottom of the right half than of the left."""
    lowest = {True: np.inf, False: np.inf}
    for _name, place, curve in curves:
        across = np.log(place) if scale == "log" else place
        right = across > (across[0] + across[-1]) / 2
        shown = np.where(curve >= floor, curve, np.inf)
        for side in lowest:
            lowest[side] = min(lowest[side], float(shown[right == side].min()))
    return lowest[True] > lowest[False]


def stretch(place: FloatArray, where: BoolArray, symbol: str = "α", digits: int = 4) -> str:
    """The range that holds every marked place, in words.

    >>> stretch(np.array([0.1, 0.2, 0.3]), np.array([False, True, True]))
    'from α = 0.2'
    """
    first, last = np.flatnonzero(where)[[0, -1]]
    low, high = (f"{place[end]:.{digits}g}" for end in (first, last))
    if first == 0:
        return "everywhere" if last == place.size - 1 else f"up to {symbol} = {high}"
    if last == place.size - 1:
        return f"from {symbol} = {low}"
    return f"from {symbol} = {low} to {high}"
