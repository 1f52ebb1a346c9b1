"""Recovery: a map of the test error over the plane of samples and width, and the spectrum at a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.teacher_law import TeacherLaw
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.plane import Width, centres
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum
from quadviz.theory.steady.steady_state import steady_state

__all__ = [
    "COARSE",
    "FINE",
    "MEDIUM",
    "ErrorMap",
    "MapSetting",
    "PointSpectrum",
    "point_spectrum",
    "solve_map",
    "whole",
]


#: Cells a side of a map while a slider moves, of one among many, and of one at rest.
COARSE, MEDIUM, FINE = 25, 43, 100
#: Rows solved between two looks at what else has happened.
_BLOCK = 25
#: Points of a band of a spectrum.
_BAND_POINTS = 120


class MapSetting(NamedTuple):
    """What a map is solved for.

    Attributes:
        vertical: the width that runs upwards.
        tops: the largest alpha and the largest width of the map.
        fixed: value of the other width.
        lam: weight decay.
        delta: label noise.
    """

    vertical: Width
    tops: tuple[float, float]
    fixed: float
    lam: float
    delta: float


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """A map: values at the centres of its cells.

    Attributes:
        across: alpha of the columns, shape (N,).
        up: the width of the rows, shape (M,).
        mse: shape (M, N), NaN where there is no solution.
        spare: kappa - kappa_min, shape (M, N): negative where the width limits the rank.
    """

    across: FloatArray
    up: FloatArray
    mse: FloatArray
    spare: FloatArray


@dataclass(frozen=True, eq=False)
class PointSpectrum:
    """The law that is learned at a point, and the teacher's.

    Attributes:
        teacher_at: eigenvalues at which the teacher's density is given, increasing, shape (K,).
        teacher: the density, shape (K,).
        teacher_atom: share of its eigenvalues that are 0.
        learned_at: eigenvalues at which the learned density is given, increasing, shape (N,); empty where
            everything is in the atom, or nothing is known.
        learned: the density, shape (N,).
        learned_atom: share of the learned eigenvalues that are 0; NaN where nothing is known.
        limited: whether the width limits the rank.
    """

    teacher_at: FloatArray
    teacher: FloatArray
    teacher_atom: float
    learned_at: FloatArray
    learned: FloatArray
    learned_atom: float
    limited: bool


def solve_map(cells: int, setting: MapSetting) -> Iterator[ErrorMap]:
    """Solve a map of ``cells`` cells a side block by block.

    Yields:
        What is solved so far: the rows of the first block, of the first two, and so on.
    """
    vertical, tops, fixed, lam, delta = setting
    across = centres((PARAMETERS["alpha"].low, tops[0]), cells)
    up = centres((PARAMETERS[vertical].low, tops[1]), cells)
    other: Width = "kappa_star" if vertical == "kappa" else "kappa"
    mse, spare = np.full((cells, cells), np.nan), np.full((cells, cells), np.nan)
    for start in range(0, cells, _BLOCK):
        rows = slice(start, start + _BLOCK)
        widths = {vertical: up[rows, None], other: np.array(fixed)}
        result = steady_state(across, lam=lam, delta=delta, **widths)
        mse[rows], spare[rows] = result.mse, result.kappa - result.kappa_min
        end = start + _BLOCK
        yield ErrorMap(across, up[:end], mse[:end], spare[:end])


def whole(parts: Iterator[ErrorMap]) -> ErrorMap:
    """All of a map at once."""
    *_, solved = parts
    return solved


def point_spectrum(law: LearnedSpectrum) -> PointSpectrum:
    """The densities of a law of a single steady state, and its teacher's."""
    teacher = TeacherLaw(law.state.kappa_star)
    teacher_at = _band(*(float(edge) for edge in teacher.edges))
    e = law.edges
    left, gap_left, gap_right, right = (float(x) for x in (e.left, e.gap_left, e.gap_right, e.right))
    bands = [_band(left, right)] if np.isnan(gap_left) else [_band(left, gap_left), _band(gap_right, right)]
    at = np.concatenate(bands) if np.isfinite(left) else np.empty(0)
    return PointSpectrum(
        teacher_at=teacher_at,
        teacher=teacher.density(teacher_at),
        teacher_atom=float(teacher.atom_at_zero),
        learned_at=at,
        learned=law.density(at) if at.size else at,
        learned_atom=float(law.atom_at_zero),
        limited=bool(law.state.regime == Regime.RANK_LIMITED),
    )


def _band(left: float, right: float) -> FloatArray:
    """Points of a band, denser towards its ends, where a density has its roots."""
    return left + (right - left) * (1 - np.cos(np.linspace(0, np.pi, _BAND_POINTS))) / 2
