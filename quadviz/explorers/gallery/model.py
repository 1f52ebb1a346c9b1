"""The model in one picture: teacher and student answer the same inputs, the student follows the teacher.

Drawn by hand, twice: wide, and tall for a phone. ``assets/gallery.css`` shows the one that fits, in colour.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import product

__all__ = ["model_html"]

Point = tuple[float, float]

TITLE = "The model: a student network learns from a teacher network"
DESCRIPTION = (
    "Gaussian inputs x with d entries feed two networks with quadratic activation. The teacher has κ* d "
    "hidden neurons and is fixed; its answers, with Gaussian noise of variance Δ added, are the labels. The "
    "student has κ d hidden neurons; gradient flow with weight decay λ makes its answers on α d² samples "
    "follow the labels."
)
CAPTION = (
    "Both networks square what their neurons receive, so each is known by one matrix: the teacher by "
    "<i>Z</i>*, the student by <i>Z</i> = <i>W W</i>ᵀ. The pages show the limit <i>d</i> → ∞ at fixed ratios "
    "κ* = <i>m</i>*/<i>d</i>, κ = <i>m</i>/<i>d</i> and α = <i>n</i>/<i>d</i>². The test error is "
    "mse = ‖<i>Z</i> − <i>Z</i>*‖²/<i>d</i>: half of it, plus Δ/4, is the loss on new samples."
)

_MARK = re.compile(r"([_^])(\{[^}]*\}|.)")
_SHIFT = {"_": 4.0, "^": -5.0}


def model_html() -> str:
    """The picture, in both arrangements, and its caption."""
    return f'<div class="qv-model">{_wide()}{_tall()}<p>{CAPTION}</p></div>'


def _wide() -> str:
    inputs = [(500.0, y) for y in (98, 124, 150, 176, 228, 254)]
    teacher = [(326.0, y) for y in (126, 176, 226)]
    student = [(674.0, y) for y in (96, 136, 176, 216, 256)]
    return _picture(
        "wide",
        (30, 0, 920, 430),
        [
            *_network("teacher", inputs, teacher, (150, 176)),
            *_network("student", inputs, student, (850, 176)),
            *(_input(point) for point in inputs),
            _text(500, 206, "⋮", "mid ink"),
            _text(500, 26, "Inputs", "mid head"),
            _text(500, 48, "x ∼ N(0, I_d),  n = α d² samples", "mid"),
            _text(500, 72, "d entries", "mid muted"),
            _text(238, 26, "Teacher", "mid head teacher"),
            _text(238, 48, "m* = κ* d neurons, fixed", "mid"),
            _text(762, 26, "Student", "mid head student"),
            _text(762, 48, "m = κ d neurons, trained", "mid"),
            _text(150, 146, "1/m* each", "mid muted"),
            _text(850, 146, "1 each", "mid muted"),
            _text(326, 100, "(w*·x)²", "mid muted"),
            _text(674, 72, "(w·x)²", "mid muted"),
            _text(172, 302, "Z* = (1/m*) Σ_i w*_i w*_i^T,   w*_i ∼ N(0, I_d)", ""),
            _text(830, 302, "Z = W W^T,   W(0) ∼ N(0, γ/m)", "end"),
            _arrow("teacher", [(150, 193), (150, 384), (358, 384)]),
            _plus((150, 340)),
            _arrow("noise", [(92, 340), (138, 340)]),
            _text(86, 334, "noise", "end muted"),
            _text(86, 353, "√Δ ε", "end"),
            _text(172, 372, "labels z = f*(x) + √Δ ε", ""),
            _arrow("student", [(850, 193), (850, 384), (642, 384)]),
            _text(830, 372, "answers f(x)", "end"),
            _box((366, 348, 268, 70)),
            _text(500, 376, "how far off, on all n samples", "mid muted"),
            _text(500, 402, "L = (1/4n) Σ_k (f(x_k) − z_k)²", "mid"),
            _arrow("flow", [(550, 348), (550, 272)]),
            _text(564, 332, "gradient flow, weight decay λ", ""),
            _text(150, 408, "f*(x) = (x^T Z* x − tr Z*)/√d", "muted"),
            _text(850, 408, "f(x) = (x^T Z x − tr Z)/√d", "end muted"),
        ],
    )


def _tall() -> str:
    inputs = [(x, 70.0) for x in (74, 116, 158, 242, 284, 326)]
    teacher = [(x, 160.0) for x in (48, 98, 148)]
    student = [(x, 160.0) for x in (222, 262, 302, 342, 382)]
    return _picture(
        "tall",
        (-3, 0, 410, 560),
        [
            *_network("teacher", inputs, teacher, (98, 226)),
            *_network("student", inputs, student, (302, 226)),
            *(_input(point) for point in inputs),
            _text(200, 75, "…", "mid ink"),
            _text(202, 20, "Inputs", "mid head"),
            _text(202, 44, "x ∼ N(0, I_d), d entries; n = α d² samples", "mid"),
            _text(98, 272, "Teacher", "mid head teacher"),
            _text(98, 294, "m* = κ* d neurons,", "mid"),
            _text(98, 313, "fixed", "mid"),
            _text(98, 340, "Z* = (1/m*) Σ_i w*_i w*_i^T", "mid"),
            _text(98, 361, "w*_i ∼ N(0, I_d)", "mid"),
            _text(302, 272, "Student", "mid head student"),
            _text(302, 294, "m = κ d neurons,", "mid"),
            _text(302, 313, "trained", "mid"),
            _text(302, 340, "Z = W W^T", "mid"),
            _text(302, 361, "W(0) ∼ N(0, γ/m)", "mid"),
            _arrow("teacher", [(82, 226), (12, 226), (12, 484), (44, 484)]),
            _plus((12, 398)),
            _arrow("noise", [(62, 398), (24, 398)]),
            _text(68, 403, "noise √Δ ε", ""),
            _text(22, 440, "labels", "muted"),
            _text(22, 459, "z = f*(x) + √Δ ε", ""),
            _arrow("student", [(318, 226), (396, 226), (396, 484), (364, 484)]),
            _text(386, 440, "answers", "end muted"),
            _text(386, 459, "f(x)", "end"),
            _box((52, 470, 304, 52)),
            _text(204, 491, "how far off, on all n samples", "mid muted"),
            _text(204, 512, "L = (1/4n) Σ_k (f(x_k) − z_k)²", "mid"),
            _arrow("flow", [(200, 470), (200, 136), (214, 122)]),
            _text(210, 394, "gradient flow,", ""),
            _text(210, 413, "weight decay λ", ""),
            _text(204, 546, "f(x) = (x^T Z x − tr Z)/√d, and f* with Z*", "mid muted"),
        ],
    )


def _picture(name: str, view: tuple[int, int, int, int], parts: Sequence[str]) -> str:
    return (
        f'<svg class="qv-model-{name}" viewBox="{" ".join(map(str, view))}" role="img"'
        f' aria-labelledby="qv-model-{name}-title qv-model-{name}-words">'
        f'<title id="qv-model-{name}-title">{TITLE}</title>'
        f'<desc id="qv-model-{name}-words">{DESCRIPTION}</desc>{"".join(parts)}</svg>'
    )


def _network(name: str, inputs: Sequence[Point], neurons: Sequence[Point], total: Point) -> list[str]:
    """Every input goes to every neuron, and every neuron to the sum."""
    wires = [_line(*ends) for ends in [*product(inputs, neurons), *((n, total) for n in neurons)]]
    cells = [
        f'<circle cx="{x:g}" cy="{y:g}" r="15"/><path d="M{x - 8:g} {y - 7:g}q8 26 16 0"/>'
        for x, y in neurons
    ]
    x, y = total
    end = f'<circle cx="{x:g}" cy="{y:g}" r="16"/>' + _text(x, y + 6, "Σ", "mid sum")
    return [f'<g class="qv-m-{name}"><g class="qv-m-wires">{"".join(wires)}</g>{"".join(cells)}{end}</g>']


def _input(at: Point) -> str:
    return f'<circle class="qv-m-input" cx="{at[0]:g}" cy="{at[1]:g}" r="6"/>'


def _plus(at: Point) -> str:
    x, y = at
    cross = f"M{x - 6:g} {y:g}h12M{x:g} {y - 6:g}v12"
    return f'<g class="qv-m-plus"><circle cx="{x:g}" cy="{y:g}" r="12"/><path d="{cross}"/></g>'


def _box(place: tuple[float, float, float, float]) -> str:
    x, y, width, height = place
    return f'<rect class="qv-m-box" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10"/>'


def _line(start: Point, end: Point) -> str:
    return f'<path d="M{start[0]:g} {start[1]:g}L{end[0]:g} {end[1]:g}"/>'


def _arrow(name: str, corners: Sequence[Point]) -> str:
    """A path with a head at its end."""
    (x0, y0), (x1, y1) = corners[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    u, v = (x1 - x0) / length, (y1 - y0) / length
    way = "L".join(f"{x:g} {y:g}" for x, y in [*corners[:-1], (x1 - 6 * u, y1 - 6 * v)])
    sides = [(x1 - 10 * u + side * v, y1 - 10 * v - side * u) for side in (-5, 5)]
    head = "L".join(f"{x:.1f} {y:.1f}" for x, y in [(x1, y1), *sides])
    return f'<g class="qv-m-arrow qv-m-{name}"><path d="M{way}"/><path class="qv-m-head" d="M{head}Z"/></g>'


def _text(x: float, y: float, words: str, kinds: str) -> str:
    """Words with what follows ``_`` lowered and what follows ``^`` raised; braces hold several letters."""
    spans, level, at = [], 0.0, 0
    for mark in [*_MARK.finditer(words), None]:
        plain = words[at : mark.start() if mark else None]
        if plain:
            spans.append(_span(plain, -level, ""))
            level = 0.0
        if mark:
            spans.append(_span(mark[2].strip("{}"), _SHIFT[mark[1]] - level, ' class="qv-m-small"'))
            level, at = _SHIFT[mark[1]], mark.end()
    classes = " ".join(f"qv-m-{kind}" for kind in kinds.split())
    return f'<text class="{classes}" x="{x:g}" y="{y:g}">{"".join(spans)}</text>'


def _span(words: str, shift: float, kind: str) -> str:
    return f'<tspan{kind} dy="{shift:g}">{html.escape(words)}</tspan>'
