"""The error of the best width for a budget alpha kappa, among those of other widths, and that width."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.figures.marks.axes import fitted_range, ticks
from quadviz.figures.marks.curves import THICK, Curve, curve_traces
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.panel import fit_values, label
from quadviz.figures.marks.theme import THEMES, ThemeName, family_colours, template
from quadviz.figures.scaling.width import guide, guide_name, guide_trace
from quadviz.outcome import Status
from quadviz.scenes.scaling.compute import Budget
from quadviz.scenes.scaling.limits import Limit, budget_exponent
from quadviz.scenes.scaling.setting import ScalingSetting

__all__ = ["alike", "compute_figure"]

_HEIGHT = 350
_MARGIN = {"l": 62, "r": 16, "t": 40, "b": 46}
_ERROR, _WIDTH = (0.44, 1.0), (0.0, 0.34)
_NONE = np.empty(0)


def compute_figure(
    budget: Budget | None,
    setting: ScalingSetting,
    theme: ThemeName = "light",
    held: Held | None = None,
    done: float = 0.0,
) -> Drawing:
    """Two panels over the budget.

    Args:
        budget: what was solved for; None for nothing yet. One of another setting is grey.
        setting: the setting shown.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the curves fit into them.
        done: how much of what is not solved yet is done.

    Returns:
        The figure, with the traces "widths", "best", "guide" and "best-width".
    """
    current = budget is not None and alike(budget.setting, setting)
    colours = THEMES[theme]
    ink = family_colours(len(setting.members), theme, setting.shades)[setting.current]
    ink = ink if current else colours.line
    work = np.array([1e-3, 10.0]) if budget is None else budget.work
    across = math.log10(work[0]), math.log10(work[-1])
    error, width = _best(budget, "mse", ink), _best(budget, "kappa", ink)
    # The widest of the others start higher than is worth the room.
    up = fit_values(error.y, "log", held_range(held, "y", "log"))
    aside = fitted_range(*_decades(width.y), held_range(held, "y2", "log"))
    power, where = _power(budget)
    at, line = guide(work, error.y, where, power, above=0.6) if current else (_NONE, _NONE)
    title = (
        "<b>mse for a budget</b>  α κ = n m/d³"
        if current
        else f"<b>mse for a budget</b>  being solved, {100 * done:.0f}%"
    )
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": _MARGIN,
        "hovermode": "x unified", "dragmode": False,
        "xaxis": {
            "anchor": "y2", "fixedrange": True, "title": {"text": "budget α κ", "standoff": 6},
            "hoverformat": ".4g", "unifiedhovertitle": {"text": "α κ = %{x:.4g}"}, "type": "log",
            "range": across, **ticks("log", across),
        },
        "yaxis": {
            "domain": _ERROR, "anchor": "x", "fixedrange": True, "tickfont": {"size": 12}, "type": "log",
            "range": up, **ticks("log", up),
        },
        "yaxis2": {
            "domain": _WIDTH, "anchor": "x", "fixedrange": True, "tickfont": {"size": 12}, "type": "log",
            "range": aside, **ticks("log", aside),
        },
        "annotations": [
            label(title, 1, 4), label("<b>best width</b>  κ", _WIDTH[1], 2),
            guide_name("power", power, at, line, theme, "right"),
        ],
    }  # fmt: skip
    data = [
        _widths(budget, 10 ** up[0], colours.line), *curve_traces("best", "y", error),
        guide_trace(at, line, theme), *curve_traces("best-width", "y2", width),
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def alike(one: ScalingSetting, other: ScalingSetting) -> bool:
    """Whether two settings have the same budgets: the marker, the width and the family do not matter."""
    same = {"alpha": 1.0, "kappa": 1.0, "compare": ""}
    return one._replace(**same) == other._replace(**same)  # type: ignore[arg-type]  # three fields of two kinds


def _best(budget: Budget | None, field: str, colour: str) -> Curve:
    """The error of the best width, or that width, as steps."""
    none = _NONE == 0
    if budget is None:
        return Curve("", _NONE, _NONE, none, none, colour, THICK)
    values = budget.mse if field == "mse" else budget.kappa
    name = "best width" if field == "mse" else "κ"
    nowhere = np.zeros(values.shape, dtype=bool)
    return Curve(name, budget.work, values, budget.limited, nowhere, colour, THICK)


def _widths(budget: Budget | None, floor: float, colour: str) -> Part:
    """The errors of all widths tried, thin, one after another in one trace."""
    x, y = [_NONE], [_NONE]
    for kappa, states in zip(budget.widths, budget.states, strict=True) if budget else ():
        mse = np.where((states.status != Status.FAILED) & (states.mse >= floor), states.mse, np.nan)
        x.append(np.append(states.alpha * kappa, np.nan))
        y.append(np.append(mse, np.nan))
    return {
        "type": "scatter", "uid": "widths", "mode": "lines", "xaxis": "x", "yaxis": "y", "showlegend": False,
        "hoverinfo": "skip", "x": np.concatenate(x), "y": np.concatenate(y),
        "line": {"simplify": False, "color": colour, "width": 1},
    }  # fmt: skip


def _power(budget: Budget | None) -> tuple[float, NDArray[np.intp]]:
    """Theory's exponent where more of the budgets are, and which these are."""
    if budget is None or budget.setting.decay == "best lam2":
        return math.nan, np.empty(0, dtype=np.intp)
    inside = np.isfinite(budget.mse) & (budget.mse > 0) & budget.limited
    noisy = inside & (budget.setting.delta / 2 > budget.mse)
    limit = Limit.NOISE if noisy.sum() > inside.sum() / 2 else Limit.SAMPLES
    where = noisy if limit == Limit.NOISE else inside & ~noisy
    return budget_exponent(budget.setting.exponent, limit), np.flatnonzero(where)


def _decades(values: FloatArray) -> tuple[float, float]:
    known = values[np.isfinite(values) & (values > 0)]
    return (math.log10(known.min()), math.log10(known.max())) if known.size else (-2.0, 0.0)
