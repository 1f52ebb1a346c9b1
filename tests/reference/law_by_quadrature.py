"""The noisy-teacher law with 40 digits, by quadrature: the independent side of the reference tables.

The package evaluates the Marchenko-Pastur law free-convolved with a semicircle (arXiv 2601.10483, the law of
the noisy teacher) through antiderivatives in the resolvent. Nothing of that is used here: the resolvent is a
root found by ``mpmath.polyroots`` of the cubic x = X(g),

    X(g) = 1/g + xi g + kappa_star/(kappa_star - g),

the density is its imaginary part, and every integral is a tanh-sinh quadrature of the density. A different
code path, so that an agreement to 1e-16 speaks for both.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from mpmath import mp

__all__ = ["NAMES", "Real", "critical_points", "integrals_above", "resolvent"]

Real = Any  # mpmath.mpf, for which mpmath has no type to offer
mp.dps = 40

#: The five partial integrals, in the order of :func:`integrals_above`.
NAMES = ("mass_above", "moment1_above", "moment2_above", "int_rho_hilbert_above", "int_x_rho_hilbert_above")


def _roots(coefficients: list[Real]) -> list[Any]:
    """All roots of a real polynomial to full precision, nearly double ones included.

    Double-precision roots start the iteration, moved off the axis because real starts stay real. Twice the
    digits are carried, because a nearly double root costs half of them.
    """
    approximate = np.roots([float(c) for c in coefficients])
    starts = [mp.mpc(root) * mp.mpc(1, 1e-9 * (i + 1)) for i, root in enumerate(approximate)]
    return mp.polyroots(coefficients, maxsteps=1000, extraprec=2 * mp.prec, roots_init=starts)


def _slope(g: Any, kappa_star: Real, xi: Real) -> Any:
    """X'(g)."""
    return -1 / g**2 + xi + kappa_star / (kappa_star - g) ** 2


@lru_cache(maxsize=20_000)
def resolvent(x: Real, kappa_star: Real, xi: Real) -> Any:
    """g(x + i0) = H(x) - i pi rho(x).

    Inside the support the root with Im g < 0; outside, where all three are real, the only one on which X
    decreases (g decreases with x there).
    """
    k = kappa_star
    roots = _roots([xi, -(x + k * xi), 1 - k + k * x, -k])
    lowest = min(roots, key=mp.im)
    if mp.im(lowest) < 0:
        return lowest
    return min((mp.re(r) for r in roots), key=lambda g: _slope(g, k, xi))


@cache
def critical_points(kappa_star: Real, xi: Real) -> tuple[tuple[Real, ...], tuple[Real, ...]]:
    """The two or four band edges, and the real parts of the complex branch points, both ascending.

    X at the roots of X'(g) = 0, that is of the quartic xi g^2 h^2 + kappa_star g^2 - h^2 = 0 with
    h = kappa_star - g: real roots give edges.
    """
    k = kappa_star
    roots = _roots([xi, -2 * k * xi, xi * k**2 + k - 1, 2 * k, -(k**2)])
    values = [(mp.im(g) == 0, mp.re(1 / g + xi * g + k / (k - g))) for g in roots]
    edges = sorted(x for real, x in values if real)
    inner = sorted({x for real, x in values if not real})
    return tuple(edges), tuple(inner)


@cache
def _panel(low: Real, high: Real, kappa_star: Real, xi: Real) -> tuple[Real, ...]:
    """The five integrals over [low, high], which must lie in one band with no breakpoint inside."""

    def density(x: Real) -> Real:
        return -mp.im(resolvent(x, kappa_star, xi)) / mp.pi

    def density_hilbert(x: Real) -> Real:
        return density(x) * mp.re(resolvent(x, kappa_star, xi))

    integrands = (
        density,
        lambda x: x * density(x),
        lambda x: x**2 * density(x),
        density_hilbert,
        lambda x: x * density_hilbert(x),
    )
    values = []
    for integrand in integrands:
        value, error = mp.quad(integrand, [low, high], error=True)
        if error > 1e-30:
            raise ArithmeticError(f"quadrature over [{low}, {high}] reached {error} only")
        values.append(value)
    return tuple(values)


def integrals_above(b: Real, kappa_star: Real, xi: Real) -> tuple[Real, ...]:
    """The integrals over (b, inf) of rho, x rho, x^2 rho, rho H and x rho H, in the order of :data:`NAMES`.

    The range is split at the edges and, inside a band, at the real part of complex branch points: they come
    close to the axis where two bands have just merged.
    """
    band_edges, inner = critical_points(kappa_star, xi)
    points = sorted({b, *band_edges, *inner})
    total = (mp.mpf(0),) * 5
    for low, high in pairwise(points):
        if low >= b and mp.im(resolvent((low + high) / 2, kappa_star, xi)) < 0:
            panel = _panel(low, high, kappa_star, xi)
            total = tuple(t + p for t, p in zip(total, panel, strict=True))
    return total
