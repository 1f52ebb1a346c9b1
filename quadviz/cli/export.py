"""Figures to files: web pages by plotly alone, pictures by kaleido and a browser."""

from __future__ import annotations

import logging
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["browser", "check_exporter", "export"]

#: What a browser for export may be called.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SIZE = {"width": 900, "height": 560}


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

    Raises:
        OSError: if it cannot be written.
    """
    if path.suffix.lower() == ".html":
        figure.write_html(path, include_plotlyjs=True)
        return
    os.environ.setdefault("BROWSER_PATH", browser() or "")
    logging.getLogger("choreographer.channels.pipe").addFilter(_no_farewell)
    size = {name: getattr(figure.layout, name) or least for name, least in _SIZE.items()}
    figure.write_image(path, **size)


def _no_farewell(record: logging.LogRecord) -> bool:
    """Leave out the browser's farewell: where it comes right behind an answer it is reported as bad JSON.

    An answer that is really bad is waited for in vain, and told by kaleido.
    """
    cause = record.exc_info[1].__cause__ if record.exc_info and record.exc_info[1] else None
    return getattr(cause, "doc", "") != "{bye}\n"
