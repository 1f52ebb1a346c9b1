"""The tools in a page's header: copy a link to what is shown, light and dark, larger for a projector.

Their script also sees to the page as a whole: that it can be printed, and that it says what its parts are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.live.scripts import script

__all__ = ["PageTools", "binder_address"]


def binder_address(environment: Mapping[str, str]) -> str:
    """Where a Binder would build this repository anew, or nothing outside of one.

    The address of a page on Binder ends with its session; a link is to outlive that.
    """
    host, request = (environment.get(f"BINDER_{name}", "") for name in ("LAUNCH_HOST", "PERSISTENT_REQUEST"))
    return f"{host.rstrip('/')}/{request.lstrip('/')}" if host.startswith("https://") and request else ""


class PageTools(anywidget.AnyWidget):
    """The tools, and the notes on a link that could not be followed in all.

    Set ``query`` to the state now, as the query of an address: the page's own address follows it, so that a
    reload, a bookmark and a link copied lead to what is shown.

    Args:
        name: which page it is, as its file is called.
        query: the state that the page opens with.
        follow: goes where a query says; returns notes on what it could not. It is told whether the rest is to
            be as the page opened (a link in the page's text) or as it is now (the page's own address).
    """

    _esm = script(
        *(
            f"kit/widgets/{part}"
            for part in ("dom.js", "print.js", "roles.js", "tasks.js", "theory.js", "tools.js")
        )
    )

    name = traitlets.Unicode().tag(sync=True)
    query = traitlets.Unicode().tag(sync=True)
    binder = traitlets.Unicode().tag(sync=True)
    notes = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, name: str, query: str, follow: Callable[[str, bool], list[str]]) -> None:
        super().__init__(name=name, query=query, binder=binder_address(os.environ))
        self._follow = follow
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content.get("kind"):
            case "arrived":
                self.notes = self._follow(str(content.get("query", "")), False)
                self.send({"kind": "followed"})
            case "set":
                self.notes = self._follow(str(content.get("query", "")), True)
            case "read":
                self.notes = []
