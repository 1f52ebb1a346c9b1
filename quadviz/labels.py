"""Names that arguments bring along: the dimensions of xarray objects, the index of pandas ones.

Arguments broadcast like a ufunc's, by position. Where one of them is a DataArray they broadcast by name, as
xarray's own arithmetic does; a Series broadcasts by position and must share its index with the others. What
they were called is kept beside the numbers, for the conversions of :mod:`quadviz.results`. Neither library is
imported here: an object of theirs exists only where it already is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.parameters import broadcast_parameters, parameter

__all__ = ["Labels", "named_parameters", "varying_dims"]


@dataclass(frozen=True, eq=False)
class Labels:
    """What the axes of a result are called.

    Attributes:
        dims: a name for each axis; empty where they have none.
        coords: values along the axes that have them, by name, each one-dimensional.
        index: the pandas index of a one-dimensional result, or None.
    """

    dims: tuple[str, ...] = ()
    coords: Mapping[str, Any] = field(default_factory=dict)
    index: Any = None

    def __getitem__(self, index: object) -> Labels | None:
        """The labels at a basic index; None where it is of another kind."""
        parts = index if isinstance(index, tuple) else (index,)
        if self.index is not None:
            kept = self.index[parts[0]] if len(parts) == 1 and isinstance(parts[0], slice) else None
            return None if kept is None else Labels(index=kept)
        if not all(isinstance(part, (int, np.integer, slice)) for part in parts):
            return None
        wanted = [*parts, *[slice(None)] * (len(self.dims) - len(parts))]
        dims = tuple(d for d, part in zip(self.dims, wanted, strict=True) if isinstance(part, slice))
        coords = {d: self.coords[d][w] for d, w in zip(self.dims, wanted, strict=True) if d in self.coords}
        return Labels(dims, {name: values for name, values in coords.items() if name in dims})


def named_parameters(**values: Any) -> tuple[tuple[FloatArray, ...], Labels | None]:
    """Parameters broadcast as by :func:`quadviz.parameters.broadcast_parameters`, and their labels.

    Raises:
        TypeError: if a value is not made of real numbers.
        ValueError: if one lies outside its domain, the shapes do not broadcast, or the names do not fit.

    >>> named_parameters(kappa=[0.4, 1.0], delta=0.5)[1] is None
    True
    """
    named = {name: value for name, value in values.items() if _is(value, "xarray", "DataArray")}
    indexed = {name: value for name, value in values.items() if _is(value, "pandas", "Series")}
    if not named and not indexed:
        return broadcast_parameters(**values), None
    if named:
        return _by_name(values, named)
    arrays = broadcast_parameters(
        **{n: indexed[n].to_numpy() if n in indexed else v for n, v in values.items()}
    )
    (first, one), *rest = indexed.items()
    for name, other in rest:
        if not other.index.equals(one.index):
            raise ValueError(f"{first} and {name} are Series whose indexes differ: align them first")
    return arrays, Labels(index=one.index) if arrays[0].shape == one.shape else None


def _is(value: object, module: str, kind: str) -> bool:
    """Whether a value is of a class of a library that is perhaps not even there."""
    library = sys.modules.get(module)
    return library is not None and isinstance(value, getattr(library, kind, ()))


def _by_name(values: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[tuple[FloatArray, ...], Labels]:
    """Arrays whose axes are all the dimensions, in the order in which they come up."""
    dims = tuple(dict.fromkeys(str(dim) for value in named.values() for dim in value.dims))
    coords: dict[str, Any] = {}
    for name, value in named.items():
        for dim in map(str, value.dims):
            if dim not in value.coords:
                continue
            along = value.coords[dim].to_numpy()
            if dim in coords and not np.array_equal(coords[dim], along):
                raise ValueError(f"{name} has other coordinates along {dim!r} than what comes before it")
            coords[dim] = along
    arrays = {}
    for name, value in values.items():
        if name not in named:
            if np.ndim(value) > 0:
                raise ValueError(
                    f"{name} ({parameter(name).label}) must be a single number or a DataArray beside "
                    f"arguments with named dimensions, got shape {np.shape(value)}"
                )
            arrays[name] = value
            continue
        own = tuple(map(str, value.dims))
        order = [own.index(dim) for dim in dims if dim in own]
        spread = tuple(slice(None) if dim in own else None for dim in dims)
        arrays[name] = parameter(name).as_array(value.to_numpy()).transpose(order)[spread]
    return broadcast_parameters(**arrays), Labels(dims, coords)


def varying_dims(
    shape: tuple[int, ...], parameters: Mapping[str, Any], taken: Iterable[str] = ()
) -> tuple[str, ...]:
    """A name for each axis: of the one parameter that varies along it alone, where there is one.

    >>> varying_dims((2, 3), {"kappa": np.array([[1.0], [2.0]]), "alpha": np.array([0.1, 0.2, 0.3])})
    ('kappa', 'alpha')
    """
    names: list[str] = []
    used = set(taken)
    for axis, size in enumerate(shape):
        movers = [
            name
            for name, value in parameters.items()
            if size > 1 and _moves(np.broadcast_to(value, shape), axis)
        ]
        name = movers[0] if len(movers) == 1 and movers[0] not in used else ""
        if not name or any(
            _moves(np.broadcast_to(parameters[name], shape), a) for a in range(len(shape)) if a != axis
        ):
            name = "point" if len(shape) == 1 else f"dim_{axis}"
        used.add(name)
        names.append(name)
    return tuple(names)


def _moves(array: Any, axis: int) -> bool:
    if array.strides[axis] == 0:
        return False
    return bool((array != array.take([0], axis)).any())
