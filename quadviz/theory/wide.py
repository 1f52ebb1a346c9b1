"""The steady state of a student wide enough for its width not to matter.

For kappa >= kappa_min the cut is at q, the flow minimises a convex problem (nuclear-norm ERM) and
the two equations have exactly one solution for every alpha. Given xi, the second equation has one
root q(xi), since d/dq [q (alpha - I)] = alpha - I + q J with J > 0 wherever I < alpha; put back into
the first it leaves one scalar equation with one sign change. Newton's method in both unknowns with
the closed derivatives gets there in about five evaluations; the nested bracketing, which cannot
fail, takes over where it does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quadviz.theory.equations import evaluate
from quadviz.theory.newton import Problems, newton

__all__ = ["solve_wide"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: A ridgeless problem is first solved at this weight decay, which tells its two phases apart.
_PROBE_LAM = 1e-6


def _ignorant_start(p: Problems) -> tuple[FloatArray, FloatArray]:
    """The solution as alpha -> 0, when nothing of the teacher is learned: noise and a shift near its edge."""
    xi = (1 + 1 / p.kappa_star + p.delta / 2) / (2 * p.alpha)
    # The shift approaches the right edge of the semicircle as alpha^(2/5).
    return xi, p.lam + np.sqrt(xi) * np.maximum(2 - (p.alpha / 0.06) ** 0.4, 0.05)


def _start(p: Problems) -> tuple[FloatArray, FloatArray]:
    """A first guess: nothing learned at small alpha, the shrunken teacher well above recovery."""
    xi, q = _ignorant_start(p)
    rank = np.minimum(p.kappa_star, 1)
    response = 1 - 1.2 * (rank - rank**2 / 2) / p.alpha
    learned = response > 0.2
    response = np.maximum(response, 0.2)
    learned_q = p.lam / response
    learned_xi = (np.minimum(learned_q**2 * rank, 1 + 1 / p.kappa_star) + p.delta / 2) / (
        2 * p.alpha * response
    )
    smaller = np.where(learned, np.minimum(xi, learned_xi), xi)
    scaled_q = (q - p.lam) * np.sqrt(smaller / xi) + p.lam
    return smaller, np.where(learned & (p.delta == 0), np.minimum(q, learned_q), scaled_q)


def _from_ignorance(problems: Problems) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Newton's method from the small-alpha end."""
    xi, q = _ignorant_start(problems)
    return xi, q, newton(problems, xi, q)


def _bracketed(problems: Problems) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The nested one-dimensional solve: q(xi) inside, the sign change in xi outside; then polished."""
    from scipy.optimize import elementwise  # imported on the rare path only: it is slow to load

    def inner_q(xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray) -> FloatArray:
        def balance(
            log_q: FloatArray, xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray
        ) -> FloatArray:
            s = np.exp(log_q)
            return (1 - evaluate(s, s, xi, k).interaction / a) - decay / s

        edge = 2 * np.sqrt(xi) + (1 + 1 / np.sqrt(k)) ** 2  # beyond the support: I = 0
        low, high = np.log(decay) - 1e-9, np.log(np.maximum(edge, decay)) + 1e-9
        found = elementwise.find_root(balance, (low, high), args=(xi, a, k, decay))
        root: FloatArray = np.exp(found.x)
        return root

    def excess(
        log_xi: FloatArray, a: FloatArray, k: FloatArray, decay: FloatArray, noise: FloatArray
    ) -> FloatArray:
        xi = np.exp(log_xi)
        s = inner_q(xi, a, k, decay)
        return 2 * a - (evaluate(s, s, xi, k).mse + noise / 2) / xi

    p = problems
    floor = np.maximum(p.delta / 4, 1e-3 * p.lam**2 * np.minimum(p.kappa_star, 1)) / p.alpha
    ceiling = (1 + 1 / p.kappa_star + p.delta) / p.alpha * 1e7
    args = (p.alpha, p.kappa_star, p.lam, p.delta)
    found = elementwise.find_root(excess, (np.log(floor) - 1e-6, np.log(ceiling)), args=args)
    xi = np.exp(found.x)
    q = inner_q(xi, p.alpha, p.kappa_star, p.lam)
    polished_xi, polished_q = xi.copy(), q.copy()
    # The polish is kept where it did not wander off.
    keep = newton(p, polished_xi, polished_q) & (np.abs(np.log(polished_xi / xi)) < 1e-3)
    return np.where(keep, polished_xi, xi), np.where(keep, polished_q, q), found.success


def _ridgeless(problems: Problems, xi: FloatArray, q: FloatArray) -> BoolArray:
    """From the solution at a tiny weight decay to lam -> 0+, in place; True where it converged.

    q (1 - I/alpha) = lam -> 0: either factor vanishes, and the start shows which is the small one.
    """
    fitting = q / np.sqrt(xi) > _PROBE_LAM / q
    converged = np.zeros(len(problems), dtype=bool)
    for phase in (fitting, ~fitting):  # at the border between the phases the start may mislead
        todo = np.flatnonzero(~converged)
        if not todo.size:
            break
        x, s = xi[todo].copy(), np.where(phase[todo], q[todo], 0.0)
        ok = newton(problems[todo], x, s)
        response = problems.alpha[todo] - evaluate(s, s, x, problems.kappa_star[todo]).interaction
        ok &= (s > 0) | (response >= 0)
        done = todo[ok]
        xi[done], q[done], converged[done] = x[ok], s[ok], True
    return converged


def solve_wide(problems: Problems) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Solve the equations with the cut at q, lam = 0 read as the limit lam -> 0+.

    With delta = 0 and lam = 0 the problems must lie below the recovery threshold (above it
    xi = q = 0). The student's width is not used.

    Returns:
        xi, q, and where the solve succeeded.
    """
    probe = replace(problems, lam=np.where(problems.lam > 0, problems.lam, _PROBE_LAM))
    xi, q = _start(probe)
    converged = newton(probe, xi, q)
    for method in (_from_ignorance, _bracketed):
        hard = np.flatnonzero(~converged)
        if not hard.size:
            break
        xi[hard], q[hard], converged[hard] = method(probe[hard])
    ridgeless = np.flatnonzero(problems.lam == 0)
    if ridgeless.size:
        x, s = xi[ridgeless], q[ridgeless]
        converged[ridgeless] &= _ridgeless(problems[ridgeless], x, s)
        xi[ridgeless], q[ridgeless] = x, s
    return xi, q, converged
