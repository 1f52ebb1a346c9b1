"""The explorer of convergence: how fast the end of training is approached, and by which power of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.convergence.table import approach_table, convergence_code, convergence_table
from quadviz.explorers.convergence.words import convergence_cards, convergence_prose
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Page, cards_html, choice, prose_html, unlabelled
from quadviz.explorers.kit.save.exhibit import Exhibit, trained
from quadviz.explorers.kit.widgets.work_bar import SimulationBar, number_choice
from quadviz.explorers.live import LiveFigure
from quadviz.figures.convergence import MARGIN, NETWORK_HUE, convergence_figure
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.convergence import Convergence, Target, convergence, networks_seen
from quadviz.setting import Setting
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.approach import ApproachRequest, ApproachRun, run_approach

__all__ = ["ConvergenceExplorer", "State", "show", "still"]

_SIZE = ("d", "seeds", "first_seed")
_TABLE = MappingProxyType(
    {
        **PARAMETERS,
        **SIMULATION_PARAMETERS,
        "lam": PARAMETERS["lam"],
        "d": replace(
            SIMULATION_PARAMETERS["d"],
            low=50, high=400, default=200,
            meaning="Size of the matrices. They leave the law of large ones at a time that grows like d.",
        ),
        "seeds": replace(
            SIMULATION_PARAMETERS["seeds"],
            label="flows", high=10, meaning="How many matrices, each with a seed of its own.",
        ),
        "first_seed": replace(
            SIMULATION_PARAMETERS["first_seed"],
            meaning="Seed of the first matrix and network; the others count up from it.",
        ),
    }
)  # fmt: skip
#: Choices of the size and number of networks to train.
_SIM_D = (40, 60, 80)
_SIM_NETWORKS = (1, 3, 6)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for the networks trained.

    Attributes:
        target: what T is: the noisy teacher of the setting, or a GOE matrix.
        kappa: student width.
        kappa_star: teacher width.
        alpha: sample ratio.
        delta: label noise.
        lam: weight decay.
        gamma: initial variance.
        d: size of the matrices.
        seeds: how many of them.
        first_seed: seed of the first one.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them.
        theme: the page's background.
    """

    target: Target = "teacher"
    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    alpha: float = 0.5
    delta: float = PARAMETERS["delta"].default
    lam: float = 0.2
    gamma: float = PARAMETERS["gamma"].default
    d: float = _TABLE["d"].default
    seeds: float = _TABLE["seeds"].default
    first_seed: float = _TABLE["first_seed"].default
    sim_d: int = 60
    sim_networks: int = 3
    theme: ThemeName = "light"

    @property
    def setting(self) -> Setting:
        """The ratios."""
        return Setting(**{name: getattr(self, name) for name in PARAMETERS})

    @property
    def request(self) -> ApproachRequest:
        """The networks to train."""
        setting = self.setting if self.target == "teacher" else None
        return ApproachRequest(setting, self.sim_d, self.seeds_of(self.sim_networks))

    def seeds_of(self, count: float) -> tuple[int, ...]:
        """So many seeds, counted up from the first one."""
        first = int(self.first_seed)
        return tuple(range(first, first + int(count)))


class ConvergenceExplorer(Explorer[State]):
    """The page: sliders for the target and the flows, and two panels: distance and slope against time.

    Attributes:
        figure: the one figure, updated in place.
        bar: trains networks at the setting.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*PARAMETERS, *_SIZE), _TABLE)
        self.bar = SimulationBar(
            lambda: self.state.request,
            run_approach,
            approach_table,
            self.refresh,
            "quadviz_convergence.csv",
            "Train networks at this setting and see them approach their end",
            [
                self.bind("sim_d", number_choice("d", _SIM_D, "Input dimension of the networks")),
                self.bind("sim_networks", number_choice("networks", _SIM_NETWORKS, "How many networks")),
            ],
        )
        self.figure = LiveFigure(convergence_figure(self._scene(), self.state.theme))
        targets = [("noisy teacher", "teacher"), ("GOE", "goe")]
        self.target = self.bind("target", unlabelled(choice("Target T", targets)))
        self.target.tooltips = [
            "T = Y − q at the setting below: the flow ends with the matrix that networks learn",
            "T is a random symmetric matrix with eigenvalues from −2 to 2, as in the paper's figure",
        ]
        self.target.add_class("qv-target")
        self.key = widgets.HTML(_key())
        self.key.add_class("qv-key")
        self.page = Page(
            "convergence",
            "By which power of time does training come to its end?",
            [("Target T", [self.target]), *self.groups(tuple(PARAMETERS))],
            [self.reset_button()],
            [self.figure, self.key, self.bar.widget, self.theme],
            [("Matrix flows", [self.controls[name] for name in _SIZE])],
            margin=MARGIN,
        )
        self.page.widget.add_class("qv-convergence")
        self.start()

    @property
    def run(self) -> ApproachRun | None:
        """The networks trained last."""
        return self.bar.result

    @property
    def bars(self) -> Mapping[str, SimulationBar[Any, Any]]:
        """The one that trains networks."""
        return {"networks": self.bar}

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Both panels."""
        goe = self.state.target == "goe"
        return (
            Exhibit(
                "convergence",
                "distance to the end of training",
                self.figure,
                lambda: convergence_figure(self._scene(), self.state.theme),
                lambda: convergence_table(self._scene(), self.run, self.state.kappa, self.state.gamma),
                lambda: convergence_code(self._scene().state, self.state.kappa, self.state.gamma),
                ("kappa", "gamma") if goe else ("lam", "kappa", "alpha", "delta", "kappa_star", "gamma"),
                () if goe else ("networks",),
                "Thin blue: matrix flows, points: their mean; orange: networks, in the time of their flow; "
                "black: d → ∞, dashed where T rests on the steady-state assumption; thin black: the law of "
                f"long times.{'' if goe else trained(self.run)}",
            ),
        )

    def reset(self) -> None:
        """Put every parameter back to its default, and the target."""
        with self.one_refresh():
            super().reset()
            self.change(target=State().target)

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        scene = self._scene()
        self.figure.show(convergence_figure(scene, self.state.theme, self.figure.held))
        at = "GOE" if scene.state is None else f"T = Y − q, {_numbers(scene.state)}"
        cards = convergence_cards(scene, self.run)
        self.page.readout.value = cards_html(f"Approach to the end, {at}", cards)
        self.page.prose.value = prose_html(convergence_prose(scene, self.run))

    def _scene(self) -> Convergence:
        """What there is to see."""
        s, run = self.state, self.run
        networks, current = (
            (None, True) if run is None else (networks_seen(run), run.request.setting == s.setting)
        )
        return convergence(s.target, s.setting, int(s.d), s.seeds_of(s.seeds), networks, current)


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    ConvergenceExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = ConvergenceExplorer.still


def _numbers(state: SteadyState) -> str:
    return f"q = {float(state.q):.4g}, ξ = {float(state.xi):.4g}"


def _key() -> str:
    """What the lines and points mean."""
    svg = '<svg width="30" height="10" aria-hidden="true">{}</svg>'
    line = '<line x1="2" x2="28" y1="5" y2="5" {}/>'
    dots = '<g class="qv-hue"><circle cx="15" cy="5" r="3"/></g>'
    hues = f'style="--light: {NETWORK_HUE["light"]}; --dark: {NETWORK_HUE["dark"]}"'
    items = (
        (svg.format(line.format('class="qv-hue qv-thin"') + dots), "matrix flows and their mean"),
        (svg.format(line.format(hues)), "networks"),
        (svg.format(line.format("")), "d → ∞"),
        (svg.format(line.format(f'stroke-dasharray="{DASH}"')), "T by the steady-state assumption"),
        (svg.format(line.format('class="qv-thin"')), "law of long times"),
    )
    return f"<p>{''.join(f'<span>{sample}{meaning}</span>' for sample, meaning in items)}</p>"
