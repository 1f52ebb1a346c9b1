"""The one spectral law everything stands on: a Marchenko-Pastur teacher seen through GOE noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.checks import real_points
from quadviz.partial_integrals import half_line_integrals, half_line_mass, half_line_moment1, half_line_sizes
from quadviz.resolvent import Edges, band_edges, edge_distances, resolvent
from quadviz.results import TupleResult, points_repr
from quadviz.setting import PARAMETERS
from quadviz.theory.outcome import quiet
from quadviz.triangle import quick_quantile

__all__ = ["WIDTH_REACH", "XI_REACH", "NoisyTeacherLaw", "PartialIntegrals", "mass_quantile"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Widths and noise variances beyond which the law is refused.
WIDTH_REACH, XI_REACH = (1e-6, 1e6), (1e-30, 1e12)
#: Rounding of a term, and the largest error of an integral beside the size of Y.
_UNIT, _GOOD = 3e-17, 1e-9
#: Iterations of the quantile at most; two or three are the rule.
_MAX_ITERATIONS = 80


@dataclass(frozen=True, eq=False, repr=False)
class PartialIntegrals(TupleResult):
    """Integrals of the law over the half line (b, inf), each of the broadcast shape.

    Attributes:
        mass: int rho.
        moment1: int rho x.
        moment2: int rho x^2.
        rho_hilbert: int rho H.
        x_rho_hilbert: int rho H x.
    """

    mass: FloatArray
    moment1: FloatArray
    moment2: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray


def mass_quantile(mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """The point with the given mass above it, for mass in [0, 1]; arguments of one shape.

    Newton's iteration from :func:`quadviz.triangle.quick_quantile`, in the angle phi of
    x = centre + radius cos(phi) over its band, in which the mass is smooth up to the edges. On the plateau
    mass = kappa_star of a two-band law the point returned is the lower end of the gap.
    """
    shape = mass.shape
    mass, kappa_star, xi = mass.reshape(-1), kappa_star.reshape(-1), xi.reshape(-1)
    distances = edge_distances(kappa_star, xi)
    edges = band_edges(kappa_star, xi, distances)
    lower_band = edges.has_gap & (mass >= kappa_star)
    upper_band = edges.has_gap & ~lower_band
    low = np.where(upper_band, edges.gap_right, edges.left)
    high = np.where(lower_band, edges.gap_left, edges.right)
    # The mass to cover inside the band, counted from its top, and the band's whole mass.
    weight = np.where(lower_band, 1 - kappa_star, np.where(upper_band, kappa_star, 1.0))
    target = np.clip(mass - np.where(lower_band, kappa_star, 0.0), 0.0, weight)
    x = np.where(target <= 0, high, low)
    active = np.flatnonzero((target > 0) & (target < weight))
    centre, radius = (high + low) / 2, (high - low) / 2
    start = quick_quantile(mass, kappa_star, xi, distances)[active]
    phi = np.arccos(np.clip((start - centre[active]) / radius[active], -1, 1))
    # The mass grows with phi, as its third power at either end.
    left, right, last = np.zeros_like(phi), np.full_like(phi, np.pi), np.full_like(phi, np.inf)
    for _ in range(_MAX_ITERATIONS):
        if not active.size:
            break
        place = centre[active] + radius[active] * np.cos(phi)
        k, noise = kappa_star[active], xi[active]
        g = resolvent(place, k, noise)
        excess = half_line_mass(g, place, k, noise) - mass[active]
        left, right = np.where(excess < 0, phi, left), np.where(excess < 0, right, phi)
        slope = -g.imag / np.pi * radius[active] * np.sin(phi)
        step = np.divide(excess, slope, out=np.full_like(phi, np.inf), where=slope > 0)
        newton = phi - step
        # Newton squares the error: after a step this small, the next one is below rounding.
        done = (np.abs(step) <= 1e-8 * np.minimum(phi, np.pi - phi)) | (right - left <= 1e-15)
        # A step that is not half the last one is part of a cycle, at a steep edge beside a plateau.
        safe = (newton > left) & (newton < right) & (np.abs(step) <= last / 2)
        moved = np.where(safe, newton, np.where(done, phi, (left + right) / 2))
        last = np.where(safe, np.abs(step), np.inf)
        x[active] = centre[active] + radius[active] * np.cos(moved)
        go = ~done
        active, phi, left, right, last = active[go], moved[go], left[go], right[go], last[go]
    return np.clip(x, low, high).reshape(shape)


class NoisyTeacherLaw:
    """Law of the eigenvalues of Y = Z* + sqrt(xi) G.

    Z* is the teacher, Marchenko-Pastur with mean 1 and rank fraction min(1, kappa_star), and G a GOE
    matrix whose semicircle lives on [-2, 2] (arXiv 2601.10483; free additive convolution). Everything
    is in closed form, vectorised over the points and over the law's own parameters: arguments
    broadcast against ``kappa_star`` and ``xi``. Results of shape () are NumPy scalars.

    Good to 1e-9 for kappa_star from 0.001 to 100 and xi from 1e-12 to 1e+06, integrals beside the size of
    Y; beyond, density, resolvent, mass and quantile are, and integrals are so good or NaN.

    Args:
        kappa_star: teacher width m*/d, from 1e-6 to 1e6.
        xi: noise variance, from 1e-30 to 1e12.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its range, or the shapes do not broadcast.

    >>> law = NoisyTeacherLaw(kappa_star=0.3, xi=1e-8)
    >>> law.edges().has_gap.item(), round(law.mass_above(0.1).item(), 12)
    (True, 0.3)
    """

    def __init__(self, kappa_star: ArrayLike, xi: ArrayLike) -> None:
        width, raw = PARAMETERS["kappa_star"].as_array(kappa_star), real_points("xi", xi)
        for name, values, (low, high) in (
            ("xi (noise variance)", raw, XI_REACH),
            ("kappa_star (teacher width)", width, WIDTH_REACH),
        ):
            bad = ~((values >= low) & (values <= high))
            if np.any(bad):
                first = values[bad].flat[0]
                allowed = (
                    f"from {low:g} to {high:g}" if first > 0 and np.isfinite(first) else "a finite number > 0"
                )
                raise ValueError(f"{name} must be {allowed}, got {first:.6g}")
        try:
            self.kappa_star, self.xi = np.broadcast_arrays(width, raw)
        except ValueError as error:
            raise ValueError(
                f"the shapes of the parameters do not broadcast: kappa_star {width.shape}, xi {raw.shape}"
            ) from error

    def __repr__(self) -> str:
        return points_repr(self, kappa_star=self.kappa_star, xi=self.xi)

    def _aligned(self, name: str, value: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        array = real_points(name, value)
        try:
            x, kappa_star, xi = np.broadcast_arrays(array, self.kappa_star, self.xi)
        except ValueError as error:
            raise ValueError(
                f"{name} of shape {array.shape} does not broadcast against the law's shape {self.xi.shape}"
            ) from error
        return x, kappa_star, xi

    @quiet
    def resolvent(self, x: ArrayLike) -> ComplexArray:
        """g(x + i0) = H(x) - i pi rho(x), complex; real outside the support."""
        points, kappa_star, xi = self._aligned("x", x)
        flat = resolvent(points.reshape(-1), kappa_star.reshape(-1), xi.reshape(-1))
        g: ComplexArray = flat.reshape(points.shape)[()]
        return g

    def density(self, x: ArrayLike) -> FloatArray:
        """Density rho(x) of the eigenvalues; exactly 0 outside the support."""
        density: FloatArray = -self.resolvent(x).imag / np.pi
        return density

    def hilbert(self, x: ArrayLike) -> FloatArray:
        """Hilbert transform H(x) = PV int rho(y)/(x - y) dy."""
        hilbert: FloatArray = np.array(self.resolvent(x).real)[()]
        return hilbert

    @quiet
    def edges(self) -> Edges:
        """Edges of the support: one band, or two with a gap between them."""
        return band_edges(self.kappa_star, self.xi)

    @quiet
    def mass_above(self, x: ArrayLike) -> FloatArray:
        """Fraction of eigenvalues above x, from 1 at -inf to 0 at +inf."""
        points, kappa_star, xi = self._aligned("x", x)
        args = [a.reshape(-1) for a in (self._near_support(points, kappa_star, xi), kappa_star, xi)]
        mass = np.clip(half_line_mass(resolvent(*args), *args), 0.0, 1.0)
        above: FloatArray = mass.reshape(points.shape)[()]
        return above

    @quiet
    def quantile(self, mass_above: ArrayLike) -> FloatArray:
        """The point with the given fraction of eigenvalues above it.

        The lower end of the gap where every point of the gap qualifies; the edges of the support at
        0 and 1.

        Raises:
            ValueError: if a fraction lies outside [0, 1].
        """
        mass, kappa_star, xi = self._aligned("mass_above", mass_above)
        bad = (mass < 0) | (mass > 1)
        if np.any(bad):
            raise ValueError(f"mass_above must be between 0 and 1, got {mass[bad].flat[0]:.6g}")
        points: FloatArray = mass_quantile(mass, kappa_star, xi)[()]
        return points

    @quiet
    def partial_integrals(self, b: ArrayLike) -> PartialIntegrals:
        """mass, moment1, moment2, int rho H and int x rho H over (b, inf), for any real or infinite b."""
        points, kappa_star, xi = self._aligned("b", b)
        args = [a.reshape(-1) for a in (self._near_support(points, kappa_star, xi), kappa_star, xi)]
        g = resolvent(*args)
        law, moment1 = half_line_integrals(g, *args), half_line_moment1(g, *args)
        # Where rounding has taken more than it may from numbers of the size of Y, there are none.
        sizes = half_line_sizes(g, args[0], args[1], args[2], law.deficit)
        scale = 1 + 1 / args[1] + args[2]
        known = _UNIT * np.maximum(sizes.deficit / scale, sizes.x_rho_hilbert) <= _GOOD
        columns = (law.mass, moment1, law.moment2, law.rho_hilbert, law.x_rho_hilbert)
        return PartialIntegrals(
            *(np.where(known, column, np.nan).reshape(points.shape) for column in columns)
        )

    @staticmethod
    def _near_support(x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """x moved to a finite point just off the support when it is farther out: integrals stay the same."""
        spread = 2 * np.sqrt(xi)
        return np.clip(x, -1 - 1.01 * spread, 1 + 1.01 * spread + (1 + 1 / np.sqrt(kappa_star)) ** 2)
