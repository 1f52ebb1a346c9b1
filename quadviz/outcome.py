"""What a solve can end in, how much of a theorem its result is, and how a failure makes itself heard."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regime", "SolveError", "SolveWarning", "Status", "announce", "errstate", "quiet"]

P = ParamSpec("P")
R = TypeVar("R")
OnFailure = Literal["warn", "ignore", "raise"]


class Status(IntEnum):
    """How the solve of a point ended.

    SOLVED: the equations of arXiv 2601.10483 (THEORY sections 2 to 7) hold, and no other solution was found.
    SEVERAL: they hold, and there are other solutions; the one reached from large alpha is given.
    FAILED: no value is given, but NaN: none was found, or rounding left it less than nine digits.

    >>> Status(1).message.split(":")[0]
    'solved, but the equations have other solutions here'
    """

    SOLVED = 0
    SEVERAL = 1
    FAILED = 2

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        several = "the equations have other solutions here: this is the branch reached from large alpha"
        return (
            "solved",
            f"solved, but {several} (raise lam or kappa for a unique one)",
            "not solved: no value is returned; raise lam or kappa, or move alpha",
        )[self]


class Regime(IntEnum):
    """Where the theory is a theorem, and where it is an assumption.

    EXACT: kappa >= kappa_min, the flow reaches the global minimum of a convex problem (THEORY section 12).
    RANK_LIMITED: the width cuts the spectrum; the result rests on the steady-state assumption of
    arXiv 2601.10483, that the flow ends where the equations say.

    >>> Regime.EXACT.label, Regime.RANK_LIMITED.label
    ('exact', 'rank-limited: steady-state assumption')
    """

    EXACT = 0
    RANK_LIMITED = 1

    @property
    def label(self) -> str:
        """A short label for a badge."""
        return ("exact", "rank-limited: steady-state assumption")[self]


class SolveWarning(UserWarning):
    """Some points were not solved: their status is FAILED and their values are NaN.

    Its text says how many, which the first is, and what to change. :func:`errstate` turns it off, or into a
    :class:`SolveError`; the filters of :mod:`warnings` work as with any warning. Source: :class:`Status`.

    >>> import quadviz
    >>> with quadviz.errstate("ignore"):
    ...     bool(quadviz.bayes_optimal(1e-200, kappa_star=0.3, delta=0).status == quadviz.Status.FAILED)
    True
    """


class SolveError(ArithmeticError):
    """What :class:`SolveWarning` becomes under ``errstate("raise")``; the same text. Source: :class:`Status`.

    >>> import quadviz
    >>> with quadviz.errstate("raise"):  # doctest: +ELLIPSIS
    ...     quadviz.bayes_optimal(1e-200, kappa_star=0.3, delta=0)
    Traceback (most recent call last):
    ...
    quadviz.outcome.SolveError: bayes_optimal: 1 of 1 points not solved (NaN); alpha = 1e-200, ...
    """


_on_failure: ContextVar[OnFailure] = ContextVar("on_failure", default="warn")


@contextmanager
def errstate(failed: OnFailure = "warn") -> Iterator[None]:
    """What happens when points of a solve fail, as ``np.errstate`` says it for floating-point errors.

    Args:
        failed: "warn" for a :class:`SolveWarning`, which is the default elsewhere; "ignore" for nothing but
            the
            status; "raise" for a :class:`SolveError`.

    Returns:
        A context manager; it holds for the thread or task that entered it. The source of failures is
        :class:`Status`, of any shape.

    Raises:
        ValueError: if ``failed`` is none of the three.

    >>> with errstate("sometimes"):
    ...     pass
    Traceback (most recent call last):
    ...
    ValueError: failed must be one of 'warn', 'ignore', 'raise', got 'sometimes'
    """
    if failed not in get_args(OnFailure):
        allowed = ", ".join(map(repr, get_args(OnFailure)))
        raise ValueError(f"failed must be one of {allowed}, got {failed!r}")
    token = _on_failure.set(failed)
    try:
        yield
    finally:
        _on_failure.reset(token)


def announce(
    what: str,
    status: NDArray[np.int8] | NDArray[np.bool_],
    parameters: Mapping[str, Any],
    remedy: str,
    level: int = 3,
) -> None:
    """Warn of the points that failed, or raise, or do nothing.

    Args:
        what: the function that solved them.
        status: a status for each point, or True where it failed.
        parameters: by name, each of that shape.
        remedy: what to change.
        level: whose line the warning points at, as in :func:`warnings.warn`.
    """
    failed = np.asarray(status if status.dtype == bool else status == Status.FAILED)
    if not failed.any() or _on_failure.get() == "ignore":
        return
    first = np.unravel_index(int(failed.argmax()), failed.shape)
    setting = ", ".join(
        f"{name} = {np.broadcast_to(value, failed.shape)[first]:.6g}" for name, value in parameters.items()
    )
    which = "the first at " if failed.sum() > 1 else ""
    count = f"{failed.sum()} of {failed.size} points not solved (NaN)"
    text = f"{what}: {count}; {which}{setting}; what to change: {remedy}"
    if _on_failure.get() == "raise":
        raise SolveError(text)
    warnings.warn(text, SolveWarning, stacklevel=level)


def quiet(f: Callable[P, R]) -> Callable[P, R]:
    """Keep NumPy's floating-point errors inside: what they spoil is found out, and told by the status."""

    @wraps(f)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with np.errstate(all="ignore"):
            return f(*args, **kwargs)

    return inner
