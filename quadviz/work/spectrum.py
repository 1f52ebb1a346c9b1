"""Networks trained at one setting, for their eigenvalues, and the theory at their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, train_to_the_end
from quadviz.simulation.sizes import check_size
from quadviz.theory.finite.finite_size import FiniteSize, sized_state
from quadviz.work.curve import SIZE_SAMPLES

__all__ = ["SpectrumRequest", "SpectrumRun", "run_spectrum"]


@dataclass(frozen=True)
class SpectrumRequest:
    """Networks to train at one setting.

    Attributes:
        setting: the setting.
        d: input dimension.
        networks: how many; their seeds count up from 0.
    """

    setting: Setting
    d: int
    networks: int

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            ValueError: if m, m* or n would be 0.
            MemoryError: if it would not fit.
        """
        check_size(self.setting, self.d)


@dataclass(frozen=True, eq=False)
class SpectrumRun:
    """What was asked for, the networks trained so far, and the theory at their size."""

    request: SpectrumRequest
    networks: tuple[FinalState, ...] = ()
    at_size: FiniteSize | None = None


def run_spectrum(request: SpectrumRequest, check: Callable[[], None]) -> Iterator[tuple[float, SpectrumRun]]:
    """Train the networks of a request.

    Args:
        request: what to train.
        check: called before every evaluation of the force, and more; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    yield 0.0, SpectrumRun(request)
    setting = replace(request.setting, lam=max(request.setting.lam, SMALLEST_LAM))
    at_size = sized_state(setting, request.d, "network", SIZE_SAMPLES, watch=check)
    for fraction, networks in train_to_the_end([request.setting], request.d, range(request.networks), check):
        yield fraction, SpectrumRun(request, networks, at_size)
