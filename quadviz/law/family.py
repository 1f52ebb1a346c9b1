"""What the solvers ask of a teacher: its noisy law at many noise levels and widths at once.

Two answers to the same questions. A Wishart teacher's resolvent is the root of a cubic and its integrals are
elementary in it (:mod:`quadviz.law.resolvent`, :mod:`quadviz.law.partial_integrals`); one of finitely many
levels has its boundary curve and residues (:mod:`quadviz.law.boundary`, :mod:`quadviz.law.level_integrals`).
Arguments are validated, one-dimensional and of one length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import ComplexArray, FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve, curve_points, level_quantile, mass_above
from quadviz.law.level_integrals import level_integrals
from quadviz.law.partial_integrals import (
    MASS_ROUNDING,
    Sizes,
    beside_gap,
    half_line_integrals,
    half_line_mass,
    half_line_moment1,
    half_line_sizes,
    mass_from_gap,
)
from quadviz.law.quantile import mass_quantile
from quadviz.law.resolvent import resolvent
from quadviz.law.teachers import Teacher, Wishart
from quadviz.law.triangle import quick_quantile

__all__ = ["WISHART_FAMILY", "Above", "Family", "KnownLaw", "above_levels", "family_of"]


#: Below this xi the quick quantile is not good enough to look with.
_QUICK = 1e-10
#: Relative and absolute rounding of a mass counted from the gap.
_UNIT, _TINY = 4e-15, 1e-24


class Above(NamedTuple):
    """The noisy law at a point, and its integrals above it; each of shape (N,).

    Attributes:
        hilbert: H there.
        density: rho there.
        mass: int rho.
        moment1: int rho x.
        moment2: int rho x^2.
        rho_hilbert: int rho H.
        x_rho_hilbert: int rho H x.
        deficit: the teacher's second moment less moment2.
        burgers: int Im g^3/(3 pi).
        sizes: of the terms that these are made of.
    """

    hilbert: FloatArray
    density: FloatArray
    mass: FloatArray
    moment1: FloatArray | None
    moment2: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray
    burgers: FloatArray
    sizes: Sizes | None


class Family(Protocol):
    """The noisy laws of one teacher."""

    def resolvent(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> ComplexArray:
        """g(x + i0)."""

    def above(self, b: FloatArray, kappa_star: FloatArray, xi: FloatArray, *, first: bool = False) -> Above:
        """The law at b and above it; with its first moment where that is asked for."""

    def mass(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """The mass above x."""

    def quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """The point with this mass above it, the lower end of a gap where many have."""

    def quick_quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        """The same to eight digits: good enough to look with."""

    def second(self, kappa_star: FloatArray) -> FloatArray:
        """(1/d) tr Z*^2."""

    def top(self, kappa_star: FloatArray) -> FloatArray:
        """The largest eigenvalue of the teacher."""

    def sizes(
        self, hilbert: FloatArray, density: FloatArray, b: FloatArray, kappa_star: FloatArray, xi: FloatArray,
        deficit: FloatArray,
    ) -> Sizes:  # fmt: skip
        """How large the terms of the integrals are."""

    def surplus(
        self,
        mass: FloatArray,
        hilbert: FloatArray,
        density: FloatArray,
        kappa: FloatArray,
        kappa_star: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """The mass above a cut less the student's rank, and how large its rounding may be."""


@dataclass(frozen=True)
class _WishartFamily:
    """Marchenko-Pastur, by the closed forms of a cubic."""

    def resolvent(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> ComplexArray:
        g: ComplexArray = resolvent(x, kappa_star, xi)
        return g

    def above(self, b: FloatArray, kappa_star: FloatArray, xi: FloatArray, *, first: bool = False) -> Above:
        g = resolvent(b, kappa_star, xi)
        law = half_line_integrals(g, b, kappa_star, xi)
        return Above(
            g.real,
            -g.imag / np.pi,
            law.mass,
            half_line_moment1(g, b, kappa_star, xi) if first else None,
            law.moment2,
            law.rho_hilbert,
            law.x_rho_hilbert,
            law.deficit,
            law.burgers,
            None,
        )

    def mass(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        mass: FloatArray = half_line_mass(resolvent(x, kappa_star, xi), x, kappa_star, xi)
        return mass

    def quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        return mass_quantile(mass, kappa_star, xi)

    def quick_quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        out = np.empty_like(xi)
        for part, quantile in ((xi >= _QUICK, quick_quantile), (xi < _QUICK, mass_quantile)):
            if part.all():
                out = quantile(mass, kappa_star, xi)
            elif part.any():
                out[part] = quantile(mass[part], kappa_star[part], xi[part])
        return out

    def second(self, kappa_star: FloatArray) -> FloatArray:
        return 1 + 1 / kappa_star

    def top(self, kappa_star: FloatArray) -> FloatArray:
        top: FloatArray = (1 + 1 / np.sqrt(kappa_star)) ** 2
        return top

    def sizes(
        self, hilbert: FloatArray, density: FloatArray, b: FloatArray, kappa_star: FloatArray, xi: FloatArray,
        deficit: FloatArray,
    ) -> Sizes:  # fmt: skip
        sizes: Sizes = half_line_sizes(hilbert - 1j * np.pi * density, b, kappa_star, xi, deficit)
        return sizes

    def surplus(
        self,
        mass: FloatArray,
        hilbert: FloatArray,
        density: FloatArray,
        kappa: FloatArray,
        kappa_star: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        # A student barely narrower than its teacher loses the least of the teacher's directions, whose
        # eigenvalue may be 10^4 times the error: the little mass between gap and cut must be known by itself.
        rank = np.minimum(kappa, 1.0)
        surplus, rounding = mass - rank, np.full_like(mass, MASS_ROUNDING)
        g = hilbert - 1j * np.pi * density
        near = np.flatnonzero(beside_gap(g, kappa_star))
        if near.size:
            k = kappa_star[near]
            lost, unit = mass_from_gap(g[near], k)
            surplus[near] = (k - rank[near]) - lost
            rounding[near] = np.minimum(MASS_ROUNDING, unit + _UNIT * np.abs(k - rank[near]) + _TINY)
        return surplus, rounding


class KnownLaw(NamedTuple):
    """A law at points where it is known, as what the equations ask for."""

    law: Above

    def above(self, *_: object, **__: object) -> Above:
        """It, wherever it is asked for."""
        return self.law


def above_levels(at: Curve, xi: FloatArray, atoms: Atoms) -> Above:
    """The law at points of the boundary curve of levels, each with its noise variance, and above them."""
    law = level_integrals(at, xi, atoms)
    return Above(at.real, at.v / (np.pi * xi), *law[:7], Sizes(*law[7:]))


@dataclass(frozen=True)
class _LevelFamily:
    """A teacher of finitely many levels, by subordination and residues; each width has levels of its own."""

    teacher: Teacher
    in_units: bool = False

    def _atoms(self, kappa_star: float) -> Atoms:
        return self.teacher.solver_atoms(kappa_star) if self.in_units else self.teacher.atoms(kappa_star)

    def _groups(self, kappa_star: FloatArray) -> Iterator[tuple[Atoms, slice | NDArray[np.intp]]]:
        """The levels of each width, and where it is."""
        if not kappa_star.size:
            return
        if (kappa_star == kappa_star[0]).all():
            yield self._atoms(float(kappa_star[0])), slice(None)
            return
        widths, which = np.unique(kappa_star, return_inverse=True)
        for number, width in enumerate(widths):
            yield self._atoms(float(width)), np.flatnonzero(which.reshape(-1) == number)

    def _each(self, kappa_star: FloatArray, number: Callable[[Atoms], float]) -> FloatArray:
        out = np.empty_like(kappa_star)
        for atoms, at in self._groups(kappa_star):
            out[at] = number(atoms)
        return out

    def resolvent(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> ComplexArray:
        g = np.empty(x.shape, dtype=np.complex128)
        for atoms, at in self._groups(kappa_star):
            curve = curve_points(x[at], xi[at], atoms)
            g[at] = curve.real - 1j * (curve.v / xi[at])
        return g

    def above(self, b: FloatArray, kappa_star: FloatArray, xi: FloatArray, *, first: bool = False) -> Above:
        del first  # the first moment costs nothing here
        columns = [np.empty_like(b) for _ in range(12)]
        for atoms, at in self._groups(kappa_star):
            law = above_levels(curve_points(b[at], xi[at], atoms), xi[at], atoms)
            assert law.sizes is not None  # noqa: S101  # levels always tell them
            for column, values in zip(columns, (*law[:-1], *law.sizes), strict=True):
                column[at] = values
        hilbert, density, mass, moment1, moment2, rho_h, x_rho_h, deficit, burgers, *sizes = columns
        return Above(
            hilbert, density, mass, moment1, moment2, rho_h, x_rho_h, deficit, burgers, Sizes(*sizes)
        )

    def mass(self, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        out = np.empty_like(x)
        for atoms, at in self._groups(kappa_star):
            out[at] = mass_above(curve_points(x[at], xi[at], atoms), atoms)
        return out

    def quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        out = np.empty_like(xi)
        for atoms, at in self._groups(kappa_star):
            out[at] = level_quantile(mass[at], xi[at], atoms).x
        return out

    def quick_quantile(self, mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
        return self.quantile(mass, kappa_star, xi)

    def second(self, kappa_star: FloatArray) -> FloatArray:
        return self._each(kappa_star, lambda atoms: atoms.second)

    def top(self, kappa_star: FloatArray) -> FloatArray:
        return self._each(kappa_star, lambda atoms: float(atoms.z[-1]))

    def sizes(
        self,
        hilbert: FloatArray,  # noqa: ARG002  # the curve has it
        density: FloatArray,  # noqa: ARG002  # the curve has it
        b: FloatArray,
        kappa_star: FloatArray,
        xi: FloatArray,
        deficit: FloatArray,  # noqa: ARG002  # the curve has it
    ) -> Sizes:
        sizes = self.above(b, kappa_star, xi).sizes
        assert sizes is not None  # noqa: S101  # levels always tell them
        return sizes

    def surplus(
        self,
        mass: FloatArray,
        hilbert: FloatArray,  # noqa: ARG002  # only Wishart's gap is known by itself
        density: FloatArray,  # noqa: ARG002  # as above
        kappa: FloatArray,
        kappa_star: FloatArray,  # noqa: ARG002  # as above
    ) -> tuple[FloatArray, FloatArray]:
        return mass - np.minimum(kappa, 1.0), np.full_like(mass, MASS_ROUNDING)


WISHART_FAMILY: Family = _WishartFamily()


def family_of(teacher: Teacher, *, in_units: bool = False) -> Family:
    """The noisy laws of a teacher, in its own units if wanted, in which the solvers work."""
    return WISHART_FAMILY if isinstance(teacher, Wishart) else _LevelFamily(teacher, in_units)
