"""Deep links: the state of a page as the query of its address, and back.

What a field may be is known by the widget bound to it: a control reads numbers as if they were typed, a
choice knows its options. Nothing of a query is evaluated, and what is refused is told in words cut short.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import ipywidgets as widgets

from quadviz.checks import printable
from quadviz.explorers.kit.teacher.control import TeacherControl
from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.explorers.kit.widgets.tracks import number
from quadviz.law.spelling import spelled_teacher, teacher_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["checked", "query_of", "read_field", "read_query", "spelled"]

#: Fields that follow from the others, or are the viewer's own affair.
_APART = {"preset", "theme"}
#: What a server and its pages ask of a query for themselves.
_RESERVED = {"projector", "template", "theme", "token"}
#: A link of more entries, or a longer one, is none of ours.
_MOST = 64
#: So many entries that could not be followed are named.
_NAMED = 6
_MOMENT_DIGITS = 4
#: What stands between the two ends of a stretch.
_BETWEEN = "~"
#: Fields that are a stretch of an axis, or None.
_SPANS = ("span", "width_span")

Widgets = Mapping[str, widgets.Widget]


def spelled(value: object) -> str:
    """The value of a field as a link writes it.

    >>> spelled(0.7), spelled(True), spelled("log"), spelled(1 / 3)
    ('0.7', 'yes', 'log', '0.3333333333333333')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        short = f"{value:.6g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, tuple):
        return _BETWEEN.join(map(spelled, value))
    return "" if value is None else str(value)


def query_of(state: DataclassInstance) -> str:
    """All of a state but its theme, as a query without its question mark."""
    fields = asdict(state)
    return urlencode({name: spelled(value) for name, value in fields.items() if name not in _APART})


def read_query(query: str, state: DataclassInstance, bound: Widgets) -> tuple[dict[str, Any], list[str]]:
    """The fields that a query sets, and a note on every entry that sets none.

    Args:
        query: the query of an address, with or without its question mark.
        state: a state of the page, for the names and the defaults of its fields.
        bound: the widgets bound to fields, by field.

    Returns:
        Values by field, and sentences that are plain text, not HTML.
    """
    try:
        entries = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=_MOST))
    except ValueError:
        return {}, [f"The link has more than {_MOST} entries: the page opens with its defaults."]
    values: dict[str, Any] = {}
    notes: list[str] = []
    defaults = {name: value for name, value in asdict(state).items() if name not in _APART}
    for name, text in entries.items():
        if name in defaults:
            try:
                values[name] = read_field(name, text, bound.get(name))
            except (TypeError, ValueError) as refusal:
                notes.append(f"{refusal}: {spelled(defaults[name]) or 'none'} is used.")
        elif name not in _RESERVED:
            notes.append(f"“{printable(name)}” is not a setting of this page: it is ignored.")
    if len(notes) > _NAMED:
        notes[_NAMED:] = [f"{len(notes) - _NAMED} more entries of the link are ignored."]
    return values, notes


def checked(values: Mapping[str, Any], state: DataclassInstance, bound: Widgets) -> dict[str, Any]:
    """Values set from Python, refused where a page would not offer them.

    Raises:
        TypeError: if a name is not a field of the state, or a value not a number where it must be one.
        ValueError: if a value lies outside its range, or is none of the choices.
    """
    fields = asdict(state)
    for name in values:
        if name not in fields:
            raise TypeError(f"{name} is not a setting of this page; there are {', '.join(fields)}")
    return {name: _check(name, value, bound.get(name)) for name, value in values.items()}


def read_field(name: str, text: str, widget: widgets.Widget | None) -> object:
    """The value of a field written in a link, or on a command line.

    Raises:
        TypeError: if it is not a number where it must be one.
        ValueError: if the page does not offer it.
    """
    if isinstance(widget, ParameterControl):
        return number(widget.parameter, text)
    if isinstance(widget, TeacherControl):
        teacher_of(text)  # refuses what is none
        return text
    if name in _SPANS:
        return _stretch(name, text.split(_BETWEEN)) if text else None
    if widget is None:
        if not (text.isascii() and text.isdigit() and len(text) <= _MOMENT_DIGITS):
            raise ValueError(f"{name} must be a whole number, got {printable(text)!r}")
        return int(text)
    options = {spelled(value): value for value in _options(widget)}
    if text not in options:
        raise ValueError(_refusal(name, options, text))
    return options[text]


def _check(name: str, value: object, widget: widgets.Widget | None) -> object:
    """A value set from Python."""
    if name in _SPANS:
        return None if value is None else _stretch(name, value)
    if isinstance(widget, ParameterControl):
        return widget.parameter.in_range(value)
    if isinstance(widget, TeacherControl):
        text = value if isinstance(value, str) else spelled_teacher(value)
        teacher_of(text)
        return text
    if widget is not None and value not in _options(widget):
        raise ValueError(_refusal(name, [spelled(option) for option in _options(widget)], spelled(value)))
    return value


def _stretch(name: str, ends: object) -> tuple[float, float]:
    """The two ends of a stretch of an axis."""
    said = f"{name} must be two increasing numbers, got {printable(str(ends))!r}"
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ValueError(said)
    try:
        low, high = (float(end) for end in ends)
    except (TypeError, ValueError):
        raise ValueError(said) from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(said)
    return low, high


def _options(widget: widgets.Widget) -> list[Any]:
    """The values of a choice."""
    return [value for _label, value in widget.options]


def _refusal(name: str, options: Mapping[str, Any] | list[str], text: str) -> str:
    allowed = ", ".join(option or "(empty)" for option in options)
    return f"{name} must be one of {allowed}, got {printable(text)!r}"
