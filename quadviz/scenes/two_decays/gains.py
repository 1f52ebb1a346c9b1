"""A map of what the best pair of decays gains over the better one alone, coarse first and then fine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.decades import Decades
from quadviz.scenes.two_decays.best import BestDecays, best_decays, kinds

__all__ = [
    "ALPHA",
    "LEVEL",
    "PASSES",
    "UPWARDS",
    "Band",
    "GainMap",
    "GainSetting",
    "Passes",
    "Peak",
    "Vertical",
    "bands",
    "solve_gains",
]

Vertical = Literal["delta", "kappa_star"]
#: Cells across and upwards of one map after another.
Passes = tuple[tuple[int, int], ...]

ALPHA = Decades("alpha", PARAMETERS["alpha"].low, PARAMETERS["alpha"].high)
#: What may run upwards on the map.
UPWARDS: dict[Vertical, Decades] = {
    "delta": Decades("delta", 0.01, PARAMETERS["delta"].high, zero="0"),
    "kappa_star": Decades("kappa_star", PARAMETERS["kappa_star"].low, PARAMETERS["kappa_star"].high),
}
#: Those of a map that is to be seen: the ridge of the gain is sharp across.
PASSES: Passes = ((12, 7), (24, 14), (48, 28))
#: The gain that is worth a second decay.
LEVEL = 0.01
#: Settings solved between two looks at what else has happened.
_CHUNK = 72
#: Rounds of the closer looks along rows for the largest gain: of rows that may have it, and of some between.
_ROUNDS, _LAST_ROUNDS = 4, 7
#: Settings of a row looked at in a round, rows between, and from which share of the largest gain on a row is
#: looked along.
_SIDE, _BETWEEN, _HIDDEN = 5, 5, 0.6


class GainSetting(NamedTuple):
    """What a map is solved for.

    Attributes:
        vertical: what runs upwards.
        kappa: student width.
        fixed: teacher width where the noise runs upwards, noise where the teacher's width does.
    """

    vertical: Vertical
    kappa: float
    fixed: float

    @property
    def up(self) -> Decades:
        """The axis that runs upwards."""
        return UPWARDS[self.vertical]

    def at(self, alpha: FloatArray, up: FloatArray) -> BestDecays:
        """The best decays at places of the map."""
        fixed = np.full_like(up, self.fixed)
        star, delta = (fixed, up) if self.vertical == "delta" else (up, fixed)
        return best_decays(alpha, self.kappa, star, delta)


class Peak(NamedTuple):
    """Where the gain is largest, and how large."""

    alpha: float
    up: float
    gain: float


@dataclass(frozen=True, eq=False)
class GainMap:
    """The map; values at the cells of both axes.

    Attributes:
        setting: what it is of.
        cells: so many across and upwards, those for 0 not counted.
        alpha: of the columns, shape (N,).
        up: of the rows, shape (M,).
        gain: by which share the best pair's mse is below that of the better decay alone, shape (M, N); NaN
            where it was not found.
        kind: which decays the pair has, a :class:`~quadviz.scenes.two_decays.best.Kind` each.
        mse: of the pair.
        weight: mse of the best weight decay alone.
        frobenius: mse of the best Frobenius decay alone.
        lam: weight decay of the pair.
        lam2: its Frobenius decay.
        ratio: lam/lam2, where both vanish too.
        spare: kappa - kappa_min at the pair: negative where the width limits the rank.
        several: at how many places the equations have other solutions.
        peak: the largest gain, by a closer look; None where there is none, or no look was had yet.
    """

    setting: GainSetting
    cells: tuple[int, int]
    alpha: FloatArray
    up: FloatArray
    gain: FloatArray
    kind: NDArray[np.int8]
    mse: FloatArray
    weight: FloatArray
    frobenius: FloatArray
    lam: FloatArray
    lam2: FloatArray
    ratio: FloatArray
    spare: FloatArray
    several: int
    peak: Peak | None = None

    @property
    def failed(self) -> int:
        """At how many places nothing was found."""
        return int(np.isnan(self.gain).sum())


class Band(NamedTuple):
    """A stretch of alpha over which a row's gain is above a level."""

    up: float
    low: float
    high: float


def solve_gains(
    setting: GainSetting, passes: Passes = PASSES, before: GainMap | None = None
) -> Iterator[tuple[float, GainMap | None]]:
    """Solve a map, coarse first.

    Args:
        setting: what for.
        passes: cells across and upwards of one map after another.
        before: what is solved of it already; passes that are not finer are left out.

    Yields:
        The fraction done, and the finest map there is so far; the last one knows its peak.
    """
    sizes = [ALPHA.values(n).size * setting.up.values(m).size for n, m in passes]
    whole, done, found = sum(sizes) + sizes[-1] // 3, 0, before
    for cells, size in zip(passes, sizes, strict=True):
        if before is not None and before.cells >= cells:
            done += size
            continue
        alpha, up = ALPHA.values(cells[0]), setting.up.values(cells[1])
        across, upwards = (each.ravel() for each in np.meshgrid(alpha, up))
        parts = []
        for start in range(0, size, _CHUNK):
            part = slice(start, start + _CHUNK)
            parts.append(_columns(setting.at(across[part], upwards[part])))
            done += parts[-1][0].size
            if part.stop < size:
                yield done / whole, found
        found = _joined(setting, cells, alpha, up, parts)
        yield done / whole, found
    assert found is not None  # noqa: S101  # there is a pass at least
    for number, peak in enumerate(_closer_looks(found), start=1):
        found = replace(found, peak=peak)
        yield (done + (whole - done) * number / (_ROUNDS + _LAST_ROUNDS)) / whole, found
    yield 1.0, found


def _columns(best: BestDecays) -> tuple[NDArray[np.generic], ...]:
    both = best.both
    spare = np.asarray(best.pair.kappa - best.pair.kappa_min)
    return (
        best.gain, kinds(both), both.mse, best.weight.mse, best.frobenius.mse, both.lam, both.lam2,
        both.ratio, spare, np.asarray(both.status),
    )  # fmt: skip


def _joined(
    setting: GainSetting,
    cells: tuple[int, int],
    alpha: FloatArray,
    up: FloatArray,
    parts: list[tuple[NDArray[np.generic], ...]],
) -> GainMap:
    shape = up.size, alpha.size
    *columns, status = (np.concatenate(column).reshape(shape) for column in zip(*parts, strict=True))
    several = int((status == Status.SEVERAL).sum())
    return GainMap(setting, cells, alpha, up, *columns, several)  # type: ignore[call-arg, arg-type]  # in their order


def _closer_looks(found: GainMap) -> Iterator[Peak]:
    """The largest gain, looked for along the rows ever closer; none where there is no gain.

    The gain has a ridge where either decay alone does equally well, sharp across and slow along.
    """
    top = np.nan_to_num(found.gain).max(axis=1)
    if not top.max() > 0:
        return
    rows = np.flatnonzero(top > _HIDDEN * top.max())
    alpha, up = found.alpha[np.nanargmax(found.gain[rows], axis=1)], found.up[rows]
    step = (ALPHA.decades[1] - ALPHA.decades[0]) / found.cells[0]
    for alpha, gain in _along(found.setting, alpha, up, step, _ROUNDS):  # noqa: B020  # ever closer
        at = int(np.argmax(gain))
        best = Peak(float(alpha[at]), float(up[at]), float(gain[at]))
        yield best
    before, after = max(at - 1, 0), min(at + 1, rows.size - 1)
    if up[at] == 0:
        # Nothing lies beside 0 on this axis.
        alpha, up = alpha[[at]], up[[at]]
    else:
        low = before if up[before] > 0 else at
        alpha, up = (np.geomspace(values[low], values[after], _BETWEEN) for values in (alpha, up))
    for alpha, gain in _along(found.setting, alpha, up, step, _LAST_ROUNDS):  # noqa: B020  # as above
        at = int(np.argmax(gain))
        best = max(best, Peak(float(alpha[at]), float(up[at]), float(gain[at])), key=lambda peak: peak.gain)
        yield best


def _along(
    setting: GainSetting, alpha: FloatArray, up: FloatArray, step: float, rounds: int
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """The largest gain of each row around an alpha, and where it is, within half as much in every round."""
    for _ in range(rounds):
        tried = np.clip(alpha[:, None] * 10 ** (step * np.linspace(-1, 1, _SIDE)), ALPHA.low, ALPHA.high)
        gain = np.nan_to_num(setting.at(tried.ravel(), np.repeat(up, _SIDE)).gain).reshape(tried.shape)
        best = np.argmax(gain, axis=1)
        row = np.arange(up.size)
        alpha = tried[row, best]
        yield alpha, gain[row, best]
        step /= 2


def bands(found: GainMap, level: float = LEVEL) -> list[Band]:
    """Where each row's gain is above a level, by interpolation; rows without such a place are left out."""
    x = np.log10(found.alpha)
    told = []
    for up, row in zip(found.up.tolist(), found.gain, strict=True):
        above = np.flatnonzero(row > level)
        if above.size:
            ends = [_crossing(x, row, int(at), side, level) for at, side in ((above[0], -1), (above[-1], 1))]
            told.append(Band(up, 10 ** ends[0], 10 ** ends[1]))
    return told


def _crossing(x: FloatArray, row: FloatArray, at: int, side: int, level: float) -> float:
    """Where a row crosses a level between a place above it and its neighbour."""
    other = at + side
    if not 0 <= other < x.size or not np.isfinite(row[other]):
        return float(x[at])
    share = (row[at] - level) / (row[at] - row[other])
    return float(x[at] + share * (x[other] - x[at]))
