"""What a matrix flow is drawn to: a large random matrix T, known by the law of its eigenvalues."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import real_number, shown
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.law.teacher_law import TeacherLaw
from quadviz.parameters import PARAMETERS

__all__ = ["FlowTarget", "checked_target"]


#: Noise so small that the law's masses are those of the teacher without noise.
_CLEAN = 1e-10


def checked_target(value: object) -> FlowTarget:
    """A target, which is not made of anything else in silence.

    Raises:
        TypeError: if it is not a :class:`FlowTarget`; says how to make one.

    >>> checked_target(None)
    Traceback (most recent call last):
    ...
    TypeError: target must be a quadviz.FlowTarget(kappa_star=None, xi=1.0, q=0.0), got None
    """
    if not isinstance(value, FlowTarget):
        raise TypeError(
            f"target must be a quadviz.FlowTarget(kappa_star=None, xi=1.0, q=0.0), got {shown(value)}"
        )
    return value


@dataclass(frozen=True)
class FlowTarget:
    """T = Z* + sqrt(xi) G - q, or the GOE matrix G alone, as d -> infinity.

    G is a GOE matrix with its semicircle on [-2, 2]. With (xi, q) of a steady state, the end of the matrix
    flow is the matrix learned there (THEORY section 2).

    Attributes:
        kappa_star: width of the teacher Z*; None for T = G.
        xi: variance of the noise, >= 0; with xi = 0 there is no shift either.
        q: the shift.

    Raises:
        ValueError: if a value is out of its range.

    >>> goe = FlowTarget()
    >>> goe.mass_above(0.0), goe.quantile(0.5), goe.density(0.0).round(4).item()
    (0.5, 0.0, 0.3183)
    """

    kappa_star: float | None = None
    xi: float = 1.0
    q: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "xi", real_number("xi", self.xi, "finite and >= 0", 0.0, sys.float_info.max))
        largest = sys.float_info.max
        object.__setattr__(self, "q", real_number("q", self.q, "finite", -largest, largest))
        if self.kappa_star is None and (self.xi != 1 or self.q != 0):
            raise ValueError(f"without a teacher T is G: xi = 1 and q = 0, got xi = {self.xi}, q = {self.q}")
        if self.kappa_star is not None:
            object.__setattr__(self, "kappa_star", PARAMETERS["kappa_star"].as_number(self.kappa_star))
        if self.xi == 0 and self.q != 0:
            raise ValueError(f"without noise there is no shift, got q = {self.q}")

    @property
    def atom(self) -> float:
        """Share of the eigenvalues that are exactly 0."""
        if self.kappa_star is None or self.xi > 0:
            return 0.0
        return max(1 - self.kappa_star, 0.0)

    @property
    def bands(self) -> tuple[tuple[float, float], ...]:
        """The intervals that hold the others, from the lowest up."""
        if self.kappa_star is None:
            return ((-2.0, 2.0),)
        if self.xi == 0:
            left, right = (float(edge) for edge in TeacherLaw(self.kappa_star).edges)
            return ((left, right),)
        e = self._law.edges()
        ends = [float(x) - self.q for x in (e.left, e.gap_left, e.gap_right, e.right)]
        if bool(e.has_gap):
            return ((ends[0], ends[1]), (ends[2], ends[3]))
        return ((ends[0], ends[3]),)

    @property
    def waist(self) -> float:
        """Where two bands have grown together and the density bends sharply; NaN where they have not.

        The minimum of s - |g| in the variables of :mod:`quadviz.theory.best.cubed_density`.
        """
        if self.kappa_star is None or self.kappa_star >= 1 or self.xi == 0 or len(self.bands) > 1:
            return math.nan
        k, xi = self.kappa_star, self.xi
        s2 = (math.cbrt(k) ** 2 - k) / xi
        g2 = s2 / (xi * s2 + k)
        x = xi * (g2 + k * k - s2) / k + k * k / s2 - self.q
        return x if self.bands[0][0] < x < self.bands[0][1] else math.nan

    def density(self, a: ArrayLike) -> FloatArray:
        """Density of the eigenvalues but for the atom, of the shape of ``a``."""
        points = np.asarray(a, dtype=np.float64)
        if self.kappa_star is None:
            return np.sqrt(np.maximum(4 - points**2, 0.0)) / (2 * np.pi)
        if self.xi == 0:
            return TeacherLaw(self.kappa_star).density(points)
        return self._law.density(points + self.q)

    def mass_above(self, a: float) -> float:
        """Share of the eigenvalues above a."""
        if self.kappa_star is None:
            c = min(max(a / 2, -1.0), 1.0)
            return (math.acos(c) - c * math.sqrt(1 - c * c)) / math.pi
        if self.xi == 0 and a >= 0 and a <= self.bands[0][0]:
            return 1 - self.atom
        return float(self._law.mass_above(a + self.q))

    def quantile(self, mass: float) -> float:
        """The point with the given share of eigenvalues, between 0 and 1, above it."""
        if self.kappa_star is not None:
            return float(self._law.quantile(mass)) - self.q
        # The mass above 2 cos(phi) is (phi - sin phi cos phi)/pi; from the same in small angles, Newton.
        upper = min(mass, 1 - mass)
        phi = float(np.cbrt(1.5 * np.pi * upper))
        for _ in range(60):
            slope = 2 * math.sin(phi) ** 2
            if slope == 0:
                break
            step = (phi - math.sin(phi) * math.cos(phi) - math.pi * upper) / slope
            phi = min(max(phi - step, phi / 4), math.pi / 2)
            if abs(step) <= 1e-16:
                break
        point = 2 * math.cos(phi) if mass != 0.5 else 0.0
        return point if mass <= 0.5 else -point

    @property
    def _law(self) -> NoisyTeacherLaw:
        return NoisyTeacherLaw(cast("float", self.kappa_star), max(self.xi, _CLEAN))
