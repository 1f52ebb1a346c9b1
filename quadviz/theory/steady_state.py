"""What gradient flow has learned at long times: the steady state, for one setting or a million.

A point is first solved as if the student were wide. Where the rank that this needs, kappa_min, is
more than the student has, the width cuts the spectrum and the rank-limited equations are solved
instead. The result says for every point which of the two regimes it is in: the first is exact as
d -> infinity, the second rests on the steady-state assumption of arXiv 2601.10483.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import broadcast_parameters
from quadviz.theory.equations import evaluate
from quadviz.theory.newton import Problems
from quadviz.theory.rank_limited import solve_rank_limited
from quadviz.theory.small_noise import recovered_scale, ridgeless_recovery
from quadviz.theory.wide import solve_wide

__all__ = ["Regime", "Status", "SteadyState", "learning_curve", "steady_state"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Largest relative residual of the two equations that counts as solved.
_TOLERANCE = 1e-10


class Status(IntEnum):
    """How the solve of a point ended."""

    SOLVED = 0
    SEVERAL = 1
    FAILED = 2

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        return (
            "solved",
            "solved, but the equations have other solutions here: this is the branch reached from large "
            "alpha (raise lam or kappa for a unique one)",
            "not solved: no value is returned; raise lam or kappa, or move alpha",
        )[self]


class Regime(IntEnum):
    """Where the theory is a theorem, and where it is an assumption."""

    EXACT = 0
    RANK_LIMITED = 1

    @property
    def label(self) -> str:
        """A short label for a badge."""
        return ("exact", "rank-limited: steady-state assumption")[self]


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
    shape = arrays[0].shape
    problems = Problems(*(np.ascontiguousarray(a).ravel() for a in arrays))
    columns = _solve(problems)
    return SteadyState(*arrays, **{name: values.reshape(shape) for name, values in columns.items()})


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


def _solve(p: Problems) -> dict[str, NDArray[np.float64] | NDArray[np.int8]]:
    """Every result column of :class:`SteadyState` for one-dimensional problems."""
    xi, q, omega = np.zeros(len(p)), np.zeros(len(p)), np.full(len(p), -np.inf)
    converged, several = np.ones(len(p), dtype=bool), np.zeros(len(p), dtype=bool)
    recovered = (p.lam == 0) & (p.delta == 0)
    if recovered.any():
        recovered &= p.alpha >= ridgeless_recovery(p.kappa, p.kappa_star)
    todo = np.flatnonzero(~recovered)
    noiseless_wide = _wide_recovers(p[todo])
    wide = todo[~noiseless_wide]
    xi[wide], q[wide], converged[wide] = solve_wide(p[wide])
    mass = np.ones(len(p))
    solvable = wide[converged[wide]]
    mass[solvable] = evaluate(q[solvable], q[solvable], xi[solvable], p.kappa_star[solvable]).mass
    narrow = np.flatnonzero(~recovered & (p.kappa < mass))
    if narrow.size:
        xi[narrow], q[narrow], omega[narrow], several[narrow], converged[narrow] = solve_rank_limited(
            p[narrow]
        )
    return _columns(p, xi, q, omega, recovered, converged, several)


def _wide_recovers(p: Problems) -> BoolArray:
    """Where a wide student would recover the teacher, so that only the rank-limited equations remain."""
    recovers = (p.lam == 0) & (p.delta == 0)
    if recovers.any():
        recovers &= p.alpha >= ridgeless_recovery(np.ones(len(p)), p.kappa_star)
    return recovers


def _columns(
    p: Problems,
    xi: FloatArray,
    q: FloatArray,
    omega: FloatArray,
    recovered: BoolArray,
    converged: BoolArray,
    several: BoolArray,
) -> dict[str, NDArray[np.float64] | NDArray[np.int8]]:
    """The reported quantities from the unknowns, after a check of both equations."""
    mse, response, kappa_min = np.zeros(len(p)), np.zeros(len(p)), np.ones(len(p))
    at = np.flatnonzero(~recovered & converged)
    a, x, s = p.alpha[at], xi[at], q[at]
    above_q = evaluate(s, s, x, p.kappa_star[at])
    kappa_min[at] = above_q.mass
    cut = np.maximum(s, omega[at])
    t = evaluate(cut, s, x, p.kappa_star[at])
    mse[at] = t.mse
    # lam/q, which is 1 - I/alpha by the second equation; the form that does not cancel.
    response[at] = np.where(
        p.lam[at] > 0, p.lam[at] / np.where(s > 0, s, 1), np.where(s > 0, 0, 1 - t.interaction / a)
    )
    first = np.abs(t.mse + p.delta[at] / 2 - 2 * a * x) / (2 * a * x)
    second = np.abs(s * (1 - t.interaction / a) - p.lam[at]) / np.maximum(np.maximum(s, p.lam[at]), 1e-300)
    converged = converged.copy()
    converged[at] &= (first <= _TOLERANCE) & (second <= _TOLERANCE)
    if recovered.any():
        kappa_min[recovered] = recovered_scale(
            p.alpha[recovered], p.kappa[recovered], p.kappa_star[recovered]
        )
    train_loss = p.alpha * xi * response**2
    columns = {
        "q": q,
        "xi": xi,
        "mse": mse,
        "train_loss": train_loss,
        "in_sample_error": train_loss + p.delta / 4 * (1 - 2 * response),
        "rank": np.minimum(p.kappa, kappa_min),
        "kappa_min": kappa_min,
    }
    status = np.where(several, Status.SEVERAL, Status.SOLVED)
    return {
        **{name: np.where(converged, values, np.nan) for name, values in columns.items()},
        "status": np.where(converged, status, Status.FAILED).astype(np.int8),
        "regime": np.where(p.kappa < kappa_min, Regime.RANK_LIMITED, Regime.EXACT).astype(np.int8),
    }
