"""What gradient flow has learned at long times: the steady state, for one setting or a million.

A point is first solved as if the student were wide. Where the rank that this needs, kappa_min, is
more than the student has, the width cuts the spectrum and the rank-limited equations are solved
instead. The result says for every point which of the two regimes it is in: the first is exact as
d -> infinity, the second rests on the steady-state assumption of arXiv 2601.10483.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.partial_integrals import MASS_ROUNDING
from quadviz.setting import broadcast_parameters
from quadviz.spectrum import mass_quantile
from quadviz.theory.equations import evaluate
from quadviz.theory.newton import Problems
from quadviz.theory.outcome import Regime, Status
from quadviz.theory.rank_limited import solve_rank_limited
from quadviz.theory.small_noise import recovered_scale, ridgeless_recovery, settled_width
from quadviz.theory.thresholds import interpolation_threshold
from quadviz.theory.wide import solve_wide

__all__ = ["Regime", "Status", "SteadyState", "learning_curve", "steady_state"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative residual of the two equations that counts as solved.
_TOLERANCE = 1e-10
#: Relative distance from the interpolation threshold within which it is reached.
_SAME_ALPHA = 5e-11
#: Relative distance below the recovery threshold that counts as rounding of alpha.
_SAME_THRESHOLD = 2e-10
#: q/sqrt(xi) and 1 - I/alpha where it may be as near as that.
_CLOSE = 1e-4


@dataclass(frozen=True)
class SteadyState:
    """Steady states of one shape, with the parameters they belong to.

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

    @property
    def shape(self) -> tuple[int, ...]:
        """The broadcast shape of the parameters."""
        return self.mse.shape

    def __getitem__(self, index: object) -> SteadyState:
        """The steady states at an index of the broadcast shape."""
        return SteadyState(**{f.name: np.asarray(getattr(self, f.name)[index]) for f in fields(self)})


def steady_state(
    alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, lam: ArrayLike, delta: ArrayLike
) -> SteadyState:
    """The long-time solution of gradient flow in the limit d -> infinity, broadcasting like a ufunc.

    Solves ``2 alpha xi = mse + delta/2`` and ``q (1 - I/alpha) = lam`` (arXiv 2601.10483, steady
    state; see :mod:`quadviz.theory.equations`).

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.

    Returns:
        Arrays of the broadcast shape, with a status and a regime for every point.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    >>> s = steady_state(alpha=[0.25, 0.6], kappa=1.0, kappa_star=0.3, lam=0.1, delta=0.5)
    >>> s.mse.shape, [Regime(r).label for r in s.regime]
    ((2,), ['exact', 'exact'])
    """
    arrays = broadcast_parameters(alpha=alpha, kappa=kappa, kappa_star=kappa_star, lam=lam, delta=delta)
    flat_alpha, width, teacher, *rest = (array.ravel() for array in arrays)
    problems = Problems(flat_alpha, settled_width(width, teacher), teacher, *rest)
    flat = _report(problems, _solve(problems))
    return SteadyState(**{f.name: getattr(flat, f.name).reshape(arrays[0].shape) for f in fields(flat)})


def learning_curve(
    alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, lam: ArrayLike, delta: ArrayLike
) -> SteadyState:
    """Whole learning curves: every setting at every alpha, in one call.

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

    >>> learning_curve([0.1, 0.2, 0.3], kappa=[0.4, 1.0], kappa_star=0.3, lam=0.01, delta=0).mse.shape
    (2, 3)
    """
    if np.ndim(alpha) != 1:
        raise ValueError(f"alpha must be one-dimensional for a learning curve, got shape {np.shape(alpha)}")
    rest = broadcast_parameters(kappa=kappa, kappa_star=kappa_star, lam=lam, delta=delta)
    return steady_state(alpha, *(values[..., None] for values in rest))


class _Unknowns(NamedTuple):
    """What is solved for, and how that went; one entry a problem."""

    xi: FloatArray
    q: FloatArray
    omega: FloatArray
    recovered: BoolArray
    several: BoolArray
    converged: BoolArray


def _solve(p: Problems) -> _Unknowns:
    """The solution of the equations in the regime that each problem turns out to be in."""
    n = len(p)
    xi, q, omega, mass = np.zeros(n), np.zeros(n), np.full(n, -np.inf), np.ones(n)
    several, converged = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    recovered = _recovers(p, p.kappa)
    # Where only a wide student recovers its teacher, the rank-limited equations remain.
    wide = np.flatnonzero(~recovered & ~_recovers(p, np.ones(n)))
    xi[wide], q[wide], converged[wide] = solve_wide(p[wide])
    solved = wide[converged[wide]]
    mass[solved] = evaluate(q[solved], q[solved], xi[solved], p.kappa_star[solved]).mass
    narrow = np.flatnonzero(~recovered & (p.kappa < mass - MASS_ROUNDING))
    if narrow.size:
        xi[narrow], q[narrow], omega[narrow], several[narrow], converged[narrow] = solve_rank_limited(
            p[narrow]
        )
    unknowns = _Unknowns(xi, q, omega, recovered, several, converged)
    _settle_cusps(p, unknowns)
    return unknowns


def _recovers(p: Problems, kappa: FloatArray) -> BoolArray:
    """Where a student of width kappa finds the teacher exactly: no noise, lam -> 0+, enough samples."""
    recovers: BoolArray = (p.lam == 0) & (p.delta == 0)
    if recovers.any():
        recovers &= p.alpha >= (1 - _SAME_THRESHOLD) * ridgeless_recovery(kappa, p.kappa_star)
    return recovers


def _settle_cusps(p: Problems, unknowns: _Unknowns) -> None:
    """Put points at the interpolation threshold itself on it, in place.

    At this cusp of the ridgeless limit two phases meet in a double root, which costs Newton's method half its
    digits and some points altogether; as a scalar equation the threshold is known to full precision.
    """
    xi, q, omega, recovered, several, converged = unknowns
    close = q <= _CLOSE * np.sqrt(xi)
    at = np.flatnonzero((p.lam == 0) & ~recovered & (close | ~converged))
    if at.size:
        cut = np.maximum(q[at], omega[at])
        solved = np.where(xi[at] > 0, xi[at], 1.0)
        slack = 1 - evaluate(cut, q[at], solved, p.kappa_star[at]).interaction / p.alpha[at]
        at = at[(np.abs(slack) < _CLOSE) | ~converged[at]]
    if at.size:
        threshold = interpolation_threshold(p.kappa[at], p.kappa_star[at], p.delta[at])
        near = np.abs(p.alpha[at] - threshold.alpha) <= _SAME_ALPHA * threshold.alpha
        unique = threshold.status == Status.SOLVED
        near &= (threshold.xi > 0) & (unique | ~converged[at])
        several[at] |= near & ~unique
        at, xi_there = at[near], threshold.xi[near]
        xi[at], q[at], converged[at] = xi_there, 0.0, True
        omega[at] = mass_quantile(np.minimum(p.kappa[at], 1.0), p.kappa_star[at], xi_there)


def _report(p: Problems, unknowns: _Unknowns) -> SteadyState:
    """The reported quantities, after a check of both equations; NaN where it fails."""
    xi, q, omega, recovered, several, converged = unknowns
    mse, response, kappa_min = np.zeros(len(p)), np.zeros(len(p)), np.ones(len(p))
    at = np.flatnonzero(~recovered & converged)
    a, x, s, lam = p.alpha[at], xi[at], q[at], p.lam[at]
    kappa_min[at] = evaluate(s, s, x, p.kappa_star[at]).mass
    cut = np.maximum(s, omega[at])
    t = evaluate(cut, s, x, p.kappa_star[at])
    mse[at] = t.mse
    # lam/q, which is 1 - I/alpha by the second equation; the form that does not cancel.
    shift = np.where(s > 0, s, 1.0)
    response[at] = np.where(s > 0, lam / shift, 1 - t.interaction / a)
    # A rank-limited mse cannot be sharper than the rounding of the mass above the cut.
    blur = np.where(cut > s, MASS_ROUNDING / 4 * cut**2, 0.0)
    first = np.abs(t.mse + p.delta[at] / 2 - 2 * a * x) - blur <= _TOLERANCE * 2 * a * x
    second = np.abs(s * (1 - t.interaction / a) - lam) <= _TOLERANCE * np.maximum(s, lam)
    fine = converged.copy()
    fine[at] &= first & second
    kappa_min[recovered] = recovered_scale(p.alpha[recovered], p.kappa[recovered], p.kappa_star[recovered])
    train_loss = p.alpha * xi * response**2

    def known(values: FloatArray) -> FloatArray:
        return np.where(fine, values, np.nan)

    return SteadyState(
        alpha=p.alpha,
        kappa=p.kappa,
        kappa_star=p.kappa_star,
        lam=p.lam,
        delta=p.delta,
        q=known(q),
        xi=known(xi),
        mse=known(mse),
        train_loss=known(train_loss),
        in_sample_error=known(train_loss + p.delta / 4 * (1 - 2 * response)),
        rank=known(np.minimum(p.kappa, kappa_min)),
        kappa_min=known(kappa_min),
        status=np.where(~fine, Status.FAILED, np.where(several, Status.SEVERAL, Status.SOLVED)).astype(
            np.int8
        ),
        regime=np.where(p.kappa < kappa_min, Regime.RANK_LIMITED, Regime.EXACT).astype(np.int8),
    )
