"""What scaling laws are solved for: the teacher, the decay and its course, and families of curves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from quadviz.law.given_levels import Levels
from quadviz.parameters import SCALING_PARAMETERS
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.scaling.published import PUBLISHED_D, PUBLISHED_RANKS

__all__ = ["ALPHA_ENDS", "DECAYS", "Decay", "Member", "ScalingSetting", "power_law_teacher"]

#: Which decay a student has: the best one at each number of samples, a given one, or one that falls with it.
Decay = Literal["best lam", "best lam2", "fixed", "falling"]
DECAYS: Mapping[Decay, str] = MappingProxyType(
    {
        "best lam": "best λ at each α",
        "best lam2": "best λ₂ at each α",
        "fixed": "λ, λ₂ as set",
        "falling": "λ/√α, λ as set",
    }
)
#: The ends of the alpha axis.
ALPHA_ENDS = (1e-2, 1e2)
#: What the current value is compared with. The middle one gives way to it, unless it is one of the others.
_FAMILIES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "exponent": (0.75, 1.0, 1.25, 1.5, 2.0),
        "kappa": (0.02, 0.05, 0.15, 0.4, 1.0),
        "delta": (0.0, 1e-3, 1e-2, 0.1, 1.0),
        "lam": (0.0, 1e-3, 1e-2, 0.1, 1.0),
    }
)


class Member(NamedTuple):
    """One curve of a family.

    Attributes:
        exponent: gamma, with which the teacher's levels fall off as k^-gamma.
        kappa: student width.
        delta: label noise.
        lam: weight decay, where it is given.
    """

    exponent: float
    kappa: float
    delta: float
    lam: float


class ScalingSetting(NamedTuple):
    """What is solved for.

    Attributes:
        exponent: gamma, with which the teacher's levels fall off as k^-gamma.
        kappa: student width.
        delta: label noise.
        lam: weight decay where ``decay`` is "fixed", and that at alpha = 1 where it is "falling".
        lam2: Frobenius decay where ``decay`` is "fixed".
        decay: which decay there is.
        alpha: where the marker stands.
        levels: how many levels the teacher has.
        compare: the field of a member that a family runs over; "" for one curve.
    """

    exponent: float
    kappa: float
    delta: float
    lam: float
    lam2: float
    decay: Decay
    alpha: float
    levels: int
    compare: str = ""

    @property
    def member(self) -> Member:
        """The current curve."""
        return Member(self.exponent, self.kappa, self.delta, self.lam)

    @property
    def compared(self) -> str:
        """What a family runs over; decays that are not given make none."""
        return "" if self.compare == "lam" and self.decay.startswith("best") else self.compare

    @property
    def members(self) -> tuple[Member, ...]:
        """The curves by increasing value of what they are compared by, or the one there is."""
        name = self.compared
        if not name:
            return (self.member,)
        value, landmarks = getattr(self.member, name), _landmarks(name, self.levels)
        middle = len(landmarks) // 2
        others = landmarks
        if value not in landmarks and not _published(name, self.levels):
            others = landmarks[:middle] + landmarks[middle + 1 :]
        return tuple(self.member._replace(**{name: each}) for each in sorted({value, *others}))

    @property
    def current(self) -> int:
        """Which of them is the current one."""
        return self.members.index(self.member)

    @property
    def shades(self) -> tuple[float, ...]:
        """Where each stands in the family, from 0 to 1: a function of its value, which keeps its colour."""
        name = self.compared
        if not name:
            return (0.0,)
        p = SCALING_PARAMETERS[name]

        def place(value: float) -> float:
            return math.log(max(value, p.low / 10)) if p.scale == "log" else value

        zero = (0.0,) if p.zero_allowed else (p.low,)
        anchors = sorted({*zero, *_landmarks(name, self.levels), p.high})
        even = np.linspace(0, 1, len(anchors))
        values = [place(getattr(each, name)) for each in self.members]
        return tuple(np.interp(values, [place(x) for x in anchors], even).tolist())

    @property
    def names(self) -> tuple[str, ...]:
        """What the curves are called; an empty name for one that stands alone."""
        name = self.compared
        if not name:
            return ("",)
        p = SCALING_PARAMETERS[name]
        values = [getattr(each, name) for each in self.members]
        return tuple(
            f"{p.symbol} = {p.zero_text if value == 0 and p.scale == 'log' else four_digits(value)}"
            for value in values
        )


@lru_cache(maxsize=64)
def power_law_teacher(exponent: float, levels: int) -> Levels:
    """Levels k^-exponent, k = 1 to so many, scaled to (1/d) tr Z*^2 = 1.

    >>> power_law_teacher(1.25, 400)
    Levels(400 from 0.00965329 to 17.2683)
    """
    return Levels(np.arange(1, levels + 1.0) ** -exponent).scaled(second_moment=1.0)


def _published(name: str, levels: int) -> bool:
    """Whether the widths are those of published networks, of which none gives way."""
    return name == "kappa" and levels == PUBLISHED_D


def _landmarks(name: str, levels: int) -> tuple[float, ...]:
    if _published(name, levels):
        return tuple(sorted(rank / PUBLISHED_D for rank in PUBLISHED_RANKS))
    return _FAMILIES[name]
