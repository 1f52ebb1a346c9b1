"""What a person meets in a shell: examples that run, failures in a line, statuses, pipes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from quadviz.cli.commands import curve, dynamics, figure, info, simulate, spectrum, threshold
from quadviz.cli.export import browser
from quadviz.cli.main import main
from quadviz.law.teachers import Orthogonal, PowerLaw
from quadviz.setting import Setting
from quadviz.theory.dmft import dmft
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold
from tests.conftest import ROOT

#: Those whose examples need no file; those of a sweep stand in docs/command.md too, which has its file.
MODULES = (curve, spectrum, threshold, simulate, dynamics, figure, info)
EXAMPLES = [example for module in MODULES for example in module.EXAMPLES]
PAGE = (ROOT / "docs/command.md").read_text(encoding="utf-8")
DOCUMENTED = [line.removeprefix("    ") for line in PAGE.splitlines() if line.startswith("    quadviz ")]
Capture = pytest.CaptureFixture[str]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def refusal(capsys: Capture, line: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(line))
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_help_run(
    example: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(example)[1:]) == 0
    out = re.search(r"--out (\S+)", example)
    said = capsys.readouterr().out
    assert (tmp_path / out[1]).stat().st_size > 500 if out else len(said.splitlines()) > 0


def test_every_example_is_in_the_help(capsys: Capture) -> None:
    for module in MODULES:
        with pytest.raises(SystemExit):
            main([module.EXAMPLES[0].split()[1], "--help"])
        said = capsys.readouterr().out
        assert all(f"    {example}\n" in said for example in module.EXAMPLES)


@pytest.mark.parametrize("line", [line for line in DOCUMENTED if "dashboard" not in line])
def test_the_documented_commands_run(line: str, tmp_path: Path) -> None:
    if re.search(r"\.(svg|png|pdf)", line) and browser() is None:
        pytest.skip("no browser")
    (tmp_path / "levels.csv").write_text("0\n0\n1\n3\n")
    (tmp_path / "widths.toml").write_text(re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)[0])
    command = line.replace("quadviz ", f"{sys.executable} -m quadviz ", 1)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(  # noqa: S602 - lines of our own
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_grid_is_the_library_s(capsys: Capture) -> None:
    line = "curve --alpha 0.1:0.6:5 --delta 0,0.5 --lam2 0.05 --kappa 0.4 --teacher power:0.3 --csv"
    assert main(shlex.split(line)) == 0
    printed = rows(capsys.readouterr().out)
    found = steady_state(
        np.linspace(0.1, 0.6, 5), 0.4, 0.3, 0.01, [[0.0], [0.5]], 0.05, teacher=PowerLaw(0.3)
    )
    assert [float(row["mse"]) for row in printed] == found.mse.ravel().tolist()
    assert [float(row["delta"]) for row in printed] == [0.0] * 5 + [0.5] * 5
    assert {(row["lam2"], row["kappa"], row["teacher"]) for row in printed} == {("0.05", "0.4", "power:0.3")}
    assert {row["status"] for row in printed} == {"solved"}


def test_levels_of_a_file_have_their_own_width(capsys: Capture, tmp_path: Path) -> None:
    levels = tmp_path / "levels.csv"
    levels.write_text("0\n0\n1\n3\n")
    assert main(["curve", "--alpha=0.4", f"--teacher=levels:{levels}", "--csv"]) == 0
    assert rows(capsys.readouterr().out)[0]["kappa_star"] == "0.5"
    assert "kappa_star" in refusal(capsys, f"curve --alpha 0.4 --teacher levels:{levels} --kappa-star 0.5")


def test_thresholds_are_the_library_s(capsys: Capture) -> None:
    assert main(shlex.split("threshold --kappa 0.2,0.6 --delta 0.5 --json")) == 0
    said = json.loads(capsys.readouterr().out)["columns"]
    assert said["interpolation"] == interpolation_threshold([0.2, 0.6], 0.3, 0.5).alpha.tolist()
    for kind in ("ridgeless", "none", "bayes"):
        # JSON has no infinity.
        assert said[f"recovery_{kind}"] == [None, recovery_threshold([0.2, 0.6], 0.3, kind)[1]]


def test_a_spectrum_has_all_its_mass(capsys: Capture) -> None:
    assert main(shlex.split("spectrum --alpha 0.35 --kappa 0.2 --csv")) == 0
    said = capsys.readouterr()
    band = [(float(r["eigenvalue"]), float(r["density"])) for r in rows(said.out) if r["part"] == "band"]
    atoms = sum(float(row["mass"]) for row in rows(said.out) if row["part"] == "atom")
    law = learned_spectrum(0.35, 0.2, 0.3, 0.01, 0.5)
    assert atoms == law.atom_at_zero
    assert abs(np.trapezoid([p for _, p in band], [z for z, _ in band]) + atoms - 1) < 1e-3
    assert f"band from {law.edges.left:.6g} to {law.edges.right:.6g}" in said.err


def test_a_recovered_teacher_of_levels_is_atoms(capsys: Capture) -> None:
    line = "spectrum --alpha 0.6 --delta 0 --lam 0 --teacher orthogonal --csv"
    assert main(shlex.split(line)) == 0
    found = rows(capsys.readouterr().out)
    assert [(row["part"], float(row["eigenvalue"])) for row in found] == [
        ("atom", 0.0), ("atom", Orthogonal().levels(0.3)[0][1]),
    ]  # fmt: skip
    assert sum(float(row["mass"]) for row in found) == pytest.approx(1, abs=1e-12)


def test_dynamics_are_the_library_s(capsys: Capture) -> None:
    assert main(shlex.split("dynamics --times 0:2:3 --d-eff 20 --replicas 2 --seed 3 --csv")) == 0
    said = capsys.readouterr()
    run = dmft(Setting(0.7, 0.3, 0.35, 0.01, 0.5), [0, 1, 2], 20, 2, seed=3)
    assert [float(row["mse"]) for row in rows(said.out)] == run.mse.tolist()
    assert [float(row["mse_error"]) for row in rows(said.out)] == run.mse_error.tolist()
    # No progress where there is no terminal.
    assert said.err == f"trusted until t = {run.trusted_until:.4g} of 2\n"


def test_a_point_that_fails_is_told_and_the_others_are_given(capsys: Capture) -> None:
    assert main(shlex.split("curve --alpha 0.3 --kappa 1e-300,0.5 --csv")) == 0
    said = capsys.readouterr()
    assert [row["status"] for row in rows(said.out)] == ["failed", "solved"]
    assert "quadviz curve: steady_state: 1 of 2 points not solved" in said.err
    assert main(shlex.split("curve --alpha 0.3 --kappa 1e-300 --csv")) == 1


def test_other_solutions_are_told(capsys: Capture) -> None:
    assert main(shlex.split("curve --alpha 0.2667 --kappa 0.305 --lam 0 --delta 0 --csv")) == 0
    said = capsys.readouterr()
    assert [row["status"] for row in rows(said.out)] == ["several"]
    assert "1 of 1 points solved, but the equations have other solutions" in said.err


def test_a_terminal_gets_a_table(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(shlex.split("curve --alpha 0.1:0.3:3")) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "kappa = 0.7"
    assert [line.split()[0] for line in said[-4:]] == ["alpha", "0.1", "0.2", "0.3"]


def test_a_bad_spectrum_says_so(capsys: Capture) -> None:
    assert main(shlex.split("spectrum --kappa 1e-300 --csv")) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "not solved" in said.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("curv", "'curve'"),
        ("curve --kapp 1", "--kappa"),
        ("curve --alpha 0.1:0.2:2000 --kappa 0.1:0.2:2000", "2000 kappa x 2000 alpha = 4,000,000"),
        ("curve --csv --json --alpha 0.3", "one of --csv and --json"),
        ("curve --teacher wishhart", "did you mean wishart?"),
        ("curve --teacher power:1.5", "exponent must be >= 0 and below 0.5"),
        ("curve --teacher power:x", "the exponent of power: must be a number, got 'x'"),
        ("curve --teacher levels:nowhere.csv", "nowhere.csv cannot be read"),
        ("curve --out nowhere/f.csv", "there is no folder 'nowhere'"),
        ("curve --out f.pgn", "(did you mean .png?)"),
        ("curve --out f", "the ending of --out must be one of .html"),
        ("spectrum --alpha 0.1:0.2:3", "alpha (sample ratio) must be a real number"),
        ("figure learning_curve", "did you mean learning_curves?"),
        ("figure spectra.learned_spectra", "did you mean learned_spectrum?"),
        ("figure learning_curves --kapa 0.2", "did you mean kappa?"),
        ("figure learning_curves --kappa 9", "kappa (student width) must be between 0.02 and 2, got 9"),
        ("figure learning_curves --compare no", "compare must be one of"),
        ("figure learning_curves --kappa", "--kappa needs a value"),
        ("figure learning_curves --run walk", "there is no work of learning_curves 'walk'"),
        ("figure spectra --out f.nc", "no NetCDF"),
        ("dynamics --times 2,1", "times must increase"),
        ("simulate --inputs gausian", "did you mean gaussian?"),
    ],
)
def test_refusals(capsys: Capture, line: str, said: str) -> None:
    assert said in refusal(capsys, line)


def test_a_table_goes_to_files_of_every_kind(capsys: Capture, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    line = "curve --alpha 0.1:0.5:4 --delta 0,1"
    for ending in ("csv", "json", "nc", "html"):
        # What is there already is written over.
        (tmp_path / f"f.{ending}").write_text("before")
        assert main([*shlex.split(line), "--out", str(tmp_path / f"f.{ending}")]) == 0
        assert capsys.readouterr().out == ""
    printed = [float(row["mse"]) for row in rows((tmp_path / "f.csv").read_text(encoding="utf-8"))]
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["columns"]["mse"] == printed
    with xarray.open_dataset(tmp_path / "f.nc", engine="scipy") as data:
        assert data.mse.dims == ("delta", "alpha")
        assert data.mse.values.ravel().tolist() == printed
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert "<script src" not in page


def test_pictures_need_what_is_said(capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    assert "needs a Chromium or Chrome" in refusal(capsys, "curve --out f.svg")
    monkeypatch.setattr("quadviz.cli.export.find_spec", lambda _name: None)
    assert "pip install 'quadviz[export]'" in refusal(capsys, "curve --out f.png")


@pytest.mark.browser
@pytest.mark.skipif(browser() is None, reason="no browser")
def test_pictures(capsys: Capture, tmp_path: Path) -> None:
    for ending, begins in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        path = tmp_path / f"f.{ending}"
        assert main(["figure", "learning_curves", "--kappa=0.2", "--out", str(path)]) == 0, (
            capsys.readouterr()
        )
        assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("line", "read"), [("curve --points 50000 --csv", 1), ("curve --help", 0), ("info", 0)]
)
def test_a_closed_pipe_ends_it_quietly(line: str, read: int) -> None:
    command = [sys.executable, "-m", "quadviz", *line.split()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(read):
        process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to a process of its own")
def test_ctrl_c_is_status_130() -> None:
    # A shell starts what runs in its background deaf to Ctrl-C, and these tests may.
    script = (
        "import signal, sys; from quadviz.cli import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "dynamics", "--times=0:1000:11", "--replicas=4", "--csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == b"ready"
            time.sleep(2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_no_traceback_whatever_goes_wrong(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("quadviz.theory.steady.steady_state.steady_state", broken)
    assert main(["curve", "--alpha", "0.3"]) == 1
    assert capsys.readouterr().err == "quadviz curve: two lines\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_a_shell_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, found in (("quadviz thr", "threshold"), ("quadviz simulate --inputs g", "gaussian")):
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        for name, value in {"_QUADVIZ_COMPLETE": "complete_bash", **asked}.items():
            monkeypatch.setenv(name, value)
        said = subprocess.run([sys.executable, "-m", "quadviz"], capture_output=True, text=True, check=False)
        assert said.stdout.split() == [found]


def test_info_says_what_there_is(capsys: Capture) -> None:
    assert main(["info", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["cores"] == os.cpu_count()
    assert [each["name"] for each in said["parameters"]][:2] == ["kappa", "kappa_star"]
