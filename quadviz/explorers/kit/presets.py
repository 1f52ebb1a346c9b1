"""Settings worth starting from, each behind a button of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Preset"]


@dataclass(frozen=True)
class Preset:
    """A setting worth starting from.

    Attributes:
        meaning: what there is to see.
        fields: fields of the state by name, all that make the preset what it is.
    """

    meaning: str
    fields: Mapping[str, Any]
