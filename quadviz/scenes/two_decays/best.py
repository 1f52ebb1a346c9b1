"""The best of either decay alone and the best of both, at many settings at once, and what both gain."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.outcome import errstate
from quadviz.theory.best.elastic_net import OptimalDecay, optimal_decay
from quadviz.theory.best.frobenius import LEAST_LAM2, optimal_lam2
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.steady_state import SteadyState, steady_state

__all__ = ["BestDecays", "Kind", "best_decays", "decays_beside", "kinds"]

#: Decays that stand for vanishing ones.
_NEARLY_NONE = 1e-9


class Kind(IntEnum):
    """Which decays the best pair has.

    Attributes:
        UNKNOWN: none was found.
        WEIGHT: weight decay alone.
        BOTH: both.
        FROBENIUS: Frobenius decay alone.
        VANISHING: both vanish together, in a ratio of their own.
        NONE: the teacher is recovered, by vanishing weight decay.
    """

    UNKNOWN = 0
    WEIGHT = 1
    BOTH = 2
    FROBENIUS = 3
    VANISHING = 4
    NONE = 5


class BestDecays(NamedTuple):
    """The best decays at settings of one shape.

    Attributes:
        weight: steady states at the best weight decay alone.
        frobenius: steady states at the best Frobenius decay alone; a tiny one stands for one that vanishes.
        both: the best pairs.
        pair: steady states at them, or beside them where they vanish.
    """

    weight: SteadyState
    frobenius: SteadyState
    both: OptimalDecay
    pair: SteadyState

    @property
    def better(self) -> FloatArray:
        """The mse of the better of the two that are alone."""
        best: FloatArray = np.minimum(self.weight.mse, self.frobenius.mse)
        return best

    @property
    def gain(self) -> FloatArray:
        """By which share of it the pair's mse is less; 0 where nothing is left, NaN where it is not known."""
        better, pair = np.asarray(self.better), np.asarray(self.both.mse)
        less = np.divide(better - pair, better, out=np.zeros_like(better), where=~(better <= 0))
        # One decay alone is solved by itself, to nine digits and more; if it vanishes, to fewer.
        alone = (np.asarray(self.both.ratio) == 0) | np.isinf(self.both.ratio)
        return np.where(alone | (np.abs(less) < 1e-9), 0.0, less)


def best_decays(alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, delta: ArrayLike) -> BestDecays:
    """Solve for the best decays, broadcasting.

    Args:
        alpha: sample ratios.
        kappa: student widths.
        kappa_star: teacher widths.
        delta: label noise.
    """
    at = alpha, kappa, kappa_star
    with errstate("ignore"):  # the status tells, and figures show it
        lam, lam2 = (np.asarray(each(*at, delta)) for each in (optimal_lam, optimal_lam2))
        known, known2 = np.isfinite(lam), np.isfinite(lam2)
        weight = steady_state(*at, np.where(known, lam, 0.0), delta)
        near = np.where(lam2 > LEAST_LAM2, lam2, _NEARLY_NONE * np.sqrt(1 + 1 / np.asarray(kappa_star)))
        frobenius = steady_state(*at, 0.0, delta, np.where(known2, near, 0.0))
        both = optimal_decay(*at, delta)
        pair = steady_state(*at, decays_beside(both)[0], delta, decays_beside(both)[1])
    return BestDecays(_without(weight, known), _without(frobenius, known2), both, pair)


def decays_beside(both: OptimalDecay) -> tuple[FloatArray, FloatArray]:
    """The best pairs as decays that a steady state can have: tiny ones stand for a pair that vanishes."""
    lam, lam2, ratio = (np.nan_to_num(np.asarray(v)) for v in (both.lam, both.lam2, both.ratio))
    vanishing = kinds(both) == Kind.VANISHING
    near = _NEARLY_NONE * np.sqrt(1 + 1 / np.asarray(both.kappa_star))
    share = ratio / (1 + ratio)
    return np.where(vanishing, near * share, lam), np.where(vanishing, near * (1 - share), lam2)


def kinds(both: OptimalDecay) -> NDArray[np.int8]:
    """Which decays the pairs have, a :class:`Kind` each."""
    lam, lam2, ratio, mse = (np.asarray(v) for v in (both.lam, both.lam2, both.ratio, both.mse))
    # Vanishing weight decay alone, which leaves an error, is weight decay alone.
    kind = np.select(
        [~np.isfinite(mse), mse == 0, (lam > 0) & (lam2 > 0), lam > 0, lam2 > 0, np.isinf(ratio)],
        [Kind.UNKNOWN, Kind.NONE, Kind.BOTH, Kind.WEIGHT, Kind.FROBENIUS, Kind.WEIGHT],
        Kind.VANISHING,
    )
    return kind.astype(np.int8)


def _without(states: SteadyState, known: NDArray[np.bool_]) -> SteadyState:
    """Steady states, those at a decay that was not found without a value."""
    if known.all():
        return states
    return replace(states, mse=np.where(known, states.mse, np.nan))
