"""``quadviz threshold``: the sharp numbers of samples of recovery and of interpolation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from quadviz.cli.chart import chart
from quadviz.cli.options import KappaStar, TeacherText, values_option, width_text
from quadviz.cli.output import Csv, Given, Json, Out, give, table_of
from quadviz.cli.ranges import grid, values
from quadviz.cli.teachers import teacher_column, teacher_of
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS

if TYPE_CHECKING:
    from quadviz.theory.steady.thresholds import Regularisation

__all__ = ["EXAMPLES", "threshold"]

EXAMPLES = (
    "quadviz threshold --kappa 0.1:1:50 --csv",
    "quadviz threshold --kappa 0.5,1 --delta 0,0.5",
    "quadviz threshold --kappa 0.3:1:15 --out threshold.html",
)
_KINDS: Mapping[str, Regularisation] = {
    "recovery_ridgeless": "ridgeless",
    "recovery_none": "none",
    "recovery_bayes": "bayes",
}


def threshold(
    kappa: Annotated[str, values_option(PARAMETERS["kappa"])] = f"{PARAMETERS['kappa'].default:g}",
    kappa_star: KappaStar = None,
    delta: Annotated[str, values_option(PARAMETERS["delta"])] = "0",
    teacher: TeacherText = "wishart",
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Print the alpha from which a teacher is recovered, and that up to which labels are fitted.

    recovery_ridgeless, recovery_none (a conjecture) and recovery_bayes belong to labels without noise; inf
    where no number of samples is enough. interpolation is that of the labels' delta, mse the height there.
    """
    from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold

    law = teacher_of(teacher)
    wide = width_text(kappa_star, law)
    texts = {"kappa_star": wide, "delta": delta, "kappa": kappa}
    axes = {name: values(PARAMETERS[name], text) for name, text in texts.items() if text is not None}
    made: dict[str, Any] = {"kappa_star": None, **grid(axes)}
    peak = interpolation_threshold(**made, teacher=law)
    names, rows = table_of(peak.sheets()["points"], **teacher_column(teacher))
    names = ["interpolation" if name == "alpha" else name for name in names]
    recovered = []
    for kind in _KINDS.values():
        found = recovery_threshold(made["kappa"], made["kappa_star"], kind, teacher=law)
        recovered.append(np.broadcast_to(found, peak.shape).ravel().tolist())
    table = [*names, *_KINDS], [[*row, *more] for row, *more in zip(rows, *recovered, strict=True)]
    across = next((n for n in ("kappa", *axes) if axes[n].size > 1), "kappa")
    give(Given(table, lambda: chart(table, across, "interpolation"), peak), csv=csv, json=json, out=out)
    return int(np.all(peak.status == Status.FAILED))
