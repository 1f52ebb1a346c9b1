"""The explorer of convergence: how fast the end of training is approached, and by which power of time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import ipywidgets as widgets
import numpy as np

from quadviz.explorers.convergence_readout import convergence_cards, convergence_prose, law_name, two_digits
from quadviz.explorers.convergence_run import (
    Answer,
    ApproachRequest,
    ApproachRun,
    answer,
    approach_table,
    run_approach,
    target_of,
)
from quadviz.explorers.convergence_table import convergence_code, convergence_table
from quadviz.explorers.exhibit import Exhibit, trained
from quadviz.explorers.explorer import Explorer
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html, unlabelled
from quadviz.explorers.simulation_bar import SimulationBar, number_choice
from quadviz.figures.convergence import (
    NETWORK_HUE,
    Convergence,
    ConvergencePen,
    Seen,
    convergence_figure,
    convergence_skeleton,
)
from quadviz.figures.theme import DASH, ThemeName
from quadviz.setting import PARAMETERS, SIMULATION_PARAMETERS, Setting
from quadviz.tables import Table
from quadviz.theory.flow_target import FlowTarget
from quadviz.theory.steady_state import Regime, SteadyState, steady_state

__all__ = ["ConvergenceExplorer", "State", "show"]

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
#: What is drawn where there is no target.
_UNKNOWN = np.full(2, np.nan)
_NOTHING = Convergence(Seen(np.array([1.0, 10.0]), _UNKNOWN[None], _UNKNOWN), _UNKNOWN, _UNKNOWN, math.nan)


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

    target: Literal["teacher", "goe"] = "teacher"
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
    def request(self) -> ApproachRequest:
        """The networks to train."""
        first = int(self.first_seed)
        setting = Setting(**{name: getattr(self, name) for name in PARAMETERS})
        return ApproachRequest(
            setting if self.target == "teacher" else None,
            self.sim_d,
            tuple(range(first, first + self.sim_networks)),
        )


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
        drawing = convergence_skeleton()
        self._pen = ConvergencePen(drawing, precision=np.float32)
        self._pen.draw(self._view(*self._solved()))
        self.figure = LiveFigure(drawing)
        self._pen.figure = self.figure
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
                lambda: convergence_figure(self._view(*self._solved())),
                self._table,
                lambda: convergence_code(self._solved()[1], self.state.kappa, self.state.gamma),
                ("kappa", "gamma") if goe else ("lam", "kappa", "alpha", "delta", "kappa_star", "gamma"),
                () if goe else ("networks",),
                "Thin blue: matrix flows, points: their mean; orange: networks, in the time of their flow; "
                "black: d → ∞, dashed where T rests on the steady-state assumption; thin black: the law of "
                f"long times.{'' if goe else trained(self.run)}",
            ),
        )

    def _solved(self) -> tuple[Answer | None, SteadyState | None]:
        state = self._steady_state()
        return self._answer(state), state

    def _table(self) -> Table:
        solved, state = self._solved()
        # The figure has no networks where the target is no teacher's.
        run = None if state is None else self.run
        return convergence_table(solved, state, run, self.state.kappa, self.state.gamma)

    def reset(self) -> None:
        """Put every parameter back to its default, and the target."""
        with self.one_refresh():
            super().reset()
            self.change(target=State().target)

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        solved, state = self._solved()
        self._pen.draw(self._view(solved, state))
        told = (solved, state, self.run, self._is_current())
        at = "GOE" if state is None else f"T = Y − q, {_numbers(state)}"
        self.page.readout.value = cards_html(f"Approach to the end, {at}", convergence_cards(*told))
        self.page.prose.value = prose_html(convergence_prose(*told))

    def _steady_state(self) -> SteadyState | None:
        """The steady state the target is made from; None for the GOE."""
        s = self.state
        if s.target == "goe":
            return None
        return steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)

    def _answer(self, state: SteadyState | None) -> Answer | None:
        s, target = self.state, FlowTarget() if state is None else target_of(state)
        if target is None:
            return None
        first = int(s.first_seed)
        return answer(target, s.kappa, int(s.d), tuple(range(first, first + int(s.seeds))), s.gamma)

    def _is_current(self) -> bool:
        """Whether the networks were trained at what the controls show, but for their number and seeds."""
        if self.run is None:
            return True
        was, now = self.run.request, self.state.request
        return was.setting == now.setting

    def _view(self, solved: Answer | None, state: SteadyState | None) -> Convergence:
        """What to draw."""
        networks = None if self.run is None or state is None else self.run.seen
        bare = replace(_NOTHING, networks=networks, current=self._is_current(), theme=self.state.theme)
        if solved is None:
            return bare
        flows, law = solved.flows, solved.law
        leaves = law.leaves_at(flows.d)
        return replace(
            bare,
            flows=Seen(flows.times, flows.distance, flows.mean()[0]),
            curve=solved.curve,
            law=law.at(flows.times),
            slope=law.kind.slope,
            law_name=law_name(law),
            leaves_at=leaves,
            leaves_name=f"d = {flows.d} shows single eigenvalues: t > {two_digits(leaves)}",
            limited=state is not None and Regime(int(state.regime)) == Regime.RANK_LIMITED,
        )


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    ConvergenceExplorer().at(**state).show()


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
