from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import socket
import subprocess
import sys

import numpy as np
import psutil
import pytest

from quadviz.cli.main import main
from quadviz.parameters import PARAMETERS
from quadviz.server import app as server
from quadviz.setting import Setting
from quadviz.simulation.simulate import log_times, simulate
from quadviz.theory.steady.steady_state import learning_curve
from tests.conftest import StartDashboards, free_port

COMMANDS = ("dashboard", "curve", "spectrum", "threshold", "simulate", "dynamics", "sweep", "figure", "info")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("quadviz ")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "cp932", "utf-8"])
def test_everything_is_said_in_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a letter is missing its name stands in for it, not a question mark and not a number."""
    said = {}
    for name, arguments in {
        "help": ["--help"],
        **{f"{command} help": [command, "--help"] for command in COMMANDS},
        "refusal": ["curve", "--kappa=0.5κ…"],
        "table": ["curve", "--points=3"],
        "progress": ["simulate", "--d=10", "--networks=1", "--points=3", "--end=1"],
    }.items():
        streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        with contextlib.suppress(SystemExit):
            main(arguments)
        for stream in streams:
            stream.flush()
        said[name] = " ".join(
            b"".join(stream.buffer.getvalue() for stream in streams).decode(encoding).split()
        )
        assert "\\" not in said[name]
    assert all(said.values())
    assert "?" not in said["curve help"]
    if encoding in ("ascii", "cp1252"):
        assert "kappa*, teacher width. Teacher width over input dimension, m*/d." in said["curve help"]
        assert "ridgeless limit lam -> 0+" in said["curve help"]
        assert "0.5kappa" in said["refusal"]
    if encoding == "utf-8":
        assert "κ*, teacher width" in said["curve help"]


def test_a_terminal_without_greek_is_helped() -> None:
    command = [sys.executable, "-m", "quadviz", "simulate", "--help"]
    settings = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    helped = subprocess.run(command, env=settings, capture_output=True, check=False)
    assert helped.returncode == 0, helped.stderr
    assert b"kappa, student width" in helped.stdout
    assert helped.stderr == b""


def test_curve_is_the_library_s(capsys: pytest.CaptureFixture[str]) -> None:
    setting = {"kappa": 1.0, "kappa_star": 0.2, "lam": 0.01, "delta": 0.5}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in setting.items()]
    assert main(["curve", *options, "--alpha-min", "0.1", "--alpha-max", "1", "--points", "7"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    expected = learning_curve(np.linspace(0.1, 1, 7), **setting)
    for name in ("alpha", "mse", "train_loss", "in_sample_error", "rank", "kappa_min", "q", "xi"):
        printed = np.array([float(row[name]) for row in rows])
        np.testing.assert_array_equal(printed, np.broadcast_to(getattr(expected, name), printed.shape))
    assert {row["regime"] for row in rows} <= {"exact", "rank-limited: steady-state assumption"}
    assert all(row["status"].startswith("solved") for row in rows)


@pytest.mark.parametrize("name", ["kappa", "kappa_star", "lam", "delta"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "wide"])
def test_curve_refuses_in_the_parameter_s_words(
    capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    message = refusal(capsys, "curve", f"--{name.replace('_', '-')}={value}")
    assert f"{name} ({PARAMETERS[name].label}) must be" in message
    assert value in message


def test_curve_refuses_an_empty_range(capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, "curve", "--alpha-min", "1", "--alpha-max", "0.5")
    assert "--alpha-min must be smaller than --alpha-max, got 1 and 0.5" in message
    message = refusal(capsys, "curve", "--points", "1")
    assert "points must be a whole number between 2 and 100000, got '1'" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--memory", "100"], "memory must be 0, or a whole number between 384 and 1000000, got '100'"),
        (["--memory", "much"], "memory must be 0, or a whole number between 384 and 1000000, got 'much'"),
        (["--max-pages", "-1"], "max-pages must be 0, or a whole number between 1 and 10000, got '-1'"),
        (
            ["--base-url", "/a b/"],
            "base URL must be a path of letters, digits and the signs - _ . ~ @ /, got '/a b/'",
        ),
        (["--base-url", "/a/../b"], "got '/a/../b'"),
        (["--base-url", "/{0}/"], "got '/{0}/'"),
    ],
)
def test_dashboard_refuses_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in " ".join(refusal(capsys, "dashboard", *arguments).split())


def test_a_base_url_may_be_that_of_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr(server, "serve", lambda *given, **more: served.append((given, more)))
    assert main(["dashboard", "--base-url", "/user/jane@uni.edu/", "--max-pages", "0", "--no-browser"]) == 0
    options = {
        "open_browser": False,
        "memory": 2048,
        "max_pages": 0,
        "server_memory": 1024,
        "with_parent": False,
        "fresh": False,
    }
    assert served == [(("localhost", 8866, "/user/jane@uni.edu/"), options)]


@pytest.mark.parametrize("port", ["0", "70000", "abc", "80.5"])
def test_dashboard_refuses_a_bad_port(capsys: pytest.CaptureFixture[str], port: str) -> None:
    message = refusal(capsys, "dashboard", "--port", port)
    assert f"port must be a whole number between 1 and 65535, got '{port}'" in message


def test_dashboard_says_where_it_cannot_listen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard", "--no-browser", "--host", "nowhere.invalid"]) == 1
    assert "cannot listen on nowhere.invalid, port 8866" in capsys.readouterr().err


def test_ports_run_out_at_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_port: int, _host: str) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(server, "bind_sockets", taken)
    with pytest.raises(OSError, match="every port from 65530 to 65535 is in use"):
        server.reserve_port("localhost", 65530)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to a process of its own")
def test_dashboard_takes_the_next_port_and_stops_clean(start_dashboards: StartDashboards) -> None:
    port = free_port()
    with socket.create_server(("localhost", port)), start_dashboards("--port", str(port)) as running:
        taken = int(running.wait_for(rf"(?<=Port {port} is in use; taking )\d+"))
        assert running.address == f"http://localhost:{taken}/"
        running.wait_for("There is no display to open a browser on; open the address yourself")

        kernels = psutil.Process(running.process.pid).children(recursive=True)
        assert kernels
        assert running.interrupt() == 0
        assert "Traceback" not in running.output
        assert not any(kernel.is_running() for kernel in kernels)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize("early", [True, False])
def test_dashboard_told_to_end_ends_well(start_dashboards: StartDashboards, early: bool) -> None:
    """As systemd and docker tell it to."""
    with start_dashboards("--no-browser", "--port", str(free_port())) as running:
        running.wait_for("Starting" if early else "The dashboards are at")
        kernels = psutil.Process(running.process.pid).children(recursive=True)
        assert early or kernels
        running.process.terminate()
        assert running.process.wait(30) == 0
        assert "Traceback" not in running.output
        assert not any(kernel.is_running() for kernel in kernels)


def test_simulate_prints_the_library_s_networks(capsys: pytest.CaptureFixture[str]) -> None:
    setting = {"kappa": 0.8, "kappa_star": 0.4, "alpha": 0.5, "lam": 0.0, "delta": 0.2, "gamma": 0.5}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in setting.items()]
    counts = ["--d=10", "--networks=2", "--first-seed=7", "--end=5", "--points=4", "--label-noise=laplace"]
    assert main(["simulate", *options, *counts]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["seed"]) for row in rows] == [7] * 4 + [8] * 4
    run = simulate(Setting(**setting), 10, log_times(5, 4), seed=8, label_noise="laplace")
    for name in ("times", "mse", "train_loss", "in_sample_error", "regularised_loss"):
        printed = [float(row[name.removesuffix("s") if name == "times" else name]) for row in rows[4:]]
        assert printed == getattr(run, name).tolist()
    assert {(row["lam"], row["label_noise"], row["teacher_weights"]) for row in rows} == {
        ("0.0", "laplace", "gaussian")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kappa=0.02", "--d=10"], "kappa (student width) = 0.02 leaves no neuron at d = 10: take d >= 26"),
        (["--d=1"], "d must be a whole number between 2 and 1000000, got '1'"),
        (["--d=20000", "--inputs=gaussian"], "of memory"),
        (["--end=0.005"], "0 < start < end"),
        (["--label-noise=cauchy"], "one of gaussian, student, rademacher, laplace, got 'cauchy'"),
    ],
)
def test_simulate_refuses_with_a_remedy(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in refusal(capsys, "simulate", *arguments)
