"""Steady states of a teacher of many levels while a slider moves: followed from those nearby, without a search.

:mod:`quadviz.theory.steady.nearby` makes all decisions of the solver anew, and looks for every solution where the
width cuts the spectrum. With some hundred levels that look takes longer than a slider may wait, and so does finding
the boundary curve at a point from nothing. Here all points walk side by side: Newton's method in xi and q, or the
step towards the best weight decay, at a point of the curve that moves along. A cut of the width is looked for in
the curve's own coordinate, in which bands and gaps are alike. What is found solves both equations and passes the
checks of the report; that others do as well is not seen here, but once the slider rests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve, curve_at, curve_points, heights, level_quantile
from quadviz.law.family import Above, Family, above_levels
from quadviz.outcome import Status, quiet
from quadviz.theory.best.frobenius import LEAST_LAM2
from quadviz.theory.best.nearby import best_step
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.nearby import Guess
from quadviz.theory.steady.newton import Problems, at_rank, newton_step
from quadviz.theory.steady.solving import Unknowns, recovers, report

__all__ = ["follow", "follow_best", "follow_best_lam2"]

#: Steps after which a start was not near, and the size of the last one: the next is below rounding.
_PATIENCE, _LAST = 12, 3e-7
#: Largest relative changes of an unknown in one step.
_SHRINK, _GROW = 0.3, 3.0
#: Rounds of the search for where to begin, which need not be met.
_NEAR = 6
#: A density below this is that of a gap; and what the mass above a cut may be off the width.
_GAP, _SPARE = 1e-9, 1e-11
#: The least response of a residual where nothing is fitted, beside which the other phase begins.
_MARGIN = 1e-7
#: q/sqrt(xi) from which labels are tried to be fitted that there were too many of.
_FITTED = 0.1
#: q/sqrt(xi) below which the best shift is left to who looks for it.
_CLOSE = 1e-4



class _Here(NamedTuple):
    """Where a walk is: the law above the cut, the terms, mse and I put right, the unknowns, and who is narrow."""

    law: Above
    t: Terms
    sides: tuple[FloatArray, FloatArray]
    xi: FloatArray
    q: FloatArray
    cut: FloatArray
    narrow: BoolArray


#: From problems and where a walk is: xi and q after a step, and its size.
_Step = Callable[[Problems, _Here], tuple[FloatArray, FloatArray, FloatArray]]


@quiet
def follow(p: Problems, atoms: Atoms, guess: Guess) -> tuple[dict[str, Any], Guess]:
    """The reported quantities by name, and what to start from next; FAILED where a point was not found.

    Args:
        p: the problems, of one teacher.
        atoms: its levels, in the units of the problems.
        guess: what solved problems nearby; xi = NaN where there is nothing.
    """
    recovered = recovers(p, p.kappa)
    xi, q, omega, found = _walked(p, atoms, guess, ~recovered, _newton)
    lost = p.bare & ~found & ~recovered & (guess.xi > 0)
    if lost.any():
        # Without decay a point may have left its phase: labels are fitted, or there are too many of them.
        other = np.where(guess.q > 0, 0.0, _FITTED * np.sqrt(guess.xi))
        turned = _walked(p, atoms, guess._replace(q=np.where(lost, other, guess.q)), lost, _newton)
        for column, values in zip((xi, q, omega, found), turned, strict=True):
            column[lost] = values[lost]
    for column, value in ((xi, 0.0), (q, 0.0), (omega, -np.inf), (found, True)):
        column[recovered] = value
    return _reported(p, xi, q, omega, found, recovered)


@quiet
def follow_best(p: Problems, atoms: Atoms, guess: Guess) -> tuple[FloatArray, dict[str, Any], Guess]:
    """The weight decays with the least mse, in the units of the problems; and the same as of :func:`follow`.

    A decay is NaN where it was not found, and 0 where less than none would be better still.

    Args:
        p: the problems; their weight decays are not used.
        atoms: the levels of the teacher, in their units.
        guess: what solved problems nearby.
    """
    n, lam = len(p), np.full(len(p), np.nan)
    bare = _decayed(p, np.zeros(n))
    xi, q, omega, found = _walked(bare, atoms, guess, ~recovers(bare, p.kappa), _towards_best)
    cut = np.maximum(q, omega)
    at = np.flatnonzero(found & (q > _CLOSE * np.sqrt(xi)))
    best = np.zeros(n)
    best[at] = q[at] * (1 - bare[at].terms(cut[at], q[at], xi[at]).interaction / p.alpha[at])
    some = np.flatnonzero(best > 0)
    lam[some] = best[some]
    columns, there = follow(bare, atoms, guess) if some.size < n else ({}, guess)
    if some.size < n:
        # Without decay more shift must raise the mse, or a decay would be better.
        known = (columns["status"] != Status.FAILED) & np.isnan(lam)
        none, inside = known & (there.xi == 0), np.flatnonzero(known & (there.xi > 0))
        s, x = there.q[inside], there.xi[inside]
        t = bare[inside].terms(np.maximum(s, there.omega[inside]), s, x)
        none[inside] = t.mse_q * np.sqrt(x) >= -_MARGIN * 1e-4 * t.mse
        lam[none] = 0.0
    if some.size:
        decayed = _decayed(p, np.where(best > 0, best, 0.0))[some]
        part, ends = _reported(
            decayed, xi[some], q[some], omega[some], np.ones(some.size, bool), np.zeros(some.size, bool)
        )
        if not columns:
            return lam, part, ends
        for name, values in part.items():
            columns[name][some] = values
        there = Guess(*(np.array(column) for column in there))
        for column, values in zip(there, ends, strict=True):
            column[some] = values
    return lam, columns, there


@quiet
def follow_best_lam2(
    p: Problems, atoms: Atoms, guess: Guess
) -> tuple[FloatArray, dict[str, Any], Guess]:
    """The Frobenius decays with the least mse without weight decay, and the same as of :func:`follow`.

    A decay is NaN where it was not found, and :data:`LEAST_LAM2` where less would be better still.

    Args:
        p: the problems; their decays are not used.
        atoms: the levels of the teacher, in their units.
        guess: what solved problems nearby.
    """
    n, lam2 = len(p), np.full(len(p), np.nan)
    bare, none = _decayed(p, np.zeros(n)), np.zeros(n, dtype=bool)
    begin = guess._replace(q=np.zeros(n))
    xi, _, omega, found = _walked(bare, atoms, begin, np.ones(n, dtype=bool), _towards_best_lam2)
    cut = np.maximum(omega, 0.0)
    at = np.flatnonzero(found)
    law = p.family.above(cut[at], p.kappa_star[at], xi[at])
    s = _shrinkage(law, xi[at])
    wanted = (1 - s * law.x_rho_hilbert / p.alpha[at]) * (1 / s - 1)
    lam2[at] = np.maximum(wanted, LEAST_LAM2)
    shrunk = replace(bare, lam2=np.where(np.isfinite(lam2), lam2, 1.0))
    columns, there = _reported(shrunk, xi, np.zeros(n), omega, found, none)
    least = np.zeros(n, dtype=bool)
    least[at] = wanted < LEAST_LAM2
    some = np.flatnonzero(least)
    if some.size:
        part, ends = follow(shrunk[some], atoms, Guess(*(v[some] for v in begin)))
        for name, values in part.items():
            columns[name][some] = values
        for column, values in zip(there, ends, strict=True):
            column[some] = values
    return np.where(columns["status"] == Status.FAILED, np.nan, lam2), columns, there


def _decayed(p: Problems, lam: FloatArray) -> Problems:
    return Problems(p.alpha, p.kappa, p.kappa_star, lam, p.delta, None, p.family)


def _newton(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, FloatArray]:
    xi, q = here.xi, here.q
    dx, dq, bad = newton_step(p, here.t, here.sides, xi, q)
    size = np.where(bad, np.inf, np.maximum(np.abs(dx), np.abs(dq)))
    return xi * np.clip(1 + dx, _SHRINK, _GROW), q * np.clip(1 + dq, _SHRINK, _GROW), size


def _towards_best(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, FloatArray]:
    step, xi, q = best_step(p, here.t, here.sides[0], (here.xi, here.q), here.narrow)
    q = np.maximum(q, 0.0)
    size = np.maximum(np.abs(step), np.abs(q - here.q) / np.sqrt(xi))
    # These steps shrink by a factor only.
    return xi, q, np.where(np.isfinite(size), size * 1e3, np.inf)


def _towards_best_lam2(p: Problems, here: _Here) -> tuple[FloatArray, FloatArray, FloatArray]:
    """By the parabola of :mod:`quadviz.theory.best.frobenius`."""
    xi, law = here.xi, here.law
    k, second = law.x_rho_hilbert, law.moment2
    s = _shrinkage(law, xi)
    needed = law.deficit + (1 - s) ** 2 * second + 4 * xi * s * k + p.delta / 2
    k_xi = -law.burgers - here.cut * np.pi**2 * law.density**3 / 3
    slope = xi * (2 * s * s * k + 4 * xi * s * k_xi) / needed - 1
    step = np.clip(-np.log(needed / (2 * p.alpha * xi)) / slope, -1.0, 1.0)
    return xi * np.exp(step), here.q, np.where(np.isfinite(step), np.abs(step), np.inf)


def _shrinkage(law: Above, xi: FloatArray) -> FloatArray:
    s: FloatArray = np.clip(1 - 2 * xi * law.x_rho_hilbert / law.moment2, 1e-12, 1.0)
    return s


class _At(NamedTuple):
    """A law at points of the curve that are known, as what the equations ask for."""

    law: Above

    def above(self, *_: object, **__: object) -> Above:
        """It, wherever it is asked for."""
        return self.law


def _walked(
    p: Problems, atoms: Atoms, guess: Guess, wanted: BoolArray, step: _Step
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """xi, q, omega and where they were found; a point that leaves its regime is looked for in the other one."""
    n = len(p)
    xi, q, omega = (np.array(column) for column in guess)
    known = wanted & (xi > 0) & np.isfinite(q)
    narrow, found, tried = known & (omega > q), np.zeros(n, dtype=bool), np.zeros((2, n), dtype=bool)
    for _ in range(2):
        at = np.flatnonzero(known & ~found & ~tried[narrow.astype(int), np.arange(n)])
        if not at.size:
            break
        tried[narrow[at].astype(int), at] = True
        here, limited = p[at], narrow[at]
        x, s, cut, mass, ok = _walk(here, atoms, (xi[at], q[at], omega[at]), limited, step)
        rank = np.minimum(here.kappa, 1.0)
        stays = ok & np.where(limited, cut > s, (mass <= rank) | (rank >= 1))
        ends, moved = at[stays], at[ok & ~stays]
        xi[ends], q[ends], found[ends] = x[stays], s[stays], True
        omega[ends] = np.where(limited[stays], cut[stays], -np.inf)
        xi[moved], q[moved], omega[moved] = (v[ok & ~stays] for v in (x, s, np.maximum(cut, s)))
        narrow[moved] = ~narrow[moved]
    return xi, q, omega, found


def _walk(
    p: Problems,
    atoms: Atoms,
    start: tuple[FloatArray, FloatArray, FloatArray],
    narrow: BoolArray,
    step: _Step,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, BoolArray]:
    """xi, q, the cut, the mass above it, and where they were found, in the regime given."""
    xi, q, omega = start
    curve = _begin(p, atoms, xi, np.where(narrow, omega, q), narrow)
    wide, done = np.flatnonzero(~narrow), np.zeros(len(p), dtype=bool)
    rank = np.minimum(p.kappa, 1.0)
    best = xi, q, curve.x, rank
    for _ in range(_PATIENCE):
        # Of a wide student the cut is the shift, at the point where the curve is.
        q = np.where(narrow | (q == 0), q, curve.x)
        law = above_levels(curve, xi, atoms)
        view: Family = _At(law)  # type: ignore[assignment]  # nothing else is asked of it
        t = evaluate(curve.x, q, xi, p.kappa_star, view, p.penalty)
        surplus = np.where(narrow, law.mass - rank, 0.0)
        sides = at_rank(t, surplus, xi, q, curve.x)
        new, moved, size = step(p, _Here(law, t, sides, xi, q, curve.x, narrow))
        here = (size <= _LAST) & (np.abs(surplus) <= _SPARE) & _phase(p, t, q)
        best = tuple(  # type: ignore[assignment]  # four columns again
            np.where(done, old, now)
            for old, now in zip(best, (new, moved, curve.x, law.mass), strict=True)
        )
        done |= here
        if done.all():
            break
        xi, q = np.where(done, xi, new), np.where(done, q, moved)
        shift = np.divide(
            surplus, law.density * curve.slope, out=np.zeros_like(xi), where=law.density > _GAP
        )
        root = np.sqrt(xi)
        u = curve.u + np.clip(shift, -root, root)
        y = heights(u, xi, atoms, curve.v**2)
        after = curve_at(u, y, xi, atoms)
        if wide.size:
            place = curve_points(q[wide], xi[wide], atoms, Curve(*(v[wide] for v in after)))
            after = Curve(*(np.array(column) for column in after))
            for column, values in zip(after, place, strict=True):
                column[wide] = values
        curve = after
    x, s, cut, mass = best
    return x, s, np.where(narrow, cut, s), mass, done


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
    p: Problems,
    xi: FloatArray,
    q: FloatArray,
    omega: FloatArray,
    found: BoolArray,
    recovered: BoolArray,
) -> tuple[dict[str, Any], Guess]:
    """What is told of the unknowns after the checks of the report, and what to start from next."""
    lost = ~found
    unknowns = Unknowns(
        np.where(lost, 1.0, xi),
        np.where(lost, 1.0, q),
        np.where(lost, -np.inf, omega),
        recovered,
        np.zeros(len(p), dtype=bool),
        found,
    )
    columns = report(p, unknowns)
    known = columns["status"] != Status.FAILED
    return columns, Guess(np.where(known, unknowns.xi, np.nan), unknowns.q, unknowns.omega)
