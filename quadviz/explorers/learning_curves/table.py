"""All that the learning-curves page draws, as a table; and the code that computes its curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.explorers.learning_curves.state import State
from quadviz.files.measured import Measured
from quadviz.law.spelling import spelled_teacher
from quadviz.scenes.common.families import CURVE_PARAMETERS
from quadviz.scenes.learning_curves import LearningCurves
from quadviz.setting import Setting
from quadviz.tables.code import Code, assignment
from quadviz.tables.own_data import own_rows
from quadviz.tables.teacher import beyond
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, STATE_COLUMNS, Row, bayes_rows, state_rows, tidy
from quadviz.work.curve import SIZE_SAMPLES, CurveRun

__all__ = ["curve_code", "curve_table"]

_OBSERVED = ("mse", "train_loss", "in_sample_error", "rank")
_ERRORS = tuple(f"{name}_error" for name in _OBSERVED)


def curve_table(
    view: LearningCurves, state: State, run: CurveRun | None, measured: Measured | None = None
) -> Table:
    """Curves, Bayes-optimal error, theory at the networks' size, networks, and a reader's own data."""
    names = ("source", *STATE_COLUMNS, "lam2", "teacher", *_ERRORS, "d", "inputs", "seed")
    return tidy(names, _rows(view, state, run, measured))


def _rows(
    view: LearningCurves, state: State, run: CurveRun | None, measured: Measured | None
) -> Iterator[Row]:
    for row in state_rows("theory", view.curves):
        yield {**row, "lam2": state.lam2, "teacher": state.teacher, "d": "inf"}
    if view.bayes is not None:
        for row in bayes_rows(view.bayes):
            yield {**row, "teacher": state.teacher, "d": "inf"}
    for one in () if run is None else run.at_size:
        made = _made(one.setting)
        found = {name: getattr(one, name) for name in (*_OBSERVED, *_ERRORS, "kappa_min", "q", "xi")}
        told = {"regime": one.regime.label, "status": one.status.name.lower()}
        yield {"source": "theory at size d", **made, **found, **told, "d": one.d, "inputs": one.inputs}
    for network in () if run is None else run.networks:
        made = _made(network.setting)
        seen = {name: getattr(network, name) for name in _OBSERVED}
        yield {"source": "network", **made, **seen, "d": network.d, "inputs": "network", "seed": network.seed}
    yield from own_rows(measured)


def _made(setting: Setting) -> dict[str, object]:
    """What networks were trained on."""
    known = {name: getattr(setting, name) for name in (*SETTING, "lam2")}
    return {**known, "teacher": spelled_teacher(setting.teacher)}


def curve_code(view: LearningCurves, state: State, run: CurveRun | None = None) -> Code:
    """The curves in one call, and the theory at the size of networks that are drawn."""
    at = state.setting.at(state.alpha)
    names, arguments = _arguments(at)
    if state.compare:
        compared = np.unique(getattr(view.curves, state.compare))
        arguments[state.compare] = [[value] for value in compared.tolist()]
    ends = f"{view.curves.alpha.min():g}, {state.seen[1]:g}"
    call = f"curves = learning_curve(np.linspace({ends}, 200), {assignment(arguments)})"
    lines = [call, "print(curves.mse.shape, curves.mse.min(axis=-1))"]
    if run is None or not run.at_size:
        return Code(("learning_curve", *names), lines, numpy=True)
    first = run.at_size[0]
    more, fixed = _arguments(first.setting)
    lines += [
        f"settings = [Setting(alpha=alpha, {assignment(fixed)}) for alpha in {[*_places(run)]}]",
        f"at_size = [finite_size(setting, d={first.d}, samples={SIZE_SAMPLES}) for setting in settings]",
        "print([(each.setting.alpha, each.mse, each.mse_error) for each in at_size])",
    ]
    return Code(("learning_curve", "finite_size", "Setting", *names, *more), lines, numpy=True)


def _arguments(setting: Setting) -> tuple[tuple[str, ...], dict[str, object]]:
    """What has to be imported for the curve of a setting, and its arguments but for alpha."""
    names, more = beyond(setting.teacher, setting.lam2)
    values = {name: getattr(setting, name) for name in CURVE_PARAMETERS}
    return names, {**values, "kappa_star": setting.given_width, **more}


def _places(run: CurveRun) -> Iterator[float]:
    return (each.setting.alpha for each in run.at_size)
