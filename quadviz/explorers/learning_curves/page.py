"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.own_data.words import in_the_key, samples
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.refining import RefiningExplorer
from quadviz.explorers.kit.save.exhibit import DASHED, trained
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, key_text, line_key
from quadviz.explorers.kit.words.point_cards import cards
from quadviz.explorers.kit.zooming import HANDS, axis_track, kept_in, zoomed
from quadviz.explorers.learning_curves.networks import about_networks, about_own
from quadviz.explorers.learning_curves.state import ALPHA_TOPS, PRESETS, State
from quadviz.explorers.learning_curves.table import curve_code, curve_table
from quadviz.explorers.learning_curves.words import family_paragraph, prose
from quadviz.figures.learning_curves import MARGIN, PANELS, learning_curves_figure
from quadviz.figures.marks.drawing import Drawing, Held, axis_name
from quadviz.figures.marks.theme import family_colours
from quadviz.files.series import Experiment
from quadviz.law.spelling import teacher_of
from quadviz.scenes.common.curve_thresholds import POINTS
from quadviz.scenes.common.own_data import Along
from quadviz.scenes.common.wording import Paragraph, four_digits
from quadviz.scenes.learning_curves import (
    FIELDS,
    LearningCurves,
    in_pieces,
    learning_curves,
    network_points,
    size_line,
)
from quadviz.tables.text import final_table
from quadviz.work.curve import CurveRequest, CurveRun, run_curve, simulated_alphas

__all__ = ["LearningCurvesExplorer", "show", "still"]


class LearningCurvesExplorer(RefiningExplorer[State]):
    """The page: sliders for the setting, a marker, and three linked panels."""

    name = "learning_curves"
    question = "How well does a trained wide quadratic network generalise, and when does more data hurt?"
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-learning-curves"
    experiment, uprights = Experiment("alpha", FIELDS), [axis_name(panel.axis) for panel in PANELS]
    shown = (
        Shown(
            name,
            "errors against samples",
            draw=lambda page, scene, held: page.figure_of(scene, held),
            table=lambda page, scene: curve_table(scene, page.state, page.run, page.measured),
            code=lambda page, scene: curve_code(scene, page.state, page.run),
            sliders=("lam", "delta", "kappa", "kappa_star", "lam2", "alpha"),
            key=lambda page: (
                f"{DASHED}. Points with bars: trained networks, grey where they are of another setting."
                + _about_line(page.run)
                + trained(page.run)
                + in_the_key(page.measured)
            ),
            click=("alpha", ""),
            zooms="span",
            work=("networks",),
            own=True,
        ),
    )
    works = (
        Work(
            "networks",
            lambda page: page.request(),
            run_curve,
            "Train networks along the current curve, and at the marker",
            lambda run: final_table(run.networks),
            "quadviz_learning_curve.csv",
            ("sim_d", "sim_networks"),
        ),
    )

    def prepare(self) -> None:
        """A place for what the lines mean, which depends on what there is."""
        self.key = line_key(CURVE_KINDS, HANDS)

    def main(self) -> Sequence[widgets.Widget]:
        """The panels, the marker's slider, the networks, the reader's data, and what the lines mean."""
        alpha, bar = self.controls["alpha"], self.bars["networks"]
        alpha.add_class("qv-under-axis")
        return [self.figures[self.name], alpha, bar.widget, *self.own_rows(), self.key]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """The marker stays on the axis, and in a stretch that is zoomed into."""
        # Given levels have one rank: there is no family over it.
        if state.compare == "kappa_star" and not teacher_of(state.teacher).sized_by_width:
            state = replace(state, compare="")
        return kept_in(zoomed(state, changed), ALPHA_TOPS, changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        self.controls["alpha"].track = axis_track(self.state, POINTS)

    def scene(self) -> LearningCurves:
        """What there is to see."""
        run = self.run
        points = line = None
        if run is not None:
            current = self.is_current(run)
            points, line = network_points(run, current), size_line(run, current)
        return learning_curves(
            self.state.setting, self.memo, references=self.state.references, coarse=self.coarse,
            simulated=points, at_size=line, own=self.measured,
        )  # fmt: skip

    @property
    def slow(self) -> bool:
        """The paper's teacher has closed forms, others take longer."""
        return not self.state.setting.closed

    def pieces(self) -> Iterator[None]:
        """Curve by curve, and the Bayes-optimal error."""
        yield from in_pieces(self.state.setting, self.memo, self.state.references)

    def own_curves(self) -> tuple[Sequence[Along], int]:
        """The parameters of the family drawn, and which of them is the current curve's."""
        setting = self.state.setting
        return setting.along, setting.family[0].current

    def figure_of(self, scene: LearningCurves, held: Held | None) -> Drawing:
        """How it is drawn."""
        s = self.state
        return learning_curves_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.span is not None)

    def tell(self, scene: LearningCurves) -> None:
        """Fill the read-out, the prose and the key."""
        super().tell(scene)
        own = samples(self.measured, scene.own, *_current_colours(scene))
        kinds = (*CURVE_KINDS, *_size_kind(scene), *own)
        self.key.value = key_text(kinds, HANDS)

    def cards(self, scene: LearningCurves) -> tuple[str, Sequence[Card]]:
        """The point under the marker, of the current curve."""
        name = scene.names[scene.current]
        caption = f"Under the marker: α = {four_digits(self.state.alpha)}" + (f", {name}" if name else "")
        return caption, [] if scene.marker is None else cards(scene.marker[scene.current], scene.best)

    def prose(self, scene: LearningCurves) -> Sequence[Paragraph]:
        """The current curve, its family, and the networks."""
        if scene.marker is None or scene.known is None:
            return []
        curve, point = scene.curves[scene.current], scene.marker[scene.current]
        paragraphs = prose(curve, point, scene.known, scene.best)
        if scene.names[scene.current] and (comparison := family_paragraph(scene.names, scene.marker)):
            paragraphs.append(comparison)
        if self.run is not None:
            paragraphs += about_networks(self.run, self.is_current(self.run))
        if self.measured is not None:
            sure = self.measured.bars.get("mse") != "standard deviation"
            (own,) = (each for each in scene.own if each.curve == scene.current)
            paragraphs += about_own(own, self.state.setting, sure)
        return paragraphs

    def request(self) -> CurveRequest:
        """The networks to train along the current curve."""
        s = self.state
        places = simulated_alphas(s.seen[1], s.x_scale, s.alpha, None if s.span is None else s.seen[0])
        setting = s.setting
        return CurveRequest(
            s.kappa, setting.kappa_star, s.delta, s.lam, places, s.sim_d, s.sim_networks, s.lam2,
            setting.teacher,
        )  # fmt: skip

    def is_current(self, run: CurveRun) -> bool:
        """Whether networks belong to the current curve."""
        return run.request.curve == self.request().curve


def _size_kind(scene: LearningCurves) -> list[tuple[str, str]]:
    """The line of the theory at the networks' size as the key shows it; none without one."""
    if scene.at_size is None:
        return []
    look = 'class="qv-thin qv-grey"'
    if scene.at_size.current:
        light, dark = _current_colours(scene)
        look = f'class="qv-thin" style="--light: {light}; --dark: {dark}"'
    return [(look, f"thin: theory at d = {scene.at_size.d}, the size of the networks ◆")]


def _current_colours(scene: LearningCurves) -> tuple[str, str]:
    """The colour of the current curve on a light and on a dark ground."""
    count, at = len(scene.names), scene.current
    return family_colours(count, "light", scene.shades)[at], family_colours(count, "dark", scene.shades)[at]


def _about_line(run: CurveRun | None) -> str:
    """The same in words, for the key of a saved figure."""
    if run is None or not run.at_size:
        return ""
    return f" Thin: the theory at d = {run.request.d} with a network's own inputs."


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    LearningCurvesExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = LearningCurvesExplorer.still
