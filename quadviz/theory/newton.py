"""Newton's method for the steady-state equations, vectorised over independent problems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.partial_integrals import MASS_ROUNDING
from quadviz.theory.equations import evaluate

__all__ = ["Problems", "newton"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative change of an unknown in one step.
_SHRINK, _GROW = 0.3, 3.0
#: An xi that shrinks below this has no root to go to.
_SMALLEST = 1e-40
#: q/sqrt(xi) below which the law above q is that above 0, to second order.
_NO_SHIFT = 1e-7


@dataclass(frozen=True)
class Problems:
    """Independent steady-state problems: one-dimensional arrays of one length, validated."""

    alpha: FloatArray
    kappa: FloatArray
    kappa_star: FloatArray
    lam: FloatArray
    delta: FloatArray

    def __len__(self) -> int:
        return int(self.alpha.size)

    def __getitem__(self, index: NDArray[np.intp] | BoolArray) -> Problems:
        return Problems(
            self.alpha[index], self.kappa[index], self.kappa_star[index], self.lam[index], self.delta[index]
        )


def newton(
    problems: Problems,
    xi: FloatArray,
    q: FloatArray,
    omega: FloatArray | None = None,
    *,
    iterations: int = 16,
) -> BoolArray:
    """Solve both equations from a start, improving the unknowns in place; True where it converged.

    Without ``omega`` the cut is at q. With it the cut is at omega, a third unknown whose equation
    mass(omega) = kappa is eliminated to first order, so that it never divides by a small density.
    lam = 0 selects one of the two ridgeless phases by the start: I = alpha where q > 0, else q = 0.

    Args:
        problems: the parameters.
        xi: start and result, > 0.
        q: start and result, >= 0.
        omega: start and result, or None.
        iterations: how many at most; next to a double root each gains only a digit or less.
    """
    converged = np.zeros(len(problems), dtype=bool)
    active, last, previous = np.arange(len(problems)), np.zeros(len(problems)), np.full(len(problems), np.inf)
    for _ in range(iterations):
        p, x, s = problems[active], xi[active], q[active]
        cut = s if omega is None else omega[active]
        t = evaluate(cut, s, x, p.kappa_star)
        surplus = np.zeros_like(x) if omega is None else t.mass - np.minimum(p.kappa, 1)
        # First-order effect of moving omega to where its mass is kappa.
        tilt = t.hilbert * (cut - s)
        response = p.alpha - (t.interaction - surplus * tilt)
        first = t.mse - surplus * (s**2 - cut**2 + 4 * x * tilt) + p.delta / 2 - 2 * p.alpha * x
        first_xi = t.mse_xi - 2 * p.alpha
        regular, pinned = p.lam > 0, s == 0
        second = np.where(regular, s * response - p.lam * p.alpha, np.where(pinned, 0.0, response))
        second_xi = -t.interaction_xi * np.where(regular, s, np.where(pinned, 0.0, 1.0))
        second_q = np.where(regular, response + s * t.rho_hilbert, np.where(pinned, 1.0, t.rho_hilbert))
        determinant = first_xi * second_q - t.mse_q * second_xi
        with np.errstate(divide="ignore", invalid="ignore"):
            dx = (t.mse_q * second - second_q * first) / determinant / x
            dq = np.where(pinned, 0.0, (second_xi * first - first_xi * second) / determinant / s)
        bad = ~(np.isfinite(dx) & np.isfinite(dq))
        dx, dq = np.where(bad, 0.0, dx), np.where(bad, 0.0, dq)
        # Left of the fold of q (alpha - I) the tangent points away from the root.
        dq = np.where(regular & (second_q <= 0.1 * s * t.rho_hilbert), np.maximum(dq, 1.0), dq)
        # A large step back over the last one is a cycle in the making: halve it, in the logarithm.
        damping = np.where((dx * last[active] < 0) & (np.abs(dx) > 0.1), 0.5, 1.0)
        last[active] = dx
        new_x = np.maximum(x * np.clip(1 + dx, _SHRINK, _GROW) ** damping, _SMALLEST)
        new_q = s * np.clip(1 + dq, _SHRINK, _GROW) ** damping
        # Quadratic convergence: after a step this small the next is below rounding. A small step that
        # stopped shrinking is rounding itself, at a nearly singular point.
        # Where q vanishes beside the spectrum, at the end of interpolation, its own digits do not count.
        size = np.maximum(np.abs(dx), np.abs(dq) * s / (s + _NO_SHIFT * np.sqrt(x)))
        done = ~bad & ((size < 1e-9) | ((size < 1e-6) & (size > previous[active] / 2)))
        previous[active] = size
        if omega is not None:
            shift = np.divide(surplus, t.density, out=np.zeros_like(x), where=t.density > 1e-9)
            omega[active] = cut + np.clip(shift, -np.sqrt(x), np.sqrt(x)) + t.hilbert * (new_x - x)
            done &= np.abs(surplus) < MASS_ROUNDING
        xi[active], q[active] = new_x, new_q
        converged[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return converged
