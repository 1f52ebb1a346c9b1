"""The spectrum of what was learned: the noisy teacher's, shifted and cut.

At long times Z = W W^T has the eigenvalues of Y = Z* + sqrt(xi) G less q, as far as they lie above the cut
b = max(q, omega): an atom of mass 1 - rank at zero, and the density rho(z + q) on z > b - q
(arXiv 2601.10483, steady state). Where the teacher is recovered exactly nothing is left of the noise, and the
law is the teacher's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.resolvent import Edges
from quadviz.spectrum import NoisyTeacherLaw
from quadviz.teacher import TeacherLaw
from quadviz.theory.steady_state import Regime, Status, SteadyState, steady_state

__all__ = ["LearnedSpectrum", "learned_spectrum"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LearnedSpectrum:
    """Laws of the learned matrix Z and of the noisy teacher Y behind it, for steady states of any shape.

    All masses are fractions of the d eigenvalues. Values are NaN where the steady state was not found.

    Attributes:
        state: the steady states, with their status and regime.
        cut: b = max(q, omega), the place where the law of Y is cut.
        atom_at_zero: mass of the eigenvalues of Z that are exactly zero.
        gap: omega - q, the stretch above zero that the width keeps empty. Positive exactly where
            kappa < kappa_min, else 0; 0 too where the teacher is recovered and nothing is cut.
        noisy_edges: edges of the law of Y.
        edges: edges of the continuous part of the law of Z: ``left`` is its lower end, zero where Y is cut
            at q inside a band; ``gap_left`` and ``gap_right`` bound the gap between its two bands, NaN where
            there is only one. All NaN where everything is in the atom.
    """

    state: SteadyState
    cut: FloatArray
    atom_at_zero: FloatArray
    gap: FloatArray
    noisy_edges: Edges
    edges: Edges

    @property
    def singular_value_edges(self) -> Edges:
        """The edges, for the singular values of W: the square roots."""
        e = self.edges
        return Edges(np.sqrt(e.left), np.sqrt(e.gap_left), np.sqrt(e.gap_right), np.sqrt(e.right))

    def noisy_density(self, y: ArrayLike) -> FloatArray:
        """Density of the eigenvalues of Y at y, of the shape that y and the states broadcast to.

        Where xi = 0, Y is the teacher itself: its zero eigenvalues are an atom, no density.
        """
        points, kappa_star, xi = np.broadcast_arrays(
            np.asarray(y, dtype=np.float64), self.state.kappa_star, self.state.xi
        )
        density = np.full(points.shape, np.nan)
        noisy, clean = xi > 0, xi == 0
        density[noisy] = NoisyTeacherLaw(kappa_star[noisy], xi[noisy]).density(points[noisy])
        density[clean] = TeacherLaw(kappa_star[clean]).density(points[clean])
        return density

    def density(self, z: ArrayLike) -> FloatArray:
        """Density of the nonzero eigenvalues of Z at z, of the broadcast shape; its mass is 1 - atom."""
        z = np.asarray(z, dtype=np.float64)
        kept = z >= self.cut - self.state.q
        return np.where(kept, self.noisy_density(z + self.state.q), np.where(np.isnan(self.cut), np.nan, 0.0))

    def singular_value_density(self, s: ArrayLike) -> FloatArray:
        """Density of the nonzero singular values of W at s, as a fraction of d per unit of s."""
        s = np.asarray(s, dtype=np.float64)
        return np.where(s > 0, 2 * s * self.density(s * s), 0.0)


def learned_spectrum(
    alpha: ArrayLike, kappa: ArrayLike, kappa_star: ArrayLike, lam: ArrayLike, delta: ArrayLike
) -> LearnedSpectrum:
    """The law of the learned matrix Z = W W^T at long times, broadcasting like :func:`quadviz.steady_state`.

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.

    Returns:
        The laws, for arrays of the broadcast shape.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    >>> spectrum = learned_spectrum(0.4, kappa=0.2, kappa_star=0.3, lam=0.01, delta=0.5)
    >>> round(spectrum.atom_at_zero.item(), 12), bool(spectrum.gap > 0)
    (0.8, True)
    """
    state = steady_state(alpha, kappa, kappa_star, lam, delta)
    known, noisy = state.status != Status.FAILED, state.xi > 0
    teacher = TeacherLaw(state.kappa_star)
    # Without noise the eigenvalues that vanish with lam are in the atom: the rank is the teacher's.
    rank = np.where(state.xi == 0, 1 - teacher.atom_at_zero, state.rank)
    y = _noisy_edges(state, teacher)
    q = state.q
    cut = np.where(known, q, np.nan)
    narrow = noisy & (state.regime == Regime.RANK_LIMITED)
    if narrow.any():
        law = NoisyTeacherLaw(state.kappa_star[narrow], state.xi[narrow])
        cut[narrow] = np.maximum(law.quantile(np.minimum(state.kappa[narrow], 1.0)), q[narrow])
    return LearnedSpectrum(
        state=state,
        cut=cut,
        atom_at_zero=1 - rank,
        gap=cut - q,
        noisy_edges=y,
        edges=_kept(y, cut, q),
    )


def _noisy_edges(state: SteadyState, teacher: TeacherLaw) -> Edges:
    """Edges of Y; those of the teacher's band where there is no noise."""
    left, right = (np.where(state.xi == 0, edge, np.nan) for edge in teacher.edges)
    gap_left, gap_right = np.full(state.shape, np.nan), np.full(state.shape, np.nan)
    noisy = state.xi > 0
    if noisy.any():
        e = NoisyTeacherLaw(state.kappa_star[noisy], state.xi[noisy]).edges()
        left[noisy], gap_left[noisy], gap_right[noisy], right[noisy] = (
            e.left, e.gap_left, e.gap_right, e.right,
        )  # fmt: skip
    return Edges(left, gap_left, gap_right, right)


def _kept(y: Edges, cut: FloatArray, q: FloatArray) -> Edges:
    """What of the bands of Y lies above the cut, shifted by q."""
    gapped = y.has_gap
    in_gap = gapped & (cut >= y.gap_left)
    two = gapped & ~in_gap
    left = np.maximum(np.where(in_gap, y.gap_right, y.left), cut)
    some = cut < y.right
    return Edges(
        np.where(some, left - q, np.nan),
        np.where(two, y.gap_left - q, np.nan),
        np.where(two, y.gap_right - q, np.nan),
        np.where(some, y.right - q, np.nan),
    )
