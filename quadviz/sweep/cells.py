"""A unit of work, done in a worker: many settings of theory at once, or one network, or one march.

Nothing here knows of stores or executors. What a unit gives depends on its values alone, to the last bit: not
on the worker, the order, or what else there is.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.teachers import Teacher
from quadviz.outcome import errstate
from quadviz.setting import Setting
from quadviz.simulation.minimise import minimise
from quadviz.simulation.simulate import SimulationError, simulate
from quadviz.sweep.observables import EIGENVALUES, CellStatus, groups_of
from quadviz.sweep.options import March, Networks, Theory
from quadviz.theory.dmft import DmftError, dmft
from quadviz.threads import blas_threads

__all__ = ["Outcome", "Unit", "cell_seed", "columns_of", "do_unit", "failed", "setting_of", "versions"]

Index = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Unit:
    """What one worker does in one go.

    Attributes:
        kind: "theory", "networks" or "dmft".
        index: which chunk of that kind's array it is.
        shape: settings along each dimension, all 1 but for theory.
        given: the parameters, each broadcasting to that shape; "d" and "seed" of a network.
        options: what is asked for.
        teacher: the law of the teacher's eigenvalues.
    """

    kind: str
    index: Index
    shape: tuple[int, ...]
    given: Mapping[str, FloatArray]
    options: Theory | Networks | March
    teacher: Teacher


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a unit.

    Attributes:
        kind: as of the unit.
        index: as of the unit.
        values: the columns, of the unit's shape and what a cell has of its own (times), columns last.
        failures: the error of each cell that failed, by its place in the unit.
        versions: the packages it was computed with.
    """

    kind: str
    index: Index
    values: FloatArray
    failures: Mapping[Index, str]
    versions: Mapping[str, str]


@cache
def versions() -> Mapping[str, str]:
    """Of what results depend on to the last bit."""
    from quadviz import __version__  # it hands on this package

    packages = {name: version(name) for name in ("numpy", "scipy")}
    return {"quadviz": __version__, **packages, "python": platform.python_version()}


def columns_of(kind: str, options: Any) -> tuple[str, ...]:
    """The columns that a unit gives, observables first."""
    if kind == "theory":
        groups = groups_of(options.observables)
        return (*options.observables, *(code for group in groups.values() for code in group.codes))
    if kind == "networks":
        return (*(c for name in options.observables for c in _columns_for(name, options)), "status", "seed")
    return (*options.observables, "status", "trusted_until")


def _columns_for(name: str, options: Any) -> list[str]:
    """The columns of an observable: one, or as many eigenvalues as the largest network has."""
    return [f"{EIGENVALUES}_{k}" for k in range(1, max(options.d) + 1)] if name == EIGENVALUES else [name]


def cell_seed(seed: int, d: int, setting: Setting) -> int:
    """The seed of a network, from what it is: no other network shares its draws, and no company changes it.

    It is what :func:`quadviz.simulate` and :func:`quadviz.minimise` take to train it again.

    >>> cell_seed(0, 60, Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5))
    7514259431107262
    """
    names = ("kappa", "kappa_star", "alpha", "lam", "delta", "gamma", "lam2")
    values = np.array([getattr(setting, name) for name in names]).view(np.uint64)
    drawn = np.random.SeedSequence([seed, d, *map(int, values)]).generate_state(1, np.uint64)
    return int(drawn[0] >> np.uint64(11))  # 53 bits: a float holds them exactly


def do_unit(unit: Unit) -> Outcome:
    """Do a unit of work with one thread; what fails in it is part of the outcome."""
    with blas_threads(1), errstate("ignore"):
        if unit.kind == "theory":
            values, failures = _theory(unit)
        else:
            values, failures = (_network if unit.kind == "networks" else _march)(unit)
    return Outcome(unit.kind, unit.index, values, failures, versions())


def failed(unit: Unit, why: str) -> Outcome:
    """The outcome of a unit that could not be done at all."""
    columns = columns_of(unit.kind, unit.options)
    values = np.full((*unit.shape, *_own_shape(unit.options), len(columns)), np.nan)
    for at, name in enumerate(columns):
        if name.endswith("status"):
            values[..., at] = 2.0  # FAILED of Status and of CellStatus, STOPPED of DmftStatus
    return Outcome(unit.kind, unit.index, values, dict.fromkeys(np.ndindex(unit.shape), why), versions())


def _own_shape(options: Any) -> tuple[int, ...]:
    times = getattr(options, "times", None)
    return () if times is None else (len(times),)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _theory(unit: Unit) -> tuple[FloatArray, dict[Index, str]]:
    """All settings in one call; where that fails, halves, down to the setting that it fails at."""
    try:
        return _columns(unit), {}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the cell's
        longest = int(np.argmax(unit.shape)) if unit.shape else 0
        if not unit.shape or unit.shape[longest] == 1:
            outcome = failed(unit, _said(error))
            return outcome.values, dict(outcome.failures)
    half = unit.shape[longest] // 2
    parts, failures = [], {}
    for start, stop in ((0, half), (half, unit.shape[longest])):
        values, found = _theory(_stretch(unit, longest, start, stop))
        parts.append(values)
        for at, text in found.items():
            failures[(*at[:longest], at[longest] + start, *at[longest + 1 :])] = text
    return np.concatenate(parts, axis=longest), failures


def _stretch(unit: Unit, axis: int, start: int, stop: int) -> Unit:
    def part(array: FloatArray) -> FloatArray:
        if array.ndim == 0 or array.shape[axis] == 1:
            return array
        return array[(slice(None),) * axis + (slice(start, stop),)]

    shape = (*unit.shape[:axis], stop - start, *unit.shape[axis + 1 :])
    given = {name: part(array) for name, array in unit.given.items()}
    return Unit(unit.kind, unit.index, shape, given, unit.options, unit.teacher)


def _columns(unit: Unit) -> FloatArray:
    assert isinstance(unit.options, Theory)  # noqa: S101 - what theory is asked for
    columns = columns_of(unit.kind, unit.options)
    options = {"finite_size": unit.options.finite_size, "inputs": unit.options.inputs}
    values = np.empty((*unit.shape, len(columns)))
    for group in groups_of(unit.options.observables).values():
        given: dict[str, Any] = {name: unit.given.get(name) for name in group.needs}
        for name, column in group.solve(options, **given, teacher=unit.teacher).items():
            if name in columns:
                values[..., columns.index(name)] = column
    return values


def setting_of(unit: Unit) -> Setting:
    """The setting of a unit of one cell."""
    given: dict[str, Any] = {n: float(v.item()) for n, v in unit.given.items() if n not in ("d", "seed")}
    return Setting(**{"kappa_star": None, **given}, teacher=unit.teacher)


def _network(unit: Unit) -> tuple[FloatArray, dict[Index, str]]:
    asked = unit.options
    assert isinstance(asked, Networks)  # noqa: S101 - what networks are asked for
    d, seed = (int(unit.given[name].item()) for name in ("d", "seed"))
    outcome = failed(unit, "")
    values, place = outcome.values, (0,) * len(unit.shape)
    cell = values[place]
    try:
        setting = setting_of(unit)
        own = cell_seed(seed, d, setting)
        cell[..., -1] = own
        recipe: dict[str, Any] = {n: getattr(asked, n) for n in ("inputs", "label_noise", "weights")}
        if asked.times is None:
            recipe |= {"tolerance": asked.tolerance, "max_evaluations": asked.max_evaluations}
            end = minimise(setting, d, own, **recipe)
            _course(cell, end, asked)
            cell[-2] = CellStatus.SOLVED if end.converged else CellStatus.NOT_CONVERGED
        else:
            recipe["eigenvalue_times"] = asked.times if EIGENVALUES in asked.observables else None
            run = simulate(setting, d, asked.times, own, **recipe, rtol=asked.rtol, max_steps=asked.max_steps)
            _course(cell, run, asked)
            cell[..., -2] = CellStatus.SOLVED
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the cell's
        if isinstance(error, SimulationError) and error.partial is not None:
            _course(cell, error.partial, asked)
        return values, {place: _said(error)}
    return values, {}


def _march(unit: Unit) -> tuple[FloatArray, dict[Index, str]]:
    asked = unit.options
    assert isinstance(asked, March)  # noqa: S101 - what marches are asked for
    values, place = failed(unit, "").values, (0,) * len(unit.shape)
    cell = values[place]
    names = ("d_eff", "replicas", "probes", "copies", "step", "force", "seed")
    try:
        options: dict[str, Any] = {name: getattr(asked, name) for name in names}
        run = dmft(setting_of(unit), asked.times, **options, threads=1)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the cell's
        if isinstance(error, DmftError) and error.partial is not None:
            _course(cell, error.partial, asked)
            cell[..., -1] = error.partial.trusted_until
        return values, {place: _said(error)}
    _course(cell, run, asked)
    cell[..., -2:] = run.status, run.trusted_until
    return values, {}


def _course(cell: FloatArray, run: Any, asked: Networks | March) -> None:
    """What was seen, over time as far as it came; a smaller network leaves columns of eigenvalues empty."""
    at = 0
    for name in asked.observables:
        seen = np.asarray(getattr(run, name))
        columns = seen if name == EIGENVALUES else seen[..., None]
        times = (slice(len(seen)),) if cell.ndim > 1 else ()
        cell[(*times, slice(at, at + columns.shape[-1]))] = columns
        at += len(_columns_for(name, asked))
