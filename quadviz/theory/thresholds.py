"""The sharp numbers of samples at which a teacher is recovered, and up to which labels can be fitted.

Without label noise all thresholds are those of the clean-teacher limit xi -> 0, where only the semicircle of
the teacher's null directions is left (see :mod:`quadviz.theory.small_noise`). With noise, or for a student
narrower than its teacher, the interpolation threshold is a steady state itself: q = 0 and alpha = I, which
leave one scalar equation in xi,

    mse(xi) + delta/2 = 2 xi I(xi),        b = max(0, omega)

(arXiv 2601.10483, perfect recovery and interpolation thresholds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import broadcast_parameters
from quadviz.spectrum import mass_quantile
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.equations import Terms, evaluate
from quadviz.theory.outcome import Status
from quadviz.theory.small_noise import ridgeless_interpolation, ridgeless_recovery, settled_width

__all__ = ["InterpolationThreshold", "Regularisation", "interpolation_threshold", "recovery_threshold"]

FloatArray = NDArray[np.float64]
Regularisation = Literal["ridgeless", "none", "bayes"]

#: Points of the scan in xi, per decade.
_PER_DECADE = 4
#: Problems scanned at once, which bounds the memory.
_BLOCK = 1024
#: Below this xi the clean-teacher limit is reached to the last digit that a float can tell.
_CLEAN = 1e-16


def recovery_threshold(
    kappa: ArrayLike, kappa_star: ArrayLike, regularisation: Regularisation = "ridgeless"
) -> FloatArray:
    """The sample ratio alpha above which a noiseless teacher is recovered exactly (delta = 0).

    - ``"ridgeless"``: by gradient flow with weight decay lam -> 0+, alpha_PR+.
    - ``"none"``: by gradient flow without weight decay from a finite random start. A *conjecture* of
      arXiv 2601.10483, supported by its simulations: min(kappa - kappa^2/2, alpha_inter), the smaller of
      the student's degrees of freedom and the interpolation threshold.
    - ``"bayes"``: by the best estimator there is: kappa_star - kappa_star^2/2, the teacher's degrees of
      freedom over d^2.

    For kappa_star >= 1 all three are 1/2; all three meet at kappa = kappa_star.

    Args:
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        regularisation: which of the three.

    Returns:
        Thresholds in n/d^2, of the broadcast shape. +inf for kappa < min(kappa_star, 1): no number of
        samples makes a student recover a teacher of larger rank.

    Raises:
        TypeError: if a width is not made of real numbers.
        ValueError: if a width is not finite and positive, the shapes do not broadcast, or the
            regularisation is none of the three.

    >>> recovery_threshold([0.2, 0.5, 1.0], 0.3).round(4).tolist()
    [inf, 0.327, 0.3272]
    """
    if regularisation not in get_args(Regularisation):
        allowed = ", ".join(repr(name) for name in get_args(Regularisation))
        raise ValueError(f"regularisation must be one of {allowed}, got {regularisation!r}")
    width, teacher = broadcast_parameters(kappa=kappa, kappa_star=kappa_star)
    student, teacher = settled_width(width, teacher), np.minimum(teacher, 1.0)
    if regularisation == "ridgeless":
        return ridgeless_recovery(student, teacher)
    if regularisation == "bayes":
        threshold = _degrees_of_freedom(teacher)
    else:
        threshold = np.minimum(_degrees_of_freedom(student), ridgeless_interpolation(student, teacher))
    return np.where(student >= teacher, threshold, np.inf)


def _degrees_of_freedom(kappa: FloatArray) -> FloatArray:
    """Those of a symmetric matrix of rank kappa d, over d^2."""
    rank = np.minimum(kappa, 1.0)
    return rank - rank * rank / 2


@dataclass(frozen=True)
class InterpolationThreshold:
    """Interpolation thresholds of one shape, with the parameters they belong to.

    Attributes:
        kappa: student width m/d.
        kappa_star: teacher width m*/d.
        delta: label-noise variance.
        alpha: the threshold in n/d^2. Below it the ridgeless limit fits every training label.
        mse: |Z - Z*|_F^2 / d in the ridgeless limit there: the height of the double-descent peak.
        xi: noise variance of the effective teacher there.
        status: a :class:`~quadviz.Status` for every threshold. SEVERAL where the equations have other
            solutions at that alpha, which happens where the width limits the rank: steady states reached
            from large alpha may then leap past the threshold. FAILED, with NaN, where none was found.
    """

    kappa: FloatArray
    kappa_star: FloatArray
    delta: FloatArray
    alpha: FloatArray
    mse: FloatArray
    xi: FloatArray
    status: NDArray[np.int8]


def interpolation_threshold(
    kappa: ArrayLike, kappa_star: ArrayLike, delta: ArrayLike = 0.0
) -> InterpolationThreshold:
    """The sample ratio up to which the ridgeless limit lam -> 0+ fits every label, and the mse there.

    Where the student is as wide as its teacher and delta = 0, the threshold is in closed form and the mse
    is 0. A student narrower than its teacher has a threshold too: what it cannot express acts as noise.

    Args:
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        delta: label-noise variance, >= 0.

    Returns:
        Arrays of the broadcast shape.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    >>> peak = interpolation_threshold(kappa=1.0, kappa_star=0.3, delta=[0.0, 0.5])
    >>> peak.alpha.round(4).tolist(), peak.mse.round(3).tolist()
    ([0.3775, 0.307], [0.0, 4.477])
    """
    parameters = broadcast_parameters(kappa=kappa, kappa_star=kappa_star, delta=delta)
    width, teacher, noise = (array.ravel() for array in parameters)
    student = settled_width(width, teacher)
    alpha, mse, xi = ridgeless_interpolation(student, teacher), np.zeros(width.size), np.zeros(width.size)
    status = np.full(width.size, Status.SOLVED, dtype=np.int8)
    noisy = np.flatnonzero((noise > 0) | (student < np.minimum(teacher, 1.0)))
    for start in range(0, noisy.size, _BLOCK):
        at = noisy[start : start + _BLOCK]
        alpha[at], mse[at], xi[at], status[at] = _noisy_interpolation(student[at], teacher[at], noise[at])
    shape = parameters[0].shape
    return InterpolationThreshold(
        kappa=parameters[0],
        kappa_star=parameters[1],
        delta=parameters[2],
        alpha=alpha.reshape(shape),
        mse=mse.reshape(shape),
        xi=xi.reshape(shape),
        status=status.reshape(shape),
    )


def _interpolating(xi: FloatArray, kappa: FloatArray, kappa_star: FloatArray) -> Terms:
    """The law's integrals at q = 0, above max(0, omega); arguments of one shape."""
    cut = np.zeros_like(xi)
    narrow = kappa < 1
    cut[narrow] = np.maximum(mass_quantile(kappa[narrow], kappa_star[narrow], xi[narrow]), 0.0)
    return evaluate(cut, np.zeros_like(xi), xi, kappa_star)


def _noisy_interpolation(
    kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int8]]:
    """alpha, mse, xi and status where the two equations at q = 0 ask for the same alpha.

    alpha = (mse + delta/2)/(2 xi) by the first starts out larger, as xi grows, than alpha = I by the second.
    """

    def excess(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        t = _interpolating(xi, kappa[index], kappa_star[index])
        first = (t.mse + delta[index] / 2) / (2 * xi)
        return first - t.interaction, t.mse_xi / 2 - first - xi * t.interaction_xi

    # alpha = I <= 1/2 bounds xi from below; from above, a generous multiple of the largest seen. The points
    # belong to one lattice for all: a threshold does not depend on the company it is asked in.
    floor = np.maximum(delta / 2, _CLEAN)
    ceiling = 1e3 * ((1 + 1 / kappa_star + delta) / np.minimum(kappa, 1)) ** 2
    step = np.log(10) / _PER_DECADE
    first_point, last_point = np.floor(np.log(floor.min()) / step), np.ceil(np.log(ceiling.max()) / step)
    grid = np.arange(first_point, last_point + 1) * step
    columns = (values[:, None] for values in (kappa, kappa_star, delta))
    xi, *settings = np.broadcast_arrays(np.exp(grid), *columns)
    scan = _interpolating(xi, settings[0], settings[1])
    first, second = (scan.mse + settings[2] / 2) / (2 * xi), scan.interaction
    above = first > second
    change = above[:, :-1] & ~above[:, 1:]
    place = change.argmax(axis=1)
    rows = np.arange(kappa.size)
    left, right = (first - second)[rows, place], (first - second)[rows, place + 1]
    share = np.clip(left / np.where(left == right, 1.0, left - right), 0.0, 1.0)
    root = newton_in_bracket(excess, grid[place], grid[place + 1], start=grid[place] + share * step)
    t = _interpolating(np.exp(root), kappa, kappa_star)

    # A student narrower than its teacher by next to nothing: the clean limit, beyond what xi can tell.
    clean, found = ~above[:, 0], change.any(axis=1)
    alpha = np.where(clean, ridgeless_interpolation(kappa, kappa_star), t.interaction)
    mse, xi_there = (np.where(clean, 0.0, values) for values in (t.mse, np.exp(root)))
    # Coming from large alpha along q = 0, alpha falls as xi grows, unless the branch folds before.
    rises = (np.diff(first, axis=1) > 0) & (grid[1:] < root[:, None])
    folds = rises.any(axis=1) | (t.mse_xi > 2 * alpha)
    several = ~clean & ((change.sum(axis=1) > 1) | folds)
    status = np.where(several, Status.SEVERAL, Status.SOLVED)
    known = clean | found
    return (
        np.where(known, alpha, np.nan),
        np.where(known, mse, np.nan),
        np.where(known, xi_there, np.nan),
        np.where(known, status, Status.FAILED).astype(np.int8),
    )
