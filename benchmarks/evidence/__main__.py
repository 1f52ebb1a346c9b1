"""``python -m benchmarks.evidence SUBJECT [SECTION ...]`` computes evidence and writes its page in docs/.

Subjects: networks (docs/simulation.*), dynamics (docs/dynamics.*), teachers (docs/teachers.*). Of the first
two, sections may be named; those not named are kept as they are. The one section "page" computes nothing: the
page is written anew from the means there are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.evidence import cases, teachers
from benchmarks.evidence.cases import EXACT, Case, Row, in_order, read_rows, row, write_rows
from benchmarks.evidence.dynamics import cases as dynamics
from benchmarks.evidence.dynamics.page import write_page as write_dynamics_page
from benchmarks.evidence.page import write_page


def write_networks(sections: Sequence[str]) -> None:
    """Compute sections, all when none is named; keep the others; write the page."""
    rows = read_rows() if cases.CSV.exists() else []
    for name in _named(sections, cases.SECTIONS):
        began = time.perf_counter()
        fresh = list(cases.SECTIONS[name]())
        wall = row(name, Case("all", EXACT[0].setting, 0), 0, "wall_seconds", time.perf_counter() - began)
        rows = [row for row in rows if row.section != name] + [*fresh, wall]
        write_rows(in_order(rows))
    write_page(rows)


def write_dynamics(sections: Sequence[str]) -> None:
    """Compute sections, all when none is named; keep the others; write the page once all are there."""
    rows: list[Row] = read_rows(dynamics.CSV) if dynamics.CSV.exists() else []
    for name in _named(sections, dynamics.SECTIONS):
        began = time.perf_counter()
        fresh = list(dynamics.SECTIONS[name]())
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        parts = {row.section for row in fresh}
        rows = [row for row in rows if row.section not in parts] + fresh
        write_rows(rows, dynamics.CSV)
    if dynamics.SECTIONS.keys() <= {row.section for row in rows}:
        write_dynamics_page(rows)


def _named(sections: Sequence[str], known: Mapping[str, object]) -> list[str]:
    """The sections to compute."""
    if list(sections) == ["page"]:
        return []
    if strange := [name for name in sections if name not in known]:
        raise SystemExit(f"unknown section {strange[0]!r}: choose from {', '.join(known)}")
    return list(sections or known)


SUBJECTS: dict[str, Callable[[Sequence[str]], None]] = {
    "networks": write_networks,
    "dynamics": write_dynamics,
    "teachers": teachers.write,
}


def main(arguments: Sequence[str]) -> None:
    """Write the page of a subject."""
    if not arguments or arguments[0] not in SUBJECTS:
        raise SystemExit(f"which evidence? Choose from {', '.join(SUBJECTS)}.")
    SUBJECTS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
