"""Kernels started ahead of a visit, so that a page opens at once."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

__all__ = ["LONGEST", "NONE_WAITING", "ROUND", "keep_warm", "rendered"]

#: Seconds from one look at the waiting kernels to the next.
ROUND = 3.0
#: Seconds until a page whose kernels end before they are visited is given another, at the most.
LONGEST = 300.0
#: Kernels that Voila itself is to start ahead of a visit.
NONE_WAITING: dict[str, Any] = {"default": {"pool_size": 0}}


async def keep_warm(manager: Any, first: str, others: Sequence[str]) -> None:
    """Keep a kernel waiting for each page.

    A fork has one ready in half a second, most of which a browser spends with scripts anyway; one that waits
    has its notebook run already, and the page is there some tenths of a second earlier. It takes 35 to 45 MB.

    They start one after another, and not while a page is loading that took the last one or found none: a
    visitor has the machine to herself. A page whose kernels always end is given one ever more seldom.

    Args:
        manager: Voila's kernel manager, of :class:`quadviz.server.kernels.PageKernelManager`.
        first: notebook of the first page; its first kernel is on its way.
        others: notebooks of the others.
    """
    await rendered(manager, first)
    pauses, resume = dict.fromkeys((first, *others), ROUND), dict.fromkeys((first, *others), 0.0)
    lacked: set[str] = set()
    told = False
    while True:
        await asyncio.sleep(ROUND)
        manager.drop_failures()
        for page in manager.take_failures():
            pauses[page] = min(2 * pauses[page], LONGEST)
            resume[page] = time.monotonic() + pauses[page]
            if not told:
                told = True
                line = f"a kernel of {page} ended before it was visited; the next is started later each time."
                print(f"quadviz dashboard: {line}", file=sys.stderr, flush=True)
        lacking = [page for page in (*others, first) if manager.get_pool_size(page) == 0]
        for page in pauses.keys() - lacking:
            if time.monotonic() - resume[page] > LONGEST:
                pauses[page] = ROUND
        for page in lacking:
            if page in lacked and not manager.busy and time.monotonic() >= resume[page]:
                await _start_one(manager, page)
        lacked = set(lacking)


async def rendered(manager: Any, page: str) -> None:
    """Wait until the kernels started for a page have run its notebook, or failed to; end one that hangs."""
    for starting in tuple(manager._pools.get(page, ())):
        await asyncio.wait([starting])
        if not starting.cancelled() and starting.exception() is None:
            started = starting.result()
            _, hanging = await asyncio.wait([started["task"]], timeout=manager.patience)
            if hanging:
                manager.give_up(started["kernel_id"])


async def _start_one(manager: Any, page: str) -> None:
    """Start a kernel for a page and wait until it has run the notebook.

    Voila would fill its pool by itself as soon as a kernel is taken, and make the next visitor wait for
    the one not yet begun. So its pools are to hold none but while one is started here.
    """
    none = manager.kernel_pools_config
    manager.kernel_pools_config = {page: {"pool_size": manager.get_pool_size(page) + 1}}
    manager.fill_if_needed(delay=0, notebook_name=page)
    manager.kernel_pools_config = none
    await rendered(manager, page)
