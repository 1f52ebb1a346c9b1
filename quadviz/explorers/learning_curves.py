"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.explorers.curve_run import (
    CurveRequest,
    CurveRun,
    about_networks,
    run_curve,
    simulated_alphas,
)
from quadviz.explorers.curve_state import (
    ALPHA_TOPS,
    CURVE_PARAMETERS,
    PRESETS,
    SIMULATED_D,
    SIMULATED_NETWORKS,
    Family,
    State,
    family,
)
from quadviz.explorers.curve_table import curve_code, curve_table
from quadviz.explorers.curve_thresholds import (
    POINTS,
    CurveThresholds,
    alpha_grid,
    curve_thresholds,
    curves_through,
    named,
)
from quadviz.explorers.exhibit import DASHED, Exhibit, trained
from quadviz.explorers.explorer import Explorer
from quadviz.explorers.line_key import CURVE_KINDS, line_key
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html, unlabelled
from quadviz.explorers.point_cards import cards
from quadviz.explorers.presets import with_preset
from quadviz.explorers.readout import family_paragraph, prose
from quadviz.explorers.simulation_bar import SimulationBar, number_choice
from quadviz.explorers.tracks import Track
from quadviz.explorers.wording import four_digits
from quadviz.figures.axes import Scale
from quadviz.figures.learning_curves import (
    LearningCurves,
    LearningCurvesPen,
    learning_curves_figure,
    learning_curves_skeleton,
)
from quadviz.setting import PARAMETERS
from quadviz.tables import final_table
from quadviz.theory.bayes import BayesOptimal, bayes_optimal
from quadviz.theory.steady_state import SteadyState, steady_state
from quadviz.theory.thresholds import recovery_threshold

__all__ = ["LearningCurvesExplorer", "show"]

FloatArray = NDArray[np.float64]

#: Points of the Bayes-optimal curve, which is smooth.
_BAYES_POINTS = 100
#: It meets 0 at a steep angle, which a log axis shows: how far before to have points, and there itself.
_BEFORE = np.array([1e-2, 3e-3, 1e-3, 1e-4, 0])


@dataclass(frozen=True)
class _Solved:
    """The curves of a setting, shape (M, N), and their thresholds, shape (M,) or (1,)."""

    setting: tuple[object, ...]
    curves: SteadyState
    thresholds: CurveThresholds


@dataclass(frozen=True)
class _Reading:
    """The points under the marker, shape (M,), the current curve's thresholds, and the Bayes-optimal mse."""

    marker: SteadyState
    thresholds: CurveThresholds
    best: float


class LearningCurvesExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker, and three linked panels.

    Attributes:
        figure: the one figure, updated in place.
        bar: trains networks along the current curve.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*CURVE_PARAMETERS, "alpha"))
        self._solved: _Solved | None = None
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
        view, _ = self._solve()
        drawing = learning_curves_skeleton(len(view.names))
        self._pen = LearningCurvesPen(drawing, precision=np.float32)
        self._pen.draw(view)
        self.figure = LiveFigure(drawing)
        self._pen.figure = self.figure
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
                line_key(CURVE_KINDS, "A click in the figure moves the marker."),
                self.theme,
            ],
        )
        self.page.widget.add_class("qv-learning-curves")
        for trace in self.figure.data:
            trace.on_click(self._take_click)
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
                lambda: learning_curves_figure(self._solve()[0]),
                lambda: curve_table(self._solve()[0], self.run),
                lambda: curve_code(self._solve()[0], self.state),
                ("lam", "delta", "kappa", "kappa_star", "alpha"),
                ("networks",),
                f"{DASHED}. Points with bars: trained networks, grey where they are of another setting."
                + trained(self.run),
            ),
        )

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A preset brings all it is made of, and is one only as long as nothing of that is changed.

        A marker moved beyond the end of the axis lengthens it; an axis made shorter takes it along.
        """
        if "preset" not in changed and state.alpha > state.alpha_top:
            if "alpha" in changed:
                state = replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
            else:
                state = replace(state, alpha=state.alpha_top)
        return with_preset(state, PRESETS, chosen="preset" in changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        axis = _axis_track(self.state.alpha_top, self.state.x_scale)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        view, reading = self._solve()
        self._pen.draw(view)
        self._tell(view, reading)

    def _tell(self, view: LearningCurves, read: _Reading) -> None:
        """Fill the cards and the prose."""
        curve, point = view.curves[view.current], read.marker[view.current]
        name = view.names[view.current]
        caption = f"Under the marker: α = {four_digits(self.state.alpha)}" + (f", {name}" if name else "")
        paragraphs = prose(curve, point, read.thresholds, read.best)
        if name and (comparison := family_paragraph(view.names, read.marker)):
            paragraphs.append(comparison)
        if self.run is not None:
            paragraphs += about_networks(self.run, self._is_current(self.run))
        self.page.readout.value = cards_html(caption, cards(point, read.best))
        self.page.prose.value = prose_html(paragraphs)

    def _solve(self) -> tuple[LearningCurves, _Reading]:
        """What to draw, and what to read out."""
        state = self.state
        values: dict[str, float | FloatArray] = {name: getattr(state, name) for name in CURVE_PARAMETERS}
        compared, spread = state.compare, Family((state.kappa,), 0, (0.0,))
        if compared:
            spread = family(compared, getattr(state, compared))
        values[compared or "kappa"] = np.array(spread.values)
        names = tuple(_name(compared, value) for value in spread.values)
        setting = (state.alpha_top, compared, *(getattr(state, name) for name in CURVE_PARAMETERS))
        if self._solved is not None and self._solved.setting == setting:
            marker = steady_state(state.alpha, **values)
        else:
            # With weight decay the other members have no cusps: their thresholds are not needed.
            members = values if state.lam == 0 else vars(state)
            places = (tuple(np.ravel(members[name]).tolist()) for name in ("kappa", "kappa_star", "delta"))
            thresholds = _thresholds(*places)
            grid = alpha_grid(state.alpha_top, through=thresholds.cusps(values["lam"]))
            # The points under the marker come along: one call costs less than two.
            both = curves_through(thresholds, np.append(grid, state.alpha), **values)
            marker = both[:, -1]
            self._solved = _Solved(setting, both[:, :-1], thresholds)
        bayes, best = _bayes(state.kappa_star, state.delta, state.alpha_top, state.alpha)
        known = self._solved.thresholds
        current = known[min(spread.current, known.bayes.size - 1)]
        shown = state.references
        view = LearningCurves(
            curves=self._solved.curves,
            marker=marker,
            names=names,
            current=spread.current,
            shades=spread.shades,
            theme=state.theme,
            x_scale=state.x_scale,
            y_scale=state.y_scale,
            thresholds=named(current, noisy=state.delta > 0) if shown else (),
            bayes=bayes if shown else None,
            simulated=None if self.run is None else self.run.points(self._is_current(self.run)),
        )
        return view, _Reading(marker, current, best)

    def _request(self) -> CurveRequest:
        """The networks to train along the current curve."""
        s = self.state
        places = simulated_alphas(s.alpha_top, s.x_scale, s.alpha)
        return CurveRequest(s.kappa, s.kappa_star, s.delta, s.lam, places, s.sim_d, s.sim_networks)

    def _is_current(self, run: CurveRun) -> bool:
        """Whether networks belong to the current curve."""
        return run.request.curve == self._request().curve

    def _take_click(self, _trace: go.Scatter, points: Any, _input: object) -> None:
        """Move the marker to where a curve was clicked."""
        if points.xs:
            self.change(alpha=float(f"{points.xs[0]:.4g}"))


@lru_cache(maxsize=1)
def _thresholds(
    kappa: tuple[float, ...], kappa_star: tuple[float, ...], delta: tuple[float, ...]
) -> CurveThresholds:
    """The thresholds of a family; weight decay does not move them."""
    return curve_thresholds(kappa, kappa_star, delta)


@lru_cache(maxsize=1)
def _bayes(kappa_star: float, delta: float, top: float, alpha: float) -> tuple[BayesOptimal, float]:
    """The Bayes-optimal error over the axis, through the place where it becomes 0; and that at the marker."""
    threshold = recovery_threshold(kappa_star, kappa_star, "bayes") if delta == 0 else np.inf
    grid = alpha_grid(top, threshold * (1 - _BEFORE), _BAYES_POINTS)
    both = bayes_optimal(np.append(grid, alpha), kappa_star, delta)
    curve = both[:-1]
    return curve, float(both.mmse[-1])


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    LearningCurvesExplorer().at(**state).show()


def _axis_track(top: float, scale: Scale) -> Track:
    """The stops of the marker's slider: as many for a short axis as for a long one, at round values."""
    alpha = PARAMETERS["alpha"]
    steps = round((top - alpha.low) / (alpha.step * top)) if scale == "linear" else POINTS
    return Track(alpha.low, top, steps, scale)


def _name(parameter: str, value: float) -> str:
    """The name of a curve: what it is compared by."""
    if not parameter:
        return ""
    zero = value == 0 and PARAMETERS[parameter].scale == "log"
    return f"{PARAMETERS[parameter].symbol} = {'0+' if zero else four_digits(value)}"
