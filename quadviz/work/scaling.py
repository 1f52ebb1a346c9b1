"""Networks trained along a scaling law: as along a learning curve, each with the decay that it has there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from quadviz.setting import Setting
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
        exponent: that of the teacher's levels.
        levels: how many there are.
        told: what else makes the curve that they belong to.
    """

    decays: tuple[tuple[float, float], ...] = ()
    exponent: float = math.nan
    levels: int = 0
    told: tuple[object, ...] = ()

    @property
    def settings(self) -> list[Setting]:
        """The settings, one for each alpha."""
        places = zip(self.alphas, self.decays, strict=True)
        return [replace(self, lam2=lam2).at(alpha, lam) for alpha, (lam, lam2) in places]

    @property
    def sized(self) -> list[Setting]:
        """Where the theory is solved at size d: at the networks' settings."""
        places = zip(self.alphas, self.decays, strict=True)
        several = [(alpha, replace(self, lam=lam, lam2=lam2)) for alpha, (lam, lam2) in places]
        return [each.at(alpha, each.least) for alpha, each in several]

    @property
    def curve(self) -> tuple[object, ...]:
        """What makes the curve that the networks belong to."""
        return (self.kappa, self.delta, self.exponent, self.levels, *self.told)


def scaled_alphas(d: int) -> tuple[float, ...]:
    """Places for networks of size d, evenly spaced in the logarithm.

    >>> scaled_alphas(100)[0], scaled_alphas(100)[-1]
    (0.05, 4.0)
    """
    last = min(_MOST_SAMPLES / d**2, 10.0)
    ratio = (last / _FIRST) ** (1 / (_PLACES - 1))
    return tuple(float(f"{_FIRST * ratio**place:.3g}") for place in range(_PLACES))
