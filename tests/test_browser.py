"""The learning-curves page in a real browser, served by ``quadviz dashboard``."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from conftest import Dashboards

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CURVES = ".js-plotly-plot .scatterlayer path.js-line"
SLIDER = 'input[type=range][data-name="kappa"]'


@dataclass
class Visit:
    """A page that has drawn its curves, and what it did on the way."""

    page: Page
    home: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def away(self) -> list[str]:
        """The requests that left for another machine."""
        return [url for url in self.requests if not url.startswith((self.home, "data:", "blob:"))]

    def note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def curves(self) -> list[str]:
        """The outlines of the drawn curves."""
        script = "paths => paths.map(path => path.getAttribute('d'))"
        outlines: list[str] = self.page.eval_on_selector_all(CURVES, script)
        return outlines

    def kernel(self) -> str:
        """The address of the page's kernel."""
        config = json.loads(self.page.locator("#jupyter-config-data").inner_text())
        return f"{self.home}{config['baseUrl']}api/kernels/{config['kernelId']}"


@pytest.fixture
def visit(browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    visit = Visit(page, dashboards.address.rstrip("/"))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("console", lambda message: visit.note(message.type, message.text))
    page.on("pageerror", lambda error: visit.note("error", str(error)))
    page.goto(dashboards.address)
    page.wait_for_selector(CURVES, state="attached", timeout=60_000)
    page.wait_for_selector(SLIDER)
    yield visit
    page.close()


def alive(kernel: str) -> bool:
    try:
        with urllib.request.urlopen(kernel, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code != 404


def wait_until(page: Page, condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    for _ in range(int(10 * seconds)):
        if condition():
            return True
        page.wait_for_timeout(100)
    return False


def drag(visit: Visit, to: float) -> None:
    """Drag the slider of kappa to a fraction of its length."""
    slider = visit.page.locator(SLIDER)
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    position = float(slider.input_value()) / float(slider.get_attribute("max") or 1)
    visit.page.mouse.move(box["x"] + position * box["width"], middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + to * box["width"], middle, steps=20)
    visit.page.mouse.up()


def test_dragging_kappa_moves_the_curves(visit: Visit, dashboards: Dashboards) -> None:
    before, slider = visit.curves(), visit.page.locator(SLIDER)
    assert before
    reading = slider.get_attribute("aria-valuetext")
    drag(visit, to=0.1)

    assert wait_until(visit.page, lambda: visit.curves() != before)
    assert slider.get_attribute("aria-valuetext") != reading
    assert visit.complaints == []
    assert "Traceback" not in dashboards.output


@pytest.mark.slow
def test_a_page_goes_on_after_the_first_ping(visit: Visit, dashboards: Dashboards) -> None:
    """The server asks after half a minute whether the page is still there; the page must not be cut off."""
    closed: list[str] = []
    visit.page.on(
        "console", lambda message: closed.append(message.text) if "onnection" in message.text else None
    )
    visit.page.wait_for_timeout(40_000)
    for fraction in (0.1, 0.8, 0.15):
        before = visit.curves()
        drag(visit, to=fraction)
        assert wait_until(visit.page, lambda before=before: visit.curves() != before)
    assert closed == []
    assert visit.complaints == []
    assert "Traceback" not in dashboards.output


def test_every_request_stays_on_the_machine(visit: Visit) -> None:
    assert len(visit.requests) > 10
    assert visit.away() == []


def test_a_phone_sees_no_sideways_scroll(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 400, "height": 800})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert wait_until(visit.page, lambda: visit.page.evaluate(overflow) <= 0)


def test_a_page_left_takes_its_kernel_along(visit: Visit) -> None:
    kernel = visit.kernel()
    assert alive(kernel)
    visit.page.goto("about:blank")
    # As a rule at once, by the page's own last request; should that be lost, by the culler.
    assert wait_until(visit.page, lambda: not alive(kernel), seconds=100)
