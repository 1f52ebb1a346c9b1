"""What turns runs at a few sizes into statements about d -> infinity, and samples into distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from quadviz import LearnedSpectrum, NoisyTeacherLaw, Problem
from quadviz.arrays import FloatArray

__all__ = [
    "Extrapolation",
    "Residuals",
    "expected_distance",
    "extrapolate",
    "quadratic_form",
    "residuals",
    "spectrum_distance",
]


@dataclass(frozen=True)
class Extrapolation:
    """A line in 1/d through means at a few d.

    Attributes:
        limit: its value at 1/d = 0.
        error: standard error of that.
        slope: the coefficient of 1/d.
        misfit: chi squared of the means about the line, one degree of freedom fewer than sizes less one. Far
            above that the line is not the whole truth: the next power of 1/d can be seen.
    """

    limit: float
    error: float
    slope: float
    misfit: float

    def distance(self, theory: float) -> float:
        """How far the limit lies above a theory, in standard errors."""
        return (self.limit - theory) / self.error

    def meets(self, theory: float, errors: float = 3.0, share: float = 0.03) -> bool:
        """Whether it lies within so many standard errors of a theory, or within that share of it."""
        return abs(self.limit - theory) <= max(errors * self.error, share * abs(theory))


def extrapolate(d: Sequence[int], means: ArrayLike, errors: ArrayLike, runs: ArrayLike) -> Extrapolation:
    """Weighted least squares for mean = limit + slope/d.

    A spectral observable spreads over seeds by c/d. One c is estimated from all the sizes together: a spread
    estimated from the few runs of the largest d alone would make weights, and an error, of pure chance.

    Args:
        d: sizes, two or more different ones.
        means: mean over seeds at each.
        errors: standard error of each.
        runs: seeds behind each, two or more somewhere.
    """
    size, mean, error, count = (np.asarray(values, dtype=np.float64) for values in (d, means, errors, runs))
    several = count > 1
    spread = (size * error)[several] ** 2 * count[several]
    c = np.sqrt(np.sum((count[several] - 1) * spread) / np.sum(count[several] - 1))
    pooled = c / (size * np.sqrt(count))
    design = np.stack([np.ones_like(size), 1 / size], axis=1) / pooled[:, None]
    covariance = np.linalg.inv(design.T @ design)
    limit, slope = covariance @ design.T @ (mean / pooled)
    misfit = np.sum(((mean - limit - slope / size) / pooled) ** 2)
    return Extrapolation(float(limit), float(np.sqrt(covariance[0, 0])), float(slope), float(misfit))


def spectrum_distance(eigenvalues: ArrayLike, spectrum: LearnedSpectrum, zero: float) -> float:
    """Kolmogorov distance between eigenvalues of Z and the learned law, for one setting.

    Eigenvalues up to ``zero`` are ties at the atom: they count as 0, where the share of them is compared with
    the atom's mass. Beyond it the distance is the larger of the two at each step of the empirical law.

    Args:
        eigenvalues: pooled over runs, any shape.
        spectrum: the law, of a single setting.
        zero: what counts as zero.
    """
    values = np.sort(np.ravel(eigenvalues))
    state, n = spectrum.state, values.size
    ties = int(np.count_nonzero(values <= zero))
    cut = np.maximum(values[ties:] + state.q.item(), spectrum.cut.item())
    law = 1 - NoisyTeacherLaw(state.kappa_star.item(), state.xi.item()).mass_above(cut)
    steps = np.arange(ties, n + 1) / n
    beyond = np.maximum(np.abs(law - steps[:-1]), np.abs(law - steps[1:]))
    return float(np.max(beyond, initial=abs(ties / n - spectrum.atom_at_zero.item())))


@dataclass(frozen=True)
class Residuals:
    """What the residuals of one network look like beside the normal law.

    Attributes:
        distance: Kolmogorov distance of the standardised residuals from the normal law.
        skewness: third standardised cumulant.
        kurtosis: fourth, the excess over 3.
        variance: over four times the train loss; 1 unless their mean is not zero.
    """

    distance: float
    skewness: float
    kurtosis: float
    variance: float


def residuals(r: FloatArray, train_loss: float) -> Residuals:
    """Residuals of one network, shape (n,), compared with the normal law."""
    return Residuals(
        distance=_normal_distance(r),
        skewness=float(stats.skew(r)),
        kurtosis=float(stats.kurtosis(r)),
        variance=float(np.var(r)) / (4 * train_loss),
    )


def _normal_distance(r: FloatArray) -> float:
    return float(stats.kstest((r - r.mean()) / r.std(), "norm").statistic)


def expected_distance(n: int, draws: int = 200) -> tuple[float, float]:
    """Mean and 95% quantile of that distance for n normal samples, standardised in the same way."""
    rng = np.random.default_rng(n)
    distances = [_normal_distance(rng.standard_normal(n)) for _ in range(draws)]
    return float(np.mean(distances)), float(np.quantile(distances, 0.95))


def quadratic_form(problem: Problem, weights: FloatArray) -> tuple[float, float]:
    """Skewness and excess kurtosis that a residual has on a fresh network input at this d.

    x^T A x with A = Z - Z* has the cumulants 2^(k-1) (k-1)! tr A^k; Gaussian label noise adds to the variance
    alone. They vanish as d^(-1/2) and 1/d.
    """
    powers = np.linalg.eigvalsh(weights @ weights.T - problem.teacher)
    d = problem.sizes.d
    variance = 2 * np.sum(powers**2) / d + problem.setting.delta
    skewness = 8 * np.sum(powers**3) / d**1.5 / variance**1.5
    return float(skewness), float(48 * np.sum(powers**4) / d**2 / variance**2)
