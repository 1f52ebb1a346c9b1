"""A store as an xarray Dataset: settings along named dimensions, statuses, and where it all comes from."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Status
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.quantities import QUANTITIES
from quadviz.results import SOURCE
from quadviz.statistics import mean_and_error
from quadviz.sweep.errors import SweepStoreError, library
from quadviz.sweep.layout import Layout
from quadviz.sweep.observables import CODES, EIGENVALUES, MISSING, about
from quadviz.sweep.record import packed
from quadviz.sweep.store import Store

__all__ = ["attributes", "coordinates", "dataset", "named", "open_sweep", "provenance"]

#: What the columns of each kind are called in a dataset.
_PREFIX = {"theory": "", "networks": "network_", "dmft": "dmft_"}
_FAILURE = {"theory": "theory_failure", "networks": "network_failure", "dmft": "dmft_failure"}


def open_sweep(store: str | os.PathLike[str]) -> Any:
    """A sweep as far as it is, without computing anything; of the shape of its grid.

    Args:
        store: the folder that :func:`quadviz.run_sweep` wrote, or is writing.

    Returns:
        An :class:`xarray.Dataset`. What is not computed is NaN, with the status -1; ``attrs["cells_done"]``
        of ``attrs["cells"]`` are.

    Raises:
        FileNotFoundError: if nothing is there.
        SweepStoreError: if it is no store of a sweep, or a cell has lost its checksum; names it.
        ImportError: if a package is missing; says how to get it.

    >>> open_sweep("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no store nowhere
    """
    library("xarray")
    return dataset(Store.open(store))


def dataset(store: Store) -> Any:
    """The dataset of an open store."""
    xarray = library("xarray")
    values: dict[str, Any] = {}
    for kind, layout in store.layouts.items():
        cells, texts = _all(store, layout)
        values |= {name: (dims, v, attributes(name)) for name, (dims, v) in named(layout, cells).items()}
        if (texts != "").any():
            failure = _FAILURE[kind]
            values[failure] = (tuple(layout.cells), texts.astype(str), attributes(failure))
    coords = {name: (dims, v, attributes(name)) for name, (dims, v) in coordinates(store).items()}
    return xarray.Dataset(values, coords=coords, attrs={**provenance(store), **store.counts()})


def _all(store: Store, layout: Layout) -> tuple[FloatArray, Any]:
    """The columns of every cell, NaN where there is none, and the errors of cells."""
    kind = layout.kind
    try:
        return store.values(kind), store.texts(kind)
    except (ValueError, RuntimeError, OSError) as error:
        region = layout.region(min(store.unsound(kind)))
        stretches = zip(layout.cells, region, strict=True)
        where = ", ".join(f"{dim} {part.start} to {part.stop - 1}" for dim, part in stretches)
        raise SweepStoreError(
            f"{store.path}: the cell of {kind} at {where or 'its one setting'} is damaged ({error}); "
            "run the sweep again, and it alone is computed anew"
        ) from error


def named(layout: Layout, cells: FloatArray, *, means: bool = True) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Columns by name: codes as small numbers, seeds as whole ones, and means over seeds with errors."""
    prefix, dims = _PREFIX[layout.kind], layout.dims[:-1]
    spectrum = [at for at, column in enumerate(layout.columns) if column.startswith(EIGENVALUES)]
    found: dict[str, tuple[tuple[str, ...], Any]] = {}
    for at, column in enumerate(layout.columns):
        if at in spectrum:
            continue
        name, values = prefix + column, cells[..., at]
        alike = layout.times is not None and column in ("status", "seed", "trusted_until")
        if alike:  # the same at every time
            values = values[..., 0]
        if name in CODES:
            values = np.where(np.isnan(values), MISSING, values).astype(np.int8)
        elif column == "seed":
            values = np.where(np.isnan(values), MISSING, values).astype(np.int64)
        found[name] = (dims[:-1] if alike else dims, np.array(values))
    if spectrum:
        found[prefix + EIGENVALUES] = ((*dims, "index"), cells[..., spectrum[0] : spectrum[-1] + 1])
    if means and layout.kind == "networks":
        axis = dims.index("seed")
        over = tuple(dim for dim in dims if dim != "seed")
        for column in (c for c in layout.columns[:-2] if prefix + c in found):
            mean, error = mean_and_error(np.moveaxis(found[prefix + column][1], axis, 0))
            found |= {f"{prefix}{column}_mean": (over, mean), f"{prefix}{column}_error": (over, error)}
    return found


def coordinates(store: Store) -> dict[str, tuple[tuple[str, ...], Any]]:
    """What tells cells apart, by name."""
    spec = store.spec
    coords: dict[str, tuple[tuple[str, ...], Any]] = {}
    if spec.names:
        coords["setting"] = (("setting",), np.array(spec.names))
    for name, (dim, values) in spec.parameters.items():
        if dim is not None or name in spec.grid:
            coords[name] = ((dim,) if dim else (), values)
    if spec.networks:
        coords["seed"] = (("seed",), np.array(spec.networks.seeds))
        d = spec.networks.d
        coords["d"] = (("d",), np.array(d)) if len(d) > 1 else ((), np.array(d[0]))
    for layout in store.layouts.values():
        if layout.times:
            coords[layout.time] = ((layout.time,), np.array(layout.times))
    return coords


def attributes(name: str) -> dict[str, Any]:
    """What a variable says of itself: symbol, meaning, unit, and what its codes mean."""
    if name == "setting":
        return {"long_name": "setting"}
    known = QUANTITIES["time"] if name == "dmft_time" else about(name)
    said: dict[str, Any] = {"long_name": known.meaning}
    if known.symbol:
        said["symbol"] = known.symbol
    if name in CODES:
        kind = CODES[name]
        names = {MISSING: "not_computed", **{int(m): m.name.lower() for m in kind}}
        said |= {"flag_values": list(names), "flag_meanings": " ".join(names.values())}
    if not name.endswith("failure"):
        said["units"] = "1"
    parameter = {**PARAMETERS, **EXTENSIONS}.get(name)
    if parameter is not None:
        said["label"] = parameter.label
    return said


def provenance(store: Store) -> dict[str, str]:
    """Where a sweep comes from: packages, seeds, tolerances, and what was asked for."""
    spec = store.spec
    said = {
        "title": spec.title,
        "made_by": f"quadviz {store.made_with['quadviz']}",
        "theory": SOURCE,
        "versions": json.dumps(dict(store.made_with)),
        "sweep": json.dumps(packed(spec.to_dict())[0], ensure_ascii=False),
    }
    if spec.theory:
        size = f"averages at d = {spec.theory.finite_size}" if spec.theory.finite_size else "good to 1e-9"
        said["theory_tolerance"] = f"{size}, where the status is not {Status.FAILED.name} (docs/accuracy.md)"
    if spec.networks:
        names = ("rtol", "max_steps") if spec.networks.times else ("tolerance", "max_evaluations")
        said["network_solver"] = spec.networks.method
        said["network_tolerance"] = ", ".join(f"{n} = {getattr(spec.networks, n)}" for n in names)
        said["network_seeds"] = "numpy SeedSequence of seed, d and the setting: see network_seed"
    if spec.dmft:
        said["dmft_tolerance"] = f"step = {spec.dmft.step}, replicas = {spec.dmft.replicas}"
    return {name: text for name, text in said.items() if text}
