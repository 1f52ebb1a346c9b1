"""The simulation lab: networks of finite size trained before one's eyes, next to the theory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Page, cards_html, choice, prose_html
from quadviz.explorers.kit.reels import course_reel
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit, Reel, trained
from quadviz.explorers.kit.widgets.work_bar import SimulationBar
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.simulation_lab.words import described, lab_cards, lab_prose
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.figures.training import MARGIN, fitted, training_figure
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.training import Training, networks_seen
from quadviz.setting import Inputs, Setting
from quadviz.simulation.problem import LabelNoise, TeacherWeights
from quadviz.tables.course import course_code, course_table, network_rows, theory_row
from quadviz.tables.text import Table, training_table
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work.training import LabRun, Request, run_networks

__all__ = ["SimulationLab", "State", "show", "still"]

_TABLE = MappingProxyType({**PARAMETERS, **SIMULATION_PARAMETERS})
_SIZE = ("d", "seeds", "first_seed")


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for the networks trained.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        alpha: sample ratio.
        delta: label noise.
        lam: weight decay.
        gamma: initial variance.
        end: time to train until.
        d: input dimension.
        seeds: number of networks.
        first_seed: seed of the first one.
        inputs: kind of samples.
        label_noise: distribution of the label noise.
        weights: distribution of the teacher's weights.
        y_scale: scale of the vertical axes.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    alpha: float = PARAMETERS["alpha"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    gamma: float = PARAMETERS["gamma"].default
    end: float = SIMULATION_PARAMETERS["end"].default
    d: float = SIMULATION_PARAMETERS["d"].default
    seeds: float = SIMULATION_PARAMETERS["seeds"].default
    first_seed: float = SIMULATION_PARAMETERS["first_seed"].default
    inputs: Inputs = "network"
    label_noise: LabelNoise = "gaussian"
    weights: TeacherWeights = "gaussian"
    y_scale: Scale = "log"
    theme: ThemeName = "light"

    @property
    def request(self) -> Request:
        """The networks to train."""
        first = int(self.first_seed)
        return Request(
            setting=Setting(**{name: getattr(self, name) for name in PARAMETERS}),
            d=int(self.d),
            seeds=tuple(range(first, first + int(self.seeds))),
            end=self.end,
            inputs=self.inputs,
            label_noise=self.label_noise,
            weights=self.weights,
        )


class SimulationLab(Explorer[State]):
    """The page: sliders for the setting and the networks, and two panels that fill while they learn.

    Attributes:
        figure: the one figure, updated in place.
        bar: starts and cancels the work.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*PARAMETERS, "end", *_SIZE), _TABLE)
        self.bar = SimulationBar(
            lambda: self.state.request,
            run_networks,
            lambda run: training_table(run.networks),
            self.refresh,
            "quadviz_training.csv",
            "Train networks at this setting",
        )
        self.figure = LiveFigure(self._figure(self._scene(), waiting=True))
        choices = {
            "inputs": ("Inputs", [("network", "network"), ("GOE matrices", "gaussian")]),
            "label_noise": ("Noise", _named("Gaussian", "Student", "Rademacher", "Laplace")),
            "weights": ("Teacher", _named("Gaussian", "Orthogonal", "Rademacher")),
        }
        self.choices = {
            field: self.bind(field, widgets.Dropdown(options=options, description=label))
            for field, (label, options) in choices.items()
        }
        self.y_scale = self.bind("y_scale", choice("Error axes", [("linear", "linear"), ("log", "log")]))
        self.key = widgets.HTML()
        self.key.add_class("qv-key")
        self.page = Page(
            "simulation_lab",
            "Does a real network of finite size do what the theory of infinitely large ones says?",
            self.groups((*PARAMETERS, "end")),
            [self.y_scale, self.reset_button()],
            [self.bar.widget, self.figure, self.key, self.theme],
            [*self.groups(_SIZE), ("Made of", list(self.choices.values()))],
            margin=MARGIN,
        )
        self.page.widget.add_class("qv-lab")
        self.start()

    @property
    def run(self) -> LabRun | None:
        """The networks trained last."""
        return self.bar.result

    @property
    def bars(self) -> Mapping[str, SimulationBar[Any, Any]]:
        """The one that trains networks."""
        return {"networks": self.bar}

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Both panels."""
        return (
            Exhibit(
                "training",
                "errors of networks while they are trained",
                self.figure,
                lambda: self._figure(self._scene()),
                self._table,
                lambda: course_code(self.state.request.setting, self._trained()),
                ("alpha", "lam", "delta", "kappa", "kappa_star", "gamma"),
                ("networks",),
                f"Thin: one network; points: their mean and its standard error. {DASHED}.{trained(self.run)}",
                reel=self._reel,
            ),
        )

    def _table(self) -> Table:
        theory = theory_row(self.state.request.setting, self._scene().theory)
        return course_table([theory, *network_rows(self.run)])

    def _trained(self) -> Request | None:
        """What the networks shown were trained at, if it is what the controls say."""
        return self.run.request if self.run is not None and self.bar.stands else None

    def reset(self) -> None:
        """Put every parameter back to its default, and what the problem is made of."""
        with self.one_refresh():
            super().reset()
            self.change(**{field: getattr(State(), field) for field in self.choices})

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        scene, current = self._scene(), self._is_current()
        waiting = self.run is None and not self.bar.job.running
        self.figure.show(self._figure(scene, waiting=waiting, held=self.figure.held))
        caption = "Networks and theory"
        if self.run is not None:
            caption = "Networks and theory" if current else f"Theory of the controls; {described(self.run)}"
        self.key.value = _key(current)
        self.page.readout.value = cards_html(caption, lab_cards(self.run, scene.theory, current))
        self.page.prose.value = prose_html(lab_prose(self.run, scene.theory, current))

    def _scene(self) -> Training:
        """What there is to see."""
        s, run = self.state, self.run
        return Training(
            theory=steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta),
            end=s.end if run is None else max(s.end, run.request.end),
            networks=None if run is None else networks_seen(run, self._is_current()),
        )

    def _figure(self, scene: Training, waiting: bool = False, held: Held | None = None) -> Drawing:
        """How it is drawn."""
        return training_figure(scene, self.state.theme, self.state.y_scale, waiting, held)

    def _reel(self) -> Reel | None:
        """The networks as they learn, on the axes of all that they did."""
        scene = self._scene()
        if scene.networks is None:
            return None
        draw = partial(
            training_figure, theme=self.state.theme, y_scale=self.state.y_scale, holds=fitted(scene)
        )
        return course_reel(scene.networks.times, lambda time: draw(scene.until(time)))

    def _is_current(self) -> bool:
        """Whether the networks were trained at what the controls show, but for their number and time."""
        if self.run is None:
            return True
        was, now = self.run.request, self.state.request
        return (was.setting, was.d, was.recipe) == (now.setting, now.d, now.recipe)


def _named(*names: str) -> list[tuple[str, str]]:
    """Choices that are called by their names."""
    return [(name, name.lower()) for name in names]


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
