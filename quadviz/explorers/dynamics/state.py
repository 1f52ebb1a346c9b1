"""The state of the page of dynamics, and what it asks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS, Parameter
from quadviz.scenes.spectra import View
from quadviz.setting import Setting
from quadviz.work.march import MarchRequest, Quality
from quadviz.work.training import Request

__all__ = ["COURSE_KEY", "DOUBT_KEY", "SOURCES", "SPECTRUM_KEY", "TABLE", "Source", "State"]

Source = Literal["population", "dmft", "networks"]

#: The parameters of the page.
TABLE: Mapping[str, Parameter] = MappingProxyType({**PARAMETERS, **SIMULATION_PARAMETERS})
#: What the sources are called in tables.
SOURCES: Mapping[Source, str] = MappingProxyType(
    {"population": "population flow", "dmft": "DMFT", "networks": "networks"}
)
#: What the lines of the figures mean.
COURSE_KEY = (
    "Blue: networks, thin, and their mean with its standard error; green: DMFT with its error; "
    "dash-dotted: infinitely many samples; grey: of another setting. Horizontal: theory of long training, "
    "dashed where it rests on the steady-state assumption."
)
DOUBT_KEY = " Dotted green: DMFT where it is not to be trusted."
SPECTRUM_KEY = (
    "Steps: the eigenvalues at this time, typical ones as ticks; grey area: theory of long training; "
    "thin line: the law at the start, with the end of its bulk."
)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for what was run.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        alpha: sample ratio.
        delta: label noise.
        lam: weight decay.
        gamma: initial variance.
        end: time to train until.
        d: input dimension of the networks.
        seeds: number of networks.
        first_seed: seed of the first one, and of the mean-field theory.
        quality: how finely its equations are solved.
        source: whose eigenvalues are counted.
        view: eigenvalues of Z or singular values of W.
        moment: number of the moment at which they are.
        y_scale: scale of the axes of errors.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    alpha: float = PARAMETERS["alpha"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    gamma: float = 0.1
    end: float = SIMULATION_PARAMETERS["end"].default
    d: float = SIMULATION_PARAMETERS["d"].default
    seeds: float = SIMULATION_PARAMETERS["seeds"].default
    first_seed: float = SIMULATION_PARAMETERS["first_seed"].default
    quality: Quality = "preview"
    source: Source = "population"
    view: View = "eigenvalues"
    moment: int = 0
    y_scale: Scale = "log"
    theme: ThemeName = "light"

    @property
    def setting(self) -> Setting:
        """The setting."""
        return Setting(**{name: getattr(self, name) for name in PARAMETERS})

    @property
    def request(self) -> Request:
        """The networks to train."""
        first = int(self.first_seed)
        seeds = tuple(range(first, first + int(self.seeds)))
        return Request(self.setting, int(self.d), seeds, self.end, spectra=True)

    @property
    def march_request(self) -> MarchRequest:
        """The mean-field equations to solve."""
        return MarchRequest(self.setting, self.end, self.quality, int(self.first_seed))
