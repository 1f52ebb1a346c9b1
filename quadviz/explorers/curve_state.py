"""What the learning-curves page shows: its state, settings to start from, and the family compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from quadviz.explorers.presets import Preset
from quadviz.figures.axes import Scale
from quadviz.figures.theme import ThemeName
from quadviz.setting import PARAMETERS

__all__ = [
    "ALPHA_TOPS",
    "CURVE_PARAMETERS",
    "FAMILY",
    "PRESETS",
    "SIMULATED_D",
    "SIMULATED_NETWORKS",
    "Family",
    "State",
    "family",
]

ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
CURVE_PARAMETERS = ("kappa", "kappa_star", "delta", "lam")
#: Choices of the size and number of networks to train.
SIMULATED_D = (30, 50, 80, 120)
SIMULATED_NETWORKS = (1, 3, 5, 10)
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
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alpha: where the marker stands.
        compare: the parameter the family runs over, or "" for a single curve.
        x_scale: scale of the alpha axis.
        y_scale: scale of the vertical axes.
        alpha_top: right end of the alpha axis, one of ``ALPHA_TOPS``.
        references: whether the thresholds and the Bayes-optimal curve are drawn.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them at each alpha.
        preset: which of :data:`PRESETS` this is, or None; it follows from the other fields.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    alpha: float = PARAMETERS["alpha"].default
    compare: str = "lam"
    x_scale: Scale = "linear"
    y_scale: Scale = "log"
    alpha_top: float = 1.0
    references: bool = True
    sim_d: int = 50
    sim_networks: int = 3
    preset: str | None = None
    theme: ThemeName = "light"


#: Fields that a preset leaves alone.
_APART = {"references", "sim_d", "sim_networks", "preset", "theme"}


def _preset(meaning: str, **fields: Any) -> Preset:
    state = {**asdict(State()), **fields}
    return Preset(meaning, {name: state[name] for name in state.keys() - _APART})


#: By the name on its button.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "Double descent": _preset(
            "Noisy labels and λ → 0+: the mse peaks where the labels can just be fitted. Weight decay takes "
            "the peak away.",
            lam=0.0,
            alpha=0.25,
        ),
        "Perfect recovery": _preset(
            "Noiseless labels and λ → 0+: from a threshold on the teacher is found exactly.",
            kappa=0.5,
            delta=0.0,
            lam=0.0,
            alpha=0.3,
            compare="",
            alpha_top=0.5,
        ),
        "Width": _preset(
            "Five student widths: where a curve is dashed, the width limits the rank; where curves coincide, "
            "more width changes nothing.",
            kappa=0.4,
            lam=0.03,
            compare="kappa",
        ),
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
