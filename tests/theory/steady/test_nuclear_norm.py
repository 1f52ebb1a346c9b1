"""A wide student against the convex problem it solves, handed to a convex solver.

For kappa >= 1 gradient flow with weight decay ends at the minimum over positive semidefinite Z of
L(Z) + (lam/d) tr Z: least squares with a nuclear norm (arXiv 2505.17958). Nothing of the theory enters the
solver, and no gradient flow either.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from quadviz import Regime, steady_state


def solved_by_interior_point(d, kappa_star, alpha, lam, delta, seed):
    """mse, train loss and rank fraction of one instance with GOE sensing matrices."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the solver's stack warns of on import is not ours
        import cvxpy as cp

    rng = np.random.default_rng([d, seed])
    n = round(alpha * d * d)
    w = rng.standard_normal((d, round(kappa_star * d)))
    teacher = (w @ w.T / w.shape[1]).ravel()
    x = rng.standard_normal((n, d, d))
    sensing = ((x + x.transpose(0, 2, 1)) / np.sqrt(2 * d)).reshape(n, -1)
    labels = sensing @ teacher + np.sqrt(delta) * rng.standard_normal(n)
    z = cp.Variable((d, d), PSD=True)
    loss = cp.sum_squares(sensing @ cp.vec(z, order="C") - labels) / (4 * n)
    problem = cp.Problem(cp.Minimize(loss + lam / d * cp.trace(z)))
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == cp.OPTIMAL
    learned = z.value
    rank = np.count_nonzero(np.linalg.eigvalsh(learned) > 1e-4) / d
    return ((learned.ravel() - teacher) ** 2).sum() / d, loss.value, rank


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "lam", "delta"), [(0.45, 0.1, 0.5), (0.4, 0.2, 0.0)])
def test_the_convex_minimum_is_the_steady_state(alpha, lam, delta):
    """The O(1/d) bias is removed by two sizes; what is left is the spread over seeds."""
    means, errors = [], []
    for d, seeds in ((15, 64), (30, 20)):
        runs = np.array([solved_by_interior_point(d, 0.4, alpha, lam, delta, s) for s in range(seeds)])
        means.append(runs.mean(0))
        errors.append(runs.std(0, ddof=1) / np.sqrt(seeds))
    limit, error = 2 * means[1] - means[0], np.hypot(2 * errors[1], errors[0])
    theory = steady_state(alpha, 1.0, 0.4, lam, delta)
    assert theory.regime == Regime.EXACT
    expected = np.array([theory.mse, theory.train_loss, theory.rank])
    assert np.all(error < 0.12 * expected)
    assert np.all(np.abs(limit - expected) < 3 * error)
