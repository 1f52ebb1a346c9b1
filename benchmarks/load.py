"""A room full of people at the dashboards: ``python -m benchmarks.load``.

They arrive at once, drag sliders without a pause, and leave in three ways: a third closes the tab, a third
loses the network, a third has its browser killed. Most are plain clients that send and wait for what a
browser would; some are real browsers. The report says what went wrong, how long moves took, and what is left.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil

from benchmarks.load_client import Person, Refused
from quadviz.contents import PAGES
from quadviz.server.app import notebooks

if TYPE_CHECKING:
    from playwright.async_api import Browser

_SLIDER = "input.qv-control-slider"
#: Until every page has a kernel waiting.
_WARM_UP = 90.0
#: A lost network is noticed in 40 s, its kernel is looked for every 15 s and taken 60 s later.
_CULLED = 150.0


class Tree:
    """The memory of the server and its kernels: proportional shares, so that what is shared counts once."""

    def __init__(self, server: int) -> None:
        self._server = psutil.Process(server)
        self.peak = 0.0

    def kernels(self) -> int:
        """How many kernels there are."""
        return len(self._server.children(recursive=True))

    def mebibytes(self) -> float:
        """What they take now."""
        total = 0
        for process in [self._server, *self._server.children(recursive=True)]:
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
        self.peak = max(self.peak, total / 2**20)
        return total / 2**20

    def alone(self) -> float:
        """What the server takes without its kernels."""
        return float(self._server.memory_full_info().pss) / 2**20

    async def watch(self) -> None:
        """Look every few seconds, for the peak."""
        while True:
            await asyncio.to_thread(self.mebibytes)
            await asyncio.sleep(5)


@contextmanager
def _dashboards(options: list[str]) -> Iterator[tuple[str, int]]:
    """Dashboards of one's own: their address and process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "quadviz", "dashboard", "--no-browser", "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        lines = itertools.chain(process.stdout or ())
        if not any("The dashboards are at" in line for line in lines):
            raise RuntimeError("the dashboards did not start")
        try:
            yield f"http://localhost:{port}/", process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            print(f"told to end, the server ended with status {process.wait(60)}")


async def _browse(browser: Browser, address: str, page: str, seconds: float) -> tuple[list[str], int]:
    """A real browser's visit: what its console complained of, and how many moves its sliders made."""
    from playwright.async_api import Error as Late

    tab = await browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    await tab.goto(f"{address}voila/render/{page}.ipynb", timeout=300_000)
    slider = tab.locator(_SLIDER).first
    try:
        await slider.wait_for(timeout=180_000)
    except Late as error:
        seen = await tab.locator("body").inner_text()
        raise RuntimeError(f"no slider; seen instead: {seen[:200]!r}; said: {complaints[:5]}") from error
    box = await slider.bounding_box()
    if box is None:
        raise RuntimeError("the slider is not in sight")
    moves, end = 0, time.monotonic() + seconds
    await tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    await tab.mouse.down()
    while time.monotonic() < end:
        share = 0.5 + 0.4 * (-1) ** (moves // 60 % 2) * ((moves % 60) / 60)
        await tab.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        moves += 1
        await asyncio.sleep(1 / 30)
    await tab.mouse.up()
    alert = await tab.locator("#qv-watch").inner_text()
    return [*complaints, *([alert] if alert else [])], moves


async def _stay(person: Person, number: int, options: argparse.Namespace, errors: list[str]) -> None:
    """One visit; its number says how it ends."""
    try:
        await person.arrive()
        await person.drag(options.seconds, options.rest)
        match number % 3:
            case 0:
                await person.close_tab()
            case 1:
                person.lose_network()
            case 2:
                person.die()
    except Refused:
        errors.append(f"{person.page}: no seat")
    except Exception as error:  # noqa: BLE001 - to be reported
        errors.append(f"{person.page}: {error!r}")


async def _room(options: argparse.Namespace, address: str, tree: Tree | None) -> int:
    """The visit of everybody; how much went wrong."""
    errors: list[str] = []
    pages = [page for page in options.pages or PAGES if (notebooks() / f"{page}.ipynb").is_file()]
    people = [Person(address, page) for page in itertools.islice(itertools.cycle(pages), options.people)]
    before, alone = (tree.mebibytes(), tree.alone()) if tree else (0.0, 0.0)
    watching = asyncio.create_task(tree.watch()) if tree else None
    stays = [_stay(person, number, options, errors) for number, person in enumerate(people)]
    browsers: list[Browser] = []
    if options.browsers:
        from playwright.async_api import async_playwright

        player = await async_playwright().start()
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        flags = ["--no-sandbox", "--disable-gpu"]
        launch = partial(player.chromium.launch, executable_path=chromium, args=flags)
        browsers = [await launch() for _ in range(options.browsers)]
    visits = [_browse(browser, address, pages[-1], options.seconds) for browser in browsers]
    everybody = asyncio.gather(*stays), asyncio.gather(*visits, return_exceptions=True)
    seen = (await asyncio.gather(*everybody))[1]
    if watching:
        watching.cancel()
    _report(people, errors)
    for outcome in seen:
        complaints, moves = ([repr(outcome)], 0) if isinstance(outcome, BaseException) else outcome
        errors += complaints
        print(f"a browser: {moves} moves of the mouse, {len(complaints)} complaints")
    here = [person for person in people if person.opened[1]]
    for browser in browsers:
        await browser.close()
    left = time.monotonic()
    while (alive := [p for p in here if await p.alive()]) and time.monotonic() - left < _CULLED:
        await asyncio.sleep(2)
    print(f"{len(alive)} kernels left {time.monotonic() - left:.0f} s after everybody had gone")
    errors += [f"{person.page}: its kernel was left" for person in alive]
    if tree:
        await asyncio.sleep(45)  # until as many kernels wait as before
        after = tree.mebibytes()
        print(f"memory: {before:.0f} MB before, {tree.peak:.0f} MB at the most, {after:.0f} MB after")
        print(f"of it the server itself: {alone:.0f} MB before, {tree.alone():.0f} MB after")
        print(f"{tree.kernels()} kernels are waiting")
    for error in errors:
        print("error:", error)
    print(f"{len(errors)} errors")
    return len(errors)


def _report(people: list[Person], errors: list[str]) -> None:
    opened = sorted(person.opened[1] for person in people if person.opened[1])
    delays = sorted(itertools.chain.from_iterable(person.delays for person in people))
    print(f"{len(opened)} of {len(people)} people saw their page, {len(errors)} had trouble")
    if opened:
        first, last = opened[0], opened[-1]
        print(f"first sight after {first:.1f} to {last:.1f} s, median {median(opened):.1f} s")
    if len(delays) > 1:
        slow = quantiles(delays, n=20)[-1]
        print(f"{len(delays)} moves: median {1e3 * median(delays):.0f} ms, 95% within {1e3 * slow:.0f} ms")


def main() -> int:
    """Let them in; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=20, help="plain clients (default: %(default)s)")
    parser.add_argument("--browsers", type=int, default=2, help="real browsers (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=120, help="how long they drag (default: %(default)g)"
    )
    parser.add_argument(
        "--rest", type=float, default=0, help="seconds between two drags (default: %(default)g)"
    )
    parser.add_argument("--pages", nargs="*", metavar="PAGE", help="pages they go to; all when omitted")
    parser.add_argument("--address", help="of dashboards that run already; memory is not measured then")
    options, others = parser.parse_known_args()
    print(f"{options.people} people and {options.browsers} browsers, {os.cpu_count()} cores")
    if options.address:
        return int(asyncio.run(_room(options, options.address.rstrip("/") + "/", None)) > 0)
    with _dashboards(others) as (address, server):
        tree = Tree(server)
        until, waiting = time.monotonic() + _WARM_UP, len(PAGES) + 1
        while tree.kernels() < waiting and time.monotonic() < until:
            time.sleep(1)
        time.sleep(5)
        return int(asyncio.run(_room(options, address, tree)) > 0)


if __name__ == "__main__":
    sys.exit(main())
