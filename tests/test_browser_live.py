"""Figures in a real browser: what is moved directly is, pixel by pixel, what plotly itself would draw."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from conftest import Dashboards
from tests.visits import NAMES, SLIDERS, Visit, path_to, visiting, wait_until

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
