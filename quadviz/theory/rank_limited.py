"""The steady state of a narrow student, whose width cuts the spectrum at omega > q.

For kappa < kappa_min the law above omega depends on xi alone, and the second equation is a quadratic
in q with one non-negative root,

    J q^2 + (alpha - K) q - alpha lam = 0,      J = int_omega rho H > 0,   K = int_omega rho H x,

so at fixed alpha everything is one scalar equation Phi(xi) = 2 alpha xi - mse - delta/2 = 0 on the
stretch where q <= omega. Phi is negative for small xi and positive for large xi. Deep in this regime,
at small lam, it can change sign more than once; the smallest root is the branch reached continuously
from large alpha, and the caller is told that there are others. That the flow ends on a solution of
these equations is an assumption here (arXiv 2601.10483, steady-state ansatz), not a theorem.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.partial_integrals import half_line_integrals
from quadviz.resolvent import resolvent
from quadviz.spectrum import mass_quantile
from quadviz.theory.newton import Problems, newton

__all__ = ["RankLimited", "solve_rank_limited"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Points of the scan in xi, per decade: roots closer than this are taken for none.
_PER_DECADE = 8
#: Width pairs scanned at once, which bounds the memory.
_PAIRS = 64


class RankLimited(NamedTuple):
    """Solutions with the cut at omega.

    Attributes:
        xi: noise variance of the effective teacher.
        q: shift.
        omega: the cut, with mass kappa above it.
        several: whether the equations have other solutions.
        converged: whether a solution was found.
    """

    xi: FloatArray
    q: FloatArray
    omega: FloatArray
    several: BoolArray
    converged: BoolArray


class _Cut(NamedTuple):
    """The law above omega(xi)."""

    xi: FloatArray
    omega: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray


def _cut_law(xi: FloatArray, kappa: FloatArray, kappa_star: FloatArray) -> _Cut:
    """The law above the point that has mass kappa above it; one-dimensional arguments."""
    omega = mass_quantile(kappa, kappa_star, xi)
    law = half_line_integrals(resolvent(omega, kappa_star, xi), omega, kappa_star, xi)
    return _Cut(xi, omega, law.rho_hilbert, law.x_rho_hilbert, law.deficit)


def _phi(
    cut: _Cut, alpha: FloatArray, kappa: FloatArray, lam: FloatArray, delta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Phi / xi, and the q that solves the second equation."""
    xi, _, j, k, deficit = cut
    slack = alpha - k
    root = np.sqrt(slack**2 + 4 * j * alpha * lam)
    positive = slack > 0
    q = np.where(
        positive,
        2 * alpha * lam / np.where(positive, slack + root, 1.0),
        (root - slack) / (2 * np.maximum(j, np.finfo(float).tiny)),
    )
    mse = deficit + kappa * q * q + 4 * xi * (k - q * j)
    return 2 * alpha - (mse + delta / 2) / xi, q


def _scan_range(p: Problems) -> tuple[float, float]:
    """A range of log xi that holds every solution: 2 alpha xi = mse + delta/2 from below and above."""
    shrunk = 1e-3 * p.lam**2 * np.minimum(p.kappa_star, p.kappa)
    floor = np.where(p.lam + p.delta > 0, np.maximum(p.delta / 4, shrunk), 1e-14) / p.alpha
    ceiling = (1 + 1 / p.kappa_star + p.delta) / p.alpha * 1e7
    return float(np.log(floor.min())) - 0.1, float(np.log(ceiling.max()))


def _bisect(p: Problems, low: FloatArray, high: FloatArray) -> RankLimited:
    """The sign change of Phi between low and high in log xi, by a bracketing solve that cannot fail."""
    from scipy.optimize import elementwise  # imported on the rare path only: it is slow to load

    args = (p.alpha, p.kappa, p.kappa_star, p.lam, p.delta)

    def excess(log_xi: FloatArray, a: FloatArray, *rest: FloatArray) -> FloatArray:
        kappa, kappa_star, lam, delta = rest
        return _phi(_cut_law(np.exp(log_xi), kappa, kappa_star), a, kappa, lam, delta)[0]

    found = elementwise.find_root(excess, (low, high), args=args)
    cut = _cut_law(np.exp(found.x), p.kappa, p.kappa_star)
    q = _phi(cut, p.alpha, p.kappa, p.lam, p.delta)[1]
    return RankLimited(cut.xi, q, cut.omega, np.zeros(len(p), dtype=bool), found.success)


def _solve_pairs(p: Problems, pair: NDArray[np.intp], pairs: FloatArray) -> RankLimited:
    """Scan Phi for each problem over the table of its width pair, then solve for the first root."""
    low, high = _scan_range(p)
    grid = np.linspace(low, high, int((high - low) / np.log(10) * _PER_DECADE) + 2)
    shape = (len(pairs), grid.size)
    flat = (np.broadcast_to(column, shape).ravel() for column in (np.exp(grid), pairs[:, :1], pairs[:, 1:]))
    table = _Cut(*(values.reshape(shape) for values in _cut_law(*flat)))
    here = _Cut(*(values[pair] for values in table))
    columns = (values[:, None] for values in (p.alpha, p.kappa, p.lam, p.delta))
    phi, q = _phi(here, *columns)
    positive = phi > 0
    valid = q <= here.omega
    change = (positive[:, 1:] != positive[:, :-1]) & (valid[:, 1:] | valid[:, :-1])
    several = change.sum(axis=1) > 1
    # With lam = 0 and delta = 0 the teacher itself, xi = 0, is handled by the caller.
    rows, first = np.arange(len(p)), change.argmax(axis=1)
    found = change[rows, first]
    left, right = phi[rows, first], phi[rows, first + 1]
    share = np.divide(left, left - right, out=np.full(len(p), 0.5), where=left != right)
    share = np.clip(share, 0, 1)
    xi = np.exp(grid[first] + share * (grid[1] - grid[0]))
    omega = (1 - share) * here.omega[rows, first] + share * here.omega[rows, first + 1]
    start_q = (1 - share) * q[rows, first] + share * q[rows, first + 1]
    # The ridgeless phases: q = 0 on one side of alpha = K, I = alpha on the other.
    q_solved, xi_solved, omega_solved = start_q.copy(), xi.copy(), omega.copy()
    converged = newton(p, xi_solved, q_solved, omega_solved)
    inside = np.abs(np.log(xi_solved / xi)) <= grid[1] - grid[0]
    hard = np.flatnonzero(found & ~(converged & inside))
    if hard.size:
        solved = _bisect(p[hard], grid[first[hard]], grid[first[hard] + 1])
        xi_solved[hard], q_solved[hard], omega_solved[hard] = solved.xi, solved.q, solved.omega
        converged[hard] = solved.converged
    return RankLimited(xi_solved, q_solved, omega_solved, several, converged & found)


def solve_rank_limited(problems: Problems) -> RankLimited:
    """Solve the equations with the cut at omega, where the wide student's rank exceeds kappa.

    Returns:
        The branch reached continuously from large alpha, one entry a problem.
    """
    pairs, pair = np.unique(
        np.stack([problems.kappa, problems.kappa_star], axis=1), axis=0, return_inverse=True
    )
    pair = pair.reshape(-1)
    out = RankLimited(*(np.zeros(len(problems), dtype=t) for t in (float, float, float, bool, bool)))
    for start in range(0, len(pairs), _PAIRS):
        chunk = np.flatnonzero((pair >= start) & (pair < start + _PAIRS))
        solved = _solve_pairs(problems[chunk], pair[chunk] - start, pairs[start : start + _PAIRS])
        for target, values in zip(out, solved, strict=True):
            target[chunk] = values
    return out
