"""Speed as it is felt: pages opened and sliders dragged in a real browser, `python -m benchmarks.felt`.

A page is opened with a kernel waiting for it, and without one. Then its slider of Δ is moved, and where
there is a film that of its time: one step at a time, one after another, and to and fro for five seconds;
beside it the same page where plotly draws every change, in the same run. What is sent and what the kernel
computes is counted meanwhile. With `--write` what was measured is written to docs/speed.md.
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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from quadviz.contents import FRONT, PAGES

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_FIGURE = ".js-plotly-plot"
_CURVES = f"{_FIGURE} .scatterlayer path.js-line"
#: What is moved, by name; the second one where a page has a film with a slider of its own.
_SLIDERS = {
    "Δ": 'input.qv-control-slider[data-name="delta"]',
    "time of the film": ".qv-film input.qv-control-slider",
}
_PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
_PORT = 8990
#: Seconds for the kernels of all pages to be waiting.
_WARM = 60
#: Steps of a slider of 80 stops, with rest between them, and as many without.
_STEPS = 36
_SERVE = "from quadviz.server.app import serve; serve('localhost', {port}, '/', open_browser=False)"
#: Changes of what is drawn, anywhere in a figure of the page.
_SEEN = """
  const seen = (changes) => changes.some(({ target }) => target.closest?.(".cartesianlayer, .shapelayer"));
  const all = { subtree: true, attributes: true, childList: true };
  const watch = (observer) => {
    for (const figure of document.querySelectorAll(".js-plotly-plot")) observer.observe(figure, all);
  };
"""
#: From an event of the slider to the frame after the first thing that moves; null where nothing does.
_STEP = (
    "async ([selector, by]) => {"
    + _SEEN
    + """
  const slider = document.querySelector(selector);
  let observer;
  const painted = new Promise((done) => {
    observer = new MutationObserver((changes) => {
      if (seen(changes)) requestAnimationFrame(() => setTimeout(() => done(true)));
    });
    watch(observer);
  });
  slider.value = Number(slider.value) + by;
  const start = performance.now();
  slider.dispatchEvent(new Event("input"));
  const moved = await Promise.race([painted, new Promise((give) => setTimeout(give, 3000))]);
  observer.disconnect();
  return moved ? performance.now() - start : null;
}"""
)
_WATCH = (
    "() => {"
    + _SEEN
    + """
  window.repaints = [];
  watch(new MutationObserver((changes) => { if (seen(changes)) window.repaints.push(performance.now()); }));
}"""
)
#: Has plotly draw every change, as it did before figures were moved without it.
_PLOTLY_ALONE = """() => document.querySelectorAll(".js-plotly-plot").forEach(({ quadviz }) => {
  quadviz.drawn.show = () => false;
  const react = quadviz.react.bind(quadviz);
  quadviz.react = async () => { await react(); quadviz.drawn.show = () => false; };
})"""


@dataclass(frozen=True)
class Felt:
    """How the slider of a page feels.

    Attributes:
        step: milliseconds from a step to its repaint, with rest between steps: median and 95th percentile.
        next: the same with no rest.
        rate: repaints a second in a drag.
        after: milliseconds from the last move of a drag to the last change.
        cpu: milliseconds that the kernel computes for a step.
        sent: kilobytes sent for a step.
    """

    step: tuple[float, float]
    next: tuple[float, float]
    rate: float
    after: float
    cpu: float
    sent: float

    def __str__(self) -> str:
        return (
            f"step {self.step[0]:.0f} ms (95%: {self.step[1]:.0f}), back to back {self.next[0]:.0f} "
            f"({self.next[1]:.0f}), {self.rate:.0f} repaints a second, last change after "
            f"{self.after:.0f} ms, kernel {self.cpu:.0f} ms and {self.sent:.1f} kB a step"
        )


@contextmanager
def dashboards() -> Iterator[tuple[str, psutil.Process]]:
    """The dashboards, served by a process of their own; their address."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            command = [sys.executable, "-c", _SERVE.format(port=_PORT)]
            process = subprocess.Popen(  # noqa: S603 - our own code
                command, cwd=folder, stdout=sink, stderr=sink
            )
        try:
            while "http://" not in log.read_text():
                if process.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            yield f"http://localhost:{_PORT}/voila/render/", psutil.Process(process.pid)
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


def open_times(browser: Browser, address: str, rounds: int) -> tuple[float, float]:
    """Seconds to the first curve with a kernel waiting, and without; medians."""
    warm, cold = [], []
    for _ in range(rounds):
        page, seconds = opened(browser, address)
        warm.append(seconds)
        # The kernel that waited is taken; the next one is started some seconds later only.
        other, seconds = opened(browser, address)
        cold.append(seconds)
        page.close()
        other.close()
        time.sleep(12)
    return statistics.median(warm), statistics.median(cold)


def drag(page: Page, slider: str, seconds: float = 5.0) -> tuple[float, float]:
    """Drag a slider to and fro; repaints a second, and how long after the end the last change comes."""
    page.locator(slider).scroll_into_view_if_needed()
    box = page.locator(slider).bounding_box()
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
    page.wait_for_timeout(1500)
    repaints: list[float] = page.evaluate("window.repaints")
    frames = len({round(moment / 16) for moment in repaints if moment < end})
    # At rest plotly draws what was moved without it, which nobody sees.
    return frames / seconds, max((moment for moment in repaints if moment < end + 100), default=end) - end


def steps(page: Page, slider: str, pause: float, count: int = _STEPS) -> tuple[float, float]:
    """Milliseconds from a move of the slider to the repaint: median and 95th percentile.

    The slider goes one way, for what was solved before is remembered.
    """
    times = []
    for _ in range(count):
        page.wait_for_timeout(pause)
        times.append(page.evaluate(_STEP, [slider, 1]))
    seen = sorted(each for each in times if each is not None)
    return statistics.median(seen), seen[int(0.95 * (len(seen) - 1))]


def busy(server: psutil.Process) -> float:
    """Seconds of work of all kernels so far."""
    return sum(sum(child.cpu_times()[:2]) for child in server.children(recursive=True) if child.is_running())


def _size(frame: dict[str, Any]) -> int:
    """Bytes of a frame; binary ones are told in base64."""
    return len(frame["payloadData"]) * 3 // 4 if frame["opcode"] == 2 else len(frame["payloadData"])


def felt(page: Page, server: psutil.Process, slider: str) -> Felt:
    """Move a slider of a page."""
    sent = [0]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.webSocketFrameReceived",
        lambda frame: sent.__setitem__(0, sent[0] + _size(frame["response"])),
    )
    page.wait_for_timeout(1500)
    page.locator(slider).press("Home")
    steps(page, slider, 450, 4)
    before, sent[0] = busy(server), 0
    alone = steps(page, slider, 450)
    work, bytes_sent = (busy(server) - before) / _STEPS, sent[0] / _STEPS
    return Felt(alone, steps(page, slider, 0), *drag(page, slider), 1e3 * work, bytes_sent / 1e3)


def rows(browser: Browser, home: str, server: psutil.Process, name: str, rounds: int) -> Iterator[str]:
    """Measure a page, and print; the rows of the table."""
    address = f"{home}{name}.ipynb"
    warm, cold = open_times(browser, address, rounds)
    print(f"{name}: first curve after {warm:.1f} s preheated, {cold:.1f} s cold", flush=True)
    page, _ = opened(browser, address)
    there = {label: slider for label, slider in _SLIDERS.items() if page.locator(slider).count()}
    found = {label: felt(page, server, slider) for label, slider in there.items()}
    page.evaluate(_PLOTLY_ALONE)
    for label, seen in found.items():
        print(f"{name}, {label}: {seen}", flush=True)
        alone = felt(page, server, there[label])
        print(f"{name}, {label}, drawn by plotly alone: {alone}", flush=True)
        opening = f"{warm:.1f} / {cold:.1f}" if label == "Δ" else ""
        yield (
            f"| {PAGES[name]} | {label} | {opening} | {seen.step[0]:.0f} ({seen.step[1]:.0f}) "
            f"| {seen.next[0]:.0f} ({seen.next[1]:.0f}) | {seen.rate:.0f} | {seen.cpu:.0f} | {seen.sent:.1f} "
            f"| {alone.step[0]:.0f} ({alone.step[1]:.0f}) |"
        )
    page.close()


_TEXT = """\
# How fast the pages feel

Written by `python -m benchmarks.felt --write`, which opens every page in Chromium and moves its sliders: on
two cores that browser, server and kernels share with other work, {day}. The load was {load[0]:.1f} as it
began and {load[1]:.1f} as it ended; on a quiet machine all is faster: compare with plotly alone.

| Page | slider | first curve, s: kernel waiting / none | a step to its repaint, ms: median (95%) | \
with no rest between | repaints a second in a drag | kernel, ms a step | sent, kB a step | \
a step where plotly draws all |
|---|---|---|---|---|---|---|---|---|
{rows}

A step is one stop of the slider; steps come 0.45 s apart, or as soon as the last one is seen. The kernel's
milliseconds are of its processor and hold all it does: solving, figures, words, sending. Times to a repaint
are rounded up to the next frame of the screen, of 17 ms.
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.felt")
    parser.add_argument("--pages", default=",".join(name for name in PAGES if name != FRONT))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--write", action="store_true", help="write docs/speed.md")
    options = parser.parse_args()
    began, table = psutil.getloadavg()[0], []
    with sync_playwright() as playwright, dashboards() as (home, server):
        browser = playwright.chromium.launch(executable_path=options.browser, args=_FLAGS)
        time.sleep(_WARM)
        for name in options.pages.split(","):
            table += rows(browser, home, server, name, options.rounds)
        browser.close()
    if options.write:
        load = (began, psutil.getloadavg()[0])
        text = _TEXT.format(load=load, day=time.strftime("%B %Y"), rows="\n".join(table))
        _PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
