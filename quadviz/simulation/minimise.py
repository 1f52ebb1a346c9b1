"""The end of training without the way there: the regularised loss, minimised by L-BFGS from the flow's start.

Where the width does not bind (kappa >= kappa_min) every minimum is global and the flow goes to the same Z.
Where it binds the landscape has other minima, and a descent of another kind need not end where the flow does.
Nor where there is no weight decay, and fewer samples than it takes to fix Z.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import real_number, whole_number
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting
from quadviz.simulation.problem import (
    LabelNoise,
    Observed,
    Problem,
    Recipe,
    TeacherWeights,
    eigenvalues,
    sample_problem,
    what_was_asked,
)
from quadviz.sizes import Sizes
from quadviz.threads import blas_threads

__all__ = ["Minimum", "minimise", "minimise_problem"]


#: Steps that L-BFGS remembers.
_MEMORY = 20


@dataclass(frozen=True, eq=False, repr=False)
class Minimum(Result):
    """Where a descent of the regularised loss ended (THEORY section 1; arXiv 2601.10483).

    It converts to tables: "minimum" with one row, "eigenvalues" with a row an eigenvalue.

    Attributes:
        setting: the ratios.
        sizes: the whole numbers they became at this d.
        recipe: what the problem was made of.
        seed: the seed.
        mse: |Z - Z*|_F^2 / d.
        train_loss: (1/4n) sum_k (Tr X_k Z - z_k)^2.
        in_sample_error: the same against the labels without their noise.
        regularised_loss: train_loss + (lam/d) |W|_F^2 + (lam2/2d) |W W^T|_F^2.
        eigenvalues: of Z = W W^T, increasing, shape (d,).
        weights: W, shape (d, m).
        gradient_norm: largest entry of the force that is left.
        converged: whether that is below the tolerance.
        evaluations: of loss and force together, each as dear as a force of the flow.
        wall_time: seconds.
    """

    setting: Setting
    sizes: Sizes
    recipe: Recipe
    seed: int
    mse: float
    train_loss: float
    in_sample_error: float
    regularised_loss: float
    eigenvalues: FloatArray
    weights: FloatArray
    gradient_norm: float
    converged: bool
    evaluations: int
    wall_time: float

    def sheets(self) -> dict[str, Sheet]:
        """What was seen at the end, and the eigenvalues."""
        about = what_was_asked(self.setting, self.sizes, self.recipe, self.seed)
        names = (*Observed._fields, "gradient_norm", "converged", "evaluations")
        values = {name: ((), getattr(self, name)) for name in names}
        index = (("index",), np.arange(self.sizes.d))
        return {
            "minimum": Sheet({}, about, values),
            "eigenvalues": Sheet(
                {"index": self.sizes.d},
                {**about, "index": index},
                {"eigenvalue": (("index",), self.eigenvalues)},
            ),
        }


def minimise(
    setting: Setting,
    d: int,
    seed: int = 0,
    *,
    inputs: Inputs = "network",
    label_noise: LabelNoise = "gaussian",
    weights: TeacherWeights = "gaussian",
    tolerance: float = 1e-6,
    max_evaluations: int = 20_000,
    threads: int = 1,
) -> Minimum:
    """The final state alone of the network that :func:`simulate` trains, in a fraction of its time.

    It minimises L + (lam/d) |W|_F^2 + (lam2/2d) |W W^T|_F^2 (THEORY sections 1 and 14; arXiv 2601.10483). It
    agrees with the flow where kappa >= kappa_min and lam > 0. It need not where the width limits the rank, or
    where lam = 0 leaves the minimum open.

    Args:
        setting: the ratios. ``lam = 0`` is no weight decay at all.
        d: input dimension, >= 2.
        seed: a whole number >= 0; the problem and its start are those of :func:`simulate`.
        inputs: kind of samples; this and the next two as in :func:`sample_problem`.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights.
        tolerance: largest entry of dW/dt to stop at.
        max_evaluations: when to give up; then ``converged`` is False.
        threads: threads of the linear algebra.

    Returns:
        Where the descent ended, with eigenvalues of shape (d,) and weights of shape (d, m).

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, or m, m* or n would be 0.
        MemoryError: before anything is allocated, if it would not fit.

    >>> end = minimise(Setting(0.9, 0.4, 0.5, lam=0.2, delta=0.8), d=20, seed=1)
    >>> end.converged, end.eigenvalues.shape
    (True, (20,))
    """
    problem = sample_problem(setting, d, seed, inputs=inputs, label_noise=label_noise, weights=weights)
    return minimise_problem(problem, tolerance=tolerance, max_evaluations=max_evaluations, threads=threads)


def minimise_problem(
    problem: Problem,
    *,
    tolerance: float = 1e-6,
    max_evaluations: int = 20_000,
    threads: int = 1,
    watch: Callable[[], None] | None = None,
) -> Minimum:
    """As :func:`minimise`, for a problem already drawn.

    Args:
        problem: what is trained.
        tolerance: largest entry of dW/dt to stop at, > 0.
        max_evaluations: when to give up.
        threads: threads of the linear algebra.
        watch: called before every evaluation; what it raises ends the descent.

    Raises:
        TypeError: if a count is not a whole number.
        ValueError: if the tolerance is not positive, or a count is below 1.
    """
    from scipy.optimize import minimize  # slow to import, and not needed to import quadviz

    tolerance = real_number("tolerance", tolerance, "> 0", np.finfo(float).tiny, np.finfo(float).max)
    max_evaluations = whole_number("max_evaluations", max_evaluations, 1)
    threads = whole_number("threads", threads, 1)
    shape, p = problem.start.shape, problem

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        """d times the regularised loss, whose gradient is minus the flow's velocity."""
        if watch is not None:
            watch()
        slope, residuals = p.slope(flat.reshape(shape))
        value = p.sizes.d * float(residuals @ residuals) / (4 * p.sizes.n)
        return value + p.penalty(flat.reshape(shape)), slope.ravel()

    began = time.perf_counter()
    with blas_threads(threads), np.errstate(over="ignore", invalid="ignore"):
        found = minimize(
            loss,
            p.start.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "gtol": tolerance,
                "ftol": 0.0,
                "maxcor": _MEMORY,
                "maxiter": max_evaluations,
                "maxfun": max_evaluations,
            },
        )
        weights = found.x.reshape(shape)
        left = float(np.max(np.abs(found.jac)))
        return Minimum(
            setting=p.setting,
            sizes=p.sizes,
            recipe=p.recipe,
            seed=p.seed,
            **p.observe(weights)._asdict(),
            eigenvalues=eigenvalues(weights),
            weights=weights,
            gradient_norm=left,
            converged=left <= tolerance,
            evaluations=int(found.nfev),
            wall_time=time.perf_counter() - began,
        )
