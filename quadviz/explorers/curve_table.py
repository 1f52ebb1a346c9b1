"""All that the learning-curves page draws, as a table; and the code that computes its curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.explorers.curve_run import CurveRun
from quadviz.explorers.curve_state import CURVE_PARAMETERS, State
from quadviz.explorers.exhibit import Code, assignment
from quadviz.figures.learning_curves import LearningCurves
from quadviz.tables import Table
from quadviz.theory.steady_state import Regime

__all__ = ["curve_code", "curve_table"]

_OBSERVED = ("mse", "train_loss", "in_sample_error", "rank")
_SOLVED = ("kappa_min", "q", "xi")


def curve_table(view: LearningCurves, state: State, run: CurveRun | None) -> Table:
    """The curves, the Bayes-optimal error, and every network trained, each in rows of its own."""
    names = ["source", *CURVE_PARAMETERS, "alpha", *_OBSERVED, *_SOLVED, "regime", "d", "seed"]
    return names, list(_rows(view, state, run))


def _rows(view: LearningCurves, state: State, run: CurveRun | None) -> Iterator[list[object]]:
    curves = view.curves
    fields = (*CURVE_PARAMETERS, "alpha", *_OBSERVED, *_SOLVED, "regime")
    columns = np.broadcast_arrays(*(getattr(curves, name) for name in fields))
    for row in zip(*(column.ravel().tolist() for column in columns), strict=True):
        yield ["theory", *row[:-1], Regime(row[-1]).label, "inf", ""]
    if view.bayes is not None:
        of, unknown = ["", state.kappa_star, state.delta, ""], [""] * len((*_OBSERVED, *_SOLVED))
        for alpha, mmse in zip(view.bayes.alpha.tolist(), view.bayes.mmse.tolist(), strict=True):
            yield ["Bayes-optimal", *of, alpha, mmse, *unknown, "inf", ""]
    for network in () if run is None else run.networks:
        made = [getattr(network.setting, name) for name in (*CURVE_PARAMETERS, "alpha")]
        seen = [getattr(network, name) for name in _OBSERVED]
        yield ["network", *made, *seen, *[""] * len((*_SOLVED, "regime")), network.d, network.seed]


def curve_code(view: LearningCurves, state: State) -> Code:
    """The curves in one call."""
    values: dict[str, object] = {name: getattr(state, name) for name in CURVE_PARAMETERS}
    if state.compare:
        compared = np.unique(getattr(view.curves, state.compare))
        values[state.compare] = [[value] for value in compared.tolist()]
    ends = f"{view.curves.alpha.min():g}, {state.alpha_top:g}"
    call = f"curves = learning_curve(np.linspace({ends}, 200), {assignment(values)})"
    return Code(("learning_curve",), [call, "print(curves.mse.shape, curves.mse.min(axis=-1))"], numpy=True)
