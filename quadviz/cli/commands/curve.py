"""``quadviz curve``: learning curves, and grids of steady states."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from quadviz.cli.chart import chart
from quadviz.cli.options import (
    KappaStar,
    Lam2,
    TeacherText,
    number_option,
    real,
    values_option,
    whole,
    whole_option,
    width_text,
)
from quadviz.cli.output import Csv, Given, Json, Out, give, table_of, tell
from quadviz.cli.ranges import grid, values
from quadviz.cli.teachers import teacher_column, teacher_of
from quadviz.outcome import Status
from quadviz.parameters import EXTENSIONS, PARAMETERS

__all__ = ["EXAMPLES", "curve"]

EXAMPLES = (
    "quadviz curve --kappa 0.5 --kappa-star 0.3 --lam 0.01",
    "quadviz curve --alpha 0.05:0.6:30 --delta 0,0.5 --csv",
    "quadviz curve --alpha 0.35 --lam log:1e-3:1:7 --json",
    "quadviz curve --teacher power:0.3 --alpha 0.1:1:10 --out curve.html",
)
_ALPHA, _POINTS = PARAMETERS["alpha"], 200


def curve(
    alpha: Annotated[str | None, values_option(_ALPHA)] = None,
    kappa: Annotated[str, values_option(PARAMETERS["kappa"])] = f"{PARAMETERS['kappa'].default:g}",
    kappa_star: KappaStar = None,
    lam: Annotated[str, values_option(PARAMETERS["lam"])] = f"{PARAMETERS['lam'].default:g}",
    delta: Annotated[str, values_option(PARAMETERS["delta"])] = f"{PARAMETERS['delta'].default:g}",
    lam2: Lam2 = "0",
    teacher: TeacherText = "wishart",
    alpha_min: Annotated[
        str, number_option(_ALPHA, "alpha_min", "Where the curve begins without --alpha.")
    ] = f"{_ALPHA.low:g}",
    alpha_max: Annotated[str, number_option(_ALPHA, "alpha_max", "Where it ends.")] = f"{_ALPHA.high:g}",
    points: Annotated[str, whole_option("points", "How many points it has.", 2, 100_000)] = f"{_POINTS}",
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Print the errors that long training ends with, over samples or any grid of settings."""
    from quadviz.theory.steady.steady_state import steady_state

    if alpha is None:
        low, high = real(_ALPHA, alpha_min), real(_ALPHA, alpha_max)
        if low >= high:
            raise ValueError(f"--alpha-min must be smaller than --alpha-max, got {low:g} and {high:g}")
        samples = np.linspace(low, high, whole("points", points, 2, 100_000))
    else:
        samples = values(_ALPHA, alpha)
    law = teacher_of(teacher)
    wide = width_text(kappa_star, law)
    texts = {"kappa": kappa, "kappa_star": wide, "delta": delta, "lam": lam}
    axes = {name: values(PARAMETERS[name], text) for name, text in texts.items() if text is not None}
    made: dict[str, Any] = grid({**axes, "lam2": values(EXTENSIONS["lam2"], lam2), "alpha": samples})
    found = steady_state(**{"kappa_star": None, **made}, teacher=law)
    several = int(np.sum(found.status == Status.SEVERAL))
    if several:
        tell(f"quadviz curve: {several} of {np.size(found.status)} points {Status.SEVERAL.message}")
    table = table_of(found.sheets()["points"], **teacher_column(teacher))
    across = next((n for n in ("alpha", *made) if made[n].size > 1), "alpha")
    give(Given(table, lambda: chart(table, across, "mse"), found), csv=csv, json=json, out=out)
    return int(np.all(found.status == Status.FAILED))
