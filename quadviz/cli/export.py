"""Figures to files: web pages by plotly alone, pictures by kaleido and a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["browser", "check_exporter", "export"]

#: What a browser for export may be called.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SIZE = {"width": 900, "height": 560}
#: Seconds that a browser has for a picture.
_PATIENCE = 150


def browser() -> str | None:
    """The Chromium that draws pictures: that of ``BROWSER_PATH``, else one on the path, or None."""
    named = os.environ.get("BROWSER_PATH")
    if named:
        return named if Path(named).is_file() else None
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def check_exporter(ending: str) -> None:
    """Whether figures can be written to files of that ending.

    Raises:
        ValueError: if not; says what to install.
    """
    if ending == ".html":
        return
    instead = "or take --out with .html, which needs neither"
    if find_spec("kaleido") is None:
        raise ValueError(f"{ending} needs the package kaleido: pip install 'quadviz[export]', {instead}")
    if browser() is None:
        raise ValueError(
            f"{ending} needs a Chromium or Chrome, and none was found: install one, "
            f"name it in BROWSER_PATH, {instead}"
        )


def export(figure: go.Figure, path: Path) -> None:
    """Write a figure; a web page holds plotly.js itself and opens without a network.

    Pictures are drawn in a process of their own, which ends as soon as the file is there: a browser may be
    slow to end, and its driver waits for it for ever.

    Raises:
        OSError: if it cannot be written, or the browser does not draw it.
    """
    if path.suffix.lower() == ".html":
        figure.write_html(path, include_plotlyjs=True)
        return
    size = {name: getattr(figure.layout, name) or least for name, least in _SIZE.items()}
    asked = json.dumps({"figure": figure.to_json(), "path": str(path), "size": size})
    environment = {**os.environ, "BROWSER_PATH": browser() or ""}
    command = [sys.executable, "-m", "quadviz.cli.picture"]
    try:
        drawn = subprocess.run(  # noqa: S603  # our own module
            command, input=asked, env=environment, capture_output=True, text=True, check=False,
            timeout=_PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OSError(f"the browser did not draw {path.name} within {_PATIENCE} s") from None
    if drawn.returncode:
        told = drawn.stderr.strip().splitlines() or ["it ended without a word"]
        raise OSError(f"{path.name} could not be drawn: {told[-1]}")
