"""Kernels of the dashboards without their server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from quadviz.server.interpreter import OwnInterpreter
from quadviz.server.kernels import PageKernelManager


@asynccontextmanager
async def kernels(**options: Any) -> AsyncIterator[PageKernelManager]:
    """A manager of kernels, which kills these alone at the end; a server kills all that it has started."""
    manager = PageKernelManager(kernel_spec_manager=OwnInterpreter(), **options)
    try:
        yield manager
    finally:
        for kernel in manager.list_kernel_ids():
            await manager.shutdown_kernel(kernel)
        if manager.nursery:
            manager.nursery.end()
