"""What is asked of theory, of networks and of marches in a sweep, checked; and teachers as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, get_args

import numpy as np

from quadviz.checks import checked_times, real_number, shown, whole_number
from quadviz.law import Levels, Orthogonal, PowerLaw, Wishart
from quadviz.law.teachers import Teacher
from quadviz.setting import Inputs
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.sweep.errors import SweepSpecError, nearest
from quadviz.sweep.observables import DMFT, NETWORKS, THEORY, expanded

__all__ = ["March", "Networks", "Theory", "plain_teacher", "read_teacher"]

_TINY, _HUGE = float(np.finfo(float).tiny), float(np.finfo(float).max)


@dataclass(frozen=True)
class Options:
    """A table of options: its fields are its keys."""

    table: ClassVar[str] = ""

    @classmethod
    def read(cls, given: Any) -> Any:
        """The options of a table, or of a list of observables.

        Raises:
            SweepSpecError: if it is neither, a key is unknown, or a value is wrong.
        """
        if given is None or isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            given = {"observables": given}
        known = [f.name for f in fields(cls)]
        for key in given:
            if key not in known:
                raise SweepSpecError(f"[{cls.table}] has no key {key!r}: {nearest(str(key), known)}")
        for f in fields(cls):
            if f.default is MISSING and f.name not in given:
                raise SweepSpecError(f"[{cls.table}] lacks {f.name!r}: {nearest(f.name, known)}")
        try:
            return cls(**given)
        except SweepSpecError:
            raise
        except (TypeError, ValueError) as error:
            raise SweepSpecError(f"[{cls.table}] {error}") from error

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def to_dict(self) -> dict[str, Any]:
        """The options as plain values, tuples as lists."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}

    def _observe(self, names: Any, known: Sequence[str], spell: Callable[[Any], Any] = tuple) -> None:
        names = (names,) if isinstance(names, str) else names
        if not isinstance(names, Sequence) or not names or not all(isinstance(n, str) for n in names):
            raise TypeError(f"observables must be a list of names, got {shown(names)}")
        names = tuple(dict.fromkeys(spell(names)))
        for name in names:
            if name not in known:
                raise ValueError(f"observables has no {name!r}: {nearest(name, known)}")
        self._set("observables", names)

    def _count(self, name: str) -> int:
        return whole_number(name, getattr(self, name), 1)

    def _choose(self, name: str, choices: Any) -> None:
        allowed = choices if isinstance(choices, tuple) else get_args(choices)
        value = getattr(self, name)
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}")


@dataclass(frozen=True)
class Theory(Options):
    """Observables of the limit d -> infinity, or with finite_size=d of the theory at that d."""

    observables: tuple[str, ...]
    finite_size: int | None = None
    inputs: str = "network"
    table = "theory"

    def __post_init__(self) -> None:
        self._observe(self.observables, THEORY, expanded)
        self._choose("inputs", Inputs)
        if self.finite_size is not None:
            self._set("finite_size", whole_number("finite_size", self.finite_size, 2, 200))
        elif any(name.endswith("_error") and name != "in_sample_error" for name in self.observables):
            raise ValueError("observables of errors want finite_size: in the limit there are none")


@dataclass(frozen=True)
class Networks(Options):
    """Networks to train, by gradient flow or to its end alone."""

    d: tuple[int, ...]
    seeds: tuple[int, ...] = (0,)
    observables: tuple[str, ...] = ("mse", "train_loss")
    method: str = "minimise"
    times: tuple[float, ...] | None = None
    inputs: str = "network"
    label_noise: str = "gaussian"
    weights: str = "gaussian"
    rtol: float = 1e-5
    max_steps: int = 100_000
    tolerance: float = 1e-6
    max_evaluations: int = 20_000
    table = "networks"

    def __post_init__(self) -> None:
        self._observe(self.observables, NETWORKS)
        self._choose("method", ("minimise", "simulate"))
        for name, choices in (("inputs", Inputs), ("label_noise", LabelNoise), ("weights", TeacherWeights)):
            self._choose(name, choices)
        self._set("d", _whole("d", self.d, 2))
        several = np.iterable(self.seeds)
        self._set("seeds", _whole("seeds", self.seeds if several else range(self._count("seeds")), 0))
        self._set("rtol", real_number("rtol", self.rtol, "between 1e-12 and 0.01", 1e-12, 1e-2))
        self._set("tolerance", real_number("tolerance", self.tolerance, "> 0", _TINY, _HUGE))
        for name in ("max_steps", "max_evaluations"):
            self._set(name, self._count(name))
        if (self.method == "simulate") != (self.times is not None):
            raise ValueError("times and method = 'simulate' go together: what is minimised has no time")
        if self.times is not None:
            self._set("times", _times(self.times))


@dataclass(frozen=True)
class March(Options):
    """Mean-field equations of training to march, as of :func:`quadviz.dmft`."""

    times: tuple[float, ...]
    observables: tuple[str, ...] = DMFT
    d_eff: int | None = None
    replicas: int = 8
    probes: int = 1
    copies: int = 12
    step: float = 0.1
    seed: int = 0
    force: bool = False
    table = "dmft"

    def __post_init__(self) -> None:
        self._observe(self.observables, DMFT)
        self._set("times", _times(self.times))
        if self.d_eff is not None:
            self._set("d_eff", whole_number("d_eff", self.d_eff, 2))
        for name, least in (("replicas", 1), ("probes", 1), ("copies", 2), ("seed", 0)):
            self._set(name, whole_number(name, getattr(self, name), least))
        self._set("step", real_number("step", self.step, "between 0.001 and 1", 1e-3, 1.0))
        self._choose("force", (False, True))


def _whole(name: str, values: Any, least: int) -> tuple[int, ...]:
    """One whole number or several different ones."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} must be whole numbers, got {shown(values)}")
    listed = tuple(values) if np.iterable(values) else (values,)
    numbers = tuple(whole_number(name, value, least) for value in listed)
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"{name} must be different whole numbers, one at least, got {shown(values)}")
    return numbers


def _times(values: Any) -> tuple[float, ...]:
    return tuple(map(float, checked_times(values, None)[0]))


def read_teacher(given: Any) -> Teacher:
    """A teacher, from itself or from plain values as they stand in a TOML file.

    Raises:
        SweepSpecError: if it is none; says what there is.

    >>> read_teacher({"power_law": 0.3})
    PowerLaw(0.3, levels=50)
    """
    plain: dict[str, Callable[[], Teacher]] = {"wishart": Wishart, "orthogonal": Orthogonal}
    if isinstance(given, (Wishart, Orthogonal, PowerLaw, Levels)):
        return given
    try:
        if isinstance(given, str) and given in plain:
            return plain[given]()
        if isinstance(given, Mapping) and set(given) <= {"power_law", "levels"} and "power_law" in given:
            return PowerLaw(given["power_law"], given.get("levels", 50))
        if isinstance(given, Mapping) and set(given) <= {"weights", "levels"} and "levels" in given:
            return Levels(given["levels"], given.get("weights"))
    except (TypeError, ValueError) as error:
        raise SweepSpecError(f"teacher: {error}") from error
    raise SweepSpecError(
        "teacher must be 'wishart', 'orthogonal', {power_law = exponent, levels = 50} or "
        f"{{levels = [...], weights = [...]}}, got {shown(given)}"
    )


def plain_teacher(teacher: Teacher) -> Any:
    """A teacher as :func:`read_teacher` takes it.

    >>> plain_teacher(Orthogonal())
    'orthogonal'
    """
    if isinstance(teacher, PowerLaw):
        return {"power_law": teacher.exponent, "levels": teacher.number}
    if isinstance(teacher, Levels):
        values, weights = teacher.levels()
        return {"levels": values.tolist(), "weights": weights.tolist()}
    return type(teacher).__name__.lower()
