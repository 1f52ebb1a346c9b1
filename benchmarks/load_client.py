"""A person at a page of the dashboards: what a browser sends and waits for, without the browser."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

__all__ = ["PROTOCOL", "Person", "Refused", "encoded"]

PROTOCOL = "v1.kernel.websocket.jupyter.org"
_CONFIG = re.compile(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', re.DOTALL)
#: Seconds between two moves of a hand on a slider.
_MOVE = 1 / 30
#: Seconds that anything may take before it counts as an error.
_PATIENCE = 60.0


class Refused(Exception):  # noqa: N818 - a seat was refused, as it should be
    """There was no seat."""


@dataclass
class Person:
    """Opens a page, drags its sliders as a browser would, and leaves in one way or another.

    Attributes:
        address: of the dashboards, with a slash at the end.
        page: the notebook's name.
        opened: seconds from the request to the end of the page, and to its widgets' states.
        delays: seconds from each move to the kernel's last word on it.
        kernel: the name of the page's kernel.
        sliders: for each slider's model, its number of steps.
        socket: the line to the kernel.
    """

    address: str
    page: str
    opened: tuple[float, float] = (0.0, 0.0)
    delays: list[float] = field(default_factory=list)
    kernel: str = ""
    sliders: dict[str, int] = field(default_factory=dict)
    socket: WebSocketClientConnection = field(init=False)
    _session: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def arrive(self) -> None:
        """Open the page and learn its sliders from the kernel, as Voila's page does."""
        began = time.monotonic()
        url = f"{self.address}voila/render/{self.page}.ipynb"
        request = HTTPRequest(url, request_timeout=300, connect_timeout=_PATIENCE)
        try:
            response = await AsyncHTTPClient().fetch(request)
        except HTTPClientError as error:
            if error.code == 503:
                raise Refused from error
            raise
        rendered = time.monotonic() - began
        found = _CONFIG.search(response.body.decode())
        if found is None:
            raise RuntimeError(f"{self.page}: the page has no kernel")
        self.kernel = json.loads(found[1])["kernelId"]
        channels = f"{self.address}api/kernels/{self.kernel}/channels?session_id={self._session}"
        self.socket = await websocket_connect(
            channels.replace("http", "ws", 1), max_message_size=2**30, subprotocols=[PROTOCOL]
        )
        control = uuid.uuid4().hex
        opening = {"comm_id": control, "target_name": "jupyter.widget.control", "data": {}}
        await self.answered("comm_open", opening, metadata={"version": "1.0.0"})
        asking = {"comm_id": control, "data": {"method": "request_states"}}
        states: dict[str, Any] = {}
        for message in await self.answered("comm_msg", asking):
            data = message["content"].get("data", {})
            if message["header"]["msg_type"] == "comm_msg" and data.get("method") == "update_states":
                states = data["states"]
        for model, description in states.items():
            state = description["state"]
            if {"position", "stops", "name"} <= state.keys():
                self.sliders[model] = int(state["stops"])
        if not states:
            raise RuntimeError(f"{self.page}: the page has no widgets")
        self.opened = rendered, time.monotonic() - began

    async def drag(self, seconds: float, rest: float) -> None:
        """Drag one slider after another to and fro, and look at the figure between two drags.

        Args:
            seconds: how long in all.
            rest: seconds between the end of a drag and the next one.
        """
        end = time.monotonic() + seconds
        if not self.sliders:
            await asyncio.sleep(seconds)
        while time.monotonic() < end:
            model = random.choice(list(self.sliders))  # noqa: S311 - no secret
            stops = self.sliders[model]
            goal, places = random.randint(0, stops), 60  # noqa: S311 - no secret
            start = stops - goal
            began = time.monotonic()
            while (share := (time.monotonic() - began) / (places * _MOVE)) < 1 and time.monotonic() < end:
                position = round(start + share * (goal - start))
                await self.move(model, position)
                # The hand goes on meanwhile; a browser sends where it is once the last move is answered.
                await asyncio.sleep(_MOVE - (time.monotonic() - began) % _MOVE)
            await asyncio.sleep(rest)

    async def move(self, model: str, position: int) -> float:
        """Move a slider and wait for the last word on it; the seconds it took."""
        began = time.monotonic()
        update = {"method": "update", "state": {"position": position}, "buffer_paths": []}
        await self.answered("comm_msg", {"comm_id": model, "data": update})
        self.delays.append(time.monotonic() - began)
        return self.delays[-1]

    async def close_tab(self) -> None:
        """Say goodbye as the page does, and close."""
        request = HTTPRequest(
            f"{self.address}voila/api/shutdown/{self.kernel}",
            method="POST",
            headers={"Cookie": "_xsrf=goodbye", "Content-Type": "application/x-www-form-urlencoded"},
            body="_xsrf=goodbye",
        )
        await AsyncHTTPClient().fetch(request)
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the line, and hear the other side close it."""
        self.socket.close()
        while await asyncio.wait_for(self.socket.read_message(), _PATIENCE) is not None:
            pass

    def die(self) -> None:
        """Vanish as a killed browser does: the connection is reset, and nothing said."""
        self.socket.protocol.stream.close()

    def lose_network(self) -> None:
        """Fall silent: the connection stays as it is, and nobody answers to a ping."""
        IOLoop.current().remove_handler(self.socket.protocol.stream.fileno())

    async def alive(self) -> bool:
        """Whether the server still has the kernel."""
        answer = await AsyncHTTPClient().fetch(f"{self.address}api/kernels/{self.kernel}", raise_error=False)
        return answer.code != 404

    async def send(
        self,
        kind: str,
        content: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        channel: str = "shell",
    ) -> str:
        """Send a message; its name."""
        identity = uuid.uuid4().hex
        header = {
            "msg_id": identity,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "version": "5.4",
            "date": "",
        }
        parts = [
            channel.encode(),
            *(json.dumps(part).encode() for part in (header, {}, metadata or {}, content)),
        ]
        await self.socket.write_message(encoded(parts), binary=True)
        return identity

    async def answered(
        self, kind: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Send a message; what came in answer, once the kernel is idle again."""
        identity = await self.send(kind, content, metadata)
        answers: list[dict[str, Any]] = []
        deadline = time.monotonic() + _PATIENCE
        while True:
            raw = await asyncio.wait_for(self.socket.read_message(), deadline - time.monotonic())
            if raw is None:
                raise ConnectionError(f"{self.page}: the connection was closed")
            answer = _decoded(raw)
            if answer["parent_header"].get("msg_id") != identity:
                continue
            answers.append(answer)
            if answer["header"]["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return answers


def encoded(parts: list[bytes]) -> bytes:
    """Parts as one message: how many places, where each part begins and the last one ends, the parts."""
    places, head = [], 8 * (len(parts) + 2)
    for part in [*parts, b""]:
        places.append(head)
        head += len(part)
    return b"".join(number.to_bytes(8, "little") for number in [len(places), *places]) + b"".join(parts)


def _decoded(raw: bytes) -> dict[str, Any]:
    """Header, parent header and content of a message."""
    count = int.from_bytes(raw[:8], "little")
    places = [int.from_bytes(raw[8 * i : 8 * i + 8], "little") for i in range(1, count + 1)]
    parts = [raw[first:last] for first, last in pairwise(places)]
    names = ("header", "parent_header", "content")
    return {name: json.loads(parts[i]) for name, i in zip(names, (1, 2, 4), strict=True)}
