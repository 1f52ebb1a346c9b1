"""Web pages whose slider is the time: a course of training that grows, and its spectrum on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.explorers.exhibit import Reel
from quadviz.figures.drawing import Drawing
from quadviz.figures.dynamics import Course, Dynamics, DynamicsPen, dynamics_skeleton
from quadviz.figures.dynamics_spectrum import EvolvingSpectrum, SpectrumPen, spectrum_skeleton, time_text
from quadviz.figures.training_pen import FIRST_TIME, Training, training_skeleton

__all__ = ["course_reel", "pen_reel", "spectrum_reel", "until"]

FloatArray = NDArray[np.float64]

_NAME, _LABEL = "time", "t, time of training"


def course_reel(times: FloatArray, draw: Callable[[float], Drawing]) -> Reel:
    """A course that grows with time.

    Args:
        times: when it was looked at, increasing.
        draw: draws the course as far as it had come at a time.
    """
    # A log axis has no time 0.
    stops = times[times >= FIRST_TIME * (1 - 1e-9)].tolist()
    return Reel(_NAME, _LABEL, [time_text(time) for time in stops], len(stops) - 1, lambda: map(draw, stops))


def pen_reel(view: Training) -> Reel | None:
    """A course that grows with time, on the axes of the whole of it; None where nothing is there to grow."""
    grids = [view.times] if np.isfinite(view.networks).any() else []
    if isinstance(view, Dynamics):
        grids += [course.times for course in (view.dmft, view.population) if course.times.size]
    if not grids:
        return None
    longest = max(grids, key=lambda times: float(times[-1]))
    times = longest[longest >= FIRST_TIME * (1 - 1e-9)]

    def figures() -> Iterator[go.Figure]:
        figure = dynamics_skeleton() if isinstance(view, Dynamics) else training_skeleton()
        pen = _HeldPen(figure, view)
        for time in times.tolist():
            pen.draw(until(view, time))
            yield go.Figure(figure)

    return Reel(_NAME, _LABEL, [time_text(time) for time in times], times.size - 1, figures)


def until(view: Training, time: float) -> Training:
    """A course as far as it had come at a time."""

    def seen(values: FloatArray) -> FloatArray:
        return np.where(view.times <= time, values, np.nan)

    so_far = replace(view, networks=seen(view.networks), mean=seen(view.mean), error=seen(view.error))
    if not isinstance(so_far, Dynamics):
        return so_far
    return replace(
        so_far,
        dmft=_until(so_far.dmft, time),
        population=_until(so_far.population, time),
        now=time,
        best=so_far.best if so_far.best is not None and so_far.best <= time else None,
    )


def spectrum_reel(view: EvolvingSpectrum) -> Reel | None:
    """A spectrum at all its moments; None where there are not two of them."""
    frames = view.frames
    if frames is None or frames.times.size < 2:
        return None

    def figures() -> Iterator[go.Figure]:
        figure = spectrum_skeleton()
        pen = SpectrumPen(figure)
        for moment in range(frames.times.size):
            pen.draw(replace(view, moment=moment))
            yield go.Figure(figure)

    return Reel(_NAME, _LABEL, [time_text(time) for time in frames.times], view.moment, figures)


class _HeldPen(DynamicsPen):
    """Draws parts of a course on the axes of the whole."""

    def __init__(self, figure: go.Figure, whole: Training) -> None:
        super().__init__(figure)
        self._whole = whole

    def fitted(self, row: int, view: Training) -> FloatArray:
        """What the axis of a panel has to hold, whatever part of it is shown."""
        del view
        return super().fitted(row, self._whole)


def _until(course: Course, time: float) -> Course:
    return course.part(course.times <= time)
