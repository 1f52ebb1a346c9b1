"""What a march is going to take: its times, its memory, and whether it can be made at all."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.checks import checked_times, readable, whole_number
from quadviz.setting import PARAMETERS, Setting
from quadviz.theory.dmft_draws import WORDS

__all__ = ["check_march", "march_grid"]

FloatArray = NDArray[np.float64]

#: The first step is this share of the fastest time at the start.
_FIRST = 0.5
#: Not more than this share of the free memory is asked for.
_SHARE = 0.9


def march_grid(setting: Setting, end: float, step: float = 0.1) -> FloatArray:
    """Times of the march: equal steps at first, then as long as ``step`` times the time, shape (n,).

    The first steps resolve the fastest modes, which move at about 4 |Z - Z*| + 4 sqrt(K(0, 0)/alpha).

    >>> grid = march_grid(Setting(0.5, 0.3, 0.35, lam=0.01, delta=0.5), end=10.0)
    >>> grid[0].item(), grid[-1].item(), bool(np.all(np.diff(grid) > 0))
    (0.0, 10.0, True)
    """
    s = setting
    largest = max((1 + s.kappa_star**-0.5) ** 2, s.gamma * (1 + s.kappa**-0.5) ** 2)
    mse = 1 + 1 / s.kappa_star + s.gamma**2 * (1 + 1 / s.kappa) - 2 * s.gamma
    first = _FIRST / (4 * largest + 4 * math.sqrt((2 * mse + s.delta) / s.alpha))
    grid = [0.0]
    while grid[-1] < end:
        grid.append(grid[-1] + max(first, step * grid[-1]))
    # The steps are shortened a little, so that the last one ends at the end.
    return np.append(np.array(grid[:-1]) * (end / max(grid[-1], first)), end)


def check_march(
    setting: Setting,
    times: ArrayLike,
    d_eff: int,
    replicas: int,
    probes: int,
    *,
    copies: int = 8,
    step: float = 0.1,
) -> None:
    """Refuse what cannot be marched; says what would do.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, or d_eff too small for the widths or the number of steps.
        MemoryError: if it would not fit.
    """
    wanted, _ = checked_times(times, None)
    d = whole_number("d_eff (size of the matrices)", d_eff, 2)
    for name, value in (("replicas", replicas), ("probes", probes)):
        whole_number(name, value, 1)
    if whole_number("copies", copies, 2) % 2:
        raise ValueError(f"copies must be even, for they come in pairs, got {copies}")
    if not 0.01 <= step <= 0.5:
        raise ValueError(f"step must be between 0.01 and 0.5, got {step!r}")
    for name in ("kappa", "kappa_star"):
        value = getattr(setting, name)
        if value * d < 0.5:
            raise ValueError(
                f"{name} ({PARAMETERS[name].label}) = {value:g} leaves no column at d_eff = {d}: "
                f"take d_eff >= {math.ceil(0.5 / value)}, or {name} >= {0.5 / d:.3g}"
            )
    nodes = march_grid(setting, float(wanted[-1]), step).size
    if d * d < nodes + WORDS:
        enough = math.isqrt(nodes + WORDS - 1) + 1
        raise ValueError(
            f"d_eff = {d} is too small for {nodes} time steps: take d_eff >= {enough}, or a larger step"
        )
    _check_memory(d, nodes, replicas, probes, copies)


def _check_memory(d: int, nodes: int, replicas: int, probes: int, copies: int) -> None:
    """Refuse, before anything is allocated, what the machine could not hold."""
    import psutil  # not needed to import quadviz

    free = psutil.virtual_memory().available
    # Errors, forces and noise; probes and the forces' changes.
    one = 8 * copies * nodes * (3 + 2 * probes) * d * d
    if replicas * one <= _SHARE * free:
        return
    fits = int(_SHARE * free // one)
    advice = (
        f"{fits} replicas would fit" if fits else f"take d_eff <= {int(d * math.sqrt(_SHARE * free / one))}"
    )
    raise MemoryError(
        f"{replicas} replicas of d_eff = {d} need {readable(replicas * one)} of memory, "
        f"and {readable(free)} are free: {advice}"
    )
