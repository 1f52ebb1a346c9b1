"""What the simulation lab runs: some networks of one setting, one after another, kept as far as they came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.setting import Inputs, Setting
from quadviz.simulation.problem import LabelNoise, Recipe, TeacherWeights, sample_problem
from quadviz.simulation.simulate import Simulation, SimulationError, log_times, train
from quadviz.simulation.sizes import check_size
from quadviz.statistics import mean_and_error

__all__ = ["FIRST_TIME", "LabRun", "Request", "run_networks", "times_until"]


#: The first time after the start at which training is looked at.
FIRST_TIME = 1e-2
#: Times observed for each power of ten.
_A_DECADE = 8


def times_until(end: float) -> FloatArray:
    """The times at which training is looked at, shape (T,).

    Args:
        end: the last one, later than the axis of times begins.
    """
    decades = np.log10(end / FIRST_TIME)
    return log_times(end, 2 + max(1, round(_A_DECADE * decades)), FIRST_TIME)


@dataclass(frozen=True)
class Request:
    """Networks to train.

    Attributes:
        setting: the ratios.
        d: input dimension.
        seeds: one for each network.
        end: the time to train until.
        inputs: kind of samples.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights.
        spectra: whether to keep the eigenvalues of Z at all times observed, not at the last one alone.
    """

    setting: Setting
    d: int
    seeds: tuple[int, ...]
    end: float
    inputs: Inputs = "network"
    label_noise: LabelNoise = "gaussian"
    weights: TeacherWeights = "gaussian"
    spectra: bool = False

    @property
    def recipe(self) -> Recipe:
        """What the problems are made of."""
        return Recipe(self.inputs, self.label_noise, self.weights)

    @property
    def times(self) -> FloatArray:
        """Times observed, shape (T,)."""
        return times_until(self.end)

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            ValueError: if m, m* or n would be 0.
            MemoryError: if it would not fit.
        """
        check_size(self.setting, self.d, self.inputs)


@dataclass(frozen=True, eq=False)
class LabRun:
    """What was asked for, and what there is of it.

    Attributes:
        request: what was asked for.
        networks: the networks in the order of their seeds, the last one perhaps on its way.
        failures: what went wrong with others, in words.
        stored: whether they were trained before, and came with the page.
    """

    request: Request
    networks: tuple[Simulation, ...] = ()
    failures: tuple[str, ...] = ()
    stored: bool = False

    @property
    def farthest(self) -> LabRun:
        """The same with those networks only that have come as far as any; means of others mix two times."""
        most = max((network.times.size for network in self.networks), default=0)
        return replace(self, networks=tuple(n for n in self.networks if n.times.size == most))

    def curves(self, observable: str) -> FloatArray:
        """An observable of every network at the times asked for, NaN where it has not come yet, (N, T)."""
        table = np.full((len(self.networks), self.request.times.size), np.nan)
        for row, network in zip(table, self.networks, strict=True):
            row[: network.times.size] = getattr(network, observable)
        return table

    def mean(self, observable: str) -> tuple[FloatArray, FloatArray]:
        """Mean over the networks that have come to a time, and its standard error, each of shape (T,)."""
        return mean_and_error(self.curves(observable))


def run_networks(request: Request, check: Callable[[], None]) -> Iterator[tuple[float, LabRun]]:
    """Train the networks of a request; one that fails is kept as far as it came, and the next one begins.

    Args:
        request: what to train.
        check: called before every evaluation of the force; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    r, done, failures = request, list[Simulation](), list[str]()
    for number, seed in enumerate(r.seeds):
        problem = sample_problem(
            r.setting, r.d, seed, inputs=r.inputs, label_noise=r.label_noise, weights=r.weights
        )
        last = []
        try:
            kept = r.times if r.spectra else None
            for snapshot in train(problem, r.times, eigenvalue_times=kept, watch=check):
                last = [snapshot]
                fraction = (number + snapshot.fraction) / len(r.seeds)
                yield fraction, LabRun(r, (*done, snapshot), tuple(failures))
        except SimulationError as failure:
            failures.append(str(failure))
            last = [failure.partial] if failure.partial is not None else []
        done += last
    yield 1.0, LabRun(r, tuple(done), tuple(failures))
