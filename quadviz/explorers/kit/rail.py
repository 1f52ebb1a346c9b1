"""The rail of a page: its controls under their headings, and the button that puts everything back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import ipywidgets as widgets

from quadviz.explorers.kit.fields import declared

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["grouped", "reset_button"]


def grouped(
    state: DataclassInstance, fields: Mapping[str, widgets.Widget]
) -> dict[str, list[widgets.Widget]]:
    """The widgets of the fields of a state by their headings, both in the order of the state."""
    groups: dict[str, list[widgets.Widget]] = {}
    for name, control in declared(state):
        if control.group:
            groups.setdefault(control.group, []).append(fields[name])
    return groups


def reset_button(reset: Callable[[], None]) -> widgets.Button:
    """A button that puts everything back to what the page opened with."""
    button = widgets.Button(description="Reset all", tooltip="Everything back to how the page opened")
    button.add_class("qv-reset-all")
    button.on_click(lambda _button: reset())
    return button
