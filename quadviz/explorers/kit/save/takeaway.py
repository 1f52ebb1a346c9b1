"""What a page's figures are saved as: gathered from an explorer for the menu in its header."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from quadviz import __version__
from quadviz.contents import PAGES
from quadviz.explorers.kit.save.exhibit import Exhibit, remaking
from quadviz.explorers.kit.save.menu import SaveMenu, SlideDeck, Takeaway
from quadviz.explorers.kit.save.slides import Slides
from quadviz.explorers.kit.widgets.tracks import Track
from quadviz.figures.marks.drawing import Drawing
from quadviz.parameters import Parameter

if TYPE_CHECKING:
    from quadviz.explorers.kit.explorer import Explorer

__all__ = ["save_menu"]

_FOOTER = (
    f"quadviz {__version__}. Theory: S. Martin, G. Biroli and F. Bach, High-Dimensional Analysis of Gradient "
    "Flow for Extensive-Width Quadratic Neural Networks, JMLR 27(136), 2026, arXiv 2601.10483."
)
#: Stops of the slider of a web page, or a few more.
_STOPS = 30


def save_menu(explorer: Explorer[Any]) -> SaveMenu:
    """The menu that saves the figures of a page, as they are when it is asked for one."""
    return SaveMenu([_takeaway(explorer, exhibit) for exhibit in explorer.exhibits()])


def _takeaway(explorer: Explorer[Any], exhibit: Exhibit) -> Takeaway:
    name, hook = exhibit.name, f"qv-figure-{exhibit.name}"
    exhibit.live.add_class(hook)

    def about() -> dict[str, object]:
        setting = {field: value for field, value in asdict(explorer.state).items() if field != "preset"}
        made = {"made_by": f"quadviz {__version__}", "page": explorer.page.name, "figure": exhibit.title}
        return {**made, "setting": setting}

    def code() -> str:
        now = explorer.exhibit(name)
        shown = [work for work in now.work if explorer.bars[work].result is not None]
        ran = [work for work in shown if explorer.bars[work].stands]
        left = [work for work in shown if work not in ran]
        measured = explorer.measured if now.own else None
        data = "" if measured is None else measured.path or measured.name
        return remaking(now, explorer.page.name, explorer.state, explorer.opened, ran, left, data)

    return Takeaway(
        name=name,
        title=exhibit.title,
        hook=hook,
        sliders=lambda: _sliders(explorer, explorer.exhibit(name)),
        key=lambda: explorer.exhibit(name).key,
        table=lambda: explorer.exhibit(name).table(),
        about=about,
        code=code,
        deck=lambda slider: _deck(explorer, exhibit, slider),
    )


def _sliders(explorer: Explorer[Any], exhibit: Exhibit) -> list[tuple[str, str]]:
    """The sliders that a figure's web page may have: names, and what the menu calls them."""
    time_slider = exhibit.time_slider()
    own = [] if time_slider is None else [(time_slider.name, time_slider.label)]
    parameters = [(name, explorer.controls[name].parameter) for name in exhibit.sliders]
    return own + [(name, f"{parameter.symbol} {parameter.label}") for name, parameter in parameters]


def _deck(explorer: Explorer[Any], exhibit: Exhibit, slider: str) -> SlideDeck:
    """A figure at every stop of a slider, the place where it stands now among them."""
    # The page goes on meanwhile: what is drawn is what it shows now.
    shown = explorer.elsewhere(explorer.state)
    now = shown.exhibit(exhibit.name)
    time_slider = now.time_slider()
    if time_slider is not None and slider == time_slider.name:
        slides = _slides(shown, now, "", time_slider.texts, time_slider.start, time_slider.label)
        return SlideDeck(time_slider.figures, len(time_slider.texts), slides)
    if slider not in now.sliders:
        still = _slides(shown, now, "", [""], 0, "")
        return SlideDeck(lambda: iter([now.draw()]), 1, still)
    control = explorer.controls[slider]
    here = getattr(shown.state, slider)
    values = _stops(control.track, here)

    def figures() -> Iterator[Drawing]:
        for value in values:
            there = shown.settle(replace(shown.state, **{slider: value}), {slider})
            one = shown.elsewhere(there).exhibit(exhibit.name)
            yield (one.slide or one.draw)()

    parameter = control.parameter
    labels = [_said(parameter, value) for value in values]
    moved = f"{parameter.symbol}, {parameter.label}"
    return SlideDeck(figures, len(values), _slides(shown, now, slider, labels, values.index(here), moved))


def _slides(
    explorer: Explorer[Any], exhibit: Exhibit, moved: str, labels: Sequence[str], start: int, control: str
) -> Callable[[Sequence[Drawing]], Slides]:
    """Puts drawn figures together, with all that is said about them; the parameter ``moved`` is not fixed."""
    state = explorer.state
    fixed = [
        f"{each.parameter.symbol} = {_said(each.parameter, getattr(state, name))}"
        for name, each in explorer.controls.items()
        if name != moved and name in exhibit.sliders
    ]
    return lambda drawn: Slides(
        figures=drawn,
        labels=labels,
        start=start,
        control=control,
        title=f"{PAGES[explorer.page.name]}: {exhibit.title}",
        question=explorer.page.question,
        key=exhibit.key,
        setting=", ".join(fixed),
        footer=_FOOTER,
        theme=state.theme,
    )


def _stops(track: Track, value: float) -> list[float]:
    """Values along a track, its ends and the value now among them."""
    step = math.ceil(track.stops / _STOPS)
    places = {*range(0, track.stops, step), track.stops}
    return sorted({value, *(track.value(place) for place in places)})


def _said(parameter: Parameter, value: float) -> str:
    """A value as its control shows it."""
    return parameter.zero_text if value == 0 and parameter.scale == "log" else f"{value:.4g}"
