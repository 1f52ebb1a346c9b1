"""How the cells of a sweep lie in arrays, and which of them a worker does in one go.

Each kind of observable is one array: settings along its first dimensions (then d and seeds of networks),
times if there are any, and columns last. A unit of work is one chunk of it, so that it lands on disk whole or
not at all. Chunks follow from the sweep alone: whoever goes on with it, with however many workers, cuts it
the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.blocks import slices
from quadviz.sweep.cells import Index, Unit, columns_of
from quadviz.sweep.observables import groups_of
from quadviz.sweep.spec import Sweep

__all__ = ["KINDS", "Layout", "layouts"]

KINDS = ("theory", "networks", "dmft")


@dataclass(frozen=True, eq=False)
class Layout:
    """The array of one kind of observable.

    Attributes:
        spec: the sweep.
        kind: "theory", "networks" or "dmft".
        cells: dimensions of its cells, and their sizes.
        chunk: how many cells along each a unit has.
        times: times of each cell, or None.
        columns: the columns of each cell.
    """

    spec: Sweep
    kind: str
    cells: Mapping[str, int]
    chunk: tuple[int, ...]
    times: tuple[float, ...] | None
    columns: tuple[str, ...]

    @property
    def dims(self) -> tuple[str, ...]:
        """The names of the array's dimensions."""
        return (*self.cells, *((self.time,) if self.times else ()), f"{self.kind}_column")

    @property
    def time(self) -> str:
        """The name of the dimension of times."""
        return "dmft_time" if self.kind == "dmft" else "time"

    @property
    def own(self) -> tuple[int, ...]:
        """The shape of one cell."""
        return (*((len(self.times),) if self.times else ()), len(self.columns))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return (*self.cells.values(), *self.own)

    @property
    def count(self) -> int:
        """How many cells there are."""
        return math.prod(self.cells.values())

    @property
    def chunks(self) -> tuple[int, ...]:
        """How many units there are along each dimension of cells."""
        return tuple(-(-n // c) for n, c in zip(self.cells.values(), self.chunk, strict=True))

    @property
    def units(self) -> int:
        """How many units there are."""
        return math.prod(self.chunks)

    def indices(self) -> Iterator[Index]:
        """Every unit's place."""
        return iter(np.ndindex(self.chunks))

    def region(self, index: Index) -> tuple[slice, ...]:
        """The cells of a unit."""
        parts = zip(self.cells.values(), self.chunk, index, strict=True)
        return tuple(slice(i * c, min((i + 1) * c, n)) for n, c, i in parts)

    def size(self, index: Index) -> int:
        """How many cells a unit has."""
        return math.prod(part.stop - part.start for part in self.region(index))

    def unit(self, index: Index) -> Unit:
        """A unit, ready to be done."""
        region = dict(zip(self.cells, self.region(index), strict=True))
        given = {name: self._along(dim, values, region) for name, (dim, values) in self._given().items()}
        shape = tuple(part.stop - part.start for part in region.values())
        options = getattr(self.spec, self.kind)
        return Unit(self.kind, index, shape, given, options, self.spec.teacher)

    def _given(self) -> Mapping[str, tuple[str | None, FloatArray]]:
        given: dict[str, tuple[str | None, Any]] = dict(self.spec.parameters)
        if self.kind == "networks":
            d = np.array(self.spec.networks.d)
            given["d"] = ("d", d) if d.size > 1 else (None, d[0])
            given["seed"] = ("seed", np.array(self.spec.networks.seeds))
        return given

    def _along(self, dim: str | None, values: Any, region: Mapping[str, slice]) -> Any:
        """Values shaped to broadcast against a unit."""
        if dim is None:
            return np.asarray(values)
        line = np.asarray(values)[region[dim]]
        return line.reshape([line.size if name == dim else 1 for name in region])


def layouts(spec: Sweep) -> dict[str, Layout]:
    """The arrays of a sweep, by kind.

    >>> grid = {"kappa": [0.5, 1], "kappa_star": np.linspace(0.1, 1, 5000)}
    >>> spec = Sweep(grid=grid, theory=["recovery_alpha"])
    >>> layout = layouts(spec)["theory"]
    >>> layout.shape, layout.chunk, layout.units
    ((2, 5000, 1), (1, 5000), 2)
    """
    found = {}
    for kind in KINDS:
        options = getattr(spec, kind)
        if options is None:
            continue
        cells = spec.dims
        if kind == "networks":
            several = {"d": len(options.d)} if len(options.d) > 1 else {}
            cells = {**cells, **several, "seed": len(options.seeds)}
        batch = 1
        if kind == "theory" and options.finite_size is None:
            batch = min(group.batch for group in groups_of(options.observables).values())
        times = getattr(options, "times", None)
        columns = columns_of(kind, options)
        found[kind] = Layout(spec, kind, cells, _chunk(cells, batch), times, columns)
    return found


def _chunk(cells: Mapping[str, int], batch: int) -> tuple[int, ...]:
    """As many cells of the last dimensions as make a batch."""
    chunk, left = [], batch
    for size in reversed([*cells.values()]):
        # Pieces of even length: a last one of a few settings is nobody's share.
        pieces = len(slices(size, max(left, 1)))
        chunk.append(-(-size // pieces))
        left //= chunk[-1]
    return tuple(reversed(chunk))
