"""The course of training as a table, and the code that computes it: for the lab and the page of dynamics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.law.spelling import spelled_teacher
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting
from quadviz.simulation.problem import Recipe
from quadviz.tables.code import Code, assignment
from quadviz.tables.teacher import beyond
from quadviz.tables.text import Table
from quadviz.tables.tidy import Row, tidy
from quadviz.theory.best.early_stopping import EarlyStop
from quadviz.theory.dmft import Dmft
from quadviz.theory.flow.population import PopulationFlow
from quadviz.theory.flow.population_curve import DIMENSION
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.march import MarchRequest, MarchRun
from quadviz.work.training import LabRun, Request, times_until

__all__ = [
    "course_code",
    "course_table",
    "flow_code",
    "flow_rows",
    "joined_code",
    "march_code",
    "march_rows",
    "network_rows",
    "networks_code",
    "ratios",
    "setting_code",
    "sound_words",
    "stop_row",
    "stored_code",
    "theory_row",
]

Rows = Iterator[dict[str, object]]

_OBSERVED = ("mse", "train_loss", "in_sample_error", "regularised_loss")
_DRAWN = ("mse", "train_loss")
_BEYOND = ("lam2", "teacher")
_PROBLEM = ("d", "inputs", "label_noise", "teacher_weights", "seed")
_ERRORS = ("mse_error", "train_loss_error")
_EQUATIONS = ("d_eff", "replicas", "copies")
#: What a problem is made of if nothing is said.
_PLAIN = Recipe()


def course_table(rows: Iterable[Row], equations: bool = False) -> Table:
    """A row for everything seen at a time; ``equations`` for a table in which they are solved too."""
    more, judged = (_EQUATIONS, ("trusted",)) if equations else ((), ())
    known = ("time", *_OBSERVED, *_ERRORS, "regime")
    return tidy(("source", *PARAMETERS, *_BEYOND, *_PROBLEM, *more, *known, *judged), rows)


def ratios(setting: Setting) -> dict[str, object]:
    """A setting as cells."""
    known = {name: getattr(setting, name) for name in (*PARAMETERS, "lam2")}
    return {**known, "teacher": spelled_teacher(setting.teacher)}


def theory_row(setting: Setting, theory: SteadyState) -> dict[str, object]:
    """What theory says of long training; the arrays hold a single value."""
    seen = {name: np.ravel(getattr(theory, name))[0].item() for name in _OBSERVED[:3]}
    regime = Regime(int(np.ravel(theory.regime)[0])).label
    return {"source": "theory", **ratios(setting), "d": "inf", "time": "inf", **seen, "regime": regime}


def network_rows(run: LabRun | None) -> Rows:
    """Every network at every time, and their mean with its standard error."""
    if run is None or not run.networks:
        return
    recipe = run.request.recipe
    made = {"inputs": recipe.inputs, "label_noise": recipe.label_noise, "teacher_weights": recipe.weights}
    known = {**ratios(run.request.setting), "d": run.request.d, **made}
    for network in run.networks:
        fields = {"time": network.times, **{name: getattr(network, name) for name in _OBSERVED}}
        yield from _rows({"source": "network", **known, "seed": network.seed}, fields)
    fields = {"time": run.request.times}
    for name in _DRAWN:
        fields[name], fields[f"{name}_error"] = run.mean(name)
    reached = np.isfinite(fields["mse"])
    fields = {name: values[reached] for name, values in fields.items()}
    yield from _rows({"source": "mean of the networks", **known}, fields)


def march_rows(run: MarchRun | None) -> Rows:
    """The mean-field theory with its errors, and whether it can be trusted."""
    if run is None:
        return
    s = run.solution
    known = {"source": "DMFT", **ratios(run.request.setting), "d": "inf", "seed": s.seed}
    effort = {"d_eff": s.d_eff, "replicas": s.replicas, "copies": s.copies}
    fields = {"time": s.times, **{name: getattr(s, name) for name in (*_DRAWN, *_ERRORS)}}
    fields["trusted"] = sound_words(s)
    yield from _rows({**known, **effort}, fields)


def sound_words(solution: Dmft) -> NDArray[np.str_]:
    """Whether a solution can be trusted, at each of its times, as cells."""
    return np.where(solution.trusted, "yes", "no")


def flow_rows(setting: Setting, flow: PopulationFlow) -> Rows:
    """The population flow; alpha is infinite there."""
    known = {"source": "population flow", **ratios(setting), "alpha": "inf", "d": "inf"}
    fields = {"time": flow.times, "mse": flow.mse, "train_loss": flow.loss + setting.delta / 4}
    yield from _rows(known, fields)


def stop_row(setting: Setting, by: str, stop: EarlyStop) -> dict[str, object]:
    """The best moment of training."""
    known = {"source": f"best moment, by the {by}", **ratios(setting)}
    return {**known, "time": stop.time, "mse": stop.mse, "mse_error": stop.error}


def course_code(
    setting: Setting, networks: Request | None = None, march: Code | None = None, end: float = 0.0
) -> Code:
    """What a course consists of, in a call each.

    Args:
        setting: the setting.
        networks: those trained, or None.
        march: the statements that give the mean-field theory shown, or None.
        end: the last time of the population flow; 0 for none.
    """
    s = setting
    _, more = beyond(s.teacher, s.lam2)
    given = f"{s.alpha!r}, {s.kappa!r}, {s.given_width!r}, {s.lam!r}, {s.delta!r}"
    theory = [
        f"theory = steady_state({given}{', ' * bool(more)}{assignment(more)})",
        "print(theory.mse, theory.train_loss)",
    ]
    return joined_code(
        setting_code(setting),
        Code(("steady_state",), theory),
        *([] if networks is None else [networks_code(networks)]),
        *([] if march is None else [march]),
        *([flow_code(setting, end)] if end else []),
    )


def joined_code(*parts: Code) -> Code:
    """Statements after another, with all that they import."""
    names = [name for part in parts for name in part.imports]
    # What is computed at the same times needs them once.
    lines: dict[str, None] = dict.fromkeys(line for part in parts for line in part.lines)
    return Code(names, list(lines), any(part.numpy for part in parts))


def setting_code(setting: Setting) -> Code:
    """The setting, by its name."""
    values: dict[str, object] = {name: getattr(setting, name) for name in PARAMETERS}
    names, more = beyond(setting.teacher, setting.lam2)
    given = assignment({**values, "kappa_star": setting.given_width, **more})
    return Code(("Setting", *names), [f"setting = Setting({given})"])


def networks_code(request: Request) -> Code:
    """The networks of the setting."""
    made = {"inputs": request.inputs, "label_noise": request.label_noise, "weights": request.weights}
    options = {name: value for name, value in made.items() if value != getattr(_PLAIN, name)}
    seen = ", eigenvalue_times=times" if request.spectra else ""
    more = f", {assignment(options)}" if options else ""
    lines = [
        _times(request.times),
        f"networks = simulate_ensemble(setting, {request.d}, {list(request.seeds)}, times{seen}{more})",
        'print(networks.mean("mse")[-1], networks.standard_error("mse")[-1])',
    ]
    return Code(("log_times", "simulate_ensemble"), lines)


def march_code(request: MarchRequest) -> Code:
    """The mean-field equations of the setting."""
    lines = [
        _times(request.times),
        f"march = {_solving(request)}",
        "print(march.mse[-1], march.mse_error[-1], march.message)",
    ]
    return Code(("dmft", "log_times"), lines)


def stored_code(request: MarchRequest) -> Code:
    """The solution that the page opens with."""
    lines = [
        "from quadviz.work.stored import stored_march",
        "# What the page opens with was solved before, by",
        f"# {_solving(request)}",
        _times(request.times),
        "march = stored_march().solution",
        "print(march.mse[-1], march.mse_error[-1], march.message)",
    ]
    return Code(("log_times",), lines)


def _solving(request: MarchRequest) -> str:
    """The call that solves the mean-field equations."""
    return f"dmft(setting, times, eigenvalue_times=times, {assignment(request.arguments)})"


def flow_code(setting: Setting, end: float) -> Code:
    """The population flow; its matrices are drawn, where the page has the most typical ones."""
    decays = f"{setting.lam!r}, {setting.delta!r}" + (f", {setting.lam2!r}" if setting.lam2 else "")
    lines = [
        "# On infinitely many samples, for one teacher and start; the page takes the most typical ones.",
        f"drawn = sample_problem(setting, {DIMENSION})",
        _times(times_until(end)),
        f"flow = population_flow(drawn.teacher, drawn.start, times, {decays})",
        "print(flow.mse[-1], flow.loss[-1])",
    ]
    return Code(("log_times", "population_flow", "sample_problem"), lines)


def _times(times: FloatArray) -> str:
    """The statement that makes the times at which the page looks."""
    return f"times = log_times({times[-1].item()!r}, {times.size})"


def _rows(known: Row, fields: Mapping[str, NDArray[Any]]) -> Rows:
    """A row for every entry of arrays of one shape, (T,)."""
    for row in zip(*(values.tolist() for values in fields.values()), strict=True):
        yield {**known, **dict(zip(fields, row, strict=True))}
