"""The vocabulary: one typed table of parameters.

Everything that speaks of a parameter reads it here: validation messages, sliders, command-line
options, deep links and the documentation. Two ranges are kept apart:

* the *domain*, where the parameter means something (positive, or non-negative, and finite): enforced
  by every function of the package;
* the *range* ``[low, high]``, where the solvers are tested exhaustively: what a slider offers and
  what a page accepts when a value is typed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import is_masked, real_array, shown

__all__ = [
    "EXTENSIONS",
    "PARAMETERS",
    "SCALING_PARAMETERS",
    "SIMULATION_PARAMETERS",
    "Parameter",
    "broadcast_parameters",
    "parameter",
]


@dataclass(frozen=True)
class Parameter:
    """One parameter of the model: its name, its meaning, where it lives and how it is shown.

    Attributes:
        name: the name in code, in query strings and on the command line.
        symbol: the symbol in unicode, for labels.
        label: its plain name.
        meaning: one sentence with the normalisation.
        low: lower end of the range offered to a person.
        high: upper end of that range.
        default: the value a page opens with.
        step: slider step; in decades when ``scale`` is "log".
        scale: how a slider moves.
        group: the heading it stands under in a control rail.
        zero_allowed: whether 0 belongs to the domain. On a log scale it is an extra left stop.
        zero_text: how 0 is written there: as a limit, or as itself.
        whole: whether only whole numbers are values.
    """

    name: str
    symbol: str
    label: str
    meaning: str
    low: float
    high: float
    default: float
    step: float
    scale: Literal["linear", "log"]
    group: Literal["Network", "Data", "Training", "Simulation"]
    zero_allowed: bool = False
    zero_text: str = "0+"
    whole: bool = False

    @property
    def domain(self) -> str:
        """The allowed values, in words that complete "must be"."""
        return f"a finite number {'>= 0' if self.zero_allowed else '> 0'}"

    @property
    def range(self) -> str:
        """The range offered to a person, in words that complete "must be"."""
        zero = "0 or " if self.zero_allowed and self.low > 0 else ""
        whole = "a whole number " if self.whole else ""
        return f"{whole}{zero}between {self.low:g} and {self.high:g}"

    def refusal(self, value: object, allowed: str) -> str:
        """The sentence that refuses ``value``: parameter, value and what is allowed."""
        text = f"{value:.6g}" if isinstance(value, float) else shown(value)
        return f"{self.name} ({self.label}) must be {allowed}, got {text}"

    def as_array(self, value: ArrayLike) -> FloatArray:
        """``value`` as a float array, every entry inside the domain.

        Raises:
            TypeError: if the value is not made of real numbers.
            ValueError: if an entry is NaN, infinite or outside the domain; names the first one.
        """
        try:
            array = real_array(value)
        except TypeError as error:
            raise TypeError(self.refusal(value, str(error))) from error
        bad = ~np.isfinite(array) | ((array < 0) if self.zero_allowed else (array <= 0))
        if np.any(bad):
            raise ValueError(self.refusal(float(array[bad].flat[0]), self.domain))
        return array

    def as_number(self, value: object) -> float:
        """``value`` as one float inside the domain.

        Raises:
            TypeError: if it is not a single real number.
            ValueError: if it is NaN, infinite or outside the domain.
        """
        try:
            array = real_array(value)  # type: ignore[arg-type]  # what is no number is refused
        except TypeError as error:
            masked = is_masked(value)
            raise TypeError(self.refusal(value, str(error) if masked else "a single real number")) from error
        if array.ndim:
            raise TypeError(self.refusal(value, "a single real number"))
        return float(self.as_array(array))

    def in_range(self, value: object) -> float:
        """``value`` as a float inside the range a page offers (or 0 where that is a stop).

        Raises:
            TypeError: if the value is not a real number.
            ValueError: if it lies outside the range.
        """
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(self.refusal(value, "a real number"))
        number = float(value)
        inside = math.isfinite(number) and self.low <= number <= self.high
        inside = inside and not (self.whole and number % 1)
        if not (inside or (self.zero_allowed and number == 0.0)):
            raise ValueError(self.refusal(number, self.range))
        return number


_TABLE = (
    Parameter(
        "kappa", "κ", "student width", "Student width over input dimension, m/d.",
        0.02, 2.0, 0.7, 0.01, "linear", "Network",
    ),
    Parameter(
        "kappa_star", "κ*", "teacher width", "Teacher width over input dimension, m*/d.",
        0.02, 2.0, 0.3, 0.01, "linear", "Network",
    ),
    Parameter(
        "alpha", "α", "sample ratio", "Training samples over squared input dimension, n/d².",
        0.01, 2.0, 0.35, 0.005, "linear", "Data",
    ),
    Parameter(
        "delta", "Δ", "label noise", "Variance of the Gaussian noise on the labels.",
        0.0, 4.0, 0.5, 0.05, "linear", "Data", zero_allowed=True,
    ),
    Parameter(
        "lam", "λ", "weight decay",
        "Weight decay: the flow descends d(L + (λ/d)|W|²). 0 stands for the ridgeless limit λ → 0+.",
        1e-6, 10.0, 0.01, 0.05, "log", "Training", zero_allowed=True,
    ),
    Parameter(
        "gamma", "γ", "initial variance", "Variance of the initial weights times m: W(0) ~ N(0, γ/m).",
        1e-3, 10.0, 1.0, 0.05, "log", "Training",
    ),
)  # fmt: skip

#: Every parameter by name, in the order a person thinks: network, data, training.
PARAMETERS: Mapping[str, Parameter] = MappingProxyType({p.name: p for p in _TABLE})

#: Beyond the paper: what is absent, as the paper has it, unless it is named.
EXTENSIONS: Mapping[str, Parameter] = MappingProxyType(
    {
        "lam2": Parameter(
            "lam2", "λ₂", "Frobenius decay",
            "Decay of Z itself: the flow descends d(L + (λ/d)|W|² + (λ₂/2d)|WWᵀ|²). 0 is none.",
            1e-6, 10.0, 0.0, 0.05, "log", "Training", zero_allowed=True, zero_text="0",
        )
    }
)  # fmt: skip

_SIMULATION_TABLE = (
    replace(
        PARAMETERS["lam"],
        meaning="Weight decay: the flow descends d(L + (λ/d)|W|²). 0 is no weight decay.",
        zero_text="0",
    ),
    Parameter(
        "d", "d", "dimension",
        "Input dimension. The theory is its limit d → ∞; the time to train grows like d⁴.",
        10, 200, 50, 10, "linear", "Simulation", whole=True,
    ),
    Parameter(
        "seeds", "#", "networks", "How many networks to train, each with a seed of its own.",
        1, 20, 3, 1, "linear", "Simulation", whole=True,
    ),
    Parameter(
        "first_seed", "№", "first seed",
        "Seed of the first network; the others count up from it. The same seed, the same result.",
        0, 1000, 0, 1, "linear", "Simulation", whole=True,
    ),
    Parameter(
        "end", "t", "train until", "Time at which training ends.",
        1.0, 1e4, 1e3, 0.25, "log", "Training",
    ),
)  # fmt: skip

#: What a simulation needs beyond a setting, by name; and what means something else there.
SIMULATION_PARAMETERS: Mapping[str, Parameter] = MappingProxyType({p.name: p for p in _SIMULATION_TABLE})

#: Power-law teachers, and wider ranges: scaling laws are seen over decades.
SCALING_PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "exponent": Parameter(
            "exponent", "γ", "exponent",
            "The teacher's levels fall off as k^−γ, k = 1, 2, …; they are scaled to (1/d) tr Z*² = 1.",
            0.6, 2.5, 1.25, 0.05, "linear", "Data",
        ),
        "kappa": replace(PARAMETERS["kappa"], low=2e-3, high=1.0, default=1.0, step=0.05, scale="log"),
        "alpha": replace(PARAMETERS["alpha"], low=1e-2, high=1e2, default=1.0, step=0.05, scale="log"),
        "delta": replace(
            PARAMETERS["delta"], low=1e-5, high=10.0, default=0.1, step=0.1, scale="log", zero_text="0"
        ),
        "lam": PARAMETERS["lam"],
        "lam2": EXTENSIONS["lam2"],
    }
)  # fmt: skip


def parameter(name: str) -> Parameter:
    """The parameter of a name, of the paper or beyond it."""
    return PARAMETERS[name] if name in PARAMETERS else EXTENSIONS[name]


def broadcast_parameters(**values: ArrayLike) -> tuple[FloatArray, ...]:
    """Validate named parameters and broadcast them against each other.

    Args:
        **values: parameters of :data:`PARAMETERS` or :data:`EXTENSIONS` by name, each array-like.

    Returns:
        Read-only float arrays of one shape, in the order given.

    Raises:
        TypeError: if a value is not made of real numbers.
        ValueError: if a value lies outside its domain, or the shapes do not broadcast.

    >>> [a.shape for a in broadcast_parameters(kappa=[0.4, 1.0], delta=0.5)]
    [(2,), (2,)]
    """
    arrays = {name: parameter(name).as_array(value) for name, value in values.items()}
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        return tuple(np.broadcast_to(array, shape) for array in arrays.values())
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the shapes of the parameters do not broadcast: {shapes}") from error
