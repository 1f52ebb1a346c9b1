"""A network trained by gradient flow at finite d, and what is seen of it on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import checked_times, real_number, shown, whole_number
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting
from quadviz.simulation.flow import FlowError, SolverStatistics, gradient_flow
from quadviz.simulation.problem import (
    LabelNoise,
    Observed,
    Problem,
    Recipe,
    TeacherWeights,
    eigenvalues,
    sample_problem,
    what_was_asked,
)
from quadviz.sizes import Sizes
from quadviz.threads import blas_threads

__all__ = ["Simulation", "SimulationError", "log_times", "simulate", "train"]


#: The time at which a flow leaves its start.
_ONSET = 1e-2


@dataclass(frozen=True, eq=False, repr=False)
class Simulation(Result):
    """The training of one network: all of it, or as far as it came (THEORY section 1; arXiv 2601.10483).

    It converts to tables: "course" with a row a time, "eigenvalues" with a row an eigenvalue.

    Attributes:
        setting: the ratios.
        sizes: the whole numbers they became at this d.
        recipe: what the problem was made of.
        seed: the seed.
        end: the last time asked for.
        reached: how far the flow came.
        times: times observed, increasing, shape (T,).
        mse: |Z - Z*|_F^2 / d at these times, shape (T,), as are the next three.
        train_loss: (1/4n) sum_k (Tr X_k Z - z_k)^2.
        in_sample_error: the same against the labels without their noise.
        regularised_loss: train_loss + (lam/d) |W|_F^2, which never rises.
        eigenvalue_times: times at which eigenvalues were kept, shape (E,).
        eigenvalues: of Z = W W^T, increasing, shape (E, d).
        final_weights: W at ``end``, shape (d, m), if asked for and reached.
        statistics: what the solver took.
    """

    setting: Setting
    sizes: Sizes
    recipe: Recipe
    seed: int
    end: float
    reached: float
    times: FloatArray
    mse: FloatArray
    train_loss: FloatArray
    in_sample_error: FloatArray
    regularised_loss: FloatArray
    eigenvalue_times: FloatArray
    eigenvalues: FloatArray
    final_weights: FloatArray | None
    statistics: SolverStatistics

    def sheets(self) -> dict[str, Sheet]:
        """What was observed over time, and the eigenvalues."""
        about = what_was_asked(self.setting, self.sizes, self.recipe, self.seed) | {
            "reached": ((), self.reached)
        }
        time, kept = ("time",), ("eigenvalue_time", "index")
        course = {name: (time, getattr(self, name)) for name in Observed._fields}
        return {
            "course": Sheet({"time": self.times.size}, {**about, "time": (time, self.times)}, course),
            "eigenvalues": Sheet(
                {"eigenvalue_time": self.eigenvalue_times.size, "index": self.sizes.d},
                {
                    **about,
                    "eigenvalue_time": (kept[:1], self.eigenvalue_times),
                    "index": (kept[1:], np.arange(self.sizes.d)),
                },
                {"eigenvalue": (kept, self.eigenvalues)},
            ),
        }

    @property
    def complete(self) -> bool:
        """Whether the flow came to its end."""
        return self.reached >= self.end

    @property
    def fraction(self) -> float:
        """How much of the work is done, about: a flow takes as long for each power of ten in time."""
        if self.complete:
            return 1.0
        return float(np.log1p(self.reached / _ONSET) / np.log1p(self.end / _ONSET))

    @property
    def departures(self) -> tuple[str, ...]:
        """In what this lies outside the assumptions of the theory, in words; empty where it does not."""
        return self.recipe.departures


class SimulationError(RuntimeError):
    """Training failed on its way; the flow is that of THEORY section 1 (arXiv 2601.10483).

    Attributes:
        partial: what there is up to there, arrays of shape (T,); None if there is nothing.

    >>> SimulationError("the step became too small", None).partial is None
    True
    """

    def __init__(self, message: str, partial: Simulation | None) -> None:
        super().__init__(message, partial)
        self.partial = partial

    def __str__(self) -> str:
        return str(self.args[0])


def log_times(end: float, points: int = 61, start: float = 1e-2) -> FloatArray:
    """Time 0 and times evenly spaced in their logarithm, as a flow of THEORY section 1 wants to be seen.

    Args:
        end: the last one.
        points: how many, >= 3.
        start: the first one after 0.

    Returns:
        Times, shape (points,).

    Raises:
        TypeError: if points is not a whole number, or an end not a real one.
        ValueError: unless 0 < start < end and points >= 3.

    >>> log_times(100.0, points=6)
    array([0.e+00, 1.e-02, 1.e-01, 1.e+00, 1.e+01, 1.e+02])
    """
    for name, value in (("end", end), ("start", start)):
        real_number(name, value, "> 0", np.nextafter(0.0, 1.0), np.finfo(np.float64).max)
    if not start < end:
        raise ValueError(f"start and end must be finite and 0 < start < end, got {start!r} and {end!r}")
    points = whole_number("points", points, 3)
    return np.concatenate([[0.0], np.geomspace(start, end, points - 1)])


def simulate(
    setting: Setting,
    d: int,
    times: ArrayLike,
    seed: int = 0,
    *,
    inputs: Inputs = "network",
    label_noise: LabelNoise = "gaussian",
    weights: TeacherWeights = "gaussian",
    eigenvalue_times: ArrayLike | None = None,
    keep_weights: bool = False,
    rtol: float = 1e-5,
    max_steps: int = 100_000,
    threads: int = 1,
) -> Simulation:
    """Train one network of input dimension d by gradient flow (THEORY section 1; arXiv 2601.10483).

    Finite d shifts what is seen by O(1/d): the mse upwards, by about 5/d at moderate noise. To compare with
    the theory, average over seeds and extrapolate in 1/d.

    Args:
        setting: the ratios. ``lam = 0`` is no weight decay at all, not the ridgeless limit of the theory.
        d: input dimension, >= 2.
        times: times to observe at, increasing and >= 0, shape (T,); :func:`log_times` makes some.
        seed: a whole number >= 0; the same seed gives the same result, whatever else runs.
        inputs: kind of samples; this and the next two as in :func:`sample_problem`.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights.
        eigenvalue_times: as in :func:`train`, as are the arguments that follow.
        keep_weights: whether to keep the final weights.
        rtol: tolerance of the integrator.
        max_steps: when to give up.
        threads: threads of the linear algebra.

    Returns:
        The result, complete: observables of shape (T,), eigenvalues of shape (E, d).

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, or m, m* or n would be 0; names it, its value and the range.
        MemoryError: before anything is allocated, if it would not fit.
        SimulationError: if the integrator fails; ``.partial`` is what there is up to there.

    >>> run = simulate(Setting(0.5, 0.3, 0.35, lam=0.1, delta=0.5), d=20, times=[0, 1, 100], seed=1)
    >>> run.mse.shape, run.eigenvalues.shape, bool(run.regularised_loss[-1] < run.regularised_loss[0])
    ((3,), (1, 20), True)
    """
    times, kept = checked_times(times, eigenvalue_times)
    problem = sample_problem(setting, d, seed, inputs=inputs, label_noise=label_noise, weights=weights)
    *_, whole = train(
        problem,
        times,
        eigenvalue_times=kept,
        keep_weights=keep_weights,
        rtol=rtol,
        max_steps=max_steps,
        threads=threads,
    )
    return whole


def train(
    problem: Problem,
    times: ArrayLike,
    *,
    eigenvalue_times: ArrayLike | None = None,
    keep_weights: bool = False,
    rtol: float = 1e-5,
    max_steps: int = 100_000,
    threads: int = 1,
    watch: Callable[[], None] | None = None,
) -> Iterator[Simulation]:
    """Train a network and look at it after every step of the integrator, a few milliseconds at d = 50.

    The flow dW/dt = -d grad(L + (lam/d)|W|^2) of THEORY section 1 (arXiv 2601.10483). Whoever takes the
    snapshots can draw them, and can stop: the last one taken is the result up to there.

    Args:
        problem: what is trained.
        times: times to observe at, increasing and >= 0, shape (T,).
        eigenvalue_times: those of ``times`` at which to keep the eigenvalues of Z; the last one when omitted.
        keep_weights: whether to keep the final weights.
        rtol: tolerance of the integrator; observables are accurate to about four times that.
        max_steps: when to give up.
        threads: threads of the linear algebra. Another number changes the result by rounding.
        watch: called before every evaluation of the force, more often than there are snapshots; what it
            raises ends the training.

    Yields:
        All there is so far; the last one is complete.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if the times are not increasing, or another argument is out of its range.
        SimulationError: on the way, if the integrator fails; ``.partial`` is what there is up to there.

    Returns:
        An iterator; arrays of what is yielded have the shapes (T,) and (E, d) of what was reached.

    >>> problem = sample_problem(Setting(0.5, 0.3, 0.35, lam=0.1, delta=0.5), d=20, seed=1)
    >>> *_, whole = train(problem, times=[0.0, 1.0])
    >>> whole.complete, whole.mse.shape
    (True, (2,))
    """
    wanted, kept = checked_times(times, eigenvalue_times)
    if not isinstance(problem, Problem):
        raise TypeError(
            f"problem must be a quadviz.Problem, as sample_problem draws it, got {shown(problem)}"
        )
    rtol = real_number("rtol", rtol, "between 1e-12 and 0.01", 1e-12, 1e-2)
    max_steps, threads = whole_number("max_steps", max_steps, 1), whole_number("threads", threads, 1)
    return _snapshots(problem, wanted, kept, keep_weights, rtol, max_steps, threads, watch)


def _snapshots(
    problem: Problem,
    wanted: FloatArray,
    kept: FloatArray,
    keep_weights: bool,
    rtol: float,
    max_steps: int,
    threads: int,
    watch: Callable[[], None] | None,
) -> Iterator[Simulation]:
    """What :func:`train` yields, once its arguments are checked."""
    seen: list[Observed] = []
    spectra: list[FloatArray] = []
    final: FloatArray | None = None

    def snapshot(reached: float, statistics: SolverStatistics) -> Simulation:
        columns = np.array(seen).reshape(-1, len(Observed._fields)).T
        return Simulation(
            setting=problem.setting,
            sizes=problem.sizes,
            recipe=problem.recipe,
            seed=problem.seed,
            end=float(wanted[-1]),
            reached=reached,
            times=wanted[: len(seen)],
            **dict(zip(Observed._fields, columns, strict=True)),
            eigenvalue_times=kept[: len(spectra)],
            eigenvalues=np.array(spectra).reshape(-1, problem.sizes.d),
            final_weights=final,
            statistics=statistics,
        )

    last = snapshot(0.0, SolverStatistics())
    try:
        for arrival in gradient_flow(problem, wanted, rtol, max_steps, threads, watch):
            for weights in arrival.passed:
                with blas_threads(threads), np.errstate(over="ignore", invalid="ignore"):
                    if wanted[len(seen)] in kept:
                        spectra.append(eigenvalues(weights))
                    seen.append(problem.observe(weights))
                final = weights if keep_weights and len(seen) == wanted.size else None
            last = snapshot(arrival.time, arrival.statistics)
            yield last
    except FlowError as error:
        raise SimulationError(f"d = {problem.sizes.d}, seed {problem.seed}: {error}", last) from error
