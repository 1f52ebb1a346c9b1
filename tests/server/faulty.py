"""The dashboards with faults to call for: ``python -m tests.server.faulty PORT SECONDS``, run by a test."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import Any

from tornado.web import RequestHandler

from quadviz.server import app, watchdog

HOARD: list[bytes] = []


class Fault(RequestHandler):
    """What ends a server."""

    async def get(self, kind: str) -> None:
        """Never answer."""
        if kind == "silent":
            while True:
                time.sleep(0.01)
        if kind == "deaf":  # no other thread runs meanwhile
            re.match("(a|aa)+$", "a" * 200 + "b")
        while kind == "greedy":
            HOARD.append(b"x" * 2**25)
            await asyncio.sleep(0.05)


class Faulty(app.Dashboards):
    """The dashboards, and a way to have them fail."""

    def init_handlers(self) -> list[Any]:
        return [(r"/fault/(\w+)", Fault), *super().init_handlers()]


if __name__ == "__main__":
    port, seconds = sys.argv[1:]
    watchdog.SILENCE = watchdog._DEAF = float(seconds)
    app.Dashboards = Faulty  # type: ignore[misc]  # in the place of the one that is served
    app.serve("localhost", int(port), "/", open_browser=False, server_memory=512, with_parent=True)
