"""What can go wrong with a sweep as a whole; a cell that fails is no error, but part of the result."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = [
    "SweepError",
    "SweepInterrupted",
    "SweepSpecError",
    "SweepStopped",
    "SweepStoreError",
    "library",
    "nearest",
]


class SweepError(ValueError):
    """A sweep that cannot be run as it is asked for; :func:`quadviz.run_sweep` says why and what would do."""


class SweepSpecError(SweepError):
    """What was asked for is wrong: an unknown name, a value out of range, a file that is no TOML.

    Raised by :class:`quadviz.Sweep`.
    """


class SweepStoreError(SweepError):
    """The store is not this sweep's: of another grid or version, in use, damaged, or none at all.

    Raised by :func:`quadviz.run_sweep` and :func:`quadviz.open_sweep`.
    """


class _Unfinished(BaseException):
    """How far a sweep came, and how it goes on."""

    def __init__(self, why: str, done: int, total: int, store: str) -> None:
        super().__init__(why, done, total, store)
        self.why, self.done, self.total, self.store = why, done, total, store

    def __str__(self) -> str:
        return (
            f"{self.why}: {self.done} of {self.total} units are done and safe in {self.store}; "
            "run the same sweep on the same store again, and it goes on from there"
        )


class SweepStopped(_Unfinished, RuntimeError):  # noqa: N818 - it is how far it came
    """A sweep ended on its way: a full disk, a cluster that is gone. :func:`quadviz.run_sweep` goes on.

    Attributes:
        why: what happened.
        done: units of work that are safe on disk.
        total: of how many.
        store: where.
    """


class SweepInterrupted(_Unfinished, KeyboardInterrupt):
    """Ctrl-C: what was in flight is ended, the rest is safe. :func:`quadviz.run_sweep` goes on.

    Attributes:
        why: what happened.
        done: units of work that are safe on disk.
        total: of how many.
        store: where.
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """The words that there are, the one that was probably meant first.

    >>> nearest("kapa", ["alpha", "kappa"])
    "did you mean 'kappa'? There are alpha, kappa"
    """
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    listed = ", ".join(names)
    return f"did you mean {close[0]!r}? There are {listed}" if close else f"there are {listed}"


def library(name: str) -> Any:
    """An optional library, imported on use.

    Raises:
        ImportError: if it is not there; says how to get it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"sweeps need {name}: pip install 'quadviz[sweep]'") from error
