"""Firefox, driven by WebDriver BiDi over its own socket: Playwright has a Firefox of its own only."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

#: Its executables, in Debian and elsewhere.
FIREFOXES = ("firefox-esr", "firefox")
#: Seconds that an answer may take.
PATIENCE = 90.0


class Firefox:
    """One window."""

    def __init__(self, line: WebSocketClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        self._line, self._loop = line, loop
        self._count = 0
        self.complaints: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self._context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its result; complaints that come before are kept."""
        self._count += 1
        return self._loop.run_until_complete(asyncio.wait_for(self._asked(method, params), PATIENCE))

    async def _asked(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        await self._line.write_message(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            raw = await self._line.read_message()
            assert raw is not None, "Firefox has hung up"
            said = json.loads(raw)
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.complaints.append(said["params"]["text"])
            if said.get("id") == self._count:
                assert said["type"] == "success", said
                result: dict[str, Any] = said["result"]
                return result

    def go(self, address: str) -> None:
        """Open a page, and wait for its load event."""
        self.ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def see(self, expression: str) -> Any:
        """What an expression is on the page; it may be anything that JSON can say."""
        found = self.ask(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def wait_for(self, expression: str, seconds: float = 60.0) -> bool:
        """Wait until an expression is true on the page."""
        deadline = time.monotonic() + seconds
        while not self.see(expression):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def drag(self, x: float, y: float, to: float) -> None:
        """Press the mouse, move it sideways and let go."""
        steps = [
            {"type": "pointerMove", "x": round(x + i * (to - x) / 10), "y": round(y), "duration": 30}
            for i in range(11)
        ]
        press, release = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        actions = [{**mouse, "actions": [steps[0], press, *steps[1:], release]}]
        self.ask("input.performActions", context=self._context, actions=actions)


@contextmanager
def firefox(executable: str, profile: Path) -> Iterator[Firefox]:
    """A Firefox without a window or a past.

    Args:
        executable: where it is.
        profile: an empty folder for what it keeps.
    """
    log = profile / "log"
    size = ["--width", "1280", "--height", "900"]
    command = [executable, "--headless", "--remote-debugging-port", "0", "--profile", str(profile), *size]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    loop = asyncio.new_event_loop()
    try:
        deadline = time.monotonic() + PATIENCE
        while (found := re.search(r"BiDi listening on (ws://\S+)", log.read_text())) is None:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        line = loop.run_until_complete(_connected(f"{found[1]}/session"))
        yield Firefox(line, loop)
        line.close()
    finally:
        process.terminate()
        process.wait(30)
        loop.close()


async def _connected(address: str) -> WebSocketClientConnection:
    return await websocket_connect(address, max_message_size=2**26)
