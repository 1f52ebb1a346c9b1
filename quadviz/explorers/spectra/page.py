"""The explorer of spectra: the noisy teacher's law, where it is cut, and the spectrum that is left."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Page, cards_html, choice, prose_html, unlabelled
from quadviz.explorers.kit.presets import Preset, with_preset
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit, trained
from quadviz.explorers.kit.widgets.work_bar import SimulationBar, number_choice
from quadviz.explorers.live import Film, LiveFigure, Reel
from quadviz.explorers.spectra.networks import about_spectrum
from quadviz.explorers.spectra.words import (
    at_alpha,
    directions_html,
    film_regions,
    spectra_cards,
    spectra_prose,
)
from quadviz.figures.marks.drawing import Drawing
from quadviz.figures.marks.moments import percent
from quadviz.figures.marks.ranges import Frame
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.figures.spectra import MARGIN, spectra_figures, spectra_film, spectra_frame
from quadviz.law.teacher_law import TeacherLaw
from quadviz.parameters import PARAMETERS
from quadviz.scenes.marks import NetworkSpectrum
from quadviz.scenes.spectra import Spectra, View, network_spectrum, run_alphas, spectra
from quadviz.setting import Setting
from quadviz.tables.code import Code
from quadviz.tables.spectra import learned_code, learned_table, noisy_code, noisy_table
from quadviz.tables.text import eigenvalue_table
from quadviz.work.spectrum import SpectrumRequest, SpectrumRun, run_spectrum

__all__ = ["PRESETS", "SpectraExplorer", "State", "show", "still"]


_log = logging.getLogger(__name__)

#: Choices of the size and number of networks to train.
_SIM_D = (50, 100, 150)
_SIM_NETWORKS = (1, 3, 10)
_SETTING = ("kappa", "kappa_star", "delta", "lam")


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        alpha: sample ratio.
        delta: label noise.
        lam: weight decay.
        view: what is counted on the right.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them.
        preset: which of :data:`PRESETS` this is, or None; it follows from the other fields.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    alpha: float = PARAMETERS["alpha"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    view: View = "eigenvalues"
    sim_d: int = 100
    sim_networks: int = 3
    preset: str | None = None
    theme: ThemeName = "light"


#: By the name on its button.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "Recovery": Preset(
            "Noiseless labels, λ → 0+: press Play to see the noise shrink, part from the signal and vanish.",
            MappingProxyType({"kappa": 0.5, "kappa_star": 0.3, "alpha": 0.25, "delta": 0.0, "lam": 0.0}),
        ),
        "Width": Preset(
            "A student narrower than its teacher: the width cuts into the signal and leaves a gap above 0.",
            MappingProxyType({"kappa": 0.2, "kappa_star": 0.3, "alpha": 0.5, "delta": 0.5, "lam": 0.01}),
        ),
        "Shrinkage": Preset(
            "Strong weight decay: the cut lies in the gap, so that only the teacher's directions are left.",
            MappingProxyType({"kappa": 0.7, "kappa_star": 0.3, "alpha": 1.0, "delta": 0.1, "lam": 0.4}),
        ),
    }
)


class SpectraExplorer(Explorer[State]):
    """The page: sliders for the setting, two panels, and a run through alpha.

    Attributes:
        noisy: the figure of the law of Y.
        learned: the figure of what is left of it.
        film: the button that plays a run.
        bar: trains networks at the setting.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*_SETTING, "alpha"))
        self._stopped_at = math.nan
        self.bar = SimulationBar(
            self._request,
            run_spectrum,
            lambda run: eigenvalue_table(run.networks),
            self.refresh,
            "quadviz_eigenvalues.csv",
            "Train networks at this setting and count the eigenvalues of Z",
            [
                self.bind("sim_d", number_choice("d", _SIM_D, "Input dimension of the networks")),
                self.bind("sim_networks", number_choice("networks", _SIM_NETWORKS, "How many networks")),
            ],
        )
        # The ranges of the last run, and what it was a run at.
        self._run_frame: tuple[object, Frame] | None = None
        self._alphas = np.empty(0)
        scene = self._scene()
        self._frame = spectra_frame(scene)
        noisy, learned = spectra_figures(scene, self._frame)
        self.noisy, self.learned = LiveFigure(noisy), LiveFigure(learned)
        self.film = Film(self._arrive, "α from small to large", parameter="alpha", make=self._reel)
        self.presets = self.bind(
            "preset", unlabelled(choice("Start from", [(name, name) for name in PRESETS]))
        )
        self.presets.tooltips = [preset.meaning for preset in PRESETS.values()]
        self.presets.add_class("qv-presets")
        views = [("eigenvalues", "eigenvalues"), ("singular values", "singular values")]
        self.view = self.bind("view", unlabelled(choice("On the right", views)))
        self.view.add_class("qv-view")
        self.view.tooltips = [
            "On the right, the eigenvalues of Z = WWᵀ",
            "On the right, the singular values of W: their square roots",
        ]
        self.key, self.directions = widgets.HTML(), widgets.HTML()
        self.key.add_class("qv-key")
        self.directions.add_class("qv-directions")
        panels, transport = (
            widgets.Box([self.noisy, self.learned]),
            widgets.Box([self.film, self.controls["alpha"]]),
        )
        panels.add_class("qv-panels")
        transport.add_class("qv-transport")
        self.page = Page(
            "spectra",
            "What does a trained network keep of its teacher's spectrum, and what does it cut off?",
            [("Start from", [self.presets]), *self.groups(_SETTING)],
            [self.view, self.reset_button()],
            [panels, self.key, transport, self.bar.widget, self.directions, self.theme],
            margin=MARGIN,
        )
        self.page.widget.add_class("qv-spectra")
        self.start()

    @property
    def run(self) -> SpectrumRun | None:
        """The networks trained last."""
        return self.bar.result

    @property
    def bars(self) -> Mapping[str, SimulationBar[Any, Any]]:
        """The one that trains networks."""
        return {"networks": self.bar}

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The two panels."""
        sliders = ("alpha", "lam", "delta", "kappa", "kappa_star")
        return (
            Exhibit(
                "noisy_teacher",
                "spectrum of the noisy teacher, and where it is cut",
                self.noisy,
                lambda: self._still()[0],
                lambda: noisy_table(self._scene()),
                lambda: noisy_code(self._scene().law),
                sliders,
                key="Strong blue: what is kept; pale: what is cut off; grey: the teacher Z*.",
                slide=lambda: self._slide()[0],
            ),
            Exhibit(
                "learned_spectrum",
                "spectrum of what is learned",
                self.learned,
                lambda: self._still()[1],
                lambda: learned_table(self._scene(), self.run),
                self._learned_code,
                sliders,
                ("networks",),
                f"Blue: what is learned; grey: the teacher Z*; steps: trained networks. {DASHED}."
                + trained(self.run),
                slide=lambda: self._slide()[1],
            ),
        )

    def _still(self) -> tuple[Drawing, Drawing]:
        """The figures in ranges of their own."""
        scene = self._scene()
        return spectra_figures(scene, spectra_frame(scene), self.state.theme)

    def _slide(self) -> tuple[Drawing, Drawing]:
        """The figures in the ranges that the page shows, as far as they fit: those of many do not jump."""
        scene = self._scene()
        return spectra_figures(scene, spectra_frame(scene, self._frame), self.state.theme)

    def _learned_code(self) -> Code:
        law = self._scene().law
        return learned_code(law, self.state.view, self.run if self.bar.stands else None)

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A preset brings its parameters, and is one only as long as none of them is changed."""
        return with_preset(state, PRESETS, chosen="preset" in changed)

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out; a run that is under way stops."""
        scene = self._scene()
        # The ranges of a run stay until something else than alpha changes.
        if self._run_frame is not None and self._run_frame[0] != self._run_key():
            self._run_frame = None
        self._frame = self._run_frame[1] if self._run_frame else spectra_frame(scene, self._frame)
        self._show(scene)
        omega = float(scene.omega[0])
        self.key.value = _key(self.state.kappa_star)
        self.directions.value = directions_html(scene.law)
        self.page.readout.value = cards_html(at_alpha(self.state.alpha), spectra_cards(scene.law, omega))
        paragraphs = spectra_prose(scene.law)
        if self.run is not None:
            paragraphs += about_spectrum(self.run, scene.law, self._is_current(self.run))
        self.page.prose.value = prose_html(paragraphs)
        self.film.halt()

    def _show(self, scene: Spectra) -> None:
        for live, figure in zip(
            (self.noisy, self.learned), spectra_figures(scene, self._frame, self.state.theme), strict=True
        ):
            live.show(figure)

    def _setting(self) -> dict[str, float]:
        return {name: getattr(self.state, name) for name in _SETTING}

    def _run_key(self) -> object:
        """What a run does not change."""
        return self._setting(), self.state.view

    def _scene(self) -> Spectra:
        """What there is to see."""
        networks = None if self.run is None else network_spectrum(self.run, self._is_current(self.run))
        return self._spectra(self.state.alpha, networks)

    def _spectra(self, alpha: float | FloatArray, networks: NetworkSpectrum | None = None) -> Spectra:
        s = self.state
        return spectra(alpha, s.kappa, s.kappa_star, s.lam, s.delta, s.view, networks)

    def _reel(self) -> Reel | None:
        """A film through alpha, the panels in ranges that hold it; None where it could not be computed."""
        with self._lock:
            last = self._stopped_at if self.state.alpha == self._stopped_at else math.nan
            try:
                alphas = run_alphas(**self._setting())
                scene = self._spectra(alphas)
                noisy, learned, self._frame = spectra_film(scene, self._frame, self.state.theme)
                self._run_frame = self._run_key(), self._frame
                self._alphas = alphas
                # The networks are those of one setting only: they wait until the film has stopped.
                self._show(replace(self._scene(), networks=None))
            except Exception:  # noqa: BLE001 - as in a refresh: the viewer is told, the page goes on
                _log.debug("no run at %s", self.state, exc_info=True)
                self.page.complain(self.complaint)
                return None
            track = self.controls["alpha"].track
            return Reel(
                texts=[f"{alpha:.6g}" for alpha in alphas],
                figures={self.noisy: noisy, self.learned: learned},
                moment=int(np.flatnonzero(alphas == last)[0]) if last in alphas[:-1] else 0,
                positions=[track.position(alpha) for alpha in alphas.tolist()],
                regions=film_regions(scene, alphas),
            )

    def _arrive(self, moment: int) -> None:
        """Go to where a film stopped."""
        self._stopped_at = float(self._alphas[moment])
        with self.one_refresh():
            self.change(alpha=self._stopped_at)

    def _request(self) -> SpectrumRequest:
        """The networks to train at the setting now."""
        setting = Setting(alpha=self.state.alpha, **self._setting())
        return SpectrumRequest(setting, self.state.sim_d, self.state.sim_networks)

    def _is_current(self, run: SpectrumRun) -> bool:
        """Whether networks were trained at the setting now."""
        return run.request.setting == self._request().setting


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    SpectraExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = SpectraExplorer.still


def _key(kappa_star: float) -> str:
    """What the colours and lines mean."""
    area = '<svg width="22" height="12" aria-hidden="true"><rect width="22" height="12" class="{}"/></svg>'
    line = '<svg width="30" height="8" aria-hidden="true"><line x1="1" x2="29" y1="4" y2="4" {}/></svg>'
    atom = float(TeacherLaw(kappa_star).atom_at_zero)
    items = (
        (area.format("qv-kept"), "kept"),
        (area.format("qv-discarded"), "cut off"),
        (area.format("qv-teacher"), f"the teacher Z*: {percent(atom)} of its eigenvalues are 0"),
        (line.format(f'stroke-dasharray="{DASH}"'), "rank-limited: steady-state assumption"),
    )
    return f"<p>{''.join(f'<span>{sample}{meaning}</span>' for sample, meaning in items)}</p>"
