"""Two students of one teacher: their errors with the difference under them, and the spectra they learn."""

from __future__ import annotations

import numpy as np

from quadviz.figures.marks.axes import Scale, alpha_axis, fitted_range, ticks
from quadviz.figures.marks.curves import THICK, curve_traces, dots_trace, marks_trace, state_curve
from quadviz.figures.marks.drawing import Drawing, Held, held_range
from quadviz.figures.marks.panel import fit_curves, key_text, label, vertical
from quadviz.figures.marks.spectra_pair import Spectrum, spectra_pair
from quadviz.figures.marks.theme import OKABE_ITO, THEMES, ThemeName, template
from quadviz.scenes.two_students import TwoStudents

__all__ = ["MARGIN", "NAMES", "errors_figure", "spectra_figure"]

NAMES = ("A", "B")
MARGIN = {"l": 62, "r": 16, "t": 52, "b": 46}
_HEIGHT = 460
_ERRORS, _DIFFERENCE = (0.36, 1.0), (0.0, 0.26)


def _colours(theme: ThemeName) -> tuple[str, str]:
    return THEMES[theme].single, OKABE_ITO["orange" if theme == "dark" else "vermilion"]


def errors_figure(
    scene: TwoStudents,
    theme: ThemeName = "light",
    y_scale: Scale = "log",
    held: Held | None = None,
    zoomed: bool = False,
) -> Drawing:
    """The mse of both over alpha, and by how much the first is above the second.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        y_scale: scale of the axis of errors; that of the difference is linear.
        held: ranges that the axes had; they are kept while the curves fit into them.
        zoomed: whether the alpha axis is part of a longer one, to which a double click goes back.

    Returns:
        The figure, with the traces "A", "B" and "difference"; "-dashed" where the width limits the rank.
    """
    alpha, inks = scene.curves.alpha[0], _colours(theme)
    curves = [
        state_curve(name, alpha, scene.curves[row], ink, THICK)
        for row, (name, ink) in enumerate(zip(NAMES, inks, strict=True))
    ]
    fit = fit_curves(curves, y_scale, "α", held_range(held, "y", y_scale))
    gap = scene.difference
    known = gap[np.isfinite(gap)]
    ends = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    span = fitted_range(*ends, held_range(held, "y2"))
    across = float(alpha[0]), float(alpha[-1])
    place = float(scene.marker.alpha[0])
    symbols = "κ, λ, Δ", "κ′, λ′, Δ′"
    entries = [("━", ink, f"<b>{n}</b> {own}") for n, own, ink in zip(NAMES, symbols, inks, strict=True)]
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": MARGIN,
        "hovermode": "x unified", "dragmode": "zoom", "meta": {"zoomed": zoomed},
        "xaxis": {**alpha_axis("y2"), "fixedrange": False, "range": across, **ticks("linear", across, 7)},
        "yaxis": fit.axis(_ERRORS, 6),
        "yaxis2": {
            "domain": _DIFFERENCE, "anchor": "x", "fixedrange": True, "tickfont": {"size": 12},
            "range": span, **ticks("linear", span, 4),
        },
        "annotations": [
            label(key_text("<b>mse</b>  |Z − Z*|² / d", entries), 1, 4),
            label("<b>A − B</b>  below 0 A is better", _DIFFERENCE[1], 2),
            label(fit.note, _ERRORS[0], 1, 12, bgcolor=THEMES[theme].surface),
        ],
        "shapes": [vertical(place, 1.5)],
    }  # fmt: skip
    heights = fit.seen(np.asarray(scene.marker.mse))
    at = np.array([scene.marker.mse[0] - scene.marker.mse[1]])
    data = [
        *(part for curve in curves for part in curve_traces(curve.name, "y", curve)),
        dots_trace("several", "y", curves),
        marks_trace("marks", "y", place, heights, inks, theme),
        # A trace, for plotly's own line of an axis does not follow while a slider moves.
        {
            "type": "scatter", "uid": "zero", "mode": "lines", "xaxis": "x", "yaxis": "y2",
            "hoverinfo": "skip", "showlegend": False, "x": np.array(across), "y": np.zeros(2),
            "line": {"simplify": False, "color": THEMES[theme].line, "width": 1},
        },
        {
            "type": "scatter", "uid": "difference", "mode": "lines", "xaxis": "x", "yaxis": "y2",
            "showlegend": False, "x": alpha, "y": gap, "name": "A − B",
            "line": {"simplify": False, "color": THEMES[theme].ink, "width": 2},
            "hovertemplate": "A − B: %{y:.4g}<extra></extra>",
        },
        marks_trace("difference-mark", "y2", place, at, [THEMES[theme].ink], theme),
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def spectra_figure(scene: TwoStudents, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """The spectra that both learn at the marker, before their teacher's.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the densities fit into them.

    Returns:
        The figure, with the traces "teacher", "A" and "B".
    """
    looks = [Spectrum(name, ink) for name, ink in zip(NAMES, _colours(theme), strict=True)]
    title, note = "spectrum at the marker", "grey: teacher; "
    return spectra_pair(scene.spectra, looks, title, note, _HEIGHT, MARGIN, theme, held)
