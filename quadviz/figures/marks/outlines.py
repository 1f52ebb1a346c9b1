"""The outlines of spectral laws: polylines of a fixed number of points, crisp at the edges of every band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.teacher_law import TeacherLaw
from quadviz.law.teachers import Wishart
from quadviz.scenes.spectra import View
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum

__all__ = ["Outline", "Outlines", "View", "outlines"]

#: Points of a band where there are many, at least.
_FEWEST = 24
#: The tallest tick of a level, as a share of what most densities stay below, and the lowest as one of that.
_TICK, _MOST, _LEAST = 0.4, 0.9, 0.3


@dataclass(frozen=True)
class Outline:
    """Polylines around the area under densities, one a row.

    They begin and end on the axis and run along it between bands; where a law has one band, or none, the
    points left over lie in one place.

    Attributes:
        x: places, never decreasing along a row, shape (F, N).
        y: heights, shape (F, N).
    """

    x: FloatArray
    y: FloatArray


@dataclass(frozen=True)
class Outlines:
    """The laws before and after the cut, at F moments, and the teacher's, which is always the same.

    Masses are shares of all d eigenvalues. Where no solution was found everything lies on the axis at 0, and
    the atom is NaN.

    Attributes:
        discarded: the law of Y below the cut.
        kept: the law of Y above the cut.
        learned: the law of Z, or of its square roots; its atom left out.
        noisy_atom: mass of Y that is exactly 0, shape (F,); only a teacher without noise has any.
        atom: mass of Z that is exactly 0, shape (F,).
        teacher: density of the teacher's eigenvalues, or its levels as ticks; one row.
        teacher_learned: the same as the law of Z is shown.
        teacher_atom: mass of the teacher that is exactly 0.
        view: what is counted on the right.
    """

    discarded: Outline
    kept: Outline
    learned: Outline
    noisy_atom: FloatArray
    atom: FloatArray
    teacher: Outline
    teacher_learned: Outline
    teacher_atom: float
    view: View


def outlines(law: LearnedSpectrum, view: View = "eigenvalues", points: int = 200) -> Outlines:
    """Sample laws, band by band, densely towards the edges where a density has its roots.

    Args:
        law: results of shape (F, 1), all with the same teacher.
        view: what is counted on the right.
        points: how many points a band gets.

    Returns:
        The outlines.
    """
    bands, cut, q = law.noisy_bands()[:, 0], law.cut, law.state.q
    # Room for two: a film goes from one to the other.
    bands = np.pad(bands, ((0, 0), (0, max(0, 2 - bands.shape[1])), (0, 0)), constant_values=np.nan)
    each = points if bands.shape[1] <= 2 else max(_FEWEST, 2 * points // bands.shape[1])
    below = np.stack([bands[..., 0], np.minimum(bands[..., 1], cut)], axis=-1)
    above = np.stack([np.maximum(bands[..., 0], cut), bands[..., 1]], axis=-1)
    kept = _outline(law, above, each)
    # The law of Z is what was kept, moved down by q, and shrunk.
    shrink = np.broadcast_to(law.shrink, law.shape)
    lowered = np.maximum(shrink * (kept.x - np.where(np.isfinite(q), q, 0.0)), 0.0)
    discarded = _outline(law, below, each)
    y = np.concatenate([discarded.y, kept.y / shrink], axis=1)
    tall = float(np.quantile(y[y > 0], _MOST)) if np.any(y > 0) else 1.0
    teacher, atom = _teacher(law, 2 * points, _TICK * tall)
    return Outlines(
        discarded=discarded,
        kept=kept,
        learned=_seen(Outline(lowered, kept.y / shrink), view),
        noisy_atom=np.where(law.state.xi == 0, atom, 0.0)[:, 0],
        atom=law.atom_at_zero[:, 0],
        teacher=teacher,
        teacher_learned=_seen(teacher, view, ticks=not isinstance(law.state.teacher, Wishart)),
        teacher_atom=atom,
        view=view,
    )


def _teacher(law: LearnedSpectrum, points: int, tick: float) -> tuple[Outline, float]:
    """The law of the teacher, the levels of one that has them as ticks; and its mass at 0."""
    state = law.state
    star = float(np.ravel(state.kappa_star)[0])
    if not isinstance(state.teacher, Wishart):
        atoms = state.teacher.atoms(star)
        z, p = atoms.z[atoms.z > 0], atoms.p[atoms.z > 0]
        heights = tick * (_LEAST + (1 - _LEAST) * p / p.max())
        y = np.stack([np.zeros_like(z), heights, np.zeros_like(z)], axis=1)
        return Outline(np.repeat(z, 3)[None], y.reshape(1, -1)), 1 - atoms.rank
    law_of = TeacherLaw(star)
    left, right = (float(edge) for edge in law_of.edges)
    places = _band(np.array([[left]]), np.array([[right]]), points)
    return Outline(places, law_of.density(places)), float(law_of.atom_at_zero)


def _band(left: FloatArray, right: FloatArray, points: int) -> FloatArray:
    """Points from left to right, denser towards both ends, (F, 1) to (F, points)."""
    steps: FloatArray = (1 - np.cos(np.linspace(0, np.pi, points))) / 2
    return np.minimum(left + (right - left) * steps, right)


def _outline(law: LearnedSpectrum, stretches: FloatArray, points: int) -> Outline:
    """The law of Y on stretches of the line, each inside one of its bands, or empty; shape (F, B, 2)."""
    left, right = stretches[..., 0], stretches[..., 1]
    some = right > left
    # An empty stretch lies where the last one ended, or the first one begins.
    first = np.where(some.any(axis=1), left[np.arange(len(left)), some.argmax(axis=1)], 0.0)
    ends = np.maximum.accumulate(np.where(some, right, -np.inf), axis=1)
    place = np.where(np.isfinite(ends), ends, first[:, None])
    left, right = np.where(some, left, place), np.where(some, right, place)
    parts = [_stretch(law, left[:, [i]], right[:, [i]], some[:, [i]], points) for i in range(some.shape[1])]
    return Outline(*(np.concatenate(halves, axis=1) for halves in zip(*parts, strict=True)))


def _stretch(
    law: LearnedSpectrum, left: FloatArray, right: FloatArray, some: BoolArray, points: int
) -> tuple[FloatArray, FloatArray]:
    """The law of Y from left to right, with a point on the axis at either end; all on it if not ``some``."""
    x = _band(left, right, points)
    y = np.where(some, law.noisy_density(x), 0.0)
    return np.pad(x, ((0, 0), (1, 1)), mode="edge"), np.pad(y, ((0, 0), (1, 1)))


def _seen(outline: Outline, view: View, *, ticks: bool = False) -> Outline:
    """Densities of eigenvalues as they are, or those of their square roots; ticks keep their heights."""
    if view == "eigenvalues":
        return outline
    root = np.sqrt(outline.x)
    return Outline(root, outline.y if ticks else 2 * root * outline.y)
