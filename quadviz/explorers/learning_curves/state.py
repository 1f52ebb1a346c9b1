"""What the learning-curves page shows: its state, and settings to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from quadviz.explorers.kit.presets import Preset
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import PARAMETERS

__all__ = [
    "ALPHA_TOPS",
    "PRESETS",
    "SIMULATED_D",
    "SIMULATED_NETWORKS",
    "State",
]

ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
#: Choices of the size and number of networks to train.
SIMULATED_D = (30, 50, 80, 120)
SIMULATED_NETWORKS = (1, 3, 5, 10)


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
        span: the stretch of the alpha axis that is zoomed into; None for all of it.
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
    span: tuple[float, float] | None = None
    preset: str | None = None
    theme: ThemeName = "light"

    @property
    def seen(self) -> tuple[float, float]:
        """The ends of the alpha axis."""
        return self.span or (PARAMETERS["alpha"].low, self.alpha_top)


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
