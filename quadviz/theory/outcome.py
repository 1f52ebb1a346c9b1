"""What a solve can end in, and how much of a theorem its result is."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Regime", "Status"]


class Status(IntEnum):
    """How the solve of a point ended."""

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
    """Where the theory is a theorem, and where it is an assumption."""

    EXACT = 0
    RANK_LIMITED = 1

    @property
    def label(self) -> str:
        """A short label for a badge."""
        return ("exact", "rank-limited: steady-state assumption")[self]
