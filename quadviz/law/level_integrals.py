"""Integrals of a noisy law of levels over a half line, in closed form.

With x = X(w) = w + xi G(w) and the resolvent G(w) there, a change of variable makes

    int_b^oo rho x^k dx = -(1/pi) Im int G X^k X' dw,
    int_b^oo rho H x^k dx = -(1/2 pi) Im int G^2 X^k X' dw

contour integrals from w(b) to a real point beyond the law, which adds nothing. For finitely many levels G is
rational, and integration by parts leaves powers of w and G and the antiderivatives of G, w G, w^2 G, G^2, w
G^2 and G^3: partial fractions whose residues :class:`quadviz.law.atoms.Atoms` holds. Only imaginary parts are
asked for, so a logarithm is an angle, arg(w - z) in [0, pi]: 0 for a level below, pi for one above, exactly
so outside the bands. Levels too close for their residues to be summed are integrated around
(:mod:`quadviz.law.contour`). Else a whole set of integrals costs one angle a level, and no quadrature: each
is a sum

    sum_i a_i arg(w - z_i) + Im(rational function of w and G).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve, rows_of
from quadviz.law.contour import path_integrals

__all__ = ["LevelHalfLine", "level_integrals", "mass_above"]

FloatArray = NDArray[np.float64]

#: Sizes of sums of residues beyond which the integrals are taken along a path instead.
_CROWDED = 3e3
#: |w| beside the least level above zero from which on powers of it are summed, and how many.
_CLEAN, _ORDERS = 1e-2, 12


class LevelHalfLine(NamedTuple):
    """Integrals over (b, oo), each of the shape of the arguments.

    Attributes:
        mass: int rho.
        moment1: int rho x.
        moment2: int rho x^2.
        rho_hilbert: int rho H.
        x_rho_hilbert: int rho H x.
        deficit: the teacher's second moment less moment2, kept where it is small as xi -> 0.
        burgers: int Im g^3 / (3 pi), which is -d/dxi int rho H (x - b) at fixed b.
        sizes_rho: sum of the sizes of the terms of rho_hilbert, whose rounding is a unit of it.
        sizes_x_rho: of x_rho_hilbert.
        sizes_deficit: of the deficit.
    """

    mass: FloatArray
    moment1: FloatArray
    moment2: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray
    burgers: FloatArray
    sizes_rho: FloatArray
    sizes_x_rho: FloatArray
    sizes_deficit: FloatArray


def mass_above(at: Curve, atoms: Atoms) -> FloatArray:
    """The mass above points of the curve; exact off the bands."""
    mass = np.empty_like(at.u)
    for part in rows_of(atoms, at.u.size):
        angle = np.arctan2(at.v[part, None], at.u[part, None] - atoms.z)
        mass[part] = (atoms.p * (angle / np.pi)).sum(axis=1)
    # Im G = -v/xi in a band.
    return mass - at.real * at.v / np.pi


def level_integrals(at: Curve, xi: FloatArray, atoms: Atoms) -> LevelHalfLine:
    """The integrals above points of the boundary curve, each with its noise variance, shape (N,)."""
    columns = [np.empty_like(at.u) for _ in range(10)]
    for part in rows_of(atoms, at.u.size):
        found = _integrals(Curve(*(column[part] for column in at)), xi[part], atoms)
        for column, values in zip(columns, found, strict=True):
            column[part] = values
    return LevelHalfLine(*columns)


def _integrals(at: Curve, xi: FloatArray, atoms: Atoms) -> tuple[FloatArray, ...]:
    z, p = atoms.z, atoms.p
    c, _ = atoms.neighbours
    apart, v = at.u[:, None] - z, at.v
    far = apart * apart + (v * v)[:, None]
    near = 1 / far
    angle = np.arctan2(v[:, None], apart)
    upper = angle / np.pi
    # pi less the angle, without cancellation: what is missing of the levels above the cut.
    lower = np.where(apart < 0, np.arctan2(v[:, None], -apart), np.pi - angle) / np.pi

    def over(values: FloatArray, table: FloatArray) -> FloatArray:
        total: FloatArray = (values * table).sum(axis=1)
        return total

    one, wide, _, squared, mixed, cubed = atoms.residues
    pp = p * p
    # The residues sum to 0, 1 and 0. Seen from afar the angles are nearly one, and what they differ by is
    # known better than they are.
    apart_angle, base = upper, np.zeros_like(v)
    crowd, spread = atoms.crowd
    distant = np.flatnonzero(xi > spread)
    if distant.size:
        apart_angle = upper.copy()
        beside = at.u[distant] - crowd
        turn = v[distant, None] * (z - crowd)
        along = apart[distant] * beside[:, None] + (v[distant] ** 2)[:, None]
        apart_angle[distant] = np.arctan2(turn, along) / np.pi
        base[distant] = np.arctan2(v[distant], beside) / np.pi
    in_g2 = over(squared, apart_angle)
    in_wg2, in_g3 = over(mixed, apart_angle) + base, over(cubed, apart_angle)
    seen = np.abs(apart_angle)
    large_g2, large_wg2, large_g3 = (
        over(size, seen) for size in (np.abs(squared), pp + 2 * p * z * np.abs(c), np.abs(cubed))
    )
    # Poles, as imaginary parts over pi: of p^2/(w - z), its multiples by z and c, and of p^3/(w - z)^2.
    height = v / np.pi
    pole, pole_z, pole_c = (height * over(weight, near) for weight in (pp, pp * z, pp * c))
    double = height * over(pp * p, near * near * apart)
    int_g2 = in_g2 + pole
    int_wg2 = in_wg2 + pole_z
    int_g3 = in_g3 + double + 3 * pole_c
    crowded = np.flatnonzero(np.maximum(np.maximum(large_g2, large_wg2), xi * large_g3) > _CROWDED)
    if crowded.size:
        some = Curve(*(column[crowded] for column in at))
        int_g2[crowded], int_wg2[crowded], int_g3[crowded] = path_integrals(some, atoms)
        large_g2[crowded], large_wg2[crowded], large_g3[crowded] = (
            np.abs(values[crowded]) for values in (int_g2, int_wg2, int_g3)
        )
    w = at.u + 1j * v
    # In a band Im G = -v/xi, off it G is real.
    g = at.real - 1j * np.divide(v, xi)
    wg, s = w * g, xi * g
    im = _imaginary
    g2, g3 = g * g, g * g * g
    mass = over(one, upper) + xi / 2 * im(g2)
    moment1 = over(wide, upper) + height + xi / 2 * (im(w * g2) + int_g2) + xi * xi / 3 * im(g3)
    # What the second moment has beside that of the levels above the cut.
    plain = im(w * w) / 2 + atoms.moment(1) * height
    small = (
        xi * (int_wg2 + xi / 3 * int_g3)
        + xi * im(wg * wg) / 2
        + xi * (2 / 3 * im(s * wg * g) + im(s * s * g2) / 4)
    )
    missing, far_w = over(p * z * z, lower), np.hypot(at.u, v)
    size_missing = missing + height * (np.abs(at.u) + atoms.moment(1))
    missing = missing - plain
    least = z[1] if z[0] == 0 and z.size > 1 else z[0]
    clean = np.flatnonzero(far_w < _CLEAN * least)
    if clean.size:
        # Next to zero, a teacher in little noise: levels above count by the third order of w/z, and less.
        missing[clean] = _beyond_second_order(w[clean], atoms)
        size_missing[clean] = far_w[clean] ** 2
    deficit = missing - small
    rho_hilbert = (int_g2 + xi / 3 * im(g3)) / 2
    x_rho_hilbert = (int_wg2 + xi / 3 * im(wg * g2) + 2 * xi / 3 * int_g3 + xi * xi / 4 * im(g2 * g2)) / 2
    burgers = -(int_g3 + xi / 4 * im(g2 * g2)) / 3
    r = np.abs(g)
    poles = (pole, np.abs(pole_z), np.abs(double) + 3 * height * over(pp * np.abs(c), near))
    size_g2, size_wg2, size_g3 = large_g2 + poles[0], large_wg2 + base + poles[1], large_g3 + poles[2]
    sizes = (
        (size_g2 + xi * r**3) / 2,
        (size_wg2 + xi * far_w * r**3 + xi * size_g3 + xi * xi * r**4) / 2,
        size_missing + xi * (size_wg2 + xi * size_g3 + (far_w * r) ** 2 + xi * far_w * r**3 + xi * xi * r**4),
    )
    return (mass, moment1, atoms.second - deficit, rho_hilbert, x_rho_hilbert, deficit, burgers, *sizes)


def _beyond_second_order(w: NDArray[np.complex128], atoms: Atoms) -> FloatArray:
    """sum_i p_i z_i^2 (pi - arg(w - z_i)) - Im(w^2)/2 - Im w sum_i p_i z_i over pi, for w next to zero.

    pi - arg(w - z) is Im(-log(1 - w/z)): without its first two orders, which the other terms take away but
    for the weight of zero.
    """
    up = atoms.z > 0
    z, p = atoms.z[up], atoms.p[up]
    tail = np.zeros_like(w)
    for order in range(_ORDERS, 2, -1):
        tail = (tail + float(np.sum(p * z ** (2.0 - order))) / order) * w
    rest: FloatArray = _imaginary((tail - (1 - float(p.sum())) / 2) * w * w)
    return rest


def _imaginary(values: NDArray[np.complex128]) -> FloatArray:
    """Imaginary parts over pi."""
    part: FloatArray = values.imag / np.pi
    return part
