"""Learning curves: a family of them, the points under a marker, and what there is to compare them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quadviz.files.measured import Measured
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.curve_thresholds import (
    CurveThresholds,
    alpha_grid,
    curve_thresholds,
    curves_through,
    named,
)
from quadviz.scenes.common.families import CURVE_PARAMETERS, Family, family
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints, SizedTheory, Threshold
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.own_data import own_points
from quadviz.scenes.common.wording import four_digits
from quadviz.statistics import mean_and_error
from quadviz.theory.best.bayes import BayesOptimal
from quadviz.theory.steady.nearby import Course, solve_courses
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.theory.steady.thresholds import recovery_threshold
from quadviz.work.curve import CurveRun

__all__ = ["FIELDS", "LearningCurves", "learning_curves", "members_of", "network_points", "size_line"]


#: The errors shown, each in a panel of its own.
FIELDS = ("mse", "train_loss", "in_sample_error")
#: Points of the Bayes-optimal curve, which is smooth.
_BAYES_POINTS = 100
#: It meets 0 at a steep angle, which a log axis shows: how far before to have points, and there itself.
_BEFORE = np.array([1e-2, 3e-3, 1e-3, 1e-4, 0])


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """Everything one figure of learning curves shows.

    Attributes:
        curves: results of shape (M, N): M curves over N increasing values of alpha.
        marker: results of shape (M,), every curve at the alpha of the marker; None for no marker.
        names: M names, such as "λ = 0.01"; an empty name for a curve that stands alone.
        current: index of the current curve.
        shades: where each curve stands in its family, from 0 to 1; None spaces them evenly.
        thresholds: places on the alpha axis with their names.
        known: the thresholds of the current curve as numbers; None where they were not asked for.
        bayes: the least possible mse over increasing values of alpha, shape (K,); None for none.
        best: the least possible mse at the marker.
        simulated: trained networks; None for none.
        at_size: the theory at their size; None for none.
        own: a reader's own measurements, those of no curve and those of each; empty without any.
    """

    curves: SteadyState
    marker: SteadyState | None
    names: tuple[str, ...]
    current: int = 0
    shades: tuple[float, ...] | None = None
    thresholds: tuple[Threshold, ...] = ()
    known: CurveThresholds | None = None
    bayes: BayesOptimal | None = None
    best: float = np.nan
    simulated: SimulatedPoints | None = None
    at_size: SizedTheory | None = None
    own: tuple[OwnPoints, ...] = ()


def learning_curves(
    kappa: float,
    kappa_star: float,
    delta: float,
    lam: float,
    alpha: float,
    span: tuple[float, float],
    compare: str = "",
    references: bool = True,
    simulated: SimulatedPoints | None = None,
    at_size: SizedTheory | None = None,
    own: Measured | None = None,
    memo: Memo | None = None,
) -> LearningCurves:
    """Solve for what a figure of learning curves shows.

    Args:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alpha: where the marker stands.
        span: the ends of the alpha axis.
        compare: the parameter a family runs over, "" for a single curve.
        references: whether thresholds and the Bayes-optimal error are there to be compared with.
        simulated: networks to be seen beside them.
        at_size: the theory at the size of these.
        own: a reader's own measurements.
        memo: what was solved before, which is not solved again; nothing when omitted.

    Returns:
        The curves, and what stands beside them.
    """
    setting = dict(zip(CURVE_PARAMETERS, (kappa, kappa_star, delta, lam), strict=True))
    spread, members = members_of(setting, compare)
    names = [(compare, "current" if i == spread.current else v) for i, v in enumerate(spread.values)]
    memo = memo or Memo()
    curves, marker, known = _solved(memo, members, setting, names, span, alpha)
    current = known[min(spread.current, known.bayes.size - 1)]
    return LearningCurves(
        curves=curves,
        marker=marker,
        names=tuple(_name(compare, value) for value in spread.values),
        current=spread.current,
        shades=spread.shades,
        thresholds=named(current, noisy=delta > 0) if references else (),
        known=current,
        bayes=_bayes(memo, kappa_star, delta, span) if references else None,
        best=_best(memo, kappa_star, delta, alpha),
        simulated=simulated,
        at_size=at_size,
        own=own_points(own, members, spread.current),
    )


def members_of(setting: Mapping[str, float], compare: str) -> tuple[Family, list[dict[str, float]]]:
    """The family of curves through a setting, and the parameters of each.

    Args:
        setting: the parameters of the current curve.
        compare: the parameter a family runs over, "" for a single curve.
    """
    over = compare or "kappa"
    spread = family(compare, setting[compare]) if compare else Family((setting[over],), 0, (0.0,))
    return spread, [{**setting, over: value} for value in spread.values]


def _solved(
    memo: Memo,
    members: Sequence[Mapping[str, float]],
    setting: Mapping[str, float],
    names: Sequence[object],
    span: tuple[float, float],
    alpha: float,
) -> tuple[SteadyState, SteadyState, CurveThresholds]:
    """The curves of a family, shape (M, N), its points at alpha, shape (M,), and its thresholds.

    The thresholds have shape (M,), or (1,) where they are the same for all, or all but the current curve are
    smooth by weight decay. Curves go by what they are compared by, and its value but for the current one.
    """
    solved = memo.followed
    shapes = [(each["kappa"], each["kappa_star"], each["delta"]) for each in members]
    if setting["lam"] > 0 or len(set(shapes)) == 1:
        shapes = [(setting["kappa"], setting["kappa_star"], setting["delta"])]
    thresholds = memo.exact.once(
        ("thresholds", *shapes), lambda: curve_thresholds(*zip(*shapes, strict=True))
    )
    grid = alpha_grid(span[1], low=span[0], through=thresholds.cusps([each["lam"] for each in members]))
    curve_keys = [(*each.values(), grid.tobytes()) for each in members]
    point_keys = [(*each.values(), alpha) for each in members]

    def solve_curves(new: list[int]) -> Iterator[SteadyState]:
        some = thresholds if thresholds.bayes.size == 1 else thresholds[new]
        those, trails = [members[i] for i in new], [memo.trails[names[i]] for i in new]
        # The points at alpha come along: one call costs less than two.
        found = curves_through(some, np.append(grid, alpha), those, trails)
        for curve, i in zip(found, new, strict=True):
            solved[point_keys[i]] = curve[-1:]
            yield curve[:-1]

    def solve_points(new: list[int]) -> Sequence[SteadyState]:
        place = np.array([alpha])
        return solve_courses(
            [Course.over_alpha(memo.trails[names[i]], place, members[i], remember=False) for i in new]
        )

    curves = solved.gather(curve_keys, solve_curves)
    points = solved.gather(point_keys, solve_points)
    return SteadyState.joined(curves, np.stack), SteadyState.joined(points, np.concatenate), thresholds


def network_points(run: CurveRun, current: bool) -> SimulatedPoints | None:
    """Means and standard errors of trained networks at each alpha; None before the first one is trained.

    Args:
        run: the networks.
        current: whether they belong to the curve now drawn.
    """
    if not run.networks:
        return None
    count = run.request.networks
    alphas = run.request.alphas[: -(-len(run.networks) // count)]
    values = np.full((len(FIELDS), len(alphas) * count), np.nan)
    for field, row in zip(FIELDS, values, strict=True):
        row[: len(run.networks)] = [getattr(network, field) for network in run.networks]
    mean, error = mean_and_error(values.reshape(len(FIELDS), -1, count).transpose(2, 0, 1))
    return SimulatedPoints(np.array(alphas), mean, error, current)


def size_line(run: CurveRun, current: bool) -> SizedTheory | None:
    """The theory at the networks' size; None before any of it is solved.

    Args:
        run: the networks, and that theory.
        current: whether it belongs to the curve now drawn.
    """
    found = run.at_size
    if not found:
        return None
    return SizedTheory(
        d=run.request.d,
        alpha=np.array([one.setting.alpha for one in found]),
        value=np.array([[getattr(one, field) for one in found] for field in FIELDS]),
        error=np.array([[getattr(one, f"{field}_error") for one in found] for field in FIELDS]),
        limited=np.array([one.regime == Regime.RANK_LIMITED for one in found]),
        current=current,
    )


def _bayes(memo: Memo, kappa_star: float, delta: float, span: tuple[float, float]) -> BayesOptimal:
    """The Bayes-optimal error over the axis, through the place where it becomes 0."""

    def solve() -> BayesOptimal:
        threshold = recovery_threshold(kappa_star, kappa_star, "bayes") if delta == 0 else np.inf
        grid = alpha_grid(span[1], threshold * (1 - _BEFORE), _BAYES_POINTS, low=span[0])
        return memo.bayes.solve(grid, kappa_star, delta)

    found: BayesOptimal = memo.followed.once(("bayes", kappa_star, delta, span), solve)
    return found


def _best(memo: Memo, kappa_star: float, delta: float, alpha: float) -> float:
    """The Bayes-optimal error at the marker."""

    def solve() -> float:
        return float(memo.bayes.solve(np.array([alpha]), kappa_star, delta).mmse[0])

    best: float = memo.followed.once(("best", kappa_star, delta, alpha), solve)
    return best


def _name(parameter: str, value: float) -> str:
    """The name of a curve: what it is compared by."""
    if not parameter:
        return ""
    zero = value == 0 and PARAMETERS[parameter].scale == "log"
    return f"{PARAMETERS[parameter].symbol} = {'0+' if zero else four_digits(value)}"
