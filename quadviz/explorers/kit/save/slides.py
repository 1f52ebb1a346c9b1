"""Figures as one self-contained web page, with a slider through them: for lecture slides, and to send around.

The page holds plotly itself and opens without a network. What several figures share is kept once.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadviz.explorers.live.plotly_source import plotly_source
from quadviz.figures.marks.drawing import Drawing
from quadviz.figures.marks.theme import FONT_FAMILY, THEMES, ThemeName

__all__ = ["Slides", "slides_html"]

#: What takes so many letters is kept once for all figures that have it.
_LONG = 40

_STYLE = """
:root { color-scheme: %(scheme)s; }
body { margin: 0 auto; max-width: 1200px; padding: 12px 20px; }
body { background: %(surface)s; color: %(ink)s; font: 16px/1.5 %(font)s; }
h1 { margin: 0; font-size: 24px; }
p { margin: 4px 0; color: %(muted)s; }
label { display: flex; align-items: center; gap: 12px; margin: 8px 0; font-size: 18px; }
input { flex: 1; min-width: 0; height: 24px; accent-color: %(accent)s; }
output { min-width: 5em; font-variant-numeric: tabular-nums; }
"""
_SCRIPT = """
const { pool, figures, labels, start } = JSON.parse(document.getElementById("figures").textContent);
const full = (part) => {
  if (Array.isArray(part)) return part.map(full);
  if (part === null || typeof part !== "object") return part;
  if ("shared" in part) return full(pool[part.shared]);
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, full(value)]));
};
const plot = document.getElementById("plot");
const show = (i) => {
  const { data, layout } = full(figures[i]);
  Plotly.react(plot, data, layout, { responsive: true, displaylogo: false, modeBarButtons: [["toImage"]] });
};
const slider = document.querySelector("input");
const told = document.querySelector("output");
slider?.addEventListener("input", () => {
  told.value = labels[slider.value];
  slider.setAttribute("aria-valuetext", labels[slider.value]);
  show(slider.value);
});
show(start);
"""


@dataclass(frozen=True)
class Slides:
    """Figures to be put on one page.

    Attributes:
        figures: at least one; with several there is a slider.
        labels: what the slider says at each.
        start: number of the one seen first.
        control: what the slider moves.
        title: heading of the page.
        question: what the figure answers, in one line.
        key: what its lines mean.
        setting: the parameters that are the same in all of them.
        footer: who made it.
        theme: the background the figures are drawn for.
    """

    figures: Sequence[Drawing]
    labels: Sequence[str]
    start: int
    control: str
    title: str
    question: str
    key: str
    setting: str
    footer: str
    theme: ThemeName = "light"


def slides_html(slides: Slides) -> str:
    """The page as HTML, 5 to 6 MB of which nearly 5 are plotly."""
    colours = THEMES[slides.theme]
    style = _STYLE % {
        "scheme": slides.theme,
        "surface": colours.surface,
        "ink": colours.ink,
        "muted": colours.muted,
        "accent": colours.single,
        "font": FONT_FAMILY,
    }
    pool: dict[str, int] = {}
    figures = [_shared(_plain(figure), pool) for figure in slides.figures]
    content = {
        "pool": [json.loads(text) for text in pool],
        "figures": figures,
        "labels": list(slides.labels),
        "start": slides.start,
    }
    # A "</script>" inside a string would end the script that holds it.
    data = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    slider = ""
    if len(slides.figures) > 1:
        last, label = len(slides.figures) - 1, html.escape(slides.labels[slides.start])
        slider = (
            f'<label><span>{html.escape(slides.control)}</span><input type="range" min="0" max="{last}" '
            f'value="{slides.start}" aria-valuetext="{label}"><output>{label}</output></label>'
        )
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{html.escape(slides.title)}</title>\n<link rel="icon" href="data:,">',
            f"<style>{style}</style>\n<script>{_plotly()}</script>\n</head>\n<body>",
            f"<h1>{html.escape(slides.title)}</h1>\n<p>{html.escape(slides.question)}</p>",
            f'<div id="plot"></div>\n{slider}',
            f"<p>{html.escape(slides.setting)}</p>\n<p>{html.escape(slides.key)}</p>",
            f"<p>{html.escape(slides.footer)}</p>",
            f'<script id="figures" type="application/json">{data}</script>',
            f"<script>{_SCRIPT}</script>\n</body>\n</html>\n",
        )
    )


def _plotly() -> str:
    """The source of plotly, its licence kept, without what would fetch a map of it."""
    source = plotly_source().read_text(encoding="utf-8")
    return re.sub(r"\n//# sourceMappingURL=.*", "", source)


def _plain(part: Any) -> Any:
    """A figure in JSON, arrays as plotly.js reads them: in single precision, finer than any screen."""
    if isinstance(part, np.ndarray):
        numbers = np.ascontiguousarray(part, dtype="<f4")
        text = base64.b64encode(numbers.tobytes()).decode()
        shape = {"shape": ",".join(map(str, part.shape))} if part.ndim > 1 else {}
        return {"dtype": "f4", "bdata": text, **shape}
    if isinstance(part, Mapping):
        return {key: _plain(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_plain(each) for each in part]
    return part.item() if isinstance(part, np.generic) else part


def _shared(part: Any, pool: dict[str, int]) -> Any:
    """A part of a figure, all that is long in it replaced by its number in the pool, from the inside out."""
    if isinstance(part, list):
        short: Any = [_shared(each, pool) for each in part]
    elif isinstance(part, dict):
        short = {name: _shared(value, pool) for name, value in part.items()}
    else:
        return part
    text = json.dumps(short, separators=(",", ":"))
    return short if len(text) < _LONG else {"shared": pool.setdefault(text, len(pool))}
