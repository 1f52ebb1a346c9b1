"""Steady states from others nearby: the same answers in fewer steps.

A slider moves a curve a little: what solved it last is a start from which Newton's method needs two or three
steps, where a start from nothing needs eight. The same decisions are made on the way as in
:mod:`quadviz.theory.steady.solving`, by what holds for any start:

- the wide student's solution is unique, and stands where its rank is at most kappa;
- where it is not, the solution with the cut at omega is the one in the first bracket that the scan of all xi
  finds. That the wide student's rank is too large is often to be seen in the scan itself.

What is found passes the same checks in the report. Where it does not, where Newton's method does not
converge, and where phases or regimes meet, a point is solved from nothing. Nothing here is public: a point of
a public function does not depend on what was solved before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.family import WISHART_FAMILY
from quadviz.outcome import Regime, Status, quiet
from quadviz.theory.steady.newton import Problems, newton
from quadviz.theory.steady.rank_limited import first_brackets, others_above
from quadviz.theory.steady.solving import (
    Unknowns,
    recovers,
    report,
    solve_problems,
)
from quadviz.theory.steady.zoom import newton_between

__all__ = ["NO_CUSP", "Cusp", "Guess", "Trail", "solve_nearby"]


#: Steps after which a start was not near.
_PATIENCE = 7
#: How far, in log xi, a start may lie outside of the bracket of its solution.
_BESIDE = 0.5
#: Nearer than this to where phases or regimes meet, a point is solved from nothing.
_MARGIN = 1e-7
#: How far beyond the last solution the last two are drawn out, in steps between them.
_REACH = 2.0
#: What is beside a cusp, relative to its place.
_TIP = 1e-5


class Guess(NamedTuple):
    """Values of the unknowns to start from, one entry a problem; xi = NaN where there are none.

    Attributes:
        xi: noise variance of the effective teacher; 0 where the teacher is recovered.
        q: shift.
        omega: the cut where the width limits the rank, else -inf.
    """

    xi: FloatArray
    q: FloatArray
    omega: FloatArray

    def scaled(self, unit: float) -> Guess:
        """The same in other units of the teacher's levels."""
        return self if unit == 1 else Guess(self.xi * unit**2, self.q * unit, self.omega * unit)


def solve_nearby(p: Problems, guess: Guess | None) -> tuple[dict[str, Any], Guess]:
    """The reported quantities by name, and what to start from next.

    Args:
        p: the problems, with weight decay alone.
        guess: what solved problems nearby; None for nothing.
    """
    n = len(p)
    if guess is None or not (guess.xi >= 0).any():
        found, unknowns = solve_problems(p)
        return found, _next(found, unknowns)
    unknowns = _followed(p, guess)
    at = np.flatnonzero(unknowns.converged)
    # Nothing was found of the others; they are filled in below.
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
        begin = [
            np.where(near, mine[at], theirs[at]) for mine, theirs in zip((xi, q, omega), start, strict=True)
        ]
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
    # Of the two phases without decay one fits the labels, and the other has too many.
    bare = (p.lam == 0) & ~unknowns.recovered
    certain &= ~bare | (q == 0) | (q > _MARGIN * np.sqrt(xi))
    missing = np.flatnonzero(bare & certain & (q == 0))
    if missing.size:
        here, x, s = p[missing], xi[missing], q[missing]
        interaction = here.terms(np.maximum(unknowns.omega[missing], s), s, x).interaction
        certain[missing] = interaction < (1 - _MARGIN) * here.alpha
    return certain


class Cusp(NamedTuple):
    """Where the two phases without weight decay meet on the axis of a curve; NaN where that is not known.

    On the side where labels are fitted q > 0, and all goes by the root of the distance.

    Attributes:
        place: on the axis.
        xi: noise variance there.
        fits_above: whether labels are fitted above it.
        rounded: whether a little weight decay rounds it off.
    """

    place: float = np.nan
    xi: float = np.nan
    fits_above: bool = False
    rounded: bool = False

    @property
    def sharp(self) -> bool:
        """Whether there is one."""
        return not self.rounded and bool(np.isfinite(self.place))

    def coordinate(self, axis: FloatArray) -> FloatArray:
        """An increasing coordinate in which the unknowns are smooth on either side, 0 at the cusp."""
        beyond = axis / self.place - 1
        if self.rounded:
            return beyond
        fits = (beyond > 0) == self.fits_above
        return np.where(fits, np.copysign(np.sqrt(np.abs(beyond)), beyond), beyond)


#: Where no phases are known to meet.
NO_CUSP = Cusp()


class _Seen(NamedTuple):
    """A curve that was solved: parameters, its cusp, increasing places, and the unknowns."""

    setting: FloatArray
    cusp: Cusp
    axis: FloatArray
    guess: Guess

    def along(self, axis: FloatArray, cusp: Cusp) -> Guess:
        """The unknowns between its places, as if it had its cusp there."""
        place, places = axis, self.axis
        if np.isfinite(cusp.place) and np.isfinite(self.cusp.place):
            place, places = cusp.coordinate(axis), self.cusp.coordinate(self.axis)
        right = np.clip(np.searchsorted(places, place), min(1, places.size - 1), places.size - 1)
        left = np.maximum(right - 1, 0)
        width = np.maximum(places[right] - places[left], np.finfo(float).tiny)
        share = np.clip((place - places[left]) / width, 0.0, 1.0)
        nearest = np.where(share < 0.5, left, right)
        columns = []
        for name, values in self.guess._asdict().items():
            one, other = values[left], values[right]
            # Phases and regimes are not mixed.
            alike = np.isfinite(one) & np.isfinite(other) if name == "omega" else (one > 0) == (other > 0)
            columns.append(np.where(alike, one + share * (other - one), values[nearest]))
        xi, q, omega = columns
        if cusp.sharp and self.cusp.sharp:
            q = np.where((axis < cusp.place) == cusp.fits_above, 0.0, q)
        return Guess(xi, q, omega)


class Trail:
    """The last two solutions of a curve, which point to the next one as a slider moves."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []

    def add(self, setting: tuple[float, ...], axis: FloatArray, cusp: Cusp, guess: Guess) -> None:
        """Remember a solution.

        Args:
            setting: the parameters that are the same along the curve, widths first if it runs over alpha.
            axis: places, > 0, shape (N,).
            cusp: the curve's.
            guess: the unknowns, of shape (N,).
        """
        order = np.argsort(axis, kind="stable")
        known = Guess(*(column[order] for column in guess))
        self._seen = [*self._seen[-1:], _Seen(np.array(setting), cusp, axis[order], known)]

    @quiet
    def guess(self, setting: tuple[float, ...], axis: FloatArray, cusp: Cusp) -> Guess:
        """What to start from at places on the axis, in any order."""
        if not self._seen:
            return _nothing(axis.size)
        last = self._seen[-1]
        found = drawn = last.along(axis, cusp)
        if len(self._seen) > 1:
            before = self._seen[0]
            step, past = np.array(setting) - last.setting, last.setting - before.setting
            moved = np.flatnonzero((step != 0) | (past != 0))
            ratio = float(step[moved[0]] / past[moved[0]]) if moved.size == 1 and past[moved[0]] else np.inf
            if abs(ratio) <= _REACH:
                drawn = _drawn_out(before.along(axis, cusp), found, ratio)
        if not (cusp.sharp and last.cusp.sharp):
            return drawn
        # Beside the cusp, where roots are nearly double, a start must be nearer; and there xi is known.
        tip = np.flatnonzero(np.abs(axis / cusp.place - 1) < _TIP)
        xi, omega = drawn.xi.copy(), drawn.omega.copy()
        xi[tip] = found.xi[tip] * (cusp.xi / last.cusp.xi)
        cut = tip[np.isfinite(omega[tip])]
        if cut.size and not cusp.fits_above:
            kappa, star = (np.full(cut.shape, width) for width in setting[:2])
            omega[cut] = WISHART_FAMILY.quick_quantile(kappa, star, xi[cut])
        return Guess(xi, drawn.q, omega)


def _nothing(size: int) -> Guess:
    return Guess(np.full(size, np.nan), np.zeros(size), np.full(size, -np.inf))


def _drawn_out(before: Guess, last: Guess, ratio: float) -> Guess:
    """The line through two solutions, at as many steps beyond the last one."""
    xi, q = (
        np.where((one > 0) & (other > 0), other * np.clip(other / one, 0.5, 2.0) ** ratio, other)
        for one, other in zip(before[:2], last[:2], strict=True)
    )
    omega = last.omega + ratio * (last.omega - before.omega)
    return Guess(xi, q, np.where(np.isfinite(omega), omega, last.omega))
