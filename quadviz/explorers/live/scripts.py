"""The scripts of the widgets. A widget's script stands alone, so what several need is put before each."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script"]

_EXPLORERS = Path(__file__).parents[1]


def script(*names: str) -> str:
    """Scripts as one, in the order given; a name is a path from the folder of explorers."""
    return "\n".join((_EXPLORERS / name).read_text(encoding="utf-8") for name in names)
