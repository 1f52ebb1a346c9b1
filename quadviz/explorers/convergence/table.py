"""All that the convergence page draws, as a table, and the code that computes its limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.scenes.convergence import Convergence, Seen, target_of
from quadviz.tables.code import Code, assignment
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, tidy
from quadviz.theory.flow.approach import local_slope
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.approach import ApproachRun

__all__ = ["convergence_code", "convergence_table"]

Rows = Iterator[dict[str, object]]

_COLUMNS = (
    "source", "target", *PARAMETERS, "q", "xi", "d", "seed", "time", "distance", "slope",
    "network_time", "loss_excess", "mse_excess",
)  # fmt: skip


def convergence_table(scene: Convergence, run: ApproachRun | None, kappa: float, gamma: float) -> Table:
    """Every flow and every network at every time, their means, the limit of large d, and its power law.

    Args:
        scene: what is seen.
        run: the networks trained, or None.
        kappa: student width.
        gamma: initial variance.
    """
    return tidy(_COLUMNS, _all_rows(scene, run, kappa, gamma))


def convergence_code(state: SteadyState | None, kappa: float, gamma: float) -> Code:
    """The limit of large d and its power law; the flows of finite size are drawn at random."""
    lines = ["target = FlowTarget()"]
    names = ["FlowTarget", "approach_curve", "approach_law"]
    if state is not None:
        names.append("steady_state")
        lines = [
            f"state = steady_state({assignment({name: getattr(state, name).item() for name in SETTING})})",
            f"target = FlowTarget({state.kappa_star.item()!r}, state.xi.item(), state.q.item())",
        ]
        if target_of(state) is None:
            return Code(("steady_state",), [lines[0], "print(state.status)"])
    lines += [
        "times = np.geomspace(0.1, 10000.0, 31)",
        f"distance = approach_curve(target, {kappa!r}, times, {gamma!r})",
        f"law = approach_law(target, {kappa!r})",
        "print(distance[-1], law.kind.slope, law.coefficient)",
    ]
    return Code(names, lines, numpy=True)


def _all_rows(scene: Convergence, run: ApproachRun | None, kappa: float, gamma: float) -> Rows:
    solved, state = scene.solved, scene.state
    known: dict[str, object] = {"target": "GOE", "kappa": kappa, "gamma": gamma}
    if state is not None:
        known |= {"target": "noisy teacher", **{name: getattr(state, name).item() for name in SETTING}}
        known |= {"q": state.q.item(), "xi": state.xi.item()}
    if solved is not None:
        flows = solved.flows
        for flow, seed in zip(flows.flows, flows.seeds, strict=True):
            own = {"source": "matrix flow", **known, "d": flows.d, "seed": seed}
            yield from _rows(own, flow.times, flow.distance)
        mean = {"source": "mean of the flows", **known, "d": flows.d}
        yield from _rows(mean, flows.times, flows.mean()[0], local_slope(flows.times, flows.mean()[0]))
        limit = {"source": "d -> inf", **known, "d": "inf"}
        yield from _rows(limit, flows.times, solved.curve, local_slope(flows.times, solved.curve))
        law = solved.law
        if np.isfinite(law.coefficient):
            of = {"source": "law of long times", **known, "d": "inf", "slope": law.kind.slope}
            yield from _rows(of, flows.times, law.at(flows.times))
    if run is not None and scene.networks is not None:
        yield from _network_rows(run, scene.networks)


def _network_rows(run: ApproachRun, seen: Seen) -> Rows:
    """Networks in the time of their matrix flow, which is that of the figure, and in their own."""
    setting, speed = run.request.setting, run.request.speed
    known: dict[str, object] = {"target": "noisy teacher", "d": run.request.d}
    known |= {name: getattr(setting, name) for name in PARAMETERS}
    for network in run.networks:
        columns = (network.times, network.distance, network.loss_excess, network.mse_excess)
        for time, distance, loss, mse in zip(*(values.tolist() for values in columns), strict=True):
            yield {
                "source": "network", **known, "seed": network.problem.seed, "time": speed * time,
                "network_time": time, "distance": distance, "loss_excess": loss, "mse_excess": mse,
            }  # fmt: skip
    mean = {"source": "mean of the networks", **known}
    yield from _rows(mean, seen.times, seen.mean, local_slope(seen.times, seen.mean))


def _rows(
    known: Mapping[str, object], times: FloatArray, distance: FloatArray, slope: FloatArray | None = None
) -> Rows:
    for i, (time, value) in enumerate(zip(times.tolist(), distance.tolist(), strict=True)):
        row = {**known, "time": time, "distance": value}
        yield row if slope is None else {**row, "slope": slope[i].item()}


def approach_table(run: ApproachRun) -> Table:
    """All that was observed of some networks, one row for each network and time."""
    names = [*PARAMETERS, "d", "seed", "time", "matrix_flow_time", "distance", "loss_excess", "mse_excess"]
    rows, speed = [], run.request.speed
    for network in run.networks:
        problem = network.problem
        fixed = [*(getattr(problem.setting, name) for name in PARAMETERS), problem.sizes.d, problem.seed]
        columns = (
            network.times,
            speed * network.times,
            network.distance,
            network.loss_excess,
            network.mse_excess,
        )
        rows += [[*fixed, *values] for values in np.transpose(columns).tolist()]
    return names, rows
