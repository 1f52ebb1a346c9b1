"""Measures quadviz and the baseline in one run and prints a table: ``python -m benchmarks``.

Times are wall-clock on one core, warm: the best of several medians, which a busy machine disturbs least. The
baseline solves a few points of each job, started from the exact solution of a neighbouring point (a
continuation that costs nothing), and the mean time is scaled up to the whole job. Before that it must meet
rows of the reference table to 1e-5, and on each measured point quadviz must agree with it to 1e-5.
"""

from __future__ import annotations

import csv
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

import quadviz
from benchmarks import baseline
from quadviz import PARAMETERS, PowerLaw, Setting
from quadviz.explorers.learning_curves.page import LearningCurvesExplorer

__all__ = ["main"]

REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "steady_state.csv"
#: Rows of the reference table that the baseline must meet: wide, rank-limited, noisy, little weight decay.
CHECKED_ROWS = (0, 2, 4, 11)
TOLERANCE = 1e-5
RATIO_AIM = 5000
MEGABYTE = 1e6

KAPPA_STAR, LAM = 0.3, 0.01
ALPHA = np.linspace(0.02, 1.0, 200)
MAP_ALPHA = np.linspace(0.02, 1.0, 100)[:, None]
MAP_KAPPA = np.linspace(PARAMETERS["kappa"].low, 1.0, 100)
MAP_DELTA = 0.5
FAMILY_LAM = np.array([0.0, 1e-3, 1e-2, 1e-1, 1.0])


class Line(NamedTuple):
    """One line of the table: a measurement in its unit, the aim, and the baseline's seconds if it has any."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    baseline_seconds: float | None = None

    def __str__(self) -> str:
        text = f"{self.name:<49}{self.value:>10.2f} {self.unit}"
        if self.aim is not None:
            text += f"  aim {self.aim:>5g} {self.unit}  {verdict(self.value <= self.aim)}"
        if self.baseline_seconds is not None:
            ratio = 1000 * self.baseline_seconds / self.value
            text += (
                f"  baseline {self.baseline_seconds:>5.0f} s, {ratio:>7,.0f} x  {verdict(ratio >= RATIO_AIM)}"
            )
        return text


def verdict(met: bool) -> str:
    """Whether an aim is met, in one word."""
    return "met   " if met else "MISSED"


def milliseconds(job: Callable[[], object], repeats: int = 7, rounds: int = 5) -> float:
    """Best of ``rounds`` medians of ``repeats`` runs, after one run to warm up."""
    job()

    def once() -> float:
        start = time.perf_counter()
        job()
        return time.perf_counter() - start

    return 1000 * min(statistics.median(once() for _ in range(repeats)) for _ in range(rounds))


def agree(name: str, here: float, there: float) -> None:
    """Stops the run where two ways of computing the same differ: then there is nothing to compare."""
    if abs(here - there) > TOLERANCE * abs(there):
        raise SystemExit(f"{name}: {here} and {there} differ by more than {TOLERANCE:g}")


def check_baseline() -> None:
    """The baseline against rows of the reference table, started 3% off."""
    with REFERENCE.open(newline="") as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    for row in (rows[index] for index in CHECKED_ROWS):
        setting = Setting(**{name: row[name] for name in ("kappa", "kappa_star", "alpha", "lam", "delta")})
        solution = baseline.solve(setting, (1.03 * row["q"], 0.97 * row["xi"]))
        for name, value in solution._asdict().items():
            agree(f"{name} of the baseline and the reference at {setting}", value, row[name])


def baseline_seconds(settings: list[Setting], points: int) -> float:
    """The baseline's mean time on a few settings, scaled up to ``points`` of them."""
    elapsed = []
    for s in settings:
        rest = (s.kappa, s.kappa_star, s.lam, s.delta)
        here, nearby = quadviz.steady_state(s.alpha, *rest), quadviz.steady_state(1.005 * s.alpha, *rest)
        start = time.perf_counter()
        solution = baseline.solve(s, (nearby.q.item(), nearby.xi.item()))
        elapsed.append(time.perf_counter() - start)
        agree(f"mse of quadviz and the baseline at {s}", here.mse.item(), solution.mse)
    return statistics.mean(elapsed) * points


def curves() -> Iterator[Line]:
    """Learning curves of 200 points, one and five at a time."""
    for kappa, aim in ((1.0, 5.0), (0.4, 15.0)):
        for delta in (0.0, 1.0):
            some = [Setting(kappa, KAPPA_STAR, alpha, LAM, delta) for alpha in ALPHA[20::60].tolist()]
            usual = baseline_seconds(some, ALPHA.size)
            spent = milliseconds(partial(quadviz.learning_curve, ALPHA, kappa, KAPPA_STAR, LAM, delta))
            yield Line(f"200-point curve, kappa {kappa:g}, delta {delta:g}", spent, "ms", aim, usual)
    for kappa in (1.0, 0.4):
        spent = milliseconds(partial(quadviz.learning_curve, ALPHA, kappa, KAPPA_STAR, FAMILY_LAM, 0.5))
        yield Line(f"five curves over lam, kappa {kappa:g}, delta 0.5", spent, "ms")


def error_map() -> Line:
    """A map of mse over alpha and kappa."""
    some = [
        Setting(kappa, KAPPA_STAR, alpha, LAM, MAP_DELTA)
        for alpha in MAP_ALPHA[15::35, 0].tolist()
        for kappa in MAP_KAPPA[15::35].tolist()
    ]
    usual = baseline_seconds(some, MAP_ALPHA.size * MAP_KAPPA.size)
    job = partial(quadviz.steady_state, MAP_ALPHA, MAP_KAPPA, KAPPA_STAR, LAM, MAP_DELTA)
    spent = milliseconds(job, repeats=3, rounds=2)
    return Line(f"100 x 100 map, kappa {MAP_KAPPA[0]:g} to 1, delta {MAP_DELTA:g}", spent, "ms", 1000, usual)


def ridgeless_map() -> Line:
    """The same map in the ridgeless limit, whose thresholds are found too."""
    job = partial(quadviz.steady_state, MAP_ALPHA, MAP_KAPPA, KAPPA_STAR, 0.0, MAP_DELTA)
    return Line("the same at lam = 0+", milliseconds(job, repeats=3, rounds=2), "ms", 200)


#: Points of the jobs that must fit into a minute and a gigabyte, and the aims.
MILLION, MINUTE, GIGABYTE = 10**6, 60.0, 1000.0
#: A job in a new interpreter, which prints its seconds and its peak of resident memory in megabytes.
_MILLION = """
import resource, time, numpy as np, quadviz
from quadviz import PARAMETERS
n, rng = {n}, np.random.default_rng(0)
def draw(name):
    p = PARAMETERS[name]
    if p.scale == "log":
        return np.exp(rng.uniform(np.log(p.low), np.log(p.high), n))
    return rng.uniform(p.low, p.high, n)
alpha, kappa, kappa_star, lam, delta = map(draw, ("alpha", "kappa", "kappa_star", "lam", "delta"))
axis = np.linspace(0.02, 1, 1000)
start = time.perf_counter()
quadviz.{job}
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def scattered() -> Iterator[Line]:
    """A million random settings of the table's ranges, beside as many points of a map."""
    jobs = (
        ("a map of 10^6 points", "steady_state(axis[:, None], axis, 0.3, 0.01, 0.5)"),
        ("10^6 scattered settings", "steady_state(alpha, kappa, kappa_star, lam, delta)"),
        ("10^6 Bayes-optimal errors", "bayes_optimal(alpha, kappa_star, delta)"),
        ("10^6 interpolation thresholds", "interpolation_threshold(kappa, kappa_star, delta)"),
        ("10^6 best weight decays", "optimal_lam(alpha, kappa, kappa_star, delta)"),
    )  # fmt: skip
    for name, job in jobs:
        seconds, peak = map(float, printed(_MILLION.format(n=MILLION, job=job)).split())
        yield Line(name, seconds, "s", MINUTE)
        yield Line(f"{name}, peak memory", peak, "MB", GIGABYTE)


def companions() -> Iterator[Line]:
    """What stands beside a learning curve: Bayes, thresholds, the best weight decay, frames of spectra."""
    alpha, x = MAP_ALPHA[:, 0], np.linspace(0, 12, 400)
    jobs: tuple[tuple[str, Callable[[], object], float], ...] = (
        ("100-point Bayes-optimal curve", partial(quadviz.bayes_optimal, alpha, KAPPA_STAR, 0.5), 100),
        ("100-point curve of the best lam", partial(quadviz.optimal_lam, alpha, 0.4, KAPPA_STAR, 0.5), 100),
        (
            "interpolation thresholds at 100 kappa",
            partial(quadviz.interpolation_threshold, MAP_KAPPA, KAPPA_STAR, 0.5),
            100,
        ),
        (
            "100 frames of learned spectra, 400 points each",
            lambda: quadviz.learned_spectrum(MAP_ALPHA, 0.4, KAPPA_STAR, LAM, 0.5).density(x),
            100,
        ),
    )
    for name, job, aim in jobs:
        yield Line(name, milliseconds(job), "ms", aim)


def teachers() -> Iterator[Line]:
    """Curves of 100 points with teachers of levels, wide and rank-limited."""
    alpha = MAP_ALPHA[:, 0] * 0.95 + 0.05
    for levels, aim in ((50, 60.0), (400, 400.0)):
        teacher = PowerLaw(0.3, levels=levels)
        for kappa, lam2 in ((1.0, 0.0), (0.3, 0.0), (1.0, 0.1)):
            job = partial(quadviz.learning_curve, alpha, kappa, 0.4, 0.05, 0.3, lam2, teacher=teacher)
            name = f"100-point curve, {levels} levels, kappa {kappa:g}, lam2 {lam2:g}"
            yield Line(name, milliseconds(job), "ms", aim)
    job = partial(quadviz.learning_curve, alpha, 1.0, KAPPA_STAR, LAM, 0.5, 0.1)
    yield Line("100-point curve, Wishart, lam2 0.1", milliseconds(job), "ms", 60)
    best = partial(quadviz.optimal_decay, alpha[::10], 1.0, KAPPA_STAR, 0.5)
    yield Line("the best pair of decays at 10 alpha", milliseconds(best, repeats=1, rounds=2), "ms")


def slider_events() -> Iterator[Line]:
    """Kernel time of one slider event on the page with five curves; the way to the browser not included."""
    explorer = LearningCurvesExplorer()
    for compare, name in (("lam", "kappa"), ("lam", "delta"), ("kappa", "lam"), ("kappa", "kappa_star")):
        explorer.reset()
        explorer.compare.value = compare
        low, high = PARAMETERS[name].low, PARAMETERS[name].high
        spaced = np.geomspace if PARAMETERS[name].scale == "log" else np.linspace
        events = ((name, value) for value in cycle(spaced(low, high, 23).tolist()))
        spent = milliseconds(partial(_drag, explorer, events), repeats=23, rounds=3)
        yield Line(f"slider event, {name}, five curves over {compare}", spent, "ms", 25)


def _drag(explorer: LearningCurvesExplorer, events: Iterator[tuple[str, float]]) -> None:
    """Moves a slider to its next value."""
    name, value = next(events)
    explorer.controls[name].value = value


def printed(code: str) -> str:
    """What ``code`` prints in a new interpreter."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    return done.stdout


def in_fresh_python(code: str) -> float:
    """The number that ``code`` prints in a new interpreter."""
    return float(printed(code))


def import_time() -> Line:
    """Import of quadviz where numpy and scipy are already there."""
    code = (
        "import numpy, scipy, time; start = time.perf_counter();"
        "import quadviz; print(time.perf_counter() - start)"
    )
    spent = 1000 * min(in_fresh_python(code) for _ in range(5))
    return Line("import quadviz, beyond numpy and scipy", spent, "ms", 500)


def memory() -> Line:
    """Peak of the memory that the map and a family of curves take, imports not counted."""
    code = (
        "import tracemalloc, quadviz; from benchmarks import run as r; tracemalloc.start();"
        "quadviz.steady_state(r.MAP_ALPHA, r.MAP_KAPPA, r.KAPPA_STAR, r.LAM, r.MAP_DELTA);"
        "quadviz.learning_curve(r.ALPHA, 0.4, r.KAPPA_STAR, r.FAMILY_LAM, 0.5);"
        "print(tracemalloc.get_traced_memory()[1])"
    )
    return Line("peak memory of the map and five curves", in_fresh_python(code) / MEGABYTE, "MB", 200)


def main() -> None:
    """Prints the table."""
    print(
        f"quadviz {quadviz.__version__}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, {os.cpu_count()} cores of which one is used"
    )
    print(f"kappa_star {KAPPA_STAR:g}, lam {LAM:g} where not varied, alpha 0.02 to 1")
    print("baseline: a few points measured, scaled up to the job; aim: quadviz at least 5,000 times faster")
    check_baseline()
    print(f"baseline meets {len(CHECKED_ROWS)} reference rows to {TOLERANCE:g}")
    for line in curves():
        print(line, flush=True)
    for line in (error_map(), ridgeless_map(), *companions(), *teachers()):
        print(line, flush=True)
    for line in slider_events():
        print(line, flush=True)
    print(import_time())
    print(memory())
    for line in scattered():
        print(line, flush=True)


if __name__ == "__main__":
    main()
