"""What a sweep gives is what the package gives, whatever the workers; what fails is recorded."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

import quadviz
from quadviz import Levels, Setting, Sweep, open_sweep, run_sweep
from quadviz.sweep import run as running
from quadviz.sweep.cells import cell_seed
from tests.sweep import grids
from tests.sweep.grids import NOTES, SETTING, same, small


class Here(Executor):
    """Does its work at once, in this process, or in an order of its own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Any:
    return run_sweep(small(), tmp_path_factory.mktemp("once") / "store", executor=Here())


def test_theory_is_that_of_the_functions(data):
    alpha, kappa = np.array([0.2, 0.35, 0.6]), np.array([[0.5], [1.0]])
    state = quadviz.steady_state(alpha, kappa, **SETTING)
    for name in ("mse", "rank", "status", "regime"):
        np.testing.assert_array_equal(data[name].values, getattr(state, name))
        assert data[name].dims == ("kappa", "alpha")
    best = quadviz.bayes_optimal(alpha, 0.3, 0.5)
    np.testing.assert_array_equal(data.mmse.values, np.broadcast_to(best.mmse, (2, 3)))


def test_networks_are_those_of_minimise(data):
    seed = int(data.network_seed.sel(kappa=1.0, alpha=0.35, seed=2))
    setting = Setting(kappa=1.0, alpha=0.35, **SETTING)
    assert seed == cell_seed(2, 10, setting)
    end = quadviz.minimise(setting, 10, seed)
    here = data.sel(kappa=1.0, alpha=0.35, seed=2)
    assert (float(here.network_mse), float(here.network_train_loss)) == (end.mse, end.train_loss)
    assert np.unique(data.network_seed).size == 24  # no two networks share their draws
    rows = data.network_mse.values
    np.testing.assert_allclose(data.network_mse_mean, rows.mean(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(data.network_mse_error, rows.std(axis=-1, ddof=1) / 2, rtol=1e-9)


def test_it_says_what_it_is(data):
    assert data.alpha.attrs["label"] == "sample ratio"
    assert data.mse.attrs == {
        "long_name": "|Z - Z*|_F^2 / d; the population loss is mse/2 + delta/4",
        "symbol": "mse",
        "units": "1",
    }
    assert data.status.attrs["flag_meanings"] == "not_computed solved several failed"
    assert data.network_status.attrs["flag_meanings"] == "not_computed solved not_converged failed"
    assert Sweep.from_dict(json.loads(data.attrs["sweep"])) == small()
    assert json.loads(data.attrs["versions"])["numpy"] == np.__version__
    assert "tolerance = 1e-06" in data.attrs["network_tolerance"]
    assert (data.attrs["cells"], data.attrs["cells_done"], data.attrs["cells_failed"]) == (30, 30, 0)
    for name in data.variables:
        assert data[name].attrs["long_name"], name


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_whatever_the_workers(data, tmp_path, workers):
    assert same(run_sweep(small(), tmp_path / "store", workers=workers), data)


def test_the_same_in_any_order_and_by_any_executor(data, tmp_path, monkeypatch):
    ordered = running._left

    def shuffled(*arguments: Any) -> Any:
        left = ordered(*arguments)
        random.Random(1).shuffle(left)  # noqa: S311 - an order, no secret
        return left

    monkeypatch.setattr(running, "_left", shuffled)
    with ThreadPoolExecutor(3) as threads:
        assert same(run_sweep(small(), tmp_path / "threads", executor=threads), data)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert same(run_sweep(small(), tmp_path / "processes", executor=processes, workers=2), data)


def test_a_batch_gives_each_setting_what_it_gets_alone(tmp_path):
    alpha = np.linspace(0.05, 1, 9)
    names = ["mse", "thresholds", "optimal_lam", "optimal_mse", "optimal_pair"]
    grid = {"alpha": alpha, "kappa": [0.25, 1.0], **SETTING}
    whole = run_sweep(Sweep(grid=grid, theory=names), tmp_path / "all", executor=Here())
    few = {**grid, "alpha": alpha[[4, 7]]}
    part = run_sweep(Sweep(grid=few, theory=names), tmp_path / "few", executor=Here())
    for name in part.data_vars:
        np.testing.assert_array_equal(part[name], whole[name].isel(alpha=[4, 7]), err_msg=name)
    lam = quadviz.optimal_lam(alpha[4], [0.25, 1.0], 0.3, 0.5)
    np.testing.assert_array_equal(part.optimal_lam.isel(alpha=0), lam)
    assert float(part.optimal_mse[0, 1]) == quadviz.steady_state(alpha[4], 1.0, 0.3, lam[1], 0.5).mse


def test_nothing_is_done_twice(data, tmp_path, monkeypatch):
    monkeypatch.setenv(NOTES, str(tmp_path))
    monkeypatch.setattr(running, "do_unit", grids.counting)
    assert same(run_sweep(small(), tmp_path / "store", executor=Here()), data)
    begun = {path.name: path.stat().st_size for path in tmp_path.glob("*-*")}
    assert set(begun.values()) == {1}
    assert len(begun) == 25
    assert same(run_sweep(small(), tmp_path / "store", executor=Here()), data)
    assert {path.name: path.stat().st_size for path in tmp_path.glob("*-*")} == begun


def test_cells_that_fail_are_recorded_and_the_rest_goes_on(tmp_path):
    grid = {"kappa": 0.5, "alpha": [0.002, 0.35], **SETTING}
    spec = Sweep(grid=grid, theory=["mse"], networks={"d": [10, 30], "seeds": 2})
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    said = data.network_failure.sel(alpha=0.002, d=10)
    assert all("leaves no sample at d = 10" in str(text) for text in said.values)
    assert (data.network_status.sel(alpha=0.002, d=10) == 2).all()
    assert data.network_mse.sel(alpha=0.002, d=10).isnull().all()
    assert (data.network_failure.sel(alpha=0.35) == "").all()
    assert data.network_mse.sel(alpha=0.35).notnull().all()
    assert data.attrs["cells_failed"] == 2
    assert same(open_sweep(tmp_path / "store"), data)


def test_a_theory_cell_that_fails_leaves_its_batch_alone(tmp_path, monkeypatch):
    from quadviz.sweep import observables

    group = observables.GROUPS["steady"]

    def refuses(options: Any, **given: Any) -> Any:
        if np.any(np.isclose(given["alpha"], 0.35) & (given["kappa"] == 1.0)):
            raise ArithmeticError("not here")
        return group.solve(options, **given)

    broken = observables.Group(group.needs, group.columns, group.codes, group.batch, refuses)
    monkeypatch.setattr(observables, "GROUPS", {**observables.GROUPS, "steady": broken})
    spec = small(networks=None, theory=["mse"])
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    assert data.theory_failure.values.tolist() == [["", "", ""], ["", "ArithmeticError: not here", ""]]
    assert data.status.values.tolist() == [[0, 0, 0], [0, 2, 0]]
    assert np.isnan(data.mse.values).tolist() == [[False] * 3, [False, True, False]]
    assert data.regime.values[1, 1] == -1
    monkeypatch.undo()
    kept = run_sweep(spec, tmp_path / "store", executor=Here())
    assert kept.attrs["cells_failed"] == 1
    again = run_sweep(spec, tmp_path / "store", executor=Here(), retry_failed=True)
    assert again.attrs["cells_failed"] == 0
    assert (again.status == 0).all()


def test_training_in_time_and_marches(tmp_path):
    grid = {"kappa": 0.5, "alpha": [0.35, 0.6], **SETTING}
    march = {"times": [0, 0.5], "d_eff": 12, "replicas": 2, "copies": 4}
    course = {"d": 10, "seeds": [3], "method": "simulate", "times": [0, 1, 5], "observables": ["mse"]}
    spec = Sweep(grid=grid, networks=course, dmft=march)
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    assert data.network_mse.dims == ("alpha", "seed", "time")
    setting = Setting(kappa=0.5, alpha=0.6, **SETTING)
    run = quadviz.simulate(setting, 10, [0, 1, 5], int(data.network_seed[1, 0]))
    np.testing.assert_array_equal(data.network_mse[1, 0], run.mse)
    theory = quadviz.dmft(setting, [0, 0.5], d_eff=12, replicas=2, copies=4, threads=1)
    np.testing.assert_array_equal(data.dmft_mse[1], theory.mse)
    assert data.dmft_status.dims == ("alpha",)
    assert int(data.dmft_status[1]) == theory.status


def test_a_finite_size_and_levels(tmp_path):
    teacher = Levels([0.0, 0.5, 2.0])
    grid = {"kappa": 1.0, "alpha": [0.3, 0.6], "lam": 0.1, "delta": 0.5}
    asked = {"observables": ["mse", "mse_error"], "finite_size": 6, "inputs": "gaussian"}
    spec = Sweep(grid=grid, theory=asked, networks={"d": 10}, teacher=teacher)
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    one = quadviz.steady_state(0.6, 1.0, None, 0.1, 0.5, teacher=teacher, finite_size=6, inputs="gaussian")
    assert (float(data.mse[1]), float(data.mse_error[1])) == (one.mse, one.mse_error)
    assert (data.network_status == 0).all()


def test_a_setting_without_axes_is_a_sweep_of_one(tmp_path):
    spec = Sweep(grid={"kappa": 0.5, "alpha": 0.35, **SETTING}, theory=["mse"])
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    assert float(data.mse) == quadviz.steady_state(0.35, 0.5, **SETTING).mse


def test_settings_with_names(tmp_path):
    rows = [{"name": "narrow", "kappa": 0.25}, {"name": "wide", "kappa": 1.0}]
    spec = Sweep(grid={"alpha": [0.3, 0.6], **SETTING}, settings=rows, theory=["mse"])
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    there = quadviz.steady_state(0.6, 0.25, **SETTING)
    assert float(data.mse.sel(setting="narrow", alpha=0.6)) == there.mse
    assert data.kappa.dims == ("setting",)


def test_arguments_are_checked(tmp_path):
    with pytest.raises(ValueError, match=r"spec must be a quadviz\.Sweep"):
        run_sweep({}, tmp_path / "store")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"executor must be a concurrent\.futures\.Executor"):
        run_sweep(small(), tmp_path / "store", executor=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="workers must be a whole number >= 1"):
        run_sweep(small(), tmp_path / "store", workers=0)
    assert not list(tmp_path.iterdir())


def test_the_package_stays_light():
    code = (
        "import sys, quadviz; heavy = {'xarray', 'zarr', 'quadviz.sweep', 'distributed', 'h5netcdf'}; "
        "assert not heavy & set(sys.modules); quadviz.Sweep; "
        "assert heavy & set(sys.modules) == {'quadviz.sweep'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_spectra_are_observed_in_theory_and_in_networks(tmp_path):
    networks = {"d": [6, 10], "seeds": [3], "observables": ["train_loss", "eigenvalues", "mse"]}
    spec = small(theory=["spectrum", "mse"], networks=networks)
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    law = quadviz.learned_spectrum(0.35, 0.5, **SETTING)
    here = data.sel(kappa=0.5, alpha=0.35, seed=3)
    assert [float(here[n]) for n in ("atom_at_zero", "gap", "left_edge", "right_edge")] == [
        *(law.atom_at_zero, law.gap, law.edges.left, law.edges.right)
    ]
    assert data.spectrum_status.dims == ("kappa", "alpha")
    for d in (6, 10):
        one = here.sel(d=d)
        end = quadviz.minimise(Setting(kappa=0.5, alpha=0.35, **SETTING), d, int(one.network_seed))
        assert one.network_eigenvalues.dims == ("index",)
        np.testing.assert_array_equal(one.network_eigenvalues[:d], end.eigenvalues)
        assert np.isnan(one.network_eigenvalues[d:]).all()
        assert (float(one.network_train_loss), float(one.network_mse)) == (end.train_loss, end.mse)
    assert data.network_eigenvalues.attrs["symbol"] == "z"


def test_spectra_over_time(tmp_path):
    networks = {"d": 8, "seeds": 1, "method": "simulate", "times": [0, 1, 4], "observables": ["eigenvalues"]}
    data = run_sweep(small(theory=None, networks=networks), tmp_path / "store", executor=Here())
    one = data.sel(kappa=1.0, alpha=0.6, seed=0)
    setting, seed = Setting(kappa=1.0, alpha=0.6, **SETTING), int(one.network_seed)
    run = quadviz.simulate(setting, 8, [0, 1, 4], seed, eigenvalue_times=[0, 1, 4])
    assert one.network_eigenvalues.dims == ("time", "index")
    np.testing.assert_array_equal(one.network_eigenvalues, run.eigenvalues)
