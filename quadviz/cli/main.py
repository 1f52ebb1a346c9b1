"""The ``quadviz`` command: start the dashboards, or print learning curves or training as CSV."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import get_args

import numpy as np

from quadviz import __version__
from quadviz.cli.letters import say_all
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS, Parameter
from quadviz.setting import Inputs, Setting
from quadviz.simulation.ensemble import simulate_ensemble
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.simulation.simulate import SimulationError, log_times
from quadviz.tables.text import csv_text, training_table

__all__ = ["main"]

_CURVE_PARAMETERS = ("kappa", "kappa_star", "lam", "delta")
_CURVE_COLUMNS = ("alpha", "mse", "train_loss", "in_sample_error", "rank", "kappa_min", "q", "xi")


def _real(parameter: Parameter) -> Callable[[str], float]:
    """A converter of option texts that refuses in the parameter's own words."""

    def convert(text: str) -> float:
        try:
            value: float | str = float(text)
        except ValueError:
            value = text
        try:
            return float(parameter.as_array(value))
        except (TypeError, ValueError) as refusal:
            raise argparse.ArgumentTypeError(str(refusal)) from refusal

    return convert


def _whole(name: str, low: int, high: int, *, zero: bool = False) -> Callable[[str], int]:
    """A converter of option texts to whole numbers between ``low`` and ``high``, or also 0."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = -1
        if not low <= value <= high and not (zero and value == 0):
            none = "0, or " if zero else ""
            raise argparse.ArgumentTypeError(
                f"{name} must be {none}a whole number between {low} and {high}, got {text!r}"
            )
        return value

    return convert


def _base_url(text: str) -> str:
    path = text.strip("/")
    if not re.fullmatch(r"[\w.~@/-]*", path, re.ASCII) or "//" in path or {".", ".."} & set(path.split("/")):
        raise argparse.ArgumentTypeError(
            f"base URL must be a path of letters, digits and the signs - _ . ~ @ /, got {text!r}"
        )
    return f"/{path}/" if path else "/"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quadviz", description="The theory of wide quadratic networks.")
    parser.add_argument("--version", action="version", version=f"quadviz {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    dashboard = commands.add_parser("dashboard", help="open the interactive pages in a browser")
    dashboard.set_defaults(run=_dashboard)
    dashboard.add_argument(
        "--port", type=_whole("port", 1, 65535), default=8866, help="first port to try (default: %(default)s)"
    )
    dashboard.add_argument(
        "--host", default="localhost", help="name or address to listen on (default: %(default)s)"
    )
    dashboard.add_argument("--no-browser", action="store_true", help="do not open a browser")
    dashboard.add_argument(
        "--base-url",
        type=_base_url,
        default="/",
        help="path to serve under, behind a proxy (default: %(default)s)",
    )
    dashboard.add_argument(
        "--memory",
        type=_whole("memory", 256, 1_000_000, zero=True),
        default=2048,
        metavar="MB",
        help="what the kernel of a page may fill, on Linux; 0 for no limit (default: %(default)s)",
    )
    dashboard.add_argument(
        "--max-pages",
        type=_whole("max-pages", 1, 10_000, zero=True),
        default=60,
        metavar="N",
        help="pages open at once; 0 for no limit (default: %(default)s)",
    )

    curve = commands.add_parser("curve", help="print a learning curve as CSV")
    curve.set_defaults(run=_curve, parser=curve)
    for name in _CURVE_PARAMETERS:
        _add_parameter(curve, PARAMETERS[name], f"--{name.replace('_', '-')}", PARAMETERS[name].default)
    alpha = PARAMETERS["alpha"]
    _add_parameter(curve, alpha, "--alpha-min", alpha.low)
    _add_parameter(curve, alpha, "--alpha-max", alpha.high)
    curve.add_argument(
        "--points",
        type=_whole("points", 2, 100_000),
        default=200,
        help="number of points, evenly spaced in alpha (default: %(default)s)",
    )

    training = commands.add_parser("simulate", help="train networks of finite size and print it as CSV")
    training.set_defaults(run=_simulate, parser=training)
    for name in PARAMETERS:
        parameter = SIMULATION_PARAMETERS.get(name, PARAMETERS[name])
        _add_parameter(training, parameter, f"--{name.replace('_', '-')}", parameter.default)
    counts = (
        ("d", 2, "input dimension"),
        ("networks", 1, "how many networks to train, each with a seed of its own"),
        ("first-seed", 0, "seed of the first network; the others count up from it"),
        ("points", 3, "number of times observed: 0, and others evenly spaced in their logarithm"),
    )
    for (option, least, meaning), default in zip(counts, (50, 3, 0, 42), strict=True):
        training.add_argument(
            f"--{option}",
            type=_whole(option, least, 1_000_000),
            default=default,
            metavar="N",
            help=f"{meaning} (default: %(default)s)",
        )
    training.add_argument(
        "--end", type=_real(SIMULATION_PARAMETERS["end"]), default=1e3, metavar="T",
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
    return parser


def _add_parameter(
    parser: argparse.ArgumentParser, parameter: Parameter, option: str, default: float
) -> None:
    parser.add_argument(
        option,
        type=_real(parameter),
        default=default,
        metavar="X",
        help=f"{parameter.symbol}, {parameter.label}. {parameter.meaning} (default: %(default)s)",
    )


def _dashboard(options: argparse.Namespace) -> int:
    # An empty stand-in for a module that compiles a grammar of IRIs, 1.7 s, when jsonschema is imported.
    sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))
    from quadviz.server.app import serve  # only this command needs it, and it is slow to import even so

    try:
        serve(
            options.host,
            options.port,
            options.base_url,
            open_browser=not options.no_browser,
            memory=options.memory,
            max_pages=options.max_pages,
        )
    except OSError as error:
        print(f"quadviz dashboard: {error}", file=sys.stderr)
        return 1
    return 0


def _curve(options: argparse.Namespace) -> int:
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


def _simulate(options: argparse.Namespace) -> int:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``quadviz`` command.

    Args:
        arguments: the command line after the program's name; that of the process when omitted.

    Returns:
        The exit status: 0, or 1 for a failure reported on standard error.

    Raises:
        SystemExit: for ``--help``, ``--version`` and a command line that is refused.
    """
    say_all()
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
