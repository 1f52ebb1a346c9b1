"""The noisy Wishart teacher's quantile: the point with a given mass above it, to all digits."""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.partial_integrals import half_line_mass
from quadviz.law.resolvent import band_edges, edge_distances, resolvent
from quadviz.law.triangle import quick_quantile

__all__ = ["mass_quantile"]


#: Iterations at most; two or three are the rule.
_MAX_ITERATIONS = 80


def mass_quantile(mass: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """The point with the given mass above it, for mass in [0, 1]; arguments of one shape.

    Newton's iteration from :func:`quadviz.law.triangle.quick_quantile`, in the angle phi of
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
