"""The law of the noisy teacher, where it is cut, and what is learned; at one alpha, or along many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.law.teachers import WISHART, Teacher
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.marks import NetworkSpectrum
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady.thresholds import recovery_threshold
from quadviz.work.spectrum import SpectrumRun

__all__ = ["MOMENTS", "Spectra", "View", "run_alphas", "spectra", "width_cut"]

#: What is counted on the right: eigenvalues of Z, or their square roots.
View = Literal["eigenvalues", "singular values"]

#: How many moments a run of alpha has.
MOMENTS = 240
#: Where a run ends, and where it does, relative to the threshold, if nothing happens beyond that.
_END, _BEYOND = 1.0, 1.5
#: Half of the moments are spread around the recovery threshold, so wide relative to it.
_WIDTH = 0.15


@dataclass(frozen=True, eq=False)
class Spectra:
    """Everything the two panels show, at F settings.

    Attributes:
        law: the laws, shape (F, 1).
        omega: where the width alone would cut Y, shape (F,); not finite where it would not.
        view: what is counted on the right.
        networks: trained networks, whose eigenvalues are counted before the law of Z; None for none.
    """

    law: LearnedSpectrum
    omega: FloatArray
    view: View = "eigenvalues"
    networks: NetworkSpectrum | None = None


def spectra(
    alpha: float | FloatArray,
    kappa: float,
    kappa_star: float | None,
    lam: float,
    delta: float,
    view: View = "eigenvalues",
    networks: NetworkSpectrum | None = None,
    lam2: float = 0.0,
    teacher: Teacher = WISHART,
) -> Spectra:
    """Solve for what the two panels show.

    Args:
        alpha: sample ratio, or F of them.
        kappa: student width.
        kappa_star: teacher width; None beside given levels.
        lam: weight decay.
        delta: label noise.
        view: what is counted on the right.
        networks: trained networks to be counted beside the law.
        lam2: Frobenius decay.
        teacher: the law of the teacher's eigenvalues.
    """
    places = np.atleast_1d(alpha)[:, None]
    law = learned_spectrum(places, kappa, kappa_star, lam, delta, lam2, teacher=teacher)
    return Spectra(law, width_cut(law), view, networks)


def width_cut(law: LearnedSpectrum) -> FloatArray:
    """Where the width alone would cut Y; -inf where it would not, NaN where there is no noisy law to cut.

    Args:
        law: results of shape (F, 1).

    Returns:
        Values of shape (F,).
    """
    state = law.state
    cut = np.where(state.kappa < 1, np.nan, -np.inf)
    noisy = (state.kappa < 1) & (state.xi > 0)
    star = state.kappa_star[noisy] if state.teacher.sized_by_width else None
    cut[noisy] = NoisyTeacherLaw(star, state.xi[noisy], state.teacher).quantile(state.kappa[noisy])
    return cut[:, 0]


def run_alphas(
    kappa: float,
    kappa_star: float | None,
    lam: float,
    delta: float,
    lam2: float = 0.0,
    teacher: Teacher = WISHART,
) -> FloatArray:
    """The values of a run: increasing from the smallest alpha on, close together at the recovery threshold.

    Args:
        kappa: student width.
        kappa_star: teacher width; None beside given levels.
        lam: weight decay.
        delta: label noise.
        lam2: Frobenius decay.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        Values with four digits, shape (MOMENTS,).
    """
    low = PARAMETERS["alpha"].low
    threshold = float(recovery_threshold(kappa, kappa_star, teacher=teacher))
    end = min(_END, _BEYOND * threshold) if lam == lam2 == delta == 0 else _END
    fine = np.linspace(low, end, 4001)
    pace = 0.5 / np.sqrt(fine) / (np.sqrt(end) - np.sqrt(low))
    if np.isfinite(threshold):
        near = 1 / (1 + ((fine - threshold) / (_WIDTH * threshold)) ** 2)
        pace += near / np.trapezoid(near, fine)
    passed = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)])
    values = np.interp(np.linspace(0, passed[-1], MOMENTS), passed, fine)
    return np.array([float(f"{value:.4g}") for value in values])


#: What is left of an eigenvalue that goes to 0 is smaller by far.
_ZERO = 1e-3


def network_spectrum(run: SpectrumRun, current: bool) -> NetworkSpectrum | None:
    """The eigenvalues of trained networks, to be drawn; None before the first one is trained.

    Args:
        run: the networks.
        current: whether the theory now drawn is of their setting.
    """
    if not run.networks:
        return None
    pooled = np.concatenate([network.eigenvalues for network in run.networks])
    return NetworkSpectrum(pooled[pooled > _ZERO], pooled.size, current)


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
