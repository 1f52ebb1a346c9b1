"""What bounds a kernel: how much it may fill, and that it ends with its server."""

from __future__ import annotations

import ctypes
import os
import signal
import time

__all__ = ["MEBIBYTE", "adopt_orphans", "cap", "leash"]

MEBIBYTE = 2**20
#: Of <sys/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def cap(memory: int) -> None:
    """Limit what this process may fill to so many mebibytes; 0 for no limit.

    Of what a process may limit, this alone counts what it has written to, and not every library it maps.
    """
    import resource  # not on Windows

    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory * MEBIBYTE, memory * MEBIBYTE))


def leash(parent: int) -> None:
    """Have the system kill this process when its parent ends, however that ends.

    Args:
        parent: the process that is to be the parent. Where it is another one already, this ends at once.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> bool:
    """Have the processes below this one become its own children when their parents end; whether they will."""
    return int(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0


def adopted(by: int, patience: float = 10.0) -> None:
    """Wait until this process has been handed on by its parent, which is ending.

    Args:
        by: the process that is to have it. Where another gets it, this ends at once.
        patience: seconds that it may take.
    """
    before, end = os.getppid(), time.monotonic() + patience
    while before != by and os.getppid() == before and time.monotonic() < end:
        time.sleep(0.0005)
    leash(by)
