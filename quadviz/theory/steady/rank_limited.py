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

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.family import WISHART_FAMILY
from quadviz.theory.scan import FEW, Brackets, Lattices, blocks_of, find_brackets, stretches
from quadviz.theory.steady.newton import Problems
from quadviz.theory.steady.penalty import pure_response, shift_below_cut
from quadviz.theory.steady.small_noise import ridgeless_recovery
from quadviz.theory.steady.wide import least_mse
from quadviz.theory.steady.zoom import newton_between, zoom

__all__ = [
    "PER_DECADE",
    "RankLimited",
    "first_brackets",
    "others_above",
    "scan_cut",
    "solve_rank_limited",
    "stretch",
]

IndexArray = NDArray[np.intp]

#: Points of the scan in xi, per decade.
PER_DECADE = 4
_STEP = np.log(10) / PER_DECADE
#: Without noise and weight decay: the smallest xi looked for close to recovery, and how close that is.
_CLEAN, _NEAR = 1e-22, 1e-4
#: alpha over the student's degrees of freedom, kappa - kappa^2/2, where solutions have others beside them
#: that the width cuts: seen from 1.0 to 1.9 at random. And Phi / xi that is negative beyond rounding.
_SUSPECT, _CERTAIN = (0.9, 2.4), 1e-9
#: Where the teacher is recovered, others are looked for from this xi on.
_CLEAREST = 1e-8
#: Points scanned at once, which bounds the memory.
_BLOCK = 2**16


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
    moment1: FloatArray
    moment2: FloatArray


def _law_above(p: Problems, omega: FloatArray, xi: FloatArray) -> _Cut:
    law = p.family.above(omega, p.kappa_star, xi, first=p.lam2 is not None)
    first = law.moment1 if law.moment1 is not None else law.moment2
    return _Cut(xi, omega, law.rho_hilbert, law.x_rho_hilbert, law.deficit, first, law.moment2)


def _phi(cut: _Cut, p: Problems) -> tuple[FloatArray, FloatArray]:
    """Phi / xi, and the q that solves the second equation."""
    xi, _, j, k, deficit, first, second = cut
    alpha, kappa, lam, delta = p.alpha, p.kappa, p.lam, p.delta
    if p.lam2 is not None:
        q = shift_below_cut(alpha, lam, p.lam2, j, k)
        total = lam + p.lam2 * q
        pure = (lam == 0) & (p.lam2 > 0)
        response = np.where(pure, pure_response(alpha, np.where(pure, p.lam2, 1.0), k), 1.0)
        s = np.where(pure, response / (response + p.lam2), np.where(total > 0, lam / total, 1.0))
        rest = 1 - s
        kept = rest * rest * second + 2 * s * rest * q * first + s * s * q * q * kappa
        mse = deficit + kept + 4 * xi * s * (k - q * j)
        return 2 * alpha - (mse + delta / 2) / xi, q
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


def stretch(p: Problems) -> tuple[IndexArray, IndexArray]:
    """First and last point of the lattice in log xi: from below to above every solution."""
    shrunk = least_mse(p) * np.minimum(p.kappa_star, p.kappa)
    # Next to the recovery threshold xi vanishes as the square of the distance.
    near = p.alpha > (1 - _NEAR) * ridgeless_recovery(p.kappa, p.kappa_star)
    clean = np.where(near, _CLEAN, _CLEAN / _NEAR**2)
    floor = np.where(~p.bare | (p.delta > 0), np.maximum(p.delta / 4, shrunk), clean) / p.alpha
    ceiling = (p.second + p.delta) / p.alpha * 1e7
    first, last = np.floor(PER_DECADE * np.log10(floor)) - 1, np.ceil(PER_DECADE * np.log10(ceiling))
    return first.astype(np.intp), last.astype(np.intp)


def scan_cut(p: Problems, log_xi: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Phi / xi, q and omega at log xi."""
    xi = np.exp(log_xi)
    cut = _law_above(p, p.family.quantile(p.kappa, p.kappa_star, xi), xi)
    return (*_phi(cut, p), cut.omega)


class _Looked(NamedTuple):
    """What a scan saw: whose point, log xi, and Phi / xi, q and omega there."""

    owner: IndexArray
    log_xi: FloatArray
    columns: tuple[FloatArray, FloatArray, FloatArray]

    @property
    def valid(self) -> BoolArray:
        """Where the cut is at omega."""
        _, q, omega = self.columns
        return q <= omega

    def part(self, some: BoolArray) -> _Looked:
        """Those points alone."""
        phi, q, omega = (column[some] for column in self.columns)
        return _Looked(self.owner[some], self.log_xi[some], (phi, q, omega))


def _quick_cut(p: Problems, xi: FloatArray, kappa: FloatArray, kappa_star: FloatArray) -> _Cut:
    """The law above the point that has mass kappa above it, to eight digits: good enough to look with."""
    nothing = None if p.lam2 is None else np.zeros_like(xi)
    some = Problems(xi, kappa, kappa_star, np.zeros_like(xi), np.zeros_like(xi), nothing, p.family)
    return _law_above(some, p.family.quick_quantile(kappa, kappa_star, xi), xi)


#: The law above the cut, lately.
_lattices = Lattices()


def _look(p: Problems, first: IndexArray, last: IndexArray) -> _Looked:
    """Phi on stretches of a lattice in log xi; problems of one pair of widths share a table."""
    if len(p) and (p.kappa == p.kappa[0]).all() and (p.kappa_star == p.kappa_star[0]).all():
        pairs, pair = p.kappa[:1] + 1j * p.kappa_star[:1], np.zeros(len(p), dtype=np.intp)
    else:
        pairs, pair = np.unique(p.kappa + 1j * p.kappa_star, return_inverse=True)
    lowest = np.full(len(pairs), np.iinfo(np.intp).max)
    highest = np.full(len(pairs), np.iinfo(np.intp).min)
    np.minimum.at(lowest, pair, first)
    np.maximum.at(highest, pair, last)
    lengths = highest - lowest + 1

    def law(kappa: FloatArray, kappa_star: FloatArray, point: IndexArray) -> _Cut:
        return _quick_cut(p, np.exp(point * _STEP), kappa, kappa_star)

    if 0 < len(pairs) <= FEW and p.lam2 is None and p.family is WISHART_FAMILY:
        table = _Cut(*_lattices.columns((pairs.real, pairs.imag), lowest, highest, law))
    else:
        whose, point = stretches(lowest, highest)
        table = law(pairs.real[whose], pairs.imag[whose], point)
    if len(pairs) == 1 and len(p) * int(lengths[0]) <= 2 * int((last - first + 1).sum()):
        return _look_side_by_side(p, table, first, last, int(lowest[0]))
    begins = np.cumsum(lengths) - lengths
    owner, point = stretches(first, last)
    row = (begins - lowest)[pair[owner]] + point
    here = _Cut(*(values[row] for values in table))
    phi, q = _phi(here, p[owner])
    return _Looked(owner, point * _STEP, (phi, q, here.omega))


def _look_side_by_side(p: Problems, table: _Cut, first: IndexArray, last: IndexArray, lowest: int) -> _Looked:
    """Where stretches are about the same: a row a problem, which spares looking up the table."""
    point = np.arange(lowest, lowest + table.xi.size)
    lam2 = None if p.lam2 is None else p.lam2[:, None]
    alpha, kappa, star, lam, delta = (v[:, None] for v in (p.alpha, p.kappa, p.kappa_star, p.lam, p.delta))
    phi, q = _phi(table, Problems(alpha, kappa, star, lam, delta, lam2, p.family))
    inside = (point >= first[:, None]) & (point <= last[:, None])
    owner, column = np.nonzero(inside)
    found = (phi[inside], q[inside], table.omega[column])
    return _Looked(owner, point[column] * _STEP, found)


def _brackets(p: Problems, looked: _Looked, valid: BoolArray) -> Brackets:
    return find_brackets(
        looked.owner, looked.log_xi, looked.columns, valid, lambda owners, places: scan_cut(p[owners], places)
    )


def _roots(p: Problems) -> Brackets:
    """Brackets of the roots of Phi, with columns Phi / xi, q and omega."""
    looked = _look(p, *stretch(p))
    found = _brackets(p, looked, looked.valid)
    lost = found.counts(len(p)) == 0
    if lost.any():
        # At kappa close to kappa_min the valid stretch around the root is shorter than a step.
        rest = looked.part(lost[looked.owner])
        found = found.joined(_brackets(p, rest, np.ones(rest.owner.shape, dtype=bool)))
    return found


class FirstBrackets(NamedTuple):
    """Where to find the solution with the cut at omega, one entry a problem.

    Attributes:
        low: log xi on its left, NaN where there is none.
        high: log xi on its right.
        start: xi, q and omega to start from, shape (3, N).
        several: whether there are others.
        certain: whether it is certain that the wide student's rank is more than kappa.
    """

    low: FloatArray
    high: FloatArray
    start: FloatArray
    several: BoolArray
    certain: BoolArray


def first_brackets(p: Problems) -> FirstBrackets:
    """The brackets of the solutions that :func:`solve_rank_limited` goes for.

    Where q <= omega, Phi has the sign of the wide student's equation at both ends of such a stretch. As that
    one changes sign once, its solution lies in no other stretch if Phi changes sign inside of one, and once.
    """
    n, looked = len(p), _look(p, *stretch(p))
    found = _brackets(p, looked, looked.valid)
    one, counts = found.first(), found.counts(n)
    low, high, start = np.full(n, np.nan), np.full(n, np.nan), np.full((3, n), np.nan)
    low[one.owner], high[one.owner], start[:, one.owner] = one.low, one.high, one.start()
    certain = counts == 1
    right, ends = high[looked.owner], low[looked.owner]
    wrong = looked.valid & ((looked.columns[0] > 0) != (looked.log_xi >= right))
    wrong |= ~looked.valid & ((looked.log_xi == ends) | (looked.log_xi == right))
    certain[looked.owner[wrong]] = False
    return FirstBrackets(low, high, start, counts > 1, certain)


def others_above(problems: Problems, xi: FloatArray) -> BoolArray:
    """Where the equations have solutions with the cut at omega beside one that does not need it.

    Beyond a solution Phi is positive, and at the end of all xi it is positive again: where it is negative in
    between, with the cut at omega, there are two more roots.

    Args:
        problems: the parameters.
        xi: of the solution that is known: of the wide student, or 0 where the teacher is recovered.
    """
    several = np.zeros(len(problems), dtype=bool)
    rank = np.minimum(problems.kappa, 1.0)
    ratio = problems.alpha / (rank - rank * rank / 2)
    suspect = np.flatnonzero((rank < 1) & (ratio > _SUSPECT[0]) & (ratio < _SUSPECT[1]))
    suspect = suspect[np.lexsort((problems.kappa[suspect], problems.kappa_star[suspect]))]
    floor = np.ceil(PER_DECADE * np.log10(np.maximum(1.1 * xi[suspect], _CLEAREST))).astype(np.intp)
    last = np.maximum(stretch(problems[suspect])[1], floor)
    for run in blocks_of(last - floor + 1, _BLOCK):
        p = problems[suspect[run]]
        looked = _look(p, floor[run], last[run])
        below = looked.valid & (looked.columns[0] < -_CERTAIN)
        several[suspect[run][looked.owner[below]]] = True
        hidden = _brackets(p, looked, looked.valid)
        several[suspect[run][hidden.owner[hidden.counts(len(p))[hidden.owner] > 1]]] = True
    return several


def _solve_block(p: Problems) -> RankLimited:
    """Look for all roots of Phi, then solve for the first one of each problem."""
    brackets = _roots(p)
    several, one = brackets.counts(len(p)) > 1, brackets.first()
    xi, q, omega = np.ones(len(p)), np.zeros(len(p)), np.zeros(len(p))
    converged = np.zeros(len(p), dtype=bool)
    if len(one):
        unknowns, problems = one.start(), p[one.owner]
        ok = newton_between(problems, unknowns, one.low, one.high)
        # What stops Newton's method at lam = 0 is the kink of Phi where q reaches 0: the zoom leaves it out.
        hard = np.flatnonzero(~ok)
        if hard.size:
            solved, ok[hard] = zoom(problems[hard], one.low[hard], one.high[hard], scan_cut)
            for target, values in zip(unknowns, solved, strict=True):
                target[hard] = values
        xi[one.owner], q[one.owner], omega[one.owner] = unknowns
        converged[one.owner] = ok
    return RankLimited(xi, q, omega, several, converged)


def solve_rank_limited(problems: Problems) -> RankLimited:
    """Solve the equations with the cut at omega, where the wide student's rank exceeds kappa.

    Returns:
        The branch reached continuously from large alpha, one entry a problem.
    """
    out = RankLimited(*(np.zeros(len(problems), dtype=t) for t in (float, float, float, bool, bool)))
    order = np.lexsort((problems.kappa, problems.kappa_star))
    first, last = stretch(problems[order])
    for run in blocks_of(last - first + 1, _BLOCK):
        block = order[run]
        for target, values in zip(out, _solve_block(problems[block]), strict=True):
            target[block] = values
    return out
