"""The usual way to the steady state: polynomial roots, adaptive quadrature, a root-finder. The yardstick.

The same equations as in :mod:`quadviz.theory.steady.equations` (arXiv 2601.10483, steady state), computed as
one does without closed forms: the resolvent at each point from ``numpy.roots`` of its cubic, each integral by
``scipy.integrate.quad`` between the band edges, (q, xi) by ``scipy.optimize.root`` from a start nearby, as
continuation along a curve provides it. Nothing is made slow on purpose: the two equations need two
integrals, the mass is integrated only where the width may limit the rank, and tolerances are what five
digits of every result need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq, root

from quadviz.setting import Setting

__all__ = ["Solution", "solve"]


class Solution(NamedTuple):
    """What the baseline solves for, and the two errors that follow."""

    q: float
    xi: float
    mse: float
    train_loss: float


def _resolvent(x: float, kappa_star: float, xi: float) -> complex:
    """g(x + i0): inside the support the root with Im g < 0, outside the one on which X(g) decreases."""
    roots = np.roots([xi, -(x + kappa_star * xi), 1 - kappa_star + kappa_star * x, -kappa_star])
    lowest = complex(roots[np.argmin(roots.imag)])
    if lowest.imag < 0:
        return lowest
    slopes = -1 / roots**2 + kappa_star / (kappa_star - roots) ** 2
    return complex(roots[np.argmin(slopes.real)])


def _bands(kappa_star: float, xi: float) -> list[tuple[float, float]]:
    """The one or two bands of the spectrum, from the real roots of X'(g) = 0."""
    k = kappa_star
    roots = np.roots([xi, -2 * k * xi, xi * k**2 + k - 1, 2 * k, -(k**2)])
    real = roots.real[roots.imag == 0]
    edges = sorted((1 / real + xi * real + k / (k - real)).tolist())
    return list(zip(edges[::2], edges[1::2], strict=True))


def _integral(f: Callable[[float, complex], float], b: float, kappa_star: float, xi: float) -> float:
    """Adaptive quadrature of f(x, g(x)) over the part of the support above b."""

    def integrand(x: float) -> float:
        return f(x, _resolvent(x, kappa_star, xi))

    bands = [(max(b, low), high) for low, high in _bands(kappa_star, xi) if b < high]
    return float(sum(quad(integrand, *band, epsabs=1e-7, epsrel=1e-7, limit=200)[0] for band in bands))


def _cut(q: float, xi: float, setting: Setting) -> float:
    """max(q, omega), with omega the point that has mass kappa above it."""
    if setting.kappa >= 1:
        return q

    def excess(b: float) -> float:
        return _integral(lambda _, g: -g.imag / math.pi, b, setting.kappa_star, xi) - setting.kappa

    if excess(q) <= 0:
        return q
    top = _bands(setting.kappa_star, xi)[-1][1]
    return float(brentq(excess, q, top, xtol=1e-9, rtol=1e-9))


def _terms(q: float, xi: float, setting: Setting) -> tuple[float, float]:
    """The interaction I and the mse."""
    law = (_cut(q, xi, setting), setting.kappa_star, xi)
    interaction = _integral(lambda x, g: -g.imag * g.real / math.pi * (x - q), *law)
    shrinkage = _integral(lambda x, g: -g.imag / math.pi * (q**2 - x**2), *law)
    return interaction, 1 + 1 / setting.kappa_star + shrinkage + 4 * xi * interaction


def solve(setting: Setting, start: tuple[float, float]) -> Solution:
    """The steady state of one setting with lam > 0.

    Args:
        setting: the problem.
        start: (q, xi) of a neighbouring problem.

    Raises:
        ArithmeticError: if the root-finder does not converge.
    """

    def residuals(unknowns: NDArray[np.float64]) -> list[float]:
        q, xi = np.exp(unknowns).tolist()
        interaction, mse = _terms(q, xi, setting)
        return [
            1 - (mse + setting.delta / 2) / (2 * setting.alpha * xi),
            1 - q * (1 - interaction / setting.alpha) / setting.lam,
        ]

    # The step of the finite-difference Jacobian stays above the noise of the quadrature.
    found = root(residuals, np.log(start), options={"xtol": 1e-6, "eps": 1e-5})
    if not found.success:
        raise ArithmeticError(f"{setting}: {found.message}")
    q, xi = np.exp(found.x).tolist()
    _, mse = _terms(q, xi, setting)
    return Solution(q, xi, mse, setting.alpha * xi * (setting.lam / q) ** 2)
