"""What the lines of a figure mean, in a row under it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets as widgets

from quadviz.figures.marks.theme import DASH

__all__ = ["CURVE_KINDS", "key_text", "line_key"]

#: Attributes of a sample line, or an element in its place, and what such a line means.
Sample = tuple[str, str]

#: The kinds of stretches that a theory curve has.
CURVE_KINDS: tuple[Sample, ...] = (
    ("", "exact as d → ∞"),
    (f'stroke-dasharray="{DASH}"', "rank-limited: steady-state assumption"),
    ('stroke-dasharray="0 5" stroke-linecap="round"', "dots: other solutions exist"),
)


def line_key(samples: Sequence[Sample], hint: str) -> widgets.HTML:
    """A row of sample lines with their meanings, and a hint at its end."""
    legend = widgets.HTML(key_text(samples, hint))
    legend.add_class("qv-key")
    return legend


def key_text(samples: Sequence[Sample], hint: str) -> str:
    """The row as HTML."""
    items = "".join(f"<span>{_sample(look)}{html.escape(meaning)}</span>" for look, meaning in samples)
    return f"<p>{items}<span>{html.escape(hint)}</span></p>"


def _sample(look: str) -> str:
    shape = look if look.startswith("<") else f'<line x1="2" x2="28" y1="4" y2="4" {look}/>'
    return f'<svg width="30" height="8" aria-hidden="true">{shape}</svg>'
