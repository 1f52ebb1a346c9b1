"""What a march is going to take: its times, its size, its cost, and whether it can be made at all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import checked_times, readable, real_number, whole_number
from quadviz.law.teachers import Wishart
from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting, checked_setting
from quadviz.theory.dmft.draws import WORDS, Hermitian, orthogonal_gue
from quadviz.theory.dmft.response import turned
from quadviz.theory.dmft.step import RiccatiStep

__all__ = ["PATIENCE", "Cost", "check_march", "dmft_cost", "fitting_size", "march_cost", "march_grid"]


#: The first step is this share of the fastest time at the start.
_FIRST = 0.5
#: Not more than this share of the free memory is asked for.
_SHARE = 0.9
#: Seconds a march may take without being forced.
PATIENCE = 600.0
#: What sizes of matrices may be off the one wanted, best first where they fit equally well.
_OFF = (0, -1, 1, -2, 2)
#: Passes over a node, on average.
_PASSES = 9
#: Fields with which the linear algebra is timed, and the size beyond which it is timed on one copy only.
_SAMPLE, _LARGE = 16, 64


class Cost(NamedTuple):
    """What a march will take, to a factor of two.

    Attributes:
        nodes: times of its grid.
        seconds: on this machine, as fast as it is now.
        memory: bytes.
    """

    nodes: int
    seconds: float
    memory: int

    def __str__(self) -> str:
        return f"{self.nodes} time steps, about {self.seconds:.2g} s and {readable(self.memory)}"


def dmft_cost(
    setting: Setting,
    times: ArrayLike,
    d_eff: int | None = None,
    replicas: int = 8,
    probes: int = 1,
    *,
    copies: int = 12,
    step: float = 0.1,
    threads: int | None = None,
) -> Cost:
    """What :func:`quadviz.dmft` with these arguments will take, to a factor of two, without marching.

    The pieces of a step are timed at the sizes asked for, which takes some tenths of a second. The arguments
    are those of :func:`quadviz.dmft`.

    Args:
        setting: the ratios.
        times: times wanted, shape (T,).
        d_eff: size of the matrices.
        replicas: independent solutions.
        probes: small changes for each copy.
        copies: copies of the effective process in each replica.
        step: length of a time step as a share of the time.
        threads: threads that replicas share.

    Returns:
        The number of time steps, seconds, and bytes of memory.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range.
        MemoryError: if the march would not fit.

    >>> cost = dmft_cost(Setting(0.5, 0.3, 0.35, lam=0.01, delta=0.5), [1.0, 1e5], d_eff=20, replicas=2)
    >>> cost.nodes, f"{cost}".split(",")[0]
    (157, '157 time steps')
    """
    return check_march(
        setting, times, d_eff, replicas, probes, copies=copies, step=step, threads=threads, force=True
    )


def march_grid(setting: Setting, end: float, step: float = 0.1) -> FloatArray:
    """Times of the march: equal steps at first, then as long as ``step`` times the time, shape (n,).

    The first steps resolve the fastest modes, which move at about 4 |Z - Z*| + 4 sqrt(K(0, 0)/alpha).

    >>> grid = march_grid(Setting(0.5, 0.3, 0.35, lam=0.01, delta=0.5), end=10.0)
    >>> grid[0].item(), grid[-1].item(), bool(np.all(np.diff(grid) > 0))
    (0.0, 10.0, True)
    """
    s = setting
    top, mean, second = _moments(s)
    largest = max(top, s.gamma * (1 + s.kappa**-0.5) ** 2)
    mse = second + s.gamma**2 * (1 + 1 / s.kappa) - 2 * s.gamma * mean
    first = _FIRST / (4 * (1 + s.lam2) * largest + 4 * math.sqrt((2 * mse + s.delta) / s.alpha))
    grid = [0.0]
    while grid[-1] < end:
        grid.append(grid[-1] + max(first, step * grid[-1]))
    # The steps are shortened a little, so that the last one ends at the end.
    return np.append(np.array(grid[:-1]) * (end / max(grid[-1], first)), end)


def _moments(setting: Setting) -> tuple[float, float, float]:
    """The largest eigenvalue of the teacher, its mean and its second moment."""
    if isinstance(setting.teacher, Wishart):
        return (1 + setting.kappa_star**-0.5) ** 2, 1.0, 1 + 1 / setting.kappa_star
    atoms = setting.teacher.atoms(setting.kappa_star)
    return float(atoms.z[-1]), atoms.moment(1), atoms.second


def fitting_size(setting: Setting, near: int = 30) -> int:
    """The size of matrices near another one at which kappa d is nearest to a whole number of columns.

    >>> [fitting_size(Setting(kappa, 0.3, 0.35, lam=0.01, delta=0.5)) for kappa in (0.35, 0.7)]
    [31, 30]
    """
    if setting.kappa >= 1:
        return near

    def rounded(d: int) -> float:
        columns = setting.kappa * d
        return round(abs(columns - max(round(columns), 1)) / columns, 9)

    best = min((near + off for off in _OFF), key=rounded)
    # A wide law of the teacher or a narrow student may need more.
    least = math.ceil(0.5 / min(setting.kappa, setting.kappa_star, 1.0))
    return max(best, least)


def march_cost(
    setting: Setting,
    end: float,
    d_eff: int,
    replicas: int,
    probes: int,
    *,
    copies: int = 12,
    step: float = 0.1,
    threads: int | None = None,
) -> Cost:
    """What a march will take; the arguments are those of :func:`quadviz.dmft`, already checked.

    The pieces of a step are timed here and now, at the sizes asked for, which takes some tenths of a second.

    >>> cost = march_cost(Setting(0.5, 0.3, 0.35, lam=0.01, delta=0.5), 10.0, 20, 2, 1)
    >>> cost.nodes, cost.seconds < 600
    (61, True)
    """
    from os import cpu_count

    d, nodes = d_eff, march_grid(setting, end, step).size
    memory = replicas * _memory(d, nodes, probes, copies)
    timed = copies if d <= _LARGE else 1
    more = copies / timed
    generator = np.random.default_rng(0)
    space, columns = Hermitian(d), max(min(round(setting.kappa * d), d), 1)
    count = min(_SAMPLE, nodes, d * d)
    fields = orthogonal_gue(space, count, generator)[None, None].repeat(timed, axis=0).repeat(probes, axis=1)
    force = space.matrix(fields[:, 0, 0])
    w = generator.standard_normal((timed, d, columns)) + 0j
    dw = np.repeat(w[:, None], probes, axis=1)
    history, share = np.zeros((timed, probes + 1, count, d * d)), np.ones(count)

    def one_step() -> None:
        RiccatiStep(force, 0.5, 0.1).move(w, dw, space.matrix(fields[:, :, 0]), space.matrix(fields[:, :, 0]))

    move = _timed(one_step) * more
    turn = _timed(lambda: turned(space, force, fields)) / count * more
    recall = _timed(lambda: np.matmul(share, history)) / count * more
    gram = fields.transpose(2, 0, 1, 3).reshape(count, -1)
    product = _timed(lambda: gram @ gram.T) / count**2 * more
    k = np.arange(1, nodes)
    # The history is read for b, its changes, the error's coordinates and the responses.
    each = _PASSES * (move + 2 * turn + 3 * recall * k) + turn * k + product * k**2
    crew = min(replicas, threads or cpu_count() or 1)
    return Cost(nodes, float(each.sum()) * math.ceil(replicas / crew), memory)


def check_march(
    setting: Setting,
    times: ArrayLike,
    d_eff: int | None,
    replicas: int,
    probes: int,
    *,
    copies: int = 12,
    step: float = 0.1,
    threads: int | None = None,
    force: bool = False,
) -> Cost:
    """What a march will take; refuses what cannot be marched, or not in good time, and says what would do.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, d_eff too small for the widths or the number of steps, or
            the march longer than :data:`PATIENCE` and not forced.
        MemoryError: if it would not fit.
    """
    checked_setting(setting)
    wanted, _ = checked_times(times, None)
    d = fitting_size(setting) if d_eff is None else whole_number("d_eff (size of the matrices)", d_eff, 2)
    for name, value in (("replicas", replicas), ("probes", probes)):
        whole_number(name, value, 1)
    if whole_number("copies", copies, 2) % 2:
        raise ValueError(f"copies must be even, for they come in pairs, got {copies}")
    if threads is not None:
        whole_number("threads", threads, 1)
    real_number("step", step, "between 0.01 and 0.5", 0.01, 0.5)
    for name in ("kappa", "kappa_star"):
        value = getattr(setting, name)
        if value * d < 0.5:
            raise ValueError(
                f"{name} ({PARAMETERS[name].label}) = {value:g} leaves no column at d_eff = {d}: "
                f"take d_eff >= {math.ceil(0.5 / value)}, or {name} >= {0.5 / d:.3g}"
            )
    end = float(wanted[-1])
    nodes = march_grid(setting, end, step).size
    if d * d < nodes + WORDS:
        enough = math.isqrt(nodes + WORDS - 1) + 1
        raise ValueError(
            f"d_eff = {d} is too small for {nodes} time steps: take d_eff >= {enough}, or a larger step"
        )
    _check_memory(d, nodes, replicas, probes, copies)
    cost = march_cost(setting, end, d, replicas, probes, copies=copies, step=step, threads=threads)
    if cost.seconds > PATIENCE and not force:
        raise ValueError(
            f"this march would take about {cost.seconds / 60:.0f} min and {readable(cost.memory)} "
            f"({nodes} time steps, {replicas} replicas of {copies} copies of size {d}): take fewer "
            f"replicas or copies, a smaller d_eff, a larger step or an earlier end than t = {end:g}; "
            "or force=True"
        )
    return cost


def _timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes, the better of two tries."""
    spans = []
    for _ in range(2):
        began = time.perf_counter()
        work()
        spans.append(time.perf_counter() - began)
    return min(spans)


def _memory(d: int, nodes: int, probes: int, copies: int) -> int:
    """Bytes of a replica: errors, forces and noise; probes, the forces' changes, and the probes as modes."""
    return 8 * copies * nodes * (3 + 4 * probes) * d * d


def _check_memory(d: int, nodes: int, replicas: int, probes: int, copies: int) -> None:
    """Refuse, before anything is allocated, what the machine could not hold."""
    import psutil  # not needed to import quadviz

    free = psutil.virtual_memory().available
    one = _memory(d, nodes, probes, copies)
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
