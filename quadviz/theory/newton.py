"""Newton's method for the steady-state equations, vectorised over independent problems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.partial_integrals import MASS_ROUNDING, beside_gap, mass_from_gap
from quadviz.theory.equations import Terms, evaluate

__all__ = ["Problems", "at_rank", "mass_surplus", "newton"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative change of an unknown in one step.
_SHRINK, _GROW = 0.3, 3.0
#: An xi that shrinks below this has no root to go to.
_SMALLEST = 1e-40
#: q/sqrt(xi) below which the law above q is that above 0, to second order.
_NO_SHIFT = 1e-7
#: Relative and absolute rounding of a mass counted from the gap.
_UNIT, _TINY = 4e-15, 1e-24
#: Smallest relative change of omega that a float can tell.
_ULP = 4e-16
#: Part of the mass between gap and cut by which that mass may still be wrong.
_LAST = 1e-5


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

    def __getitem__(self, index: NDArray[np.intp] | BoolArray | slice) -> Problems:
        return Problems(
            self.alpha[index], self.kappa[index], self.kappa_star[index], self.lam[index], self.delta[index]
        )


def mass_surplus(t: Terms, kappa: FloatArray, kappa_star: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mass above the cut less the student's rank, and how large its rounding may be.

    A student barely narrower than its teacher loses the least of the teacher's directions, whose eigenvalue
    may be 10^4 times the error: the little mass between gap and cut must be known by itself.
    """
    rank = np.minimum(kappa, 1.0)
    surplus, rounding = t.mass - rank, np.full_like(t.mass, MASS_ROUNDING)
    g = t.hilbert - 1j * np.pi * t.density
    near = np.flatnonzero(beside_gap(g, kappa_star))
    if near.size:
        k = kappa_star[near]
        lost, unit = mass_from_gap(g[near], k)
        surplus[near] = (k - rank[near]) - lost
        rounding[near] = np.minimum(MASS_ROUNDING, unit + _UNIT * np.abs(k - rank[near]) + _TINY)
    return surplus, rounding


def at_rank(
    t: Terms, surplus: FloatArray, xi: FloatArray, q: FloatArray, cut: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """mse and I to first order in the way from the cut to where the mass above it is the student's rank."""
    tilt = t.hilbert * (cut - q)
    return t.mse - surplus * (q**2 - cut**2 + 4 * xi * tilt), t.interaction - surplus * tilt


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
        if omega is None:
            surplus, rounding, mse, interaction = np.zeros_like(x), np.zeros_like(x), t.mse, t.interaction
        else:
            surplus, rounding = mass_surplus(t, p.kappa, p.kappa_star)
            mse, interaction = at_rank(t, surplus, x, s, cut)
        response = p.alpha - interaction
        first = mse + p.delta / 2 - 2 * p.alpha * x
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
            # What is left of the surplus enters squared.
            allowed = rounding + _ULP * t.density * np.abs(cut) + _LAST * np.abs(p.kappa_star - p.kappa)
            done &= np.abs(surplus) < np.minimum(allowed, MASS_ROUNDING)
        xi[active], q[active] = new_x, new_q
        converged[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return converged
