"""Networks trained at the setting of the page of spectra, and their eigenvalues beside the theory's law."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.network_words import SIZE_SAMPLES, trained_at, trained_how
from quadviz.scenes.marks import NetworkSpectrum
from quadviz.scenes.wording import Paragraph, four_digits, measured
from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, train_to_the_end
from quadviz.simulation.sizes import check_size
from quadviz.spectrum import NoisyTeacherLaw
from quadviz.theory.finite_size import FiniteSize, sized_state
from quadviz.theory.learned_spectrum import LearnedSpectrum
from quadviz.theory.steady_state import Status

__all__ = [
    "SpectrumRequest",
    "SpectrumRun",
    "about_spectrum",
    "kolmogorov_distance",
    "run_spectrum",
]

FloatArray = NDArray[np.float64]

#: What is left of an eigenvalue that goes to 0 is smaller by far.
_ZERO = 1e-3
_SHOWN = ("kappa", "kappa_star", "alpha", "delta", "lam")


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

    def spectrum(self, current: bool) -> NetworkSpectrum | None:
        """Their eigenvalues, to be drawn; None before the first network is trained.

        Args:
            current: whether the theory now drawn is of their setting.
        """
        if not self.networks:
            return None
        pooled = np.concatenate([network.eigenvalues for network in self.networks])
        return NetworkSpectrum(pooled[pooled > _ZERO], pooled.size, current)


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


def kolmogorov_distance(networks: NetworkSpectrum, law: LearnedSpectrum) -> float:
    """Largest difference between the distribution of the eigenvalues of networks and a learned law.

    Args:
        networks: the eigenvalues.
        law: the law at one setting.

    Returns:
        The distance, from 0 to 1; NaN where there is no noisy law to compare with.
    """
    state = law.state
    xi, q, cut = (float(np.ravel(values)[0]) for values in (state.xi, state.q, law.cut))
    if not xi > 0 or int(np.ravel(state.status)[0]) == Status.FAILED:
        return float("nan")
    values = np.sort(networks.eigenvalues)
    kappa_star = float(np.ravel(state.kappa_star)[0])
    above = NoisyTeacherLaw(kappa_star, xi).mass_above(np.maximum(values + q, cut))
    # The empirical mass above a value jumps there; and there is the jump of both at 0.
    rank = np.arange(values.size, 0, -1)
    at_zero = abs(values.size / networks.total - (1 - float(np.ravel(law.atom_at_zero)[0])))
    gaps = np.abs(np.concatenate([rank, rank - 1]) / networks.total - np.tile(above, 2))
    return float(max(at_zero, gaps.max(initial=0.0)))


def about_spectrum(run: SpectrumRun, law: LearnedSpectrum, current: bool) -> list[Paragraph]:
    """What the networks are, and how their eigenvalues lie to the theory's law."""
    pooled, r = run.spectrum(current), run.request
    if pooled is None:
        return []
    many = len(run.networks) > 1
    values = {name: getattr(r.setting, name) for name in _SHOWN}
    text = (
        f"the stepped line counts the eigenvalues of {len(run.networks)} network{'s' if many else ''} of "
        f"d = {r.d}, trained at {trained_at(values)}"
    )
    if not current:
        return [("Networks", f"{text}. It is grey, for the theory drawn is that of another setting.")]
    errors = np.array([network.mse for network in run.networks])
    error = errors.std(ddof=1) / np.sqrt(errors.size) if many else float("nan")
    text += (
        f". Of their eigenvalues {100 * pooled.atom_at_zero:.0f}% are 0, and their mse is "
        f"{measured(float(errors.mean()), float(error))}"
    )
    if run.at_size is not None and np.isfinite(run.at_size.mse):
        text += (
            f", where the theory has {four_digits(float(run.at_size.limit.mse))} as d → ∞ and "
            f"{measured(run.at_size.mse, run.at_size.mse_error)} at d = {r.d}"
        )
    distance = kolmogorov_distance(pooled, law)
    if np.isfinite(distance):
        text += f". The distance of their distribution from the law (Kolmogorov's) is {distance:.2g}"
    return [("Networks", f"{text}. {trained_how(run.networks)}")]
