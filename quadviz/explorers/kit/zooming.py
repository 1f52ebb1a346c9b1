"""An alpha axis of which a stretch can be zoomed into: what that does to a state and to its slider."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from quadviz.explorers.kit.widgets.tracks import Track
from quadviz.figures.marks.axes import Scale
from quadviz.parameters import PARAMETERS

__all__ = ["HANDS", "axis_track", "even_track", "kept_in", "zoomed"]

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


def zoomed(state: S, changed: Collection[str]) -> S:
    """A state that is zoomed in, with the marker in sight; or no longer, where something leads out of it.

    Args:
        state: a state with a ``span``; None where it is not zoomed in.
        changed: the fields that were set.
    """
    now: _Zoomable = state
    if now.span is None:
        return state
    least = PARAMETERS["alpha"].low
    low, high = now.span
    low, high = max(least, float(f"{low:.4g}")), min(now.alpha_top, float(f"{high:.4g}"))
    whole = low <= least and high >= now.alpha_top
    # A link sets all fields at once: then the stretch is meant.
    others = set() if "span" in changed else set(changed)
    out = {"alpha_top", "x_scale"} & others or ("alpha" in others and not low <= now.alpha <= high)
    if whole or out or high - low < _NARROWEST * high:
        ended: S = replace(state, span=None)
        return ended
    moved: S = replace(state, span=(low, high), alpha=min(max(now.alpha, low), high))
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
    if state.x_scale == "linear" and state.span is None:
        return even_track(state.alpha_top)
    return Track(*state.seen, points, state.x_scale)


def even_track(top: float) -> Track:
    """The stops on a whole linear axis that ends at ``top``."""
    alpha = PARAMETERS["alpha"]
    return Track(alpha.low, top, round((top - alpha.low) / (alpha.step * top)), "linear")
