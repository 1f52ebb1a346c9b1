"""What limits an error, told from the solution: samples, label noise, width or decay; and what is fitted.

Noise of variance xi blurs the teacher, and 2 alpha xi = mse + delta/2 says whose it is: that of what is not
yet learned, or that of the labels. Where the labels' is larger, noise limits the error, else the samples do.
Where a student of any width would have less than half of the error, the width limits it; where the best
weight decay would, the decay does. Labels are fitted where a residual on a label that was trained on is less
than a tenth of one on a fresh label, R = sqrt(train_loss/(alpha xi)) < 1/10.

For levels k^-gamma, gamma > 1/2, the error of what is not learned of the k-th level on falls as k^(1 - 2
gamma), and a level is learned when it stands out of the noise, k^-gamma ~ sqrt(xi). So

    samples limit:  2 alpha xi ~ mse,      mse ~ alpha^(1 - 2 gamma), noise limits:   xi ~ delta/alpha,
    mse ~ alpha^(1/(2 gamma) - 1), and alpha^-1 once all levels are learned, width limits:   mse ~ kappa^(1 -
    2 gamma), whatever alpha.

With a budget alpha kappa the best width has as much of the one error as of the other: mse falls as the budget
to the power -(2 gamma - 1)/2 while samples limit, and -(2 gamma - 1)/(2 gamma + 1) while noise does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.outcome import Status
from quadviz.scenes.scaling.setting import Decay
from quadviz.theory.steady.steady_state import SteadyState

__all__ = [
    "Limit",
    "Stretch",
    "budget_exponent",
    "fitted",
    "learned_levels",
    "limits_of",
    "reference_exponents",
    "stretches",
    "width_exponent",
]

#: The part of the error that must be due to the width, or to the decay, for it to be what limits.
_SHARE = 0.5
#: A residual on a label trained on, beside one on a fresh label, below which labels are fitted.
_FITTED = 0.1
#: All levels are learned where so much of the rank is.
_ALL = 0.99


class Limit(IntEnum):
    """What limits an error; UNKNOWN where there is none, or it is not known."""

    UNKNOWN = -1
    SAMPLES = 0
    NOISE = 1
    WIDTH = 2
    DECAY = 3


@dataclass(frozen=True)
class Stretch:
    """A stretch of an axis.

    Attributes:
        kind: what limits there; for fitted stretches of no meaning.
        low: its beginning.
        high: its end.
    """

    kind: Limit
    low: float
    high: float


def limits_of(curve: SteadyState, wide: SteadyState, best: SteadyState | None) -> NDArray[np.int8]:
    """What limits the error along a curve.

    Args:
        curve: steady states of shape (N,).
        wide: the same students, but as wide as can be.
        best: the same students at the best weight decay; None where that is no question.

    Returns:
        A :class:`Limit` for each, shape (N,).
    """
    mse = np.where(curve.status == Status.FAILED, np.nan, curve.mse)
    delta = np.asarray(curve.delta)
    limit = np.where(delta / 2 > mse, Limit.NOISE, Limit.SAMPLES)
    others = [wide] if best is None else [wide, best]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = [np.asarray(other.mse) / mse for other in others]
    shares = np.stack([np.where(np.isfinite(each), each, 1.0) for each in ratios])
    which = np.argmin(shares, axis=0)
    large = shares.min(axis=0) < 1 - _SHARE
    limit = np.where(large, np.where(which == 0, Limit.WIDTH, Limit.DECAY), limit)
    told: NDArray[np.int8] = np.where(np.isfinite(mse) & (mse > 0), limit, Limit.UNKNOWN).astype(np.int8)
    return told


def fitted(curve: SteadyState) -> BoolArray:
    """Where labels are fitted, noise and all."""
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = np.sqrt(np.asarray(curve.train_loss) / (curve.alpha * curve.xi))
    there: BoolArray = (np.asarray(curve.mse) > 0) & (residual < _FITTED)
    return there


def learned_levels(states: SteadyState) -> FloatArray:
    """How many levels stand out of the noise, z > sqrt(xi), as far as the width has room; the shape given.

    As many of the eigenvalues that are learned are the teacher's; the others are of the noise.
    """
    atoms = states.teacher.atoms(states.teacher.width(None))
    z, p = atoms.z[atoms.z > 0], atoms.p[atoms.z > 0]
    above = np.append(np.cumsum(p[::-1])[::-1], 0.0)
    share = above[np.searchsorted(z, np.sqrt(states.xi), side="right")]
    learned = np.minimum(share, np.minimum(states.kappa, 1.0)) / p.min()
    found: FloatArray = np.where(states.status == Status.FAILED, np.nan, learned)
    return found


def stretches(kinds: NDArray[np.int8], axis: FloatArray) -> tuple[Stretch, ...]:
    """Where an axis is of one kind, from between two points to between the next; unknown ones left out.

    >>> stretches(np.array([0, 0, 1], dtype=np.int8), np.array([1.0, 4.0, 9.0]))[0]
    Stretch(kind=<Limit.SAMPLES: 0>, low=1.0, high=6.0)
    """
    cuts = np.flatnonzero(np.diff(kinds)) + 1
    middles = np.sqrt(axis[cuts - 1] * axis[cuts])
    starts = np.concatenate([[0], cuts])
    lows, highs = np.append(axis[0], middles), np.append(middles, axis[-1])
    return tuple(
        Stretch(Limit(int(kinds[start])), float(low), float(high))
        for start, low, high in zip(starts, lows, highs, strict=True)
        if kinds[start] != Limit.UNKNOWN
    )


def reference_exponents(
    curve: SteadyState, limits: NDArray[np.int8], exponent: float, decay: Decay
) -> FloatArray:
    """The exponent that theory has for what limits, at each point; NaN where it has none, shape (N,).

    As the number of levels goes to infinity, at the best weight decay or none that would be better; a
    Frobenius decay alone learns no level before the others, and has no such law.
    """
    few = decay == "best lam2" or bool(np.any(np.asarray(curve.lam2) > 0))
    told = {
        Limit.SAMPLES: np.nan if few else 1 - 2 * exponent,
        Limit.NOISE: np.nan if few else 1 / (2 * exponent) - 1,
        Limit.WIDTH: 0.0,
    }
    reference = np.full(limits.shape, np.nan)
    for kind, value in told.items():
        reference[limits == kind] = value
    everything = (limits == Limit.NOISE) & (np.asarray(curve.kappa_min) >= _ALL)
    return np.where(everything, -1.0, reference)


def width_exponent(exponent: float) -> float:
    """d log mse/d log kappa while the width limits."""
    return 1 - 2 * exponent


def budget_exponent(exponent: float, limit: int) -> float:
    """d log mse/d log(alpha kappa) at the best width, while samples or noise limit besides."""
    if limit == Limit.NOISE:
        return -(2 * exponent - 1) / (2 * exponent + 1)
    return -(2 * exponent - 1) / 2
