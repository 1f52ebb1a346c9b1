"""Test error against width at one number of samples, and the power law of a width that limits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import ticks
from quadviz.figures.marks.curves import THICK, THIN, curve_traces, dots_trace, marks_trace, state_curve
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.panel import fit_curves, label, vertical
from quadviz.figures.marks.theme import THEMES, ThemeName, family_colours, template
from quadviz.figures.scaling.samples import MEMBERS
from quadviz.figures.scaling.strip import limit_strip
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.scaling.limits import Limit, stretches, width_exponent
from quadviz.scenes.scaling.scene import ScalingLaws

__all__ = ["guide", "width_figure"]

_HEIGHT = 330
_MARGIN = {"l": 62, "r": 16, "t": 40, "b": 44}
_ROW = 17 / (_HEIGHT - _MARGIN["t"] - _MARGIN["b"])


def width_figure(scene: ScalingLaws, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """One panel over the widths.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the curves fit into them.

    Returns:
        The figure. Its curves are the traces "width-i", with "-dashed" where the width limits the rank, and
        "guide", a straight line with theory's exponent.
    """
    s, now = scene.setting, scene.setting.current
    colours = family_colours(len(scene.curves), theme, s.shades)
    # Over widths all members of a family of widths are the same curve.
    rows = [now] if s.compared == "kappa" else list(range(len(scene.widths)))
    curves = [
        state_curve(
            s.names[row] if s.compared != "kappa" else "mse",
            np.asarray(scene.widths[row].kappa), scene.widths[row], colours[row],
            THICK if row == now else THIN,
        )
        for row in rows
    ]  # fmt: skip
    fit = fit_curves(curves, "log", "κ", held_range(held, "y", "log"))
    widths = scene.widths[now]
    kappa = np.asarray(widths.kappa)
    ends = float(kappa[0]), float(kappa[-1])
    across = math.log10(ends[0]), math.log10(ends[1])
    tint, names = limit_strip(
        stretches(scene.width_limits, kappa), ends, (1 - _ROW, 1.0), (0.0, 1 - _ROW), theme
    )
    at, line = guide(
        kappa, np.asarray(widths.mse), np.flatnonzero(scene.width_limits == Limit.WIDTH),
        width_exponent(s.exponent),
    )  # fmt: skip
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": _MARGIN,
        "hovermode": "x unified", "dragmode": False,
        "xaxis": {
            "anchor": "y", "fixedrange": True, "title": {"text": "student width κ = m/d", "standoff": 6},
            "hoverformat": ".4g", "unifiedhovertitle": {"text": "κ = %{x:.4g}"}, "type": "log",
            "range": across, **ticks("log", across),
        },
        "yaxis": fit.axis((0.0, 1 - _ROW), 5),
        "annotations": [
            label(f"<b>mse against width</b>  at α = {four_digits(s.alpha)}", 1, 4),
            label(fit.note, 0, 1, 11, bgcolor=THEMES[theme].surface),
            *names, guide_name("1 − 2γ", width_exponent(s.exponent), at, line, theme),
            label("" if scene.fine else "being solved", 1, 0, visible=False),  # as against samples
        ],
        "shapes": [vertical(s.kappa, 1.5), *tint],
    }  # fmt: skip
    point = scene.marker[now]
    data = [
        *(
            part
            for row in range(MEMBERS)
            for part in curve_traces(f"width-{row}", "y", curves[row] if row < len(curves) else None)
        ),
        dots_trace("several", "y", curves), guide_trace(at, line, theme),
        marks_trace("marks", "y", s.kappa, fit.seen(np.array([float(point.mse)])), [colours[now]], theme),
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def guide(
    x: FloatArray, y: FloatArray, where: NDArray[np.intp], exponent: float, above: float = 1.5
) -> tuple[FloatArray, FloatArray]:
    """A power law over some points of a curve, a little above it; nothing where there are too few."""
    some = where[np.isfinite(y[where]) & (y[where] > 0)]
    if some.size < 3:
        return np.empty(0), np.empty(0)
    ends = x[some[[0, -1]]]
    middle = some[some.size // 2]
    return ends, above * y[middle] * (ends / x[middle]) ** exponent


def guide_trace(x: FloatArray, y: FloatArray, theme: ThemeName, uid: str = "guide", yaxis: str = "y") -> Part:
    """That line."""
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "xaxis": "x", "yaxis": yaxis, "showlegend": False,
        "x": x, "y": y, "hoverinfo": "skip",
        "line": {"simplify": False, "color": THEMES[theme].ink, "width": 1.2},
    }  # fmt: skip


def guide_name(
    name: str, value: float, x: FloatArray, y: FloatArray, theme: ThemeName, side: str = "left"
) -> Part:
    """What its exponent is, beside its middle."""
    seen = x.size > 1
    place = (np.log10(x).mean(), np.log10(y).mean()) if seen else (0.0, 0.0)
    return {
        "text": f"{name} = {four_digits(value)}" if seen else "", "xref": "x", "yref": "y",
        "x": float(place[0]), "y": float(place[1]),
        "xanchor": side, "yanchor": "bottom" if side == "left" else "top",
        "xshift": 4 if side == "left" else -4, "showarrow": False, "visible": seen,
        "font": {"size": 12, "color": THEMES[theme].ink},
    }  # fmt: skip
