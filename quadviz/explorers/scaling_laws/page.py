"""The page of scaling laws: error, exponent and decay over samples, error over width and over budget."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import numpy as np

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.own_data.words import in_the_key, samples
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.refining import REST, running_loop
from quadviz.explorers.kit.save.exhibit import DASHED, trained
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, key_text, line_key
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.scaling_laws.own_data import about_own
from quadviz.explorers.scaling_laws.state import PRESETS, State
from quadviz.explorers.scaling_laws.table import (
    budget_code,
    budget_table,
    network_table,
    samples_code,
    samples_table,
    width_code,
    width_table,
)
from quadviz.explorers.scaling_laws.words import cards, prose
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.theme import family_colours
from quadviz.figures.scaling.compute import alike, compute_figure
from quadviz.figures.scaling.samples import MARGIN, samples_figure
from quadviz.figures.scaling.strip import LIMIT_HUES, LIMIT_NAMES
from quadviz.figures.scaling.width import width_figure
from quadviz.files.series import Experiment
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.own_data import Along, own_points
from quadviz.scenes.common.wording import Paragraph, four_digits
from quadviz.scenes.learning_curves import network_points, size_line
from quadviz.scenes.scaling.compute import Budget, budgets, widths_tried
from quadviz.scenes.scaling.scene import ScalingLaws, published_beside, scaling_laws, solve_scaling_laws
from quadviz.scenes.scaling.setting import ScalingSetting, power_law_teacher
from quadviz.scenes.scaling.solver import Course, solve_courses
from quadviz.work.curve import CurveRun, run_curve
from quadviz.work.scaling import ScalingRequest, scaled_alphas

__all__ = ["ScalingLawsExplorer", "show", "still"]

#: The last words of the key.
_CLICK = "A click on a curve moves the marker."
_SLIDERS = ("exponent", "delta", "kappa", "lam", "lam2", "alpha")

_log = logging.getLogger(__name__)


class ScalingLawsExplorer(Explorer[State]):
    """The page: sliders for teacher and student, a marker, and three figures.

    While a slider moves curves are followed, coarsely; once it rests they are solved by all tests, in between
    other events. Where no event loop runs they always are.
    """

    name = "scaling_laws"
    question = (
        "With which power does the error fall with samples, width and compute, and what limits it where?"
    )
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-scaling-laws"
    experiment, uprights = Experiment("alpha", ("mse",), courses=("lam", "lam2")), ("yaxis",)
    shown = (
        Shown(
            name,
            "mse, its exponent and the best decay against samples",
            draw=lambda page, scene, held: samples_figure(scene, page.state.theme, held),
            table=lambda page, scene: samples_table(scene, page.run, page.measured),
            code=lambda _page, scene: samples_code(scene),
            sliders=_SLIDERS,
            key=lambda page: (
                f"{DASHED}. The strip says what limits the error of the thick curve; thin black lines are "
                "theory's "
                f"exponents.{_squares(page)}{trained(page.run)}{in_the_key(page.measured)}"
            ),
            click=("alpha", ""),
            work=("networks",),
            own=True,
        ),
        Shown(
            "scaling_width",
            "mse against width",
            draw=lambda page, scene, held: width_figure(scene, page.state.theme, held),
            table=lambda _page, scene: width_table(scene),
            code=lambda _page, scene: width_code(scene),
            sliders=_SLIDERS,
            key=f"{DASHED}. Thin black: the power law of a width that limits.",
            click=("kappa", ""),
        ),
        Shown(
            "scaling_compute",
            "mse of the best width for a budget",
            draw=lambda page, scene, held: compute_figure(
                page.budget(scene.setting), scene.setting, page.state.theme, held
            ),
            table=lambda page, scene: budget_table(page.budget(scene.setting)),
            code=lambda _page, scene: budget_code(scene),
            sliders=tuple(each for each in _SLIDERS if each not in ("kappa", "alpha")),
            key=f"Thin grey: students of one width each. {DASHED}. Thin black: theory's exponent.",
        ),
    )
    works = (
        Work(
            "networks",
            lambda page: page.request(),
            run_curve,
            "Train networks along the current curve",
            network_table,
            "quadviz_scaling_laws.csv",
            ("sim_d", "sim_networks"),
        ),
    )

    def prepare(self) -> None:
        """Remember what was seen; and a place for what the lines mean, which depends on what there is."""
        self.key = line_key(_kinds(), _CLICK)
        self._seen: ScalingLaws | None = None
        self._budget: Budget | None = None
        self._refining: asyncio.Task[None] | None = None

    def make_figures(self) -> dict[str, LiveFigure]:
        """The figures, drawn for the first time: as while a slider moves, where that can be refined."""
        self._seen = self._sight(coarse=running_loop() is not None)
        samples, widths, compute = self.shown
        figures = {each.name: self._figure_of(each, self._seen) for each in (samples, widths)}
        return {**figures, compute.name: LiveFigure(self._against_budget(None))}

    def main(self) -> Sequence[widgets.Widget]:
        """The figure against samples, its slider and networks, the others beside, data, and the key."""
        samples, *others = self.figures.values()
        self.controls["alpha"].add_class("qv-under-axis")
        left, beside = (
            widgets.Box([samples, self.controls["alpha"], self.bars["networks"].widget]),
            widgets.Box(others),
        )
        left.add_class("qv-stacked")
        beside.add_class("qv-beside")
        both = widgets.Box([left, beside])
        both.add_class("qv-recovery")
        return [both, *self.own_rows(), self.key]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A decay that is moved is as set from then on, and so is one that is compared."""
        if "decay" in changed:
            return state
        moved = {name for name in changed if getattr(state, name) != getattr(self.state, name)}
        given = moved & {"lam", "lam2"} or ("compare" in moved and state.compare == "lam")
        if (given and state.decay.startswith("best")) or ("lam2" in moved and state.decay == "falling"):
            return replace(state, decay="fixed")
        return state

    def draw(self) -> None:
        """Show at once what can be followed, and all of it once nothing has moved for a moment."""
        setting, loop = self.state.setting, running_loop()
        if self._refining is not None:
            self._refining.cancel()
            self._refining = None
        if self._seen is None or self._seen.setting != setting or not self._seen.fine:
            self._seen = self._sight(coarse=loop is not None)
        if loop is None and not self._known(setting):
            self._budget = _whole(setting, self.memo)
        self._show()
        if loop is not None and not (self._seen.fine and self._known(setting)):
            self._refining = loop.create_task(self._refine(setting))

    async def _refine(self, setting: ScalingSetting) -> None:
        """Solve by all tests, and for the budget, giving way to other events."""
        await asyncio.sleep(REST)
        try:
            parts, pieces = 0, 3 * len(setting.members) + 3 + widths_tried(setting.levels).size
            scene = budget = None
            for part in solve_scaling_laws(setting, self.memo):
                scene, parts = part, parts + 1
                await self._progress(setting, parts / pieces)
            with self._lock:
                # A change in another thread may have come before its cancellation got here.
                if setting != self.state.setting or scene is None:
                    return
                self._seen = scene
                self._show(parts / pieces)
            if self._known(setting):
                return
            for known in budgets(setting, self.memo):
                budget, parts = known, parts + 1
                await self._progress(setting, min(parts / pieces, 1.0))
            with self._lock:
                if setting == self.state.setting:
                    self._budget = budget
                    self._show()
        except Exception:  # noqa: BLE001 - nobody awaits this task: the viewer is told
            _log.debug("refining failed at %s", setting, exc_info=True)
            self.page.complain(self.complaint)

    async def _progress(self, setting: ScalingSetting, done: float) -> None:
        """Say how far it is, and let others speak."""
        with self._lock:
            if setting == self.state.setting and not self._known(setting):
                live = self.figures[self.shown[-1].name]
                live.show(self._against_budget(live.held, done))
        await asyncio.sleep(0)

    def _show(self, done: float = 0.0) -> None:
        """Draw what is solved, and fill the read-out."""
        assert self._seen is not None  # noqa: S101  # it is solved for first
        scene = self._with_points(self._seen)
        samples, widths, compute = self.shown
        for each in (samples, widths):
            live = self.figures[each.name]
            live.show(each.draw(self, scene, live.held))
        live = self.figures[compute.name]
        live.show(self._against_budget(live.held, done))
        self.tell(scene)

    def _sight(self, *, coarse: bool) -> ScalingLaws:
        return scaling_laws(self.state.setting, self.memo, coarse=coarse)

    def _with_points(self, scene: ScalingLaws) -> ScalingLaws:
        """What is solved, with the networks and the measurements there are."""
        own = own_points(self.measured, scene.along, scene.setting.current)
        if self.run is None:
            return replace(scene, own=own)
        current = self.is_current(self.run)
        points, line = network_points(self.run, current), size_line(self.run, current)
        return replace(scene, own=own, simulated=points, at_size=line)

    def scene(self) -> ScalingLaws:
        """What there is to see."""
        return self._with_points(self._sight(coarse=False))

    def budget(self, setting: ScalingSetting) -> Budget:
        """The best widths at a setting, solved by themselves."""
        return _whole(setting, self.memo.copy(followed=False))

    def _known(self, setting: ScalingSetting) -> bool:
        return self._budget is not None and alike(self._budget.setting, setting)

    def _against_budget(self, held: Held | None, done: float = 0.0) -> Drawing:
        """The figure as far as it is solved; that of another setting is grey."""
        return compute_figure(self._budget, self.state.setting, self.state.theme, held, done)

    def tell(self, scene: ScalingLaws) -> None:
        """Fill the read-out, the prose and the key."""
        super().tell(scene)
        count, at, shades = len(scene.curves), scene.setting.current, scene.setting.shades
        light, dark = (family_colours(count, theme, shades)[at] for theme in ("light", "dark"))
        self.key.value = key_text([*_kinds(), *samples(self.measured, scene.own, light, dark)], _CLICK)

    def own_curves(self) -> tuple[Sequence[Along], int]:
        """What each curve drawn depends on, and which of them is the current one."""
        assert self._seen is not None  # noqa: S101  # it is solved for first
        return self._seen.along, self._seen.setting.current

    def own_fields(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that set the page to what was measured: a decay is as set then, levels are whole."""
        fields: dict[str, Any] = dict(wanted)
        if "levels" in fields:
            fields["levels"] = int(fields["levels"]) if fields["levels"].is_integer() else fields["levels"]
        if fields.keys() & {"lam", "lam2"}:
            fields["decay"] = "fixed"
        return super().own_fields(fields)

    def cards(self, scene: ScalingLaws) -> tuple[str, Sequence[Card]]:
        """The point under the marker, of the current curve."""
        name = scene.setting.names[scene.setting.current]
        caption = f"Under the marker: α = {four_digits(self.state.alpha)}" + (f", {name}" if name else "")
        return caption, cards(scene, self._budget if self._known(scene.setting) else None)

    def prose(self, scene: ScalingLaws) -> Sequence[Paragraph]:
        """What limits where, which exponents that makes, and what the width and a budget do."""
        budget = self._budget if self._known(scene.setting) else None
        said = prose(scene, budget, self.run, self.run is not None and self.is_current(self.run))
        if self.measured is not None and scene.fine:
            own = next(each for each in scene.own if each.curve == scene.setting.current)
            sure = self.measured.bars.get("mse") != "standard deviation"
            said += about_own(own, scene.setting, self.memo, sure)
        return said

    def request(self) -> ScalingRequest:
        """The networks to train along the current curve, each with the decay it has there."""
        s, setting = self.state, self.state.setting
        alphas = scaled_alphas(s.sim_d)
        course = Course.over_alpha(("networks",), setting.member, s.decay, setting.lam2, np.array(alphas))
        states = solve_courses(self.memo, [course], s.levels, coarse=False)[0].states
        decays = np.nan_to_num(np.stack([states.lam, np.broadcast_to(states.lam2, states.shape)], axis=1))
        return ScalingRequest(
            s.kappa, 1.0, s.delta, s.lam, alphas, s.sim_d, s.sim_networks,
            teacher=power_law_teacher(s.exponent, s.levels),
            decays=tuple((float(lam), float(lam2)) for lam, lam2 in decays),
            exponent=s.exponent, levels=s.levels, told=s.told,
        )  # fmt: skip

    def is_current(self, run: CurveRun) -> bool:
        """Whether networks belong to the current curve."""
        s = self.state
        return run.request.curve == (s.kappa, s.delta, s.exponent, s.levels, *s.told)


def _whole(setting: ScalingSetting, memo: Memo) -> Budget:
    """The best widths, in one go."""
    *_, last = budgets(setting, memo)
    assert last is not None  # noqa: S101  # the last one is whole
    return last


def _kinds() -> list[tuple[str, str]]:
    """What the lines and the colours of the strip mean."""
    limits = [
        (f'style="--light: {hue}; --dark: {hue}; stroke-width: 8px; opacity: 0.6"', LIMIT_NAMES[limit][0])
        for limit, hue in LIMIT_HUES.items()
    ]
    return [
        *limits,
        *CURVE_KINDS,
        ('class="qv-thin"', "thin: theory's exponent, as the number of levels grows"),
    ]


def _squares(page: ScalingLawsExplorer) -> str:
    """What squares mean in a saved figure that has published networks."""
    there = bool(published_beside(page.state.setting))
    return " Squares in the colour of a curve: networks of arXiv 2606.28242." if there else ""


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    ScalingLawsExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = ScalingLawsExplorer.still
