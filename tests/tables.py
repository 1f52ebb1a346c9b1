"""The committed reference tables, computed with 40 digits by a different code path."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

REFERENCE = Path(__file__).parent / "reference"


def read_table(name: str) -> dict[str, NDArray[np.float64]]:
    """The columns of tests/reference/<name>.csv."""
    with (REFERENCE / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


def largest_error(value: NDArray[np.float64], reference: NDArray[np.float64], small: float = 0.0) -> float:
    """Largest relative error, taken as absolute where the reference is below ``small`` or zero."""
    scale = np.where(np.abs(reference) <= small, 1.0, np.abs(reference))
    return float(np.max(np.abs(value - reference) / scale))
