"""A film: moments that are all in the browser, played in the figures of a page without a word to the kernel.

Where a film comes to rest the kernel is told, draws the figures there, and what was shown of the film goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anywidget
import traitlets

from quadviz.explorers.live.figure import LiveFigure
from quadviz.explorers.live.packing import moments_of, packed
from quadviz.explorers.live.scripts import script
from quadviz.figures.marks.drawing import Drawing

__all__ = ["Film", "Reel"]


@dataclass(frozen=True)
class Reel:
    """A film of F moments.

    Attributes:
        texts: what is said at each, such as its time.
        figures: drawings of each moment, whole or what moves alone, by the figure they are shown in; those
            of a figure have the same traces.
        moment: the number of the one to begin with.
        positions: where the slider of the parameter stands that moves along, F numbers; none for a film that
            has a slider of its own.
        regions: what else follows: HTML at every so many moments, by the class of the region.
    """

    texts: Sequence[str] = ()
    figures: Mapping[LiveFigure, Sequence[Drawing]] = field(default_factory=dict)
    moment: int = 0
    positions: Sequence[float] = ()
    regions: Mapping[str, tuple[int, Sequence[str]]] = field(default_factory=dict)


def _told(_value: bytes, film: Film) -> bytes:
    """The film as it is now, for a browser that comes."""
    return film.message()


class Film(anywidget.AnyWidget):
    """A button that plays a film in figures of its page, and a slider through it.

    Args:
        arrive: called with the number of the moment at which the film came to rest.
        title: what the film shows, in a few words.
        seconds: how long all of it takes.
        parameter: the parameter whose control moves along, in place of a slider of the film's own. Such a
            film is made when it is asked for, and stops when anything else on the page is touched.
        make: makes it; may return None where that failed.
    """

    _esm = script("live/message.js", "live/film.js")

    #: The film, read only when a browser asks for it.
    reel = traitlets.Bytes(b"").tag(sync=True, to_json=_told)
    title = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    parameter = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        arrive: Callable[[int], None],
        title: str,
        seconds: float = 6.0,
        parameter: str = "",
        make: Callable[[], Reel | None] = lambda: None,
    ) -> None:
        self._arrive, self._make = arrive, make
        self._reel = self._content(Reel())
        self._edition = 0
        super().__init__(title=title, seconds=seconds, parameter=parameter)
        self.on_msg(self._receive)

    @property
    def content(self) -> Mapping[str, Any]:
        """What browsers know of the film."""
        return self._reel

    def load(self, reel: Reel) -> None:
        """Put a film in; one that is there already is not sent again."""
        content = self._content(reel)
        if content == self._reel:
            return
        moved = content == {**self._reel, "moment": reel.moment}
        self._reel = content
        if moved:
            self.send({"kind": "moment", "moment": reel.moment})
            return
        self._edition += 1
        self.send({"kind": "reel"}, [self.message()])

    def halt(self) -> None:
        """Stop where it is: what is shown is about to be out of date."""
        self.send({"kind": "halt"})

    def message(self) -> bytes:
        """The film, as a message."""
        return packed({"edition": self._edition, **self._reel})

    @staticmethod
    def _content(reel: Reel) -> dict[str, Any]:
        return {
            "texts": list(reel.texts),
            "figures": {figure.key: moments_of(drawings) for figure, drawings in reel.figures.items()},
            "moment": reel.moment,
            "positions": list(reel.positions),
            "regions": {
                name: {"every": every, "html": list(html)} for name, (every, html) in reel.regions.items()
            },
        }

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        kind, moment = content.get("kind"), content.get("moment")
        if kind == "play":
            reel = self._make()
            if reel is None:
                self.send({"kind": "refused"})
                return
            self._reel = self._content(reel)
            self._edition += 1
            self.send({"kind": "reel"}, [self.message()])
        elif kind == "whole" and content.get("edition") != self._edition:
            self.send({"kind": "reel"}, [self.message()])
        elif kind == "rest" and isinstance(moment, int) and not isinstance(moment, bool):
            if content.get("edition") == self._edition and 0 <= moment < len(self._reel["texts"]):
                self._arrive(moment)
            # The figures have been drawn there: what was shown of the film can go.
            self.send({"kind": "arrived", "moment": moment})
