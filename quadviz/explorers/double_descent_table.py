"""All that the double-descent page draws, as two tables, and the code that computes it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from quadviz.explorers.double_descent_results import FAMILY, Results, State
from quadviz.explorers.exhibit import Code, assignment
from quadviz.explorers.tidy import BAYES, STATE_COLUMNS, bayes_rows, state_rows, tidy
from quadviz.setting import PARAMETERS
from quadviz.tables import Table
from quadviz.theory.steady_state import SteadyState

__all__ = ["samples_code", "samples_table", "widths_code", "widths_table"]

_COLUMNS = ("source", *STATE_COLUMNS)
_BEST, _THEORY, _MARKER = "best lam", "theory", "marker: "


def samples_table(results: Results) -> Table:
    """The curves against samples, the best weight decay, the Bayes-optimal error, and the thresholds."""
    return tidy(_COLUMNS, _sample_rows(results))


def widths_table(results: Results) -> Table:
    """The curves against width, and where something changes on them."""
    return tidy(_COLUMNS, _width_rows(results))


def samples_code(state: State) -> Code:
    """The curves in a call each."""
    lams = sorted({*FAMILY, state.lam})
    law = assignment({"kappa_star": state.kappa_star, "delta": state.delta})
    kappa = f"kappa={state.kappa!r}"
    lines = [
        f"alpha = np.linspace({PARAMETERS['alpha'].low!r}, {state.alpha_top!r}, 200)",
        f"family = learning_curve(alpha, lam={lams}, {kappa}, {law})",
        f"lam = optimal_lam(alpha, {kappa}, {law})",
        f"best = steady_state(alpha, lam=lam, {kappa}, {law})",
        f"bayes = bayes_optimal(alpha, {law})",
        f"peak = interpolation_threshold({kappa}, {law})",
        "print(family.mse.shape, best.mse.min(), bayes.mmse.min(), peak.alpha, peak.mse)",
    ]
    names = ("bayes_optimal", "interpolation_threshold", "learning_curve", "optimal_lam", "steady_state")
    return Code(names, lines, numpy=True)


def widths_code(state: State) -> Code:
    """The same against width."""
    alpha = f"alpha={state.alpha!r}"
    law = assignment({"kappa_star": state.kappa_star, "delta": state.delta})
    lines = [
        f"kappa = np.linspace({PARAMETERS['kappa'].low!r}, {state.kappa_top!r}, 200)",
        f"ridgeless = steady_state({alpha}, kappa=kappa, lam=0.0, {law})",
    ]
    if state.lam:
        lines.append(f"current = steady_state({alpha}, kappa=kappa, lam={state.lam!r}, {law})")
    lines += [
        f"lam = optimal_lam({alpha}, kappa=kappa, {law})",
        f"best = steady_state({alpha}, kappa=kappa, lam=lam, {law})",
        f"bayes = bayes_optimal({alpha}, {law})",
        "print(ridgeless.mse.max(), best.mse.min(), bayes.mmse)",
    ]
    return Code(("bayes_optimal", "optimal_lam", "steady_state"), lines, numpy=True)


def _sample_rows(results: Results) -> Iterator[dict[str, object]]:
    for curve in results.family:
        yield from state_rows(_THEORY, curve)
    yield from state_rows(_BEST, results.best)
    yield from bayes_rows(results.bayes)
    threshold = results.threshold
    width = {"kappa": threshold.kappa.item(), "kappa_star": threshold.kappa_star.item()}
    place = {**width, "delta": threshold.delta.item(), "lam": 0.0}
    if math.isfinite(threshold.alpha):
        peak = {"alpha": threshold.alpha.item(), "mse": threshold.mse.item(), "xi": threshold.xi.item()}
        yield {"source": "interpolation threshold", **place, **peak}
    if math.isfinite(results.recovery):
        yield {"source": "recovery threshold", **place, "alpha": results.recovery, "mse": 0.0}
    yield from state_rows(_MARKER + _THEORY, results.marker)
    yield from state_rows(_MARKER + _BEST, results.best_marker)
    yield _bayes_at(results.best_marker, results.bayes_marker)


def _width_rows(results: Results) -> Iterator[dict[str, object]]:
    yield from state_rows(_THEORY, results.ridgeless_widths)
    if results.current:
        yield from state_rows(_THEORY, results.current_widths)
    yield from state_rows(_BEST, results.best_widths)
    here = results.best_marker
    yield _bayes_at(here, results.bayes_marker)
    setting = {name: getattr(here, name).item() for name in ("kappa_star", "alpha", "delta")}
    fits = results.interpolating
    if fits is not None:
        at = {"source": "interpolation", **setting, "lam": 0.0, "kappa": float(fits.kappa)}
        yield {**at, "mse": float(fits.mse)} if math.isfinite(fits.mse) else at
    needed = results.current_widths.kappa_min[-1].item()
    if math.isfinite(needed):
        lam = results.lams[results.current]
        yield {"source": "flat beyond", **setting, "lam": lam, "kappa": needed}
    three = results.width_marker
    yield from state_rows(_MARKER + _THEORY, three[:2] if results.current else three[:1])
    yield from state_rows(_MARKER + _BEST, three[2:])


def _bayes_at(here: SteadyState, mmse: float) -> dict[str, object]:
    """The Bayes-optimal error under the marker."""
    setting = {name: getattr(here, name).item() for name in ("kappa_star", "alpha", "delta")}
    return {"source": _MARKER + BAYES, **setting, "mse": mmse}
