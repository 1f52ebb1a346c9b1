"""Every page in a real browser, served by ``quadviz dashboard``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from quadviz.contents import PAGES
from tests.conftest import Dashboards
from tests.visits import KAPPA, NAMES, SLIDERS, Visit, drag, path_to, push, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=NAMES)
def each(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page in turn, opened once for all tests that look at it."""
    with visiting(browser, dashboards.address, path_to(request.param)) as visit:
        yield visit


def test_dragging_kappa_moves_the_curves(visit: Visit, dashboards: Dashboards) -> None:
    before, slider = visit.curves(), visit.page.locator(KAPPA)
    assert before
    reading = slider.get_attribute("aria-valuetext")
    drag(visit, to=0.1)

    assert wait_until(visit.page, lambda: visit.curves() != before)
    assert slider.get_attribute("aria-valuetext") != reading
    assert visit.complaints == []
    assert "Traceback" not in dashboards.output


def test_a_figure_reports_nothing_of_what_it_draws(visit: Visit) -> None:
    visit.page.evaluate("""() => {
        window.sent = [];
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (message) {
            window.sent.push(new TextDecoder().decode(message));
            return send.call(this, message);
        };
    }""")
    before = visit.curves()
    drag(visit, to=0.3)
    assert wait_until(visit.page, lambda: visit.curves() != before)
    sent = visit.page.evaluate("window.sent")
    assert any("comm_msg" in message for message in sent)
    assert [message for message in sent if "Delta" in message] == []


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


def test_the_front_page_leads_to_every_other(browser: Browser, dashboards: Dashboards) -> None:
    with visiting(browser, dashboards.address) as visit:
        tiles = visit.page.locator("a.qv-tile")
        assert [tile.get_attribute("href") for tile in tiles.all()] == [f"{name}.ipynb" for name in NAMES]
        assert visit.complaints == []
        assert visit.away() == []
        tiles.first.click()
        visit.page.wait_for_url(f"**/{NAMES[0]}.ipynb")
        visit.wait_for_curves()
        assert visit.complaints == []


def test_a_browser_that_stalls_while_the_widgets_come_shows_them(
    browser: Browser, dashboards: Dashboards
) -> None:
    """ipywidgets looks for a widget every tenth of a second, for two seconds; here each look is 3 s late."""
    late = "const set = setTimeout; window.setTimeout = (call, ms) => set(call, ms === 100 ? 3000 : ms)"
    with visiting(browser, dashboards.address, path_to(NAMES[0]), script=late) as visit:
        assert visit.complaints == []


def test_every_request_stays_on_the_machine(each: Visit) -> None:
    assert len(each.requests) > 10
    assert each.away() == []


def test_figures_share_one_copy_of_plotly(each: Visit) -> None:
    assert sum("/plotly/" in url for url in each.requests) == 1


def test_a_phone_sees_no_sideways_scroll(each: Visit) -> None:
    desk = each.page.viewport_size
    each.page.set_viewport_size({"width": 400, "height": 800})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert wait_until(each.page, lambda: each.page.evaluate(overflow) <= 0)
    header = each.page.locator(".qv-header").bounding_box()
    assert header is not None
    assert header["height"] < 120
    each.page.set_viewport_size(desk)


@pytest.mark.slow
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
    assert wait_until(each.page, lambda: sliders[-1].get_attribute("aria-valuetext") != end, seconds=40)
    each.page.wait_for_timeout(200)
    assert each.alerts() == []
    assert each.complaints == []
    assert "Traceback" not in dashboards.output
