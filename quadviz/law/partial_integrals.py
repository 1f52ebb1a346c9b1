"""Integrals of the noisy teacher's law over a half line, in closed form.

For any b, the integrals over (b, inf) of rho, rho x, rho x^2, rho H and rho H x are functions of the
single complex number g = g(b + i0). Since rho = -Im g / pi and rho H = -Im g^2 / (2 pi), the change of
variable from x to g turns them into integrals of rational functions of g, whose antiderivatives
combine powers of g and of h = kappa_star - g with log g and log h (arXiv 2601.10483 for the law; the
antiderivatives follow by parts and partial fractions). At the right edge g is real in
(0, kappa_star) and adds nothing to the imaginary part, so no upper limit appears. With arg g in
[-pi, 0] and arg h in [0, pi], a point below the support, in a gap or above it needs no special case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quadviz.arrays import BoolArray, ComplexArray, FloatArray
from quadviz.blocks import BLOCK, blockwise

__all__ = [
    "MASS_ROUNDING",
    "HalfLine",
    "Sizes",
    "half_line_integrals",
    "half_line_mass",
    "half_line_moment1",
    "half_line_sizes",
]


#: Absolute error of a mass, with a margin.
MASS_ROUNDING = 4e-15
#: |kappa_star/g| below which remainders of its logarithm are summed as Taylor series.
_SMALL_V = 0.3
#: Part of the second moment below which it is not taken for the difference of two larger ones.
_SMALL_PART = 0.05
#: Angles below which a lens is summed as a series, and an edge is one of a root.
_SLIM, _EDGE = 0.3, 1e-3
#: 1/(j + 5), the Taylor coefficients of the last remainder of -log(1 - v), in rows of four powers.
_TAYLOR = (1 / np.arange(5, 33)).reshape(7, 4).tolist()


class HalfLine(NamedTuple):
    """Integrals over (b, inf), each of the shape of the arguments.

    Attributes:
        mass: int rho.
        moment2: int rho x^2.
        rho_hilbert: int rho H.
        x_rho_hilbert: int rho H x.
        deficit: 1 + 1/kappa_star - moment2, kept to full relative accuracy as xi -> 0.
        burgers: int Im g^3 / (3 pi). By the complex Burgers equation dg/dxi = -g dg/dx, it is
            -d/dxi int_b rho H (x - b) at fixed b.
    """

    mass: FloatArray
    moment2: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray
    burgers: FloatArray


def _logs(g: ComplexArray, kappa_star: FloatArray) -> tuple[ComplexArray, ComplexArray]:
    """log g with arg g in [-pi, 0] and log(kappa_star - g) with its argument in [0, pi]."""
    h = kappa_star - g
    sink = np.abs(g.imag)
    log_g, log_h = np.empty_like(g), np.empty_like(g)
    log_g.real, log_g.imag = np.log(np.abs(g)), -np.arctan2(sink, g.real)
    log_h.real, log_h.imag = np.log(np.abs(h)), np.arctan2(sink, h.real)
    return log_g, log_h


@blockwise(BLOCK)
def half_line_mass(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """The mass above x, from g = g(x + i0), with absolute error 1e-15; exact off the support."""
    sink = np.abs(g.imag)
    return _mass(g, x, kappa_star, xi, -np.arctan2(sink, g.real), np.arctan2(sink, kappa_star - g.real))


def _mass(
    g: ComplexArray,
    x: FloatArray,
    kappa_star: FloatArray,
    xi: FloatArray,
    arg_g: FloatArray,
    arg_h: FloatArray,
) -> FloatArray:
    # Divided one by one, arguments of pi give 1 and kappa_star without rounding.
    mass: FloatArray = (x - xi * g.real) * g.imag / np.pi - arg_g / np.pi + kappa_star * (arg_h / np.pi)
    return mass


@blockwise(BLOCK)
def half_line_moment1(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """The first moment above x, from g = g(x + i0), with absolute error 1e-15."""
    k, log_g, log_h = kappa_star, *_logs(g, kappa_star)
    p2 = (
        k * k / (k - g)
        - 1 / g
        + xi * g * (2 * (1 - k) + xi / 3 * g * g)
        + 2 * (log_g - log_h)
        - 2 * xi * k * k * log_h
    )
    moment1: FloatArray = (x * x * g.imag - p2.imag) / (2 * np.pi)
    return moment1


@blockwise(BLOCK)
def half_line_integrals(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> HalfLine:
    """The integrals of the law over (x, inf) that the steady state needs, from g = g(x + i0).

    Args:
        g: the resolvent at ``x``, as :func:`quadviz.law.resolvent.resolvent` returns it.
        x: lower end of the half line, finite.
        kappa_star: teacher width, > 0.
        xi: noise variance, > 0.

    Returns:
        Arrays of the common shape of the arguments, which must be one and the same.
    """
    k, sink = kappa_star, np.abs(g.imag)
    log_g, log_h = _logs(g, k)
    inv_g, inv_h, g2 = 1 / g, 1 / (k - g), g * g
    kk, a = k * k, 1 - k
    xk = xi * kk
    # Antiderivatives in g of X^3, g X, g X^2 and g^2 X.
    p3 = (
        inv_g * (-3 - inv_g / 2)
        + k * inv_h * (3 + 3 * xk + kk / 2 * inv_h)
        + (3 * (1 + 1 / k) + 3 * xi) * log_g
        - (3 * (1 + 1 / k) + 3 * xi * k * (2 - k + xk)) * log_h
        + xi * xi * (g * (-3 * kk + g * (1.5 * a + xi / 4 * g2)))
    )
    q1 = g * (a + xi / 3 * g2) - kk * log_h
    q2 = log_g + k * kk * inv_h - k * (2 - k + 2 * xk) * log_h + xi * (g * (-2 * kk + g * (a + xi / 4 * g2)))
    q3 = g * (g * (a / 2 + xi / 4 * g2) - kk) - k * kk * log_h
    moment2 = (x**3 * g.imag - p3.imag) / (3 * np.pi)
    deficit = 1 + 1 / k - moment2
    # Where the part below x is small, the difference of O(1) terms would lose it.
    known = (np.abs(g) > k) | ((g.imag == 0) & (g.real < 0))
    small = known & (deficit + xi < _SMALL_PART * (1 + 1 / k))
    if small.any():
        deficit[small] = _second_moment_below(g[small], x[small], k[small], xi[small]) - xi[small]
        gap = small & (g.real > k) & (sink < _EDGE * (g.real - k))
        if gap.any():
            deficit[gap] = _second_moment_to_gap(g[gap], x[gap], k[gap], xi[gap]) - xi[gap]
    return HalfLine(
        mass=_mass(g, x, k, xi, log_g.imag, log_h.imag),
        moment2=moment2,
        rho_hilbert=(x * g2.imag - 2 * q1.imag) / (2 * np.pi),
        x_rho_hilbert=(x * x / 2 * g2.imag - q2.imag) / (2 * np.pi),
        deficit=deficit,
        burgers=(3 * q3.imag - x * (g2 * g).imag) / (3 * np.pi),
    )


def beside_gap(g: ComplexArray, kappa_star: FloatArray) -> BoolArray:
    """Where a point lies in the gap between the bands, or in a band next to it, as far as small angles go."""
    reach = g.real - kappa_star
    beside: BoolArray = (reach > 0) & (np.abs(g.imag) < _SLIM * reach)
    return beside


def mass_from_gap(g: ComplexArray, kappa_star: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mass between the gap and such a point, to all relative digits, and its rounding.

    Positive above the gap, negative below. With the angles A of g at 0 and B at kappa_star (see
    :mod:`quadviz.law.triangle`) it is the difference of two lenses, of pi - B and of A.
    """
    sink = np.abs(g.imag)
    upper = kappa_star * _lens(np.arctan2(sink, g.real - kappa_star)) / np.pi
    lower = _lens(np.arctan2(sink, g.real)) / np.pi
    return upper - lower, 10 * MASS_ROUNDING * (upper + lower)


def _lens(angle: FloatArray) -> FloatArray:
    """angle - sin cos, without cancellation, for angles below 0.3."""
    y = 2 * angle
    square, inner = y * y, np.ones_like(y)
    for n in (210, 156, 110, 72, 42, 20):
        inner = 1 - square / n * inner
    lens: FloatArray = y**3 / 12 * inner
    return lens


class Sizes(NamedTuple):
    """Sums of the sizes of the terms that some integrals are made of: their rounding is a unit of these.

    Attributes:
        rho_hilbert: of int rho H.
        x_rho_hilbert: of int rho H x.
        deficit: of 1 + 1/kappa_star - moment2.
    """

    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray


@blockwise(BLOCK)
def half_line_sizes(
    g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray, known: FloatArray
) -> Sizes:
    """How large the terms of :func:`half_line_integrals` are; the same arguments, and the deficit it gave."""
    k, h = kappa_star, kappa_star - g
    sink = np.abs(g.imag)
    arg_g, arg_h = np.arctan2(sink, g.real), np.arctan2(sink, h.real)
    r, s, a = np.abs(g), np.abs(h), np.abs(1 - k)
    # A term z^n has the imaginary part n |z|^n arg z at most, and |z|^n.
    in_g, in_h = np.minimum(arg_g, 1.0), np.minimum(arg_h, 1.0)
    xk, y = xi * k * k, np.abs(x)
    p3 = (
        in_g * (3 / r + 1 / (2 * r * r) + xi * xi * r * (3 * k * k + r * (1.5 * a + xi / 4 * r * r)))
        + in_h * k / s * (3 + 3 * xk + k * k / (2 * s))
        + 3 * (1 + 1 / k + xi) * arg_g
        + 3 * (1 + 1 / k + xi * k * (np.abs(2 - k) + xk)) * arg_h
    )
    q1 = in_g * r * (a + xi / 3 * r * r) + k * k * arg_h
    q2 = (
        arg_g
        + in_h * k**3 / s
        + k * (np.abs(2 - k) + 2 * xk) * arg_h
        + in_g * xi * r * (2 * k * k + r * (a + xi / 4 * r * r))
    )
    deficit = (y**3 * sink + p3) / (3 * np.pi)
    # What is taken from below the cut is made of terms of its own size.
    below = known + xi
    small = ((r > k) | ((g.imag == 0) & (g.real < 0))) & (below < _SMALL_PART * (1 + 1 / k))
    return Sizes(
        rho_hilbert=(y * 2 * r * sink + 2 * q1) / (2 * np.pi),
        x_rho_hilbert=(y * y * r * sink + q2) / (2 * np.pi),
        deficit=np.where(small, 4 * (np.abs(known) + 2 * xi), deficit + 1 + 1 / k),
    )


def _second_moment_to_gap(
    g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> FloatArray:
    """int rho x^2 over (-inf, x), for x in the gap or at its edge.

    The whole lower band has the second moment a^2 xi - kappa_star^3 xi^2, with a = 1 - kappa_star. Between
    the gap and x the density rises like a root, which leaves x^2 m - (6/5) x m^2/rho of a mass m.
    """
    k, sink = kappa_star, np.abs(g.imag)
    mass, _ = mass_from_gap(g, k)
    bend = np.divide(mass * mass, sink, out=np.zeros_like(mass), where=sink > 0)
    below: FloatArray = (1 - k) ** 2 * xi - k**3 * xi * xi + x * (x * mass - 1.2 * np.pi * bend)
    return below


def _second_moment_below(
    g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> FloatArray:
    """int rho x^2 over (-inf, x), for |g| > kappa_star and left of the support, without cancellation.

    Up to the teacher's lower edge it is O(xi) beside a total of O(1). In v = kappa_star/g and
    a = 1 - kappa_star, X = a/g + xi g - v^2/(1 - v), and in the antiderivative of X^3 taken from the
    left edge the terms are about as small as the result.
    """
    k, a = kappa_star, 1 - kappa_star
    v = k / g
    v2 = v * v
    v4, s = v2 * v2, 1 / (1 - v)
    log_g = _logs(g, k)[0] + 1j * np.pi  # log(-g), real left of the support
    t0, t1, t2, t3, t4 = _log_remainders(v)
    # int_0^v of u/(1 - u)^2, u^3/(1 - u)^2 and u^4/(1 - u)^3, from the powers of v^2/(1 - v) in X^3.
    r1 = v2 * s - t1
    r3 = v4 * s - 3 * t3
    r4 = v4 * v * (s * s * (2 - 1.5 * v) - 3 * s) + 6 * t4
    xg, spread = xi * g, xi * k * k
    p3 = (
        -(a**3) / (2 * g * g)
        + 3 * a * a * xi * log_g
        + xg * xg * (1.5 * a + xg * g / 4)
        + 3 * a * a / k * t2
        + 6 * a * xi * k * t0
        - 3 * xi * spread * (g - k * (t0 - log_g))
        - 3 * a * r3
        - 3 * spread * r1
        + k * r4
    )
    below: FloatArray = (p3.imag - x**3 * g.imag) / (3 * np.pi)
    return below


def _log_remainders(v: ComplexArray) -> tuple[ComplexArray, ...]:
    """t_j = -log(1 - v) less its first j Taylor terms, j = 0 to 4, each to full relative accuracy."""
    v2 = v * v
    v3, v4 = v2 * v, v2 * v2
    # Term by term: a matrix product would round each entry as its neighbours ask.
    t4 = np.zeros_like(v)
    for c0, c1, c2, c3 in reversed(_TAYLOR):
        t4 = t4 * v4 + (c0 + c1 * v + (c2 * v2 + c3 * v3))
    t4 = t4 * v4 * v
    large = np.abs(v) >= _SMALL_V
    w = v[large]
    t4[large] = -np.log(1 - w) - w * (1 + w * (1 / 2 + w * (1 / 3 + w / 4)))
    t3 = t4 + v4 / 4
    t2 = t3 + v3 / 3
    t1 = t2 + v2 / 2
    return t1 + v, t1, t2, t3, t4
