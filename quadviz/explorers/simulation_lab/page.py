"""The simulation lab: networks of finite size trained before one's eyes, next to the theory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.fields import choice, scale, slider, teacher
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import DASHED, TimeSlider, trained
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.explorers.kit.teacher.width import setting_of
from quadviz.explorers.kit.time_slider import course_slider
from quadviz.explorers.simulation_lab.words import described, lab_cards, lab_prose
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.figures.training import MARGIN, fitted, training_figure
from quadviz.parameters import EXTENSIONS, PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.training import Training, networks_seen
from quadviz.setting import Inputs, Setting
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.tables.course import course_code, course_table, network_rows, theory_row
from quadviz.tables.text import Table, training_table
from quadviz.theory.steady.steady_state import steady_state_of
from quadviz.work.stored import stored_networks
from quadviz.work.training import LabRun, Request, run_networks

__all__ = ["SimulationLab", "State", "show", "still"]

_MADE_OF = "Made of"
_STORED = "stored networks are shown; press ▶ Simulate to train them anew"


def _named(*names: str) -> dict[str, str]:
    """Choices that are called by their names."""
    return {name: name.lower() for name in names}


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for the networks trained.

    Attributes:
        end: time to train until.
        d: input dimension.
        seeds: number of networks.
        first_seed: seed of the first one.
        inputs: kind of samples.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights, where they are not given by its law.
        teacher: the law of the teacher's eigenvalues, as a text.
        lam2: Frobenius decay.
    """

    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    teacher: str = teacher(PARAMETERS["kappa_star"].group)
    alpha: float = slider("alpha")
    delta: float = slider("delta")
    lam: float = slider("lam", table=SIMULATION_PARAMETERS)
    lam2: float = slider("lam2", table=EXTENSIONS, label="Frobenius")
    gamma: float = slider("gamma")
    end: float = slider("end", table=SIMULATION_PARAMETERS)
    d: float = slider("d", table=SIMULATION_PARAMETERS)
    seeds: float = slider("seeds", table=SIMULATION_PARAMETERS)
    first_seed: float = slider("first_seed", table=SIMULATION_PARAMETERS)
    inputs: Inputs = choice(
        "network", {"network": "network", "GOE matrices": "gaussian"}, "Inputs", group=_MADE_OF, form="list"
    )
    label_noise: LabelNoise = choice(
        "gaussian",
        _named("Gaussian", "Student", "Rademacher", "Laplace"),
        "Noise",
        group=_MADE_OF,
        form="list",
    )
    weights: TeacherWeights = choice(
        "gaussian",
        _named("Gaussian", "Orthogonal", "Rademacher"),
        "Weights",
        group=_MADE_OF,
        form="list",
        meanings="Distribution of the weights of a Wishart teacher",
    )
    y_scale: Scale = scale("log", "Error axes")
    theme: ThemeName = "light"

    @property
    def setting(self) -> Setting:
        """The setting of the networks."""
        return setting_of(self)

    @property
    def request(self) -> Request:
        """The networks to train."""
        first = int(self.first_seed)
        return Request(
            setting=self.setting,
            d=int(self.d),
            seeds=tuple(range(first, first + int(self.seeds))),
            end=self.end,
            inputs=self.inputs,
            label_noise=self.label_noise,
            weights=self.weights,
        )


class SimulationLab(Explorer[State]):
    """The page: sliders for the setting and the networks, and two panels that fill while they learn."""

    name = "simulation_lab"
    question = "Does a real network of finite size do what the theory of infinitely large ones says?"
    opens, margin, look = State, MARGIN, "qv-lab"
    later = frozenset({SIMULATION_PARAMETERS["d"].group, _MADE_OF})
    shown = (
        Shown(
            "training",
            "errors of networks while they are trained",
            draw=lambda page, scene, held: page.figure_of(scene, held),
            table=lambda page, _scene: page.table(),
            code=lambda page, _scene: course_code(page.state.request.setting, page.trained_now()),
            sliders=("alpha", "lam", "lam2", "delta", "kappa", "kappa_star", "gamma"),
            key=lambda page: (
                f"Thin: one network; points: their mean and its standard error. {DASHED}.{trained(page.run)}"
            ),
            work=("networks",),
            time_slider=lambda page: page.time_slider(),
        ),
    )
    works = (
        Work(
            "networks",
            lambda page: page.state.request,
            run_networks,
            "Train networks at this setting",
            lambda run: training_table(run.networks),
            "quadviz_training.csv",
        ),
    )

    def prepare(self) -> None:
        """A place for what the lines mean, which depends on what there is."""
        self.key = widgets.HTML()
        self.key.add_class("qv-key")

    def main(self) -> Sequence[widgets.Widget]:
        """The button, the panels that it fills, and what their lines mean."""
        return [self.bar.widget, self.figure, self.key]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A law of the teacher's eigenvalues says what its weights are."""
        del changed
        return state if state.teacher == "wishart" else replace(state, weights="gaussian")

    @property
    def run(self) -> LabRun | None:
        """The networks trained last; before any, the stored ones where they are of the setting shown."""
        trained_here: LabRun | None = self.bar.result
        stored = stored_networks()
        return stored if trained_here is None and self._is_of(stored.request) else trained_here

    def table(self) -> Table:
        """The theory, and every network at every time."""
        theory = theory_row(self.state.request.setting, self.scene().theory)
        return course_table([theory, *network_rows(self.run)])

    def trained_now(self) -> Request | None:
        """What the networks shown were trained at, if it is what the controls say."""
        run = self.run
        if run is None or not (run.request == self.state.request if run.stored else self.bar.stands):
            return None
        return run.request

    def scene(self) -> Training:
        """What there is to see."""
        s, run = self.state, self.run
        return Training(
            theory=steady_state_of(s.setting),
            end=s.end if run is None else max(s.end, run.request.end),
            networks=None if run is None else networks_seen(run, self._is_current()),
        )

    def figure_of(self, scene: Training, held: Held | None) -> Drawing:
        """How it is drawn."""
        waiting = self.run is None and not self.bar.job.running
        return training_figure(scene, self.state.theme, self.state.y_scale, waiting, held)

    def time_slider(self) -> TimeSlider | None:
        """The networks as they learn, on the axes of all that they did."""
        scene = self.scene()
        if scene.networks is None:
            return None
        draw = partial(
            training_figure, theme=self.state.theme, y_scale=self.state.y_scale, holds=fitted(scene)
        )
        return course_slider(scene.networks.times, lambda time: draw(scene.until(time)))

    def cards(self, scene: Training) -> tuple[str, Sequence[Card]]:
        """Networks and theory, number by number."""
        caption, current = "Networks and theory", self._is_current()
        if self.run is not None and not current:
            caption = f"Theory of the controls; {described(self.run)}"
        return caption, lab_cards(self.run, scene.theory, current)

    def prose(self, scene: Training) -> Sequence[Paragraph]:
        """What was trained, and how it lies to the theory."""
        return lab_prose(self.run, scene.theory, self._is_current())

    def tell(self, scene: Training) -> None:
        """Fill the read-out, the prose and the key."""
        super().tell(scene)
        self.bar.hint(_STORED if self.run is not None and self.run.stored else "")
        self.key.value = _key(self._is_current())

    def _is_current(self) -> bool:
        """Whether the networks were trained at what the controls show, but for their number and time."""
        return self.run is None or self._is_of(self.run.request)

    def _is_of(self, was: Request) -> bool:
        """Whether networks of a request are what the controls show, but for their number and time."""
        now = self.state.request
        return (was.setting, was.d, was.recipe) == (now.setting, now.d, now.recipe)


def show(**state: Any) -> None:
    """Put the lab on the page, below the cell that calls this; fields of its state may be set."""
    SimulationLab().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = SimulationLab.still


def _key(current: bool) -> str:
    """What the lines and points mean."""
    svg = '<svg width="30" height="10" aria-hidden="true">{}</svg>'
    line = svg.format('<line x1="2" x2="28" y1="5" y2="5" {}/>')
    grey = "qv-grey" if not current else "qv-hue"
    items = (
        (line.format(f'class="{grey} qv-thin"'), "one network"),
        (
            svg.format(
                f'<g class="{grey}"><line x1="15" x2="15" y1="0" y2="10"/><circle cx="15" cy="5" r="3"/></g>'
            ),
            "mean ± standard error",
        ),
        (line.format(""), "theory, exact as d → ∞"),
        (line.format(f'stroke-dasharray="{DASH}"'), "theory, rank-limited: steady-state assumption"),
    )
    return f"<p>{''.join(f'<span>{sample}{meaning}</span>' for sample, meaning in items)}</p>"
