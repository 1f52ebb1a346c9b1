"""Cells on disk: a Zarr store with one array for each kind of observable, and one writer at a time.

A unit of work is one chunk, which carries its own checksum (CRC-32C) and comes into being whole. What is
there and has its checksum is done. Errors of cells that failed are written before the cell itself, so that no
cell is there without its error.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.sweep.cells import Index, Outcome, versions
from quadviz.sweep.errors import SweepStoreError, library
from quadviz.sweep.layout import Layout, layouts
from quadviz.sweep.record import differences, packed, unpacked
from quadviz.sweep.spec import Sweep

__all__ = ["Store"]

_FORMAT = 1
#: Bytes kept of an error's text.
_TEXT = 1000
#: Where a group's attributes say that it is a sweep's.
_MARK = "quadviz_sweep"
#: What reading a damaged chunk raises: a checksum, a decoder, a file cut short.
_DAMAGE = (ValueError, RuntimeError, OSError)


class Store:
    """The store of one sweep, open."""

    def __init__(self, path: Path, spec: Sweep, made_with: Mapping[str, str], group: Any) -> None:
        self.path, self.spec, self.made_with = path, spec, made_with
        self.layouts = layouts(spec)
        self._arrays = {name: group[name] for kind in self.layouts for name in (kind, f"{kind}_failure")}

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, write: bool = False) -> Store:
        """A store that is there.

        Raises:
            FileNotFoundError: if nothing is there.
            SweepStoreError: if it is no store of a sweep.
        """
        zarr, place = library("zarr"), Path(path)
        if not place.exists():
            raise FileNotFoundError(f"there is no store {place}")
        try:
            group = zarr.open_group(place, mode="r+" if write else "r")
            told = group.attrs[_MARK]
            if told["format"] != _FORMAT:
                raise SweepStoreError(f"its format is {told['format']}, and this quadviz reads {_FORMAT}")
            long = {name: group[name][...] for name in told["long"]}
            return cls(place, Sweep.from_dict(unpacked(told["spec"], long)), told["versions"], group)
        except (KeyError, ValueError, TypeError, FileNotFoundError, zarr.errors.BaseZarrError) as error:
            raise SweepStoreError(f"{place} is not the store of a sweep ({error})") from error

    @classmethod
    def for_sweep(cls, path: str | os.PathLike[str], spec: Sweep) -> Store:
        """The store of this very sweep: the one that is there, or a new one; call it with the lock held.

        Raises:
            SweepStoreError: if what is there is of another sweep or version (says what differs), or no store.
        """
        place = Path(path)
        return cls.there(place, spec, write=True) or cls._new(place, spec)

    @classmethod
    def there(cls, place: Path, spec: Sweep, *, write: bool = False) -> Store | None:
        """The store of this very sweep, if it is there.

        Raises:
            SweepStoreError: as :meth:`for_sweep` does.
        """
        if not place.exists():
            return None
        if _began(place):
            store = cls.open(place, write=write)
            store._refuse_other(spec)
            return store
        if not place.is_dir() or any(place.iterdir()):
            raise SweepStoreError(f"{place} is there, and not the store of a sweep: choose another place")
        return None

    @classmethod
    def _new(cls, place: Path, spec: Sweep) -> Store:
        """A new store, made beside its place and moved there when it is whole."""
        zarr = library("zarr")
        making = place.with_name(f"{place.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        group = zarr.open_group(making, mode="w", zarr_format=3)
        for layout in layouts(spec).values():
            _array(group, layout.kind, layout, layout.dims, np.dtype("f8"), np.nan)
            dims = (*layout.cells, f"{layout.kind}_text")
            _array(group, f"{layout.kind}_failure", layout, dims, np.dtype("u1"), 0)
        machine = {"platform": platform.platform(), "processor": platform.machine()}
        plain, long = packed(spec.to_dict())
        for name, values in long.items():
            group.create_array(name, data=values)
        told = {"format": _FORMAT, "spec": plain, "long": list(long), "versions": dict(versions()), **machine}
        group.attrs[_MARK] = told
        if place.exists():
            place.rmdir()
        making.replace(place)
        return cls.open(place, write=True)

    def _refuse_other(self, spec: Sweep) -> None:
        differing = list(differences(packed(self.spec.to_dict())[0], packed(spec.to_dict())[0]))
        differing += [
            f"{name}: the store was made with {self.made_with.get(name)}, this is {here}"
            for name, here in versions().items()
            if name != "python" and self.made_with.get(name) != here
        ]
        if differing:
            raise SweepStoreError(
                f"{self.path} belongs to another sweep; {'; '.join(differing)}. Choose another store, or "
                "go on as it was begun"
            )

    def done(self, kind: str) -> set[Index]:
        """The units that are there, whether or not they are sound."""
        return self._chunks(kind)

    def failing(self, kind: str) -> set[Index]:
        """The units that have errors."""
        return self._chunks(f"{kind}_failure")

    def _chunks(self, name: str) -> set[Index]:
        array = self._arrays[name]
        folder, depth = self.path / name / "c", array.ndim
        places = (path.relative_to(folder).parts for path in folder.rglob("*") if path.is_file())
        cells = len(self.layouts[name.removesuffix("_failure")].cells)
        return {tuple(map(int, p[:cells])) for p in places if len(p) == depth and all(map(str.isdigit, p))}

    def unsound(self, kind: str) -> set[Index]:
        """The units that have lost the checksums they were written with."""
        if math.prod(self.layouts[kind].chunk) == 1:  # small files are read several times as fast together
            try:
                self.values(kind)
                self.texts(kind)
            except _DAMAGE:
                pass
            else:
                return set()
        names = (kind, f"{kind}_failure")
        return {index for name in names for index in self._chunks(name) if not self._sound(name, index)}

    def _sound(self, name: str, index: Index) -> bool:
        try:
            self._arrays[name][self.layouts[name.removesuffix("_failure")].region(index)]
        except _DAMAGE:
            return False
        return True

    def values(self, kind: str, index: Index | None = None) -> FloatArray:
        """The columns of every cell, or of a unit's, NaN where there is none.

        Raises:
            ValueError: or another error, if a checksum does not match, or a chunk cannot be decoded.
        """
        region = ... if index is None else self.layouts[kind].region(index)
        values: FloatArray = self._arrays[kind][region]
        return values

    def texts(self, kind: str) -> Any:
        """The errors of all cells, empty where there is none."""
        layout = self.layouts[kind]
        said = np.full(tuple(layout.cells.values()), "", dtype=object)
        for index in self.failing(kind):
            region = layout.region(index)
            said[region] = _texts(self._arrays[f"{kind}_failure"][region])
        return said

    def counts(self) -> dict[str, int]:
        """How many cells there are, are done, and failed; a unit is read at a time."""
        found = {"cells": 0, "cells_done": 0, "cells_failed": 0}
        for kind, layout in self.layouts.items():
            there = self.done(kind)
            found["cells"] += layout.count
            found["cells_done"] += sum(layout.size(index) for index in there)
            for index in there & self.failing(kind):
                said = self._arrays[f"{kind}_failure"][layout.region(index)]
                found["cells_failed"] += int(np.count_nonzero(said[..., 0]))
        return found

    def write(self, outcome: Outcome) -> None:
        """A unit to disk: its errors, if any, then its columns.

        Raises:
            OSError: if the disk is full, or cannot be written to.
        """
        layout = self.layouts[outcome.kind]
        region = layout.region(outcome.index)
        if outcome.failures:
            raw = np.zeros((*(part.stop - part.start for part in region), _TEXT), np.uint8)
            for at, text in outcome.failures.items():
                said = np.frombuffer(text.encode()[:_TEXT], np.uint8)
                raw[at][: said.size] = said
            self._arrays[f"{outcome.kind}_failure"][region] = raw
        self._arrays[outcome.kind][region] = outcome.values

    def drop(self, kind: str, index: Index) -> None:
        """Forget a unit."""
        rest = len(self.layouts[kind].shape) - len(index)
        for name, zeros in ((kind, rest), (f"{kind}_failure", 1)):
            self.path.joinpath(name, "c", *map(str, (*index, *(0,) * zeros))).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what a killed writer left half-written."""
        for path in self.path.rglob("*.partial"):
            path.unlink(missing_ok=True)


def _began(place: Path) -> bool:
    try:
        return _MARK in json.loads((place / "zarr.json").read_text(encoding="utf-8")).get("attributes", {})
    except (OSError, ValueError):
        return False


def _array(group: Any, name: str, layout: Layout, dims: tuple[str, ...], dtype: Any, fill: float) -> None:
    from zarr.codecs import BloscCodec, Crc32cCodec

    own = layout.own if name == layout.kind else (_TEXT,)
    group.create_array(
        name,
        shape=(*layout.cells.values(), *own),
        chunks=(*layout.chunk, *own),
        dtype=dtype,
        fill_value=fill,
        compressors=[BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"), Crc32cCodec()],
        dimension_names=dims,
        attributes={"columns": list(layout.columns)} if name == layout.kind else {},
        config={"write_empty_chunks": True},
    )


def _texts(raw: Any) -> Any:
    """Rows of bytes as text."""
    flat = raw.reshape(-1, raw.shape[-1])
    said = np.full(len(flat), "", dtype=object)
    for at in np.flatnonzero(flat[:, 0]):
        said[at] = bytes(flat[at]).rstrip(b"\0").decode(errors="ignore")
    return said.reshape(raw.shape[:-1])
