"""The validated :class:`Setting`, and the table of parameters that it is made by."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from quadviz.checks import shown
from quadviz.law.teachers import WISHART, TeacherLike, checked_teacher
from quadviz.parameters import (
    EXTENSIONS,
    PARAMETERS,
    SIMULATION_PARAMETERS,
    Parameter,
    broadcast_parameters,
    parameter,
)

__all__ = [
    "EXTENSIONS",
    "PARAMETERS",
    "SIMULATION_PARAMETERS",
    "Inputs",
    "Parameter",
    "Setting",
    "broadcast_parameters",
    "checked_setting",
    "parameter",
]

#: Where the sensing matrices come from: the network's own inputs, or the GOE.
Inputs = Literal["network", "gaussian"]


@dataclass(frozen=True, repr=False)
class Setting:
    """One teacher-student problem: every parameter a single validated number.

    Attributes:
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        alpha: sample ratio n/d², > 0.
        lam: weight decay, >= 0 (0 is the ridgeless limit for the theory).
        delta: label-noise variance, >= 0.
        gamma: initial variance, > 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues. Beside given levels kappa_star is None, and becomes
            their rank fraction.

    Raises:
        TypeError: if a value is not a real number, or the teacher is none.
        ValueError: if a value lies outside its domain, or that of the teacher.

    >>> Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.01, delta=-1)
    Traceback (most recent call last):
    ...
    ValueError: delta (label noise) must be a finite number >= 0, got -1
    """

    kappa: float
    kappa_star: float
    alpha: float
    lam: float
    delta: float
    gamma: float = 1.0
    lam2: float = 0.0
    teacher: TeacherLike = WISHART

    def __repr__(self) -> str:
        """The values, without what the paper does not have where it is absent."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name in PARAMETERS}
        if self.lam2:
            values["lam2"] = self.lam2
        if self.teacher != WISHART:
            values["teacher"] = self.teacher
        return f"Setting({', '.join(f'{name}={value!r}' for name, value in values.items())})"

    @property
    def given_width(self) -> float | None:
        """kappa_star as functions take it: None beside given levels, which have a rank of their own."""
        return self.kappa_star if self.teacher.sized_by_width else None

    def __post_init__(self) -> None:
        teacher = checked_teacher(self.teacher)
        # A setting made from another one has the rank fraction of its levels already.
        own = not teacher.sized_by_width and self.kappa_star == teacher.rank_fraction()
        object.__setattr__(self, "kappa_star", teacher.width(None if own else self.kappa_star))
        for name, known in {**PARAMETERS, **EXTENSIONS}.items():
            object.__setattr__(self, name, known.as_number(getattr(self, name)))


def checked_setting(value: object) -> Setting:
    """A setting, which is not made of anything else in silence.

    Raises:
        TypeError: if it is not a :class:`Setting`; says how to make one.

    >>> checked_setting({})
    Traceback (most recent call last):
    ...
    TypeError: setting must be a quadviz.Setting(kappa, kappa_star, alpha, lam, delta), got {}
    """
    if not isinstance(value, Setting):
        raise TypeError(
            f"setting must be a quadviz.Setting(kappa, kappa_star, alpha, lam, delta), got {shown(value)}"
        )
    return value
