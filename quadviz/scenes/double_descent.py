"""Double descent: curves over samples and over width, each on a grid of its own, and nothing solved twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.wording import power_of_ten
from quadviz.theory.best.bayes import BayesOptimal
from quadviz.theory.best.interpolating_width import InterpolatingWidth, interpolating_width
from quadviz.theory.best.nearby import nearby_decay, nearby_threshold
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.courses import Course, solve_courses
from quadviz.theory.steady.nearby import NO_CUSP, Cusp, Trail
from quadviz.theory.steady.small_noise import settled_width
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.theory.steady.thresholds import (
    InterpolationThreshold,
    recovery_threshold,
)

__all__ = [
    "FAMILY",
    "POINTS",
    "DescentSetting",
    "DoubleDescent",
    "decay_name",
    "decay_shade",
    "double_descent",
]


#: Weight decays drawn beside the current one.
FAMILY = (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
#: Points of a curve over alpha, of the best one, and of one over kappa, before those around a threshold.
POINTS, _BEST_POINTS, _WIDTHS = 100, 40, 48
#: Relative distances from a threshold of points that draw its cusp; the cusp itself is known without solving.
_CUSP = (-0.08, -0.04, -0.015, -0.004, 0.004, 0.015, 0.04, 0.08)
#: Relative distances of points that tell whether labels are fitted from a threshold on.
_BESIDE = (-0.004, 0.004)
#: More of them for a small positive weight decay, which rounds the cusp off on the side of too many labels.
_TIP = (-0.0015, 0.0, 0.0002, 0.0006, 0.0015, 0.008, 0.025)

#: Largest relative difference between the xi of a best decay and that of the steady state there.
_SAME = 1e-6


class DescentSetting(NamedTuple):
    """What is solved for.

    Attributes:
        kappa: student width; where the marker stands on the width axis.
        kappa_star: teacher width.
        delta: label noise.
        lam: the current weight decay.
        alpha: where the marker stands on the alpha axis, and the number of samples of the width axis.
        alpha_top: end of the alpha axis.
        alpha_low: its beginning.
        kappa_span: the stretch of the width axis that is seen; None for all of it.
    """

    kappa: float
    kappa_star: float
    delta: float
    lam: float
    alpha: float
    alpha_top: float
    alpha_low: float = PARAMETERS["alpha"].low
    kappa_span: tuple[float, float] | None = None

    @property
    def kappa_top(self) -> float:
        """The end of the width axis: beyond 1 a student gains no rank, and the curves are flat."""
        return 1.0 if self.kappa <= 1 else PARAMETERS["kappa"].high

    @property
    def widths(self) -> tuple[float, float]:
        """The ends of the width axis that is seen."""
        return self.kappa_span or (PARAMETERS["kappa"].low, self.kappa_top)


@dataclass(frozen=True, eq=False)
class DoubleDescent:
    """Everything that both figures show.

    Attributes:
        lams: increasing weight decays of shape (M,), the current one among them; the first is 0.
        current: index of the current one.
        family: M results of shape (N,), each over the alpha axis.
        best: shape (C,), at the weight decay that is best at each alpha.
        bayes: Bayes-optimal errors at the same C alphas.
        marker: shape (M,), the family under the marker.
        best_marker: shape (), at the best weight decay there.
        bayes_marker: the Bayes-optimal error there.
        ridgeless_widths: shape (K,) over the width axis, at the marker's alpha; lam = 0. The widths of the
            next two may be others between the same ends.
        current_widths: the same at the current weight decay.
        best_widths: the same at the weight decay that is best for each width.
        wide: shape (), a student of width 1: one that is wide enough learns what it learns.
        threshold: the interpolation threshold of the current width, arrays of shape ().
        recovery: the alpha from which lam -> 0+ recovers the teacher; inf where it does not.
        interpolating: the smallest width at which lam -> 0+ fits every label; None where none on the whole
            width axis does.
    """

    lams: tuple[float, ...]
    current: int
    family: tuple[SteadyState, ...]
    best: SteadyState
    bayes: BayesOptimal
    marker: SteadyState
    best_marker: SteadyState
    bayes_marker: float
    ridgeless_widths: SteadyState
    current_widths: SteadyState
    best_widths: SteadyState
    wide: SteadyState
    threshold: InterpolationThreshold
    recovery: float
    interpolating: InterpolatingWidth | None

    @property
    def names(self) -> tuple[str, ...]:
        """The weight decays as they are written in a key."""
        return tuple(decay_name(lam) for lam in self.lams)

    @property
    def shades(self) -> tuple[float, ...]:
        """Where each weight decay stands in its family, from 0 to 1."""
        return tuple(decay_shade(lam) for lam in self.lams)

    @property
    def sharp(self) -> bool:
        """Whether the ridgeless curve has its peak at the threshold."""
        return bool(self.threshold.mse > 0 and self.threshold.status == Status.SOLVED)

    @property
    def needed(self) -> float:
        """The width from which on the current curve is flat."""
        return float(self.wide.kappa_min)

    @property
    def width_marker(self) -> SteadyState:
        """The marker on the width axis: lam -> 0+, the current and the best weight decay, shape (3,)."""
        there = self.marker
        return SteadyState.joined([there[0], there[self.current], self.best_marker], np.stack)


def decay_name(lam: float) -> str:
    """A weight decay as it is written in a key.

    >>> [decay_name(lam) for lam in (0.0, 1e-4, 0.025)]
    ['0+', '10⁻⁴', '0.025']
    """
    if lam == 0:
        return "0+"
    power = math.log10(lam)
    whole = power < -2 and abs(power - round(power)) < 1e-9
    return power_of_ten(round(power)) if whole else f"{lam:.4g}"


def decay_shade(lam: float) -> float:
    """Where a weight decay stands in the family, from 0 to 1: a function of its value alone."""
    p = PARAMETERS["lam"]
    anchors = [math.log10(x) for x in (p.low / 10, *FAMILY[1:], p.high)]
    place = math.log10(max(lam, p.low / 10))
    return float(np.interp(place, anchors, np.linspace(0, 1, len(anchors))))


@dataclass(frozen=True)
class _Curve:
    """Points to be solved: arrays that broadcast to one shape (N,); ``lam`` None asks for the best.

    ``axis`` is what the points are told apart by, and ``same`` what is the same for all.
    """

    key: tuple[float, ...]
    alpha: FloatArray | float
    kappa: FloatArray | float
    lam: FloatArray | float | None
    cusp: Cusp = NO_CUSP


def double_descent(setting: DescentSetting, memo: Memo | None = None) -> DoubleDescent:
    """Solve for what the figures of double descent show.

    Args:
        setting: what is solved for.
        memo: what was solved before, which is not solved again; nothing when omitted.
    """
    memo = memo or Memo()
    exact, followed = memo.exact.once, memo.followed.once
    s = setting
    law, width = (s.kappa_star, s.delta), (s.kappa, s.kappa_star, s.delta)
    threshold = exact(("threshold", *width), lambda: nearby_threshold(*np.array(width)[:, None])[0])
    recovery = float(recovery_threshold(s.kappa, s.kappa_star)) if s.delta == 0 else math.inf
    bayes_recovery = float(recovery_threshold(s.kappa_star, s.kappa_star)) if s.delta == 0 else math.inf
    low, place = s.alpha_low, float(threshold.alpha)
    alphas = _grid(low, s.alpha_top, POINTS, [recovery], place * (1 + np.array(_CUSP)))
    positive = np.union1d(alphas, _grid(low, s.alpha_top, 2, [], place * (1 + np.array(_TIP))))
    few = _grid(low, s.alpha_top, _BEST_POINTS, [recovery, bayes_recovery])
    samples = (*law, s.alpha)
    fitting = exact(("interpolating", *samples), lambda: interpolating_width(s.alpha, *law))
    kinks = [min(s.kappa_star, 1.0)]
    kappas = _grid(*s.widths, _WIDTHS, kinks, fitting.kappa * (1 + np.array(_CUSP)))
    tip = _grid(*s.widths, 2, [], fitting.kappa * (1 - np.array(_TIP)))
    lams, peak, none = np.array(FAMILY), _cusp(threshold), NO_CUSP
    round_peak = Cusp(place, rounded=True)
    onset = Cusp(fitting.kappa, (fitting.mse + s.delta / 2) / (2 * s.alpha), fits_above=True)
    onset = onset if np.isfinite(onset.xi) and fitting.mse > 0 else none
    beside: dict[str, _Curve] = {}
    if math.isfinite(fitting.kappa):
        beside["beside"] = _Curve(samples, s.alpha, fitting.kappa * (1 + np.array(_BESIDE)), 0.0, onset)
    on_axis, over_widths = (*width, low, s.alpha_top), (*samples, *s.widths)
    solved = _solve(
        memo,
        {
            "ridgeless": _Curve(on_axis, alphas, s.kappa, 0.0, peak),
            **{f"λ = {lam}": _Curve(on_axis, positive, s.kappa, lam, round_peak) for lam in FAMILY[1:]},
            "current": _Curve(
                (*on_axis, s.lam),
                positive if s.lam else alphas,
                s.kappa,
                s.lam,
                round_peak if s.lam else peak,
            ),
            "best": _Curve(on_axis, few, s.kappa, None),
            "marker": _Curve((*width, s.alpha), s.alpha, s.kappa, lams),
            "current marker": _Curve((*width, s.alpha, s.lam), s.alpha, s.kappa, np.array([s.lam])),
            "best marker": _Curve((*width, s.alpha), np.array([s.alpha]), s.kappa, None),
            "ridgeless widths": _Curve(over_widths, s.alpha, kappas, 0.0, onset),
            "current widths": _Curve(
                (*over_widths, s.lam),
                s.alpha,
                np.union1d(kappas, tip) if s.lam else kappas,
                s.lam,
                none if s.lam else onset,
            ),
            "best widths": _Curve(over_widths, s.alpha, kappas, None),
            **beside,
            # As wide as anyone needs: what it makes of the samples tells where its curve is flat.
            "wide": _Curve((*samples, s.lam), s.alpha, np.array([1.0]), s.lam),
        },
        law,
    )
    rows = [solved["ridgeless"], *(solved[f"λ = {lam}"] for lam in FAMILY[1:])]
    points = [solved["marker"][i : i + 1] for i in range(lams.size)]
    current = int(np.searchsorted(lams, s.lam))
    if s.lam not in FAMILY:
        rows.insert(current, solved["current"])
        points.insert(current, solved["current marker"])
        lams = np.insert(lams, current, s.lam)
    bayes = followed(("bayes", *law, low, s.alpha_top), lambda: memo.bayes.solve(few, *law))
    here = np.array([s.alpha])
    mmse = followed(("mmse", *samples), lambda: float(memo.bayes.solve(here, *law).mmse[0]))
    fits = bool(beside) and _fitted_from(solved["beside"], s.kappa_top)
    return DoubleDescent(
        lams=tuple(lams.tolist()),
        current=current,
        family=tuple(rows),
        best=solved["best"],
        bayes=bayes,
        marker=SteadyState.joined(points, np.concatenate),
        best_marker=solved["best marker"][0],
        bayes_marker=mmse,
        ridgeless_widths=solved["ridgeless widths"],
        current_widths=solved["current widths"],
        best_widths=solved["best widths"],
        wide=solved["wide"][0],
        threshold=threshold,
        recovery=recovery,
        interpolating=fitting if fits else None,
    )


def _cusp(threshold: InterpolationThreshold) -> Cusp:
    """The threshold as a cusp of the curve over samples, where it is one."""
    if threshold.status != Status.SOLVED or not threshold.mse > 0:
        return NO_CUSP
    return Cusp(float(threshold.alpha), float(threshold.xi))


def _solve(memo: Memo, curves: Mapping[str, _Curve], law: tuple[float, float]) -> dict[str, SteadyState]:
    """Solve the curves that are not known yet, all in one call, from where they were before."""
    names = list(curves)

    def solve(new: list[int]) -> Iterator[SteadyState]:
        courses = [_course(memo.trails[names[i]], curves[names[i]], law) for i in new]
        for i, course, found in zip(new, courses, solve_courses(courses), strict=True):
            yield _held(course, found, law) if curves[names[i]].lam is None else found

    found = memo.followed.gather([(name, curve.key) for name, curve in curves.items()], solve)
    return dict(zip(names, found, strict=True))


def _course(trail: Trail, curve: _Curve, law: tuple[float, float]) -> Course:
    """A curve as what the solver takes; with the best weight decays where these are asked for."""
    given = np.nan if curve.lam is None else curve.lam
    alpha, kappa, lam = (np.array(v) for v in np.broadcast_arrays(curve.alpha, curve.kappa, given))
    star, delta = (np.full(alpha.shape, value) for value in law)
    # Along alpha, along kappa, or a few weight decays at a point.
    moving = [np.ndim(v) > 0 for v in (curve.alpha, curve.kappa)]
    axis = alpha if moving[0] else kappa if moving[1] else np.arange(1.0, alpha.size + 1)
    fixed = (
        [float(kappa[0])]
        if moving[0]
        else [float(alpha[0])]
        if moving[1]
        else [float(alpha[0]), float(kappa[0])]
    )
    one = float(lam[0]) if curve.lam is not None and np.ndim(curve.lam) == 0 else 0.0
    setting = (fixed[0], law[0], one, law[1], *fixed[1:])
    guess = None
    if curve.lam is None:
        student = settled_width(kappa, star)
        lam, guess = nearby_decay(alpha, student, star, delta, trail.guess(setting, axis, curve.cusp))
        rest = np.isnan(lam)
        if rest.any():
            lam[rest] = optimal_lam(alpha[rest], kappa[rest], *law)
    return Course(trail, axis, alpha, kappa, star, lam, delta, setting, curve.cusp, guess)


def _held(course: Course, found: SteadyState, law: tuple[float, float]) -> SteadyState:
    """Steady states at the best decays, from the solver where they are not what was expected."""
    assert course.guess is not None  # noqa: S101  # a best decay has one
    known = np.isfinite(course.guess.xi)
    off = np.flatnonzero(known & ~(np.abs(found.xi / course.guess.xi - 1) <= _SAME))
    if not off.size:
        return found
    lam = np.array(course.lam)
    lam[off] = optimal_lam(course.alpha[off], course.kappa[off], *law)
    return steady_state(course.alpha, course.kappa, law[0], lam, law[1])


def _grid(
    low: float, high: float, count: int, kinks: Sequence[float], more: Sequence[float] | FloatArray = ()
) -> FloatArray:
    """Increasing places, evenly spaced in the root, denser up to some kinks, and some more."""
    grid = np.linspace(math.sqrt(low), math.sqrt(high), count) ** 2
    grid[0], grid[-1] = low, high
    before = [kink * (1 + side) for kink in kinks for side in (0.0, *_CUSP) if side <= 0]
    return np.union1d(grid, [place for place in (*before, *more) if low < place < high])


def _fitted_from(beside: SteadyState, top: float) -> bool:
    """Whether the train loss leaves 0 between two widths of a whole axis: it is > 0 at the first alone."""
    loss = np.asarray(beside.train_loss)
    return bool(beside.kappa[1] <= top and loss[0] > 0 and loss[1] == 0)
