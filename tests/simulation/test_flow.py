"""Gradient flow: against another integrator and closed forms, reproducible, stoppable, loud when it fails."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from quadviz import Setting, Simulation, SimulationError, log_times, sample_problem, simulate, train
from quadviz.simulation import flow
from quadviz.simulation.problem import Problem
from quadviz.simulation.sensing import GaussianInputs, svec_size

SETTING = Setting(kappa=0.5, kappa_star=0.3, alpha=0.4, lam=0.02, delta=0.5)
OBSERVABLES = ("mse", "train_loss", "in_sample_error", "regularised_loss")


def explicit(problem: Problem) -> np.ndarray:
    """The sensing matrices of a problem, shape (n, d, d)."""
    d = problem.sizes.d
    if problem.recipe.inputs == "network":
        x = problem.sensing.inputs
        return (np.einsum("ki,kj->kij", x, x) - np.eye(d)) / np.sqrt(d)
    matrices = np.zeros((problem.sizes.n, d, d))
    i, j = np.triu_indices(d)
    scaled = np.where(i == j, 1, np.sqrt(0.5)) * problem.sensing.coordinates
    matrices[:, i, j] = matrices[:, j, i] = scaled
    return matrices


def integrated(problem: Problem, times: np.ndarray) -> dict[str, np.ndarray]:
    """The observables by DOP853 on the explicit right-hand side."""
    d, n, lam = problem.sizes.d, problem.sizes.n, problem.setting.lam
    rows = explicit(problem).reshape(n, d * d)

    def velocity(_t, flat):
        w = flat.reshape(d, -1)
        field = (rows @ (w @ w.T).ravel() - problem.labels) @ rows
        return (-d / n * field.reshape(d, d) @ w - 2 * lam * w).ravel()

    span = (0, times[-1])
    done = solve_ivp(
        velocity, span, problem.start.ravel(), "DOP853", t_eval=times, rtol=1e-9, atol=1e-11, first_step=1e-6
    )
    assert done.success
    students = done.y.T.reshape(len(times), d, -1)
    z = np.array([w @ w.T for w in students]).reshape(len(times), d * d)
    train_loss = np.mean((z @ rows.T - problem.labels) ** 2, axis=1) / 4
    return {
        "mse": np.sum((z - problem.teacher.ravel()) ** 2, axis=1) / d,
        "train_loss": train_loss,
        "in_sample_error": np.mean((z @ rows.T - rows @ problem.teacher.ravel()) ** 2, axis=1) / 4,
        "regularised_loss": train_loss + lam / d * np.sum(students**2, axis=(1, 2)),
    }


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
@pytest.mark.parametrize(
    "change",
    [{}, {"gamma": 1e-3}, {"gamma": 10.0}, {"lam": 0.0}, {"kappa": 1.5, "alpha": 0.25}],
    ids=["default", "small start", "large start", "no decay", "wide"],
)
def test_against_another_integrator(inputs, change):
    problem = sample_problem(replace(SETTING, **change), 12, 1, inputs=inputs)
    times = np.array([0, 0.01, 0.1, 0.5, 2, 20])
    *_, run = train(problem, times)
    for name, values in integrated(problem, times).items():
        np.testing.assert_allclose(getattr(run, name), values, rtol=1e-4, err_msg=name)
    assert np.all(np.diff(run.regularised_loss) < 0)


def without_sampling_noise(setting: Setting, d: int, seed: int = 1) -> Problem:
    """A problem whose samples are a scaled orthonormal basis: its flow is the population's, exactly."""
    drawn = sample_problem(setting, d, seed)
    n = svec_size(d)
    sensing = GaussianInputs(np.sqrt(2 * n / d) * np.eye(n), d)
    labels = sensing.measure(drawn.teacher)
    return replace(drawn, sizes=replace(drawn.sizes, n=n), sensing=sensing, signal=labels, labels=labels)


def population(problem: Problem, t: float) -> np.ndarray:
    """Z(t) of THEORY section 9, with P = e^{2At} W0 and phi = (1 - e^{-4At})/A: P (I + P^T phi P)^-1 P^T."""
    a, basis = np.linalg.eigh(problem.teacher - problem.setting.lam * np.eye(problem.sizes.d))
    phi = np.sqrt(-np.expm1(-4 * a * t) / a)[:, None]
    grown = np.exp(2 * a * t)[:, None] * (basis.T @ problem.start)
    u, s, _ = np.linalg.svd(phi * grown, full_matrices=False)
    half = basis @ (u / phi * (s / np.hypot(1, s)))
    return half @ half.T


@pytest.mark.parametrize("kappa", [0.3, 0.6, 1.4])
def test_without_sampling_noise_it_is_the_population_flow(kappa):
    problem = without_sampling_noise(replace(SETTING, kappa=kappa, lam=0.1, delta=0), 14)
    times = np.array([0.01, 0.1, 0.3, 1.0])
    *_, run = train(problem, times)
    students = [population(problem, t) for t in times]
    mse = [np.sum((z - problem.teacher) ** 2) / 14 for z in students]
    np.testing.assert_allclose(run.mse, mse, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run.eigenvalues[0], np.linalg.eigvalsh(students[-1]), atol=1e-4)
    np.testing.assert_allclose(run.train_loss, run.mse / 2, rtol=1e-10)


def test_the_end_of_a_long_flow_is_the_soft_threshold():
    problem = without_sampling_noise(replace(SETTING, kappa=1.0, kappa_star=1.2, lam=0.1, delta=0), 14)
    *_, run = train(problem, log_times(1e4))
    teacher = np.linalg.eigvalsh(problem.teacher)
    np.testing.assert_allclose(run.eigenvalues[0], np.maximum(teacher - 0.1, 0), atol=1e-4)
    assert run.mse[-1] == pytest.approx(np.mean(np.minimum(teacher, 0.1) ** 2), rel=1e-3)
    assert run.times.size == 61 and run.complete


def test_many_samples_approach_the_population_flow():
    """The error is that of a mean over n samples: about four times smaller with sixteen times as many."""
    times, errors = [0.02, 0.05, 0.1], []
    for alpha in (15.0, 240.0):
        for seed in range(4):
            problem = sample_problem(replace(SETTING, alpha=alpha, delta=0, lam=0.1), 12, seed)
            *_, run = train(problem, times)
            exact = [np.sum((population(problem, t) - problem.teacher) ** 2) / 12 for t in times]
            errors.append(run.mse / exact - 1)
    few, many = np.sqrt(np.mean(np.square(errors).reshape(2, -1), axis=1))
    assert many < 0.03 and many < few / 2


def test_a_smaller_tolerance_is_more_accurate_and_more_work():
    problem = sample_problem(SETTING, 12, 3)
    exact = integrated(problem, np.array([0, 0.3, 3]))["mse"]
    errors, work = [], []
    for rtol in (1e-3, 1e-5, 1e-7):
        *_, run = train(problem, [0, 0.3, 3], rtol=rtol)
        errors.append(np.max(np.abs(run.mse / exact - 1)))
        work.append(run.statistics.work)
    assert errors[0] < 1e-2 and errors[1] < errors[0] / 10 and errors[2] < errors[1] / 10
    assert work[0] < work[1] < work[2]


@pytest.mark.parametrize("lam", [0.0, 0.05])
def test_the_regularised_loss_never_rises(lam):
    run = simulate(replace(SETTING, lam=lam), 16, log_times(1e4, points=400), 5)
    assert np.all(np.diff(run.regularised_loss) <= 1e-6 * run.regularised_loss[1:])
    assert run.regularised_loss[-1] < 0.2 * run.regularised_loss[0]


def test_other_output_times_change_nothing():
    few, many = (simulate(SETTING, 16, times, 2) for times in ([0.1, 1, 100], log_times(100, points=82)))
    shared = np.searchsorted(many.times, [0.1, 1, 100])
    np.testing.assert_allclose(many.times[shared], few.times, rtol=1e-12)
    for name in OBSERVABLES:
        np.testing.assert_allclose(getattr(many, name)[shared], getattr(few, name), rtol=1e-5)


def test_time_zero_alone_is_the_start():
    problem = sample_problem(SETTING, 16, 2)
    for times in ([0], 0.0):
        *_, run = train(problem, times, keep_weights=True)
        assert run.complete and run.fraction == 1 and run.statistics.work == 0
        np.testing.assert_array_equal(run.final_weights, problem.start)
        assert tuple(getattr(run, name).item() for name in OBSERVABLES) == problem.observe(problem.start)


@pytest.mark.parametrize("kappa", [0.5, 1.5])
def test_eigenvalues_and_weights_are_those_of_the_student(kappa):
    setting, times = replace(SETTING, kappa=kappa), [0, 0.5, 2, 8]
    run = simulate(setting, 16, times, 2, eigenvalue_times=[8, 0.5], keep_weights=True)
    np.testing.assert_array_equal(run.eigenvalue_times, [0.5, 8])
    z = run.final_weights @ run.final_weights.T
    np.testing.assert_allclose(run.eigenvalues[1], np.linalg.eigvalsh(z), atol=1e-12)
    assert np.count_nonzero(run.eigenvalues[0]) == min(16, run.sizes.m)
    decay = run.regularised_loss - run.train_loss
    np.testing.assert_allclose(run.eigenvalues.sum(1) * SETTING.lam / 16, decay[[1, 3]], rtol=1e-10)
    assert simulate(setting, 16, times, 2).final_weights is None
    assert simulate(setting, 16, times, 2, eigenvalue_times=[]).eigenvalues.shape == (0, 16)


def test_the_work_is_counted_and_begins_at_the_start(monkeypatch):
    problem = sample_problem(SETTING, 16, 2)
    calls = {"force": 0, "tangent": 0, "product": 0}
    force, tangent = problem.sensing.force, problem.sensing.tangent

    def counted_force(*arguments):
        calls["force"] += 1
        return force(*arguments)

    def counted_tangent(*arguments):
        calls["tangent"] += 1
        product = tangent(*arguments)

        def counted_product(change):
            calls["product"] += 1
            return product(change)

        return counted_product

    monkeypatch.setattr(problem.sensing, "force", counted_force)
    monkeypatch.setattr(problem.sensing, "tangent", counted_tangent)
    snapshots = list(train(problem, [1, 10]))
    spent = snapshots[-1].statistics
    assert astuple(spent)[1:4] == (calls["force"], calls["product"], calls["tangent"])
    assert spent.steps == len(snapshots)
    assert spent.work == calls["force"] + calls["product"] + calls["tangent"] / 2
    assert 0 < spent.wall_time < 10


def fields(run: Simulation) -> tuple[np.ndarray, ...]:
    return tuple(getattr(run, name) for name in (*OBSERVABLES, "times", "eigenvalues", "final_weights"))


def test_the_same_seed_gives_the_same_bits_whatever_else_runs():
    times = log_times(50)
    alone = simulate(SETTING, 20, times, 4, keep_weights=True)
    stop = threading.Event()

    def hammer():
        while not stop.is_set():
            np.random.seed(1)  # noqa: NPY002 - the state that everybody shares
            a = np.random.standard_normal((150, 150))  # noqa: NPY002 - the state that everybody shares
            np.linalg.eigh(a @ a.T)

    busy = threading.Thread(target=hammer)
    busy.start()
    try:
        again = simulate(SETTING, 20, times, 4, keep_weights=True)
    finally:
        stop.set()
        busy.join()
    for one, other in zip(fields(alone), fields(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_networks_trained_in_threads_are_those_trained_alone():
    """Where the linear algebra has two threads of its own, as it has in a notebook."""
    code = """
import threading
from threadpoolctl import threadpool_info
import numpy
from quadviz import Setting, simulate

def go(results):
    setting = Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5)
    results.append(simulate(setting, 50, [0, 0.1, 0.3], 1).mse.tolist())

before, results = [library["num_threads"] for library in threadpool_info()], []
go(results)
threads = [threading.Thread(target=go, args=(results,)) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(results) == 4 and all(result == results[0] for result in results), results
assert [library["num_threads"] for library in threadpool_info()][: len(before)] == before
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_stopped_anywhere_it_leaves_a_prefix_of_the_whole():
    problem, times = sample_problem(SETTING, 16, 2), log_times(100)
    runs = list(train(problem, times, eigenvalue_times=times[::10], keep_weights=True))
    whole = runs[-1]
    assert whole.complete and whole.reached == whole.end == 100 and whole.times.size == times.size
    assert whole.eigenvalues.shape == (7, 16) and whole.final_weights is not None
    reached, fractions = [run.reached for run in runs], [run.fraction for run in runs]
    assert reached[0] == fractions[0] == 0 and fractions[-1] == 1
    assert np.all(np.diff(reached) > 0) and np.all(np.diff(fractions) > 0)

    training = train(problem, times, eigenvalue_times=times[::10], keep_weights=True)
    stopped = next(run for run in training if run.times.size >= 25)
    training.close()
    seen, kept = stopped.times.size, stopped.eigenvalue_times.size
    assert (
        not stopped.complete and stopped.final_weights is None and 25 <= seen < 61 and kept == -(-seen // 10)
    )
    assert times[seen - 1] <= stopped.reached < times[seen]
    np.testing.assert_array_equal(stopped.times, times[:seen])
    for name in OBSERVABLES:
        np.testing.assert_array_equal(getattr(stopped, name), getattr(whole, name)[:seen])
    np.testing.assert_array_equal(stopped.eigenvalues, whole.eigenvalues[:kept])


def test_too_few_steps():
    with pytest.raises(SimulationError) as failure:
        simulate(SETTING, 16, log_times(1000), 2, max_steps=60)
    message = r"d = 16, seed 2: max_steps = 60 were taken by time \d.*: raise it, or rtol = 1e-05"
    assert failure.match(message)
    partial, whole = failure.value.partial, simulate(SETTING, 16, log_times(1000), 2)
    assert not partial.complete and partial.statistics.steps == 60 and 0 < partial.fraction < 1
    assert 5 < partial.mse.size < 61
    np.testing.assert_array_equal(partial.mse, whole.mse[: partial.mse.size])


def test_a_start_that_overflows():
    with pytest.raises(SimulationError, match=r"not finite after time 0: lower gamma = 1e\+250") as failure:
        simulate(replace(SETTING, gamma=1e250), 16, [0, 1])
    assert failure.value.partial.mse.tolist() == [np.inf]


class Failing:
    """A solver that ends as told after some steps."""

    def __init__(self, solver, steps, **ending):
        self.solver, self.left, self.ending = solver, steps, ending

    def init_step(self, *arguments):
        return self.solver.init_step(*arguments)

    def step(self, *arguments, **options):
        came = self.solver.step(*arguments, **options)
        self.left -= 1
        if self.left < 0:
            for name, value in self.ending.items():
                setattr(came, name, value)
        return came


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (
            {"success": False, "message": "The error test failed."},
            r"the integrator stopped at time \S+\. The error test failed\. Try another rtol than 1e-05$",
        ),
        ({"y": np.full(16 * 8, np.nan)}, r"not finite after time \S+: lower gamma = 1 or delta = 0\.5$"),
    ],
)
def test_a_failing_integrator(monkeypatch, ending, message):
    solver = flow._solver
    monkeypatch.setattr(flow, "_solver", lambda *given: Failing(solver(*given), 30, **ending))
    with pytest.raises(SimulationError, match=r"^d = 16, seed 2: .*" + message) as failure:
        simulate(SETTING, 16, [0, 1e-5, 1], 2)
    partial = failure.value.partial
    assert partial.times.tolist() == [0, 1e-5] and 1e-5 <= partial.reached < 1
    assert np.all(np.isfinite(partial.mse))


def test_results_and_failures_survive_pickling():
    run = simulate(SETTING, 16, [0, 1], keep_weights=True)
    copy = pickle.loads(pickle.dumps(run))  # noqa: S301 - our own
    assert (copy.setting, copy.sizes, copy.recipe) == (run.setting, run.sizes, run.recipe)
    assert copy.statistics == run.statistics
    for one, other in zip(fields(run), fields(copy), strict=True):
        np.testing.assert_array_equal(one, other)
    failure = pickle.loads(pickle.dumps(SimulationError("too long", run)))  # noqa: S301 - our own pickle
    assert str(failure) == "too long"
    np.testing.assert_array_equal(failure.partial.mse, run.mse)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"times": [0, 1, 1]}, ValueError, r"^times must increase, got 1 before 1$"),
        ({"times": [0, 2, 1]}, ValueError, r"^times must increase, got 2 before 1$"),
        ({"times": [-1, 1]}, ValueError, r"^times must be finite and >= 0, got -1$"),
        ({"times": [0, np.nan]}, ValueError, r"^times must be finite and >= 0, got nan$"),
        ({"times": [0, np.inf]}, ValueError, r"^times .* got inf$"),
        ({"times": []}, ValueError, r"^times must be one number or a sequence of them, got shape \(0,\)$"),
        ({"times": [[0, 1]]}, ValueError, r"^times .* got shape \(1, 2\)$"),
        ({"times": ["soon"]}, TypeError, r"^times must be numbers, got \['soon'\]$"),
        ({"times": [[1], [1, 2]]}, TypeError, r"^times must be numbers"),
        ({"eigenvalue_times": [1, 0.5]}, ValueError, r"^eigenvalue_times must be among times, got 0\.5$"),
        ({"rtol": 0}, ValueError, r"^rtol must be between 1e-12 and 0\.01, got 0$"),
        ({"rtol": np.nan}, ValueError, r"^rtol .* got nan$"),
        ({"max_steps": 0}, ValueError, r"^max_steps must be a whole number >= 1, got 0$"),
        ({"threads": 0}, ValueError, r"^threads must be a whole number >= 1, got 0$"),
        ({"threads": 1.5}, TypeError, r"^threads must be a whole number >= 1, got 1\.5$"),
    ],
)
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"setting": SETTING, "d": 16, "times": [0, 1], **change})


def test_training_refuses_before_the_first_step():
    with pytest.raises(ValueError, match="rtol"):
        train(sample_problem(SETTING, 16), [0, 1], rtol=1)


def test_a_result_is_not_changed_through_the_times_it_was_asked_for():
    times = np.array([0.0, 1.0, 2.0])
    run = simulate(SETTING, 16, times)
    times[:] = 7
    assert run.times.tolist() == [0, 1, 2]


def test_log_times():
    times = log_times(50, points=11, start=0.5)
    assert times[0] == 0 and times[1] == 0.5 and times[-1] == 50 and times.size == 11
    np.testing.assert_allclose(times[2:] / times[1:-1], 100 ** (1 / 9))
    with pytest.raises(ValueError, match=r"0 < start < end, got 1 and 0\.5"):
        log_times(0.5, start=1)
    with pytest.raises(ValueError, match=r"^points must be a whole number >= 3, got 2$"):
        log_times(10, points=2)
    with pytest.raises(TypeError, match=r"^points must be a whole number >= 3, got 4\.5$"):
        log_times(10, points=4.5)
