"""What a sweep is asked for: a grid or a list of settings, and what to observe of each."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import real_array, real_number, shown, whole_number
from quadviz.law import WISHART
from quadviz.law.teachers import Teacher
from quadviz.parameters import EXTENSIONS, PARAMETERS, parameter
from quadviz.sweep.errors import SweepError, SweepSpecError, nearest
from quadviz.sweep.observables import groups_of
from quadviz.sweep.options import March, Networks, Theory, plain_teacher, read_teacher

__all__ = ["Sweep"]

_KEYS = ("title", "teacher", "grid", "settings", "theory", "networks", "dmft")
#: Parameters with a value of their own where none is given.
_ABSENT = {"gamma": 1.0, "lam2": 0.0}
_RANGE = ("from", "to", "points", "log")


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """Settings, and what to observe of each: what :func:`quadviz.run_sweep` runs.

    Attributes:
        grid: parameters by name. A number holds everywhere; a sequence, or a range ``{"from": 0.05,
            "to": 0.6, "points": 30, "log": False}``, is an axis, and the axes are crossed.
        settings: a list of settings, each a mapping of parameters, with a "name" if wanted; or a mapping of
            columns. It is a dimension "setting", crossed with the axes of the grid.
        theory: names of observables of the limit, or a mapping with "observables" and "finite_size".
        networks: a mapping: "d" and "seeds" (numbers or lists), "method" ("minimise", or "simulate" with
            "times"), "observables".
        dmft: a mapping: "times", and what else :func:`quadviz.dmft` takes.
        teacher: the law of the teacher's eigenvalues, or its name.
        title: what it is about.

    Raises:
        SweepSpecError: if a name is unknown (says which is nearest), a value is out of range, or what an
            observable needs is missing.

    >>> spec = Sweep(grid={"kappa": [0.5, 1], "alpha": {"from": 0.1, "to": 0.5, "points": 3},
    ...     "kappa_star": 0.3, "lam": 0.1, "delta": 0.5}, theory=["mse"])
    >>> spec
    Sweep(kappa 2, alpha 3; theory)
    >>> Sweep(grid={"kapa": 1}, theory=["mse"])
    Traceback (most recent call last):
    ...
    quadviz.sweep.errors.SweepSpecError: grid has no parameter 'kapa': did you mean 'kappa'? There are ...
    """

    grid: Mapping[str, Any]
    settings: Any = None
    theory: Any = None
    networks: Any = None
    dmft: Any = None
    teacher: Any = WISHART
    title: str = ""

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        if not isinstance(self.title, str):
            raise SweepSpecError(f"title must be text, got {shown(self.title)}")
        put("grid", _read_grid({} if self.grid is None else self.grid))
        put("settings", _read_settings(self.settings))
        put("theory", Theory.read(self.theory))
        put("networks", Networks.read(self.networks))
        put("dmft", March.read(self.dmft))
        put("teacher", read_teacher(self.teacher))
        both = [name for name in self.settings if name in self.grid]
        if both:
            raise SweepSpecError(f"{both[0]} stands in grid and in settings: one of them must give it")
        if not (self.theory or self.networks or self.dmft):
            raise SweepSpecError("nothing is observed: give theory, networks or dmft")
        self._check_needs()

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Sweep:
        """A sweep from a TOML file with the tables grid, settings, theory, networks and dmft.

        Raises:
            FileNotFoundError: if there is no such file.
            SweepSpecError: if it is no TOML, or not a sweep; names the file, and what is wrong.
        """
        try:
            return cls.from_dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except (SweepError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SweepSpecError(f"{os.fspath(path)}: {error}") from error

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Sweep:
        """A sweep from plain values, such as :meth:`to_dict` gives.

        Raises:
            SweepSpecError: as the class does.
        """
        for key in given:
            if key not in _KEYS:
                raise SweepSpecError(f"a sweep has no key {key!r}: {nearest(str(key), _KEYS)}")
        return cls(**{"grid": {}, **given})

    def to_dict(self) -> dict[str, Any]:
        """The sweep as plain values, as JSON takes them; every range as its numbers."""
        parts = {name: getattr(self, name) for name in ("theory", "networks", "dmft")}
        return {
            "title": self.title,
            "teacher": plain_teacher(self.teacher),
            "grid": {n: v.tolist() if np.ndim(v) else v for n, v in self.grid.items()},
            "settings": {n: v.tolist() for n, v in self.settings.items()},
            **{name: part.to_dict() for name, part in parts.items() if part is not None},
        }

    def __eq__(self, other: object) -> bool:
        """Whether another one asks for the same."""
        return isinstance(other, Sweep) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict(), sort_keys=True))

    def __repr__(self) -> str:
        axes = ", ".join(f"{dim} {size}" for dim, size in self.dims.items()) or "one setting"
        kinds = ", ".join(kind for kind in ("theory", "networks", "dmft") if getattr(self, kind))
        return f"Sweep({axes}; {kinds})"

    @property
    def dims(self) -> dict[str, int]:
        """The dimensions that settings vary along, and their sizes: the list first, then the axes."""
        sizes = {name: int(np.size(values)) for name, values in self.grid.items() if np.ndim(values)}
        columns = list(self.settings.values())
        return ({"setting": len(columns[0])} if columns else {}) | sizes

    @property
    def names(self) -> list[str] | None:
        """What the settings of the list are called; None where there is no list, or no names."""
        return self.settings["name"].tolist() if "name" in self.settings else None

    @property
    def parameters(self) -> dict[str, tuple[str | None, FloatArray]]:
        """Every parameter: the dimension that it varies along, or None, and its values."""
        given: dict[str, tuple[str | None, Any]] = {
            n: ("setting", v) for n, v in self.settings.items() if n != "name"
        }
        given |= {n: (n if np.ndim(v) else None, np.asarray(v)) for n, v in self.grid.items()}
        absent = {n: (None, np.asarray(v)) for n, v in _ABSENT.items() if n not in given}
        known = {**given, **absent}
        return {name: known[name] for name in (*PARAMETERS, *EXTENSIONS) if name in known}

    def _check_needs(self) -> None:
        teacher: Teacher = self.teacher
        given = self.parameters
        if not teacher.sized_by_width and "kappa_star" in given:
            raise SweepSpecError(
                f"kappa_star does not belong beside {teacher!r}, which has a rank of its own"
            )
        needs: dict[str, str] = {}
        for group in groups_of(self.theory.observables).values() if self.theory else ():
            which = next(name for name in group.columns if name in self.theory.observables)
            needs = dict.fromkeys(group.needs, which) | needs
        for part in ("networks", "dmft"):
            if getattr(self, part):
                needs = dict.fromkeys(PARAMETERS, part) | needs
        for name, which in needs.items():
            if name not in given and (name != "kappa_star" or teacher.sized_by_width):
                raise SweepSpecError(f"{name} ({parameter(name).label}) is missing, which {which} needs")
        if "kappa_star" in given:
            try:
                teacher.widths(given["kappa_star"][1])
            except ValueError as error:
                raise SweepSpecError(str(error)) from error


def _read_grid(given: Any) -> dict[str, float | FloatArray]:
    if not isinstance(given, Mapping):
        raise SweepSpecError(f"grid must be a table of parameters, got {shown(given)}")
    grid: dict[str, float | FloatArray] = {}
    for name, value in given.items():
        _known("grid", name)
        if isinstance(value, Mapping):
            value = _range(name, value)
        array = _values(name, value)
        grid[name] = float(array) if array.ndim == 0 else array
        if array.ndim and np.unique(array).size < array.size:
            raise SweepSpecError(f"{name} ({parameter(name).label}) has a value twice along its axis")
    return grid


def _read_settings(given: Any) -> dict[str, Any]:
    """Columns of one length, by name."""
    if given is None or (isinstance(given, (Mapping, Sequence)) and not given):
        return {}
    if isinstance(given, Sequence) and not isinstance(given, str):
        if not all(isinstance(row, Mapping) for row in given):
            raise SweepSpecError(f"settings must be a list of tables of parameters, got {shown(given)}")
        first = set(given[0])
        for number, row in enumerate(given, 1):
            other = sorted(first ^ set(row))
            if other:
                raise SweepSpecError(f"settings: number {number} and the first differ in having {other[0]!r}")
        given = {name: [row[name] for row in given] for name in given[0]}
    if not isinstance(given, Mapping):
        raise SweepSpecError(f"settings must be a list of tables of parameters, got {shown(given)}")
    columns: dict[str, Any] = {}
    for name, value in given.items():
        if name == "name":
            columns[name] = np.array([str(each) for each in value])
            continue
        _known("settings", name)
        columns[name] = _values(name, value)
    lengths = {name: np.shape(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1 or len(next(iter(lengths.values()))) != 1:
        raise SweepSpecError(f"settings must have columns of one length, got {lengths}")
    if columns.keys() == {"name"}:
        raise SweepSpecError("settings have names alone: give them parameters")
    return columns


def _known(where: str, name: Any) -> None:
    names = (*PARAMETERS, *EXTENSIONS)
    if name not in names:
        raise SweepSpecError(f"{where} has no parameter {name!r}: {nearest(str(name), names)}")


def _values(name: str, value: Any) -> FloatArray:
    """A number or a one-dimensional array, every entry inside the domain."""
    try:
        array = parameter(name).as_array(value)
    except (TypeError, ValueError) as error:
        raise SweepSpecError(str(error)) from error
    if array.ndim > 1 or array.size == 0:
        raise SweepSpecError(f"{name} must be a number or a list of them, got shape {array.shape}")
    return array


def _range(name: str, given: Mapping[str, Any]) -> FloatArray:
    """An axis of even steps, of the value or of its logarithm."""
    for key in given:
        if key not in _RANGE:
            raise SweepSpecError(f"the range of {name} has no key {key!r}: {nearest(str(key), _RANGE)}")
    missing = [key for key in _RANGE[:3] if key not in given]
    if missing:
        raise SweepSpecError(
            f"the range of {name} lacks {missing[0]!r}: {{from = 0.05, to = 0.6, points = 30}}"
        )
    try:
        points = whole_number("points", given["points"], 2)
        ends = [real_number(key, given[key], "finite", -1e300, 1e300) for key in _RANGE[:2]]
    except (TypeError, ValueError) as error:
        raise SweepSpecError(f"the range of {name}: {error}") from error
    if given.get("log", False) not in (True, False):
        raise SweepSpecError(f"the range of {name}: log must be true or false, got {shown(given['log'])}")
    if given.get("log") and min(ends) <= 0:
        raise SweepSpecError(f"the range of {name}: an end must be > 0 for log = true, got {min(ends):g}")
    start, stop = ends
    return real_array(
        np.geomspace(start, stop, points) if given.get("log") else np.linspace(start, stop, points)
    )
