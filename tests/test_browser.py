"""Every page in a real browser, served by ``quadviz dashboard``."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from conftest import Dashboards, StartDashboards, free_port
from quadviz.pages import PAGES
from quadviz.server import FIRST_PAGE, notebooks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

NAMES = [name for name in PAGES if (notebooks() / f"{name}.ipynb").exists()]
CURVES = ".js-plotly-plot .scatterlayer path.js-line"
SLIDERS = "input.qv-control-slider"
KAPPA = f'{SLIDERS}[data-name="kappa"]'
#: A failure of the explorer, or a value refused by a control.
ALERTS = '[role="alert"]:not(:empty)'


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
        self.page.wait_for_selector(CURVES, state="attached", timeout=60_000)
        self.page.locator(SLIDERS).first.wait_for()

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
def visiting(browser: Browser, address: str, path: str = "") -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    visit = Visit(page, "/".join(address.split("/")[:3]))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("console", lambda message: visit.note(message.type, message.text))
    page.on("pageerror", lambda error: visit.note("error", str(error)))
    page.goto(f"{address}{path}")
    visit.wait_for_curves()
    yield visit
    page.close()


@pytest.fixture
def visit(browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """A fresh visit to the first page."""
    with visiting(browser, dashboards.address) as visit:
        yield visit


@pytest.fixture(scope="module", params=NAMES)
def each(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page in turn, opened once for all tests that look at it."""
    with visiting(browser, dashboards.address, f"voila/render/{request.param}.ipynb") as visit:
        yield visit


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
    slider = visit.page.locator(KAPPA)
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    position = float(slider.input_value()) / float(slider.get_attribute("max") or 1)
    visit.page.mouse.move(box["x"] + position * box["width"], middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + to * box["width"], middle, steps=20)
    visit.page.mouse.up()


def test_dragging_kappa_moves_the_curves(visit: Visit, dashboards: Dashboards) -> None:
    before, slider = visit.curves(), visit.page.locator(KAPPA)
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


def test_each_page_opens_with_its_title_and_curves(each: Visit) -> None:
    (name,) = (name for name in NAMES if f"/{name}.ipynb" in each.page.url)
    assert each.page.locator("h1", has_text=PAGES[name]).count() == 1
    assert each.page.locator(".qv-pages a[aria-current=page]").all_inner_texts() == [PAGES[name]]
    assert any(each.curves())
    assert each.complaints == []


def test_every_request_stays_on_the_machine(each: Visit) -> None:
    assert len(each.requests) > 10
    assert each.away() == []


def test_a_phone_sees_no_sideways_scroll(each: Visit) -> None:
    desk = each.page.viewport_size
    each.page.set_viewport_size({"width": 400, "height": 800})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert wait_until(each.page, lambda: each.page.evaluate(overflow) <= 0)
    header = each.page.locator(".qv-header").bounding_box()
    assert header is not None
    assert header["height"] < 120
    each.page.set_viewport_size(desk)


def push(page: Page, slider: Locator, key: str) -> None:
    """Press a key on a slider and wait until the kernel has taken notice."""
    before = slider.evaluate("slider => [slider.value, slider.ariaValueText]")
    slider.press(key)
    if slider.input_value() != before[0]:
        assert wait_until(page, lambda: slider.get_attribute("aria-valuetext") != before[1])


def test_every_slider_goes_to_both_ends(each: Visit, dashboards: Dashboards) -> None:
    before, sliders = (each.curves(), each.ticks()), each.page.locator(SLIDERS).all()
    assert sliders
    for slider in sliders:
        for key in ("Home", "End"):
            push(each.page, slider, key)
            assert each.alerts() == []
    assert wait_until(each.page, lambda: (each.curves(), each.ticks()) != before)
    end = sliders[-1].get_attribute("aria-valuetext")
    each.page.locator("button.qv-reset-all").click()
    # The kernel answers in turn: where the defaults are back, all that came before has been drawn.
    assert wait_until(each.page, lambda: sliders[-1].get_attribute("aria-valuetext") != end)
    each.page.wait_for_timeout(200)
    assert each.alerts() == []
    assert each.complaints == []
    assert "Traceback" not in dashboards.output


def test_a_run_plays_and_stops_where_it_is_paused(browser: Browser, dashboards: Dashboards) -> None:
    with visiting(browser, dashboards.address, "voila/render/spectra.ipynb") as visit:
        page, play = visit.page, visit.page.locator(".qv-play")
        alpha = page.locator('.qv-control-box[data-name="alpha"]')
        before, start = visit.curves(), alpha.input_value()
        paths = "[...document.querySelectorAll('.qv-stage path')]"
        shapes = f"() => {paths}.map(path => path.getAttribute('d')).join()"
        play.click()
        page.wait_for_selector(".qv-stage path")
        seen = {page.evaluate(shapes)}
        for _ in range(10):
            page.wait_for_timeout(100)
            seen.add(page.evaluate(shapes))
        assert len(seen) > 5
        play.click()
        assert wait_until(page, lambda: page.locator(".qv-stage").count() == 0)
        assert alpha.input_value() != start
        assert visit.curves() != before
        assert visit.complaints == []


def test_dragging_the_time_asks_the_kernel_nothing(browser: Browser, dashboards: Dashboards) -> None:
    with visiting(browser, dashboards.address, "voila/render/dynamics.ipynb") as visit:
        page = visit.page
        slider, time = page.locator(".qv-film input"), page.locator(".qv-film-time")
        assert wait_until(page, slider.is_enabled)
        # All in one turn of the browser's loop: no answer of a kernel could come between.
        drag = """slider => Array.from({ length: Number(slider.max) + 1 }, (_, i) => {
            slider.value = i;
            slider.dispatchEvent(new Event("input"));
            const [errors, spectrum] = document.querySelectorAll(".qv-stage");
            const [mark, text] = [errors.querySelector("line"), spectrum.querySelector("text")];
            const ticks = spectrum.querySelectorAll("path")[1];
            return [ticks.getAttribute("d"), text.textContent, mark.getAttribute("x1")];
        })"""
        moments = slider.evaluate(drag)
        assert len({ticks for ticks, _, _ in moments}) > 20
        assert [text for _, text, _ in moments[:2]] == ["t = 0", "t = 0.01"]
        assert moments[-1][1] == time.inner_text() == "t = 1000"
        places = [float(mark) for _, _, mark in moments]
        assert places == sorted(places) and places[-1] > places[0] + 100
        # Where it rests the figures themselves are drawn, and the stage goes.
        assert wait_until(page, lambda: page.locator(".qv-stage").count() == 0)
        corner = page.locator(".annotation", has_text="t = 1000")
        assert wait_until(page, lambda: corner.count() == 1)
        assert visit.complaints == []


def test_a_click_on_the_map_moves_the_cross_and_one_beside_it_says_why_not(
    browser: Browser, dashboards: Dashboards
) -> None:
    with visiting(browser, dashboards.address, "voila/render/recovery.ipynb") as visit:
        page = visit.page
        box = page.locator('.qv-control-box[data-name="alpha"]')
        frame = page.locator(".qv-clicked .js-plotly-plot").first.bounding_box()
        assert frame is not None
        start = box.input_value()
        page.mouse.click(frame["x"] + 0.6 * frame["width"], frame["y"] + 0.4 * frame["height"])
        assert wait_until(page, lambda: box.input_value() != start)
        moved = box.input_value()
        page.mouse.click(frame["x"] + 4, frame["y"] + 0.4 * frame["height"])
        page.wait_for_selector(".qv-notice p")
        assert "alpha (sample ratio) must be between" in page.locator(".qv-notice p").inner_text()
        assert box.input_value() == moved
        assert visit.complaints == []


def simulate(visit: Visit) -> Locator:
    """Press Simulate, in a page where that takes long; the words beside the button, which change soon."""
    status = visit.page.locator(".qv-status")
    assert status.inner_text() == ""
    visit.page.locator("button.qv-simulate").click()
    assert wait_until(visit.page, lambda: status.inner_text() != "", seconds=1)
    return status


def test_networks_are_seen_while_they_learn_cancelled_and_saved(
    browser: Browser, dashboards: Dashboards
) -> None:
    with visiting(browser, dashboards.address, "voila/render/simulation_lab.ipynb") as visit:
        page, button = visit.page, visit.page.locator("button.qv-simulate")
        points, save = page.locator(".js-plotly-plot .scatterlayer .point"), page.locator(".qv-download")
        end = page.locator(f'{SLIDERS}[data-name="end"]')
        push(page, end, "End")
        assert points.count() == 0
        assert save.is_disabled()
        status = simulate(visit)
        assert wait_until(page, lambda: points.count() > 10, seconds=20)
        seen = points.count()
        assert wait_until(page, lambda: points.count() > seen, seconds=20)
        assert "Cancel" in button.inner_text()
        button.click()
        assert wait_until(page, lambda: "cancelled at" in status.inner_text(), seconds=1.5)
        assert "Simulate" in button.inner_text()
        assert points.count() >= seen
        with page.expect_download() as saving:
            save.click()
        assert saving.value.suggested_filename == "quadviz_training.csv"
        header, *rows = saving.value.path().read_text(encoding="utf-8").splitlines()
        assert header.startswith("kappa,kappa_star,alpha,delta,lam,gamma,d,inputs,label_noise,")
        assert header.endswith(",seed,time,mse,train_loss,in_sample_error,regularised_loss")
        assert rows and all(row.startswith("0.7,0.3,0.35,0.5,0.01,1.0,50,network,") for row in rows)
        assert visit.alerts() == []
        assert visit.complaints == []
        assert "Traceback" not in dashboards.output


def test_a_page_left_while_networks_are_trained_takes_its_kernel_along(
    browser: Browser, dashboards: Dashboards
) -> None:
    with visiting(browser, dashboards.address, "voila/render/simulation_lab.ipynb") as visit:
        push(visit.page, visit.page.locator(f'{SLIDERS}[data-name="d"]'), "End")
        kernel = visit.kernel()
        simulate(visit)
        assert alive(kernel)
        visit.page.goto("about:blank")
        assert wait_until(visit.page, lambda: not alive(kernel), seconds=100)
        assert "Traceback" not in dashboards.output


@pytest.mark.skipif(len(NAMES) < 2, reason="there is one page")
def test_a_link_leads_to_the_next_page_in_the_same_theme(
    browser: Browser, start_dashboards: StartDashboards
) -> None:
    """Also right after the start, when no kernel waits for that page yet, and behind a proxy's path."""
    with (
        start_dashboards("--no-browser", "--port", str(free_port()), "--base-url", "/a/b") as running,
        visiting(browser, running.address, f"voila/render/{FIRST_PAGE}?theme=dark") as visit,
    ):
        kernel = visit.kernel()
        visit.page.get_by_role("link", name=PAGES[NAMES[1]]).click()
        visit.page.wait_for_url(f"**/a/b/voila/render/{NAMES[1]}.ipynb?theme=dark")
        visit.wait_for_curves()
        assert visit.page.locator(".qv-pages a[aria-current=page]").all_inner_texts() == [PAGES[NAMES[1]]]
        assert visit.page.locator("body.theme-dark").count() == 1
        assert wait_until(visit.page, lambda: not alive(kernel))
        assert visit.complaints == []
        assert visit.away() == []
        assert "Traceback" not in running.output


def test_a_page_left_takes_its_kernel_along(visit: Visit) -> None:
    kernel = visit.kernel()
    assert alive(kernel)
    visit.page.goto("about:blank")
    # As a rule at once, by the page's own last request; should that be lost, by the culler.
    assert wait_until(visit.page, lambda: not alive(kernel), seconds=100)
