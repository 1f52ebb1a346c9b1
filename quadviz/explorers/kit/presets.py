"""Settings worth starting from, each behind a button of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Preset", "with_preset"]

#: A frozen dataclass with a field ``preset``: the name of the preset shown, or None.
S = TypeVar("S", bound="DataclassInstance")


@dataclass(frozen=True)
class Preset:
    """A setting worth starting from.

    Attributes:
        meaning: what there is to see.
        fields: fields of the state by name, all that make the preset what it is.
    """

    meaning: str
    fields: Mapping[str, Any]


def with_preset(state: S, presets: Mapping[str, Preset], chosen: bool) -> S:
    """The state with its preset in order: its other fields taken from it, or itself named after them.

    A preset is one only as long as none of its fields is changed.

    Args:
        state: a state whose ``preset`` may not fit its other fields.
        presets: the presets of the page by name.
        chosen: whether the preset was chosen just now, and so decides.
    """
    fields = asdict(state)
    if chosen and fields["preset"] is not None:
        return replace(state, **presets[fields["preset"]].fields)
    fits = (
        name
        for name, preset in presets.items()
        if all(fields[field] == value for field, value in preset.fields.items())
    )
    return replace(state, preset=next(fits, None))
