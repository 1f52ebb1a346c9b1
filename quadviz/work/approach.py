"""The networks of the convergence page: what is asked for, how they are trained, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.setting import Setting
from quadviz.simulation.approach import NetworkApproach, network_approach
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.simulate import SimulationError
from quadviz.simulation.sizes import check_size
from quadviz.theory.steady.steady_state import SteadyState, steady_state

__all__ = ["FIRST_TIME", "ApproachRequest", "ApproachRun", "network_speed", "observed", "run_approach"]


#: Flows and networks are observed from here on, networks until there.
FIRST_TIME, _END = 0.1, 1e3
#: Times at which they are observed, for each power of ten.
_A_DECADE = 6
#: Slower than this is not moving at all: without weight decay the fit of the labels may leave no force.
_STILL = 1e-6


def observed(last: float) -> FloatArray:
    """Times at which flows and networks are observed, up to the last one.

    >>> observed(1.0).round(2)
    array([0.1 , 0.15, 0.22, 0.32, 0.46, 0.68, 1.  ])
    """
    return np.geomspace(FIRST_TIME, last, 1 + round(_A_DECADE * math.log10(last / FIRST_TIME)))


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
        return observed(_END)

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
