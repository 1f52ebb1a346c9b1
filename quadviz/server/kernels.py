"""Kernels that live as long as their page, start in turn, and keep to their share of the memory."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
import uuid
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psutil
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Bool, Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler

from quadviz.server.forks.child import ONE_THREAD
from quadviz.server.forks.nursery import Nursery
from quadviz.server.forks.provisioner import register
from quadviz.server.interpreter import OWN_STARTUP

__all__ = ["VISIT", "PageKernelManager", "Visit"]

# What a fresh interpreter bounds itself by. The thread that starts kernels lives as long as the server does.
_BOUNDS = "from quadviz.server.forks import bounds; bounds.leash({parent}); bounds.cap({memory})"
_STANDING_BACK = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10


class Visit:
    """A request for a page for which no kernel was waiting.

    Attributes:
        over: done when the page has been written, its reader has gone, or its kernel has died.
        start: the kernel on its way; to cancel it is to leave the queue.
        kernel_id: that kernel's name.
        due: by the loop's clock, when the page must be whole; nobody counts while it waits for its turn.
    """

    def __init__(self) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.start: asyncio.Task[Any] | None = None
        self.kernel_id = ""
        self.due: float | None = None

    @property
    def hopeless(self) -> bool:
        """Whether the page will never be whole: it was given up, or its kernel failed to start."""
        return self.over.done() or (self.start is not None and _failed(self.start))

    def end(self, *, gone: bool = False) -> None:
        """Let the next one have its turn."""
        if not self.over.done():
            self.over.set_result(None)
        if gone and self.start is not None:
            self.start.cancel()


#: The visit that a kernel is started for; none where one is started ahead of a visit.
VISIT: ContextVar[Visit | None] = ContextVar("VISIT", default=None)


class PageKernelManager(AsyncMappingKernelManager):
    """Kernels that live as long as their page.

    Jupyter's culler counts from a kernel's last activity. For a preheated kernel that may be hours ago, so
    it could take the kernel from a page that is just loading; and it spares a busy kernel nobody watches.
    Here the time counts from the round of culling that first finds the kernel without a page. Kernels that
    wait in Voila's pool are never asked about.

    When many people arrive at once, each core starts one page at a time: all would be as late as the last
    otherwise, and later than Jupyter waits for a kernel. Pages that have been there for a while stand back
    for those that come, or the last to arrive would wait for as long as the others play.
    """

    memory = Integer(0, config=True, help="Mebibytes that a kernel may fill, 0 for any number of them.")
    max_pages = Integer(0, config=True, help="Pages that may be open at once, 0 for any number of them.")

    patience = Float(
        60.0, config=True, help="Seconds that a kernel may take for its page, before it is ended."
    )
    fresh = Bool(False, config=True, help="Whether kernels are started as fresh interpreters, not by a fork.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # Jupyter's has no types
        #: Voila's: for each notebook the kernels started ahead of a visit.
        self._pools: dict[str, list[asyncio.Task[Any]]] = {}
        self._alone: dict[str, float] = {}
        self._alone_before: dict[str, float] = {}
        self._settled: set[str] = set()
        self._turns = asyncio.Semaphore(os.cpu_count() or 1)
        self._under_way: set[Visit] = set()
        self._queue: dict[str, asyncio.Task[Any]] = {}
        self._clearing: set[asyncio.Future[None]] = set()
        self._visits: dict[str, Visit] = {}
        #: Pages whose kernels ended, or did not start, before they were visited.
        self._failures: list[str] = []
        #: What kernels are forked of, where they are.
        self.nursery = None if self.fresh else Nursery()
        register()

    @property
    def full(self) -> bool:
        """Whether there are as many pages as there may be; kernels waiting for a visit do not count."""
        return 0 < self.max_pages <= len(self._queue) + len(self._kernels) - self._waiting()

    @property
    def busy(self) -> bool:
        """Whether a page is loading that found no kernel waiting."""
        return bool(self._queue or self._under_way)

    async def end(self) -> None:
        """Kill all kernels, and start no more; one that is starting can be killed once it has started."""
        if self.nursery:
            self.nursery.end()
        for start in tuple(self._queue.values()):
            start.cancel()
        ahead = [start for pool in self._pools.values() for start in pool if not start.done()]
        if starting := [*ahead, *self._pending_kernels.values()]:
            await asyncio.wait(starting, timeout=3)
        # What hangs is left to itself, as a kernel ends with its parent; Jupyter and Voila would wait for it.
        for start in ahead:
            start.cancel()
        for pool in self._pools.values():
            pool[:] = [start for start in pool if start.done() and not _failed(start)]
        self._pending_kernels.clear()
        ids = self.list_kernel_ids()
        ends = asyncio.gather(*(self.shutdown_kernel(each) for each in ids), return_exceptions=True)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(ends, timeout=5)
        # Jupyter fails to shut down one that has only just begun to start, or waits for it without end.
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def watched(self, kernel_id: str) -> bool:
        """Whether a page has its line to the kernel."""
        return bool(self._kernel_connections.get(kernel_id))

    def drop_failures(self) -> None:
        """Forget kernels that were started ahead of a visit and failed to; Voila would hand them out."""
        for page, pool in self._pools.items():
            self._failures += [page for starting in pool if _failed(starting)]
            pool[:] = [starting for starting in pool if not _failed(starting)]

    def take_failures(self) -> list[str]:
        """The pages whose kernels ended, or did not start, before they were visited, since this was asked."""
        failures, self._failures = self._failures, []
        return failures

    def give_up(self, kernel_id: str) -> None:
        """End a kernel that does not answer, or has ended by itself."""
        for page, pool in self._pools.items():
            done = [each.result() for each in pool if each.done() and not _failed(each)]
            self._failures += [page for each in done if each["kernel_id"] == kernel_id]
        if kernel_id in self:
            clearing = asyncio.ensure_future(self.shutdown_kernel(kernel_id))
            self._clearing.add(clearing)
            clearing.add_done_callback(self._clearing.discard)

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]  # as Jupyter's own
        """Start a kernel, quickly; one for a visit has its name now and starts when its turn has come."""
        visit = VISIT.get()
        if visit is None:
            return await self._start(**kwargs)
        visit.kernel_id = kernel_id = str(uuid.uuid4())
        visit.start = asyncio.create_task(self._start_in_turn(visit, kernel_id, kwargs))
        self._queue[kernel_id] = visit.start
        visit.start.add_done_callback(lambda _start: self._queue.pop(kernel_id, None))
        return kernel_id

    def get_kernel(self, kernel_id: str) -> Any:
        """The kernel, or where it waits for its turn, what will become it."""
        return self._queue.get(kernel_id) or super().get_kernel(kernel_id)

    async def _start_in_turn(self, visit: Visit, kernel_id: str, kwargs: dict[str, Any]) -> Any:
        await self._turns.acquire()
        self._queue.pop(kernel_id, None)
        self._under_way.add(visit)
        visit.due = asyncio.get_running_loop().time() + self.patience
        self._visits[kernel_id] = visit
        visit.over.add_done_callback(lambda _over: self._visits.pop(kernel_id, None))
        visit.over.add_done_callback(lambda _over: self._pass_on(visit))
        await self._start(kernel_id=kernel_id, **kwargs)
        return self.get_kernel(kernel_id)

    def _pass_on(self, visit: Visit) -> None:
        self._under_way.discard(visit)
        self._turns.release()

    async def _start(self, *, env: dict[str, str] | None = None, **kwargs: Any) -> str:
        alone = {"IPYTHONDIR": str(Path(self.connection_dir) / "ipython")} if self.connection_dir else {}
        kernel_id: str = await super().start_kernel(
            # Idle threads of twenty kernels would still spin and take memory.
            env={**ONE_THREAD, **(os.environ if env is None else env), **alone},
            extra_arguments=[*OWN_STARTUP],
            **kwargs,
        )
        return kernel_id

    def bounds(self) -> list[str]:
        """Options of a kernel started as a fresh interpreter that bound it; other systems have none."""
        line = _BOUNDS.format(parent=os.getpid(), memory=self.memory)
        return [f"--IPKernelApp.exec_lines={line}"] if sys.platform == "linux" else []

    async def shutdown_kernel(  # type: ignore[override]  # as Jupyter's own
        self, kernel_id: str, *_how: Any, **_more: Any
    ) -> None:
        """Kill a kernel, however Jupyter would have it end, and forget who asked for its page.

        It has nothing to save. Asked to end by itself, a busy one would keep its seat for seconds, and any
        may print an error as it ends: ipykernel closes its sockets while one of its threads still writes.
        """
        RequestInfoSocketHandler._cache.pop(kernel_id, None)
        self._settled.discard(kernel_id)
        await super().shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]  # as above

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """Clear up after a kernel that ended by itself.

        Jupyter would only forget it, with its sockets open and, if it was waiting, still to be handed out.
        """
        if visit := self._visits.get(kernel_id):
            visit.end()
        self.give_up(kernel_id)

    async def cull_kernels(self) -> None:
        """One round over all kernels; one not found alone in it starts afresh."""
        self._alone_before, self._alone = self._alone, {}
        _give_back()
        await super().cull_kernels()  # type: ignore[no-untyped-call]  # as above

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Shut the kernel down if it has had no page for ``cull_idle_timeout`` seconds."""
        if self.watched(kernel_id):
            self._stand_back(kernel_id)
            return
        now = time.monotonic()
        since = self._alone_before.get(kernel_id, now)
        if now - since >= self.cull_idle_timeout:
            await self.shutdown_kernel(kernel_id)
        else:
            self._alone[kernel_id] = since

    def _stand_back(self, kernel_id: str) -> None:
        """Lower the priority of a kernel that had a page in the last round too: its page has been drawn."""
        if kernel_id in self._settled:
            kernel: Any = self._kernels.get(kernel_id)
            with suppress(psutil.Error, AttributeError):  # it may be gone
                psutil.Process(kernel.provisioner.pid).nice(_STANDING_BACK)
        self._settled.add(kernel_id)

    def _waiting(self) -> int:
        return sum(
            starting.done() and not _failed(starting) for pool in self._pools.values() for starting in pool
        )


def _give_back() -> None:
    """Return to the system what a crowd took of the server's memory, and the allocator keeps for the next."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # of glibc
            ctypes.CDLL(None).malloc_trim(0)


def _failed(starting: asyncio.Task[Any]) -> bool:
    return starting.done() and (starting.cancelled() or starting.exception() is not None)
