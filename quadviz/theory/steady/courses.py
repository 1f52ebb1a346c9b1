"""Curves of steady states side by side, each from where it was before (:mod:`.nearby`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.teachers import WISHART, Teacher
from quadviz.outcome import announce, quiet
from quadviz.theory.steady.nearby import NO_CUSP, Cusp, Guess, Trail, solve_nearby
from quadviz.theory.steady.solving import in_levels, problems_of
from quadviz.theory.steady.steady_state import REMEDY, SteadyState

__all__ = ["Course", "solve_courses"]


class Course(NamedTuple):
    """Points along a curve, and what is known of it.

    Attributes:
        trail: where the curve was before.
        axis: places along it, shape (N,), as the next five.
        alpha: sample ratios.
        kappa: student widths.
        kappa_star: teacher widths.
        lam: weight decays.
        delta: label noise.
        setting: the parameters that are the same all along, widths first where it runs over alpha.
        cusp: where its phases meet, if they do; known of the Wishart teacher alone.
        guess: where to start, if that is known; else the trail tells.
        remember: whether the trail takes it in; a few points beside a curve leave that as it is.
        lam2: Frobenius decay, the same all along.
    """

    trail: Trail
    axis: FloatArray
    alpha: FloatArray
    kappa: FloatArray
    kappa_star: FloatArray
    lam: FloatArray
    delta: FloatArray
    setting: tuple[float, ...]
    cusp: Cusp = NO_CUSP
    guess: Guess | None = None
    remember: bool = True
    lam2: float = 0.0

    @classmethod
    def over_alpha(
        cls,
        trail: Trail,
        alpha: FloatArray,
        member: Mapping[str, float],
        cusp: Cusp = NO_CUSP,
        *,
        remember: bool = True,
    ) -> Course:
        """A learning curve.

        Args:
            trail: where it was before.
            alpha: sample ratios, shape (N,).
            member: kappa, kappa_star, lam and delta by name, lam2 where there is any, and nothing else.
            cusp: where its phases meet, if they do.
            remember: whether the trail takes it in.

        Raises:
            TypeError: if the curve is given by anything else, which would be left out.
        """
        if member.keys() - {"lam2"} != {"kappa", "kappa_star", "lam", "delta"}:
            given = ", ".join(sorted(member))
            raise TypeError(f"a curve is given by kappa, kappa_star, lam, delta and lam2, not by {given}")
        setting = (member["kappa"], member["kappa_star"], member["lam"], member["delta"])
        lam2 = member.get("lam2", 0.0)
        kappa, star, lam, delta = (np.full(alpha.shape, value) for value in setting)
        return cls(
            trail, alpha, alpha, kappa, star, lam, delta, (*setting, lam2), cusp,
            remember=remember, lam2=lam2,
        )  # fmt: skip

    @property
    def start(self) -> Guess:
        """Where to start."""
        return self.trail.guess(self.setting, self.axis, self.cusp) if self.guess is None else self.guess


@quiet
def solve_courses(courses: Sequence[Course], teacher: Teacher = WISHART) -> list[SteadyState]:
    """The steady states of several curves, from where they were before; what is given is validated.

    Args:
        courses: the curves; those with Frobenius decay are solved from nothing.
        teacher: the law of the teacher's eigenvalues.
    """
    found: list[SteadyState | None] = [None] * len(courses)
    for shrunk in (False, True):
        some = [number for number, each in enumerate(courses) if (each.lam2 > 0) == shrunk]
        if some:
            states = _solve_together([courses[number] for number in some], teacher, shrunk=shrunk)
            for number, state in zip(some, states, strict=True):
                found[number] = state
    return [state for state in found if state is not None]


def _solve_together(courses: Sequence[Course], teacher: Teacher, *, shrunk: bool) -> Iterator[SteadyState]:
    """Curves that all have Frobenius decay, or none."""
    names, unit = ("alpha", "kappa", "kappa_star", "lam", "delta"), teacher.unit
    columns = {name: np.concatenate([getattr(each, name) for each in courses]) for name in names}
    alpha, kappa, star, lam, delta = columns.values()
    lam2 = np.concatenate([np.full(each.alpha.shape, each.lam2) for each in courses])
    guess = None
    if not shrunk:
        starts = zip(*(each.start for each in courses), strict=True)
        guess = Guess(*map(np.concatenate, starts)).scaled(1 / unit)
    p = problems_of(teacher, alpha, kappa, star, lam, delta, lam2 if shrunk else None)
    found, solved = solve_nearby(p, guess)
    found, solved = in_levels(teacher, found), solved.scaled(unit)
    announce("steady_state", found["status"], columns, REMEDY, level=4)
    start = 0
    for each in courses:
        part = slice(start, start + each.alpha.size)
        start = part.stop
        if each.remember:
            each.trail.add(each.setting, each.axis, each.cusp, Guess(*(column[part] for column in solved)))
        given: dict[str, Any] = {name: getattr(each, name) for name in names}
        given["lam2"] = lam2[part]
        yield SteadyState(**given, **{name: values[part] for name, values in found.items()}, teacher=teacher)
