"""Settings worth starting from, each behind a button of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

__all__ = ["Preset", "start_from"]


@dataclass(frozen=True)
class Preset:
    """A setting worth starting from.

    Attributes:
        meaning: what there is to see.
        fields: fields of the state by name, all that make the preset what it is.
    """

    meaning: str
    fields: Mapping[str, Any]


def start_from(presets: Mapping[str, Preset]) -> widgets.ToggleButtons:
    """The presets by their names, each a button; which one is lit is for the page to say."""
    row = widgets.ToggleButtons(options=[*presets], description="Start from", value=None)
    row.tooltips = [preset.meaning for preset in presets.values()]
    row.add_class("qv-unlabelled")
    row.add_class("qv-presets")
    return row
