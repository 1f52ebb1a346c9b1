"""The ``quadviz`` command: start the dashboards, or print a learning curve as CSV."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np

from quadviz import __version__
from quadviz.setting import PARAMETERS, Parameter

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


def _whole(name: str, low: int, high: int) -> Callable[[str], int]:
    """A converter of option texts to whole numbers between ``low`` and ``high``."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"{name} must be a whole number between {low} and {high}, got {text!r}"
            )
        return value

    return convert


def _base_url(text: str) -> str:
    path = text.strip("/")
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
    from quadviz.server import serve  # only this command needs it, and it is slow to import even so

    try:
        serve(options.host, options.port, options.base_url, open_browser=not options.no_browser)
    except OSError as error:
        print(f"quadviz dashboard: {error}", file=sys.stderr)
        return 1
    return 0


def _curve(options: argparse.Namespace) -> int:
    from quadviz.theory.steady_state import Regime, Status, learning_curve

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
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([*_CURVE_COLUMNS, "regime", "status"])
    table.writerows(zip(*columns, regimes, statuses, strict=True))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``quadviz`` command.

    Args:
        arguments: the command line after the program's name; that of the process when omitted.

    Returns:
        The exit status: 0, or 1 for a failure reported on standard error.

    Raises:
        SystemExit: for ``--help``, ``--version`` and a command line that is refused.
    """
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
