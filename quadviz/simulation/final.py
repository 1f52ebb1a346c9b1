"""Trained networks at many settings, for pages: each as fast as the theory of its setting allows.

Where the width does not bind every descent ends at the same Z, and L-BFGS is there ten times sooner than the
flow. Where it binds, the end depends on the way, and the flow is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Regime
from quadviz.setting import Setting
from quadviz.simulation.minimise import minimise_problem
from quadviz.simulation.problem import Problem, sample_problem
from quadviz.simulation.simulate import train
from quadviz.theory.steady.steady_state import steady_state_of

__all__ = ["SMALLEST_LAM", "FinalState", "flow_end", "follows_flow", "train_to_the_end"]


#: A finite network has no limit lam -> 0+: this weight decay stands for it.
SMALLEST_LAM = 1e-4
#: Largest entry of the force at which a descent ends, and the share of lam that it may be: where many Z fit
#: all labels, weight decay alone decides, and its force is small. The mse is then right to half a percent.
_TOLERANCE, _SHARE = 1e-5, 1 / 30
#: A flow has settled after this time over lam, as a rule; it ends between these two times.
_SETTLED, _EARLIEST, _LATEST = 8.0, 50.0, 5000.0
#: Tolerance of the flow, which then is right to three digits.
_RTOL = 1e-4


#: What is left of an eigenvalue that goes to 0 is smaller by far.
_IN_RANK = 1e-3
_SEEN = ("mse", "train_loss", "in_sample_error")


@dataclass(frozen=True, eq=False)
class FinalState:
    """A network after training.

    Attributes:
        setting: the ratios, with the weight decay that was used.
        d: input dimension.
        seed: the seed.
        mse: |Z - Z*|_F^2 / d.
        train_loss: on the noisy labels.
        in_sample_error: on the labels without their noise.
        eigenvalues: of Z, increasing, shape (d,).
        flow: whether it was reached by gradient flow, to time :func:`flow_end`; else by L-BFGS.
    """

    setting: Setting
    d: int
    seed: int
    mse: float
    train_loss: float
    in_sample_error: float
    eigenvalues: FloatArray
    flow: bool

    @property
    def rank(self) -> float:
        """Rank of Z over d."""
        return float(np.mean(self.eigenvalues > _IN_RANK))

    @property
    def trained_by(self) -> str:
        """How it was reached, as tables say it."""
        return "gradient flow" if self.flow else "L-BFGS"


def follows_flow(setting: Setting) -> bool:
    """Whether the end of training may depend on the way there: whether the width limits the rank."""
    return bool(steady_state_of(setting).regime != Regime.EXACT)


def flow_end(setting: Setting) -> float:
    """The time at which a flow counts as settled."""
    return float(np.clip(_SETTLED / max(setting.lam, setting.lam2), _EARLIEST, _LATEST))


def train_to_the_end(
    settings: Sequence[Setting], d: int, seeds: Sequence[int], watch: Callable[[], None]
) -> Iterator[tuple[float, tuple[FinalState, ...]]]:
    """Train networks at several settings, one setting after another.

    Args:
        settings: the settings; lam below :data:`SMALLEST_LAM` is replaced by it.
        d: input dimension.
        seeds: one for each network at a setting.
        watch: called before every evaluation of the force; what it raises ends the work.

    Yields:
        What fraction is done, and the networks trained so far.

    Raises:
        ValueError: if m, m* or n would be 0.
        MemoryError: if a problem would not fit.
        SimulationError: if an integration fails.
    """
    trained: list[FinalState] = []
    # A network's time grows with its number of samples.
    cost = np.repeat([s.alpha for s in settings], len(seeds))
    done = np.concatenate([[0.0], np.cumsum(cost) / cost.sum()])
    yield 0.0, ()
    for asked in settings:
        setting = asked if asked.lam2 else replace(asked, lam=max(asked.lam, SMALLEST_LAM))
        flow = follows_flow(setting)
        for seed in seeds:
            before, after = done[len(trained) : len(trained) + 2]
            work = _flow if flow else _descent
            for outcome in work(sample_problem(setting, d, seed), watch):
                if isinstance(outcome, FinalState):
                    trained.append(outcome)
                    yield float(after), tuple(trained)
                else:
                    yield float(before + outcome * (after - before)), tuple(trained)


def _flow(problem: Problem, watch: Callable[[], None]) -> Iterator[float | FinalState]:
    """The fraction done, again and again, and then the end of the flow."""
    for run in train(problem, flow_end(problem.setting), rtol=_RTOL, watch=watch):
        yield run.fraction
    seen = {name: float(getattr(run, name)[-1]) for name in _SEEN}
    yield FinalState(
        problem.setting, problem.sizes.d, problem.seed, **seen, eigenvalues=run.eigenvalues[0], flow=True
    )


def _descent(problem: Problem, watch: Callable[[], None]) -> Iterator[float | FinalState]:
    """The end of the descent."""
    tolerance = min(_TOLERANCE, _SHARE * max(problem.setting.lam, problem.setting.lam2))
    end = minimise_problem(problem, tolerance=tolerance, watch=watch)
    seen = {name: getattr(end, name) for name in _SEEN}
    yield FinalState(
        problem.setting, problem.sizes.d, problem.seed, **seen, eigenvalues=end.eigenvalues, flow=False
    )
