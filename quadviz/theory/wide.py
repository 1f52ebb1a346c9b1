"""The steady state of a student wide enough for its width not to matter.

For kappa >= kappa_min the cut is at q, the flow minimises a convex problem (nuclear-norm ERM) and
the two equations have exactly one solution for every alpha. Given xi, the second equation has one
root q(xi), since d/dq [q (alpha - I)] = alpha - I + q J with J > 0 wherever I < alpha; put back into
the first it leaves one scalar equation with one sign change. Newton's method in both unknowns with
the closed derivatives gets there in about five evaluations; the nested bracketing, which cannot
fail, takes over where it does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quadviz.theory.equations import evaluate

__all__ = ["solve_wide"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative change of an unknown in one Newton step.
_SHRINK, _GROW = 0.3, 3.0
_MAX_ITERATIONS = 40
#: A ridgeless problem is first solved at this weight decay, which tells its two phases apart.
_PROBE_LAM = 1e-6


def _start(
    alpha: FloatArray, kappa_star: FloatArray, lam: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A first guess: little learned at small alpha, the shrunken teacher well above recovery."""
    rank = np.minimum(kappa_star, 1)
    recovery = rank - rank**2 / 2
    ignorant = (1 + 1 / kappa_star + delta / 2) / (2 * alpha)
    # The right edge of a semicircle, approached as alpha^(2/5).
    fitting_q = lam + np.sqrt(ignorant) * np.maximum(2 - (alpha / 0.06) ** 0.4, 0.05)
    response = 1 - 1.1 * recovery / alpha
    learned = response > 0.05
    response = np.maximum(response, 0.05)
    learned_q = lam / response
    learned_xi = (np.minimum(learned_q**2 * rank, 1 + 1 / kappa_star) + delta / 2) / (2 * alpha * response)
    noiseless = learned & (delta == 0)
    xi = np.where(learned, np.minimum(ignorant, learned_xi), ignorant)
    q = np.where(noiseless, np.minimum(fitting_q, learned_q), fitting_q * np.sqrt(xi / ignorant))
    return xi, np.maximum(q, lam)


def _newton(
    alpha: FloatArray,
    kappa_star: FloatArray,
    lam: FloatArray,
    delta: FloatArray,
    xi: FloatArray,
    q: FloatArray,
) -> BoolArray:
    """Newton in (xi, q), improving both in place; True where it converged.

    lam = 0 selects one of the two ridgeless phases by the start: I = alpha where q > 0, q = 0 where not.
    """
    converged = np.zeros(alpha.shape, dtype=bool)
    active = np.arange(alpha.size)
    for _ in range(_MAX_ITERATIONS):
        a, k, decay, x, s = alpha[active], kappa_star[active], lam[active], xi[active], q[active]
        t = evaluate(s, s, x, k)
        first = t.mse + delta[active] / 2 - 2 * a * x
        first_xi = t.mse_xi - 2 * a
        response = a - t.interaction
        regular, pinned = decay > 0, s == 0
        second = np.where(regular, s * response - decay * a, np.where(pinned, 0.0, response))
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
        xi[active] = x * np.clip(1 + dx, _SHRINK, _GROW)
        q[active] = s * np.clip(1 + dq, _SHRINK, _GROW)
        # Quadratic convergence: after a step this small the next is below rounding.
        done = ~bad & (np.maximum(np.abs(dx), np.abs(dq)) < 1e-9)
        converged[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return converged


def _bracketed(
    alpha: FloatArray, kappa_star: FloatArray, lam: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The nested one-dimensional solve: q(xi) inside, the sign change in xi outside."""
    from scipy.optimize import elementwise  # imported on the rare path only: it is slow to load

    def inner_q(xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray) -> FloatArray:
        def balance(log_q: FloatArray, xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray) -> FloatArray:
            s = np.exp(log_q)
            return (1 - evaluate(s, s, xi, k).interaction / a) - decay / s

        edge = 2 * np.sqrt(xi) + (1 + 1 / np.sqrt(k)) ** 2  # beyond the support: I = 0
        low, high = np.log(decay) - 1e-9, np.log(np.maximum(edge, decay)) + 1e-9
        found = elementwise.find_root(balance, (low, high), args=(xi, a, k, decay))
        return np.exp(found.x)

    def excess(
        log_xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray, noise: FloatArray
    ) -> FloatArray:
        xi = np.exp(log_xi)
        s = inner_q(xi, a, k, decay)
        return 2 * a - (evaluate(s, s, xi, k).mse + noise / 2) / xi

    rank = np.minimum(kappa_star, 1)
    floor = np.maximum(delta / 4, 1e-3 * lam**2 * rank) / alpha
    ceiling = (1 + 1 / kappa_star + delta) / alpha * 1e7
    args = (alpha, kappa_star, lam, delta)
    found = elementwise.find_root(excess, (np.log(floor) - 1e-6, np.log(ceiling)), args=args)
    xi = np.exp(found.x)
    return xi, inner_q(xi, alpha, kappa_star, lam), found.success


def solve_wide(
    alpha: FloatArray, kappa_star: FloatArray, lam: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Solve the equations with the cut at q, lam = 0 read as the limit lam -> 0+.

    The arguments are one-dimensional, of one length, and validated. With delta = 0 and lam = 0 they
    must lie below the recovery threshold (above it xi = q = 0).

    Returns:
        xi, q, and where the solve succeeded.
    """
    probe = np.where(lam > 0, lam, _PROBE_LAM)
    xi, q = _start(alpha, kappa_star, probe, delta)
    converged = _newton(alpha, kappa_star, probe, delta, xi, q)
    if not converged.all():
        hard = np.flatnonzero(~converged)
        args = (alpha[hard], kappa_star[hard], probe[hard], delta[hard])
        xi[hard], q[hard], ok = _bracketed(*args)
        polished_xi, polished_q = xi[hard].copy(), q[hard].copy()
        better = _newton(*args, polished_xi, polished_q)
        # A polish that wandered off is not one.
        better &= np.abs(np.log(polished_xi / xi[hard])) < 1e-3
        xi[hard], q[hard] = np.where(better, polished_xi, xi[hard]), np.where(better, polished_q, q[hard])
        converged[hard] = ok
    ridgeless = np.flatnonzero(lam == 0)
    if ridgeless.size:
        a, k, noise = alpha[ridgeless], kappa_star[ridgeless], delta[ridgeless]
        x, s = xi[ridgeless], q[ridgeless]
        # q (1 - I/alpha) = lam -> 0: either factor vanishes, and the probe shows which is the small one.
        s = np.where(s / np.sqrt(x) > _PROBE_LAM / s, s, 0.0)
        ok = _newton(a, k, np.zeros_like(a), noise, x, s)
        xi[ridgeless], q[ridgeless] = x, s
        converged[ridgeless] = ok
    return xi, q, converged
