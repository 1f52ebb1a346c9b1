"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import DASHED, trained
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, line_key
from quadviz.explorers.kit.words.point_cards import cards
from quadviz.explorers.kit.zooming import HANDS, axis_track, kept_in, zoomed
from quadviz.explorers.learning_curves.networks import about_networks
from quadviz.explorers.learning_curves.state import ALPHA_TOPS, PRESETS, State
from quadviz.explorers.learning_curves.table import curve_code, curve_table
from quadviz.explorers.learning_curves.words import family_paragraph, prose
from quadviz.figures.learning_curves import MARGIN, learning_curves_figure
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.scenes.curve_thresholds import POINTS
from quadviz.scenes.learning_curves import LearningCurves, learning_curves, network_points
from quadviz.scenes.wording import Paragraph, four_digits
from quadviz.tables.text import final_table
from quadviz.work.curve import CurveRequest, CurveRun, run_curve, simulated_alphas

__all__ = ["LearningCurvesExplorer", "show", "still"]


class LearningCurvesExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker, and three linked panels."""

    name = "learning_curves"
    question = "How well does a trained wide quadratic network generalise, and when does more data hurt?"
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-learning-curves"
    shown = (
        Shown(
            name,
            "errors against samples",
            draw=lambda page, scene, held: page.figure_of(scene, held),
            table=lambda page, scene: curve_table(scene, page.run),
            code=lambda page, scene: curve_code(scene, page.state),
            sliders=("lam", "delta", "kappa", "kappa_star", "alpha"),
            key=lambda page: (
                f"{DASHED}. Points with bars: trained networks, grey where they are of another setting."
                + trained(page.run)
            ),
            click=("alpha", ""),
            zooms=True,
            work=("networks",),
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

    def main(self) -> Sequence[widgets.Widget]:
        """The panels, the marker's slider under them, the networks, and what the lines mean."""
        alpha, bar = self.controls["alpha"], self.bars["networks"]
        alpha.add_class("qv-under-axis")
        return [self.figures[self.name], alpha, bar.widget, line_key(CURVE_KINDS, HANDS)]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """The marker stays on the axis, and in a stretch that is zoomed into."""
        if state.span is not None:
            state = zoomed(state, changed)
        return kept_in(state, ALPHA_TOPS, changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        self.controls["alpha"].track = axis_track(self.state, POINTS)

    def scene(self) -> LearningCurves:
        """What there is to see."""
        s, run = self.state, self.run
        points = None if run is None else network_points(run, self.is_current(run))
        return learning_curves(
            s.kappa, s.kappa_star, s.delta, s.lam, s.alpha, s.seen, s.compare, s.references, points
        )

    def figure_of(self, scene: LearningCurves, held: Held | None) -> Drawing:
        """How it is drawn."""
        s = self.state
        return learning_curves_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.span is not None)

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
        return paragraphs

    def request(self) -> CurveRequest:
        """The networks to train along the current curve."""
        s = self.state
        places = simulated_alphas(s.seen[1], s.x_scale, s.alpha, None if s.span is None else s.seen[0])
        return CurveRequest(s.kappa, s.kappa_star, s.delta, s.lam, places, s.sim_d, s.sim_networks)

    def is_current(self, run: CurveRun) -> bool:
        """Whether networks belong to the current curve."""
        return run.request.curve == self.request().curve


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    LearningCurvesExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = LearningCurvesExplorer.still
