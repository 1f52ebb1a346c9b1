"""Training against time: networks as far as they came, and what theory says of its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Regime
from quadviz.statistics import mean_and_error
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.training import LabRun

__all__ = ["FIELDS", "Networks", "Training", "networks_seen"]


#: What is watched.
FIELDS = ("mse", "train_loss")


@dataclass(frozen=True, eq=False)
class Networks:
    """mse and train loss of N networks.

    Attributes:
        times: times observed, increasing, shape (T,).
        values: of each network, shape (2, N, T); NaN where one has not come yet.
        current: whether they were trained at the setting shown.
    """

    times: FloatArray
    values: FloatArray
    current: bool = True

    @cached_property
    def mean(self) -> FloatArray:
        """Means over those that have come to a time, shape (2, T)."""
        return self._summary[0]

    @cached_property
    def error(self) -> FloatArray:
        """Standard errors of these, shape (2, T); NaN where there are fewer than two networks."""
        return self._summary[1]

    @cached_property
    def _summary(self) -> tuple[FloatArray, FloatArray]:
        return mean_and_error(self.values.swapaxes(0, 1))

    def until(self, time: float) -> Networks:
        """As far as they had come at a time."""
        return replace(self, values=np.where(self.times <= time, self.values, np.nan))


def networks_seen(run: LabRun, current: bool) -> Networks | None:
    """What a figure shows of trained networks; None before there are any.

    Args:
        run: the networks.
        current: whether they were trained at the setting shown.
    """
    if not run.networks:
        return None
    return Networks(run.request.times, np.array([run.curves(field) for field in FIELDS]), current)


@dataclass(frozen=True, eq=False)
class Training:
    """Everything one figure of training shows.

    Attributes:
        theory: long training at the setting shown, arrays holding a single value.
        end: the last time on the axis.
        networks: those trained; None for none.
    """

    theory: SteadyState
    end: float
    networks: Networks | None = None

    @property
    def limits(self) -> tuple[float, ...]:
        """mse and train loss after long training; NaN where unknown."""
        return tuple(float(getattr(self.theory, field)) for field in FIELDS)

    @property
    def limited(self) -> bool:
        """Whether the theory rests on the steady-state assumption."""
        return Regime(int(self.theory.regime)) == Regime.RANK_LIMITED

    def until(self, time: float) -> Training:
        """As far as it had come at a time."""
        return replace(self, networks=None if self.networks is None else self.networks.until(time))
