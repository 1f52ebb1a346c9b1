"""Training on infinitely many samples from a typical start, as a curve: a stand-in for d -> infinity.

The population flow needs matrices. Here they are as typical as a small dimension allows: the spectra of the
teacher and of Z(0) are the quantiles of their laws, and only the angle between the two eigenbases is drawn,
once and for all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from quadviz.law.teacher_law import marchenko_pastur_quantiles
from quadviz.law.teachers import Wishart
from quadviz.law.typical import typical_eigenvalues
from quadviz.setting import Setting
from quadviz.theory.flow.population import PopulationFlow, population_flow

__all__ = ["DIMENSION", "population_curve"]


#: Large enough for a smooth curve, small enough to follow a slider.
DIMENSION = 48


def population_curve(setting: Setting, times: ArrayLike, d: int = DIMENSION) -> PopulationFlow:
    """The population flow from a typical start.

    Args:
        setting: the setting; its alpha and delta are of no meaning here.
        times: times, >= 0, shape (T,).
        d: the dimension that stands for infinity; more where the teacher's rank is none of so few.

    Returns:
        The flow; its loss is that of labels without noise.

    Raises:
        ValueError: if a value is out of its range.

    >>> flow = population_curve(Setting(0.7, 0.3, alpha=1.0, lam=0.0, delta=0.0), times=[0.0, 100.0])
    >>> flow.mse.round(3).tolist()
    [4.825, 0.0]
    """
    s = setting
    if not isinstance(s.teacher, Wishart):
        d = max(d, int(0.5 / s.teacher.atoms(s.kappa_star).rank) + 1)
    start = s.gamma * marchenko_pastur_quantiles(s.kappa, d)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((d, d)))
    columns = int(np.count_nonzero(start))
    weights = rotation[:, :columns] * np.sqrt(start[:columns])
    teacher = np.diag(typical_eigenvalues(s.teacher, s.kappa_star, d))
    return population_flow(teacher, weights, times, s.lam, lam2=s.lam2)
