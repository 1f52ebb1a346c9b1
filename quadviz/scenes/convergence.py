"""The end of training: matrix flows of finite size, their limit of large d, and the law of long times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import Status
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.wording import four_digits
from quadviz.setting import Setting
from quadviz.simulation.matrix_flows import MatrixFlows, matrix_flows
from quadviz.statistics import mean_and_error
from quadviz.theory.flow.approach import ApproachLaw, approach_curve, approach_law
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.work.approach import FIRST_TIME, ApproachRun, observed

__all__ = [
    "LAST_TIME",
    "POWERS",
    "Convergence",
    "Seen",
    "Solved",
    "Target",
    "convergence",
    "law_name",
    "networks_seen",
    "slope_in",
    "target_of",
]

#: What T is: the noisy teacher of a setting, or a GOE matrix.
Target = Literal["teacher", "goe"]

#: Where the axis of times ends.
LAST_TIME = 1e4
#: Slopes that a law may have, and how they are written.
POWERS = {-1.0: "t⁻¹", -2.0: "t⁻²", -3.0: "t⁻³"}
#: Slopes are measured in this stretch before single eigenvalues show, or, where that is never, at the end.
_WINDOW = (0.1, 0.5)


@dataclass(frozen=True, eq=False)
class Seen:
    """Several approaches at common times.

    Attributes:
        times: times, increasing, shape (T,).
        distance: of each, shape (N, T); NaN where unknown.
        mean: their mean, shape (T,).
    """

    times: FloatArray
    distance: FloatArray
    mean: FloatArray


@dataclass(frozen=True, eq=False)
class Solved:
    """Flows, and what is known of them as d -> infinity.

    Attributes:
        flows: flows of finite size.
        curve: distance as d -> infinity at their times, shape (T,).
        law: the law of long times.
        window: where slopes are measured: first and last time.
        slope: slope of the mean there.
        limit_slope: that of the limit.
    """

    flows: MatrixFlows
    curve: FloatArray
    law: ApproachLaw
    window: tuple[float, float]
    slope: float
    limit_slope: float

    @property
    def seen(self) -> Seen:
        """The flows as they approach their ends."""
        return Seen(self.flows.times, self.flows.distance, self.flows.mean()[0])


@dataclass(frozen=True, eq=False)
class Convergence:
    """Everything one figure of convergence shows.

    Attributes:
        solved: the flows; None where there is no target.
        state: the steady state that the target is made from; None for the GOE.
        networks: networks in the time of their flow, or None.
        current: whether these were trained at the setting shown.
    """

    solved: Solved | None
    state: SteadyState | None
    networks: Seen | None = None
    current: bool = True


def convergence(
    target: Target,
    setting: Setting,
    d: int,
    seeds: tuple[int, ...],
    networks: Seen | None = None,
    current: bool = True,
    memo: Memo | None = None,
) -> Convergence:
    """Solve for what a figure of convergence shows.

    Args:
        target: what T is; of the setting a GOE matrix takes the width and the initial variance alone.
        setting: the setting.
        d: size of the matrices.
        seeds: one for each.
        networks: networks to be seen beside them, which a GOE matrix has none of.
        current: whether they are of this setting.
        memo: what was solved before, which is not solved again; nothing when omitted.
    """
    memo = memo or Memo()

    def solved(to: FlowTarget) -> Solved:
        key = (to, setting.kappa, setting.gamma, d, seeds)
        found: Solved = memo.exact.once(key, lambda: _solved(*key))
        return found

    if target == "goe":
        return Convergence(solved(FlowTarget()), None)
    state = steady_state(setting.alpha, setting.kappa, setting.kappa_star, setting.lam, setting.delta)
    noisy = target_of(state)
    return Convergence(None if noisy is None else solved(noisy), state, networks, current)


def target_of(state: SteadyState) -> FlowTarget | None:
    """The target whose matrix flow ends with what networks learn; None where the state was not found."""
    if int(state.status) == Status.FAILED:
        return None
    return FlowTarget(float(state.kappa_star), float(state.xi), float(state.q))


def _solved(target: FlowTarget, kappa: float, gamma: float, d: int, seeds: tuple[int, ...]) -> Solved:
    """Solve the flows."""
    times = observed(LAST_TIME)
    flows = matrix_flows(target, kappa, d, seeds, times, gamma)
    curve, law = approach_curve(target, kappa, times, gamma), approach_law(target, kappa)
    leaves = law.leaves_at(d)
    last = _WINDOW[1] * leaves if np.isfinite(leaves) else LAST_TIME
    window = (max(FIRST_TIME, last * _WINDOW[0] / _WINDOW[1]), last)
    slopes = (slope_in(window, times, distance) for distance in (flows.mean()[0], curve))
    return Solved(flows, curve, law, window, *slopes)


def networks_seen(run: ApproachRun) -> Seen | None:
    """Trained networks in the time of their matrix flow; None where there are none."""
    if not run.networks:
        return None
    distance = np.array([network.distance for network in run.networks])
    return Seen(run.request.speed * run.request.times, distance, mean_and_error(distance)[0])


def slope_in(window: tuple[float, float], times: FloatArray, distance: FloatArray) -> float:
    """Slope of the straight line through the distances inside a window of times, both in logarithms.

    >>> round(slope_in((1.0, 100.0), np.array([1.0, 10.0, 100.0]), np.array([1.0, 0.1, 0.01])), 6)
    -1.0
    """
    inside = (times >= window[0] * (1 - 1e-9)) & (times <= window[1] * (1 + 1e-9)) & (distance > 0)
    if np.count_nonzero(inside) < 2:
        return float("nan")
    return float(np.polyfit(np.log(times[inside]), np.log(distance[inside]), 1)[0])


def law_name(law: ApproachLaw) -> str:
    """The law as it is written at its line; empty where there is none.

    >>> law_name(approach_law(FlowTarget(), 0.7))
    '0.07049 t⁻³'
    """
    if not math.isfinite(law.coefficient):
        return ""
    return f"{four_digits(law.coefficient)} {POWERS[law.kind.slope]}"
