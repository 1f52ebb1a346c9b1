"""``quadviz simulate``: train networks of finite size."""

from __future__ import annotations

import sys
from typing import Annotated, Any, get_args

from quadviz.cli.chart import chart
from quadviz.cli.options import (
    KappaStar,
    Lam2,
    TeacherText,
    number_option,
    one_of,
    real,
    setting_of,
    whole,
    whole_option,
)
from quadviz.cli.output import Csv, Given, Json, Out, give, tell
from quadviz.cli.teachers import teacher_column, teacher_of
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.setting import Inputs
from quadviz.simulation.ensemble import simulate_ensemble
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.simulation.simulate import SimulationError, log_times
from quadviz.tables.text import training_table

__all__ = ["EXAMPLES", "simulate"]

EXAMPLES = (
    "quadviz simulate --kappa 0.5 --alpha 0.4 --d 20 --networks 2 --csv",
    "quadviz simulate --d 20 --end 10 --points 8 --out training.html",
)
_MOST = 1_000_000
_TABLE = {**PARAMETERS, "lam": SIMULATION_PARAMETERS["lam"], "end": SIMULATION_PARAMETERS["end"]}


def simulate(
    kappa: Annotated[str, number_option(_TABLE["kappa"])] = f"{_TABLE['kappa'].default:g}",
    kappa_star: KappaStar = None,
    alpha: Annotated[str, number_option(_TABLE["alpha"])] = f"{_TABLE['alpha'].default:g}",
    delta: Annotated[str, number_option(_TABLE["delta"])] = f"{_TABLE['delta'].default:g}",
    lam: Annotated[str, number_option(_TABLE["lam"])] = f"{_TABLE['lam'].default:g}",
    gamma: Annotated[str, number_option(_TABLE["gamma"])] = f"{_TABLE['gamma'].default:g}",
    lam2: Lam2 = "0",
    teacher: TeacherText = "wishart",
    d: Annotated[str, whole_option("d", "Input dimension.", 2, _MOST)] = "50",
    networks: Annotated[
        str, whole_option("networks", "How many networks to train, each with a seed of its own.", 1, _MOST)
    ] = "3",
    first_seed: Annotated[
        str,
        whole_option("first_seed", "Seed of the first network; the others count up from it.", 0, _MOST),
    ] = "0",
    points: Annotated[
        str,
        whole_option("points", "Times observed: 0, and others evenly spaced in their logarithm.", 3, _MOST),
    ] = "42",
    end: Annotated[
        str, number_option(_TABLE["end"], meaning="Time to train until, more than 0.01.")
    ] = f"{_TABLE['end'].default:g}",
    inputs: Annotated[
        str, one_of("inputs", get_args(Inputs), "The network's own inputs, or GOE matrices.")
    ] = get_args(Inputs)[0],
    label_noise: Annotated[
        str, one_of("label_noise", get_args(LabelNoise), "Distribution of the label noise.")
    ] = get_args(LabelNoise)[0],
    weights: Annotated[
        str, one_of("weights", get_args(TeacherWeights), "Distribution of the teacher's weights.")
    ] = get_args(TeacherWeights)[0],
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Train networks of finite size by gradient flow, and print their errors over time."""
    law = teacher_of(teacher)
    texts = {"kappa": kappa, "alpha": alpha, "delta": delta, "lam": lam, "gamma": gamma, "lam2": lam2}
    setting = setting_of(texts, kappa_star, law)
    # Words that their options have checked.
    recipe: dict[str, Any] = {"inputs": inputs, "label_noise": label_noise, "weights": weights}
    first = whole("first-seed", first_seed, 0, _MOST)
    try:
        trained = simulate_ensemble(
            setting,
            whole("d", d, 2, _MOST),
            range(first, first + whole("networks", networks, 1, _MOST)),
            log_times(real(_TABLE["end"], end), whole("points", points, 3, _MOST)),
            **recipe,
            progress=sys.stderr.isatty(),
        )
    except SimulationError as failure:
        tell(f"quadviz simulate: {failure}")
        return 1
    for seed, reason in trained.failures.items():
        tell(f"quadviz simulate: seed {seed} failed: {reason}")
    names, rows = training_table(trained.runs)
    beyond = {**({"lam2": setting.lam2} if setting.lam2 else {}), **teacher_column(teacher)}
    table = [*beyond, *names], [[*beyond.values(), *row] for row in rows]
    give(Given(table, lambda: chart(table, "time", "mse"), trained), csv=csv, json=json, out=out)
    return 1 if trained.failures else 0
