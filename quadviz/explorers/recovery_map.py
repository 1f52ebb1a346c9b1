"""What the recovery page solves for: thresholds over a width, a map in blocks of rows, a point's spectrum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.figures.point_spectrum import PointSpectrum
from quadviz.figures.theme import ThemeName
from quadviz.figures.thresholds import ThresholdCurves, Width
from quadviz.setting import PARAMETERS
from quadviz.teacher import TeacherLaw
from quadviz.theory.learned_spectrum import LearnedSpectrum
from quadviz.theory.steady_state import Regime, steady_state
from quadviz.theory.thresholds import interpolation_threshold, recovery_threshold

__all__ = [
    "COARSE",
    "FINE",
    "MEDIUM",
    "Grid",
    "MapSetting",
    "PointThresholds",
    "curves_over",
    "point_spectrum",
    "point_thresholds",
    "solve_grid",
    "whole",
]

FloatArray = NDArray[np.float64]

#: Cells a side of a map while a slider moves, of one among many, and of one at rest.
COARSE, MEDIUM, FINE = 25, 43, 100
#: Rows solved between two looks at what else has happened.
_BLOCK = 25
#: Points of a threshold curve, and of a band of a spectrum.
_POINTS, _BAND_POINTS = 120, 120


@dataclass(frozen=True)
class Grid:
    """A map: mse and kappa - kappa_min at the centres of its cells, arrays of shape (M, N)."""

    across: FloatArray
    up: FloatArray
    mse: FloatArray
    spare: FloatArray


@dataclass(frozen=True)
class PointThresholds:
    """The thresholds at one pair of widths, without label noise; +inf where there is no recovery.

    Attributes:
        ridgeless: of recovery by training with lam -> 0+.
        interpolation: up to which lam -> 0+ fits labels with the slightest noise.
        free: of recovery by training without weight decay, by conjecture.
        bayes: of recovery by the best estimator there is.
        exact: whether a wider student has the same ridgeless threshold.
    """

    ridgeless: float
    interpolation: float
    free: float
    bayes: float
    exact: bool


def _centres(low: float, high: float, count: int) -> FloatArray:
    return low + (np.arange(count) + 0.5) / count * (high - low)


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


def solve_grid(
    cells: int, vertical: Width, tops: tuple[float, float], fixed: float, lam: float, delta: float
) -> Iterator[Grid]:
    """Solve a map of ``cells`` cells a side block by block; the rest are the fields of a setting.

    Yields:
        What is solved so far: the rows of the first block, of the first two, and so on.
    """
    across = _centres(PARAMETERS["alpha"].low, tops[0], cells)
    up = _centres(PARAMETERS[vertical].low, tops[1], cells)
    other: Width = "kappa_star" if vertical == "kappa" else "kappa"
    mse, spare = np.full((cells, cells), np.nan), np.full((cells, cells), np.nan)
    for start in range(0, cells, _BLOCK):
        rows = slice(start, start + _BLOCK)
        widths = {vertical: up[rows, None], other: np.array(fixed)}
        result = steady_state(across, lam=lam, delta=delta, **widths)
        mse[rows], spare[rows] = result.mse, result.kappa - result.kappa_min
        end = start + _BLOCK
        yield Grid(across, up[:end], mse[:end], spare[:end])


def whole(parts: Iterator[Grid]) -> Grid:
    """All of a map at once."""
    *_, grid = parts
    return grid


def curves_over(vertical: Width, top: float, fixed: float) -> ThresholdCurves:
    """The thresholds over one width, as far as the student can express its teacher.

    Args:
        vertical: the width that runs.
        top: its largest value.
        fixed: value of the other width.
    """
    low = PARAMETERS[vertical].low
    if vertical == "kappa":
        place = np.linspace(min(max(fixed, low), 1.0), top, _POINTS)
        kappa, kappa_star = place, np.full_like(place, fixed)
    else:
        place = np.linspace(low, top if fixed >= 1 else min(fixed, top), _POINTS)
        kappa, kappa_star = np.full_like(place, fixed), place
    ridgeless = recovery_threshold(kappa, kappa_star)
    interpolation = interpolation_threshold(kappa, kappa_star).alpha
    wide = np.ones_like(place)
    return ThresholdCurves(
        width=vertical,
        place=place,
        ridgeless=ridgeless,
        interpolation=interpolation,
        free=recovery_threshold(kappa, kappa_star, "none"),
        bayes=recovery_threshold(kappa, kappa_star, "bayes"),
        ridgeless_exact=_same(ridgeless, recovery_threshold(wide, kappa_star)),
        interpolation_exact=_same(interpolation, interpolation_threshold(wide, kappa_star).alpha),
    )


def point_thresholds(kappa: float, kappa_star: float) -> PointThresholds:
    """The thresholds at one pair of widths."""
    ridgeless = float(recovery_threshold(kappa, kappa_star))
    recovers = np.isfinite(ridgeless)
    return PointThresholds(
        ridgeless=ridgeless,
        interpolation=float(interpolation_threshold(kappa, kappa_star).alpha) if recovers else np.inf,
        free=float(recovery_threshold(kappa, kappa_star, "none")),
        bayes=float(recovery_threshold(kappa, kappa_star, "bayes")),
        exact=bool(_same(np.array(ridgeless), recovery_threshold(1.0, kappa_star))),
    )


def _same(one: FloatArray, other: FloatArray) -> NDArray[np.bool_]:
    """Whether two thresholds are the same but for rounding."""
    return np.isclose(one, other, rtol=1e-12, atol=0)


def _band(left: float, right: float) -> FloatArray:
    """Points of a band, denser towards its ends, where a density has its roots."""
    return left + (right - left) * (1 - np.cos(np.linspace(0, np.pi, _BAND_POINTS))) / 2


def point_spectrum(law: LearnedSpectrum, theme: ThemeName) -> PointSpectrum:
    """What the small figure shows."""
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
        theme=theme,
    )
