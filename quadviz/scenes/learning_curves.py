"""Learning curves: a family of them, the points under a marker, and what there is to compare them with."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.files.measured import Measured
from quadviz.law.spelling import spelled_teacher
from quadviz.law.teachers import WISHART, Teacher
from quadviz.outcome import Regime, errstate
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.curve_thresholds import (
    POINTS,
    CurveThresholds,
    alpha_grid,
    curve_thresholds,
    curves_through,
    named,
)
from quadviz.scenes.common.families import CURVE_PARAMETERS, Family, family
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints, SizedTheory, Threshold
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.own_data import Along, own_points
from quadviz.scenes.common.wording import four_digits
from quadviz.setting import Setting
from quadviz.statistics import mean_and_error
from quadviz.theory.best.bayes import BayesOptimal, bayes_optimal
from quadviz.theory.steady.courses import Course, solve_courses
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.theory.steady.thresholds import recovery_threshold
from quadviz.work.curve import CurveRun

__all__ = [
    "FIELDS",
    "CurvesSetting",
    "LearningCurves",
    "in_pieces",
    "learning_curves",
    "network_points",
    "size_line",
]


#: The errors shown, each in a panel of its own.
FIELDS = ("mse", "train_loss", "in_sample_error")
#: Points of curves for teachers that take longer, while a slider moves; fewer of more levels than so many.
_COARSE, _COARSER, _MANY = 50, 24, 100
#: Points of the Bayes-optimal curve, which is smooth; of one that takes longer.
_BAYES_POINTS, _FEW_BAYES_POINTS, _AT_ONCE = 100, 48, 6
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


@dataclass(frozen=True)
class CurvesSetting:
    """What learning curves are solved for.

    Attributes:
        kappa: student width.
        kappa_star: teacher width; of given levels their rank fraction.
        delta: label noise.
        lam: weight decay.
        alpha: where the marker stands.
        span: the ends of the alpha axis.
        compare: the parameter a family runs over, "" for a single curve.
        lam2: Frobenius decay.
        teacher: the law of the teacher's eigenvalues.
    """

    kappa: float
    kappa_star: float
    delta: float
    lam: float
    alpha: float
    span: tuple[float, float]
    compare: str = ""
    lam2: float = 0.0
    teacher: Teacher = WISHART

    @property
    def closed(self) -> bool:
        """Whether closed forms of the law make it quick."""
        return self.teacher == WISHART

    @property
    def curve(self) -> dict[str, float]:
        """The parameters of the current curve."""
        values = {name: getattr(self, name) for name in CURVE_PARAMETERS}
        return {**values, "lam2": self.lam2} if self.lam2 > 0 else values

    @cached_property
    def family(self) -> tuple[Family, list[dict[str, float]]]:
        """The family of curves, and the parameters of each."""
        over = self.compare or "kappa"
        value = self.curve[over]
        spread = family(over, value) if self.compare else Family((value,), 0, (0.0,))
        if over == "kappa_star":
            spread = spread.up_to(self.teacher.widest)
        return spread, [{**self.curve, over: each} for each in spread.values]

    def at(self, alpha: float) -> Setting:
        """A setting on the current curve."""
        return Setting(
            self.kappa, self.kappa_star, alpha, self.lam, self.delta, lam2=self.lam2, teacher=self.teacher
        )

    @property
    def along(self) -> list[Along]:
        """What a reader's own measurements are held against."""
        return [{**each, "teacher": spelled_teacher(self.teacher)} for each in self.family[1]]

    @property
    def noise(self) -> tuple[Teacher, float, float]:
        """What the Bayes-optimal error depends on, besides the place."""
        return self.teacher, self.kappa_star, self.delta


def learning_curves(
    setting: CurvesSetting,
    memo: Memo | None = None,
    *,
    references: bool = True,
    coarse: bool = False,
    simulated: SimulatedPoints | None = None,
    at_size: SizedTheory | None = None,
    own: Measured | None = None,
) -> LearningCurves:
    """Solve for what a figure of learning curves shows.

    Args:
        setting: what to solve for.
        memo: what was solved before, which is not solved again; nothing when omitted.
        references: whether thresholds and the Bayes-optimal error are there to be compared with.
        coarse: whether fewer points are to do, and the Bayes-optimal error is left out.
        simulated: networks to be seen beside them.
        at_size: the theory at the size of these.
        own: a reader's own measurements.

    Returns:
        The curves, and what stands beside them.
    """
    s, memo = setting, memo or Memo()
    spread, members = s.family
    solver = _Solver(s, memo, coarse)
    everyone = range(len(members))
    curves, points, thresholds = solver.curves(everyone), solver.points(everyone), solver.thresholds
    current = thresholds[min(spread.current, thresholds.bayes.size - 1)]
    return LearningCurves(
        curves=SteadyState.joined(curves, np.stack),
        marker=SteadyState.joined(points, np.concatenate),
        names=tuple(_name(s.compare, value) for value in spread.values),
        current=spread.current,
        shades=spread.shades,
        # They are those of weight decay alone.
        thresholds=named(current, noisy=s.delta > 0) if references and s.lam2 == 0 else (),
        known=current,
        bayes=_bayes(memo, s) if references and not coarse else None,
        best=np.nan if coarse else _best(memo, s),
        simulated=simulated,
        at_size=at_size,
        own=own_points(own, s.along, spread.current),
    )


def in_pieces(setting: CurvesSetting, memo: Memo, references: bool) -> Iterator[None]:
    """Solve for the same, in pieces between which others may speak; the memo has all of it in the end."""
    solver = _Solver(setting, memo, coarse=False)
    for row in range(len(setting.family[1])):
        solver.curves([row])
        yield
    solver.points(range(len(setting.family[1])))
    yield
    for places in _bayes_places(setting) if references else []:
        _bayes_at(memo, setting, places)
        yield


class _Solver:
    """Solves for curves, and for points of them at the marker.

    Curves go by what they are compared by, and its value but for the current one.

    Attributes:
        thresholds: of the curves, shape (M,), or (1,) where they are the same for all, or all but the current
            curve are smooth by weight decay.
    """

    def __init__(self, setting: CurvesSetting, memo: Memo, coarse: bool) -> None:
        s, (spread, self._members) = setting, setting.family
        self._setting, self._memo = s, memo
        self._trails = [
            memo.trails[(s.compare, "current" if i == spread.current else value, s.teacher)]
            for i, value in enumerate(spread.values)
        ]
        shapes = [(each["kappa"], each["kappa_star"], each["delta"]) for each in self._members]
        if s.lam > 0 or len(set(shapes)) == 1:
            shapes = [(s.kappa, s.kappa_star, s.delta)]
        kappa, star, delta = zip(*shapes, strict=True)
        self.thresholds: CurveThresholds = memo.exact.once(
            ("thresholds", s.teacher, *shapes), lambda: curve_thresholds(kappa, star, delta, s.teacher)
        )
        points = POINTS
        if coarse:
            points = _COARSE if s.teacher.atoms(s.kappa_star).size <= _MANY else _COARSER
        # With Frobenius decay a curve is smooth, as with weight decay.
        cusps = self.thresholds.cusps([each["lam"] + s.lam2 for each in self._members])
        self._grid = alpha_grid(s.span[1], low=s.span[0], through=cusps, points=points)

    def curves(self, rows: Sequence[int]) -> list[SteadyState]:
        """Some of the curves, each of shape (N,)."""
        s = self._setting

        def solve(new: list[int]) -> Iterator[SteadyState]:
            those = [rows[i] for i in new]
            known = self.thresholds if self.thresholds.bayes.size == 1 else self.thresholds[those]
            members, trails = [self._members[row] for row in those], [self._trails[row] for row in those]
            # The points at alpha come along: one call costs less than two.
            found = curves_through(known, np.append(self._grid, s.alpha), members, trails, s.teacher)
            for curve, row in zip(found, those, strict=True):
                self._memo.followed[self._key(row, s.alpha)] = curve[-1:]
                yield curve[:-1]

        return self._memo.followed.gather([self._key(row, self._grid.tobytes()) for row in rows], solve)

    def points(self, rows: Sequence[int]) -> list[SteadyState]:
        """The points of some of the curves at the marker, each of shape (1,)."""
        s = self._setting

        def solve(new: list[int]) -> list[SteadyState]:
            place = np.array([s.alpha])
            courses = [
                Course.over_alpha(self._trails[rows[i]], place, self._members[rows[i]], remember=False)
                for i in new
            ]
            return solve_courses(courses, s.teacher)

        return self._memo.followed.gather([self._key(row, s.alpha) for row in rows], solve)

    def _key(self, row: int, places: Hashable) -> Hashable:
        return (self._setting.teacher, *self._members[row].items(), places)


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


def _bayes(memo: Memo, s: CurvesSetting) -> BayesOptimal:
    """The Bayes-optimal error over the axis, through the place where it becomes 0."""
    if not s.closed:
        return BayesOptimal.joined([_bayes_at(memo, s, some) for some in _bayes_places(s)], np.concatenate)

    def solve() -> BayesOptimal:
        (grid,) = _bayes_places(s)
        return memo.bayes.solve(grid, s.kappa_star, s.delta)

    found: BayesOptimal = memo.followed.once(("bayes", s.noise, s.span), solve)
    return found


def _best(memo: Memo, s: CurvesSetting) -> float:
    """The Bayes-optimal error at the marker."""
    place = np.array([s.alpha])
    if not s.closed:
        return float(_bayes_at(memo, s, place).mmse[0])

    def solve() -> float:
        return float(memo.bayes.solve(place, s.kappa_star, s.delta).mmse[0])

    best: float = memo.followed.once(("best", s.noise, s.alpha), solve)
    return best


def _bayes_places(s: CurvesSetting) -> list[FloatArray]:
    """Where the Bayes-optimal curve is drawn, in parts that are soon solved."""
    star = s.at(s.alpha).given_width
    threshold = np.inf
    if s.delta == 0:
        threshold = float(recovery_threshold(s.kappa_star, star, "bayes", teacher=s.teacher))
    points = _BAYES_POINTS if s.closed else _FEW_BAYES_POINTS
    grid = alpha_grid(s.span[1], threshold * (1 - _BEFORE), points, low=s.span[0])
    return [grid] if s.closed else np.array_split(grid, points // _AT_ONCE)


def _bayes_at(memo: Memo, s: CurvesSetting, places: FloatArray) -> BayesOptimal:
    """The Bayes-optimal errors of a teacher of levels at some places."""
    star = s.at(s.alpha).given_width

    def solve() -> BayesOptimal:
        with errstate("ignore"):  # a gap tells
            return bayes_optimal(places, star, s.delta, teacher=s.teacher)

    found: BayesOptimal = memo.exact.once(("bayes", s.noise, places.tobytes()), solve)
    return found


def _name(parameter: str, value: float) -> str:
    """The name of a curve: what it is compared by."""
    if not parameter:
        return ""
    zero = value == 0 and PARAMETERS[parameter].scale == "log"
    return f"{PARAMETERS[parameter].symbol} = {'0+' if zero else four_digits(value)}"
