"""The teacher's own law: Marchenko-Pastur, the noisy teacher's limit without noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quadviz.setting import PARAMETERS

__all__ = ["TeacherEdges", "TeacherLaw"]

FloatArray = NDArray[np.float64]


class TeacherEdges(NamedTuple):
    """Ends of the continuous part of the teacher's law, (1 -+ 1/sqrt(kappa_star))^2.

    Attributes:
        left: smallest eigenvalue but for the atom at zero.
        right: largest eigenvalue.
    """

    left: FloatArray
    right: FloatArray


class TeacherLaw:
    """Law of the eigenvalues of Z* = (1/m*) sum_i w*_i w*_i^T, with w*_i ~ N(0, I_d) and m* = kappa_star d.

    Marchenko-Pastur with mean 1 and second moment 1 + 1/kappa_star: an atom of mass 1 - kappa_star at zero
    where the teacher is narrower than the input, and one band.

    Args:
        kappa_star: teacher width m*/d, > 0, of any shape.

    Raises:
        TypeError: if the width is not made of real numbers.
        ValueError: if it is not finite and positive.

    >>> teacher = TeacherLaw(0.25)
    >>> teacher.atom_at_zero.item(), [edge.item() for edge in teacher.edges]
    (0.75, [1.0, 9.0])
    """

    def __init__(self, kappa_star: ArrayLike) -> None:
        self.kappa_star = PARAMETERS["kappa_star"].as_array(kappa_star)

    def __repr__(self) -> str:
        return f"TeacherLaw(kappa_star={self.kappa_star!r})"

    @property
    def atom_at_zero(self) -> FloatArray:
        """Fraction of eigenvalues that are exactly zero."""
        return np.maximum(1 - self.kappa_star, 0.0)

    @property
    def edges(self) -> TeacherEdges:
        """Ends of the band."""
        spread = 1 / np.sqrt(self.kappa_star)
        return TeacherEdges((1 - spread) ** 2, (1 + spread) ** 2)

    def density(self, x: ArrayLike) -> FloatArray:
        """Density of the continuous part at x, of the broadcast shape; 0 off the band.

        Its mass is min(kappa_star, 1). At kappa_star = 1 it diverges as x -> 0+; at x = 0 it is said to be 0.

        Raises:
            ValueError: if the shapes do not broadcast.
        """
        points, kappa_star = np.broadcast_arrays(np.asarray(x, dtype=np.float64), self.kappa_star)
        left, right = self.edges
        inside = (points > np.maximum(left, 0.0)) & (points < right)
        x_inside = np.where(inside, points, 1.0)
        height = np.sqrt(np.where(inside, (points - left) * (right - points), 0.0))
        return kappa_star * height / (2 * np.pi * x_inside)
