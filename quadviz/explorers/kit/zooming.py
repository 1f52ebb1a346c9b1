"""Axes of which a stretch can be zoomed into: what that does to a state, and to the slider of a marker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from quadviz.explorers.kit.widgets.tracks import Track
from quadviz.figures.marks.axes import Scale
from quadviz.parameters import PARAMETERS

__all__ = ["HANDS", "Axis", "axis_track", "kept_in", "zoomed"]

#: What a hand can do in such a figure.
HANDS = "A click moves the marker; a stretch dragged over is zoomed into, a double click goes back."
#: The narrowest stretch to zoom into, relative to where it is: places on it are told by four digits.
_NARROWEST = 1e-2


class _Zoomable(Protocol):
    """A state with a marker on an axis from the least alpha to ``alpha_top``, or over a part of it."""

    @property
    def alpha(self) -> float: ...
    @property
    def alpha_top(self) -> float: ...
    @property
    def x_scale(self) -> Scale: ...
    @property
    def span(self) -> tuple[float, float] | None: ...
    @property
    def seen(self) -> tuple[float, float]: ...


S = TypeVar("S", bound=Any)


@dataclass(frozen=True)
class Axis:
    """An axis with a marker on it, of which a stretch can be zoomed into.

    Attributes:
        span: the field of the stretch; None where all is seen.
        marker: the field of the marker's place, a parameter.
        top: the end of the whole axis, which begins with the parameter's range.
        leaves: fields that lead out of a stretch when they are set.
    """

    span: str
    marker: str
    top: Callable[[Any], float]
    leaves: frozenset[str]


SAMPLES = Axis("span", "alpha", lambda state: float(state.alpha_top), frozenset({"alpha_top", "x_scale"}))


def zoomed(state: S, changed: Collection[str], axis: Axis = SAMPLES) -> S:
    """A state that is zoomed in, with the marker in sight; or no longer, where something leads out of it.

    Args:
        state: a state with the fields of the axis.
        changed: the fields that were set.
        axis: the axis.
    """
    span, place = getattr(state, axis.span), getattr(state, axis.marker)
    if span is None:
        return state
    least, top = PARAMETERS[axis.marker].low, axis.top(state)
    low, high = max(least, float(f"{span[0]:.4g}")), min(top, float(f"{span[1]:.4g}"))
    whole = low <= least and high >= top
    # A link sets all fields at once: then the stretch is meant.
    others = set() if axis.span in changed else set(changed)
    out = axis.leaves & others or (axis.marker in others and not low <= place <= high)
    if whole or out or high - low < _NARROWEST * high:
        ended: S = replace(state, **{axis.span: None})
        return ended
    moved: S = replace(state, **{axis.span: (low, high), axis.marker: min(max(place, low), high)})
    return moved


def kept_in(state: S, tops: Sequence[float], changed: Collection[str]) -> S:
    """A state with its marker on the axis: one beyond the end lengthens it, a shorter axis takes it along.

    Args:
        state: a state with an ``alpha_top``.
        tops: the ends that the axis may have, increasing.
        changed: the fields that were set.
    """
    now: _Zoomable = state
    if now.alpha <= now.alpha_top:
        return state
    if "alpha" in changed:
        longer: S = replace(state, alpha_top=next(top for top in tops if top >= now.alpha))
        return longer
    moved: S = replace(state, alpha=now.alpha_top)
    return moved


def axis_track(state: _Zoomable, points: int) -> Track:
    """The stops of the marker's slider: as many for a short axis as for a long one, at round values."""
    if state.x_scale == "log" or state.span is not None:
        return Track(*state.seen, points, state.x_scale)
    low, top = state.seen
    return Track(low, top, round((top - low) / (PARAMETERS["alpha"].step * top)), "linear")
