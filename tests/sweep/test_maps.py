"""Maps as files, and what a sweep will take before it starts."""

from __future__ import annotations

import csv
import tracemalloc

import numpy as np
import pytest
import xarray

import quadviz
from quadviz import Sweep, SweepError, export_sweep, open_sweep, plan_sweep, run_sweep
from quadviz.sweep.layout import layouts
from tests.sweep.grids import SETTING, small
from tests.sweep.test_run import Here

GRID = {"delta": np.linspace(0.1, 1, 7), "kappa": np.linspace(0.2, 1.2, 5), "kappa_star": 0.3}


def test_a_map_of_thresholds_as_netcdf(tmp_path):
    spec = Sweep(grid=GRID, theory=["thresholds"], title="the double-descent peak")
    run_sweep(spec, tmp_path / "store", executor=Here())
    export_sweep(tmp_path / "store", tmp_path / "map.nc")
    with xarray.open_dataset(tmp_path / "map.nc", engine="h5netcdf") as data:
        there = quadviz.interpolation_threshold(GRID["kappa"], 0.3, GRID["delta"][:, None])
        np.testing.assert_array_equal(data.interpolation_alpha, there.alpha)
        np.testing.assert_array_equal(data.interpolation_status, there.status)
        assert data.interpolation_alpha.dims == ("delta", "kappa")
        assert data.attrs["title"] == "the double-descent peak"
        assert data.kappa.attrs["label"] == "student width"


def test_everything_as_netcdf_is_what_open_sweep_gives(tmp_path):
    spec = small(dmft={"times": [0, 0.5], "d_eff": 12, "replicas": 2, "copies": 4})
    whole = run_sweep(spec, tmp_path / "store", executor=Here())
    export_sweep(tmp_path / "store", tmp_path / "all.nc")
    with xarray.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as data:
        for name in data.variables:
            np.testing.assert_array_equal(data[name], whole[name], err_msg=str(name))
            assert data[name].dims == whole[name].dims
        assert {*whole.variables} - {*data.variables} == {
            f"network_{name}_{what}" for name in ("mse", "train_loss") for what in ("mean", "error")
        }


def test_csv_has_a_row_a_cell(tmp_path):
    whole = run_sweep(small(), tmp_path / "store", executor=Here())
    export_sweep(tmp_path / "store", tmp_path / "networks.csv", kind="networks")
    with (tmp_path / "networks.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 24
    for row in rows:
        at = {"kappa": float(row["kappa"]), "alpha": float(row["alpha"]), "seed": int(row["seed"])}
        assert float(row["network_mse"]) == float(whole.network_mse.sel(at))
        assert row["network_status"] == "solved"
        assert (float(row["lam"]), int(row["d"])) == (0.1, 10)


def test_csv_of_a_list_of_settings_and_times(tmp_path):
    rows = [{"name": "narrow", "kappa": 0.3}, {"name": "wide", "kappa": 1.0}]
    networks = {"d": [10, 12], "method": "simulate", "times": [0, 1]}
    spec = Sweep(grid={"alpha": [0.3, 0.6], **SETTING}, settings=rows, networks=networks)
    data = run_sweep(spec, tmp_path / "store", executor=Here())
    export_sweep(tmp_path / "store", tmp_path / "map.csv")
    with (tmp_path / "map.csv").open(newline="") as source:
        table = list(csv.DictReader(source))
    assert len(table) == 2 * 2 * 2 * 2
    row = next(
        r
        for r in table
        if r["setting"] == "wide" and r["alpha"] == "0.6" and r["d"] == "12" and r["time"] == "1.0"
    )
    assert float(row["kappa"]) == 1.0
    assert float(row["network_mse"]) == float(
        data.network_mse.sel(setting="wide", alpha=0.6, d=12, seed=0, time=1)
    )


def test_eigenvalues_are_a_dimension_of_netcdf_and_columns_of_csv(tmp_path):
    spec = small(theory=None, networks={"d": [6, 8], "seeds": 2, "observables": ["eigenvalues", "mse"]})
    whole = run_sweep(spec, tmp_path / "store", executor=Here())
    export_sweep(tmp_path / "store", tmp_path / "all.nc")
    with xarray.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as data:
        assert data.network_eigenvalues.dims == ("kappa", "alpha", "d", "seed", "index")
        np.testing.assert_array_equal(data.network_eigenvalues, whole.network_eigenvalues)
    export_sweep(tmp_path / "store", tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as source:
        row = next(r for r in csv.DictReader(source) if (r["d"], r["seed"]) == ("6", "1"))
    at = {name: float(row[name]) for name in ("kappa", "alpha")}
    there = whole.sel(at).sel(d=6, seed=1).network_eigenvalues.values
    assert [float(row[f"network_eigenvalues_{k}"]) for k in range(1, 7)] == there[:6].tolist()
    assert row["network_eigenvalues_7"] == "nan"


def test_a_part_of_a_sweep_says_what_is_missing(tmp_path):
    run_sweep(small(), tmp_path / "store", executor=Here())
    (tmp_path / "store/networks/c/0/1/2/0").unlink()
    data = open_sweep(tmp_path / "store")
    assert data.attrs["cells_done"] == 29
    assert int(data.network_status[0, 1, 2]) == -1
    export_sweep(tmp_path / "store", tmp_path / "part.csv", kind="networks")
    assert (tmp_path / "part.csv").read_text().count("not_computed") == 1


class Peak:
    """The most memory that is taken, in bytes."""

    def __enter__(self) -> Peak:
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nc", "csv"])
def test_a_map_is_computed_and_written_in_the_memory_of_a_unit(tmp_path, ending):
    def asked(width: int) -> Sweep:
        grid = {"kappa": np.linspace(0.1, 1.5, width), "kappa_star": np.linspace(0.1, 1.5, 200)}
        names = ["recovery_alpha", "recovery_alpha_none", "recovery_alpha_bayes"]
        return Sweep(grid=grid, theory=names)

    run_sweep(asked(50), tmp_path / "warm", executor=Here())
    export_sweep(tmp_path / "warm", tmp_path / f"warm.{ending}")
    size = 1500 * 200 * 3 * 8
    with Peak() as sweep:
        assert run_sweep(asked(1500), tmp_path / "store", executor=Here(), workers=1, load=False) is None
    with Peak() as export:
        export_sweep(tmp_path / "store", tmp_path / f"map.{ending}")
    with Peak() as whole:
        open_sweep(tmp_path / "store")
    assert whole.bytes > size
    assert max(sweep.bytes, export.bytes) < size / 2


def test_what_is_not_a_map_is_refused(tmp_path):
    run_sweep(small(), tmp_path / "store", executor=Here())
    for path, kind, said in (
        ("a.csv", None, "a CSV file has one kind: choose one of theory, networks"),
        ("a.csv", "dmft", "kind must be one of theory, networks, got 'dmft'"),
        ("a.xlsx", None, r"path must end in \.nc or \.csv"),
    ):
        with pytest.raises(SweepError, match=said):
            export_sweep(tmp_path / "store", tmp_path / path, kind=kind)
    assert not list(tmp_path.glob("a.*"))


def test_a_plan_counts_and_computes_little(tmp_path):
    spec = small(dmft={"times": [0, 1], "d_eff": 12, "replicas": 2})
    plan = plan_sweep(spec, tmp_path / "store", workers=2)
    assert plan.cells == {"theory": 6, "networks": 24, "dmft": 6}
    assert plan.units == {"theory": 1, "networks": 24, "dmft": 6}
    assert plan.done == {"theory": 0, "networks": 0, "dmft": 0}
    assert plan.seconds > 0
    assert plan.memory > 1e8
    assert not (tmp_path / "store").exists()
    lines = str(plan).splitlines()
    assert lines[1] == "networks: 24 cells in 24 units"
    assert lines[-2].startswith("time: about ")
    assert plan.to_dict()["disk"] == plan.disk


def test_a_plan_knows_what_is_done_and_what_will_fail(tmp_path):
    run_sweep(small(), tmp_path / "store", executor=Here())
    plan = plan_sweep(small(), tmp_path / "store", workers=2)
    assert plan.done == {"theory": 6, "networks": 24}
    assert plan.seconds == 0
    tiny = small(grid={"kappa": 1.0, "alpha": [0.001, 0.35, 0.6], **SETTING})
    assert "leaves no sample" in str(plan_sweep(tiny))


def test_the_disk_that_is_planned_is_about_what_is_taken(tmp_path):
    spec = Sweep(
        grid={**GRID, "kappa": np.linspace(0.1, 1.5, 3000)}, theory=["recovery_alpha"], networks=None
    )
    run_sweep(spec, tmp_path / "store", executor=Here())
    taken = sum(path.stat().st_blocks * 512 for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert 0.3 * taken < plan_sweep(spec).disk < 3 * taken


def test_units_cover_every_cell_once():
    grid = {"kappa": np.linspace(0.1, 1, 30), "alpha": np.linspace(0.1, 1, 7001), **SETTING}
    layout = layouts(Sweep(grid=grid, theory=["mse"]))["theory"]
    seen = np.zeros((30, 7001), int)
    for index in layout.indices():
        seen[layout.region(index)] += 1
        assert layout.unit(index).given["alpha"].shape[0] == 1
    assert (seen == 1).all()
    assert np.prod(layout.chunk) <= 8192
