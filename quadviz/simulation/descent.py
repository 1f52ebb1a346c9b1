"""Plain gradient descent, for networks small enough to be trained while a page opens."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.setting import Setting
from quadviz.simulation.problem import sample_problem

__all__ = ["trained_networks"]


#: The longest step of gradient descent: short enough for the steepest direction of a network of size 20.
_STEP = 0.008


def trained_networks(setting: Setting, d: int, seeds: Iterable[int], times: FloatArray) -> FloatArray:
    """The mse of networks trained by plain gradient descent, which follows the flow within a few percent.

    The integrator that follows it to all digits takes longer to import than these networks to train.

    Args:
        setting: the ratios.
        d: input dimension, about 20 at most.
        seeds: a seed for each network.
        times: increasing times > 0, shape (T,).

    Returns:
        The mse, shape (networks, T).
    """
    return np.array([_errors(setting, d, seed, times) for seed in seeds])


def _errors(setting: Setting, d: int, seed: int, times: FloatArray) -> list[float]:
    problem = sample_problem(setting, d, seed)
    weights, now, errors = problem.start.copy(), 0.0, []
    for time in times.tolist():
        steps = math.ceil((time - now) / _STEP)
        for _ in range(steps):
            weights -= (time - now) / steps * problem.slope(weights)[0]
        now = time
        errors.append(problem.observe(weights).mse)
    return errors
