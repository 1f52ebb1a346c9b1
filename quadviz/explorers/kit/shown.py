"""What a page declares beside its state: the figures it shows, and the long work it can start.

The functions take the page first: it knows the state, and what has come of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quadviz.explorers.kit.save.exhibit import Exhibit, TimeSlider
from quadviz.figures.marks.drawing import Drawing
from quadviz.tables.code import Code
from quadviz.tables.text import Table

__all__ = ["Shown", "Work"]


@dataclass(frozen=True)
class Shown:
    """One figure of a page.

    Attributes:
        name: the stem of its files' names.
        title: what it shows, in a few words.
        draw: from the page, a scene, and the ranges held (None for those that fit) to the figure.
        table: from the page and a scene to its numbers, with the setting that they belong to.
        code: from the page and a scene to Python that computes them.
        sliders: the parameters that it depends on, the one that tells most first.
        key: what its lines mean that it does not say itself, for where the page's own key is not.
        click: the fields that a click sets, by its place across and upwards; empty for none.
        zooms: the field that a stretch dragged over becomes; empty for none.
        work: names of the long work whose results it shows.
        time_slider: a slider of its own for its web page; None for none.
        own: whether it shows a reader's own measurements.
    """

    name: str
    title: str
    draw: Callable[[Any, Any, Any], Drawing]
    table: Callable[[Any, Any], Table]
    code: Callable[[Any, Any], Code]
    sliders: Sequence[str] | Callable[[Any], Sequence[str]]
    key: str | Callable[[Any], str]
    click: tuple[str, str] = ("", "")
    zooms: str = ""
    work: Sequence[str] | Callable[[Any], Sequence[str]] = ()
    time_slider: Callable[[Any], TimeSlider | None] = lambda _page: None
    own: bool = False

    def exhibit(self, page: Any) -> Exhibit:
        """The figure as it is saved, of the page's state then."""
        sliders, work = (each(page) if callable(each) else each for each in (self.sliders, self.work))
        return Exhibit(
            self.name,
            self.title,
            page.figures[self.name],
            lambda: self.draw(page, page.anew(), None),
            lambda: self.table(page, page.anew()),
            lambda: self.code(page, page.anew()),
            sliders,
            work,
            self.key(page) if callable(self.key) else self.key,
            slide=lambda: self.draw(page, page.scene(), None),
            time_slider=lambda: self.time_slider(page),
            own=self.own,
        )


@dataclass(frozen=True)
class Work:
    """Long work that a button starts.

    Attributes:
        name: its name.
        request: from the page to what is to be done.
        run: does it; a generator of the fraction done and the result so far.
        title: what it does, for the button's tooltip.
        table: a result as a table, to be saved; None for a page that saves all it shows in one place.
        filename: name of the file that it is saved to.
        fields: fields of the state whose controls stand beside the button.
    """

    name: str
    request: Callable[[Any], Any]
    run: Callable[[Any, Callable[[], None]], Iterator[tuple[float, Any]]]
    title: str
    table: Callable[[Any], Table] | None
    filename: str
    fields: Sequence[str] = ()
