"""Where the two equations at q = 0 ask for the same alpha: a scan in xi for the interpolation threshold.

alpha = (mse + delta/2)/(2 xi) by the first starts out larger, as xi grows, than alpha = I by the second (see
:mod:`quadviz.theory.steady.thresholds`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.law.family import WISHART_FAMILY, Family
from quadviz.theory.scan import FEW, Lattices, stretches
from quadviz.theory.steady.equations import evaluate

__all__ = ["THRESHOLD_STEP", "Scanned", "scan_thresholds", "threshold_cut", "threshold_stretch"]


#: Points of the scan in xi, per decade.
_PER_DECADE = 4
#: The way between two of them, in log xi.
THRESHOLD_STEP = np.log(10) / _PER_DECADE
#: Below this xi the clean-teacher limit is reached to the last digit that a float can tell; below this noise
#: the mse, which is proportional to it, is not looked for.
_CLEAN, _LEAST = 1e-16, 1e-30


def threshold_stretch(
    kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, family: Family = WISHART_FAMILY
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last point of the lattice in log xi at which a threshold is looked for.

    alpha = I <= 1/2 bounds xi from below; from above, a generous multiple of the largest seen.
    """
    floor = np.where(delta > _LEAST, delta / 2, _CLEAN)
    ceiling = 1e3 * ((family.second(kappa_star) + delta) / np.minimum(kappa, 1)) ** 2
    first, last = np.floor(np.log(floor) / THRESHOLD_STEP), np.ceil(np.log(ceiling) / THRESHOLD_STEP)
    return first.astype(np.intp), last.astype(np.intp)


def threshold_cut(
    xi: FloatArray, kappa: FloatArray, kappa_star: FloatArray, family: Family, quick: bool = False
) -> FloatArray:
    """max(0, omega); one-dimensional arguments."""
    cut, narrow = np.zeros_like(xi), kappa < 1
    quantile = family.quick_quantile if quick else family.quantile
    cut[narrow] = np.maximum(quantile(kappa[narrow], kappa_star[narrow], xi[narrow]), 0.0)
    return cut


#: What scans saw of the law lately, by the pair of widths.
_lattices = Lattices()


class Scanned(NamedTuple):
    """What the scan in xi sees of N thresholds.

    Attributes:
        owner: whose points these are.
        point: points of the lattice.
        first: alpha by the first equation.
        crossings: how often it falls below alpha by the second, shape (N,).
        clean: where it is below from the start, shape (N,): the clean limit, beyond what xi can tell, of a
            student narrower than its teacher by next to nothing.
        at: which cross, and not in that limit, shape (K,).
        low: log xi before the first crossing of these, shape (K,).
        share: about where in the step after that the crossing is, shape (K,).
        cut: about where the spectrum is cut there, shape (K,).
    """

    owner: NDArray[np.intp]
    point: NDArray[np.intp]
    first: FloatArray
    crossings: NDArray[np.intp]
    clean: NDArray[np.bool_]
    at: NDArray[np.intp]
    low: FloatArray
    share: FloatArray
    cut: FloatArray


def scan_thresholds(
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    first_point: NDArray[np.intp],
    last_point: NDArray[np.intp],
    family: Family = WISHART_FAMILY,
) -> Scanned:
    """Look for all places on the stretches from the first to the last point, arrays of shape (N,)."""
    owner, point = stretches(first_point, last_point)

    def law(k: FloatArray, star: FloatArray, point: NDArray[np.intp]) -> tuple[FloatArray, ...]:
        xi = np.exp(point * THRESHOLD_STEP)
        cut = threshold_cut(xi, k, star, family, quick=True)
        t = evaluate(cut, np.zeros_like(xi), xi, star, family)
        return t.mse, t.interaction, cut

    if 0 < kappa.size <= FEW and family is WISHART_FAMILY:
        mse, interaction, cut = _lattices.columns((kappa, kappa_star), first_point, last_point, law)
    else:
        mse, interaction, cut = law(kappa[owner], kappa_star[owner], point)
    first = (mse + delta[owner] / 2) / (2 * np.exp(point * THRESHOLD_STEP))
    slack = first - interaction
    above, same = slack > 0, owner[1:] == owner[:-1]
    falls = np.flatnonzero(same & above[:-1] & ~above[1:])
    n = kappa.size
    whose, one = np.unique(owner[falls], return_index=True)
    begins = np.cumsum(last_point - first_point + 1) - (last_point - first_point + 1)
    clean = ~above[begins]
    place = falls[one][~clean[whose]]
    share = np.clip(slack[place] / (slack[place] - slack[place + 1]), 0.0, 1.0)
    crossings = np.bincount(owner[falls], minlength=n)
    at = np.flatnonzero((crossings > 0) & ~clean)
    # It goes about as the root of xi.
    root = np.exp(point * (THRESHOLD_STEP / 2))
    about = (1 - share) * (cut / root)[place] + share * (cut / root)[place + 1]
    about *= np.exp((point[place] + share) * (THRESHOLD_STEP / 2))
    return Scanned(owner, point, first, crossings, clean, at, point[place] * THRESHOLD_STEP, share, about)
