"""Newton's method for the steady-state equations, vectorised over independent problems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.family import WISHART_FAMILY, Family
from quadviz.law.partial_integrals import MASS_ROUNDING
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.penalty import Penalty

__all__ = ["Problems", "at_rank", "newton", "newton_step"]


#: Largest relative change of an unknown in one step.
_SHRINK, _GROW = 0.3, 3.0
#: An xi that shrinks below this has no root to go to.
_SMALLEST = 1e-40
#: q/sqrt(xi) below which the law above q is that above 0, to second order.
_NO_SHIFT = 1e-7
#: Smallest relative change of omega that a float can tell.
_ULP = 4e-16
#: Size of a step that need not be made, and of one that may be the last before it.
_EAGER, _SMALL = 1e-11, 1e-7
#: Part of the mass between gap and cut by which that mass may still be wrong.
_LAST = 1e-5


@dataclass(frozen=True)
class Problems:
    """Independent steady-state problems: one-dimensional arrays of one length, validated.

    Attributes:
        alpha: sample ratios.
        kappa: student widths.
        kappa_star: teacher widths.
        lam: weight decays.
        delta: label noise.
        lam2: Frobenius decays; None where all are 0.
        family: the noisy laws of the one teacher.
    """

    alpha: FloatArray
    kappa: FloatArray
    kappa_star: FloatArray
    lam: FloatArray
    delta: FloatArray
    lam2: FloatArray | None = None
    family: Family = WISHART_FAMILY

    def __len__(self) -> int:
        return int(self.alpha.size)

    def __getitem__(self, index: NDArray[np.intp] | BoolArray | slice) -> Problems:
        return Problems(
            self.alpha[index],
            self.kappa[index],
            self.kappa_star[index],
            self.lam[index],
            self.delta[index],
            None if self.lam2 is None else self.lam2[index],
            self.family,
        )

    @property
    def penalty(self) -> Penalty | None:
        """What the equations ask of a Frobenius decay."""
        return None if self.lam2 is None else Penalty(self.alpha, self.lam, self.lam2)

    @property
    def bare(self) -> BoolArray:
        """Where there is no decay at all."""
        bare: BoolArray = self.lam == 0
        return bare if self.lam2 is None else bare & (self.lam2 == 0)

    @property
    def second(self) -> FloatArray:
        """(1/d) tr Z*^2."""
        return self.family.second(self.kappa_star)

    def terms(self, b: FloatArray, q: FloatArray, xi: FloatArray) -> Terms:
        """Both sides of the equations for eigenvalues above b, at (xi, q)."""
        return evaluate(b, q, xi, self.kappa_star, self.family, self.penalty)

    def surplus(self, t: Terms) -> tuple[FloatArray, FloatArray]:
        """The mass above the cut less the student's rank, and how large its rounding may be."""
        return self.family.surplus(t.mass, t.hilbert, t.density, self.kappa, self.kappa_star)


def at_rank(
    t: Terms, surplus: FloatArray, xi: FloatArray, q: FloatArray, cut: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """mse and I to first order in the way from the cut to where the mass above it is the student's rank."""
    tilt, s = t.hilbert * (cut - q), t.shrink
    if isinstance(s, float):
        return t.mse - surplus * (q**2 - cut**2 + 4 * xi * tilt), t.interaction - surplus * tilt
    kept = s * (cut - q)
    return t.mse - surplus * (kept * (kept - 2 * cut) + 4 * xi * s * tilt), t.interaction - surplus * s * tilt


def newton_step(
    p: Problems, t: Terms, sides: tuple[FloatArray, FloatArray], xi: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The relative changes of xi and q that solve both linearised equations, and where there are none.

    Args:
        p: the parameters.
        t: the terms at (xi, q).
        sides: mse and I there, put right where the cut is not yet where the mass is.
        xi: noise variance, > 0.
        q: shift, >= 0; 0 stays 0.
    """
    mse, interaction = sides
    response = p.alpha - interaction
    first = mse + p.delta / 2 - 2 * p.alpha * xi
    first_xi = t.mse_xi - 2 * p.alpha
    regular, pinned = p.lam > 0, q == 0
    second = np.where(regular, q * response - p.lam * p.alpha, np.where(pinned, 0.0, response))
    second_xi = -t.interaction_xi * np.where(regular, q, np.where(pinned, 0.0, 1.0))
    second_q = np.where(regular, response + q * t.interaction_fall, np.where(pinned, 1.0, t.interaction_fall))
    determinant = first_xi * second_q - t.mse_q * second_xi
    with np.errstate(divide="ignore", invalid="ignore"):
        dx = (t.mse_q * second - second_q * first) / determinant / xi
        dq = np.where(pinned, 0.0, (second_xi * first - first_xi * second) / determinant / q)
    bad = ~(np.isfinite(dx) & np.isfinite(dq))
    dx, dq = np.where(bad, 0.0, dx), np.where(bad, 0.0, dq)
    # Left of the fold of q (alpha - I) the tangent points away from the root.
    dq = np.where(regular & (second_q <= 0.1 * q * t.interaction_fall), np.maximum(dq, 1.0), dq)
    return dx, dq, bad


def newton(
    problems: Problems,
    xi: FloatArray,
    q: FloatArray,
    omega: FloatArray | None = None,
    *,
    iterations: int = 16,
    eager: bool = False,
) -> BoolArray:
    """Solve both equations from a start, improving the unknowns in place; True where it converged.

    Without ``omega`` the cut is at q. With it the cut is at omega, a third unknown whose equation
    mass(omega) = kappa is eliminated to first order, so that it never divides by a small density.
    lam = 0 selects one of the two ridgeless phases by the start: I = alpha where q > 0, else q = 0, which it
    is with Frobenius decay alone.

    Args:
        problems: the parameters.
        xi: start and result, > 0.
        q: start and result, >= 0.
        omega: start and result, or None.
        iterations: how many at most; next to a double root each gains only a digit or less.
        eager: whether a step is the last one as soon as the next would be below 1e-11 if steps shrank no
            faster than before.
    """
    converged = np.zeros(len(problems), dtype=bool)
    active, last, previous = np.arange(len(problems)), np.zeros(len(problems)), np.full(len(problems), np.inf)
    for _ in range(iterations):
        p, x, s = problems[active], xi[active], q[active]
        cut = s if omega is None else omega[active]
        t = p.terms(cut, s, x)
        if omega is None:
            surplus, rounding, mse, interaction = np.zeros_like(x), np.zeros_like(x), t.mse, t.interaction
        else:
            surplus, rounding = p.surplus(t)
            mse, interaction = at_rank(t, surplus, x, s, cut)
        dx, dq, bad = newton_step(p, t, (mse, interaction), x, s)
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
        if eager:
            done |= ~bad & (size < _SMALL) & (size * size < _EAGER * previous[active])
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
