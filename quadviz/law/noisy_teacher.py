"""The one spectral law everything stands on: a teacher seen through GOE noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import ComplexArray, FloatArray
from quadviz.checks import real_points
from quadviz.law.boundary import bands, curve_at
from quadviz.law.family import family_of
from quadviz.law.resolvent import Edges, band_edges
from quadviz.law.teachers import WISHART, Teacher, Wishart, checked_teacher
from quadviz.outcome import quiet
from quadviz.results import TupleResult, points_repr

__all__ = ["WIDTH_REACH", "XI_REACH", "NoisyTeacherLaw", "PartialIntegrals", "noisy_bands", "outer_edges"]


#: Widths and noise variances beyond which the law is refused.
WIDTH_REACH, XI_REACH = (1e-6, 1e6), (1e-30, 1e12)
#: Rounding of a term, and the largest error of an integral beside the size of Y.
_UNIT, _GOOD = 3e-17, 1e-9


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


class NoisyTeacherLaw:
    """Law of the eigenvalues of Y = Z* + sqrt(xi) G.

    Z* is the teacher and G a GOE matrix whose semicircle lives on [-2, 2] (arXiv 2601.10483; free additive
    convolution). A Wishart teacher is Marchenko-Pastur with mean 1 and rank fraction min(1, kappa_star); of
    another one the levels are taken as they are (THEORY section 13). Everything is in closed form, vectorised
    over the points and over the law's own parameters: arguments broadcast against ``kappa_star`` and ``xi``.
    Results of shape () are NumPy scalars.

    Good to 1e-9 for kappa_star from 0.001 to 100 and xi from 1e-12 to 1e+06, integrals beside the size of
    Y; beyond, density, resolvent, mass and quantile are, and integrals are so good or NaN. For teachers of
    levels: for xi from 1e-8 to 1e4 times the square of the largest level, one level or 2,000.

    Args:
        kappa_star: teacher width m*/d, from 1e-6 to 1e6; None beside given levels.
        xi: noise variance, from 1e-30 to 1e12.
        teacher: the law of the eigenvalues of Z*.

    Raises:
        TypeError: if an argument is not made of real numbers, or the teacher is none.
        ValueError: if one lies outside its range, or the shapes do not broadcast.

    >>> law = NoisyTeacherLaw(kappa_star=0.3, xi=1e-8)
    >>> law.edges().has_gap.item(), round(law.mass_above(0.1).item(), 12)
    (True, 0.3)
    """

    def __init__(self, kappa_star: ArrayLike | None, xi: ArrayLike, teacher: Teacher = WISHART) -> None:
        self.teacher = checked_teacher(teacher)
        width, raw = self.teacher.widths(kappa_star), real_points("xi", xi)  # type: ignore[arg-type]  # None is told of
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
        self._family = family_of(self.teacher)

    def __repr__(self) -> str:
        if isinstance(self.teacher, Wishart):
            return points_repr(self, kappa_star=self.kappa_star, xi=self.xi)
        return points_repr(self, kappa_star=self.kappa_star, xi=self.xi).replace(
            ")", f", teacher={self.teacher!r})", 1
        )

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
        points, kappa_star, xi = (a.reshape(-1) for a in self._aligned("x", x))
        flat = self._family.resolvent(points, kappa_star, xi)
        g: ComplexArray = flat.reshape(np.broadcast_shapes(np.shape(x), self.xi.shape))[()]
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
        """Edges of the support: one band, or two with a gap between them; of many bands the lowest gap.

        :meth:`bands` has the edges of all.
        """
        if isinstance(self.teacher, Wishart):
            return band_edges(self.kappa_star, self.xi)
        return outer_edges(self.bands())

    @quiet
    def bands(self) -> FloatArray:
        """Edges of all bands, increasing, of the law's shape + (B, 2); NaN where there are fewer."""
        return noisy_bands(self.teacher, self.kappa_star, self.xi)

    @quiet
    def mass_above(self, x: ArrayLike) -> FloatArray:
        """Fraction of eigenvalues above x, from 1 at -inf to 0 at +inf."""
        points, kappa_star, xi = self._aligned("x", x)
        args = [a.reshape(-1) for a in (self._near_support(points, kappa_star, xi), kappa_star, xi)]
        mass = np.clip(self._family.mass(*args), 0.0, 1.0)
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
        flat = self._family.quantile(*(a.reshape(-1) for a in (mass, kappa_star, xi)))
        points: FloatArray = flat.reshape(mass.shape)[()]
        return points

    @quiet
    def partial_integrals(self, b: ArrayLike) -> PartialIntegrals:
        """mass, moment1, moment2, int rho H and int x rho H over (b, inf), for any real or infinite b."""
        points, kappa_star, xi = self._aligned("b", b)
        args = [a.reshape(-1) for a in (self._near_support(points, kappa_star, xi), kappa_star, xi)]
        law = self._family.above(args[0], args[1], args[2], first=True)
        # Where rounding has taken more than it may from numbers of the size of Y, there are none.
        sizes = self._family.sizes(law.hilbert, law.density, args[0], args[1], args[2], law.deficit)
        scale = self._family.second(args[1]) + args[2]
        known = _UNIT * np.maximum(sizes.deficit / scale, sizes.x_rho_hilbert) <= _GOOD
        columns = (law.mass, law.moment1, law.moment2, law.rho_hilbert, law.x_rho_hilbert)
        return PartialIntegrals(
            *(np.where(known, column, np.nan).reshape(points.shape) for column in columns)  # type: ignore[arg-type]  # the first moment was asked for
        )

    def _near_support(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """x moved to a finite point just off the support when it is farther out: integrals stay the same."""
        spread = 2 * np.sqrt(xi)
        top = self._family.top(kappa_star.reshape(-1)).reshape(kappa_star.shape)
        return np.clip(x, -1 - 1.01 * spread, 1 + 1.01 * spread + top)


def outer_edges(edges: FloatArray) -> Edges:
    """The ends of all bands, and of the lowest gap, of edges of shape S + (B, 2)."""
    nothing = np.full(edges.shape[:-2], np.nan)
    gap_right = edges[..., 1, 0] if edges.shape[-2] > 1 else nothing
    gap_left = np.where(np.isnan(gap_right), np.nan, edges[..., 0, 1])
    return Edges(edges[..., 0, 0], gap_left, gap_right, np.fmax.reduce(edges[..., 1], axis=-1))


def noisy_bands(teacher: Teacher, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """Edges of all bands of validated laws of one shape, of that shape + (B, 2)."""
    found: list[FloatArray] = []
    for k, noise in zip(kappa_star.reshape(-1), xi.reshape(-1), strict=True):
        if isinstance(teacher, Wishart):
            e = band_edges(np.array([k]), np.array([noise]))
            edges = np.array([e.left, e.gap_left, e.gap_right, e.right]).reshape(-1)
            found.append(edges[np.isfinite(edges)].reshape(-1, 2))
            continue
        atoms = teacher.atoms(float(k))
        u = bands(float(noise), atoms)
        flat = u.reshape(-1)
        found.append(curve_at(flat, np.zeros(flat.size), np.full(flat.size, noise), atoms).x.reshape(u.shape))
    most = max((len(one) for one in found), default=1)
    out = np.full((len(found), most, 2), np.nan)
    for row, one in zip(out, found, strict=True):
        row[: len(one)] = one
    return out.reshape(*kappa_star.shape, most, 2)
