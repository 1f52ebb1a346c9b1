"""``quadviz dynamics``: the whole course of training as d -> infinity."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

from quadviz.cli.chart import chart
from quadviz.cli.options import (
    KappaStar,
    Lam2,
    TeacherText,
    number_option,
    setting_of,
    values_option,
    whole,
    whole_option,
)
from quadviz.cli.output import Csv, Given, Json, Out, give, table_of, tell
from quadviz.cli.ranges import values
from quadviz.cli.teachers import teacher_column, teacher_of
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS

__all__ = ["EXAMPLES", "dynamics"]

EXAMPLES = (
    "quadviz dynamics --times 0:20:41 --d-eff 20 --replicas 2 --csv",
    "quadviz dynamics --times 0,log:0.1:10:9 --d-eff 20 --replicas 2 --out dynamics.html",
)
_TABLE = {**PARAMETERS, "lam": SIMULATION_PARAMETERS["lam"]}
_TIMES = replace(
    SIMULATION_PARAMETERS["end"], name="times", label="training times", zero_allowed=True,
    meaning="Times wanted, rising.",
)  # fmt: skip
_MOST = 10_000


def dynamics(
    times: Annotated[str, values_option(_TIMES)] = "0:20:41",
    kappa: Annotated[str, number_option(_TABLE["kappa"])] = f"{_TABLE['kappa'].default:g}",
    kappa_star: KappaStar = None,
    alpha: Annotated[str, number_option(_TABLE["alpha"])] = f"{_TABLE['alpha'].default:g}",
    delta: Annotated[str, number_option(_TABLE["delta"])] = f"{_TABLE['delta'].default:g}",
    lam: Annotated[str, number_option(_TABLE["lam"])] = f"{_TABLE['lam'].default:g}",
    gamma: Annotated[str, number_option(_TABLE["gamma"])] = f"{_TABLE['gamma'].default:g}",
    lam2: Lam2 = "0",
    teacher: TeacherText = "wishart",
    d_eff: Annotated[
        str | None, whole_option("d_eff", "Size of the matrices; about 30 when omitted.", 2, _MOST)
    ] = None,
    replicas: Annotated[
        str, whole_option("replicas", "Independent solutions, whose spread makes the errors.", 1, _MOST)
    ] = "8",
    seed: Annotated[str, whole_option("seed", "Seed of the random numbers.", 0, 2**31)] = "0",
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Solve the mean-field equations of training, and print the errors over time with error bars.

    The column trusted says where the solution can be trusted; until when is told on standard error.
    """
    from tqdm import tqdm

    from quadviz.theory.dmft import DmftError, DmftStatus
    from quadviz.theory.dmft.solve import march

    law = teacher_of(teacher)
    texts = {"kappa": kappa, "alpha": alpha, "delta": delta, "lam": lam, "gamma": gamma, "lam2": lam2}
    setting = setting_of(texts, kappa_star, law)
    size = None if d_eff is None else whole("d-eff", d_eff, 2, _MOST)
    steps = march(
        setting, values(_TIMES, times), size, whole("replicas", replicas, 1, _MOST),
        seed=whole("seed", seed, 0, 2**31),
    )  # fmt: skip
    run = None
    with tqdm(total=100, desc="march", unit="%", disable=not sys.stderr.isatty()) as bar:
        try:
            for run in steps:
                bar.update(int(100 * run.fraction) - bar.n)
        except DmftError as failure:
            tell(f"quadviz dynamics: {failure}")
            run = failure.partial
    if run is None or not run.trusted.size:
        return 1
    until = f"trusted until t = {run.trusted_until:.4g} of {run.end:.4g}"
    tell(f"{until}: {run.message}" if run.status != DmftStatus.SOLVED else until)
    table = table_of(run.sheets()["course"], **teacher_column(teacher))
    give(
        Given(table, lambda: chart(table, "time", "mse", error="mse_error"), run), csv=csv, json=json, out=out
    )
    return 0 if run.trusted.any() else 1
