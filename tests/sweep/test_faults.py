"""What happens to a sweep overnight: killed workers and owners, full disks, damaged cells, a second one."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from quadviz import (
    SweepInterrupted,
    SweepStopped,
    SweepStoreError,
    open_sweep,
    plan_sweep,
    run_sweep,
)
from quadviz.sweep import local
from quadviz.sweep import run as running
from quadviz.sweep import store as storing
from tests.conftest import ROOT
from tests.sweep import grids
from tests.sweep.grids import NOTES, SETTING, same, small
from tests.sweep.test_run import Here

MOUNT, UMOUNT = "/bin/mount", "/bin/umount"

#: A sweep as a person runs it, on the store that is named, with so many seeds and units that take a while.
SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
from quadviz.sweep import run as running
from quadviz import SweepInterrupted, run_sweep
from tests.sweep import grids
running.do_unit = grids.slow
spec = grids.small(networks={"d": 10, "seeds": int(sys.argv[2])})
print("begun", flush=True)
try:
    run_sweep(spec, sys.argv[1], workers=2)
except SweepInterrupted as stopped:
    print(stopped, flush=True)
    sys.exit(130)
print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Any:
    """The sweep, uninterrupted."""
    return run_sweep(small(), tmp_path_factory.mktemp("whole") / "store", executor=Here())


def sweeping(store: Path, notes: Path, seeds: int = 4) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(store), str(seeds)],
        cwd=ROOT,
        env={**os.environ, NOTES: str(notes)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Any, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail("it did not come to that")


def cells(store: Path) -> list[Path]:
    return [path for path in store.glob("networks/c/**/*") if path.is_file() and path.suffix != ".partial"]


def workers(notes: Path) -> list[int]:
    return [int(path.name.removeprefix("worker-")) for path in notes.glob("worker-*")]


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_worker_that_is_killed_costs_no_cell(whole, tmp_path, monkeypatch):
    monkeypatch.setenv(NOTES, str(tmp_path))
    monkeypatch.setattr(running, "do_unit", grids.dies_once)
    assert same(run_sweep(small(), tmp_path / "store", workers=2), whole)
    assert (tmp_path / "networks-0-0-2").stat().st_size == 2


@pytest.mark.slow
def test_a_cell_that_kills_its_workers_is_recorded_and_the_rest_is_done(whole, tmp_path, monkeypatch):
    monkeypatch.setenv(NOTES, str(tmp_path))
    monkeypatch.setattr(running, "do_unit", grids.poison)
    data = run_sweep(small(), tmp_path / "store", workers=2)
    texts = data.network_failure.values
    assert [tuple(at) for at in np.argwhere(texts != "")] == [(0, 1, 2)]
    assert texts[0, 1, 2].startswith("its worker was killed, 3 times")
    assert data.network_status[0, 1, 2] == 2
    rest = texts == ""
    np.testing.assert_array_equal(data.network_mse.values[rest], whole.network_mse.values[rest])
    np.testing.assert_array_equal(data.mse, whole.mse)
    monkeypatch.undo()
    assert same(run_sweep(small(), tmp_path / "store", executor=Here(), retry_failed=True), whole)


def killed(owner: subprocess.Popen[str], notes: Path) -> None:
    """The owner is killed, and its workers are seen to end by themselves."""
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    until(lambda: not any(map(alive, workers(notes))), 10)


def test_its_owner_killed_it_goes_on_and_no_worker_stays(whole, tmp_path):
    store = tmp_path / "store"
    owner = sweeping(store, tmp_path)
    until(lambda: len(cells(store)) >= 3)
    killed(owner, tmp_path)
    partly = open_sweep(store)
    assert 3 <= partly.attrs["cells_done"] < 30
    missing = (partly.network_status == -1).values
    assert np.isnan(partly.network_mse.values[missing]).all()
    assert same(run_sweep(small(), store, executor=Here()), whole)


@pytest.mark.slow
def test_its_owner_killed_at_ten_moments(tmp_path):
    """Some while it begins, some while it writes; no cell is lost from one to the next."""
    store, chance, before = tmp_path / "store", random.Random(4), 0  # noqa: S311 - moments, no secret
    for number in range(10):
        notes = tmp_path / f"notes{number}"
        notes.mkdir()
        owner = sweeping(store, notes, 40)
        time.sleep(chance.uniform(0.2, 5.0))
        killed(owner, notes)
        there = len(cells(store))
        assert there >= before
        before = there
    assert 0 < before < 240
    spec = small(networks={"d": 10, "seeds": 40})
    whole = run_sweep(spec, tmp_path / "whole", executor=Here())
    assert same(run_sweep(spec, store, executor=Here()), whole)
    assert not list(store.rglob("*.partial"))


def test_finished_cells_are_never_begun_again(whole, tmp_path, monkeypatch):
    store, notes = tmp_path / "store", tmp_path / "notes"
    notes.mkdir()
    owner = sweeping(store, notes)
    until(lambda: len(cells(store)) >= 4)
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    done = {f"networks-{'-'.join(path.relative_to(store / 'networks/c').parts[:3])}" for path in cells(store)}
    assert 4 <= len(done) < 24
    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.setenv(NOTES, str(again))
    monkeypatch.setattr(running, "do_unit", grids.counting)
    assert same(run_sweep(small(), store, executor=Here()), whole)
    begun = {path.name for path in again.glob("networks-*")}
    assert not begun & done
    assert len(begun | done) == 24


def test_ctrl_c_ends_what_is_in_flight_and_says_how_to_go_on(whole, tmp_path):
    store = tmp_path / "store"
    owner = sweeping(store, tmp_path)
    until(lambda: len(cells(store)) >= 2)
    os.killpg(owner.pid, signal.SIGINT)  # as a terminal does, to all of them
    said, errors = owner.communicate(timeout=30)
    assert owner.returncode == 130
    found = re.search(r"interrupted, .*: (\d+) of 25 units are done and safe in (.*);", said)
    assert found
    assert Path(found[2]) == store
    assert "run the same sweep on the same store again" in said
    assert "Traceback" not in errors
    assert open_sweep(store).attrs["cells_done"] >= int(found[1]) > 0
    assert not any(map(alive, workers(tmp_path)))
    assert same(run_sweep(small(), store, executor=Here()), whole)


def test_ctrl_c_in_an_executor_of_ones_own(tmp_path):
    class Interrupted(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if args[0].index == (0, 0, 3):
                raise KeyboardInterrupt
            return super().submit(fn, *args, **kwargs)

    with pytest.raises(SweepInterrupted, match="units are done and safe") as stopped:
        run_sweep(small(), tmp_path / "store", executor=Interrupted(), workers=1)
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert stopped.value.total == 25
    assert plan_sweep(small(), tmp_path / "store").done["networks"] == stopped.value.done - 1


def test_a_second_sweep_on_a_store_is_refused_until_the_first_is_gone(whole, tmp_path):
    store = tmp_path / "store"
    first = sweeping(store, tmp_path)
    until(lambda: cells(store))
    with pytest.raises(SweepStoreError, match=rf"is in use by process {first.pid} on "):
        run_sweep(small(), store, executor=Here())
    open_sweep(store)  # to look is no harm
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert same(run_sweep(small(), store, executor=Here()), whole)


@pytest.mark.parametrize("damage", ["flipped", "short", "empty"])
def test_a_damaged_cell_is_named_and_done_anew(whole, tmp_path, monkeypatch, damage):
    store = tmp_path / "store"
    run_sweep(small(), store, executor=Here())
    cell = store / "networks" / "c" / "1" / "2" / "3" / "0"
    raw = bytearray(cell.read_bytes())
    raw[len(raw) // 2] ^= 1
    cell.write_bytes({"flipped": raw, "short": raw[:-7], "empty": b""}[damage])
    with pytest.raises(
        SweepStoreError, match="networks at kappa 1 to 1, alpha 2 to 2, seed 3 to 3 is damaged"
    ):
        open_sweep(store)
    monkeypatch.setenv(NOTES, str(tmp_path))
    monkeypatch.setattr(running, "do_unit", grids.counting)
    assert same(run_sweep(small(), store, executor=Here()), whole)
    assert [path.name for path in tmp_path.glob("*-*")] == ["networks-1-2-3"]


def test_errors_that_are_damaged_or_without_their_cell_are_done_anew(tmp_path):
    """Killed between a cell's error and the cell, a sweep has an error of a cell that is not there."""
    grid = {"kappa": 0.5, "alpha": [0.002, 0.35], **SETTING}
    spec = small(grid=grid, networks={"d": 10, "seeds": 2})
    store = tmp_path / "store"
    data = run_sweep(spec, store, executor=Here())
    assert data.attrs["cells_failed"] == 2
    text = store / "networks_failure" / "c" / "0" / "1" / "0"
    text.write_bytes(text.read_bytes()[:-1])
    with pytest.raises(SweepStoreError, match="alpha 0 to 0, seed 1 to 1 is damaged"):
        open_sweep(store)
    assert same(run_sweep(spec, store, executor=Here()), data)
    stray = store / "networks_failure" / "c" / "1" / "1" / "0"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(text.read_bytes())
    (store / "networks" / "c" / "1" / "1" / "0").unlink()
    assert same(run_sweep(spec, store, executor=Here()), data)


def test_a_full_disk_stops_it_and_nothing_is_lost(whole, tmp_path, monkeypatch):
    write, written = storing.Store.write, []

    def full(self: Any, outcome: Any) -> None:
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        write(self, outcome)
        written.append(outcome)

    monkeypatch.setattr(storing.Store, "write", full)
    with pytest.raises(SweepStopped, match=r"No space left on device\): 5 of 25 units are done and safe"):
        run_sweep(small(), tmp_path / "store", executor=Here(), workers=1)
    monkeypatch.undo()
    assert open_sweep(tmp_path / "store").attrs["cells_done"] < 30
    assert same(run_sweep(small(), tmp_path / "store", executor=Here()), whole)


@pytest.mark.slow
def test_a_small_disk_that_is_really_full(whole, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", "size=80k", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
    try:
        with pytest.raises(SweepStopped, match="No space left"):
            run_sweep(small(), disk / "store", executor=Here())
        subprocess.run([MOUNT, "-o", "remount,size=16m", str(disk)], check=True)
        assert same(run_sweep(small(), disk / "store", executor=Here()), whole)
    finally:
        subprocess.run([UMOUNT, str(disk)], check=True)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"grid": {"kappa": [0.5, 1.0], "alpha": [0.2, 0.35], **SETTING}},
            r"grid.alpha: the store has \[0.2, 0.35, 0.6\], this is \[0.2, 0.35\]",
        ),
        ({"networks": None}, r"networks: the store has .*, this is none"),
        ({"networks": {"d": 10, "seeds": 4, "tolerance": 1e-8}}, r"networks.tolerance: the store has 1e-06"),
        ({"theory": ["mse"]}, r"theory.observables: the store has"),
        (
            {"grid": {"alpha": [0.2, 0.35, 0.6], "kappa": [0.5, 1.0], **SETTING}},
            r"grid: the store has the order kappa, alpha",
        ),
    ],
)
def test_a_store_of_another_sweep_is_refused(tmp_path, other, said):
    run_sweep(small(), tmp_path / "store", executor=Here())
    for attempt in (
        lambda: run_sweep(small(**other), tmp_path / "store", executor=Here()),
        lambda: plan_sweep(small(**other), tmp_path / "store"),
    ):
        with pytest.raises(SweepStoreError, match=said):
            attempt()


def test_a_store_of_another_version_is_refused(tmp_path, monkeypatch):
    from quadviz.sweep import cells as working

    run_sweep(small(), tmp_path / "store", executor=Here())
    here = working.versions()
    monkeypatch.setattr(storing, "versions", lambda: {**here, "quadviz": "9.9"})
    with pytest.raises(
        SweepStoreError, match=f"quadviz: the store was made with {here['quadviz']}, this is 9.9"
    ):
        run_sweep(small(), tmp_path / "store", executor=Here())


def test_workers_of_another_version_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "do_unit", grids.of_another_version)
    with pytest.raises(SweepStopped, match=r"a worker has numpy 1\.0, and this is"):
        run_sweep(small(), tmp_path / "store", executor=Here())
    assert open_sweep(tmp_path / "store").attrs["cells_done"] == 0


def test_a_worker_that_cannot_work_at_all_stops_it(tmp_path, monkeypatch):
    def no_package(_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'quadviz'")

    monkeypatch.setattr(running, "do_unit", no_package)
    with pytest.raises(SweepStopped, match=r"a worker could not work .*No module named 'quadviz'"):
        run_sweep(small(), tmp_path / "store", executor=Here())
    assert open_sweep(tmp_path / "store").attrs["cells_failed"] == 0


def test_an_executor_that_is_gone_stops_it(tmp_path, monkeypatch):
    gone = ThreadPoolExecutor(1)
    gone.shutdown()
    with pytest.raises(SweepStopped, match="the executor takes no work"):
        run_sweep(small(), tmp_path / "store", executor=gone)
    monkeypatch.setenv(NOTES, str(tmp_path))
    monkeypatch.setattr(running, "do_unit", grids.poison)
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(SweepStopped, match=r"the executor broke .*run the same sweep on the same store again"),
    ):
        run_sweep(small(), tmp_path / "store", executor=pool, workers=1)
    assert 0 < open_sweep(tmp_path / "store").attrs["cells_done"] < 30


def test_workers_that_cannot_begin_are_no_fault_of_the_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_begin", grids.dies_at_once)
    with pytest.raises(SweepStopped, match="workers die as they begin"):
        run_sweep(small(), tmp_path / "store", workers=1)
    assert open_sweep(tmp_path / "store").attrs["cells_done"] == 0


def test_a_disk_that_is_full_from_the_start(tmp_path, monkeypatch):
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storing.Store, "_new", full)
    with pytest.raises(SweepStopped, match=r"No space left on device\): 0 of 25 units"):
        run_sweep(small(), tmp_path / "store", executor=Here())


def test_a_damaged_description_of_a_store_is_told(tmp_path):
    run_sweep(small(), tmp_path / "store", executor=Here())
    (tmp_path / "store" / "networks" / "zarr.json").write_text("{")
    with pytest.raises(SweepStoreError, match="not the store of a sweep"):
        open_sweep(tmp_path / "store")


def test_what_is_no_store_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("\\section{}")
    with pytest.raises(SweepStoreError, match="not the store of a sweep"):
        run_sweep(small(), tmp_path / "thesis", executor=Here())
    with pytest.raises(SweepStoreError, match="not the store of a sweep"):
        open_sweep(tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]
    with pytest.raises(FileNotFoundError):
        open_sweep(tmp_path / "nowhere")
