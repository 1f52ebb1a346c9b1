"""Every page as it is printed: all there is to read of it, on white, over as many sheets as it takes."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pytest

from quadviz.contents import FRONT
from tests.conftest import Dashboards
from tests.screens import brightness
from tests.visits import NAMES, Visit, path_to, solved, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: What of a page is to be read on paper; without formulas and indices, whose letters have no certain order.
_WORDS = """() => {
    const unset = ".widget-toggle-buttons:not(:has(.mod-active)) *"; // no preset is lit: nothing to say
    const plain = (selector) => [...document.querySelectorAll(selector)]
        .filter((node) => !node.matches(unset) && !node.querySelector("sub, sup, mjx-container, .MathJax"))
        .map((node) => node.textContent);
    return {
        title: plain(".qv-page h1, .qv-page .qv-header p"),
        controls: plain(".qv-side .qv-control-name span, .qv-side .widget-label"),
        values: [...document.querySelectorAll(".qv-control-box")].map((box) => box.value),
        axes: plain(".js-plotly-plot :is(.xtitle, .ytitle)"),
        cards: plain(".qv-card dt, .qv-card dd"),
        prose: plain(".qv-prose p"),
        tasks: plain(".jp-MarkdownCell :is(h2, h3, details p)"),
    };
}"""
_FIGURES = "() => [...document.querySelectorAll('.js-plotly-plot .main-svg')].map((svg) => svg.outerHTML)"


@pytest.fixture(scope="module", params=[FRONT, *NAMES])
def anywhere(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page in turn, in the dark."""
    with visiting(browser, dashboards.address, path_to(request.param, "theme=dark"), width=1440) as visit:
        visit.page.locator("body.theme-dark").wait_for()
        visit.page.wait_for_timeout(1500)
        solved(visit.page)
        yield visit


def squeezed(text: str) -> str:
    """A text without its spaces and ligatures, which come and go on paper."""
    return re.sub(r"[\s¶]+", "", unicodedata.normalize("NFKC", text))


def test_all_of_a_page_is_on_paper(anywhere: Visit) -> None:
    page = anywhere.page
    words, figures = page.evaluate(_WORDS), page.evaluate(_FIGURES)
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf())).pages
    text = squeezed(" ".join(sheet.extract_text() for sheet in sheets))
    assert len(sheets) >= 3
    for kind, pieces in words.items():
        assert pieces or FRONT in page.url, kind
        # A paragraph may go on on the next sheet.
        missing = [piece for piece in pieces if squeezed(piece)[:40] not in text]
        # What the front page says of JupyterLab is for there.
        assert missing == [] or (kind == "tasks" and FRONT in page.url), kind
    # Nothing that only a hand can use, and nothing of the other pages.
    assert "Copylink" not in text and "Save▾" not in text
    assert all("Gallery" not in sheet.extract_text() for sheet in sheets) or FRONT in page.url
    # And then all is as it was.
    assert page.evaluate(_FIGURES) == figures
    assert page.locator("details[open], .qv-printed").count() == 0
    assert anywhere.complaints == []


def test_paper_is_white_in_the_dark_too(anywhere: Visit) -> None:
    page = anywhere.page
    assert np.median(brightness(page)) < 60
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert np.median(brightness(page)) > 240
    # Words stand out from it: those of axes are the faintest.
    faint = """() => Math.max(0, ...[...document.querySelectorAll(".js-plotly-plot :is(.xtick, .ytick) text")]
        .flatMap((text) => getComputedStyle(text).fill.match(/\\d+/g).slice(0, 3).map(Number)))"""
    assert page.evaluate(faint) < 140
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert np.median(brightness(page)) < 60
