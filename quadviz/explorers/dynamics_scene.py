"""What the page of dynamics draws against time, made of what it reads out."""

from __future__ import annotations

import numpy as np

from quadviz.explorers.dynamics_readout import Told, best_name
from quadviz.explorers.dynamics_state import State
from quadviz.figures.dynamics import Course, Dynamics
from quadviz.figures.training_pen import PANELS
from quadviz.theory.steady_state import Regime, SteadyState

__all__ = ["course_view", "rank_limited"]


def course_view(told: Told, state: State, now: float | None) -> Dynamics:
    """The course of training.

    Args:
        told: what is read out.
        state: what the page shows.
        now: the moment shown beside; None for none.
    """
    run, march, flow = told.networks, told.march, told.flow
    fields = [name for name, _, _ in PANELS]
    times = state.request.times if run is None else run.request.times
    networks = np.full((len(fields), 1, times.size), np.nan)
    mean = error = networks[:, 0]
    if run is not None and run.networks:
        networks = np.array([run.curves(name) for name in fields])
        both = [run.mean(name) for name in fields]
        mean, error = np.array([m for m, _ in both]), np.array([e for _, e in both])
    losses = np.array([flow.mse, flow.loss + state.delta / 4])
    ends = [state.end, *(r.request.end for r in (run, march) if r is not None)]
    stop = told.stop if told.stop is not None and told.stop.pays else None
    return Dynamics(
        times=times,
        networks=networks,
        mean=mean,
        error=error,
        theory=np.array([float(getattr(told.theory, name)) for name in fields]),
        limited=rank_limited(told.theory),
        theory_name="theory, t → ∞" if state.lam > 0 else "theory, λ → 0+, t → ∞",
        current=told.networks_current,
        end=max(ends),
        y_scale=state.y_scale,
        theme=state.theme,
        dmft=Course.none() if march is None else march.course(told.march_current),
        population=Course(flow.times, losses, np.full(losses.shape, np.nan)),
        now=now,
        best=None if stop is None else stop.time,
        best_name="" if stop is None else best_name(stop),
    )


def rank_limited(theory: SteadyState) -> bool:
    """Whether the width limits the rank; the arrays hold a single value."""
    return Regime(int(theory.regime.flat[0])) == Regime.RANK_LIMITED
