"""The spectrum of what was learned: the noisy teacher's, shifted and cut.

At long times Z = W W^T has the eigenvalues of Y = Z* + sqrt(xi) G less q, as far as they lie above the cut
b = max(q, omega): an atom of mass 1 - rank at zero, and the density rho(z + q) on z > b - q
(arXiv 2601.10483, steady state). Where the teacher is recovered exactly nothing is left of the noise, and the
law is the teacher's own. A Frobenius decay shrinks what is kept: the eigenvalues are s (y - q), and their
density rho(z/s + q)/s (THEORY section 14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import real_points
from quadviz.law.family import family_of
from quadviz.law.noisy_teacher import noisy_bands, outer_edges
from quadviz.law.resolvent import Edges, band_edges
from quadviz.law.teacher_law import TeacherLaw
from quadviz.law.teachers import WISHART, Teacher, TeacherLike, Wishart
from quadviz.outcome import Regime, Status, quiet
from quadviz.results import Result, Sheet
from quadviz.theory.steady.steady_state import SteadyState, solved_states

__all__ = ["LearnedSpectrum", "learned_spectrum"]


@dataclass(frozen=True, eq=False, repr=False)
class LearnedSpectrum(Result):
    """Laws of the learned matrix Z and of the noisy teacher Y behind it, for steady states of any shape.

    The steady state of arXiv 2601.10483: Y less q, cut at b; times s with a Frobenius decay. All masses are
    fractions of the d eigenvalues. Values are NaN where the steady state was not found. Of a law with many
    bands, as a teacher of levels has in little noise, edges tell the lowest gap; :meth:`bands` tells all.

    Attributes:
        state: the steady states, with their status and regime.
        cut: b = max(q, omega), the place where the law of Y is cut.
        atom_at_zero: mass of the eigenvalues of Z that are exactly zero.
        gap: s (omega - q), the stretch above zero that the width keeps empty. Positive exactly where
            kappa < kappa_min, else 0; 0 too where the teacher is recovered and nothing is cut.
        noisy_edges: edges of the law of Y.
        edges: edges of the continuous part of the law of Z: ``left`` is its lower end, zero where Y is cut
            at q inside a band; ``gap_left`` and ``gap_right`` bound the gap between its two bands, NaN where
            there is only one. All NaN where everything is in the atom.
        shrink: s = 1/(1 + lam2/R), by which a Frobenius decay shrinks; 1 without it.
    """

    state: SteadyState
    cut: FloatArray
    atom_at_zero: FloatArray
    gap: FloatArray
    noisy_edges: Edges
    edges: Edges
    shrink: FloatArray | float = 1.0

    def __post_init__(self) -> None:
        for name in ("cut", "atom_at_zero", "gap", "shrink"):
            object.__setattr__(self, name, np.asarray(getattr(self, name))[()])

    @property
    def shape(self) -> tuple[int, ...]:
        """The broadcast shape of the parameters."""
        return self.state.shape

    def __getitem__(self, index: Any) -> LearnedSpectrum:
        """The laws at an index of the broadcast shape."""
        cut, atom, gap = (np.asarray(v)[index] for v in (self.cut, self.atom_at_zero, self.gap))
        shrink = np.broadcast_to(self.shrink, self.shape)[index]
        return LearnedSpectrum(
            self.state[index], cut, atom, gap, self.noisy_edges[index], self.edges[index], shrink
        )

    def __len__(self) -> int:
        """The length of the first axis; a TypeError for a single law."""
        return len(self.state)

    def __iter__(self) -> Iterator[LearnedSpectrum]:
        """The laws along the first axis; a TypeError for a single one."""
        return (self[i] for i in range(len(self)))

    def sheets(self) -> dict[str, Sheet]:
        """One table with a row a point: the steady state, and what tells of its laws."""
        of_state = self.state.sheets()["points"]
        dims = tuple(of_state.dims)
        more: dict[str, Any] = {"cut": self.cut, "atom_at_zero": self.atom_at_zero, "gap": self.gap}
        if np.any(self.state.lam2):
            more["shrink"] = self.shrink
        for prefix, edges in (("", self.edges), ("noisy_", self.noisy_edges)):
            more |= {
                f"{prefix}{n}_edge": getattr(edges, n) for n in ("left", "gap_left", "gap_right", "right")
            }
        values = {**of_state.values, **{name: (dims, value) for name, value in more.items()}}
        return {"points": Sheet(of_state.dims, of_state.coords, values, of_state.index)}

    @property
    def singular_value_edges(self) -> Edges:
        """The edges, for the singular values of W: the square roots."""
        e = self.edges
        return Edges(np.sqrt(e.left), np.sqrt(e.gap_left), np.sqrt(e.gap_right), np.sqrt(e.right))

    def _aligned(self, name: str, value: ArrayLike) -> FloatArray:
        points = real_points(name, value)
        try:
            np.broadcast_shapes(points.shape, self.shape)
        except ValueError as error:
            raise ValueError(
                f"{name} of shape {points.shape} does not broadcast against the states' shape {self.shape}"
            ) from error
        return points

    @quiet
    def noisy_density(self, y: ArrayLike) -> FloatArray:
        """Density of the eigenvalues of Y at y, of the shape that y and the states broadcast to.

        Where xi = 0, Y is the teacher itself: its zero eigenvalues are an atom, no density.

        Raises:
            TypeError: if y is not made of real numbers.
            ValueError: if one is NaN, or the shapes do not broadcast.
        """
        density: FloatArray = self._noisy_density(self._aligned("y", y))[()]
        return density

    def _noisy_density(self, y: FloatArray) -> FloatArray:
        points, kappa_star, xi = np.broadcast_arrays(y, self.state.kappa_star, self.state.xi)
        density, teacher = np.full(points.shape, np.nan), self.state.teacher
        noisy, clean = xi > 0, xi == 0
        family = family_of(teacher)
        density[noisy] = -family.resolvent(points[noisy], kappa_star[noisy], xi[noisy]).imag / np.pi
        # The levels of other teachers are atoms.
        law = TeacherLaw(kappa_star[clean]).density(points[clean]) if isinstance(teacher, Wishart) else 0.0
        density[clean] = law
        return density

    @quiet
    def density(self, z: ArrayLike) -> FloatArray:
        """Density of the nonzero eigenvalues of Z at z, of the broadcast shape; its mass is 1 - atom.

        Raises:
            TypeError: if z is not made of real numbers.
            ValueError: if one is NaN, or the shapes do not broadcast.
        """
        density: FloatArray = self._density(self._aligned("z", z))[()]
        return density

    def _density(self, z: FloatArray) -> FloatArray:
        gone = np.where(np.isnan(self.cut), np.nan, 0.0)
        if not np.any(self.state.lam2):
            kept = z >= self.cut - self.state.q
            return np.where(kept, self._noisy_density(z + self.state.q), gone)
        y = z / self.shrink + self.state.q
        return np.where(y >= self.cut, self._noisy_density(y) / self.shrink, gone)

    @quiet
    def noisy_bands(self) -> FloatArray:
        """Edges of all bands of Y, of the shape of the states + (B, 2); NaN where there are fewer.

        None where there is no noise, but for the band of a Wishart teacher.
        """
        state, shape = self.state, self.shape
        noisy = np.asarray(state.xi > 0)
        k, xi = (np.broadcast_to(v, shape)[noisy] for v in (state.kappa_star, state.xi))
        found = noisy_bands(state.teacher, k, xi)
        out = np.full((*shape, max(1, found.shape[-2]), 2), np.nan)
        out[noisy, : found.shape[-2]] = found
        if isinstance(state.teacher, Wishart):
            clean = np.asarray(state.xi == 0)
            own = np.stack([self.noisy_edges.left, self.noisy_edges.right], axis=-1)
            out[clean, 0] = own[clean]
        return out

    @quiet
    def bands(self) -> FloatArray:
        """Edges of all bands of Z, of the shape of the states + (B, 2); NaN where there are fewer.

        That of the teacher where it is recovered; none where its levels are atoms, or everything is in the
        atom at 0.
        """
        state, shape = self.state, self.shape
        noisy = np.asarray(state.xi > 0) & np.isfinite(self.cut)
        k, xi, cut, q, s = (
            np.broadcast_to(v, shape)[noisy]
            for v in (state.kappa_star, state.xi, self.cut, state.q, self.shrink)
        )
        y = noisy_bands(state.teacher, k, xi)
        low = s[:, None] * (np.maximum(y[..., 0], cut[:, None]) - q[:, None])
        high = s[:, None] * (y[..., 1] - q[:, None])
        gone = ~(y[..., 1] > cut[:, None])
        kept = np.where(gone[..., None], np.nan, np.stack([low, high], axis=-1))
        # Those that are left come first.
        order = np.argsort(gone, axis=-1, kind="stable")
        kept = np.take_along_axis(kept, order[..., None], axis=-2)
        most = max(1, int((~gone).sum(axis=-1).max(initial=0)))
        out = np.full((*shape, most, 2), np.nan)
        out[noisy] = kept[:, :most]
        if isinstance(state.teacher, Wishart):
            recovered = np.asarray(state.xi == 0)
            own = np.stack([self.noisy_edges.left, self.noisy_edges.right], axis=-1)
            out[recovered, 0] = own[recovered]
        return out

    def atoms(self) -> FloatArray:
        """Places of all atoms of Z and their masses, of the shape of the states + (A, 2); NaN where fewer.

        The one at 0, of mass 0 where there is none, then the levels of a teacher that is recovered.

        >>> from quadviz import Levels
        >>> learned_spectrum(2.0, 1.0, None, 0.0, 0.0, teacher=Levels([0, 0, 1, 3])).atoms().tolist()
        [[0.0, 0.5], [1.0, 0.25], [3.0, 0.25]]
        """
        state, shape = self.state, self.shape
        clean = np.asarray(state.xi == 0) & (not isinstance(state.teacher, Wishart))
        levels = {}
        for at in map(tuple, np.argwhere(clean)):
            own = state.teacher.atoms(float(np.broadcast_to(state.kappa_star, shape)[at]))
            levels[at] = np.stack([own.z, own.p], axis=-1)[own.z > 0]
        out = np.full((*shape, 1 + max(map(len, levels.values()), default=0), 2), np.nan)
        out[..., 0, 0], out[..., 0, 1] = 0.0, self.atom_at_zero
        for at, pairs in levels.items():
            out[(*at, slice(1, 1 + len(pairs)))] = pairs
        return out

    @quiet
    def singular_value_density(self, s: ArrayLike) -> FloatArray:
        """Density of the nonzero singular values of W at s, as a fraction of d per unit of s.

        Raises:
            TypeError: if s is not made of real numbers.
            ValueError: if one is NaN, or the shapes do not broadcast.
        """
        points = self._aligned("s", s)
        density: FloatArray = np.where(points > 0, 2 * points * self._density(points * points), 0.0)[()]
        return density


@quiet
def learned_spectrum(
    alpha: ArrayLike,
    kappa: ArrayLike,
    kappa_star: ArrayLike | None,
    lam: ArrayLike,
    delta: ArrayLike,
    lam2: ArrayLike = 0.0,
    *,
    teacher: TeacherLike = WISHART,
) -> LearnedSpectrum:
    """The law of the learned matrix Z = W W^T at long times, broadcasting like :func:`quadviz.steady_state`.

    Good to 1e-9 for alpha from 0.01 to 1000, kappa from 0.01 to 100, kappa_star from 0.01 to 3, lam = 0
    or from 1e-06 to 100 and delta = 0 or from 1e-06 to 100, as the steady state is; NaN where that
    failed. The eigenvalues of Y = Z* + sqrt(xi) G above b = max(q, omega), less q (arXiv 2601.10483,
    steady state).

    Args:
        alpha: sample ratio n/d^2, > 0.
        kappa: student width m/d, > 0.
        kappa_star: teacher width m*/d, > 0; None beside given levels.
        lam: weight decay, >= 0; 0 is the ridgeless limit lam -> 0+.
        delta: label-noise variance, >= 0.
        lam2: Frobenius decay, >= 0.
        teacher: the law of the teacher's eigenvalues.

    Returns:
        The laws, for arrays of the broadcast shape; those of a single one are NumPy scalars.

    Raises:
        TypeError: if an argument is not made of real numbers.
        ValueError: if one lies outside its domain, or the shapes do not broadcast.

    Warns:
        SolveWarning: if steady states were not found; see :func:`quadviz.errstate`.

    >>> spectrum = learned_spectrum(0.4, kappa=0.2, kappa_star=0.3, lam=0.01, delta=0.5)
    >>> round(spectrum.atom_at_zero.item(), 12), bool(spectrum.gap > 0)
    (0.8, True)
    """
    setting: dict[str, Any] = {
        "alpha": alpha, "kappa": kappa, "kappa_star": kappa_star, "lam": lam, "delta": delta,
    }  # fmt: skip
    state = solved_states("learned_spectrum", teacher, **setting, lam2=lam2)
    known, noisy = np.asarray(state.status != Status.FAILED), np.asarray(state.xi > 0)
    # Without noise the eigenvalues that vanish with lam are in the atom: the rank is the teacher's.
    rank = np.where(state.xi == 0, np.minimum(state.kappa_star, 1.0), state.rank)
    q = state.q
    cut = np.asarray(np.where(known, q, np.nan))
    narrow = noisy & (state.regime == Regime.RANK_LIMITED)
    if narrow.any():
        width, star, xi, shift = (
            np.asarray(v)[narrow] for v in (np.minimum(state.kappa, 1.0), state.kappa_star, state.xi, q)
        )
        cut[narrow] = np.maximum(family_of(teacher).quantile(width, star, xi), shift)
    shrink = _shrink(state) if np.any(state.lam2) else 1.0
    y = _noisy_edges(state)
    found = LearnedSpectrum(
        state=state,
        cut=cut,
        atom_at_zero=1 - rank,
        gap=cut - q if isinstance(shrink, float) else shrink * (cut - q),
        noisy_edges=y,
        edges=_kept(y, cut, q),
        shrink=shrink,
    )
    if isinstance(teacher, Wishart) and isinstance(shrink, float):
        return found
    return replace(found, edges=outer_edges(found.bands()))


def _shrink(state: SteadyState) -> FloatArray:
    """s, from R = lam/q or from the train loss, alpha xi R^2."""
    pure = np.asarray(state.lam == 0)
    response = np.where(pure, np.sqrt(state.train_loss / (state.alpha * state.xi)), state.lam / state.q)
    shrink: FloatArray = np.where(state.lam2 > 0, response / (response + state.lam2), 1.0)
    return shrink


def _noisy_edges(state: SteadyState) -> Edges:
    """Edges of Y; those of the teacher's band, or of its levels above zero, where there is no noise."""
    if not isinstance(state.teacher, Wishart):
        return _level_edges(state, state.teacher)
    left, right = (
        np.asarray(np.where(state.xi == 0, edge, np.nan)) for edge in TeacherLaw(state.kappa_star).edges
    )
    gap_left, gap_right = np.full(state.shape, np.nan), np.full(state.shape, np.nan)
    noisy = np.asarray(state.xi > 0)
    if noisy.any():
        e = band_edges(np.asarray(state.kappa_star)[noisy], np.asarray(state.xi)[noisy])
        left[noisy], gap_left[noisy], gap_right[noisy], right[noisy] = (
            e.left, e.gap_left, e.gap_right, e.right,
        )  # fmt: skip
    return Edges(left, gap_left, gap_right, right)


def _level_edges(state: SteadyState, teacher: Teacher) -> Edges:
    columns = [np.full(state.shape, np.nan) for _ in range(4)]
    noisy, clean = np.asarray(state.xi > 0), np.asarray(state.xi == 0)
    if noisy.any():
        bands = noisy_bands(teacher, np.asarray(state.kappa_star)[noisy], np.asarray(state.xi)[noisy])
        e = outer_edges(bands)
        for column, edge in zip(columns, (e.left, e.gap_left, e.gap_right, e.right), strict=True):
            column[noisy] = edge
    for at in np.argwhere(clean):
        levels = teacher.atoms(float(np.asarray(state.kappa_star)[tuple(at)])).z
        columns[0][tuple(at)], columns[3][tuple(at)] = levels[levels > 0].min(), levels.max()
    return Edges(*columns)


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
