"""The recovery explorer: a map of the test error, the thresholds in it, and what a point has learned."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.explorers.controls import ParameterControl
from quadviz.explorers.exhibit import DASHED, Exhibit
from quadviz.explorers.explorer import Explorer
from quadviz.explorers.line_key import line_key
from quadviz.explorers.live_figure import LiveFigure
from quadviz.explorers.page import Page, cards_html, choice, prose_html
from quadviz.explorers.plot_clicks import clickable
from quadviz.explorers.point_cards import cards
from quadviz.explorers.recovery_map import (
    COARSE,
    FINE,
    MEDIUM,
    Grid,
    MapSetting,
    curves_over,
    point_spectrum,
    point_thresholds,
    solve_grid,
    whole,
)
from quadviz.explorers.recovery_readout import recovery_prose
from quadviz.explorers.recovery_table import (
    THRESHOLDS_KEY,
    map_code,
    map_table,
    thresholds_code,
    thresholds_table,
)
from quadviz.explorers.spectra_table import learned_code, point_table
from quadviz.figures.phase_diagram import PhaseDiagramPen, phase_diagram_figure, phase_diagram_skeleton
from quadviz.figures.point_spectrum import (
    PointSpectrumPen,
    point_spectrum_figure,
    point_spectrum_skeleton,
)
from quadviz.figures.recovery_map import (
    COLOUR_RANGES,
    ColourRangeName,
    RecoveryMap,
    RecoveryMapPen,
    recovery_map_figure,
    recovery_map_skeleton,
)
from quadviz.figures.theme import DASH, ThemeName
from quadviz.figures.thresholds import LINES, Plane, ThresholdCurves, Width
from quadviz.scenes.wording import four_digits
from quadviz.setting import PARAMETERS, Parameter
from quadviz.theory.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady_state import SteadyState

__all__ = ["RecoveryExplorer", "State", "show"]

FloatArray = NDArray[np.float64]

#: Where this page opens: without noise and decay, a little short of recovery.
DEFAULTS = {"kappa": 0.5, "alpha": 0.29, "delta": 0.0, "lam": 0.0}
ALPHA_TOPS = (0.6, PARAMETERS["alpha"].high)
WIDTH_TOPS = (1.0, PARAMETERS["kappa"].high)
#: Seconds without a change after which the map is refined.
REST = 0.08

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alpha: sample ratio of the cross.
        vertical: the width that runs upwards on the map.
        alpha_top: right end of the map, one of ``ALPHA_TOPS``.
        width_top: upper end of the map, one of ``WIDTH_TOPS``.
        colours: what the colours span.
        theme: the page's background.
    """

    kappa: float = DEFAULTS["kappa"]
    kappa_star: float = PARAMETERS["kappa_star"].default
    delta: float = DEFAULTS["delta"]
    lam: float = DEFAULTS["lam"]
    alpha: float = DEFAULTS["alpha"]
    vertical: Width = "kappa"
    alpha_top: float = ALPHA_TOPS[0]
    width_top: float = WIDTH_TOPS[0]
    colours: ColourRangeName = "wide"
    theme: ThemeName = "light"

    @property
    def height(self) -> float:
        """The cross's place on the vertical axis."""
        return self.kappa if self.vertical == "kappa" else self.kappa_star

    @property
    def fixed(self) -> float:
        """The width that is the same all over the map."""
        return self.kappa_star if self.vertical == "kappa" else self.kappa


class RecoveryExplorer(Explorer[State]):
    """The page: a map to click on, the thresholds with the regions between them, the spectrum at a point.

    While a slider moves the map is solved coarsely; once it rests, finely, in between other events. Where
    no event loop runs the map is always fine.

    Attributes:
        map: the figure of the test error.
        phases: the figure of the regions.
        spectrum: the figure of the spectrum at the cross.
        notice: what a click is told that selected nothing.
    """

    def __init__(self) -> None:
        super().__init__(State(), ("kappa", "kappa_star", "alpha", "delta", "lam"))
        for name, default in DEFAULTS.items():
            control = ParameterControl(replace(PARAMETERS[name], default=default))
            self.controls[name] = self.bind(name, control)
        self._refining: asyncio.Task[None] | None = None
        self._setting = _map_setting(self.state)
        self._over = _curve_setting(self.state)
        self._curves = curves_over(*self._over)
        self._grid = whole(solve_grid(FINE, *self._setting))
        drawings = recovery_map_skeleton(), phase_diagram_skeleton(), point_spectrum_skeleton()
        self._map_pen = RecoveryMapPen(drawings[0], precision=np.float32)
        self._phase_pen = PhaseDiagramPen(drawings[1], precision=np.float32)
        self._spectrum_pen = PointSpectrumPen(drawings[2], precision=np.float32)
        self._draw_figures()
        self.map = self._map_pen.figure = LiveFigure(drawings[0])
        self.phases = self._phase_pen.figure = LiveFigure(drawings[1])
        self.spectrum = self._spectrum_pen.figure = LiveFigure(drawings[2])
        widths = [(PARAMETERS[name].symbol, name) for name in ("kappa", "kappa_star")]
        spans = [(span.name, name) for name, span in COLOUR_RANGES.items()]
        self.vertical = self.bind("vertical", choice("Upwards", widths))
        self.alpha_top = self.bind("alpha_top", choice("α to", _numbers(ALPHA_TOPS)))
        self.width_top = self.bind("width_top", choice("Width to", _numbers(WIDTH_TOPS)))
        self.colours = self.bind("colours", widgets.Dropdown(options=spans, description="Colours"))
        self.notice = widgets.HTML()
        self.notice.add_class("qv-notice")
        beside = widgets.Box([clickable(self.phases, self._take_click), self.spectrum])
        beside.add_class("qv-beside")
        plane = widgets.Box([clickable(self.map, self._take_click), beside])
        plane.add_class("qv-recovery")
        self.page = Page(
            "recovery",
            "When is the teacher recovered exactly, and what is learned short of that?",
            self.groups(),
            [self.vertical, self.alpha_top, self.width_top, self.colours, self.reset_button()],
            [plane, key(), self.notice, self.theme],
        )
        self.start()

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The map, the diagram and the small spectrum."""
        fixed = "kappa_star" if self.state.vertical == "kappa" else "kappa"
        return (
            Exhibit(
                "recovery_map",
                "map of the mse over samples and width",
                self.map,
                lambda: self._drawn_map(FINE),
                lambda: map_table(self._cells(FINE), _map_setting(self.state)),
                lambda: map_code(_map_setting(self.state)),
                ("lam", "delta", fixed),
                key=THRESHOLDS_KEY,
                # A web page of many fine maps would take a minute to make, and a while to load.
                slide=lambda: self._drawn_map(MEDIUM),
            ),
            Exhibit(
                "thresholds",
                "thresholds of recovery, and the regions between them",
                self.phases,
                lambda: phase_diagram_figure(self._plane()),
                lambda: thresholds_table(self._thresholds(), self.state.fixed),
                lambda: thresholds_code(self._thresholds(), self.state.fixed),
                (fixed,),
                key=THRESHOLDS_KEY,
            ),
            Exhibit(
                "spectrum",
                "spectrum that is learned at the cross",
                self.spectrum,
                lambda: point_spectrum_figure(point_spectrum(self._law(), self.state.theme)),
                lambda: point_table(self._law(), point_spectrum(self._law(), self.state.theme)),
                lambda: learned_code(self._law(), "eigenvalues"),
                ("alpha", "lam", "delta", "kappa", "kappa_star"),
                key=f"Blue: what is learned. {DASHED}.",
            ),
        )

    def settle(self, state: State, changed: Collection[str]) -> State:
        """A cross moved beyond the map makes it larger; a map made smaller takes the cross along."""
        if state.alpha > state.alpha_top:
            if "alpha_top" in changed:
                state = replace(state, alpha=state.alpha_top)
            else:
                state = replace(state, alpha_top=next(top for top in ALPHA_TOPS if top >= state.alpha))
        if state.height > state.width_top:
            if "width_top" in changed:
                if state.vertical == "kappa":
                    return replace(state, kappa=state.width_top)
                return replace(state, kappa_star=state.width_top)
            return replace(state, width_top=next(top for top in WIDTH_TOPS if top >= state.height))
        return state

    def draw(self) -> None:
        """Solve for the state, redraw, and fill the read-out; coarsely where that can be refined later."""
        self.notice.value = ""
        over, setting = _curve_setting(self.state), _map_setting(self.state)
        if over != self._over:
            self._curves, self._over = curves_over(*over), over
        if setting != self._setting:
            if self._refining is not None:
                self._refining.cancel()
            loop = _running_loop()
            self._grid = whole(solve_grid(COARSE if loop else FINE, *setting))
            self._setting = setting
            self._refining = loop.create_task(self._refine(setting)) if loop else None
        self._tell(self._draw_figures())

    async def _refine(self, setting: MapSetting) -> None:
        """Solve the map finely once nothing has changed for a moment, giving way to other events."""
        await asyncio.sleep(REST)
        try:
            for part in solve_grid(FINE, *setting):
                grid = part
                await asyncio.sleep(0)
            with self._lock:
                # A change in another thread may have come before its cancellation got here.
                if setting == self._setting:
                    self._grid = grid
                    self._tell(self._draw_figures())
        except Exception:  # noqa: BLE001 - nobody awaits this task: the viewer is told
            _log.debug("the fine map failed at %s", setting, exc_info=True)
            self.page.complain(self.complaint)

    def _law(self) -> LearnedSpectrum:
        """What is learned at the cross."""
        s = self.state
        return learned_spectrum(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)

    def _thresholds(self) -> ThresholdCurves:
        """The thresholds of the state: those that the page has, if they are its own."""
        over = _curve_setting(self.state)
        return self._curves if over == self._over else curves_over(*over)

    def _cells(self, cells: int) -> Grid:
        """The map of the state with so many cells a side: the one that the page has, if it is that."""
        setting, grid = _map_setting(self.state), self._grid
        same = setting == self._setting and grid.up.size == cells
        return grid if same else whole(solve_grid(cells, *setting))

    def _drawn_map(self, cells: int) -> go.Figure:
        """The map as a static figure."""
        grid = self._cells(cells)
        return recovery_map_figure(
            RecoveryMap(self._plane(), grid.across, grid.up, grid.mse, grid.spare, self.state.colours)
        )

    def _draw_figures(self) -> SteadyState:
        """Draw the map, the regions and the spectrum; returns the point at the cross."""
        s, grid, plane, law = self.state, self._grid, self._plane(), self._law()
        # The map last: a browser takes its time over it.
        self._spectrum_pen.draw(point_spectrum(law, s.theme))
        self._phase_pen.draw(plane)
        self._map_pen.draw(RecoveryMap(plane, grid.across, grid.up, grid.mse, grid.spare, s.colours))
        return law.state

    def _plane(self) -> Plane:
        s = self.state
        vertical = PARAMETERS[s.vertical]
        over_kappa = s.vertical == "kappa"
        return Plane(
            curves=self._thresholds(),
            # A width of 1 is enough for any teacher.
            limit=min(s.fixed, 1.0) if over_kappa or s.fixed < 1 else s.width_top,
            alpha=(PARAMETERS["alpha"].low, s.alpha_top),
            width=(vertical.low, s.width_top),
            title=f"{vertical.label} {vertical.symbol} = {'m/d' if over_kappa else 'm*/d'}",
            point=(s.alpha, s.height),
            theme=s.theme,
        )

    def _tell(self, point: SteadyState) -> None:
        """Fill the cards and the prose."""
        s = self.state
        place = ", ".join(
            f"{PARAMETERS[name].symbol} = {four_digits(getattr(s, name))}"
            for name in ("alpha", "kappa", "kappa_star")
        )
        self.page.readout.value = cards_html(f"At the cross: {place}", cards(point))
        said = recovery_prose(point, point_thresholds(s.kappa, s.kappa_star), self._grid)
        self.page.prose.value = prose_html(said)

    def _take_click(self, x: float, y: float) -> None:
        """Move the cross to where the plane was clicked, or say why it stays."""
        s = self.state
        ends = ((x, "alpha", s.alpha_top), (y, s.vertical, s.width_top))
        try:
            values = {name: _rounded(replace(PARAMETERS[name], high=top), value) for value, name, top in ends}
        except ValueError as refusal:
            self.notice.value = ""
            self.notice.value = (
                f'<p role="status">That click changed nothing: {html.escape(str(refusal))}.</p>'
            )
        else:
            self.notice.value = ""
            self.change(**values)


def _map_setting(state: State) -> MapSetting:
    """What a map is solved for."""
    tops = state.alpha_top, state.width_top
    return MapSetting(state.vertical, tops, state.fixed, state.lam, state.delta)


def _curve_setting(state: State) -> tuple[Width, float, float]:
    """What the thresholds are solved for."""
    return state.vertical, state.width_top, state.fixed


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def key() -> widgets.HTML:
    """What the lines mean."""
    colours = 'style="--light: {}; --dark: {}" stroke-dasharray="{}"'
    samples = [
        (colours.format(each.light, each.dark, each.dash.replace("solid", "none")), each.name)
        for each in LINES
    ]
    samples.append((f'stroke-dasharray="{DASH}"', "dashed: steady-state assumption"))
    return line_key(samples, "* by the conjecture. A click on the map or the diagram moves the cross.")


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    RecoveryExplorer().at(**state).show()


def _numbers(values: tuple[float, ...]) -> list[tuple[str, object]]:
    return [(f"{value:g}", value) for value in values]


def _rounded(parameter: Parameter, value: float) -> float:
    """A value of a parameter to the digits a person would type.

    Raises:
        ValueError: if it lies outside the parameter's range.
    """
    return parameter.in_range(float(f"{value:.3g}"))
