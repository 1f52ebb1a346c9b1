"""A thread beside the server's loop, which ends the server where that is better than going on."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

__all__ = ["Watchdog", "prepare", "starter"]

#: The exit status of a server that ended itself: systemd, or a container, starts it anew.
STATUS = 70
#: Seconds that the loop may be silent.
SILENCE = 20.0
#: Seconds from one look to the next.
ROUND = 1.0
#: Seconds of computing, in all threads, during which this thread was not let run once: a call that never lets
#: another thread run. Seconds by the clock would be wrong for a machine asleep and a container on hold.
_DEAF = 40.0
_MEBIBYTE = 2**20


def starter() -> psutil.Process:
    """The process that started this one, to be asked for early: later it may be gone."""
    return psutil.Process(os.getppid())


class Watchdog(threading.Thread):
    """Ends the server when its loop falls silent, its memory grows beyond a limit, or its starter is gone.

    It kills the kernels, says in one line why, and exits without asking the loop, which may never answer.

    Silence is counted in rounds of this thread, none longer than two: a machine that slept, or was too busy
    to run this thread, says nothing about the loop.

    Args:
        loop: the server's loop.
        memory: mebibytes that the server itself may take, without its kernels; 0 for no limit.
        parent: the process to end with, if any.
        clear: what else to do before the end, which must not need the loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        memory: int = 0,
        parent: psutil.Process | None = None,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._loop = loop
        self._memory = memory
        self._parent = parent
        self._clear = clear
        self._silence = 0.0
        self._over = threading.Event()
        self._server = threading.get_ident()

    def run(self) -> None:
        """Look once a round, until the server ends by itself."""
        looked = time.monotonic()
        self._ask()
        while not self._over.wait(ROUND):
            _stay_alert(_DEAF)
            now = time.monotonic()
            self._silence += min(now - looked, 2 * ROUND)
            looked = now
            if trouble := self._trouble():
                self._end(trouble)
            self._ask()

    def stop(self) -> None:
        """Watch no more: the server is ending."""
        self._over.set()
        _stay_alert(0)

    def _ask(self) -> None:
        with suppress(RuntimeError):  # the loop is closed, and the server about to end
            self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._silence = 0.0

    def _trouble(self) -> str | None:
        if self._parent is not None and not _lives(self._parent):
            return "the process that started it is gone"
        taken = psutil.Process().memory_info().rss // _MEBIBYTE
        if 0 < self._memory < taken:
            return f"it takes {taken} MB, more than the {self._memory} MB of --server-memory"
        if self._silence >= SILENCE:
            return f"its loop has been silent for {self._silence:.0f} s, at {self._whereabouts()}"
        return None

    def _whereabouts(self) -> str:
        frame = sys._current_frames().get(self._server)
        return "an unknown place" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def _end(self, trouble: str) -> None:
        with suppress(Exception):
            kill_children()
            self._clear()
        # What reads the log may be stuck as well.
        line = f"quadviz dashboard: the server ends itself, as {trouble}.\n".encode()
        telling = threading.Thread(target=os.write, args=(2, line), daemon=True)
        telling.start()
        telling.join(1)
        os._exit(STATUS)


def kill_children() -> None:
    """Kill every process of this one's, those too that are started meanwhile."""
    for _ in range(10):
        children = psutil.Process().children(recursive=True)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        if not psutil.wait_procs(children, timeout=1)[1] and not psutil.Process().children():
            return


def _lives(parent: psutil.Process) -> bool:
    """Whether it is still there; elsewhere than on Windows its children are handed on when it ends."""
    there: bool = parent.is_running()
    return there and (sys.platform == "win32" or os.getppid() == parent.pid)


def _stay_alert(seconds: float) -> None:
    """Have the system end this process, and its kernels with it, unless this is called again in time.

    For what keeps Python from running this thread at all: an endless call in C, of a regular expression say.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def prepare() -> None:
    """Have the log say where the server was when the system ended it."""
    if sys.platform != "win32":
        faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)
    _stay_alert(_DEAF)
