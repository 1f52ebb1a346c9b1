"""All that the learning-curves page draws, as a table; and the code that computes its curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.explorers.learning_curves.state import State
from quadviz.scenes.families import CURVE_PARAMETERS
from quadviz.scenes.learning_curves import LearningCurves
from quadviz.tables.code import Code, assignment
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, STATE_COLUMNS, Row, bayes_rows, state_rows, tidy
from quadviz.work.curve import CurveRun

__all__ = ["curve_code", "curve_table"]

_OBSERVED = ("mse", "train_loss", "in_sample_error", "rank")


def curve_table(view: LearningCurves, run: CurveRun | None) -> Table:
    """The curves, the Bayes-optimal error, and every network trained, each in rows of its own."""
    return tidy(("source", *STATE_COLUMNS, "d", "seed"), _rows(view, run))


def _rows(view: LearningCurves, run: CurveRun | None) -> Iterator[Row]:
    for row in state_rows("theory", view.curves):
        yield {**row, "d": "inf"}
    if view.bayes is not None:
        for row in bayes_rows(view.bayes):
            yield {**row, "d": "inf"}
    for network in () if run is None else run.networks:
        made = {name: getattr(network.setting, name) for name in SETTING}
        seen = {name: getattr(network, name) for name in _OBSERVED}
        yield {"source": "network", **made, **seen, "d": network.d, "seed": network.seed}


def curve_code(view: LearningCurves, state: State) -> Code:
    """The curves in one call."""
    values: dict[str, object] = {name: getattr(state, name) for name in CURVE_PARAMETERS}
    if state.compare:
        compared = np.unique(getattr(view.curves, state.compare))
        values[state.compare] = [[value] for value in compared.tolist()]
    ends = f"{view.curves.alpha.min():g}, {state.seen[1]:g}"
    call = f"curves = learning_curve(np.linspace({ends}, 200), {assignment(values)})"
    return Code(("learning_curve",), [call, "print(curves.mse.shape, curves.mse.min(axis=-1))"], numpy=True)
