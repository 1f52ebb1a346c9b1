"""Every page in a real browser as a person would try it: all choices and buttons, both themes, all widths."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from quadviz.contents import FRONT
from tests.conftest import Dashboards
from tests.screens import brightness, compare
from tests.visits import NAMES, NO_STORAGE, Visit, path_to, solved, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIGHT_OR_DARK = '.qv-tool[aria-label="Light or dark"]'
LARGER = '.qv-tool[aria-label="Larger, for a projector"]'
THEORY = ".qv-theory-tool"
COPY = '.qv-tool[aria-label^="Copy a link"]'


@pytest.fixture(scope="module", params=[FRONT, *NAMES])
def anywhere(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page in turn, the front page too."""
    with visiting(browser, dashboards.address, path_to(request.param), width=1440) as visit:
        yield visit


@pytest.fixture(scope="module", params=NAMES)
def each(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """Every page with sliders and figures in turn."""
    with visiting(browser, dashboards.address, path_to(request.param), width=1440) as visit:
        yield visit


def name_of(visit: Visit) -> str:
    return urlsplit(visit.page.url).path.split("/")[-1].removesuffix(".ipynb")


def settle(page: Page) -> None:
    """Wait until nothing has changed on the page for a moment."""
    solved(page)
    page.wait_for_function(
        """() => new Promise((done) => {
            let timer = setTimeout(done, 400, true);
            const again = () => { clearTimeout(timer); timer = setTimeout(done, 400, true); };
            const all = { subtree: true, childList: true, attributes: true };
            new MutationObserver(again).observe(document.body, all);
        })"""
    )


def wear(page: Page, theme: str) -> None:
    """See the page in a theme."""
    settle(page)
    if page.locator(f"body.theme-{theme}").count() == 0:
        page.locator(LIGHT_OR_DARK).click()
    page.locator(f"body.theme-{theme}").wait_for(state="attached")
    settle(page)


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or worse: what it is, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_nothing_is_hard_to_read_or_reach(anywhere: Visit) -> None:
    page = anywhere.page
    wear(page, "light")
    assert serious(page) == []
    wear(page, "dark")
    assert serious(page) == []
    if name_of(anywhere) != FRONT:
        page.get_by_role("button", name="Save ▾").click()
        page.get_by_role("button", name="Python").click()
        page.locator(".qv-code pre").wait_for()
        assert serious(page) == []
        page.keyboard.press("Escape")
        assert page.locator(".qv-save-panel").is_hidden()
    wear(page, "light")
    assert anywhere.complaints == []


@pytest.mark.parametrize("width", [1440, 1024, 400])
def test_every_page_looks_as_it_did(anywhere: Visit, width: int) -> None:
    wear(anywhere.page, "light")
    anywhere.page.set_viewport_size({"width": width, "height": 900})
    settle(anywhere.page)
    assert compare(f"{name_of(anywhere)}-{width}", brightness(anywhere.page)) == ""
    anywhere.page.set_viewport_size({"width": 1440, "height": 900})


def test_figures_fill_their_places_and_keep_their_height(each: Visit) -> None:
    page = each.page
    figures = """() => Array.from(document.querySelectorAll(".js-plotly-plot"), (figure) => {
        const drawn = figure.querySelector(".main-svg").getBoundingClientRect();
        return [drawn.height, Math.round(drawn.width - figure.getBoundingClientRect().width)];
    })"""
    opened = page.evaluate(figures)
    assert all(height > 200 for height, _ in opened)
    for width in (1024, 400, 1440, 400, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert wait_until(page, lambda: page.evaluate(figures) == [[height, 0] for height, _ in opened])
    page.eval_on_selector(".qv-main", "main => { main.style.width = '500px' }")
    assert wait_until(page, lambda: page.locator(".main-svg").first.evaluate("svg => svg.clientWidth") <= 500)
    page.eval_on_selector(".qv-main", "main => { main.style.width = '' }")
    assert wait_until(page, lambda: page.evaluate(figures) == [[height, 0] for height, _ in opened])


def test_no_word_of_a_figure_leaves_it(each: Visit) -> None:
    page = each.page
    settle(page)
    outside = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((figure) => {
        const { left, right, top, bottom } = figure.getBoundingClientRect();
        return [...figure.querySelectorAll("text")].filter((text) => text.checkVisibility())
            .map((text) => [text.textContent, text.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.left < left - 1 || box.right > right + 1
                || box.top < top - 1 || box.bottom > bottom + 1)).map(([words]) => words);
    })"""
    # The ends of every layout: with the drawer and without, with the rail and without.
    for width in (1440, 1279, 1280, 1024, 1000, 999, 860, 859, 800, 799, 660, 659, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert wait_until(page, lambda: page.evaluate(outside) == [], seconds=3), (
            width,
            page.evaluate(outside),
        )
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_screen_without_its_figures_is_told_apart(anywhere: Visit) -> None:
    page, show = anywhere.page, "parts => parts.forEach(part => { part.style.visibility = '%s' })"
    settle(page)
    page.eval_on_selector_all(".js-plotly-plot, .qv-tile svg", show % "hidden")
    assert "off on average" in compare(f"{name_of(anywhere)}-1440", brightness(page), store=False)
    page.eval_on_selector_all(".js-plotly-plot, .qv-tile svg", show % "")


def test_every_choice_is_made_and_every_button_pressed(each: Visit, dashboards: Dashboards) -> None:
    page = each.page
    for button in page.locator(".qv-page .widget-toggle-buttons button").all():
        button.click()
        settle(page)
        assert each.alerts() == []
    for select in page.locator(".qv-page .widget-dropdown select").all():
        for option in select.locator("option").all_inner_texts():
            select.select_option(label=option)
            settle(page)
            assert each.alerts() == []
    for reset in page.locator(".qv-control-reset").all():
        reset.click()
    page.locator("button.qv-reset-all").click()
    settle(page)
    assert each.alerts() == []
    assert each.complaints == []
    assert "Traceback" not in dashboards.output


def test_every_figure_is_saved_in_every_form(each: Visit, dashboards: Dashboards) -> None:
    page = each.page
    page.get_by_role("button", name="Save ▾").click()
    panel = page.locator(".qv-save-panel")
    which = panel.get_by_label("Figure", exact=True)
    figures = which.locator("option").count() if which.count() else 1
    stems = set()
    for figure in range(figures):
        if figures > 1:
            which.select_option(index=figure)
        for form, beginning in (("SVG", "<svg"), ("PNG", "\x89PNG"), ("CSV", ""), ("JSON", "{")):
            with page.expect_download() as saving:
                panel.get_by_role("button", name=form, exact=True).click()
            stem, ending = saving.value.suggested_filename.rsplit(".", 1)
            assert ending == form.lower()
            stems.add(stem)
            content = saving.value.path().read_bytes()
            assert content.startswith(beginning.encode("latin-1"))
            if form == "JSON":
                saved = json.loads(content)
                assert saved["page"] == name_of(each)
                assert saved["setting"]["kappa"] == float(
                    page.locator('[data-name="kappa"]').first.input_value()
                )
                assert len({len(column) for column in saved["columns"].values()}) == 1
            elif form == "CSV":
                assert len(content.splitlines()) > 1
        panel.get_by_role("button", name="Python").click()
        panel.locator("code", has_text=".still(").wait_for()
        panel.get_by_role("button", name="Python").click()
    assert len(stems) == figures
    page.keyboard.press("Escape")
    assert each.complaints == []
    assert "Traceback" not in dashboards.output


def test_a_slide_opens_offline_and_moves(visit: Visit, browser: Browser) -> None:
    page = visit.page
    page.get_by_role("button", name="Save ▾").click()
    with page.expect_download(timeout=120_000) as saving:
        page.get_by_role("button", name="Web page").click()
    path = saving.value.path()
    assert path.stat().st_size < 6e6
    requests: list[str] = []
    complaints: list[str] = []
    slide = browser.new_page()
    slide.on("request", lambda request: requests.append(request.url))
    slide.on("console", lambda message: complaints.append(message.text))
    slide.on("pageerror", lambda error: complaints.append(str(error)))
    # A file without the ending of one is shown as text.
    slide.set_content(path.read_text(encoding="utf-8"))
    curve = slide.locator(".scatterlayer path.js-line").first
    seen = set()
    for key in ("Home", "End"):
        slide.locator("input").press(key)
        slide.wait_for_timeout(500)
        seen.add((curve.get_attribute("d"), slide.locator("output").inner_text()))
    assert len(seen) == 2
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == []
    assert complaints == []
    slide.close()


def test_a_copied_link_opens_what_was_seen(visit: Visit, browser: Browser, dashboards: Dashboards) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator('.qv-control-box[data-name="kappa"]').fill("0.45")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="linear").last.click()
    assert wait_until(page, lambda: "kappa=0.45" in page.url and "y_scale=linear" in page.url)
    page.locator(COPY).click()
    assert wait_until(page, lambda: "Copied" in page.locator(COPY).inner_text())
    link = page.evaluate("navigator.clipboard.readText()")
    query = parse_qs(urlsplit(link).query)
    assert query["kappa"] == ["0.45"]
    assert query["y_scale"] == ["linear"]
    assert link.startswith(dashboards.address)
    with visiting(browser, dashboards.address, path_to("learning_curves", urlsplit(link).query)) as other:
        box = other.page.locator('.qv-control-box[data-name="kappa"]')
        assert wait_until(other.page, lambda: box.input_value() == "0.45")
        assert wait_until(other.page, lambda: other.curves() == visit.curves())
        assert other.page.locator(".qv-notes li").count() == 0
        assert other.complaints == []


def test_a_reload_goes_on_where_one_was(visit: Visit) -> None:
    page, box = visit.page, visit.page.locator('.qv-control-box[data-name="kappa_star"]')
    box.fill("0.45")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="linear").last.click()
    assert wait_until(page, lambda: "y_scale=linear" in page.url and "kappa_star=0.45" in page.url)
    seen = visit.curves()
    page.reload()
    visit.wait_for_curves()
    assert wait_until(page, lambda: box.input_value() == "0.45")
    assert wait_until(page, lambda: visit.curves() == seen)
    assert page.locator(".qv-notes li").count() == 0
    assert visit.complaints == []


def test_a_bad_link_opens_the_page_and_says_what_is_ignored(browser: Browser, dashboards: Dashboards) -> None:
    query = "kappa=9&colour=%3Cimg+src=x+onerror=alert(1)%3E&%3Cb%3E=1&token=secret&lam=0"
    with visiting(browser, dashboards.address, path_to("learning_curves", query)) as visit:
        page = visit.page
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
        notes = page.locator(".qv-notes li")
        notes.first.wait_for()
        assert notes.all_inner_texts() == [
            "kappa (student width) must be between 0.02 and 2, got 9: 0.7 is used.",
            "“colour” is not a setting of this page: it is ignored.",
            "“<b>” is not a setting of this page: it is ignored.",
        ]
        assert page.locator('.qv-control-box[data-name="lam"]').input_value() == "0+"
        assert page.locator("html.qv-arriving").count() == 0
        page.get_by_role("button", name="Dismiss these notes").click()
        assert wait_until(page, lambda: notes.count() == 0)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(COPY).click()
        assert wait_until(page, lambda: "Copied" in page.locator(COPY).inner_text())
        assert "secret" not in page.evaluate("navigator.clipboard.readText()")
        assert "secret" not in page.locator(".qv-page").inner_html()
        assert visit.complaints == []


def test_a_projector_shows_all_larger_and_the_pointer_reads_where_it_is(visit: Visit) -> None:
    page = visit.page
    plane = page.locator(".js-plotly-plot .nsewdrag").first

    def told(fraction: float) -> float:
        frame = plane.bounding_box()
        assert frame is not None
        page.mouse.move(frame["x"] + fraction * frame["width"], frame["y"] + frame["height"] / 2)
        page.wait_for_selector(".hoverlayer .legend text")
        settle(page)
        text = page.locator(".hoverlayer text").first.text_content()
        assert text is not None
        return float(text.split("=")[1])

    plain, before = told(0.6), page.locator(".qv-prose p").first.bounding_box()
    page.mouse.move(5, 5)
    page.locator(LARGER).click()
    settle(page)
    assert told(0.6) == pytest.approx(plain, abs=0.02)
    after = page.locator(".qv-prose p").first.bounding_box()
    assert before is not None and after is not None
    assert after["height"] > 1.2 * before["height"]
    page.locator(LARGER).click()
    assert visit.complaints == []


def test_a_theme_chosen_holds_for_the_next_page(visit: Visit) -> None:
    page = visit.page
    ground = "getComputedStyle(document.querySelector('.js-plotly-plot .main-svg')).background"
    light = page.evaluate(ground)
    page.locator(LIGHT_OR_DARK).click()
    assert wait_until(page, lambda: page.evaluate(ground) != light)
    page.get_by_role("link", name="Spectra").click()
    page.wait_for_url("**/spectra.ipynb")
    visit.wait_for_curves()
    assert page.locator("body.theme-dark").count() == 1
    assert wait_until(page, lambda: page.evaluate(ground) != light)
    assert visit.complaints == []


def test_what_a_link_asks_for_holds_for_the_next_page_either_way(
    browser: Browser, dashboards: Dashboards
) -> None:
    shows = """() => [document.documentElement.classList.contains("qv-projector"),
        document.body.classList.contains("theme-dark")]"""
    with visiting(browser, dashboards.address, path_to("learning_curves")) as visit:
        page = visit.page
        for query, expected in {
            "projector=yes&theme=dark": [True, True],
            "projector=no": [False, True],
            "theme=light": [False, False],
            "projector=yes": [True, False],
            "theme=dark&projector=no": [False, True],
        }.items():
            for address in (path_to("learning_curves", query), path_to("learning_curves")):
                page.goto(f"{dashboards.address}{address}")
                visit.wait_for_curves()
                assert wait_until(page, lambda expected=expected: page.evaluate(shows) == expected), query
        # A choice made by hand overrules the address, also once that is loaded again.
        page.goto(f"{dashboards.address}{path_to('learning_curves', 'projector=yes')}")
        visit.wait_for_curves()
        page.locator(LARGER).click()
        page.reload()
        visit.wait_for_curves()
        assert page.locator(LARGER).get_attribute("aria-pressed") == "false"
        assert visit.complaints == []


def test_theory_and_tasks_lie_beside_the_figures_in_the_type_of_the_page(each: Visit) -> None:
    page = each.page
    settle(page)
    drawer, main = page.locator(".qv-theory").bounding_box(), page.locator(".qv-main").bounding_box()
    assert drawer is not None and main is not None
    assert drawer["x"] >= main["x"] + main["width"] - 1
    assert drawer["y"] < main["y"] + 1 and drawer["width"] >= 340
    assert page.locator(".qv-theory .jp-MarkdownCell").count() == 3
    type_of = "node => (({ fontFamily, fontSize }) => [fontFamily, fontSize])(getComputedStyle(node))"
    for part in ("p", "li", "h3", "summary"):
        assert page.locator(f".qv-theory {part}").first.evaluate(type_of) == page.locator(
            ".qv-prose p"
        ).first.evaluate(type_of)
    page.set_viewport_size({"width": 1024, "height": 900})
    settle(page)
    drawer, prose = page.locator(".qv-theory").bounding_box(), page.locator(".qv-prose").bounding_box()
    assert drawer is not None and prose is not None
    assert drawer["y"] >= prose["y"] + prose["height"] - 1
    assert page.locator(THEORY).is_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_link_in_a_task_sets_the_page_it_stands_on(each: Visit) -> None:
    page = each.page
    settle(page)
    page.evaluate("window.stayed = true")
    link = page.locator(f'.qv-theory a[href*="{name_of(each)}.ipynb?"]').last
    asked = parse_qs(urlsplit(link.get_attribute("href") or "").query)
    name = "kappa" if "kappa" in asked else next(iter(asked))
    box = page.locator(f'.qv-control-box[data-name="{name}"]')
    before = page.locator("input.qv-control-box").evaluate_all("all => all.map((one) => one.value)")
    link.click()
    assert wait_until(page, lambda: box.input_value() == asked[name][0])
    page.get_by_role("button", name="Reset all").click()
    now = "all => all.map((one) => one.value)"
    assert wait_until(page, lambda: page.locator("input.qv-control-box").evaluate_all(now) == before)
    assert page.evaluate("window.stayed") and each.alerts() == []


@pytest.mark.parametrize("script", ["", NO_STORAGE], ids=["storage", "storage refused"])
def test_the_drawer_of_theory_stays_as_it_was_left(
    browser: Browser, dashboards: Dashboards, script: str
) -> None:
    address = path_to("spectra")
    with visiting(browser, dashboards.address, address, width=1440, script=script) as visit:
        page, drawer = visit.page, visit.page.locator(".qv-theory")
        for shut in (True, False):
            page.locator(THEORY).click()
            assert drawer.is_hidden() == shut
            assert page.locator(THEORY).get_attribute("aria-expanded") == str(not shut).lower()
            for name in ("recovery", "spectra"):
                page.goto(f"{dashboards.address}{path_to(name)}")
                visit.wait_for_curves()
                drawer.wait_for(state="attached")  # made by the header, which may come after the curves
                assert drawer.is_hidden() == (shut and not script)
                page.set_viewport_size({"width": 1024, "height": 900})
                assert drawer.is_visible()
                page.set_viewport_size({"width": 1440, "height": 900})
            if script:
                break
        assert visit.complaints == []


def test_figures_follow_a_theme_whose_style_sheet_comes_late(visit: Visit) -> None:
    page = visit.page
    ground = "getComputedStyle(document.querySelector('.js-plotly-plot .main-svg')).background"

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    settle(page)
    page.route("**/theme-*.css*", late)
    light = page.evaluate(ground)
    page.locator(LIGHT_OR_DARK).click()
    assert wait_until(page, lambda: page.evaluate(ground) != light)
    page.locator(LIGHT_OR_DARK).click()
    assert wait_until(page, lambda: page.evaluate(ground) == light)
