"""The line to a kernel that starts: it is ready, it has died, or it does not answer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import zmq

from quadviz.server.client import PromptClient
from tests.server.managed import kernels


def with_kernel(doing: Callable[[PromptClient, Any], Awaitable[None]]) -> None:
    async def start() -> None:
        async with kernels() as manager:
            kernel = manager.get_kernel(await manager.start_kernel())
            kernel.client_factory = PromptClient
            kernel.stop_restarter()
            client = kernel.client()
            client.start_channels()
            try:
                await doing(client, kernel)
            finally:
                client.stop_channels()

    asyncio.run(asyncio.wait_for(start(), 60))


def test_what_a_kernel_that_is_ready_says_is_heard() -> None:
    async def ask(client: PromptClient, _kernel: Any) -> None:
        assert isinstance(client, PromptClient)
        assert client.context.getsockopt(zmq.RECONNECT_IVL) < 100
        await client.wait_for_ready(30)
        name = client.execute("print(7)")
        heard = ""
        while heard != "7\n":
            message = await client.get_iopub_msg(timeout=10)
            if message["parent_header"].get("msg_id") == name:
                heard = message["content"].get("text", "")

    with_kernel(ask)


def test_a_kernel_that_died_is_not_waited_for() -> None:
    async def ask(client: PromptClient, kernel: Any) -> None:
        kernel.provisioner.process.kill()
        with pytest.raises(RuntimeError, match="died"):
            await client.wait_for_ready(30)

    with_kernel(ask)


def test_a_kernel_that_does_not_answer_is_waited_for_as_long_as_asked() -> None:
    async def ask(client: PromptClient, kernel: Any) -> None:
        await kernel.provisioner.send_signal(signal.SIGSTOP)
        with pytest.raises(RuntimeError, match=r"did not answer for 0\.5 s"):
            await client.wait_for_ready(0.5)

    with_kernel(ask)
