"""Networks trained along a learning curve, and the theory at their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quadviz.law.teachers import WISHART, Teacher
from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, train_to_the_end
from quadviz.simulation.sizes import check_size
from quadviz.theory.finite.finite_size import FiniteSize, sized_state

__all__ = ["SIZE_SAMPLES", "CurveRequest", "CurveRun", "run_curve", "simulated_alphas"]


#: How many places along an axis networks are trained at, beside that of the marker.
_PLACES = 12
#: Pairs of samples that the theory at the networks' size is averaged over: its error is then below theirs.
SIZE_SAMPLES = 24
#: A network takes as long as a place of that theory at this d, and in proportion to d longer.
_AS_LONG = 50


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
        lam2: Frobenius decay.
        teacher: the law of the teacher's eigenvalues.
    """

    kappa: float
    kappa_star: float
    delta: float
    lam: float
    alphas: tuple[float, ...]
    d: int
    networks: int
    lam2: float = 0.0
    teacher: Teacher = WISHART

    def at(self, alpha: float, lam: float) -> Setting:
        """A setting on the curve."""
        return Setting(
            self.kappa, self.kappa_star, alpha, lam, self.delta, lam2=self.lam2, teacher=self.teacher
        )

    @property
    def settings(self) -> list[Setting]:
        """The settings, one for each alpha."""
        return [self.at(alpha, self.lam) for alpha in self.alphas]

    @property
    def sized(self) -> list[Setting]:
        """Where the theory is solved at size d: at the networks' settings, and between them."""
        alphas = np.array(self.alphas)
        between = [float(f"{place:.4g}") for place in np.sqrt(alphas[1:] * alphas[:-1])]
        return [self.at(alpha, self.least) for alpha in sorted({*self.alphas, *between})]

    @property
    def least(self) -> float:
        """The weight decay that the theory at size d has: some, where there is no other decay."""
        return self.lam if self.lam2 > 0 else max(self.lam, SMALLEST_LAM)

    @property
    def curve(self) -> tuple[object, ...]:
        """What makes the curve that the networks belong to."""
        return (self.kappa, self.kappa_star, self.delta, self.lam, self.lam2, self.teacher)

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
    """What was asked for, the theory at size d, and the networks trained so far, one alpha after another."""

    request: CurveRequest
    networks: tuple[FinalState, ...] = ()
    at_size: tuple[FiniteSize, ...] = ()


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
    """Solve the theory at the size of a request, and train its networks.

    Args:
        request: what to train.
        check: called before every evaluation of the force, and more; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    settings, seeds = request.sized, range(request.networks)
    cost = len(request.alphas) * len(seeds) * request.d / _AS_LONG
    share = len(settings) / (len(settings) + cost)
    yield 0.0, CurveRun(request)
    at_size: tuple[FiniteSize, ...] = ()
    for setting in settings:
        at_size += (sized_state(setting, request.d, "network", SIZE_SAMPLES, watch=check),)
        yield share * len(at_size) / len(settings), CurveRun(request, (), at_size)
    for fraction, networks in train_to_the_end(request.settings, request.d, seeds, check):
        yield share + (1 - share) * fraction, CurveRun(request, networks, at_size)
