"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from numpy.typing import NDArray

from quadviz.explorers.explorer import Explorer
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html
from quadviz.explorers.readout import cards, family_paragraph, prose
from quadviz.explorers.tracks import Track
from quadviz.explorers.wording import four_digits
from quadviz.figures.axes import Scale
from quadviz.figures.learning_curves import (
    DASH,
    LearningCurves,
    LearningCurvesPen,
    learning_curves_skeleton,
)
from quadviz.figures.theme import ThemeName
from quadviz.setting import PARAMETERS
from quadviz.theory.steady_state import SteadyState, learning_curve, steady_state

__all__ = ["FAMILY", "Family", "LearningCurvesExplorer", "State", "alpha_grid", "family", "show"]

FloatArray = NDArray[np.float64]

POINTS = 200
ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
CURVE_PARAMETERS = ("kappa", "kappa_star", "delta", "lam")
#: What the current value is compared with. The middle one gives way to it, unless it is one of the others.
FAMILY: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "kappa": (0.1, 0.2, 0.35, 0.5, 1.0),
        "kappa_star": (0.05, 0.15, 0.3, 0.6, 1.2),
        "lam": (0.0, 1e-3, 1e-2, 1e-1, 1.0),
        "delta": (0.0, 0.1, 0.5, 1.5, 4.0),
    }
)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alpha: where the marker stands.
        compare: the parameter the family runs over, or None for a single curve.
        x_scale: scale of the alpha axis.
        y_scale: scale of the vertical axes.
        alpha_top: right end of the alpha axis, one of ``ALPHA_TOPS``.
        theme: the page's background.
    """

    kappa: float = PARAMETERS["kappa"].default
    kappa_star: float = PARAMETERS["kappa_star"].default
    delta: float = PARAMETERS["delta"].default
    lam: float = PARAMETERS["lam"].default
    alpha: float = PARAMETERS["alpha"].default
    compare: str | None = "lam"
    x_scale: Scale = "linear"
    y_scale: Scale = "log"
    alpha_top: float = 1.0
    theme: ThemeName = "light"


def alpha_grid(top: float) -> FloatArray:
    """The alphas of a curve, shape (200,): evenly spaced in the root, denser where curves bend."""
    low = PARAMETERS["alpha"].low
    grid: FloatArray = np.linspace(math.sqrt(low), math.sqrt(top), POINTS) ** 2
    grid[0], grid[-1] = low, top
    return grid


@dataclass(frozen=True)
class Family:
    """The curves of a comparison, or the one curve there is without.

    Attributes:
        values: values of the compared parameter, in increasing order.
        current: index of the current one.
        shades: where each stands in the family, from 0 to 1. The shade is a function of the value: as a
            slider moves its curve through the others, these keep their colours.
    """

    values: tuple[float, ...]
    current: int
    shades: tuple[float, ...]


def family(name: str, value: float) -> Family:
    """Five increasing values of a parameter, the current one among them.

    >>> family("lam", 0.05).values
    (0.0, 0.001, 0.05, 0.1, 1.0)
    """
    parameter, landmarks = PARAMETERS[name], FAMILY[name]

    def place(x: float) -> float:
        return math.log(max(x, 0.1 * parameter.low)) if parameter.scale == "log" else math.sqrt(x)

    middle = len(landmarks) // 2
    others = landmarks if value in landmarks else landmarks[:middle] + landmarks[middle + 1 :]
    values = sorted({value, *others})
    # The ends of the range are shades too: no value has the colour of another.
    anchors = sorted({0.0 if parameter.zero_allowed else parameter.low, *landmarks, parameter.high})
    shades = np.interp(
        [place(x) for x in values], [place(x) for x in anchors], np.linspace(0, 1, len(anchors))
    )
    return Family(tuple(values), values.index(value), tuple(shades.tolist()))


class LearningCurvesExplorer(Explorer[State]):
    """The page: sliders for the setting, a marker, and three linked panels.

    Attributes:
        figure: the one figure, updated in place.
    """

    def __init__(self) -> None:
        super().__init__(State(), (*CURVE_PARAMETERS, "alpha"))
        self._solved: tuple[object, SteadyState] | None = None
        view, _ = self._solve()
        drawing = learning_curves_skeleton(len(view.names))
        self._pen = LearningCurvesPen(drawing, precision=np.float32)
        self._pen.draw(view)
        self.figure = LiveFigure(drawing, "learning_curves")
        self._pen.figure = self.figure
        self.controls["alpha"].add_class("qv-under-axis")
        families = [
            (f"five values of {p.symbol}, {p.label}", name)
            for name, p in PARAMETERS.items()
            if name in CURVE_PARAMETERS
        ]
        self.compare = self.bind("compare", widgets.Dropdown(options=[("one curve", None), *families]))
        self.compare.tooltip = "Draw a family of curves over one parameter"
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = self.bind("x_scale", choice("α axis", scales))
        self.y_scale = self.bind("y_scale", choice("Error axes", scales))
        self.alpha_top = self.bind("alpha_top", choice("α up to", [(f"{top:g}", top) for top in ALPHA_TOPS]))
        self.page = Page(
            "learning_curves",
            "How well does a trained wide quadratic network generalise, and when does more data hurt?",
            [*self.groups(CURVE_PARAMETERS), ("Compare", [self.compare])],
            [self.x_scale, self.y_scale, self.alpha_top, self.reset_button()],
            [self.figure, self.controls["alpha"], key(), self.theme],
        )
        for trace in self.figure.data:
            trace.on_click(self._take_click)
        self.start()

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
        axis = _axis_track(self.state.alpha_top, self.state.x_scale)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out."""
        view, marker = self._solve()
        self._pen.draw(view)
        self._tell(view, marker)

    def _tell(self, view: LearningCurves, marker: SteadyState) -> None:
        """Fill the cards and the prose."""
        curve, point = view.curves[view.current], marker[view.current]
        name = view.names[view.current]
        caption = f"Under the marker: α = {four_digits(self.state.alpha)}" + (f", {name}" if name else "")
        paragraphs = prose(curve, point)
        if name and (comparison := family_paragraph(view.names, marker)):
            paragraphs.append(comparison)
        self.page.readout.value = cards_html(caption, cards(point))
        self.page.prose.value = prose_html(paragraphs)

    def _solve(self) -> tuple[LearningCurves, SteadyState]:
        """The curves and the points under the marker, in one call; the points alone where only they moved."""
        state = self.state
        values: dict[str, float | FloatArray] = {name: getattr(state, name) for name in CURVE_PARAMETERS}
        compared, spread = state.compare, Family((state.kappa,), 0, (0.0,))
        if compared is not None:
            spread = family(compared, getattr(state, compared))
        values[compared or "kappa"] = np.array(spread.values)
        names = tuple(_name(compared, value) for value in spread.values)
        setting = (state.alpha_top, compared, *(getattr(state, name) for name in CURVE_PARAMETERS))
        if self._solved is not None and self._solved[0] == setting:
            curves, marker = self._solved[1], steady_state(state.alpha, **values)
        else:
            both = learning_curve(np.append(alpha_grid(state.alpha_top), state.alpha), **values)
            curves, marker = both[:, :-1], both[:, -1]
            self._solved = (setting, curves)
        view = LearningCurves(
            curves=curves,
            marker=marker,
            names=names,
            current=spread.current,
            shades=spread.shades,
            theme=state.theme,
            x_scale=state.x_scale,
            y_scale=state.y_scale,
        )
        return view, marker

    def _take_click(self, _trace: go.Scatter, points: Any, _input: object) -> None:
        """Move the marker to where a curve was clicked."""
        if points.xs:
            self.change(alpha=float(f"{points.xs[0]:.4g}"))


def key() -> widgets.HTML:
    """What the kinds of line mean."""
    samples = (
        ("", "exact as d → ∞"),
        (f'stroke-dasharray="{DASH}"', "rank-limited: steady-state assumption"),
        ('stroke-dasharray="0 5" stroke-linecap="round"', "dots: other solutions exist"),
    )
    line = '<svg width="30" height="8" aria-hidden="true"><line x1="2" x2="28" y1="4" y2="4" {}/></svg>'
    items = "".join(f"<span>{line.format(look)}{meaning}</span>" for look, meaning in samples)
    legend = widgets.HTML(f"<p>{items}<span>A click in the figure moves the marker.</span></p>")
    legend.add_class("qv-key")
    return legend


def show() -> None:
    """Put the explorer on the page, below the cell that calls this."""
    display(LearningCurvesExplorer().widget)  # type: ignore[no-untyped-call]


def _axis_track(top: float, scale: Scale) -> Track:
    """The stops of the marker's slider: as many for a short axis as for a long one, at round values."""
    alpha = PARAMETERS["alpha"]
    steps = round((top - alpha.low) / (alpha.step * top)) if scale == "linear" else POINTS
    return Track(alpha.low, top, steps, scale)


def _name(parameter: str | None, value: float) -> str:
    """The name of a curve: what it is compared by."""
    if parameter is None:
        return ""
    zero = value == 0 and PARAMETERS[parameter].scale == "log"
    return f"{PARAMETERS[parameter].symbol} = {'0+' if zero else four_digits(value)}"
