"""int rho^3 of the noisy teacher, the one integral of the law that is not elementary.

Where X(g) is real off the real axis, 1/|g|^2 = xi + kappa_star/|h|^2 with h = kappa_star - g: the points
0, kappa_star and g = u - i v are the corners of a triangle with sides |g|, s = |h| and kappa_star, whose
height is v = pi rho. With s as the variable everything is explicit,

    |g| = s/sqrt(xi s^2 + kappa_star),      u = (|g|^2 + kappa_star^2 - s^2)/(2 kappa_star),
    x = 2 xi u + kappa_star^2/s^2,

v follows from Heron's formula, and the edges of the spectrum are the flat triangles: no cubic is solved.
As v^2 is a rational function of s and |g| whose numerator has four roots, the integral is an elliptic one.
Tanh-sinh quadrature in log s takes the edges in its stride; where two bands have just merged the interval
is split at the waist, the minimum of s - |g|.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.blocks import blockwise
from quadviz.law.resolvent import edge_distances

__all__ = ["cubed_density", "cubed_density_and_error"]


#: Points at a time: a table of so many by 77 nodes stays in the cache.
_BLOCK = 256
#: Nodes on either side of the middle, and the last of them: what is left out of a panel is one part in 10^15.
_STEPS, _REACH = 38, 3.1


def _tanh_sinh() -> tuple[FloatArray, FloatArray]:
    """Nodes in (0, 1) and weights of the double-exponential rule."""
    tau = np.linspace(-_REACH, _REACH, 2 * _STEPS + 1)
    e = np.pi / 2 * np.sinh(tau)
    return 1 / (1 + np.exp(-2 * e)), (tau[1] - tau[0]) * np.pi / 4 * np.cosh(tau) / np.cosh(e) ** 2


_NODES, _WEIGHTS = _tanh_sinh()


def cubed_density(kappa_star: FloatArray, xi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """int rho^3 and its derivative in xi.

    By the complex Burgers equation rho_xi = -(rho H)', so that d/dxi int rho^3 = -2 int rho^3 H'.

    Args:
        kappa_star: teacher width, > 0, one-dimensional.
        xi: noise variance, > 0, of the same shape.

    Returns:
        The integral and its derivative.
    """
    integral, derivative, _ = cubed_density_and_error(kappa_star, xi)
    return integral, derivative


@blockwise(_BLOCK)
def cubed_density_and_error(
    kappa_star: FloatArray, xi: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """As :func:`cubed_density`, and about the relative error: a rule of twice the step squares it."""
    edges = edge_distances(kappa_star, xi)
    waist = np.sqrt(np.maximum(np.cbrt(kappa_star) ** 2 - kappa_star, 0.0) / xi)
    inside = (waist > edges.right) & (waist < edges.left)
    middle = np.where(inside, waist, np.sqrt(edges.left * edges.right))
    panels = (
        (edges.right, np.where(edges.has_gap, edges.gap_right, middle)),
        (np.where(edges.has_gap, edges.gap_left, middle), edges.left),
    )
    k, noise = kappa_star[:, None], xi[:, None]
    integral, derivative, coarse = np.zeros_like(xi), np.zeros_like(xi), np.zeros_like(xi)
    for low, high in panels:
        log_ratio = np.log(high / low)[:, None]
        s = low[:, None] * np.exp(log_ratio * _NODES)
        w, width = noise * s * s + k, s * log_ratio
        apart = s - s / np.sqrt(w)
        if low is panels[1][0] and edges.has_gap.any():
            at = edges.has_gap
            s[at], w[at], width[at], apart[at] = _lower_band(
                edges.gap_left[at, None], edges.left[at, None], k[at], noise[at]
            )
        r = s / np.sqrt(w)
        heron = (k + apart) * (k - apart) * (s + r - k) * (r + s + k)
        v = np.sqrt(np.maximum(heron, 0.0)) / (2 * k)
        minus_du = s * (1 / k - 1 / w**2)
        measure = v**3 * width * _WEIGHTS
        parts = measure * (2 * noise * minus_du + 2 * k * k / s**3)
        integral += parts.sum(axis=1)
        coarse += 2 * parts[:, ::2].sum(axis=1)
        derivative -= 2 * (measure * minus_du).sum(axis=1)
    return integral / np.pi**3, derivative / np.pi**3, (coarse / integral - 1) ** 2


def _lower_band(
    low: FloatArray, high: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """s, w, d s and s - |g| at the nodes of the noise's band below a gap.

    There s and |g| differ by kappa_star at most, however large both are: the variable is y = w - 1, which is
    (s^2 - |g|^2)/|g|^2, and known to all digits at the edges, where s - |g| = -+kappa_star.
    """
    k = kappa_star
    left, right = -k * (2 * low + k) / (low + k) ** 2, k * (2 * high - k) / (high - k) ** 2
    y = left + (right - left) * _NODES
    root = np.sqrt(1 + y)
    s = np.sqrt((1 - k + y) / xi)
    return s, 1 + y, (right - left) / (2 * xi * s), s * y / (root * (1 + root))
