"""Figures in a real browser: what is moved directly is, pixel by pixel, what plotly itself would draw."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from quadviz.theory.steady.steady_state import steady_state
from tests.conftest import Dashboards
from tests.visits import NAMES, SLIDERS, Visit, drag, path_to, solved, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIGURES = ".js-plotly-plot"
#: Moves of each slider, and how far, in stops.
MOVES, FAR = 4, 12
#: Pixels of a figure that may differ; those of a label that plotly puts a pixel beside; how often it does.
FEW, LABEL, RARE = 25, 600, 0.05

_MOVE = """([name, by]) => {
    const slider = document.querySelector(`input.qv-control-slider[data-name="${name}"]`);
    const to = Number(slider.value) + by;
    slider.value = to < 0 || to > Number(slider.max) ? Number(slider.value) - by : to;
    slider.dispatchEvent(new Event("input"));
}"""
#: Plotly is not to draw by itself while it is looked at what was drawn without it.
_PATIENT = """figures => figures.forEach(({ quadviz }) => {
    quadviz.reallySettle ??= quadviz.settle.bind(quadviz);
    quadviz.asked = 0;
    quadviz.settle = () => { quadviz.asked += 1; };
})"""
_SETTLE = "figures => Promise.all(figures.map(({ quadviz }) => quadviz.reallySettle()))"
_DIRECT = "figures => figures.map(({ quadviz }) => quadviz.counts.direct)"
_DIFFERENT = """async ([one, other]) => {
    const pixels = async (image) => {
        const picture = new Image();
        picture.src = `data:image/png;base64,${image}`;
        await picture.decode();
        const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
        context.drawImage(picture, 0, 0);
        return context.getImageData(0, 0, picture.width, picture.height).data;
    };
    const [a, b] = [await pixels(one), await pixels(other)];
    let count = 0;
    for (let i = 0; i < a.length; i += 4) {
        const off = Math.max(...[0, 1, 2].map((k) => Math.abs(a[i + k] - b[i + k])));
        if (off > 80) count += 1;
    }
    return count;
}"""


@pytest.fixture(params=NAMES)
def each(request: pytest.FixtureRequest, browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    with visiting(browser, dashboards.address, path_to(request.param), width=1440) as visit:
        yield visit


def seen(figure: Locator) -> str:
    return base64.b64encode(figure.screenshot()).decode()


def figures(page: Page) -> list[Locator]:
    return page.locator(FIGURES).all()


def at_rest(page: Page) -> None:
    """Wait until nothing is on its way any more."""
    shown = "figures => figures.every(({ quadviz }) => quadviz && quadviz.drawn?.shown === quadviz.wanted())"
    page.wait_for_timeout(400)
    solved(page)
    assert wait_until(page, lambda: bool(page.eval_on_selector_all(FIGURES, shown)))


def test_what_is_moved_directly_is_what_plotly_draws(each: Visit) -> None:
    page, rng = each.page, random.Random(5)  # noqa: S311 - any moves will do
    at_rest(page)
    names = page.eval_on_selector_all(SLIDERS, "sliders => sliders.map(slider => slider.dataset.name)")
    off: list[int] = []
    for name in filter(None, names):
        for _ in range(MOVES):
            page.wait_for_timeout(200)
            page.eval_on_selector_all(FIGURES, _SETTLE if off else "() => 0")
            page.eval_on_selector_all(FIGURES, _PATIENT)
            before = page.eval_on_selector_all(FIGURES, _DIRECT)
            page.evaluate(_MOVE, [name, rng.choice([-1, 1]) * rng.randint(1, FAR)])
            page.wait_for_timeout(500)
            solved(page)
            moved = page.eval_on_selector_all(FIGURES, _DIRECT)
            told = page.eval_on_selector_all(
                FIGURES, "figures => figures.map(({ quadviz }) => quadviz.drawn.shown === quadviz.wanted())"
            )
            pictures = [seen(figure) for figure in figures(page)]
            page.eval_on_selector_all(FIGURES, _SETTLE)
            page.wait_for_timeout(100)
            for i, figure in enumerate(figures(page)):
                if moved[i] > before[i] and told[i]:
                    off.append(page.evaluate(_DIFFERENT, [pictures[i], seen(figure)]))
                    assert off[-1] <= LABEL, f"figure {i} after {name}: {off[-1]} pixels differ"
    assert len(off) >= len(names)
    assert sum(pixels > FEW for pixels in off) <= max(1, RARE * len(off)), off
    assert each.complaints == []


def test_a_figure_that_is_told_whole_again_stays_as_it_is(visit: Visit) -> None:
    page = visit.page
    at_rest(page)
    drawn = seen(figures(page)[0])
    # As for a browser that missed something, or asked before it had been told.
    page.eval_on_selector(
        FIGURES,
        """figure => {
            const { known } = figure.quadviz;
            known.figure = structuredClone(known.figure);
            for (const view of known.views) view();
        }""",
    )
    page.wait_for_timeout(500)
    assert page.evaluate(_DIFFERENT, [drawn, seen(figures(page)[0])]) == 0
    assert visit.complaints == []


def test_the_pointer_reads_right_digits_after_a_drag(visit: Visit) -> None:
    page = visit.page
    at_rest(page)
    before = page.eval_on_selector(FIGURES, "figure => ({ ...figure.quadviz.counts })")
    drag(visit, 0.3)
    at_rest(page)
    after = page.eval_on_selector(FIGURES, "figure => ({ ...figure.quadviz.counts })")
    assert after["direct"] > before["direct"]
    plane = page.locator(f"{FIGURES} .nsewdrag").first.bounding_box()
    assert plane is not None
    page.mouse.move(plane["x"] + 0.6 * plane["width"], plane["y"] + plane["height"] / 2)
    page.locator(".hoverlayer .legend text").first.wait_for()
    page.wait_for_timeout(300)
    texts = page.locator(".hoverlayer text").all_text_contents()
    alpha = float(next(text for text in texts if text.startswith("α =")).split("=")[1])
    kappa = float(page.locator('.qv-control-box[data-name="kappa"]').input_value())
    # The point under the pointer, whose place is told with four digits.
    places = page.eval_on_selector(
        FIGURES, "figure => [...figure.quadviz.known.figure.traces['solid-0-0'].x]"
    )
    place = min(places, key=lambda x: abs(x - alpha))
    assert f"{place:.4g}" == f"{alpha:.4g}"
    for lam, name in ((0.001, "λ = 0.001"), (0.1, "λ = 0.1"), (1.0, "λ = 1")):
        (told,) = (text for text in texts if text.startswith(f"{name}: "))
        expected = float(steady_state(place, kappa, 0.3, lam, 0.5).mse)
        assert float(told.split(": ")[1]) == pytest.approx(expected, rel=6e-4)
    assert visit.complaints == []


@pytest.mark.parametrize("name", ["learning_curves", "double_descent", "two_students"])
def test_a_stretch_dragged_over_is_zoomed_into_and_a_double_click_goes_back(
    browser: Browser, dashboards: Dashboards, name: str
) -> None:
    with visiting(browser, dashboards.address, path_to(name), width=1440) as visit:
        page = visit.page
        at_rest(page)
        plane = page.locator(f"{FIGURES} .nsewdrag").first.bounding_box()
        assert plane is not None
        middle = plane["y"] + plane["height"] / 2
        page.mouse.move(plane["x"] + 0.2 * plane["width"], middle)
        page.mouse.down()
        page.mouse.move(plane["x"] + 0.4 * plane["width"], middle, steps=8)
        page.mouse.up()
        assert wait_until(page, lambda: "span=0.2" in page.url)
        at_rest(page)
        across = "figure => figure._fullLayout.xaxis.range"
        low, high = page.eval_on_selector(FIGURES, across)
        assert (low, high) == (pytest.approx(0.208, abs=0.01), pytest.approx(0.406, abs=0.01))
        page.mouse.dblclick(plane["x"] + 0.5 * plane["width"], middle)
        assert wait_until(page, lambda: "span=&" in page.url or page.url.endswith("span="))
        assert wait_until(page, lambda: page.eval_on_selector(FIGURES, across) == [0.01, 1])
        assert visit.complaints == []
