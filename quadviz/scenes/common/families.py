"""Families of curves: a few values of one parameter, the current one among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from quadviz.parameters import PARAMETERS

__all__ = ["CURVE_PARAMETERS", "FAMILY", "Family", "family"]

#: The parameters of a learning curve.
CURVE_PARAMETERS = ("kappa", "kappa_star", "delta", "lam")
#: What the current value is compared with. The middle one gives way to it, unless it is one of the others.
FAMILY: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "kappa": (0.1, 0.2, 0.35, 0.5, 1.0),
        "kappa_star": (0.05, 0.15, 0.3, 0.6, 1.2),
        "lam": (0.0, 1e-3, 1e-2, 1e-1, 1.0),
        "delta": (0.0, 0.1, 0.5, 1.5, 4.0),
    }
)


@dataclass(frozen=True)
class Family:
    """The curves of a comparison, or the one curve there is without.

    Attributes:
        values: values of the compared parameter, in increasing order.
        current: index of the current one.
        shades: where each stands in the family, from 0 to 1. The shade is a function of the value: as a
            slider moves its curve through the others, these keep their colours.
    """

    values: tuple[float, ...]
    current: int
    shades: tuple[float, ...]

    def up_to(self, most: float | None) -> Family:
        """Those of the values that are not too large; the current one is none of these."""
        kept = [i for i, value in enumerate(self.values) if most is None or value <= most]
        return Family(
            tuple(self.values[i] for i in kept),
            kept.index(self.current),
            tuple(self.shades[i] for i in kept),
        )


def family(name: str, value: float) -> Family:
    """Five increasing values of a parameter, the current one among them.

    >>> family("lam", 0.05).values
    (0.0, 0.001, 0.05, 0.1, 1.0)
    """
    parameter, landmarks = PARAMETERS[name], FAMILY[name]

    def place(x: float) -> float:
        return math.log(max(x, 0.1 * parameter.low)) if parameter.scale == "log" else math.sqrt(x)

    middle = len(landmarks) // 2
    others = landmarks if value in landmarks else landmarks[:middle] + landmarks[middle + 1 :]
    values = sorted({value, *others})
    # The ends of the range are shades too: no value has the colour of another.
    anchors = sorted({0.0 if parameter.zero_allowed else parameter.low, *landmarks, parameter.high})
    shades = np.interp(
        [place(x) for x in values], [place(x) for x in anchors], np.linspace(0, 1, len(anchors))
    )
    return Family(tuple(values), values.index(value), tuple(shades.tolist()))
