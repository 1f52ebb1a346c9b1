"""Steady states from others nearby: the same answers in fewer steps.

A slider moves a curve a little: what solved it last is a start from which Newton's method needs two or three
steps, where a start from nothing needs eight. The same decisions are made on the way as in
:mod:`quadviz.theory.solving`, by what holds for any start:

- the wide student's solution is unique, and stands where its rank is at most kappa;
- where it is not, the solution with the cut at omega is the one in the first bracket that the scan of all xi
  finds. That the wide student's rank is too large is often to be seen in the scan itself.

What is found passes the same checks in the report. Where it does not, where Newton's method does not converge,
and where phases or regimes meet, a point is solved from nothing. Nothing here is public: a point of a public
function does not depend on what was solved before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.theory.newton import Problems, newton
from quadviz.theory.outcome import Regime, Status
from quadviz.theory.rank_limited import first_brackets, others_above
from quadviz.theory.solving import Unknowns, recovers, report, solve_problems
from quadviz.theory.zoom import newton_between

__all__ = ["Guess", "solve_nearby"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Steps after which a start was not near.
_PATIENCE = 7
#: How far, in log xi, a start may lie outside of the bracket of its solution.
_BESIDE = 0.5
#: Nearer than this to where phases or regimes meet, a point is solved from nothing.
_MARGIN = 1e-7


class Guess(NamedTuple):
    """Values of the unknowns to start from, one entry a problem; xi = NaN where there is nothing to start from.

    Attributes:
        xi: noise variance of the effective teacher; 0 where the teacher is recovered.
        q: shift.
        omega: the cut where the width limits the rank, else -inf.
    """

    xi: FloatArray
    q: FloatArray
    omega: FloatArray


def solve_nearby(p: Problems, guess: Guess | None) -> tuple[dict[str, Any], Guess]:
    """The reported quantities by name, and what to start from next.

    Args:
        p: the problems, with weight decay alone.
        guess: what solved problems nearby; None for nothing.
    """
    n = len(p)
    if guess is None:
        found, unknowns = solve_problems(p)
        return found, _next(found, unknowns)
    unknowns = _followed(p, guess)
    at = np.flatnonzero(unknowns.converged)
    found = report(p, unknowns) if at.size == n else _spread(report(p[at], unknowns.part(at)), at, n)
    rest = np.flatnonzero(~(unknowns.converged & _certain(p, unknowns, found)))
    if rest.size:
        alone, others = solve_problems(p[rest])
        for name, values in alone.items():
            found[name][rest] = values
        for column, values in zip(unknowns, others, strict=True):
            column[rest] = values
    return found, _next(found, unknowns)


def _next(found: dict[str, Any], unknowns: Unknowns) -> Guess:
    known = found["status"] != Status.FAILED
    return Guess(np.where(known, unknowns.xi, np.nan), unknowns.q, unknowns.omega)


def _spread(found: dict[str, Any], at: NDArray[np.intp], n: int) -> dict[str, Any]:
    """Columns of n entries that hold these."""
    spread = {name: np.zeros(n, dtype=values.dtype) for name, values in found.items()}
    for name, values in found.items():
        spread[name][at] = values
    return spread


def _followed(p: Problems, guess: Guess) -> Unknowns:
    """The unknowns near a guess, and where they were found."""
    n = len(p)
    xi, q, omega = guess.xi.copy(), guess.q.copy(), guess.omega.copy()
    recovered = recovers(p, p.kappa)
    found, several, narrow = recovered.copy(), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    xi[recovered] = q[recovered] = 0.0
    omega[recovered] = -np.inf
    # Noiseless labels that only a wide student would recover from are left to the solver.
    wide = ~recovered & (xi > 0) & ~recovers(p, np.ones(n)) & ((p.lam == 0) | (q > 0))
    cut = np.flatnonzero(wide & (omega > q))
    low, high, start = np.full(n, np.nan), np.full(n, np.nan), np.full((3, n), np.nan)
    if cut.size:
        low[cut], high[cut], start[:, cut], several[cut], certain = first_brackets(p[cut])
        narrow[cut[certain]], wide[cut[certain]] = True, False
    at = np.flatnonzero(wide)
    if at.size:
        x, s = xi[at], q[at]
        ok = newton(p[at], x, s, iterations=_PATIENCE, eager=True)
        over = ok & (p.kappa[at] < 1)
        over[over] = p.family.mass(s[over], p.kappa_star[at[over]], x[over]) > p.kappa[at[over]]
        exact, limited = at[ok & ~over], at[over]
        xi[exact], q[exact], omega[exact], found[exact] = x[ok & ~over], s[ok & ~over], -np.inf, True
        narrow[limited] = True
        unseen = limited[np.isnan(low[limited])]
        if unseen.size:
            low[unseen], high[unseen], start[:, unseen], several[unseen], _ = first_brackets(p[unseen])
            xi[unseen], q[unseen], omega[unseen] = start[:, unseen]
    alone = np.flatnonzero(found)
    several[alone] = others_above(p[alone], xi[alone])
    at = np.flatnonzero(narrow & ~np.isnan(low))
    if at.size:
        place = np.log(xi[at])
        near = (place > low[at] - _BESIDE) & (place < high[at] + _BESIDE)
        begin = [np.where(near, mine[at], theirs[at]) for mine, theirs in zip((xi, q, omega), start, strict=True)]
        found[at] = newton_between(p[at], begin, low[at], high[at], eager=True)
        xi[at], q[at], omega[at] = begin
    return Unknowns(xi, q, omega, recovered, several, found)


def _certain(p: Problems, unknowns: Unknowns, found: dict[str, Any]) -> BoolArray:
    """Where what was found passes every test, and is not where phases or regimes meet."""
    xi, q = unknowns.xi, unknowns.q
    cut = unknowns.omega > q
    certain: BoolArray = found["status"] != Status.FAILED
    certain &= cut == (found["regime"] == Regime.RANK_LIMITED)
    certain &= (p.kappa >= 1) | (np.abs(p.kappa - found["kappa_min"]) > _MARGIN)
    bare = (p.lam == 0) & ~unknowns.recovered
    if bare.any():
        # Of the two phases without decay, which meet at the interpolation threshold.
        fits = q > _MARGIN * np.sqrt(xi)
        misses = (q == 0) & (found["train_loss"] > _MARGIN**2 * p.alpha * xi)
        certain &= ~bare | fits | misses
    return certain
