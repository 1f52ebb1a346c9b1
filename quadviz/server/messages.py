"""Messages between a page and its kernel: what they say of themselves, held against what they are."""

from __future__ import annotations

__all__ = ["PROTOCOL", "whole"]

PROTOCOL = "v1.kernel.websocket.jupyter.org"
#: Places in the head of a message: where channel, four parts and buffers begin, and where the last ends.
#: A figure's update has some twenty buffers.
_FEWEST, _MOST = 6, 1000


def whole(message: bytes) -> bool:
    """Whether the parts of a message lie in it, one after another, as its head says.

    The head is numbers of eight bytes, the least significant first: how many places there are, then the
    places. Jupyter and Voila believe them. Of a message in the older format, whose head is another, the first
    number may be 10^17, and they would make a list so long.

    Args:
        message: what came, or is about to leave, in the protocol :data:`PROTOCOL`.

    Returns:
        True if every part may be taken from it.

    Example:
        >>> whole((7).to_bytes(8, "little"))
        False
    """
    count = int.from_bytes(message[:8], "little")
    if not _FEWEST <= count <= _MOST or len(message) < 8 * (count + 1):
        return False
    places = [int.from_bytes(message[i : i + 8], "little") for i in range(8, 8 * (count + 1), 8)]
    return places[0] == 8 * (count + 1) and places == sorted(places) and places[-1] == len(message)
