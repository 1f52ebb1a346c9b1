"""The scripts of the widgets. A widget's script stands alone, so what several need is put before each."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script"]

_ASSETS = Path(__file__).parent / "assets"


def script(*names: str) -> str:
    """Scripts of the assets as one, in the order given."""
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in names)
