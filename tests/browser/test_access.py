"""Pages for those who do not see them, see them in colours of their own, or need more room for letters."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quadviz.contents import FRONT
from tests.conftest import Dashboards
from tests.visits import NAMES, Visit, path_to, solved, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
#: WCAG 1.4.12: what a reader may ask for.
_SPACED = """p { margin-bottom: 2em !important; }
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"""
#: Labels and buttons that do not hold their words. A list to choose from shows them once it is opened.
_CUT = """() => [...document.querySelectorAll(`:is(.qv-page, .qv-theory) :is(
        button, label, a, h1, h2, h3, p, dt, dd, summary, .widget-label, .qv-control-name span)`)]
    .filter((node) => node.checkVisibility() && !node.closest(".js-plotly-plot") && node.clientWidth)
    .filter((node) => getComputedStyle(node).clipPath === "none" && !node.querySelector("mjx-container"))
    .filter((node) => node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 3)
    .map((node) => `${node.tagName} ${node.className}: ${node.textContent.trim().slice(0, 40)},
        ${node.scrollWidth} x ${node.scrollHeight} in ${node.clientWidth} x ${node.clientHeight}`)"""
_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: The colours of a picture along its middle, left to right, and the one above.
_ALONG = """async (image) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${image}`;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height), context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const at = (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
    const middle = Math.round(picture.height / 2);
    return [at(2, 1), [4, picture.width - 5].map((x) => at(x, middle))];
}"""


@pytest.fixture(scope="module", params=[FRONT, *NAMES])
def anywhere(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page in turn, the front page too."""
    with visiting(browser, dashboards.address, path_to(request.param), width=1440) as visit:
        visit.page.wait_for_timeout(1500)
        solved(visit.page)
        yield visit


def name_of(visit: Visit) -> str:
    return next(name for name in (FRONT, *NAMES) if f"/{name}.ipynb" in visit.page.url)


def test_a_page_tells_what_it_told(anywhere: Visit) -> None:
    """The tree that is read out; QUADVIZ_SNAPSHOTS=write stores it. Of a figure it has the name."""
    told = anywhere.page.locator(".qv-page").aria_snapshot() + "\n"
    stored = _SNAPSHOTS / f"{name_of(anywhere)}.aria.yaml"
    if os.environ.get("QUADVIZ_SNAPSHOTS") == "write":
        stored.write_text(told, encoding="utf-8")
    assert told == stored.read_text(encoding="utf-8")


def test_a_row_of_buttons_says_its_name_and_which_is_down(anywhere: Visit) -> None:
    page = anywhere.page
    rows = page.locator(".qv-page .widget-toggle-buttons").all()
    assert rows or name_of(anywhere) in (FRONT, "convergence")
    for row in rows:
        group, buttons = row.get_by_role("group"), row.get_by_role("button").all()
        assert group.evaluate(
            "(group) => document.getElementById(group.ariaLabelledByElements[0].id).textContent"
        )
        for button in buttons:
            button.click()
            assert wait_until(page, lambda button=button: button.get_attribute("aria-pressed") == "true")
            pressed = [other.get_attribute("aria-pressed") for other in buttons]
            assert pressed.count("true") == 1 and pressed.count("false") == len(buttons) - 1


def test_sliders_and_choices_are_seen_in_forced_colours(anywhere: Visit) -> None:
    page = anywhere.page
    page.emulate_media(forced_colors="active")
    for slider in page.locator(".qv-page input[type=range]").all():
        picture = base64.b64encode(slider.screenshot()).decode()
        ground, ends = page.evaluate(_ALONG, picture)
        for end in ends:
            assert max(abs(one - other) for one, other in zip(ground, end, strict=True)) > 60
    looks = "node => (({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(node))"
    for row in page.locator(".qv-page .widget-toggle-buttons").all():
        down, up = (
            [button.evaluate(looks) for button in row.locator(f'[aria-pressed="{pressed}"]').all()]
            for pressed in ("true", "false")
        )
        assert all(one != other for one in down for other in up)
    page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("width", [1440, 1024, 720, 400])
def test_words_have_room(anywhere: Visit, width: int) -> None:
    page = anywhere.page
    page.set_viewport_size({"width": width, "height": 900})
    style = page.add_style_tag(content=_SPACED)
    page.wait_for_timeout(500)
    cut, sideways = page.evaluate(_CUT), page.evaluate(_SIDEWAYS)
    style.evaluate("node => node.remove()")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert cut == []
    assert sideways <= 0


def test_nothing_hides_at_twice_the_size(anywhere: Visit) -> None:
    """A window of 1440 x 900 at 200% has 720 x 450 pixels."""
    page = anywhere.page
    page.set_viewport_size({"width": 720, "height": 450})
    page.wait_for_timeout(500)
    assert page.evaluate(_CUT) == []
    assert page.evaluate(_SIDEWAYS) <= 0
    hidden = """() => [...document.querySelectorAll(".qv-page .qv-control-name span, .qv-page h1")]
        .filter((node) => getComputedStyle(node).clipPath !== "none").map((node) => node.textContent)"""
    assert page.evaluate(hidden) == []
    # What sticks to the window leaves more than half of it to what is below.
    stuck = """() => Math.max(0, ...[...document.querySelectorAll(".qv-page *")]
        .filter((node) => getComputedStyle(node).position === "sticky").map((node) => node.clientHeight))"""
    assert page.evaluate(stuck) < 225
    page.set_viewport_size({"width": 1440, "height": 900})
