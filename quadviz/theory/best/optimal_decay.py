"""The weight decay that generalises best.

At fixed alpha the first steady-state equation, 2 alpha xi = mse + delta/2, makes the least mse the least xi.
Weight decay enters it through q alone, so at the optimum d mse / dq = 0,

    q int_b rho = 2 xi int_b rho H,        b = max(q, omega):

among all soft thresholdings of the noisy teacher's spectrum it is the best one. For given xi this has one
root q, with it mse/xi decreases with xi, and the second equation tells the weight decay,
lam = q (1 - I/alpha). Beside a given Frobenius decay see :mod:`quadviz.theory.best.elastic_net`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.blocks import blockwise
from quadviz.labels import named_parameters
from quadviz.law.family import Family, family_of
from quadviz.law.teachers import WISHART, Teacher, TeacherLike
from quadviz.outcome import Status, announce, quiet
from quadviz.theory.best.beside import best_beside
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.small_noise import ridgeless_recovery, settled_width
from quadviz.theory.steady.solving import solve_flat
from quadviz.theory.steady.thresholds import teacher_widths

__all__ = ["optimal_lam"]

IndexArray = NDArray[np.intp]

#: The smallest xi looked for, relative to the largest possible.
_CLEAN = 1e-15
#: q/sqrt(xi) below which the search, which is absolute, is improved by one step of iteration.
_SLIGHT = 1e-6
#: One below this is rounding of none.
_NONE = 1e-14
#: Points at a time.
_BLOCK = 4096
#: Largest relative difference between the xi here and that of the steady state at the weight decay found.
_SAME = 1e-6


@quiet
def optimal_lam(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    delta: ArrayLike,
    lam2: ArrayLike = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> FloatArray:
    """The weight decay with the least mse at long times, broadcasting like a ufunc.

    The best achievable mse is that of ``steady_state(alpha, kappa, kappa_star, optimal_lam(...), delta)``,
    the steady states of arXiv 2601.10483. A point does not depend on its company, to the last bit.

    Good to 1e-9 for alpha from 0.01 to 100, kappa from 0.02 to 100, kappa_star from 0.02 to 3 and delta =
    0 or from 0.001 to 100; beyond, the steady state at the answer is held against it, and NaN is returned
    where the two differ.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay beside it, >= 0; :func:`quadviz.optimal_decay` finds the best of both.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        lam, of the broadcast shape, a NumPy scalar for scalars; 0 where the ridgeless limit lam -> 0+ is
        best, NaN where it was not found.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> optimal_lam(0.35, kappa=1, kappa_star=0.3, delta=[0.0, 0.5]).round(4).tolist()
    [0.0, 0.2082]
    """
    given = {
        "alpha": alpha,
        "kappa": kappa,
        "kappa_star": teacher_widths(teacher, kappa_star),
        "delta": delta,
    }
    arrays, _ = named_parameters(**given, lam2=lam2)
    flat = [array.reshape(-1) for array in arrays]
    lam: FloatArray = np.empty(flat[0].shape)
    some = flat[4] > 0
    if some.any():
        lam[some] = best_beside(*(column[some] for column in flat), teacher=teacher)
    if not some.all():
        lam[~some] = _best_lam(*(column[~some] for column in flat[:4]), teacher=teacher)
    lam = lam.reshape(arrays[0].shape)
    named = dict(zip((*given, "lam2"), arrays, strict=True))
    if not some.any():
        del named["lam2"]
    announce("optimal_lam", np.isnan(lam), named, "bring the parameters nearer to 1", level=4)
    found: FloatArray = lam[()]
    return found


def _best_lam(
    alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, *, teacher: Teacher
) -> FloatArray:
    unit, family = teacher.unit, family_of(teacher, in_units=True)
    solve = blockwise(_BLOCK)(partial(_best, teacher=teacher, family=family))
    lam: FloatArray = solve(alpha, kappa, kappa_star, delta if unit == 1 else delta / unit**2)
    return lam if unit == 1 else lam * unit


def _best(
    alpha: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    teacher: Teacher,
    family: Family,
) -> FloatArray:
    """lam for one-dimensional parameters, NaN where the steady state there is another."""
    student, lam = settled_width(kappa, kappa_star), np.zeros(alpha.shape)
    tried = within_reach(alpha, widths=(kappa, kappa_star), delta=delta)
    lam[~tried] = np.nan
    todo = np.flatnonzero(tried & ((delta > 0) | (alpha < ridgeless_recovery(student, kappa_star))))
    if todo.size:
        at = (alpha[todo], student[todo], kappa_star[todo], delta[todo])
        found, xi = _best_decay(*at, family)
        known = np.flatnonzero(np.isfinite(found))
        lam[todo] = np.nan
        a, width, star, noise = (v[known] for v in at)
        unit = teacher.unit
        state = solve_flat(a, width, star, found[known] * unit, noise * unit**2, teacher=teacher)
        # At lam = 0 less weight decay still would be better, if there were less: xi is then larger.
        off = state["xi"] / unit**2 / xi[known] - 1
        same = (np.abs(off) <= _SAME) | ((found[known] == 0) & (off > 0))
        same &= state["status"] != Status.FAILED
        lam[todo[known[same]]] = found[known[same]]
    return lam


def _best_decay(
    alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, family: Family
) -> tuple[FloatArray, FloatArray]:
    """lam at the least xi, and that xi; one-dimensional arguments."""
    shift = np.ones_like(alpha)  # q/sqrt(xi) as last found, the start for the next xi

    def surplus(log_xi: FloatArray, index: IndexArray) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        shift[index], t = _best_shift(xi, kappa[index], kappa_star[index], shift[index], family)
        needed = t.mse + delta[index] / 2
        return np.log(needed / (2 * alpha[index] * xi)), xi * t.mse_xi / needed - 1

    high = np.log((family.second(kappa_star) + delta / 2) / (2 * alpha))
    low = np.maximum(np.log(np.maximum(delta, np.finfo(float).tiny) / (4 * alpha)), high + np.log(_CLEAN))
    xi = np.exp(newton_in_bracket(surplus, low, high))
    best, t = _best_shift(xi, kappa, kappa_star, shift, family)
    # A shift that is nearly none is what the equation makes of it: none where no eigenvalue is negative.
    next_one = 2 * np.sqrt(xi) * t.rho_hilbert / np.where(t.mass > 0, t.mass, 1.0)
    next_one = np.where(next_one < _NONE, 0.0, next_one)
    best = np.where(best < _SLIGHT, next_one, best)
    return np.maximum(best * np.sqrt(xi) * (1 - t.interaction / alpha), 0.0), xi


def _best_shift(
    xi: FloatArray, kappa: FloatArray, kappa_star: FloatArray, start: FloatArray, family: Family
) -> tuple[FloatArray, Terms]:
    """q/sqrt(xi) with the least mse at a given xi, and the terms there."""
    omega = np.full(xi.shape, -np.inf)
    narrow = kappa < 1
    omega[narrow] = family.quantile(kappa[narrow], kappa_star[narrow], xi[narrow])
    scale = np.sqrt(xi)

    def gain(shift: FloatArray, index: IndexArray) -> tuple[FloatArray, FloatArray]:
        x, q = xi[index], shift * scale[index]
        t = evaluate(np.maximum(q, omega[index]), q, x, kappa_star[index], family)
        some = t.mass > 0
        mass = np.where(some, t.mass, 1.0)
        mean = np.where(some, t.rho_hilbert / mass, 0.0)
        moving = np.where(q > omega[index], t.density / mass * (mean - t.hilbert), 0.0)
        return 2 * x / scale[index] * mean - shift, 2 * x * moving - 1

    # The right edge of the spectrum lies below this.
    top = 2 + family.top(kappa_star) / scale
    shift = newton_in_bracket(gain, np.zeros_like(xi), top, start)
    q = shift * scale
    return shift, evaluate(np.maximum(q, omega), q, xi, kappa_star, family)
