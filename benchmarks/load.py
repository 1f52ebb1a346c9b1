"""A room full of people at the dashboards: ``python -m benchmarks.load``.

They arrive at once or one after another, drag sliders without a pause, all or some of them, and leave in
three ways: a third closes the tab, a third loses the network, a third has its browser killed. Most are plain
clients that send and wait for what a browser would; some are real browsers. The report says what went wrong,
how long moves took, and what is left. A hundred, of whom thirty drag:

    python -m benchmarks.load --people 100 --arrive 10 --settle 50 --drag 30 --browsers 0 --max-pages 120
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil
from tornado.httpclient import AsyncHTTPClient

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
def dashboards(options: list[str]) -> Iterator[tuple[str, int]]:
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
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
            _, left = psutil.wait_procs(family, timeout=2)
            print(f"told to end, the server ended with status {status}; processes left: {len(left)}")


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


@dataclass
class Crowd:
    """What some of the people saw, and what was left of them.

    Attributes:
        opened: seconds from asking for the page to seeing it, for each who did.
        seen: seconds from the first arrival of all to that.
        delays: seconds from each move to its answer.
        errors: what went wrong, in words.
        left: how many kernels were left, and how many seconds after everybody had gone.
    """

    opened: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left: tuple[int, float] = (0, 0.0)


async def _stay(person: Person, number: int, options: argparse.Namespace, crowd: Crowd) -> None:
    """One visit; its number says when it begins, whether it drags, and how it ends."""
    wait = number / options.people * options.arrive
    await asyncio.sleep(wait)
    try:
        await person.arrive()
        crowd.opened.append(person.opened[1])
        crowd.seen.append(wait + person.opened[1])
        # Everybody is to have arrived before anybody drags.
        await asyncio.sleep(max(options.settle - wait - person.opened[1], 0))
        if number * options.drag // options.people != (number + 1) * options.drag // options.people:
            await person.drag(options.seconds, options.rest)
        else:
            await asyncio.sleep(options.seconds)
        crowd.delays += person.delays
        match number % 3:
            case 0:
                await person.close_tab()
            case 1:
                person.lose_network()
            case 2:
                person.die()
    except Refused:
        crowd.errors.append(f"{person.page}: no seat")
    except Exception as error:  # noqa: BLE001 - to be reported
        crowd.errors.append(f"{person.page}: {error!r}")


async def _visit(numbers: Sequence[int], pages: Sequence[str], options: argparse.Namespace) -> Crowd:
    crowd, people = Crowd(), [Person(options.address, pages[number % len(pages)]) for number in numbers]
    stays = (_stay(person, number, options, crowd) for person, number in zip(people, numbers, strict=True))
    await asyncio.gather(*stays)
    here = [person for person in people if person.opened[1]]
    left = time.monotonic()
    while (alive := [p for p in here if await p.alive()]) and time.monotonic() - left < _CULLED:
        await asyncio.sleep(2)
    crowd.left = len(alive), time.monotonic() - left
    crowd.errors += [f"{person.page}: its kernel was left" for person in alive]
    return crowd


def _part(numbers: Sequence[int], pages: Sequence[str], options: argparse.Namespace) -> Crowd:
    """Some of the people, in a process of their own."""
    AsyncHTTPClient.configure(None, max_clients=options.people)
    return asyncio.run(_visit(numbers, pages, options))


async def _room(options: argparse.Namespace, tree: Tree | None) -> int:
    """The visit of everybody; how much went wrong."""
    pages = [page for page in options.pages or PAGES if (notebooks() / f"{page}.ipynb").is_file()]
    before, alone = (tree.mebibytes(), tree.alone()) if tree else (0.0, 0.0)
    watching = asyncio.create_task(tree.watch()) if tree else None
    browsers: list[Browser] = []
    if options.browsers:
        from playwright.async_api import async_playwright

        player = await async_playwright().start()
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        flags = ["--no-sandbox", "--disable-gpu"]
        launch = partial(player.chromium.launch, executable_path=chromium, args=flags)
        browsers = [await launch() for _ in range(options.browsers)]
    visits = [_browse(browser, options.address, pages[-1], options.seconds) for browser in browsers]
    loop, parts = asyncio.get_running_loop(), range(options.processes)
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        numbers = [range(part, options.people, options.processes) for part in parts]
        crowds = [loop.run_in_executor(pool, _part, each, pages, options) for each in numbers]
        everybody = asyncio.gather(*crowds), asyncio.gather(*visits, return_exceptions=True)
        seen, outcomes = await asyncio.gather(*everybody)
    if watching:
        watching.cancel()
    errors = list(itertools.chain.from_iterable(crowd.errors for crowd in seen))
    _report(options.people, seen)
    for outcome in outcomes:
        complaints, moves = ([repr(outcome)], 0) if isinstance(outcome, BaseException) else outcome
        errors += complaints
        print(f"a browser: {moves} moves of the mouse, {len(complaints)} complaints")
    for browser in browsers:
        await browser.close()
    if tree:
        await asyncio.sleep(45)  # until as many kernels wait as before
        after = tree.mebibytes()
        print(f"memory: {before:.0f} MB before, {tree.peak:.0f} MB at the most, {after:.0f} MB after")
        print(f"of it the server itself: {alone:.0f} MB before, {tree.alone():.0f} MB after")
        print(f"{tree.kernels()} processes are there, of kernels that wait and to fork from")
    for error in errors:
        print("error:", error)
    print(f"{len(errors)} errors")
    return len(errors)


def _report(people: int, seen: Sequence[Crowd]) -> None:
    opened = sorted(itertools.chain.from_iterable(crowd.opened for crowd in seen))
    delays = sorted(itertools.chain.from_iterable(crowd.delays for crowd in seen))
    troubled = sum(len(crowd.errors) for crowd in seen)
    print(f"{len(opened)} of {people} people saw their page, {troubled} had trouble")
    if opened:
        print(f"seen {opened[0]:.1f} to {opened[-1]:.1f} s after asking, median {median(opened):.1f} s")
        print(
            f"the last, {max(max(crowd.seen, default=0) for crowd in seen):.1f} s after the first had asked"
        )
    if len(delays) > 1:
        slow = quantiles(delays, n=20)[-1]
        print(f"{len(delays)} moves: median {1e3 * median(delays):.0f} ms, 95% within {1e3 * slow:.0f} ms")
    left, after = sum(crowd.left[0] for crowd in seen), max(crowd.left[1] for crowd in seen)
    print(f"{left} kernels left {after:.0f} s after everybody had gone")


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
    parser.add_argument(
        "--arrive", type=float, default=0, help="seconds within which they arrive (default: %(default)g)"
    )
    parser.add_argument(
        "--settle",
        type=float,
        default=0,
        help="seconds from the first arrival until anybody drags (default: %(default)g)",
    )
    parser.add_argument("--drag", type=int, help="how many of them drag; all when omitted")
    parser.add_argument(
        "--processes", type=int, default=2, help="that the plain clients run in (default: %(default)s)"
    )
    parser.add_argument("--pages", nargs="*", metavar="PAGE", help="pages they go to; all when omitted")
    parser.add_argument("--address", help="of dashboards that run already; memory is not measured then")
    options, others = parser.parse_known_args()
    options.drag = options.people if options.drag is None else options.drag
    print(f"{options.people} people and {options.browsers} browsers, {os.cpu_count()} cores")
    if options.address:
        options.address = options.address.rstrip("/") + "/"
        return int(asyncio.run(_room(options, None)) > 0)
    with dashboards(others) as (options.address, server):
        tree = Tree(server)
        until, waiting = time.monotonic() + _WARM_UP, len(PAGES) + 1
        while tree.kernels() < waiting and time.monotonic() < until:
            time.sleep(1)
        time.sleep(5)
        return int(asyncio.run(_room(options, tree)) > 0)


if __name__ == "__main__":
    sys.exit(main())
