"""Measures the simulations of finite networks, in the same table, against explicit Euler.

Work is counted in evaluations of the force, two products of an n x d with a d x m matrix. Euler at the usual
step is timed for some steps and scaled up. It is not exact either: beside the default tolerance stands the
loosest one at which the flow is nowhere further off than Euler is, at early times and at the end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.run import MEGABYTE, Line, in_fresh_python, milliseconds, verdict
from quadviz import PARAMETERS, Problem, Setting, Simulation, sample_problem, simulate, train
from quadviz.arrays import FloatArray
from quadviz.simulation.flow import SolverStatistics
from quadviz.simulation.sensing import NetworkInputs
from quadviz.sizes import Sizes
from quadviz.threads import blas_threads

__all__ = ["main"]


SETTINGS = (
    Setting(kappa=0.4, kappa_star=0.3, alpha=0.3, lam=0.01, delta=0.5),
    Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5),
)
ENDS = (1000.0, 5000.0)
EULER_STEP = 0.005
#: Steps of Euler that are taken, and those of them, from time 0.05 on, at which its error is measured. It is
#: largest at the first of them: 3,000 steps found no larger one.
EULER_STEPS = 500
EULER_SEEN = np.unique(np.geomspace(10, EULER_STEPS, 25).astype(int))
#: Tolerances, loosest first, of which the first no less accurate than Euler is taken.
TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4)
WORK_AIM, FORCE_AIM, MEMORY_AIM, LAB_AIM = 150, 2, 3, 1


class Euler(NamedTuple):
    """Explicit Euler: mse at the steps seen, and seconds for one step."""

    mse: FloatArray
    seconds: float


def euler(problem: Problem) -> Euler:
    """Some steps of explicit Euler."""
    weights, seen, spent = problem.start.copy(), [], 0.0
    with blas_threads(1):
        for step in range(1, EULER_STEPS + 1):
            start = time.perf_counter()
            weights -= EULER_STEP * problem.slope(weights)[0]
            spent += time.perf_counter() - start
            if step in EULER_SEEN:
                seen.append(problem.observe(weights).mse)
    return Euler(np.array(seen), spent / EULER_STEPS)


class Flow(NamedTuple):
    """A flow to the last of the ends: the result, and what it had taken at each of them."""

    run: Simulation
    spent: list[SolverStatistics]


def flow(problem: Problem, rtol: float) -> Flow:
    """The flow, seen where Euler is and at the ends."""
    spent: list[SolverStatistics] = []
    for run in train(problem, np.concatenate([EULER_STEP * EULER_SEEN, ENDS]), rtol=rtol):
        if len(spent) < len(ENDS) and run.reached >= ENDS[len(spent)]:
            spent.append(run.statistics)
    return Flow(run, spent)


def flows() -> Iterator[str]:
    """The flow against Euler, at the default tolerance and at one that is no more exact than Euler."""
    for setting in SETTINGS:
        for d in (60, 100):
            problem = sample_problem(setting, d)
            *_, exact = train(problem, EULER_STEP * EULER_SEEN, rtol=1e-9)
            usual, default = euler(problem), flow(problem, 1e-5)
            error = float(np.max(np.abs(usual.mse / exact.mse - 1)))
            rtol, like, off = _no_worse(problem, exact.mse, default, error)
            for i, end in enumerate(ENDS):
                name = f"flow to t = {end:g}, d {d}, kappa {setting.kappa:g}"
                yield _compared(name, default.spent[i], end, usual)
                compared = _compared(f"  rtol {rtol:g}, off by {off:.2%}", like.spent[i], end, usual)
                work = end / EULER_STEP / like.spent[i].work
                yield f"{compared}  aim {WORK_AIM} x  {verdict(work >= WORK_AIM)} (Euler off by {error:.2%})"


def _no_worse(problem: Problem, exact: FloatArray, default: Flow, error: float) -> tuple[float, Flow, float]:
    """The loosest tolerance with no larger an error than that, its flow, and its error.

    At the ends the default flow stands for the exact one: it is right to five digits there.
    """
    truth = np.concatenate([exact, default.run.mse[-len(ENDS) :]])
    for rtol in TOLERANCES:
        like = flow(problem, rtol)
        off = float(np.max(np.abs(like.run.mse / truth - 1)))
        if off <= error:
            return rtol, like, off
    raise SystemExit(f"no tolerance of {TOLERANCES} is as accurate as Euler, which is off by {error:.2%}")


def _compared(name: str, spent: SolverStatistics, end: float, usual: Euler) -> str:
    """A line with the seconds, the work, and how many times more Euler takes of both."""
    steps = end / EULER_STEP
    work, seconds = steps / spent.work, usual.seconds * steps / spent.wall_time
    line = Line(name, spent.wall_time, "s")
    return f"{line}  {spent.work:>6,.0f} forces, Euler {work:>4.0f} x the work, {seconds:>4.0f} x the time"


def _products(x: FloatArray, w: FloatArray, hidden: FloatArray) -> None:
    """The two products of a force."""
    x @ w
    x.T @ hidden


def forces() -> Iterator[Line]:
    """One evaluation of the force over the two bare products in it."""
    for setting in SETTINGS:
        for d in (60, 100, 140):
            problem = sample_problem(setting, d)
            if not isinstance(problem.sensing, NetworkInputs):
                raise TypeError("the products are those of network inputs")
            x, w = problem.sensing.inputs, problem.start
            with blas_threads(1):
                bare = milliseconds(partial(_products, x, w, x @ w), rounds=2)
                spent = milliseconds(partial(problem.slope, w), rounds=2)
            name = f"force over its bare products, d {d}, kappa {setting.kappa:g}"
            yield Line(name, spent / bare, "x", FORCE_AIM)


def memory() -> Iterator[Line]:
    """Peak of the memory that NumPy takes in a run over that of the samples and labels."""
    for inputs, d in (("network", 100), ("gaussian", 60)):
        setting = SETTINGS[1]
        sizes = Sizes.of(setting, d)
        data = 8 * sizes.n * (1 + (d if inputs == "network" else d * (d + 1) // 2))
        code = (
            f"import tracemalloc; from quadviz import Setting, simulate; s = {setting};"
            "simulate(s, 10, [0.1]); tracemalloc.start();"
            f"simulate(s, {d}, [0, 1], inputs={inputs!r});"
            "print(tracemalloc.get_traced_memory()[1])"
        )
        name = f"peak memory over {data / MEGABYTE:.1f} MB of data, {inputs}, d {d}"
        yield Line(name, in_fresh_python(code) / data, "x", MEMORY_AIM)


def lab() -> Line:
    """One network of the lab's default; it trains three, in three times that."""
    setting = Setting(**{name: parameter.default for name, parameter in PARAMETERS.items()})
    spent = milliseconds(partial(simulate, setting, 50, 1000.0), repeats=1, rounds=1) / 1000
    return Line("one network of d 50 at the defaults, to t = 1000", spent, "s", LAB_AIM)


def main() -> None:
    """Prints the table."""
    print(f"networks of finite d, one thread; Euler at step {EULER_STEP:g}, {EULER_STEPS:,} steps taken")
    for lines in (forces(), memory(), (lab(),), flows()):
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
