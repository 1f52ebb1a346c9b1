"""A server that is beyond help ends, with its kernels; so does one whose starter is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from quadviz.server import watchdog
from quadviz.server.watchdog import Watchdog, starter
from tests.conftest import ROOT, free_port

#: Seconds of silence that the server under test is allowed, and all that its end may take.
SILENCE, PATIENCE = 4.0, 30.0


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def family(server: psutil.Process) -> list[psutil.Process]:
    """The server and its kernels, once there is one."""
    until(lambda: server.children(recursive=True))
    return [server, *server.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    """Whether they have ended, and wait for nobody but who asks for their status."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)
    return False


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """A server with faults to call for, its address, and its log."""
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "tests.server.faulty", str(port), str(SILENCE)]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=sink)
    until(lambda: b"The dashboards are at" in log.read_bytes())
    yield process, f"http://localhost:{port}/fault/", log
    process.kill()
    process.wait()


def call(address: str) -> None:
    """Ask for what is never answered."""
    with contextlib.suppress(OSError):
        urllib.request.urlopen(address, timeout=PATIENCE).close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("silent", "its loop has been silent for"),
        ("greedy", "more than the 512 MB of --server-memory"),
        pytest.param(
            "deaf",
            "faulty.py",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(sys.platform == "win32", reason="there are no timers of that kind"),
            ],
        ),
    ],
)
def test_a_server_beyond_help_ends_itself(
    faulty: tuple[subprocess.Popen[bytes], str, Path], fault: str, said: str
) -> None:
    process, address, log = faulty
    processes = family(psutil.Process(process.pid))
    threading.Thread(target=call, args=(address + fault,), daemon=True).start()
    status = process.wait(PATIENCE)
    assert status == (-signal.SIGPROF if fault == "deaf" else watchdog.STATUS)
    until(lambda: gone(processes), 5)
    lines = log.read_text().splitlines()
    assert said in "\n".join(lines)
    assert "Traceback" not in "\n".join(lines)
    if fault != "deaf":
        assert len(lines) == 3  # "Starting.", the address, and this


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is meant")
def test_a_server_ends_with_who_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "quadviz", "dashboard", "--no-browser", "--with-parent", "--port"]
    script = f"import subprocess; subprocess.run({[*command, str(free_port())]!r})"
    log = tmp_path / "log"
    with log.open("wb") as sink:
        parent = subprocess.Popen([sys.executable, "-c", script], stdout=sink, stderr=sink)
    until(lambda: b"The dashboards are at" in log.read_bytes())
    (server,) = psutil.Process(parent.pid).children()
    processes = family(server)
    parent.kill()
    parent.wait()
    until(lambda: gone(processes), 10)
    assert "the process that started it is gone" in log.read_text()


def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What watchdogs end the server for from now on, instead of doing so."""
    reasons: list[str] = []

    def end(dog: Watchdog, trouble: str) -> None:
        reasons.append(trouble)
        dog.stop()

    monkeypatch.setattr(Watchdog, "_end", end)
    monkeypatch.setattr(watchdog, "ROUND", 0.02)
    return reasons


def test_a_machine_that_slept_was_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock has gone on for an hour, and this thread has not been run once: nobody is to blame."""
    reasons, slept = ended(monkeypatch), [0.0]
    clock = time.monotonic
    monkeypatch.setattr(watchdog, "SILENCE", 1.0)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: clock() + slept[0])

    async def serve() -> None:
        dog = Watchdog(asyncio.get_running_loop())
        dog.start()
        await asyncio.sleep(0.1)
        slept[0] = 3600.0
        await asyncio.sleep(0.3)
        assert reasons == []
        time.sleep(1.5)  # the loop is silent
        dog.join(5)

    asyncio.run(serve())
    assert len(reasons) == 1
    assert "silent" in reasons[0] and "test_watchdog.py" in reasons[0]


def test_a_process_that_takes_another_s_number_is_not_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = ended(monkeypatch)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    loop = asyncio.new_event_loop()
    dogs = [Watchdog(loop, parent=starter()), Watchdog(loop, parent=psutil.Process(stranger.pid))]
    for dog in dogs:
        dog.start()
    dogs[1].join(5)
    assert reasons == ["the process that started it is gone"]
    assert dogs[0].is_alive()
    dogs[0].stop()
    stranger.kill()
    stranger.wait()
    loop.close()
    assert os.getppid() == starter().pid
