"""Forked kernels: each by itself as a fresh interpreter is, the server's own children, and gone with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Collection
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from quadviz.server.forks import nursery as nurseries
from quadviz.server.forks.nursery import Forked
from quadviz.server.kernels import PageKernelManager
from tests.server.managed import kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are not forked elsewhere")

MEMORY = 1024
#: What must differ between two kernels, as each says it.
SECRETS = """
import json, os, random, secrets, tempfile, uuid
import numpy as np
session = get_ipython().kernel.session
print(json.dumps({
    "numpy": np.random.random(), "generator": np.random.default_rng().random(), "python": random.random(),
    "uuid4": str(uuid.uuid4()), "uuid1": str(uuid.uuid1()), "secret": secrets.token_hex(),
    "folder": tempfile.mkdtemp(), "key": session.key.decode(), "session": session.session,
    "pid": os.getpid(),
}))
"""
#: What it is as a process.
SELF = """
import asyncio, ctypes, gc, json, os, resource, signal, sys, threading
told = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(told))
print(json.dumps({
    "parent": os.getppid(), "session": os.getsid(0), "group": os.getpgid(0), "pid": os.getpid(),
    "death": told.value, "cwd": os.getcwd(), "word": os.environ.get("WORD"), "stdin": os.read(0, 1).decode(),
    "limit": resource.getrlimit(resource.RLIMIT_DATA)[0], "argv": sys.argv, "collects": gc.isenabled(),
    "term": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, "masked": len(signal.pthread_sigmask(0, [])),
    "main": sys.modules["__main__"].__name__, "threads": sorted(t.name for t in threading.enumerate()),
    "files": [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
              if os.path.islink(f"/proc/self/fd/{n}")],
}))
"""


async def said(manager: PageKernelManager, kernel: str, code: str) -> str:
    """What a kernel prints when it runs some code, or the name of the error."""
    client = manager.get_kernel(kernel).client()
    client.start_channels()
    try:
        await client.wait_for_ready(60)
        heard: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            heard.append(content.get("text", content.get("ename", "")))

        await client.execute_interactive(code, output_hook=hear, timeout=60)
        return "".join(heard)
    finally:
        client.stop_channels()


async def within(seconds: float, condition: Callable[[], object]) -> None:
    for _ in range(int(20 * seconds)):
        if condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not happen")


def run(work: Awaitable[None]) -> None:
    async def whole() -> None:
        await asyncio.wait_for(work, 120)

    asyncio.run(whole())


def process(manager: PageKernelManager, kernel: str) -> Any:
    """What Jupyter has for the kernel's process."""
    return manager.get_kernel(kernel).provisioner.process


def files_of(pid: int, names: Collection[str] = ()) -> set[str]:
    """What a process has open, all or by number."""
    return {str(f.readlink()) for f in Path(f"/proc/{pid}/fd").iterdir() if not names or f.name in names}


def warmed(manager: PageKernelManager) -> psutil.Process:
    assert manager.nursery is not None and manager.nursery.process is not None
    return psutil.Process(manager.nursery.process.pid)


def test_two_forks_share_nothing_that_a_fresh_kernel_has_for_itself(tmp_path: Path) -> None:
    async def look() -> None:
        async with kernels(memory=MEMORY) as manager:
            env = {**os.environ, "WORD": "for this kernel"}
            names = [await manager.start_kernel(env=env, cwd=str(tmp_path)) for _ in range(2)]
            assert all(isinstance(process(manager, name), Forked) for name in names)
            one, other = [json.loads(await said(manager, name, SECRETS)) for name in names]
            assert {name for name in one if one[name] == other[name]} == set()
            for name, secrets in zip(names, (one, other), strict=True):
                assert secrets["key"] == manager.get_kernel(name).session.key.decode()
            selves = [json.loads(await said(manager, name, SELF)) for name in names]
            for kernel in selves:
                assert kernel["parent"] == os.getpid()
                assert kernel["pid"] == kernel["session"] == kernel["group"]
                assert kernel["death"] == signal.SIGKILL
                assert (kernel["cwd"], kernel["word"], kernel["stdin"]) == (
                    str(tmp_path),
                    "for this kernel",
                    "",
                )
                assert kernel["limit"] == MEMORY * 2**20
                assert kernel["argv"][:2] == ["ipykernel_launcher", "-f"]
                assert kernel["main"] == "__main__"
                assert kernel["collects"] and kernel["term"] and not kernel["masked"]
            # Whatever leads to somebody else, a socket, a pipe, an epoll, is its own; what it prints is not.
            files = [{file for file in kernel["files"] if "[" in file} for kernel in selves]
            streams = files_of(os.getpid(), {"1", "2"})
            assert files[0] & files[1] - streams <= {"anon_inode:[eventpoll]", "anon_inode:[eventfd]"}
            of_warmed = files_of(warmed(manager).pid)
            assert any(file.startswith("socket:") for file in of_warmed)
            assert not (files[0] | files[1]) & {f for f in of_warmed if f.startswith("socket:")}

    run(look())


def test_linear_algebra_has_the_threads_it_is_given_after_the_fork() -> None:
    product = """
import json, numpy as np, threadpoolctl
a = np.random.default_rng(0).standard_normal((700, 700))
error = np.abs(a @ a - np.einsum("ij,jk->ik", a, a)).max()
counts = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps([bool(error < 1e-9), sorted(set(counts))]))
"""

    async def look() -> None:
        async with kernels() as manager:
            for threads in ("1", "2"):
                env = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
                name = await manager.start_kernel(env=env)
                assert json.loads(await said(manager, name, product)) == [True, [int(threads)]]
            assert warmed(manager).num_threads() == 1

    run(look())


def test_the_server_sees_a_forked_kernel_end_as_it_sees_others() -> None:
    async def look() -> None:
        async with kernels() as manager:
            name = await manager.start_kernel()
            kernel = manager.get_kernel(name)
            assert await kernel.is_alive()
            interrupted = asyncio.create_task(said(manager, name, "print(7)\nwhile True: pass"))
            await asyncio.sleep(3)
            await manager.interrupt_kernel(name)
            assert "KeyboardInterrupt" in await interrupted
            before = process(manager, name)
            await manager.restart_kernel(name)
            # Asked to, it ends by itself; where that takes Jupyter too long, it is told to.
            assert before.poll() in (0, -signal.SIGTERM)
            assert process(manager, name).pid != before.pid
            assert await said(manager, name, "print(7)") == "7\n"
            ending = process(manager, name)
            client = kernel.client()
            client.start_channels()
            client.execute("import os; os._exit(3)")
            await within(10, lambda: ending.poll() is not None)
            client.stop_channels()
            assert ending.poll() == 3

    run(look())


@pytest.mark.slow
def test_a_new_process_is_warmed_when_one_ended_and_kernels_live_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nurseries, "_PAUSE", 3.0)

    async def look() -> None:
        async with kernels() as manager:
            first = await manager.start_kernel()
            assert manager.nursery is not None
            for _ in range(2):
                ended = warmed(manager)
                ended.kill()
                await within(10, lambda ended=ended: not ended.is_running())
                between = await manager.start_kernel()
                assert not isinstance(process(manager, between), Forked)
                assert await said(manager, between, "print(7)") == "7\n"
                await within(30, lambda ended=ended: manager.nursery.process.pid != ended.pid)
                assert isinstance(process(manager, await manager.start_kernel()), Forked)
            assert await said(manager, first, "print(7)") == "7\n"

    run(look())
    assert capfd.readouterr().err.count("the process that kernels are forked from ended") == 1


@pytest.mark.slow
def test_where_none_starts_kernels_are_fresh_and_it_is_tried_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    starts: list[float] = []

    async def look() -> None:
        live = nurseries.Nursery._live

        async def count(nursery: nurseries.Nursery, line: Any) -> int:
            starts.append(asyncio.get_running_loop().time())
            return await live(nursery, line)

        monkeypatch.setattr(nurseries.Nursery, "_live", count)
        async with kernels() as manager:
            for _ in range(2):
                name = await manager.start_kernel()
                assert await said(manager, name, "print(7)") == "7\n"
                assert not isinstance(process(manager, name), Forked)
            await within(30, lambda: len(starts) == 5)

    monkeypatch.setattr(nurseries, "_COMMAND", ("false",))
    monkeypatch.setattr(nurseries, "_PAUSE", 0.5)
    monkeypatch.setattr(nurseries, "_LOOK", 0.01)
    run(look())
    pauses = [later - sooner for sooner, later in pairwise(starts)]
    assert all(later > 1.4 * sooner for sooner, later in pairwise(pauses))
    assert capfd.readouterr().err.count("ended, with status 1") == 1


@pytest.mark.parametrize(("name", "answer"), [("adopt_orphans", lambda: False), ("sys", SimpleNamespace)])
def test_on_other_systems_kernels_are_fresh_and_the_log_says_so_once(
    name: str, answer: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = SimpleNamespace(platform="darwin", stderr=sys.stderr)
    monkeypatch.setattr(nurseries, name, elsewhere if name == "sys" else answer)

    async def look() -> None:
        async with kernels() as manager:
            for _ in range(2):
                kernel = await manager.start_kernel()
                assert not isinstance(process(manager, kernel), Forked)
            assert await said(manager, kernel, "print(7)") == "7\n"
            assert manager.nursery is not None and manager.nursery.process is None

    run(look())
    assert capfd.readouterr().err.count("forked on Linux only") == 1


def test_a_process_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nurseries, "_FORK", 0.5)

    async def look() -> None:
        async with kernels() as manager:
            await manager.start_kernel()
            hanging = warmed(manager)
            hanging.suspend()
            name = await manager.start_kernel()
            assert not isinstance(process(manager, name), Forked)
            await within(10, lambda: not hanging.is_running())

    run(look())


def test_a_kernel_nobody_waits_for_any_more_is_ended() -> None:
    async def look() -> None:
        async with kernels() as manager:
            await manager.start_kernel()
            before = {child.pid for child in psutil.Process().children()}
            assert manager.nursery is not None
            asking = asyncio.create_task(manager.nursery.fork(["-f", "none"], dict(os.environ), "/", 0))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.sleep(1)
            left = {c.pid for c in psutil.Process().children() if c.status() != psutil.STATUS_ZOMBIE}
            assert left <= before

    run(look())


def test_what_a_kernel_leaves_behind_is_no_zombie_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nurseries, "_ROUND", 0.2)
    leave = "import subprocess; print(subprocess.Popen(['sleep', '2']).pid)"

    async def look() -> None:
        async with kernels() as manager:
            name = await manager.start_kernel()
            orphan = psutil.Process(int(await said(manager, name, leave)))
            os.kill(process(manager, name).pid, signal.SIGKILL)  # and not its group
            await within(5, lambda: orphan.ppid() == os.getpid())
            await within(10, lambda: not psutil.pid_exists(orphan.pid))

    run(look())


@pytest.mark.parametrize(
    ("line", "forked"),
    [
        ("", True),
        ("import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", False),
        ("import socket; sys.kept = socket.socket()", False),
    ],
)
def test_with_threads_or_files_it_does_not_fork(
    line: str, forked: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nif 'quadviz.server.forks.process' in sys.orig_argv:\n    pass; {line}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    async def look() -> None:
        async with kernels() as manager:
            assert isinstance(process(manager, await manager.start_kernel()), Forked) == forked

    run(look())
