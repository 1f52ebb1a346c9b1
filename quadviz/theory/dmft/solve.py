"""Dynamical mean-field theory: training at finite alpha as d -> infinity, solved numerically.

Every replica (:mod:`quadviz.theory.dmft.replica`) solves the equations by itself with matrices of size d_eff,
so that the spread of the replicas is an honest error of their mean. All of them advance together in time.
What the spread does not show, a bias of order 1/d_eff^2 and the second-order error of the time steps, is some
half a percent at the default sizes, and counted in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import checked_times, whole_number
from quadviz.setting import Setting
from quadviz.statistics import steady_interval
from quadviz.theory.dmft.plan import check_march, fitting_size, march_grid
from quadviz.theory.dmft.replica import TRUE, DivergedError, Kernels, Rule, Sizes, replica
from quadviz.theory.dmft.result import Dmft, DmftError, DmftStatus
from quadviz.theory.dmft.trust import Evidence, judge
from quadviz.threads import blas_threads

__all__ = ["dmft", "march"]


#: What replicas have in common, their size and their steps, leaves about this share of a value unseen.
_UNSEEN = 0.005


def dmft(
    setting: Setting,
    times: ArrayLike,
    d_eff: int | None = None,
    replicas: int = 8,
    probes: int = 1,
    seed: int = 0,
    *,
    copies: int = 12,
    step: float = 0.1,
    eigenvalue_times: ArrayLike | None = None,
    threads: int | None = None,
    force: bool = False,
) -> Dmft:
    """Solve the dynamical mean-field equations of training (THEORY section 8; arXiv 2601.10483).

    The grid of times is logarithmic, so that ten times as long takes some 23 steps more. Errors fall like
    1/(d_eff^2 sqrt(replicas copies)) late in training; a bias of order 1/d_eff^2 is about 1% at d_eff = 30.
    Whether the result can be trusted, and until when, stands in its ``status``, ``trusted_until`` and
    ``message``.

    Args:
        setting: the ratios. ``lam = 0`` is no weight decay at all.
        times: times wanted, increasing and >= 0, shape (T,).
        d_eff: size of the matrices; kappa d_eff is rounded to a whole number of columns. About 30 when
            omitted, so that there is little to round.
        replicas: independent solutions, whose spread makes the errors; they take as much time each.
        probes: small changes for each copy; more of them make the memory less noisy.
        seed: a whole number >= 0; the same seed gives the same result.
        copies: copies of the effective process in each replica, even.
        step: length of a time step as a share of the time.
        eigenvalue_times: times among ``times`` at which eigenvalues are wanted; the last one when omitted.
        threads: threads that replicas share; as many as there are cores when omitted.
        force: march even where it will take longer than :data:`quadviz.theory.dmft.plan.PATIENCE`.

    Returns:
        mse and train loss at the times, shape (T,), with errors, kernels, eigenvalues and a status.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, d_eff too small for the widths or the number of steps, or the
            march too long (see ``force``).
        MemoryError: before anything is allocated, if it would not fit.
        DmftError: if the march diverges; ``.partial`` is what there is up to there.

    >>> run = dmft(Setting(0.5, 0.3, 2.0, lam=0.1, delta=0.5), [0.0, 1.0], d_eff=20, replicas=2, copies=4)
    >>> run.mse.shape, run.chi.shape == run.covariance.shape, bool(run.mse[1] < run.mse[0]), run.status.name
    ((2,), True, True, 'SOLVED')
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
        force=force,
    )
    return whole


def march(
    setting: Setting,
    times: ArrayLike,
    d_eff: int | None = None,
    replicas: int = 8,
    probes: int = 1,
    seed: int = 0,
    *,
    copies: int = 12,
    step: float = 0.1,
    eigenvalue_times: ArrayLike | None = None,
    threads: int | None = None,
    force: bool = False,
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
        force: march even where it will take long.
        watch: called before every step of every replica; what it raises ends the march.
        rule: how to march wrongly, to show what that does.

    Yields:
        All there is so far; the last one is complete.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range.
        MemoryError: if it would not fit.
        DmftError: on the way, if the march diverges.
    """
    wanted, kept = checked_times(times, eigenvalue_times)
    check_march(
        setting, wanted, d_eff, replicas, probes, copies=copies, step=step, threads=threads, force=force
    )
    sizes = Sizes(fitting_size(setting) if d_eff is None else d_eff, copies, probes)
    task = _Task(setting, wanted, kept, sizes, replicas, whole_number("seed", seed, 0), step)
    return _snapshots(task, threads, watch, rule)


@dataclass(frozen=True, eq=False)
class _Task:
    """What to march, its arguments checked."""

    setting: Setting
    wanted: FloatArray
    kept: FloatArray
    sizes: Sizes
    replicas: int
    seed: int
    step: float


def _snapshots(
    task: _Task, threads: int | None, watch: Callable[[], None] | None, rule: Rule
) -> Iterator[Dmft]:
    """What :func:`march` yields."""
    from concurrent.futures import ThreadPoolExecutor
    from os import cpu_count

    grid = march_grid(task.setting, float(task.wanted[-1]), task.step)
    streams = np.random.SeedSequence(task.seed).spawn(task.replicas)
    marches = [replica(task.setting, task.sizes, grid, np.random.default_rng(s), rule) for s in streams]
    spectra: list[FloatArray] = []
    last: Dmft | None = None

    def advance(one: Iterator[Kernels]) -> Kernels:
        if watch is not None:
            watch()
        return next(one)

    with ThreadPoolExecutor(min(task.replicas, threads or cpu_count() or 1)) as pool:
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
            spectra.append(np.array([kernels.eigenvalues for kernels in seen]))
            last = _summary(task, grid[: node + 1], seen, np.array(spectra), grid.size)
            yield last


def _summary(task: _Task, grid: FloatArray, seen: list[Kernels], spectra: FloatArray, nodes: int) -> Dmft:
    """Means over the replicas at the times reached; spectra has shape (n, replicas, copies, d)."""
    from scipy.linalg import solve_triangular  # not needed to import quadviz

    s, n = task.setting, grid.size
    identity = np.eye(n)
    covariance = np.array([k.covariance[:n, :n] for k in seen])
    weights = np.array([k.weights[:n, :n] for k in seen])
    response = np.array([solve_triangular(identity + w / s.alpha, identity, lower=True) for w in weights])
    seen_through = response @ covariance
    residual = np.sum(seen_through * response, axis=-1)
    error = (np.einsum("rkk->rk", covariance) - s.delta) / 2
    of_copies = np.moveaxis(spectra, 1, 0)
    objective = residual / 4 + s.lam * of_copies.mean(axis=(2, 3))
    if s.lam2:
        objective = objective + s.lam2 / 2 * (of_copies**2).mean(axis=(2, 3))
    verdict = judge(
        Evidence(
            grid=grid,
            mse=error,
            objective=objective,
            work=np.array([k.work[:n] for k in seen]),
            work_expected=residual - s.delta * response.sum(axis=-1),
            memory_share=np.sum(seen_through * weights, axis=-1) / s.alpha,
            unsettled=np.array([k.unsettled[:n] for k in seen]),
            step_error=np.array([k.coarse[:n] for k in seen]) / (1 + weights.sum(axis=-1) / s.alpha) / 4,
        )
    )
    times, at = task.wanted[task.wanted <= grid[-1]], task.kept[task.kept <= grid[-1]]
    mse, mse_error = _seen_at(grid, error, times)
    loss, loss_error = _seen_at(grid, residual / 4, times)
    objective_mean, objective_error = steady_interval(objective)
    end, reached = float(task.wanted[-1]), float(grid[-1])
    if reached < end:
        status, message = DmftStatus.STOPPED, f"it ended at t = {reached:.4g}, before t = {end:.4g}"
    else:
        status, message = DmftStatus.SOLVED, "solved to the end"
    if verdict.reasons:
        untold = f"not to be trusted after t = {verdict.until:.4g}: {'; '.join(verdict.reasons)}"
        message = f"{message}; {untold}" if status == DmftStatus.STOPPED else untold
        status = max(status, DmftStatus.UNRESOLVED)
    return Dmft(
        setting=s,
        d_eff=task.sizes.d,
        replicas=task.replicas,
        copies=task.sizes.copies,
        probes=task.sizes.probes,
        step=task.step,
        seed=task.seed,
        end=end,
        reached=reached,
        times=times,
        mse=mse,
        mse_error=mse_error,
        train_loss=loss,
        train_loss_error=loss_error,
        grid=grid,
        chi=weights.mean(axis=0),
        response=response.mean(axis=0),
        covariance=covariance.mean(axis=0),
        objective=objective_mean,
        objective_error=objective_error,
        eigenvalue_times=at,
        eigenvalues=np.sort(_lines_between(grid, spectra.reshape(n, -1), at), axis=1),
        fraction=n / nodes,
        status=status,
        trusted_until=verdict.until,
        message=message,
    )


def _seen_at(grid: FloatArray, values: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over replicas at some times and its error, with what they have in common."""
    mean = _between(grid, values, times).mean(axis=0)
    _, share = steady_interval(values / values.mean(axis=0))
    return mean, mean * np.hypot(np.interp(times, grid, share), _UNSEEN)


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
