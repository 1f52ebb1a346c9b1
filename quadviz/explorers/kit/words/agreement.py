"""How measured values lie to the theory: those of networks, and those of a reader."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.wording import Paragraph

__all__ = ["APART", "NEXT_TO_NOTHING", "about_measured", "compared", "places_compared"]

#: A mean so many standard errors from the theory can be told from it.
APART = 3.0
#: Where the theory's mse is smaller, how a network's compares with it says nothing of either.
NEXT_TO_NOTHING = 1e-4
#: A reader's own points are compared at so many places: the theory is solved at each, with every move of a
#: slider.
_COMPARED = 60


def compared(mean: FloatArray, error: FloatArray, theory: FloatArray, same: str, points: str) -> str:
    """How measured values of the mse lie to the theory's; empty where there is nothing to compare."""
    known = np.isfinite(mean) & (theory > NEXT_TO_NOTHING)
    told = []
    judged = known & np.isfinite(error)
    if judged.any():
        on = np.abs(mean - theory)[judged] <= APART * error[judged]
        told.append(f"at {int(on.sum())} of {on.size} places {same} within {APART:g} standard errors")
        known = judged
    if known.any():
        above = float(np.median((mean / theory - 1)[known]))
        side = "above" if above >= 0 else "below"
        what = "it" if told else "the theory's mse"
        told.append(f"half of {points} lie more than {100 * abs(above):.0f}% {side} {what}")
    return "; ".join(told)


def places_compared(points: OwnPoints, low: float, high: float) -> NDArray[np.intp]:
    """At which of a reader's own places, from low to high, the mse is held against the theory."""
    known = np.isfinite(points.mean[0]) & (points.place >= low) & (points.place <= high)
    places = np.flatnonzero(known)
    return places[:: -(-places.size // _COMPARED) or 1]


def about_measured(
    points: OwnPoints, places: NDArray[np.intp], theory: FloatArray, errors: bool
) -> list[Paragraph]:
    """How a reader's own mse lies to the theory; nothing where that is no question.

    Args:
        points: those of one curve.
        places: the numbers of those to compare, shape (K,).
        theory: the theory's mse there, shape (K,).
        errors: whether the points' errors are standard errors.
    """
    mean, error = points.mean[0][places], points.error[0][places]
    own = error if errors else np.full(error.shape, np.nan)
    told = compared(mean, own, theory, "your mse is the theory's", "your points")
    if not told:
        return []
    return [("Your data", f"{told}. The theory is the limit d → ∞, in units in which mse = |Z − Z*|²/d.")]
