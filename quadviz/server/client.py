"""The server's line to a kernel that starts: Jupyter's, without its pauses."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient

__all__ = ["PromptClient"]

#: Milliseconds from one try to connect to a kernel to the next; 100 by default.
_RETRY = 10


class PromptClient(AsyncKernelClient):
    """Hears when a kernel is ready.

    Jupyter's own listens, once it is, until the kernel has been silent for 0.2 s, so that what was said
    before is not taken for an answer. Voila looks at whose answer it is.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # The kernel will be there in less than 100 ms.
        self.context.setsockopt(zmq.RECONNECT_IVL, _RETRY)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers, and what it says is heard.

        Raises:
            RuntimeError: if it has died, or not answered for ``timeout`` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.get_iopub_msg(timeout=0.2)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it answered")
            if end is not None and time.monotonic() > end:
                raise RuntimeError(f"the kernel did not answer for {timeout:g} s")
