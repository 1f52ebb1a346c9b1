"""``quadviz sweep``: what it does to a store, what it says, and how its ends become statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from quadviz import Sweep, open_sweep, run_sweep
from quadviz.cli.main import main
from quadviz.sweep.lock import locked

Capture = pytest.CaptureFixture[str]

GRID = """
title = "widths"
[grid]
kappa = [0.5, 1.0]
alpha = { from = 0.2, to = 0.6, points = 3 }
kappa_star = 0.3
lam = 0.1
delta = 0.5
[theory]
observables = ["mse", "spectrum"]
[networks]
d = 8
seeds = 2
"""
#: Half of its networks have more weights than any machine holds.
FAILING = GRID.replace("d = 8", "d = [8, 100000]")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("grid.toml").write_text(GRID)
    return tmp_path


def test_a_sweep_from_its_file_to_its_numbers(capsys: Capture) -> None:
    assert main(["sweep", "grid.toml", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "networks: 12 cells in 12 units" in said.out
    assert "disk: about" in said.out
    assert not Path("grid.zarr").exists()
    assert main(["sweep", "grid.toml", "--workers", "1", "--out", "grid.nc"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["wrote grid.nc", "the sweep is in grid.zarr"]
    data = open_sweep("grid.zarr")
    again = run_sweep(Sweep.from_toml("grid.toml"), "other", workers=2)
    assert data.identical(again)
    assert np.isfinite(data.network_mse).all()
    assert Path("grid.nc").stat().st_size > 1000
    # Again: nothing is left, which its plan says, and a table of one part.
    assert main(["sweep", "grid.toml", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == {"theory": 6, "networks": 12}
    assert main(["sweep", "grid.toml", "grid.zarr", "--out", "networks.csv", "--kind", "networks"]) == 0
    head, *rows = Path("networks.csv").read_text().splitlines()
    assert len(rows) == 12
    assert "network_mse" in head.split(",")


def test_cells_that_fail_are_counted_and_stop_nothing(capsys: Capture) -> None:
    Path("failing.toml").write_text(FAILING)
    assert main(["sweep", "failing.toml", "store", "--workers", "1"]) == 0
    said = capsys.readouterr().err
    assert "12 cells failed; why is in store" in said
    data = open_sweep("store")
    assert data.attrs["cells_failed"] == 12
    assert "memory" in str(data.network_failure.sel(d=100000).values.flat[0]).lower()
    assert np.isfinite(data.network_mse.sel(d=8)).all()


def test_a_store_in_use_or_of_another_grid_is_refused(capsys: Capture) -> None:
    with locked(Path("grid.zarr")):
        assert main(["sweep", "grid.toml", "--workers", "1"]) == 1
    assert "grid.zarr is in use by process" in capsys.readouterr().err
    Path("theory.toml").write_text(GRID.split("[networks]")[0])
    assert main(["sweep", "theory.toml", "store", "--workers", "1"]) == 0
    Path("theory.toml").write_text(GRID.split("[networks]")[0].replace("lam = 0.1", "lam = 0.2"))
    capsys.readouterr()
    assert main(["sweep", "theory.toml", "store"]) == 1
    assert "grid.lam: the store has 0.1, this is 0.2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bad.toml"], "bad.toml: grid has no parameter 'kapa': did you mean 'kappa'?"),
        (["odd.toml"], "odd.toml: [networks] has no key 'sedes': did you mean 'seeds'?"),
        (["text.toml"], "text.toml: "),
        (["grid.toml", "--out", "g.json"], "must be .nc or .csv"),
        (["grid.toml", "--kind", "theori"], "did you mean theory?"),
        (["grid.toml", "--kind", "dmft"], "kind must be one that the sweep has, theory or networks"),
        (["grid.toml", "--out", "g.csv"], "give --kind theory or networks"),
        (["grid.toml", "--workers", "0"], "workers must be a whole number between 1"),
        ([], "FILE.toml"),
    ],
)
def test_refusals(capsys: Capture, arguments: list[str], said: str) -> None:
    Path("bad.toml").write_text(GRID.replace("kappa =", "kapa ="))
    Path("odd.toml").write_text(GRID.replace("seeds", "sedes"))
    Path("text.toml").write_text("kappa is 0.5")
    with pytest.raises(SystemExit) as stop:
        main(["sweep", *arguments])
    assert stop.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not Path("grid.zarr").exists()


def test_a_file_that_is_not_there_is_told(capsys: Capture) -> None:
    assert main(["sweep", "none.toml"]) == 1
    assert "none.toml" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals are those of POSIX")
def test_ctrl_c_says_how_far_it_came(folder: Path) -> None:
    import pty
    import termios

    Path("grid.toml").write_text(GRID.replace("d = 8", "d = 40").replace("seeds = 2", "seeds = 30"))
    mine, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    # Whoever started the tests may ignore it, and then the command would too.
    heeding = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", f"{heeding}from quadviz.cli.main import main; sys.exit(main())"]
    command += ["sweep", "grid.toml", "--workers", "1"]
    sweep = subprocess.Popen(command, stderr=terminal, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        until = time.monotonic() + 60
        while sum(path.is_file() for path in folder.glob("grid.zarr/networks/c/**/*")) < 3:
            assert time.monotonic() < until
            time.sleep(0.05)
        sweep.send_signal(signal.SIGINT)
        assert sweep.wait(30) == 130
    finally:
        sweep.kill()
        os.close(terminal)
    said = b""
    try:
        while part := os.read(mine, 65536):
            said += part
    except OSError:  # the other end is closed, and all is read
        pass
    os.close(mine)
    text = " ".join(said.decode().split())
    assert "/181" in text  # the bar of a terminal
    assert "of 181 units are done and safe in grid.zarr; run the same sweep" in text
    data = open_sweep("grid.zarr")
    assert 3 <= data.attrs["cells_done"] < 186
