"""Double descent against the width: the mse of students of all widths, at one number of samples.

A curve is dashed up to the width beyond which it is flat: there the width limits the rank.
"""

from __future__ import annotations

import math

import numpy as np

from quadviz.figures.marks.axes import Scale, ticks
from quadviz.figures.marks.curves import (
    BEST_COLOUR,
    BEST_NAME,
    RIDGELESS_NAME,
    THICK,
    THIN,
    Curve,
    bayes_curve,
    curve_traces,
    dots_trace,
    marks_trace,
    plain_trace,
    state_curve,
)
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.panel import fit_curves, key_text, label, on_axis, vertical
from quadviz.figures.marks.theme import THEMES, ThemeName, family_colours, template
from quadviz.scenes.double_descent import DoubleDescent
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["width_figure"]

_HEIGHT = 355
_MARGIN = {"l": 58, "r": 16, "t": 84, "b": 44}


def width_figure(
    scene: DoubleDescent,
    theme: ThemeName = "light",
    x_scale: Scale = "linear",
    y_scale: Scale = "log",
    held: Held | None = None,
    zoomed: bool = False,
) -> Drawing:
    """One panel over the widths.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        x_scale: scale of the width axis.
        y_scale: scale of the mse axis.
        held: ranges that the axes had; they are kept while the curves fit into them.
        zoomed: whether the width axis is part of a longer one, to which a double click goes back.

    Returns:
        The figure. Its curves are the traces "ridgeless", "current", "best" and "bayes"; where the width
        limits the rank, a trace with "-dashed" after that is whole.
    """
    kappa = np.asarray(scene.current_widths.kappa)
    ends = float(kappa[0]), float(kappa[-1])
    across = on_axis(ends[0], x_scale), on_axis(ends[1], x_scale)
    colours, now = family_colours(len(scene.names), theme, scene.shades), scene.current
    ridgeless, current, best = _curves(scene, colours)
    curves = [current, best] if ridgeless is None else [ridgeless, current, best]
    bayes = bayes_curve(kappa, np.full(kappa.shape, scene.bayes_marker), theme)
    fit = fit_curves(curves, y_scale, "κ", held_range(held, "y", y_scale), more=scene.bayes_marker)
    entries = [
        ("━", BEST_COLOUR, BEST_NAME),
        ("┅", bayes.colour, "Bayes"),
        ("━", current.colour, f"<b>λ = {scene.names[now]}</b>"),
    ]
    if ridgeless is not None:
        entries.append(("━", ridgeless.colour, RIDGELESS_NAME))
    alpha, place = float(scene.best_marker.alpha), float(scene.best_marker.kappa)
    fits, flat = _changes(scene, ends)
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": _MARGIN,
        "hovermode": "x unified", "dragmode": "zoom", "meta": {"zoomed": zoomed},
        "xaxis": {
            "anchor": "y", "fixedrange": False, "title": {"text": "student width κ = m/d", "standoff": 6},
            "hoverformat": ".4g", "unifiedhovertitle": {"text": "κ = %{x:.4g}"},
            "type": x_scale, "range": across, **ticks(x_scale, across),
        },
        "yaxis": fit.axis((0, 1), 6),
        "annotations": [
            label(key_text(f"<b>mse against width</b>  at α = {alpha:.4g}", entries), 1, 36, xshift=-4),
            _change_label("interpolation κ", fits, 16, ends, x_scale),
            _change_label("flat beyond κ<sub>min</sub>", flat, 0, ends, x_scale),
            label(fit.note, 0, 1, 12, bgcolor=THEMES[theme].surface),
        ],
        "shapes": [
            *(vertical(each, 1.0, color=THEMES[theme].muted) for each in (fits, flat)),
            vertical(place, 1.5),
        ],
    }  # fmt: skip
    heights, inks = fit.seen(np.asarray(scene.width_marker.mse)), [colours[0], current.colour, best.colour]
    data = [
        *curve_traces("ridgeless", "y", ridgeless),
        *curve_traces("current", "y", current),
        *curve_traces("best", "y", best),
        plain_trace("bayes", "y", bayes, "dot"),
        dots_trace("several", "y", curves),
        marks_trace("marks", "y", place, heights, inks, theme),
    ]
    return {"data": data, "layout": layout}


def _curves(scene: DoubleDescent, colours: tuple[str, ...]) -> tuple[Curve | None, Curve, Curve]:
    """The ridgeless curve, None where it is the current one, the current one, and that at the best decay."""
    now, cusp = scene.current, scene.interpolating
    ridgeless = _over_kappa(RIDGELESS_NAME, scene.ridgeless_widths, colours[0], THIN)
    current = _over_kappa(f"λ = {scene.names[now]}", scene.current_widths, colours[now])
    ends = scene.ridgeless_widths.kappa[[0, -1]]
    if cusp is not None and math.isfinite(cusp.mse) and ends[0] < cusp.kappa < ends[1]:
        ridgeless = ridgeless.through(cusp.kappa, cusp.mse)
        current = current if now else current.through(cusp.kappa, cusp.mse)
    return ridgeless if now else None, current, _over_kappa(BEST_NAME, scene.best_widths, BEST_COLOUR)


def _over_kappa(name: str, states: SteadyState, colour: str, width: float = THICK) -> Curve:
    return state_curve(name, np.asarray(states.kappa), states, colour, width)


def _changes(scene: DoubleDescent, ends: tuple[float, float]) -> tuple[float | None, float | None]:
    """The widths from which on every label is fitted, and the current curve is flat; None where not seen."""
    fits = math.inf if scene.interpolating is None else scene.interpolating.kappa
    first, second = (place if ends[0] < place < ends[1] else None for place in (fits, scene.needed))
    return first, second


def _change_label(
    name: str, place: float | None, shift: int, ends: tuple[float, float], scale: Scale
) -> Part:
    """The name of such a width, on the roomier side of its line."""
    if place is None:
        return label("", 1, shift, 12, xref="x")
    at, left, right = (on_axis(each, scale) for each in (place, *ends))
    side = "left" if at - left <= right - at else "right"
    return label(f"{name} = {place:.3g}", 1, shift, 12, xref="x", x=at, xanchor=side)
