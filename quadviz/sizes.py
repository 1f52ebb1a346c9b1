"""The whole numbers behind the ratios."""

from __future__ import annotations

from dataclasses import dataclass

from quadviz.checks import whole_number
from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting, checked_setting

__all__ = ["Sizes"]

#: What may round to nothing: the ratio, the number it becomes, what then is missing, and its power of d.
_PARTS = (
    ("kappa", "m", "no neuron", 1),
    ("kappa_star", "m_star", "no neuron", 1),
    ("alpha", "n", "no sample", 2),
)


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network and its data at input dimension d.

    Attributes:
        d: input dimension, >= 2.
        m: student width, kappa d to the nearest whole number.
        m_star: teacher width, likewise.
        n: training samples, alpha d^2 likewise.
    """

    d: int
    m: int
    m_star: int
    n: int

    @classmethod
    def of(cls, setting: Setting, d: int) -> Sizes:
        """The sizes of a setting.

        Raises:
            TypeError: if the setting is none, or d is not a whole number.
            ValueError: if d < 2, or a size would be 0; says what would do.

        >>> Sizes.of(Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5), 50)
        Sizes(d=50, m=25, m_star=15, n=875)
        """
        setting, d = checked_setting(setting), whole_number("d (input dimension)", d, 2)
        sizes = cls._rounded(setting, d)
        for name, size, lack, power in _PARTS:
            if getattr(sizes, size) < 1:
                value, enough = getattr(setting, name), float(d) ** -power
                larger = int((0.5 / value) ** (1 / power)) + 1
                raise ValueError(
                    f"{name} ({PARAMETERS[name].label}) = {value:g} leaves {lack} at d = {d}: "
                    f"take d >= {larger}, or {name} >= {enough:.3g}"
                )
        return sizes

    @classmethod
    def _rounded(cls, setting: Setting, d: int) -> Sizes:
        return cls(d, round(setting.kappa * d), round(setting.kappa_star * d), round(setting.alpha * d * d))
