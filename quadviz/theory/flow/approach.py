"""How fast the matrix flow comes to its end as d -> infinity: the whole curve, and its power laws.

The flow dW/dt = -(W W^T - T) W starts from V with V_ij ~ N(0, gamma/m). As d -> infinity the resolvent of
V^T S V in its solution (:mod:`quadviz.theory.flow.riccati`) has a deterministic equivalent. In the eigenbasis
of T, with averages <.> over its eigenvalues a, S = (e^{2at} - 1)/a, and u(t) the root of

    <f> + kappa/(gamma u) = kappa,     f = S/(u + S),

the mean of Z is diagonal, z(a) = e^{2at}/(u + S), and d Tr Z/dt = 2 Tr(TZ - Z^2) gives that of Z^2 too:

    |Z - Z_inf|^2/d = <(z - z_inf)^2> + <w>^2/(<f (1 - f)> + kappa/(gamma u)),     w = u e^{2at}/(u + S)^2 .

The first term is what modes do by themselves: each would obey z' = 2 (a - z) z, but for a common start 1/u
that changes. The second one is what they do to each other: Z is not diagonal.

Power laws (THEORY section 11). Let p be the share of positive eigenvalues.

- kappa > p: u goes to a constant, and modes with |a| ~ 1/t are left, z - z_inf = |a|/(e^{2|a|t} - 1); the
  second term is smaller by a power. Hence rho(0) t^-3 times 2 int_0^inf (x/(e^{2x} - 1))^2 dx, which is
  pi^2/12 - zeta(3)/2.
- kappa < p: modes compete for the rank. u = e^{2 omega t}/omega with omega the hard edge, and f is a Fermi
  function of width 1/2t. The first term is (log 2 - 1/2) omega^2 rho(omega)/t, the second 1/2 of the same:
  log 2 in all, of which modes by themselves would explain less than a third.
- kappa = p: u/t grows like log t / log log t, and with it, ever more slowly, the factor before t^-3.
- An atom of share 1 - p at 0, and kappa > p: min(kappa, 1) - p directions decay as 1/2t each, which makes
  (min(kappa, 1) - p)/4 t^-2; at kappa = 1 the corrections fall like 1/sqrt(t) only.
- No eigenvalues at the edge: the approach is exponential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import BoolArray, FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.theory.flow.arguments import flow_times
from quadviz.theory.flow.flow_target import FlowTarget, checked_target
from quadviz.theory.flow.riccati import log_growth

__all__ = ["ALONE", "COMPETING", "Approach", "ApproachLaw", "approach_curve", "approach_law", "local_slope"]


#: pi^2/12 - zeta(3)/2: modes near 0, each by itself.
ALONE = math.pi**2 / 12 - 1.2020569031595942 / 2
#: Modes at the hard edge.
COMPETING = math.log(2)

#: Nearer than this kappa is the share of positive eigenvalues.
_SAME = 1e-9
#: Nodes of the double-exponential rule on one interval, out to arguments of this size.
_NODES, _REACH = 257, 3.9
#: Nodes from which on every so many are looked at first.
_MANY, _EVERY = 400, 8
#: Newton's steps at most, and the change in log u that ends them.
_STEPS, _DONE = 80, 1e-13


class Approach(Enum):
    """What the last part of a flow consists of."""

    ALONE = "modes near 0"
    COMPETING = "modes competing at the hard edge"
    BORDER = "modes near 0, at the border of the hard edge"
    ATOM = "directions with eigenvalue 0"
    GAP = "no modes at the edge"

    @property
    def slope(self) -> float:
        """Power of t with which the distance falls; NaN where it falls exponentially."""
        powers = {Approach.COMPETING: -1.0, Approach.ATOM: -2.0, Approach.GAP: math.nan}
        return powers.get(self, -3.0)


@dataclass(frozen=True)
class ApproachLaw:
    """The law that the distance follows at long times, coefficient * t^slope.

    Attributes:
        kind: what it is due to.
        positive: share of the eigenvalues of T that are positive: the width above which it no longer binds.
        edge: the eigenvalue at which the modes are that are last: 0, or the hard edge omega > 0.
        density: density of the eigenvalues there.
        coefficient: of the power; NaN where there is no power law, or none without a logarithm.
    """

    kind: Approach
    positive: float
    edge: float
    density: float
    coefficient: float

    def at(self, times: ArrayLike) -> FloatArray:
        """The law at some times; NaN where there is no law."""
        t = np.asarray(times, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.coefficient * t**self.kind.slope

    def leaves_at(self, d: int) -> float:
        """The inverse spacing of eigenvalues at the edge, from when on a matrix of size d goes its own way.

        Infinite for an atom, which a finite matrix has too, and NaN where there is no law to leave.
        """
        if self.kind == Approach.ATOM:
            return math.inf
        return math.nan if self.kind == Approach.GAP else d * self.density


def approach_law(target: FlowTarget, kappa: float) -> ApproachLaw:
    """The law of long times for a flow of width kappa.

    Args:
        target: the law of T.
        kappa: width m/d, > 0.

    Returns:
        The power and its coefficient (THEORY section 11, and the corners worked out above); of no shape.

    Raises:
        TypeError: if target is no FlowTarget, or kappa not a real number.
        ValueError: if kappa is not finite and positive.

    >>> law = approach_law(FlowTarget(), kappa=0.7)
    >>> law.kind.slope, round(law.coefficient, 5)
    (-3.0, 0.07049)
    """
    width = PARAMETERS["kappa"].as_number(kappa)
    p = checked_target(target).mass_above(0.0)
    if width < p - _SAME:
        omega = target.quantile(width)
        # A width that ends where a band does cuts in the gap: its edges have no density.
        between = [(low[1] + high[0]) / 2 for low, high in pairwise(target.bands)]
        in_gap = any(abs(target.mass_above(x) - width) < _SAME for x in between)
        rho = 0.0 if in_gap else float(target.density(omega))
        kind = Approach.COMPETING if rho > 0 else Approach.GAP
        value = COMPETING * omega**2 * rho if rho > 0 else math.nan
        return ApproachLaw(kind, p, omega, rho, value)
    if target.atom > 0:
        left = min(width, 1.0) - p
        kind = Approach.ATOM if left > _SAME else Approach.GAP
        return ApproachLaw(kind, p, 0.0, 0.0, left / 4 if left > _SAME else math.nan)
    rho = float(target.density(0.0))
    if rho == 0:
        return ApproachLaw(Approach.GAP, p, 0.0, 0.0, math.nan)
    if width < p + _SAME and p < 1:
        return ApproachLaw(Approach.BORDER, p, 0.0, rho, math.nan)
    return ApproachLaw(Approach.ALONE, p, 0.0, rho, ALONE * rho)


def approach_curve(target: FlowTarget, kappa: float, times: ArrayLike, gamma: float = 1.0) -> FloatArray:
    """|Z(t) - Z_inf|_F^2 / d as d -> infinity, from a random start (THEORY section 11, the equations above).

    Args:
        target: the law of T.
        kappa: width m/d, > 0.
        times: times, > 0, shape (T,).
        gamma: variance of the start times m, > 0.

    Returns:
        The distance at these times, shape (T,). Its relative error is below 1e-9 up to t = 1e5, and 1e-5
        where kappa is the share of positive eigenvalues itself; in a gap it ends at 1e-16.

    Raises:
        TypeError: if target is no FlowTarget, or another argument not made of real numbers.
        ValueError: if one is out of its range.

    >>> law, t = approach_law(FlowTarget(), 0.3), np.array([1e2, 1e4])
    >>> (approach_curve(FlowTarget(), 0.3, t) / law.at(t)).round(4)
    array([1.0079, 1.0001])
    """
    width, start = (PARAMETERS[n].as_number(v) for n, v in (("kappa", kappa), ("gamma", gamma)))
    t = flow_times(times, zero_allowed=False)
    p = checked_target(target).mass_above(0.0)
    cut = target.quantile(width) if width < p - _SAME else 0.0
    a, weights, kept = _nodes(target, cut)
    growth, log_s = 2 * a * t[:, None], log_growth(a, t[:, None])
    log_u = _effective_start(log_s, weights, width, start)[:, None]
    log_sum = np.logaddexp(log_u, log_s)
    f, rest = np.exp(log_s - log_sum), np.exp(log_u - log_sum)
    # z - z_inf: z itself, and (1/u - a) (1 - f) where a is kept.
    lost = np.where(kept, rest * (np.exp(-log_u) - a), np.exp(growth - log_sum))
    turning = np.exp(log_u + growth - 2 * log_sum) @ weights
    slack = (f * rest) @ weights + width / start * np.exp(-log_u[:, 0])
    distance: FloatArray = lost**2 @ weights + turning**2 / slack
    return distance


def local_slope(times: FloatArray, distance: FloatArray) -> FloatArray:
    """d log distance / d log t by central differences; NaN where a distance is 0 or unknown.

    Args:
        times: times, > 0, increasing, shape (T,) with T >= 2.
        distance: distances, >= 0, shape (..., T).

    >>> local_slope(np.array([1.0, 10.0, 100.0]), np.array([1.0, 1e-3, 1e-6])).round(6)
    array([-3., -3., -3.])
    """
    known = np.where(distance > 0, distance, np.nan)
    slope: FloatArray = np.gradient(np.log(known), np.log(times), axis=-1)
    return slope


def _nodes(target: FlowTarget, cut: float) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Eigenvalues and weights that average over the law, and which of them are kept.

    A double-exponential rule between two of these places has nodes as near to them as 1/t ever is.
    """
    step = np.linspace(-_REACH, _REACH, _NODES)
    # Distances from the nearer end as shares of the interval, with all their digits.
    shares = 1 / (1 + np.exp(np.pi * np.sinh(np.abs(step))))
    rule = np.pi * np.cosh(step) * shares * (1 - shares) * (step[1] - step[0])
    places, weights, keeps = [np.zeros(1)], [np.array([target.atom])], [np.zeros(1, dtype=bool)]
    for left, right in target.bands:
        ends = [left, *sorted(x for x in {0.0, cut, target.waist} if left < x < right), right]
        for low, high in pairwise(ends):
            a = np.where(step < 0, low + (high - low) * shares, high - (high - low) * shares)
            weight = (high - low) * rule * target.density(a)
            # Late, a cut is sharper than any rule: the masses on its sides are those of the law.
            mass = target.mass_above(low) - target.mass_above(high)
            places.append(a)
            weights.append(weight * mass / weight.sum())
            keeps.append(np.full(a.size, low >= cut))
    return np.concatenate(places), np.concatenate(weights), np.concatenate(keeps)


def _effective_start(log_s: FloatArray, weights: FloatArray, kappa: float, gamma: float) -> FloatArray:
    """log u at every time: Newton's method inside a bracket that closes."""
    low: FloatArray = np.full(len(log_s), -math.log(gamma))
    # u <= 1/gamma + <S>/kappa.
    top = log_s.max(axis=1)
    high = np.logaddexp(low, top - math.log(kappa) + np.log(np.exp(log_s - top[:, None]) @ weights)) + 1e-9
    x: FloatArray = (low + high) / 2
    if weights.size > _MANY:
        # Every few nodes tell about where it is.
        few = weights[::_EVERY]
        share = few * (weights.sum() / few.sum())
        x = np.clip(_effective_start(log_s[:, ::_EVERY], share, kappa, gamma), low, high)
    for _ in range(_STEPS):
        f = 1 / (1 + np.exp(np.clip(x[:, None] - log_s, -700, 700)))
        own = kappa / gamma * np.exp(-x)
        excess = f @ weights + own - kappa
        low, high = np.where(excess > 0, x, low), np.where(excess > 0, high, x)
        newton = x + excess / ((f * (1 - f)) @ weights + own)
        inside = (newton > low) & (newton < high)
        change = np.where(inside, newton, (low + high) / 2) - x
        x = x + change
        if np.all(np.abs(change) <= _DONE * np.maximum(1.0, np.abs(x))):
            break
    return x
