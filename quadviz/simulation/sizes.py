"""The whole numbers behind the ratios, and whether the machine can hold them."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from quadviz.checks import readable, whole_number
from quadviz.parameters import PARAMETERS
from quadviz.setting import Inputs, Setting, checked_setting
from quadviz.simulation.sensing import NETWORK_BLOCK, svec_size

__all__ = [
    "KRYLOV",
    "Sizes",
    "check_memory",
    "check_size",
    "memory_needed",
]

#: Vectors of the integrator's Krylov basis at most. With too few its linear systems are not solved, and its
#: steps stay small to the end: 20 take four times the work of 60 at d = 100, kappa = 0.7, t = 5000.
KRYLOV = 60
#: Arrays of the size of W that the integrator keeps: that basis, its history, and what passes through.
_SOLVER_ARRAYS = KRYLOV + 16
#: Products with a block of network inputs that there are at a time.
_BLOCKS = 3
#: Not more than this share of the free memory is asked for.
_SHARE = 0.9
#: What may round to nothing: the ratio, the number it becomes, what then is missing, and its power of d.
_PARTS = (
    ("kappa", "m", "no neuron", 1),
    ("kappa_star", "m_star", "no neuron", 1),
    ("alpha", "n", "no sample", 2),
)


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network and its data at input dimension d.

    Attributes:
        d: input dimension, >= 2.
        m: student width, kappa d to the nearest whole number.
        m_star: teacher width, likewise.
        n: training samples, alpha d^2 likewise.
    """

    d: int
    m: int
    m_star: int
    n: int

    @classmethod
    def of(cls, setting: Setting, d: int) -> Sizes:
        """The sizes of a setting.

        Raises:
            TypeError: if the setting is none, or d is not a whole number.
            ValueError: if d < 2, or a size would be 0; says what would do.

        >>> Sizes.of(Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5), 50)
        Sizes(d=50, m=25, m_star=15, n=875)
        """
        setting, d = checked_setting(setting), whole_number("d (input dimension)", d, 2)
        sizes = cls._rounded(setting, d)
        for name, size, lack, power in _PARTS:
            if getattr(sizes, size) < 1:
                value, enough = getattr(setting, name), float(d) ** -power
                larger = int((0.5 / value) ** (1 / power)) + 1
                raise ValueError(
                    f"{name} ({PARAMETERS[name].label}) = {value:g} leaves {lack} at d = {d}: "
                    f"take d >= {larger}, or {name} >= {enough:.3g}"
                )
        return sizes

    @classmethod
    def _rounded(cls, setting: Setting, d: int) -> Sizes:
        return cls(d, round(setting.kappa * d), round(setting.kappa_star * d), round(setting.alpha * d * d))


def memory_needed(sizes: Sizes, inputs: Inputs) -> int:
    """Bytes that a simulation takes at its peak: the samples, the hidden layer's answers, the integrator."""
    d, m, n = sizes.d, sizes.m, sizes.n
    rest = 6 * n + _SOLVER_ARRAYS * d * m + 16 * d * d
    if inputs == "gaussian":
        return 8 * (n * svec_size(d) + rest)
    hidden = n * m if m <= d else 0
    blocks = _BLOCKS * min(n, NETWORK_BLOCK) * min(m, d)
    return 8 * (n * d + hidden + blocks + rest)


def _free() -> int:
    """Bytes that this process may still take: what the machine has free, or a limit of its own leaves it."""
    import psutil  # not needed to import quadviz

    available: int = psutil.virtual_memory().available
    if sys.platform != "linux":
        return available
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return available
    held: int = psutil.Process().memory_info().data
    return min(available, max(0, limit - held))


def check_memory(setting: Setting, d: int, inputs: Inputs, copies: int = 1) -> None:
    """Refuse, before anything is allocated, what the machine could not hold.

    Args:
        setting: the problem.
        d: input dimension.
        inputs: kind of samples.
        copies: how many simulations are to run side by side.

    Raises:
        MemoryError: names what is needed, what is free, and the largest d that would fit.
    """
    free = _free()

    def needed(size: int) -> int:
        return copies * memory_needed(Sizes._rounded(setting, size), inputs)

    if needed(d) <= _SHARE * free:
        return
    fits, too_large = 0, d  # bisection, for a smaller d needs less
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        fits, too_large = (middle, too_large) if needed(middle) <= _SHARE * free else (fits, middle)
    side_by_side = f" for {copies} at a time" if copies > 1 else ""
    largest = f"d up to {fits} would fit" if fits >= 2 else "no d would fit"
    instead = ', or inputs="network"' if inputs == "gaussian" else ""
    raise MemoryError(
        f"d = {d} needs {readable(needed(d))} of memory{side_by_side}, and {readable(free)} are free: "
        f"{largest}{instead}"
    )


def check_size(setting: Setting, d: int, inputs: Inputs = "network") -> None:
    """Refuse a problem that cannot be sampled at this d.

    Raises:
        TypeError: if d is not a whole number.
        ValueError: if d < 2, or m, m* or n would be 0.
        MemoryError: if it would not fit.
    """
    Sizes.of(setting, d)
    check_memory(setting, d, inputs)
