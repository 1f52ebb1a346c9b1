"""The map of the test error and the thresholds of recovery as tables, and the code that computes them."""

from __future__ import annotations

import numpy as np

from quadviz.parameters import PARAMETERS
from quadviz.scenes.plane import ThresholdCurves, Width
from quadviz.scenes.recovery import FINE, ErrorMap, MapSetting
from quadviz.tables.code import Code, assignment
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, threshold_rows, tidy

__all__ = ["THRESHOLDS_KEY", "map_code", "map_table", "thresholds_code", "thresholds_table"]

#: What the lines of the map and of the diagram mean.
THRESHOLDS_KEY = (
    "Blue: recovery with λ → 0+; green: interpolation, up to which noise can be fitted; orange: recovery "
    "without weight decay (*, a conjecture); dotted: best possible (Bayes-optimal). Dashed: by the "
    "steady-state assumption."
)


def map_table(solved: ErrorMap, setting: MapSetting) -> Table:
    """Every cell of a map in a row."""
    across, up = np.meshgrid(solved.across, solved.up)
    kappa = up if setting.vertical == "kappa" else np.full_like(up, setting.fixed)
    columns = {
        setting.vertical: up,
        _other(setting.vertical): np.full_like(up, setting.fixed),
        "alpha": across,
        "mse": solved.mse,
        "kappa_min": kappa - solved.spare,
    }
    same = {"source": "theory", "delta": setting.delta, "lam": setting.lam}
    cells = zip(*(values.ravel().tolist() for values in columns.values()), strict=True)
    rows = ({**same, **dict(zip(columns, cell, strict=True))} for cell in cells)
    return tidy(("source", *SETTING, "mse", "kappa_min"), rows)


def thresholds_table(curves: ThresholdCurves, fixed: float) -> Table:
    """The four curves of the diagram."""
    return tidy(("source", "kappa", "kappa_star", "delta", "alpha", "regime"), threshold_rows(curves, fixed))


def map_code(setting: MapSetting) -> Code:
    """The same cells in one call."""
    s, widths = setting, f"{setting.vertical}[:, None]"
    others = assignment({_other(s.vertical): s.fixed, "lam": s.lam, "delta": s.delta})
    lines = [
        f"centres = (np.arange({FINE}) + 0.5) / {FINE}",
        f"alpha = {_between('alpha', s.tops[0])}",
        f"{s.vertical} = {_between(s.vertical, s.tops[1])}",
        f"state = steady_state(alpha, {s.vertical}={widths}, {others})",
        "print(state.mse.shape, state.mse.min(), (state.kappa < state.kappa_min).mean())",
    ]
    return Code(("steady_state",), lines, numpy=True)


def thresholds_code(curves: ThresholdCurves, fixed: float) -> Code:
    """The four curves in four calls."""
    place, width = curves.place, curves.width
    both = f"{width}, {fixed!r}" if width == "kappa" else f"{fixed!r}, {width}"
    lines = [
        f"{width} = np.linspace({place[0].item()!r}, {place[-1].item()!r}, {place.size})",
        f"ridgeless = recovery_threshold({both})",
        f"interpolation = interpolation_threshold({both}).alpha",
        f'free = recovery_threshold({both}, "none")  # a conjecture',
        f'bayes = recovery_threshold({both}, "bayes")',
        "print([curve.min() for curve in (ridgeless, interpolation, free, bayes)])",
    ]
    return Code(("interpolation_threshold", "recovery_threshold"), lines, numpy=True)


def _other(width: Width) -> Width:
    return "kappa_star" if width == "kappa" else "kappa"


def _between(name: str, top: float) -> str:
    """The centres of the cells along an axis."""
    low = PARAMETERS[name].low
    return f"{low!r} + centres * ({top!r} - {low!r})"
