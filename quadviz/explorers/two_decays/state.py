"""What the page of two decays shows: its state, and settings to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from quadviz.explorers.kit.fields import choice, slider
from quadviz.explorers.kit.presets import Preset
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.scenes.two_decays.gains import GainSetting, Vertical
from quadviz.scenes.two_decays.scene import Place

__all__ = ["PRESETS", "State"]


@dataclass(frozen=True)
class State:
    """All that determines what the page shows; it opens where both decays together gain much.

    Attributes:
        lam: weight decay as set.
        lam2: Frobenius decay as set.
        vertical: what runs upwards on the map of gains.
    """

    kappa: float = slider("kappa", 1.0)
    kappa_star: float = slider("kappa_star", 0.6)
    alpha: float = slider("alpha", 0.305)
    delta: float = slider("delta", 0.1)
    lam: float = slider("lam", 0.1)
    lam2: float = slider("lam2", 0.1, table=EXTENSIONS, label="Frobenius")
    vertical: Vertical = choice(
        "delta", {PARAMETERS[name].symbol: name for name in ("delta", "kappa_star")}, "Upwards",
        meanings="What runs upwards on the map of gains",
    )  # fmt: skip
    theme: ThemeName = "light"

    @property
    def place(self) -> Place:
        """What the best decays depend on."""
        return Place(self.alpha, self.kappa, self.kappa_star, self.delta)

    @property
    def gain_setting(self) -> GainSetting:
        """What the map of gains is solved for."""
        return GainSetting(
            self.vertical, self.kappa, self.kappa_star if self.vertical == "delta" else self.delta
        )

    @property
    def upwards(self) -> float:
        """Where the page stands on the vertical axis of the map of gains."""
        return self.delta if self.vertical == "delta" else self.kappa_star


def _preset(meaning: str, place: Place, lam: float, lam2: float) -> Preset:
    return Preset(meaning, {**place._asdict(), "lam": lam, "lam2": lam2})


#: By the name on its button.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "Both": _preset(
            "Either decay alone does about as well as the other: there both together gain most, some 5%.",
            Place(0.305, 1.0, 0.6, 0.1), 0.1, 0.1,
        ),
        "Cut": _preset(
            "A teacher of low rank and samples enough: what is small is noise, and weight decay cuts it.",
            Place(0.5, 1.0, 0.3, 0.5), 0.01, 0.1,
        ),
        "Shrink": _preset(
            "A teacher of full rank and noisy labels: nothing is to be cut, and Frobenius decay shrinks all.",
            Place(0.5, 1.0, 1.0, 2.0), 0.3, 0.01,
        ),
        "Vanish": _preset(
            "So few samples that no decay is best; but the two vanish in a ratio, and which one matters.",
            Place(0.1, 1.0, 0.3, 0.5), 0.1, 0.1,
        ),
        "Narrow": _preset(
            "A student narrower than its teacher, whose width cuts before weight decay does.",
            Place(0.2, 0.3, 0.6, 0.5), 0.1, 0.1,
        ),
    }
)  # fmt: skip
