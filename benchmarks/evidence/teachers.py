"""Networks with other teachers and decays beside the theory: ``python -m benchmarks.evidence teachers``.

It writes docs/teachers.csv, the means over networks, and docs/teachers.md, the page made of them. With
``page`` behind it only the page is written anew, with ``beyond`` only the networks that theory at size d is
held against last.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed

from benchmarks.evidence.teachers_page import page
from quadviz import Levels, Orthogonal, PowerLaw, Setting, Wishart, minimise, simulate

__all__ = ["BEYOND", "CASES", "CSV", "PAGE", "Case", "Mean", "read_means", "write"]

DOCS = Path(__file__).parents[2] / "docs"
CSV, PAGE = DOCS / "teachers.csv", DOCS / "teachers.md"
PROCESSES = min(2, os.cpu_count() or 1)
#: Networks at each d, by the kind of their inputs: those of a network have the larger bias.
RUNS = {"gaussian": {20: 120, 40: 48, 60: 16}, "network": {40: 64, 60: 40, 80: 20}}
#: A student whose width binds is trained by the flow, which may end elsewhere than a descent.
LIMITED_RUNS = {"gaussian": {20: 60, 40: 24}, "network": {40: 32, 60: 16}}
#: Near the interpolation peak and with few samples, where theory at size d has its bounds.
BEYOND_RUNS = {30: 96, 50: 64, 80: 32}
#: Where flows end; and eigenvalues below this count as zero.
END, ZERO = 3000.0, 1e-4


class Case(NamedTuple):
    """A setting with a short name."""

    name: str
    setting: Setting
    limited: bool = False


class Mean(NamedTuple):
    """A mean over networks, as it stands in docs/teachers.csv."""

    case: str
    inputs: str
    d: int
    quantity: str
    mean: float
    error: float
    runs: int


_LEVELS = Levels([0, 0, 0, 0, 0, 0.5, 0.75, 1.25, 2.5, 5.0])
#: Three teachers and Wishart; with lam2 > 0 in half of them; exact, and at last rank-limited.
CASES = (
    Case("orthogonal", Setting(0.7, 0.3, 0.35, 0.1, 0.5, teacher=Orthogonal())),
    Case("orthogonal, λ₂", Setting(0.7, 0.3, 0.35, 0.1, 0.5, lam2=0.1, teacher=Orthogonal())),
    Case("power law", Setting(0.7, 0.4, 0.4, 0.1, 0.3, teacher=PowerLaw(0.3))),
    Case("power law, λ₂", Setting(0.9, 0.4, 0.4, 0.05, 0.3, lam2=0.2, teacher=PowerLaw(0.3))),
    Case("levels", Setting(0.8, None, 0.4, 0.1, 0.3, teacher=_LEVELS)),
    Case("levels, λ₂ alone", Setting(1.0, None, 0.4, 0.0, 0.3, lam2=0.2, teacher=_LEVELS)),
    Case("Wishart, λ₂", Setting(1.0, 0.3, 0.35, 0.05, 0.5, lam2=0.1, teacher=Wishart())),
    Case("orthogonal, narrow", Setting(0.4, 0.3, 0.5, 0.05, 0.5, teacher=Orthogonal()), limited=True),
    Case(
        "power law, narrow, λ₂",
        Setting(0.4, 0.4, 0.5, 0.02, 0.3, lam2=0.05, teacher=PowerLaw(0.3)),
        limited=True,
    ),
)


#: Wishart teachers and weight decay alone.
BEYOND = (
    Case("above the peak", Setting(0.7, 0.3, 0.45, 0.01, 0.5)),
    Case("at the peak", Setting(0.7, 0.3, 0.33, 0.01, 0.5)),
    Case("below the peak", Setting(0.7, 0.3, 0.2, 0.01, 0.5)),
    Case("few samples", Setting(0.7, 0.3, 0.1, 0.1, 0.5)),
)


def _runs(case: Case) -> dict[str, dict[int, int]]:
    """How many networks of each kind of inputs and size."""
    if case in BEYOND:
        return {"gaussian": BEYOND_RUNS, "network": BEYOND_RUNS}
    return LIMITED_RUNS if case.limited else RUNS


def _network(case: Case, inputs: Any, d: int, seed: int) -> tuple[float, float, float]:
    """mse, train loss and rank of one network at its end."""
    end: Any
    if case.limited:
        end = simulate(case.setting, d=d, times=[END], seed=seed, inputs=inputs)
        return float(end.mse[-1]), float(end.train_loss[-1]), float(np.mean(end.eigenvalues[-1] > ZERO))
    end = minimise(case.setting, d=d, seed=seed, inputs=inputs)
    return end.mse, end.train_loss, float(np.mean(end.eigenvalues > ZERO))


def _measure(cases: Sequence[Case]) -> list[Mean]:
    jobs = []
    for case in cases:
        number = (*CASES, *BEYOND).index(case)
        for inputs, sizes in _runs(case).items():
            for d, count in sizes.items():
                first = 1_000_000 * (number + 1) + 1_000 * d + (500 if inputs == "network" else 0)
                jobs += [(case, inputs, d, first + i) for i in range(count)]
    # The longest first.
    jobs.sort(key=lambda job: -(job[2] ** 4) * (5 if job[0].limited else 1))
    found = Parallel(n_jobs=PROCESSES)(delayed(_network)(*job) for job in jobs)
    means = []
    for case in cases:
        for inputs, sizes in _runs(case).items():
            for d in sizes:
                values = np.array(
                    [v for v, job in zip(found, jobs, strict=True) if job[:3] == (case, inputs, d)]
                )
                for quantity, column in zip(("mse", "train_loss", "rank"), values.T, strict=True):
                    error = float(column.std(ddof=1) / np.sqrt(column.size))
                    means.append(
                        Mean(case.name, inputs, d, quantity, float(column.mean()), error, column.size)
                    )
    return means


def read_means() -> list[Mean]:
    """The means of docs/teachers.csv."""
    with CSV.open(newline="", encoding="utf-8") as file:
        return [
            Mean(
                r["case"],
                r["inputs"],
                int(r["d"]),
                r["quantity"],
                float(r["mean"]),
                float(r["error"]),
                int(r["runs"]),
            )
            for r in csv.DictReader(file)
        ]


def write(sections: Sequence[str]) -> None:
    """Train the networks, write their means, and the page; the page alone where that is named."""
    if list(sections) != ["page"]:
        begin = time.perf_counter()
        cases = BEYOND if list(sections) == ["beyond"] else (*CASES, *BEYOND)
        fresh = {case.name for case in cases}
        kept = [mean for mean in read_means() if mean.case not in fresh] if CSV.exists() else []
        means = kept + _measure(cases)
        with CSV.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Mean._fields)
            writer.writerows([*m[:4], f"{m.mean:.8g}", f"{m.error:.4g}", m.runs] for m in means)
        print(f"{(time.perf_counter() - begin) / 60:.1f} minutes")
    PAGE.write_text(page(CASES, BEYOND, read_means()), encoding="utf-8")
    print(PAGE)
