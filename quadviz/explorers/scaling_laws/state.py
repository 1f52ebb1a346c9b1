"""What the page of scaling laws shows: its state, and settings to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from quadviz.explorers.kit.fields import choice, slider
from quadviz.explorers.kit.presets import Preset
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import SCALING_PARAMETERS
from quadviz.scenes.scaling.published import PUBLISHED_AT, PUBLISHED_D
from quadviz.scenes.scaling.setting import DECAYS, Decay, ScalingSetting

__all__ = ["PRESETS", "State"]

_TEACHER, _STUDENT = "Teacher and data", "Student"
_FAMILIES = {
    f"values of {SCALING_PARAMETERS[name].symbol}, {SCALING_PARAMETERS[name].label}": name
    for name in ("exponent", "kappa", "delta", "lam")
}


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for the networks trained.

    Attributes:
        levels: how many levels the teacher has.
        decay: which decay the student has at each number of samples.
        lam: weight decay where it is as set.
        lam2: Frobenius decay where it is as set.
        alpha: where the marker stands.
        compare: the parameter the family runs over, or "" for a single curve.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them at each alpha.
    """

    exponent: float = slider("exponent", table=SCALING_PARAMETERS, group=_TEACHER)
    delta: float = slider("delta", table=SCALING_PARAMETERS, group=_TEACHER)
    levels: int = choice(
        100, (50, 100, 200, 400), "Levels", group=_TEACHER,
        meanings="How many levels the teacher has: the law ends where all are learned",
    )  # fmt: skip
    kappa: float = slider("kappa", table=SCALING_PARAMETERS, group=_STUDENT)
    decay: Decay = choice(
        "best lam", {said: name for name, said in DECAYS.items()}, "Decay", group=_STUDENT, form="list",
        meanings="The decay that is best at each number of samples, or one that is given",
    )  # fmt: skip
    lam: float = slider("lam", table=SCALING_PARAMETERS, group=_STUDENT)
    lam2: float = slider("lam2", table=SCALING_PARAMETERS, group=_STUDENT, label="Frobenius")
    alpha: float = slider("alpha", table=SCALING_PARAMETERS, group="")
    compare: str = choice(
        "exponent", {"one curve": "", **_FAMILIES}, "Compare", group="Compare", form="list", named=False,
        meanings="Draw a family of curves over one parameter",
    )  # fmt: skip
    sim_d: int = choice(
        50, (50, 100, 200), "d", group="", meanings="Input dimension of the networks", form="list"
    )
    sim_networks: int = choice(1, (1, 3, 5), "networks", group="", meanings="Networks per α", form="list")
    theme: ThemeName = "light"

    @property
    def setting(self) -> ScalingSetting:
        """What is solved for."""
        lam2 = self.lam2 if self.decay == "fixed" else 0.0
        return ScalingSetting(
            self.exponent, self.kappa, self.delta, self.lam, lam2, self.decay, self.alpha, self.levels,
            self.compare,
        )  # fmt: skip

    @property
    def told(self) -> tuple[object, ...]:
        """What makes the current curve besides the teacher, width and noise: its decay."""
        given = () if self.decay.startswith("best") else (self.lam, self.setting.lam2)
        return (self.decay, *given)


#: Fields that a preset leaves alone.
_APART = {"sim_d", "sim_networks", "theme"}


def _preset(meaning: str, **fields: Any) -> Preset:
    state = {**asdict(State()), **fields}
    return Preset(meaning, {name: state[name] for name in state.keys() - _APART})


#: By the name on its button.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "Exponents": _preset(
            "Five teachers at the best weight decay: drag γ, and the exponent of the error changes.",
        ),
        "Widths": _preset(
            "Little noise and five widths: an error falls with samples until the width limits it, and stays.",
            delta=1e-3, kappa=0.15, compare="kappa",
        ),
        "Overfit": _preset(
            "A weight decay that is too small fits the noise: a plateau, a peak, and no power law between.",
            decay="fixed", lam=1e-3, compare="lam", alpha=0.3,
        ),
        "Lazy": _preset(
            "The best Frobenius decay: no level is learned before the others, and few samples teach nothing.",
            delta=1e-2, decay="best lam2", alpha=0.1,
        ),
        "Published": _preset(
            "The networks of arXiv 2606.28242, d = 400, as squares beside theory at their settings.",
            **PUBLISHED_AT, levels=PUBLISHED_D, decay="falling", compare="kappa", kappa=35 / PUBLISHED_D,
        ),
    }
)  # fmt: skip
