"""Fixed points found in few passes: Anderson's acceleration."""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["Mixer"]


#: Differences of passes that hold less than this share of what the largest holds are noise.
_NOISE = 1e-6


class Mixer:
    """Anderson's acceleration of a map x -> g(x): the next x to try, from all that was tried.

    It is the mixture of what came out for which, if the map were linear, least would be left. A map that
    contracts by .97 a pass settles in ten passes instead of three hundred.

    Args:
        depth: how many earlier passes are combined.
    """

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._came: list[FloatArray] = []
        self._left: list[FloatArray] = []

    def next(self, came: FloatArray, left: FloatArray) -> FloatArray:
        """What to try next.

        Args:
            came: g(x), shape (n,).
            left: g(x) - x in the units in which it is to be small, shape (n,).

        >>> mixer, x = Mixer(5), np.zeros(2)
        >>> for _ in range(4):
        ...     came = np.array([0.9 * x[0] + 1, 0.5 * x[1] - 0.2 * x[0]])
        ...     x = mixer.next(came, came - x)
        >>> x.round(6)
        array([10., -4.])
        """
        self._came = [*self._came[-self._depth :], came]
        self._left = [*self._left[-self._depth :], left]
        if len(self._came) == 1:
            return came.copy()
        steps, changes = np.diff(self._came, axis=0), np.diff(self._left, axis=0)
        share, *_ = np.linalg.lstsq(changes.T, left, rcond=_NOISE)
        mixed: FloatArray = came - share @ steps
        return mixed
