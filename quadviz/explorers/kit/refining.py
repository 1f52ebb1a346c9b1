"""Pages that show coarsely while a slider moves what takes long, and all of it once the slider rests."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

from quadviz.explorers.kit.explorer import Explorer
from quadviz.scenes.common.memo import Memo

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["REST", "RefiningExplorer", "running_loop"]

#: Seconds without a change after which all is solved.
REST = 0.12

_log = logging.getLogger(__name__)

S = TypeVar("S", bound="DataclassInstance")


class RefiningExplorer(Explorer[S]):
    """A page some of whose settings take long.

    Where no event loop runs there is nobody to wait: then all is solved at once.

    Attributes:
        coarse: whether the scene may leave out what takes long.
    """

    coarse = False
    _refining: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def slow(self) -> bool:
        """Whether the setting takes longer than a slider may wait."""

    @abstractmethod
    def pieces(self) -> Iterator[None]:
        """Solve for the whole scene, in pieces that are soon done; the page's memo remembers."""

    def draw(self) -> None:
        """Show at once what is soon solved, and all of it once nothing has moved for a moment."""
        if self._refining is not None:
            self._refining.cancel()
            self._refining = None
        loop = running_loop()
        self.coarse = loop is not None and self.slow
        super().draw()
        if loop is not None and self.coarse:
            self._refining = loop.create_task(self._refine(self.state))

    async def _refine(self, state: Any) -> None:
        await asyncio.sleep(REST)
        try:
            for _ in self.pieces():
                await asyncio.sleep(0)
            with self._lock:
                # A change in another thread may have come before its cancellation got here.
                if state == self.state:
                    self.coarse = False
                    super().draw()
        except Exception:  # noqa: BLE001 - nobody awaits this task: the viewer is told
            _log.debug("refining failed at %s", state, exc_info=True)
            self.page.complain(self.complaint)

    def _beside(self, memo: Memo) -> Self:
        twin = super()._beside(memo)
        twin.coarse = False
        return twin


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs; None where none does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
