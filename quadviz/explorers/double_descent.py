"""The double-descent explorer: where the test error peaks, in samples and in width, and how to tame it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go

from quadviz.explorers.double_descent_readout import cards, prose
from quadviz.explorers.double_descent_results import (
    ALPHA_TOPS,
    POINTS,
    Results,
    Solver,
    State,
    decay_name,
    decay_shade,
)
from quadviz.explorers.double_descent_table import (
    samples_code,
    samples_table,
    widths_code,
    widths_table,
)
from quadviz.explorers.exhibit import DASHED, Exhibit
from quadviz.explorers.explorer import Explorer
from quadviz.explorers.line_key import CURVE_KINDS, line_key
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html
from quadviz.explorers.tracks import Track
from quadviz.figures.double_descent import (
    DoubleDescent,
    DoubleDescentPen,
    double_descent_figure,
    double_descent_skeleton,
)
from quadviz.figures.double_descent_width import WidthDescent, WidthPen, width_figure, width_skeleton
from quadviz.figures.theme import family_colours
from quadviz.setting import PARAMETERS

__all__ = ["DoubleDescentExplorer", "State", "show"]

SETTINGS = ("kappa", "kappa_star", "delta", "lam")


class DoubleDescentExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker in samples and width, and two linked figures.

    Attributes:
        samples: the figure against alpha.
        widths: the figure against kappa.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*SETTINGS, "alpha"))
        self._solver = Solver()
        results = self._solver.results(self.state)
        self._samples_pen = DoubleDescentPen(double_descent_skeleton(), precision=np.float32)
        self._widths_pen = WidthPen(width_skeleton(), precision=np.float32)
        self._put(results)
        self.samples = LiveFigure(self._samples_pen.figure)
        self.widths = LiveFigure(self._widths_pen.figure)
        self._samples_pen.figure, self._widths_pen.figure = self.samples, self.widths
        self.controls["alpha"].add_class("qv-under-axis")
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = self.bind("x_scale", choice("α, κ axes", scales))
        self.y_scale = self.bind("y_scale", choice("mse axes", scales))
        self.alpha_top = self.bind("alpha_top", choice("α up to", [(f"{top:g}", top) for top in ALPHA_TOPS]))
        against_alpha = widgets.Box([self.samples, self.controls["alpha"]])
        against_alpha.add_class("qv-against-alpha")
        against_kappa = widgets.Box(
            [self.widths, line_key(CURVE_KINDS, "A click in a figure moves the marker.")]
        )
        against_kappa.add_class("qv-against-kappa")
        self.page = Page(
            "double_descent",
            "Why does the test error peak where the network just fits its data, and what removes the peak?",
            self.groups(SETTINGS),
            [self.x_scale, self.y_scale, self.alpha_top, self.reset_button()],
            [against_alpha, against_kappa, self.theme],
        )
        self.page.widget.add_class("qv-double-descent")
        for figure, field in ((self.samples, "alpha"), (self.widths, "kappa")):
            for trace in figure.data:
                trace.on_click(self._mover(field))
        self.start()

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The figure against samples, and the one against width."""

        def anew() -> Results:
            # Points solved along with others differ from them in the last digit.
            return Solver().results(self.state)

        return (
            Exhibit(
                "double_descent",
                "mse against samples, for many weight decays and the best one",
                self.samples,
                lambda: double_descent_figure(self._against_samples(anew())),
                lambda: samples_table(anew()),
                lambda: samples_code(self.state),
                ("delta", "lam", "kappa", "kappa_star", "alpha"),
                key=f"Diamond: the peak at interpolation. {DASHED}.",
                slide=lambda: double_descent_figure(self._against_samples(self._solver.results(self.state))),
            ),
            Exhibit(
                "double_descent_width",
                "mse against width",
                self.widths,
                lambda: width_figure(self._against_width(anew())),
                lambda: widths_table(anew()),
                lambda: widths_code(self.state),
                ("alpha", "delta", "lam", "kappa_star", "kappa"),
                key=f"{DASHED}.",
                slide=lambda: width_figure(self._against_width(self._solver.results(self.state))),
            ),
        )

    def elsewhere(self, state: State) -> Self:
        """A twin in another state, which begins with what this one has solved."""
        twin = super().elsewhere(state)
        twin._solver = self._solver.copy()
        return twin

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A marker moved beyond the end of the axis lengthens it; an axis made shorter takes it along."""
        if state.alpha <= state.alpha_top:
            return state
        if "alpha" in changed:
            return replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
        return replace(state, alpha=state.alpha_top)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        alpha, top = PARAMETERS["alpha"], self.state.alpha_top
        linear = self.state.x_scale == "linear"
        steps = round((top - alpha.low) / (alpha.step * top)) if linear else 2 * POINTS
        axis = Track(alpha.low, top, steps, self.state.x_scale)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def draw(self) -> None:
        """Solve for the state, redraw both figures, and fill the read-out."""
        results = self._solver.results(self.state)
        self._put(results)
        self.page.readout.value = cards_html("Under the marker", cards(results))
        self.page.prose.value = prose_html(prose(results))

    def _put(self, results: Results) -> None:
        """Draw results into both figures."""
        self._samples_pen.draw(self._against_samples(results))
        self._widths_pen.draw(self._against_width(results))

    def _colours(self, results: Results) -> tuple[tuple[str, ...], tuple[float, ...], tuple[str, ...]]:
        """Names, shades and colours of the weight decays."""
        names = tuple(decay_name(lam) for lam in results.lams)
        shades = tuple(decay_shade(lam) for lam in results.lams)
        return names, shades, family_colours(len(names), self.state.theme, shades)

    def _against_samples(self, results: Results) -> DoubleDescent:
        names, shades, _ = self._colours(results)
        return DoubleDescent(
            family=results.family,
            names=names,
            shades=shades,
            current=results.current,
            best=results.best,
            bayes=results.bayes,
            threshold=results.threshold,
            recovery=results.recovery,
            marker=results.marker,
            best_marker=results.best_marker,
            bayes_marker=results.bayes_marker,
            theme=self.state.theme,
            x_scale=self.state.x_scale,
            y_scale=self.state.y_scale,
        )

    def _against_width(self, results: Results) -> WidthDescent:
        names, _, colours = self._colours(results)
        return WidthDescent(
            ridgeless=results.ridgeless_widths,
            current=results.current_widths,
            best=results.best_widths,
            marker=results.width_marker,
            name=names[results.current],
            colours=(colours[0], colours[results.current]),
            mmse=results.bayes_marker,
            interpolating=results.interpolating,
            theme=self.state.theme,
            x_scale=self.state.x_scale,
            y_scale=self.state.y_scale,
        )

    def _mover(self, field: str) -> Any:
        """What moves a field of the state to where a curve was clicked."""

        def take(_trace: go.Scatter, points: Any, _input: object) -> None:
            if points.xs:
                self.change(**{field: float(f"{points.xs[0]:.4g}")})

        return take


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    DoubleDescentExplorer().at(**state).show()
