"""The one spectral law everything stands on: a Marchenko-Pastur teacher seen through GOE noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.partial_integrals import half_line_integrals, half_line_mass, half_line_moment1
from quadviz.resolvent import Edges, band_edges, edge_distances, resolvent
from quadviz.setting import PARAMETERS
from quadviz.triangle import quick_quantile

__all__ = ["NoisyTeacherLaw", "PartialIntegrals", "mass_quantile"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Iterations of the quantile at most; two or three are the rule.
_MAX_ITERATIONS = 80


class PartialIntegrals(NamedTuple):
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


def _real_array(name: str, value: ArrayLike) -> FloatArray:
    """``value`` as a float array without NaN; infinities are allowed."""
    raw = np.asarray(value)
    if raw.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a real number or an array of them, got {value!r}")
    array = raw.astype(np.float64)
    if np.any(np.isnan(array)):
        raise ValueError(f"{name} must be a real number or +-inf, got nan")
    return array


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
    broadcast against ``kappa_star`` and ``xi``.

    Args:
        kappa_star: teacher width m*/d, > 0.
        xi: noise variance, > 0.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one is not finite and positive, or the shapes do not broadcast.

    >>> law = NoisyTeacherLaw(kappa_star=0.3, xi=1e-8)
    >>> law.edges().has_gap.item(), round(law.mass_above(0.1).item(), 12)
    (True, 0.3)
    """

    def __init__(self, kappa_star: ArrayLike, xi: ArrayLike) -> None:
        width = PARAMETERS["kappa_star"].as_array(kappa_star)
        raw = _real_array("xi", xi)
        bad = ~(np.isfinite(raw) & (raw > 0))
        if np.any(bad):
            raise ValueError(f"xi (noise variance) must be a finite number > 0, got {raw[bad].flat[0]:.6g}")
        try:
            self.kappa_star, self.xi = np.broadcast_arrays(width, raw)
        except ValueError as error:
            raise ValueError(
                f"the shapes of the parameters do not broadcast: kappa_star {width.shape}, xi {raw.shape}"
            ) from error

    def __repr__(self) -> str:
        return f"NoisyTeacherLaw(kappa_star={self.kappa_star!r}, xi={self.xi!r})"

    def _aligned(self, name: str, value: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        array = _real_array(name, value)
        try:
            x, kappa_star, xi = np.broadcast_arrays(array, self.kappa_star, self.xi)
        except ValueError as error:
            raise ValueError(
                f"{name} of shape {array.shape} does not broadcast against the law's shape {self.xi.shape}"
            ) from error
        return x, kappa_star, xi

    def resolvent(self, x: ArrayLike) -> ComplexArray:
        """g(x + i0) = H(x) - i pi rho(x), complex; real outside the support."""
        return resolvent(*self._aligned("x", x))

    def density(self, x: ArrayLike) -> FloatArray:
        """Density rho(x) of the eigenvalues; exactly 0 outside the support."""
        density: FloatArray = -self.resolvent(x).imag / np.pi
        return density

    def hilbert(self, x: ArrayLike) -> FloatArray:
        """Hilbert transform H(x) = PV int rho(y)/(x - y) dy."""
        return np.array(self.resolvent(x).real)

    def edges(self) -> Edges:
        """Edges of the support: one band, or two with a gap between them."""
        return band_edges(self.kappa_star, self.xi)

    def mass_above(self, x: ArrayLike) -> FloatArray:
        """Fraction of eigenvalues above x, from 1 at -inf to 0 at +inf."""
        points, kappa_star, xi = self._aligned("x", x)
        points = self._near_support(points, kappa_star, xi)
        mass = half_line_mass(resolvent(points, kappa_star, xi), points, kappa_star, xi)
        return np.clip(mass, 0.0, 1.0)

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
        return mass_quantile(mass, kappa_star, xi)

    def partial_integrals(self, b: ArrayLike) -> PartialIntegrals:
        """mass, moment1, moment2, int rho H and int x rho H over (b, inf), for any real or infinite b."""
        points, kappa_star, xi = self._aligned("b", b)
        args = [a.ravel() for a in (self._near_support(points, kappa_star, xi), kappa_star, xi)]
        g = resolvent(*args)
        law, moment1 = half_line_integrals(g, *args), half_line_moment1(g, *args)
        columns = (law.mass, moment1, law.moment2, law.rho_hilbert, law.x_rho_hilbert)
        return PartialIntegrals(*(column.reshape(points.shape) for column in columns))

    @staticmethod
    def _near_support(x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """x moved to a finite point just off the support when it is farther out: integrals stay the same."""
        spread = 2 * np.sqrt(xi)
        return np.clip(x, -1 - 1.01 * spread, 1 + 1.01 * spread + (1 + 1 / np.sqrt(kappa_star)) ** 2)
