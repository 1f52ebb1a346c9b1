"""The page of two decays: the error over both, where both together gain, and what they keep."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.refining import REST, running_loop
from quadviz.explorers.kit.save.exhibit import DASHED, Exhibit
from quadviz.explorers.kit.shown import Shown
from quadviz.explorers.kit.words.line_key import line_key
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.two_decays.state import PRESETS, State
from quadviz.explorers.two_decays.table import (
    decays_code,
    decays_table,
    gains_code,
    gains_table,
    spectra_code,
    spectra_table,
)
from quadviz.explorers.two_decays.words import caption, cards, prose
from quadviz.figures.marks.drawing import Drawing
from quadviz.figures.marks.theme import DASH
from quadviz.figures.two_decays.decays import MARGIN, decays_figure
from quadviz.figures.two_decays.gains import gains_figure
from quadviz.figures.two_decays.spectra import INKS, NAMES, decay_spectra_figure
from quadviz.scenes.common.decades import Decades
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.two_decays import scene as scenes
from quadviz.scenes.two_decays.gains import ALPHA, PASSES, GainMap, GainSetting, Passes, solve_gains
from quadviz.scenes.two_decays.scene import LAM, LAM2, TwoDecays, two_decays

__all__ = ["TwoDecaysExplorer", "show", "still"]

_MAP, _GAINS, _SPECTRA = "two_decays", "mixture_gain", "decay_spectra"
_SLIDERS = ("delta", "alpha", "kappa_star", "kappa")

_log = logging.getLogger(__name__)


class TwoDecaysExplorer(Explorer[State]):
    """The page: sliders for a setting and both decays, a map of either kind to click on, and spectra.

    While a slider moves the map of decays is coarse, and that of gains, which takes a second or two, is
    away; once it rests both are refined, in between other events. Where no event loop runs they are fine.
    """

    name = "two_decays"
    question = "Cut small eigenvalues, or shrink all of them: which decay is better, and where do both pay?"
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-two-decays"
    shown = (
        Shown(
            _MAP,
            "map of the mse over both decays",
            draw=lambda page, scene, _held: page.decays(scene),
            table=lambda _page, scene: decays_table(scene),
            code=lambda _page, scene: decays_code(scene),
            sliders=(*_SLIDERS, "lam", "lam2"),
            key=(
                "Star: best pair; triangles: best λ alone (bottom), best λ₂ alone (left); cross: as set. "
                "Within the white line the mse is less than 1% above the best pair's. "
                f"{DASHED}, or the ratio in which the best pair vanishes."
            ),
        ),
        Shown(
            _GAINS,
            "gain of both decays over the better one",
            draw=lambda page, _scene, _held: page.gains(page.gain_map(), 1.0),
            table=lambda page, _scene: gains_table(page.gain_map()),
            code=lambda page, _scene: gains_code(page.gain_map()),
            sliders=lambda page: ("kappa", "kappa_star" if page.state.vertical == "delta" else "delta"),
            key=f"White line: a gain of 1%; ring: the largest one; cross: as set. {DASHED}.",
        ),
        Shown(
            _SPECTRA,
            "spectra learned as set and with the best pair",
            draw=lambda page, scene, held: decay_spectra_figure(scene, page.state.theme, held),
            table=lambda _page, scene: spectra_table(scene),
            code=lambda _page, scene: spectra_code(scene),
            sliders=("lam", "lam2", *_SLIDERS),
            key=f"Blue: as set; red: with the best pair; grey: the teacher's. {DASHED}.",
        ),
    )

    def prepare(self) -> None:
        """Remember what is being refined, and how far it has come."""
        self._refining: asyncio.Task[None] | None = None
        self._so_far: GainMap | None = None

    def make_figures(self) -> dict[str, LiveFigure]:
        """The figures, drawn for the first time: as while a slider moves, where that can be refined."""
        loop = running_loop() is not None
        scene = self.scene(coarse=loop)
        found = self._known(self.state.gain_setting) if loop else self.gain_map()
        maps = {
            _MAP: LiveFigure(self.decays(scene), anywhere=True),
            _GAINS: LiveFigure(self.gains(found, 0.0 if found is None else 1.0), anywhere=True),
        }
        for live in maps.values():
            live.add_class("qv-clicked")
        maps[_MAP].on_click(lambda x, y: self._go({"lam": (LAM, x), "lam2": (LAM2, y)}))
        maps[_GAINS].on_click(
            lambda x, y: self._go({"alpha": (ALPHA, x), self.state.vertical: (self.state.gain_setting.up, y)})
        )
        return {**maps, _SPECTRA: LiveFigure(decay_spectra_figure(scene, self.state.theme))}

    def main(self) -> Sequence[widgets.Widget]:
        """The map of decays, the two others beside it, and what marks and lines mean."""
        first, *others = self.figures.values()
        beside = widgets.Box(others)
        beside.add_class("qv-beside")
        both = widgets.Box([first, beside])
        both.add_class("qv-recovery")
        return [both, key()]

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The figures; on a web page of many, maps of gains are less fine, for each takes seconds."""
        return tuple(
            replace(each, slide=lambda: self.gains(self.gain_map(PASSES[:2][-1:]), 1.0))
            if each.name == _GAINS
            else each
            for each in super().exhibits()
        )

    def draw(self) -> None:
        """Show at once what is quick, and all of it once nothing has moved for a moment."""
        if self._refining is not None:
            self._refining.cancel()
            self._refining = None
        loop, setting = running_loop(), self.state.gain_setting
        scene = self.scene(coarse=loop is not None)
        found = self._known(setting) if loop else self.gain_map()
        self._show(scene, found or self._begun(setting), 0.0 if found is None else 1.0)
        if loop is not None and (found is None or scene.map.cells < scenes.FINE):
            self._refining = loop.create_task(self._refine(self.state))

    async def _refine(self, state: State) -> None:
        """Solve both maps finely once nothing has changed for a moment, giving way to other events."""
        await asyncio.sleep(REST)
        try:
            found = self._known(state.gain_setting)
            begun = self._begun(state.gain_setting)
            self._update(state, found or begun, 0.0)
            await asyncio.sleep(0)
            if found is not None:
                return
            for done, found in solve_gains(state.gain_setting, PASSES, begun):
                self._update(state, found, min(done, 0.99), maps=False)
                await asyncio.sleep(0)
            self.memo.exact[_key(state.gain_setting)] = found
            self._update(state, found, 1.0)
        except Exception:  # noqa: BLE001 - nobody awaits this task: the viewer is told
            _log.debug("refining failed at %s", state, exc_info=True)
            self.page.complain(self.complaint)

    def _update(self, state: State, found: GainMap | None, done: float, maps: bool = True) -> None:
        """Show how far it is, unless a change in another thread came before its cancellation got here."""
        with self._lock:
            if state.gain_setting != self.state.gain_setting:
                return
            self._so_far = found
            if maps:
                self._show(self.scene(), found, 1.0 if self._known(state.gain_setting) else done)
            else:
                self.figures[_GAINS].show(self.gains(found, done))

    def _show(self, scene: TwoDecays, found: GainMap | None, done: float) -> None:
        """Draw what is solved, and fill the read-out; maps last, as a browser takes its time over them."""
        live = self.figures[_SPECTRA]
        live.show(decay_spectra_figure(scene, self.state.theme, live.held))
        self.figures[_GAINS].show(self.gains(found, done))
        self.figures[_MAP].show(self.decays(scene))
        self.tell(scene)

    def scene(self, *, coarse: bool = False) -> TwoDecays:
        """What there is to see but for the gains."""
        s = self.state
        return two_decays(s.place, s.lam, s.lam2, self.memo, scenes.COARSE if coarse else scenes.FINE)

    def gain_map(self, passes: Passes | None = None) -> GainMap:
        """The map of gains, solved in one go where it is not known; fine where nothing else is asked for."""
        setting = self.state.gain_setting
        known = self._known(setting)
        if known is not None:
            return known
        key = _key(setting) if passes is None else (*_key(setting), passes)
        found: GainMap = self.memo.exact.once(key, lambda: _whole(setting, passes or PASSES[-1:]))
        return found

    def _known(self, setting: GainSetting) -> GainMap | None:
        if _key(setting) not in self.memo.exact:
            return None
        found: GainMap = self.memo.exact[_key(setting)]
        return found

    def _begun(self, setting: GainSetting) -> GainMap | None:
        """What is solved of a map, where it was left when something moved."""
        found = self._so_far
        return found if found is not None and found.setting == setting else None

    def decays(self, scene: TwoDecays) -> Drawing:
        """The map of decays."""
        s = self.state
        return decays_figure(scene, s.lam, s.lam2, s.theme)

    def gains(self, found: GainMap | None, done: float) -> Drawing:
        """The map of gains."""
        s = self.state
        return gains_figure(found, s.gain_setting, (s.alpha, s.upwards), s.theme, done)

    def cards(self, scene: TwoDecays) -> tuple[str, Sequence[Card]]:
        """The errors at the setting."""
        return caption(scene), cards(scene)

    def prose(self, scene: TwoDecays) -> Sequence[Paragraph]:
        """Which decay is better, and where both are."""
        return prose(scene, self._known(self.state.gain_setting))

    def _go(self, places: Mapping[str, tuple[Decades, float]]) -> None:
        """Go to where a map was clicked; a click beside it counts as one at its edge."""
        self.change(**{name: axis.value(_decade(at)) for name, (axis, at) in places.items()})


def key() -> widgets.HTML:
    """What marks and lines mean."""
    line = '<line x1="2" x2="28" y1="4" y2="4" style="--light: {0}; --dark: {0}; stroke-width: {1}px"{2}/>'
    cased = f"{line.format('#555', 5, '')}{line.format('#fff', 2, '{}')}"
    spectra = zip((f"spectrum {name}" for name in NAMES.values()), INKS, strict=True)
    mark = '<text x="15" y="8" text-anchor="middle" style="font-size: 13px; fill: currentColor">{}</text>'
    return line_key(
        [
            (mark.format("★"), "best pair"),
            (mark.format("▶"), "best λ alone"),
            (mark.format("▲"), "best λ₂ alone"),
            (mark.format("✛"), "as set"),
            *((f'style="--light: {light}; --dark: {dark}"', name) for name, (light, dark) in spectra),
            ('class="qv-grey"', "spectrum of the teacher"),
            (cased.format(""), "1%: above the best pair; gain of both"),
            (cased.format(f' stroke-dasharray="{DASH}"'), "steady-state assumption; ratio that vanishes"),
        ],
        "A click on a map sets the page to that place.",
    )


def _whole(setting: GainSetting, passes: Passes) -> GainMap:
    *_, (_, found) = solve_gains(setting, passes)
    assert found is not None  # noqa: S101  # the last one is whole
    return found


def _key(setting: GainSetting) -> tuple[object, ...]:
    return ("gains", setting)


def _decade(at: float) -> float:
    """The power of ten of a place on a logarithmic axis."""
    return math.log10(at) if at > 0 else -math.inf


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    TwoDecaysExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = TwoDecaysExplorer.still
