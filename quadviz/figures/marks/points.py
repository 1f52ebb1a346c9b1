"""Trained networks as points with error bars beside curves of the theory, and the theory at their size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.figures.marks.drawing import Part
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName
from quadviz.scenes.marks import SimulatedPoints, SizedTheory

__all__ = ["points_trace", "size_traces"]

#: Width of the line of the theory at the networks' size, which is not to be taken for a curve of the limit.
_THIN = 1.2


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
