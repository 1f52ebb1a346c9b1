"""The best weight decay beside a given Frobenius decay.

At a given noise xi the shift q makes the slope s of what is kept, through R^2 + (lam2 - 1 + I_0/alpha) R =
lam2 with I_0 = int_b rho H (x - q) and s = R/(R + lam2) (THEORY section 14); the shift with the least mse
makes xi, and lam = q R.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.law.family import Family, family_of
from quadviz.law.teachers import Teacher
from quadviz.outcome import Status
from quadviz.theory.best.elastic_net import line_mse
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.penalty import pure_response
from quadviz.theory.steady.small_noise import settled_width
from quadviz.theory.steady.solving import solve_flat

__all__ = ["best_beside"]

IndexArray = NDArray[np.intp]

#: The smallest xi looked for, relative to the largest possible.
_CLEAN = 1e-15
#: Largest relative difference between the xi here and that of the steady state at the decay found.
_SAME = 1e-6
#: Points of the look for the least mse over q, and pieces and rounds of the closer ones.
_LOOK, _PIECES, _ROUNDS = 48, 8, 10


def best_beside(
    alpha: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    delta: FloatArray,
    lam2: FloatArray,
    *,
    teacher: Teacher,
) -> FloatArray:
    """The weight decay with the least mse beside a given Frobenius decay > 0; NaN where it is not found."""
    unit, family = teacher.unit, family_of(teacher, in_units=True)
    noise, student = delta / unit**2, settled_width(kappa, kappa_star)
    lam = np.full(alpha.shape, np.nan)
    tried = np.flatnonzero(within_reach(alpha, lam2, widths=(kappa, kappa_star), delta=noise))
    xi = np.zeros(alpha.shape)
    for at in tried:
        xi[at], lam[at] = _best_weight_decay(
            alpha[at], student[at], kappa_star[at], noise[at], lam2[at], family
        )
    known = np.flatnonzero(np.isfinite(lam))
    state = solve_flat(
        *(v[known] for v in (alpha, student, kappa_star, lam * unit, delta, lam2)), teacher=teacher
    )
    same = np.abs(state["xi"] / unit**2 / xi[known] - 1) <= _SAME
    lam[known[~(same & (state["status"] != Status.FAILED))]] = np.nan
    return lam * unit


def _best_weight_decay(
    alpha: float, kappa: float, kappa_star: float, delta: float, lam2: float, family: Family
) -> tuple[float, float]:
    """xi and lam at one point."""
    k = np.array([kappa_star])

    def look(q: FloatArray, xi: float, omega: float) -> tuple[FloatArray, FloatArray]:
        """mse and R."""
        noise = np.full(q.size, xi)
        law = family.above(np.maximum(q, omega), np.broadcast_to(k, q.shape), noise, first=True)
        kept = law.x_rho_hilbert - q * law.rho_hilbert
        response = pure_response(np.full(q.size, alpha), np.full(q.size, lam2), kept)
        return line_mse(law, q, response / (response + lam2), kept, xi)[0], response

    def least(xi: float) -> tuple[float, float, float]:
        """q, mse and R of the best shift."""
        omega = -np.inf
        if kappa < 1:
            omega = float(family.quantile(np.array([kappa]), k, np.array([xi]))[0])
        q = np.linspace(0, 2 * np.sqrt(xi) + float(family.top(k)[0]), _LOOK)
        for _ in range(_ROUNDS):
            mse, _ = look(q, xi, omega)
            best = int(np.argmin(mse))
            low, high = q[max(best - 1, 0)], q[min(best + 1, q.size - 1)]
            if high - low <= 1e-4 * max(high, 1e-6):
                break
            q = np.linspace(low, high, _PIECES + 1)
        # The vertex of a parabola through three points that are not too near.
        middle, width = q[best], max((q[-1] - q[0]) / 4, 1e-5 * np.sqrt(xi))
        here = middle
        if middle > width:
            three = look(np.array([middle - width, middle, middle + width]), xi, omega)[0]
            bend = three[0] - 2 * three[1] + three[2]
            if bend > 0:
                here = middle + np.clip(width * (three[0] - three[2]) / (2 * bend), -width, width)
        mse, response = look(np.array([here]), xi, omega)
        return here, float(mse[0]), float(response[0])

    def surplus(log_xi: FloatArray, _: IndexArray) -> tuple[FloatArray, FloatArray]:
        values = []
        for point in (log_xi[0], log_xi[0] + 1e-6):
            xi = float(np.exp(point))
            values.append(np.log((least(xi)[1] + delta / 2) / (2 * alpha * xi)))
        return np.array(values[:1]), np.array([(values[1] - values[0]) / 1e-6])

    high = np.log((family.second(k) + delta / 2) / (2 * alpha))
    low = np.maximum(np.log(np.maximum(delta, np.finfo(float).tiny) / (4 * alpha)), high + np.log(_CLEAN))
    xi = float(np.exp(newton_in_bracket(surplus, low, high, accuracy=1e-8)[0]))
    q, _, response = least(xi)
    return xi, q * response
