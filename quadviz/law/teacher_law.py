"""The teacher's own law: Marchenko-Pastur, the noisy teacher's limit without noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import real_points
from quadviz.outcome import quiet
from quadviz.parameters import PARAMETERS
from quadviz.results import TupleResult, points_repr

__all__ = ["TeacherEdges", "TeacherLaw"]


@dataclass(frozen=True, eq=False, repr=False)
class TeacherEdges(TupleResult):
    """Ends of the continuous part of the teacher's law, (1 -+ 1/sqrt(kappa_star))^2; unpacks as a pair.

    Attributes:
        left: smallest eigenvalue but for the atom at zero.
        right: largest eigenvalue.
    """

    left: FloatArray
    right: FloatArray


class TeacherLaw:
    """Law of the eigenvalues of Z* = (1/m*) sum_i w*_i w*_i^T, with w*_i ~ N(0, I_d) and m* = kappa_star d.

    Marchenko-Pastur with mean 1 and second moment 1 + 1/kappa_star: an atom of mass 1 - kappa_star at zero
    where the teacher is narrower than the input, and one band (arXiv 2601.10483, the teacher). Results of
    shape () are NumPy scalars. Good to 1e-9 for widths from 1e-12 to 1e12, but for the last 1e-7 of the
    band at its edges.

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
        return points_repr(self, kappa_star=self.kappa_star)

    @property
    def atom_at_zero(self) -> FloatArray:
        """Fraction of eigenvalues that are exactly zero."""
        atom: FloatArray = np.maximum(1 - self.kappa_star, 0.0)[()]
        return atom

    @property
    def edges(self) -> TeacherEdges:
        """Ends of the band."""
        spread = 1 / np.sqrt(self.kappa_star)
        return TeacherEdges((1 - spread) ** 2, (1 + spread) ** 2)

    @quiet
    def density(self, x: ArrayLike) -> FloatArray:
        """Density of the continuous part at x, of the broadcast shape; 0 off the band.

        Its mass is min(kappa_star, 1). At kappa_star = 1 it diverges as x -> 0+; at x = 0 it is said to be 0.

        Raises:
            TypeError: if x is not made of real numbers.
            ValueError: if one is NaN, or the shapes do not broadcast.
        """
        raw = real_points("x", x)
        try:
            points, kappa_star = np.broadcast_arrays(raw, self.kappa_star)
        except ValueError as error:
            raise ValueError(
                f"x of shape {raw.shape} does not broadcast against the law's shape {self.kappa_star.shape}"
            ) from error
        left, right = self.edges
        inside = (points > np.maximum(left, 0.0)) & (points < right)
        x_inside = np.where(inside, points, 1.0)
        height = np.sqrt(np.where(inside, points - left, 0.0)) * np.sqrt(
            np.where(inside, right - points, 0.0)
        )
        density: FloatArray = (kappa_star * height / (2 * np.pi * x_inside))[()]
        return density


#: Nodes in the angle that runs through a band.
_NODES = 20_001


def marchenko_pastur_quantiles(kappa: float, d: int) -> FloatArray:
    """d eigenvalues that stand for the law of (1/m) w w^T with m = kappa d, decreasing, shape (d,).

    Each is the mean of the law over its share 1/d of the mass; their second moment is then made exact too.

    >>> values = marchenko_pastur_quantiles(0.25, 8)
    >>> values.round(6), (values**2).mean().round(6).item()
    (array([6., 2., 0., 0., 0., 0., 0., 0.]), 5.0)
    """
    from scipy.optimize import brentq  # not needed to import quadviz

    share = min(kappa, 1.0)
    left, right = (1 - kappa**-0.5) ** 2, (1 + kappa**-0.5) ** 2
    angle = np.linspace(0, np.pi, _NODES)
    x = right - (right - left) * (1 - np.cos(angle)) / 2
    density = np.sqrt(np.maximum((x - left) * (right - x), 0.0)) * np.sin(angle)
    over_x = np.divide(density, x, out=np.zeros_like(x), where=x > 0)
    mass, moment = (np.concatenate([[0.0], np.cumsum((f[1:] + f[:-1]) / 2)]) for f in (over_x, density))
    mass, moment = mass / mass[-1], moment / moment[-1]
    edges = np.minimum(np.arange(d + 1) / d / share, 1.0)
    values: FloatArray = np.diff(np.interp(edges, mass, moment)) * d
    some = values[values > 0]
    if some.size > 1:
        # The spread within each share is lost: a power a little above 1 brings it back.
        def spread(power: float) -> float:
            raised = some**power
            return float(np.mean(raised**2) / np.mean(raised) ** 2 * d / some.size - 1 - 1 / kappa)

        raised = some ** brentq(spread, 0.5, 3.0)
        values[: some.size] = raised * d / raised.sum()
    return values
