"""The explorers behind the pages, each made once: a live figure is never freed."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import pytest

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.widgets.work_bar import WorkBar

__all__ = ["cancel_after", "offer", "opened", "press", "until"]


@lru_cache
def opened(name: str) -> Explorer[Any]:
    """The explorer of a page, as it was left."""
    module = importlib.import_module(f"quadviz.explorers.{name}.page")
    (kind,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Explorer) and value.__module__ == module.__name__
    )
    made: Explorer[Any] = kind()
    return made


def offer(page: Explorer[Any], **values: tuple[int, ...]) -> None:
    """Let choices of a page offer other numbers, what they are at now among them."""
    for name, numbers in values.items():
        page.fields[name].options = [(str(number), number) for number in numbers]
        page.show_state()


def press(bar: WorkBar[Any, Any], meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """Press the button as in a kernel, whose loop runs, and wait until the work has ended."""

    async def scene() -> None:
        bar.button.click()
        if meanwhile is not None:
            await meanwhile()
        if bar.job.painter is not None:
            await bar.job.painter

    asyncio.run(scene())
    assert not bar.job.running


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait, while a kernel's loop runs, until it has come to something."""
    for _ in range(int(seconds / 0.002)):
        if condition():
            return
        await asyncio.sleep(0.002)
    pytest.fail("it did not come to that")


def cancel_after(page: Explorer[Any], networks: int) -> Callable[[], Awaitable[None]]:
    """Something to do meanwhile: press the button again when so many networks are there."""

    async def cancel() -> None:
        await until(lambda: page.run is not None and len(page.run.networks) >= networks)
        page.bar.button.click()

    return cancel
