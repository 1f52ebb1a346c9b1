"""The two steady-state equations and their derivatives, in closed form.

At long times the student's Z is a spectral function of the noisy teacher Y = Z* + sqrt(xi) G: take
Y - q, keep its positive eigenvalues and of those the largest kappa d. With omega the point that has
mass kappa above it and b = max(q, omega), the two unknowns solve (arXiv 2601.10483, steady state)

    2 alpha xi = mse + delta/2,        q (1 - I/alpha) = lam,
    I = int_b rho(x) H(x) (x - q) dx,
    mse = 1 + 1/kappa_star + int_b rho(x) (q^2 - x^2) dx + 4 xi I.

The derivatives follow from the complex Burgers equation dg/dxi = -g dg/dx; the boundary terms cancel
at b = q, where the integrands vanish, and at b = omega, whose mass is fixed.

A teacher that is not Wishart has another rho and its own second moment in place of 1 + 1/kappa_star; a
Frobenius decay shrinks what is kept by a factor s (:mod:`quadviz.theory.steady.penalty`), which makes

    I = s int_b rho H (x - q) dx,
    mse = m2 + s^2 int_b rho (x - q)^2 - 2 s int_b rho x (x - q) + 4 xi I.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.family import WISHART_FAMILY, Above, Family
from quadviz.law.partial_integrals import Sizes
from quadviz.theory.steady.penalty import Penalty

__all__ = ["Terms", "evaluate"]


@dataclass(frozen=True)
class Terms:
    """The law's integrals above b, and what the two equations need of them.

    Attributes:
        mse: |Z - Z*|_F^2 / d, to full relative accuracy also when it is O(xi).
        interaction: I, the memory that fitting leaves; 1 - I/alpha is the response of a residual.
        mass: mass above b.
        rho_hilbert: J = int_b rho H, positive.
        x_rho_hilbert: K = int_b rho H x, so that I = K - q J.
        density: rho(b).
        hilbert: H(b).
        mse_q: d mse / dq.
        mse_xi: d mse / dxi, along fixed q (b = q) or fixed mass (b = omega).
        interaction_xi: dI/dxi along the same.
        interaction_fall: -dI/dq, which is J without Frobenius decay, and positive.
        shrink: s, which is 1 without it.
        sizes: of the terms of the integrals, where the law tells them.
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
    interaction_fall: FloatArray
    shrink: FloatArray | float = 1.0
    sizes: Sizes | None = None


def evaluate(
    b: FloatArray,
    q: FloatArray,
    xi: FloatArray,
    kappa_star: FloatArray,
    family: Family = WISHART_FAMILY,
    penalty: Penalty | None = None,
) -> Terms:
    """Both sides of the steady-state equations at (xi, q), for eigenvalues above b.

    Args:
        b: where the spectrum is cut: q itself, or omega.
        q: shift of the spectrum, >= 0.
        xi: noise variance of the effective teacher, > 0.
        kappa_star: teacher width, > 0.
        family: the noisy laws of the teacher.
        penalty: the Frobenius decay, or None.

    Returns:
        Arrays of the common shape of the arguments.
    """
    law = family.above(b, kappa_star, xi, first=penalty is not None)
    interaction = law.x_rho_hilbert - q * law.rho_hilbert
    density = law.density
    # At the cut -Im g^3/(3 pi) = rho H^2 - pi^2 rho^3/3; as omega moves by H(omega) d xi it takes
    # rho H^2 with it. Where b = q the factor b - q removes both.
    interaction_xi = -law.burgers - (b - q) * np.pi**2 * density**3 / 3
    if penalty is not None:
        return _shrunk(law, q, xi, interaction, interaction_xi, penalty)
    return Terms(
        mse=law.deficit + q * q * law.mass + 4 * xi * interaction,
        interaction=interaction,
        mass=law.mass,
        rho_hilbert=law.rho_hilbert,
        x_rho_hilbert=law.x_rho_hilbert,
        density=density,
        hilbert=law.hilbert,
        mse_q=2 * q * law.mass - 4 * xi * law.rho_hilbert,
        mse_xi=-2 * law.x_rho_hilbert + 4 * interaction + 4 * xi * interaction_xi,
        interaction_xi=interaction_xi,
        interaction_fall=law.rho_hilbert,
        sizes=law.sizes,
    )


def _shrunk(
    law: Above, q: FloatArray, xi: FloatArray, kept: FloatArray, kept_xi: FloatArray, penalty: Penalty
) -> Terms:
    """The same with a Frobenius decay; ``kept`` is int_b rho H (x - q) and ``kept_xi`` its derivative."""
    assert law.moment1 is not None  # noqa: S101  # it was asked for
    j, k, mass, first, second = law.rho_hilbert, law.x_rho_hilbert, law.mass, law.moment1, law.moment2
    s, s_q, s_k = penalty.shrinkage(q, k)
    rest = 1 - s
    # A sum of positive terms but for the deficit: with s = 1 the one above.
    mse = (
        law.deficit
        + rest * rest * second
        + 2 * s * rest * q * first
        + s * s * q * q * mass
        + 4 * xi * s * kept
    )
    mse_s = -2 * rest * second + 2 * (rest - s) * q * first + 2 * s * q * q * mass + 4 * xi * kept
    s_xi = s_k * kept_xi
    return Terms(
        mse=mse,
        interaction=s * kept,
        mass=mass,
        rho_hilbert=j,
        x_rho_hilbert=k,
        density=law.density,
        hilbert=law.hilbert,
        mse_q=2 * s * rest * first + 2 * s * s * q * mass - 4 * xi * s * j + mse_s * s_q,
        mse_xi=2 * s * s * kept - 2 * s * q * j + 4 * xi * s * kept_xi + mse_s * s_xi,
        interaction_xi=s * kept_xi + s_xi * kept,
        interaction_fall=s * j - s_q * kept,
        shrink=s,
        sizes=law.sizes,
    )
