"""The steady state of a student wide enough for its width not to matter.

For kappa >= kappa_min the cut is at q, the flow minimises a convex problem (nuclear-norm ERM) and
the two equations have exactly one solution for every alpha. Given xi, the second equation has one
root q(xi), since d/dq [q (alpha - I)] = alpha - I + q J with J > 0 wherever I < alpha; put back into
the first it leaves one scalar equation with one sign change. Newton's method in both unknowns with
the closed derivatives gets there in about five evaluations; where it does not, a scan brackets the
sign change ever more narrowly until it does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.partial_integrals import MASS_ROUNDING
from quadviz.theory.steady.newton import Problems, newton
from quadviz.theory.steady.small_noise import ridgeless_recovery
from quadviz.theory.steady.zoom import zoom

__all__ = ["least_mse", "shift_at", "solve_wide"]


#: A ridgeless problem is first solved at this weight decay, which tells its two phases apart.
_PROBE_LAM = 1e-6
#: Iterations beside the border between the phases, where roots are nearly double.
_PATIENCE = 40
#: The search for q at a given xi: how often at most.
_MAX_ITERATIONS = 60
#: q/sqrt(xi) that stands for no shift, and the xi that stands for none, where that search begins.
_NO_SHIFT, _CLEAN = 1e-9, 1e-22


def _start(p: Problems) -> tuple[FloatArray, FloatArray]:
    """A first guess: nothing learned below the recovery threshold, the shrunken teacher above it."""
    xi = (p.second + p.delta / 2) / (2 * p.alpha)
    # As alpha -> 0 the shift approaches the right edge of the semicircle as alpha^(2/5).
    edge = np.sqrt(xi) * np.maximum(2 - (p.alpha / 0.06) ** 0.4, 0.05)
    response = 1 - ridgeless_recovery(np.ones(len(p)), p.kappa_star) / p.alpha
    learned, response = response > 0, np.maximum(response, 0.05)
    shrunk_q = p.lam / response
    mse = np.minimum(shrunk_q**2 * np.minimum(p.kappa_star, 1), p.second)
    if p.lam2 is not None:
        mse = np.minimum(mse + p.second * (p.lam2 / (p.lam2 + response)) ** 2, p.second)
    learned_xi = np.minimum((mse + p.delta / 2) / (2 * p.alpha * response), xi)
    learned_q = np.where(p.delta == 0, shrunk_q, p.lam + edge * np.sqrt(learned_xi / xi))
    return np.where(learned, learned_xi, xi), np.where(learned, learned_q, p.lam + edge)


def shift_at(p: Problems, xi: FloatArray, accuracy: float = 1e-6) -> FloatArray:
    """The q that solves the second equation at a given xi; one root, bracketed Newton.

    alpha - I - alpha lam/q increases with q, from lam, where it is negative, to beyond the support. At
    lam = 0 it may be positive down to q = 0, which is then the answer.

    Args:
        p: the parameters, of which kappa is not used.
        xi: noise variance, > 0, of their length.
        accuracy: how well q is known, relatively, at the end.
    """
    low = np.log(np.maximum(p.lam, _NO_SHIFT * np.sqrt(xi)))
    high = np.log(np.maximum(p.lam, 2 * np.sqrt(xi) + p.family.top(p.kappa_star))) + 1e-9
    log_q, left = (low + high) / 2, np.ones(low.shape, dtype=bool)
    for _ in range(_MAX_ITERATIONS):
        q = np.exp(log_q)
        t = p.terms(q, q, xi)
        decay = p.alpha * p.lam / q
        excess = p.alpha - t.interaction - decay
        low, high = np.where(excess < 0, log_q, low), np.where(excess < 0, high, log_q)
        # Newton's method in 1/q, in which decay is linear; in log q, which is never far out; bisection.
        slope = q * t.interaction_fall + decay
        fraction = np.divide(excess, slope, out=np.zeros_like(q), where=slope > 0)
        tried = np.where(fraction > -0.9, log_q - np.log1p(np.maximum(fraction, -0.9)), log_q - fraction)
        # Off the support nothing moves: there the bracket is halved.
        inside = (tried >= low) & (tried <= high) & (slope > 0)
        step = np.where(left, np.where(inside, tried, (low + high) / 2) - log_q, 0.0)
        log_q = log_q + step
        left &= np.abs(step) >= accuracy
        if not left.any():
            break
    q = np.exp(log_q)
    if p.lam2 is not None:
        q = np.where((p.lam == 0) & (p.lam2 > 0), 0.0, q)
    return np.where((p.lam == 0) & (q < 2 * _NO_SHIFT * np.sqrt(xi)), 0.0, q)


def least_mse(p: Problems) -> FloatArray:
    """A bound from below on what decay does to the mse of a teacher of rank 1, without noise."""
    least = 1e-3 * np.minimum(np.minimum(p.lam, 1), np.sqrt(p.second)) ** 2
    if p.lam2 is not None:
        least = np.maximum(least, 1e-3 * np.minimum(p.lam2, 1) ** 2 * p.second)
    return least


def _scanned(problems: Problems) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Scan the one scalar equation in xi, which is met from below, once."""

    def scan(p: Problems, log_xi: FloatArray) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        q = shift_at(p, xi)
        return 2 * p.alpha - (p.terms(q, q, xi).mse + p.delta / 2) / xi, q

    p = problems
    floor = np.maximum(np.maximum(p.delta / 4, least_mse(p) * np.minimum(p.kappa_star, 1)), _CLEAN) / p.alpha
    ceiling = (p.second + p.delta) / p.alpha * 1e7
    (xi, q), converged = zoom(p, np.log(floor), np.log(ceiling), scan)
    return xi, q, converged


def _ridgeless(problems: Problems, xi: FloatArray, q: FloatArray) -> BoolArray:
    """From the solution at a tiny weight decay to lam -> 0+, in place; True where it converged.

    q (1 - I/alpha) = lam -> 0: either factor vanishes, and the start shows which is the small one. Close to
    the border between the two phases it may mislead; there the scan decides.
    """
    fitting = q / np.sqrt(xi) > _PROBE_LAM / q
    converged = np.zeros(len(problems), dtype=bool)
    for phase in (fitting, ~fitting):
        todo = np.flatnonzero(~converged)
        if not todo.size:
            return converged
        x, s = xi[todo].copy(), np.where(phase[todo], q[todo], 0.0)
        ok = newton(problems[todo], x, s, iterations=_PATIENCE)
        response = problems.alpha[todo] - problems[todo].terms(s, s, x).interaction
        ok &= (s > 0) | (response >= -MASS_ROUNDING)
        done = todo[ok]
        xi[done], q[done], converged[done] = x[ok], s[ok], True
    hard = np.flatnonzero(~converged)
    if hard.size:
        xi[hard], q[hard], converged[hard] = _scanned(problems[hard])
    return converged


def solve_wide(problems: Problems) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Solve the equations with the cut at q, lam = 0 read as the limit lam -> 0+.

    With delta = 0 and lam = 0 the problems must lie below the recovery threshold (above it
    xi = q = 0). The student's width is not used.

    Returns:
        xi, q, and where the solve succeeded.
    """
    bare = problems.bare
    probe = replace(problems, lam=np.where(bare, _PROBE_LAM, problems.lam))
    xi, q = _start(probe)
    q = np.where(probe.lam > 0, q, 0.0)
    converged = newton(probe, xi, q)
    hard = np.flatnonzero(~converged)
    if hard.size:
        xi[hard], q[hard], converged[hard] = _scanned(probe[hard])
    ridgeless = np.flatnonzero(bare)
    if ridgeless.size:
        x, s = xi[ridgeless], q[ridgeless]
        converged[ridgeless] &= _ridgeless(problems[ridgeless], x, s)
        xi[ridgeless], q[ridgeless] = x, s
    return xi, q, converged
