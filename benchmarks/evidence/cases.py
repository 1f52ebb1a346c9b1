"""Finite networks beside the theory: ``python -m benchmarks.evidence networks`` writes docs/simulation.*.

With names of sections behind it, only these are computed anew and the rest of docs/simulation.csv is kept.
Every problem has a seed of its own: problems of one seed that differ in d share random numbers, and means
over them would not be independent.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from benchmarks.evidence.statistics import quadratic_form, residuals, spectrum_distance
from quadviz import Setting, learned_spectrum, minimise, sample_problem, simulate

__all__ = [
    "CSV",
    "EXACT",
    "LIMITED",
    "PAGE",
    "SECTIONS",
    "ZERO",
    "Case",
    "Row",
    "read_rows",
    "spectrum",
    "write_rows",
]

Numbers = dict[str, Any]
Job = tuple[Callable[..., Any], tuple[Any, ...]]

DOCS = Path(__file__).parents[2] / "docs"
CSV, PAGE = DOCS / "simulation.csv", DOCS / "simulation.md"
PROCESSES = min(2, os.cpu_count() or 1)


class Case(NamedTuple):
    """A setting with a short name, and a number that keeps its seeds apart."""

    name: str
    setting: Setting
    number: int

    def seeds(self, d: int, count: int, section: int = 0) -> range:
        """Seeds of its runs at this d, for one section; nobody else has them."""
        first = 10_000_000 * section + 100_000 * self.number + 100 * d
        return range(first, first + count)


def _cases(
    prefix: str, offset: int, rows: Iterable[tuple[float, float, float, float, float]]
) -> tuple[Case, ...]:
    return tuple(
        Case(f"{prefix}{i}", Setting(kappa, kappa_star, alpha, lam=lam, delta=delta), offset + i)
        for i, (kappa, kappa_star, alpha, lam, delta) in enumerate(rows, start=1)
    )


#: kappa >= kappa_min, as (kappa, kappa_star, alpha, lam, delta): the theory is exact as d -> infinity.
EXACT = _cases(
    "E",
    0,
    [
        (1.0, 0.3, 0.3, 0.01, 0.5),  # at the interpolation peak, with little decay to tame it
        (0.7, 0.3, 0.25, 0.1, 0.5),  # below the peak
        (0.6, 0.25, 0.35, 0.08, 0.3),  # above it
        (0.9, 0.4, 0.5, 0.2, 0.8),  # far above it
        (0.4, 0.25, 0.4, 0.05, 0.0),  # no label noise, the teacher nearly recovered
        (0.5, 0.2, 0.25, 0.1, 0.0),  # no label noise, below interpolation
        (0.6, 0.3, 0.4, 0.02, 0.0),  # no label noise, near the peak, little decay
        (0.45, 0.25, 0.5, 0.3, 0.8),  # strong decay, just wide enough
    ],
)
#: kappa < kappa_min, from mild to deep: the theory rests on the steady-state assumption.
LIMITED = _cases(
    "L",
    10,
    [
        (0.4, 0.3, 0.5, 0.05, 0.5),
        (0.35, 0.3, 0.5, 0.01, 0.5),
        (0.25, 0.25, 0.3, 0.01, 0.2),
        (0.2, 0.5, 0.4, 0.05, 0.0),  # narrower than its teacher
        (0.2, 0.2, 0.2, 0.01, 0.2),  # from here on hardly fewer parameters than samples
        (0.15, 0.1, 0.15, 0.01, 0.3),
        (0.1, 0.1, 0.1, 0.01, 1.0),
    ],
)

#: Runs at each d.
EXACT_RUNS = {60: 36, 100: 16, 140: 8}
AGREEMENT_RUNS = {60: 3}
LIMITED_RUNS = {40: 16, 60: 8, 100: 4}
INPUT_RUNS = {40: 30, 60: 14, 80: 8}
NOISE_RUNS = {60: 16, 100: 8}
RESIDUAL_RUNS = 4

#: What counts as a zero eigenvalue of a minimum, and of a flow, whose last modes die as 1/t.
ZERO, FLOW_ZERO = 1e-4, 1e-3
#: Where flows end: modes at the border of the cut have died, and mse has settled.
FLOW_END, RESIDUAL_END = 5000.0, 1000.0
#: Where residuals are looked at: inputs, time and d.
RESIDUAL_PLACES = (
    *(("network", 0.0, d) for d in (50, 100, 200)),
    *(("network", t, 100) for t in (0.1, 1.0, 10.0, RESIDUAL_END)),
    *(("gaussian", t, 60) for t in (0.1, 1.0, 10.0)),
)
NOISES = ("gaussian", "student", "rademacher", "laplace")


class Row(NamedTuple):
    """A mean over runs, as it stands in docs/simulation.csv."""

    section: str
    name: str
    kappa: float
    kappa_star: float
    alpha: float
    lam: float
    delta: float
    d: int
    time: float
    variant: str
    quantity: str
    mean: float
    error: float
    runs: int


def spectrum(setting: Setting) -> Any:
    """The learned law of a setting, with its steady state."""
    s = setting
    return learned_spectrum(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)


def row(section: str, case: Case, d: int, quantity: str, values: ArrayLike, **of: Any) -> Row:
    """The row of a quantity's values in all runs."""
    v, s = np.atleast_1d(np.asarray(values, dtype=np.float64)), case.setting
    error = float(v.std(ddof=1) / np.sqrt(v.size)) if v.size > 1 else float("nan")
    place = (section, case.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, d)
    return Row(*place, of.get("time", 0.0), of.get("variant", ""), quantity, float(v.mean()), error, v.size)


def _rows(section: str, case: Case, d: int, runs: Sequence[Numbers], **of: Any) -> Iterator[Row]:
    """The rows of all numbers that runs have in common."""
    for quantity, value in runs[0].items():
        if np.ndim(value) == 0:
            yield row(section, case, d, quantity, [run[quantity] for run in runs], **of)


def _in_processes(what: str, jobs: Sequence[Job]) -> list[Any]:
    """Results of the jobs, in their order. The dearest should come first: no core is idle at the end then."""
    pool = Parallel(n_jobs=PROCESSES, return_as="generator")
    results = pool(delayed(job)(*arguments) for job, arguments in jobs)
    return list(tqdm(results, total=len(jobs), desc=what, mininterval=5))


def _groups(
    what: str, job: Callable[..., Any], groups: dict[Any, tuple[tuple[Any, ...], range]]
) -> dict[Any, list[Any]]:
    """Runs of a job for all seeds of every group, by the group's key; its largest d, the last part, first."""
    keys = sorted(groups, key=lambda key: -key[-1])
    flat = _in_processes(what, [(job, (*groups[k][0], seed)) for k in keys for seed in groups[k][1]])
    left = iter(flat)
    return {k: [next(left) for _ in groups[k][1]] for k in keys}


def _final(setting: Setting, d: int, inputs: Any, seed: int) -> Numbers:
    end = minimise(setting, d, seed, inputs=inputs)
    e = end.eigenvalues
    return {
        "mse": end.mse,
        "train_loss": end.train_loss,
        "rank": float(np.mean(e > ZERO)),
        "rank_doubtful": float(np.mean((e > 1e-6) & (e <= 1e-3))),
        "unconverged": float(not end.converged),
        "eigenvalues": e,
    }


def exact() -> Iterator[Row]:
    """Final states where the width does not bind, at three sizes."""
    groups = {
        (c, d): ((c.setting, d, "network"), c.seeds(d, n)) for c in EXACT for d, n in EXACT_RUNS.items()
    }
    for (case, d), runs in _groups("exact", _final, groups).items():
        yield from _rows("exact", case, d, runs)
        pooled = np.concatenate([run["eigenvalues"] for run in runs])
        yield row(
            "exact", case, d, "spectrum_distance", spectrum_distance(pooled, spectrum(case.setting), ZERO)
        )


def _both(setting: Setting, d: int, end: float, seed: int) -> Numbers:
    """The flow's end and the descent's, for the same network."""
    flow = simulate(setting, d, [end / 2, end], seed, keep_weights=True, max_steps=1_000_000)
    least = minimise(setting, d, seed)
    w, v = flow.final_weights, least.weights
    difference = np.linalg.norm(w @ w.T - v @ v.T) / np.linalg.norm(v @ v.T)
    ranks = [np.count_nonzero(e > FLOW_ZERO) for e in (flow.eigenvalues[-1], least.eigenvalues)]
    return {
        "mse": flow.mse[-1],
        "train_loss": flow.train_loss[-1],
        "regularised_loss": flow.regularised_loss[-1],
        "mse_drift": flow.mse[-1] / flow.mse[0] - 1,
        "mse_drift_size": abs(flow.mse[-1] / flow.mse[0] - 1),
        "minimum_mse": least.mse,
        "minimum_train_loss": least.train_loss,
        "minimum_regularised_loss": least.regularised_loss,
        "mse_difference": abs(flow.mse[-1] / least.mse - 1),
        "train_loss_difference": abs(flow.train_loss[-1] / least.train_loss - 1),
        "z_difference": difference,
        "rank_difference": abs(ranks[0] - ranks[1]) / d,
        "eigenvalues": flow.eigenvalues[-1],
    }


def agreement() -> Iterator[Row]:
    """The flow run to long times beside the descent, where they must agree."""
    groups = {
        (c, d): ((c.setting, d, FLOW_END), c.seeds(d, n)) for c in EXACT for d, n in AGREEMENT_RUNS.items()
    }
    for (case, d), runs in _groups("agreement", _both, groups).items():
        yield from _rows("agreement", case, d, runs, time=FLOW_END)


def limited() -> Iterator[Row]:
    """The flow where the width limits the rank, and what a descent finds in its place."""
    groups = {
        (c, d): ((c.setting, d, FLOW_END), c.seeds(d, n)) for c in LIMITED for d, n in LIMITED_RUNS.items()
    }
    for (case, d), runs in _groups("limited", _both, groups).items():
        yield from _rows("limited", case, d, runs, time=FLOW_END)
        pooled = np.concatenate([run["eigenvalues"] for run in runs])
        distance = spectrum_distance(pooled, spectrum(case.setting), FLOW_ZERO)
        yield row("limited", case, d, "spectrum_distance", distance, time=FLOW_END)


def inputs() -> Iterator[Row]:
    """The network's inputs and the GOE, with the same teacher, label noise and start for each seed."""
    groups = {
        (c, kind, d): ((c.setting, d, kind), c.seeds(d, n, section=1))
        for c in (EXACT[2], EXACT[4])
        for kind in ("network", "gaussian")
        for d, n in INPUT_RUNS.items()
    }
    found = _groups("inputs", _final, groups)
    for (case, kind, d), runs in found.items():
        yield from _rows("inputs", case, d, runs, variant=kind)
        if kind == "network":
            yield from _rows(
                "inputs", case, d, _differences(runs, found[case, "gaussian", d]), variant="difference"
            )


def _differences(runs: Sequence[Numbers], from_runs: Sequence[Numbers]) -> list[Numbers]:
    """Differences seed by seed: what both share drops out."""
    names = ("mse", "train_loss", "rank")
    return [{name: a[name] - b[name] for name in names} for a, b in zip(runs, from_runs, strict=True)]


def _residuals_at(setting: Setting, d: int, time: float, kind: Any, seed: int) -> Numbers:
    run = simulate(setting, d, [time], seed, inputs=kind, keep_weights=True)
    problem = sample_problem(setting, d, seed, inputs=kind)
    r = problem.slope(run.final_weights)[1]
    skewness, kurtosis = quadratic_form(problem, run.final_weights) if kind == "network" else (0.0, 0.0)
    seen = residuals(r, run.train_loss[0])
    return {**vars(seen), "fresh_skewness": skewness, "fresh_kurtosis": kurtosis, "samples": float(r.size)}


def training_residuals() -> Iterator[Row]:
    """Residuals on the training samples through training, at d = 100; before it at three d; and the GOE."""
    groups = {}
    for case in (EXACT[0], EXACT[3]):
        for kind, t, d in RESIDUAL_PLACES:
            seeds = case.seeds(d, RESIDUAL_RUNS, section=2)
            groups[case, kind, t, d] = ((case.setting, d, t, kind), seeds)
    for (case, kind, t, d), runs in _groups("residuals", _residuals_at, groups).items():
        yield from _rows("residuals", case, d, runs, time=t, variant=kind)


def _noisy(setting: Setting, d: int, noise: Any, seed: int) -> Numbers:
    end = minimise(setting, d, seed, label_noise=noise)
    r = sample_problem(setting, d, seed, label_noise=noise).slope(end.weights)[1]
    shape = vars(residuals(r, end.train_loss))
    return {
        "mse": end.mse,
        "train_loss": end.train_loss,
        **shape,
        "rank": float(np.mean(end.eigenvalues > ZERO)),
    }


def label_noise() -> Iterator[Row]:
    """Label noise of other distributions, outside the theory's assumptions; the rest as for the Gaussian."""
    case = EXACT[3]
    groups = {
        (case, noise, d): ((case.setting, d, noise), case.seeds(d, n, section=3))
        for noise in NOISES
        for d, n in NOISE_RUNS.items()
    }
    found = _groups("label noise", _noisy, groups)
    for (_, noise, d), runs in found.items():
        yield from _rows("label_noise", case, d, runs, variant=noise)
        if noise != "gaussian":
            less = _differences(runs, found[case, "gaussian", d])
            yield from _rows("label_noise", case, d, less, variant=f"{noise} - gaussian")


SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "exact": exact,
    "agreement": agreement,
    "limited": limited,
    "inputs": inputs,
    "residuals": training_residuals,
    "label_noise": label_noise,
}


def read_rows(path: Path = CSV) -> list[Row]:
    """What a run has written."""
    whole, words = {"d", "runs"}, {"section", "name", "variant", "quantity"}
    with path.open(newline="") as file:
        return [
            Row(**{k: v if k in words else int(v) if k in whole else float(v) for k, v in line.items()})
            for line in csv.DictReader(file)
        ]


def write_rows(rows: Iterable[Row], path: Path = CSV) -> None:
    """Write rows for :func:`read_rows`."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(Row._fields)
        lines.writerows([f"{v:.8g}" if isinstance(v, float) else v for v in row] for row in rows)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of the sections."""
    order = list(SECTIONS)
    return sorted(rows, key=lambda r: (order.index(r.section), r.name, r.d, r.time, r.variant))
