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
from quadviz.theory.newton import Problems
from quadviz.theory.small_noise import ridgeless_recovery
from quadviz.theory.zoom import newton_between, start_between, zoom

__all__ = ["RankLimited", "solve_rank_limited"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Points of the scan in xi, per decade: roots closer than this are taken for none.
_PER_DECADE = 8
#: Without noise and weight decay: the smallest xi looked for close to recovery, and how close that is.
_CLEAN, _NEAR = 1e-22, 1e-4
#: Problems scanned at once, which bounds the memory.
_BLOCK = 2048


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


def _scan_grid(p: Problems) -> FloatArray:
    """log xi from below to above every solution of 2 alpha xi = mse + delta/2.

    The points belong to one lattice for all: a solution does not depend on the company it is asked in.
    """
    shrunk = 1e-3 * p.lam**2 * np.minimum(p.kappa_star, p.kappa)
    # Next to the recovery threshold xi vanishes as the square of the distance.
    near = p.alpha > (1 - _NEAR) * ridgeless_recovery(p.kappa, p.kappa_star)
    clean = np.where(near, _CLEAN, _CLEAN / _NEAR**2)
    floor = np.where(p.lam + p.delta > 0, np.maximum(p.delta / 4, shrunk), clean) / p.alpha
    ceiling = (1 + 1 / p.kappa_star + p.delta) / p.alpha * 1e7
    first = np.floor(_PER_DECADE * np.log10(floor.min())) - 1
    last = np.ceil(_PER_DECADE * np.log10(ceiling.max()))
    grid: FloatArray = np.arange(first, last + 1) * (np.log(10) / _PER_DECADE)
    return grid


def _scan(p: Problems, log_xi: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Phi / xi, q and omega at log xi."""
    cut = _cut_law(np.exp(log_xi), p.kappa, p.kappa_star)
    return (*_phi(cut, p.alpha, p.kappa, p.lam, p.delta), cut.omega)


def _solve_block(p: Problems) -> RankLimited:
    """Scan Phi for each problem over the table of its pair of widths, then solve for the first root."""
    pairs, pair = np.unique(np.stack([p.kappa, p.kappa_star], axis=1), axis=0, return_inverse=True)
    grid = _scan_grid(p)
    shape = (len(pairs), grid.size)
    flat = (np.broadcast_to(column, shape).ravel() for column in (np.exp(grid), pairs[:, :1], pairs[:, 1:]))
    table = _Cut(*(values.reshape(shape) for values in _cut_law(*flat)))
    here = _Cut(*(values[pair.reshape(-1)] for values in table))
    phi, q = _phi(here, *(values[:, None] for values in (p.alpha, p.kappa, p.lam, p.delta)))
    positive, valid = phi > 0, q <= here.omega
    change = positive[:, 1:] != positive[:, :-1]
    genuine = change & (valid[:, 1:] | valid[:, :-1])
    # At kappa close to kappa_min the valid stretch around the root is shorter than a step.
    change = np.where(genuine.any(axis=1, keepdims=True), genuine, change)
    several, first = change.sum(axis=1) > 1, change.argmax(axis=1)
    found = change[np.arange(len(p)), first]
    unknowns = start_between(first, np.log(here.xi), phi, q, here.omega)
    low, high = grid[first], grid[first + 1]
    converged = newton_between(p, unknowns, low, high)
    # What stops Newton's method at lam = 0 is the kink of Phi where q reaches 0: the zoom leaves it outside.
    hard = np.flatnonzero(found & ~converged)
    if hard.size:
        solved, converged[hard] = zoom(p[hard], low[hard], high[hard], _scan)
        for target, values in zip(unknowns, solved, strict=True):
            target[hard] = values
    xi, q, omega = unknowns
    return RankLimited(xi, q, omega, several, converged & found)


def solve_rank_limited(problems: Problems) -> RankLimited:
    """Solve the equations with the cut at omega, where the wide student's rank exceeds kappa.

    Returns:
        The branch reached continuously from large alpha, one entry a problem.
    """
    out = RankLimited(*(np.zeros(len(problems), dtype=t) for t in (float, float, float, bool, bool)))
    order = np.lexsort((problems.kappa, problems.kappa_star))
    for start in range(0, len(problems), _BLOCK):
        block = order[start : start + _BLOCK]
        for target, values in zip(out, _solve_block(problems[block]), strict=True):
            target[block] = values
    return out
