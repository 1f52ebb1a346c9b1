"""The recovery explorer: a map of the test error, the thresholds in it, and what a point has learned."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.fields import choice, slider
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit
from quadviz.explorers.kit.words.line_key import line_key
from quadviz.explorers.kit.words.point_cards import cards
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.recovery.table import (
    THRESHOLDS_KEY,
    map_code,
    map_table,
    thresholds_code,
    thresholds_table,
)
from quadviz.explorers.recovery.words import recovery_prose
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.plane import LINES
from quadviz.figures.marks.theme import DASH, ThemeName
from quadviz.figures.phase_diagram import phase_diagram_figure
from quadviz.figures.point_spectrum import point_spectrum_figure
from quadviz.figures.recovery_map import COLOUR_RANGES, MARGIN, ColourRangeName, recovery_map_figure
from quadviz.parameters import PARAMETERS, Parameter
from quadviz.scenes.common.wording import Paragraph, four_digits
from quadviz.scenes.plane import Plane, Width, plane, point_thresholds
from quadviz.scenes.recovery import (
    COARSE,
    FINE,
    MEDIUM,
    ErrorMap,
    MapSetting,
    point_spectrum,
    solve_map,
    whole,
)
from quadviz.tables.spectra import learned_code, point_table
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum

__all__ = ["RecoveryExplorer", "State", "show", "still"]

ALPHA_TOPS = (0.6, PARAMETERS["alpha"].high)
WIDTH_TOPS = (1.0, PARAMETERS["kappa"].high)
#: Seconds without a change after which the map is refined.
REST = 0.08

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """All that determines what the page shows; it opens without noise and decay, short of recovery.

    Attributes:
        alpha: sample ratio of the cross.
        vertical: the width that runs upwards on the map.
        alpha_top: right end of the map.
        width_top: upper end of the map.
        colours: what the colours span.
    """

    kappa: float = slider("kappa", 0.5)
    kappa_star: float = slider("kappa_star")
    alpha: float = slider("alpha", 0.29)
    delta: float = slider("delta", 0.0)
    lam: float = slider("lam", 0.0)
    vertical: Width = choice(
        "kappa", {PARAMETERS[name].symbol: name for name in ("kappa", "kappa_star")}, "Upwards"
    )
    alpha_top: float = choice(ALPHA_TOPS[0], ALPHA_TOPS, "α to")
    width_top: float = choice(WIDTH_TOPS[0], WIDTH_TOPS, "Width to")
    colours: ColourRangeName = choice(
        "wide", {span.name: name for name, span in COLOUR_RANGES.items()}, "Colours", form="list"
    )
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
        notice: what a click is told that selected nothing.
    """

    name = "recovery"
    question = "When is the teacher recovered exactly, and what is learned short of that?"
    opens, margin = State, MARGIN

    def prepare(self) -> None:
        """Solve the map."""
        self._refining: asyncio.Task[None] | None = None
        self._setting = self._map_setting()
        self._solved: ErrorMap = self.memo.exact.once(
            ("map", self._setting), lambda: whole(solve_map(FINE, self._setting))
        )
        self.notice = widgets.HTML()
        self.notice.add_class("qv-notice")

    def make_figures(self) -> dict[str, LiveFigure]:
        """The map of the test error, the regions, and the spectrum at the cross."""
        plane = [
            LiveFigure(each, anywhere=True) for each in (self._map_figure(self._solved), self._phase_figure())
        ]
        for figure in plane:
            figure.add_class("qv-clicked")
            figure.on_click(self._take_click)
        spectrum = LiveFigure(self._spectrum_figure(self.scene()))
        return dict(zip(("recovery_map", "thresholds", "spectrum"), (*plane, spectrum), strict=True))

    def main(self) -> Sequence[widgets.Widget]:
        """The map with the two others beside it, and what the lines mean."""
        map_, *others = self.figures.values()
        beside = widgets.Box(others)
        beside.add_class("qv-beside")
        figures = widgets.Box([map_, beside])
        figures.add_class("qv-recovery")
        return [figures, key(), self.notice]

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The map, the diagram and the small spectrum."""
        fixed = "kappa_star" if self.state.vertical == "kappa" else "kappa"
        return (
            Exhibit(
                "recovery_map",
                "map of the mse over samples and width",
                self.figures["recovery_map"],
                lambda: self._map_figure(self._cells(FINE)),
                lambda: map_table(self._cells(FINE), self._map_setting()),
                lambda: map_code(self._map_setting()),
                ("lam", "delta", fixed),
                key=THRESHOLDS_KEY,
                # A web page of many fine maps would take a minute to make, and a while to load.
                slide=lambda: self._map_figure(self._cells(MEDIUM)),
            ),
            Exhibit(
                "thresholds",
                "thresholds of recovery, and the regions between them",
                self.figures["thresholds"],
                self._phase_figure,
                lambda: thresholds_table(self._plane().curves, self.state.fixed),
                lambda: thresholds_code(self._plane().curves, self.state.fixed),
                (fixed,),
                key=THRESHOLDS_KEY,
            ),
            Exhibit(
                "spectrum",
                "spectrum that is learned at the cross",
                self.figures["spectrum"],
                lambda: self._spectrum_figure(self.scene()),
                lambda: point_table(self.scene(), point_spectrum(self.scene())),
                lambda: learned_code(self.scene(), "eigenvalues"),
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
        setting = self._map_setting()
        if setting != self._setting:
            if self._refining is not None:
                self._refining.cancel()
            loop = _running_loop()
            self._solved = whole(solve_map(COARSE if loop else FINE, setting))
            self._setting = setting
            self._refining = loop.create_task(self._refine(setting)) if loop else None
        self._show_figures()

    async def _refine(self, setting: MapSetting) -> None:
        """Solve the map finely once nothing has changed for a moment, giving way to other events."""
        await asyncio.sleep(REST)
        try:
            for part in solve_map(FINE, setting):
                solved = part
                await asyncio.sleep(0)
            with self._lock:
                # A change in another thread may have come before its cancellation got here.
                if setting == self._setting:
                    self._solved = solved
                    self._show_figures()
        except Exception:  # noqa: BLE001 - nobody awaits this task: the viewer is told
            _log.debug("the fine map failed at %s", setting, exc_info=True)
            self.page.complain(self.complaint)

    def _show_figures(self) -> None:
        """Show what is solved, and fill the read-out."""
        law = self.scene()
        # The map last: a browser takes its time over it.
        self.figures["spectrum"].show(self._spectrum_figure(law, self.figures["spectrum"].held))
        self.figures["thresholds"].show(self._phase_figure())
        self.figures["recovery_map"].show(self._map_figure(self._solved))
        self.tell(law)

    def _map_setting(self) -> MapSetting:
        """What a map is solved for."""
        s = self.state
        return MapSetting(s.vertical, (s.alpha_top, s.width_top), s.fixed, s.lam, s.delta)

    def _cells(self, cells: int) -> ErrorMap:
        """The map of the state with so many cells a side: the one that the page has, if it is that."""
        setting = self._map_setting()
        same = setting == self._setting and self._solved.up.size == cells
        return self._solved if same else whole(solve_map(cells, setting))

    def scene(self) -> LearnedSpectrum:
        """What is learned at the cross."""
        s = self.state
        return learned_spectrum(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)

    def _plane(self) -> Plane:
        """The thresholds, and the cross among them."""
        s = self.state
        return plane(s.vertical, (s.alpha_top, s.width_top), s.fixed, (s.alpha, s.height), self.memo)

    def _map_figure(self, solved: ErrorMap) -> Drawing:
        return recovery_map_figure(solved, self._plane(), self.state.theme, self.state.colours)

    def _phase_figure(self) -> Drawing:
        return phase_diagram_figure(self._plane(), self.state.theme)

    def _spectrum_figure(self, law: LearnedSpectrum, held: Held | None = None) -> Drawing:
        return point_spectrum_figure(point_spectrum(law), self.state.theme, held)

    def cards(self, scene: LearnedSpectrum) -> tuple[str, Sequence[Card]]:
        """The numbers at the cross."""
        place = ", ".join(
            f"{PARAMETERS[name].symbol} = {four_digits(getattr(self.state, name))}"
            for name in ("alpha", "kappa", "kappa_star")
        )
        return f"At the cross: {place}", cards(scene.state)

    def prose(self, scene: LearnedSpectrum) -> Sequence[Paragraph]:
        """The thresholds, and where the cross lies to them."""
        s = self.state
        return recovery_prose(scene.state, point_thresholds(s.kappa, s.kappa_star), self._solved)

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


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = RecoveryExplorer.still


def _rounded(parameter: Parameter, value: float) -> float:
    """A value of a parameter to the digits a person would type.

    Raises:
        ValueError: if it lies outside the parameter's range.
    """
    return parameter.in_range(float(f"{value:.3g}"))
