"""The whole course of training: networks, mean-field theory, infinitely many samples, and the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.training import Training
from quadviz.setting import Setting
from quadviz.theory.best.early_stopping import EarlyStop
from quadviz.theory.flow.population import PopulationFlow
from quadviz.theory.flow.population_curve import population_curve
from quadviz.work.march import MarchRun
from quadviz.work.training import times_until

__all__ = ["Course", "Dynamics", "march_course", "population", "population_course"]


@dataclass(frozen=True, eq=False)
class Course:
    """mse and train loss as a theory has them.

    Attributes:
        times: times, increasing, shape (T,).
        values: mse and train loss, shape (2, T); NaN where unknown.
        error: errors of these, shape (2, T); NaN where unknown.
        current: whether it is of the setting shown.
        trusted_until: the last time up to which it can be trusted.
    """

    times: FloatArray
    values: FloatArray
    error: FloatArray
    current: bool = True
    trusted_until: float = math.inf

    @property
    def trusted(self) -> BoolArray:
        """Whether it can be trusted, at each of its times."""
        return self.times <= self.trusted_until

    def part(self, seen: BoolArray) -> Course:
        """The moments that are ``seen``, shape (T,)."""
        return replace(self, times=self.times[seen], values=self.values[:, seen], error=self.error[:, seen])


def population(setting: Setting, end: float, memo: Memo | None = None) -> PopulationFlow:
    """The population flow at the times of the page, solved once for a memo."""
    # What it does not depend on makes no other one.
    s = replace(setting, alpha=1.0, delta=0.0)
    found: PopulationFlow = (memo or Memo()).exact.once(
        ("population", s, end), lambda: population_curve(s, times_until(end))
    )
    return found


def march_course(run: MarchRun, current: bool) -> Course:
    """A mean-field solution.

    Args:
        run: the solution.
        current: whether it is of the setting shown.
    """
    s = run.solution
    return Course(
        s.times,
        np.array([s.mse, s.train_loss]),
        np.array([s.mse_error, s.train_loss_error]),
        current,
        s.trusted_until,
    )


def population_course(flow: PopulationFlow, delta: float) -> Course:
    """The population flow, its loss on labels of that noise."""
    values = np.array([flow.mse, flow.loss + delta / 4])
    return Course(flow.times, values, np.full(values.shape, np.nan))


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Everything one figure shows.

    Attributes:
        training: the networks, and the theory of long times.
        population: the population flow, at times of its own.
        dmft: the mean-field theory, as far as it came; None for none.
        now: the moment shown beside; None for none.
        stop: the best moment to stop at; None for none.
        own: a reader's own measurements, those of other settings and of the one shown; empty without any.
    """

    training: Training
    population: Course
    dmft: Course | None = None
    now: float | None = None
    stop: EarlyStop | None = None
    own: tuple[OwnPoints, ...] = ()

    @property
    def times(self) -> FloatArray:
        """The times of what goes on longest."""
        known = (self.training.networks, self.dmft, self.population)
        return max((each.times for each in known if each is not None), key=lambda times: float(times[-1]))

    def until(self, time: float) -> Dynamics:
        """As far as it had come at a time, which is the moment shown."""
        dmft, stop = self.dmft, self.stop
        return Dynamics(
            training=self.training.until(time),
            population=self.population.part(self.population.times <= time),
            dmft=None if dmft is None else dmft.part(dmft.times <= time),
            now=time,
            stop=stop if stop is not None and stop.time <= time else None,
            own=self.own,
        )
