"""The state of the page of dynamics, and what it asks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from quadviz.explorers.kit.fields import choice, scale, slider, teacher
from quadviz.explorers.kit.teacher.width import setting_of
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import EXTENSIONS, PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.spectra import View
from quadviz.setting import Setting
from quadviz.work.march import QUALITIES, MarchRequest, Quality
from quadviz.work.training import Request

__all__ = ["COURSE_KEY", "DOUBT_KEY", "SOURCES", "SPECTRUM_KEY", "Source", "State"]

Source = Literal["population", "dmft", "networks"]

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


#: How long a march takes where the page opens, on two cores.
_TAKES = {"preview": "some seconds", "good": "about a minute"}
_SIZES = "; ".join(f"{name}: {e.replicas} replicas of size {e.size} or so" for name, e in QUALITIES.items())


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for what was run.

    Attributes:
        teacher: the law of the teacher's eigenvalues, as a text.
        lam2: Frobenius decay.
        end: time to train until.
        d: input dimension of the networks.
        seeds: number of networks.
        first_seed: seed of the first one, and of the mean-field theory.
        quality: how finely its equations are solved.
        source: whose eigenvalues are counted.
        view: eigenvalues of Z or singular values of W.
        moment: number of the moment at which they are.
    """

    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    teacher: str = teacher(PARAMETERS["kappa_star"].group)
    alpha: float = slider("alpha")
    delta: float = slider("delta")
    lam: float = slider("lam", table=SIMULATION_PARAMETERS)
    lam2: float = slider("lam2", table=EXTENSIONS, label="Frobenius")
    gamma: float = slider("gamma", 0.1)
    end: float = slider("end", table=SIMULATION_PARAMETERS)
    d: float = slider("d", table=SIMULATION_PARAMETERS)
    seeds: float = slider("seeds", table=SIMULATION_PARAMETERS)
    first_seed: float = slider("first_seed", table=SIMULATION_PARAMETERS)
    quality: Quality = choice(
        "preview",
        {f"{name}: {_TAKES[name]}": name for name in QUALITIES},
        "Quality",
        group="",
        meanings=(
            f"How finely the equations are solved. {_SIZES}. The times are those to t = 1000 on two cores; "
            "what a march will take here is said when it begins"
        ),
        form="list",
        named=False,
    )
    source: Source = choice(
        "population",
        {"α → ∞": "population", "DMFT": "dmft", "networks": "networks"},
        "Z of",
        group="",
        meanings=(
            "Eigenvalues on infinitely many samples",
            "Eigenvalues of the mean-field theory, of all its copies",
            "Eigenvalues of the networks trained, of all seeds",
        ),
        look="qv-source",
    )
    moment: int = 0
    y_scale: Scale = scale("log", "Error axes")
    view: View = choice(
        "eigenvalues",
        {"of Z": "eigenvalues", "of W": "singular values"},
        "Spectrum",
        meanings=("Eigenvalues of Z = WWᵀ", "Singular values of W: their square roots"),
    )
    theme: ThemeName = "light"

    @property
    def setting(self) -> Setting:
        """The setting."""
        return setting_of(self)

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
