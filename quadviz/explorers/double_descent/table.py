"""All that the double-descent page draws, as two tables, and the code that computes it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from quadviz.scenes.double_descent import FAMILY, DescentSetting, DoubleDescent
from quadviz.tables.code import Code, assignment
from quadviz.tables.text import Table
from quadviz.tables.tidy import BAYES, STATE_COLUMNS, bayes_rows, state_rows, tidy
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["samples_code", "samples_table", "widths_code", "widths_table"]

_COLUMNS = ("source", *STATE_COLUMNS)
_BEST, _THEORY, _MARKER = "best lam", "theory", "marker: "


def samples_table(scene: DoubleDescent) -> Table:
    """The curves against samples, the best weight decay, the Bayes-optimal error, and the thresholds."""
    return tidy(_COLUMNS, _sample_rows(scene))


def widths_table(scene: DoubleDescent) -> Table:
    """The curves against width, and where something changes on them."""
    return tidy(_COLUMNS, _width_rows(scene))


def samples_code(setting: DescentSetting) -> Code:
    """The curves in a call each."""
    lams = sorted({*FAMILY, setting.lam})
    law = assignment({"kappa_star": setting.kappa_star, "delta": setting.delta})
    kappa = f"kappa={setting.kappa!r}"
    lines = [
        f"alpha = np.linspace({setting.alpha_low!r}, {setting.alpha_top!r}, 200)",
        f"family = learning_curve(alpha, lam={lams}, {kappa}, {law})",
        f"lam = optimal_lam(alpha, {kappa}, {law})",
        f"best = steady_state(alpha, lam=lam, {kappa}, {law})",
        f"bayes = bayes_optimal(alpha, {law})",
        f"peak = interpolation_threshold({kappa}, {law})",
        "print(family.mse.shape, best.mse.min(), bayes.mmse.min(), peak.alpha, peak.mse)",
    ]
    names = ("bayes_optimal", "interpolation_threshold", "learning_curve", "optimal_lam", "steady_state")
    return Code(names, lines, numpy=True)


def widths_code(setting: DescentSetting) -> Code:
    """The same against width."""
    alpha = f"alpha={setting.alpha!r}"
    law = assignment({"kappa_star": setting.kappa_star, "delta": setting.delta})
    lines = [
        f"kappa = np.linspace({', '.join(map(repr, setting.widths))}, 200)",
        f"ridgeless = steady_state({alpha}, kappa=kappa, lam=0.0, {law})",
    ]
    if setting.lam:
        lines.append(f"current = steady_state({alpha}, kappa=kappa, lam={setting.lam!r}, {law})")
    lines += [
        f"lam = optimal_lam({alpha}, kappa=kappa, {law})",
        f"best = steady_state({alpha}, kappa=kappa, lam=lam, {law})",
        f"bayes = bayes_optimal({alpha}, {law})",
        "print(ridgeless.mse.max(), best.mse.min(), bayes.mmse)",
    ]
    return Code(("bayes_optimal", "optimal_lam", "steady_state"), lines, numpy=True)


def _sample_rows(scene: DoubleDescent) -> Iterator[dict[str, object]]:
    for curve in scene.family:
        yield from state_rows(_THEORY, curve)
    yield from state_rows(_BEST, scene.best)
    yield from bayes_rows(scene.bayes)
    threshold = scene.threshold
    width = {"kappa": threshold.kappa.item(), "kappa_star": threshold.kappa_star.item()}
    place = {**width, "delta": threshold.delta.item(), "lam": 0.0}
    if math.isfinite(threshold.alpha):
        peak = {"alpha": threshold.alpha.item(), "mse": threshold.mse.item(), "xi": threshold.xi.item()}
        yield {"source": "interpolation threshold", **place, **peak}
    if math.isfinite(scene.recovery):
        yield {"source": "recovery threshold", **place, "alpha": scene.recovery, "mse": 0.0}
    yield from state_rows(_MARKER + _THEORY, scene.marker)
    yield from state_rows(_MARKER + _BEST, scene.best_marker)
    yield _bayes_at(scene.best_marker, scene.bayes_marker)


def _width_rows(scene: DoubleDescent) -> Iterator[dict[str, object]]:
    yield from state_rows(_THEORY, scene.ridgeless_widths)
    if scene.current:
        yield from state_rows(_THEORY, scene.current_widths)
    yield from state_rows(_BEST, scene.best_widths)
    here = scene.best_marker
    yield _bayes_at(here, scene.bayes_marker)
    setting = {name: getattr(here, name).item() for name in ("kappa_star", "alpha", "delta")}
    fits = scene.interpolating
    if fits is not None:
        at = {"source": "interpolation", **setting, "lam": 0.0, "kappa": float(fits.kappa)}
        yield {**at, "mse": float(fits.mse)} if math.isfinite(fits.mse) else at
    if math.isfinite(scene.needed):
        lam = scene.lams[scene.current]
        yield {"source": "flat beyond", **setting, "lam": lam, "kappa": scene.needed}
    three = scene.width_marker
    yield from state_rows(_MARKER + _THEORY, three[:2] if scene.current else three[:1])
    yield from state_rows(_MARKER + _BEST, three[2:])


def _bayes_at(here: SteadyState, mmse: float) -> dict[str, object]:
    """The Bayes-optimal error under the marker."""
    setting = {name: getattr(here, name).item() for name in ("kappa_star", "alpha", "delta")}
    return {"source": _MARKER + BAYES, **setting, "mse": mmse}
