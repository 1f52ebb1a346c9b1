"""Networks trained along a scaling law: as along a learning curve, each with the decay that it has there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from quadviz.law.teachers import Teacher
from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM
from quadviz.work.curve import CurveRequest

__all__ = ["ScalingRequest", "scaled_alphas"]

#: The most samples that a network of a page is trained on, which take half a minute at d = 100.
_MOST_SAMPLES = 40_000
#: How many places networks are trained at, and the first of them: fewer samples are fewer than dimensions.
_PLACES, _FIRST = 7, 0.05


@dataclass(frozen=True)
class ScalingRequest(CurveRequest):
    """Networks to train along a scaling law.

    Attributes:
        decays: lam and lam2 at each of the alphas.
        teacher: of levels k^-exponent.
        exponent: that of the levels.
        levels: how many there are.
        told: what else makes the curve that they belong to.
    """

    decays: tuple[tuple[float, float], ...] = ()
    teacher: Teacher | None = None
    exponent: float = math.nan
    levels: int = 0
    told: tuple[object, ...] = ()

    @property
    def settings(self) -> list[Setting]:
        """The settings, one for each alpha."""
        return [self._at(alpha, *decays) for alpha, decays in zip(self.alphas, self.decays, strict=True)]

    @property
    def sized(self) -> list[Setting]:
        """Where the theory is solved at size d: at the networks' settings."""
        return [
            self._at(alpha, lam if lam2 else max(lam, SMALLEST_LAM), lam2)
            for alpha, (lam, lam2) in zip(self.alphas, self.decays, strict=True)
        ]

    @property
    def curve(self) -> tuple[object, ...]:  # type: ignore[override]  # more than numbers make it
        """What makes the curve that the networks belong to."""
        return (self.kappa, self.delta, self.exponent, self.levels, *self.told)

    def _at(self, alpha: float, lam: float, lam2: float) -> Setting:
        own: Any = None  # the levels have a rank fraction of their own
        return Setting(self.kappa, own, alpha, lam, self.delta, lam2=lam2, teacher=self.teacher)


def scaled_alphas(d: int) -> tuple[float, ...]:
    """Places for networks of size d, evenly spaced in the logarithm.

    >>> scaled_alphas(100)[0], scaled_alphas(100)[-1]
    (0.05, 4.0)
    """
    last = min(_MOST_SAMPLES / d**2, 10.0)
    ratio = (last / _FIRST) ** (1 / (_PLACES - 1))
    return tuple(float(f"{_FIRST * ratio**place:.3g}") for place in range(_PLACES))
