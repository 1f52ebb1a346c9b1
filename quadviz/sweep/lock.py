"""One sweep to a store at a time, by a lock of the operating system, which ends with its owner."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quadviz.sweep.errors import SweepStoreError

__all__ = ["locked"]

#: The locks of this process: a worker that is forked off must not keep one when its owner is killed.
_held: set[int] = set()

if sys.platform == "win32":
    import msvcrt

    #: What is locked cannot be read there: a byte beyond who the owner is.
    _BEYOND = 1 << 20

    def _take(handle: int) -> None:
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _leave_to_the_owner() -> None:
        for handle in _held:
            os.close(handle)
        _held.clear()

    os.register_at_fork(after_in_child=_leave_to_the_owner)


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """A context in which no other sweep runs on a store; the lock is a file beside it, which stays.

    Raises:
        SweepStoreError: if another sweep has it; says which.
    """
    beside = store.with_name(f"{store.name}.lock")
    beside.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(handle)
        except OSError as error:
            owner = os.read(handle, 500).decode(errors="replace").strip() or "another process"
            raise SweepStoreError(
                f"{store} is in use by {owner}: wait for it, or choose another store"
            ) from error
        _held.add(handle)
        os.truncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        _held.discard(handle)
        os.close(handle)  # which gives it up
