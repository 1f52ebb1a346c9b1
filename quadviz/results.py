"""What every result of the package can do: be converted, be printed, be compared without an accident.

A result that holds arrays tells of itself as one or more :class:`Sheet`, numbers with named dimensions, and
has its conversions from them: :meth:`Result.to_dict`, :meth:`Result.to_dataframe`,
:meth:`Result.to_xarray`. A result that is a number for each point of a broadcast shape is a
:class:`PointResult`, and needs to say nothing at all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, Self

import numpy as np

from quadviz.labels import Labels, varying_dims
from quadviz.outcome import Regime, Status
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.quantities import QUANTITIES

__all__ = ["PointResult", "Result", "Sheet", "TupleResult", "points_repr", "spread"]

SOURCE = "arXiv 2601.10483 (JMLR 27(136), 2026)"
#: Fields that hold a code, and what their values are called.
_CODES: Mapping[str, type[IntEnum]] = {"status": Status, "regime": Regime}
#: Lines of a printed result at most, and values of a field shown one by one.
_LINES, _SHOWN = 10, 4


@dataclass(frozen=True, eq=False)
class Sheet:
    """Numbers with named dimensions: one table of a result.

    Attributes:
        dims: the dimensions of the rows, and their sizes.
        coords: what tells rows apart, the setting first: dimensions and values by name.
        values: what was found, likewise.
        index: a pandas index for the rows, or None.
    """

    dims: Mapping[str, int]
    coords: Mapping[str, tuple[tuple[str, ...], Any]]
    values: Mapping[str, tuple[tuple[str, ...], Any]]
    index: Any = None

    def columns(self) -> dict[str, Any]:
        """The table laid out: a column for each name, one entry a row, codes by name."""
        shape = tuple(self.dims.values())
        return {
            name: _named_codes(name, spread(np.asarray(values), dims, tuple(self.dims), shape).reshape(-1))
            for name, (dims, values) in {**self.coords, **self.values}.items()
        }


class Result:
    """Conversions, printing and safe comparison; mixed into frozen dataclasses with ``eq=False``."""

    __slots__ = ()

    def sheets(self) -> dict[str, Sheet]:
        """The tables this result consists of, by name; the first one is meant unless another is named."""
        raise NotImplementedError

    def to_dict(self, sheet: str | None = None) -> dict[str, Any]:
        """The result as plain Python: ``dims``, ``coords``, ``values`` and where it comes from.

        Args:
            sheet: which of its tables; the first one when omitted.

        Returns:
            Nested dictionaries of lists and numbers, as :mod:`json` takes them.

        Raises:
            ValueError: if there is no such table.
        """
        table = self._sheet(sheet)
        return {
            "about": _provenance(self),
            "dims": dict(table.dims),
            "coords": {name: _plain(name, values) for name, (_, values) in table.coords.items()},
            "values": {name: _plain(name, values) for name, (_, values) in table.values.items()},
        }

    def to_dataframe(self, sheet: str | None = None) -> Any:
        """The result as a tidy pandas DataFrame: one row a point, its setting in every row.

        Args:
            sheet: which of its tables; the first one when omitted.

        Raises:
            ImportError: if pandas is not installed; says how to get it.
            ValueError: if there is no such table.
        """
        pandas = _library("pandas")
        table = self._sheet(sheet)
        frame = pandas.DataFrame(table.columns(), index=table.index)
        frame.attrs.update(_provenance(self))
        return frame

    def to_xarray(self) -> Any:
        """The result as an xarray Dataset: named dimensions, symbols and meanings as attributes, provenance.

        Raises:
            ImportError: if xarray is not installed; says how to get it.
        """
        xarray = _library("xarray")
        coords: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for table in self.sheets().values():
            coords |= {n: (dims, v, _attributes(n)) for n, (dims, v) in table.coords.items()}
            values |= {n: (dims, v, _attributes(n)) for n, (dims, v) in table.values.items()}
            if table.index is not None:
                coords |= {dim: (dim, table.index) for dim in table.dims}
        return xarray.Dataset(values, coords=coords, attrs=_provenance(self))

    def _sheet(self, name: str | None) -> Sheet:
        sheets = self.sheets()
        if name is None:
            return next(iter(sheets.values()))
        if name not in sheets:
            listed = ", ".join(map(repr, sheets))
            raise ValueError(f"sheet must be one of {listed}, got {name!r}")
        return sheets[name]

    def __repr__(self) -> str:
        """What it is, its setting, and how it went, in at most ten lines."""
        name, table = type(self).__name__, self._sheet(None)
        sizes = ", ".join(f"{dim} {size}" for dim, size in table.dims.items())
        lines = [f"{name} ({sizes})" if sizes else name]
        known = {*PARAMETERS, *EXTENSIONS}
        setting = {n: v for n, (_, v) in table.coords.items() if n in known}
        if setting:
            lines.append("  " + ", ".join(f"{n} {_brief(v)}" for n, v in setting.items()))
        others = {n: v for n, (_, v) in table.coords.items() if n not in known and n not in table.dims}
        if others:
            lines.append("  " + ", ".join(f"{n} {_brief(v)}" for n, v in others.items()))
        found = {n: v for n, (_, v) in table.values.items() if n not in _CODES}
        room = _LINES - len(lines) - 1
        shown = list(found.items())[: room if len(found) <= room else room - 1]
        lines += [f"  {n}: {_brief(v)}" for n, v in shown]
        if len(shown) < len(found):
            lines.append("  and " + ", ".join(list(found)[len(shown) :]))
        said = [_counted(n, v) for n, (_, v) in table.values.items() if n in _CODES]
        return "\n".join([*lines, *(["  " + "; ".join(said)] if said else [])])


@dataclass(frozen=True, eq=False, repr=False)
class PointResult(Result):
    """A result that is a number for each point of a broadcast shape, the parameters among its fields.

    Fields of shape () are NumPy scalars, as those of a ufunc. ``labels`` are the names that the arguments
    brought along.
    """

    labels: Labels | None = field(default=None, kw_only=True)
    #: The fields that are parameters, and those that are not numbers a point.
    _given: ClassVar[tuple[str, ...]] = ()
    _apart: ClassVar[tuple[str, ...]] = ("labels",)

    def __post_init__(self) -> None:
        for name in self._columns():
            value = getattr(self, name)
            if isinstance(value, np.ndarray) and value.ndim == 0:
                object.__setattr__(self, name, value[()])

    @classmethod
    @cache
    def _columns(cls) -> tuple[str, ...]:
        return tuple(f.name for f in fields(cls) if f.name not in cls._apart)

    def _silent(self) -> tuple[str, ...]:
        """Columns that are not told of where they are 0 everywhere."""
        return ()

    @classmethod
    def joined(cls, parts: Sequence[Self], how: Callable[[list[Any]], Any]) -> Self:
        """Several results as one, without labels: ``how`` puts each of their columns together.

        Args:
            parts: the results, alike in what is no column.
            how: such as :func:`numpy.stack` and :func:`numpy.concatenate`.
        """
        columns = {
            name: how([np.broadcast_to(getattr(part, name), part.shape) for part in parts])
            for name in cls._columns()
        }
        return cls(**columns, **{name: getattr(parts[0], name) for name in cls._apart if name != "labels"})

    @property
    def shape(self) -> tuple[int, ...]:
        """The broadcast shape of the parameters."""
        return np.shape(getattr(self, self._columns()[0]))

    def __getitem__(self, index: Any) -> Self:
        """The part at an index of the broadcast shape."""
        shape = self.shape
        part = {name: np.broadcast_to(getattr(self, name), shape)[index] for name in self._columns()}
        labels = None if self.labels is None else self.labels[index]
        others = {name: getattr(self, name) for name in self._apart if name != "labels"}
        return type(self)(**part, **others, labels=labels)

    def __len__(self) -> int:
        """The length of the first axis.

        Raises:
            TypeError: for a single point.
        """
        if not self.shape:
            raise TypeError(f"a {type(self).__name__} of a single point has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        """The parts along the first axis.

        Raises:
            TypeError: for a single point.
        """
        if not self.shape:
            raise TypeError(f"a {type(self).__name__} of a single point cannot be iterated over")
        return (self[i] for i in range(self.shape[0]))

    def sheets(self) -> dict[str, Sheet]:
        """One table with a row a point."""
        columns = {name: getattr(self, name) for name in self._columns()}
        silent = [name for name in self._silent() if not np.any(columns[name])]
        columns = {name: column for name, column in columns.items() if name not in silent}
        parameters = {name: columns[name] for name in self._given if name not in silent}
        labels = self.labels or Labels()
        shape = self.shape
        dims = labels.dims or varying_dims(shape, parameters)
        coords: dict[str, Any] = {}
        for name, value in parameters.items():
            array = np.broadcast_to(value, shape)
            if name in dims:  # a coordinate along its own axis
                axis = dims.index(name)
                line = array[tuple(slice(None) if a == axis else 0 for a in range(len(shape)))]
                coords[name] = ((name,), line)
            else:
                coords[name] = _unspread(array, dims)
        coords |= {name: ((name,), values) for name, values in labels.coords.items() if name not in coords}
        values = {n: (dims, v) for n, v in columns.items() if n not in parameters}
        return {"points": Sheet(dict(zip(dims, shape, strict=True)), coords, values, labels.index)}


class TupleResult(PointResult):
    """A few columns that belong together and are unpacked: their tuple, in length and items."""

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self._columns())

    def __iter__(self) -> Iterator[Any]:
        """The columns."""
        return (getattr(self, name) for name in self._columns())

    def __getitem__(self, index: Any) -> Any:
        """A column, or some of them."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        """Whether another one, or a tuple, has the same columns."""
        if not isinstance(other, (TupleResult, tuple)) or len(other) != len(self):
            return False
        return all(np.array_equal(one, two) for one, two in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((len(self), self.shape))


def points_repr(it: object, **values: Any) -> str:
    """A name and its numbers on one line: all of few, the range of many."""
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    said = ", ".join(f"{name}={_brief(value)}" for name, value in values.items())
    return f"{type(it).__name__}({said})" + (f" of shape {shape}" if shape else "")


def _unspread(array: Any, dims: tuple[str, ...]) -> tuple[tuple[str, ...], Any]:
    """An array without the axes along which nothing varies."""
    kept = [a for a in range(array.ndim) if array.shape[a] and (array != array.take([0], a)).any()]
    part = array[tuple(slice(None) if a in kept else 0 for a in range(array.ndim))] if array.size else array
    if not array.size:
        return dims, array
    return tuple(dims[a] for a in kept), part


def spread(values: Any, dims: tuple[str, ...], onto: tuple[str, ...], shape: tuple[int, ...]) -> Any:
    """Values along some dimensions, repeated along all."""
    order = [dims.index(dim) for dim in onto if dim in dims]
    index = tuple(slice(None) if dim in dims else None for dim in onto)
    return np.broadcast_to(values.transpose(order)[index] if dims else values, shape)


def _plain(name: str, values: Any) -> Any:
    """Lists and Python numbers; codes by name."""
    array = np.asarray(values)
    return _named_codes(name, array).tolist()


def _named_codes(name: str, values: Any) -> Any:
    if name not in _CODES:
        return values
    kind = _CODES[name]
    names = np.array([member.name.lower() for member in kind])
    return names[values]


def _brief(values: Any) -> str:
    """One value, a few, or the least and the largest."""
    array = np.asarray(values)
    if array.dtype.kind not in "iufb":
        return ", ".join(map(str, np.unique(array)[:_SHOWN]))
    if array.size == 0:
        return "none"
    if array.size == 1 or (array == array.flat[0]).all():
        return f"{array.flat[0]:.6g}"
    if array.ndim == 1 and array.size <= _SHOWN:
        return ", ".join(f"{value:.6g}" for value in array)
    known = array[np.isfinite(array)]
    return f"{known.min():.6g} to {known.max():.6g}" if known.size else "nan"


def _counted(name: str, values: Any) -> str:
    kind, array = _CODES[name], np.asarray(values)
    counts = [(member.name.lower().replace("_", "-"), int((array == member).sum())) for member in kind]
    return f"{name}: " + ", ".join(word if array.ndim == 0 else f"{n} {word}" for word, n in counts if n)


def _attributes(name: str) -> dict[str, Any]:
    if name not in QUANTITIES:
        return {}
    about = QUANTITIES[name]
    said: dict[str, Any] = {"long_name": about.meaning, "units": "1"}
    if about.symbol:
        said["symbol"] = about.symbol
    if name in _CODES:
        kind = _CODES[name]
        said |= {
            "flag_values": [int(m) for m in kind],
            "flag_meanings": " ".join(m.name.lower() for m in kind),
        }
    return said


def _provenance(result: Result) -> dict[str, str]:
    try:
        made = version("quadviz")
    except PackageNotFoundError:  # running from a checkout that is not installed
        made = "0+unknown"
    return {"result": type(result).__name__, "made_by": f"quadviz {made}", "theory": SOURCE}


def _library(name: str) -> Any:
    """An optional library, imported on use."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"this conversion needs {name}: pip install 'quadviz[{name}]', or {name} itself"
        ) from error
