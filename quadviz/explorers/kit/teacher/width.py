"""The width of a teacher whose law has a bound on it, or a rank of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import ipywidgets as widgets

from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.law.spelling import teacher_of
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.setting import Setting

__all__ = ["bounded", "setting_of", "show_width", "width_of"]


class HasTeacher(Protocol):
    """A state with a teacher."""

    @property
    def teacher(self) -> str:
        """Its text."""

    @property
    def kappa_star(self) -> float:
        """Its width, where it has one."""


S = TypeVar("S", bound=Any)


def width_of(state: HasTeacher) -> float:
    """The width m*/d that the theory has: as set, or the rank fraction of given levels."""
    teacher = teacher_of(state.teacher)
    return state.kappa_star if teacher.sized_by_width else teacher.width(None)


def setting_of(state: Any) -> Setting:
    """The setting of a state that has the parameters, or all but gamma, and a teacher and lam2 besides."""
    values = {name: getattr(state, name) for name in (*PARAMETERS, *EXTENSIONS) if hasattr(state, name)}
    return Setting(**{**values, "kappa_star": width_of(state)}, teacher=teacher_of(state.teacher))


def bounded(state: S) -> S:
    """The state with a width that its teacher can have, if it has one."""
    if not hasattr(state, "teacher"):
        return state
    most = teacher_of(state.teacher).widest
    return state if most is None or state.kappa_star <= most else replace(state, kappa_star=most)


def show_width(state: Any, fields: Mapping[str, widgets.Widget]) -> None:
    """Of a page with a teacher show a width that cannot be chosen, or how large one may be."""
    control = fields.get("kappa_star")
    if "teacher" in fields and isinstance(control, ParameterControl):
        teacher = teacher_of(state.teacher)
        control.most = teacher.widest
        control.given = "" if teacher.sized_by_width else f"{width_of(state):.4g}"
