"""Long work beside a page that stays alive.

The work is a generator that runs in a thread; whatever it yields last is painted ten times a second by a task
on the kernel's own loop, so that widgets are touched from one thread only. To cancel is to raise an exception
inside the work, at the next of the many places where it asks whether it is still wanted.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Generic, TypeVar

__all__ = ["Ending", "Job"]

T = TypeVar("T")

#: Seconds between two paintings.
_PAUSE = 0.1


class Ending(Enum):
    """How a job ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class _Unwanted(BaseException):
    """Raised inside the work to end it; not an Exception, lest the work take it for a failure of its own."""


class Job(Generic[T]):
    """One piece of work at a time, in a thread.

    Args:
        paint: called with the latest thing the work yielded, and with the seconds it has taken.
        end: called once when the work has ended, with how, and with the exception that it failed with.
    """

    def __init__(
        self, paint: Callable[[T, float], None], end: Callable[[Ending, Exception | None], None]
    ) -> None:
        self._paint = paint
        self._end = end
        self._stop = threading.Event()
        self._over = threading.Event()
        self._over.set()
        self._latest: list[T] = []
        self._failure: Exception | None = None
        self._began = 0.0
        #: The painter, to be awaited where somebody wants to.
        self.painter: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether there is work that has not been told to have ended."""
        return self.painter is not None

    def start(self, work: Callable[[Callable[[], None]], Iterator[T]]) -> None:
        """Begin.

        Args:
            work: makes the generator. It is given a function to call often, which raises when the work is no
                longer wanted.

        Raises:
            RuntimeError: if there is work already, or no loop to paint on.
        """
        if self.running:
            raise RuntimeError("the last piece of work has not ended")
        # Before the thread: where there is no loop, nothing is to begin.
        loop = asyncio.get_running_loop()
        self._stop.clear()
        self._over.clear()
        self._latest, self._failure, self._began = [], None, time.monotonic()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()
        self.painter = loop.create_task(self._keep_painting())

    def cancel(self) -> None:
        """Ask the work to end; what it yielded is painted still."""
        self._stop.set()

    def _run(self, work: Callable[[Callable[[], None]], Iterator[T]]) -> None:
        """The thread."""
        try:
            for payload in work(self._check):
                self._latest = [payload]
                self._check()
        except _Unwanted:
            pass
        except Exception as failure:  # noqa: BLE001 - whatever it is, the page is told
            self._failure = failure
        finally:
            self._over.set()

    def _check(self) -> None:
        if self._stop.is_set():
            raise _Unwanted

    async def _keep_painting(self) -> None:
        """The painter."""
        # The thread may have yielded, or ended, before this task began.
        painted, over = list[T](), False
        while not over:
            await asyncio.sleep(_PAUSE)
            over, latest = self._over.is_set(), self._latest
            if not latest or latest is painted:
                continue
            painted = latest
            try:
                self._paint(latest[0], time.monotonic() - self._began)
            except Exception as failure:  # noqa: BLE001 - as above
                self._failure = failure
                self.cancel()
        self.painter = None
        if self._failure is not None:
            self._end(Ending.FAILED, self._failure)
        else:
            self._end(Ending.CANCELLED if self._stop.is_set() else Ending.DONE, None)
