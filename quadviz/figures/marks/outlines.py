"""The outlines of spectral laws: polylines of a fixed number of points, crisp at the edges of every band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.law.teacher_law import TeacherLaw
from quadviz.scenes.spectra import View
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum

__all__ = ["Outline", "Outlines", "View", "outlines"]


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
        teacher: density of the teacher's eigenvalues, one row.
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
    e, cut, q = law.noisy_edges, law.cut, law.state.q
    # The end of the first band, and the second, which is empty where there is one only.
    end = np.where(e.has_gap, e.gap_left, e.right)
    start = np.where(e.has_gap, e.gap_right, e.right)
    below = ((e.left, np.minimum(end, cut)), (start, np.minimum(e.right, cut)))
    above = ((np.maximum(e.left, cut), end), (np.maximum(start, cut), e.right))
    kept = _outline(law, above, points)
    # The law of Z is what was kept, moved down by q.
    lowered = np.maximum(kept.x - np.where(np.isfinite(q), q, 0.0), 0.0)
    teacher_law = TeacherLaw(law.state.kappa_star.flat[0])
    left, right = (float(edge) for edge in teacher_law.edges)
    places = _band(np.array([[left]]), np.array([[right]]), 2 * points)
    teacher = Outline(places, teacher_law.density(places))
    atom = float(teacher_law.atom_at_zero)
    return Outlines(
        discarded=_outline(law, below, points),
        kept=kept,
        learned=_seen(Outline(lowered, kept.y), view),
        noisy_atom=np.where(law.state.xi == 0, atom, 0.0)[:, 0],
        atom=law.atom_at_zero[:, 0],
        teacher=teacher,
        teacher_learned=_seen(teacher, view),
        teacher_atom=atom,
        view=view,
    )


def _band(left: FloatArray, right: FloatArray, points: int) -> FloatArray:
    """Points from left to right, denser towards both ends, (F, 1) to (F, points)."""
    steps: FloatArray = (1 - np.cos(np.linspace(0, np.pi, points))) / 2
    return np.minimum(left + (right - left) * steps, right)


def _outline(law: LearnedSpectrum, bands: tuple[tuple[FloatArray, FloatArray], ...], points: int) -> Outline:
    """The law of Y on two stretches of the line, each inside one of its bands, or empty."""
    (first, first_end), (second, second_end) = bands
    some, more = first_end > first, second_end > second
    # An empty stretch lies where the other one ends.
    before, after = np.where(more, second, 0.0), np.where(some, first_end, 0.0)
    parts = (
        _stretch(law, np.where(some, first, before), np.where(some, first_end, before), some, points),
        _stretch(law, np.where(more, second, after), np.where(more, second_end, after), more, points),
    )
    return Outline(*(np.concatenate(halves, axis=1) for halves in zip(*parts, strict=True)))


def _stretch(
    law: LearnedSpectrum, left: FloatArray, right: FloatArray, some: BoolArray, points: int
) -> tuple[FloatArray, FloatArray]:
    """The law of Y from left to right, with a point on the axis at either end; all on it if not ``some``."""
    x = _band(left, right, points)
    y = np.where(some, law.noisy_density(x), 0.0)
    return np.pad(x, ((0, 0), (1, 1)), mode="edge"), np.pad(y, ((0, 0), (1, 1)))


def _seen(outline: Outline, view: View) -> Outline:
    """Densities of eigenvalues as they are, or those of their square roots."""
    if view == "eigenvalues":
        return outline
    root = np.sqrt(outline.x)
    return Outline(root, 2 * root * outline.y)
