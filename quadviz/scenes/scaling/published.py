"""Test errors that arXiv 2606.28242 measured with networks of d = 400, and their settings in our units."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["PUBLISHED", "PUBLISHED_AT", "PUBLISHED_D", "PUBLISHED_RANKS"]

#: Their input dimension, which is their number of levels, and the ranks of their students.
PUBLISHED_D, PUBLISHED_RANKS = 400, (328, 135, 35, 9, 2, 1)
#: |Z - Z*|^2/d by number of samples, for students of these ranks.
PUBLISHED: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        8_000: (0.0997, 0.1009, 0.1111, 0.1221, 0.1452, 0.2734),
        14_564: (0.0643, 0.0637, 0.0986, 0.0469, 0.1343, 0.2636),
        48_273: (0.0513, 0.0535, 0.0307, 0.0228, 0.1257, 0.2570),
        530_312: (0.0044, 0.0045, 0.0039, 0.0174, 0.1230, 0.2547),
    }
)
#: Exponent of their levels, label noise, and weight decay: theirs is .1 sqrt(alpha), and their loss is 4
#: alpha times ours, which makes it lam = .025/sqrt(alpha).
PUBLISHED_AT: Mapping[str, float] = MappingProxyType({"exponent": 1.25, "delta": 0.1, "lam": 0.025})
