"""A sweep as NetCDF or CSV, unit by unit: a map of any size in bounded memory."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.checks import shown
from quadviz.results import spread
from quadviz.sweep.cells import Index
from quadviz.sweep.dataset import attributes, coordinates, named, provenance
from quadviz.sweep.errors import SweepError, library
from quadviz.sweep.layout import Layout
from quadviz.sweep.observables import CODES, MISSING
from quadviz.sweep.store import Store

__all__ = ["export_sweep"]

#: Dimensions, and values along them.
Named = tuple[tuple[str, ...], Any]


def export_sweep(
    store: str | os.PathLike[str], path: str | os.PathLike[str], *, kind: str | None = None
) -> None:
    """Write a sweep, as far as it is, as NetCDF (a file that ends in ``.nc``) or CSV (``.csv``).

    It goes unit by unit, so that a map of any size takes the memory of one. NetCDF has the shape of the grid,
    and what :func:`quadviz.open_sweep` says of it without the texts of errors and means over seeds. CSV has a
    row a cell (and time), its parameters first; codes are their names.

    Args:
        store: the folder that :func:`quadviz.run_sweep` wrote.
        path: the file to write; it appears when it is whole.
        kind: "theory", "networks" or "dmft": which one. All of them go into a NetCDF file when omitted, and
            CSV wants one where there are several.

    Returns:
        Nothing; arrays in the file have the shape of the grid.

    Raises:
        SweepError: if the file's ending or the kind is none of these.
        FileNotFoundError: if there is no such store.
        SweepStoreError: if it is no store of a sweep.
        ImportError: if a package is missing; says how to get it.

    >>> export_sweep("nowhere", "map.txt")
    Traceback (most recent call last):
    ...
    quadviz.sweep.errors.SweepError: path must end in .nc or .csv, got 'map.txt'
    """
    target = Path(path)
    writers = {".nc": _netcdf, ".csv": _csv}
    if target.suffix not in writers:
        raise SweepError(f"path must end in .nc or .csv, got {os.fspath(path)!r}")
    there = Store.open(store)
    if kind is not None and kind not in there.layouts:
        raise SweepError(f"kind must be one of {', '.join(there.layouts)}, got {shown(kind)}")
    chosen = [there.layouts[kind]] if kind else list(there.layouts.values())
    if target.suffix == ".csv" and len(chosen) > 1:
        raise SweepError(f"a CSV file has one kind: choose one of {', '.join(there.layouts)}")
    making = target.with_name(f"{target.name}.making")
    try:
        writers[target.suffix](there, chosen, making)
        making.replace(target)
    finally:
        making.unlink(missing_ok=True)


def _units(store: Store, layout: Layout) -> Iterator[tuple[Index, dict[str, Named]]]:
    """The columns of every unit by name, without the means over all seeds, which no unit knows."""
    done = store.done(layout.kind)
    for index in layout.indices():
        region = layout.region(index)
        cells = np.full((*(part.stop - part.start for part in region), *layout.own), np.nan)
        if index in done:
            cells[...] = store.values(layout.kind, index)
        yield index, named(layout, cells, means=False)


def _netcdf(store: Store, chosen: list[Layout], target: Path) -> None:
    with library("h5netcdf").File(target, "w") as file:
        file.attrs.update(provenance(store))
        for layout in chosen:
            for dim, size in zip(layout.dims[:-1], layout.shape, strict=False):
                if dim not in file.dimensions:
                    file.dimensions[dim] = size
        for name, (dims, values) in coordinates(store).items():
            if set(dims) <= set(file.dimensions):
                _variable(file, name, dims, np.asarray(values), None)[...] = values
        for layout in chosen:
            made: dict[str, Any] = {}
            for index, columns in _units(store, layout):
                for name, (dims, values) in columns.items():
                    if name not in made:
                        # What a cell has beyond its layout's dimensions: eigenvalues.
                        own = zip(dims, values.shape, strict=True)
                        file.dimensions.update({d: n for d, n in own if d not in file.dimensions})
                        chunk = (*layout.chunk, *values.shape[len(layout.cells) :])
                        made[name] = _variable(file, name, dims, values, chunk)
                    made[name][layout.region(index)] = values


def _variable(file: Any, name: str, dims: tuple[str, ...], like: Any, chunks: tuple[int, ...] | None) -> Any:
    import h5py  # what h5netcdf stands on

    kind = h5py.string_dtype() if like.dtype.kind == "U" else like.dtype
    several = chunks if chunks and np.prod(chunks) > 1 else None
    made = file.create_variable(name, dims, kind, chunks=several)
    for key, said in attributes(name).items():
        made.attrs[key] = said if isinstance(said, str) else np.asarray(said, dtype=like.dtype)
    return made


def _csv(store: Store, chosen: list[Layout], target: Path) -> None:
    (layout,) = chosen
    with target.open("w", newline="", encoding="utf-8") as sink:
        rows = _rows(store, layout)
        csv.writer(sink, lineterminator="\n").writerows(rows)


def _rows(store: Store, layout: Layout) -> Iterator[list[Any]]:
    known = coordinates(store)
    coords = {n: (d, v) for n, (d, v) in known.items() if set(d) <= set(layout.dims)}
    if layout.kind != "networks":
        coords.pop("d", None)
    first = True
    for index, columns in _units(store, layout):
        region = dict(zip(layout.cells, layout.region(index), strict=True))
        dims = layout.dims[:-1]
        shape = next(values.shape for d, values in columns.values() if d == dims)
        flat = []
        for d, values in coords.values():
            part = np.asarray(values)[tuple(region.get(dim, slice(None)) for dim in d)]
            flat.append(spread(part, d, dims, shape).reshape(-1))
        scalars = dict(_one_by_one(columns, dims))
        for name, (d, values) in scalars.items():
            flat.append(spread(_words(name, values), d, dims, shape).reshape(-1))
        if first:
            yield [*coords, *scalars]
            first = False
        yield from map(list, zip(*(column.tolist() for column in flat), strict=True))


def _one_by_one(columns: Mapping[str, Named], dims: tuple[str, ...]) -> Iterator[tuple[str, Named]]:
    """Columns as a table of rows has them: eigenvalues each in one of its own."""
    for name, (d, values) in columns.items():
        if set(d) <= set(dims):
            yield name, (d, values)
        else:
            yield from ((f"{name}_{k}", (d[:-1], values[..., k - 1])) for k in range(1, values.shape[-1] + 1))


def _words(name: str, values: Any) -> Any:
    """Codes as their names."""
    if name not in CODES:
        return values
    names = {MISSING: "not_computed", **{int(member): member.name.lower() for member in CODES[name]}}
    return np.array([names[code] for code in range(MISSING, max(names) + 1)])[values - MISSING]
