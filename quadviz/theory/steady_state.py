"""What gradient flow has learned at long times: the steady state, for one setting or a million.

A point is first solved as if the student were wide. Where the rank that this needs, kappa_min, is
more than the student has, the width cuts the spectrum and the rank-limited equations are solved
instead. The result says for every point which of the two regimes it is in: the first is exact as
d -> infinity, the second rests on the steady-state assumption of arXiv 2601.10483.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.blocks import slices
from quadviz.labels import named_parameters
from quadviz.partial_integrals import MASS_ROUNDING
from quadviz.results import PointResult
from quadviz.setting import PARAMETERS
from quadviz.spectrum import mass_quantile
from quadviz.theory.equations import evaluate
from quadviz.theory.errors import mass_blur, relative_error
from quadviz.theory.newton import Problems, at_rank, mass_surplus
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
    "learning_curve",
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
        labels: the names that xarray or pandas arguments brought along, or None.

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
    _given: ClassVar[tuple[str, ...]] = _NAMES


@quiet
def steady_state(
    alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, lam: ArrayLike, delta: ArrayLike
) -> SteadyState:
    """The long-time solution of gradient flow in the limit d -> infinity, broadcasting like a ufunc.

    Solves ``2 alpha xi = mse + delta/2`` and ``q (1 - I/alpha) = lam`` (arXiv 2601.10483, steady
    state; see :mod:`quadviz.theory.equations`). A point does not depend on its company, to the last bit.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100; beyond, where the status is not FAILED;
    within a relative 1e-7 of a threshold or a fold, where the last digit of alpha counts, to what that
    digit does.

    Args:
        alpha: sample ratio n/d^2, > 0. DataArrays broadcast by name, here and below.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.

    Returns:
        Arrays of the broadcast shape, with a status and a regime for every point.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> s = steady_state(alpha=[0.25, 0.6], kappa=1.0, kappa_star=0.3, lam=0.1, delta=0.5)
    >>> s.mse.shape, [Regime(r).label for r in s.regime]
    ((2,), ['exact', 'exact'])
    """
    return solved_states(
        "steady_state", alpha=alpha, kappa=kappa, kappa_star=kappa_star, lam=lam, delta=delta
    )


@quiet
def learning_curve(
    alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, lam: ArrayLike, delta: ArrayLike
) -> SteadyState:
    """Whole learning curves: every setting at every alpha, in one call of :func:`steady_state`.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100, as there. The equations are those of arXiv
    2601.10483, steady state.

    Args:
        alpha: sample ratios, one-dimensional of length N, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        lam: weight decay, >= 0.
        delta: label-noise variance, >= 0.

    Returns:
        Arrays of shape S + (N,), with S the shape that the other four broadcast to.

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
    rest = {"kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta}
    (_, *others), labels = named_parameters(alpha=1.0, **rest)
    if labels is not None and labels.dims:  # the axis of alpha comes last
        return solved_states("learning_curve", **rest, alpha=alpha)
    return solved_states(
        "learning_curve", alpha=alpha, **{n: v[..., None] for n, v in zip(rest, others, strict=True)}
    )


def solved_states(what: str, **parameters: ArrayLike) -> SteadyState:
    """The steady states of validated parameters; tells of those that failed."""
    arrays, labels = named_parameters(**parameters)
    named: dict[str, Any] = dict(zip(parameters, arrays, strict=True))
    columns = solve_flat(*(named[name].reshape(-1) for name in _NAMES))
    shape = arrays[0].shape
    found = {name: column.reshape(shape) for name, column in columns.items()}
    announce(what, found["status"], named, REMEDY, level=5)
    return SteadyState(**named, **found, labels=labels)


def solve_flat(
    alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray, lam: FloatArray, delta: FloatArray
) -> dict[str, Any]:
    """The reported quantities by name, for validated one-dimensional parameters of one length."""
    problems = Problems(alpha, settled_width(kappa, kappa_star), kappa_star, lam, delta)
    unknowns = _solve(problems)
    parts = [report(problems[part], unknowns.part(part)) for part in slices(len(problems))]
    if not parts:
        parts = [report(problems, unknowns)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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
        mass[solved] = evaluate(q[solved], q[solved], xi[solved], p.kappa_star[solved]).mass
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
    recovers: BoolArray = (p.lam == 0) & (p.delta == 0)
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
    at = np.flatnonzero((p.lam == 0) & ~recovered & (close | ~converged) & _tried(p))
    if at.size:
        cut = np.maximum(q[at], omega[at])
        solved = np.where(xi[at] > 0, xi[at], 1.0)
        slack = 1 - evaluate(cut, q[at], solved, p.kappa_star[at]).interaction / p.alpha[at]
        at = at[(np.abs(slack) < _CLOSE) | ~converged[at]]
    if at.size:
        alpha, _, there, status = threshold_with_noise(p.kappa[at], p.kappa_star[at], p.delta[at])
        near = np.abs(p.alpha[at] - alpha) <= _SAME_ALPHA * alpha
        unique = status == Status.SOLVED
        near &= (there > 0) & (unique | ~converged[at])
        several[at] |= near & ~unique
        at, there = at[near], there[near]
        xi[at], q[at], converged[at] = there, 0.0, True
        omega[at] = mass_quantile(np.minimum(p.kappa[at], 1.0), p.kappa_star[at], there)


def report(p: Problems, unknowns: Unknowns) -> dict[str, Any]:
    """The reported quantities, after a check of both equations and of their rounding; NaN where it fails."""
    xi, q, omega, recovered, several, converged = unknowns
    n = len(p)
    mse, response, memory, kappa_min = np.zeros(n), np.zeros(n), np.ones(n), np.ones(n)
    at = np.flatnonzero(~recovered & converged)
    a, x, s, lam = p.alpha[at], xi[at], q[at], p.lam[at]
    kappa_min[at] = evaluate(s, s, x, p.kappa_star[at]).mass
    cut = np.maximum(s, omega[at])
    t = evaluate(cut, s, x, p.kappa_star[at])
    limited = cut > s
    surplus = np.where(limited, mass_surplus(t, p.kappa[at], p.kappa_star[at])[0], 0.0)
    mse[at], interaction = at_rank(t, surplus, x, s, cut)
    # lam/q, which is 1 - I/alpha by the second equation; the form that does not cancel.
    shift = np.where(s > 0, s, 1.0)
    response[at] = np.where(s > 0, lam / shift, 1 - interaction / a)
    memory[at] = interaction / a
    # A rank-limited mse cannot be sharper than the rounding of the mass above the cut.
    blur = mass_blur(p[at], s, cut, t)
    first = np.abs(mse[at] + p.delta[at] / 2 - 2 * a * x) - blur <= _TOLERANCE * 2 * a * x
    second = np.abs(s * (1 - interaction / a) - lam) <= _TOLERANCE * np.maximum(s, lam)
    fine = converged.copy()
    fine[at] &= first & second & (mse[at] >= 0)
    fine[at] &= relative_error(p[at], x, s, cut, t) <= _GOOD
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
