"""What is marked beside curves on several pages: thresholds, trained networks, their eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quadviz.arrays import BoolArray, FloatArray

__all__ = ["NetworkSpectrum", "OwnPoints", "SimulatedPoints", "SizedTheory", "Threshold"]


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


@dataclass(frozen=True, eq=False)
class OwnPoints:
    """A reader's own measurements that belong to one curve, or to none that is drawn.

    Attributes:
        curve: the number of the curve; None where their setting is another one than any curve's.
        place: places along the axis, increasing, shape (P,).
        mean: R quantities, a row for each panel, shape (R, P); NaN where there is none.
        error: their errors, shape (R, P); NaN where unknown.
        told: what is said of each beside its value, R rows of P texts, as plotly's markup.
    """

    curve: int | None
    place: FloatArray
    mean: FloatArray
    error: FloatArray
    told: Sequence[Sequence[str]]


@dataclass(frozen=True, eq=False)
class SizedTheory:
    """The theory at the size of some networks, for them to be held against.

    Attributes:
        d: the size; the inputs are a network's own.
        alpha: places, increasing, shape (P,).
        value: R quantities, a row for each panel, shape (R, P); NaN where no solution was found.
        error: their standard errors over samples of that size, shape (R, P).
        limited: where the width limits the rank, shape (P,).
        current: whether it belongs to the curve that is drawn; it is grey otherwise, as the networks are.
    """

    d: int
    alpha: FloatArray
    value: FloatArray
    error: FloatArray
    limited: BoolArray
    current: bool = True


@dataclass(frozen=True, eq=False)
class NetworkSpectrum:
    """Eigenvalues of Z of some networks, pooled.

    Attributes:
        eigenvalues: those that are not 0, shape (N,).
        total: how many there are with those that are 0.
        current: whether the networks were trained at the setting of the theory; else they are drawn grey.
    """

    eigenvalues: FloatArray
    total: int
    current: bool = True

    @property
    def atom_at_zero(self) -> float:
        """Share of those that are 0."""
        return 1 - self.eigenvalues.size / self.total
