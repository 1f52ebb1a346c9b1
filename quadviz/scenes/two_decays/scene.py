"""The two decays at one setting: the error over both, the best of either and of both, the spectra learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.outcome import errstate
from quadviz.scenes.common.decades import Decades
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.recovery import PointSpectrum, point_spectrum
from quadviz.scenes.two_decays.best import BestDecays, Kind, best_decays, decays_beside, kinds
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady.steady_state import SteadyState, steady_state

__all__ = ["COARSE", "FINE", "LAM", "LAM2", "DecayMap", "Place", "TwoDecays", "decay_map", "two_decays"]

#: The axes of the map of both decays.
LAM, LAM2 = Decades("lam", 1e-4, 10.0, zero="0+"), Decades("lam2", 1e-4, 10.0, zero="0")
#: Cells a side of it while a slider moves, and at rest; those for 0 not counted.
COARSE, FINE = 17, 50


class Place(NamedTuple):
    """What the best decays depend on.

    Attributes:
        alpha: sample ratio.
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
    """

    alpha: float
    kappa: float
    kappa_star: float
    delta: float


@dataclass(frozen=True, eq=False)
class DecayMap:
    """The error over both decays.

    Attributes:
        place: where it is of.
        cells: so many a side, those for 0 not counted.
        lam: of the columns, shape (N,); the first is the limit lam -> 0+.
        lam2: of the rows, shape (M,); the first has no Frobenius decay.
        states: shape (M, N).
    """

    place: Place
    cells: int
    lam: FloatArray
    lam2: FloatArray
    states: SteadyState


@dataclass(frozen=True, eq=False)
class TwoDecays:
    """Everything there is to see but for the map of gains.

    Attributes:
        place: the setting.
        map: the error over both decays.
        best: the best of either and of both.
        kind: which decays the best pair has.
        bayes: the Bayes-optimal mse.
        law: what is learned with the decays as set, and its steady state.
        pair_law: what is learned with the best pair.
        spectra: both as densities, with the teacher's.
    """

    place: Place
    map: DecayMap
    best: BestDecays
    kind: Kind
    bayes: float
    law: LearnedSpectrum
    pair_law: LearnedSpectrum
    spectra: tuple[PointSpectrum, PointSpectrum]

    @property
    def gain(self) -> float:
        """By which share the best pair's mse is below the better decay alone."""
        return float(self.best.gain)

    @property
    def excess(self) -> FloatArray:
        """How far each cell's mse is above the best pair's, as a share of it; inf above an mse of 0."""
        return excess(np.asarray(self.map.states.mse), float(self.best.both.mse))


def excess(mse: FloatArray, least: float) -> FloatArray:
    """How far errors are above the least one, as a share of it.

    >>> excess(np.array([1.0, 1.1]), 1.0).round(3).tolist(), excess(np.array([0.0, 1.0]), 0.0).tolist()
    ([0.0, 0.1], [0.0, inf])
    """
    if least == 0:
        return np.where(mse > 0, np.inf, mse)
    return np.maximum(mse / least - 1, 0.0)


def decay_map(place: Place, cells: int) -> DecayMap:
    """Solve the map in one go."""
    lam, lam2 = LAM.values(cells), LAM2.values(cells)
    a, kappa, kappa_star, delta = place
    with errstate("ignore"):  # the status tells, and figures show it
        states = steady_state(a, kappa, kappa_star, lam, delta, lam2[:, None])
    return DecayMap(place, cells, lam, lam2, states)


def two_decays(place: Place, lam: float, lam2: float, memo: Memo, cells: int = FINE) -> TwoDecays:
    """Solve for what there is to see.

    Args:
        place: the setting.
        lam: weight decay as set.
        lam2: Frobenius decay as set.
        memo: what was solved before, which is not solved again.
        cells: cells a side of the map; the finest there is may have more.
    """
    fine = ("decays", place, FINE)
    cells = FINE if fine in memo.exact else cells
    found = memo.exact.once(("decays", place, cells), lambda: decay_map(place, cells))
    best, bayes, pair_law = memo.exact.once(("best decays", place), lambda: _best(place))
    a, kappa, kappa_star, delta = place
    with errstate("ignore"):
        law = learned_spectrum(a, kappa, kappa_star, lam, delta, lam2)
    kind = Kind(int(kinds(best.both)))
    spectra = point_spectrum(law), point_spectrum(pair_law)
    return TwoDecays(place, found, best, kind, bayes, law, pair_law, spectra)


def _best(place: Place) -> tuple[BestDecays, float, LearnedSpectrum]:
    a, kappa, kappa_star, delta = place
    best = best_decays(*place)
    lam, lam2 = decays_beside(best.both)
    with errstate("ignore"):
        law = learned_spectrum(a, kappa, kappa_star, lam, delta, lam2)
        bayes = float(bayes_optimal(a, kappa_star, delta).mmse)
    return best, bayes, law
