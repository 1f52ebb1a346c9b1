"""The explorer of convergence: how fast the end of training is approached, and by which power of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.convergence.table import approach_table, convergence_code, convergence_table
from quadviz.explorers.convergence.words import convergence_cards, convergence_prose
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.fields import choice, slider
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import trained
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.figures.convergence import MARGIN, NETWORK_HUE, convergence_figure
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.convergence import Convergence, Target, convergence, networks_seen
from quadviz.setting import Setting
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.approach import ApproachRequest, run_approach

__all__ = ["ConvergenceExplorer", "State", "show", "still"]

#: The parameters, as this page takes them.
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
_FLOWS = "Matrix flows"


@dataclass(frozen=True)
class State:
    """All that determines what the page shows, but for the networks trained.

    Attributes:
        target: what T is: the noisy teacher of the setting, or a GOE matrix.
        d: size of the matrices.
        seeds: how many of them.
        first_seed: seed of the first one.
        sim_d: input dimension of the networks to train.
        sim_networks: how many of them.
    """

    target: Target = choice(
        "teacher",
        {"noisy teacher": "teacher", "GOE": "goe"},
        "Target T",
        group="Target T",
        meanings=(
            "T = Y − q at the setting below: the flow ends with the matrix that networks learn",
            "T is a random symmetric matrix with eigenvalues from −2 to 2, as in the paper's figure",
        ),
        named=False,
        look="qv-target",
    )
    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    alpha: float = slider("alpha", 0.5)
    delta: float = slider("delta")
    lam: float = slider("lam", 0.2)
    gamma: float = slider("gamma")
    d: float = slider("d", table=_TABLE, group=_FLOWS)
    seeds: float = slider("seeds", table=_TABLE, group=_FLOWS)
    first_seed: float = slider("first_seed", table=_TABLE, group=_FLOWS)
    sim_d: int = choice(
        60, (40, 60, 80), "d", group="", meanings="Input dimension of the networks", form="list"
    )
    sim_networks: int = choice(3, (1, 3, 6), "networks", group="", meanings="How many networks", form="list")
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
    """The page: sliders for the setting and the matrices, and two panels of the approach to the end."""

    name = "convergence"
    question = "By which power of time does training come to its end?"
    opens, margin, look, later = State, MARGIN, "qv-convergence", frozenset({_FLOWS})
    shown = (
        Shown(
            name,
            "distance to the end of training",
            draw=lambda page, scene, held: convergence_figure(scene, page.state.theme, held),
            table=lambda page, scene: convergence_table(scene, page.run, page.state.kappa, page.state.gamma),
            code=lambda page, scene: convergence_code(scene.state, page.state.kappa, page.state.gamma),
            sliders=lambda page: (
                ("kappa", "gamma")
                if page.state.target == "goe"
                else ("lam", "kappa", "alpha", "delta", "kappa_star", "gamma")
            ),
            key=lambda page: (
                "Thin blue: matrix flows, points: their mean; orange: networks, in the time of their flow; "
                "black: d → ∞, dashed where T rests on the steady-state assumption; thin black: the law of "
                f"long times.{'' if page.state.target == 'goe' else trained(page.run)}"
            ),
            work=lambda page: () if page.state.target == "goe" else ("networks",),
        ),
    )
    works = (
        Work(
            "networks",
            lambda page: page.state.request,
            run_approach,
            "Train networks at this setting and see them approach their end",
            approach_table,
            "quadviz_convergence.csv",
            ("sim_d", "sim_networks"),
        ),
    )

    def main(self) -> Sequence[widgets.Widget]:
        """Both panels, what their lines mean, and the networks."""
        key = widgets.HTML(_key())
        key.add_class("qv-key")
        return [self.figure, key, self.bar.widget]

    def scene(self) -> Convergence:
        """What there is to see."""
        s, run = self.state, self.run
        networks = None if run is None else networks_seen(run)
        current = run is None or run.request.setting == s.setting
        seeds = s.seeds_of(s.seeds)
        return convergence(s.target, s.setting, int(s.d), seeds, networks, current, self.memo)

    def cards(self, scene: Convergence) -> tuple[str, Sequence[Card]]:
        """Slopes, and the law of long times."""
        at = "GOE" if scene.state is None else f"T = Y − q, {_numbers(scene.state)}"
        return f"Approach to the end, {at}", convergence_cards(scene, self.run)

    def prose(self, scene: Convergence) -> Sequence[Paragraph]:
        """Which law it is, and why."""
        return convergence_prose(scene, self.run)


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
