"""The noisy teacher by subordination: the law of Z* + sqrt(xi) G read off a curve in the upper half-plane.

With G(w) = int dmu(z)/(w - z) the resolvent of the teacher's law mu and

    X(w) = w + xi G(w),

the noisy teacher's resolvent at x = X(w) is G(w), for the w that is reached from +i oo (Biane; THEORY
section 13). On the boundary, w = u + i v(u), the height v solves

    int dmu(z)/((u - z)^2 + v^2) = 1/xi,

and is zero where the left side is smaller even for v = 0. There x is real and increases with u, the density
is v/(pi xi), and bands and gaps are where v is positive and zero: the real number u is a coordinate in which
nothing is singular, however many bands there are. Everything here is vectorised over points, each with a
noise variance of its own; levels are summed over in rows, so that a point does not depend on its company.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.blocks import slices
from quadviz.law.atoms import Atoms

__all__ = ["Curve", "bands", "curve_at", "curve_points", "heights", "level_quantile", "mass_above", "rows_of"]


#: Entries of a table of points by levels: 256 kB of floats.
_TABLE = 2**15
#: Iterations at most: heights, places, edges; a handful is the rule.
_HEIGHTS, _PLACES, _EDGES = 80, 120, 80
#: The last step of Newton's method, relative: the next one is below rounding.
_LAST = 1e-9


class Curve(NamedTuple):
    """Points of the boundary curve, each of shape (N,).

    Attributes:
        u: real part of w.
        v: its imaginary part, >= 0.
        x: X(w), real.
        real: Re G(w), the Hilbert transform H(x).
        slope: dx/du, >= 0.
    """

    u: FloatArray
    v: FloatArray
    x: FloatArray
    real: FloatArray
    slope: FloatArray


def rows_of(atoms: Atoms, size: int) -> list[slice]:
    """The stretches of points whose table by levels stays in the cache."""
    return slices(size, max(1, _TABLE // atoms.size))


def heights(u: FloatArray, xi: FloatArray, atoms: Atoms, guess: FloatArray | None = None) -> FloatArray:
    """v^2 at each u.

    In y = v^2 the harmonic mean of (u - z)^2 + y is increasing and concave, with a slope of 1 or more: from
    any start Newton's method is below its root after a step, and climbs to it.

    Args:
        u: real parts, shape (N,).
        xi: noise variances, > 0, shape (N,).
        atoms: the teacher's levels.
        guess: values to start from.
    """
    y = np.empty_like(u)
    for part in rows_of(atoms, u.size):
        y[part] = _heights(u[part], xi[part], atoms, None if guess is None else guess[part])
    return y


def _heights(u: FloatArray, xi: FloatArray, atoms: Atoms, guess: FloatArray | None) -> FloatArray:
    square: FloatArray = (u[:, None] - atoms.z) ** 2
    # What the heaviest near level does alone.
    floor = np.maximum(np.max(xi[:, None] * atoms.p - square, axis=1), 0.0)
    y = floor.copy() if guess is None else np.maximum(guess, floor)
    active = np.arange(u.size)
    for _ in range(_HEIGHTS):
        table = square if active.size == u.size else square[active]
        noise, here = xi[active], y[active]
        far = table + here[:, None]
        share = atoms.p / far
        total = share.sum(axis=1)
        share /= far
        step = total * (noise * total - 1) / share.sum(axis=1)
        moved = np.maximum(here + step, floor[active])
        y[active] = moved
        left = np.abs(moved - here) > np.maximum(_LAST * moved, 1e-20 * noise)
        active = active[left]
        if not active.size:
            break
    return np.asarray(y)


def curve_at(u: FloatArray, y: FloatArray, xi: FloatArray, atoms: Atoms) -> Curve:
    """The curve's point at each u, whose squared height y is known."""
    real, slope = np.empty_like(u), np.empty_like(u)
    for part in rows_of(atoms, u.size):
        apart, height, noise = u[part, None] - atoms.z, y[part], xi[part]
        far = apart * apart + height[:, None]
        share = atoms.p / far
        real[part] = (share * apart).sum(axis=1)
        share /= far
        inner, tilt = share.sum(axis=1), (share * apart).sum(axis=1)
        # In a band 1 = xi sum p/far takes the difference out of X'.
        inside = 2 * noise * (height * inner + tilt * tilt / inner)
        outside = np.maximum(1 - noise * (share * far).sum(axis=1), 0.0)
        slope[part] = np.where(height > 0, inside, outside)
    return Curve(u, np.sqrt(y), u + xi * real, real, slope)


def curve_points(
    b: FloatArray, xi: FloatArray, atoms: Atoms, start: Curve | None = None, rounds: int = _PLACES
) -> Curve:
    """The points of the curve with x = b, for any finite b.

    |x - u| <= sqrt(xi) brackets u, in which x increases.

    Args:
        b: points of the real line, shape (N,).
        xi: noise variances, > 0, shape (N,).
        atoms: the teacher's levels.
        start: points nearby, to start from.
        rounds: how many at most; with few of them the points are on the curve, but only near b.
    """
    reach = np.sqrt(xi)
    low, high = b - reach, b + reach
    u = b.copy() if start is None else np.clip(start.u, low, high)
    y = heights(u, xi, atoms, None if start is None else start.v**2)
    out = curve_at(u, y, xi, atoms)
    columns = [np.array(column) for column in out]
    active = np.arange(b.size)
    for _ in range(rounds):
        here = Curve(*(column[active] for column in columns))
        noise, left, right = xi[active], low[active], high[active]
        excess = here.x - b[active]
        left, right = np.where(excess < 0, here.u, left), np.where(excess > 0, here.u, right)
        low[active], high[active] = left, right
        step = np.divide(excess, here.slope, out=np.full_like(excess, np.inf), where=here.slope > 0)
        tried = here.u - step
        inside = (tried > left) & (tried < right)
        # A step small beside the distance from every level: the next one is below rounding.
        near = _LAST * np.maximum(here.v, _nearest(here.u, atoms))
        arrived = (np.abs(step) <= near) | (excess == 0)
        moved = np.where(inside, tried, np.where(arrived, here.u, (left + right) / 2))
        done = arrived | (right - left <= 4e-16 * (np.abs(moved) + reach[active]))
        y = heights(moved, noise, atoms, here.v**2)
        for column, values in zip(columns, curve_at(moved, y, noise, atoms), strict=True):
            column[active] = values
        active = active[~done]
        if not active.size:
            break
    return Curve(*columns)


def _nearest(u: FloatArray, atoms: Atoms) -> FloatArray:
    """The distance from the nearest level."""
    at = np.searchsorted(atoms.z, u)
    below, above = atoms.z[np.maximum(at - 1, 0)], atoms.z[np.minimum(at, atoms.size - 1)]
    distance: FloatArray = np.minimum(np.abs(u - below), np.abs(above - u))
    return distance


def bands(xi: float, atoms: Atoms) -> FloatArray:
    """Edges of all bands of the noisy teacher, in u, shape (B, 2), increasing.

    Between two levels (sum p/(u - z)^2)^(-1/2) is concave, a power mean of distances: from a level on,
    Newton's method climbs to where it is sqrt(xi), or passes the top of it, and then there is no gap.
    """
    z, reach = atoms.z, np.sqrt(xi * atoms.p)
    left, _ = _gap_end(z[:1] - reach[:1], xi, atoms, -1.0)
    right, _ = _gap_end(z[-1:] + reach[-1:], xi, atoms, 1.0)
    # What two levels do alone may leave no room between them.
    open_ = np.flatnonzero(z[:-1] + reach[:-1] < z[1:] - reach[1:])
    begins, some = _gap_end((z + reach)[open_], xi, atoms, 1.0, (z - reach)[open_ + 1])
    ends, _ = _gap_end((z - reach)[open_ + 1], xi, atoms, -1.0, (z + reach)[open_])
    gaps = np.flatnonzero(some & (begins < ends))
    lower = np.concatenate([left, ends[gaps]])
    upper = np.concatenate([begins[gaps], right])
    return np.stack([lower, upper], axis=1)


def _gap_end(
    u: FloatArray, xi: float, atoms: Atoms, way: float, limit: FloatArray | None = None
) -> tuple[FloatArray, BoolArray]:
    """From beside levels, on the given way, to where the band ends; and whether it does before the limit."""
    u, some = u.copy(), np.ones(u.size, dtype=bool)
    if limit is not None:
        some &= way * (limit - u) > 0
    active = np.flatnonzero(some)
    target = np.sqrt(xi)
    for _ in range(_EDGES):
        if not active.size:
            break
        total, slope = np.empty(active.size), np.empty(active.size)
        for part in rows_of(atoms, active.size):
            apart = u[active[part], None] - atoms.z
            share = atoms.p / (apart * apart)
            total[part] = share.sum(axis=1)
            slope[part] = (share / apart).sum(axis=1)
        mean = 1 / np.sqrt(total)
        # The derivative of the mean, positive before its top.
        rise = way * slope * mean**3
        step = np.divide(target - mean, rise, out=np.full_like(mean, np.inf), where=rise > 0)
        fresh = u[active] + way * step
        over = ~np.isfinite(fresh)
        if limit is not None:
            over |= way * (limit[active] - fresh) <= 0
        some[active[over]] = False
        keep = ~over
        u[active[keep]] = fresh[keep]
        done = np.abs(step) <= 1e-14 * np.sqrt(xi)
        active = active[keep & ~done]
    return u, some


def mass_above(at: Curve, atoms: Atoms) -> FloatArray:
    """The mass above points of the curve; exact off the bands."""
    mass = np.empty_like(at.u)
    for part in rows_of(atoms, at.u.size):
        angle = np.arctan2(at.v[part, None], at.u[part, None] - atoms.z)
        mass[part] = (atoms.p * (angle / np.pi)).sum(axis=1)
    # Im G = -v/xi in a band.
    return mass - at.real * at.v / np.pi


def level_quantile(mass: FloatArray, xi: FloatArray, atoms: Atoms, rounds: int = _PLACES) -> Curve:
    """The point of the curve with the given mass above it, for masses in [0, 1], each of shape (N,).

    Where all points of a gap qualify it is the gap's lower end; the edges of the law at 0 and 1. With few
    ``rounds`` the points are on the curve, and near.
    """
    above = np.concatenate([np.cumsum(atoms.p[::-1])[::-1], [0.0]])
    # The level whose own band the mass lies in, where bands are apart; there to begin.
    which = np.clip(atoms.size - np.searchsorted(above[::-1], mass, side="left"), 0, atoms.size - 1)
    share = np.clip((mass - above[which + 1]) / atoms.p[which], 0.0, 1.0)
    reach = np.sqrt(xi)
    own = reach * np.sqrt(atoms.p[which])
    angle = np.where(share < 0.5, np.cbrt(1.5 * np.pi * share), np.pi - np.cbrt(1.5 * np.pi * (1 - share)))
    u = atoms.z[which] + own * np.cos(angle)
    low, high = np.full_like(u, atoms.z[0]) - reach, np.full_like(u, atoms.z[-1]) + reach
    y = heights(u, xi, atoms)
    columns = [np.array(column) for column in curve_at(u, y, xi, atoms)]
    active = np.arange(u.size)
    for _ in range(rounds):
        here = Curve(*(column[active] for column in columns))
        noise, left, right = xi[active], low[active], high[active]
        excess = mass_above(here, atoms) - mass[active]
        # On a plateau the lower end is wanted.
        settled = np.abs(excess) <= 1e-15
        flat = settled & (here.v == 0)
        below = (excess > 0) & ~settled
        left = np.where(below, here.u, left)
        right = np.where((excess < 0) & ~settled | flat, here.u, right)
        low[active], high[active] = left, right
        fall = here.v / (np.pi * noise) * here.slope
        step = np.divide(excess, fall, out=np.full_like(excess, np.inf), where=fall > 0)
        tried = here.u + step
        inside = (tried > left) & (tried < right) & ~flat
        near = _LAST * np.maximum(here.v, _nearest(here.u, atoms))
        arrived = ((np.abs(step) <= near) | settled) & ~flat
        moved = np.where(inside, tried, np.where(arrived, here.u, (left + right) / 2))
        done = arrived | (right - left <= 4e-16 * (np.abs(moved) + reach[active]))
        y = heights(moved, noise, atoms, here.v**2)
        for column, values in zip(columns, curve_at(moved, y, noise, atoms), strict=True):
            column[active] = values
        active = active[~done]
        if not active.size:
            break
    return Curve(*columns)
