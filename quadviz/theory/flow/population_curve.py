"""Training on infinitely many samples from a typical start, as a curve: a stand-in for d -> infinity.

The population flow needs matrices. Here they are as typical as a small dimension allows: the spectra of the
teacher and of Z(0) are the quantiles of their Marchenko-Pastur laws, and only the angle between the two
eigenbases is drawn, once and for all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quadviz.law.teacher_law import marchenko_pastur_quantiles
from quadviz.theory.flow.population import PopulationFlow, population_flow

__all__ = ["DIMENSION", "population_curve"]


#: Large enough for a smooth curve, small enough to follow a slider.
DIMENSION = 48


def population_curve(
    kappa: float, kappa_star: float, lam: float, gamma: float, times: ArrayLike, d: int = DIMENSION
) -> PopulationFlow:
    """The population flow from a typical start.

    Args:
        kappa: student width, > 0.
        kappa_star: teacher width, > 0.
        lam: weight decay, >= 0.
        gamma: initial variance, > 0.
        times: times, >= 0, shape (T,).
        d: the dimension that stands for infinity.

    Returns:
        The flow; its loss is that of labels without noise.

    Raises:
        ValueError: if a value is out of its range.

    >>> flow = population_curve(0.7, 0.3, lam=0.0, gamma=1.0, times=[0.0, 100.0])
    >>> flow.mse.round(3).tolist()
    [4.825, 0.0]
    """
    start = gamma * marchenko_pastur_quantiles(kappa, d)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((d, d)))
    columns = int(np.count_nonzero(start))
    weights = rotation[:, :columns] * np.sqrt(start[:columns])
    return population_flow(np.diag(marchenko_pastur_quantiles(kappa_star, d)), weights, times, lam)
