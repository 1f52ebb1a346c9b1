"""Mean-field dynamics beside networks: ``python -m benchmarks.evidence dynamics`` writes docs/dynamics.*.

With names of sections behind it, only these are computed anew and the rest of docs/dynamics.csv is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks.evidence.cases import DOCS, PROCESSES, Case, Row
from benchmarks.loop_gain import limit_of_rest, loop_gain
from quadviz import Levels, Orthogonal, PowerLaw, Setting, sample_problem, simulate_ensemble
from quadviz.arrays import FloatArray
from quadviz.simulation.flow import gradient_flow
from quadviz.statistics import mean_and_error
from quadviz.theory.dmft import Dmft, DmftError, march
from quadviz.theory.dmft.replica import Rule

__all__ = [
    "AGING",
    "AGING_NETWORKS",
    "AGING_SIZES",
    "BROKEN",
    "CSV",
    "DEEP",
    "DEEP_TIMES",
    "DOUBLINGS",
    "END",
    "ENDS",
    "FLOWS",
    "HONEST",
    "LATE",
    "LATE_TIMES",
    "LONG",
    "LONG_TIMES",
    "LOOP",
    "LOOP_TIME",
    "NETWORKS",
    "PAGE",
    "SECTIONS",
    "SEEDS",
    "SIZED",
    "SIZES",
    "SMALL",
    "STEPS",
    "TEACHERS",
    "TEACHER_NETWORKS",
    "TEACHER_TIMES",
    "TIMES",
]


CSV, PAGE = DOCS / "dynamics.csv", DOCS / "dynamics.md"

#: Settings whose whole training is compared: near the interpolation peak, and without label noise.
FLOWS = (
    Case("F1", Setting(kappa=0.4, kappa_star=0.3, alpha=0.3, lam=0.01, delta=0.5), 31),
    Case("F2", Setting(kappa=0.5, kappa_star=0.2, alpha=0.26, lam=0.1, delta=0.0), 32),
)
TIMES = (0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 2.0, 5.0, 10.0, 20.0)
NETWORKS = {60: 48, 90: 32, 180: 16}
#: Their late times, for which networks take long.
LATE_TIMES = (50.0, 100.0, 300.0, 1000.0)
LATE = {45: 32, 60: 24, 90: 16}

#: Teachers of other spectra, each with a Frobenius decay beside weight decay.
TEACHERS = (
    Case("T1", Setting(0.7, 0.3, 0.35, 0.1, 0.5, lam2=0.1, teacher=Orthogonal()), 61),
    Case("T2", Setting(0.9, 0.4, 0.4, 0.05, 0.3, lam2=0.2, teacher=PowerLaw(0.3)), 62),
    Case(
        "T3",
        Setting(
            0.8, None, 0.4, 0.02, 0.3, lam2=0.1, teacher=Levels([0, 0, 0, 0, 0, 0.5, 0.75, 1.25, 2.5, 5])
        ),
        63,
    ),
)
TEACHER_TIMES = (0.1, 0.5, 2.0, 10.0, 50.0)
TEACHER_NETWORKS = {40: 64, 60: 32, 90: 16}

#: Settings whose end is known: training reaches the least loss there. By 1/R = q/lam of the steady state.
ENDS = (
    Case("E1", Setting(kappa=0.8, kappa_star=0.25, alpha=0.2, lam=1.0, delta=0.5), 41),
    Case("E2", Setting(kappa=0.55, kappa_star=0.35, alpha=0.45, lam=0.3, delta=0.4), 42),
    Case("E3", Setting(kappa=0.6, kappa_star=0.2, alpha=0.5, lam=0.1, delta=0.3), 43),
    Case("E4", Setting(kappa=0.5, kappa_star=0.2, alpha=0.26, lam=0.1, delta=0.0), 44),
    Case("E5", Setting(kappa=0.8, kappa_star=0.3, alpha=0.5, lam=0.05, delta=0.5), 45),
    Case("E6", Setting(kappa=1.0, kappa_star=0.5, alpha=0.4, lam=0.02, delta=0.2), 46),
    Case("E7", Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5), 47),
    Case("E8", Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.003, delta=0.5), 48),
    Case("E9", Setting(kappa=0.9, kappa_star=0.45, alpha=0.3, lam=0.03, delta=0.1), 49),
    Case("E10", Setting(kappa=1.0, kappa_star=0.3, alpha=0.25, lam=0.01, delta=0.0), 50),
    Case("E11", Setting(kappa=0.8, kappa_star=0.3, alpha=0.3, lam=0.005, delta=0.2), 51),
    Case("E12", Setting(kappa=1.0, kappa_star=0.4, alpha=0.26, lam=0.003, delta=0.0), 52),
)
END = 1000.0
#: The one whose error depends most on the size of the matrices, and the sizes it is marched at.
SIZED, SIZES = ENDS[10], (16, 20, 30, 40)
STEPS = (0.2, 0.1, 0.05)

#: Small marches from many seeds, to see whether their errors are honest.
HONEST, SEEDS = (ENDS[6], ENDS[9]), 20
SMALL = {"d_eff": 20, "replicas": 4, "step": 0.15}

#: Marches broken on purpose, and what is broken.
BROKEN: dict[str, tuple[Case, dict[str, Any]]] = {
    "chi halved": (FLOWS[0], {"rule": Rule(response=0.5)}),
    "no noise": (FLOWS[0], {"rule": Rule(noise=0.0)}),
    "noise halved": (FLOWS[0], {"rule": Rule(noise=0.5)}),
    "step 0.5": (FLOWS[1], {"step": 0.5}),
    "3 passes a node": (ENDS[9], {"rule": Rule(passes=3, smooth=0.0)}),
    "noise as it comes": (ENDS[10], {"rule": Rule(smooth=0.0)}),
}

#: Where the gain of the loop from the noise back to it is measured, and when.
LOOP, LOOP_TIME = ENDS[10], 300.0

#: From the start to 100,000.
LONG_TIMES = (10.0, 100.0, 1e3, 1e4, 1e5)
#: Where the width limits the rank: deep, and so deep that a student hardly has fewer parameters than samples.
DEEP = (
    Case("L4", Setting(kappa=0.2, kappa_star=0.5, alpha=0.4, lam=0.05, delta=0.0), 36),
    Case("L6", Setting(kappa=0.15, kappa_star=0.1, alpha=0.15, lam=0.01, delta=0.3), 37),
)
LONG = (ENDS[6],)
DEEP_TIMES = (1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
DEEP_NETWORKS = {40: 16, 80: 8, 160: 4}

#: Times until which Z is followed from half of them, and the sizes at which it is.
DOUBLINGS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
AGING = (DEEP[0], Case("S2", Setting(kappa=0.4, kappa_star=0.3, alpha=0.6, lam=0.2, delta=0.5), 34))
AGING_SIZES = (20, 30)
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


def _rows(section: str, case: Case, run: Dmft, variant: str = "dmft") -> list[Row]:
    """The rows of a march; seeds of its replicas are one stream's."""
    s = case.setting
    place = (section, case.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, run.d_eff)
    rows = [
        Row(*place, float(t), variant, quantity, float(value), float(error), run.replicas)
        for quantity in ("mse", "train_loss")
        for t, value, error in zip(
            run.times, getattr(run, quantity), getattr(run, f"{quantity}_error"), strict=True
        )
    ]
    known = {"trusted_until": run.trusted_until, "status": float(run.status), "weight": run.chi[-1].sum()}
    told = [
        Row(*place, run.end, variant, name, float(x), float("nan"), run.replicas) for name, x in known.items()
    ]
    return [*rows, *told]


def _one(
    section: str, case: Case, times: Sequence[float], variant: str, options: dict[str, Any]
) -> list[Row]:
    return _rows(section, case, _marched(case, times, threads=1, **options), variant)


def _marches(jobs: Iterable[tuple[str, Case, Sequence[float], str, dict[str, Any]]]) -> Iterator[Row]:
    """The rows of many marches, side by side."""
    for rows in Parallel(n_jobs=PROCESSES)(delayed(_one)(*job) for job in jobs):
        yield from rows


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
    """Whole trainings by the march."""
    yield from _marches(("flows", case, (*TIMES, *LATE_TIMES), "dmft", {}) for case in FLOWS)


def flows_networks() -> Iterator[Row]:
    """Whole trainings of networks."""
    for case in FLOWS:
        for d, runs in NETWORKS.items():
            yield from _of_networks("flows_networks", case, d, runs, TIMES)


def late_networks() -> Iterator[Row]:
    """Networks at late times."""
    for case in FLOWS:
        for d, runs in LATE.items():
            yield from _of_networks("late_networks", case, d, runs, LATE_TIMES)


def teachers() -> Iterator[Row]:
    """Whole trainings with other teachers and decays by the march."""
    yield from _marches(("teachers", case, TEACHER_TIMES, "dmft", {}) for case in TEACHERS)


def teachers_networks() -> Iterator[Row]:
    """The same of networks."""
    for case in TEACHERS:
        for d, runs in TEACHER_NETWORKS.items():
            yield from _of_networks("teachers_networks", case, d, runs, TEACHER_TIMES)


def ends() -> Iterator[Row]:
    """Marches to where the end is known."""
    yield from _marches(("ends", case, [END], "dmft", {}) for case in ENDS)


def sizes() -> Iterator[Row]:
    """One end with matrices of several sizes."""
    yield from _marches(("sizes", SIZED, [END], "dmft", {"d_eff": d}) for d in SIZES)


def steps() -> Iterator[Row]:
    """One training with steps of several lengths."""
    options = {"d_eff": 20, "replicas": 16}
    times = [1.0, 5.0, 20.0]
    yield from _marches(("steps", FLOWS[1], times, f"{x:g}", {**options, "step": x}) for x in STEPS)


def seeds() -> Iterator[Row]:
    """Small marches from many seeds."""
    yield from _marches(
        ("seeds", case, [END], f"seed {seed}", {**SMALL, "seed": seed})
        for case in HONEST
        for seed in range(SEEDS)
    )


def broken() -> Iterator[Row]:
    """Marches that are broken on purpose."""
    yield from _marches(
        ("broken", case, [1.0, 5.0, 20.0, END], name, {**SMALL, **options})
        for name, (case, options) in BROKEN.items()
    )


def long() -> Iterator[Row]:
    """Marches to t = 100,000, smaller ones: the last steps take long."""
    sizes = {"replicas": 3, "d_eff": 20}
    yield from _marches(("long", case, LONG_TIMES, "dmft", sizes) for case in LONG)


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


def _moved_by_march(case: Case, d: int, seed: int) -> FloatArray:
    options = {"d_eff": d, "replicas": 1, "threads": 1}
    return _moved_in_march(_marched(case, [DOUBLINGS[-1]], seed, **options))


def aging() -> Iterator[Row]:
    """How far Z moves while the time doubles, where the width limits the rank and where it does not."""
    yield from _doublings("aging", "dmft", _moved_by_march, dict.fromkeys(AGING_SIZES, 6))


def aging_networks() -> Iterator[Row]:
    """The same of networks."""
    yield from _doublings("aging_networks", "network", _moved, AGING_NETWORKS)


def _doublings(
    section: str, variant: str, work: Callable[[Case, int, int], FloatArray], runs: dict[int, int]
) -> Iterator[Row]:
    for case in AGING:
        s = case.setting
        for d, count in runs.items():
            jobs = (delayed(work)(case, d, seed) for seed in case.seeds(d, count, section=5))
            mean, error = mean_and_error(np.array(Parallel(n_jobs=PROCESSES)(jobs)))
            place = (section, case.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, d)
            for t, value, spread in zip(DOUBLINGS, mean, error, strict=True):
                yield Row(*place, t, variant, "moved", float(value), float(spread), count)


def loop() -> Iterator[Row]:
    """The gain of the loop from the noise back to it."""
    s = LOOP.setting
    place = ("loop", LOOP.name, s.kappa, s.kappa_star, s.alpha, s.lam, s.delta, 30, LOOP_TIME)
    lasting, alternating = loop_gain(s, LOOP_TIME)
    for variant, gain in (("rest", lasting), ("alternating", alternating), ("theory", limit_of_rest(s))):
        yield Row(*place, variant, "gain", gain, float("nan"), 1)


def deep() -> Iterator[Row]:
    """Marches where the theory of long times is an assumption."""
    yield from _marches(("deep", case, DEEP_TIMES, "dmft", {}) for case in DEEP)


def deep_networks() -> Iterator[Row]:
    """Networks there."""
    for case in DEEP:
        for d, runs in DEEP_NETWORKS.items():
            yield from _of_networks("deep_networks", case, d, runs, DEEP_TIMES)


SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    section.__name__: section
    for section in (
        flows,
        flows_networks,
        late_networks,
        teachers,
        teachers_networks,
        ends,
        sizes,
        steps,
        seeds,
        broken,
        loop,
        long,
        deep,
        deep_networks,
        aging,
        aging_networks,
    )
}
