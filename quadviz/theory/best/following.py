"""Steady states of a teacher of many levels while a slider moves: followed, without a search.

:mod:`quadviz.theory.steady.nearby` makes all decisions of the solver anew, and looks for every solution where
the width cuts the spectrum. With some hundred levels that look takes longer than a slider may wait, and so
does finding the boundary curve at a point from nothing. Here all points walk side by side: Newton's method in
xi and q, or the step towards a best decay, at a point of the curve that moves along. A cut of the width is
looked for in the curve's own coordinate, in which bands and gaps are alike. What is found solves both
equations and passes the checks of the report; that others do as well is not seen here, but once the slider
rests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve, curve_points, level_quantile
from quadviz.law.family import Above, Family, KnownLaw, above_levels
from quadviz.outcome import Status, quiet
from quadviz.theory.best.frobenius import LEAST_LAM2
from quadviz.theory.best.nearby import best_step
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.nearby import Guess
from quadviz.theory.steady.newton import Problems, at_rank, newton_step
from quadviz.theory.steady.solving import Unknowns, recovers, report

__all__ = ["follow", "follow_best", "follow_best_lam2"]

#: Steps after which a start was not near; and the size of the last one, after which the next is below
#: rounding.
_PATIENCE, _LAST = 12, 3e-7
#: A step to the best shift that is the last one, and the last one where the mse alone is to be exact, which
#: moves by its square. The first of them shrink by a factor only.
_LAST_SHIFT, _LAST_EAGER = 3e-10, 1e-5
#: Largest relative changes of an unknown in one step.
_SHRINK, _GROW = 0.3, 3.0
#: Rounds of the search for where to begin, which need not be met.
_NEAR = 6
#: A density below this is that of a gap; and what the mass above a cut may be off, which is put right
#: to first order.
_GAP, _SPARE = 1e-9, 1e-11
#: The least response of a residual where nothing is fitted, beside which the other phase begins.
_MARGIN = 1e-7
#: A fall of the mse with q, beside the mse over the noise, that is rounding of none.
_FLAT = 1e-11
#: q/sqrt(xi) from which labels are tried to be fitted that there were too many of.
_FITTED = 0.1
#: q/sqrt(xi) below which the best shift is left to who looks for it.
_CLOSE = 1e-4


class _Here(NamedTuple):
    """Where a walk is: the law above the cut, its terms, mse and I put right, the unknowns, who is narrow."""

    law: Above
    t: Terms
    sides: tuple[FloatArray, FloatArray]
    xi: FloatArray
    q: FloatArray
    cut: FloatArray
    narrow: BoolArray


#: From problems and where a walk is: xi and q after a step, and whether it is the last.
_Step = Callable[[Problems, _Here], tuple[FloatArray, FloatArray, BoolArray]]


class _Walked(NamedTuple):
    """The unknowns, where they were found, and the curve at the cut."""

    xi: FloatArray
    q: FloatArray
    omega: FloatArray
    found: BoolArray
    curve: Curve

    def beside(self, p: Problems, atoms: Atoms) -> Problems:
        """Problems whose laws are found from this curve, where they are asked for at all of its points."""
        return replace(p, family=_Beside(p.family, atoms, self.curve))

    def put(self, at: NDArray[np.intp], other: _Walked) -> None:
        """Another one in place of some points of this."""
        for column, values in zip(self[:4], other[:4], strict=True):
            column[at] = values
        for column, values in zip(self.curve, other.curve, strict=True):
            column[at] = values


@quiet
def follow(p: Problems, atoms: Atoms, guess: Guess) -> tuple[dict[str, Any], Guess, Curve]:
    """The reported quantities by name, FAILED where a point was not found; where to start next; the curve.

    The last is the boundary curve at the cut, for what else is asked of the law there.

    Args:
        p: the problems, of one teacher.
        atoms: its levels, in the units of the problems.
        guess: what solved problems nearby; xi = NaN where there is nothing.
    """
    recovered = recovers(p, p.kappa)
    walked = _walked(p, atoms, guess, ~recovered, _newton)
    lost = np.flatnonzero(p.bare & ~walked.found & ~recovered & (guess.xi > 0))
    if lost.size:
        # Without decay a point may have left its phase: labels are fitted, or there are too many of them.
        xi, q, omega = (column[lost] for column in guess)
        other = Guess(xi, np.where(q > 0, 0.0, _FITTED * np.sqrt(xi)), omega)
        walked.put(lost, _walked(p[lost], atoms, other, np.ones(lost.size, dtype=bool), _newton))
    for column, value in ((walked.xi, 0.0), (walked.q, 0.0), (walked.omega, -np.inf), (walked.found, True)):
        column[recovered] = value
    return *_reported(p, atoms, walked, recovered), walked.curve


@quiet
def follow_best(
    p: Problems, atoms: Atoms, guess: Guess, *, eager: bool = False
) -> tuple[FloatArray, dict[str, Any], Guess, Curve]:
    """The weight decays with the least mse, in the units of the problems; and the same as of :func:`follow`.

    A decay is NaN where it was not found, and 0 where less than none would be better still.

    Args:
        p: the problems; their weight decays are not used.
        atoms: the levels of the teacher, in their units.
        guess: what solved problems nearby.
        eager: whether decays need be right to five digits only, with which the mse has all of its own.
    """
    n, lam = len(p), np.full(len(p), np.nan)
    bare = replace(p, lam=np.zeros(n), lam2=None)
    last = _LAST_EAGER if eager else _LAST_SHIFT

    def towards_best(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, BoolArray]:
        step, xi, q = best_step(p, here.t, here.sides[0], (here.xi, here.q), here.narrow)
        q = np.maximum(q, 0.0)
        return xi, q, (np.abs(step) <= _LAST_SHIFT) & (np.abs(q - here.q) <= last * np.sqrt(xi))

    walked = _walked(bare, atoms, guess, ~recovers(bare, p.kappa), towards_best)
    xi, q, omega = walked[:3]
    there = walked.beside(bare, atoms).terms(np.maximum(q, omega), q, xi)
    best = np.where(walked.found & (q > _CLOSE * np.sqrt(xi)), q * (1 - there.interaction / p.alpha), np.nan)
    some = best > 0
    lam[some] = best[some]
    decayed = replace(bare, lam=np.where(some, best, 1.0))
    columns, ends = _reported(decayed, atoms, walked._replace(found=some), np.zeros(n, dtype=bool))
    rest = np.flatnonzero(~some)
    if rest.size:
        # Without decay more shift must raise the mse, or a decay would be better.
        none, after, curve = follow(bare[rest], atoms, Guess(*(v[rest] for v in guess)))
        known = none["status"] != Status.FAILED
        zero, inside = known & (after.xi == 0), np.flatnonzero(known & (after.xi > 0))
        x, s = after.xi[inside], after.q[inside]
        t = bare[rest[inside]].terms(np.maximum(s, after.omega[inside]), s, x)
        zero[inside] = t.mse_q * np.sqrt(x) >= -_FLAT * t.mse
        lam[rest[zero]] = 0.0
        _put(columns, ends, walked.curve, rest, (none, after, curve))
    return lam, columns, ends, walked.curve


@quiet
def follow_best_lam2(
    p: Problems, atoms: Atoms, guess: Guess
) -> tuple[FloatArray, dict[str, Any], Guess, Curve]:
    """The Frobenius decays with the least mse without weight decay, and the same as of :func:`follow`.

    A decay is NaN where it was not found, and :data:`LEAST_LAM2` where less would be better still.

    Args:
        p: the problems; their decays are not used.
        atoms: the levels of the teacher, in their units.
        guess: what solved problems nearby.
    """
    n = len(p)
    bare = replace(p, lam=np.zeros(n), lam2=None)
    begin = guess._replace(q=np.zeros(n))
    walked = _walked(bare, atoms, begin, np.ones(n, dtype=bool), _towards_best_lam2)
    law = walked.beside(bare, atoms).family.above(np.maximum(walked.omega, 0.0), p.kappa_star, walked.xi)
    s = _shrinkage(law, walked.xi)
    wanted = (1 - s * law.x_rho_hilbert / p.alpha) * (1 / s - 1)
    lam2 = np.where(walked.found, np.maximum(wanted, LEAST_LAM2), np.nan)
    shrunk = replace(bare, lam2=np.where(walked.found, lam2, 1.0))
    free = walked._replace(found=walked.found & (wanted >= LEAST_LAM2), q=np.zeros(n))
    columns, ends = _reported(shrunk, atoms, free, np.zeros(n, dtype=bool))
    least = np.flatnonzero(walked.found & ~free.found)
    if least.size:
        _put(
            columns,
            ends,
            walked.curve,
            least,
            follow(shrunk[least], atoms, Guess(*(v[least] for v in begin))),
        )
    return np.where(columns["status"] == Status.FAILED, np.nan, lam2), columns, ends, walked.curve


def _put(
    columns: dict[str, Any],
    ends: Guess,
    curve: Curve,
    at: NDArray[np.intp],
    others: tuple[dict[str, Any], Guess, Curve],
) -> None:
    """Results of some points in place of what there is."""
    found, *rest = others
    for name, values in found.items():
        columns[name][at] = values
    for target, source in zip((ends, curve), rest, strict=True):
        for column, values in zip(target, source, strict=True):
            column[at] = values


def _newton(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, BoolArray]:
    xi, q = here.xi, here.q
    dx, dq, bad = newton_step(p, here.t, here.sides, xi, q)
    last = ~bad & (np.abs(dx) <= _LAST) & (np.abs(dq) <= _LAST) & _phase(p, here.t, q)
    return xi * np.clip(1 + dx, _SHRINK, _GROW), q * np.clip(1 + dq, _SHRINK, _GROW), last


def _towards_best_lam2(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, BoolArray]:
    """By the parabola of :mod:`quadviz.theory.best.frobenius`."""
    xi, law = here.xi, here.law
    k, second = law.x_rho_hilbert, law.moment2
    s = _shrinkage(law, xi)
    needed = law.deficit + (1 - s) ** 2 * second + 4 * xi * s * k + p.delta / 2
    k_xi = -law.burgers - here.cut * np.pi**2 * law.density**3 / 3
    slope = xi * (2 * s * s * k + 4 * xi * s * k_xi) / needed - 1
    step = np.clip(-np.log(needed / (2 * p.alpha * xi)) / slope, -1.0, 1.0)
    return xi * np.exp(step), here.q, np.abs(step) <= _LAST


def _shrinkage(law: Above, xi: FloatArray) -> FloatArray:
    s: FloatArray = np.clip(1 - 2 * xi * law.x_rho_hilbert / law.moment2, 1e-12, 1.0)
    return s


class _Beside:
    """The laws of a family, found from points of the curve nearby where all of these are asked for."""

    def __init__(self, family: Family, atoms: Atoms, curve: Curve) -> None:
        self._family, self._atoms, self._curve = family, atoms, curve

    def above(self, b: FloatArray, kappa_star: FloatArray, xi: FloatArray, *, first: bool = False) -> Above:
        """The law at b and above it."""
        if b.size != self._curve.u.size:
            return self._family.above(b, kappa_star, xi, first=first)
        return above_levels(curve_points(b, xi, self._atoms, self._curve), xi, self._atoms)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._family, name)


def _walked(p: Problems, atoms: Atoms, guess: Guess, wanted: BoolArray, step: _Step) -> _Walked:
    """The unknowns; a point that leaves its regime is looked for in the other one."""
    n = len(p)
    xi, q, omega = (np.array(column) for column in guess)
    known = wanted & (xi > 0) & np.isfinite(q)
    narrow, tried = known & (omega > q), np.zeros((2, n), dtype=bool)
    walked = _Walked(xi, q, omega, np.zeros(n, dtype=bool), Curve(*(np.zeros(n) for _ in range(5))))
    rank = np.minimum(p.kappa, 1.0)
    for _ in range(2):
        at = np.flatnonzero(known & ~walked.found & ~tried[narrow.astype(int), np.arange(n)])
        if not at.size:
            break
        tried[narrow[at].astype(int), at] = True
        limited = narrow[at]
        found, mass = _walk(p[at], atoms, Guess(xi[at], q[at], omega[at]), limited, step)
        stays = np.where(limited, found.omega > found.q, (mass <= rank[at]) | (rank[at] >= 1))
        moved = at[found.found & ~stays]
        narrow[moved] = ~narrow[moved]
        walked.put(at, found._replace(found=found.found & stays))
    omega[~narrow] = -np.inf
    return walked


def _walk(
    p: Problems, atoms: Atoms, start: Guess, narrow: BoolArray, step: _Step
) -> tuple[_Walked, FloatArray]:
    """The unknowns in the regime given, omega being the cut in either, and the mass above it."""
    xi, q, omega = start
    curve = _begin(p, atoms, xi, np.where(narrow, omega, q), narrow)
    done = np.zeros(len(p), dtype=bool)
    rank = np.minimum(p.kappa, 1.0)
    ends: tuple[FloatArray, ...] = (xi, q, curve.x, rank)
    for _ in range(_PATIENCE):
        # Of a wide student the cut is the shift, at the point where the curve is.
        q = np.where(narrow | (q == 0), q, curve.x)
        law = above_levels(curve, xi, atoms)
        view: Family = KnownLaw(law)  # type: ignore[assignment]  # nothing else is asked of it
        t = evaluate(curve.x, q, xi, p.kappa_star, view, p.penalty)
        surplus = np.where(narrow, law.mass - rank, 0.0)
        here = _Here(law, t, at_rank(t, surplus, xi, q, curve.x), xi, q, curve.x, narrow)
        new, moved, last = step(p, here)
        now = (new, moved, curve.x, law.mass)
        ends = tuple(np.where(done, old, one) for old, one in zip(ends, now, strict=True))
        done |= last & (np.abs(surplus) <= _SPARE)
        xi, q = ends[0], ends[1]
        if done.all():
            break
        # Along fixed mass the cut moves by H d xi.
        shift = np.divide(surplus, law.density, out=np.zeros_like(xi), where=law.density > _GAP)
        root = np.sqrt(xi)
        follows = curve.x + np.clip(shift, -root, root) + law.hilbert * (xi - here.xi)
        curve = curve_points(np.where(narrow, follows, q), xi, atoms, curve)
    cut = np.where(narrow, ends[2], q)
    return _Walked(xi, q, cut, done, Curve(*(np.array(column) for column in curve))), ends[3]


def _begin(p: Problems, atoms: Atoms, xi: FloatArray, cut: FloatArray, narrow: BoolArray) -> Curve:
    """Points of the curve near a cut: near the shift, or near the place where the mass is the width."""
    at, wide = np.flatnonzero(narrow), np.flatnonzero(~narrow)
    columns = [np.empty_like(xi) for _ in range(5)]
    places = curve_points(cut[wide], xi[wide], atoms, rounds=_NEAR)
    edges = level_quantile(np.minimum(p.kappa[at], 1.0), xi[at], atoms, _NEAR)
    for part, curve in ((wide, places), (at, edges)):
        for column, values in zip(columns, curve, strict=True):
            column[part] = values
    return Curve(*columns)


def _phase(p: Problems, t: Terms, q: FloatArray) -> BoolArray:
    """Where without any decay the phase is right: labels are fitted, or there are too many of them."""
    right: BoolArray = ~(p.bare & (q == 0)) | (t.interaction < (1 - _MARGIN) * p.alpha)
    return right


def _reported(
    p: Problems, atoms: Atoms, walked: _Walked, recovered: BoolArray
) -> tuple[dict[str, Any], Guess]:
    """What is told of the unknowns after the checks of the report, and what to start from next."""
    lost = ~walked.found
    unknowns = Unknowns(
        np.where(lost, 1.0, walked.xi),
        np.where(lost, 1.0, walked.q),
        np.where(lost, -np.inf, walked.omega),
        recovered,
        np.zeros(len(p), dtype=bool),
        walked.found,
    )
    columns = report(walked.beside(p, atoms), unknowns)
    known = columns["status"] != Status.FAILED
    return columns, Guess(np.where(known, unknowns.xi, np.nan), unknowns.q, unknowns.omega)
