"""Dynamical mean-field theory: training at finite alpha as d -> infinity, solved numerically.

Every replica (:mod:`quadviz.theory.dmft_replica`) solves the equations by itself with matrices of size d_eff,
so that the spread of the replicas is an honest error of their mean. All of them advance together in time.
What the spread does not show is a bias of order 1/d_eff^2, and the second-order error of the time steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.checks import checked_times, whole_number
from quadviz.setting import Setting
from quadviz.statistics import mean_and_error
from quadviz.theory.dmft_plan import check_march, march_grid
from quadviz.theory.dmft_replica import TRUE, DivergedError, Kernels, Rule, Sizes, replica
from quadviz.threads import blas_threads

__all__ = ["Dmft", "DmftError", "check_march", "dmft", "march"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dmft:
    """The solution for one setting: all of it, or as far as it came.

    Attributes:
        setting: the ratios.
        d_eff: size of the matrices.
        replicas: independent solutions.
        copies: copies of the effective process in each.
        probes: small changes followed for each copy.
        seed: the seed.
        end: the last time asked for.
        reached: how far the march came.
        times: times asked for and reached, shape (T,).
        mse: |Z - Z*|_F^2 / d, mean over replicas, shape (T,), as are the next three.
        mse_error: standard error of that mean; NaN for a single replica.
        train_loss: R K R^T / 4 on the diagonal, with R the response of the residuals.
        train_loss_error: its standard error.
        grid: times of the march, shape (n,).
        chi: weights of the memory at pairs of them, int chi(t_k, s) F(s) ds = sum_j chi[k, j] F(t_j), (n, n).
        response: R = (1 + chi/alpha)^{-1}, shape (n, n).
        covariance: K = 2 C + delta, shape (n, n).
        eigenvalue_times: times at which eigenvalues were asked for, shape (E,).
        eigenvalues: of Z, of all copies together, increasing, shape (E, replicas * copies * d_eff).
        fraction: how much of the work is done.
    """

    setting: Setting
    d_eff: int
    replicas: int
    copies: int
    probes: int
    seed: int
    end: float
    reached: float
    times: FloatArray
    mse: FloatArray
    mse_error: FloatArray
    train_loss: FloatArray
    train_loss_error: FloatArray
    grid: FloatArray
    chi: FloatArray
    response: FloatArray
    covariance: FloatArray
    eigenvalue_times: FloatArray
    eigenvalues: FloatArray
    fraction: float

    @property
    def complete(self) -> bool:
        """Whether the march came to its end."""
        return self.reached >= self.end


class DmftError(RuntimeError):
    """The march left the numbers on its way.

    Attributes:
        partial: what there is up to there; None if there is nothing.
    """

    def __init__(self, message: str, partial: Dmft | None) -> None:
        super().__init__(message, partial)
        self.partial = partial

    def __str__(self) -> str:
        return str(self.args[0])


def dmft(
    setting: Setting,
    times: ArrayLike,
    d_eff: int = 40,
    replicas: int = 4,
    probes: int = 2,
    seed: int = 0,
    *,
    copies: int = 8,
    step: float = 0.1,
    eigenvalue_times: ArrayLike | None = None,
    threads: int | None = None,
) -> Dmft:
    """Solve the dynamical mean-field equations (THEORY section 8).

    Standard errors fall like 1/(d_eff sqrt(replicas copies)); a bias of order 1/d_eff^2 was not seen beyond
    1% at d_eff = 20.

    Args:
        setting: the ratios. ``lam = 0`` is no weight decay at all.
        times: times wanted, increasing and >= 0, shape (T,).
        d_eff: size of the matrices; kappa d_eff is rounded to a whole number of columns.
        replicas: independent solutions, whose spread makes the standard errors; they take as much time each.
        probes: small changes for each copy; more of them make the memory less noisy.
        seed: a whole number >= 0; the same seed gives the same result.
        copies: copies of the effective process in each replica, even.
        step: length of a time step as a share of the time.
        eigenvalue_times: times among ``times`` at which eigenvalues are wanted; the last one when omitted.
        threads: threads that replicas share; as many as there are cores when omitted.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, or d_eff too small for the widths or the number of steps.
        MemoryError: before anything is allocated, if it would not fit.
        DmftError: if the march diverges; ``.partial`` is what there is up to there.

    >>> run = dmft(Setting(0.5, 0.3, 2.0, lam=0.1, delta=0.5), [0.0, 1.0], d_eff=20, replicas=2, probes=1)
    >>> run.mse.shape, run.chi.shape == run.covariance.shape, bool(run.mse[1] < run.mse[0])
    ((2,), True, True)
    """
    *_, whole = march(
        setting,
        times,
        d_eff,
        replicas,
        probes,
        seed,
        copies=copies,
        step=step,
        eigenvalue_times=eigenvalue_times,
        threads=threads,
    )
    return whole


def march(
    setting: Setting,
    times: ArrayLike,
    d_eff: int = 40,
    replicas: int = 4,
    probes: int = 2,
    seed: int = 0,
    *,
    copies: int = 8,
    step: float = 0.1,
    eigenvalue_times: ArrayLike | None = None,
    threads: int | None = None,
    watch: Callable[[], None] | None = None,
    rule: Rule = TRUE,
) -> Iterator[Dmft]:
    """Solve the equations and look at the solution after every step.

    Args:
        setting: the ratios; this and what is not explained here as in :func:`dmft`.
        times: times wanted.
        d_eff: size of the matrices.
        replicas: independent solutions.
        probes: small changes for each copy.
        seed: the seed.
        copies: copies in each replica.
        step: length of a time step.
        eigenvalue_times: times at which eigenvalues are wanted.
        threads: threads that replicas share.
        watch: called before every step of every replica; what it raises ends the march.
        rule: factors that show what wrong equations do.

    Yields:
        All there is so far; the last one is complete.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range.
        MemoryError: if it would not fit.
        DmftError: on the way, if the march diverges.
    """
    wanted, kept = checked_times(times, eigenvalue_times)
    check_march(setting, wanted, d_eff, replicas, probes, copies=copies, step=step)
    seed = whole_number("seed", seed, 0)
    crew = None if threads is None else whole_number("threads", threads, 1)
    return _snapshots(
        setting, wanted, kept, Sizes(d_eff, copies, probes), replicas, seed, step, crew, watch, rule
    )


def _snapshots(
    setting: Setting,
    wanted: FloatArray,
    kept: FloatArray,
    sizes: Sizes,
    replicas: int,
    seed: int,
    step: float,
    threads: int | None,
    watch: Callable[[], None] | None,
    rule: Rule,
) -> Iterator[Dmft]:
    """What :func:`march` yields, once its arguments are checked."""
    from concurrent.futures import ThreadPoolExecutor
    from os import cpu_count

    grid = march_grid(setting, float(wanted[-1]), step)
    streams = np.random.SeedSequence(seed).spawn(replicas)
    marches = [replica(setting, sizes, grid, np.random.default_rng(s), rule) for s in streams]
    spectra: list[list[FloatArray]] = [[] for _ in marches]
    last: Dmft | None = None

    def advance(one: Iterator[Kernels]) -> Kernels:
        if watch is not None:
            watch()
        return next(one)

    with ThreadPoolExecutor(min(replicas, threads or cpu_count() or 1)) as pool:
        for node in range(grid.size):
            try:
                with blas_threads(1):
                    seen = list(pool.map(advance, marches))
            except DivergedError as error:
                before = grid[max(node - 1, 0)]
                raise DmftError(
                    f"the march diverged at step {node} of {grid.size - 1}, after t = {before:.3g}: {error}. "
                    "Take more copies or probes, a larger d_eff, or a smaller step",
                    last,
                ) from error
            for history, kernels in zip(spectra, seen, strict=True):
                history.append(kernels.eigenvalues)
            last = _summary(setting, wanted, kept, sizes, seed, grid[: node + 1], seen, spectra, grid.size)
            yield last


def _summary(
    setting: Setting,
    wanted: FloatArray,
    kept: FloatArray,
    sizes: Sizes,
    seed: int,
    grid: FloatArray,
    seen: list[Kernels],
    spectra: list[list[FloatArray]],
    nodes: int,
) -> Dmft:
    """Means over the replicas at the times reached."""
    from scipy.linalg import solve_triangular  # not needed to import quadviz

    n = grid.size
    identity = np.eye(n)
    covariance = np.array([k.covariance[:n, :n] for k in seen])
    weights = np.array([k.weights[:n, :n] for k in seen])
    response = np.array(
        [solve_triangular(identity + w / setting.alpha, identity, lower=True) for w in weights]
    )
    residual = np.sum((response @ covariance) * response, axis=-1)
    error = (np.einsum("rkk->rk", covariance) - setting.delta) / 2
    times, at = wanted[wanted <= grid[-1]], kept[kept <= grid[-1]]
    mse, mse_error = mean_and_error(_between(grid, error, times))
    loss, loss_error = mean_and_error(_between(grid, residual / 4, times))
    eigenvalues = np.array([np.array(history) for history in spectra])
    pooled = np.sort(_lines_between(grid, np.moveaxis(eigenvalues, 1, 0).reshape(n, -1), at), axis=1)
    return Dmft(
        setting=setting,
        d_eff=sizes.d,
        replicas=len(seen),
        copies=sizes.copies,
        probes=sizes.probes,
        seed=seed,
        end=float(wanted[-1]),
        reached=float(grid[-1]),
        times=times,
        mse=mse,
        mse_error=mse_error,
        train_loss=loss,
        train_loss_error=loss_error,
        grid=grid,
        chi=weights.mean(axis=0),
        response=response.mean(axis=0),
        covariance=covariance.mean(axis=0),
        eigenvalue_times=at,
        eigenvalues=pooled,
        fraction=n / nodes,
    )


def _between(grid: FloatArray, values: FloatArray, times: FloatArray) -> FloatArray:
    """Positive values known on the grid, shape (replicas, n), at other times, shape (replicas, T)."""
    from scipy.interpolate import CubicSpline  # not needed to import quadviz

    if grid.size == 1:
        return np.repeat(values, times.size, axis=1)
    floor = np.finfo(np.float64).tiny
    spline = CubicSpline(_clock(grid, grid), np.log(np.maximum(values, floor)), axis=1)
    smooth: FloatArray = np.exp(spline(_clock(grid, times)))
    return smooth


def _lines_between(grid: FloatArray, values: FloatArray, times: FloatArray) -> FloatArray:
    """Values known on the grid, shape (n, N), at other times, shape (T, N), by straight lines."""
    place = np.interp(times, grid, np.arange(grid.size))
    low = np.minimum(place.astype(int), max(grid.size - 2, 0))
    share = (place - low)[:, None]
    line: FloatArray = (1 - share) * values[low] + share * values[np.minimum(low + 1, grid.size - 1)]
    return line


def _clock(grid: FloatArray, times: FloatArray) -> FloatArray:
    """A time in which the steps of a grid are about equal."""
    return np.asarray(np.log1p(times / (10 * grid[1])))
