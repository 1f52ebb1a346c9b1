"""Whether the machine can hold networks of a size."""

from __future__ import annotations

import sys

from quadviz.checks import readable
from quadviz.setting import Inputs, Setting
from quadviz.simulation.sensing import NETWORK_BLOCK, svec_size
from quadviz.sizes import Sizes

__all__ = [
    "KRYLOV",
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
