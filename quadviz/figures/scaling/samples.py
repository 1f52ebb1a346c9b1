"""Test error against samples, the power with which it falls, and the decay that is best: three panels.

Above them a strip says what limits the error of the current curve, computed point by point. Lines are solid
where the theory is exact, dashed where the width limits the rank, strewn with dots where the equations have
other solutions, and interrupted where none was found. Thin black lines are the exponents that theory has for
what limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import alpha_axis, fitted_range, ticks
from quadviz.figures.marks.curves import (
    BEST_COLOUR,
    BEST_NAME,
    THICK,
    THIN,
    Curve,
    curve_traces,
    dots_trace,
    marks_trace,
    state_curve,
)
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.panel import Fit, fit_curves, key_text, label, positive_span, vertical
from quadviz.figures.marks.points import own_traces, own_values, points_trace, size_traces
from quadviz.figures.marks.theme import THEMES, ThemeName, family_colours, template
from quadviz.figures.scaling.strip import limit_strip
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.scaling.scene import ScalingLaws

__all__ = ["HEIGHT", "MARGIN", "MEMBERS", "samples_figure"]

HEIGHT = 660
MARGIN = {"l": 62, "r": 16, "t": 56, "b": 46}
#: A figure has room for so many curves.
MEMBERS = 8
_ERROR, _EXPONENT, _DECAY = (0.515, 1.0), (0.235, 0.455), (0.0, 0.165)
#: Height of a row of the strip, as a fraction of the panels.
_ROW = 17 / (HEIGHT - MARGIN["t"] - MARGIN["b"])
#: So many decades of decays are shown.
_DECAY_DECADES = 4.0
#: Exponents off this axis are not drawn: at a threshold they have no bound.
_STEEPEST = (-5.0, 2.0)
_NONE = np.empty(0)


def samples_figure(scene: ScalingLaws, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """Three panels over one alpha axis.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the curves fit into them.

    Returns:
        The figure. Of curve i the traces are "mse-i", "exponent-i" and "decay-i", with "-dashed" where the
        width limits its rank; further ones are "reference", "best", "best-decay", "published-i", "networks"
        and "size-…".

    Raises:
        ValueError: if there are more curves than the figure has room for.
    """
    s, now = scene.setting, scene.setting.current
    if len(scene.curves) > MEMBERS:
        raise ValueError(f"the figure has room for {MEMBERS} curves, got {len(scene.curves)}")
    colours = _colours(scene, theme)
    errors = [_curve(scene, row, "mse", colours) for row in range(len(colours))]
    best = None if scene.best is None else _best(scene, "mse")
    alpha = np.asarray(scene.current.alpha)
    ends = float(alpha[0]), float(alpha[-1])
    drawn = [*errors, *([best] if best else [])]
    own = own_values(scene.own, 0, np.concatenate([curve.y for curve in drawn]), ends, "log")
    fit = fit_curves(drawn, "log", "α", held_range(held, "y", "log"), own)
    exponents = [_exponent(scene, row, colours) for row in range(len(colours))]
    span = _exponent_range(exponents, scene.reference, held_range(held, "y2"))
    decays = _decays(scene, colours)
    low = _fit_decays(decays, held_range(held, "y3", "log"))
    decays = [replace(curve, y=low.seen(curve.y)) for curve in decays]
    across = math.log10(ends[0]), math.log10(ends[1])
    foot = _ERROR[1] - 2 * _ROW
    tint, names = limit_strip(scene.stretches, ends, (foot + _ROW, _ERROR[1]), (_EXPONENT[0], foot), theme)
    bars, told = limit_strip(scene.fits, ends, (foot, foot + _ROW), (0, 0), theme, fits=True)
    surface = THEMES[theme].surface
    layout = {
        "template": template(theme), "height": HEIGHT, "margin": MARGIN,
        "hovermode": "x unified", "dragmode": False,
        "xaxis": {**alpha_axis("y3"), "type": "log", "range": across, **ticks("log", across)},
        "yaxis": fit.axis((_ERROR[0], foot), 6),
        "yaxis2": {
            "domain": _EXPONENT, "anchor": "x", "fixedrange": True, "tickfont": {"size": 12}, "range": span,
            **ticks("linear", span, 5),
        },
        "yaxis3": low.axis(_DECAY, 3),
        "annotations": [
            label(_key(scene, colours), 1, 4),
            label("<b>exponent</b>  d log mse / d log α", _EXPONENT[1], 3),
            label(_decay_title(scene, low.note), _DECAY[1], 3),
            label(fit.note, _ERROR[0], 1, 11, bgcolor=surface),
            *names, *told, *_reference_names(scene, theme),
            # Not seen, but there for who asks whether this is all of it.
            label("" if scene.fine else "being solved", 1, 0, visible=False),
        ],
        "shapes": [vertical(s.alpha, 1.5), *tint, *bars],
    }  # fmt: skip
    heights = fit.seen(np.array([float(point.mse) for point in scene.marker]))
    data = [
        *_traces("mse", "y", errors), *curve_traces("best", "y", best), dots_trace("several", "y", errors),
        *_published(scene, colours, theme),
        *size_traces("y", "mse", scene.at_size, 0, colours[now], theme),
        points_trace("networks", "y", "mse", scene.simulated, 0, colours[now], theme),
        marks_trace("marks", "y", s.alpha, heights, colours, theme),
        *_traces("exponent", "y2", exponents), _reference(scene, theme),
        marks_trace("exponent-marks", "y2", s.alpha, _within(scene.marker_exponents[0]), colours, theme),
        *_traces("decay", "y3", decays[: len(colours)] if len(decays) >= len(colours) else decays),
        *curve_traces("best-decay", "y3", decays[-1] if scene.best is not None else None),
        marks_trace("decay-marks", "y3", s.alpha, _decay_marks(scene, low), colours, theme),
        *own_traces("y", "mse", scene.own, 0, colours, theme, "log"),
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _colours(scene: ScalingLaws, theme: ThemeName) -> tuple[str, ...]:
    return family_colours(len(scene.curves), theme, scene.setting.shades)


def _curve(scene: ScalingLaws, row: int, field: str, colours: Sequence[str]) -> Curve:
    states, width = scene.curves[row], THICK if row == scene.setting.current else THIN
    name = scene.setting.names[row] or field
    return state_curve(name, np.asarray(states.alpha), states, colours[row], width, field)


def _exponent(scene: ScalingLaws, row: int, colours: Sequence[str]) -> Curve:
    curve = _curve(scene, row, "mse", colours)
    return replace(curve, name=scene.setting.names[row] or "exponent", y=_within(scene.exponents[row].mse))


def _within(exponents: FloatArray) -> FloatArray:
    return np.where((exponents > _STEEPEST[0]) & (exponents < _STEEPEST[1]), exponents, np.nan)


def _best(scene: ScalingLaws, field: str) -> Curve:
    assert scene.best is not None  # noqa: S101  # asked for where there is one
    return state_curve(BEST_NAME, np.asarray(scene.best.alpha), scene.best, BEST_COLOUR, THIN, field)


def _decays(scene: ScalingLaws, colours: Sequence[str]) -> list[Curve]:
    """The best decays, or the one there is and then the best one."""
    field = _decay_field(scene)
    if scene.best is None:
        return [_curve(scene, row, field, colours) for row in range(len(colours))]
    return [_curve(scene, scene.setting.current, field, colours), _best(scene, "lam")]


def _fit_decays(curves: Sequence[Curve], shown: tuple[float, float] | None) -> Fit:
    """An axis of some decades: a best decay that goes to none does so without end."""
    values = np.concatenate([curve.y for curve in curves])
    low, high = positive_span(values, "log", _DECAY_DECADES)
    # What goes to none is named in the title.
    ends = any((curve.y < 0.9 * 10**low).any() for curve in curves)
    return Fit("log", fitted_range(low, high, shown), "0+ where it ends" if ends else "")


def _decay_field(scene: ScalingLaws) -> str:
    s = scene.setting
    return "lam2" if s.decay == "best lam2" or (s.decay == "fixed" and s.lam == 0 < s.lam2) else "lam"


def _decay_marks(scene: ScalingLaws, fit: Fit) -> FloatArray:
    values = np.array([float(getattr(point, _decay_field(scene))) for point in scene.marker])
    if scene.best is not None:
        values = np.where(np.arange(values.size) == scene.setting.current, values, np.nan)
    return fit.seen(np.where(values > 0, values, np.nan))


def _traces(uid: str, yaxis: str, curves: Sequence[Curve]) -> Iterator[Part]:
    for row in range(MEMBERS):
        yield from curve_traces(f"{uid}-{row}", yaxis, curves[row] if row < len(curves) else None)


def _exponent_range(
    curves: Sequence[Curve], reference: FloatArray, shown: tuple[float, float] | None
) -> tuple[float, float]:
    values = np.concatenate([*(curve.y for curve in curves), reference])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 0.0)
    return fitted_range(min(low, -1.0), max(high, 0.0), shown)


def _reference(scene: ScalingLaws, theme: ThemeName) -> Part:
    """The exponents that theory has, each where it holds."""
    alpha, reference = np.asarray(scene.current.alpha), scene.reference
    # A gap between two of them, that no upright joins.
    leap = np.flatnonzero(np.diff(reference) != 0) + 1
    return {
        "type": "scatter", "uid": "reference", "mode": "lines", "xaxis": "x", "yaxis": "y2",
        "showlegend": False, "x": np.insert(alpha, leap, alpha[leap]),
        "y": np.insert(reference, leap, np.nan), "name": "theory's exponent",
        "line": {"simplify": False, "color": THEMES[theme].ink, "width": 1.2},
        "hovertemplate": "theory's exponent: %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _reference_names(scene: ScalingLaws, theme: ThemeName) -> list[Part]:
    """The names of these lines: of as many as there may be, seen or not."""
    s, alpha = scene.setting, np.log10(scene.current.alpha)
    sample, noise = 1 - 2 * s.exponent, 1 / (2 * s.exponent) - 1
    named = (
        (sample, f"1 − 2γ = {four_digits(sample)}"),
        (noise, f"1/2γ − 1 = {four_digits(noise)}"),
        (-1.0, "−1: all levels learned"),
        (0.0, "0"),
    )
    notes = []
    for number, (value, text) in enumerate(named):
        at = np.flatnonzero(scene.reference == value)
        # Of two lines at one height the first is named.
        seen = at.size > 2 and value not in [other for other, _ in named[:number]]
        places = alpha[at] if seen else alpha[:1]
        right = bool(seen and places[0] > alpha[0] + 0.6 * (alpha[-1] - alpha[0]))
        notes.append(
            {
                "text": text if seen else "", "xref": "x",
                "x": float(places[-1]) if right else float(places[0] + places[-1]) / 2,
                "yref": "y2", "y": value, "yanchor": "bottom", "xanchor": "right" if right else "center",
                "showarrow": False, "font": {"size": 11, "color": THEMES[theme].ink}, "borderpad": 0,
                "bgcolor": THEMES[theme].surface, "opacity": 0.85, "visible": seen,
            }
        )  # fmt: skip
    return notes


def _published(scene: ScalingLaws, colours: Sequence[str], theme: ThemeName) -> Iterator[Part]:
    """Networks of others as squares, at the curve of their width."""
    found = {each.row: each for each in scene.published}
    for row in range(MEMBERS):
        each = found.get(row)
        yield {
            "type": "scatter", "uid": f"published-{row}", "mode": "markers", "xaxis": "x", "yaxis": "y",
            "showlegend": False, "x": _NONE if each is None else each.alpha,
            "y": _NONE if each is None else each.mse, "name": "arXiv 2606.28242",
            "hovertemplate": "arXiv 2606.28242, d = 400: %{y:.4g}<extra></extra>",
            "marker": {
                "size": 8, "symbol": "square", "color": colours[row] if row < len(colours) else "#000000",
                "line": {"color": THEMES[theme].ink, "width": 1.2},
            },
        }  # fmt: skip


def _key(scene: ScalingLaws, colours: Sequence[str]) -> str:
    """The title, and what the colours mean."""
    s = scene.setting
    title = "<b>mse</b>  |Z − Z*|² / d"
    entries = []
    if s.compared:
        symbol = s.names[0].split(" = ")[0]
        title += f"  for {symbol} ="
        values = [name.split(" = ")[1] for name in s.names]
        named = [f"<b>{each}</b>" if row == s.current else each for row, each in enumerate(values)]
        entries = [("━", colour, each) for colour, each in zip(colours, named, strict=True)]
    if scene.best is not None:
        entries.append(("━", BEST_COLOUR, BEST_NAME))
    return key_text(title, entries)


def _decay_title(scene: ScalingLaws, note: str) -> str:
    s = scene.setting
    symbol = "λ₂" if _decay_field(scene) == "lam2" else "λ"
    title = f"<b>{symbol}</b> as set, and the best λ"
    if scene.best is None:
        power = float(scene.marker_exponents[1, s.current])
        title = f"<b>best {symbol}</b>"
        if math.isfinite(power):
            title += f"  α<sup>{power:.2f}</sup> here".replace("-", "−")
    return f"{title};  {note}" if note else title
