"""The means in docs/simulation.csv, to be asked for, and how they are set as tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from math import floor, log10

import numpy as np

from benchmarks.evidence.cases import SECTIONS, Case, Row, spectrum
from benchmarks.evidence.statistics import Extrapolation, extrapolate
from quadviz import DmftStatus

__all__ = [
    "SYMBOLS",
    "Means",
    "comparison",
    "march_status",
    "percent",
    "runs_at",
    "table",
    "theory",
    "with_error",
    "wrapped",
]

SYMBOLS = {"mse": "mse", "train_loss": "train loss", "rank": "rank"}


class Means:
    """The rows of docs/simulation.csv.

    Args:
        rows: all of them.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)

    def of(self, section: str, name: str, quantity: str, variant: str = "", time: float = 0.0) -> list[Row]:
        """A quantity at all its d, in their order."""
        return [row for row in self.at_all_times(section, name, quantity, variant) if row.time == time]

    def at_all_times(self, section: str, name: str, quantity: str, variant: str = "") -> list[Row]:
        """A quantity at all its times and d, in the order of d."""
        wanted = (section, name, quantity, variant)
        found = [r for r in self._rows if (r.section, r.name, r.quantity, r.variant) == wanted]
        return sorted(found, key=lambda row: row.d)

    def limit(
        self, section: str, name: str, quantity: str, variant: str = "", time: float = 0.0
    ) -> Extrapolation:
        """Its extrapolation to 1/d = 0."""
        rows = self.of(section, name, quantity, variant, time)
        return extrapolate(*zip(*((r.d, r.mean, r.error, r.runs) for r in rows), strict=True))

    def seconds(self) -> dict[str, float]:
        """Wall time of each section that was computed."""
        return {name: rows[0].mean for name in SECTIONS if (rows := self.of(name, "all", "wall_seconds"))}


def theory(case: Case, quantity: str) -> float:
    """What the theory says of a setting."""
    return float(getattr(spectrum(case.setting).state, quantity))


def with_error(value: float, error: float) -> str:
    """A value with its standard error, to two digits of the error.

    >>> with_error(0.36192, 0.00417)
    '0.3619 ± 0.0042'
    """
    if not np.isfinite(error) or error <= 0:
        return f"{value:.4g}"
    digits = min(max(1 - floor(log10(error)), 0), 7)
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def percent(share: float) -> str:
    """A signed share in percent.

    >>> percent(-0.0312)
    '-3.1%'
    """
    return f"{100 * share:+.1f}%"


def runs_at(rows: Sequence[Row]) -> str:
    """How many runs there are at each d, in words."""
    return ", ".join(f"{row.runs} at d = {row.d}" for row in rows)


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *lines)) + "\n"


def comparison(
    means: Means, section: str, cases: Sequence[Case], quantity: str, time: float = 0.0, judged: bool = True
) -> str:
    """Means at each d with their bias, their limit, and how far that is from the theory."""
    lines = []
    for case in cases:
        here, expected = (section, case.name, quantity, "", time), theory(case, quantity)
        rows, limit = means.of(*here), means.limit(*here)
        finite = [f"{with_error(r.mean, r.error)} ({percent(r.mean / expected - 1)})" for r in rows]
        off = [f"{limit.distance(expected):+.1f}", percent(limit.limit / expected - 1), f"{limit.misfit:.1f}"]
        met = ["yes" if limit.meets(expected) else "**no**"] if judged else []
        lines.append(
            [case.name, *finite, with_error(limit.limit, limit.error), f"{expected:.4g}", *off, *met]
        )
    head = [SYMBOLS[quantity], *(f"d = {r.d}" for r in rows), "d → ∞", "theory", "errors off", "% off", "χ²"]
    return table([*head, "met"] if judged else head, lines)


def wrapped(page: str) -> str:
    """A page with its paragraphs wrapped and one empty line between them; tables and headings stay."""
    parts = [part.strip("\n") for part in page.split("\n\n") if part.strip()]
    options = {"width": 110, "break_long_words": False, "break_on_hyphens": False}
    return "\n\n".join(p if p[0] in "|#" else textwrap.fill(p, **options) for p in parts) + "\n"


def march_status(means: Means, section: str, case: Case) -> str:
    """A march's status in words."""
    at, until = (
        means.at_all_times(section, case.name, name, "dmft")[0] for name in ("status", "trusted_until")
    )
    status = DmftStatus(int(at.mean))
    return (
        "solved" if status == DmftStatus.SOLVED else f"{status.name.lower()}, trusted until {until.mean:.3g}"
    )
