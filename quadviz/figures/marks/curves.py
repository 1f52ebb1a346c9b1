"""Curves of steady states over an axis, with what is sure about them, and the points on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import DASH, OKABE_ITO, THEMES, ThemeName
from quadviz.outcome import Regime, Status
from quadviz.theory.steady.steady_state import SteadyState

__all__ = [
    "BEST_COLOUR",
    "BEST_NAME",
    "RIDGELESS_NAME",
    "THICK",
    "THIN",
    "Curve",
    "bayes_curve",
    "curve_traces",
    "dots_trace",
    "marks_trace",
    "plain_trace",
    "state_curve",
]


BEST_COLOUR = OKABE_ITO["green"]
BEST_NAME, RIDGELESS_NAME = "best λ", "λ → 0+"
THICK, THIN = 3.2, 1.8
_NONE = np.empty(0)


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve of a panel; arrays of shape (N,).

    Attributes:
        name: what it is called when hovered.
        x: increasing places.
        y: heights; NaN where not known.
        limited: where the width limits the rank, to be dashed.
        several: where the equations have other solutions too, to be strewn with dots.
        colour: its colour.
        width: of the line, in pixels.
    """

    name: str
    x: FloatArray
    y: FloatArray
    limited: BoolArray
    several: BoolArray
    colour: str
    width: float = THIN

    def through(self, x: float, y: float) -> Curve:
        """The curve with one more point, which takes after its neighbour on the right."""
        at = int(np.searchsorted(self.x, x))
        if not 0 < at < self.x.size:
            return self
        return replace(
            self,
            x=np.insert(self.x, at, x),
            y=np.insert(self.y, at, y),
            limited=np.insert(self.limited, at, self.limited[at]),
            several=np.insert(self.several, at, False),
        )


def state_curve(
    name: str, x: FloatArray, states: SteadyState, colour: str, width: float = THIN, field: str = "mse"
) -> Curve:
    """A field of some steady states, arrays of shape (N,), as a curve over ``x``."""
    status, regime = np.asarray(states.status), np.asarray(states.regime)
    limited = (regime == Regime.RANK_LIMITED) & (status != Status.FAILED)
    values = np.where(status == Status.FAILED, np.nan, getattr(states, field))
    return Curve(name, x, values, limited, status == Status.SEVERAL, colour, width)


def bayes_curve(x: FloatArray, mmse: FloatArray, theme: ThemeName) -> Curve:
    """The Bayes-optimal error over ``x``."""
    nowhere = np.zeros(mmse.shape, dtype=bool)
    return Curve("Bayes-optimal", x, mmse, nowhere, nowhere, THEMES[theme].ink, 2.2)


def curve_traces(uid: str, yaxis: str, curve: Curve | None) -> Iterator[Part]:
    """A curve twice, or room for it: a dashed line, where there is one, runs under the solid one.

    The one that is whole is hovered: the other has gaps that a distant point would bridge.
    """
    if curve is None:
        curve = Curve("", _NONE, _NONE, _NONE == 0, _NONE == 0, "#000000")
    under = bool(curve.limited.any())
    solid = np.where(curve.limited, np.nan, curve.y) if under else curve.y
    yield plain_trace(f"{uid}-dashed", yaxis, curve if under else replace(curve, x=_NONE, y=_NONE), DASH)
    yield {
        **plain_trace(uid, yaxis, replace(curve, y=solid), "solid"), "hoverinfo": "skip" if under else "all",
    }  # fmt: skip


def plain_trace(uid: str, yaxis: str, curve: Curve, dash: str) -> Part:
    """A curve as one line, hovered with its name and four digits."""
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "xaxis": "x", "yaxis": yaxis, "showlegend": False,
        "x": curve.x, "y": curve.y, "name": curve.name,
        "line": {"simplify": False, "dash": dash, "color": curve.colour, "width": curve.width},
        "hovertemplate": f"{curve.name}: %{{y:.4g}}<extra></extra>", "hoverinfo": "all",
    }  # fmt: skip


def dots_trace(uid: str, yaxis: str, curves: Sequence[Curve]) -> Part:
    """Dots where the equations of some of the curves have other solutions."""
    return _points(
        uid, yaxis,
        np.concatenate([curve.x[curve.several] for curve in curves]),
        np.concatenate([curve.y[curve.several] for curve in curves]),
        {"size": 4, "color": [curve.colour for curve in curves for _ in range(int(curve.several.sum()))]},
    )  # fmt: skip


def marks_trace(
    uid: str,
    yaxis: str,
    x: float,
    heights: FloatArray,
    colours: Sequence[str],
    theme: ThemeName,
    symbol: str = "circle",
) -> Part:
    """Points at one place, edged in the colour of the background."""
    edge = {"color": THEMES[theme].surface, "width": 1.5}
    marker = {"size": 9, "symbol": symbol, "color": list(colours), "line": edge}
    return {**_points(uid, yaxis, np.full(heights.shape, x), heights, marker), "cliponaxis": False}


def _points(uid: str, yaxis: str, x: FloatArray, y: FloatArray, marker: Part) -> Part:
    return {
        "type": "scatter", "uid": uid, "mode": "markers", "xaxis": "x", "yaxis": yaxis, "showlegend": False,
        "hoverinfo": "skip", "x": x, "y": y, "marker": marker,
    }  # fmt: skip
