"""Fixtures shared by the tests: a browser, and the dashboards as a user starts them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Two test processes share the cores: threads of the linear algebra would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.visits import Visit, path_to, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: The folder of the project.
ROOT = Path(__file__).parents[1]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


#: Pages that take long to solve for: what is asked of every page is asked of them in the slow run, but for
#: whether they open.
SLOW_PAGES = {"scaling_laws", "two_decays"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is asked of a slow page as slow."""
    for item in items:
        asked = getattr(item, "callspec", None)
        if asked is None or item.name.startswith("test_each_page_opens"):
            continue
        if any(isinstance(value, str) and value in SLOW_PAGES for value in asked.params.values()):
            item.add_marker(pytest.mark.slow)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Dashboards:
    """A running ``quadviz dashboard``."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, pattern: str, seconds: float = 60.0) -> str:
        """The first match of a pattern in what the command printed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if match := re.search(pattern, self.output):
                return match[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail(f"{pattern!r} did not appear in:\n{self.output}")

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        return self.wait_for(r"http://\S+")

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


StartDashboards = Callable[..., AbstractContextManager[Dashboards]]


@pytest.fixture(scope="session")
def start_dashboards(tmp_path_factory: pytest.TempPathFactory) -> StartDashboards:
    """Start ``quadviz dashboard`` with the given options, from an empty folder and without a display."""

    @contextmanager
    def start(*options: str) -> Iterator[Dashboards]:
        folder = tmp_path_factory.mktemp("elsewhere")
        screen = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}
        environment = {name: value for name, value in os.environ.items() if name not in screen}
        command = [sys.executable, "-m", "quadviz", "dashboard", "--with-parent", *options]
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=sink, stderr=subprocess.STDOUT
            )
        running = Dashboards(process, log)
        try:
            yield running
        finally:
            if process.poll() is None:
                running.interrupt()

    return start


@pytest.fixture(scope="module")
def dashboards(start_dashboards: StartDashboards) -> Iterator[Dashboards]:
    """One running ``quadviz dashboard`` for a module's tests."""
    with start_dashboards("--no-browser", "--port", str(free_port())) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Where there is none the test is skipped, or fails if QUADVIZ_BROWSER=required."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        reason = f"no browser: none of {', '.join(BROWSERS)} is installed"
        if os.environ.get("QUADVIZ_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=list(BROWSER_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, dashboards: Dashboards) -> Iterator[Visit]:
    """A fresh visit to the page of learning curves."""
    with visiting(browser, dashboards.address, path_to("learning_curves")) as visit:
        yield visit
