"""The best Frobenius decay where it is the only one: a plain shrinkage of all that is kept.

Without weight decay nothing is cut but negative eigenvalues of the noisy teacher, and a kept one x becomes s
x (THEORY section 14). At given xi the mse is a parabola in s, least at

    s = (B - 2 xi K)/B,      B = int_b rho x^2,   K = int_b rho H x,   b = max(0, omega),
    mse = m2 - (B - 2 xi K)^2/B,

and with it mse/xi decreases with xi: one root of 2 alpha xi = mse + delta/2, and lam2 = R (1/s - 1) with R =
1 - s K/alpha.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.labels import named_parameters
from quadviz.law.family import family_of
from quadviz.law.teachers import WISHART, Teacher, TeacherLike
from quadviz.outcome import Status, announce, quiet
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.small_noise import settled_width
from quadviz.theory.steady.solving import solve_flat
from quadviz.theory.steady.thresholds import teacher_widths

__all__ = ["LEAST_LAM2", "optimal_lam2"]

#: The least decay that is told: where less would be better still, and where there is nothing to shrink.
LEAST_LAM2 = 1e-6
#: The smallest xi looked for, relative to the largest possible.
_CLEAN = 1e-15
#: Largest relative difference between the xi here and that of the steady state at the decay found.
_SAME = 1e-6


@quiet
def optimal_lam2(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    delta: ArrayLike,
    *,
    teacher: TeacherLike = WISHART,
) -> FloatArray:
    """The Frobenius decay with the least mse where there is no weight decay, broadcasting like a ufunc.

    The best achievable mse is that of ``steady_state(alpha, kappa, kappa_star, 0, delta, optimal_lam2(...))``
    (THEORY section 14); :func:`quadviz.optimal_decay` finds the best of both decays together.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        delta: label-noise variance, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        lam2, of the broadcast shape, a NumPy scalar for scalars; never less than 1e-6, which stands for less;
        NaN where it was not found.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> optimal_lam2([0.2, 1.0], kappa=1, kappa_star=1.5, delta=0.5).round(3).tolist()
    [0.057, 0.067]
    """
    given = {
        "alpha": alpha,
        "kappa": kappa,
        "kappa_star": teacher_widths(teacher, kappa_star),
        "delta": delta,
    }
    arrays, _ = named_parameters(**given)
    flat = [array.reshape(-1) for array in arrays]
    lam2 = _best(flat[0], flat[1], flat[2], flat[3], teacher).reshape(arrays[0].shape)
    named = dict(zip(given, arrays, strict=True))
    announce("optimal_lam2", np.isnan(lam2), named, "bring the parameters nearer to 1", level=4)
    found: FloatArray = lam2[()]
    return found


def _best(
    alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray, delta: FloatArray, teacher: Teacher
) -> FloatArray:
    """lam2 for one-dimensional parameters, NaN where the steady state there is another."""
    unit, family = teacher.unit, family_of(teacher, in_units=True)
    noise, student = delta / unit**2, settled_width(kappa, kappa_star)
    tried = np.flatnonzero(within_reach(alpha, widths=(kappa, kappa_star), delta=noise))
    a, width, star, d = (column[tried] for column in (alpha, student, kappa_star, noise))

    def line(
        xi: FloatArray, index: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """s, K, the mse and its derivative in xi."""
        cut = np.zeros_like(xi)
        narrow = width[index] < 1
        if narrow.any():
            omega = family.quantile(width[index][narrow], star[index][narrow], xi[narrow])
            cut[narrow] = np.maximum(omega, 0.0)
        law = family.above(cut, star[index], xi)
        k, second = law.x_rho_hilbert, law.moment2
        some = second > 0
        s = np.where(some, 1 - 2 * xi * k / np.where(some, second, 1.0), 0.0)
        s = np.clip(s, 1e-12, 1.0)
        mse = law.deficit + (1 - s) ** 2 * second + 4 * xi * s * k
        k_xi = -law.burgers - cut * np.pi**2 * law.density**3 / 3
        return s, k, mse, 2 * s * s * k + 4 * xi * s * k_xi

    def surplus(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        _, _, mse, mse_xi = line(xi, index)
        needed = mse + d[index] / 2
        return np.log(needed / (2 * a[index] * xi)), xi * mse_xi / needed - 1

    high = np.log((family.second(star) + d / 2) / (2 * a))
    low = np.maximum(np.log(np.maximum(d, np.finfo(float).tiny) / (4 * a)), high + np.log(_CLEAN))
    xi = np.exp(newton_in_bracket(surplus, low, high))
    s, k, *_ = line(xi, np.arange(tried.size))
    wanted = (1 - s * k / a) * (1 / s - 1)
    best = np.maximum(wanted, LEAST_LAM2)
    state = solve_flat(a, width, star, np.zeros_like(a), d * unit**2, best, teacher=teacher)
    off = state["xi"] / unit**2 / xi - 1
    # Less would be better still where the least is told: xi is then larger.
    same = (np.abs(off) <= _SAME) | ((wanted < LEAST_LAM2) & (off > 0))
    lam2 = np.full(alpha.shape, np.nan)
    lam2[tried] = np.where(same & (state["status"] != Status.FAILED), best, np.nan)
    return lam2
