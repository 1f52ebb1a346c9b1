"""The double-descent explorer: where the test error peaks, in samples and in width, and how to tame it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.double_descent.table import (
    samples_code,
    samples_table,
    widths_code,
    widths_table,
)
from quadviz.explorers.double_descent.words import cards, prose
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.fields import choice, scale, slider
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import DASHED
from quadviz.explorers.kit.shown import Shown
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, line_key
from quadviz.explorers.kit.zooming import HANDS, Axis, axis_track, kept_in, zoomed
from quadviz.figures.double_descent.samples import MARGIN, double_descent_figure
from quadviz.figures.double_descent.width import width_figure
from quadviz.figures.marks.axes import Scale
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.theme import ThemeName
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.double_descent import POINTS, DescentSetting, DoubleDescent, double_descent

__all__ = ["DoubleDescentExplorer", "State", "show", "still"]

ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
WIDTHS = Axis("width_span", "kappa", lambda state: float(state.setting.kappa_top), frozenset({"x_scale"}))


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width; where the marker stands on the width axis.
        lam: weight decay of the curve drawn thick.
        alpha: where the marker stands on the alpha axis, and the number of samples of the width axis.
        x_scale: scale of the alpha and the width axis.
        alpha_top: right end of the alpha axis.
        span: the stretch of the alpha axis that is zoomed into; None for all of it.
        width_span: the stretch of the width axis, likewise.
    """

    kappa: float = slider("kappa")
    kappa_star: float = slider("kappa_star")
    delta: float = slider("delta")
    lam: float = slider("lam")
    # Left of the peak, where there is one over the width too.
    alpha: float = slider("alpha", 0.25, group="")
    x_scale: Scale = scale("linear", "α, κ axes")
    y_scale: Scale = scale("log", "mse axes")
    alpha_top: float = choice(1.0, ALPHA_TOPS, "α up to")
    span: tuple[float, float] | None = None
    width_span: tuple[float, float] | None = None
    theme: ThemeName = "light"

    @property
    def setting(self) -> DescentSetting:
        """What is solved for."""
        low, top = self.seen
        law = (self.kappa_star, self.delta)
        return DescentSetting(self.kappa, *law, self.lam, self.alpha, top, low, self.width_span)

    @property
    def seen(self) -> tuple[float, float]:
        """The ends of the alpha axis."""
        return self.span or (PARAMETERS["alpha"].low, self.alpha_top)


class DoubleDescentExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker in samples and width, and two linked figures."""

    name = "double_descent"
    question = "Why does the test error peak where the network just fits its data, and what removes the peak?"
    opens, margin, look = State, MARGIN, "qv-double-descent"
    shown = (
        Shown(
            name,
            "mse against samples, for many weight decays and the best one",
            draw=lambda page, scene, held: page.against_samples(scene, held),
            table=lambda _page, scene: samples_table(scene),
            code=lambda page, _scene: samples_code(page.state.setting),
            sliders=("delta", "lam", "kappa", "kappa_star", "alpha"),
            key=f"Diamond: the peak at interpolation. {DASHED}.",
            click=("alpha", ""),
            zooms="span",
        ),
        Shown(
            "double_descent_width",
            "mse against width",
            draw=lambda page, scene, held: page.against_width(scene, held),
            table=lambda _page, scene: widths_table(scene),
            code=lambda page, _scene: widths_code(page.state.setting),
            sliders=("alpha", "delta", "lam", "kappa_star", "kappa"),
            key=f"{DASHED}.",
            click=("kappa", ""),
            zooms="width_span",
        ),
    )

    def main(self) -> Sequence[widgets.Widget]:
        """The figure against samples with its marker's slider, and the one against width."""
        samples, widths = self.figures.values()
        self.controls["alpha"].add_class("qv-under-axis")
        against_alpha = widgets.Box([samples, self.controls["alpha"]])
        against_alpha.add_class("qv-against-alpha")
        against_kappa = widgets.Box([widths, line_key(CURVE_KINDS, HANDS)])
        against_kappa.add_class("qv-against-kappa")
        return [against_alpha, against_kappa]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """The marker stays on both axes, and in stretches that are zoomed into."""
        return kept_in(zoomed(zoomed(state, changed), changed, WIDTHS), ALPHA_TOPS, changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        self.controls["alpha"].track = axis_track(self.state, 2 * POINTS)

    def scene(self) -> DoubleDescent:
        """What there is to see."""
        return double_descent(self.state.setting, self.memo)

    def against_samples(self, scene: DoubleDescent, held: Held | None) -> Drawing:
        """The figure against samples."""
        s = self.state
        return double_descent_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.span is not None)

    def against_width(self, scene: DoubleDescent, held: Held | None) -> Drawing:
        """The figure against width."""
        s = self.state
        return width_figure(scene, s.theme, s.x_scale, s.y_scale, held, zoomed=s.width_span is not None)

    def cards(self, scene: DoubleDescent) -> tuple[str, Sequence[Card]]:
        """The points under the marker."""
        return "Under the marker", cards(scene)

    def prose(self, scene: DoubleDescent) -> Sequence[Paragraph]:
        """The peaks, and what removes them."""
        return prose(scene)


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    DoubleDescentExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = DoubleDescentExplorer.still
