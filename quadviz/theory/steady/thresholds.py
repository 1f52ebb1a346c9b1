"""The sharp numbers of samples at which a teacher is recovered, and up to which labels can be fitted.

Without label noise all thresholds are those of the clean-teacher limit xi -> 0, where only the semicircle of
the teacher's null directions is left (see :mod:`quadviz.theory.steady.small_noise`). With noise, or for a
student narrower than its teacher, the interpolation threshold is a steady state itself: q = 0 and alpha = I,
which leave one scalar equation in xi,

    mse(xi) + delta/2 = 2 xi I(xi),        b = max(0, omega)

(arXiv 2601.10483, perfect recovery and interpolation thresholds).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.checks import shown
from quadviz.labels import named_parameters
from quadviz.law.family import WISHART_FAMILY, Family, family_of
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, Wishart, checked_teacher
from quadviz.outcome import Status, announce, quiet
from quadviz.results import PointResult
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.scan import blocks_of
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.errors import term_sizes
from quadviz.theory.steady.small_noise import ridgeless_interpolation, ridgeless_recovery, settled_width
from quadviz.theory.steady.threshold_scan import (
    THRESHOLD_STEP,
    Scanned,
    scan_thresholds,
    threshold_cut,
    threshold_stretch,
)

__all__ = [
    "InterpolationThreshold",
    "Regularisation",
    "interpolation_threshold",
    "recovery_threshold",
    "reported",
    "teacher_widths",
    "threshold_with_noise",
]

Regularisation = Literal["ridgeless", "none", "bayes"]

#: Points of the scan in xi at once, which bounds the memory.
_BLOCK = 2**16
#: Rounding of a term, with a margin, and the largest error of a result.
_UNIT, _GOOD = 3e-17, 1e-9
#: Relative rise of the first equation's alpha that is more than rounding of the scan.
_RISE = 1e-6


@quiet
def recovery_threshold(
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    regularisation: Regularisation = "ridgeless",
    *,
    teacher: TeacherLike = WISHART,
) -> FloatArray:
    """The sample ratio alpha above which a noiseless teacher is recovered exactly (delta = 0).

    - ``"ridgeless"``: by gradient flow with weight decay lam -> 0+, alpha_PR+.
    - ``"none"``: by gradient flow without weight decay from a finite random start. A *conjecture* of
      arXiv 2601.10483, supported by its simulations: min(kappa - kappa^2/2, alpha_inter), the smaller of
      the student's degrees of freedom and the interpolation threshold.
    - ``"bayes"``: by the best estimator there is: kappa_star - kappa_star^2/2, the teacher's degrees of
      freedom over d^2.

    For kappa_star >= 1 all three are 1/2; all three meet at kappa = kappa_star. They depend on the rank of
    the teacher alone: near recovery all that is left of the noise is a semicircle in its null space (THEORY
    section 13). But the best estimator knows the levels of a teacher that has them, and needs
    (1 - sum_i p_i^2)/2 with their weights p_i.

    Good to 1e-9 for kappa from 1e-06 to 1e+06 and kappa_star from 1e-06 to 1e+06. Closed forms of arXiv
    2601.10483, perfect recovery.

    Args:
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        regularisation: which of the three.
        teacher: the law of the teacher's eigenvalues, of which only the rank fraction counts.

    Returns:
        Thresholds in n/d^2, of the broadcast shape, a NumPy scalar for scalars. +inf for kappa <
        min(kappa_star, 1): no number of samples makes a student recover a teacher of larger rank.

    Raises:
        TypeError: if a width is not made of real numbers.
        ValueError: if a width is not finite and positive, the shapes do not broadcast, or the
            regularisation is none of the three.

    >>> recovery_threshold([0.2, 0.5, 1.0], 0.3).round(4).tolist()
    [inf, 0.327, 0.3272]
    """
    if not isinstance(regularisation, str) or regularisation not in get_args(Regularisation):
        allowed = ", ".join(repr(name) for name in get_args(Regularisation))
        raise ValueError(f"regularisation must be one of {allowed}, got {shown(regularisation)}")
    star_given = teacher_widths(teacher, kappa_star)
    (width, star), _ = named_parameters(kappa=kappa, kappa_star=star_given)
    # One-dimensional: NumPy's arithmetic of scalars rounds powers in another way than that of arrays.
    student, rank = settled_width(width.reshape(-1), star.reshape(-1)), np.minimum(star.reshape(-1), 1.0)
    if regularisation == "ridgeless":
        threshold = ridgeless_recovery(student, rank)
    elif regularisation == "bayes" and not isinstance(teacher, Wishart):
        needs = [1 - float(np.sum(teacher.atoms(float(k)).p ** 2)) for k in rank]
        threshold = np.where(student >= rank, np.array(needs) / 2, np.inf)
    elif regularisation == "bayes":
        threshold = np.where(student >= rank, _degrees_of_freedom(rank), np.inf)
    else:
        threshold = np.minimum(_degrees_of_freedom(student), ridgeless_interpolation(student, rank))
        threshold = np.where(student >= rank, threshold, np.inf)
    found: FloatArray = threshold.reshape(width.shape)[()]
    return found


def teacher_widths(teacher: Teacher, kappa_star: ArrayLike | None) -> ArrayLike:
    """kappa_star, or the rank fraction of given levels."""
    if kappa_star is not None and checked_teacher(teacher).sized_by_width:
        teacher.widths(kappa_star)
        return kappa_star
    return checked_teacher(teacher).widths(kappa_star)  # type: ignore[arg-type]  # None is told of, or meant


def _degrees_of_freedom(kappa: FloatArray) -> FloatArray:
    """Those of a symmetric matrix of rank kappa d, over d^2."""
    rank = np.minimum(kappa, 1.0)
    return rank - rank * rank / 2


@dataclass(frozen=True, eq=False, repr=False)
class InterpolationThreshold(PointResult):
    """Interpolation thresholds of one shape, with the parameters they belong to (arXiv 2601.10483).

    Attributes:
        kappa: student width m/d.
        kappa_star: teacher width m*/d.
        delta: label-noise variance.
        alpha: the threshold in n/d^2. Below it the ridgeless limit fits every training label.
        mse: |Z - Z*|_F^2 / d in the ridgeless limit there: the height of the double-descent peak.
        xi: noise variance of the effective teacher there.
        status: a :class:`~quadviz.Status` for every threshold. SEVERAL where the equations have other
            solutions at that alpha, which happens where the width limits the rank: steady states reached
            from large alpha may then leap past the threshold. FAILED, with NaN, where none was found, or
            rounding leaves fewer than nine digits.
        labels: the names that xarray or pandas arguments brought along, or None.
        teacher: the law of the teacher's eigenvalues.

    >>> [f"{peak.alpha:.4f}" for peak in interpolation_threshold([0.5, 1.0], kappa_star=0.3, delta=0.5)]
    ['0.3060', '0.3070']
    """

    kappa: FloatArray
    kappa_star: FloatArray
    delta: FloatArray
    alpha: FloatArray
    mse: FloatArray
    xi: FloatArray
    status: NDArray[np.int8]
    teacher: Teacher = field(default=WISHART, kw_only=True)
    _given: ClassVar[tuple[str, ...]] = ("kappa", "kappa_star", "delta")
    _apart: ClassVar[tuple[str, ...]] = ("labels", "teacher")


@quiet
def interpolation_threshold(
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    delta: ArrayLike = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> InterpolationThreshold:
    """The sample ratio up to which the ridgeless limit lam -> 0+ fits every label, and the mse there.

    Where the student is as wide as its teacher and delta = 0, the threshold is in closed form and the mse
    is 0. A student narrower than its teacher has a threshold too: what it cannot express acts as noise.
    Else it solves ``q = 0, alpha = I, 2 alpha xi = mse + delta/2`` (arXiv 2601.10483, interpolation
    threshold).

    Good to 1e-9 for kappa from 0.02 to 100, kappa_star from 0.02 to 2 and delta = 0 or from 1e-06 to 10;
    beyond, where the status is not FAILED. A threshold does not depend on its company, to the last bit.

    Args:
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        Arrays of the broadcast shape.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> peak = interpolation_threshold(kappa=1.0, kappa_star=0.3, delta=[0.0, 0.5])
    >>> peak.alpha.round(4).tolist(), peak.mse.round(3).tolist()
    ([0.3775, 0.307], [0.0, 4.477])
    """
    star_given = teacher_widths(teacher, kappa_star)
    arrays, labels = named_parameters(kappa=kappa, kappa_star=star_given, delta=delta)
    width, star, noise = (array.reshape(-1) for array in arrays)
    family, square = family_of(teacher, in_units=True), teacher.unit**2
    found: tuple[Any, ...] = threshold_with_noise(
        settled_width(width, star), star, noise / square, family=family
    )
    if square != 1:
        found = (found[0], found[1] * square, found[2] * square, found[3])
    shape = arrays[0].shape
    columns: dict[str, Any] = {
        name: values.reshape(shape)
        for name, values in zip(("alpha", "mse", "xi", "status"), found, strict=True)
    }
    named: dict[str, Any] = dict(zip(("kappa", "kappa_star", "delta"), arrays, strict=True))
    announce(
        "interpolation_threshold",
        columns["status"],
        named,
        "lower delta, or bring the widths nearer to 1",
        level=4,
    )
    return InterpolationThreshold(**named, **columns, labels=labels, teacher=teacher)


def threshold_with_noise(
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    good: float = _GOOD,
    family: Family = WISHART_FAMILY,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int8]]:
    """alpha, mse, xi and status, for one-dimensional arrays of one length; widths settled.

    An mse whose relative error may exceed ``good`` counts as failed; alpha is better by some digits.
    """
    alpha, mse, xi = ridgeless_interpolation(kappa, kappa_star), np.zeros(kappa.size), np.zeros(kappa.size)
    status = np.full(kappa.size, Status.SOLVED, dtype=np.int8)
    noisy = (delta > 0) | (kappa < np.minimum(kappa_star, 1.0))
    tried = within_reach(widths=(kappa, kappa_star), delta=delta)
    for column, failed in ((alpha, np.nan), (mse, np.nan), (xi, np.nan), (status, Status.FAILED)):
        column[noisy & ~tried] = failed
    todo = np.flatnonzero(noisy & tried)
    first, last = threshold_stretch(kappa[todo], kappa_star[todo], delta[todo], family)
    for run in blocks_of(last - first + 1, _BLOCK):
        at = todo[run]
        alpha[at], mse[at], xi[at], status[at] = _noisy_interpolation(
            kappa[at], kappa_star[at], delta[at], first[run], last[run], good, family
        )
    return alpha, mse, xi, status


def _noisy_interpolation(
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    first_point: NDArray[np.intp],
    last_point: NDArray[np.intp],
    accuracy: float,
    family: Family,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int8]]:
    """alpha, mse, xi and status where the two equations at q = 0 ask for the same alpha."""
    scan = scan_thresholds(kappa, kappa_star, delta, first_point, last_point, family)
    k, star, noise = kappa[scan.at], kappa_star[scan.at], delta[scan.at]

    def excess(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        cut = threshold_cut(xi, k[index], star[index], family)
        t = evaluate(cut, np.zeros_like(xi), xi, star[index], family)
        first = (t.mse + noise[index] / 2) / (2 * xi)
        return first - t.interaction, t.mse_xi / 2 - first - xi * t.interaction_xi

    root = newton_in_bracket(
        excess, scan.low, scan.low + THRESHOLD_STEP, start=scan.low + scan.share * THRESHOLD_STEP
    )
    cut = threshold_cut(np.exp(root), k, star, family)
    return reported(scan, root, cut, kappa, kappa_star, delta, accuracy, family)


def reported(
    scan: Scanned,
    root: FloatArray,
    cut: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    accuracy: float = _GOOD,
    family: Family = WISHART_FAMILY,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int8]]:
    """alpha, mse, xi and status of thresholds at log xi = root, with the spectrum cut there."""
    n, clean, at = kappa.size, scan.clean, scan.at
    solved = np.exp(root)
    star, noise = kappa_star[at], delta[at]
    t = evaluate(cut, np.zeros_like(solved), solved, star, family)
    alpha, mse, xi_there = (np.full(n, np.nan) for _ in range(3))
    alpha[clean] = ridgeless_interpolation(kappa[clean], kappa_star[clean])
    mse[clean] = xi_there[clean] = 0.0
    alpha[at], mse[at], xi_there[at] = t.interaction, t.mse, solved
    # Coming from large alpha along q = 0, alpha falls as xi grows, unless the branch folds before.
    end = np.full(n, -np.inf)
    end[at] = root
    owner, point, first = scan.owner, scan.point, scan.first
    rises = (owner[1:] == owner[:-1]) & (np.diff(first) > _RISE * first[1:])
    rises &= point[1:] * THRESHOLD_STEP < end[owner[1:]]
    several = (scan.crossings > 1) | (np.bincount(owner[1:][rises], minlength=n) > 0)
    several[at] |= t.mse_xi > 2 * t.interaction
    good = clean & (delta == 0)
    good[at] = _error(solved, cut, star, noise, t, family) <= accuracy
    status = np.where(good, np.where(several & ~clean, Status.SEVERAL, Status.SOLVED), Status.FAILED)
    return (
        np.where(good, alpha, np.nan),
        np.where(good, mse, np.nan),
        np.where(good, xi_there, np.nan),
        status.astype(np.int8),
    )


def _error(
    xi: FloatArray, cut: FloatArray, kappa_star: FloatArray, delta: FloatArray, t: Terms, family: Family
) -> FloatArray:
    """Relative error of a threshold and its mse that rounding can have made, beyond that of delta itself."""
    sizes = term_sizes(t, xi, np.zeros_like(xi), cut, kappa_star, family)
    memory, in_mse = _UNIT * sizes.x_rho_hilbert, _UNIT * sizes.deficit
    in_mse = in_mse + 4 * xi * memory
    total = t.mse + delta / 2
    noise = (in_mse / (2 * xi) + memory) / t.interaction
    slope = np.abs(t.mse_xi / 2 - total / (2 * xi) - xi * t.interaction_xi) / t.interaction
    in_xi = noise / slope
    error = np.maximum(in_xi, (np.abs(t.mse_xi) * xi * in_xi + in_mse) / t.mse)
    # What delta's own last digit does.
    own = _UNIT * delta / (4 * xi) / (t.interaction * slope)
    return np.where(np.isfinite(error), np.where(error <= 4 * own, 0.0, error), np.inf)
