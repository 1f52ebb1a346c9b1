"""How steady states are solved: validated numbers in, the reported quantities out, in both regimes.

Problems are solved in the units of their teacher (:attr:`quadviz.law.teachers.Teacher.unit`), as if the
student were wide; where the rank that this needs is more than it has, the rank-limited equations are solved
instead. What is reported has passed a check of both equations and of their rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.blocks import slices
from quadviz.law.family import family_of
from quadviz.law.partial_integrals import MASS_ROUNDING
from quadviz.law.teachers import WISHART, Teacher
from quadviz.outcome import Regime, Status
from quadviz.theory.reach import within_reach
from quadviz.theory.steady.errors import mass_blur, relative_error
from quadviz.theory.steady.newton import Problems, at_rank
from quadviz.theory.steady.penalty import pure_response
from quadviz.theory.steady.rank_limited import others_above, solve_rank_limited
from quadviz.theory.steady.small_noise import recovered_scale, ridgeless_recovery, settled_width
from quadviz.theory.steady.thresholds import threshold_with_noise
from quadviz.theory.steady.wide import solve_wide

__all__ = ["Unknowns", "in_levels", "problems_of", "recovers", "report", "solve_flat", "solve_problems"]


#: Largest relative residual of the two equations that counts as solved, and the largest error.
_TOLERANCE, _GOOD = 8e-10, 1e-9
#: Relative distance from the interpolation threshold within which it is reached.
_SAME_ALPHA = 5e-11
#: Relative distance below the recovery threshold that counts as rounding of alpha.
_SAME_THRESHOLD = 2e-10
#: q/sqrt(xi) and 1 - I/alpha where it may be as near as that.
_CLOSE = 1e-4
#: The powers of the unit of Z* that results come in.
_POWERS = {"q": 1, "xi": 2, "mse": 2, "train_loss": 2, "in_sample_error": 2}


def solve_flat(
    alpha: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    lam: FloatArray,
    delta: FloatArray,
    lam2: FloatArray | None = None,
    *,
    teacher: Teacher = WISHART,
) -> dict[str, Any]:
    """The reported quantities by name, for validated one-dimensional parameters of one length."""
    if lam2 is not None and not lam2.any():
        lam2 = None
    elif lam2 is not None and not lam2.all():
        # Each of the two is solved by itself: a point does not depend on its company.
        return _apart(lam2 > 0, (alpha, kappa, kappa_star, lam, delta, lam2), teacher)
    problems = problems_of(teacher, alpha, kappa, kappa_star, lam, delta, lam2)
    return in_levels(teacher, solve_problems(problems)[0])


def solve_problems(problems: Problems) -> tuple[dict[str, Any], Unknowns]:
    """The reported quantities by name, and the unknowns that they follow from."""
    unknowns = _solve(problems)
    parts = [report(problems[part], unknowns.part(part)) for part in slices(len(problems))]
    if len(parts) == 1:
        return parts[0], unknowns
    if not parts:
        return report(problems, unknowns), unknowns
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, unknowns


def problems_of(
    teacher: Teacher,
    alpha: FloatArray,
    kappa: FloatArray,
    kappa_star: FloatArray,
    lam: FloatArray,
    delta: FloatArray,
    lam2: FloatArray | None = None,
) -> Problems:
    """Problems in the units of their teacher, for validated one-dimensional parameters of one length."""
    unit = teacher.unit
    if unit != 1:
        lam, delta = lam / unit, delta / unit**2
    family = family_of(teacher, in_units=True)
    return Problems(alpha, settled_width(kappa, kappa_star), kappa_star, lam, delta, lam2, family)


def in_levels(teacher: Teacher, found: dict[str, Any]) -> dict[str, Any]:
    """Results of such problems in the units in which the levels are given."""
    unit = teacher.unit
    if unit == 1:
        return found
    return {
        name: values * unit ** _POWERS.get(name, 0) if name in _POWERS else values
        for name, values in found.items()
    }


def _apart(some: BoolArray, columns: tuple[FloatArray, ...], teacher: Teacher) -> dict[str, Any]:
    """Those marked, and the rest, solved apart and put together."""
    found: dict[str, Any] = {}
    for part in (some, ~some):
        for name, values in solve_flat(*(column[part] for column in columns), teacher=teacher).items():
            found.setdefault(name, np.empty(some.size, dtype=values.dtype))[part] = values
    return found


class Unknowns(NamedTuple):
    """What is solved for, and how that went; one entry a problem."""

    xi: FloatArray
    q: FloatArray
    omega: FloatArray
    recovered: BoolArray
    several: BoolArray
    converged: BoolArray

    def part(self, index: Any) -> Unknowns:
        """Some of them."""
        columns: tuple[Any, ...] = tuple(column[index] for column in self)
        return Unknowns(*columns)

    def joined(self, other: Unknowns) -> Unknowns:
        """These and others."""
        columns: tuple[Any, ...] = tuple(np.concatenate(pair) for pair in zip(self, other, strict=True))
        return Unknowns(*columns)


def _solve(p: Problems) -> Unknowns:
    """The solution of the equations in the regime that each problem turns out to be in."""
    n = len(p)
    xi, q, omega, mass = np.zeros(n), np.zeros(n), np.full(n, -np.inf), np.ones(n)
    several, converged, recovered = np.zeros(n, dtype=bool), np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    for part in slices(n):
        here = p[part]
        tried = _tried(here)
        converged[part] = tried
        recovered[part] = tried & recovers(here, here.kappa)
        # Where only a wide student recovers its teacher, the rank-limited equations remain.
        wide = np.flatnonzero(tried & ~recovered[part] & ~recovers(here, np.ones(len(here))))
        at = part.start + wide
        xi[at], q[at], converged[at] = solve_wide(here[wide])
        # A student as wide as the input is never too narrow.
        solved = at[converged[at] & (p.kappa[at] < 1)]
        mass[solved] = p[solved].terms(q[solved], q[solved], xi[solved]).mass
    narrow = np.flatnonzero(converged & ~recovered & (p.kappa < mass - MASS_ROUNDING))
    wide_failed = np.flatnonzero(~converged & (p.kappa < 1) & _tried(p))
    narrow = np.union1d(narrow, wide_failed)
    if narrow.size:
        xi[narrow], q[narrow], omega[narrow], several[narrow], converged[narrow] = solve_rank_limited(
            p[narrow]
        )
    wider = np.ones(n, dtype=bool)
    wider[narrow] = False
    unique = np.flatnonzero(wider & converged)
    several[unique] = others_above(p[unique], xi[unique])
    unknowns = Unknowns(xi, q, omega, recovered, several, converged)
    _settle_cusps(p, unknowns)
    return unknowns


def _tried(p: Problems) -> BoolArray:
    return within_reach(p.alpha, p.lam, widths=(p.kappa, p.kappa_star), delta=p.delta)


def recovers(p: Problems, kappa: FloatArray) -> BoolArray:
    """Where a student of width kappa finds the teacher exactly: no noise, lam -> 0+, enough samples."""
    recovers: BoolArray = p.bare & (p.delta == 0)
    if recovers.any():
        recovers &= p.alpha >= (1 - _SAME_THRESHOLD) * ridgeless_recovery(kappa, p.kappa_star)
    return recovers


def _settle_cusps(p: Problems, unknowns: Unknowns) -> None:
    """Put points at the interpolation threshold itself on it, in place.

    At this cusp of the ridgeless limit two phases meet in a double root, which costs Newton's method half its
    digits and some points altogether; as a scalar equation the threshold is known to full precision.
    """
    xi, q, omega, recovered, several, converged = unknowns
    close = q <= _CLOSE * np.sqrt(xi)
    at = np.flatnonzero(p.bare & ~recovered & (close | ~converged) & _tried(p))
    if at.size:
        cut = np.maximum(q[at], omega[at])
        solved = np.where(xi[at] > 0, xi[at], 1.0)
        slack = 1 - p[at].terms(cut, q[at], solved).interaction / p.alpha[at]
        at = at[(np.abs(slack) < _CLOSE) | ~converged[at]]
    if at.size:
        alpha, _, there, status = threshold_with_noise(
            p.kappa[at], p.kappa_star[at], p.delta[at], family=p.family
        )
        near = np.abs(p.alpha[at] - alpha) <= _SAME_ALPHA * alpha
        unique = status == Status.SOLVED
        near &= (there > 0) & (unique | ~converged[at])
        several[at] |= near & ~unique
        at, there = at[near], there[near]
        xi[at], q[at], converged[at] = there, 0.0, True
        omega[at] = p.family.quantile(np.minimum(p.kappa[at], 1.0), p.kappa_star[at], there)


def report(p: Problems, unknowns: Unknowns) -> dict[str, Any]:
    """The reported quantities, after a check of both equations and of their rounding; NaN where it fails."""
    xi, q, omega, recovered, several, converged = unknowns
    n = len(p)
    mse, response, memory, kappa_min = np.zeros(n), np.zeros(n), np.ones(n), np.ones(n)
    at = np.flatnonzero(~recovered & converged)
    a, x, s, lam = p.alpha[at], xi[at], q[at], p.lam[at]
    here = p[at]
    cut = np.maximum(s, omega[at])
    t = here.terms(cut, s, x)
    limited = cut > s
    kappa_min[at], surplus = t.mass, np.zeros(at.size)
    if limited.any():
        kappa_min[at[limited]] = here[limited].terms(s[limited], s[limited], x[limited]).mass
        surplus = np.where(limited, here.surplus(t)[0], 0.0)
    mse[at], interaction = at_rank(t, surplus, x, s, cut)
    # lam/q, which is 1 - I/alpha by the second equation; the form that does not cancel.
    shift = np.where(s > 0, s, 1.0)
    response[at] = np.where(s > 0, lam / shift, 1 - interaction / a)
    if here.lam2 is not None:
        response[at] = np.where(lam > 0, response[at], pure_response(a, here.lam2, t.x_rho_hilbert))
    memory[at] = interaction / a
    # A rank-limited mse cannot be sharper than the rounding of the mass above the cut.
    blur = mass_blur(here, s, cut, t)
    first = np.abs(mse[at] + p.delta[at] / 2 - 2 * a * x) - blur <= _TOLERANCE * 2 * a * x
    second = np.abs(s * (1 - interaction / a) - lam) <= _TOLERANCE * np.maximum(s, lam)
    fine = converged.copy()
    fine[at] &= first & second & (mse[at] >= 0)
    fine[at] &= relative_error(here, x, s, cut, t, blur) <= _GOOD
    if recovered.any():
        kappa_min[recovered] = recovered_scale(*(v[recovered] for v in (p.alpha, p.kappa, p.kappa_star)))
    # As 2 alpha xi = mse + delta/2, both are sums of positive terms.
    train_loss = p.alpha * xi * response**2
    in_sample_error = mse / 2 * response**2 + p.delta / 4 * memory**2

    def known(values: FloatArray) -> FloatArray:
        return np.where(fine, values, np.nan)

    solved = np.where(several, Status.SEVERAL, Status.SOLVED)
    return {
        "q": known(q),
        "xi": known(xi),
        "mse": known(mse),
        "train_loss": known(train_loss),
        "in_sample_error": known(in_sample_error),
        "rank": known(np.minimum(p.kappa, kappa_min)),
        "kappa_min": known(kappa_min),
        "status": np.where(fine, solved, Status.FAILED).astype(np.int8),
        "regime": np.where(p.kappa < kappa_min, Regime.RANK_LIMITED, Regime.EXACT).astype(np.int8),
    }
