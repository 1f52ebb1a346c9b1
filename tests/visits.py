"""Visits of a browser to a page, and what can be asked of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quadviz.contents import FRONT, PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

#: The pages with sliders and figures.
NAMES = [name for name in PAGES if name != FRONT]
CURVES = ".js-plotly-plot .scatterlayer path.js-line"
SLIDERS = "input.qv-control-slider"
TILES = ".qv-tile svg"
KAPPA = f'{SLIDERS}[data-name="kappa"]'
#: A failure of the explorer, or a value refused by a control.
ALERTS = '[role="alert"]:not(:empty)'
#: A script: storage as it is in a frame of another site.
NO_STORAGE = """Object.defineProperty(window, "localStorage", {
    configurable: true,
    get() { throw new DOMException("The operation is insecure.", "SecurityError"); },
});"""


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

    def wait_for_curves(self) -> None:
        self._wait_for(CURVES)
        self.page.locator(SLIDERS).first.wait_for()

    def wait_for_tiles(self) -> None:
        self._wait_for(TILES)

    def _wait_for(self, selector: str) -> None:
        """Wait until the page has drawn; where it does not, its complaints say why."""
        drawn = wait_until(self.page, lambda: self.page.locator(selector).count() > 0, seconds=60)
        assert drawn, f"{self.page.url} has not drawn {selector} and complains of {self.complaints}"

    def curves(self) -> list[str]:
        """The outlines of the drawn curves."""
        script = "paths => paths.map(path => path.getAttribute('d'))"
        outlines: list[str] = self.page.eval_on_selector_all(CURVES, script)
        return outlines

    def ticks(self) -> list[str]:
        """The numbers on the axes: where these are fitted to a lone curve, it may look the same as before."""
        script = "ticks => ticks.map(tick => tick.textContent)"
        labels: list[str] = self.page.eval_on_selector_all(".xtick text, .ytick text", script)
        return labels

    def alerts(self) -> list[str]:
        return self.page.locator(ALERTS).all_inner_texts()

    def kernel(self) -> str:
        """The address of the page's kernel."""
        config = json.loads(self.page.locator("#jupyter-config-data").inner_text())
        return f"{self.home}{config['baseUrl']}api/kernels/{config['kernelId']}"


@contextmanager
def visiting(
    browser: Browser, address: str, path: str = "", width: int = 1280, script: str = ""
) -> Iterator[Visit]:
    """Open a page, the front page where no path is given, in a browser without a past.

    The script runs before any of the page's own.
    """
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(script)
    visit = Visit(page, "/".join(address.split("/")[:3]))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("console", lambda message: visit.note(message.type, message.text))
    page.on("pageerror", lambda error: visit.note("error", str(error)))
    page.goto(f"{address}{path}")
    if FRONT in page.url:
        visit.wait_for_tiles()
    else:
        visit.wait_for_curves()
    yield visit
    page.close()


def path_to(name: str, query: str = "") -> str:
    """The path of a page under a server's address."""
    return f"voila/render/{name}.ipynb{f'?{query}' if query else ''}"


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


def solved(page: Page) -> None:
    """Wait until no figure is to say that it is still being solved for."""
    page.wait_for_function(
        """() => ![...document.querySelectorAll(".js-plotly-plot")].some(({ quadviz }) =>
            JSON.stringify(quadviz?.wanted?.()?.layout?.annotations ?? "").includes("being solved"))""",
        timeout=60_000,
    )


def drag(visit: Visit, to: float) -> None:
    """Drag the slider of kappa to a fraction of its length."""
    slider = visit.page.locator(KAPPA)
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    position = float(slider.input_value()) / float(slider.get_attribute("max") or 1)
    visit.page.mouse.move(box["x"] + position * box["width"], middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + to * box["width"], middle, steps=20)
    visit.page.mouse.up()


def push(page: Page, slider: Locator, key: str) -> None:
    """Press a key on a slider and wait until the kernel has taken notice."""
    before = slider.evaluate("slider => [slider.value, slider.ariaValueText]")
    slider.press(key)
    if slider.input_value() != before[0]:
        assert wait_until(page, lambda: slider.get_attribute("aria-valuetext") != before[1])
