"""Two pages in one notebook of JupyterLab: each is its own, and a reload finds what was there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import free_port
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

_KERNEL_LISTENS = """() => fetch("/api/kernels").then((answer) => answer.json()).then((kernels) =>
    kernels.length === 1 && kernels[0].connections > 0 && kernels[0].execution_state === "idle")"""


@pytest.fixture
def lab(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A notebook with two pages, in JupyterLab."""
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in _CELLS
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "two.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.token=", "--ServerApp.password="]
    settings = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    process = subprocess.Popen(command, cwd=tmp_path, env=settings, stderr=subprocess.DEVNULL)
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    try:
        address = f"http://localhost:{port}/lab/tree/two.ipynb"
        assert wait_until(page, lambda: _answers(page, address), seconds=60)
        yield page
    finally:
        page.close()
        process.terminate()
        process.wait(30)


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
    # JupyterLab forgets cells that are run before it has its kernel.
    assert wait_until(lab, lambda: lab.evaluate(_KERNEL_LISTENS), seconds=90)
    lab.get_by_text("Run", exact=True).first.click()
    lab.get_by_text("Run All Cells", exact=True).click()
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
