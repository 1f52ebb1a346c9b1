"""What the learning-curves page shows: its state, and settings to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from quadviz.explorers.kit.fields import choice, scale, slider, teacher
from quadviz.explorers.kit.presets import Preset
from quadviz.explorers.kit.teacher.width import width_of
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.theme import ThemeName
from quadviz.law.spelling import teacher_of
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.scenes.common.families import CURVE_PARAMETERS
from quadviz.scenes.learning_curves import CurvesSetting

__all__ = ["ALPHA_TOPS", "PRESETS", "State"]

ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
_FAMILIES = {
    f"five values of {p.symbol}, {p.label}": name
    for name, p in PARAMETERS.items()
    if name in CURVE_PARAMETERS
}


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        teacher: the law of the teacher's eigenvalues, as a text.
        lam2: Frobenius decay.
        alpha: where the marker stands.
        compare: the parameter the family runs over, or "" for a single curve.
        alpha_top: right end of the alpha axis.
        references: whether the thresholds and the Bayes-optimal curve are drawn.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them at each alpha.
        span: the stretch of the alpha axis that is zoomed into; None for all of it.
    """

    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    teacher: str = teacher(PARAMETERS["kappa_star"].group)
    delta: float = slider("delta")
    lam: float = slider("lam")
    lam2: float = slider("lam2", table=EXTENSIONS, label="Frobenius")
    alpha: float = slider("alpha", group="")
    compare: str = choice(
        "lam",
        {"one curve": "", **_FAMILIES},
        "Compare",
        group="Compare",
        meanings="Draw a family of curves over one parameter",
        form="list",
        named=False,
    )
    x_scale: Scale = scale("linear", "α axis")
    y_scale: Scale = scale("log", "Error axes")
    alpha_top: float = choice(1.0, ALPHA_TOPS, "α up to")
    references: bool = choice(
        True,
        {"shown": True, "hidden": False},
        "Guides",
        meanings=("Draw the thresholds and the Bayes-optimal error", "Draw the curves alone"),
    )
    sim_d: int = choice(
        50, (30, 50, 80, 120), "d", group="", meanings="Input dimension of the networks", form="list"
    )
    sim_networks: int = choice(3, (1, 3, 5, 10), "networks", group="", meanings="Networks per α", form="list")
    span: tuple[float, float] | None = None
    theme: ThemeName = "light"

    @property
    def seen(self) -> tuple[float, float]:
        """The ends of the alpha axis."""
        return self.span or (PARAMETERS["alpha"].low, self.alpha_top)

    @property
    def setting(self) -> CurvesSetting:
        """What is solved for."""
        return CurvesSetting(
            self.kappa, width_of(self), self.delta, self.lam, self.alpha, self.seen, self.compare, self.lam2,
            teacher_of(self.teacher),
        )  # fmt: skip


#: Fields that a preset leaves alone.
_APART = {"references", "sim_d", "sim_networks", "theme"}


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
