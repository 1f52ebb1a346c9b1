"""Pages in JupyterLab: all of a page is within reach, two are two, and a reload finds what was there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quadviz.contents import FRONT, PAGES
from tests.conftest import ROOT, free_port
from tests.visits import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_CELLS = (
    "from quadviz.explorers import learning_curves\nlearning_curves.show(kappa=0.2, compare='')",
    "learning_curves.show(kappa=1.5, compare='')",
)
#: The kappa of each page, and the least mse that its figure draws.
_SEEN = """() => [...document.querySelectorAll(".qv-page")].map((page) => {
    const { traces } = page.querySelector(".js-plotly-plot").quadviz.drawn.figure;
    const y = [...traces["solid-0-0"].y, ...traces["dashed-0-0"].y].filter(Number.isFinite);
    return [page.querySelector('.qv-control-box[data-name="kappa"]').value, Math.min(...y)];
})"""

_KERNEL_LISTENS = """(path) => fetch("/api/sessions").then((answer) => answer.json()).then((found) =>
    found.some(({ path: open, kernel }) =>
        open === path && kernel.connections > 0 && kernel.execution_state === "idle"))"""

#: What is in sight of a page, and where it does not answer: at its ends, or in its middle.
_OUT_OF_REACH = """() => {
    const page = document.querySelector(".qv-page"), missed = [];
    const controls = page.querySelectorAll("input, select, button, a[href]");
    let tried = 0;
    for (const control of controls) {
        if (!control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        control.scrollIntoView({ block: "center", inline: "center" });
        const { left, right, top, height } = control.getClientRects()[0];
        for (const x of [left + 3, (left + right) / 2, right - 3]) {
            const there = document.elementFromPoint(x, top + height / 2);
            tried += 1;
            if (control.contains(there) || there?.contains(control) && there.matches("label")) continue;
            const name = control.ariaLabel ?? control.dataset.name ?? control.textContent;
            missed.push(`${name} at ${Math.round(x - left)}: ${there?.className}`);
        }
    }
    return [tried, missed];
}"""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab in a folder, which keeps its settings there."""
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.token=", "--ServerApp.password="]
    settings = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder / "data")}
    process = subprocess.Popen(command, cwd=folder, env=settings, stderr=subprocess.DEVNULL)
    try:
        yield f"http://localhost:{port}/lab"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def notebook(browser: Browser, address: str, name: str) -> Iterator[Page]:
    """A notebook by itself, opened in JupyterLab and run."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    try:
        place = f"{address}/workspaces/{name.partition('.')[0]}/tree/{name}"
        assert wait_until(page, lambda: _answers(page, place), seconds=60)
        # JupyterLab forgets cells that are run before it has its kernel.
        assert wait_until(page, lambda: page.evaluate(_KERNEL_LISTENS, name), seconds=90)
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        yield page
    finally:
        page.close()


@pytest.fixture
def lab(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A notebook with two pages, in JupyterLab."""
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in _CELLS
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    two = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "two.ipynb").write_text(json.dumps(two), encoding="utf-8")
    with serving(tmp_path) as address, notebook(browser, address, "two.ipynb") as page:
        yield page


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab with all notebooks."""
    folder = tmp_path_factory.mktemp("notebooks")
    for each in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(each, folder)
    with serving(folder) as address:
        yield address


def _answers(page: Page, address: str) -> bool:
    try:
        page.goto(address)
    except Exception:  # noqa: BLE001 - the server is not there yet
        return False
    return True


def drawn(page: Page) -> list[tuple[str, float]]:
    """What both pages show, once they have drawn."""
    figures = page.locator(".js-plotly-plot .main-svg")
    assert wait_until(page, lambda: figures.count() >= 2, seconds=90)
    page.wait_for_timeout(2000)
    return [(kappa, round(least, 4)) for kappa, least in page.evaluate(_SEEN)]


def test_two_pages_are_two_and_are_found_again(lab: Page) -> None:
    before = drawn(lab)
    assert [kappa for kappa, _ in before] == ["0.2", "1.5"]
    lab.locator('.qv-page input.qv-control-slider[data-name="delta"]').first.press("End")
    assert wait_until(lab, lambda: drawn(lab)[0] != before[0])
    after = drawn(lab)
    assert after[1] == before[1]
    saved = []
    for one in lab.locator(".qv-page").all():
        one.scroll_into_view_if_needed()
        one.get_by_role("button", name="Save ▾").click()
        files: list[object] = []

        def take(file: object, files: list[object] = files) -> None:
            files.append(file)

        lab.on("download", take)
        for form in ("SVG", "CSV"):
            with lab.expect_download() as saving:
                one.get_by_role("button", name=form, exact=True).click()
            saved.append(saving.value.path().read_text(encoding="utf-8"))
        lab.wait_for_timeout(500)
        lab.remove_listener("download", take)
        assert len(files) == 2, "only the menu that was asked answers"
        one.get_by_role("button", name="Save ▾").click()
    svg, csv, other_svg, other_csv = saved
    assert svg != other_svg and "Dashed: the width limits the rank" in svg
    assert ",0.2,0.3," in csv and ",1.5,0.3," in other_csv and ",0.2,0.3," not in other_csv
    # The kernel is still there: a browser that comes anew is shown what it has now.
    lab.keyboard.press("Control+s")
    lab.wait_for_timeout(2000)
    lab.reload()
    assert drawn(lab) == after


@pytest.mark.parametrize("name", PAGES)
def test_a_mouse_reaches_every_control_at_both_its_ends(browser: Browser, laboratory: str, name: str) -> None:
    with notebook(browser, laboratory, f"{name}.ipynb") as page:
        page.locator(".qv-page .js-plotly-plot .main-svg, .qv-page .qv-tile svg").first.wait_for(
            timeout=90_000
        )
        page.wait_for_timeout(1000)
        tried, missed = page.evaluate(_OUT_OF_REACH)
        assert missed == []
        assert tried >= 30 if name != FRONT else tried
        for slider in page.locator('.qv-page .qv-side input[type="range"]').all():
            before = slider.input_value()
            for end in (0, 1) if before != "0" else (1, 0):
                slider.scroll_into_view_if_needed()
                box = slider.bounding_box()
                assert box is not None
                page.mouse.click(box["x"] + (box["width"] - 2 if end else 2), box["y"] + box["height"] / 2)
                assert slider.input_value() == (slider.get_attribute("max") if end else "0")
                assert slider.input_value() != before
                before = slider.input_value()
                # What is below moves as it is drawn, and JupyterLab scrolls along.
                page.wait_for_timeout(300)


def test_a_link_in_a_task_sets_the_page_above_it(browser: Browser, laboratory: str) -> None:
    with notebook(browser, laboratory, "two_students.ipynb") as page:
        box = page.locator('.qv-page .qv-control-box[data-name="kappa"]')
        box.wait_for(timeout=90_000)
        link = page.locator('.jp-MarkdownCell a[href*="two_students.ipynb?"]', has_text="Width").first
        link.scroll_into_view_if_needed()
        link.click()
        assert wait_until(page, lambda: box.input_value() == "0.3")
        assert page.locator(".jp-NotebookPanel").count() == 1
        assert page.locator(".qv-notes li").count() == 0
