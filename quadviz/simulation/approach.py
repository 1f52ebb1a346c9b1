"""How a network of finite size approaches the end of its training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import checked_times
from quadviz.simulation.flow import FlowError, gradient_flow
from quadviz.simulation.problem import Problem
from quadviz.simulation.simulate import SimulationError
from quadviz.threads import blas_threads

__all__ = ["FARTHER", "NetworkApproach", "network_approach"]


#: The end of training is where a network is after so many times the last time observed.
FARTHER = 10.0
#: The flow leaves its start about here; only progress is measured by it.
_ONSET = 1e-2


@dataclass(frozen=True, eq=False)
class NetworkApproach:
    """A network before the end of its training.

    Attributes:
        problem: what was trained.
        times: times observed, shape (T,).
        distance: |Z(t) - Z_end|_F^2 / d, shape (T,), with Z_end that at ``FARTHER`` times the last of them.
        loss_excess: regularised loss above the one at the end, shape (T,); it never rises.
        mse_excess: mse above the one at the end, shape (T,), of either sign.
    """

    problem: Problem
    times: FloatArray
    distance: FloatArray
    loss_excess: FloatArray
    mse_excess: FloatArray


def network_approach(
    problem: Problem, times: ArrayLike, rtol: float = 1e-7, watch: Callable[[], None] | None = None
) -> Iterator[tuple[float, NetworkApproach | None]]:
    """Train a network, far beyond the times asked for, and see how it came to its end.

    Args:
        problem: what is trained.
        times: times to observe at, increasing and >= 0, shape (T,).
        rtol: tolerance of the integrator. Distances below its square are noise.
        watch: called before every evaluation of the force; what it raises ends the training.

    Yields:
        What fraction is done, after every step of the integrator, and the result with the last of them.

    Raises:
        TypeError: if the times are not numbers.
        ValueError: if they do not increase from 0 or more.
        SimulationError: on the way, if the integrator fails.
    """
    wanted, _ = checked_times(times, None)
    return _training(problem, wanted, rtol, watch)


def _training(
    problem: Problem, wanted: FloatArray, rtol: float, watch: Callable[[], None] | None
) -> Iterator[tuple[float, NetworkApproach | None]]:
    """What :func:`network_approach` yields, once its arguments are checked."""
    end = FARTHER * float(wanted[-1])
    learned, observed = [], []
    try:
        for arrival in gradient_flow(problem, np.append(wanted, end), rtol, watch=watch):
            for weights in arrival.passed:
                with blas_threads(1):
                    learned.append(weights @ weights.T)
                    observed.append(problem.observe(weights))
            if len(learned) <= wanted.size:
                yield float(np.log1p(arrival.time / _ONSET) / np.log1p(end / _ONSET)), None
    except FlowError as error:
        raise SimulationError(f"d = {problem.sizes.d}, seed {problem.seed}: {error}", None) from error
    last, final = learned[-1], observed[-1]
    yield (
        1.0,
        NetworkApproach(
            problem=problem,
            times=wanted,
            distance=np.array([np.sum((z - last) ** 2) for z in learned[:-1]]) / problem.sizes.d,
            loss_excess=np.array([o.regularised_loss - final.regularised_loss for o in observed[:-1]]),
            mse_excess=np.array([o.mse - final.mse for o in observed[:-1]]),
        ),
    )
