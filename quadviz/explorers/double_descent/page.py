"""The double-descent explorer: where the test error peaks, in samples and in width, and how to tame it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self

import ipywidgets as widgets

from quadviz.explorers.double_descent.table import (
    samples_code,
    samples_table,
    widths_code,
    widths_table,
)
from quadviz.explorers.double_descent.words import cards, prose
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Page, cards_html, choice, prose_html
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, line_key
from quadviz.explorers.kit.zooming import HANDS, axis_track, zoomed
from quadviz.explorers.live import LiveFigure
from quadviz.figures.double_descent.samples import MARGIN, double_descent_figure
from quadviz.figures.double_descent.width import width_figure
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import PARAMETERS
from quadviz.scenes.double_descent import POINTS, DescentSetting, DoubleDescent, Solver

__all__ = ["DoubleDescentExplorer", "State", "show", "still"]

SETTINGS = ("kappa", "kappa_star", "delta", "lam")
ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width; where the marker stands on the width axis.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay of the curve drawn thick.
        alpha: where the marker stands on the alpha axis, and the number of samples of the width axis.
        x_scale: scale of the alpha and the width axis.
        y_scale: scale of the mse axes.
        alpha_top: right end of the alpha axis, one of ``ALPHA_TOPS``.
        span: the stretch of the alpha axis that is zoomed into; None for all of it.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    # Left of the peak, where there is one over the width too.
    alpha: float = 0.25
    x_scale: Scale = "linear"
    y_scale: Scale = "log"
    alpha_top: float = 1.0
    span: tuple[float, float] | None = None
    theme: ThemeName = "light"

    @property
    def setting(self) -> DescentSetting:
        """What is solved for."""
        low, top = self.seen
        return DescentSetting(self.kappa, self.kappa_star, self.delta, self.lam, self.alpha, top, low)

    @property
    def seen(self) -> tuple[float, float]:
        """The ends of the alpha axis."""
        return self.span or (PARAMETERS["alpha"].low, self.alpha_top)


class DoubleDescentExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker in samples and width, and two linked figures.

    Attributes:
        samples: the figure against alpha.
        widths: the figure against kappa.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*SETTINGS, "alpha"))
        self._solver = Solver()
        scene = self._scene()
        self.samples = LiveFigure(self._against_samples(scene))
        self.widths = LiveFigure(self._against_width(scene))
        self.samples.on_click(lambda alpha, _mse: self.change(alpha=float(f"{alpha:.4g}")))
        self.samples.on_zoom(lambda span: self.change(span=span))
        self.widths.on_click(lambda kappa, _mse: self.change(kappa=float(f"{kappa:.4g}")))
        self.controls["alpha"].add_class("qv-under-axis")
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = self.bind("x_scale", choice("α, κ axes", scales))
        self.y_scale = self.bind("y_scale", choice("mse axes", scales))
        self.alpha_top = self.bind("alpha_top", choice("α up to", [(f"{top:g}", top) for top in ALPHA_TOPS]))
        against_alpha = widgets.Box([self.samples, self.controls["alpha"]])
        against_alpha.add_class("qv-against-alpha")
        against_kappa = widgets.Box([self.widths, line_key(CURVE_KINDS, HANDS)])
        against_kappa.add_class("qv-against-kappa")
        self.page = Page(
            "double_descent",
            "Why does the test error peak where the network just fits its data, and what removes the peak?",
            self.groups(SETTINGS),
            [self.x_scale, self.y_scale, self.alpha_top, self.reset_button()],
            [against_alpha, against_kappa, self.theme],
            margin=MARGIN,
        )
        self.page.widget.add_class("qv-double-descent")
        self.start()

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The figure against samples, and the one against width."""

        def anew() -> DoubleDescent:
            # Points solved along with others differ from them in the last digit.
            return Solver().scene(self.state.setting)

        return (
            Exhibit(
                "double_descent",
                "mse against samples, for many weight decays and the best one",
                self.samples,
                lambda: self._against_samples(anew()),
                lambda: samples_table(anew()),
                lambda: samples_code(self.state.setting),
                ("delta", "lam", "kappa", "kappa_star", "alpha"),
                key=f"Diamond: the peak at interpolation. {DASHED}.",
                slide=lambda: self._against_samples(self._scene()),
            ),
            Exhibit(
                "double_descent_width",
                "mse against width",
                self.widths,
                lambda: self._against_width(anew()),
                lambda: widths_table(anew()),
                lambda: widths_code(self.state.setting),
                ("alpha", "delta", "lam", "kappa_star", "kappa"),
                key=f"{DASHED}.",
                slide=lambda: self._against_width(self._scene()),
            ),
        )

    def elsewhere(self, state: State) -> Self:
        """A twin in another state, which begins with what this one has solved."""
        twin = super().elsewhere(state)
        twin._solver = self._solver.copy()
        return twin

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A marker moved beyond the end of the axis lengthens it; an axis made shorter takes it along."""
        if state.span is not None:
            state = zoomed(state, changed)
        if state.alpha <= state.alpha_top:
            return state
        if "alpha" in changed:
            return replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
        return replace(state, alpha=state.alpha_top)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        axis = axis_track(self.state, 2 * POINTS)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def draw(self) -> None:
        """Solve for the state, redraw both figures, and fill the read-out."""
        scene = self._scene()
        self.samples.show(self._against_samples(scene, self.samples.held))
        self.widths.show(self._against_width(scene, self.widths.held))
        self.page.readout.value = cards_html("Under the marker", cards(scene))
        self.page.prose.value = prose_html(prose(scene))

    def _scene(self) -> DoubleDescent:
        """What there is to see."""
        return self._solver.scene(self.state.setting)

    def _against_samples(self, scene: DoubleDescent, held: Held | None = None) -> Drawing:
        s = self.state
        return double_descent_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.span is not None)

    def _against_width(self, scene: DoubleDescent, held: Held | None = None) -> Drawing:
        return width_figure(scene, self.state.theme, self.state.x_scale, self.state.y_scale, held)


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    DoubleDescentExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = DoubleDescentExplorer.still
