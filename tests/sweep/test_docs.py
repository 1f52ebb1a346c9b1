"""The how-to does what it says: its Python runs, its TOML is a sweep, its SLURM is dask-jobqueue's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import quadviz
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def test_the_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first, *others = blocks("python")
    ten = first.split("\n\n", 1)[1].strip().splitlines()
    assert len(ten) == 10
    names: dict[str, Any] = {}
    exec(first, names)  # noqa: S102 - our own
    data = names["data"]
    theory = quadviz.steady_state(data.alpha.values, 0.5, 0.3, 0.1, 0.5)
    np.testing.assert_array_equal(data.mse.sel(kappa=0.5), theory.mse)
    off = (data.network_mse_mean - data.mse) / data.network_mse_error
    assert float(abs(off).median()) < 6  # of d = 30, and errors of four seeds
    lines = names["figure"].data
    assert [line.name for line in lines] == [
        "theory, κ = 0.5",
        "d = 30, κ = 0.5",
        "theory, κ = 1",
        "d = 30, κ = 1",
    ]
    np.testing.assert_array_equal(lines[1].error_y.array, data.network_mse_error.sel(kappa=0.5))
    assert Path("widths.html").stat().st_size > 1e6
    for block in others:
        exec(block, names)  # noqa: S102 - our own
    assert "networks: 64 cells in 64 units, 64 done" in capsys.readouterr().out
    with xarray.open_dataset("peaks.nc", engine="h5netcdf") as peaks:
        assert peaks.interpolation_mse.shape == (40, 30)
    data.to_netcdf("widths.nc", engine="h5netcdf")
    with xarray.open_dataset("widths.nc", engine="h5netcdf") as kept:
        assert kept.network_mse.equals(data.network_mse)


def test_the_file(tmp_path):
    (block,) = blocks("toml")
    (tmp_path / "widths.toml").write_text(block, encoding="utf-8")
    spec = quadviz.Sweep.from_toml(tmp_path / "widths.toml")
    assert spec.dims == {"kappa": 2, "alpha": 8, "lam": 3}
    assert spec.networks.seeds == tuple(range(10))
    assert spec.teacher == quadviz.Wishart()


def test_every_observable_is_named():
    from quadviz.sweep.observables import DMFT, NETWORKS, THEORY

    for name in {*THEORY, *NETWORKS, *DMFT}:
        assert f"`{name}`" in PAGE or name.endswith("_error"), name


@pytest.mark.slow
def test_the_example_for_slurm():
    jobqueue = pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed")
    (call,) = re.findall(r"SLURMCluster\((.*)\)$", PAGE, re.M)
    script = eval(f"cluster({call})", {"cluster": jobqueue.SLURMCluster}).job_script()  # noqa: S307 - our own
    assert "#SBATCH -t 08:00:00" in script
