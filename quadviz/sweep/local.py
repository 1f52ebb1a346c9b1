"""Worker processes on this machine, which end with their owner and can be had anew when one was killed.

They are loky's, as joblib brings it: a pool with the interface of :mod:`concurrent.futures`, whose workers
are new interpreters that do not import the caller's script: a sweep needs no ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

__all__ = ["LocalWorkers"]

#: Seconds between two looks at whether the owner is still there.
_LOOK = 0.5
#: One thread each, whatever the linear algebra would like.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


class LocalWorkers:
    """A pool of so many processes, as a context: at its end, however it ends, none is left."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: Any = None

    def __enter__(self) -> Self:
        self.renew()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, kill_workers=kind is not None)

    def renew(self) -> None:
        """A new pool in place of a broken one."""
        from joblib.externals.loky.process_executor import ProcessPoolExecutor

        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
        self._pool = ProcessPoolExecutor(
            self._count, initializer=_begin, initargs=(os.getpid(),), env=_ONE_THREAD
        )

    def submit(self, do: Any, *arguments: Any) -> Future[Any]:
        """As of an executor."""
        future: Future[Any] = self._pool.submit(do, *arguments)
        return future


def _begin(owner: int) -> None:
    """A worker leaves Ctrl-C to its owner, and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(owner,), daemon=True).start()


def _watch(owner: int) -> None:
    import psutil  # a process of its own: the package is there

    while psutil.pid_exists(owner) and (os.name == "nt" or os.getppid() == owner):
        time.sleep(_LOOK)
    os._exit(1)
