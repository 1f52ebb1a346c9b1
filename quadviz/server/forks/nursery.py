"""The server's side of the warmed process: it is started, asked for kernels, started anew when it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TypeAlias

import psutil

from quadviz.server.forks.bounds import adopt_orphans
from quadviz.server.forks.child import ONE_THREAD, Order

__all__ = ["Forked", "Nursery", "Unavailable"]

#: Seconds until the warmed process must have imported what it needs, and until it must have forked.
_START, _FORK = 30.0, 20.0
#: Seconds from the end of a warmed process to the next: twice as long each time, until one lives for a while.
_PAUSE, _LONGEST, _STEADY = 1.0, 300.0, 60.0
#: Seconds from one look whether it lives to the next.
_LOOK = 0.5
#: Seconds from one look for processes that kernels left behind to the next.
_ROUND = 5.0
_COMMAND = (sys.executable, "-P", "-m", "quadviz.server.forks.process")
#: Threads of linear algebra that are there before a fork would be missing after it. The debugger that a
#: kernel imports, and no page uses, would warn of Python's own modules.
_ALONE = {**ONE_THREAD, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}

_Line: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Unavailable(Exception):  # noqa: N818 - no error: a kernel starts some other way
    """There is no warmed process to fork just now."""


class Forked:
    """A forked kernel's process, with what Jupyter uses of :class:`subprocess.Popen`.

    Args:
        pid: its number; it is a child of this process.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it lives."""
        return self._look(os.WNOHANG)

    def wait(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._look(0)

    def _look(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                found, status = os.waitpid(self.pid, how)
            except ChildProcessError:  # somebody else has asked
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if found else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Forks kernels of a process that is kept for it.

    Attributes:
        process: the warmed process, where there is one.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        #: The line to it: to come while it starts, refused while there is none.
        self._line: asyncio.Future[_Line] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._turn = asyncio.Lock()

    async def fork(self, arguments: Sequence[str], env: Mapping[str, str], cwd: str, memory: int) -> Forked:
        """A new kernel.

        Args:
            arguments: of ipykernel's command line.
            env: its environment, whole.
            cwd: the folder to work in.
            memory: mebibytes that it may fill, 0 for no limit.

        Raises:
            Unavailable: if there is no process to fork just now.
        """
        asking = asyncio.create_task(self._ask(Order(arguments, env, cwd, memory, os.getpid())))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            asking.add_done_callback(_abandon)  # the answer is nobody else's
            raise

    def end(self) -> None:
        """Kill the warmed process, and start no more. Its kernels live on."""
        for task in self._tasks:
            task.cancel()
        self._kill()
        if self.process is not None:
            self.process.wait()

    async def _ask(self, order: Order) -> Forked:
        async with self._turn:
            reader, writer = await asyncio.shield(self._line or self._begin())
            answer = b""
            with suppress(OSError, asyncio.TimeoutError):
                writer.write(json.dumps(asdict(order)).encode() + b"\n")
                answer = await asyncio.wait_for(reader.readline(), _FORK)
            if not answer:
                self._kill()
        word = json.loads(answer or '{"error": "it has ended"}')
        if "error" in word:
            raise Unavailable(word["error"])
        return Forked(word["pid"])

    def _begin(self) -> asyncio.Future[_Line]:
        if sys.platform == "linux" and adopt_orphans():
            self._line = line = asyncio.get_running_loop().create_future()
            self._tasks = [asyncio.create_task(self._keep(line)), asyncio.create_task(_bury_orphans())]
        else:
            self._line = _refused("this system does not hand processes on")
            _say("kernels are started as fresh interpreters, for they are forked on Linux only.")
        return self._line

    async def _keep(self, line: asyncio.Future[_Line]) -> None:
        """Have a warmed process, for ever."""
        pause, told = _PAUSE, False
        while True:
            began = time.monotonic()
            status = await self._live(line)
            self._line = _refused("there is none until the next is started")
            pause = _PAUSE if time.monotonic() - began > _STEADY else min(2 * pause, _LONGEST)
            await asyncio.sleep(pause)
            if not told:  # and not at once: the whole server may be on its way out
                told = True
                _say(
                    f"the process that kernels are forked from ended, with status {status}. "
                    "It is started anew each time; meanwhile kernels are started as fresh interpreters."
                )
            self._line = line = asyncio.get_running_loop().create_future()

    async def _live(self, line: asyncio.Future[_Line]) -> int:
        """One life of the warmed process; its status."""
        ours, theirs = socket.socketpair()
        env = {**os.environ, **_ALONE}
        with theirs:
            self.process = process = subprocess.Popen(  # noqa: S603 - our own command
                _COMMAND, stdin=theirs.fileno(), env=env, start_new_session=True
            )
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            ready = b""
            with suppress(OSError, asyncio.TimeoutError):
                ready = await asyncio.wait_for(reader.readline(), _START)
            if ready:
                line.set_result((reader, writer))
            else:
                self._kill()
                line.set_exception(Unavailable("it did not start"))
                line.exception()  # maybe nobody waits for it
            while (status := process.poll()) is None:
                await asyncio.sleep(_LOOK)
            return status
        finally:
            writer.close()

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()


def _refused(why: str) -> asyncio.Future[_Line]:
    line: asyncio.Future[_Line] = asyncio.get_running_loop().create_future()
    line.set_exception(Unavailable(why))
    line.exception()  # maybe nobody asks
    return line


def _abandon(asking: asyncio.Task[Forked]) -> None:
    if not asking.cancelled() and asking.exception() is None:
        asking.result().kill()


def _say(line: str) -> None:
    print(f"quadviz dashboard: {line}", file=sys.stderr, flush=True)


async def _bury_orphans() -> None:
    """Ask for the status of what kernels have left behind, which this process has adopted too.

    A kernel leads a session of its own, and is asked about by its manager; what it started is of its session.
    """
    own = os.getsid(0)
    while True:
        await asyncio.sleep(_ROUND)
        for child in psutil.Process().children():
            with suppress(OSError, psutil.Error):
                if child.status() == psutil.STATUS_ZOMBIE and os.getsid(child.pid) not in (child.pid, own):
                    os.waitpid(child.pid, os.WNOHANG)
