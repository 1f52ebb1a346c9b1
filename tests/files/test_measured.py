"""A reader's measurements: what columns mean, what is averaged, and what never is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quadviz import Setting, log_times, simulate
from quadviz.files.decoding import DataError
from quadviz.files.headings import found_headings, plain_name
from quadviz.files.measured import Measured, read_measured
from quadviz.files.series import MOST_PLACES, MOST_SERIES, Experiment
from quadviz.sweep import Sweep, export_sweep, run_sweep
from quadviz.tables.text import csv_text, training_table

CURVE = Experiment("alpha", ("mse", "train_loss", "in_sample_error"))
COURSE = Experiment("time", ("mse", "train_loss"))


def read(text: str, experiment: Experiment = CURVE) -> Measured:
    return read_measured(text.encode(), experiment)


def refused(text: str, experiment: Experiment = CURVE) -> str:
    with pytest.raises(DataError) as refusal:
        read(text, experiment)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("κ", "kappa"), ("κ*", "kappa_star"), ("κ★", "kappa_star"), ("$\\kappa^*$", "kappa_star"),
        ("$\\kappa^{*}$", "kappa_star"), ("Λ", "lam"), ("lambda", "lam"), ("λ₂", "lam2"), ("Δ", "delta"),
        ("γ", "gamma"), ("α = n/d²", "alpha"), ("n/d^2", "alpha"), ("n_over_d2", "alpha"),
        ("T", "time"),
        ("Train Loss (noisy)", "train_loss"), ("L", "train_loss"), ("L₀", "in_sample_error"), ("MSE", "mse"),
        ("in-sample error", "in_sample_error"),
    ],
)  # fmt: skip
def test_a_column_may_be_called_by_its_symbol(written: str, name: str) -> None:
    assert plain_name(written) == name


def test_errors_belong_to_their_quantities_whatever_they_end_in() -> None:
    names = [
        "alpha",
        "mse",
        "train_loss",
        "in_sample_error",
        "mse_sem",
        "train_loss_std",
        "in_sample_error_err",
    ]
    found = found_headings(names, CURVE.quantities)
    assert found.values == {"mse": 1, "train_loss": 2, "in_sample_error": 3}
    assert found.errors == {"mse": 4, "train_loss": 5, "in_sample_error": 6}
    assert found.bars["mse"] == "standard error" and found.bars["train_loss"] == "standard deviation"


def test_rows_at_one_place_are_repetitions() -> None:
    data = read("alpha,mse,train_loss\n0.4,1,5\n0.2,2,\n0.4,3,5\n0.30000000000000004,7,1\n0.3,9,\n")
    (one,) = data.series
    assert one.place.tolist() == [0.2, 0.3, 0.4] and data.rows == 5
    np.testing.assert_array_equal(one.mean[:2], [[2, 8, 2], [np.nan, 1, 5]])
    np.testing.assert_allclose(one.error[:2], [[np.nan, 1, 1], [np.nan, np.nan, 0]])
    assert one.count[0].tolist() == [1, 2, 2] and data.present == ("mse", "train_loss")
    values = np.random.default_rng(0).standard_normal(9)
    many = read("alpha,mse\n" + "".join(f"1,{value}\n" for value in values)).series[0]
    assert many.mean[0, 0] == pytest.approx(values.mean())
    assert many.error[0, 0] == pytest.approx(values.std(ddof=1) / 3)


def test_an_error_beside_a_single_row_is_taken_and_gives_way_to_the_spread_of_several() -> None:
    data = read("alpha,mse,mse_std\n0.1,1,0.5\n0.2,1,0.5\n0.2,3,0.5\n0.3,1,\n0.4,1,nan\n")
    np.testing.assert_allclose(data.series[0].error[0], [0.5, 1.0, np.nan, np.nan])
    assert data.bars == {"mse": "standard deviation"}
    assert any("errors beside rows that repeat" in note for note in data.notes)
    alone = read("alpha,mse,mse_std\n0.1,1,0.5\n")
    assert not alone.notes


def test_rows_of_different_settings_and_sizes_are_never_averaged() -> None:
    data = read("kappa,d,alpha,mse\n0.5,30,0.2,1\n0.5,60,0.2,2\n1,30,0.2,3\n0.5,30,0.2,5\n,30,0.2,9\n")
    found = {(one.setting.get("kappa"), one.tags["d"]): one.mean[0].tolist() for one in data.series}
    assert found == {(0.5, "30"): [3.0], (0.5, "60"): [2.0], (1.0, "30"): [3.0], (None, "30"): [9.0]}


def test_alpha_follows_from_n_and_d() -> None:
    assert read("n,d,mse\n450,30,1\n900,30,2\n").series[0].place.tolist() == [0.5, 1.0]
    assert "row 2: d must be" in refused("n,d,mse\n450,0,1\n")


def test_of_a_course_a_curve_takes_the_end_of_every_run() -> None:
    text = "alpha,seed,time,mse\n" + "".join(
        f"{alpha},{seed},{time},{time + seed}\n"
        for alpha in (0.2, 0.4)
        for seed, end in ((0, 100), (1, 50))
        for time in (0, 10, end)
    )
    data = read(text)
    assert data.series[0].mean[0].tolist() == [75.5, 75.5] and data.rows == 12
    assert "of every run the end is taken, t = 50 to 100" in data.notes
    course = read(text, COURSE)
    assert [one.setting for one in course.series] == [{"alpha": 0.2}, {"alpha": 0.4}]
    assert course.series[0].place.tolist() == [0, 10, 50, 100]


def test_what_is_not_used_is_said() -> None:
    data = read("alpha;mse;learning rate;=cmd();seed\n0,5;1;0,1;x;0\n")
    assert data.notes == ("decimal commas are read as points", "not used: learning rate, =cmd()")
    assert data.series[0].place.tolist() == [0.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n,mse\n1,2\n", "no column alpha (α, n_over_d2, or n and d); the columns are n, mse"),
        ("alpha,x\n1,2\n", "no column mse, train_loss or in_sample_error; the columns are alpha, x"),
        ("alpha,mse_std\n1,2\n", "errors of mse, but no column mse"),
        ("alpha,mse,MSE\n1,2,3\n", "two columns are the same: mse (column 2) and MSE (column 3)"),
        ("alpha,n_over_d2,mse\n1,2,3\n", "two columns are the same"),
        ("alpha,mse,mse_std,mse_sem\n1,2,3,4\n", "two columns are the same"),
        ("alpha,mse\n0,1\n", "row 2: alpha must be a finite number > 0, got 0"),
        ("alpha,mse\n1,1\n-1,1\n", "row 3: alpha must be a finite number > 0, got -1"),
        ("alpha,mse\n1,inf\n", "row 2: mse must be a finite number, got inf"),
        ("alpha,mse,mse_err\n1,1,-0.1\n", "row 2: mse_err must be a finite number >= 0, or empty, got -0.1"),
        ("alpha,mse\n1,1e31\n", "row 2: mse must be at most 1e+30 in size, got 1e31"),
        ("alpha,mse,lam\n1,1,-0.1\n", "row 2: lam must be a finite number >= 0, got -0.1"),
        ("alpha,mse,kappa\n1,1,wide\n", "row 2: kappa must be a finite number > 0, got wide"),
        ("alpha,mse\n1,\n", "no row has a value of mse, train_loss, in_sample_error"),
        ("alpha,mse,status\n1,nan,failed\n", "no row is left: all 1 were not solved"),
        ("kappa,alpha,mse\n" + "".join(f"{k},1,1\n" for k in range(1, 60)), f"{MOST_SERIES} at most"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_told(text: str, said: str) -> None:
    assert said in refused(text)


def test_a_course_wants_times() -> None:
    assert "no column time (t)" in refused("alpha,mse\n1,2\n", COURSE)
    assert "row 2: t must be a finite number >= 0, got -1" in refused("t,mse\n-1,2\n", COURSE)
    assert read("t,mse\n0,2\n", COURSE).series[0].place.tolist() == [0.0]


def test_very_many_rows_are_thinned_evenly_and_said() -> None:
    text = "alpha,mse\n" + "".join(f"{0.1 + 1e-4 * i:.4f},1\n" for i in range(10_000))
    data = read(text)
    place = data.series[0].place
    assert MOST_PLACES / 2 < place.size <= MOST_PLACES and data.rows == 10_000
    assert np.diff(place).max() < 2.5 / MOST_PLACES and place[0] == 0.1
    assert f"{place.size:,} of 10,000 points are drawn" in data.notes
    # A course is looked at on an axis of powers of ten: its beginning is not to be lost.
    early = read("t,mse\n" + "".join(f"{i},1\n" for i in range(50_000)), COURSE).series[0].place
    assert early[:12].tolist() == [*range(12)]
    assert early.size <= MOST_PLACES


def test_many_rows_at_few_places_are_all_averaged() -> None:
    data = read("alpha,mse\n" + "0.1,1\n0.1,3\n" * 30_000)
    assert data.series[0].mean.shape == (3, 1) and data.series[0].mean[0, 0] == 2
    assert data.series[0].count[0, 0] == 60_000 and not data.notes


def test_names_of_files_are_plain_and_short(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("alpha,mse\n1,2\n")
    data = read_measured(path, CURVE)
    assert (data.name, data.path) == ("runs.csv", str(path))
    assert read_measured(b"alpha,mse\n1,2\n", CURVE, "a\nb" + "c" * 99).name == "a�b" + "c" * 37 + "…"
    assert read_measured({"alpha": [1], "mse": [2]}, CURVE).name == "your data"
    with pytest.raises(FileNotFoundError):
        read_measured(tmp_path / "nowhere.csv", CURVE)


def test_what_the_command_writes_is_taken_as_it_is() -> None:
    setting = Setting(kappa=0.5, kappa_star=0.3, alpha=0.4, lam=0.1, delta=0.5)
    runs = [simulate(setting, d=10, times=log_times(10, 4), seed=seed) for seed in (0, 1)]
    text = csv_text(training_table(runs))
    (one,) = read(text, COURSE).series
    np.testing.assert_allclose(one.place, runs[0].times, rtol=1e-8)
    np.testing.assert_allclose(one.mean[0], (runs[0].mse + runs[1].mse) / 2)
    np.testing.assert_allclose(one.error[1], np.abs(runs[0].train_loss - runs[1].train_loss) / 2)
    assert one.setting == {
        "kappa": 0.5, "kappa_star": 0.3, "alpha": 0.4, "delta": 0.5, "lam": 0.1, "gamma": 1.0,
    }  # fmt: skip
    (end,) = read(text, CURVE).series
    assert end.place.tolist() == [0.4] and end.mean[0, 0] == pytest.approx(one.mean[0, -1])


def a_sweep(folder: Path, kind: str, **asked: Any) -> Path:
    grid = {"kappa": [0.5, 1.0], "alpha": [0.2, 0.4], "kappa_star": 0.3, "lam": 0.1, "delta": 0.5}
    data = run_sweep(Sweep(grid, **asked), folder / "store.zarr", workers=1)
    assert data.attrs["cells_failed"] == 0
    export_sweep(folder / "store.zarr", folder / "sweep.csv", kind=kind)
    return folder / "sweep.csv"


def test_a_sweep_is_taken_as_it_is(tmp_path: Path) -> None:
    path = a_sweep(tmp_path, "networks", networks={"d": [10, 12], "seeds": 3})
    data = read_measured(path, CURVE)
    assert data.notes == () and data.rows == 24
    assert [(one.setting["kappa"], one.tags["d"]) for one in data.series] == [
        (0.5, "10"), (0.5, "12"), (1.0, "10"), (1.0, "12"),
    ]  # fmt: skip
    assert all(one.place.tolist() == [0.2, 0.4] and (one.count[0] == 3).all() for one in data.series)


def test_rows_that_were_not_solved_or_are_not_to_be_trusted_are_left_out() -> None:
    data = read("alpha,network_mse,network_status\n0.1,1,solved\n0.2,nan,not_computed\n0.3,2,not_converged\n")
    assert data.series[0].place.tolist() == [0.1]
    assert "2 of 3 rows were not solved: they are left out" in data.notes
    march = read("dmft_time,dmft_mse,dmft_mse_error,dmft_trusted_until\n1,1,.1,5\n10,2,.1,5\n", COURSE)
    assert march.series[0].place.tolist() == [1.0]
    assert any("can be trusted" in note for note in march.notes)
    saved = read("source,alpha,mse\ntheory,0.1,9\nnetwork,0.1,1\nnetwork,0.1,3\n")
    assert saved.series[0].mean[0].tolist() == [2.0]
    assert "1 of 3 rows are of theory: they are left out" in saved.notes
    stopped = read(
        "dmft_time,dmft_mse,dmft_mse_error,dmft_status\n1,1,.1,stopped\n10,nan,nan,stopped\n", COURSE
    )
    assert stopped.series[0].place.tolist() == [1.0]
    assert "all 1 are of theory" in refused("source,alpha,mse\ntheory,0.1,9\n")
