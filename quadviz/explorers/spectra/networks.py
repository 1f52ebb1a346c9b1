"""What the page of spectra says of trained networks."""

from __future__ import annotations

import numpy as np

from quadviz.explorers.kit.words.network_words import trained_at, trained_how
from quadviz.scenes.common.wording import Paragraph, four_digits, measured
from quadviz.scenes.spectra import kolmogorov_distance, network_spectrum
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum
from quadviz.work.spectrum import SpectrumRun

__all__ = ["about_spectrum"]

_SHOWN = ("kappa", "kappa_star", "alpha", "delta", "lam")


def about_spectrum(run: SpectrumRun, law: LearnedSpectrum, current: bool) -> list[Paragraph]:
    """What the networks are, and how their eigenvalues lie to the theory's law."""
    pooled, r = network_spectrum(run, current), run.request
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
