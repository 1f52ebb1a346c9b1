"""What the page of two students shows: its state, and settings to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from quadviz.explorers.kit.fields import choice, scale, slider
from quadviz.explorers.kit.presets import Preset
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import PARAMETERS, Parameter
from quadviz.scenes.two_students import Student

__all__ = ["ALPHA_TOPS", "PRESETS", "State"]

ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
_OWN = ("kappa", "lam", "delta")
#: The parameters of the second student: the same, under names of their own.
_SECOND: Mapping[str, Parameter] = MappingProxyType(
    {
        name: replace(p, name=f"{name}_b", symbol=f"{p.symbol}′")
        for name, p in PARAMETERS.items()
        if name in _OWN
    }
)
_A, _B, _BOTH = "Student A", "Student B", "Both"


@dataclass(frozen=True)
class State:
    """All that determines what the page shows; fields of the second student end in ``_b``.

    Attributes:
        alpha: where the marker stands.
        alpha_top: right end of the alpha axis.
        span: the stretch of it that is zoomed into; None for all of it.
    """

    kappa: float = slider("kappa", group=_A)
    lam: float = slider("lam", group=_A)
    delta: float = slider("delta", group=_A)
    kappa_b: float = slider("kappa", table=_SECOND, group=_B)
    lam_b: float = slider("lam", 0.2, table=_SECOND, group=_B)
    delta_b: float = slider("delta", table=_SECOND, group=_B)
    kappa_star: float = slider("kappa_star", group=_BOTH)
    alpha: float = slider("alpha", group="")
    y_scale: Scale = scale("log", "Error axis")
    alpha_top: float = choice(1.0, ALPHA_TOPS, "α up to")
    span: tuple[float, float] | None = None
    theme: ThemeName = "light"

    @property
    def seen(self) -> tuple[float, float]:
        """The ends of the alpha axis."""
        return self.span or (PARAMETERS["alpha"].low, self.alpha_top)

    @property
    def x_scale(self) -> Scale:
        """Of the alpha axis."""
        return "linear"

    @property
    def students(self) -> tuple[Student, Student]:
        """Both."""
        return Student(self.kappa, self.lam, self.delta), Student(self.kappa_b, self.lam_b, self.delta_b)


def _preset(meaning: str, first: Student, second: Student, kappa_star: float, alpha: float) -> Preset:
    own = {
        f"{name}{end}": getattr(each, name) for each, end in ((first, ""), (second, "_b")) for name in _OWN
    }
    return Preset(meaning, MappingProxyType({**own, "kappa_star": kappa_star, "alpha": alpha}))


#: By the name on its button.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "Decay": _preset(
            "One student hardly decays its weights, the other does: the peak of A is gone in B.",
            Student(0.7, 1e-4, 0.5), Student(0.7, 0.2, 0.5), 0.3, 0.3,
        ),
        "Width": _preset(
            "A is as wide as the teacher, B wider. With few samples B is better, with many A.",
            Student(0.3, 0.01, 0.5), Student(1.0, 0.01, 0.5), 0.3, 0.5,
        ),
        "Noise": _preset(
            "Noisy labels against clean ones: only B finds its teacher, from a threshold on.",
            Student(0.5, 0.0, 0.1), Student(0.5, 0.0, 0.0), 0.3, 0.31,
        ),
    }
)  # fmt: skip
