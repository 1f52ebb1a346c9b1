"""A sweep on dask: several worker processes, one of which is killed on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest

from quadviz import run_sweep
from quadviz.sweep import run as running
from tests.sweep import grids
from tests.sweep.grids import NOTES, same, small
from tests.sweep.test_run import Here

distributed = pytest.importorskip("distributed")


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Three worker processes on this machine, which leave their notes in the test's folder."""
    monkeypatch.setenv(NOTES, str(tmp_path))
    options: dict[str, Any] = {"dashboard_address": None, "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_that_loses_a_worker(client, tmp_path):
    spec = small(networks={"d": 20, "seeds": 12})
    whole = run_sweep(spec, tmp_path / "here", executor=Here())
    victims = list(client.run(os.getpid).values())
    store = tmp_path / "store"
    killed = threading.Event()

    def kill() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if sum(path.is_file() for path in store.glob("networks/c/**/*")) >= 3:
                os.kill(victims[0], signal.SIGKILL)
                killed.set()
                return
            time.sleep(0.005)

    killer = threading.Thread(target=kill)
    killer.start()
    data = run_sweep(spec, store, executor=client.get_executor(), workers=3)
    killer.join()
    assert killed.is_set()
    assert same(data, whole)
    assert victims[0] not in client.run(os.getpid).values()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cell_that_kills_the_clusters_workers_is_recorded(client, tmp_path, monkeypatch):
    client.cluster.scheduler.allowed_failures = 0
    monkeypatch.setattr(running, "do_unit", grids.poison)
    data = run_sweep(small(theory=None), tmp_path / "store", executor=client.get_executor(), workers=1)
    assert data.attrs["cells_done"] == 24
    texts = data.network_failure
    assert "its worker was killed" in str(texts[0, 1, 2].item())
    assert int((texts != "").sum()) <= 3  # dask blames what else its worker had in hand, too
