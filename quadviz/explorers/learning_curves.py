"""The learning-curve explorer: sliders in, three linked panels and their explanation out."""

from __future__ import annotations

import html
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from numpy.typing import NDArray

from quadviz.explorers.controls import ParameterControl, ThemeProbe
from quadviz.explorers.page import Page, cards_html, choice
from quadviz.explorers.readout import cards, prose
from quadviz.explorers.tracks import Track
from quadviz.figures.learning_curves import (
    LearningCurves,
    LearningCurvesPen,
    Scale,
    learning_curves_skeleton,
)
from quadviz.figures.theme import ThemeName
from quadviz.setting import PARAMETERS
from quadviz.theory.steady_state import SteadyState, learning_curve, steady_state

__all__ = ["FAMILY", "LearningCurvesExplorer", "State", "alpha_grid", "family", "member", "show"]

FloatArray = NDArray[np.float64]

POINTS = 200
ALPHA_TOPS = (0.5, 1.0, PARAMETERS["alpha"].high)
CURVE_PARAMETERS = ("kappa", "kappa_star", "lam", "delta")
#: The values a comparison spreads over; the one nearest the current value gives way to it.
FAMILY: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "kappa": (0.1, 0.2, 0.35, 0.6, 1.0),
        "kappa_star": (0.05, 0.15, 0.3, 0.6, 1.2),
        "lam": (0.0, 1e-3, 1e-2, 1e-1, 1.0),
        "delta": (0.0, 0.1, 0.5, 1.5, 4.0),
    }
)

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


def family(name: str, value: float) -> tuple[tuple[float, ...], int]:
    """Five increasing values of a parameter, the current one among them, and its index."""

    def place(x: float) -> float:
        parameter = PARAMETERS[name]
        return math.log(max(x, 0.3 * parameter.low)) if parameter.scale == "log" else x

    spread = FAMILY[name]
    current = min(range(len(spread)), key=lambda i: abs(place(spread[i]) - place(value)))
    return (*spread[:current], value, *spread[current + 1 :]), current


def member(curves: SteadyState, index: int) -> SteadyState:
    """One curve of a family as a result of its own: row ``index`` of every array."""
    shape = curves.mse.shape
    rows = {f.name: np.broadcast_to(getattr(curves, f.name), shape)[index] for f in fields(SteadyState)}
    return SteadyState(**rows)


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
        self.figure = go.FigureWidget(learning_curves_skeleton(len(FAMILY["lam"])))
        self.figure._config = {"displaylogo": False, "responsive": True}
        self._pen = LearningCurvesPen(self.figure)
        self.controls = {name: ParameterControl(PARAMETERS[name]) for name in (*CURVE_PARAMETERS, "alpha")}
        self.controls["alpha"].add_class("qv-under-axis")
        symbols = [(f"family over {PARAMETERS[n].symbol}  {PARAMETERS[n].label}", n) for n in CURVE_PARAMETERS]
        self.compare = widgets.Dropdown(
            options=[("one curve", None), *symbols], value=self.state.compare, description="Compare"
        )
        scales = [("linear", "linear"), ("log", "log")]
        self.x_scale = choice("α axis", scales, self.state.x_scale)
        self.y_scale = choice("error axes", scales, self.state.y_scale)
        tops = [(f"{top:g}", top) for top in ALPHA_TOPS]
        self.alpha_top = choice("α up to", tops, self.state.alpha_top)
        self.theme = ThemeProbe()
        reset = widgets.Button(description="Reset all", tooltip="Every parameter back to its default")
        reset.on_click(lambda _button: self.reset())
        self.page = Page(
            "Learning curves",
            "How well does a trained wide quadratic network generalise, and when does more data hurt?",
            [
                ("Network", [self.controls["kappa"], self.controls["kappa_star"]]),
                ("Data", [self.controls["delta"]]),
                ("Training", [self.controls["lam"]]),
                ("View", [self.compare, self.x_scale, self.y_scale, self.alpha_top, reset]),
            ],
            [self.figure, self.controls["alpha"], self.theme],
        )
        self.widget = self.page.widget
        # A kernel may run two callbacks at once; the state and the figure change under one lock.
        self._lock = threading.RLock()
        self._held = False
        self._solved: tuple[object, SteadyState] | None = None
        self._show_state()
        self._connect()
        self.refresh()

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
            curve, point = member(view.curves, view.current), member(marker, view.current)
            caption = f"Under the marker: α = {self.state.alpha:.4g}"
            if view.names[view.current]:
                caption += f", {view.names[view.current]}"
            self.page.readout.value = cards_html(caption, cards(point))
            sentences = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in prose(curve, point))
            self.page.prose.value = f'<h2 class="qv-caption">What you are seeing</h2>{sentences}'
        except Exception:  # noqa: BLE001 - whatever went wrong, the page must go on and the viewer be told
            _log.debug("the learning-curve page failed at %s", self.state, exc_info=True)
            self.page.complain(
                "The curves could not be computed for this setting; those shown are the last that could. "
                "Move a control, or press Reset all."
            )
        else:
            self.page.all_well()

    def _solve(self) -> tuple[LearningCurves, SteadyState]:
        """Every curve in one call and the points under the marker in another."""
        state = self.state
        values: dict[str, float | FloatArray] = {name: getattr(state, name) for name in CURVE_PARAMETERS}
        names: tuple[str, ...] = ("",)
        current = 0
        if state.compare is None:
            values["kappa"] = np.array([state.kappa])
        else:
            spread, current = family(state.compare, getattr(state, state.compare))
            values[state.compare] = np.array(spread)
            names = tuple(_name(state.compare, value) for value in spread)
        key = (state.alpha_top, state.compare, *(getattr(state, name) for name in CURVE_PARAMETERS))
        if self._solved is None or self._solved[0] != key:
            self._solved = (key, learning_curve(alpha_grid(state.alpha_top), **values))
        marker = steady_state(state.alpha, **values)
        view = LearningCurves(
            self._solved[1], marker, names, current, state.theme, state.x_scale, state.y_scale
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
        axis = Track(PARAMETERS["alpha"].low, state.alpha_top, POINTS, state.x_scale)
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


def _name(parameter: str, value: float) -> str:
    zero = "0+" if value == 0 and PARAMETERS[parameter].scale == "log" else f"{value:.3g}"
    return f"{PARAMETERS[parameter].symbol} = {zero}"


def show() -> None:
    """Put the explorer on the page, below the cell that calls this."""
    display(LearningCurvesExplorer().widget)
