"""Messages whose heads lie."""

from __future__ import annotations

import json

import pytest
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)

from benchmarks.load_client import encoded
from quadviz.server.messages import whole

PARTS = [b'{"msg_type": "comm_msg"}', b"{}", b"{}", b"{}"]


def numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


@pytest.mark.parametrize("buffers", [[], [b"x" * 800], [b""] * 3, [bytes(range(256))] * 400])
def test_what_jupyter_and_pages_pack_is_whole(buffers: list[bytes]) -> None:
    packed = serialize_msg_to_ws_v1([*PARTS, *buffers], "shell")
    assert whole(packed)
    assert packed == encoded([b"shell", *PARTS, *buffers])
    assert deserialize_msg_from_ws_v1(packed) == ("shell", [*PARTS, *buffers])


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x06",
        numbers(0),
        numbers(6),
        numbers(2**62),
        numbers(6, *[56] * 5),
        numbers(6, *[56] * 5, 2**63),
        numbers(6, 56, 50, 56, 56, 56, 56),
        numbers(6, *[56] * 6) + b"more",
        numbers(6, *[48] * 6),
        numbers(6, *[0] * 6),
        numbers(5, *[48] * 5),
        encoded([b"shell", *PARTS])[:-1],
        encoded([b"shell", *PARTS, *[b""] * 2000]),
        json.dumps({"header": {}, "channel": "shell"}).encode(),
    ],
    ids=lambda message: f"{len(message)}-{message[:9].hex()}",
)
def test_a_message_that_lies_is_not_believed(message: bytes) -> None:
    assert not whole(message)


def test_jupyter_s_old_format_is_none_of_ours() -> None:
    parts = {"header": {"msg_type": "comm_msg"}, "parent_header": {}, "metadata": {}, "content": {}}
    old = serialize_binary_message({**parts, "channel": "iopub", "buffers": [b"x" * 800]})
    assert int.from_bytes(old[:8], "little") > 10**16  # parts, that Voila would count
    assert not whole(old)
