"""A person's own eigenvalues as a teacher: typed in, from a file, or of a layer that was trained."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import BoolArray, FloatArray
from quadviz.checks import real_array, shown
from quadviz.files.decoding import DataError
from quadviz.files.levels import levels_of_bytes
from quadviz.law.atoms import Atoms
from quadviz.law.teachers import Teacher
from quadviz.parameters import PARAMETERS

__all__ = ["Levels"]


#: How far weights may be from summing to 1; and how many levels a table of differences is made for.
_SUM, _MOST = 1e-9, 20_000
#: Singular values below this, beside the largest and the matrix's size, are rounding of zero.
_ROUNDING = float(np.finfo(np.float64).eps)


class Levels(Teacher):
    """A teacher with the given eigenvalues, taken as they are: no smoothing and no rescaling.

    Its width is its rank fraction, the weight of the levels that are not zero: kappa_star is not given beside
    it (``None``), and results report the rank fraction in its place. Theory in THEORY section 13; in its
    units (1/d) tr Z* = 1, which :meth:`scaled` makes so.

    Args:
        values: the levels, >= 0 and not all 0, shape (K,), in any order; equal ones are one level.
        weights: a weight > 0 for each, which sum to 1 (to 1e-9), shape (K,); equal ones when omitted.

    Raises:
        TypeError: if they are not made of real numbers.
        ValueError: if there are none or more than 20,000, one is negative, NaN or infinite, all are 0, the
            weights do not sum to 1, are not positive or not as many.

    >>> teacher = Levels([0.0, 0.0, 1.0, 3.0])
    >>> teacher.rank_fraction(), teacher.moment(1), teacher.scaled(mean=2.0).levels()[0].tolist()
    (0.5, 1.0, [0.0, 2.0, 6.0])
    """

    __slots__ = ("_atoms", "_in_units", "_unit")
    _atoms: Atoms
    _in_units: Atoms
    _unit: float

    def __init__(self, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        z = _one_dimensional("values", values)
        if not 1 <= z.size <= _MOST:
            raise ValueError(f"values must be between 1 and {_MOST} levels, got {z.size}")
        _refuse("values", z, ~np.isfinite(z) | (z < 0), "finite numbers >= 0")
        if not z.any():
            raise ValueError("values must have a level > 0, got only zeros")
        if weights is None:
            p = np.full(z.size, 1 / z.size)
        else:
            p = _one_dimensional("weights", weights)
            if p.shape != z.shape:
                raise ValueError(f"weights must be one for each of {z.size} values, got {p.size}")
            _refuse("weights", p, ~np.isfinite(p) | (p <= 0), "finite numbers > 0")
            if abs(float(p.sum()) - 1) > _SUM:
                raise ValueError(f"weights must sum to 1, got a sum of {float(p.sum()):.9g}")
        atoms = Atoms(z, p)
        unit = 2.0 ** round(float(np.log2(atoms.moment(1))))
        object.__setattr__(self, "_atoms", atoms)
        object.__setattr__(self, "_unit", unit)
        object.__setattr__(self, "_in_units", atoms if unit == 1 else Atoms(z / unit, p))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Levels are a value: {name} cannot be set")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._atoms.z, self._atoms.p)

    def __repr__(self) -> str:
        atoms = self._atoms
        if atoms.size <= 4:
            return f"Levels({[float(f'{z:.6g}') for z in atoms.z]})"
        return f"Levels({atoms.size} from {atoms.z[0]:.6g} to {atoms.z[-1]:.6g})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Levels):
            return NotImplemented
        one, two = self._atoms, other._atoms
        return np.array_equal(one.z, two.z) and np.array_equal(one.p, two.p)

    def __hash__(self) -> int:
        return hash((self._atoms.z.tobytes(), self._atoms.p.tobytes()))

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Levels:
        """Levels from a file: ``.npy``, or CSV with a level a line, and its weight in a second column if any.

        A first line of words is a header. An array of shape (K,) holds levels, one of shape (K, 2) levels and
        weights.

        Args:
            path: the file, whose name ends in .npy or .csv.

        Returns:
            The teacher.

        Raises:
            OSError: if it cannot be read.
            ValueError: if it is of another kind, or not numbers; names the file and the line.
        """
        file = Path(path)
        if file.suffix == ".npy":
            try:
                table = real_array(np.load(file, allow_pickle=False))
            except (TypeError, ValueError) as error:
                raise ValueError(f"{file.name} must hold an array of real numbers: {error}") from error
        elif file.suffix == ".csv":
            table = _read_csv(file)
        else:
            raise ValueError(f"path must end in .npy or .csv, got {file.name!r}")
        if table.ndim == 2 and table.shape[1] == 2:
            return cls(table[:, 0], table[:, 1])
        if table.ndim == 2 and table.shape[1] == 1:
            table = table[:, 0]
        if table.ndim != 1:
            raise ValueError(f"{file.name} must hold an array of shape (K,) or (K, 2), got {table.shape}")
        return cls(table)

    @classmethod
    def of(cls, weights: ArrayLike) -> Levels:
        """The levels of W W^T, the Gram matrix of a layer's weights W: squared singular values, and zeros.

        Args:
            weights: W, shape (d, m); d is the input dimension.

        Returns:
            A teacher of d eigenvalues; squared singular values within rounding of zero are zero.

        Raises:
            TypeError: if it is not made of real numbers.
            ValueError: if it is no matrix, has an entry that is not finite, or is zero.
        """
        try:
            matrix = real_array(weights)
        except TypeError as error:
            raise TypeError(f"weights must be {error}, got {shown(weights)}") from error
        if matrix.ndim != 2 or not matrix.size:
            raise ValueError(f"weights must be a matrix of shape (d, m), got shape {matrix.shape}")
        _refuse("weights", matrix, ~np.isfinite(matrix), "finite numbers")
        values = np.zeros(len(matrix))
        singular = np.linalg.svd(matrix, compute_uv=False)
        singular[singular <= _ROUNDING * max(matrix.shape) * singular[0]] = 0.0
        values[: singular.size] = singular**2
        return cls(values)

    def scaled(self, *, mean: float | None = None, second_moment: float | None = None) -> Levels:
        """The same levels times a number, so that (1/d) tr Z* or (1/d) tr Z*^2 is what is given.

        Args:
            mean: (1/d) tr Z*, > 0.
            second_moment: (1/d) tr Z*^2, > 0.

        Raises:
            TypeError: if not exactly one of the two is given, or it is not a number.
            ValueError: if it is not positive and finite.
        """
        given = {"mean": mean, "second_moment": second_moment}
        named = {name: value for name, value in given.items() if value is not None}
        if len(named) != 1:
            raise TypeError("scaled takes one of mean and second_moment")
        (name, value), atoms = *named.items(), self._atoms
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise TypeError(f"{name} must be a number > 0, got {shown(value)}")
        if not 0 < float(value) < np.inf:
            raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
        factor = float(value) / atoms.moment(1) if name == "mean" else np.sqrt(float(value) / atoms.second)
        return Levels(atoms.z * factor, atoms.p)

    @property
    def sized_by_width(self) -> bool:
        """It is not: it has a rank fraction of its own."""
        return False

    @property
    def unit(self) -> float:
        """The power of two nearest to the mean level."""
        return self._unit

    def solver_atoms(self, kappa_star: float) -> Atoms:  # noqa: ARG002  # one law, whatever the width
        """The levels in this unit."""
        return self._in_units

    def width(self, kappa_star: Any = None) -> float:
        """The rank fraction; a kappa_star beside the levels is refused."""
        self.widths(kappa_star)
        return self._atoms.rank

    def widths(self, kappa_star: ArrayLike | None = None) -> FloatArray:
        """The rank fraction, as an array of shape (); a kappa_star beside the levels is refused."""
        if kappa_star is not None:
            raise ValueError(
                PARAMETERS["kappa_star"].refusal(
                    kappa_star, f"None beside {self!r}, whose own rank fraction is {self._atoms.rank:.6g}"
                )
            )
        return np.asarray(self._atoms.rank)

    def atoms(self, kappa_star: float | None = None) -> Atoms:  # noqa: ARG002  # one law, whatever the width
        """The levels and their weights."""
        return self._atoms


def _one_dimensional(name: str, values: ArrayLike) -> FloatArray:
    try:
        array = real_array(values)
    except TypeError as error:
        raise TypeError(f"{name} must be {error}, got {shown(values)}") from error
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    return array


def _refuse(name: str, values: FloatArray, bad: BoolArray, allowed: str) -> None:
    if bad.any():
        raise ValueError(f"{name} must be {allowed}, got {values[bad].flat[0]:.6g}")


def _read_csv(file: Path) -> FloatArray:
    """Levels, shape (K,), or levels and weights, shape (K, 2)."""
    try:
        found = levels_of_bytes(file.read_bytes(), _MOST, decimal_commas=False)
    except DataError as error:
        raise ValueError(f"{file.name}: {error}") from error
    columns = [found.values] if found.weights is None else [found.values, found.weights]
    return np.array(columns).T
