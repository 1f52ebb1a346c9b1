"""The front page: what there is to see, behind live pictures; a tour, the model, and how to cite."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import anywidget
import ipywidgets as widgets
from IPython.display import display

from quadviz import __version__
from quadviz.contents import FRONT, PAGES
from quadviz.explorers.gallery.citation import PAPER, SOFTWARE, arxiv_link, citation_html
from quadviz.explorers.gallery.model import model_html
from quadviz.explorers.gallery.svg import HEIGHT, WIDTH
from quadviz.explorers.gallery.thumbnails import THUMBNAILS
from quadviz.explorers.gallery.tour import TOUR
from quadviz.explorers.kit.page import header, style
from quadviz.explorers.kit.widgets.tools import PageTools
from quadviz.explorers.live.scripts import script

__all__ = ["TILES", "Tile", "gallery", "show"]

TITLE = "quadviz"
QUESTION = "What does a wide quadratic network learn from its teacher?"

_STYLE = Path(__file__).with_suffix(".css")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tile:
    """What is said of a page: the question it answers, and what there is to see."""

    question: str
    seen: str


TILES: Mapping[str, Tile] = MappingProxyType(
    {
        "learning_curves": Tile(
            "How well does a network generalise, and when does more data hurt?",
            "Test error and train loss against the number of samples, and how widths, noise and weight decay "
            "move them.",
        ),
        "spectra": Tile(
            "Why does a network recover its teacher?",
            "The spectrum of the noisy teacher, where it is cut, and what is learned of it. Press Play, and "
            "the signal parts from the noise.",
        ),
        "recovery": Tile(
            "From how many samples on is the teacher found exactly?",
            "Sharp thresholds, and a map of the test error over samples and width with the spectrum wherever "
            "you click.",
        ),
        "double_descent": Tile(
            "Why does the test error peak, and what removes the peak?",
            "The peak against samples and against width, and how little the best weight decay leaves of it.",
        ),
        "two_students": Tile(
            "Which of two students learns more?",
            "Two settings side by side: both errors and their difference, where the curves cross, and what "
            "each keeps of the teacher.",
        ),
        "two_decays": Tile(
            "Cut small eigenvalues, or shrink all of them?",
            "A map of the error over weight decay and Frobenius decay, and a map of where both together beat "
            "either alone.",
        ),
        "scaling_laws": Tile(
            "With which power does the error fall?",
            "Teachers whose levels fall off as a power: drag γ and the exponent changes; samples, noise or "
            "width limit in turn.",
        ),
        "simulation_lab": Tile(
            "Does a real network do what the theory says?",
            "Networks of the size you choose learn before your eyes; their errors go to the theory's, down "
            "and up again.",
        ),
        "dynamics": Tile(
            "When should training stop?",
            "The whole course of training, and a film of eigenvalues that leave the bulk of the random start "
            "one after another.",
        ),
        "convergence": Tile(
            "How fast does training come to its end?",
            "By a power of time: t⁻³ where the width does not bind, t⁻¹ where it cuts. Matrices and networks "
            "follow the law.",
        ),
    }
)


class _Motion(anywidget.AnyWidget):
    """Moves the thumbnails, and copies; it draws nothing and asks the kernel nothing."""

    _esm = script("kit/widgets/dom.js", "gallery/page.js")


def gallery() -> widgets.Box:
    """The whole page."""
    look = f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
    top = header(FRONT, QUESTION, TITLE)
    top.children = (*top.children, PageTools(FRONT, "", lambda _query, _afresh: []))
    sections = f"{_introduction()}{_tiles()}{_model()}{_citation()}{_footer()}"
    page = widgets.Box([style(), _html("qv-style", look), top, _html("qv-gallery", sections), _Motion()])
    page.add_class("qv-page")
    return page


def show() -> None:
    """Put the front page below the cell that runs."""
    display(gallery())  # type: ignore[no-untyped-call]  # IPython ships no types for it


def _html(name: str, value: str) -> widgets.HTML:
    region = widgets.HTML(value)
    region.add_class(name)
    return region


def _introduction() -> str:
    return (
        '<p class="qv-lead">Drag a slider and see at once what such a network learns, how well, and how '
        "fast, in the theory of S. Martin, G. Biroli and F. Bach, "
        f"<cite>{PAPER.title}</cite>, JMLR {PAPER.volume}({PAPER.issue}), {PAPER.year} "
        f"({arxiv_link()}).</p>"
    )


def _tiles() -> str:
    tiles = "".join(_tile(name) for name in PAGES if name != FRONT)
    return f'<div class="qv-tiles">{tiles}{_tour()}</div>'


def _tile(name: str) -> str:
    """A page's card: all of it is one link."""
    tile, this = TILES[name], f"qv-tile-{name}"
    return (
        f'<a class="qv-tile" href="{name}.ipynb" aria-labelledby="{this}" aria-describedby="{this}-question">'
        f'{_thumbnail(name)}<h2 id="{this}">{html.escape(PAGES[name])}</h2>'
        f'<p class="qv-question" id="{this}-question">{html.escape(tile.question)}</p>'
        f'<p class="qv-seen">{html.escape(tile.seen)}</p></a>'
    )


def _thumbnail(name: str) -> str:
    """The picture of a page; its place without it, should it fail: the links must be there in any case."""
    try:
        return THUMBNAILS[name]()
    except Exception:  # noqa: BLE001 - whatever went wrong, the page must go on
        _log.debug("the thumbnail of %s failed", name, exc_info=True)
        return f'<svg class="qv-thumbnail" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true"></svg>'


def _tour() -> str:
    steps = "".join(
        f'<li><a href="{html.escape(step.address)}">{html.escape(step.link)}</a>'
        f" {html.escape(step.sentence)}</li>"
        for step in TOUR
    )
    return f'<section class="qv-tour"><h2>A tour of 60 seconds</h2><ol>{steps}</ol></section>'


def _model() -> str:
    return f'<section class="qv-section"><h2>The model in one picture</h2>{model_html()}</section>'


def _citation() -> str:
    return f'<section class="qv-section qv-citation"><h2>How to cite</h2>{citation_html()}</section>'


def _footer() -> str:
    return (
        f'<p class="qv-footer">quadviz {html.escape(__version__)} · {SOFTWARE.license} · README.md tells '
        "how to use it as a library, docs/ how well networks and theory agree.</p>"
    )
