"""The spectrum of Z on its way: eigenvalues at many moments, between the laws they start and end with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Regime
from quadviz.scenes.spectra import View
from quadviz.theory.flow.population import PopulationFlow
from quadviz.theory.flow.population_curve import DIMENSION
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum
from quadviz.work.march import MarchRun
from quadviz.work.training import LabRun

__all__ = ["EvolvingSpectrum", "Frames", "march_frames", "network_frames", "population_frames"]


#: Eigenvalues below this share of the initial variance, or of 1, count as 0.
_ZERO = 1e-3


@dataclass(frozen=True, eq=False)
class Frames:
    """Eigenvalues of Z at F moments, of one or more copies together.

    Attributes:
        times: increasing, shape (F,).
        eigenvalues: at each of them.
        size: how many one copy has.
        current: whether they are of the setting shown.
    """

    times: FloatArray
    eigenvalues: tuple[FloatArray, ...]
    size: int
    current: bool = True


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
    """The eigenvalues of all copies of a mean-field solution, while it can be trusted; None before any."""
    s = run.solution
    count = int(np.searchsorted(s.eigenvalue_times, s.trusted_until, side="right"))
    if not count:
        return None
    return Frames(s.eigenvalue_times[:count], tuple(s.eigenvalues[:count]), s.d_eff, current)


@dataclass(frozen=True, eq=False)
class EvolvingSpectrum:
    """Everything one figure shows.

    Attributes:
        frames: the moments, one at least; None where there are none yet.
        moment: the number of the one shown.
        law: the law of long training, of shape (1, 1).
        kappa: student width.
        gamma: initial variance.
        view: what is counted.
    """

    frames: Frames | None
    moment: int
    law: LearnedSpectrum
    kappa: float
    gamma: float
    view: View = "eigenvalues"

    @property
    def bulk_end(self) -> float:
        """Where the initial law of Z ends."""
        return self.gamma * (1 + 1 / math.sqrt(self.kappa)) ** 2

    @property
    def bulk_place(self) -> float:
        """The same among what is counted."""
        return math.sqrt(self.bulk_end) if self.view == "singular values" else self.bulk_end

    @property
    def limited(self) -> bool:
        """Whether the law rests on the steady-state assumption."""
        return Regime(int(self.law.state.regime.flat[0])) == Regime.RANK_LIMITED

    @property
    def zero(self) -> float:
        """Eigenvalues up to here count as 0."""
        return _ZERO * min(1.0, self.gamma)

    @cached_property
    def counted(self) -> list[FloatArray]:
        """What is counted at each moment: eigenvalues that are not 0, or their square roots."""
        frames = () if self.frames is None else self.frames.eigenvalues
        seen = [values[values > self.zero] for values in frames]
        return [np.sqrt(values) for values in seen] if self.view == "singular values" else seen
