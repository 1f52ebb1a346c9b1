"""Networks trained along a learning curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting
from quadviz.simulation.final import FinalState, train_to_the_end
from quadviz.simulation.sizes import check_size

__all__ = ["CurveRequest", "CurveRun", "run_curve", "simulated_alphas"]


#: How many places along an axis networks are trained at, beside that of the marker.
_PLACES = 12


@dataclass(frozen=True)
class CurveRequest:
    """Networks to train along a curve.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alphas: where on the curve.
        d: input dimension.
        networks: how many at each place; their seeds count up from 0.
    """

    kappa: float
    kappa_star: float
    delta: float
    lam: float
    alphas: tuple[float, ...]
    d: int
    networks: int

    @property
    def settings(self) -> list[Setting]:
        """The settings, one for each alpha."""
        return [Setting(self.kappa, self.kappa_star, alpha, self.lam, self.delta) for alpha in self.alphas]

    @property
    def curve(self) -> tuple[float, ...]:
        """What makes the curve that the networks belong to."""
        return (self.kappa, self.kappa_star, self.delta, self.lam)

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            ValueError: if m, m* or n would be 0.
            MemoryError: if it would not fit.
        """
        for setting in self.settings:
            check_size(setting, self.d)


@dataclass(frozen=True, eq=False)
class CurveRun:
    """What was asked for, and the networks trained so far, one alpha after another."""

    request: CurveRequest
    networks: tuple[FinalState, ...] = ()


def simulated_alphas(
    top: float, scale: Literal["linear", "log"], marker: float, low: float | None = None
) -> tuple[float, ...]:
    """Places for networks: evenly spaced over an axis of the sample ratio up to its end, and the marker's.

    Args:
        top: the end of the axis.
        scale: its scale.
        marker: where the marker stands.
        low: its beginning; None where it begins near 0.

    >>> simulated_alphas(0.6, "linear", marker=0.12)[:4]
    (0.05, 0.1, 0.12, 0.15)
    """
    if low is not None:
        places = np.linspace(low, top, _PLACES) if scale == "linear" else np.geomspace(low, top, _PLACES)
    elif scale == "linear":
        places = top * np.arange(1, _PLACES + 1) / _PLACES
    else:
        places = np.geomspace(2 * PARAMETERS["alpha"].low, top, _PLACES)
    return tuple(sorted({marker, *(float(f"{place:.3g}") for place in places)}))


def run_curve(request: CurveRequest, check: Callable[[], None]) -> Iterator[tuple[float, CurveRun]]:
    """Train the networks of a request.

    Args:
        request: what to train.
        check: called before every evaluation of the force; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    seeds = range(request.networks)
    for fraction, networks in train_to_the_end(request.settings, request.d, seeds, check):
        yield fraction, CurveRun(request, networks)
