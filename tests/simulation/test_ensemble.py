"""Networks trained side by side: each the one trained alone, and a failure the business of its seed only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest

from quadviz import Setting, SimulationError, log_times, simulate, simulate_ensemble
from quadviz.simulation.simulate import Simulation

SETTING = Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.02, delta=0.5)
TIMES = log_times(100, points=7)
SEEDS = (5, 1, 3, 2)


@pytest.fixture(scope="module")
def alone() -> dict[int, Simulation]:
    return {seed: simulate(SETTING, 16, TIMES, seed, keep_weights=True) for seed in SEEDS}


@pytest.mark.parametrize("processes", [1, 2])
def test_each_network_is_the_one_trained_alone(alone, processes):
    ensemble = simulate_ensemble(
        SETTING, 16, SEEDS, TIMES, processes=processes, keep_weights=True, progress=False
    )
    assert ensemble.seeds == SEEDS and not ensemble.failures
    assert (ensemble.setting, ensemble.sizes, ensemble.recipe) == (
        SETTING,
        alone[5].sizes,
        alone[5].recipe,
    )
    np.testing.assert_array_equal(ensemble.times, TIMES)
    for run in ensemble.runs:
        for name in (
            "mse",
            "train_loss",
            "in_sample_error",
            "regularised_loss",
            "eigenvalues",
            "final_weights",
        ):
            np.testing.assert_array_equal(getattr(run, name), getattr(alone[run.seed], name), err_msg=name)

    for name in ("mse", "eigenvalues"):
        values = np.array([getattr(alone[seed], name) for seed in SEEDS])
        np.testing.assert_array_equal(ensemble.all(name), values)
        np.testing.assert_allclose(ensemble.mean(name), sum(values) / 4, rtol=1e-12)
        spread = np.sqrt(np.sum((values - sum(values) / 4) ** 2, axis=0) / 3)
        np.testing.assert_allclose(ensemble.standard_error(name), spread / 2, rtol=1e-10)


def test_a_single_network_has_no_standard_error(alone):
    ensemble = simulate_ensemble(SETTING, 16, iter([3]), TIMES, progress=False)
    np.testing.assert_array_equal(ensemble.mean("mse"), alone[3].mse)
    assert ensemble.standard_error("mse").shape == (7,) and np.all(np.isnan(ensemble.standard_error("mse")))


def test_options_reach_every_network():
    options = {"inputs": "gaussian", "label_noise": "laplace", "weights": "orthogonal", "rtol": 1e-4}
    ensemble = simulate_ensemble(
        SETTING, 12, [2], TIMES, eigenvalue_times=[0, 100], progress=False, **options
    )
    same = simulate(SETTING, 12, TIMES, 2, eigenvalue_times=[0, 100], **options)
    np.testing.assert_array_equal(ensemble.runs[0].mse, same.mse)
    np.testing.assert_array_equal(ensemble.runs[0].eigenvalues, same.eigenvalues)
    assert ensemble.recipe == same.recipe and ensemble.runs[0].final_weights is None


def test_a_network_that_fails_does_not_disturb_the_others(alone):
    """The limit on the steps lies between what the quickest takes and what the slowest takes."""
    steps = {seed: run.statistics.steps for seed, run in alone.items()}
    enough = max(steps.values()) - 1
    quick = tuple(seed for seed in SEEDS if steps[seed] <= enough)
    assert 0 < len(quick) < len(SEEDS)
    ensemble = simulate_ensemble(SETTING, 16, SEEDS, TIMES, processes=2, max_steps=enough, progress=False)
    assert ensemble.seeds == quick and set(ensemble.failures) == set(SEEDS) - set(quick)
    np.testing.assert_array_equal(ensemble.all("mse"), [alone[seed].mse for seed in quick])
    for seed, failure in ensemble.failures.items():
        assert isinstance(failure, SimulationError) and f"seed {seed}: max_steps = {enough}" in str(failure)
        seen = failure.partial.mse.size
        assert 0 < seen < 7
        np.testing.assert_array_equal(failure.partial.mse, alone[seed].mse[:seen])


def test_where_every_network_fails_there_is_no_ensemble():
    with pytest.raises(
        SimulationError, match=r"^every network failed; seed \d: .* max_steps = 5 "
    ) as failure:
        simulate_ensemble(SETTING, 16, [4, 6], TIMES, max_steps=5, processes=1, progress=False)
    assert failure.value.partial.statistics.steps == 5


@pytest.mark.slow
def test_processes_that_are_killed_are_reported():
    """As the system does where memory runs out: nobody can tell which network it was for."""
    mine = psutil.Process()

    def kill() -> None:
        while not (
            workers := [p for p in mine.children(recursive=True) if "popen_loky" in " ".join(p.cmdline())]
        ):
            stop.wait(0.05)
        stop.wait(1)
        workers[0].send_signal(signal.SIGKILL)

    stop, killer = threading.Event(), threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SimulationError, match=r"^every network failed; seed \d: ") as failure:
        simulate_ensemble(SETTING, 60, [1, 2], [1e6], processes=2, rtol=1e-9, progress=False)
    killer.join()
    assert failure.value.partial is None
    assert simulate_ensemble(SETTING, 16, [1, 2], [1], processes=2, progress=False).seeds == (1, 2)


def test_progress_is_shown_where_it_is_wanted(capfd):
    simulate_ensemble(SETTING, 12, [1, 2], [1], processes=1, progress=True)
    assert "networks of d = 12: 100%" in capfd.readouterr().err
    simulate_ensemble(SETTING, 12, [1, 2], [1], processes=1)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"seeds": [1, 2, 1]}, ValueError, r"^seeds must be different, and one at least, got \[1, 2, 1\]$"),
        ({"seeds": []}, ValueError, r"^seeds .* got \[\]$"),
        ({"seeds": [1, -2]}, ValueError, r"^seed must be a whole number >= 0, got -2$"),
        ({"seeds": [0.5]}, TypeError, r"^seed must be a whole number >= 0, got 0\.5$"),
        ({"processes": 0}, ValueError, r"^processes must be a whole number >= 1, got 0$"),
        ({"processes": 1.5}, TypeError, r"^processes must be a whole number >= 1, got 1\.5$"),
        ({"d": "16"}, TypeError, r"^d \(input dimension\) .* got '16'$"),
        ({"times": [1, 0]}, ValueError, r"^times must increase"),
        ({"weights": "none"}, ValueError, r"^weights must be one of"),
        ({"rtol": 1}, ValueError, r"^rtol must be between 1e-12 and 0\.01, got 1$"),
    ],
)
def test_bad_input_is_named(change, error, message):
    arguments = {"setting": SETTING, "d": 16, "seeds": [1], "times": [1], "progress": False}
    with pytest.raises(error, match=message):
        simulate_ensemble(**{**arguments, **change})


def test_memory_is_asked_for_all_that_run_at_a_time(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 3e5})())
    simulate_ensemble(SETTING, 16, [1, 2, 3], [0.1], processes=1, progress=False)
    with pytest.raises(
        MemoryError, match=r"^d = 16 needs \d+ kB of memory for 3 at a time, and 300 kB are free"
    ):
        simulate_ensemble(SETTING, 16, [1, 2, 3], [0.1], processes=3, progress=False)


def test_importing_quadviz_imports_none_of_what_simulations_need():
    code = "import sys, quadviz; print(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    late = {"joblib", "tqdm", "sksundae", "psutil", "threadpoolctl", "plotly", "ipywidgets", "scipy.optimize"}
    assert not late & set(done.stdout.split())
