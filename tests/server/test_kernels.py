from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.base import serialize_binary_message
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import websocket_connect

from quadviz.contents import PAGES
from quadviz.server import app as server
from quadviz.server import kernels as server_kernels
from quadviz.server import warm as server_waiting
from quadviz.server.handlers import _ChannelsHandler, _RequestInfoHandler
from quadviz.server.kernels import VISIT, PageKernelManager, Visit


def test_a_kernel_is_culled_when_its_page_has_been_gone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    connections, shut_down, clock = {"watched": 1, "left": 0, "loading": 0}, [], [0.0]

    async def shut(kernel_id: str, **_options: bool) -> None:
        shut_down.append(kernel_id)

    manager = PageKernelManager(cull_idle_timeout=60)
    manager._kernels = dict.fromkeys(connections)
    monkeypatch.setattr(server_kernels.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(manager, "_kernel_connections", connections)
    monkeypatch.setattr(manager, "shutdown_kernel", shut)

    async def rounds() -> None:
        await manager.cull_kernels()
        connections["loading"] = 1
        for clock[0] in (30, 59):
            await manager.cull_kernels()
            assert shut_down == []
        connections["loading"] = 0
        clock[0] = 60
        await manager.cull_kernels()

    asyncio.run(rounds())
    assert shut_down == ["left"]


def test_a_kernel_is_not_waited_for_when_its_page_goes() -> None:
    """One that does not answer would otherwise be killed only at the end of the time it is given."""

    async def leave() -> psutil.Process:
        manager = PageKernelManager()
        kernel = manager.get_kernel(await manager.start_kernel())
        kernel.shutdown_wait_time = 120
        process = psutil.Process(kernel.provisioner.pid)
        process.suspend()
        await asyncio.wait_for(manager.shutdown_kernel(kernel.kernel_id), 30)
        return process

    process = asyncio.run(leave())
    assert not process.is_running()


def test_kernels_start_one_after_another_and_every_page_has_one_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    under_way = [0]
    first, others = server.FIRST_PAGE, server.OTHER_PAGES

    class Manager:
        """Voila's pools, with kernels that take a moment to start and another to run their notebook."""

        kernel_pools_config = server._configuration(0, 0).VoilaKernelManager.kernel_pools_config

        def __init__(self) -> None:
            self._pools: dict[str, list[asyncio.Task[object]]] = {}
            for page in (first, *others):
                self.fill_if_needed(0, page)
            self.kernel_pools_config = server_waiting.NONE_WAITING

        busy, patience = False, 60.0

        def take_failures(self) -> list[str]:
            return []

        def drop_failures(self) -> None:
            """A kernel that failed to start is asked for once here."""

        def get_pool_size(self, page: str) -> int:
            return len(self._pools[page])

        def fill_if_needed(self, delay: float, notebook_name: str) -> None:
            assert delay == 0
            pools = self.kernel_pools_config
            size = pools.get(notebook_name, pools.get("default"))["pool_size"]
            pool = self._pools.setdefault(notebook_name, [])
            pool += [asyncio.create_task(self.start(notebook_name)) for _ in range(size - len(pool))]

        async def start(self, page: str) -> object:
            assert under_way == [0]
            under_way[0] += 1
            started.append(page)
            await asyncio.sleep(0)
            if page == others[0]:
                under_way[0] -= 1
                raise RuntimeError("this kernel does not start")
            return {"task": asyncio.create_task(self.run())}

        async def run(self) -> None:
            await asyncio.sleep(0.005)
            under_way[0] -= 1

    async def visit() -> None:
        manager = Manager()
        keeping = asyncio.create_task(server_waiting.keep_warm(manager, first, others))
        while len(started) < len(PAGES):
            await asyncio.sleep(0.005)
        assert started == [first, *others]
        manager._pools[others[1]].pop()
        while len(started) < len(PAGES) + 1:
            await asyncio.sleep(0.005)
        assert started[-1] == others[1]
        await asyncio.sleep(0.1)
        assert {page: len(pool) for page, pool in manager._pools.items()} == dict.fromkeys(
            (first, *others), 1
        )
        keeping.cancel()

    monkeypatch.setattr(server_waiting, "ROUND", 0.01)
    asyncio.run(asyncio.wait_for(visit(), 10))


def test_a_page_whose_kernels_always_end_is_given_one_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    started: dict[str, list[float]] = {"well": [], "ill": []}

    class Manager:
        """Kernels of one page end at once."""

        busy, patience, kernel_pools_config = False, 60.0, server_waiting.NONE_WAITING

        def __init__(self) -> None:
            self._pools: dict[str, list[asyncio.Task[object]]] = {"well": [], "ill": []}
            self.failures: list[str] = []

        def drop_failures(self) -> None:
            """They start well."""

        def take_failures(self) -> list[str]:
            taken, self.failures = self.failures, []
            return taken

        def get_pool_size(self, page: str) -> int:
            return len(self._pools[page])

        def fill_if_needed(self, notebook_name: str, **_: float) -> None:
            started[notebook_name].append(time.monotonic())
            if notebook_name == "ill":
                self.failures.append("ill")
            else:
                self._pools["well"].append(asyncio.create_task(asyncio.sleep(0, {"task": self.done()})))

        def done(self) -> asyncio.Task[None]:
            return asyncio.create_task(asyncio.sleep(0))

    async def keep() -> None:
        keeping = asyncio.create_task(server_waiting.keep_warm(Manager(), "well", ["ill"]))
        while len(started["ill"]) < 5:
            await asyncio.sleep(0.01)
        keeping.cancel()

    monkeypatch.setattr(server_waiting, "ROUND", 0.02)
    asyncio.run(asyncio.wait_for(keep(), 30))
    pauses = [later - sooner for sooner, later in pairwise(started["ill"])]
    assert all(later > 1.3 * sooner for sooner, later in pairwise(pauses))
    assert len(started["well"]) == 1
    assert capfd.readouterr().err.count("ended before it was visited") == 1


def test_failures_ahead_of_a_visit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        manager, shut = PageKernelManager(), []
        monkeypatch.setattr(manager, "_kernels", {"dies": None})

        async def shutdown(kernel_id: str) -> None:
            shut.append(kernel_id)

        monkeypatch.setattr(manager, "shutdown_kernel", shutdown)
        died = SimpleNamespace(**vars(waiting()), result=lambda: {"kernel_id": "dies"})
        manager._pools = {"one": [waiting(failure=RuntimeError())], "two": [died], "three": []}
        manager.drop_failures()
        manager._handle_kernel_died("dies")
        await asyncio.sleep(0.01)
        assert manager.take_failures() == ["one", "two"]
        assert manager.take_failures() == []
        assert shut == ["dies"]

    asyncio.run(fail())


def waiting(*, done: bool = True, failure: Exception | None = None) -> Any:
    """A kernel started ahead of a visit, as Voila keeps it."""
    return SimpleNamespace(done=lambda: done, cancelled=lambda: False, exception=lambda: failure)


def test_kernels_that_wait_take_no_seat() -> None:
    manager = PageKernelManager(max_pages=2)
    manager._kernels = dict.fromkeys(["waiting", "visited"])
    manager._pools = {"page": [waiting(), waiting(done=False), waiting(failure=RuntimeError())]}
    assert not manager.full
    manager._kernels["another"] = None
    assert manager.full
    assert not PageKernelManager(max_pages=0).full


def test_kernels_that_failed_to_start_are_not_handed_out() -> None:
    manager, well, coming = PageKernelManager(), waiting(), waiting(done=False)
    manager._pools = {"page": [waiting(failure=RuntimeError()), well, coming]}
    manager.drop_failures()
    assert manager._pools == {"page": [well, coming]}


def test_visitors_without_a_kernel_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    async def start(self: PageKernelManager, *, kernel_id: str, **_options: str) -> str:
        started.append(kernel_id)
        self._kernels[kernel_id] = kernel_id
        return kernel_id

    async def arrive(manager: PageKernelManager) -> tuple[Visit, str]:
        visit = Visit()
        VISIT.set(visit)
        return visit, await manager.start_kernel()

    async def room() -> None:
        manager = PageKernelManager(max_pages=3)
        monkeypatch.setattr(PageKernelManager, "_start", start)
        (first, one), (second, two), (third, three) = [
            await asyncio.create_task(arrive(manager)) for _ in range(3)
        ]
        assert manager.full
        assert await ensure_async(manager.get_kernel(one)) == one
        assert started == [one]
        second.end(gone=True)
        first.end()
        assert await ensure_async(manager.get_kernel(three)) == three
        assert started == [one, three]
        assert two not in manager._queue
        assert manager.busy
        third.end()
        await asyncio.sleep(0)
        assert not manager.busy
        assert not manager.full

    monkeypatch.setattr(server_kernels.os, "cpu_count", lambda: 1)
    asyncio.run(asyncio.wait_for(room(), 10))


def test_a_message_for_nobody_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed in Jupyter's old format, as it is where nobody listens, it made Voila count to 10^17."""

    def read(*_: object) -> None:
        pytest.fail("the message was read")

    parent = next(kind for kind in _ChannelsHandler.__mro__[1:] if "write_message" in vars(kind))
    monkeypatch.setattr(parent, "write_message", read)
    handler = object.__new__(_ChannelsHandler)
    handler.ws_connection = None
    parts = {"header": {"msg_type": "comm_msg"}, "parent_header": {}, "metadata": {}, "content": {}}
    message = serialize_binary_message({**parts, "channel": "iopub", "buffers": [b"x" * 800]})
    assert handler.write_message(message, binary=True) is None


@pytest.mark.parametrize("watched", [False, True])
def test_a_word_kept_for_a_kernel_is_told_once(watched: bool) -> None:
    """The second who asks for it is not the kernel, nor is who asks when the page is there."""

    class Manager(set[str]):
        def watched(self, _kernel: str) -> bool:
            return watched

    async def ask() -> tuple[str | bytes | None, str | bytes | None]:
        server = HTTPServer(Application([("/(.*)", _RequestInfoHandler)], kernel_manager=Manager({"kernel"})))
        sockets = bind_sockets(0, "localhost")
        server.add_sockets(sockets)
        _RequestInfoHandler.send_updates({"kernel_id": "kernel", "payload": "for the kernel"})
        heard = []
        for _ in range(2):
            line = await websocket_connect(f"ws://localhost:{sockets[0].getsockname()[1]}/kernel")
            await line.write_message("hello")
            heard.append(await asyncio.wait_for(line.read_message(), 10))
            line.close()
            await asyncio.sleep(0.1)
        server.stop()
        await server.close_all_connections()
        return heard[0], heard[1]

    assert asyncio.run(ask()) == (None if watched else "for the kernel", None)
