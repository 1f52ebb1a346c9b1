"""The explorers behind the pages, each made once: a live figure is never freed."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

from quadviz.explorers.kit.explorer import Explorer

__all__ = ["offer", "opened"]


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
