"""The descent to the end of training: where the flow ends, from any start, and honest where it gives up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quadviz import Setting, log_times, minimise, sample_problem, steady_state, train
from quadviz.simulation.minimise import minimise_problem

#: The width does not bind, with room to spare: kappa_min is 0.46.
WIDE = Setting(kappa=0.9, kappa_star=0.4, alpha=0.5, lam=0.2, delta=0.8)


def test_the_width_does_not_bind_here():
    state = steady_state(WIDE.alpha, WIDE.kappa, WIDE.kappa_star, WIDE.lam, WIDE.delta)
    assert state.kappa_min < 0.6


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
@pytest.mark.parametrize("kappa", [0.9, 1.4])
def test_it_ends_where_the_flow_ends(inputs, kappa):
    problem = sample_problem(replace(WIDE, kappa=kappa), 20, 1, inputs=inputs)
    end = minimise_problem(problem)
    *_, run = train(problem, log_times(1000), rtol=1e-7)
    assert end.converged
    for name in ("mse", "train_loss", "in_sample_error", "regularised_loss"):
        assert getattr(end, name) == pytest.approx(getattr(run, name)[-1], rel=1e-4), name
    np.testing.assert_allclose(end.eigenvalues, run.eigenvalues[0], atol=1e-3)
    assert end.evaluations < run.statistics.work / 2


def test_it_is_a_minimum_and_reports_what_it_found():
    problem = sample_problem(WIDE, 20, 3)
    end = minimise_problem(problem, tolerance=1e-7)
    slope, _ = problem.slope(end.weights)
    assert end.converged and np.max(np.abs(slope)) <= 1e-7
    assert end.gradient_norm == pytest.approx(np.max(np.abs(slope)), rel=1e-6)
    assert (end.mse, end.train_loss, end.in_sample_error, end.regularised_loss) == problem.observe(
        end.weights
    )
    np.testing.assert_allclose(end.eigenvalues, np.linalg.eigvalsh(end.weights @ end.weights.T), atol=1e-12)
    assert (end.setting, end.sizes, end.recipe, end.seed) == (WIDE, problem.sizes, problem.recipe, 3)
    rng = np.random.default_rng(0)
    for size in (1e-3, 1e-1, 1):
        beside = end.weights + size * rng.standard_normal(end.weights.shape)
        assert problem.observe(beside).regularised_loss > end.regularised_loss


def test_the_optimality_conditions_of_the_convex_problem_hold():
    """Z minimises over all Z >= 0: the gradient in Z is nowhere negative, and vanishes on the range of Z."""
    problem = sample_problem(WIDE, 20, 3)
    end = minimise_problem(problem, tolerance=1e-8)
    z, x, n = end.weights @ end.weights.T, problem.sensing.inputs, problem.sizes.n
    residuals = (np.einsum("ki,ij,kj->k", x, z, x) - np.trace(z)) / np.sqrt(20) - problem.labels
    field = 20 / n * ((x * residuals[:, None]).T @ x - residuals.sum() * np.eye(20)) / np.sqrt(20)
    gradient = field + 2 * WIDE.lam * np.eye(20)
    assert np.linalg.eigvalsh(gradient)[0] > -1e-4
    assert np.max(np.abs(gradient @ z)) < 1e-6


def test_the_start_does_not_matter_where_the_width_does_not_bind():
    problem = sample_problem(WIDE, 20, 3)
    elsewhere = replace(problem, start=3 * sample_problem(WIDE, 20, 4).start)
    one, other = (minimise_problem(p, tolerance=1e-8) for p in (problem, elsewhere))
    np.testing.assert_allclose(other.weights @ other.weights.T, one.weights @ one.weights.T, atol=1e-5)


def test_the_start_matters_where_it_binds():
    narrow = Setting(kappa=0.15, kappa_star=0.1, alpha=0.15, lam=0.01, delta=0.3)
    problem = sample_problem(narrow, 20, 3)
    starts = [sample_problem(narrow, 20, seed).start for seed in range(3, 9)]
    ends = [minimise_problem(replace(problem, start=start)) for start in starts]
    losses = [end.regularised_loss for end in ends]
    assert all(end.converged for end in ends) and np.max(losses) > 1.1 * np.min(losses)


def test_giving_up_is_said():
    end = minimise(WIDE, 20, 3, max_evaluations=10)
    assert not end.converged and end.gradient_norm > 1e-6
    assert end.evaluations <= 10 + 20  # SciPy ends the line search it is in
    assert end.regularised_loss < sample_problem(WIDE, 20, 3).observe(sample_problem(WIDE, 20, 3).start)[3]
    lost = minimise(replace(WIDE, gamma=1e250), 20, 3)
    assert not lost.converged


def test_the_same_seed_gives_the_same_bits():
    one, same = (minimise(WIDE, 20, 5) for _ in range(2))
    np.testing.assert_array_equal(one.weights, same.weights)


def test_a_watcher_ends_the_descent():
    class EnoughError(Exception):
        pass

    calls = []

    def watch() -> None:
        calls.append(1)
        if len(calls) == 5:
            raise EnoughError

    with pytest.raises(EnoughError):
        minimise_problem(sample_problem(WIDE, 20, 3), watch=watch)
    assert len(calls) == 5


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"tolerance": 0}, ValueError, r"^tolerance must be > 0, got 0$"),
        ({"tolerance": np.nan}, ValueError, r"^tolerance must be > 0, got nan$"),
        ({"max_evaluations": 0}, ValueError, r"^max_evaluations must be a whole number >= 1, got 0$"),
        ({"max_evaluations": 2.5}, TypeError, r"^max_evaluations must be a whole number >= 1, got 2\.5$"),
        ({"threads": 0}, ValueError, r"^threads must be a whole number >= 1, got 0$"),
        ({"inputs": "goe"}, ValueError, r"^inputs must be one of"),
    ],
)
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        minimise(WIDE, 20, **change)
