"""The Bayes-optimal error: how well any estimator could do that knows the model.

The best estimate given n quadratic measurements is the best denoising of Y = Z* + sqrt(xi) G, which keeps the
eigenvectors of Y and maps its eigenvalues x to x - 2 xi H(x). Its error and the effective noise solve

    2 alpha xi = mmse + delta/2,        mmse = xi - (4 pi^2/3) xi^2 int rho^3

(Maillard, Troiani, Martin, Krzakala, Zdeborova, arXiv 2408.03733). As 1 - 2 xi H' >= 0 on the support of
any free convolution with a semicircle, mmse/xi decreases with xi: there is one solution at each alpha.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.blocks import blockwise
from quadviz.labels import named_parameters
from quadviz.law.cubed import cubed_law
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, Wishart
from quadviz.outcome import Status, announce, quiet
from quadviz.results import PointResult
from quadviz.theory.best.cubed_density import cubed_density_and_error
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.thresholds import recovery_threshold, teacher_widths

__all__ = ["BayesOptimal", "LawMmse", "bayes_optimal", "checked_solution", "law_mmse", "unsolved"]


#: The mmse as a function of xi, its derivative, its relative rounding, and the error of its integral.
LawMmse = tuple[FloatArray, FloatArray, FloatArray, FloatArray]

#: Points at a time.
_BLOCK = 4096
#: The smallest xi looked for, relative to the largest possible: alpha is then at its threshold.
_CLEAN = 1e-15
#: kappa_star xi from which the mmse may be expanded in 1/xi.
_NOISY = 1e2
#: Rounding of a term, with a margin; backward errors that are taken for none; the largest error of a result.
_UNIT, _NONE, _GOOD = 6e-16, 1e-12, 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class BayesOptimal(PointResult):
    """Bayes-optimal errors of one shape, with the parameters they belong to (arXiv 2408.03733).

    Attributes:
        alpha: sample ratio n/d^2.
        kappa_star: teacher width m*/d.
        delta: label-noise variance.
        mmse: least possible mean of |Z - Z*|_F^2 / d over teachers and data. Exactly 0 where delta = 0 and
            alpha is at or above the recovery threshold kappa_star - kappa_star^2/2 (1/2 for kappa_star >= 1).
        xi: noise variance of the effective denoising problem.
        status: a :class:`~quadviz.Status` for every point. FAILED, with NaN, where fewer than nine digits
            are left.
        labels: the names that xarray or pandas arguments brought along, or None.
        teacher: the law of the teacher's eigenvalues.

    >>> best = bayes_optimal(0.3, kappa_star=[0.3, 0.5], delta=0)
    >>> len(best), bool(best[0].mmse < best[1].mmse)
    (2, True)
    """

    alpha: FloatArray
    kappa_star: FloatArray
    delta: FloatArray
    mmse: FloatArray
    xi: FloatArray
    status: NDArray[np.int8]
    teacher: Teacher = field(default=WISHART, kw_only=True)
    _apart: ClassVar[tuple[str, ...]] = ("labels", "teacher")
    _given: ClassVar[tuple[str, ...]] = ("alpha", "kappa_star", "delta")


@quiet
def bayes_optimal(
    alpha: ArrayLike, kappa_star: ArrayLike | None, delta: ArrayLike, *, teacher: TeacherLike = WISHART
) -> BayesOptimal:
    """The Bayes-optimal error in the limit d -> infinity, broadcasting like a ufunc.

    Solves ``2 alpha xi = mmse + delta/2`` with ``mmse = xi - (4 pi^2/3) xi^2 int rho^3`` (arXiv 2408.03733).
    A point does not depend on its company, to the last bit. The best estimator knows the teacher's law: of
    levels it need only find the directions, sum_i p_i^2 of whose angles make no difference, so that a
    noiseless teacher is recovered from alpha = (1 - sum_i p_i^2)/2 on (THEORY section 13).

    Good to 1e-9 for alpha from 0.001 to 1000, kappa_star from 0.01 to 100 and delta = 0 or from 1e-09 to
    1e+06; beyond, where the status is not FAILED; within a relative 1e-7 of the recovery threshold, where
    the last digit of alpha counts, to what that digit does.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        Arrays of the broadcast shape, with a status for every point.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> bayes_optimal([0.1, 0.3, 0.5], kappa_star=0.5, delta=0).mmse.round(4).tolist()
    [1.4474, 0.2563, 0.0]
    """
    widths = teacher_widths(teacher, kappa_star)
    arrays, labels = named_parameters(alpha=alpha, kappa_star=widths, delta=delta)
    shape = arrays[0].shape
    flat = [array.reshape(-1) for array in arrays]
    found: tuple[Any, ...] = (
        _solved(*flat) if isinstance(teacher, Wishart) else _solved_levels(*flat, teacher=teacher)
    )
    columns: dict[str, Any] = {
        name: values.reshape(shape) for name, values in zip(("mmse", "xi", "status"), found, strict=True)
    }
    named: dict[str, Any] = dict(zip(("alpha", "kappa_star", "delta"), arrays, strict=True))
    announce("bayes_optimal", columns["status"], named, "bring the parameters nearer to 1", level=4)
    return BayesOptimal(**named, **columns, labels=labels, teacher=teacher)


@blockwise(_BLOCK)
def _solved(
    alpha: FloatArray, kappa_star: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.int8]]:
    """mmse, xi and status of one-dimensional parameters."""
    xi, mmse, fine = np.zeros(alpha.shape), np.zeros(alpha.shape), np.ones(alpha.shape, dtype=bool)
    tried = within_reach(alpha, widths=(kappa_star,), delta=delta)
    left = np.flatnonzero(tried & unsolved(alpha, kappa_star, delta))
    if left.size:
        a, k, noise = alpha[left], kappa_star[left], delta[left]
        xi[left] = _effective_noise(a, k, noise)
        mmse[left], fine[left] = checked_solution(a, k, noise, xi[left], law_mmse(k, xi[left]))
    fine &= tried
    status = np.where(fine, Status.SOLVED, Status.FAILED).astype(np.int8)
    return np.where(fine, mmse, np.nan), np.where(fine, xi, np.nan), status


def unsolved(alpha: FloatArray, kappa_star: FloatArray, delta: FloatArray) -> NDArray[np.bool_]:
    """Where the mmse is not 0."""
    noisy: NDArray[np.bool_] = delta > 0
    return noisy if noisy.all() else noisy | (alpha < recovery_threshold(kappa_star, kappa_star, "bayes"))


def checked_solution(
    alpha: FloatArray, kappa_star: FloatArray, noise: FloatArray, xi: FloatArray, law: LawMmse
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The mmse at a solution, and where it is good to nine digits; ``law`` is :func:`law_mmse` there."""
    by_law, slope, error, quadrature = law
    # The first equation gives the mmse without the second one's cancellation, unless the noise dominates.
    value = np.maximum(2 * alpha * xi - noise / 2, 0.0)
    value = np.where(value < noise / 4, by_law, value)
    needed = by_law + noise / 2
    # How the rounding of the mmse moves xi, and with it the mmse.
    bend = np.abs(xi * slope / needed - 1)
    moved = np.where(bend > 0, error * by_law / needed / bend, np.inf)
    # Next to its own threshold, alpha counts to its last digit: that is not an error of the solution.
    moved = np.where(error <= _NONE, 0.0, moved)
    off = np.maximum(moved, np.where(value == by_law, error, moved * (1 + noise / np.maximum(value, 1e-300))))
    error = np.where(error <= _NONE, 0.0, np.maximum(off, quadrature))
    residual = np.abs(needed - 2 * alpha * xi) <= 1e-8 * 2 * alpha * xi
    fine = (error <= _GOOD) & residual & (value > 0) & (value <= (1 + 1e-9) / kappa_star)
    return np.minimum(value, 1 / kappa_star), fine


def _solved_levels(
    alpha: FloatArray, kappa_star: FloatArray, delta: FloatArray, *, teacher: Teacher
) -> tuple[FloatArray, FloatArray, NDArray[np.int8]]:
    """The same for a teacher of levels."""
    unit = teacher.unit
    noise, size = delta / unit**2, alpha.size
    atoms = [teacher.solver_atoms(float(k)) for k in kappa_star]
    spread = np.array([float(np.sum(a.p * (a.z - a.moment(1)) ** 2)) for a in atoms])
    needs = np.array([1 - float(np.sum(a.p**2)) for a in atoms])
    fine = within_reach(alpha, widths=(kappa_star,), delta=delta)
    # Levels that are all the same are known without a sample.
    known = spread == 0
    xi = np.where(known, noise / (4 * alpha), 0.0)
    mmse, error = np.zeros(size), np.zeros(size)
    left = np.flatnonzero(fine & ~known & ((delta > 0) | (2 * alpha < needs)))

    def law(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        here, c = np.exp(log_xi), 4 * np.pi**2 / 3
        cubed, slope, off = (
            np.array([cubed_law(float(x), atoms[left[i]]) for x, i in zip(here, index, strict=True)])
            .reshape(-1, 3)
            .T
        )
        value = here * (1 - c * here * cubed)
        # Rounding, and what the quadrature leaves, of the difference of two terms.
        error[left[index]] = (_UNIT + off) * here / np.abs(value)
        mmse[left[index]] = value
        needed = value + noise[left[index]] / 2
        bend = (1 - c * here * (2 * cubed + here * slope)) * here / needed - 1
        return np.log(needed / (2 * alpha[left[index]] * here)), bend

    if left.size:
        high = np.log((spread[left] + noise[left] / 2) / (2 * alpha[left]))
        tiny = np.finfo(float).tiny
        low = np.log(np.maximum(noise[left], tiny) / (4 * alpha[left]))
        log_xi = newton_in_bracket(law, np.maximum(low, high + np.log(_CLEAN)), high, start=high)
        xi[left] = np.exp(log_xi)
        law(log_xi, np.arange(left.size))
        rest = 2 * alpha[left] * xi[left] - noise[left] / 2
        mmse[left] = np.where(rest < noise[left] / 4, mmse[left], rest)
        fine[left] &= (error[left] <= _GOOD) & (mmse[left] > 0)
    status = np.where(fine, Status.SOLVED, Status.FAILED).astype(np.int8)
    square = unit**2
    return np.where(fine, mmse * square, np.nan), np.where(fine, xi * square, np.nan), status


def law_mmse(kappa_star: FloatArray, xi: FloatArray) -> LawMmse:
    """mmse(xi), its derivative, its relative rounding, and the error of its integral.

    Where the noise hides all but the variance 1/kappa_star of the teacher's eigenvalues, the two terms of the
    mmse cancel. There it is expanded in the free cumulants of Y over powers of its variance,

        mmse = xi v/(xi + v) - xi^2 w/(xi + v)^4 + ...,      v = 1/kappa_star,  w = 1/kappa_star^4,

    the second term being that of the third cumulant; the next one is v^6/xi^3.
    """
    cubed, slope, quadrature = cubed_density_and_error(kappa_star, xi)
    c = 4 * np.pi**2 / 3
    value, derivative = xi * (1 - c * xi * cubed), 1 - c * xi * (2 * cubed + xi * slope)
    # The sides of the triangles differ by little where xi is large.
    thin = kappa_star * np.sqrt(xi)
    error = _UNIT * (2 + thin) * xi / np.abs(value)
    v = 1 / kappa_star
    left_out = v**5 / xi**3
    noisy = (kappa_star * xi > _NOISY) & (left_out < error)
    total = xi + v
    skew = v**4 / total**4 * xi**2
    value = np.where(noisy, xi * v / total - skew, value)
    derivative = np.where(noisy, (v / total) ** 2 - skew * (2 / xi - 4 / total), derivative)
    return value, derivative, np.where(noisy, left_out, error), np.where(noisy, 0.0, quadrature)


def _effective_noise(alpha: FloatArray, kappa_star: FloatArray, delta: FloatArray) -> FloatArray:
    """The xi that solves both equations."""

    def surplus(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        mmse, slope, *_ = law_mmse(kappa_star[index], xi)
        needed = mmse + delta[index] / 2
        return np.log(needed / (2 * alpha[index] * xi)), xi * slope / needed - 1

    # mmse <= 1/kappa_star, the error of the mean of all teachers.
    high = np.log((1 / kappa_star + delta / 2) / (2 * alpha))
    low = np.maximum(np.log(np.maximum(delta, np.finfo(float).tiny) / (4 * alpha)), high + np.log(_CLEAN))
    return np.exp(newton_in_bracket(surplus, low, high, start=high))
