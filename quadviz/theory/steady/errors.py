"""How far rounding may have moved a solution of the steady-state equations: an estimate from their own terms.

Each side of the equations is a sum of terms that may cancel. A unit in the last place of the largest term,
taken through the inverse of the Jacobian, is what the solution may be off by. Where cancellation is mild this
is no more than a change of the last digit of alpha would do, and nothing to hold against the result.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.family import WISHART_FAMILY, Family
from quadviz.law.partial_integrals import Sizes
from quadviz.theory.steady.equations import Terms
from quadviz.theory.steady.newton import Problems

__all__ = ["mass_blur", "relative_error", "term_sizes"]


#: Rounding of a term, with a margin; and backward errors that are taken for none.
_UNIT, _NONE = 1e-16, 1e-12


def term_sizes(
    t: Terms,
    xi: FloatArray,
    q: FloatArray,
    cut: FloatArray,
    kappa_star: FloatArray,
    family: Family = WISHART_FAMILY,
) -> Sizes:
    """How large the terms are that the integrals above a cut are made of."""
    if t.sizes is not None:
        return t.sizes
    deficit = t.mse - q * q * t.mass - 4 * xi * t.interaction
    return family.sizes(t.hilbert, t.density, cut, kappa_star, xi, deficit)


def mass_blur(p: Problems, q: FloatArray, cut: FloatArray, t: Terms) -> FloatArray:
    """What the rounding of the mass above the cut leaves unknown of a rank-limited mse."""
    limited = cut > q
    if not limited.any():
        return np.zeros_like(cut)
    blur: FloatArray = np.where(limited, p.surplus(t)[1] / 4 * cut * cut, 0.0)
    return blur


def relative_error(
    p: Problems, xi: FloatArray, q: FloatArray, cut: FloatArray, t: Terms, blur: FloatArray
) -> FloatArray:
    """The relative error of mse, xi, q and train loss by rounding; 0 where the input's own is as large.

    Args:
        p: the parameters.
        xi: the solution, > 0.
        q: the solution.
        cut: where the spectrum is cut, q or omega.
        t: the terms there.
        blur: what :func:`mass_blur` says of them.

    Returns:
        One number a problem, not finite where there is nothing to trust.
    """
    sizes = term_sizes(t, xi, q, cut, p.kappa_star, p.family)
    memory = _UNIT * (sizes.x_rho_hilbert + q * sizes.rho_hilbert)
    first = _UNIT * sizes.deficit + 4 * xi * memory + blur
    total = 2 * p.alpha * xi
    backward = np.maximum(np.maximum(first / total, memory / p.alpha), first / t.mse)
    # The Jacobian of both equations, in log xi and log q.
    a11, a12 = (t.mse_xi - 2 * p.alpha) * xi, t.mse_q * q
    response = p.alpha - t.interaction
    a21 = -t.interaction_xi * xi
    a22 = np.where(p.lam > 0, response + q * t.interaction_fall, q * t.interaction_fall)
    pinned = q == 0
    a12, a21, a22 = np.where(pinned, 0.0, a12), np.where(pinned, 0.0, a21), np.where(pinned, 1.0, a22)
    second = np.where(pinned, 0.0, memory)
    determinant = np.abs(a11 * a22 - a12 * a21)
    in_xi = (np.abs(a22) * first + np.abs(a12) * second) / determinant
    in_q = (np.abs(a21) * first + np.abs(a11) * second) / determinant
    in_mse = np.minimum(total * in_xi, np.abs(t.mse_xi) * xi * in_xi + np.abs(a12) * in_q + first) / t.mse
    slack = np.where(pinned, memory / np.abs(response), 0.0)
    if p.lam2 is not None:
        # With Frobenius decay alone the response is a root that does not cancel.
        slack = np.where(p.lam == 0, memory / p.alpha, slack)
    error = np.maximum(np.maximum(in_xi, in_mse), in_xi + 2 * in_q + 2 * slack)
    return np.where(backward <= _NONE, np.where(np.isfinite(backward), 0.0, np.inf), error)
