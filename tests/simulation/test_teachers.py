"""Networks, mean-field marches and flows with other teachers and a Frobenius decay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from quadviz import (
    Levels,
    Orthogonal,
    PowerLaw,
    Setting,
    dmft,
    minimise,
    population_flow,
    sample_problem,
    simulate_ensemble,
    steady_state,
    train,
)
from quadviz.simulation.final import follows_flow

SETTING = Setting(0.7, 0.3, 0.4, lam=0.1, delta=0.3, lam2=0.2, teacher=Orthogonal())


def velocity(problem, weights):
    """dW/dt of THEORY sections 1 and 14, written out."""
    learned, n = weights @ weights.T, problem.sizes.n
    residuals = problem.sensing.measure(learned) - problem.labels
    pull, d = np.zeros_like(learned), problem.sizes.d
    for k in range(n):
        one = problem.sensing.measure
        pull += residuals[k] * sensing_matrix(one, k, d)
    s = problem.setting
    return -((d / n) * pull + 2 * s.lam * np.eye(d) + 2 * s.lam2 * learned) @ weights


def sensing_matrix(measure, k, d):
    """X_k, from what it measures of the symmetric unit matrices."""
    x = np.zeros((d, d))
    for i in range(d):
        for j in range(i, d):
            unit = np.zeros((d, d))
            unit[i, j] = unit[j, i] = 1
            value = measure(unit)[k]
            x[i, j] = x[j, i] = value if i == j else value / 2
    return x


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
def test_the_force_is_that_of_both_decays(inputs):
    problem = sample_problem(SETTING, 6, 1, inputs=inputs)
    slope, _ = problem.slope(problem.start)
    np.testing.assert_allclose(-slope, velocity(problem, problem.start), rtol=1e-10)
    change = 1e-6 * np.random.default_rng(0).standard_normal(problem.start.shape)
    moved = problem.slope_tangent(problem.start, change)
    without = replace(problem, setting=replace(SETTING, lam=0.0, lam2=0.0))

    def decay(w):
        return problem.slope(w)[0] - without.slope(w)[0]

    np.testing.assert_allclose(
        decay(problem.start + change) - decay(problem.start - change), 2 * moved, atol=1e-14
    )


@pytest.mark.parametrize("teacher", [Orthogonal(), PowerLaw(0.3), Levels([0, 0, 0.5, 2.5])])
def test_the_flow_against_another_integrator(teacher):
    kappa_star = None if isinstance(teacher, Levels) else 0.3
    setting = Setting(0.7, kappa_star, 0.4, lam=0.1, delta=0.3, lam2=0.2, teacher=teacher)
    problem = sample_problem(setting, 12, 2)
    times = np.array([0, 0.1, 1.0, 20.0])
    *_, run = train(problem, times)
    shape = problem.start.shape
    found = solve_ivp(
        lambda _, y: -problem.slope(y.reshape(shape))[0].ravel(),
        (0, 20),
        problem.start.ravel(),
        t_eval=times,
        rtol=1e-9,
        atol=1e-11,
        method="BDF",
    )
    for i, flat in enumerate(found.y.T):
        seen = problem.observe(flat.reshape(shape))
        for name, value in seen._asdict().items():
            assert getattr(run, name)[i] == pytest.approx(value, rel=1e-4)
    assert np.all(np.diff(run.regularised_loss) < 0)


def test_the_teacher_of_a_problem_has_its_levels():
    problem = sample_problem(replace(SETTING, teacher=PowerLaw(0.3)), 20, 3)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(problem.teacher), PowerLaw(0.3).eigenvalues(20, 0.3), atol=1e-12
    )
    table = problem.to_dict()["coords"]
    assert table["lam2"] == 0.2 and table["teacher_law"] == "PowerLaw(0.3, levels=50)"
    with pytest.raises(ValueError, match="weights must be 'gaussian' beside Orthogonal"):
        sample_problem(SETTING, 10, weights="rademacher")
    plain = sample_problem(Setting(0.7, 0.3, 0.4, lam=0.1, delta=0.3), 10).to_dict()["coords"]
    assert "lam2" not in plain and "teacher_law" not in plain


def test_the_descent_ends_where_the_flow_does():
    setting = replace(SETTING, kappa=1.0)
    end = minimise(setting, 14, 5)
    assert end.converged and not follows_flow(setting) and follows_flow(replace(SETTING, kappa=0.2))
    *_, run = train(sample_problem(setting, 14, 5), [500.0])
    assert run.mse[-1] == pytest.approx(end.mse, rel=1e-3)
    assert run.regularised_loss[-1] == pytest.approx(end.regularised_loss, rel=1e-6)


def test_an_ensemble_nears_the_theory():
    setting = Setting(1.0, 0.5, 0.5, lam=0.1, delta=0.3, lam2=0.2, teacher=Orthogonal())
    runs = simulate_ensemble(setting, d=24, seeds=range(6), times=[100.0], inputs="gaussian", processes=1)
    s = steady_state(0.5, 1.0, 0.5, 0.1, 0.3, 0.2, teacher=Orthogonal())
    spread = 4 * runs.standard_error("mse")[-1]
    assert abs(runs.mean("mse")[-1] - s.mse) < spread + 0.1 * s.mse


def test_population_flow_with_frobenius_decay():
    rng = np.random.default_rng(2)
    root = rng.standard_normal((6, 4))
    z_star, start = root @ root.T / 4, rng.standard_normal((6, 3))
    times = np.array([0.0, 0.1, 0.5, 3.0])
    flow = population_flow(z_star, start, times, lam=0.1, delta=0.4, lam2=0.5)

    def slope(_, y):
        w = y.reshape(6, 3)
        return (-2 * (1.5 * w @ w.T - z_star + 0.1 * np.eye(6)) @ w).ravel()

    found = solve_ivp(slope, (0, 3), start.ravel(), t_eval=times, rtol=1e-11, atol=1e-13)
    for i, flat in enumerate(found.y.T):
        w = flat.reshape(6, 3)
        assert flow.mse[i] == pytest.approx(np.sum((w @ w.T - z_star) ** 2) / 6, rel=1e-8)
        np.testing.assert_allclose(flow.eigenvalues[i], np.linalg.eigvalsh(w @ w.T), atol=1e-8)
    assert flow.lam2 == 0.5 and flow.to_dict()["coords"]["lam2"] == 0.5
    np.testing.assert_allclose(flow.loss, flow.mse / 2 + 0.1)


def test_a_march_with_infinitely_many_samples_is_the_population_flow():
    setting = replace(SETTING, alpha=1e12, delta=0.0, teacher=PowerLaw(0.3))
    times = [0.1, 0.5, 2.0, 10.0]
    run = dmft(setting, times, d_eff=20, replicas=2, copies=2, seed=1)
    # The march has the eigenvalues of a smaller matrix.
    teacher = np.diag(np.repeat(PowerLaw(0.3).eigenvalues(20, 0.3), 5))
    rng = np.random.default_rng(4)
    starts = rng.standard_normal((4, 100, 70)) / np.sqrt(70)
    flows = [population_flow(teacher, start, times, lam=0.1, lam2=0.2).mse for start in starts]
    np.testing.assert_allclose(run.mse, np.mean(flows, axis=0), rtol=0.05)
    np.testing.assert_allclose(run.mse[-1], np.mean(flows, axis=0)[-1], rtol=1e-4)


@pytest.mark.slow
def test_a_march_ends_at_the_steady_state():
    setting = Setting(0.9, 0.5, 1.0, lam=0.3, delta=0.3, lam2=0.3, teacher=Orthogonal())
    run = dmft(setting, [0.1, 1.0, 30.0], d_eff=40, replicas=4)
    s = steady_state(1.0, 0.9, 0.5, 0.3, 0.3, 0.3, teacher=Orthogonal())
    assert run.mse[-1] == pytest.approx(s.mse, rel=0.03)
    assert run.train_loss[-1] == pytest.approx(s.train_loss, rel=0.05)
