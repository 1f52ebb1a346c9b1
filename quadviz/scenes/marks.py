"""What is marked beside curves on several pages: thresholds, and trained networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SimulatedPoints", "Threshold"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """A place on an axis and its name; no line is drawn where it is not finite."""

    name: str
    place: float


@dataclass(frozen=True, eq=False)
class SimulatedPoints:
    """Networks, averaged.

    Attributes:
        alpha: places, increasing, shape (P,).
        mean: means of R quantities, a row for each panel, shape (R, P); NaN where there is none yet.
        error: their standard errors, shape (R, P); NaN for a single network.
        current: whether they belong to the curve that is drawn; they are hollow and grey otherwise.
    """

    alpha: FloatArray
    mean: FloatArray
    error: FloatArray
    current: bool = True
