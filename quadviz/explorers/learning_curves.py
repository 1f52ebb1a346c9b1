"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from numpy.typing import NDArray

from quadviz.explorers.controls import ParameterControl, ThemeProbe
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html
from quadviz.explorers.readout import cards, family_paragraph, four_digits, prose
from quadviz.explorers.tracks import Track
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

#: No zooming, one button: the figure as SVG.
_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "doubleClick": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "svg", "filename": "learning_curves"},
}

_log = logging.getLogger(__name__)


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


class LearningCurvesExplorer:
    """The page: one state, the controls that change it, and a figure that follows.

    Attributes:
        state: what the page shows now.
        controls: a control for each parameter, by name.
        figure: the one figure, updated in place.
        widget: the page, to be displayed.
    """

    def __init__(self) -> None:
        self.state = State()
        self._solved: tuple[object, SteadyState] | None = None
        # A browser that comes finds what the live figure was made with: it starts with the curves drawn.
        view, _ = self._solve()
        drawing = learning_curves_skeleton(len(view.names))
        self._pen = LearningCurvesPen(drawing, precision=np.float32)
        self._pen.draw(view)
        self.figure = LiveFigure(drawing)
        self._pen.figure = self.figure
        self.figure._config = _CONFIG
        self.controls = {name: ParameterControl(PARAMETERS[name]) for name in (*CURVE_PARAMETERS, "alpha")}
        self.controls["alpha"].add_class("qv-under-axis")
        families = [
            (f"five values of {p.symbol}, {p.label}", name)
            for name, p in PARAMETERS.items()
            if name in CURVE_PARAMETERS
        ]
        self.compare = widgets.Dropdown(options=[("one curve", None), *families], value=self.state.compare)
        self.compare.tooltip = "Draw a family of curves over one parameter"
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = choice("α axis", scales, self.state.x_scale)
        self.y_scale = choice("Error axes", scales, self.state.y_scale)
        tops = [(f"{top:g}", top) for top in ALPHA_TOPS]
        self.alpha_top = choice("α up to", tops, self.state.alpha_top)
        self.theme = ThemeProbe()
        reset = widgets.Button(description="Reset all", tooltip="Every parameter back to its default")
        reset.add_class("qv-reset-all")
        reset.on_click(lambda _button: self.reset())
        self.page = Page(
            "Learning curves",
            "How well does a trained wide quadratic network generalise, and when does more data hurt?",
            [
                *self._groups().items(),
                ("Compare", [self.compare]),
            ],
            [self.x_scale, self.y_scale, self.alpha_top, reset],
            [self.figure, self.controls["alpha"], key(), self.theme],
        )
        self.widget = self.page.widget
        # A kernel may run two callbacks at once; the state and the figure change under one lock.
        self._lock = threading.RLock()
        self._held = False
        self._show_state()
        self._connect()
        self.refresh()

    def _groups(self) -> dict[str, list[ParameterControl]]:
        """The controls of the rail under the headings of the parameter table."""
        groups: dict[str, list[ParameterControl]] = {}
        for name in CURVE_PARAMETERS:
            groups.setdefault(PARAMETERS[name].group, []).append(self.controls[name])
        return groups

    def change(self, **values: Any) -> None:
        """Change fields of the state; controls and figure follow.

        A marker moved beyond the end of the axis lengthens the axis; an axis made shorter takes the
        marker along.
        """
        with self._lock:
            state = replace(self.state, **values)
            if state.alpha > state.alpha_top:
                if "alpha" in values:
                    state = replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
                else:
                    state = replace(state, alpha=state.alpha_top)
            if state == self.state:
                return
            self.state = state
            self._show_state()
            if not self._held:
                self.refresh()

    def reset(self) -> None:
        """Put every parameter back to its default."""
        with self.one_refresh():
            for control in self.controls.values():
                control.reset()

    @contextmanager
    def one_refresh(self) -> Iterator[None]:
        """Several changes, one update of the page."""
        with self._lock:
            self._held = True
            try:
                yield
            finally:
                self._held = False
            self.refresh()

    def refresh(self) -> None:
        """Solve for the state and redraw; a failure is told on the page, which stays alive."""
        try:
            view, marker = self._solve()
            self._pen.draw(view)
            self._tell(view, marker)
        except Exception:  # noqa: BLE001 - whatever went wrong, the page must go on and the viewer be told
            _log.debug("the learning-curve page failed at %s", self.state, exc_info=True)
            self.page.complain(
                "The curves could not be computed for this setting; those shown are the last that could. "
                "Move a control, or press Reset all."
            )
        else:
            self.page.all_well()

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

    def _show_state(self) -> None:
        """Put every control where the state is; those already there do not stir."""
        state = self.state
        for name, control in self.controls.items():
            control.value = getattr(state, name)
        self.compare.value = state.compare
        self.x_scale.value, self.y_scale.value = state.x_scale, state.y_scale
        self.alpha_top.value = state.alpha_top
        axis = _axis_track(state.alpha_top, state.x_scale)
        if self.controls["alpha"].track != axis:
            self.controls["alpha"].track = axis

    def _connect(self) -> None:
        def follow(widget: widgets.Widget, trait: str, field: str) -> None:
            widget.observe(lambda change: self.change(**{field: change["new"]}), trait)

        for name, control in self.controls.items():
            follow(control, "value", name)
        for field in ("compare", "x_scale", "y_scale", "alpha_top"):
            follow(getattr(self, field), "value", field)
        self.theme.observe(lambda change: self.change(theme="dark" if change["new"] else "light"), "dark")
        for trace in self.figure.data:
            trace.on_click(self._take_click)

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
