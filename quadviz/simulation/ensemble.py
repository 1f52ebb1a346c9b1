"""Many networks that differ in their seed, trained side by side in processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import checked_times, shown, whole_number
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting
from quadviz.simulation.problem import LabelNoise, Recipe, TeacherWeights, what_was_asked
from quadviz.simulation.simulate import Simulation, SimulationError, simulate
from quadviz.simulation.sizes import check_memory
from quadviz.sizes import Sizes
from quadviz.statistics import mean_and_error

__all__ = ["SimulationEnsemble", "simulate_ensemble"]

Observable = Literal["mse", "train_loss", "in_sample_error", "regularised_loss", "eigenvalues"]


@dataclass(frozen=True, eq=False, repr=False)
class SimulationEnsemble(Result):
    """Simulations of one setting that differ in their seed (THEORY section 1; arXiv 2601.10483).

    It converts to tables: "course" with a row a seed and time, "eigenvalues" with a row an eigenvalue of
    each.

    Attributes:
        setting: the ratios.
        sizes: the whole numbers they became.
        recipe: what the problems were made of.
        times: times observed, shape (T,).
        runs: the complete simulations in the order of their seeds.
        failures: what went wrong, by seed; a SimulationError has what there was before as ``partial``.
    """

    setting: Setting
    sizes: Sizes
    recipe: Recipe
    times: FloatArray
    runs: tuple[Simulation, ...]
    failures: Mapping[int, Exception]

    def sheets(self) -> dict[str, Sheet]:
        """What was observed over seeds and times, and the eigenvalues."""
        about = what_was_asked(self.setting, self.sizes, self.recipe, 0)
        about["seed"] = (("seed",), np.array(self.seeds))
        first, d = self.runs[0], self.sizes.d
        course, kept = ("seed", "time"), ("seed", "eigenvalue_time", "index")
        return {
            "course": Sheet(
                {"seed": len(self.runs), "time": self.times.size},
                {**about, "time": (("time",), self.times)},
                {name: (course, self.all(name)) for name in get_args(Observable)[:-1]},
            ),
            "eigenvalues": Sheet(
                {"seed": len(self.runs), "eigenvalue_time": first.eigenvalue_times.size, "index": d},
                {
                    **about,
                    "eigenvalue_time": (("eigenvalue_time",), first.eigenvalue_times),
                    "index": (("index",), np.arange(d)),
                },
                {"eigenvalue": (kept, self.all("eigenvalues"))},
            ),
        }

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the runs."""
        return tuple(run.seed for run in self.runs)

    def all(self, observable: Observable) -> FloatArray:
        """An observable in every run, shape (R, T); eigenvalues have the shape (R, E, d)."""
        return np.array([getattr(run, observable) for run in self.runs])

    def mean(self, observable: Observable) -> FloatArray:
        """Its mean over the runs, shape (T,) or (E, d)."""
        return mean_and_error(self.all(observable))[0]

    def standard_error(self, observable: Observable) -> FloatArray:
        """The standard error of that mean; NaN for a single run, which tells nothing about it."""
        return mean_and_error(self.all(observable))[1]


def simulate_ensemble(
    setting: Setting,
    d: int,
    seeds: Iterable[int],
    times: ArrayLike,
    *,
    inputs: Inputs = "network",
    label_noise: LabelNoise = "gaussian",
    weights: TeacherWeights = "gaussian",
    eigenvalue_times: ArrayLike | None = None,
    keep_weights: bool = False,
    rtol: float = 1e-5,
    max_steps: int = 100_000,
    processes: int | None = None,
    progress: bool = False,
) -> SimulationEnsemble:
    """Train networks that differ in their seed; each is the one that :func:`simulate` gives, to the last bit.

    The gradient flow of THEORY section 1 (arXiv 2601.10483).

    Args:
        setting: the ratios; this and what is not explained here as in :func:`simulate`.
        d: input dimension.
        seeds: one for each network, all different.
        times: times to observe at.
        inputs: kind of samples.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights.
        eigenvalue_times: times at which to keep eigenvalues.
        keep_weights: whether to keep the final weights.
        rtol: tolerance of the integrator.
        max_steps: when to give up.
        processes: how many to train at a time, each in a process with one thread; all cores when omitted.
        progress: True shows a bar, in a terminal or a notebook.

    Returns:
        The ensemble, of R runs with observables of shape (T,). A network that failed is reported under its
        seed and does not disturb the others.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range; names it, its value and the range.
        MemoryError: if so many networks at a time would not fit.
        SimulationError: if every network failed.

    >>> setting = Setting(0.5, 0.3, 0.35, lam=0.1, delta=0.5)
    >>> networks = simulate_ensemble(setting, d=10, seeds=[0, 1], times=[0.0, 1.0], processes=1)
    >>> networks.all("mse").shape, networks.mean("mse").shape
    ((2, 2), (2,))
    """
    from joblib import cpu_count  # not needed to import quadviz

    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds must be whole numbers, one for each network, got {shown(seeds)}")
    wanted = [whole_number("seed", seed, 0) for seed in seeds]
    if not wanted or len(set(wanted)) < len(wanted):
        raise ValueError(f"seeds must be different, and one at least, got {wanted!r}")
    at_once = min(cpu_count() if processes is None else whole_number("processes", processes, 1), len(wanted))
    recipe, sizes = Recipe(inputs, label_noise, weights), Sizes.of(setting, d)
    observed, kept = checked_times(times, eigenvalue_times)
    check_memory(setting, d, inputs, at_once)
    options = {
        "inputs": inputs,
        "label_noise": label_noise,
        "weights": weights,
        "eigenvalue_times": kept,
        "keep_weights": keep_weights,
        "rtol": rtol,
        "max_steps": max_steps,
    }
    runs: dict[int, Simulation] = {}
    failures: dict[int, Exception] = {}
    for seed, outcome in _outcomes(setting, d, wanted, observed, options, at_once, progress):
        if isinstance(outcome, Simulation):
            runs[seed] = outcome
        else:
            failures[seed] = outcome
    if not runs:
        seed, first = next(iter(failures.items()))
        partial = first.partial if isinstance(first, SimulationError) else None
        raise SimulationError(f"every network failed; seed {seed}: {first}", partial) from first
    return SimulationEnsemble(
        setting=setting,
        sizes=sizes,
        recipe=recipe,
        times=observed,
        runs=tuple(runs[seed] for seed in wanted if seed in runs),
        failures=failures,
    )


def _outcomes(
    setting: Setting,
    d: int,
    seeds: list[int],
    times: FloatArray,
    options: Mapping[str, Any],
    at_once: int,
    progress: bool,
) -> Iterator[tuple[int, Simulation | Exception]]:
    """Each seed with what came of it, in the order in which they end."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError
    from tqdm.auto import tqdm

    pool = Parallel(n_jobs=at_once, return_as="generator_unordered")
    left = set(seeds)
    with tqdm(total=len(seeds), desc=f"networks of d = {d}", unit="", disable=not progress) as bar:
        try:
            for seed, outcome in pool(delayed(_one)(setting, d, seed, times, options) for seed in seeds):
                left.discard(seed)
                bar.update()
                yield seed, outcome
        except TerminatedWorkerError as ended:
            # Killed from outside, as a rule for want of memory: nobody knows which seed it was at.
            for seed in sorted(left):
                yield seed, ended


def _one(
    setting: Setting, d: int, seed: int, times: FloatArray, options: Mapping[str, Any]
) -> tuple[int, Simulation | Exception]:
    """One network; what fails in training it is returned, what was asked wrongly is raised."""
    try:
        return seed, simulate(setting, d, times, seed, **options)
    except (SimulationError, MemoryError) as failure:
        return seed, failure
