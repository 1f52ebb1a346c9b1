"""In a real browser: pages that play, train networks, lead on, and are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quadviz.contents import PAGES
from tests.conftest import Dashboards, StartDashboards, free_port
from tests.visits import NAMES, SLIDERS, Visit, alive, path_to, push, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

#: Continuous integration runs them; with them the default tests would take longer than one waits for.
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_run_plays_and_stops_where_it_is_paused(browser: Browser, dashboards: Dashboards) -> None:
    with visiting(browser, dashboards.address, path_to("spectra")) as visit:
        page, play = visit.page, visit.page.locator(".qv-play")
        alpha = page.locator('.qv-control-box[data-name="alpha"]')
        before, start = visit.curves(), alpha.input_value()
        play.click()
        page.wait_for_selector(".qv-playing")
        seen = {"".join(visit.curves())}
        for _ in range(10):
            page.wait_for_timeout(100)
            seen.add("".join(visit.curves()))
        assert len(seen) > 5
        play.click()
        assert wait_until(page, lambda: page.locator(".qv-playing").count() == 0)
        assert alpha.input_value() != start
        assert visit.curves() != before
        assert visit.complaints == []


def test_dragging_the_time_asks_the_kernel_nothing(browser: Browser, dashboards: Dashboards) -> None:
    with visiting(browser, dashboards.address, path_to("dynamics")) as visit:
        page = visit.page
        slider, time = page.locator(".qv-film input"), page.locator(".qv-film-time")
        assert wait_until(page, slider.is_enabled)
        drag = """async slider => {
            const { send } = WebSocket.prototype;
            let asked = 0;
            WebSocket.prototype.send = function count(...words) { asked += 1; send.apply(this, words); };
            const figures = [...document.querySelectorAll(".js-plotly-plot")];
            const moments = [];
            for (let i = 0; i <= Number(slider.max); i += 1) {
                slider.value = i;
                slider.dispatchEvent(new Event("input"));
                await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
                const mark = figures[0].querySelector('.shapelayer path[data-index="0"]');
                const text = figures[1].querySelector('.annotation[data-index="1"] text');
                const ticks = figures[1].querySelector(".scatterlayer .trace:last-child path.js-line");
                moments.push([ticks.getAttribute("d"), text.textContent, mark.getBoundingClientRect().left]);
            }
            WebSocket.prototype.send = send;
            return [asked, moments];
        }"""
        asked, moments = slider.evaluate(drag)
        assert asked == 0
        assert len({ticks for ticks, _, _ in moments}) > 20
        assert [text for _, text, _ in moments[:2]] == ["t = 0", "t = 0.01"]
        assert moments[-1][1] == time.inner_text() == "t = 1000"
        places = [float(mark) for _, _, mark in moments]
        assert places == sorted(places) and places[-1] > places[0] + 100
        # Where it rests the kernel draws the figures, and the film leaves them.
        film = "[...document.querySelectorAll('.js-plotly-plot')].filter(plot => plot.quadviz.moment).length"
        assert wait_until(page, lambda: page.evaluate(film) == 0)
        corner = page.locator(".annotation", has_text="t = 1000")
        assert wait_until(page, lambda: corner.count() == 1)
        assert visit.complaints == []


def test_a_click_on_the_map_moves_the_cross_and_one_beside_it_says_why_not(
    browser: Browser, dashboards: Dashboards
) -> None:
    with visiting(browser, dashboards.address, path_to("recovery")) as visit:
        page = visit.page
        box = page.locator('.qv-control-box[data-name="alpha"]')
        frame = page.locator(".qv-clicked .main-svg").first.bounding_box()
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
    with visiting(browser, dashboards.address, path_to("simulation_lab", "kappa=0.71")) as visit:
        page, button = visit.page, visit.page.locator("button.qv-simulate")
        points, save = (
            page.locator(".js-plotly-plot .scatterlayer .point"),
            page.locator(".qv-simulation .qv-download"),
        )
        # Where nothing is stored.
        end = page.locator(f'{SLIDERS}[data-name="end"]')
        push(page, end, "End")
        assert wait_until(page, lambda: points.count() == 0)
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
        assert rows and all(row.startswith("0.71,0.3,0.35,0.5,0.01,1.0,50,network,") for row in rows)
        assert visit.alerts() == []
        assert visit.complaints == []
        assert "Traceback" not in dashboards.output


def test_a_page_left_while_networks_are_trained_takes_its_kernel_along(
    browser: Browser, dashboards: Dashboards
) -> None:
    with visiting(browser, dashboards.address, path_to("simulation_lab")) as visit:
        push(visit.page, visit.page.locator(f'{SLIDERS}[data-name="d"]'), "End")
        kernel = visit.kernel()
        simulate(visit)
        assert alive(kernel)
        visit.page.goto("about:blank")
        assert wait_until(visit.page, lambda: not alive(kernel), seconds=100)
        assert "Traceback" not in dashboards.output


def test_a_link_leads_to_the_next_page_in_the_same_theme(
    browser: Browser, start_dashboards: StartDashboards
) -> None:
    """Also right after the start, when no kernel waits for that page yet, and behind a proxy's path."""
    with (
        start_dashboards("--no-browser", "--port", str(free_port()), "--base-url", "/a/b") as running,
        visiting(browser, running.address, path_to(NAMES[0], "theme=dark")) as visit,
    ):
        kernel = visit.kernel()
        visit.page.get_by_role("link", name=PAGES[NAMES[1]]).click()
        visit.page.wait_for_url(f"**/a/b/{path_to(NAMES[1])}")
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
