"""The anatomy of a page: header, control rail, figures, read-out cards, what there is to see.

The widgets carry class names only; how they look and how they stand on a wide screen or a phone is said in
one place, ``assets/page.css``.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets

__all__ = ["Card", "Page", "cards_html", "choice"]

_STYLE = Path(__file__).parent / "assets" / "page.css"


@dataclass(frozen=True)
class Card:
    """One number read out: its symbol, plain name, value, and what it means on hover."""

    symbol: str
    label: str
    value: str
    meaning: str = ""
    badge: bool = False
    tone: str = ""


def cards_html(caption: str, cards: Sequence[Card]) -> str:
    """Read-out cards as an HTML description list under a caption."""
    items = "".join(
        f'<div class="qv-card{" qv-badge" if card.badge else ""} {card.tone}" '
        f'title="{html.escape(card.meaning)}">'
        f"<dt><b>{html.escape(card.symbol)}</b> {html.escape(card.label)}</dt>"
        f"<dd>{html.escape(card.value)}</dd></div>"
        for card in cards
    )
    return f'<h2 class="qv-caption">{html.escape(caption)}</h2><dl class="qv-cards">{items}</dl>'


def choice(label: str, options: Sequence[tuple[str, object]], value: object) -> widgets.ToggleButtons:
    """A row of buttons of which one is down, named by ``label``."""
    buttons = widgets.ToggleButtons(options=options, value=value, description=label)
    buttons.add_class("qv-choice")
    return buttons


class Page:
    """The widgets of one page around an explorer's own controls and figure.

    Args:
        title: the page's title.
        question: the question it answers, in one line.
        rail: headings and the widgets under them, for the rail on the left.
        figures: what stands on the right: the figure and what belongs right under it.

    Attributes:
        widget: the whole page.
        readout: HTML of the read-out cards.
        prose: HTML of "What you are seeing".
    """

    def __init__(
        self,
        title: str,
        question: str,
        rail: Sequence[tuple[str, Sequence[widgets.Widget]]],
        figures: Sequence[widgets.Widget],
    ) -> None:
        self.readout = widgets.HTML()
        self.prose = widgets.HTML()
        self._alert = widgets.HTML()
        self._figures = _box("qv-figures", figures)
        header = widgets.HTML(f"<h1>{html.escape(title)}</h1><p>{html.escape(question)}</p>")
        header.add_class("qv-header")
        groups = [
            _box("qv-group", [widgets.HTML(f"<h2>{html.escape(heading)}</h2>"), *children])
            for heading, children in rail
        ]
        self._rail = _box("qv-rail", groups)
        self._drawer = widgets.Button(description="Controls", icon="", tooltip="Show or hide the controls")
        self._drawer.add_class("qv-drawer")
        self._drawer.on_click(self._toggle_rail)
        self._rail_open = True
        for region, name in ((self.readout, "qv-readout"), (self.prose, "qv-prose"), (self._alert, "qv-alert")):
            region.add_class(name)
        style = widgets.HTML(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
        style.add_class("qv-style")
        self.widget = _box(
            "qv-page",
            [
                style,
                header,
                _box("qv-side", [self._drawer, self._rail]),
                _box("qv-main", [self._alert, self._figures, self.readout, self.prose]),
            ],
        )

    def complain(self, sentence: str) -> None:
        """Say that something failed and fade the figures, which no longer match the controls."""
        self._alert.value = f'<p role="alert">{html.escape(sentence)}</p>'
        self._figures.add_class("qv-stale")

    def all_well(self) -> None:
        """Take back a complaint."""
        if self._alert.value:
            self._alert.value = ""
            self._figures.remove_class("qv-stale")

    def _toggle_rail(self, _button: widgets.Button) -> None:
        self._rail_open = not self._rail_open
        (self._rail.remove_class if self._rail_open else self._rail.add_class)("qv-closed")


def _box(name: str, children: Sequence[widgets.Widget]) -> widgets.Box:
    box = widgets.Box(list(children))
    box.add_class(name)
    return box
