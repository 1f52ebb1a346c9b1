"""What the convergence page computes: the matrix flows at once, and networks when asked to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quadviz.figures.convergence import FIRST_TIME, LAST_TIME, Seen
from quadviz.setting import PARAMETERS, Setting
from quadviz.simulation.approach import NetworkApproach, network_approach
from quadviz.simulation.matrix_flows import MatrixFlows, matrix_flows
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.simulate import SimulationError
from quadviz.simulation.sizes import check_size
from quadviz.statistics import mean_and_error
from quadviz.tables import Table
from quadviz.theory.approach import ApproachLaw, approach_curve, approach_law
from quadviz.theory.flow_target import FlowTarget
from quadviz.theory.steady_state import Status, SteadyState, steady_state

__all__ = [
    "Answer",
    "ApproachRequest",
    "ApproachRun",
    "answer",
    "approach_table",
    "network_speed",
    "run_approach",
    "slope_in",
    "target_of",
]

FloatArray = NDArray[np.float64]

#: Times at which flows and networks are observed, for each power of ten.
_A_DECADE = 6
#: Answers that are remembered.
_REMEMBERED = 16
#: Networks are observed until here.
_END = 1e3
#: Slopes are measured in this stretch before single eigenvalues show, or, where that is never, at the end.
_WINDOW = (0.1, 0.5)
#: Slower than this is not moving at all: without weight decay the fit of the labels may leave no force.
_STILL = 1e-6


@dataclass(frozen=True, eq=False)
class Answer:
    """The flows of a page and what is known of them as d -> infinity.

    Attributes:
        target: the law of their targets.
        flows: flows of finite size.
        curve: distance as d -> infinity, shape (T,).
        law: the law of long times.
        window: where slopes are measured: first and last time.
        slope: slope of the mean there.
        limit_slope: that of the limit.
    """

    target: FlowTarget
    flows: MatrixFlows
    curve: FloatArray
    law: ApproachLaw
    window: tuple[float, float]
    slope: float
    limit_slope: float


def target_of(state: SteadyState) -> FlowTarget | None:
    """The target whose matrix flow ends with what networks learn; None where the state was not found."""
    if int(state.status) == Status.FAILED:
        return None
    return FlowTarget(float(state.kappa_star), float(state.xi), float(state.q))


def network_speed(state: SteadyState) -> float:
    """How fast a slow network flows compared with the matrix flow of its target: 2 (1 - I/alpha).

    Slow changes of Z change the force by 2 R times as much, with R the response at long times; c = R in
    THEORY section 2, train_loss = alpha xi R^2. NaN without a solution or without noise.
    """
    if float(state.xi) > 0 and float(state.q) > 0:
        return 2 * float(state.lam) / float(state.q)
    if float(state.xi) > 0:
        return 2 * float(np.sqrt(state.train_loss / (state.alpha * state.xi)))
    return float("nan")


@lru_cache(maxsize=_REMEMBERED)
def answer(target: FlowTarget, kappa: float, d: int, seeds: tuple[int, ...], gamma: float = 1.0) -> Answer:
    """Solve the flows of a page; the last few are remembered, for networks that come in redraw them often."""
    decades = np.log10(LAST_TIME / FIRST_TIME)
    times = np.geomspace(FIRST_TIME, LAST_TIME, 1 + round(_A_DECADE * decades))
    flows = matrix_flows(target, kappa, d, seeds, times, gamma)
    curve, law = approach_curve(target, kappa, times, gamma), approach_law(target, kappa)
    leaves = law.leaves_at(d)
    last = _WINDOW[1] * leaves if np.isfinite(leaves) else LAST_TIME
    window = (max(FIRST_TIME, last * _WINDOW[0] / _WINDOW[1]), last)
    slopes = (slope_in(window, times, distance) for distance in (flows.mean()[0], curve))
    return Answer(target, flows, curve, law, window, *slopes)


def slope_in(window: tuple[float, float], times: FloatArray, distance: FloatArray) -> float:
    """Slope of the straight line through the distances inside a window of times, both in logarithms.

    >>> round(slope_in((1.0, 100.0), np.array([1.0, 10.0, 100.0]), np.array([1.0, 0.1, 0.01])), 6)
    -1.0
    """
    inside = (times >= window[0] * (1 - 1e-9)) & (times <= window[1] * (1 + 1e-9)) & (distance > 0)
    if np.count_nonzero(inside) < 2:
        return float("nan")
    return float(np.polyfit(np.log(times[inside]), np.log(distance[inside]), 1)[0])


@dataclass(frozen=True)
class ApproachRequest:
    """Networks to train.

    Attributes:
        setting: the ratios; None where there are none to train.
        d: input dimension.
        seeds: one for each network.
    """

    setting: Setting | None
    d: int
    seeds: tuple[int, ...]

    @property
    def times(self) -> FloatArray:
        """Times observed, shape (T,)."""
        return np.geomspace(FIRST_TIME, _END, 1 + round(_A_DECADE * np.log10(_END / FIRST_TIME)))

    @property
    def clock(self) -> float:
        """Time of the matrix flow for each unit of theirs; NaN where the theory does not say."""
        s = self.setting
        if s is None:
            return math.nan
        speed = network_speed(steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta))
        return speed if speed > _STILL else math.nan

    @property
    def speed(self) -> float:
        """The same; 1 where it is not known: then they are drawn in their own time."""
        return 1.0 if math.isnan(self.clock) else self.clock

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            ValueError: if there is no teacher to learn from, or m, m* or n would be 0.
            MemoryError: if it would not fit.
        """
        if self.setting is None:
            raise ValueError("a GOE matrix is no teacher: choose T = noisy teacher to train networks")
        check_size(self.setting, self.d)


@dataclass(frozen=True, eq=False)
class ApproachRun:
    """What was asked for, and what there is of it.

    Attributes:
        request: what was asked for.
        networks: those trained so far.
        failures: what went wrong with others, in words.
    """

    request: ApproachRequest
    networks: tuple[NetworkApproach, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def seen(self) -> Seen | None:
        """The networks in the time of their matrix flow; None where there are none."""
        if not self.networks:
            return None
        distance = np.array([network.distance for network in self.networks])
        return Seen(self.request.speed * self.request.times, distance, mean_and_error(distance)[0])


def run_approach(request: ApproachRequest, check: Callable[[], None]) -> Iterator[tuple[float, ApproachRun]]:
    """Train the networks of a request; one that fails is passed over.

    Args:
        request: what to train.
        check: called before every evaluation of the force; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    if request.setting is None:
        return
    done, failures = list[NetworkApproach](), list[str]()
    for number, seed in enumerate(request.seeds):
        problem = sample_problem(request.setting, request.d, seed)
        try:
            for fraction, result in network_approach(problem, request.times, watch=check):
                done += [] if result is None else [result]
                so_far = ApproachRun(request, tuple(done), tuple(failures))
                yield (number + fraction) / len(request.seeds), so_far
        except SimulationError as failure:
            failures.append(str(failure))
    yield 1.0, ApproachRun(request, tuple(done), tuple(failures))


def approach_table(run: ApproachRun) -> Table:
    """All that was observed of some networks, one row for each network and time."""
    names = [*PARAMETERS, "d", "seed", "time", "matrix_flow_time", "distance", "loss_excess", "mse_excess"]
    rows, speed = [], run.request.speed
    for network in run.networks:
        problem = network.problem
        fixed = [*(getattr(problem.setting, name) for name in PARAMETERS), problem.sizes.d, problem.seed]
        columns = (
            network.times,
            speed * network.times,
            network.distance,
            network.loss_excess,
            network.mse_excess,
        )
        rows += [[*fixed, *values] for values in np.transpose(columns).tolist()]
    return names, rows
