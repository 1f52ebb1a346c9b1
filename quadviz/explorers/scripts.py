"""The scripts of the widgets. A widget's script stands alone, so what several need is put before each."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script"]

_ASSETS = Path(__file__).parent / "assets"


def script(*names: str) -> str:
    """Scripts as one, in the order given: of the assets, or of a folder named with a slash."""
    folders = (_ASSETS.parent if "/" in name else _ASSETS for name in names)
    return "\n".join(
        (folder / name).read_text(encoding="utf-8") for folder, name in zip(folders, names, strict=True)
    )
