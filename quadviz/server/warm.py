"""Kernels started ahead of a visit, so that a page opens at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

__all__ = ["NONE_WAITING", "ROUND", "keep_warm", "rendered"]

#: Seconds from one look at the waiting kernels to the next.
ROUND = 3.0
#: Kernels that Voila itself is to start ahead of a visit.
NONE_WAITING: dict[str, Any] = {"default": {"pool_size": 0}}


async def keep_warm(manager: Any, first: str, others: Sequence[str]) -> None:
    """Keep a kernel waiting for each page, and a second for the first, for a reload.

    They start one after another, and not while a page is loading that took the last one or found none: a
    visitor has the machine to herself.

    Args:
        manager: Voila's kernel manager, of :class:`quadviz.server.kernels.PageKernelManager`.
        first: notebook of the first page; its first kernel is on its way.
        others: notebooks of the others.
    """
    await rendered(manager, first)
    goals = [*((page, 1) for page in others), (first, 1), (first, 2)]
    lacked: set[tuple[str, int]] = set()
    while True:
        await asyncio.sleep(ROUND)
        manager.drop_failures()
        lacking = [(page, count) for page, count in goals if manager.get_pool_size(page) < count]
        for page, count in lacking:
            if (page, count) in lacked and not manager.busy:
                await _start_one(manager, page)
        lacked = set(lacking)


async def rendered(manager: Any, page: str) -> None:
    """Wait until the kernels started for a page have run its notebook, or failed to."""
    for starting in tuple(manager._pools.get(page, ())):
        await asyncio.wait([starting])
        if not starting.cancelled() and starting.exception() is None:
            await asyncio.wait([starting.result()["task"]])


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
