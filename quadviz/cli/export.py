"""Figures to files: web pages by plotly alone, pictures by kaleido and a browser; and charts of tables."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quadviz.figures.marks.theme import OKABE_ITO, template
from quadviz.quantities import QUANTITIES
from quadviz.tables.text import Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["browser", "chart", "check_exporter", "export"]

#: What a browser for export may be called.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SIZE = {"width": 900, "height": 560}
_MOST_LINES = 12


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
    size = {name: getattr(figure.layout, name) or least for name, least in _SIZE.items()}
    figure.write_image(path, **size)


def chart(table: Table, x: str, y: str, *, mode: str = "lines") -> go.Figure:
    """One line of ``y`` over ``x`` for every combination of what else varies of a setting.

    Args:
        table: the numbers.
        x: the column across.
        y: the column upwards.
        mode: lines or markers.
    """
    import plotly.graph_objects as go

    names, rows = table
    place = {name: k for k, name in enumerate(names)}
    told = [n for n in names if n in (*_SETTING, "seed") and n != x]
    varying = [n for n in told if len({row[place[n]] for row in rows}) > 1]
    lines: dict[tuple[Any, ...], list[tuple[Any, Any]]] = {}
    for row in rows:
        key = tuple(row[place[n]] for n in varying)
        lines.setdefault(key, []).append((row[place[x]], row[place[y]]))
    colours = [colour for name, colour in OKABE_ITO.items() if name != "yellow"]
    fixed = ", ".join(f"{_symbol(n)} = {rows[0][place[n]]:.4g}" for n in told if n not in varying and rows)
    figure = go.Figure(layout={"template": template(), "title": {"text": fixed, "font": {"size": 14}}})
    for k, (key, points) in enumerate(lines.items()):
        label = ", ".join(f"{_symbol(n)} = {v:.4g}" for n, v in zip(varying, key, strict=True))
        across, upwards = zip(*points, strict=True)
        line = {"color": colours[k % len(colours)]}
        # One point makes no line.
        how = mode if len(points) > 1 else "markers"
        figure.add_scatter(x=across, y=upwards, mode=how, name=label, line=line, marker=line)
    figure.update_layout(
        showlegend=1 < len(lines) <= _MOST_LINES, xaxis_title=_symbol(x), yaxis_title=_symbol(y)
    )
    return figure


_SETTING = ("kappa", "kappa_star", "alpha", "delta", "lam", "lam2", "gamma")


def _symbol(name: str) -> str:
    about = QUANTITIES.get(name)
    return about.symbol if about is not None and about.symbol else name.replace("_", " ")
