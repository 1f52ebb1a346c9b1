"""The Bayes-optimal error: how well any estimator could do that knows the model.

The best estimate given n quadratic measurements is the best denoising of Y = Z* + sqrt(xi) G, which keeps the
eigenvectors of Y and maps its eigenvalues x to x - 2 xi H(x). Its error and the effective noise solve

    2 alpha xi = mmse + delta/2,        mmse = xi - (4 pi^2/3) xi^2 int rho^3

(Maillard, Troiani, Martin, Krzakala, Zdeborova, arXiv 2408.03733). As 1 - 2 xi H' >= 0 on the support of
any free convolution with a semicircle, mmse/xi decreases with xi: there is one solution at each alpha.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import broadcast_parameters
from quadviz.theory.bracket import newton_in_bracket
from quadviz.theory.cubed_density import cubed_density
from quadviz.theory.thresholds import recovery_threshold

__all__ = ["BayesOptimal", "bayes_optimal"]

FloatArray = NDArray[np.float64]

#: The smallest xi looked for, relative to the largest possible: alpha is then at its threshold.
_CLEAN = 1e-15


@dataclass(frozen=True)
class BayesOptimal:
    """Bayes-optimal errors of one shape, with the parameters they belong to.

    Attributes:
        alpha: sample ratio n/d^2.
        kappa_star: teacher width m*/d.
        delta: label-noise variance.
        mmse: least possible mean of |Z - Z*|_F^2 / d over teachers and data. Exactly 0 where delta = 0 and
            alpha is at or above the recovery threshold kappa_star - kappa_star^2/2 (1/2 for kappa_star >= 1).
        xi: noise variance of the effective denoising problem.
    """

    alpha: FloatArray
    kappa_star: FloatArray
    delta: FloatArray
    mmse: FloatArray
    xi: FloatArray


def bayes_optimal(alpha: ArrayLike, kappa_star: ArrayLike, delta: ArrayLike) -> BayesOptimal:
    """The Bayes-optimal error in the limit d -> infinity, broadcasting like a ufunc.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa_star: teacher width m*/d, > 0.
        delta: label-noise variance, >= 0.

    Returns:
        Arrays of the broadcast shape.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    >>> bayes_optimal([0.1, 0.3, 0.5], kappa_star=0.5, delta=0).mmse.round(4).tolist()
    [1.4474, 0.2563, 0.0]
    """
    a, k, noise = broadcast_parameters(alpha=alpha, kappa_star=kappa_star, delta=delta)
    xi = np.zeros(a.shape)
    left = (noise > 0) | (a < recovery_threshold(k, k, "bayes"))
    if left.any():
        xi[left] = _effective_noise(a[left], k[left], noise[left])
    # The first equation gives the mmse without the cancellation of the second, unless the noise dominates.
    mmse = np.array(np.maximum(2 * a * xi - noise / 2, 0.0))
    hidden = left & (mmse < noise / 4)
    if hidden.any():
        mmse[hidden] = _mmse(k[hidden], xi[hidden])[0]
    return BayesOptimal(a, k, noise, np.minimum(mmse, 1 / k), xi)


def _mmse(kappa_star: FloatArray, xi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """mmse(xi) and its derivative."""
    cubed, slope = cubed_density(kappa_star, xi)
    c = 4 * np.pi**2 / 3
    return xi * (1 - c * xi * cubed), 1 - c * xi * (2 * cubed + xi * slope)


def _effective_noise(alpha: FloatArray, kappa_star: FloatArray, delta: FloatArray) -> FloatArray:
    """The xi that solves both equations."""

    def surplus(log_xi: FloatArray, index: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        xi = np.exp(log_xi)
        mmse, slope = _mmse(kappa_star[index], xi)
        needed = mmse + delta[index] / 2
        return np.log(needed / (2 * alpha[index] * xi)), xi * slope / needed - 1

    # mmse <= 1/kappa_star, the error of the mean of all teachers.
    high = np.log((1 / kappa_star + delta / 2) / (2 * alpha))
    low = np.maximum(np.log(np.maximum(delta, np.finfo(float).tiny) / (4 * alpha)), high + np.log(_CLEAN))
    return np.exp(newton_in_bracket(surplus, low, high, start=high))
