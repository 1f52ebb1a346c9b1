"""The two decays together: which weight and which Frobenius decay generalise best.

At fixed alpha the first steady-state equation, 2 alpha xi = mse + delta/2, makes the least mse the least xi.
What is kept of the noisy teacher is s (x - q) above the cut, and among all estimates that are functions of
its eigenvalues x - 2 xi H(x) is the best one (arXiv 2408.03733): the decays can make a straight line of it,
and the best pair is the regression of x - 2 xi H on x above the cut,

    s = B/A,      s int_b rho (x - q) = int_b rho (x - 2 xi H),
    A = int_b rho (x - q)^2,      B = int_b rho (x - 2 xi H)(x - q),      mse = m2 - B^2/A,

with b = max(q, omega), so that the line is zero where it is cut or the width cuts before. Then R = 1 -
I/alpha tells lam = q R and lam2 = R (1/s - 1) (THEORY section 14). Where the line would be steeper than 1, or
its zero negative, one of the two decays is absent. Where R would be negative, as it may be with few samples,
so would the decays: then the best that decays can do is to vanish together, in the ratio lam/lam2 = q s/(1 -
s) that is best among the interpolators, s int_b rho H (x - q) = alpha.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.blocks import blockwise
from quadviz.labels import named_parameters
from quadviz.law.family import Above, Family, family_of
from quadviz.law.teachers import WISHART, Teacher, TeacherLike
from quadviz.outcome import Status, announce, quiet
from quadviz.results import PointResult
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.small_noise import ridgeless_recovery, settled_width
from quadviz.theory.steady.solving import solve_flat
from quadviz.theory.steady.thresholds import teacher_widths

__all__ = ["OptimalDecay", "line_mse", "optimal_decay"]

IndexArray = NDArray[np.intp]

#: The smallest xi looked for, relative to the largest possible.
_CLEAN = 1e-15
#: Largest relative difference between the xi here and that of the steady state at the decays found.
_SAME = 1e-6
#: Decays that stand for vanishing ones, and the largest difference there.
_NEARLY_NONE, _SAME_LIMIT = 1e-9, 1e-4
#: Points of the look for the least mse over q, and pieces and rounds of the closer ones.
_LOOK, _PIECES, _ROUNDS = 48, 8, 10
#: How near to 1 the slope of the last interpolator is.
_END = 1e-11
#: Points at a time: a look at all of them stays in the cache.
_BLOCK = 128


@dataclass(frozen=True, eq=False, repr=False)
class OptimalDecay(PointResult):
    """The best pair of decays at points of one shape, and what it achieves (THEORY section 14).

    Attributes:
        alpha: sample ratio n/d^2.
        kappa: student width m/d.
        kappa_star: teacher width m*/d.
        delta: label-noise variance.
        lam: weight decay of the pair; 0 where Frobenius decay alone is best, or the limit of none.
        lam2: Frobenius decay of the pair; 0 where weight decay alone is best.
        mse: |Z - Z*|_F^2 / d with it, the least that the two decays can make.
        xi: noise variance of the effective teacher.
        ratio: lam/lam2, inf where lam2 is absent. Where both are 0 the best pair vanishes in this ratio, and
            mse is what is left in the limit.
        status: a :class:`~quadviz.Status` for every point. SEVERAL where the steady state at the pair has
            other solutions. FAILED, with NaN, where it is another one than expected.
        labels: the names that xarray or pandas arguments brought along, or None.
        teacher: the law of the teacher's eigenvalues.

    >>> best = optimal_decay([0.2, 0.5], kappa=1, kappa_star=0.3, delta=0.5)
    >>> len(best), bool(np.all(best.lam2 >= 0))
    (2, True)
    """

    alpha: FloatArray
    kappa: FloatArray
    kappa_star: FloatArray
    delta: FloatArray
    lam: FloatArray
    lam2: FloatArray
    mse: FloatArray
    xi: FloatArray
    ratio: FloatArray
    status: NDArray[np.int8]
    teacher: Teacher = field(default=WISHART, kw_only=True)
    _apart: ClassVar[tuple[str, ...]] = ("labels", "teacher")
    _given: ClassVar[tuple[str, ...]] = ("alpha", "kappa", "kappa_star", "delta")


@quiet
def optimal_decay(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    delta: ArrayLike,
    *,
    teacher: TeacherLike = WISHART,
) -> OptimalDecay:
    """The weight decay and the Frobenius decay that together have the least mse, broadcasting like a ufunc.

    Regresses the Bayes-optimal shrinkage x - 2 xi H on a line (arXiv 2408.03733; THEORY section 14), and
    holds the steady state at the answer against it. A point does not depend on its company, to the last bit.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        The best pairs and what they achieve, arrays of the broadcast shape.

    Raises:
        TypeError: if an argument is not made of real numbers, or the teacher is none.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> best = optimal_decay(0.3, kappa=1, kappa_star=1.5, delta=0.5)
    >>> best.lam.round(3).item(), best.lam2.round(3).item()
    (0.0, 0.11)
    """
    widths = teacher_widths(teacher, kappa_star)
    arrays, labels = named_parameters(alpha=alpha, kappa=kappa, kappa_star=widths, delta=delta)
    shape = arrays[0].shape
    a, width, star, noise = (array.reshape(-1) for array in arrays)
    unit = teacher.unit
    noise, student = noise / unit**2, settled_width(width, star)
    family = family_of(teacher, in_units=True)
    tried = within_reach(a, widths=(width, star), delta=noise)
    # Where even vanishing weight decay recovers the teacher nothing is left to gain.
    noisy = tried & ((noise > 0) | (a < ridgeless_recovery(student, star)))
    solve = blockwise(_BLOCK)(partial(_best_pairs, family=family))
    at = np.flatnonzero(noisy)
    xi, lam, lam2, mse, ratio = (np.full(a.shape, none) for none in (0.0, 0.0, 0.0, 0.0, np.inf))
    if at.size:
        best = solve(a[at], student[at], star[at], noise[at])
        for column, values in zip((xi, lam, lam2, mse, ratio), best, strict=True):
            column[at] = values
    # The steady state at the answer, or next to the limit, is held against it.
    limit = noisy & (lam == 0) & (lam2 == 0)
    near = _NEARLY_NONE * np.sqrt(family.second(star))
    mixed = limit & np.isfinite(ratio)
    parts = np.where(mixed, ratio, 1.0)
    both = np.where(mixed, near * parts / (1 + parts), lam), np.where(mixed, near / (1 + parts), lam2)
    held = solve_flat(a, student, star, unit * both[0], noise * unit**2, both[1], teacher=teacher)
    off = np.abs(held["xi"] / unit**2 - xi) > np.where(limit, _SAME_LIMIT, _SAME) * xi
    failed = ~tried | off | (held["status"] == Status.FAILED)
    square = unit**2
    found = {"lam": lam * unit, "lam2": lam2, "mse": mse * square, "xi": xi * square, "ratio": ratio * unit}
    columns: dict[str, Any] = {
        name: np.where(failed, np.nan, values).reshape(shape) for name, values in found.items()
    }
    columns["status"] = np.where(failed, Status.FAILED, held["status"]).astype(np.int8).reshape(shape)
    named: dict[str, Any] = dict(zip(("alpha", "kappa", "kappa_star", "delta"), arrays, strict=True))
    announce("optimal_decay", columns["status"], named, "bring the parameters nearer to 1", level=4)
    return OptimalDecay(**named, **columns, labels=labels, teacher=teacher)


class _Pairs(NamedTuple):
    """The best decays at points, and what they do; each of shape (N,)."""

    xi: FloatArray
    lam: FloatArray
    lam2: FloatArray
    mse: FloatArray
    ratio: FloatArray


def _best_pairs(
    alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, *, family: Family
) -> _Pairs:
    high = np.log((family.second(kappa_star) + delta / 2) / (2 * alpha))
    low = np.maximum(np.log(np.maximum(delta, np.finfo(float).tiny) / (4 * alpha)), high + np.log(_CLEAN))

    def lines(xi: FloatArray, index: IndexArray) -> tuple[_Lines, BoolArray]:
        """The best lines that decays can make, and which of them take decays that vanish."""
        at = kappa[index], kappa_star[index]
        line = _best_lines(xi, *at, family)
        fitting = line.s * line.kept > alpha[index]
        if fitting.any():
            width, star = (column[fitting] for column in at)
            best = _best_lines(xi[fitting], width, star, family, alpha[index][fitting])
            for column, values in zip(line, best, strict=True):
                column[fitting] = values
        return line, fitting

    def surplus(log_xi: FloatArray, index: IndexArray) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        line, _ = lines(xi, index)
        needed = line.mse + delta[index] / 2
        return np.log(needed / (2 * alpha[index] * xi)), xi * line.mse_xi / needed - 1

    xi = np.exp(newton_in_bracket(surplus, low, high))
    line, fitting = lines(xi, np.arange(alpha.size))
    response = np.where(fitting, 0.0, 1 - line.s * line.kept / alpha)
    flat = line.s < 1
    ratio = np.where(flat, line.q * line.s / np.where(flat, 1 - line.s, 1.0), np.inf)
    return _Pairs(xi, line.q * response, response * (1 / line.s - 1), line.mse, ratio)


class _Lines(NamedTuple):
    """s and q with the least mse at given xi, int rho H (x - q), the mse and d mse/d xi; of shape (N,)."""

    s: FloatArray
    q: FloatArray
    kept: FloatArray
    mse: FloatArray
    mse_xi: FloatArray


def _best_lines(
    xi: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    family: Family,
    fitted: FloatArray | None = None,
) -> _Lines:
    """The best lines; among those with s int rho H (x - q) = ``fitted`` where that is given."""
    omega, narrow = np.full(xi.shape, -np.inf), kappa < 1
    if narrow.any():
        omega[narrow] = family.quantile(kappa[narrow], kappa_star[narrow], xi[narrow])

    def look(q: FloatArray, at: IndexArray) -> _Look:
        """Shifts of shape (M, K) at the points ``at``; what is seen is of shape (M K,)."""
        each = np.repeat(at, q.shape[1])
        flat, x = q.reshape(-1), xi[each]
        law = family.above(np.maximum(flat, omega[each]), kappa_star[each], x, first=True)
        return _Look.of(law, flat, x, None if fitted is None else fitted[each])

    # The mse is the least of a smooth function of q that may have more than one valley.
    top = 2 * np.sqrt(xi) + family.top(kappa_star)
    least, low, high = np.zeros_like(xi), np.zeros_like(xi), top.copy()
    at, pieces = np.arange(xi.size), _LOOK
    for _ in range(_ROUNDS):
        q = np.linspace(low[at], high[at], pieces, axis=1)
        best = np.argmin(look(q, at).mse.reshape(q.shape), axis=1)
        row, last = np.arange(at.size), q.shape[1] - 1
        least[at] = q[row, best]
        low[at], high[at] = q[row, np.maximum(best - 1, 0)], q[row, np.minimum(best + 1, last)]
        at = at[high[at] - low[at] > 1e-4 * top[at]]
        pieces = _PIECES + 1
        if not at.size:
            break
    if fitted is not None:
        # Where the line would be steeper than 1 the interpolators end, at one by weight decay alone.
        over = np.flatnonzero(look(high[:, None], np.arange(xi.size)).s > 1)

        def spare(q: FloatArray, index: IndexArray) -> tuple[FloatArray, FloatArray]:
            seen = look(q[:, None], over[index])
            return seen.kept - fitted[over[index]], -seen.law.rho_hilbert

        high[over] = newton_in_bracket(spare, low[over], high[over], accuracy=1e-12)
    # The place of the least is known to half the digits only; that of no slope to all.
    ends = look(np.stack([low, high], axis=1), np.arange(xi.size)).slope.reshape(-1, 2)
    least[(low == 0) & (ends[:, 0] >= 0)] = 0.0
    if fitted is not None:
        least[over] = np.where(ends[over, 1] <= 0, high[over], least[over])
    inside = np.flatnonzero((ends[:, 0] < 0) & (ends[:, 1] > 0))
    if inside.size:
        step = 1e-5 * (high - low)

        def fall(share: FloatArray, index: IndexArray) -> tuple[FloatArray, FloatArray]:
            here = inside[index]
            q, by = share * top[here], step[here]
            slope = look(np.stack([q, q + by], axis=1), here).slope.reshape(-1, 2)
            return -slope[:, 0], -(slope[:, 1] - slope[:, 0]) / by * top[here]

        tops = top[inside]
        share = newton_in_bracket(fall, low[inside] / tops, high[inside] / tops, accuracy=1e-12)
        least[inside] = share * tops
    there = look(least[:, None], np.arange(xi.size))
    q, s, kept = least, there.s, there.kept
    cut = np.maximum(q, omega)
    kept_xi = -there.law.burgers - (cut - q) * np.pi**2 * there.law.density**3 / 3
    mse_xi = 2 * s * s * kept - 2 * s * q * there.law.rho_hilbert + 4 * xi * s * kept_xi
    if fitted is not None:
        # Along the interpolators, of which q is the best or the last one.
        mse_xi += there.slope * kept_xi / there.law.rho_hilbert - there.mse_s * s * kept_xi / kept
    return _Lines(s, q, kept, there.mse, mse_xi)


class _Look(NamedTuple):
    """Lines that begin at some q: the law above the cut, s, int rho H (x - q), mse, d mse/ds and d mse/dq."""

    law: Above
    s: FloatArray
    kept: FloatArray
    mse: FloatArray
    mse_s: FloatArray
    slope: FloatArray

    @classmethod
    def of(cls, law: Above, q: FloatArray, xi: FloatArray, fitted: FloatArray | None) -> _Look:
        """With the best s, or the one that fits."""
        assert law.moment1 is not None  # noqa: S101  # it was asked for
        kept = law.x_rho_hilbert - q * law.rho_hilbert
        if fitted is None:
            tilted = law.moment2 - q * law.moment1
            square = tilted - q * (law.moment1 - q * law.mass)
            inner = tilted - 2 * xi * kept
            s = np.clip(np.divide(inner, square, out=np.ones_like(q), where=square > 0), 1e-12, 1.0)
        else:
            s = np.divide(fitted, kept, out=np.full_like(q, np.inf), where=kept > 0)
            s = np.where(np.abs(s - 1) <= _END, 1.0, s)
        mse, mse_s, mse_q = line_mse(law, q, s, kept, xi)
        if fitted is not None:
            mse_q = mse_q + mse_s * s * law.rho_hilbert / kept
            mse = np.where(s <= 1, mse, np.inf)
        return cls(law, s, kept, mse, mse_s, mse_q)


def line_mse(
    law: Above, q: FloatArray, s: FloatArray, kept: FloatArray, xi: FloatArray | float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The mse of s (x - q) above the cut, and its derivatives in s and q."""
    assert law.moment1 is not None  # noqa: S101  # it was asked for
    rest, first, second, mass = 1 - s, law.moment1, law.moment2, law.mass
    mse = law.deficit + rest * rest * second + 2 * s * rest * q * first + s * s * q * q * mass
    mse_s = -2 * rest * second + 2 * (rest - s) * q * first + 2 * s * q * q * mass + 4 * xi * kept
    mse_q = 2 * s * rest * first + 2 * s * s * q * mass - 4 * xi * s * law.rho_hilbert
    return mse + 4 * xi * s * kept, mse_s, mse_q
