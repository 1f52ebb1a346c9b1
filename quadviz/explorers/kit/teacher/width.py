"""The width of a teacher whose law has a bound on it, or a rank of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import ipywidgets as widgets

from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.law.spelling import teacher_of

__all__ = ["bounded", "show_width", "width_of"]


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


def bounded(state: S) -> S:
    """The state with a width that its teacher can have."""
    most = teacher_of(state.teacher).widest
    return state if most is None or state.kappa_star <= most else replace(state, kappa_star=most)


def show_width(state: HasTeacher, fields: Mapping[str, widgets.Widget]) -> None:
    """Show a width that cannot be chosen as what it is, and how large one may be."""
    control, teacher = fields["kappa_star"], teacher_of(state.teacher)
    if isinstance(control, ParameterControl):
        own, control.most = not teacher.sized_by_width, teacher.widest
        control.given = f"{width_of(state):.4g}" if own else ""
