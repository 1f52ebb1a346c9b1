"""What gradient flow has learned at long times: the steady state, for one setting or a million.

A point is first solved as if the student were wide. Where the rank that this needs, kappa_min, is
more than the student has, the width cuts the spectrum and the rank-limited equations are solved
instead. The result says for every point which of the two regimes it is in: the first is exact as
d -> infinity, the second rests on the steady-state assumption of arXiv 2601.10483.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.blocks import slices
from quadviz.labels import named_parameters
from quadviz.law.family import family_of
from quadviz.law.partial_integrals import MASS_ROUNDING
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, checked_teacher
from quadviz.results import PointResult
from quadviz.setting import PARAMETERS
from quadviz.theory.errors import mass_blur, relative_error
from quadviz.theory.newton import Problems, at_rank
from quadviz.theory.outcome import Regime, Status, announce, quiet
from quadviz.theory.rank_limited import others_above, solve_rank_limited
from quadviz.theory.reach import within_reach
from quadviz.theory.small_noise import recovered_scale, ridgeless_recovery, settled_width
from quadviz.theory.thresholds import threshold_with_noise
from quadviz.theory.wide import solve_wide

__all__ = [
    "Regime",
    "Status",
    "SteadyState",
    "Unknowns",
    "in_levels",
    "learning_curve",
    "problems_of",
    "recovers",
    "report",
    "solve_flat",
    "solved_states",
    "steady_state",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative residual of the two equations that counts as solved, and the largest error.
_TOLERANCE, _GOOD = 8e-10, 1e-9
#: Relative distance from the interpolation threshold within which it is reached.
_SAME_ALPHA = 5e-11
#: Relative distance below the recovery threshold that counts as rounding of alpha.
_SAME_THRESHOLD = 2e-10
#: q/sqrt(xi) and 1 - I/alpha where it may be as near as that.
_CLOSE = 1e-4
_NAMES = ("alpha", "kappa", "kappa_star", "lam", "delta")
#: The powers of the unit of Z* that results come in.
_POWERS = {"q": 1, "xi": 2, "mse": 2, "train_loss": 2, "in_sample_error": 2}
#: What to change where a solve failed.
REMEDY = "raise lam or kappa, move alpha, or bring the parameters nearer to 1"


@dataclass(frozen=True, eq=False, repr=False)
class SteadyState(PointResult):
    """Steady states of one shape, with the parameters they belong to (arXiv 2601.10483, steady state).

    Indexing, ``len`` and iteration go by the broadcast shape; fields of a single point are NumPy scalars.

    Attributes:
        alpha: sample ratio n/d^2.
        kappa: student width m/d.
        kappa_star: teacher width m*/d.
        lam: weight decay; 0 stands for lam -> 0+.
        delta: label-noise variance.
        q: shift of the effective teacher's spectrum.
        xi: noise variance of the effective teacher.
        mse: |Z - Z*|_F^2 / d; the population loss is mse/2 + delta/4.
        train_loss: (1/4n) sum_k (Tr X_k Z - z_k)^2.
        in_sample_error: (1/4n) sum_k (Tr X_k (Z - Z*))^2.
        rank: rank of Z over d, min(kappa, kappa_min).
        kappa_min: mass above q at the solution. For kappa >= kappa_min the width no longer matters.
        status: a :class:`Status` for every point. Where FAILED, the results are NaN.
        regime: a :class:`Regime` for every point.
        lam2: Frobenius decay.
        labels: the names that xarray or pandas arguments brought along, or None.
        teacher: the law of the teacher's eigenvalues.

    >>> curve = steady_state([0.3, 0.6], kappa=1, kappa_star=0.3, lam=0.1, delta=0.5)
    >>> [f"{point.mse:.3f}" for point in curve], len(curve)
    (['0.720', '0.217'], 2)
    """

    alpha: FloatArray
    kappa: FloatArray
    kappa_star: FloatArray
    lam: FloatArray
    delta: FloatArray
    q: FloatArray
    xi: FloatArray
    mse: FloatArray
    train_loss: FloatArray
    in_sample_error: FloatArray
    rank: FloatArray
    kappa_min: FloatArray
    status: NDArray[np.int8]
    regime: NDArray[np.int8]
    lam2: FloatArray | float = 0.0
    teacher: Teacher = field(default=WISHART, kw_only=True)
    _given: ClassVar[tuple[str, ...]] = (*_NAMES, "lam2")
    _apart: ClassVar[tuple[str, ...]] = ("labels", "teacher")
    _silent: ClassVar[tuple[str, ...]] = ("lam2",)


@quiet
def steady_state(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    lam: ArrayLike,
    delta: ArrayLike,
    lam2: ArrayLike = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> SteadyState:
    """The long-time solution of gradient flow in the limit d -> infinity, broadcasting like a ufunc.

    Solves ``2 alpha xi = mse + delta/2`` and ``q (1 - I/alpha) = lam`` (arXiv 2601.10483, steady
    state; see :mod:`quadviz.theory.equations`), for any teacher and with a Frobenius decay beside weight
    decay (THEORY sections 13 and 14). A point does not depend on its company, to the last bit.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100; beyond, where the status is not FAILED;
    within a relative 1e-7 of a threshold or a fold, where the last digit of alpha counts, to what that
    digit does.

    Args:
        alpha: sample ratio n/d^2, > 0. DataArrays broadcast by name, here and below.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; at most 1 where it is a fraction of rank, None beside given
            levels.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0: (lam2/2d) |W W^T|_F^2 beside (lam/d) |W|_F^2 in the loss. With it,
            lam = 0 is no limit but Frobenius decay alone.
        teacher: the law of the teacher's eigenvalues, one of :class:`quadviz.Wishart`,
            :class:`quadviz.Orthogonal`, :class:`quadviz.PowerLaw` and :class:`quadviz.Levels`.

    Returns:
        Arrays of the broadcast shape, with a status and a regime for every point.

    Raises:
        TypeError: if an argument is not made of real numbers, or the teacher is none.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> s = steady_state(alpha=[0.25, 0.6], kappa=1.0, kappa_star=0.3, lam=0.1, delta=0.5)
    >>> s.mse.shape, [Regime(r).label for r in s.regime]
    ((2,), ['exact', 'exact'])
    """
    given = {"alpha": alpha, "kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta}
    return solved_states("steady_state", teacher, **given, lam2=lam2)


@quiet
def learning_curve(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    lam: ArrayLike,
    delta: ArrayLike,
    lam2: ArrayLike = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> SteadyState:
    """Whole learning curves: every setting at every alpha, in one call of :func:`steady_state`.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100, as there. The equations are those of arXiv
    2601.10483, steady state.

    Args:
        alpha: sample ratios, one-dimensional of length N, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; at most 1 where it is a fraction of rank, None beside given
            levels.
        lam: weight decay, >= 0.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        Arrays of shape S + (N,), with S the shape that the others broadcast to.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, alpha is not one-dimensional, or the shapes of the
            others do not broadcast.

    Warns:
        SolveWarning: if points failed.

    >>> learning_curve([0.1, 0.2, 0.3], kappa=[0.4, 1.0], kappa_star=0.3, lam=0.01, delta=0).mse.shape
    (2, 3)
    """
    shape = PARAMETERS["alpha"].as_array(alpha).shape
    if len(shape) != 1:
        raise ValueError(f"alpha must be one-dimensional for a learning curve, got shape {shape}")
    rest = {"kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta, "lam2": lam2}
    if kappa_star is None or not checked_teacher(teacher).sized_by_width:
        rest["kappa_star"] = teacher.widths(kappa_star)
    (_, *others), labels = named_parameters(alpha=1.0, **rest)
    if not teacher.sized_by_width:
        rest["kappa_star"] = None
    if labels is not None and labels.dims:  # the axis of alpha comes last
        return solved_states("learning_curve", teacher, **rest, alpha=alpha)
    spread: dict[str, Any] = {n: v[..., None] for n, v in zip(rest, others, strict=True)}
    if not teacher.sized_by_width:
        spread["kappa_star"] = None
    return solved_states("learning_curve", teacher, alpha=alpha, **spread)


def solved_states(what: str, teacher: Teacher, **parameters: Any) -> SteadyState:
    """The steady states of parameters, which are validated; tells of those that failed."""
    if not checked_teacher(teacher).sized_by_width or parameters["kappa_star"] is None:
        parameters["kappa_star"] = teacher.widths(parameters["kappa_star"])
    arrays, labels = named_parameters(**parameters)
    named: dict[str, Any] = dict(zip(parameters, arrays, strict=True))
    if teacher.sized_by_width:
        teacher.widths(named["kappa_star"])
    columns = solve_flat(*(named[name].reshape(-1) for name in (*_NAMES, "lam2")), teacher=teacher)
    shape = arrays[0].shape
    found = {name: column.reshape(shape) for name, column in columns.items()}
    told = {name: value for name, value in named.items() if name != "lam2" or np.any(value)}
    announce(what, found["status"], told, REMEDY, level=5)
    return SteadyState(**named, **found, labels=labels, teacher=teacher)


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
    unknowns = _solve(problems)
    parts = [report(problems[part], unknowns.part(part)) for part in slices(len(problems))]
    if not parts:
        parts = [report(problems, unknowns)]
    return in_levels(teacher, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


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
        solved = at[converged[at]]
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
    kappa_min[at] = here.terms(s, s, x).mass
    cut = np.maximum(s, omega[at])
    t = here.terms(cut, s, x)
    limited = cut > s
    surplus = np.where(limited, here.surplus(t)[0], 0.0)
    mse[at], interaction = at_rank(t, surplus, x, s, cut)
    # lam/q, which is 1 - I/alpha by the second equation; the form that does not cancel.
    shift = np.where(s > 0, s, 1.0)
    response[at] = np.where(s > 0, lam / shift, 1 - interaction / a)
    memory[at] = interaction / a
    # A rank-limited mse cannot be sharper than the rounding of the mass above the cut.
    blur = mass_blur(here, s, cut, t)
    first = np.abs(mse[at] + p.delta[at] / 2 - 2 * a * x) - blur <= _TOLERANCE * 2 * a * x
    second = np.abs(s * (1 - interaction / a) - lam) <= _TOLERANCE * np.maximum(s, lam)
    fine = converged.copy()
    fine[at] &= first & second & (mse[at] >= 0)
    fine[at] &= relative_error(here, x, s, cut, t) <= _GOOD
    kappa_min[recovered] = recovered_scale(p.alpha[recovered], p.kappa[recovered], p.kappa_star[recovered])
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
