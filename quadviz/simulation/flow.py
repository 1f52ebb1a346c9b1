"""Gradient flow, integrated: stiff, so implicitly, and without ever forming a Jacobian.

The integrator is CVODE's backward differentiation formula (package scikit-sundae) with GMRES for its linear
systems. The product of the Jacobian with a vector is analytic: at the cost of one force it spares the step
size of a difference quotient, and with it about a third of all work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.simulation.problem import Problem
from quadviz.simulation.sizes import KRYLOV
from quadviz.threads import blas_threads

if TYPE_CHECKING:
    from sksundae.cvode import CVODE

__all__ = ["Arrival", "FlowError", "SolverStatistics", "gradient_flow"]

Linear = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class SolverStatistics:
    """What an integration took.

    Attributes:
        steps: internal steps taken.
        force_evaluations: evaluations of the force.
        jacobian_products: products of its Jacobian with a vector, each as dear as a force.
        linearisations: places at which the Jacobian was prepared, each half as dear.
        wall_time: seconds, what the consumer of the steps did in between not counted.
    """

    steps: int = 0
    force_evaluations: int = 0
    jacobian_products: int = 0
    linearisations: int = 0
    wall_time: float = 0.0

    @property
    def work(self) -> float:
        """All of it in units of one force evaluation: two products of an n x d with a d x m matrix."""
        return self.force_evaluations + self.jacobian_products + self.linearisations / 2


@dataclass(frozen=True)
class Arrival:
    """A step of the integrator.

    Attributes:
        time: how far it has come.
        passed: weights at those of the requested times that it passed on the way, in order, each (d, m).
        statistics: what it has taken so far.
    """

    time: float
    passed: tuple[FloatArray, ...]
    statistics: SolverStatistics


class FlowError(RuntimeError):
    """The integrator gave up; the message says where and what to change."""


def gradient_flow(
    problem: Problem,
    times: FloatArray,
    rtol: float = 1e-5,
    max_steps: int = 100_000,
    threads: int = 1,
    watch: Callable[[], None] | None = None,
) -> Iterator[Arrival]:
    """Integrate dW/dt = -[(d/n) sum_k r_k X_k + 2 lam] W from the problem's start (THEORY section 1).

    Args:
        problem: what is trained.
        times: times at which weights are wanted, increasing, >= 0, shape (T,).
        rtol: relative tolerance of the weights in one step. Observables follow to about four times that.
        max_steps: when to give up.
        threads: threads of the linear algebra.
        watch: called before every evaluation of the force; what it raises ends the integration.

    Yields:
        One arrival a step of the integrator, the last when the last time has been reached.

    Raises:
        FlowError: if the integrator fails, gives up, or meets what is not finite.
    """
    force = _CountedForce(problem, threads, watch or _unwatched)
    end, t, given = float(times[-1]), 0.0, int(times[0] == 0)
    if given:
        yield Arrival(0.0, (problem.start,), force.statistics())
    if end == 0:
        return
    shape = problem.start.shape
    with force.working():
        # Not only for its own sake: the first evaluation shows whether there is anything to integrate.
        velocity = force.velocity(problem.start)
        solver = _solver(force, rtol)
        solver.init_step(0.0, problem.start.ravel())
    _require_finite(velocity, problem, t)
    while t < end:
        if force.steps >= max_steps:
            remedy = f"raise it, or rtol = {rtol:g}"
            raise FlowError(f"max_steps = {max_steps} were taken by time {t:.4g}: {remedy}")
        with force.working():
            force.steps += 1
            came = solver.step(end, method="onestep", tstop=end)
            if not came.success:
                remedy = f"Try another rtol than {rtol:g}"
                raise FlowError(f"the integrator stopped at time {t:.4g}. {came.message} {remedy}")
            _require_finite(came.y, problem, t)
            t = float(came.t)
            reached = int(np.searchsorted(times, t, side="right"))
            # Going back inside the last step is an interpolation, of the order of the step.
            passed = tuple(solver.step(float(s)).y.reshape(shape) for s in times[given:reached])
            if passed:
                solver.step(t)  # forward again, or the next step would be this one once more
            given = reached
        yield Arrival(t, passed, force.statistics())


def _require_finite(values: FloatArray, problem: Problem, t: float) -> None:
    """Give up where an overflow shows; the last time at which all was well is t."""
    if not np.isfinite(values).all():
        remedy = f"lower gamma = {problem.setting.gamma:g} or delta = {problem.setting.delta:g}"
        raise FlowError(f"the weights or their force are not finite after time {t:.4g}: {remedy}")


def _solver(force: _CountedForce, rtol: float) -> CVODE:
    """A CVODE that integrates a force."""
    from sksundae.cvode import CVODE, CVODEJacTimes  # not needed to import quadviz

    problem = force.problem
    # A weight counts as soon as it is as large as it was at the start, or would be at gamma = 1.
    size = np.sqrt(min(1.0, problem.setting.gamma) / problem.sizes.m)
    return CVODE(
        force.call,
        linsolver="gmres",
        krylov_dim=KRYLOV,
        jactimes=CVODEJacTimes(force.linearise, force.product),
        rtol=rtol,
        atol=rtol * float(size),
    )


def _unwatched() -> None:
    """Nobody wants to stop the work."""


def _not_prepared(_change: FloatArray) -> FloatArray:
    raise RuntimeError("a product with the Jacobian was asked for before the place")


class _CountedForce:
    """The velocity of the weights and its Jacobian as CVODE calls them, counted and timed."""

    def __init__(self, problem: Problem, threads: int, watch: Callable[[], None]) -> None:
        self.problem = problem
        self.watch = watch
        self.threads = threads
        self.steps = self.forces = self.products = self.linearisations = 0
        self.seconds = 0.0
        self._tangent: Linear = _not_prepared

    @contextmanager
    def working(self) -> Iterator[None]:
        """What is done in this context counts as time at work. An overflow on the way shows in the result."""
        began = time.perf_counter()
        with blas_threads(self.threads), np.errstate(over="ignore", invalid="ignore"):
            yield
        self.seconds += time.perf_counter() - began

    def statistics(self) -> SolverStatistics:
        """What it took so far."""
        return SolverStatistics(self.steps, self.forces, self.products, self.linearisations, self.seconds)

    def velocity(self, weights: FloatArray) -> FloatArray:
        """dW/dt."""
        self.watch()
        self.forces += 1
        return -self.problem.slope(weights)[0]

    def call(self, _t: float, y: FloatArray, velocity: FloatArray) -> None:
        """The right-hand side."""
        velocity[:] = self.velocity(y.reshape(self.problem.start.shape)).ravel()

    def linearise(self, _t: float, y: FloatArray, _velocity: FloatArray) -> None:
        """Prepare for products at y."""
        self.linearisations += 1
        self._tangent = _not_prepared  # as large as the data: two of them are one too many
        weights = y.reshape(self.problem.start.shape)
        self._tangent = self.problem.sensing.tangent(weights, self.problem.labels)
        self._at = weights.copy()

    def product(self, _t: float, _y: FloatArray, _at: FloatArray, v: FloatArray, out: FloatArray) -> None:
        """The Jacobian where it was last prepared, times v."""
        self.watch()
        self.products += 1
        change = v.reshape(self.problem.start.shape)
        out[:] = -(self._tangent(change) + self.problem.slope_tangent(self._at, change)).ravel()
