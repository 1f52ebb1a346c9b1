"""How many threads the linear algebra uses, which a result depends on in its last bits."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["blas_threads"]


def blas_threads(threads: int) -> AbstractContextManager[object]:
    """A context in which matrix products use so many threads.

    A sum over threads is rounded differently: only at the same number of threads the same seed gives the same
    result to the last bit.
    """
    limits: AbstractContextManager[object] = _controller().limit(limits=threads, user_api="blas")
    return limits


@cache
def _controller() -> ThreadpoolController:
    """The linear algebra libraries of this process; they are looked for once."""
    from threadpoolctl import ThreadpoolController  # not needed to import quadviz

    return ThreadpoolController()
