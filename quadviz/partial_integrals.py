"""Integrals of the noisy teacher's law over a half line, in closed form.

For any b, the five integrals over (b, inf)

    mass = int rho,   moment1 = int rho x,   moment2 = int rho x^2,
    rho_hilbert = int rho H,   x_rho_hilbert = int rho H x

are functions of the single complex number g = g(b + i0). Since rho = -Im g / pi and
rho H = -Im g^2 / (2 pi), the change of variable from x to g turns them into integrals of rational
functions of g, whose antiderivatives combine powers of g and of h = kappa_star - g with log g and
log h (arXiv 2601.10483 for the law; the antiderivatives follow by parts and partial fractions).
At the right edge g is real in (0, kappa_star) and adds nothing to the imaginary part, so no upper
limit appears. With arg g in [-pi, 0] and arg h in [0, pi], a point below the support, in a gap or
above it needs no special case.

Close to the noise band of a nearly clean teacher (xi -> 0) |g| is large and the quantity that
matters, the second moment *below* b, is O(xi) while the moment above is O(1). There the same
antiderivatives are expanded in v = kappa_star/g around the left edge, which keeps full relative
accuracy in the small part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["HalfLine", "half_line_integrals", "half_line_mass", "hilbert_derivative"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: |v| below which the expansion in v = kappa_star/g is used, and its order (relative remainder < 1e-15).
_SMALL_V = 0.3
_ORDER = 28


class HalfLine(NamedTuple):
    """Integrals over (b, inf), plus what the half line leaves of the teacher's second moment.

    Attributes:
        mass: int rho.
        moment1: int rho x.
        moment2: int rho x^2.
        rho_hilbert: int rho H.
        x_rho_hilbert: int rho H x.
        deficit: 1 + 1/kappa_star - moment2, kept to full relative accuracy as xi -> 0.
    """

    mass: FloatArray
    moment1: FloatArray
    moment2: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    deficit: FloatArray


def _log_lower(g: ComplexArray) -> ComplexArray:
    """log g with arg g in [-pi, 0], for g in the lower half plane or conjugated into it."""
    out = np.empty_like(g)
    out.real = np.log(np.abs(g))
    out.imag = -np.arctan2(np.abs(g.imag), g.real)
    return out


def _above(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> HalfLine:
    """The integrals from the right edge down to x, by the antiderivatives themselves."""
    k, v = kappa_star, xi
    h = k - g
    log_g, log_h = _log_lower(g), np.conj(_log_lower(h))
    log_ratio = log_g - log_h
    inv_g, inv_h, g2 = 1 / g, 1 / h, g * g
    xk = v * k * k
    # Antiderivatives in g of X, X^2, X^3, g X and g X^2.
    p1 = log_g + v / 2 * g2 - k * log_h
    p2 = -inv_g + k * k * inv_h + 2 * v * (1 - k) * g + v * v / 3 * g * g2 + 2 * log_ratio - 2 * xk * log_h
    p3 = (
        inv_g * (-3 - inv_g / 2)
        + k * inv_h * (3 + 3 * xk + k * k / 2 * inv_h)
        + 3 * (1 + 1 / k) * log_ratio
        + 3 * v * log_g
        - 3 * v * k * (2 - k + xk) * log_h
        + v * v * (g * (-3 * k * k + g * (1.5 * (1 - k) + v / 4 * g2)))
    )
    q1 = (1 - k) * g + v / 3 * g * g2 - k * k * log_h
    q2 = (
        log_g
        + k**3 * inv_h
        - k * (2 - k + 2 * xk) * log_h
        + v * (g * (-2 * k * k + g * (1 - k + v / 4 * g2)))
    )
    mass = (x * g.imag - p1.imag) / np.pi
    moment1 = (x * x * g.imag - p2.imag) / (2 * np.pi)
    moment2 = (x**3 * g.imag - p3.imag) / (3 * np.pi)
    rho_hilbert = (x * g2.imag - 2 * q1.imag) / (2 * np.pi)
    x_rho_hilbert = (x * x / 2 * g2.imag - q2.imag) / (2 * np.pi)
    return HalfLine(mass, moment1, moment2, rho_hilbert, x_rho_hilbert, 1 + 1 / k - moment2)


def _below(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> HalfLine:
    """The integrals as their totals minus the part left of x, for |g| >> kappa_star, and off the support but for its right side.

    With v = kappa_star/g and a = 1 - kappa_star, X = a/g + xi g - v^2/(1 - v); the logarithm that
    remains is log(-g), real left of the support.
    """
    k, a = kappa_star, 1 - kappa_star
    v = k / g
    v2 = v * v
    v4, s = v2 * v2, 1 / (1 - v)
    log_g = _log_lower(g) + 1j * np.pi
    # Remainders t_j of -log(1 - v) after its first j terms, from the last one up.
    t4 = np.full_like(v, 1 / (_ORDER + 5))
    for j in range(_ORDER + 4, 4, -1):
        t4 = t4 * v + 1 / j
    t4 = t4 * v4 * v
    t3 = t4 + v4 / 4
    t2 = t3 + v2 * v / 3
    t1 = t2 + v2 / 2
    t0 = t1 + v
    # r_j = int_0^v u^j/(1 - u)^m du, m = 2, 2, 2, 3: from the powers of v^2/(1 - v) in X^3.
    r1 = v2 * s - t1
    r2 = v2 * v * s - 2 * t2
    r3 = v4 * s - 3 * t3
    r4 = v4 * v * (s * s * (2 - 1.5 * v) - 3 * s) + 6 * t4
    xg, g2, spread = xi * g, g * g, xi * k * k
    p1 = a * log_g + xg * g / 2 + k * t0
    p2 = -a * a / g + 2 * a * xg + xg * xg * g / 3 + 2 * a * t1 - 2 * spread * (log_g - t0) - k * r2
    p3 = (
        -(a**3) / (2 * g2)
        + 3 * a * a * xi * log_g
        + 1.5 * a * xg * xg
        + xg**3 * g / 4
        + 3 * a * a / k * t2
        + 6 * a * xi * k * t0
        - 3 * xi * spread * (g - k * (t0 - log_g))
        - 3 * a * r3
        - 3 * spread * r1
        + k * r4
    )
    q1 = a * g + xg * g2 / 3 - k * k * (log_g - t0)
    q2 = (
        a * a * log_g
        + a * xg * g
        + (xg * g) ** 2 / 4
        + 2 * a * k * t0
        - 2 * spread * (g - k * (t0 - log_g))
        - k * k * r1
    )
    mass = (p1.imag - x * g.imag) / np.pi
    moment1 = (p2.imag - x * x * g.imag) / (2 * np.pi)
    moment2 = (p3.imag - x**3 * g.imag) / (3 * np.pi)
    rho_hilbert = (2 * q1.imag - x * g2.imag) / (2 * np.pi)
    x_rho_hilbert = (q2.imag - x * x / 2 * g2.imag) / (2 * np.pi)
    total2 = 1 + 1 / k + xi
    return HalfLine(
        1 - mass, 1 - moment1, total2 - moment2, -rho_hilbert, 0.5 - x_rho_hilbert, moment2 - xi
    )


def half_line_mass(g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> FloatArray:
    """The mass above x alone, from g = g(x + i0): no cancellation in any regime, absolute error 1e-15."""
    log_g, log_h = _log_lower(g), np.conj(_log_lower(kappa_star - g))
    mass: FloatArray = (x * g.imag - log_g.imag - xi * g.real * g.imag + kappa_star * log_h.imag) / np.pi
    return mass


def half_line_integrals(
    g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> HalfLine:
    """The integrals of the law over (x, inf) from g = g(x + i0).

    Args:
        g: the resolvent at ``x``, as :func:`quadviz.resolvent.resolvent` returns it.
        x: lower end of the half line, finite.
        kappa_star: teacher width, > 0.
        xi: noise variance, > 0.

    Returns:
        Arrays of the common shape of the arguments, absolute error a few 1e-16 of the totals.
    """
    left_or_gap = (g.imag == 0) & ((g.real < 0) | (g.real > kappa_star))
    expand = left_or_gap | (np.abs(g) * _SMALL_V > kappa_star)
    if not expand.any():
        return _above(g, x, kappa_star, xi)
    if expand.all():
        return _below(g, x, kappa_star, xi)
    out = HalfLine(*(np.empty(g.shape) for _ in HalfLine._fields))
    for branch, mask in ((_below, expand), (_above, ~expand)):
        for target, values in zip(out, branch(g[mask], x[mask], kappa_star[mask], xi[mask]), strict=True):
            target[mask] = values
    return out


def hilbert_derivative(
    g: ComplexArray, x: FloatArray, kappa_star: FloatArray, xi: FloatArray
) -> FloatArray:
    """int over (x, inf) of Im g^3 / (3 pi), the integral in d/dxi of the rho H integrals.

    By the complex Burgers equation dg/dxi = -g dg/dx, at fixed b
    ``d/dxi int_b rho H (x - b) = -hilbert_derivative(b)``.
    """
    k = kappa_star
    g2 = g * g
    log_h = np.conj(_log_lower(k - g))
    q3 = g2 / 2 + xi / 4 * g2 * g2 - k * (g2 / 2 + k * g + k * k * log_h)
    # int_x^edge = -(antiderivative at x).
    result: FloatArray = -(x * (g2 * g).imag - 3 * q3.imag) / (3 * np.pi)
    return result
