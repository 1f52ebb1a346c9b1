"""The width at which the ridgeless limit fits every training label, at a given number of samples.

It is the interpolation threshold read the other way round: alpha_inter(kappa) rises from 0 with the width
until the width no longer matters. Where it crosses alpha, two phases meet in a cusp of the test error over
the width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quadviz.setting import PARAMETERS
from quadviz.theory.outcome import Status
from quadviz.theory.thresholds import InterpolationThreshold, interpolation_threshold

__all__ = ["InterpolatingWidth", "interpolating_width"]

FloatArray = NDArray[np.float64]

#: Widths of the first look, and of the second look between two of them.
_COARSE, _FINE = 19, 9
#: Points of the polynomials that find the crossing.
_NODES = 6
_NARROWEST = 1e-3


@dataclass(frozen=True)
class InterpolatingWidth:
    """A width at which the interpolation threshold is a given alpha.

    Attributes:
        kappa: the width m/d; inf where every width has a lower threshold.
        mse: |Z - Z*|_F^2 / d there, in the limit lam -> 0+; NaN where kappa is inf, and where the equations
            have other solutions (see the status of an :class:`~quadviz.InterpolationThreshold`).
    """

    kappa: float
    mse: float


def interpolating_width(alpha: float, kappa_star: float, delta: float = 0.0) -> InterpolatingWidth:
    """The smallest student width whose interpolation threshold is at least alpha.

    Narrower students cannot fit every training label; as the threshold grows with the width, wider ones can
    in the limit lam -> 0+. (With little or no noise the threshold falls once, near kappa = kappa_star, where
    the student learns to express its teacher.)

    Args:
        alpha: sample ratio n/d^2, > 0; a single number, as are the others.
        kappa_star: teacher width m*/d, > 0.
        delta: label-noise variance, >= 0.

    Returns:
        The width, to a relative accuracy of about 1e-7 in alpha, and the mse there.

    Raises:
        TypeError: if an argument is not a real number.
        ValueError: if one lies outside its domain.

    >>> width = interpolating_width(0.25, kappa_star=0.3, delta=0.5)
    >>> round(width.kappa, 4), round(float(interpolation_threshold(width.kappa, 0.3, 0.5).alpha), 6)
    (0.2571, 0.25)
    >>> interpolating_width(0.5, kappa_star=0.3, delta=0.5).kappa
    inf
    """
    target = float(PARAMETERS["alpha"].as_array(alpha))
    coarse = _coarse(float(kappa_star), float(delta))
    enough = np.flatnonzero(coarse.alpha >= target)
    if not enough.size:
        return InterpolatingWidth(math.inf, math.nan)
    right = int(enough[0])
    if right == 0:
        return _known(float(coarse.kappa[0]), float(coarse.mse[0]), bool(coarse.status[0] == Status.SOLVED))
    fine = interpolation_threshold(
        np.linspace(coarse.kappa[right - 1], coarse.kappa[right], _FINE), kappa_star, delta
    )
    right = max(int(np.argmax(fine.alpha >= target)), 1)
    near = _around(fine.status == Status.SOLVED, right)
    low, high = float(fine.kappa[right - 1]), float(fine.kappa[right])
    x = (fine.kappa[near] - (low + high) / 2) / ((high - low) / 2)
    crossing = _crossing(x, fine.alpha[near] - target)
    mse = float(np.polyval(np.polyfit(x, fine.mse[near], x.size - 1), crossing))
    unique = not fine.status[right - 1 : right + 1].any()
    return _known((low + high) / 2 + crossing * (high - low) / 2, mse, unique)


def _around(smooth: NDArray[np.bool_], right: int) -> slice:
    """Points around the one at ``right`` and its left neighbour, all on the same smooth piece."""
    first = last = right
    while last - first < _NODES:
        left, more = first > 0 and smooth[first - 1], last < smooth.size and smooth[last]
        if not (left or more):
            break
        if left and (not more or right - first <= last - right):
            first -= 1
        else:
            last += 1
    return slice(min(first, right - 1), max(last, right + 1))


def _known(kappa: float, mse: float, unique: bool) -> InterpolatingWidth:
    return InterpolatingWidth(kappa, mse if unique else math.nan)


@lru_cache(maxsize=8)
def _coarse(kappa_star: float, delta: float) -> InterpolationThreshold:
    """The thresholds of widths up to 1, beyond which nothing changes."""
    widths = np.linspace(math.sqrt(_NARROWEST), 1.0, _COARSE) ** 2
    if kappa_star < 1:
        widths = np.union1d(widths, [kappa_star * (1 - 1e-6), kappa_star])
    return interpolation_threshold(widths, kappa_star, delta)


def _crossing(x: FloatArray, y: FloatArray) -> float:
    """Where the polynomial through some points crosses zero between -1 and 1; 1 where it does not."""
    roots = np.roots(np.polyfit(x, y, x.size - 1))
    real = roots[np.abs(roots.imag) < 1e-6].real
    inside = real[np.abs(real) <= 1]
    return float(inside[0]) if inside.size else 1.0
