"""Double descent against the number of samples: the peak, how weight decay melts it, and the best decay.

Three panels over one alpha axis: the mse for a family of weight decays; the mse at the best weight decay
beside the Bayes-optimal error; and the best weight decay itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from quadviz.figures.marks.axes import Scale, alpha_axis, ticks
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
from quadviz.figures.marks.notes import stretch
from quadviz.figures.marks.panel import (
    Fit,
    fit_curves,
    fit_values,
    key_text,
    label,
    on_axis,
    vertical,
)
from quadviz.figures.marks.theme import THEMES, ThemeName, family_colours, template
from quadviz.scenes.double_descent import DoubleDescent
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["HEIGHT", "MARGIN", "MEMBERS", "double_descent_figure"]

HEIGHT = 580
#: Margins in pixels; fixed, so that a slider under the figure can be aligned with the alpha axis.
MARGIN = {"l": 58, "r": 16, "t": 66, "b": 44}
#: Pixels of the alpha axis on a phone.
_NARROW = 326
#: Room for so many weight decays.
MEMBERS = 7
_FAMILY, _BEST, _DECAY = (0.56, 1.0), (0.205, 0.465), (0.0, 0.125)


def double_descent_figure(
    scene: DoubleDescent,
    theme: ThemeName = "light",
    x_scale: Scale = "linear",
    y_scale: Scale = "log",
    held: Held | None = None,
    zoomed: bool = False,
) -> Drawing:
    """Three panels over one alpha axis.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        x_scale: scale of the alpha axis.
        y_scale: scale of the mse axes; that of the weight decay is logarithmic.
        held: ranges that the axes had; they are kept while the curves fit into them.
        zoomed: whether the alpha axis is part of a longer one, to which a double click goes back.

    Returns:
        The figure. Curves of the family are the traces "family-0", …, those of the second panel "ridgeless",
        "current", "best" and "bayes", that of the third "best-lam"; where the width limits the rank, a trace
        with "-dashed" after that is whole.

    Raises:
        ValueError: if there are more curves than the figure has room for.
    """
    if len(scene.names) > MEMBERS:
        raise ValueError(f"the figure has room for {MEMBERS} weight decays, got {len(scene.names)}")
    colours = family_colours(len(scene.names), theme, scene.shades)
    alpha = np.asarray(scene.family[0].alpha)
    ends = float(alpha[0]), float(alpha[-1])
    across = on_axis(ends[0], x_scale), on_axis(ends[1], x_scale)
    family, best = _family(scene, colours), _best(scene, colours, theme)
    fits = (
        fit_curves(family, y_scale, "α", held_range(held, "y", y_scale)),
        fit_curves(best, y_scale, "α", held_range(held, "y2", y_scale)),
        _fit_decay(scene, held_range(held, "y3", "log")),
    )
    domains = _FAMILY, _BEST, _DECAY
    on_lines: Part = {"bgcolor": THEMES[theme].surface}
    keys = _keys(scene, colours, theme)
    layout = {
        "template": template(theme),
        "height": HEIGHT,
        "margin": MARGIN,
        "hovermode": "x unified",
        # No zoom by hand: a finger on the figure scrolls the page, a click moves the marker.
        "dragmode": "zoom",
        "meta": {"zoomed": zoomed},
        "xaxis": {
            **alpha_axis("y3"),
            "fixedrange": False,
            "type": x_scale,
            "range": across,
            **ticks(x_scale, across),
        },
        "yaxis": fits[0].axis(_FAMILY, 6),
        "yaxis2": fits[1].axis(_BEST, 4),
        "yaxis3": fits[2].axis(_DECAY, 3),
        "annotations": [
            label(keys[0], _FAMILY[1], 18, xshift=-4),
            label(keys[1], _BEST[1], 0, xshift=-4, **on_lines),
            label(keys[2], _DECAY[1], 0, xshift=-4, **on_lines),
            _threshold_label(scene, ends, x_scale),
            *(label(fit.note, low, 1, 12, **on_lines) for fit, (low, _) in zip(fits, domains, strict=True)),
        ],
        "shapes": [
            *(vertical(place, 1.0, color=THEMES[theme].muted) for place in _thresholds(scene, ends[1])),
            vertical(float(scene.best_marker.alpha), 1.5),
        ],
    }
    data = [
        *_family_traces(scene, family, colours, fits[0], theme),
        *_best_traces(scene, best, fits[1], theme),
        *_decay_traces(scene, colours[scene.current], fits[2], theme),
    ]
    return {"data": data, "layout": layout}


def _family(scene: DoubleDescent, colours: tuple[str, ...]) -> list[Curve]:
    """The curves of the first panel."""
    named = zip(scene.names, scene.family, colours, strict=True)
    first, *others = (
        _over_alpha(f"λ = {name}", states, colour, THICK if member == scene.current else THIN)
        for member, (name, states, colour) in enumerate(named)
    )
    return [_peaked(first, scene), *others]


def _best(scene: DoubleDescent, colours: tuple[str, ...], theme: ThemeName) -> list[Curve]:
    """Those of the second: at the best weight decay, Bayes-optimal, at the current one, and without any."""
    now = scene.current
    current = _over_alpha(f"λ = {scene.names[now]}", scene.family[now], colours[now], THICK)
    best = _over_alpha(BEST_NAME, scene.best, BEST_COLOUR, THICK)
    bayes = bayes_curve(scene.bayes.alpha, scene.bayes.mmse, theme)
    if now == 0:
        return [_peaked(current, scene), best, bayes]
    ridgeless = _peaked(_over_alpha(RIDGELESS_NAME, scene.family[0], colours[0]), scene)
    return [ridgeless, current, best, bayes]


def _over_alpha(name: str, states: SteadyState, colour: str, width: float = THIN) -> Curve:
    return state_curve(name, np.asarray(states.alpha), states, colour, width)


def _peaked(ridgeless: Curve, scene: DoubleDescent) -> Curve:
    """The ridgeless curve through its cusp, known without solving at that point."""
    if not scene.sharp:
        return ridgeless
    return ridgeless.through(float(scene.threshold.alpha), float(scene.threshold.mse))


def _fit_decay(scene: DoubleDescent, shown: tuple[float, float] | None) -> Fit:
    """The axis of the best weight decay, which holds the current one too."""
    lam, now = np.asarray(scene.best.lam), scene.lams[scene.current]
    zeros = lam == 0
    note = f"the best λ is 0+ {stretch(np.asarray(scene.best.alpha), zeros, digits=3)}" if zeros.any() else ""
    return Fit("log", fit_values(np.append(lam, now), "log", shown, 2 * bool(note)), note)


def _family_traces(
    scene: DoubleDescent, curves: list[Curve], colours: tuple[str, ...], fit: Fit, theme: ThemeName
) -> Iterator[Part]:
    for member in range(MEMBERS):
        curve = curves[member] if member < len(curves) else None
        yield from curve_traces(f"family-{member}", "y", curve)
    yield dots_trace("family-several", "y", curves)
    threshold = scene.threshold
    peak = np.atleast_1d(threshold.mse) if scene.sharp else np.empty(0)
    yield marks_trace("peak", "y", float(threshold.alpha), peak, colours[:1], theme, "diamond")
    heights = fit.seen(np.asarray(scene.marker.mse))
    yield marks_trace("family-marks", "y", float(scene.best_marker.alpha), heights, colours, theme)


def _best_traces(scene: DoubleDescent, curves: list[Curve], fit: Fit, theme: ThemeName) -> Iterator[Part]:
    *ridgeless, current, best, bayes = curves
    yield from curve_traces("ridgeless", "y2", ridgeless[0] if ridgeless else None)
    yield from curve_traces("current", "y2", current)
    yield from curve_traces("best", "y2", best)
    yield plain_trace("bayes", "y2", bayes, "dot")
    yield dots_trace("several", "y2", [*ridgeless, current])
    mse = np.asarray(scene.marker.mse)
    heights = [mse[0], mse[scene.current], float(scene.best_marker.mse), scene.bayes_marker]
    inks = [(ridgeless or [current])[0].colour, current.colour, best.colour, bayes.colour]
    place = float(scene.best_marker.alpha)
    yield marks_trace("marks", "y2", place, fit.seen(np.array(heights)), inks, theme)


def _decay_traces(scene: DoubleDescent, colour: str, fit: Fit, theme: ThemeName) -> Iterator[Part]:
    alpha = np.asarray(scene.best.alpha)
    yield from curve_traces(
        "best-lam", "y3", state_curve(BEST_NAME, alpha, scene.best, BEST_COLOUR, THICK, "lam")
    )
    yield {
        "type": "scatter", "uid": "lam-now", "mode": "lines", "xaxis": "x", "yaxis": "y3",
        "hoverinfo": "skip", "showlegend": False, "line": {"color": colour, "width": THIN},
        "x": alpha[[0, -1]], "y": np.full(2, scene.lams[scene.current] or np.nan),
    }  # fmt: skip
    lam = fit.seen(np.array([float(scene.best_marker.lam) or np.nan]))
    yield marks_trace("lam-mark", "y3", float(scene.best_marker.alpha), lam, [BEST_COLOUR], theme)


def _keys(scene: DoubleDescent, colours: tuple[str, ...], theme: ThemeName) -> tuple[str, str, str]:
    """The titles of the panels, and what their colours mean."""
    now, name = scene.current, scene.names[scene.current]
    names = [f"<b>{each}</b>" if i == now else each for i, each in enumerate(scene.names)]
    family = [("━", colour, each) for colour, each in zip(colours, names, strict=True)]
    best = ("━", BEST_COLOUR, BEST_NAME)
    middle = [best, ("┅", THEMES[theme].ink, "Bayes"), ("━", colours[now], f"<b>λ = {name}</b>")]
    if now:
        middle.append(("━", colours[0], RIDGELESS_NAME))
    words = f"now λ = {name}" if now else "now λ → 0+, below any log axis"
    return (
        key_text("<b>mse</b>  |Z − Z*|² / d  for weight decay λ =", family),
        key_text("<b>mse at the best λ</b>", middle),
        key_text("", [best, ("━", colours[now], words)]),
    )


def _thresholds(scene: DoubleDescent, top: float) -> tuple[float | None, float | None]:
    """Where labels are interpolated up to, and the teacher is recovered from; None where there is no line."""
    threshold = float(scene.threshold.alpha)
    return (
        threshold if math.isfinite(threshold) else None,
        scene.recovery if scene.recovery <= top else None,
    )


def _threshold_label(scene: DoubleDescent, ends: tuple[float, float], scale: Scale) -> Part:
    """What the lines of the thresholds are, in one text at one of them."""
    threshold, recovery = _thresholds(scene, ends[1])
    places = [place for place in (recovery, threshold) if place is not None]
    if not places:
        return label("", _FAMILY[1], 0, 12, xref="x")
    words = f"interpolation α<sub>inter</sub> = {float(scene.threshold.alpha):.3g}"
    if recovery is not None:
        words = f"recovery {recovery:.3g} · interpolation {float(scene.threshold.alpha):.3g}"
    # The text starts at the first of the lines, or ends at the last of them, where a phone has more room.
    low, high = on_axis(ends[0], scale), on_axis(ends[1], scale)
    first, last = ((on_axis(place, scale) - low) / (high - low) for place in (places[0], places[-1]))
    left = (1 - first) * _NARROW + MARGIN["r"] >= last * _NARROW + MARGIN["l"]
    at = on_axis(places[0] if left else places[-1], scale)
    return label(words, _FAMILY[1], 0, 12, xref="x", x=at, xanchor="left" if left else "right")
