"""``quadviz simulate``: train networks of finite size and print it as CSV."""

from __future__ import annotations

import argparse
import sys
from typing import get_args

from quadviz.cli.options import Commands, add_parameter, real, whole
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.setting import Inputs, Setting
from quadviz.simulation.ensemble import simulate_ensemble
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.simulation.simulate import SimulationError, log_times
from quadviz.tables.text import csv_text, training_table

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command."""
    training = commands.add_parser("simulate", help="train networks of finite size and print it as CSV")
    training.set_defaults(run=_run, parser=training)
    for name in PARAMETERS:
        parameter = SIMULATION_PARAMETERS.get(name, PARAMETERS[name])
        add_parameter(training, parameter, f"--{name.replace('_', '-')}", parameter.default)
    counts = (
        ("d", 2, "input dimension"),
        ("networks", 1, "how many networks to train, each with a seed of its own"),
        ("first-seed", 0, "seed of the first network; the others count up from it"),
        ("points", 3, "number of times observed: 0, and others evenly spaced in their logarithm"),
    )
    for (option, least, meaning), default in zip(counts, (50, 3, 0, 42), strict=True):
        training.add_argument(
            f"--{option}",
            type=whole(option, least, 1_000_000),
            default=default,
            metavar="N",
            help=f"{meaning} (default: %(default)s)",
        )
    training.add_argument(
        "--end", type=real(SIMULATION_PARAMETERS["end"]), default=1e3, metavar="T",
        help="time to train until, more than 0.01 (default: %(default)g)",
    )  # fmt: skip
    for option, choices, meaning in (
        ("inputs", Inputs, "the network's own inputs, or GOE matrices"),
        ("label-noise", LabelNoise, "distribution of the label noise"),
        ("weights", TeacherWeights, "distribution of the teacher's weights"),
    ):
        known = get_args(choices)
        training.add_argument(
            f"--{option}", choices=known, default=known[0], help=f"{meaning} (default: %(default)s)"
        )


def _run(options: argparse.Namespace) -> int:
    try:
        networks = simulate_ensemble(
            Setting(**{name: getattr(options, name) for name in PARAMETERS}),
            options.d,
            range(options.first_seed, options.first_seed + options.networks),
            log_times(options.end, options.points),
            inputs=options.inputs,
            label_noise=options.label_noise,
            weights=options.weights,
            progress=True,
        )
    except (ValueError, MemoryError) as refusal:
        options.parser.error(str(refusal))
    except SimulationError as failure:
        print(f"quadviz simulate: {failure}", file=sys.stderr)
        return 1
    for seed, reason in networks.failures.items():
        print(f"quadviz simulate: seed {seed} failed: {reason}", file=sys.stderr)
    print(csv_text(training_table(networks.runs)), end="")
    return 1 if networks.failures else 0
