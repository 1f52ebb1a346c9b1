"""The noisy teacher's quantile without a cubic: the points of the support as triangles.

Where X(g) is real off the real axis, 1/|g|^2 = xi + kappa_star/|h|^2 with h = kappa_star - g: the points 0,
kappa_star and g = u - i v are the corners of a triangle with sides r = |g|, s = |h| and kappa_star. In s all
of it is explicit, and with the angles A at 0 and B at kappa_star, the mass above the point is the sum of two
semicircles' masses,

    mass = [A - sin A cos A + kappa_star (B - sin B cos B)]/pi

(from the closed form of :mod:`quadviz.law.partial_integrals`, as x - xi u = cos A/r + kappa_star cos B/s). A
Newton iteration for the point of given mass then costs no cubic, and a scan over many noise levels is cheap.
The height v of the triangle is a small difference next to the edges and for very small xi, so that the
result is a place to look, good to about 1e-8; :func:`quadviz.law.quantile.mass_quantile` has all digits.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.resolvent import Edges, edge_distances

__all__ = ["quick_quantile"]


#: The search for the angle: how often at most, and how well it is known at its end.
_MAX_ITERATIONS, _ACCURACY = 24, 1e-7


def quick_quantile(
    mass: FloatArray, kappa_star: FloatArray, xi: FloatArray, distances: Edges | None = None
) -> FloatArray:
    """The point with the given mass above it, to about eight digits of the width of its band.

    Args:
        mass: in [0, 1], one-dimensional, as are the others.
        kappa_star: teacher width, > 0.
        xi: noise variance, > 0.
        distances: of :func:`quadviz.law.resolvent.edge_distances`, where they are known.

    Returns:
        The points; the lower end of the gap on the plateau mass = kappa_star of a law with two bands.
    """
    k = kappa_star
    edges = edge_distances(k, xi) if distances is None else distances
    lower_band = edges.has_gap & (mass >= k)
    upper_band = edges.has_gap & ~lower_band
    base = np.where(lower_band, k, 0.0)
    weight = np.where(lower_band, 1 - k, np.where(upper_band, k, 1.0))
    target = np.clip(mass - base, 0.0, weight)
    near, far = (
        np.log(np.where(lower_band, edges.gap_left, edges.right)),
        np.log(np.where(upper_band, edges.gap_right, edges.left)),
    )
    centre, radius = (near + far) / 2, (far - near) / 2
    # The mass is cubic in theta at either end of log s = centre - radius cos(theta), as a semicircle's is.
    share = target / weight
    theta = np.where(share < 0.5, np.cbrt(1.5 * np.pi * share), np.pi - np.cbrt(1.5 * np.pi * (1 - share)))
    low, high, last = np.zeros_like(xi), np.full_like(xi, np.pi), np.full_like(xi, np.inf)
    place, active = np.empty_like(xi), np.flatnonzero((target > 0) & (target < weight))
    if active.size < xi.size:
        place = _point(np.exp(np.where(target <= 0, near, far)), k, xi)[0]
    state = [a[active] for a in (theta, low, high, last, centre, radius, k, xi, base + target)]
    for _ in range(_MAX_ITERATIONS):
        if not active.size:
            break
        here, left, right, size, middle, reach, teacher, noise, wanted = state
        s = np.exp(middle - reach * np.cos(here))
        x, found, slope = _point(s, teacher, noise)
        excess = found - wanted
        below = excess < 0
        left, right = np.where(below, here, left), np.where(below, right, here)
        slope = slope * s * reach * np.sin(here)
        step = np.divide(excess, slope, out=np.full_like(x, np.inf), where=slope > 0)
        newton = here - step
        safe = (newton > left) & (newton < right) & (np.abs(step) <= size / 2)
        place[active] = x
        go = np.abs(step) > _ACCURACY * np.minimum(here, np.pi - here)
        moved = np.where(safe, newton, (left + right) / 2)
        state = [
            moved,
            left,
            right,
            np.where(safe, np.abs(step), np.inf),
            middle,
            reach,
            teacher,
            noise,
            wanted,
        ]
        if not go.all():
            active, state = active[go], [a[go] for a in state]
    return place


def _point(
    s: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x, the mass above it, and d mass / ds at the point of the support with |h| = s."""
    k = kappa_star
    w = xi * s * s + k
    root = np.sqrt(w)
    r = s / root
    # s - r without the difference of two large numbers, which it is where xi is small.
    apart = r * (xi * s * s - (1 - k)) / (root + 1)
    u = k / 2 - apart * (s + r) / (2 * k)
    v = np.sqrt(np.maximum((k - apart) * (k + apart), 0.0) * np.maximum((s + r - k) * (s + r + k), 0.0)) / (
        2 * k
    )
    x = 2 * xi * u + k * k / (s * s)
    mass = np.arctan2(v, u) + k * np.arctan2(v, k - u) - v * (x - xi * u)
    # dx/ds along the boundary curve, with du/ds = -s (1/k - 1/w^2).
    falls = 2 * xi * s * (1 / k - 1 / (w * w)) + 2 * k * k / (s * s * s)
    return x, mass / np.pi, v / np.pi * falls
