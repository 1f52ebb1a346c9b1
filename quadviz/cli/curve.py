"""``quadviz curve``: print a learning curve as CSV."""

from __future__ import annotations

import argparse

import numpy as np

from quadviz.cli.options import Commands, add_parameter, whole
from quadviz.parameters import PARAMETERS
from quadviz.tables.text import csv_text

__all__ = ["add"]

_CURVE_PARAMETERS = ("kappa", "kappa_star", "lam", "delta")
_CURVE_COLUMNS = ("alpha", "mse", "train_loss", "in_sample_error", "rank", "kappa_min", "q", "xi")


def add(commands: Commands) -> None:
    """Add the command."""
    curve = commands.add_parser("curve", help="print a learning curve as CSV")
    curve.set_defaults(run=_run, parser=curve)
    for name in _CURVE_PARAMETERS:
        add_parameter(curve, PARAMETERS[name], f"--{name.replace('_', '-')}", PARAMETERS[name].default)
    alpha = PARAMETERS["alpha"]
    add_parameter(curve, alpha, "--alpha-min", alpha.low)
    add_parameter(curve, alpha, "--alpha-max", alpha.high)
    curve.add_argument(
        "--points",
        type=whole("points", 2, 100_000),
        default=200,
        help="number of points, evenly spaced in alpha (default: %(default)s)",
    )


def _run(options: argparse.Namespace) -> int:
    from quadviz.outcome import Regime, Status
    from quadviz.theory.steady.steady_state import learning_curve

    if options.alpha_min >= options.alpha_max:
        options.parser.error(
            "--alpha-min must be smaller than --alpha-max, "
            f"got {options.alpha_min:g} and {options.alpha_max:g}"
        )
    alpha = np.linspace(options.alpha_min, options.alpha_max, options.points)
    result = learning_curve(alpha, **{name: getattr(options, name) for name in _CURVE_PARAMETERS})
    columns = [np.broadcast_to(getattr(result, name), alpha.shape).tolist() for name in _CURVE_COLUMNS]
    regimes = [Regime(code).label for code in result.regime]
    statuses = [Status(code).message for code in result.status]
    rows = list(zip(*columns, regimes, statuses, strict=True))
    print(csv_text(([*_CURVE_COLUMNS, "regime", "status"], rows)), end="")
    return 0
