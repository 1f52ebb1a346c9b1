"""What the page of dynamics runs and solves: the mean-field march, the population flow, and their spectra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.lab_run import LabRun, times_until
from quadviz.figures.dynamics import Course
from quadviz.figures.dynamics_spectrum import Frames
from quadviz.setting import Setting
from quadviz.theory.dmft import Dmft, DmftError, check_march, march
from quadviz.theory.population import PopulationFlow
from quadviz.theory.population_curve import DIMENSION, population_curve

__all__ = [
    "QUALITIES",
    "Effort",
    "MarchRequest",
    "MarchRun",
    "Quality",
    "march_frames",
    "network_frames",
    "population",
    "population_frames",
    "run_march",
]

FloatArray = NDArray[np.float64]
Quality = Literal["preview", "good"]


class Effort(NamedTuple):
    """How finely the mean-field equations are solved."""

    d_eff: int
    replicas: int
    probes: int
    step: float


#: On two cores a preview takes 5 s to t = 20 and 13 s to t = 1000, a good solution some four times as long.
QUALITIES: Mapping[Quality, Effort] = MappingProxyType(
    {"preview": Effort(30, 3, 1, 0.15), "good": Effort(40, 6, 2, 0.1)}
)


@dataclass(frozen=True)
class MarchRequest:
    """Mean-field equations to solve.

    Attributes:
        setting: the ratios.
        end: the time to march to.
        quality: how finely.
        seed: the seed.
    """

    setting: Setting
    end: float
    quality: Quality
    seed: int

    @property
    def times(self) -> FloatArray:
        """Times wanted, those at which networks are observed too, shape (T,)."""
        return times_until(self.end)

    @property
    def effort(self) -> Effort:
        """The same in numbers."""
        return QUALITIES[self.quality]

    def check(self) -> None:
        """Refuse what cannot be marched.

        Raises:
            ValueError: if the matrices would be too small.
            MemoryError: if it would not fit.
        """
        e = self.effort
        check_march(self.setting, self.times, e.d_eff, e.replicas, e.probes, step=e.step)


@dataclass(frozen=True, eq=False)
class MarchRun:
    """What was asked for, and the solution as far as it came."""

    request: MarchRequest
    solution: Dmft

    def course(self, current: bool) -> Course:
        """The solution as a figure draws it."""
        s = self.solution
        return Course(
            s.times, np.array([s.mse, s.train_loss]), np.array([s.mse_error, s.train_loss_error]), current
        )


def run_march(request: MarchRequest, check: Callable[[], None]) -> Iterator[tuple[float, MarchRun]]:
    """Solve the mean-field equations of a request; where that fails, what there is is kept.

    Args:
        request: what to solve.
        check: called before every step; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.

    Raises:
        DmftError: if the march diverges.
    """
    r = request
    e = r.effort
    try:
        for snapshot in march(
            r.setting,
            r.times,
            e.d_eff,
            e.replicas,
            e.probes,
            r.seed,
            step=e.step,
            eigenvalue_times=r.times,
            watch=check,
        ):
            yield snapshot.fraction, MarchRun(r, snapshot)
    except DmftError as failure:
        if failure.partial is not None:
            yield failure.partial.fraction, MarchRun(r, failure.partial)
        remedy = "train until an earlier time" if r.quality == "good" else "choose the good quality"
        raise DmftError(f"{failure}; on this page, {remedy}", failure.partial) from failure


@lru_cache(maxsize=64)
def population(kappa: float, kappa_star: float, lam: float, gamma: float, end: float) -> PopulationFlow:
    """The population flow at the times of the page."""
    return population_curve(kappa, kappa_star, lam, gamma, times_until(end))


def population_frames(flow: PopulationFlow) -> Frames:
    """The spectrum of Z on infinitely many samples."""
    return Frames(flow.times, tuple(flow.eigenvalues), DIMENSION)


def network_frames(run: LabRun, current: bool) -> Frames | None:
    """The eigenvalues of the networks that have come farthest, pooled; None before there are any."""
    networks = run.farthest.networks
    if not networks or not networks[0].eigenvalue_times.size:
        return None
    pooled = np.concatenate([network.eigenvalues for network in networks], axis=1)
    return Frames(networks[0].eigenvalue_times, tuple(pooled), networks[0].sizes.d, current)


def march_frames(run: MarchRun, current: bool) -> Frames | None:
    """The eigenvalues of all copies of a mean-field solution; None before there are any."""
    s = run.solution
    if not s.eigenvalue_times.size:
        return None
    return Frames(s.eigenvalue_times, tuple(s.eigenvalues), s.d_eff, current)
