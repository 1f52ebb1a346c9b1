"""The explorer of dynamics: the whole course of training, and the spectrum of what is learned on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets as widgets
import numpy as np

from quadviz.explorers.dynamics.key import dynamics_key
from quadviz.explorers.dynamics.state import (
    COURSE_KEY,
    DOUBT_KEY,
    SOURCES,
    SPECTRUM_KEY,
    Source,
    State,
)
from quadviz.explorers.dynamics.table import dynamics_table, moment_table, spectrum_code, told_table
from quadviz.explorers.dynamics.words import (
    Told,
    best_moment,
    dynamics_cards,
    dynamics_prose,
    grey,
)
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.own_data.words import in_the_key, samples
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import Exhibit, TimeSlider, trained
from quadviz.explorers.kit.time_slider import course_slider, spectrum_slider
from quadviz.explorers.kit.widgets.download import Download
from quadviz.explorers.kit.widgets.work_bar import WorkBar
from quadviz.explorers.live import Film, LiveFigure, Reel
from quadviz.figures.dynamics import DMFT_HUE, dynamics_figure, dynamics_film, fitted_dynamics
from quadviz.figures.evolving_spectrum import (
    Moments,
    evolving_spectrum_figure,
    evolving_spectrum_film,
    moments_of,
)
from quadviz.figures.marks.drawing import Drawing, Held, axis_name
from quadviz.figures.marks.theme import THEMES
from quadviz.figures.training import MARGIN, PANELS
from quadviz.files.series import Experiment
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.common.own_data import Along, own_points
from quadviz.scenes.common.wording import Paragraph, time_text
from quadviz.scenes.dynamics import Dynamics, march_course, population, population_course
from quadviz.scenes.evolving_spectrum import (
    EvolvingSpectrum,
    Frames,
    march_frames,
    network_frames,
    population_frames,
)
from quadviz.scenes.training import FIELDS, Training, networks_seen
from quadviz.tables.code import Code
from quadviz.tables.course import course_code, march_code, stored_code
from quadviz.tables.text import Table
from quadviz.theory.best.early_stopping import matching_decay
from quadviz.theory.flow.population import PopulationFlow
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.work.march import MarchRequest, MarchRun, run_march
from quadviz.work.stored import stored_march
from quadviz.work.training import LabRun, Request, run_networks

__all__ = ["DynamicsExplorer", "Source", "State", "show", "still"]

_STORED = "a stored solution is shown; press ▶ March DMFT to solve it anew"
_EMPTY = {
    "population": "",
    "dmft": "press ▶ March DMFT to see its eigenvalues",
    "networks": "press ▶ Simulate to see their eigenvalues",
}

#: A reader's own times stretch the axis to here.
_LONGEST = 10 * SIMULATION_PARAMETERS["end"].high


class DynamicsExplorer(Explorer[State]):
    """The page: sliders, errors against time, the spectrum of Z at a time, and a film of it.

    Attributes:
        film: plays the spectrum.
        download: saves all that is shown.
    """

    name = "dynamics"
    question = "What happens on the way, and when should one stop?"
    opens, margin, look = State, MARGIN, "qv-dynamics"
    later = frozenset({SIMULATION_PARAMETERS["d"].group})
    experiment, uprights = Experiment("time", FIELDS), [axis_name(axis) for axis, _, _ in PANELS]

    def prepare(self) -> None:
        """What was seen to have begun, whether the film follows what comes in, and widgets of its own."""
        self._begun: dict[Source, object] = {}
        self._following = False
        self._moments = moments_of(self._spectrum(self._frames(), self._law()))
        self.film = Film(self._arrive, "Time of the spectrum, from the start of training to its end")
        self.download = Download(self._saved, "quadviz_dynamics.csv", "Save all curves and histograms as CSV")
        self.download.ready = True
        self.key = widgets.HTML()
        self.key.add_class("qv-key")

    def make_figures(self) -> dict[str, LiveFigure]:
        """The errors against time, and the spectrum."""
        course = self._course_figure(self._dynamics(self.scene(), self._frames()))
        spectrum = self._spectrum_figure(self._moments, self._empty)
        return {"dynamics": LiveFigure(course), "dynamics_spectrum": LiveFigure(spectrum)}

    def main(self) -> Sequence[widgets.Widget]:
        """The panels, the film of the spectrum, rows that start work, the reader's data, and a key."""
        panels = widgets.Box([*self.figures.values()])
        transport = widgets.Box([self.film, self.fields["source"]])
        panels.add_class("qv-panels")
        transport.add_class("qv-film-row")
        second = widgets.Box([self.bar.widget, self.download])
        second.add_class("qv-bar-row")
        bars = widgets.Box([self.bars["dmft"].widget, second, *self.own_rows()])
        bars.add_class("qv-bars")
        return [panels, transport, bars, self.key]

    def make_bars(self) -> dict[str, WorkBar[Any, Any]]:
        """The two rows that work is started from; one piece of work at a time."""

        def busy_with(other: str) -> str:
            return f"{other} is running: wait for its end, or cancel it first"

        networks: WorkBar[Request, LabRun] = WorkBar(
            lambda: self.state.request,
            run_networks,
            None,
            lambda: self._came("networks", networks.result),
            "",
            "Train networks at this setting",
            busy=lambda: busy_with("the DMFT") if dmft.job.running else None,
        )
        dmft: WorkBar[MarchRequest, MarchRun] = WorkBar(
            lambda: self.state.march_request,
            run_march,
            None,
            lambda: self._came("dmft", dmft.result),
            "",
            "Solve the equations of dynamical mean-field theory at this setting",
            [self.fields["quality"]],
            start="▶ March DMFT",
            busy=lambda: busy_with("the simulation") if networks.job.running else None,
            verdict=lambda run: run.doubt,
        )
        return {"networks": networks, "dmft": dmft}

    @property
    def march(self) -> MarchRun | None:
        """The mean-field solution found last; before any, the stored one where it is of the setting shown."""
        solved: MarchRun | None = self.bars["dmft"].result
        stored = stored_march()
        if solved is None and stored.request.setting == self.state.setting:
            return stored
        return solved

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The course of training, and the spectrum."""
        sliders = ("alpha", "lam", "lam2", "delta", "kappa", "kappa_star", "gamma")
        return (
            Exhibit(
                "dynamics",
                "errors during training",
                self.figures["dynamics"],
                lambda: self._course_figure(self._course_now()),
                lambda: told_table(self.scene(), self.measured),
                lambda: course_code(self.state.setting, *self._standing(), end=self.state.end),
                sliders,
                ("networks", "dmft"),
                COURSE_KEY
                + (DOUBT_KEY if self._doubtful else "")
                + trained(self.run)
                + in_the_key(self.measured),
                time_slider=self._course_slider,
                own=True,
            ),
            Exhibit(
                "dynamics_spectrum",
                "spectrum on the way of training",
                self.figures["dynamics_spectrum"],
                lambda: self._spectrum_figure(moments_of(self._spectrum_now())),
                lambda: moment_table(self._spectrum_now(), self.scene(), self.state.source),
                self._spectrum_code,
                sliders,
                () if self.state.source == "population" else (self.state.source,),
                SPECTRUM_KEY + (trained(self.run) if self.state.source == "networks" else ""),
                time_slider=self._spectrum_slider,
            ),
        )

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        law, frames = self._law(), self._frames()
        told = self._told(law)
        scene = self._dynamics(told, frames)
        self.figure.show(self._course_figure(scene, self.figure.held))
        self._moments = moments_of(self._spectrum(frames, law), self._moments)
        self.figures["dynamics_spectrum"].show(self._spectrum_figure(self._moments, self._empty))
        self.film.load(self._film_of(scene))
        hues = (THEMES[theme].single for theme in ("light", "dark"))
        own = samples(self.measured, scene.own, *hues)
        self.key.value = dynamics_key(told.networks_current, told.march_current, self._doubtful, own)
        self.bars["dmft"].hint(_STORED if told.march is not None and told.march.stored else "")
        self.tell(told)

    def cards(self, scene: Told) -> tuple[str, Sequence[Card]]:
        """The ends, and when to stop."""
        caption, old = "Training and when to stop it", grey(scene)
        return f"{caption}; grey: {'; '.join(old)}" if old else caption, dynamics_cards(scene)

    def prose(self, scene: Told) -> Sequence[Paragraph]:
        """What happens on the way."""
        return dynamics_prose(scene)

    def _came(self, source: Source, result: LabRun | MarchRun | None) -> None:
        """More of a result: its spectrum is shown, and goes along with it until someone moves the time."""
        request = None if result is None else result.request
        with self._lock:
            state = self.state
            if self._begun.get(source) is not request:
                self._begun[source], self._following = request, True
                state = replace(state, source=source)
            if self._following and state.source == source:
                frames = self._frames(source)
                state = replace(state, moment=0 if frames is None else frames.times.size - 1)
            self.state = state
            self.show_state()
            self.refresh()

    def _arrive(self, moment: int) -> None:
        """Go to where the film came to rest."""
        self._following = False
        self.change(moment=moment)

    def _law(self) -> LearnedSpectrum:
        s = self.state.setting
        at = np.array([[s.alpha]])
        return learned_spectrum(at, s.kappa, s.given_width, s.lam, s.delta, s.lam2, teacher=s.teacher)

    def _current(self) -> tuple[bool, bool]:
        """Whether the networks and the mean-field solution are of the setting shown."""
        networks, march = self.run, self.march
        now = self.state.request
        same = networks is None or (networks.request.setting, networks.request.d) == (now.setting, now.d)
        return same, march is None or march.request.setting == now.setting

    @property
    def _doubtful(self) -> bool:
        return self.march is not None and self.march.doubtful

    def _flow(self) -> PopulationFlow:
        return population(self.state.setting, self.state.end, self.memo)

    def _frames(self, source: Source | None = None) -> Frames | None:
        """The moments of the source chosen, or of another one."""
        same, march_same = self._current()
        match source or self.state.source:
            case "population":
                return population_frames(self._flow())
            case "dmft":
                return None if self.march is None else march_frames(self.march, march_same)
            case _:
                return None if self.run is None else network_frames(self.run, same)

    def scene(self) -> Told:
        """What there is to tell."""
        return self._told(self._law())

    def _told(self, law: LearnedSpectrum) -> Told:
        """All that is read out."""
        s, (same, march_same) = self.state.setting, self._current()
        stop = best_moment(self.run, same, self.march, march_same)
        match = None
        if stop is not None and stop.mse > 0:
            match = matching_decay(stop.mse, s.alpha, s.kappa, s.given_width, s.delta, teacher=s.teacher)
        theory, flow = law.state[0, 0], self._flow()
        return Told(s, self.run, same, self.march, march_same, theory, flow, stop, match)

    def _moment(self, frames: Frames | None) -> int:
        """The number of the moment shown: the last one there is where the state's lies beyond."""
        return 0 if frames is None else min(self.state.moment, frames.times.size - 1)

    def _dynamics(self, told: Told, frames: Frames | None) -> Dynamics:
        """What there is to see against time."""
        run, march, stop = told.networks, told.march, told.stop
        networks = None if run is None else networks_seen(run, told.networks_current)
        ends = [each.request.end for each in (run, march) if each is not None]
        if self.measured is not None:
            ends.append(min(self.measured.last, _LONGEST))
        end = max([self.state.end, *ends])
        return Dynamics(
            training=Training(told.theory, end, networks),
            population=population_course(told.flow, self.state.delta),
            dmft=None if march is None else march_course(march, told.march_current),
            now=None if frames is None else float(frames.times[self._moment(frames)]),
            stop=stop if stop is not None and stop.pays else None,
            own=own_points(self.measured, self.own_curves()[0]),
        )

    def own_curves(self) -> tuple[Sequence[Along], int]:
        """The setting shown."""
        return [{name: getattr(self.state, name) for name in (*PARAMETERS, "lam2", "teacher")}], 0

    def _spectrum(self, frames: Frames | None, law: LearnedSpectrum) -> EvolvingSpectrum:
        """What there is to see of the spectrum."""
        s = self.state
        return EvolvingSpectrum(frames, self._moment(frames), law, s.kappa, s.gamma, s.view)

    def _course_now(self) -> Dynamics:
        return self._dynamics(self.scene(), self._frames())

    def _spectrum_now(self) -> EvolvingSpectrum:
        return self._spectrum(self._frames(), self._law())

    def _course_figure(self, scene: Dynamics, held: Held | None = None) -> Drawing:
        return dynamics_figure(scene, self.state.theme, self.state.y_scale, held)

    def _spectrum_figure(self, moments: Moments, empty: str = "", moment: int | None = None) -> Drawing:
        return evolving_spectrum_figure(moments, self.state.theme, self._hue, empty, moment)

    @property
    def _hue(self) -> str | None:
        """The colour of the histogram, where it is not the usual one."""
        return DMFT_HUE if self.state.source == "dmft" else None

    @property
    def _empty(self) -> str:
        """How to get moments where there are none."""
        return _EMPTY[self.state.source]

    def _film_of(self, scene: Dynamics) -> Reel:
        """All moments of what is drawn."""
        frames, theme = self._moments.scene.frames, self.state.theme
        if frames is None:
            return Reel()
        return Reel(
            texts=[time_text(time) for time in frames.times.tolist()],
            figures={
                self.figures["dynamics"]: dynamics_film(scene, frames.times, theme),
                self.figures["dynamics_spectrum"]: evolving_spectrum_film(self._moments, theme, self._hue),
            },
            moment=self._moments.scene.moment,
        )

    def _course_slider(self) -> TimeSlider:
        """The course as it grows, on the axes of all of it."""
        scene, s = self._course_now(), self.state
        draw = partial(dynamics_figure, theme=s.theme, y_scale=s.y_scale, holds=fitted_dynamics(scene))
        return course_slider(scene.times, lambda time: draw(scene.until(time)))

    def _spectrum_slider(self) -> TimeSlider | None:
        """The spectrum at all its moments."""
        moments = moments_of(self._spectrum_now())
        frames = moments.scene.frames
        if frames is None:
            return None
        draw = partial(self._spectrum_figure, moments, "")
        return spectrum_slider(frames.times, moments.scene.moment, draw)

    def _spectrum_code(self) -> Code:
        s = self.state
        return spectrum_code(self._spectrum_now(), s.setting, s.source, *self._standing(), s.end)

    def _standing(self) -> tuple[Request | None, Code | None]:
        """The networks, and the statements for the mean-field theory, that would come out the same now."""
        run, march = self.run, self.march
        solved = None
        if march is not None and (march.stored or self.bars["dmft"].stands):
            solved = (stored_code if march.stored else march_code)(march.request)
        return run.request if run is not None and self.bar.stands else None, solved

    def _saved(self) -> Table:
        """All that is shown, as a table."""
        with self._lock:
            source = SOURCES[self.state.source]
            return dynamics_table(self.scene(), self._moments, source, self.measured)


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    DynamicsExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = DynamicsExplorer.still
