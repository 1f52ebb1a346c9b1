"""However a server ends, the process that it forks kernels from ends with it, and so do they."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import psutil
import pytest

from quadviz.server.forks import nursery
from tests.conftest import StartDashboards, free_port
from tests.server.test_watchdog import gone, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are not forked elsewhere")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
@pytest.mark.parametrize("kernels", [0, 3])
def test_nothing_survives_the_server(
    start_dashboards: StartDashboards, number: signal.Signals, kernels: int
) -> None:
    with start_dashboards("--no-browser", "--port", str(free_port())) as running:
        server = psutil.Process(running.process.pid)
        until(lambda: len(server.children()) > kernels)
        family = server.children(recursive=True)
        assert "quadviz.server.forks.process" in family[0].cmdline()
        running.process.send_signal(number)
        running.process.wait(30)
        until(lambda: gone(family), 10)


def test_the_warmed_process_ends_with_its_line_and_not_with_what_a_terminal_sends() -> None:
    """A server may be gone before the system can be asked to tell of it."""
    ours, theirs = socket.socketpair()
    with theirs:
        warmed = subprocess.Popen(nursery._COMMAND, stdin=theirs.fileno())
    with ours:
        assert b"ready" in ours.recv(100)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            warmed.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            warmed.wait(0.5)
    assert warmed.wait(30) == 0
