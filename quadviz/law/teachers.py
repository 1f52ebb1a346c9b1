"""Teachers: what the eigenvalues of Z* look like as d -> infinity, as values to hand to a function.

Nothing in the steady state needs the teacher to be Wishart: Z* may be any rotation-invariant positive matrix
whose eigenvalues have a law (THEORY section 13). A teacher here is that law, and a recipe for Z* at finite d.
All but :class:`Wishart` have finitely many levels, taken as they are: nothing is smoothed, and everything
computed from them is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import real_array, real_number, real_points, shown, whole_number
from quadviz.law.atoms import Atoms
from quadviz.parameters import PARAMETERS

__all__ = ["WISHART", "Orthogonal", "PowerLaw", "Teacher", "TeacherLike", "Wishart", "checked_teacher"]


#: Laws of levels that are kept, each with its table of neighbours.
_KEPT = 64


class Teacher:
    """A law of the eigenvalues of Z* (THEORY section 13), and a recipe for Z* at finite d.

    The base of :class:`Wishart`, :class:`Orthogonal`, :class:`PowerLaw` and :class:`Levels`. All but the last
    take the teacher's width kappa_star = m*/d, and have (1/d) tr Z* = 1.
    """

    __slots__ = ()

    @property
    def sized_by_width(self) -> bool:
        """Whether kappa_star belongs to it; a teacher of given levels has a rank fraction of its own."""
        return True

    def width(self, kappa_star: Any) -> float:
        """The width m*/d as one checked number: kappa_star, or the rank fraction of given levels.

        Raises:
            TypeError: if kappa_star is missing, or not a single real number.
            ValueError: if it lies outside the range of this teacher, or is given beside levels.
        """
        return float(self.widths(PARAMETERS["kappa_star"].as_number(self._given(kappa_star))))

    def widths(self, kappa_star: ArrayLike) -> FloatArray:
        """Widths as an array, checked against the range of this teacher; of the shape given.

        Raises:
            TypeError: if they are missing, or not real numbers.
            ValueError: if one lies outside the range.
        """
        widths = PARAMETERS["kappa_star"].as_array(self._given(kappa_star))
        most = self.widest
        if most is not None and np.any(widths > most):
            wide = float(widths[widths > most].flat[0])
            raise ValueError(
                PARAMETERS["kappa_star"].refusal(
                    wide, f"between 0 and {most:g} for {self!r}, a fraction of rank"
                )
            )
        return widths

    def _given(self, kappa_star: Any) -> Any:
        if kappa_star is None:
            raise TypeError(
                PARAMETERS["kappa_star"].refusal(None, f"{PARAMETERS['kappa_star'].domain} for {self!r}")
            )
        return kappa_star

    @property
    def widest(self) -> float | None:
        """The largest width kappa_star; None for no bound."""
        return None

    @property
    def unit(self) -> float:
        """A power of two of about (1/d) tr Z*: the solvers work in units of it, which rounds nothing."""
        return 1.0

    def solver_atoms(self, kappa_star: float) -> Atoms:
        """The levels in this unit."""
        return self.atoms(kappa_star)

    def atoms(self, kappa_star: float) -> Atoms:
        """The levels and their weights, for one checked width."""
        raise NotImplementedError

    def levels(self, kappa_star: float | None = None) -> tuple[FloatArray, FloatArray]:
        """The levels in increasing order and their weights, which sum to 1; each of shape (K,).

        Raises:
            TypeError: if kappa_star is missing, or not a single real number.
            ValueError: if it lies outside the range of this teacher, or is given beside levels.
        """
        atoms = self.atoms(self.width(kappa_star))
        return atoms.z.copy(), atoms.p.copy()

    def moment(self, order: int, kappa_star: float | None = None) -> float:
        """(1/d) tr Z*^order as d -> infinity; order a whole number >= 0, errors as of :meth:`levels`."""
        return self.atoms(self.width(kappa_star)).moment(whole_number("order", order, 0))

    def rank_fraction(self, kappa_star: float | None = None) -> float:
        """The fraction of eigenvalues that are not zero."""
        return self.atoms(self.width(kappa_star)).rank

    def density(self, x: ArrayLike, kappa_star: float | None = None) -> FloatArray:
        """Density of the continuous part of the law at x, of its shape: 0 for laws of levels."""
        self.width(kappa_star)
        density: FloatArray = np.zeros(real_points("x", x).shape)[()]
        return density

    def quantile(self, mass_above: ArrayLike, kappa_star: float | None = None) -> FloatArray:
        """The largest eigenvalue that has at least this fraction of all at or above it, of the shape given.

        Raises:
            ValueError: if a fraction lies outside [0, 1].
        """
        mass = _fractions(mass_above)
        return _stairs(mass, self.atoms(self.width(kappa_star)))[()]

    def eigenvalues(self, d: int, kappa_star: float | None = None) -> FloatArray:
        """d eigenvalues for Z* of finite size, in increasing order, shape (d,).

        round(rank d) of them are not zero, each the mean of the law over as much of its mass: as many of each
        level as can be, and the mean is kept. Given d levels of equal weight they are these levels.

        Raises:
            ValueError: if d < 2, or too small for a single eigenvalue that is not zero.
        """
        size = whole_number("d", d, 2)
        atoms = self.atoms(self.width(kappa_star))
        rank = round(atoms.rank * size)
        if rank < 1:
            raise ValueError(f"d must be at least {int(0.5 / atoms.rank) + 1} for {self!r}, got {size}")
        values = np.zeros(size)
        up = atoms.z > 0
        mass = np.concatenate([[0.0], np.cumsum(atoms.p[up])])
        moment = np.concatenate([[0.0], np.cumsum((atoms.p * atoms.z)[up])])
        ends = np.interp(np.linspace(0, mass[-1], rank + 1), mass, moment)
        values[size - rank :] = np.diff(ends) * rank / mass[-1]
        return values

    def sample(self, d: int, kappa_star: float | None = None, seed: int = 0) -> FloatArray:
        """Z* of finite size: these eigenvalues in a uniformly random frame, shape (d, d).

        Raises:
            TypeError: if d or the seed is not a whole number.
            ValueError: if d < 2 or too small, or the seed is negative.
        """
        rng = np.random.default_rng(whole_number("seed", seed, 0))
        root = self.sample_root(rng, d, self.width(kappa_star))
        teacher: FloatArray = root @ root.T
        return teacher

    def sample_root(self, rng: np.random.Generator, d: int, kappa_star: float) -> FloatArray:
        """V with Z* = V V^T, of shape (d, r), for a checked width (or rank fraction)."""
        values = self.eigenvalues(d, kappa_star if self.sized_by_width else None)
        values = values[values > 0]
        frame, triangle = np.linalg.qr(rng.standard_normal((d, values.size)))
        # Signs of the triangle's diagonal make the frame uniform.
        root: FloatArray = frame * np.sign(np.diag(triangle)) * np.sqrt(values)
        return root


@dataclass(frozen=True)
class Wishart(Teacher):
    """The paper's teacher: Z* = (1/m*) sum_i w*_i w*_i^T with w*_i ~ N(0, I_d) and m* = kappa_star d.

    Its law is Marchenko-Pastur, with mean 1 and second moment 1 + 1/kappa_star (arXiv 2601.10483, the
    teacher); see :class:`quadviz.TeacherLaw` for arrays of widths. It is continuous: :meth:`levels` are those
    of the Gauss quadrature of the law, 60 of them, which share its first 119 moments.

    >>> Wishart().moment(2, kappa_star=0.5), Wishart().rank_fraction(0.3)
    (3.0, 0.3)
    """

    def atoms(self, kappa_star: float) -> Atoms:
        """60 levels whose law has the same moments up to the 119th."""
        return _gauss_levels(kappa_star, 60)

    def moment(self, order: int, kappa_star: float | None = None) -> float:
        """(1/d) tr Z*^order: sum_k Narayana(order, k) kappa_star^(k - order), k from 1 to order."""
        width, n = self.width(kappa_star), whole_number("order", order, 0)
        total, term = (1.0 if n == 0 else 0.0), 1.0
        for k in range(1, n + 1):
            if k > 1:
                term *= (n - k + 1) * (n - k + 2) / ((k - 1) * k)
            total += term * width ** (k - n)
        return total

    def rank_fraction(self, kappa_star: float | None = None) -> float:
        """min(1, kappa_star)."""
        return min(1.0, self.width(kappa_star))

    def density(self, x: ArrayLike, kappa_star: float | None = None) -> FloatArray:
        """Density of the band at x, of its shape; its mass is min(1, kappa_star)."""
        from quadviz.law.teacher_law import TeacherLaw  # it stands above this module

        return TeacherLaw(self.width(kappa_star)).density(x)

    def quantile(self, mass_above: ArrayLike, kappa_star: float | None = None) -> FloatArray:
        """The eigenvalue with this fraction of all above it, of the shape given; 0 from the rank fraction on.

        To 1e-9 of the band's width: that of the noisy teacher at a noise of 1e-24.

        Raises:
            ValueError: if a fraction lies outside [0, 1].
        """
        from quadviz.law.quantile import mass_quantile  # it stands above this module

        mass, width = _fractions(mass_above), self.width(kappa_star)
        flat = mass.reshape(-1)
        points = mass_quantile(flat, np.full(flat.size, width), np.full(flat.size, 1e-24))
        points = np.where(flat < min(1.0, width), np.maximum(points, 0.0), 0.0)
        quantile: FloatArray = points.reshape(mass.shape)[()]
        return quantile

    def eigenvalues(self, d: int, kappa_star: float | None = None) -> FloatArray:
        """Quantiles of the law at equal steps, increasing, shape (d,); :meth:`sample` draws others."""
        size, width = whole_number("d", d, 2), self.width(kappa_star)
        return np.asarray(self.quantile((size - 0.5 - np.arange(size)) / size, width))

    def sample_root(self, rng: np.random.Generator, d: int, kappa_star: float) -> FloatArray:
        """round(kappa_star d) Gaussian columns over the root of their number, shape (d, m*)."""
        columns = max(1, round(kappa_star * d))
        root: FloatArray = rng.standard_normal((d, columns)) / np.sqrt(columns)
        return root


@dataclass(frozen=True)
class Orthogonal(Teacher):
    """Orthogonal teacher weights: Z* is a projection on kappa_star d directions, over kappa_star.

    The levels are 0 and 1/kappa_star, so that (1/d) tr Z* = 1 (THEORY section 13); kappa_star is at most 1.

    >>> [column.tolist() for column in Orthogonal().levels(kappa_star=0.25)]
    [[0.0, 4.0], [0.75, 0.25]]
    """

    @property
    def widest(self) -> float | None:
        """A fraction of rank."""
        return 1.0

    def atoms(self, kappa_star: float) -> Atoms:
        """Two levels; one where the rank is full."""
        return _scaled_levels((1.0,), kappa_star)


@dataclass(frozen=True)
class PowerLaw(Teacher):
    """Levels that fall off as a power: z_k proportional to (k - 1/2)^-exponent, k = 1 to ``levels``.

    Each has the weight kappa_star/levels, 0 has the rest, and (1/d) tr Z* = 1 (THEORY section 13). More
    levels come closer to the continuous law z(u) = (1 - exponent) u^-exponent/kappa_star, with u uniform in
    (0, 1), which has a second moment for exponents below 1/2 alone; levels of a steeper law can be given to
    :class:`Levels`. kappa_star is at most 1.

    Args:
        exponent: of the decay, from 0 up to, not including, 1/2.
        levels: how many, from 1 to 10,000.

    Attributes:
        exponent: as given.
        number: how many levels there are.

    Raises:
        TypeError: if the exponent is not a real number, or levels not a whole one.
        ValueError: if one lies outside its range.

    >>> teacher = PowerLaw(0.3)
    >>> round(teacher.moment(1, kappa_star=0.4), 12), teacher.levels(kappa_star=0.4)[0].size
    (1.0, 51)
    """

    exponent: float
    number: int = 50

    def __init__(self, exponent: float, levels: int = 50) -> None:
        steep = real_number("exponent", exponent, ">= 0 and below 0.5 (a second moment)", 0.0, 0.5)
        if steep == 0.5:
            raise ValueError("exponent must be >= 0 and below 0.5 (a second moment), got 0.5")
        count = whole_number("levels", levels, 1)
        if count > 10_000:
            raise ValueError(f"levels must be between 1 and 10000, got {count}")
        object.__setattr__(self, "exponent", steep)
        object.__setattr__(self, "number", count)

    def __repr__(self) -> str:
        return f"PowerLaw({self.exponent:g}, levels={self.number})"

    @property
    def widest(self) -> float | None:
        """A fraction of rank."""
        return 1.0

    def atoms(self, kappa_star: float) -> Atoms:
        """The levels, and zero."""
        return _scaled_levels(_power_law(self.exponent, self.number), kappa_star)


WISHART = Wishart()
#: A teacher where it is asked for: checked when a function is called, as callers pass their numbers by name.
TeacherLike: TypeAlias = Any


def checked_teacher(teacher: object) -> Teacher:
    """A teacher, which is not made of anything else in silence.

    Raises:
        TypeError: if it is none; says how to make one.
    """
    if not isinstance(teacher, Teacher):
        raise TypeError(
            "teacher must be one of quadviz.Wishart(), Orthogonal(), PowerLaw(exponent) and Levels(values), "
            f"got {shown(teacher)}"
        )
    return teacher


@lru_cache(_KEPT)
def _power_law(exponent: float, levels: int) -> tuple[float, ...]:
    """Levels of mean 1."""
    shape = (np.arange(1, levels + 1) - 0.5) ** -exponent
    return tuple((shape / shape.mean()).tolist())


@lru_cache(_KEPT)
def _scaled_levels(shape: tuple[float, ...], kappa_star: float) -> Atoms:
    """Levels of mean 1 and equal weights on a fraction kappa_star, and zero elsewhere."""
    values = np.array(shape) / kappa_star
    weights = np.full(values.size, kappa_star / values.size)
    if kappa_star < 1:
        values, weights = np.append(0.0, values), np.append(1 - kappa_star, weights)
    return Atoms(values, weights)


@lru_cache(_KEPT)
def _gauss_levels(kappa_star: float, count: int) -> Atoms:
    """Nodes and weights of the Gauss quadrature of Marchenko-Pastur (Golub-Welsch)."""
    from scipy.linalg import eigh_tridiagonal

    ratio = 1 / kappa_star
    diagonal = np.full(count, 1 + ratio)
    diagonal[0] = 1.0
    nodes, vectors = eigh_tridiagonal(diagonal, np.full(count - 1, np.sqrt(ratio)))
    return Atoms(np.maximum(nodes, 0.0), vectors[0] ** 2)


def _fractions(mass_above: ArrayLike) -> FloatArray:
    mass = real_points("mass_above", real_array(mass_above))
    bad = (mass < 0) | (mass > 1)
    if np.any(bad):
        raise ValueError(f"mass_above must be between 0 and 1, got {mass[bad].flat[0]:.6g}")
    return mass


def _stairs(mass: FloatArray, atoms: Atoms) -> FloatArray:
    """The largest level with at least this mass at or above it."""
    above = np.cumsum(atoms.p[::-1])
    place = np.searchsorted(above, mass - 1e-13, side="left")
    stairs: FloatArray = atoms.z[::-1][np.minimum(place, atoms.size - 1)]
    return stairs
