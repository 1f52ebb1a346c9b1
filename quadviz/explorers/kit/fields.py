"""Fields of a page's state that say what controls them: sliders and choices are made from the state alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import ipywidgets as widgets

from quadviz.explorers.kit.teacher.control import TeacherControl
from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.parameters import PARAMETERS, Parameter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "VIEW",
    "Choice",
    "Slider",
    "TeacherField",
    "choice",
    "declared",
    "scale",
    "slider",
    "teacher",
    "widget_of",
]

#: The heading of what changes how things are shown.
VIEW = "View"
_CONTROL = "control"
_SCALES = ("linear", "log")


@dataclass(frozen=True)
class Slider:
    """A parameter.

    Attributes:
        parameter: what the table says of it.
        group: the heading it stands under in the rail; empty where the page puts it elsewhere.
    """

    parameter: Parameter
    group: str


@dataclass(frozen=True)
class Choice:
    """One of a few values.

    Attributes:
        label: its name.
        options: what each value is called.
        group: the heading it stands under in the rail; empty where the page puts it elsewhere.
        meanings: what each option does, or one text for all.
        form: a row of buttons, or a list that drops down.
        named: whether the name is seen; it is read out in any case.
        look: a class of its style; empty for none.
    """

    label: str
    options: tuple[tuple[str, object], ...]
    group: str = VIEW
    meanings: Sequence[str] | str = ""
    form: Literal["buttons", "list"] = "buttons"
    named: bool = True
    look: str = ""


@dataclass(frozen=True)
class TeacherField:
    """The law of the teacher's eigenvalues, as a text of :mod:`quadviz.law.spelling`.

    Attributes:
        group: the heading it stands under in the rail.
    """

    group: str


Control = Slider | Choice | TeacherField


def slider(
    name: str,
    default: float | None = None,
    *,
    table: Mapping[str, Parameter] = PARAMETERS,
    group: str | None = None,
    label: str | None = None,
) -> Any:
    """A field that is a parameter.

    Args:
        name: its name in the table.
        default: what the page opens with; the table's own when omitted.
        table: describes it.
        group: the heading it stands under, the table's own when omitted; empty where the page places it.
        label: what it is called, as in the table when omitted.
    """
    parameter = table[name] if label is None else replace(table[name], label=label)
    value = parameter.default if default is None else default
    control = Slider(parameter, parameter.group if group is None else group)
    return field(default=value, metadata={_CONTROL: control})


def choice(default: object, options: Mapping[str, object] | Sequence[object], label: str, **more: Any) -> Any:
    """A field that is one of a few values.

    Args:
        default: what the page opens with.
        options: the values by what they are called; or the values alone, called as they are written.
        label: its name.
        **more: further fields of :class:`Choice`.
    """
    if isinstance(options, Mapping):
        named = tuple(options.items())
    else:
        named = tuple((f"{each:g}" if isinstance(each, float) else str(each), each) for each in options)
    return field(default=default, metadata={_CONTROL: Choice(label, named, **more)})


def teacher(group: str) -> Any:
    """A field that is the teacher; a page opens with the paper's."""
    return field(default="wishart", metadata={_CONTROL: TeacherField(group)})


def scale(default: str, label: str) -> Any:
    """A field that is the scale of axes, linear or logarithmic."""
    return choice(default, _SCALES, label)


def declared(state: DataclassInstance | type[DataclassInstance]) -> Iterator[tuple[str, Control]]:
    """The fields of a state that have a control, and what it is."""
    for each in fields(state):
        if _CONTROL in each.metadata:
            yield each.name, each.metadata[_CONTROL]


def widget_of(control: Control, value: Any) -> widgets.DOMWidget:
    """The widget of a control, which a reset puts back to the value it has now."""
    if isinstance(control, TeacherField):
        return TeacherControl(value)
    if isinstance(control, Slider):
        return ParameterControl(replace(control.parameter, default=value))
    kind = widgets.ToggleButtons if control.form == "buttons" else widgets.Dropdown
    widget = kind(options=control.options, description=control.label, value=value)
    if isinstance(control.meanings, str):
        widget.tooltip = control.meanings or None
    else:
        widget.tooltips = list(control.meanings)
    if not control.named:
        widget.add_class("qv-unlabelled")
    if control.look:
        widget.add_class(control.look)
    return widget
