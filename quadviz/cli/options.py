"""Options of the commands: numbers that are refused in the words of their parameters."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from quadviz.parameters import Parameter

__all__ = ["Commands", "add_parameter", "real", "whole"]

#: What commands are added to.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def real(parameter: Parameter) -> Callable[[str], float]:
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


def whole(name: str, low: int, high: int, *, zero: bool = False) -> Callable[[str], int]:
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


def add_parameter(parser: argparse.ArgumentParser, parameter: Parameter, option: str, default: float) -> None:
    """Add an option for a parameter."""
    parser.add_argument(
        option,
        type=real(parameter),
        default=default,
        metavar="X",
        help=f"{parameter.symbol}, {parameter.label}. {parameter.meaning} (default: %(default)s)",
    )
