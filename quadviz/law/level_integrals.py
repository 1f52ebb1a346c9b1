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

from quadviz.arrays import FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve, rows_of
from quadviz.law.contour import path_integrals

__all__ = ["LevelHalfLine", "level_integrals"]


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


def level_integrals(at: Curve, xi: FloatArray, atoms: Atoms) -> LevelHalfLine:
    """The integrals above points of the boundary curve, each with its noise variance, shape (N,)."""
    columns = [np.empty_like(at.u) for _ in range(10)]
    for part in rows_of(atoms, at.u.size):
        found = _integrals(Curve(*(column[part] for column in at)), xi[part], atoms)
        for column, values in zip(columns, found, strict=True):
            column[part] = values
    return LevelHalfLine(*columns)


class _Powers(NamedTuple):
    """Im over pi of the antiderivatives of G^2, w G^2 and G^3, and the sizes of the terms of each."""

    g2: FloatArray
    wg2: FloatArray
    g3: FloatArray
    sizes: tuple[FloatArray, FloatArray, FloatArray]


def _powers(at: Curve, xi: FloatArray, atoms: Atoms, apart: FloatArray, upper: FloatArray) -> _Powers:
    """From the angles of all levels over pi, by residues, or along a path where these are too large."""
    z, p = atoms.z, atoms.p
    c, _ = atoms.neighbours
    _, _, squared, mixed, cubed = atoms.residues
    angles, base = _seen_from_the_crowd(at, xi, atoms, apart, upper)
    g2, wg2, g3 = _over(squared, angles), _over(mixed, angles) + base, _over(cubed, angles)
    seen, pp = np.abs(angles), p * p
    large = [_over(size, seen) for size in (np.abs(squared), pp + 2 * p * z * np.abs(c), np.abs(cubed))]
    # Poles: p^2/(w - z), its multiples by z and c, and p^3/(w - z)^2.
    height, near = at.v / np.pi, 1 / (apart * apart + (at.v * at.v)[:, None])
    pole, pole_z, pole_c = (height * _over(weight, near) for weight in (pp, pp * z, pp * c))
    double = height * _over(pp * p, near * near * apart)
    sizes = (
        large[0] + pole,
        large[1] + base + np.abs(pole_z),
        large[2] + np.abs(double) + 3 * height * _over(pp * np.abs(c), near),
    )
    g2, wg2, g3 = g2 + pole, wg2 + pole_z, g3 + double + 3 * pole_c
    crowded = np.flatnonzero(np.maximum(np.maximum(large[0], large[1]), xi * sizes[2]) > _CROWDED)
    if crowded.size:
        some = path_integrals(Curve(*(column[crowded] for column in at)), atoms)
        for column, size, values in zip((g2, wg2, g3), sizes, some, strict=True):
            column[crowded], size[crowded] = values, np.abs(values)
    return _Powers(g2, wg2, g3, sizes)


def _seen_from_the_crowd(
    at: Curve, xi: FloatArray, atoms: Atoms, apart: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Angles over pi, less that of the place where residues are large, and that one; 0 where it is near.

    The residues of G^2, w G^2 and G^3 sum to 0, 1 and 0. Seen from afar all angles are nearly one, and what
    they differ by is known better than they are.
    """
    angles, base = upper, np.zeros_like(at.v)
    crowd, spread = atoms.crowd
    far = np.flatnonzero(xi > spread)
    if far.size:
        v, beside = at.v[far], at.u[far] - crowd
        along = apart[far] * beside[:, None] + (v * v)[:, None]
        angles = upper.copy()
        angles[far] = np.arctan2(v[:, None] * (atoms.z - crowd), along) / np.pi
        base[far] = np.arctan2(v, beside) / np.pi
    return angles, base


def _integrals(at: Curve, xi: FloatArray, atoms: Atoms) -> tuple[FloatArray, ...]:
    z, p, v = atoms.z, atoms.p, at.v
    apart = at.u[:, None] - z
    angle = np.arctan2(v[:, None], apart)
    upper = angle / np.pi
    # pi less the angle, without cancellation: what is missing of the levels above the cut.
    lower = np.where(apart < 0, np.arctan2(v[:, None], -apart), np.pi - angle) / np.pi
    g2_, wg2_, g3_, (size_g2, size_wg2, size_g3) = _powers(at, xi, atoms, apart, upper)
    # In a band Im G = -v/xi, off it G is real.
    w, g, im, height = at.u + 1j * v, at.real - 1j * (v / xi), _imaginary, v / np.pi
    wg, s, g2 = w * g, xi * g, g * g
    one, wide, *_ = atoms.residues
    mass = _over(one, upper) + xi / 2 * im(g2)
    moment1 = _over(wide, upper) + height + xi / 2 * (im(w * g2) + g2_) + xi * xi / 3 * im(g2 * g)
    # The second moment: of the levels above the cut, and what the noise adds.
    noise = xi * (wg2_ + xi / 3 * g3_ + im(wg * wg) / 2 + 2 / 3 * im(s * wg * g) + im(s * s * g2) / 4)
    missing, far_w = _over(p * z * z, lower), np.hypot(at.u, v)
    size_missing = missing + height * (np.abs(at.u) + atoms.moment(1))
    missing = missing - (im(w * w) / 2 + atoms.moment(1) * height)
    least = z[1] if z[0] == 0 and z.size > 1 else z[0]
    clean = np.flatnonzero(far_w < _CLEAN * least)
    if clean.size:
        # Next to zero, a teacher in little noise: levels above count by the third order of w/z, and less.
        missing[clean] = _beyond_second_order(w[clean], atoms)
        size_missing[clean] = far_w[clean] ** 2
    deficit = missing - noise
    rho_hilbert = (g2_ + xi / 3 * im(g2 * g)) / 2
    x_rho_hilbert = (wg2_ + xi / 3 * im(wg * g2) + 2 * xi / 3 * g3_ + xi * xi / 4 * im(g2 * g2)) / 2
    burgers = -(g3_ + xi / 4 * im(g2 * g2)) / 3
    r = np.abs(g)
    sizes = (
        (size_g2 + xi * r**3) / 2,
        (size_wg2 + xi * far_w * r**3 + xi * size_g3 + xi * xi * r**4) / 2,
        size_missing + xi * (size_wg2 + xi * size_g3 + (far_w * r) ** 2 + xi * far_w * r**3 + xi * xi * r**4),
    )
    return (mass, moment1, atoms.second - deficit, rho_hilbert, x_rho_hilbert, deficit, burgers, *sizes)


def _over(values: FloatArray, table: FloatArray) -> FloatArray:
    """Sums over levels, shape (N,)."""
    total: FloatArray = (values * table).sum(axis=1)
    return total


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
