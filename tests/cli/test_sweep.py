"""What the command asks of a sweep, and how it tells what came of it; sweeps are tested elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from quadviz.cli.main import main

Capture = pytest.CaptureFixture[str]


class SpecError(ValueError):
    pass


class StoreError(ValueError):
    pass


class Interrupted(KeyboardInterrupt):
    pass


class Plan:
    def __str__(self) -> str:
        return "6 cells\n2 s"

    def to_dict(self) -> dict[str, int]:
        return {"cells": 6}


class StandIn:
    """The surface of sweeps: remembers what it was asked."""

    SweepStoreError, SweepInterrupted = StoreError, Interrupted

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.failed, self.ends = 0, None
        self.Sweep = SimpleNamespace(from_toml=self.read)

    def read(self, path: str) -> str:
        text = Path(path).read_text()
        if "kapa" in text:
            raise SpecError("kapa is unknown; did you mean kappa?")
        return text

    def plan_sweep(self, spec: str, store: str, **more: Any) -> Plan:
        self.asked.append(("plan", spec, store, more))
        return Plan()

    def run_sweep(self, spec: str, store: str, **more: Any) -> SimpleNamespace:
        self.asked.append(("run", spec, store, more))
        if self.ends is not None:
            raise self.ends
        return SimpleNamespace(attrs={"cells_failed": self.failed})

    def export_sweep(self, store: str, path: str, **more: Any) -> None:
        self.asked.append(("export", store, path, more))


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "quadviz.sweep", stand_in)
    monkeypatch.chdir(tmp_path)
    Path("grid.toml").write_text("good")
    Path("bad.toml").write_text("kapa")
    return stand_in


def test_a_dry_run_starts_nothing(sweeps: StandIn, capsys: Capture) -> None:
    assert main(["sweep", "grid.toml", "s", "--dry-run", "--workers", "2"]) == 0
    assert capsys.readouterr().out == "6 cells\n2 s\n"
    assert main(["sweep", "grid.toml", "s", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cells": 6}
    assert sweeps.asked == [("plan", "good", "s", {"workers": n}) for n in (2, None)]


def test_a_sweep_is_run_and_written(sweeps: StandIn, capsys: Capture) -> None:
    sweeps.failed = 3
    assert main(["sweep", "grid.toml", "s", "--retry-failed", "--out", "g.csv", "--kind", "theory"]) == 0
    run = {"workers": None, "progress": False, "retry_failed": True}
    assert sweeps.asked == [("run", "good", "s", run), ("export", "s", "g.csv", {"kind": "theory"})]
    said = capsys.readouterr()
    assert said.out == ""
    assert "3 cells failed" in said.err
    assert "the sweep is in s" in said.err


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        (StoreError("made by another grid"), 1),
        (RuntimeError("disk full"), 1),
        (Interrupted("2 of 6 done"), 130),
    ],
)
def test_how_it_ends(sweeps: StandIn, capsys: Capture, ends: Any, status: int) -> None:
    sweeps.ends = ends
    assert main(["sweep", "grid.toml", "s"]) == status
    assert capsys.readouterr().err == f"quadviz sweep: {ends}\n"


@pytest.mark.usefixtures("sweeps")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bad.toml", "s"], "did you mean kappa?"),
        (["grid.toml", "s", "--out", "g.json"], "must be .nc or .csv"),
        (["grid.toml", "s", "--kind", "theori"], "did you mean theory?"),
        (["grid.toml", "s", "--workers", "0"], "workers must be a whole number between 1"),
        (["grid.toml"], "STORE"),
    ],
)
def test_refusals(capsys: Capture, arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["sweep", *arguments])
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("sweeps")
def test_a_file_that_is_not_there_is_told(capsys: Capture) -> None:
    assert main(["sweep", "none.toml", "s"]) == 1
    assert "none.toml" in capsys.readouterr().err
