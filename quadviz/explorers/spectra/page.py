"""The explorer of spectra: the noisy teacher's law, where it is cut, and the spectrum that is left."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.fields import choice, slider, teacher
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.presets import Preset
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit, trained
from quadviz.explorers.kit.shown import Work
from quadviz.explorers.kit.teacher.width import setting_of, width_of
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
from quadviz.law.spelling import teacher_of
from quadviz.law.teachers import WISHART
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.scenes.common.marks import NetworkSpectrum
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.spectra import Spectra, View, network_spectrum, run_alphas, spectra
from quadviz.tables.code import Code
from quadviz.tables.spectra import learned_code, learned_table, noisy_code, noisy_table
from quadviz.tables.text import eigenvalue_table
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.spectrum import SpectrumRequest, SpectrumRun, run_spectrum

__all__ = ["PRESETS", "SpectraExplorer", "State", "show", "still"]


_log = logging.getLogger(__name__)

_SETTING = ("kappa", "delta", "lam", "lam2", "teacher")
#: A film of a teacher of more levels than these would take too long.
_FILMED = 60


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        teacher: the law of the teacher's eigenvalues, as a text.
        lam2: Frobenius decay.
        view: what is counted on the right.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them.
    """

    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    teacher: str = teacher(PARAMETERS["kappa_star"].group)
    alpha: float = slider("alpha", group="")
    delta: float = slider("delta")
    lam: float = slider("lam")
    lam2: float = slider("lam2", table=EXTENSIONS, label="Frobenius")
    view: View = choice(
        "eigenvalues",
        ("eigenvalues", "singular values"),
        "On the right",
        meanings=(
            "On the right, the eigenvalues of Z = WWᵀ",
            "On the right, the singular values of W: their square roots",
        ),
        named=False,
        look="qv-view",
    )
    sim_d: int = choice(
        100, (50, 100, 150), "d", group="", meanings="Input dimension of the networks", form="list"
    )
    sim_networks: int = choice(3, (1, 3, 10), "networks", group="", meanings="How many networks", form="list")
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
        film: the button that plays a run.
    """

    name = "spectra"
    question = "What does a trained network keep of its teacher's spectrum, and what does it cut off?"
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-spectra"
    works = (
        Work(
            "networks",
            lambda page: page.request(),
            run_spectrum,
            "Train networks at this setting and count the eigenvalues of Z",
            lambda run: eigenvalue_table(run.networks),
            "quadviz_eigenvalues.csv",
            ("sim_d", "sim_networks"),
        ),
    )

    def prepare(self) -> None:
        """Ranges of the panels, and what a run needs."""
        self._stopped_at = math.nan
        # The ranges of the last run, and what it was a run at.
        self._run_frame: tuple[object, Frame] | None = None
        self._alphas = np.empty(0)
        self._frame = spectra_frame(self.scene())
        self.film = Film(self._arrive, "α from small to large", parameter="alpha", make=self._reel)
        self.key, self.directions = widgets.HTML(), widgets.HTML()
        self.key.add_class("qv-key")
        self.directions.add_class("qv-directions")

    def make_figures(self) -> dict[str, LiveFigure]:
        """The law of Y, and what is left of it."""
        noisy, learned = spectra_figures(self.scene(), self._frame)
        return {"noisy_teacher": LiveFigure(noisy), "learned_spectrum": LiveFigure(learned)}

    def main(self) -> Sequence[widgets.Widget]:
        """The panels, the film with the slider that it moves, the networks, and the directions learned."""
        panels = widgets.Box([*self.figures.values()])
        transport = widgets.Box([self.film, self.controls["alpha"]])
        panels.add_class("qv-panels")
        transport.add_class("qv-transport")
        return [panels, self.key, transport, self.bar.widget, self.directions]

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The two panels."""
        sliders = ("alpha", "lam", "lam2", "delta", "kappa", "kappa_star")
        return (
            Exhibit(
                "noisy_teacher",
                "spectrum of the noisy teacher, and where it is cut",
                self.figures["noisy_teacher"],
                lambda: self._still()[0],
                lambda: noisy_table(self.scene()),
                lambda: noisy_code(self.scene().law),
                sliders,
                key="Strong blue: what is kept; pale: what is cut off; grey: the teacher Z*.",
                slide=lambda: self._slide()[0],
            ),
            Exhibit(
                "learned_spectrum",
                "spectrum of what is learned",
                self.figures["learned_spectrum"],
                lambda: self._still()[1],
                lambda: learned_table(self.scene(), self.run),
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
        scene = self.scene()
        return spectra_figures(scene, spectra_frame(scene), self.state.theme)

    def _slide(self) -> tuple[Drawing, Drawing]:
        """The figures in the ranges that the page shows, as far as they fit: those of many do not jump."""
        scene = self.scene()
        return spectra_figures(scene, spectra_frame(scene, self._frame), self.state.theme)

    def _learned_code(self) -> Code:
        law = self.scene().law
        return learned_code(law, self.state.view, self.run if self.bar.stands else None)

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out; a run that is under way stops."""
        scene = self.scene()
        # The ranges of a run stay until something else than alpha changes.
        if self._run_frame is not None and self._run_frame[0] != self._run_key():
            self._run_frame = None
        self._frame = self._run_frame[1] if self._run_frame else spectra_frame(scene, self._frame)
        self._show(scene)
        self.key.value = _key(scene.law.state)
        self.directions.value = directions_html(scene.law)
        self.tell(scene)
        self.film.halt()

    def cards(self, scene: Spectra) -> tuple[str, Sequence[Card]]:
        """The law's numbers."""
        return at_alpha(self.state.alpha), spectra_cards(scene.law, float(scene.omega[0]))

    def prose(self, scene: Spectra) -> Sequence[Paragraph]:
        """The law, the cut, and the networks."""
        paragraphs = spectra_prose(scene.law)
        if self.run is not None:
            paragraphs += about_spectrum(self.run, scene.law, self._is_current(self.run))
        return paragraphs

    def _show(self, scene: Spectra) -> None:
        drawn = spectra_figures(scene, self._frame, self.state.theme)
        for live, figure in zip(self.figures.values(), drawn, strict=True):
            live.show(figure)

    def _setting(self) -> dict[str, Any]:
        s = setting_of(self.state)
        return {**{name: getattr(s, name) for name in _SETTING}, "kappa_star": s.given_width}

    def _run_key(self) -> object:
        """What a run does not change."""
        return self._setting(), self.state.view

    def scene(self) -> Spectra:
        """What there is to see."""
        networks = None if self.run is None else network_spectrum(self.run, self._is_current(self.run))
        return self._spectra(self.state.alpha, networks)

    def _spectra(self, alpha: float | FloatArray, networks: NetworkSpectrum | None = None) -> Spectra:
        return spectra(alpha, view=self.state.view, networks=networks, **self._setting())

    def _reel(self) -> Reel | None:
        """A film through alpha, the panels in ranges that hold it; None where it could not be computed."""
        with self._lock:
            if teacher_of(self.state.teacher).atoms(width_of(self.state)).size > _FILMED:
                self.page.complain(f"There is no film for more than {_FILMED} levels: move α by hand.")
                return None
            last = self._stopped_at if self.state.alpha == self._stopped_at else math.nan
            try:
                alphas = run_alphas(**self._setting())
                scene = self._spectra(alphas)
                noisy, learned, self._frame = spectra_film(scene, self._frame, self.state.theme)
                self._run_frame = self._run_key(), self._frame
                self._alphas = alphas
                # The networks are those of one setting only: they wait until the film has stopped.
                self._show(replace(self.scene(), networks=None))
            except Exception:  # noqa: BLE001 - as in a refresh: the viewer is told, the page goes on
                _log.debug("no run at %s", self.state, exc_info=True)
                self.page.complain(self.complaint)
                return None
            track = self.controls["alpha"].track
            return Reel(
                texts=[f"{alpha:.6g}" for alpha in alphas],
                figures=dict(zip(self.figures.values(), (noisy, learned), strict=True)),
                moment=int(np.flatnonzero(alphas == last)[0]) if last in alphas[:-1] else 0,
                positions=[track.position(alpha) for alpha in alphas.tolist()],
                regions=film_regions(scene, alphas),
            )

    def _arrive(self, moment: int) -> None:
        """Go to where a film stopped."""
        self._stopped_at = float(self._alphas[moment])
        with self.one_refresh():
            self.change(alpha=self._stopped_at)

    def request(self) -> SpectrumRequest:
        """The networks to train at the setting now."""
        return SpectrumRequest(setting_of(self.state), self.state.sim_d, self.state.sim_networks)

    def _is_current(self, run: SpectrumRun) -> bool:
        """Whether networks were trained at the setting now."""
        return run.request.setting == self.request().setting


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    SpectraExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = SpectraExplorer.still


def _key(state: SteadyState) -> str:
    """What the colours and lines mean."""
    area = '<svg width="22" height="12" aria-hidden="true"><rect width="22" height="12" class="{}"/></svg>'
    line = '<svg width="30" height="8" aria-hidden="true"><line x1="1" x2="29" y1="4" y2="4" {}/></svg>'
    star = float(np.ravel(state.kappa_star)[0]) if state.teacher.sized_by_width else None
    atom, levels = 1 - state.teacher.rank_fraction(star), state.teacher != WISHART
    ticks = ", its levels as ticks" if levels else ""
    items = (
        (area.format("qv-kept"), "kept"),
        (area.format("qv-discarded"), "cut off"),
        (area.format("qv-teacher"), f"the teacher Z*{ticks}: {percent(atom)} of its eigenvalues are 0"),
        (line.format(f'stroke-dasharray="{DASH}"'), "rank-limited: steady-state assumption"),
    )
    return f"<p>{''.join(f'<span>{sample}{meaning}</span>' for sample, meaning in items)}</p>"
