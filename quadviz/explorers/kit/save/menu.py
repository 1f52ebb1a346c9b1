"""The menu that saves a figure of a page: as an image, as data, as a web page, as code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.kit.save.slides import Slides, slides_html
from quadviz.explorers.kit.widgets.download import asking
from quadviz.explorers.live.scripts import script
from quadviz.figures.marks.drawing import Drawing
from quadviz.tables.text import Table, csv_text, json_text
from quadviz.work.job import Ending, Job

__all__ = ["SaveMenu", "SlideDeck", "Takeaway"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SlideDeck:
    """What a web page with a slider is made of.

    Attributes:
        figures: draws a figure for every stop of the slider, one after another.
        count: how many there are.
        slides: puts them together.
    """

    figures: Callable[[], Iterator[Drawing]]
    count: int
    slides: Callable[[Sequence[Drawing]], Slides]


@dataclass(frozen=True)
class Takeaway:
    """A figure of the page as the menu offers it.

    Attributes:
        name: the stem of its files' names.
        title: what it shows.
        hook: a class name of its element, by which the browser finds it.
        key: what its lines mean, to be written under its images.
        sliders: what its web page may have a slider over: names, and what the menu calls them.
        table: its numbers.
        about: what is said with them in JSON.
        code: Python that remakes it.
        deck: a web page with the slider named, or with none.
    """

    name: str
    title: str
    hook: str
    key: Callable[[], str]
    sliders: Callable[[], Sequence[tuple[str, str]]]
    table: Callable[[], Table]
    about: Callable[[], Mapping[str, object]]
    code: Callable[[], str]
    deck: Callable[[str], SlideDeck]


class SaveMenu(anywidget.AnyWidget):
    """The menu in a page's header.

    Images are made by the browser, data and code by the kernel at once; a web page takes seconds, which the
    menu shows, and the page stays alive meanwhile.

    Args:
        takeaways: the figures.
    """

    _esm = script("kit/widgets/dom.js", "kit/save/menu.js")

    figures = traitlets.List(traitlets.Dict()).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, takeaways: Sequence[Takeaway]) -> None:
        super().__init__(figures=[_listed(each) for each in takeaways])
        self._takeaways = tuple(takeaways)
        # Which view asked for the web page that is made, and the stem of its name.
        self._wanted: tuple[dict[str, str], str] = {}, ""
        self.job: Job[tuple[float, str]] = Job(self._show_progress, self._show_end)
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        number, kind = content.get("figure"), content.get("kind")
        if kind == "opened":
            self._list_anew()
            return
        if not isinstance(number, int) or not 0 <= number < len(self._takeaways):
            return
        figure, self.status = self._takeaways[number], ""
        view = asking(content)
        try:
            match kind:
                case "csv":
                    self._give(view, figure.name, "csv", "text/csv", csv_text(figure.table()))
                case "json":
                    text = json_text(figure.table(), figure.about())
                    self._give(view, figure.name, "json", "application/json", text)
                case "code":
                    self.send({"kind": "code", "text": figure.code(), **view})
                case "html" if not self.job.running:
                    slider = str(content.get("slider", ""))
                    known = [name for name, _ in figure.sliders()]
                    self._begin(view, figure, slider if slider in known else "")
        except Exception:  # noqa: BLE001 - whatever went wrong, the viewer is told and the page goes on
            _log.debug("%s could not be saved as %s", figure.name, kind, exc_info=True)
            self.status = "This could not be made; the page itself goes on."

    def _list_anew(self) -> None:
        """What the figures may be moved by depends on what was run since."""
        try:
            self.figures = [_listed(each) for each in self._takeaways]
        except Exception:  # noqa: BLE001 - the menu stays as it was
            _log.debug("the sliders could not be listed", exc_info=True)

    def _begin(self, view: dict[str, str], figure: Takeaway, slider: str) -> None:
        """Make a web page, in a thread."""
        deck = figure.deck(slider)
        self.busy, self.status = True, "drawing…"

        def work(check: Callable[[], None]) -> Iterator[tuple[float, str]]:
            figures = []
            for drawn in deck.figures():
                check()
                figures.append(drawn)
                yield 0.9 * len(figures) / deck.count, ""
            yield 1.0, slides_html(deck.slides(figures))

        self._wanted = view, f"{figure.name}_{slider}" if slider else figure.name
        self.job.start(work)

    def _show_progress(self, payload: tuple[float, str], _elapsed: float) -> None:
        fraction, text = payload
        self.status = f"drawing… {100 * fraction:.0f}%"
        if text:
            self._give(*self._wanted, "html", "text/html", text)

    def _show_end(self, ending: Ending, failure: Exception | None) -> None:
        self.busy = False
        self.status = ""
        if ending == Ending.FAILED:
            _log.debug("a web page could not be made", exc_info=failure)
            self.status = "This could not be made; the page itself goes on."

    def _give(self, view: dict[str, str], stem: str, ending: str, kind: str, text: str) -> None:
        file = {"kind": "file", "name": f"quadviz_{stem}.{ending}", "type": kind, **view}
        self.send(file, [text.encode()])


def _listed(figure: Takeaway) -> dict[str, object]:
    """A figure as the menu in the browser knows it."""
    sliders = [list(slider) for slider in figure.sliders()]
    return {
        "name": figure.name,
        "title": figure.title,
        "hook": figure.hook,
        "key": figure.key(),
        "sliders": sliders,
    }
