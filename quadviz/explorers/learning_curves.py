"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.curve_run import (
    CurveRequest,
    CurveRun,
    about_networks,
    run_curve,
    simulated_alphas,
)
from quadviz.explorers.curve_state import (
    ALPHA_TOPS,
    PRESETS,
    SIMULATED_D,
    SIMULATED_NETWORKS,
    State,
)
from quadviz.explorers.curve_table import curve_code, curve_table
from quadviz.explorers.exhibit import DASHED, Exhibit, trained
from quadviz.explorers.explorer import Explorer
from quadviz.explorers.line_key import CURVE_KINDS, key_text, line_key
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html, unlabelled
from quadviz.explorers.point_cards import cards
from quadviz.explorers.presets import with_preset
from quadviz.explorers.readout import family_paragraph, prose
from quadviz.explorers.simulation_bar import SimulationBar, number_choice
from quadviz.explorers.zooming import HANDS, axis_track, zoomed
from quadviz.figures.drawing import Drawing, Held
from quadviz.figures.learning_curves import MARGIN, learning_curves_figure
from quadviz.figures.theme import family_colours
from quadviz.scenes.curve_thresholds import POINTS
from quadviz.scenes.families import CURVE_PARAMETERS
from quadviz.scenes.learning_curves import LearningCurves, learning_curves
from quadviz.scenes.wording import four_digits
from quadviz.setting import PARAMETERS
from quadviz.tables import final_table

__all__ = ["LearningCurvesExplorer", "show"]


class LearningCurvesExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker, and three linked panels.

    Attributes:
        figure: the one figure, updated in place.
        bar: trains networks along the current curve.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*CURVE_PARAMETERS, "alpha"))
        self.bar = SimulationBar(
            self._request,
            run_curve,
            lambda run: final_table(run.networks),
            self.refresh,
            "quadviz_learning_curve.csv",
            "Train networks along the current curve, and at the marker",
            [
                self.bind("sim_d", number_choice("d", SIMULATED_D, "Input dimension of the networks")),
                self.bind("sim_networks", number_choice("networks", SIMULATED_NETWORKS, "Networks per α")),
            ],
        )
        self.figure = LiveFigure(self._figure(self._scene()))
        self.key = line_key(CURVE_KINDS, HANDS)
        self.figure.on_click(self._take_click)
        self.figure.on_zoom(lambda span: self.change(span=span))
        self.controls["alpha"].add_class("qv-under-axis")
        families = [
            (f"five values of {p.symbol}, {p.label}", name)
            for name, p in PARAMETERS.items()
            if name in CURVE_PARAMETERS
        ]
        self.compare = self.bind(
            "compare",
            unlabelled(widgets.Dropdown(options=[("one curve", ""), *families], description="Compare")),
        )
        self.compare.tooltip = "Draw a family of curves over one parameter"
        self.presets = self.bind(
            "preset", unlabelled(choice("Start from", [(name, name) for name in PRESETS]))
        )
        self.presets.tooltips = [preset.meaning for preset in PRESETS.values()]
        self.presets.add_class("qv-presets")
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = self.bind("x_scale", choice("α axis", scales))
        self.y_scale = self.bind("y_scale", choice("Error axes", scales))
        self.alpha_top = self.bind("alpha_top", choice("α up to", [(f"{top:g}", top) for top in ALPHA_TOPS]))
        self.references = self.bind("references", choice("Guides", [("shown", True), ("hidden", False)]))
        self.references.tooltips = [
            "Draw the thresholds and the Bayes-optimal error",
            "Draw the curves alone",
        ]
        self.page = Page(
            "learning_curves",
            "How well does a trained wide quadratic network generalise, and when does more data hurt?",
            [("Start from", [self.presets]), *self.groups(CURVE_PARAMETERS), ("Compare", [self.compare])],
            [self.x_scale, self.y_scale, self.alpha_top, self.references, self.reset_button()],
            [
                self.figure,
                self.controls["alpha"],
                self.bar.widget,
                self.key,
                self.theme,
            ],
            margin=MARGIN,
        )
        self.page.widget.add_class("qv-learning-curves")
        self.start()

    @property
    def run(self) -> CurveRun | None:
        """The networks trained last."""
        return self.bar.result

    @property
    def bars(self) -> Mapping[str, SimulationBar[Any, Any]]:
        """The one that trains networks."""
        return {"networks": self.bar}

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The three panels."""
        return (
            Exhibit(
                "learning_curves",
                "errors against samples",
                self.figure,
                lambda: self._figure(self._scene()),
                lambda: curve_table(self._scene(), self.run),
                lambda: curve_code(self._scene(), self.state, self.run),
                ("lam", "delta", "kappa", "kappa_star", "alpha"),
                ("networks",),
                f"{DASHED}. Points with bars: trained networks, grey where they are of another setting."
                + _about_line(self.run)
                + trained(self.run),
            ),
        )

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A preset brings all it is made of, and is one only as long as nothing of that is changed.

        A marker moved beyond the end of the axis lengthens it; an axis made shorter takes it along, and so
        does a stretch that is zoomed into.
        """
        if state.span is not None and "preset" not in changed:
            state = zoomed(state, changed)
        if "preset" not in changed and state.alpha > state.alpha_top:
            if "alpha" in changed:
                state = replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
            else:
                state = replace(state, alpha=state.alpha_top)
        return with_preset(state, PRESETS, chosen="preset" in changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        axis = axis_track(self.state, POINTS)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        scene = self._scene()
        self.figure.show(self._figure(scene, self.figure.held))
        self.key.value = key_text((*CURVE_KINDS, *_size_kind(scene)), HANDS)
        self._tell(scene)

    def _tell(self, scene: LearningCurves) -> None:
        """Fill the cards and the prose."""
        if scene.marker is None or scene.known is None:
            return
        curve, point = scene.curves[scene.current], scene.marker[scene.current]
        name = scene.names[scene.current]
        caption = f"Under the marker: α = {four_digits(self.state.alpha)}" + (f", {name}" if name else "")
        paragraphs = prose(curve, point, scene.known, scene.best)
        if name and (comparison := family_paragraph(scene.names, scene.marker)):
            paragraphs.append(comparison)
        if self.run is not None:
            paragraphs += about_networks(self.run, self._is_current(self.run))
        self.page.readout.value = cards_html(caption, cards(point, scene.best))
        self.page.prose.value = prose_html(paragraphs)

    def _scene(self) -> LearningCurves:
        """What there is to see."""
        s, run = self.state, self.run
        points = line = None
        if run is not None:
            current = self._is_current(run)
            points, line = run.points(current), run.line(current)
        return learning_curves(
            s.kappa, s.kappa_star, s.delta, s.lam, s.alpha, s.seen, s.compare, s.references, points, line
        )

    def _figure(self, scene: LearningCurves, held: Held | None = None) -> Drawing:
        """How it is drawn."""
        s = self.state
        return learning_curves_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.span is not None)

    def _request(self) -> CurveRequest:
        """The networks to train along the current curve."""
        s = self.state
        places = simulated_alphas(s.seen[1], s.x_scale, s.alpha, None if s.span is None else s.seen[0])
        return CurveRequest(s.kappa, s.kappa_star, s.delta, s.lam, places, s.sim_d, s.sim_networks)

    def _is_current(self, run: CurveRun) -> bool:
        """Whether networks belong to the current curve."""
        return run.request.curve == self._request().curve

    def _take_click(self, alpha: float, _height: float) -> None:
        """Move the marker to where a curve was clicked."""
        self.change(alpha=float(f"{alpha:.4g}"))


def _size_kind(scene: LearningCurves) -> list[tuple[str, str]]:
    """The line of the theory at the networks' size as the key shows it; none without one."""
    if scene.at_size is None:
        return []
    look = 'class="qv-thin qv-grey"'
    if scene.at_size.current:
        light, dark = (
            family_colours(len(scene.names), theme, scene.shades)[scene.current]
            for theme in ("light", "dark")
        )
        look = f'class="qv-thin" style="--light: {light}; --dark: {dark}"'
    return [(look, f"thin: theory at d = {scene.at_size.d}, the size of the networks ◆")]


def _about_line(run: CurveRun | None) -> str:
    """The same in words, for the key of a saved figure."""
    if run is None or not run.at_size:
        return ""
    return f" Thin: the theory at d = {run.request.d} with a network's own inputs."


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    LearningCurvesExplorer().at(**state).show()
