"""A reader's own file in a real browser: chosen, drawn, moved about, saved, refused, removed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import Dashboards
from tests.visits import Visit, drag, path_to, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CURVE = "alpha,mse,mse_sem,train_loss\n0.2,1.5,0.3,0.01\n0.4,0.75,0.2,0.02\n0.6,0.5,,\n"
COURSE = "t,mse\n0.1,4\n1,2\n1,3\n100,1\n"
FIGURE = ".js-plotly-plot"
ROW = ".qv-own"
#: How far every point of the data and both ends of its bar are from where their values lie, in pixels.
_PLACES = """figure => {
    const { order, traces, layout } = figure.quadviz.known.figure;
    const scale = (name) => {
        const key = `${name[0]}axis${name.slice(1)}`, { range: [low, high], type } = layout[key];
        const share = (value) => ((type === "log" ? Math.log10(value) : value) - low) / (high - low);
        const length = figure._fullLayout[key]._length;
        return (value) => length * (name[0] === "x" ? share(value) : 1 - share(value));
    };
    return order.filter((uid) => uid.startsWith("own-")).flatMap((uid) => {
        const { x, y, xaxis, yaxis, error_y: { array } } = traces[uid];
        const [across, up] = [scale(xaxis), scale(yaxis)];
        const nodes = (kind) => [...figure.querySelectorAll(`.scatterlayer .trace${uid} path.${kind}`)];
        const [points, bars] = [nodes("point"), nodes("yerror")];
        return Array.from(y, (value, i) => {
            if (!Number.isFinite(value)) return null;
            const [h, v] = points[i].getAttribute("transform").match(/[-.\\d]+/g).map(Number);
            const ends = /^M[-.\\d]+,([-.\\d]+).*V([-.\\d]+)/.exec(bars[i].getAttribute("d"));
            const [, top, foot] = ends.map(Number);
            return [h - across(x[i]), v - up(value), top - up(value + array[i]), foot - up(value - array[i])];
        }).filter(Boolean);
    });
}"""
#: How many points are somewhere: a trace without any has one that is nowhere.
_SQUARES = """figure => [...figure.querySelectorAll("[class*=traceown-] path.point")]
    .filter((node) => !node.getAttribute("transform").includes("-9999")).length"""
#: Plotly is not to draw by itself while it is looked at what was drawn without it.
_PATIENT = "figure => { figure.quadviz.settle = () => {}; }"


@dataclass
class Reader:
    """Somebody with a file on a page."""

    visit: Visit
    name: str
    text: str

    @property
    def page(self) -> Page:
        return self.visit.page

    @property
    def row(self) -> Locator:
        return self.page.locator(ROW)

    def choose(self, text: str | bytes, name: str = "runs.csv") -> None:
        """Choose a file in the dialogue that the button opens."""
        data = text if isinstance(text, bytes) else text.encode()
        with self.page.expect_file_chooser() as chooser:
            self.row.get_by_role("button", name=re.compile("Open CSV|Replace")).click()
        file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": data}
        chooser.value.set_files([file])

    def open(self) -> None:
        """See the data of the page drawn."""
        self.choose(self.text)
        assert wait_until(self.page, lambda: self.squares() > 0)
        self.at_rest()

    def squares(self) -> int:
        return int(self.page.locator(FIGURE).first.evaluate(_SQUARES))

    def at_rest(self) -> None:
        self.page.wait_for_timeout(400)
        shown = "figure => figure.quadviz.drawn.shown === figure.quadviz.wanted()"
        assert wait_until(self.page, lambda: bool(self.page.locator(FIGURE).first.evaluate(shown)))

    def off(self) -> list[list[float]]:
        """How far points and ends of bars are from where their values lie, in pixels."""
        places: list[list[float]] = self.page.locator(FIGURE).first.evaluate(_PLACES)
        return places


@pytest.fixture(params=[("learning_curves", CURVE), ("dynamics", COURSE)], ids=lambda param: param[0])
def reader(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Reader]:
    """Each page that takes data in turn."""
    name, text = request.param
    with visiting(browser, dashboards.address, path_to(name), width=1440) as visit:
        visit.page.locator(ROW).wait_for()
        yield Reader(visit, name, text)


def right(places: list[list[float]]) -> bool:
    return bool(places) and all(abs(off) < 1 for point in places for off in point)


def test_a_file_is_drawn_and_stays_right_while_a_slider_moves(reader: Reader) -> None:
    before = reader.page.locator(FIGURE).first.screenshot()
    address = reader.page.url
    reader.open()
    count = {"learning_curves": 5, "dynamics": 3}[reader.name]
    assert reader.squares() == count and len(reader.off()) == count and right(reader.off())
    assert reader.page.locator(FIGURE).first.screenshot() != before
    assert reader.page.url == address
    reader.row.locator(".qv-own-name", has_text="runs.csv").wait_for()
    assert "runs.csv" in reader.page.locator(".qv-key").inner_text()
    figure = reader.page.locator(FIGURE).first
    figure.evaluate(_PATIENT)
    moved = figure.evaluate("figure => figure.quadviz.counts.direct")
    for to in (0.2, 0.6):
        drag(reader.visit, to)
        reader.at_rest()
        assert reader.squares() == count and right(reader.off())
    # The curves were moved without plotly, as they are without data.
    assert figure.evaluate("figure => figure.quadviz.counts.direct") > moved
    assert reader.visit.complaints == [] and reader.visit.away() == []


def test_data_outlast_a_reset_and_a_change_of_theme_and_are_removed(reader: Reader) -> None:
    reader.open()
    count = reader.squares()
    reader.page.get_by_role("button", name="Reset all").click()
    reader.at_rest()
    assert reader.squares() == count
    reader.page.locator('.qv-tool[aria-label="Light or dark"]').click()
    reader.page.wait_for_timeout(1500)
    reader.at_rest()
    assert reader.squares() == count and right(reader.off())
    remove = reader.row.get_by_role("button", name="Remove")
    remove.focus()
    reader.page.keyboard.press("Enter")
    assert wait_until(reader.page, lambda: reader.squares() == 0)
    assert wait_until(reader.page, remove.is_hidden)
    assert reader.row.locator(".qv-own-name").inner_text() == ""
    # Whoever uses the keyboard is where the next file is opened.
    assert reader.page.evaluate("document.activeElement.textContent") == "Open CSV…"
    # The same file once more is a change too.
    reader.open()
    assert reader.squares() == count
    # Nothing of it is kept anywhere.
    reader.page.reload()
    reader.visit.wait_for_curves()
    reader.row.wait_for()
    reader.page.wait_for_timeout(1000)
    assert reader.squares() == 0
    assert reader.visit.complaints == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("x,y\n1,2\n", "there is no column"),
        (
            "alpha,t,mse\n1,1,1\n1,1,much\n",
            "row 3: mse must be a finite number, got much",
        ),
        (b"\x00\x01\x02", "the file is no text"),
        (b"", "the file is empty"),
        (b"a" * 5_000_000, "the file has 5,000,000 bytes, and 1,000,000 at most are taken"),
        ("alpha,t,mse\n1,1,<img src=x onerror=window.hurt=1>\n", "got <img src=x onerror=windo…"),
    ],
    ids=["column", "word", "binary", "empty", "large", "markup"],
)
def test_a_bad_file_is_told_and_what_was_there_stays(reader: Reader, data: str | bytes, said: str) -> None:
    reader.open()
    count = reader.squares()
    reader.choose(data, "<b>bad</b>.csv")
    alert = reader.row.get_by_role("alert")
    assert wait_until(reader.page, lambda: said in alert.inner_text())
    assert alert.inner_text().startswith("<b>bad</b>.csv was not taken: ")
    assert alert.inner_text().endswith("runs.csv stays.") and reader.squares() == count
    drag(reader.visit, 0.3)
    reader.at_rest()
    assert reader.squares() == count and reader.page.evaluate("window.hurt") is None
    reader.choose(reader.text, "<i>good</i>.csv")
    name = reader.row.locator(".qv-own-name")
    assert wait_until(reader.page, lambda: name.inner_text() == "<i>good</i>.csv")
    assert alert.is_hidden() and reader.page.locator(".qv-page :is(i, b)", has_text="good").count() == 1
    assert reader.visit.complaints == []


def test_the_largest_file_that_is_taken_arrives(reader: Reader) -> None:
    head, place = ("alpha,mse\n", 1e-5) if reader.name == "learning_curves" else ("t,mse\n", 1.0)
    text = head + "".join(f"{place * (1 + i):.6f},1\n" for i in range(100_000))
    text = text[: text.rindex("\n", 0, 1_000_000) + 1]
    assert 999_970 < len(text) <= 1_000_000
    reader.choose(text)
    name = reader.row.locator(".qv-own-name", has_text="runs.csv")
    assert wait_until(reader.page, lambda: name.count() == 1, seconds=30)
    assert "points are drawn" in reader.row.inner_text()
    assert wait_until(reader.page, lambda: 300 < reader.squares() <= 1000, seconds=20)
    assert reader.visit.complaints == []


def test_what_is_saved_and_printed_has_the_points(reader: Reader) -> None:
    reader.open()
    reader.page.get_by_role("button", name="Save ▾").click()
    panel = reader.page.locator(".qv-save-panel")
    reader.page.wait_for_timeout(500)
    with reader.page.expect_download() as saving:
        panel.get_by_role("button", name="SVG", exact=True).click()
    image = saving.value.path().read_text(encoding="utf-8")
    # Nothing else has bars here.
    assert image.count('class="yerror"') == reader.squares()
    assert "Squares: your data, runs.csv" in " ".join(re.findall(r">([^<]+)<", image))
    with reader.page.expect_download() as saving:
        panel.get_by_role("button", name="CSV", exact=True).click()
    assert "own data" in saving.value.path().read_text(encoding="utf-8")
    reader.page.keyboard.press("Escape")
    paper = pypdf.PdfReader(io.BytesIO(reader.page.pdf()))
    words = "".join(sheet.extract_text() for sheet in paper.pages)
    assert "runs.csv" in words and "Replace…" not in words


def test_the_control_has_names_and_is_reached_by_the_keyboard(reader: Reader) -> None:
    group = reader.page.get_by_role("group", name="Your data")
    opener = group.get_by_role("button", name="Open CSV…")
    # A page that is still being put together takes the focus away.
    reader.page.locator(".qv-theory").wait_for()
    reader.at_rest()
    reader.page.wait_for_timeout(1000)
    with reader.page.expect_file_chooser():
        opener.press("Enter")
    reader.page.keyboard.press("Tab")
    helper = group.get_by_role("button", name="What a file of your data looks like")
    assert helper.evaluate("node => node === document.activeElement")
    assert helper.get_attribute("aria-expanded") == "false"
    reader.page.keyboard.press("Space")
    assert helper.get_attribute("aria-expanded") == "true"
    group.get_by_text("A CSV file of at most 1 MB").wait_for()
    reader.choose("kappa,alpha,t,mse\n0.4,0.35,1,1\n")
    go = group.get_by_role("button", name="Set the page to κ = 0.4")
    for theme in ("light", "dark"):
        if reader.page.locator(f"body.theme-{theme}").count() == 0:
            reader.page.locator('.qv-tool[aria-label="Light or dark"]').click()
        go.wait_for()
        reader.page.wait_for_timeout(1000)
        found = Axe().run(reader.page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    go.press("Enter")
    box = reader.page.locator('.qv-control-box[data-name="kappa"]')
    assert wait_until(reader.page, lambda: box.input_value() == "0.4")
    assert wait_until(reader.page, go.is_hidden)
    for width in (1024, 720, 400):
        reader.page.set_viewport_size({"width": width, "height": 900})
        reader.page.wait_for_timeout(400)
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert reader.page.evaluate(sideways) <= 0
    assert reader.visit.complaints == []
