"""Scaling laws of power-law teachers: errors and their local exponents over samples and widths."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints, SizedTheory
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.own_data import Along, Moving
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.scaling.limits import Limit, Stretch, fitted, limits_of, reference_exponents, stretches
from quadviz.scenes.scaling.published import PUBLISHED, PUBLISHED_AT, PUBLISHED_D, PUBLISHED_RANKS
from quadviz.scenes.scaling.setting import ALPHA_ENDS, Member, ScalingSetting
from quadviz.scenes.scaling.solver import Course, Solved, solve_courses, solved_before
from quadviz.theory.best.local_exponents import LocalExponents
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["Published", "ScalingLaws", "published_beside", "scaling_laws", "solve_scaling_laws"]

#: A decay as good as none.
_NO_DECAY = 1e-12
#: Points over the axes at rest; while a slider moves every fifth, tenth or third of them.
_ALPHAS, _WIDTHS = 81, 37
_COARSE_ALPHAS, _COARSE_OTHERS, _COARSE_WIDTHS = 5, 10, 3
#: Where students of any width peak if the noise is what they fit, half the positive half of a semicircle's
#: degrees of freedom, or a little later; and how many points to have about such a place.
_PEAK, _BESIDE_PEAK = 0.31, (0.6, 1.7, 24)


@dataclass(frozen=True, eq=False)
class Published:
    """Networks that others trained, beside the curve of their width.

    Attributes:
        row: the curve.
        alpha: sample ratios, shape (P,).
        mse: their test errors, shape (P,).
    """

    row: int
    alpha: FloatArray
    mse: FloatArray


@dataclass(frozen=True, eq=False)
class ScalingLaws:
    """Everything the figures show.

    Attributes:
        setting: what it was solved for.
        curves: M results of shape (N,), over increasing values of alpha; while a slider moves those that it
            does not move may have more points than the current one.
        exponents: of each, d log mse / d log alpha and that of the best decay, NaN where none is best.
        wide: shape (N,), the current student as wide as can be.
        best: shape (N,), the current student at the best weight decay; None where it has that, or lam2's
            best.
        limits: what limits the error of the current curve, a :class:`Limit` for each point, shape (N,).
        stretches: the same as stretches of the axis.
        fits: stretches on which labels are fitted.
        reference: the exponent that theory has there, shape (N,); NaN where it has none.
        marker: M results of shape (), at the alpha of the marker.
        marker_exponents: d log mse / d log alpha there, and of the best decay, shape (2, M).
        widths: M results of shape (K,), over increasing widths at the marker's alpha.
        width_limits: what limits the current student at each width, shape (K,).
        published: networks of others, beside their curves.
        simulated: trained networks; None for none.
        at_size: the theory at their size; None for none.
        fine: whether it was solved by all tests; while a slider moves it is coarse.
        own: a reader's own measurements, those of no curve and those of each; empty without any.
    """

    setting: ScalingSetting
    curves: tuple[SteadyState, ...]
    exponents: tuple[LocalExponents, ...]
    wide: SteadyState
    best: SteadyState | None
    limits: NDArray[np.int8]
    stretches: tuple[Stretch, ...]
    fits: tuple[Stretch, ...]
    reference: FloatArray
    marker: tuple[SteadyState, ...]
    marker_exponents: FloatArray
    widths: tuple[SteadyState, ...]
    width_limits: NDArray[np.int8]
    published: tuple[Published, ...] = ()
    simulated: SimulatedPoints | None = None
    at_size: SizedTheory | None = None
    fine: bool = True
    own: tuple[OwnPoints, ...] = ()

    @property
    def along(self) -> list[Along]:
        """What each curve depends on; a decay that is not the same all along goes by what it is."""
        return [self._along(row) for row in range(len(self.curves))]

    def _along(self, row: int) -> Along:
        s, member, states = self.setting, self.setting.members[row], self.curves[row]
        fixed = {
            "exponent": member.exponent,
            "levels": s.levels,
            "kappa": member.kappa,
            "delta": member.delta,
        }
        if s.decay == "fixed":
            return {**fixed, "lam": member.lam, "lam2": s.lam2}

        def at(field: str) -> Callable[[FloatArray], FloatArray]:
            return lambda place: _between(
                states.alpha, np.broadcast_to(getattr(states, field), states.shape), place
            )

        if s.decay == "falling":
            return {**fixed, "lam": Moving(f"{four_digits(member.lam)}/√α", at("lam")), "lam2": 0.0}
        none = {"lam": 0.0, "lam2": 0.0}
        name = "lam" if s.decay == "best lam" else "lam2"
        return {**fixed, **none, name: Moving("the best at each α", at(name))}

    @property
    def current(self) -> SteadyState:
        """The current curve."""
        return self.curves[self.setting.current]

    @property
    def marker_limit(self) -> Limit:
        """What limits the error at the marker."""
        at = int(np.argmin(np.abs(np.log(self.current.alpha / self.setting.alpha))))
        return Limit(int(self.limits[at]))


def scaling_laws(setting: ScalingSetting, memo: Memo, *, coarse: bool = False) -> ScalingLaws:
    """Solve for what there is to see.

    Args:
        setting: what to solve for.
        memo: what was solved before.
        coarse: whether a slider moves: fewer points, and no search for other solutions.
    """
    for scene in solve_scaling_laws(setting, memo, coarse=coarse):
        found = scene
    assert found is not None  # noqa: S101  # the last one is whole
    return found


def solve_scaling_laws(
    setting: ScalingSetting, memo: Memo, *, coarse: bool = False
) -> Iterator[ScalingLaws | None]:
    """The same in pieces.

    Yields:
        None while there is more to do, and what there is to see at last.
    """
    s = setting
    members, now, here, kappas = s.members, s.current, np.array([s.alpha]), _width_axis(s)
    alpha, kappa = (
        _axis(s, members[now], _COARSE_ALPHAS if coarse else 1),
        kappas[:: _COARSE_WIDTHS if coarse else 1],
    )

    def family_of_three(row: int) -> list[Course]:
        name = "current" if row == now else getattr(members[row], s.compared)
        step = _COARSE_ALPHAS if row == now else _COARSE_OTHERS
        curve = _over_alpha(s, members[row], _axis(s, members[row], step if coarse else 1), "curve", name)
        marker = _over_alpha(s, members[row], here, "marker", name)
        widths = _over_kappa(s, members[row], kappa, name)
        if coarse and row != now:
            # What a slider does not move stays as fine as it is.
            finer = _over_alpha(s, members[row], _axis(s, members[row]), "curve", name)
            curve = finer if solved_before(memo, finer, s.levels) else curve
            finer = _over_kappa(s, members[row], kappas, name)
            widths = finer if solved_before(memo, finer, s.levels) else widths
        return [curve, marker, widths]

    wanted = {row: family_of_three(row) for row in (now, *(row for row in range(len(members)) if row != now))}
    aside = [
        _over_alpha(s, members[now]._replace(kappa=1.0), alpha, "wide", ""),
        _over_kappa(s, members[now], np.ones(1), "wide"),
    ]
    if not s.decay.startswith("best"):
        aside.append(Course.over_alpha(("best",), members[now], "best lam", 0.0, alpha))
    # While a slider moves all at once, which takes least; at rest in pieces, between which others may speak.
    every = [*aside, *(course for three in wanted.values() for course in three)]
    batches = [every] if coarse else [[course] for course in every]
    solved: list[Solved] = []
    for batch in batches:
        solved += solve_courses(memo, batch, s.levels, coarse=coarse)
        if not coarse:
            yield None
    wide, widest, *others = solved
    best = others.pop(0).states if len(aside) > 2 else None
    curves, points, over_widths = (dict(zip(wanted, others[i::3], strict=True)) for i in range(3))
    current, widths = curves[now], over_widths[now]
    rows = range(len(members))
    limits = limits_of(current.states, wide.states, best)
    fits = np.where(fitted(current.states), Limit.SAMPLES, Limit.UNKNOWN).astype(np.int8)
    same = widest.states[np.zeros(kappa.size, dtype=np.intp)]
    scene = ScalingLaws(
        setting=s,
        curves=tuple(curves[row].states for row in rows),
        exponents=tuple(curves[row].exponents for row in rows),
        wide=wide.states,
        best=best,
        limits=limits,
        stretches=stretches(limits, alpha),
        fits=stretches(fits, alpha),
        reference=reference_exponents(current.states, limits, s.exponent, s.decay),
        marker=tuple(points[row].states[0] for row in rows),
        marker_exponents=np.stack([np.ravel(points[row].exponents) for row in rows], axis=1),
        widths=tuple(over_widths[row].states for row in rows),
        width_limits=limits_of(widths.states, same, None),
        published=published_beside(s),
        fine=not coarse,
    )
    yield scene


def _between(alpha: FloatArray, values: FloatArray, place: FloatArray) -> FloatArray:
    """A decay between the places where it is known, straight on log axes; NaN beyond them."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(place.shape, np.nan)
    logs = np.log(np.maximum(values[known], _NO_DECAY))
    there = np.exp(np.interp(np.log(np.maximum(place, 1e-300)), np.log(alpha[known]), logs, np.nan, np.nan))
    found: FloatArray = np.where(there <= _NO_DECAY, 0.0, there)
    return found


def published_beside(setting: ScalingSetting) -> tuple[Published, ...]:
    """The published networks of the widths that are drawn; none at another setting than theirs."""
    s = setting
    theirs = all(math.isclose(getattr(s, name), value) for name, value in PUBLISHED_AT.items())
    if not (theirs and s.levels == PUBLISHED_D and s.decay == "falling"):
        return ()
    if s.compared not in ("", "kappa"):
        return ()
    alpha = np.array([*PUBLISHED]) / PUBLISHED_D**2
    found = []
    for row, member in enumerate(s.members):
        for place, rank in enumerate(PUBLISHED_RANKS):
            if math.isclose(member.kappa, rank / PUBLISHED_D, rel_tol=1e-3):
                found.append(Published(row, alpha, np.array([seen[place] for seen in PUBLISHED.values()])))
    return tuple(found)


def _over_alpha(s: ScalingSetting, member: Member, alpha: FloatArray, kind: str, name: object) -> Course:
    return Course.over_alpha((kind, s.compared, name), member, s.decay, s.lam2, alpha)


def _over_kappa(s: ScalingSetting, member: Member, kappa: FloatArray, name: object) -> Course:
    return Course.over_kappa(("width", s.compared, name), member, s.decay, s.lam2, kappa, s.alpha)


def _axis(s: ScalingSetting, member: Member, step: int = 1) -> FloatArray:
    """Samples along a curve, every so many of them; all are denser where without much decay it has a peak."""
    axis: FloatArray = np.geomspace(*ALPHA_ENDS, _ALPHAS)
    if step > 1:
        return axis[::step]
    if s.decay.startswith("best"):
        return axis
    peak = min(member.kappa - member.kappa**2 / 2, _PEAK)
    more = [place for place in peak * np.geomspace(*_BESIDE_PEAK) if ALPHA_ENDS[0] < place < ALPHA_ENDS[1]]
    return np.union1d(axis, more)


def _width_axis(s: ScalingSetting) -> FloatArray:
    """Widths from that of one level on."""
    axis: FloatArray = np.geomspace(1 / s.levels, 1.0, _WIDTHS)
    axis[-1] = 1.0
    return axis
