"""Curves of scaling laws from where they were: coarsely while a slider moves, by all tests once it rests.

Both ways a point that is shown solves the equations. At rest other solutions are looked for too, and the best
decays are those of the public functions to nine digits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve
from quadviz.law.given_levels import Levels
from quadviz.outcome import Status, errstate, quiet
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.scaling.setting import Decay, Member, power_law_teacher
from quadviz.theory.best.following import follow, follow_best, follow_best_lam2
from quadviz.theory.best.frobenius import optimal_lam2
from quadviz.theory.best.local_exponents import Best, LocalExponents, exponents_at
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.nearby import NO_CUSP, Guess, solve_nearby
from quadviz.theory.steady.newton import Problems
from quadviz.theory.steady.solving import in_levels, problems_of, solve_problems
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["Course", "Solved", "solve_courses", "solved_before"]

#: So many points that were not followed are solved from nothing while a slider moves.
_FEW = 12


class Course(NamedTuple):
    """Points of one curve.

    Attributes:
        role: what it is, by which it is found again as a slider moves.
        member: whose curve: what is the same all along is read from it.
        decay: which decay.
        lam2: Frobenius decay where it is given.
        axis: places along it, increasing, shape (N,).
        alpha: sample ratios there, shape (N,).
        kappa: student widths there, shape (N,).
    """

    role: tuple[object, ...]
    member: Member
    decay: Decay
    lam2: float
    axis: FloatArray
    alpha: FloatArray
    kappa: FloatArray

    @classmethod
    def over_alpha(
        cls, role: tuple[object, ...], member: Member, decay: Decay, lam2: float, alpha: FloatArray
    ) -> Course:
        """A learning curve."""
        return cls(role, member, decay, lam2, alpha, alpha, np.full(alpha.shape, member.kappa))

    @classmethod
    def over_kappa(
        cls,
        role: tuple[object, ...],
        member: Member,
        decay: Decay,
        lam2: float,
        kappa: FloatArray,
        alpha: float,
    ) -> Course:
        """A curve over widths, at one number of samples."""
        # Whose width it is of no meaning here, and would make others of the same curve.
        everyone = member._replace(kappa=1.0)
        return cls(role, everyone, decay, lam2, kappa, np.full(kappa.shape, alpha), kappa)

    @property
    def setting(self) -> tuple[float, ...]:
        """What is the same all along it."""
        m = self.member
        return (m.exponent, m.delta, m.lam, self.lam2, float(self.kappa[0]), float(self.alpha[0]))

    @property
    def lam(self) -> FloatArray:
        """The weight decays that are given."""
        lam = np.full(self.alpha.shape, self.member.lam)
        return lam / np.sqrt(self.alpha) if self.decay == "falling" else lam


class Solved(NamedTuple):
    """A curve that is solved.

    Attributes:
        states: the steady states, shape (N,).
        exponents: d log mse / d log alpha, and of the best decay where one is best, each of shape (N,).
    """

    states: SteadyState
    exponents: LocalExponents


def solve_courses(memo: Memo, courses: Sequence[Course], levels: int, *, coarse: bool) -> list[Solved]:
    """Steady states along courses, those of one teacher and kind of decay side by side.

    Args:
        memo: what was solved before, and where; what was solved at rest is as good while a slider moves.
        courses: the curves.
        levels: how many levels the teachers have.
        coarse: whether other solutions are not to be looked for, nor what is far from where it was.
    """
    keys = [_key(c, levels, coarse=coarse and not solved_before(memo, c, levels)) for c in courses]
    distinct = dict(zip(keys, courses, strict=True))
    each = list(distinct.values())

    def solve(new: list[int]) -> list[Solved]:
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for number in new:
            groups[(each[number].member.exponent, each[number].decay, each[number].lam2 > 0)].append(number)
        found: dict[int, Solved] = {}
        for numbers in groups.values():
            curves = _solved(memo, [each[number] for number in numbers], levels, coarse)
            found.update(zip(numbers, curves, strict=True))
        return [found[number] for number in new]

    solved = dict(zip(distinct, memo.followed.gather(list(distinct), solve), strict=True))
    return [solved[key] for key in keys]


def solved_before(memo: Memo, course: Course, levels: int) -> bool:
    """Whether a curve was solved at rest."""
    return _key(course, levels, coarse=False) in memo.followed


def _key(course: Course, levels: int, *, coarse: bool) -> Hashable:
    """What tells a curve from others."""
    c = course
    return (c.member, c.decay, c.lam2, levels, c.alpha.tobytes(), c.kappa.tobytes(), coarse)


@quiet
def _solved(memo: Memo, courses: Sequence[Course], levels: int, coarse: bool) -> list[Solved]:
    """Curves of one teacher and kind of decay, from where they were."""
    decay, teacher = courses[0].decay, power_law_teacher(courses[0].member.exponent, levels)
    trails = [memo.trails[(*c.role, c.decay, levels)] for c in courses]
    starts = [t.guess(c.setting, c.axis, NO_CUSP) for t, c in zip(trails, courses, strict=True)]
    for number, (start, course) in enumerate(zip(starts, courses, strict=True)):
        if decay in memo.seeds and not (start.xi >= 0).any():
            starts[number] = _seeded(memo.seeds[decay], course, teacher)
    # Teachers are solved for in units of their own.
    unit = teacher.unit
    guess = Guess(*map(np.concatenate, zip(*starts, strict=True))).scaled(1 / unit)
    joined = np.concatenate
    points = _Points(
        teacher,
        joined([c.alpha for c in courses]),
        joined([c.kappa for c in courses]),
        joined([np.full(c.alpha.shape, c.member.delta) for c in courses]),
        coarse,
    )
    with errstate("ignore"):  # the status tells, and figures show it
        if decay == "best lam":
            states, solved, curve = points.best_lam(guess)
        elif decay == "best lam2":
            states, solved, curve = points.best_lam2(guess)
        else:
            lam2 = joined([np.full(c.alpha.shape, c.lam2) for c in courses])
            states, solved, curve = points.given(joined([c.lam for c in courses]), lam2, guess)
    solved = solved.scaled(unit)
    best: Best = "lam" if decay == "best lam" else "lam2" if decay == "best lam2" else ""
    exponents = exponents_at(states, best, -0.5 if decay == "falling" else 0.0, curve)
    parts, begins = [], 0
    for course, trail in zip(courses, trails, strict=True):
        part = slice(begins, begins + course.alpha.size)
        begins = part.stop
        ends = Guess(*(v[part] for v in solved))
        trail.add(course.setting, course.axis, NO_CUSP, ends)
        parts.append(Solved(states[part], LocalExponents(*(each[part] for each in exponents))))
        if course.axis is course.alpha and course.axis.size > 1:
            memo.seeds[decay] = course.alpha, ends
    return parts


class _Points(NamedTuple):
    """Points of one teacher; arrays of shape (N,)."""

    teacher: Levels
    alpha: FloatArray
    kappa: FloatArray
    delta: FloatArray
    coarse: bool

    @property
    def _star(self) -> FloatArray:
        return np.full(self.alpha.shape, self.teacher.width())

    def problems(self, lam: FloatArray, lam2: FloatArray | None = None) -> Problems:
        """The points as problems of these decays."""
        return problems_of(self.teacher, self.alpha, self.kappa, self._star, lam, self.delta, lam2)

    def part(self, at: Any) -> _Points:
        """Some of them."""
        return self._replace(alpha=self.alpha[at], kappa=self.kappa[at], delta=self.delta[at])

    def given(
        self, lam: FloatArray, lam2: FloatArray, guess: Guess
    ) -> tuple[SteadyState, Guess, Curve | None]:
        """The steady states at given decays."""
        p = self.problems(lam, lam2 if lam2.any() else None)
        curve: Curve | None = None
        if self.coarse and (guess.xi >= 0).any():
            found, guess, there = follow(p, self._atoms, guess)
            lost = np.flatnonzero(found["status"] == Status.FAILED)
            self._fill(p, found, guess, lost)
            curve = None if lost.size else there
        else:
            # What is followed by all tests has weight decay alone.
            found, guess = solve_nearby(p, guess if p.lam2 is None else None)
        return self._states(lam, lam2, found), guess, curve

    def best_lam(self, guess: Guess) -> tuple[SteadyState, Guess, Curve | None]:
        """The steady states at the best weight decays."""
        lam, none = np.full(self.alpha.shape, np.nan), np.zeros_like(self.alpha)
        found: dict[str, Any] = {}
        curve: Curve | None = None
        if (guess.xi >= 0).any():
            lam, found, guess, curve = follow_best(self.problems(none), self._atoms, guess, eager=self.coarse)
            lam = lam * self.teacher.unit
        lost = np.flatnonzero(np.isnan(lam))
        if not (self.coarse and found and lost.size > _FEW):
            at = self.part(lost)
            lam[lost] = optimal_lam(at.alpha, at.kappa, None, at.delta, teacher=self.teacher)
        known = np.isfinite(lam)
        p = self.problems(np.where(known, lam, 0.0))
        if self.coarse and found:
            self._fill(p, found, guess, lost)
            curve = None if lost.size else curve
        else:
            (found, guess), curve = solve_nearby(p, guess), None
        return self._states(lam, none, found, known), guess, curve

    def best_lam2(self, guess: Guess) -> tuple[SteadyState, Guess, Curve | None]:
        """The steady states at the best Frobenius decays, without weight decay."""
        lam2, none = np.full(self.alpha.shape, np.nan), np.zeros_like(self.alpha)
        found: dict[str, Any] = {}
        curve: Curve | None = None
        if self.coarse and (guess.xi >= 0).any():
            lam2, found, guess, curve = follow_best_lam2(self.problems(none), self._atoms, guess)
        lost = np.flatnonzero(np.isnan(lam2))
        if not found or lost.size <= _FEW:
            at = self.part(lost)
            lam2[lost] = optimal_lam2(at.alpha, at.kappa, None, at.delta, teacher=self.teacher)
        known = np.isfinite(lam2)
        p = self.problems(none, np.where(known, lam2, 1.0))
        if found:
            self._fill(p, found, guess, lost)
            curve = None if lost.size else curve
        else:
            (found, guess), curve = solve_nearby(p, None), None
        return self._states(none, lam2, found, known), guess, curve

    @property
    def _atoms(self) -> Atoms:
        return self.teacher.solver_atoms(self.teacher.width())

    def _fill(self, p: Problems, found: dict[str, Any], guess: Guess, lost: Any) -> None:
        """Solve for a few points from nothing, in place; more of them stay as they are."""
        if not 0 < lost.size <= _FEW:
            return
        alone, unknowns = solve_problems(p[lost])
        for name, values in alone.items():
            found[name][lost] = values
        for column, values in zip(guess, unknowns[:3], strict=True):
            column[lost] = values

    def _states(
        self, lam: FloatArray, lam2: FloatArray, found: dict[str, Any], known: Any = True
    ) -> SteadyState:
        """Results in the units of the levels, NaN where the decay is not known."""
        found = in_levels(self.teacher, found)
        columns: dict[str, Any] = {
            name: np.where(known, values, np.nan) if values.dtype.kind == "f" else values
            for name, values in found.items()
        }
        columns["status"] = np.where(known, found["status"], Status.FAILED).astype(np.int8)
        return SteadyState(
            self.alpha, self.kappa, self._star, lam, self.delta, lam2=lam2, teacher=self.teacher, **columns
        )


def _seeded(last: tuple[FloatArray, Guess], course: Course, teacher: Levels) -> Guess:
    """Where to begin on a new curve: at another one's xi, and what the width leaves out besides."""
    alpha, seed = last
    known = np.flatnonzero(seed.xi > 0)
    if known.size < 2:
        return Guess(*(np.full(course.alpha.shape, np.nan) for _ in range(3)))
    place, at = np.log(course.alpha), np.log(alpha[known])
    xi, q = (np.exp(np.interp(place, at, np.log(np.maximum(v[known], 1e-30)))) for v in seed[:2])
    z, p = teacher.levels()
    # The levels below the width's: the largest are the last.
    left_out = np.interp(1 - course.kappa, np.cumsum(p), np.cumsum(p * z * z))
    wider = xi + left_out / (2 * course.alpha)
    q = q * np.sqrt(wider / xi)
    cut = np.interp(1 - course.kappa, np.cumsum(p), z)
    return Guess(wider, q, np.where((course.kappa < 1) & (cut > q), cut, -np.inf))
