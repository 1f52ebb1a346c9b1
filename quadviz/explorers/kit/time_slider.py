"""Web pages whose slider is the time: a course of training that grows, and its spectrum on the way."""

from __future__ import annotations

from collections.abc import Callable

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.save.exhibit import TimeSlider
from quadviz.figures.marks.drawing import Drawing
from quadviz.scenes.common.wording import time_text
from quadviz.work.training import FIRST_TIME

__all__ = ["course_slider", "spectrum_slider"]


_NAME, _LABEL = "time", "t, time of training"


def course_slider(times: FloatArray, draw: Callable[[float], Drawing]) -> TimeSlider:
    """A course that grows with time.

    Args:
        times: when it was looked at, increasing.
        draw: draws the course as far as it had come at a time.
    """
    # A log axis has no time 0.
    stops = times[times >= FIRST_TIME * (1 - 1e-9)].tolist()
    return TimeSlider(
        _NAME, _LABEL, [time_text(time) for time in stops], len(stops) - 1, lambda: map(draw, stops)
    )


def spectrum_slider(times: FloatArray, moment: int, draw: Callable[[int], Drawing]) -> TimeSlider | None:
    """A spectrum at all its moments; None where there are not two of them.

    Args:
        times: the moments.
        moment: the number of the one to be seen first.
        draw: draws the spectrum at a moment.
    """
    if times.size < 2:
        return None
    texts = [time_text(time) for time in times.tolist()]
    return TimeSlider(_NAME, _LABEL, texts, moment, lambda: map(draw, range(times.size)))
