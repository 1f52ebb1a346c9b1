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

from quadviz.arrays import FloatArray
from quadviz.law.quantile import mass_quantile
from quadviz.outcome import Status, quiet
from quadviz.parameters import PARAMETERS
from quadviz.theory.best.nearby import nearby_threshold
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.thresholds import InterpolationThreshold

__all__ = ["InterpolatingWidth", "interpolating_width"]


#: Widths of the first look, pieces that a bracket is cut into, and how often at most.
_COARSE, _PIECES, _ROUNDS = 19, 8, 6
_NARROWEST = 1e-3
#: Relative error of an mse that may be.
_DRAWN = 1e-6
_ITERATIONS = 12


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


@quiet
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
        The width, and the mse there.

    Raises:
        TypeError: if an argument is not a real number.
        ValueError: if one lies outside its domain.

    >>> width = interpolating_width(0.25, kappa_star=0.3, delta=0.5)
    >>> from quadviz import interpolation_threshold
    >>> round(width.kappa, 4), round(float(interpolation_threshold(width.kappa, 0.3, 0.5).alpha), 6)
    (0.2571, 0.25)
    >>> interpolating_width(0.5, kappa_star=0.3, delta=0.5).kappa
    inf
    """
    target = PARAMETERS["alpha"].as_number(alpha)
    star, noise = PARAMETERS["kappa_star"].as_number(kappa_star), PARAMETERS["delta"].as_number(delta)
    coarse = _coarse(star, noise)
    enough = np.flatnonzero(coarse.alpha >= target)
    if not enough.size:
        return InterpolatingWidth(math.inf, math.nan)
    right = int(enough[0])
    if right == 0:
        return _at(coarse, 0)
    for _ in range(_ROUNDS):
        found = _newton(coarse, right, target)
        if found is not None:
            return found
        ends = coarse.kappa[right - 1], coarse.kappa[right]
        coarse = _thresholds(np.linspace(*ends, _PIECES + 1), star, noise)
        right = max(int(np.argmax(coarse.alpha >= target)), 1)
    return _at(coarse, right)


def _at(thresholds: InterpolationThreshold, index: int) -> InterpolatingWidth:
    """One of the widths looked at; its mse where it is the only one."""
    unique = thresholds.status[index] == Status.SOLVED
    return InterpolatingWidth(
        float(thresholds.kappa[index]), float(thresholds.mse[index]) if unique else math.nan
    )


@lru_cache(maxsize=8)
def _coarse(kappa_star: float, delta: float) -> InterpolationThreshold:
    """The thresholds of widths up to 1, beyond which nothing changes."""
    widths = np.linspace(math.sqrt(_NARROWEST), 1.0, _COARSE) ** 2
    if kappa_star < 1:
        widths = np.union1d(widths, [kappa_star * (1 - 1e-6), kappa_star])
    return _thresholds(widths, kappa_star, delta)


def _thresholds(widths: FloatArray, kappa_star: float, delta: float) -> InterpolationThreshold:
    """Thresholds good enough to draw: their mse to six digits, which leaves alpha ten."""
    return nearby_threshold(widths, np.full_like(widths, kappa_star), np.full_like(widths, delta), _DRAWN)


def _newton(thresholds: InterpolationThreshold, right: int, alpha: float) -> InterpolatingWidth | None:
    """The width between two neighbours whose threshold is alpha, or None where that is not found.

    The unknowns are xi and the cut b: 2 alpha xi = mse + delta/2 and I = alpha at q = 0, and the width is the
    mass above b. Derivatives along fixed mass become those at fixed b as b moves by H(b) d xi along it.
    """
    pair = slice(right - 1, right + 1)
    low, high = thresholds.alpha[pair]
    if thresholds.status[pair].any() or not (thresholds.xi[pair] > 0).all() or low >= high:
        return None
    share = (alpha - low) / (high - low)
    ends = thresholds.kappa[pair]
    xi = np.array(
        [math.exp((1 - share) * math.log(thresholds.xi[right - 1]) + share * math.log(thresholds.xi[right]))]
    )
    kappa_star, delta = thresholds.kappa_star[right : right + 1], thresholds.delta[right]
    kappa = np.minimum((1 - share) * ends[:1] + share * ends[1:], 1.0)
    cut = np.maximum(mass_quantile(kappa, kappa_star, xi), 0.0)
    for _ in range(_ITERATIONS):
        t: Terms = evaluate(cut, np.zeros(1), xi, kappa_star)
        weight = t.density * cut
        first, second = t.mse + delta / 2 - 2 * alpha * xi, t.interaction - alpha
        first_cut, second_cut = weight * (cut - 4 * xi * t.hilbert), -weight * t.hilbert
        first_xi = t.mse_xi - t.hilbert * first_cut - 2 * alpha
        second_xi = t.interaction_xi - t.hilbert * second_cut
        determinant = first_xi * second_cut - first_cut * second_xi
        if determinant == 0:
            return None
        dxi = (first_cut * second - second_cut * first) / determinant
        dcut = (second_xi * first - first_xi * second) / determinant
        xi, cut = xi + dxi, cut + dcut
        if not (xi > 0 and cut >= 0):
            return None
        if abs(dxi) < 1e-9 * xi and abs(dcut) < 1e-9 * np.sqrt(xi):
            t = evaluate(cut, np.zeros(1), xi, kappa_star)
            width = float(t.mass[0])
            return InterpolatingWidth(width, float(t.mse[0])) if ends[0] <= width <= ends[1] else None
    return None
