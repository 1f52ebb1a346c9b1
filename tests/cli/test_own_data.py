"""``quadviz figure --data``: a reader's own file over a figure of a page, from a shell."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from quadviz.cli.main import main

Capture = pytest.CaptureFixture[str]


def ended(*words: str) -> int | str | None:
    """The status of the command."""
    try:
        return main(["figure", *words])
    except SystemExit as stop:
        return stop.code


def test_a_figure_has_the_data_of_a_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("alpha,mse\n0.3,1\n0.3,2\n")
    assert ended("learning_curves", "--compare=", "--data", str(path), "--csv") == 0
    found = [
        row for row in csv.DictReader(io.StringIO(capsys.readouterr().out)) if row["source"] == "own data"
    ]
    assert [(row["alpha"], row["mse"], row["mse_error"]) for row in found] == [("0.3", "1.5", "0.5")]


@pytest.mark.parametrize(
    ("page", "text", "status", "said"),
    [
        (
            "learning_curves",
            "alpha,mse\n0.3,x\n",
            2,
            "row 2: mse must be a finite number, got x",
        ),
        ("dynamics", "alpha,mse\n0.3,1\n", 2, "no column time"),
        ("spectra", "alpha,mse\n0.3,1\n", 2, "spectra draws no data of your own"),
        ("learning_curves", None, 1, "No such file"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_told_in_a_line(
    page: str, text: str | None, status: int, said: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "runs.csv"
    if text is not None:
        path.write_text(text)
    assert ended(page, "--data", str(path), "--csv") == status
    told = capsys.readouterr()
    assert said in told.err and "Traceback" not in told.err and told.out == ""
