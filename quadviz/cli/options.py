"""Options of the commands, made from the table of parameters: refused in the words of their parameters.

Every option is a text to typer, which is checked here as it is read and made a value by the command.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from quadviz.cli.ranges import values
from quadviz.cli.teachers import KINDS, teacher_of
from quadviz.law.teachers import Teacher
from quadviz.parameters import EXTENSIONS, PARAMETERS, Parameter
from quadviz.setting import Setting

__all__ = [
    "KappaStar",
    "Lam2",
    "TeacherText",
    "checked",
    "number_option",
    "one_of",
    "option",
    "real",
    "setting_of",
    "values_option",
    "whole",
    "whole_option",
    "width_text",
]


def checked(read: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """A callback of an option that refuses what ``read`` refuses, and hands on the text."""

    def check(text: str | None) -> str | None:
        if text is not None:
            try:
                read(text)
            except (TypeError, ValueError) as refusal:
                raise typer.BadParameter(str(refusal)) from refusal
        return text

    return check


def option(name: str, read: Callable[[str], object], meaning: str, metavar: str, **more: Any) -> Any:
    """An option that ``read`` makes a value of."""
    return typer.Option(
        f"--{name.replace('_', '-')}", callback=checked(read), metavar=metavar, help=meaning, **more
    )


def values_option(parameter: Parameter, meaning: str = "") -> Any:
    """An option for values of a parameter: numbers, lists and ranges."""
    said = _said(parameter, meaning)
    return option(parameter.name, lambda text: values(parameter, text), said, "VALUES")


def number_option(parameter: Parameter, name: str = "", meaning: str = "") -> Any:
    """An option for one value of a parameter, under its own name or another one."""
    return option(name or parameter.name, lambda text: real(parameter, text), _said(parameter, meaning), "X")


def whole_option(name: str, meaning: str, low: int, high: int, *, zero: bool = False, **more: Any) -> Any:
    """An option for a whole number between ``low`` and ``high``, or also 0."""
    spelled = name.replace("_", "-")
    more = {"metavar": "N", **more}
    return option(name, lambda text: whole(spelled, text, low, high, zero=zero), meaning, **more)


def one_of(name: str, known: Sequence[str], meaning: str) -> Any:
    """An option for one of a few words, which a shell can complete."""
    spelled = name.replace("_", "-")

    def read(text: str) -> str:
        if text not in known:
            near = difflib.get_close_matches(text, known, 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"{spelled} must be one of {', '.join(known)}, got {text!r}{meant}")
        return text

    def complete(begun: str) -> list[str]:
        return [word for word in known if word.startswith(begun)]

    return option(name, read, meaning, "|".join(known), autocompletion=complete)


def real(parameter: Parameter, text: str) -> float:
    """One value of a parameter.

    Raises:
        TypeError: if it is not a number.
        ValueError: if it lies outside the parameter's domain.
    """
    try:
        value: float | str = float(text)
    except ValueError:
        value = text
    return float(parameter.as_array(value))


def whole(name: str, text: str, low: int, high: int, *, zero: bool = False) -> int:
    """A whole number between ``low`` and ``high``, or also 0.

    Raises:
        ValueError: if it is none.
    """
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not low <= value <= high and not (zero and value == 0):
        none = "0, or " if zero else ""
        raise ValueError(f"{name} must be {none}a whole number between {low} and {high}, got {text!r}")
    return value


def width_text(kappa_star: str | None, teacher: Teacher) -> str | None:
    """The teacher's width as it was given, or the table's; None beside given levels, which have their own."""
    if kappa_star is None and teacher.sized_by_width:
        return f"{PARAMETERS['kappa_star'].default:g}"
    return kappa_star


def setting_of(texts: Mapping[str, str], kappa_star: str | None, teacher: Teacher) -> Setting:
    """The setting of networks, from the texts of its parameters by name.

    Raises:
        TypeError: if a value is not a number, or a width is missing or given beside levels.
        ValueError: if one lies outside its domain.
    """
    wide = width_text(kappa_star, teacher)
    table = {**PARAMETERS, **EXTENSIONS}
    known: dict[str, Any] = {name: real(table[name], text) for name, text in texts.items()}
    known["kappa_star"] = None if wide is None else real(PARAMETERS["kappa_star"], wide)
    return Setting(**known, teacher=teacher)


def _said(parameter: Parameter, meaning: str) -> str:
    return f"{parameter.symbol}, {parameter.label}. {meaning or parameter.meaning}"


Lam2 = Annotated[str, values_option(EXTENSIONS["lam2"])]
TeacherText = Annotated[
    str,
    option(
        "teacher",
        teacher_of,
        "Law of the teacher's eigenvalues; a file of levels (.csv, .npy) has a kappa-star of its own.",
        "|".join(KINDS),
    ),
]
#: Teachers of given levels have no width beside them: whether one is given must be seen.
KappaStar = Annotated[
    str | None,
    values_option(
        PARAMETERS["kappa_star"],
        f"{PARAMETERS['kappa_star'].meaning} [default: {PARAMETERS['kappa_star'].default:g}]",
    ),
]
