"""Every solution of the steady-state equations at one setting, and the curves they lie on.

At given xi the second equation has one root q, whether the width cuts the spectrum (q <= omega, a
quadratic) or not (q > omega): with it the first equation is one function of xi for both,

    Phi(xi) = 2 alpha xi - mse - delta/2,

continuous, negative for small xi and positive for large xi. Its roots are all the solutions there are
(arXiv 2601.10483, steady state). Over xi and alpha together they are the lines on which Phi vanishes, which
fold and close to loops where the width limits the rank.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, checked_teacher
from quadviz.outcome import announce, quiet
from quadviz.parameters import PARAMETERS, parameter
from quadviz.theory.contour import trace_zeros
from quadviz.theory.reach import within_reach
from quadviz.theory.scan import Brackets, find_brackets
from quadviz.theory.steady.newton import Problems, newton
from quadviz.theory.steady.rank_limited import PER_DECADE, scan_cut, stretch
from quadviz.theory.steady.solving import Unknowns, in_levels, problems_of, recovers, report
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.theory.steady.wide import shift_at

__all__ = ["solution_branches", "steady_state_solutions"]

IndexArray = NDArray[np.intp]

#: Points of the scan in xi, per decade: for one setting, and for curves.
_FINE, _COARSE = 48, 16
#: Without noise and weight decay Phi is looked at down to this xi: below is its limit, the recovered teacher.
_CLEAN = 1e-12
#: Rounds in which a bracket is narrowed before Newton's method, and where that fails, and pieces of each.
_ROUNDS, _MORE_ROUNDS, _PIECES = 5, 9, 12
#: Steps of bisection in alpha, and the accuracy of q at a given xi there.
_HALVINGS, _ACCURACY = 50, 1e-12
#: Roots whose xi differ by less, relatively, are one.
_SAME = 1e-8


@quiet
def steady_state_solutions(
    alpha: float,
    kappa: float,
    kappa_star: float | None,
    lam: float,
    delta: float,
    lam2: float = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> SteadyState:
    """Every solution of the long-time equations at one setting, by rising xi.

    Solves ``2 alpha xi = mse + delta/2`` and ``q (1 - I/alpha) = lam`` (arXiv 2601.10483, steady state) by
    a scan of 48 points a decade in xi, brackets of all sign changes, those that hide between two points
    included, and Newton's method in each. The first solution is that of :func:`quadviz.steady_state`: the
    branch reached from large alpha.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100; roots closer than 1e-4 in log xi may be
    missed.

    Args:
        alpha: sample ratio n/d^2, > 0; a single number, as are the others.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        The S solutions, with arrays of shape (S,); their status is SEVERAL where S > 1.

    Raises:
        TypeError: if an argument is not a single real number.
        ValueError: if one lies outside its domain.

    Warns:
        SolveWarning: if a root that is there could not be solved to nine digits.

    >>> found = steady_state_solutions(0.2667, kappa=0.305, kappa_star=0.3, lam=0, delta=0)
    >>> found.mse.round(3).tolist()
    [0.0, 0.083, 0.348]
    """
    given = {"alpha": alpha, "kappa": kappa, "lam": lam, "delta": delta, "lam2": lam2}
    p = _problem(kappa_star, teacher, **given)
    if not _tried(p)[0]:
        return _states(p, _nothing(1), "steady_state_solutions", teacher)
    log_xi = _lattice(p, _FINE)
    owner = np.zeros(log_xi.size, dtype=np.intp)
    values = _phi(p[owner], log_xi)

    def columns(owners: IndexArray, places: FloatArray) -> tuple[FloatArray, ...]:
        return _phi(p[owners], places)

    everywhere = np.ones(log_xi.size, dtype=bool)
    unknowns = _polished(p, find_brackets(owner, log_xi, values, everywhere, columns))
    clean = recovers(p, p.kappa)
    if clean[0]:
        nothing = Unknowns(*(np.array([v]) for v in (0.0, 0.0, -np.inf, True, False, True)))
        unknowns = nothing.joined(unknowns)
    size = unknowns.xi.size
    if size == 0:
        return _states(p, _nothing(1), "steady_state_solutions", teacher)
    unknowns = unknowns._replace(several=np.full(size, size > 1))
    return _states(p[np.zeros(size, dtype=np.intp)], unknowns, "steady_state_solutions", teacher)


@quiet
def solution_branches(
    alpha: ArrayLike,
    kappa: float,
    kappa_star: float | None,
    lam: float,
    delta: float,
    lam2: float = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> tuple[SteadyState, ...]:
    """The solutions along a learning curve, as the lines they lie on: with their folds, and closed loops.

    Phi is tabulated over xi (16 points a decade) and the given alpha, its zero lines are followed through
    the cells of the table, and each point is solved: where a line crosses a value of alpha for xi, where it
    crosses one of xi for alpha, so that lines go around their folds. Equations as in
    :func:`steady_state_solutions` (arXiv 2601.10483); what lies between two neighbouring values of both is
    not seen.

    Args:
        alpha: sample ratios, increasing, shape (N,) with N >= 2.
        kappa: student width m/d, > 0; a single number, as are the others.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        The branches, the one that reaches largest alpha first; the points of each of shape (P,) in the
        order in which the line passes them, with alpha among the results. A loop ends where it begins.
        Their status is SEVERAL where another branch, or another stretch of the same one, lies at the same
        alpha.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or alpha is not increasing.

    >>> lines = solution_branches(np.linspace(0.16, 0.185, 26), 0.143, 0.085, 5.33e-5, 0.123)
    >>> len(lines), bool(np.any(np.diff(lines[0].alpha) > 0) and np.any(np.diff(lines[0].alpha) < 0))
    (1, True)
    """
    grid = PARAMETERS["alpha"].as_array(alpha)
    if grid.ndim != 1 or grid.size < 2 or np.any(np.diff(grid) <= 0):
        raise ValueError(f"alpha must be two increasing numbers or more, got an array of shape {grid.shape}")
    rest = {"kappa": kappa, "lam": lam, "delta": delta, "lam2": lam2}
    ends = [_problem(kappa_star, teacher, alpha=a, **rest) for a in (float(grid[0]), float(grid[-1]))]
    if not all(_tried(p)[0] for p in ends):
        return (_states(_along(ends[0], grid), _nothing(grid.size), "solution_branches", teacher),)
    first, last = (_lattice(p, _COARSE) for p in ends)
    step = np.log(10) / _COARSE
    log_xi = np.arange(round(last[0] / step), round(first[-1] / step) + 1) * step
    one = ends[0]
    table_xi, table_alpha = (a.ravel() for a in np.meshgrid(log_xi, grid, indexing="ij"))
    phi = _phi(_along(one, table_alpha), table_xi)[0].reshape(log_xi.size, grid.size)
    lines, across = trace_zeros(phi)
    at_alpha, at_xi = across
    # Crossings of grid lines of alpha, (row, column): solved for xi; of xi: solved for alpha.
    found_xi = _solve_xi(
        _along(one, grid[at_alpha[:, 1]]), log_xi[at_alpha[:, 0]], log_xi[at_alpha[:, 0] + 1]
    )
    found_alpha, others = _solve_alpha(one, log_xi[at_xi[:, 0]], grid[at_xi[:, 1]], grid[at_xi[:, 1] + 1])
    alphas = np.concatenate([grid[at_alpha[:, 1]], found_alpha])
    unknowns = found_xi.joined(others)
    branches = [(_along(one, alphas[line]), unknowns.part(line)) for line in lines]
    clean = grid[recovers(_along(one, grid), np.full(grid.size, one.kappa[0]))]
    if clean.size:
        zero, no = np.zeros(clean.size), np.zeros(clean.size, dtype=bool)
        recovered = Unknowns(zero, zero.copy(), zero - np.inf, ~no, no, ~no)
        branches.append((_along(one, clean), recovered))
    branches = [(p, u._replace(several=_shared(p.alpha, branches))) for p, u in branches]
    branches.sort(key=lambda branch: (-branch[0].alpha.max(), branch[1].xi.min()))
    return tuple(_states(p, u, "solution_branches", teacher) for p, u in branches)


def _problem(kappa_star: float | None, teacher: Teacher, **given: Any) -> Problems:
    """One validated problem, as arrays of length 1."""
    values = {name: parameter(name).as_number(value) for name, value in given.items()}
    values["kappa_star"] = checked_teacher(teacher).width(kappa_star)
    columns = {name: np.array([value]) for name, value in values.items()}
    lam2 = columns.pop("lam2")
    return problems_of(teacher, **columns, lam2=lam2 if lam2.any() else None)


def _tried(p: Problems) -> BoolArray:
    return within_reach(p.alpha, p.lam, widths=(p.kappa, p.kappa_star), delta=p.delta)


def _nothing(size: int) -> Unknowns:
    """No solution, so many times."""
    nan, no = np.full(size, np.nan), np.zeros(size, dtype=bool)
    return Unknowns(nan, nan.copy(), nan.copy(), no, no.copy(), no.copy())


def _along(one: Problems, alpha: FloatArray) -> Problems:
    """The same problem at many alpha."""
    return replace(one[np.zeros(alpha.size, dtype=np.intp)], alpha=alpha)


def _lattice(p: Problems, per_decade: int) -> FloatArray:
    """log xi from below to above every solution of one problem, on a lattice through xi = 1."""
    low, high = (end[0] for end in stretch(p))
    floor = max(float(low) / PER_DECADE, np.log10(_CLEAN) if p.bare[0] and p.delta[0] == 0 else -np.inf)
    points = np.arange(np.floor(floor * per_decade), np.ceil(float(high) / PER_DECADE * per_decade) + 1)
    lattice: FloatArray = points * (np.log(10) / per_decade)
    return lattice


def _phi(
    p: Problems, log_xi: FloatArray, accuracy: float = 1e-6
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Phi / xi, q and omega (-inf where the cut is at q), for one-dimensional problems and places."""
    xi = np.exp(log_xi)
    value, q, omega = np.empty_like(xi), np.empty_like(xi), np.full_like(xi, -np.inf)
    wide = p.kappa >= 1
    narrow = np.flatnonzero(~wide)
    if narrow.size:
        value[narrow], q[narrow], omega[narrow] = scan_cut(p[narrow], log_xi[narrow])
        wide[narrow] = q[narrow] > omega[narrow]
    at = np.flatnonzero(wide)
    if at.size:
        q[at], omega[at] = shift_at(p[at], xi[at], accuracy), -np.inf
        t = p[at].terms(q[at], q[at], xi[at])
        value[at] = 2 * p.alpha[at] - (t.mse + p.delta[at] / 2) / xi[at]
    return value, q, omega


def _polished(p: Problems, brackets: Brackets) -> Unknowns:
    """The roots in brackets of one problem, sorted by xi, each once."""
    found = _solve_xi(p[brackets.owner], brackets.low, brackets.high)
    order = np.argsort(found.xi)
    found = found.part(order)
    new = np.ones(order.size, dtype=bool)
    new[1:] = np.diff(found.xi) > _SAME * found.xi[1:]
    return found.part(new)


def _solve_xi(p: Problems, low: FloatArray, high: FloatArray) -> Unknowns:
    """The root of Phi between low and high for each problem, at its alpha."""
    near = _narrowed(p, low, high, _ROUNDS)
    middle = (near[0] + near[1]) / 2
    _, q, omega = _phi(p, middle, _ACCURACY)
    xi, found, limited = np.exp(middle), np.zeros(len(p), dtype=bool), omega > -np.inf
    for at in (np.flatnonzero(limited), np.flatnonzero(~limited)):
        if at.size:
            start = [xi[at], q[at]] + ([omega[at]] if limited[at[0]] else [])
            ok = newton(p[at], *start)
            ok &= (np.log(start[0]) >= low[at] - 1e-6) & (np.log(start[0]) <= high[at] + 1e-6)
            found[at] = ok
            for column, values in zip((xi, q, omega), start, strict=False):
                column[at[ok]] = values[ok]
    # Next to a fold Newton's method is slow, and the bracket is narrowed to the end.
    rest = np.flatnonzero(~found)
    if rest.size:
        ends = _narrowed(p[rest], near[0][rest], near[1][rest], _MORE_ROUNDS, _ACCURACY)
        middle = (ends[0] + ends[1]) / 2
        _, q[rest], omega[rest] = _phi(p[rest], middle, _ACCURACY)
        xi[rest] = np.exp(middle)
    no = np.zeros(len(p), dtype=bool)
    return Unknowns(xi, q, omega, no, no.copy(), ~no)


def _narrowed(
    p: Problems, low: FloatArray, high: FloatArray, rounds: int, accuracy: float = 1e-6
) -> tuple[FloatArray, FloatArray]:
    """Brackets of a sign change of Phi, cut down so many times."""
    rows = np.arange(len(p))
    for _ in range(rounds):
        grid = np.linspace(low, high, _PIECES + 1, axis=1)
        phi = _phi(p[np.repeat(rows, grid.shape[1])], grid.ravel(), accuracy)[0]
        sign = phi.reshape(grid.shape) > 0
        first = np.maximum(np.argmax(sign != sign[:, :1], axis=1) - 1, 0)
        low, high = grid[rows, first], grid[rows, first + 1]
    return low, high


def _solve_alpha(
    one: Problems, log_xi: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, Unknowns]:
    """The alpha between low and high at which each xi is a root, and the unknowns there."""
    low, high = low.copy(), high.copy()
    begins = _phi(_along(one, low), log_xi, _ACCURACY)[0] > 0
    for _ in range(_HALVINGS if log_xi.size else 0):
        middle = (low + high) / 2
        same = (_phi(_along(one, middle), log_xi, _ACCURACY)[0] > 0) == begins
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    alpha = (low + high) / 2
    _, q, omega = _phi(_along(one, alpha), log_xi, _ACCURACY)
    no = np.zeros(alpha.size, dtype=bool)
    return alpha, Unknowns(np.exp(log_xi), q, omega, no, no.copy(), ~no)


def _shared(alpha: FloatArray, branches: list[tuple[Problems, Unknowns]]) -> BoolArray:
    """Where more than one stretch of all branches lies over a value of alpha."""
    count = np.zeros(alpha.size, dtype=np.intp)
    for p, _ in branches:
        a, b = p.alpha[:-1, None], p.alpha[1:, None]
        # Half-open stretches, so that a point between two of them counts once.
        count += ((np.minimum(a, b) < alpha) & (alpha <= np.maximum(a, b))).sum(axis=0)
    shared: BoolArray = count > 1
    # Where a line turns back, two of its solutions meet.
    steps = np.diff(alpha)
    shared[1:-1] |= steps[1:] * steps[:-1] < 0
    return shared


def _states(p: Problems, unknowns: Unknowns, what: str, teacher: Teacher) -> SteadyState:
    found = in_levels(teacher, report(p, unknowns))
    given = {name: getattr(p, name) for name in ("alpha", "kappa", "kappa_star", "lam", "delta")}
    given["lam"], given["delta"] = given["lam"] * teacher.unit, given["delta"] * teacher.unit**2
    announce(what, found["status"], given, "move alpha a little", level=5)
    lam2 = np.zeros(len(p)) if p.lam2 is None else p.lam2
    return SteadyState(**given, **found, lam2=lam2, teacher=teacher)
