"""What gradient flow has learned at long times: the steady state, for one setting or a million.

A point is first solved as if the student were wide. Where the rank that this needs, kappa_min, is
more than the student has, the width cuts the spectrum and the rank-limited equations are solved
instead. The result says for every point which of the two regimes it is in: the first is exact as
d -> infinity, the second rests on the steady-state assumption of arXiv 2601.10483.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.arrays import FloatArray
from quadviz.checks import whole_number
from quadviz.labels import named_parameters
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, checked_teacher
from quadviz.outcome import Regime, Status, announce, quiet
from quadviz.parameters import PARAMETERS
from quadviz.results import PointResult, Sheet
from quadviz.setting import Setting
from quadviz.theory.steady.solving import solve_flat

if TYPE_CHECKING:
    from quadviz.setting import Inputs

__all__ = [
    "Regime",
    "Status",
    "SteadyState",
    "learning_curve",
    "solved_states",
    "steady_state",
    "steady_state_of",
]


_NAMES = ("alpha", "kappa", "kappa_star", "lam", "delta")
_ERRORS = ("mse_error", "train_loss_error", "in_sample_error_error", "rank_error")
#: A whole number and a word where callers pass their numbers by name: checked when a function is called.
WholeLike: TypeAlias = Any
WordLike: TypeAlias = Any
#: What to change where a solve failed.
REMEDY = "raise lam or kappa, move alpha, or bring the parameters nearer to 1"


class Size(NamedTuple):
    """Of what d, and of whose inputs."""

    finite_size: int
    inputs: Inputs


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
        mse_error: standard error of mse over samples of that size; 0 in the limit, as the other errors.
        train_loss_error: of the train loss.
        in_sample_error_error: of the in-sample error.
        rank_error: of the rank.
        finite_size: the d that it is of; None for d -> infinity.
        inputs: whose inputs at that d; the limit is the same for all.
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
    mse_error: FloatArray | float = field(default=0.0, kw_only=True)
    train_loss_error: FloatArray | float = field(default=0.0, kw_only=True)
    in_sample_error_error: FloatArray | float = field(default=0.0, kw_only=True)
    rank_error: FloatArray | float = field(default=0.0, kw_only=True)
    teacher: Teacher = field(default=WISHART, kw_only=True)
    finite_size: int | None = field(default=None, kw_only=True)
    inputs: Inputs = field(default="network", kw_only=True)
    _given: ClassVar[tuple[str, ...]] = (*_NAMES, "lam2")
    _apart: ClassVar[tuple[str, ...]] = ("labels", "teacher", "finite_size", "inputs")

    def sheets(self) -> dict[str, Sheet]:
        """One table with a row a point; the size and its inputs where it is of a size."""
        (name, sheet), *_ = super().sheets().items()
        if self.finite_size is None:
            return {name: sheet}
        size = {"d": ((), self.finite_size), "inputs": ((), self.inputs)}
        return {name: replace(sheet, coords={**sheet.coords, **size})}

    def _silent(self) -> tuple[str, ...]:
        return ("lam2",) if self.finite_size is not None else ("lam2", *_ERRORS)


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
    finite_size: WholeLike = None,
    inputs: WordLike = "network",
) -> SteadyState:
    """The long-time solution of gradient flow in the limit d -> infinity, broadcasting like a ufunc.

    Solves ``2 alpha xi = mse + delta/2`` and ``q (1 - I/alpha) = lam`` (arXiv 2601.10483, steady
    state; see :mod:`quadviz.theory.steady.equations`), for any teacher and with a Frobenius decay beside
    weight decay (THEORY sections 13 and 14). A point does not depend on its company, to the last bit.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100; beyond, where the status is not FAILED;
    within a relative 1e-7 of a threshold or a fold, where the last digit of alpha counts, to what that
    digit does.

    With ``finite_size=d`` it is the theory at that d, for networks of that size to be held against: the same
    two equations with averages over 64 pairs of samples of that size (:func:`quadviz.finite_size`, which can
    take more), and standard errors. It takes 0.1 s a point at d = 20, 0.5 s at 50 and 6 s at
    200. No theorem: of what networks of d = 20 to 80 are off the limit it explains, in the median of
    docs/teachers.md, 92% with symmetric Gaussian inputs and 79% with a network's own; of the latter a
    fifth where samples are few, and twice too much at an interpolation peak with little decay.

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
        finite_size: the d of the networks, a whole number from 2 to 200; None for the limit. It wants
            lam or lam2 of at least 1e-6, for at size d there is no closed form of the limit 0+.
        inputs: whose inputs at that d, "network" or "gaussian", as of :func:`quadviz.sample_problem`; the
            limit is the same for both.

    Returns:
        Arrays of the broadcast shape, with a status and a regime for every point.

    Raises:
        TypeError: if an argument is not made of real numbers, the teacher is none, or finite_size is not a
            whole number.
        ValueError: if one lies outside its domain, the shapes do not broadcast, or there are no networks of
            that size.

    Warns:
        SolveWarning: if points failed; see :func:`quadviz.errstate`.

    >>> s = steady_state(alpha=[0.25, 0.6], kappa=1.0, kappa_star=0.3, lam=0.1, delta=0.5)
    >>> s.mse.shape, [Regime(r).label for r in s.regime]
    ((2,), ['exact', 'exact'])
    >>> there = steady_state(0.6, kappa=1.0, kappa_star=0.3, lam=0.1, delta=0.5, finite_size=20)
    >>> bool(there.mse > s.mse[1] + 10 * there.mse_error), there.finite_size
    (True, 20)
    """
    given = {"alpha": alpha, "kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta}
    return solved_states("steady_state", teacher, **given, lam2=lam2, size=_size(finite_size, inputs))


def steady_state_of(setting: Setting, alpha: ArrayLike | None = None) -> SteadyState:
    """The steady state of one setting as d -> infinity, or at other sample ratios of it.

    Args:
        setting: the setting; its gamma is of no meaning here.
        alpha: sample ratios in the place of its own, of any shape.

    Returns:
        Results of the shape of alpha.

    >>> float(steady_state_of(Setting(0.7, 0.3, 0.4, 0.01, 0.5)).mse).__round__(4)
    0.8544
    """
    s = setting
    places = s.alpha if alpha is None else alpha
    return steady_state(places, s.kappa, s.given_width, s.lam, s.delta, s.lam2, teacher=s.teacher)


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
    finite_size: WholeLike = None,
    inputs: WordLike = "network",
) -> SteadyState:
    """Whole learning curves: every setting at every alpha, in one call of :func:`steady_state`.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100, as there. The equations are those of arXiv
    2601.10483, steady state; with ``finite_size=d`` their averages are taken at size d, as there, which takes
    0.1 to 6 s a point.

    Args:
        alpha: sample ratios, one-dimensional of length N, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; at most 1 where it is a fraction of rank, None beside given
            levels.
        lam: weight decay, >= 0.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues.
        finite_size: the d of the networks, from 2 to 200; None for the limit.
        inputs: whose inputs at that d, "network" or "gaussian".

    Returns:
        Arrays of shape S + (N,), with S the shape that the others broadcast to.

    Raises:
        TypeError: if an argument is not made of real numbers, or finite_size is not a whole number.
        ValueError: if one lies outside its domain, alpha is not one-dimensional, the shapes of the others do
            not broadcast, or there are no networks of that size.

    Warns:
        SolveWarning: if points failed.

    >>> learning_curve([0.1, 0.2, 0.3], kappa=[0.4, 1.0], kappa_star=0.3, lam=0.01, delta=0).mse.shape
    (2, 3)
    """
    shape = PARAMETERS["alpha"].as_array(alpha).shape
    if len(shape) != 1:
        raise ValueError(f"alpha must be one-dimensional for a learning curve, got shape {shape}")
    size = _size(finite_size, inputs)
    rest = {"kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta, "lam2": lam2}
    if kappa_star is None or not checked_teacher(teacher).sized_by_width:
        rest["kappa_star"] = teacher.widths(kappa_star)
    (_, *others), labels = named_parameters(alpha=1.0, **rest)
    if not teacher.sized_by_width:
        rest["kappa_star"] = None
    if labels is not None and labels.dims:  # the axis of alpha comes last
        return solved_states("learning_curve", teacher, **rest, alpha=alpha, size=size)
    spread: dict[str, Any] = {n: v[..., None] for n, v in zip(rest, others, strict=True)}
    if not teacher.sized_by_width:
        spread["kappa_star"] = None
    return solved_states("learning_curve", teacher, alpha=alpha, **spread, size=size)


def _size(d: Any, inputs: Any) -> Size | None:
    """The size asked for, checked; None for the limit."""
    if d is None and isinstance(inputs, str) and inputs == "network":
        return None  # what is asked for nearly always, at once
    from quadviz.theory.finite.finite_size import LARGEST_D, checked_inputs  # it stands on this module

    known = checked_inputs(inputs)
    if d is None:
        return None
    return Size(whole_number("finite_size (input dimension d)", d, 2, LARGEST_D), known)


def solved_states(what: str, teacher: Teacher, size: Size | None = None, **parameters: Any) -> SteadyState:
    """The steady states of parameters, which are validated; tells of those that failed."""
    if not checked_teacher(teacher).sized_by_width or parameters["kappa_star"] is None:
        parameters["kappa_star"] = teacher.widths(parameters["kappa_star"])
    arrays, labels = named_parameters(**parameters)
    named: dict[str, Any] = dict(zip(parameters, arrays, strict=True))
    if teacher.sized_by_width:
        teacher.widths(named["kappa_star"])
    flat = {name: named[name].reshape(-1) for name in (*_NAMES, "lam2")}
    if size is None:
        columns = solve_flat(*flat.values(), teacher=teacher)
    else:
        from quadviz.theory.finite.finite_size import solve_at_size  # as above

        columns = solve_at_size(flat, teacher, *size)
    shape = arrays[0].shape
    found = {name: column.reshape(shape) for name, column in columns.items()}
    told = {name: value for name, value in named.items() if name != "lam2" or np.any(value)}
    announce(what, found["status"], told, REMEDY, level=5)
    of = {} if size is None else size._asdict()
    return SteadyState(**named, **found, labels=labels, teacher=teacher, **of)
