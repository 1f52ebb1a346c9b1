"""Speed as it is felt: pages opened and sliders dragged in a real browser, `python -m benchmarks.felt`.

A page is opened with a kernel waiting for it, and without one; beside it the same page with figures that each
bring plotly through the kernel's socket, as plotly's own widget does. Then a slider is moved, one step at a
time, and dragged for five seconds with five curves in three panels.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_CURVES = ".js-plotly-plot .scatterlayer path.js-line"
_PORT = 8990
#: Seconds for the kernels of all pages to be waiting.
_WARM = 60
_SERVE = "from quadviz.server import serve; serve('localhost', {port}, '/', open_browser=False)"
_THROUGH_THE_KERNEL = (
    "import quadviz.server as server; server.plotly_address = lambda base: ''; "
    "server.serve('localhost', {port}, '/', open_browser=False)"
)
#: From an event of the slider to the frame after the first curve that moves.
_STEP = """async ([name, by]) => {
  const slider = document.querySelector(`input.qv-control-slider[data-name="${name}"]`);
  const plot = document.querySelector(".js-plotly-plot");
  const painted = new Promise((done) => {
    const observer = new MutationObserver((changes) => {
      if (!changes.some(({ target }) => target.closest(".scatterlayer"))) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(done));
    });
    observer.observe(plot, { subtree: true, attributes: true, childList: true });
  });
  slider.value = Number(slider.value) + by;
  const start = performance.now();
  slider.dispatchEvent(new Event("input"));
  await Promise.race([painted, new Promise((give) => setTimeout(give, 3000))]);
  return performance.now() - start;
}"""
_WATCH = """() => {
  window.repaints = [];
  const what = { subtree: true, attributes: true, childList: true };
  new MutationObserver((changes) => {
    const moved = changes.some(({ target }) => target.closest(".scatterlayer"));
    if (moved) window.repaints.push(performance.now());
  }).observe(document.querySelector(".js-plotly-plot"), what);
}"""


@contextmanager
def dashboards(code: str) -> Iterator[str]:
    """The dashboards, served by a process of their own; their address."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            command = [sys.executable, "-c", code.format(port=_PORT)]
            process = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=sink)  # noqa: S603 - our own code
        try:
            while "http://" not in log.read_text():
                if process.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            yield f"http://localhost:{_PORT}/voila/render/"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def opened(browser: Browser, address: str) -> tuple[Page, float]:
    """A page in a browser without a past, and the seconds until its first curve."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(_CURVES, state="attached", timeout=120_000)
    return page, time.perf_counter() - start


def open_times(browser: Browser, home: str, name: str, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to the first curve with a kernel waiting, and without."""
    warm, cold = [], []
    for _ in range(rounds):
        page, seconds = opened(browser, f"{home}{name}.ipynb")
        warm.append(seconds)
        # The kernel that waited is taken; the next one is started some seconds later only.
        other, seconds = opened(browser, f"{home}{name}.ipynb")
        cold.append(seconds)
        page.close()
        other.close()
        time.sleep(12)
    return warm, cold


def drag(page: Page, seconds: float = 5.0) -> dict[str, float]:
    """Drag Δ to and fro; repaints a second, and how long after the end the last one comes."""
    slider = page.locator('input.qv-control-slider[data-name="delta"]')
    box = slider.bounding_box()
    if box is None:
        raise RuntimeError("the slider is not in sight")
    middle = box["y"] + box["height"] / 2
    page.evaluate(_WATCH)
    page.mouse.move(box["x"] + 0.125 * box["width"], middle)
    page.mouse.down()
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        swing = abs(passed % 2 - 1)
        page.mouse.move(box["x"] + (0.1 + 0.8 * swing) * box["width"], middle)
        time.sleep(1 / 60)
    end = page.evaluate("performance.now()")
    page.mouse.up()
    page.wait_for_timeout(2000)
    repaints: list[float] = page.evaluate("window.repaints")
    return {
        "repaints a second": sum(moment < end for moment in repaints) / seconds,
        "ms from the last move to the last repaint": max(repaints) - end,
    }


def steps(page: Page, count: int = 40) -> float:
    """Milliseconds from a move of the slider to the repaint, the median."""
    return statistics.median(page.evaluate(_STEP, ["delta", 1 if i % 2 else -1]) for i in range(count))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.felt")
    parser.add_argument("--pages", default="learning_curves,recovery,dynamics")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    medians: dict[tuple[str, str], tuple[float, float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=_FLAGS)
        for how, code in (("as shipped", _SERVE), ("plotly through the kernel", _THROUGH_THE_KERNEL)):
            with dashboards(code) as home:
                time.sleep(_WARM)
                for name in options.pages.split(","):
                    times: Any = open_times(browser, home, name, options.rounds)
                    warm, cold = map(statistics.median, times)
                    medians[how, name] = warm, cold
                    print(
                        f"{name}, {how}: first curve after {warm:.1f} s preheated, {cold:.1f} s cold",
                        flush=True,
                    )
                if how == "as shipped":
                    page, _ = opened(browser, f"{home}learning_curves.ipynb")
                    page.wait_for_timeout(3000)
                    print(
                        f"a step of Δ, five curves in three panels: repainted after {steps(page):.0f} ms",
                        flush=True,
                    )
                    for what, value in drag(page).items():
                        print(f"Δ dragged for 5 s: {value:.0f} {what}", flush=True)
                    page.close()
        browser.close()
    for name in options.pages.split(","):
        pairs = zip(medians["plotly through the kernel", name], medians["as shipped", name], strict=True)
        print(
            f"{name}: {' and '.join(f'{slow / fast:.2f}' for slow, fast in pairs)} times sooner, "
            "preheated and cold"
        )


if __name__ == "__main__":
    main()
