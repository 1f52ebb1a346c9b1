"""What a sweep will take, before anything starts: cells, time, memory and disk."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.checks import readable, shown, whole_number
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.sizes import memory_needed
from quadviz.sizes import Sizes
from quadviz.sweep.cells import Unit, do_unit, setting_of
from quadviz.sweep.errors import SweepSpecError
from quadviz.sweep.layout import Layout, layouts
from quadviz.sweep.spec import Sweep
from quadviz.sweep.store import Store
from quadviz.theory.dmft import dmft_cost
from quadviz.threads import blas_threads

__all__ = ["SweepPlan", "plan_sweep"]

#: Cells of each kind that are looked at, and settings of theory that are solved for each look, at most.
_LOOKS, _POINTS = 3, 512
#: Forces that it takes to the end of a descent and along a flow; at d = 20 to 80 a factor of three about it.
_FORCES: Mapping[str, int] = {"minimise": 500, "simulate": 3000}
#: Bytes of a file system's block: a cell of its own takes one, whatever it holds.
_FILE = 4096
#: What numbers keep of their size when they are compressed, and columns that keep nothing, or little.
_PACKED, _CODES = 0.9, ("status", "regime", "seed", "trusted_until")


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep will take, as :func:`quadviz.plan_sweep` finds it; time to a factor of three.

    Attributes:
        cells: how many there are, by kind.
        units: how many units of work they make, by kind: what is lost at most of each when it is interrupted.
        done: cells that are in the store already, by kind.
        seconds: that the rest will take with so many workers.
        workers: how many.
        disk: bytes that the store will have.
        memory: bytes at the peak, of all workers.
        refused: cells that are known to fail, by kind; and why the first one does.
    """

    cells: Mapping[str, int]
    units: Mapping[str, int]
    done: Mapping[str, int]
    seconds: float
    workers: int
    disk: int
    memory: int
    refused: Mapping[str, tuple[int, str]]

    def __str__(self) -> str:
        lines = []
        for kind, count in self.cells.items():
            done = f", {self.done[kind]:,} done" if self.done[kind] else ""
            lines.append(f"{kind}: {count:,} cells in {self.units[kind]:,} units{done}")
            if kind in self.refused:
                number, why = self.refused[kind]
                lines.append(f"  {number:,} of those looked at will fail: {why}")
        lines.append(
            f"time: about {_duration(self.seconds)} with {self.workers} workers, to a factor of three"
        )
        lines.append(f"disk: about {readable(self.disk)}; memory: about {readable(self.memory)}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values."""
        return asdict(self)


def plan_sweep(
    spec: Sweep, store: str | os.PathLike[str] | None = None, *, workers: int | None = None
) -> SweepPlan:
    """What a sweep will take, without running it: a few cells are looked at, which takes seconds at most.

    Args:
        spec: what is asked for.
        store: where; what is done there already is counted.
        workers: how many workers; as many as there are cores when omitted.

    Returns:
        Cells, units, seconds, bytes of disk and memory. Its text has the shape of a few lines.

    Raises:
        SweepSpecError: if spec is no :class:`quadviz.Sweep`.
        SweepStoreError: if the store is of another sweep or version.
        TypeError: if workers is not a whole number.
        ValueError: if it is less than 1.

    >>> spec = Sweep(grid={"kappa": [0.5, 1.0], "kappa_star": 0.3}, theory=["recovery_alpha"])
    >>> plan_sweep(spec, workers=2).cells
    {'theory': 2}
    """
    if not isinstance(spec, Sweep):
        raise SweepSpecError(f"spec must be a quadviz.Sweep, got {shown(spec)}")
    crew = (os.cpu_count() or 1) if workers is None else whole_number("workers", workers, 1)
    there = None if store is None else Store.there(Path(store), spec)
    cells, units, done, refused = {}, {}, {}, {}
    seconds, disk, memory = 0.0, 0.0, 0
    for kind, layout in layouts(spec).items():
        cells[kind], units[kind] = layout.count, layout.units
        of_unit = layout.count / layout.units
        done[kind] = 0 if there is None else min(layout.count, round(len(there.done(kind)) * of_unit))
        each, needed, why = _LOOK[kind](layout)
        left = layout.count - done[kind]
        seconds += each * left / max(min(crew, -(-left // max(int(of_unit), 1))), 1)
        memory = max(memory, needed)
        size = 8 * of_unit * len(layout.times or (0,)) * sum(not n.endswith(_CODES) for n in layout.columns)
        disk += layout.units * max(_FILE, _PACKED * size)
        if why:
            refused[kind] = why
    return SweepPlan(cells, units, done, seconds, crew, int(disk), crew * memory, refused)


def _spread(layout: Layout) -> list[Unit]:
    """Units from all over a sweep, the first and the last among them."""
    at = np.unique(np.linspace(0, layout.units - 1, _LOOKS).round().astype(int))
    return [layout.unit(tuple(map(int, np.unravel_index(i, layout.chunks)))) for i in at]


def _theory(layout: Layout) -> tuple[float, int, Any]:
    """Seconds a setting, bytes a worker: some are solved."""
    seconds, points, batch = 0.0, 0, int(np.prod(layout.chunk))
    most = _POINTS if layout.spec.theory.finite_size is None else 1
    for unit in _spread(layout)[: None if most > 1 else 1]:
        some = _part(unit, most)
        if most > 1:
            do_unit(some)  # what is done first loads and caches
        began = time.perf_counter()
        do_unit(some)
        seconds += time.perf_counter() - began
        points += int(np.prod(some.shape))
    size = batch * (200 + 8 * len(layout.columns))
    return seconds / points, size + 150_000_000, None


def _part(unit: Unit, most: int) -> Unit:
    """A unit's settings at even steps, few of them."""
    left, steps = most, []
    for size in reversed(unit.shape):
        kept = min(size, max(left, 1))
        left //= kept
        steps.append(np.linspace(0, size - 1, kept).round().astype(int))
    steps.reverse()

    def taken(array: Any) -> Any:
        for axis, step in enumerate(steps):
            if array.ndim and array.shape[axis] > 1:
                array = array.take(step, axis)
        return array

    given = {name: taken(array) for name, array in unit.given.items()}
    return Unit(unit.kind, unit.index, tuple(map(len, steps)), given, unit.options, unit.teacher)


def _networks(layout: Layout) -> tuple[float, int, Any]:
    """Seconds a network, bytes a worker: some are sampled, and one force of each is timed."""
    seconds, memory, refused, why, looked = 0.0, 0, 0, "", 0
    inputs = layout.spec.networks.inputs
    for unit in _spread(layout):
        looked += 1
        try:
            setting, d = setting_of(unit), int(unit.given["d"].item())
            memory = max(memory, memory_needed(Sizes.of(setting, d), inputs))
            with blas_threads(1):
                problem = sample_problem(setting, d, 0, inputs=inputs)
                began = time.perf_counter()
                for _ in range(3):
                    problem.slope(problem.start)
                seconds += (time.perf_counter() - began) / 3 * _FORCES[layout.spec.networks.method]
        except (ValueError, MemoryError) as error:
            refused, why = refused + 1, why or str(error)
    return seconds / looked, memory + 150_000_000, (refused, why) if refused else None


def _dmft(layout: Layout) -> tuple[float, int, Any]:
    """Seconds a march, bytes a worker: as :func:`quadviz.dmft_cost` finds them."""
    asked, seconds, memory, refused, why, looked = layout.spec.dmft, 0.0, 0, 0, "", 0
    names = ("d_eff", "replicas", "probes", "copies", "step")
    options = {name: getattr(asked, name) for name in names}
    for unit in _spread(layout):
        looked += 1
        try:
            cost = dmft_cost(setting_of(unit), asked.times, **options, threads=1)
            seconds, memory = seconds + cost.seconds, max(memory, cost.memory)
        except (ValueError, MemoryError) as error:
            refused, why = refused + 1, why or str(error)
    return seconds / looked, memory + 150_000_000, (refused, why) if refused else None


_LOOK = {"theory": _theory, "networks": _networks, "dmft": _dmft}


def _duration(seconds: float) -> str:
    """Seconds in the unit that suits them.

    >>> _duration(4000.0)
    '1.1 h'
    """
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.2g} {unit}"
    return f"{max(seconds, 0.1):.2g} s"
