"""Trained networks as points with error bars beside curves of the theory, and the theory at their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints, SizedTheory

__all__ = ["own_lines", "own_traces", "own_values", "points_trace", "size_traces"]

#: Width of the line of the theory at the networks' size, which is not to be taken for a curve of the limit.
_THIN = 1.2
#: So many times may a reader's own values go beyond all else on an axis before they leave it: other units are
#: seen, a slip by many powers of ten spoils nothing.
_STRETCH = {"linear": 30.0, "log": 1e3}
#: What is smaller is not positive in single precision.
_LEAST = 1e-30
#: So many of them have the size of the networks' points; more have a smaller one.
_FEW, _SMALL = (24, 8), 6


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


def size_traces(
    yaxis: str, title: str, theory: SizedTheory | None, row: int, colour: str, theme: ThemeName
) -> Iterator[Part]:
    """One row of the theory at the networks' size as two traces, which are there without any too.

    As with curves the dashed line runs under the solid one where the width limits the rank, and the one that
    is whole is hovered.

    Args:
        yaxis: the vertical axis of its panel.
        title: what the panel shows.
        theory: the theory, or None for none.
        row: which quantity.
        colour: that of the curve it belongs to.
        theme: the background.
    """
    x = y = error = none = np.empty(0)
    limited, edge, said = np.empty(0, dtype=bool), colour, ""
    if theory is not None:
        x, y, error, limited = theory.alpha, theory.value[row], theory.error[row], theory.limited
        edge = colour if theory.current else THEMES[theme].muted
        said = f"{title}, theory at d = {theory.d}: %{{y:.4g}} ± %{{customdata:.2g}}<extra></extra>"
    under = bool(limited.any())
    for kind, shown in (("dashed", y if under else none), ("solid", np.where(limited, np.nan, y))):
        dashed = kind == "dashed"
        hovered = dashed == under and theory is not None
        yield {
            "type": "scatter", "uid": f"size-{kind}-{row}", "mode": "lines", "xaxis": "x", "yaxis": yaxis,
            "x": x if shown.size else none, "y": shown, "customdata": error if shown.size else none,
            "line": {"color": edge, "width": _THIN, "simplify": False, **({"dash": DASH} if dashed else {})},
            "showlegend": False, "hoverinfo": "all" if hovered else "skip",
            "hovertemplate": said if hovered else None,
        }  # fmt: skip


def own_values(
    own: Sequence[OwnPoints], row: int, others: FloatArray, span: tuple[float, float], scale: Scale
) -> FloatArray:
    """Of one row of a reader's own measurements the values that an axis is to hold, in no order.

    Args:
        own: the measurements.
        row: which quantity.
        others: what else the axis has to hold.
        span: the ends of the axis across.
        scale: the scale of the axis.
    """
    seen = [each.mean[row][(each.place >= span[0]) & (each.place <= span[1])] for each in own]
    values = np.concatenate([np.empty(0), *seen])
    usual = others[np.isfinite(others) & (others > 0)]
    if not usual.size:
        return values
    far = _STRETCH[scale]
    near: FloatArray = values[(values <= far * usual.max()) & (values >= usual.min() / far)]
    return near


def own_lines(own: Sequence[OwnPoints], row: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Places and heights of one row of a reader's own measurements, for words to keep clear of."""
    for each in own:
        known = np.isfinite(each.mean[row])
        if known.any():
            yield each.place[known], each.mean[row][known]


def own_traces(
    yaxis: str,
    title: str,
    own: Sequence[OwnPoints],
    row: int,
    colours: Sequence[str],
    theme: ThemeName,
    scale: Scale,
    first: float = _LEAST,
) -> Iterator[Part]:
    """One row of a reader's own measurements as squares: in the colour of their curve, or hollow and grey.

    There is a trace for those of no curve, which the others lie on, and one for each curve, with points or
    without, as long as there are measurements.

    Args:
        yaxis: the vertical axis of its panel.
        title: what the panel shows.
        own: the measurements, as :func:`quadviz.scenes.common.own_data.own_points` sorts them.
        row: which quantity.
        colours: those of the curves.
        theme: the background.
        scale: that of the vertical axis; a log axis has no place for what is not positive.
        first: the first place on the axis across.
    """
    look = THEMES[theme]
    size = _FEW[1] if sum(each.place.size for each in own) <= _FEW[0] else _SMALL
    for each in own:
        mean = each.mean[row]
        kept = np.isfinite(mean) & (each.place >= first) & ((mean >= _LEAST) | (scale == "linear"))
        colour = look.muted if each.curve is None else colours[each.curve]
        fill = look.surface if each.curve is None else colour
        edge = look.muted if each.curve is None else look.ink
        yield {
            "type": "scatter", "uid": f"own-{row}-{'other' if each.curve is None else each.curve}",
            "mode": "markers", "xaxis": "x", "yaxis": yaxis, "showlegend": False, "x": each.place[kept],
            "y": mean[kept], "text": [each.told[row][i] for i in np.flatnonzero(kept).tolist()],
            "error_y": {
                "type": "data", "width": 0, "thickness": 1.8, "color": colour,
                "array": np.nan_to_num(each.error[row][kept]),
            },
            "marker": {
                "size": size, "symbol": "square", "color": fill, "line": {"color": edge, "width": 1.2},
            },
            "hovertemplate": f"{title}, your data: %{{y:.4g}}%{{text}}<extra></extra>",
        }  # fmt: skip
