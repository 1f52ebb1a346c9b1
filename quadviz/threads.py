"""How many threads the linear algebra uses, which a result depends on in its last bits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["blas_threads"]

#: The number belongs to the whole process: Python threads that want one take turns.
_turn = threading.RLock()


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """A context in which matrix products use so many threads.

    A sum over threads is rounded differently: only at the same number of threads the same seed gives the same
    result to the last bit. Of several Python threads only one is in such a context at a time; to train
    networks side by side takes processes.
    """
    with _turn, _controller().limit(limits=threads, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    """The linear algebra libraries of this process, NumPy's and SciPy's; they are looked for once."""
    import scipy.linalg  # noqa: F401 - what is not loaded is not found
    from threadpoolctl import ThreadpoolController  # not needed to import quadviz

    return ThreadpoolController()
