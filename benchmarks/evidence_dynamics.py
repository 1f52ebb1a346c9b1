"""Mean-field dynamics beside networks: ``python -m benchmarks.evidence_dynamics`` writes docs/dynamics.*.

With names of sections behind it, only these are computed anew and the rest of docs/dynamics.csv is kept.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from benchmarks.evidence import DOCS, PROCESSES, Case, Row, read_rows, write_rows
from quadviz import Setting, sample_problem, simulate_ensemble
from quadviz.simulation.flow import gradient_flow
from quadviz.statistics import mean_and_error
from quadviz.theory.dmft import Dmft, DmftError, march
from quadviz.theory.dmft_replica import Rule

__all__ = [
    "AGING",
    "AGING_NETWORKS",
    "AGING_SIZES",
    "CSV",
    "DEEP",
    "DOUBLINGS",
    "FLOWS",
    "LONG",
    "PAGE",
    "SECTIONS",
    "WRONG",
    "main",
]

FloatArray = NDArray[np.float64]

CSV, PAGE = DOCS / "dynamics.csv", DOCS / "dynamics.md"

#: Settings whose whole training is compared: near the interpolation peak, and without label noise.
FLOWS = (
    Case("F1", Setting(kappa=0.4, kappa_star=0.3, alpha=0.3, lam=0.01, delta=0.5), 31),
    Case("F2", Setting(kappa=0.5, kappa_star=0.2, alpha=0.26, lam=0.1, delta=0.0), 32),
)
TIMES = (0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 2.0, 5.0, 10.0, 20.0)
NETWORKS = {60: 48, 90: 32, 180: 16}
GOOD = {"d_eff": 40, "replicas": 8, "probes": 2}

#: Settings whose end is the steady state.
LONG = (
    Case("S1", Setting(kappa=0.5, kappa_star=0.2, alpha=0.5, lam=0.3, delta=0.2), 33),
    Case("S2", Setting(kappa=0.4, kappa_star=0.3, alpha=0.6, lam=0.2, delta=0.5), 34),
    Case("S3", Setting(kappa=1.0, kappa_star=0.3, alpha=0.4, lam=0.2, delta=0.5), 35),
)
END = 60.0
SIZES = (12, 20, 30, 40)
STEPS = (0.2, 0.1, 0.05)

#: Equations with a wrong factor.
WRONG = {
    "chi halved": Rule(response=0.5),
    "no noise": Rule(noise=0.0),
    "noise halved": Rule(noise=0.5),
}

#: Where the width limits the rank: deep, and so deep that a student hardly has fewer parameters than samples.
DEEP = (
    Case("L4", Setting(kappa=0.2, kappa_star=0.5, alpha=0.4, lam=0.05, delta=0.0), 36),
    Case("L6", Setting(kappa=0.15, kappa_star=0.1, alpha=0.15, lam=0.01, delta=0.3), 37),
)
DEEP_TIMES = (1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
DEEP_NETWORKS = {40: 16, 80: 8, 160: 4}
#: The memory must be known much better there.
DEEP_MARCH = {"d_eff": 40, "replicas": 3, "probes": 6, "copies": 16}

#: Times until which Z is followed from half of them, and the sizes at which it is.
DOUBLINGS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
AGING = (DEEP[0], LONG[1])
AGING_SIZES = (20, 40)
AGING_NETWORKS = {40: 16, 80: 8, 160: 4}


def _marched(case: Case, times: Sequence[float], seed: int = 0, **options: Any) -> Dmft:
    """The solution, as far as it goes."""
    try:
        *_, run = march(case.setting, times, seed=seed, **options)
    except DmftError as error:
        if error.partial is None:
            raise
        print(f"{case.name}: {error}", file=sys.stderr)
        return error.partial
    return run


def _of_march(section: str, case: Case, run: Dmft, variant: str = "dmft") -> Iterator[Row]:
    """The rows of a march; seeds of its replicas are one stream's."""
    s = case.setting
    place = (section, case.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, run.d_eff)
    for quantity in ("mse", "train_loss"):
        values, errors = getattr(run, quantity), getattr(run, f"{quantity}_error")
        for t, value, error in zip(run.times, values, errors, strict=True):
            yield Row(*place, float(t), variant, quantity, float(value), float(error), run.replicas)


def _of_networks(section: str, case: Case, d: int, runs: int, times: Sequence[float]) -> Iterator[Row]:
    """The rows of networks trained at one size."""
    s = case.setting
    found = simulate_ensemble(
        s, d, case.seeds(d, runs), times, processes=PROCESSES, max_steps=1_000_000, progress=False
    )
    place = (section, case.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, d)
    for quantity in ("mse", "train_loss"):
        means, errors = found.mean(quantity), found.standard_error(quantity)
        for t, value, error in zip(times, means, errors, strict=True):
            yield Row(*place, t, "network", quantity, float(value), float(error), len(found.runs))


def flows() -> Iterator[Row]:
    """Whole trainings."""
    for case in FLOWS:
        yield from _of_march("flows", case, _marched(case, TIMES, **GOOD))
        for d, runs in NETWORKS.items():
            yield from _of_networks("flows", case, d, runs, TIMES)


def ends() -> Iterator[Row]:
    """Long marches, at several sizes, and with several time steps."""
    for case in LONG:
        for d in SIZES:
            yield from _of_march("ends", case, _marched(case, [END], d_eff=d, replicas=8, probes=2))
    for step in STEPS:
        run = _marched(FLOWS[1], [1.0, 5.0, 20.0], d_eff=20, replicas=16, probes=2, step=step)
        yield from _of_march("steps", FLOWS[1], run, variant=f"{step:g}")


def wrong() -> Iterator[Row]:
    """Marches of wrong equations."""
    for name, rule in WRONG.items():
        run = _marched(FLOWS[0], [1.0, 5.0, 20.0], d_eff=20, replicas=4, probes=2, rule=rule)
        yield from _of_march("wrong", FLOWS[0], run, variant=name)


def _moved(case: Case, d: int, seed: int) -> FloatArray:
    """|Z(t) - Z(t/2)|^2/d of one network at the doublings."""
    problem = sample_problem(case.setting, d, seed)
    times = np.unique(np.concatenate([DOUBLINGS, np.array(DOUBLINGS) / 2]))
    passed = (w for arrival in gradient_flow(problem, times, 1e-6, 1_000_000) for w in arrival.passed)
    learned = {t: w @ w.T for t, w in zip(times, passed, strict=True)}
    return np.array([np.sum((learned[t] - learned[t / 2]) ** 2) / d for t in DOUBLINGS])


def _moved_in_march(run: Dmft) -> FloatArray:
    """The same from the covariance of a march, between the nodes next to these times."""
    later, sooner = (np.searchsorted(run.grid, np.array(DOUBLINGS) / n - 1e-9) for n in (1, 2))
    c = run.covariance / 2
    return np.asarray(c[later, later] + c[sooner, sooner] - 2 * c[later, sooner])


def aging() -> Iterator[Row]:
    """How far Z moves while the time doubles, where the width limits the rank and where it does not."""
    for case in AGING:
        s = case.setting
        place = (s.kappa, s.kappa_star, s.alpha, s.lam, s.delta)
        for d in AGING_SIZES:
            runs = [_marched(case, [DOUBLINGS[-1]], seed, d_eff=d, replicas=1, probes=2) for seed in range(6)]
            moved = np.array([_moved_in_march(run) for run in runs])
            yield from _doublings(("aging", case.name, *place, d), "dmft", moved)
        for d, count in AGING_NETWORKS.items():
            jobs = (delayed(_moved)(case, d, seed) for seed in case.seeds(d, count, section=5))
            yield from _doublings(
                ("aging", case.name, *place, d), "network", np.array(Parallel(n_jobs=PROCESSES)(jobs))
            )


def _doublings(place: tuple[Any, ...], variant: str, moved: FloatArray) -> Iterator[Row]:
    mean, error = mean_and_error(moved)
    for t, value, spread in zip(DOUBLINGS, mean, error, strict=True):
        yield Row(*place, t, variant, "moved", float(value), float(spread), len(moved))


def deep() -> Iterator[Row]:
    """Where the theory of long times is an assumption."""
    for case in DEEP:
        yield from _of_march("deep", case, _marched(case, DEEP_TIMES, **DEEP_MARCH))
        for d, runs in DEEP_NETWORKS.items():
            yield from _of_networks("deep", case, d, runs, DEEP_TIMES)


SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "flows": flows,
    "ends": ends,
    "wrong": wrong,
    "deep": deep,
    "aging": aging,
}


def main(sections: Sequence[str]) -> None:
    """Compute sections, all when none is named; keep the others; write the page."""
    from benchmarks.evidence_dynamics_page import write_page

    if strange := [name for name in sections if name not in SECTIONS]:
        raise SystemExit(f"unknown section {strange[0]!r}: choose from {', '.join(SECTIONS)}")
    rows = read_rows(CSV) if CSV.exists() else []
    for name in sections or SECTIONS:
        began = time.perf_counter()
        fresh = list(SECTIONS[name]())
        seconds = round(time.perf_counter() - began)
        print(f"{name}: {seconds} s", file=sys.stderr)
        parts = {row.section for row in fresh}
        rows = [row for row in rows if row.section not in parts] + fresh
        write_rows(rows, CSV)
    if len({row.section for row in rows} & SECTIONS.keys()) == len(SECTIONS):
        write_page(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
