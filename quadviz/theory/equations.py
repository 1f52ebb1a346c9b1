"""The two steady-state equations and their derivatives, in closed form.

At long times the student's Z is a spectral function of the noisy teacher Y = Z* + sqrt(xi) G: take
Y - q, keep its positive eigenvalues and of those the largest kappa d. With omega the point that has
mass kappa above it and b = max(q, omega), the two unknowns solve (arXiv 2601.10483, steady state)

    2 alpha xi = mse + delta/2,        q (1 - I/alpha) = lam,
    I = int_b rho(x) H(x) (x - q) dx,
    mse = 1 + 1/kappa_star + int_b rho(x) (q^2 - x^2) dx + 4 xi I.

The derivatives follow from the complex Burgers equation dg/dxi = -g dg/dx; the boundary terms cancel
at b = q, where the integrands vanish, and at b = omega, whose mass is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.partial_integrals import half_line_integrals
from quadviz.resolvent import resolvent

__all__ = ["Terms", "evaluate"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Terms:
    """The law's integrals above b, and what the two equations need of them.

    Attributes:
        mse: |Z - Z*|_F^2 / d, to full relative accuracy also when it is O(xi).
        interaction: I, the memory that fitting leaves; 1 - I/alpha is the response of a residual.
        mass: mass above b.
        rho_hilbert: J = int_b rho H, which is -dI/dq and positive.
        x_rho_hilbert: K = int_b rho H x, so that I = K - q J.
        density: rho(b).
        hilbert: H(b).
        mse_q: d mse / dq.
        mse_xi: d mse / dxi, along fixed q (b = q) or fixed mass (b = omega).
        interaction_xi: dI/dxi along the same.
    """

    mse: FloatArray
    interaction: FloatArray
    mass: FloatArray
    rho_hilbert: FloatArray
    x_rho_hilbert: FloatArray
    density: FloatArray
    hilbert: FloatArray
    mse_q: FloatArray
    mse_xi: FloatArray
    interaction_xi: FloatArray


def evaluate(b: FloatArray, q: FloatArray, xi: FloatArray, kappa_star: FloatArray) -> Terms:
    """Both sides of the steady-state equations at (xi, q), for eigenvalues above b.

    Args:
        b: where the spectrum is cut: q itself, or omega.
        q: shift of the spectrum, >= 0.
        xi: noise variance of the effective teacher, > 0.
        kappa_star: teacher width, > 0.

    Returns:
        Arrays of the common shape of the arguments.
    """
    g = resolvent(b, kappa_star, xi)
    law = half_line_integrals(g, b, kappa_star, xi)
    interaction = law.x_rho_hilbert - q * law.rho_hilbert
    density, hilbert = -g.imag / np.pi, g.real
    # At the cut -Im g^3/(3 pi) = rho H^2 - pi^2 rho^3/3; as omega moves by H(omega) d xi it takes
    # rho H^2 with it. Where b = q the factor b - q removes both.
    interaction_xi = -law.burgers - (b - q) * np.pi**2 * density**3 / 3
    return Terms(
        mse=law.deficit + q * q * law.mass + 4 * xi * interaction,
        interaction=interaction,
        mass=law.mass,
        rho_hilbert=law.rho_hilbert,
        x_rho_hilbert=law.x_rho_hilbert,
        density=density,
        hilbert=hilbert,
        mse_q=2 * q * law.mass - 4 * xi * law.rho_hilbert,
        mse_xi=-2 * law.x_rho_hilbert + 4 * interaction + 4 * xi * interaction_xi,
        interaction_xi=interaction_xi,
    )
