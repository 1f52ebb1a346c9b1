"""The anatomy of a page: header, control rail, figures, read-out cards, what there is to see.

The widgets carry class names only; how they look and how they stand on a wide screen or a phone is said in
one place, ``page.css``; how they print, in ``print.css``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets

from quadviz.contents import PAGES

__all__ = [
    "PAGES",
    "Card",
    "Page",
    "cards_html",
    "header",
    "prose_html",
    "rich",
    "style",
]

_STYLES = ("page.css", "theory.css", "contrast.css", "print.css")
_SUBSCRIPT = re.compile(r"_(\w+)")
_HIDE, _SHOW = "▴ hide the controls", "▾ show the controls"


@dataclass(frozen=True)
class Card:
    """One number read out: its symbol, plain name, value, and what it means on hover."""

    symbol: str
    label: str
    value: str
    meaning: str = ""
    badge: bool = False
    tone: str = ""


def rich(text: str) -> str:
    """Plain text as HTML, with what follows an underscore as a subscript.

    >>> rich("κ_min < 1")
    'κ<sub>min</sub> &lt; 1'
    """
    return _SUBSCRIPT.sub(r"<sub>\1</sub>", html.escape(text))


def cards_html(caption: str, cards: Sequence[Card]) -> str:
    """Read-out cards as an HTML description list under a caption."""
    items = "".join(
        f'<div class="qv-card {card.tone}" title="{html.escape(card.meaning)}">'
        f"<dt>{f'<b>{rich(card.symbol)}</b> ' if card.symbol else ''}{rich(card.label)}</dt>"
        f"<dd{' class=qv-badge' if card.badge else ''}>{rich(card.value)}</dd></div>"
        for card in cards
    )
    return f'<h2 class="qv-caption">{rich(caption)}</h2><dl class="qv-cards">{items}</dl>'


def prose_html(paragraphs: Sequence[tuple[str, str]]) -> str:
    """What there is to see: paragraphs that each begin with a lead word."""
    text = "".join(f"<p><b>{rich(lead)}:</b> {rich(sentences)}</p>" for lead, sentences in paragraphs)
    return f'<h2 class="qv-caption">What you are seeing</h2>{text}'


class Page:
    """The widgets of one page around an explorer's own controls and figure.

    Args:
        name: which of :data:`PAGES` it is.
        question: the question it answers, in one line.
        settings: headings and the controls under them; on a phone they stay in sight above the figure.
        view: widgets that change how things are shown.
        figures: what stands on the right: the figure and what belongs right under it.
        more: headings and controls that are rarely moved; on a phone they come after everything else.
        margin: the margins of the first figure in pixels, as plotly names them; what is its own lies below.

    Attributes:
        name: as above.
        question: as above.
        widget: the whole page.
        readout: HTML of the read-out cards.
        prose: HTML of "What you are seeing".
    """

    def __init__(
        self,
        name: str,
        question: str,
        settings: Sequence[tuple[str, Sequence[widgets.Widget]]],
        view: Sequence[widgets.Widget],
        figures: Sequence[widgets.Widget],
        more: Sequence[tuple[str, Sequence[widgets.Widget]]] = (),
        *,
        margin: Mapping[str, int],
    ) -> None:
        self.readout = _html("qv-readout")
        self.prose = _html("qv-prose")
        self._alert = _html("qv-alert")
        self.name, self.question = name, question
        self._figures = _box("qv-figures", figures)
        self._header = header(name, question)
        self._groups = _box("qv-groups", [_group(heading, children) for heading, children in settings])
        self._drawer = widgets.Button(description=_HIDE)
        self._drawer.add_class("qv-drawer")
        self._drawer.on_click(lambda _button: self._toggle_drawer())
        self.widget = _box(
            "qv-page",
            [
                style(f".qv-at-{name} {{ --qv-left: {margin['l']}px; --qv-right: {margin['r']}px; }}"),
                self._header,
                _box(
                    "qv-side",
                    [
                        _box("qv-settings", [self._groups, self._drawer]),
                        *(_group(heading, children) for heading, children in [*more, ("View", view)]),
                    ],
                ),
                _box("qv-main", [self._alert, self._figures, self.readout, self.prose]),
            ],
        )
        self.widget.add_class(f"qv-at-{name}")

    def equip(self, tools: widgets.Widget) -> None:
        """Put tools into the header."""
        self._header.children = (*self._header.children, tools)

    def complain(self, sentence: str) -> None:
        """Say that something failed and fade the figures, which no longer match the controls."""
        self._alert.value = f'<p role="alert">{html.escape(sentence)}</p>'
        self._figures.add_class("qv-stale")

    @property
    def well(self) -> bool:
        """Whether it has no complaint."""
        return not self._alert.value

    def all_well(self) -> None:
        """Take back a complaint."""
        if not self.well:
            self._alert.value = ""
            self._figures.remove_class("qv-stale")

    def _toggle_drawer(self) -> None:
        shut = self._drawer.description == _HIDE
        (self._groups.add_class if shut else self._groups.remove_class)("qv-shut")
        self._drawer.description = _SHOW if shut else _HIDE


def _box(name: str, children: Sequence[widgets.Widget]) -> widgets.Box:
    box = widgets.Box(list(children))
    box.add_class(name)
    return box


def _html(name: str, value: str = "") -> widgets.HTML:
    region = widgets.HTML(value)
    region.add_class(name)
    return region


def style(rule: str = "") -> widgets.HTML:
    """The look of a page, to be part of it, and a rule of its own."""
    look = "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _STYLES)
    return _html("qv-style", f"<style>{look}\n{rule}</style>")


def header(name: str, question: str, title: str = "") -> widgets.Box:
    """The header of a page: the way to the others, its title, and the question it answers."""
    heading = f"<h1>{html.escape(title or PAGES[name])}</h1><p>{html.escape(question)}</p>"
    return _box("qv-header", [_html("qv-heading-row", heading), _html("qv-links", _links(name))])


def _links(current: str) -> str:
    """The way to the other pages; a dashboard shows it, a notebook has its own."""
    links = "".join(
        f'<a href="{name}.ipynb"{" aria-current=page" if name == current else ""}>{html.escape(title)}</a>'
        for name, title in PAGES.items()
    )
    return f'<nav class="qv-pages" aria-label="Pages">{links}</nav>'


def _group(heading: str, children: Sequence[widgets.Widget]) -> widgets.Box:
    return _box("qv-group", [_html("qv-heading", f"<h2>{html.escape(heading)}</h2>"), *children])
