"""What every explorer does alike: one state, widgets bound to its fields, and a picture that follows."""

from __future__ import annotations

import copy
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import ipywidgets as widgets
from IPython.display import display

from quadviz.explorers.kit.fields import VIEW, declared, widget_of
from quadviz.explorers.kit.links import checked, query_of, read_query
from quadviz.explorers.kit.own_data import DataPage
from quadviz.explorers.kit.page import Card, Page, cards_html, prose_html
from quadviz.explorers.kit.presets import Preset, start_from
from quadviz.explorers.kit.rail import grouped, reset_button
from quadviz.explorers.kit.save.exhibit import Exhibit
from quadviz.explorers.kit.save.takeaway import save_menu
from quadviz.explorers.kit.shown import Shown, Work
from quadviz.explorers.kit.teacher.width import bounded, show_width
from quadviz.explorers.kit.widgets.controls import ParameterControl, ThemeProbe
from quadviz.explorers.kit.widgets.tools import PageTools
from quadviz.explorers.kit.widgets.work_bar import WorkBar
from quadviz.explorers.live import LiveFigure
from quadviz.figures.marks.drawing import still
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.wording import Paragraph

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from _typeshed import DataclassInstance

__all__ = ["Explorer"]

#: A frozen dataclass with a field ``theme``, a default for every field, and one field a parameter shown.
S = TypeVar("S", bound="DataclassInstance")

_log = logging.getLogger(__name__)


class Explorer(DataPage, ABC, Generic[S]):
    """The state of a page, the widgets bound to it, and the one way in which both change.

    A page is declared: its state, whose fields say what controls them (:mod:`quadviz.explorers.kit.fields`),
    its figures and its long work (:mod:`quadviz.explorers.kit.shown`), and what it says. What the page shows
    is a function of the state and of what has come of the work; no widget keeps anything of its own.

    Attributes:
        state: what the page shows now.
        opened: what it showed first.
        fields: the widget of each field of the state that has one.
        controls: those of them that are sliders.
        starts: the presets, each a button.
        bars: what starts long work, by the name of the work.
        figures: the figures on the page, by name.
        theme: tells whether the page is dark; part of the page.
        page: the page.
        tools: those in the page's header, which keep its address.
    """

    #: Declared by a page: which of :data:`quadviz.contents.PAGES` it is, and the question it answers.
    name: ClassVar[str]
    question: ClassVar[str]
    #: What it opens with, settings to start from, the figures and the work.
    opens: ClassVar[type[DataclassInstance]]
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType({})
    shown: ClassVar[tuple[Shown, ...]] = ()
    works: ClassVar[tuple[Work, ...]] = ()
    #: The margins of its first figure, a class of its style, and headings that come after everything else.
    margin: ClassVar[Mapping[str, int]]
    look: ClassVar[str] = ""
    later: ClassVar[frozenset[str]] = frozenset()
    #: What it opens with, solved once for all pages of a process: those forked of it have it too.
    _opening: ClassVar[Memo | None] = None
    #: What a viewer is told when solving or drawing failed.
    complaint = (
        "This setting could not be computed; what is shown is the last that could. "
        "Move a control, or press Reset all."
    )

    def __init__(self) -> None:
        state: Any = self.opens()
        self.state: S = state
        # A reset goes back to the state that the page opened with.
        self.opened: S = state
        self.fields = {name: widget_of(control, getattr(state, name)) for name, control in declared(state)}
        self.controls = {
            name: widget for name, widget in self.fields.items() if isinstance(widget, ParameterControl)
        }
        self.theme = ThemeProbe()
        # A kernel may run two callbacks at once; the state and the figure change under one lock.
        self._lock = threading.RLock()
        self._held = False
        self.memo = Memo() if self._opening is None else self._opening.copy()
        self.bars = self.make_bars()
        self.take_data(self.refresh, self.change)
        self.starts = start_from(self.presets)
        self.prepare()
        self.figures = self.make_figures()
        groups = grouped(state, self.fields)
        view = groups.pop(VIEW, [])
        first, later = (
            [(n, groups[n]) for n in groups if (n in self.later) == last] for last in (False, True)
        )
        self.page = Page(
            self.name,
            self.question,
            [("Start from", [self.starts])] * bool(self.presets) + first,
            [*view, reset_button(self.reset)],
            [*self.main(), self.theme],
            later,
            margin=self.margin,
        )
        if self.look:
            self.page.widget.add_class(self.look)
        self._start()

    def prepare(self) -> None:
        """Make what the first scene needs; a place for a page's own attributes."""

    @abstractmethod
    def main(self) -> Sequence[widgets.Widget]:
        """The figures and what belongs right under them."""

    @abstractmethod
    def scene(self) -> Any:
        """What there is to see: numbers, from the state and from what has come of the work."""

    def anew(self) -> Any:
        """The same solved by itself, for a file: no digit depends on what was shown before."""
        return self._beside(self.memo.copy(followed=False)).scene()

    @abstractmethod
    def cards(self, scene: Any) -> tuple[str, Sequence[Card]]:
        """The caption of the read-out, and its cards."""

    @abstractmethod
    def prose(self, scene: Any) -> Sequence[Paragraph]:
        """What is said of it."""

    def draw(self) -> None:
        """Solve for the state, redraw the figures and fill the read-out. May raise."""
        scene = self.scene()
        for each in self.shown:
            live = self.figures[each.name]
            live.show(each.draw(self, scene, live.held))
        self.tell(scene)

    def tell(self, scene: Any) -> None:
        """Fill the read-out and the prose."""
        self.page.readout.value = cards_html(*self.cards(scene))
        self.page.prose.value = prose_html(self.prose(scene))
        if self.own is not None:
            self.own.tell(self.figure.held, *self.own_curves())

    def exhibits(self) -> tuple[Exhibit, ...]:
        """The figures of the page, to be saved. What they draw and tell is of the state then."""
        return tuple(each.exhibit(self) for each in self.shown)

    def own_fields(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the state that set the page to what was measured."""
        return checked(wanted, self.state, self.fields)

    @property
    def figure(self) -> LiveFigure:
        """The page's first figure."""
        return next(iter(self.figures.values()))

    @property
    def bar(self) -> WorkBar[Any, Any]:
        """What starts the page's first work."""
        return next(iter(self.bars.values()))

    @property
    def run(self) -> Any:
        """What has come of it; None before."""
        return self.bar.result

    @property
    def lit(self) -> str | None:
        """The preset that is shown: all its fields are as it has them."""
        fits = (
            name
            for name, preset in self.presets.items()
            if all(getattr(self.state, field) == value for field, value in preset.fields.items())
        )
        return next(fits, None)

    def settle(self, state: S, changed: Collection[str]) -> S:
        """The state to go to when ``changed`` fields were set: a place to keep fields consistent."""
        del changed
        return state

    def show_state(self) -> None:
        """Put every widget where the state is; those already there do not stir."""
        for field, widget in self.fields.items():
            widget.value = getattr(self.state, field)
        show_width(self.state, self.fields)
        self.starts.value = self.lit

    @property
    def widget(self) -> widgets.Widget:
        """The whole page, to be displayed."""
        return self.page.widget

    def show(self) -> None:
        """Put the page below the cell that runs."""
        display(self.widget)  # type: ignore[no-untyped-call]  # IPython ships no types for it

    def make_bars(self) -> dict[str, WorkBar[Any, Any]]:
        """What starts the work declared, by its name."""
        return {work.name: self._bar(work) for work in self.works}

    def _bar(self, work: Work) -> WorkBar[Any, Any]:
        """The row that starts it."""
        return WorkBar(
            lambda: work.request(self),
            work.run,
            work.table,
            self.refresh,
            work.filename,
            work.title,
            [self.fields[name] for name in work.fields],
        )

    def make_figures(self) -> dict[str, LiveFigure]:
        """The figures by name, drawn for the first time: those declared."""
        scene = self.scene() if self.shown else None
        return {each.name: self._figure_of(each, scene) for each in self.shown}

    def _figure_of(self, shown: Shown, scene: Any) -> LiveFigure:
        live = LiveFigure(shown.draw(self, scene, None))
        if any(shown.click):
            live.on_click(lambda *place: self._clicked(shown.click, place))
        if shown.zooms:
            live.on_zoom(lambda span: self.change(**{shown.zooms: span}))
        return live

    def _clicked(self, fields: tuple[str, str], place: tuple[float, ...]) -> None:
        """Go to where a figure was clicked, to the digits a person would type."""
        self.change(**{name: float(f"{at:.4g}") for name, at in zip(fields, place, strict=True) if name})

    def _start(self) -> None:
        """Let the widgets drive the state from now on, and draw for the first time."""
        self.show_state()
        for field, widget in self.fields.items():
            self._observe(field, widget)
        self.starts.observe(lambda change: self._begin(change["new"]), "value")
        for each in self.exhibits():
            each.live.title = each.title
        self.page.equip(save_menu(self))
        self.tools = PageTools(self.page.name, query_of(self.state), self.follow)
        self.page.equip(self.tools)
        self.theme.observe(lambda change: self.change(theme="dark" if change["new"] else "light"), "dark")
        self.refresh()
        if type(self)._opening is None and self.page.well:
            type(self)._opening = self.memo.copy()

    def follow(self, query: str, afresh: bool = False) -> list[str]:
        """Go where the query of an address says.

        Args:
            query: what is to be set.
            afresh: whether all that it does not name is to be as the page opened.

        Returns:
            A note on every entry that could not be followed; its field stays as it was.
        """
        values, notes = read_query(query, self.state, self.fields)
        self.change(**{**(self._as_opened() if afresh else {}), **values})
        return notes

    def at(self, *, data: object = None, **values: Any) -> Self:
        """This page, with fields of its state set, and measurements of one's own drawn (:meth:`bring`).

        Raises:
            TypeError: if there is no such field, or a value is not of its kind.
            ValueError: if a value is not offered by the page.
        """
        self.change(**checked(values, self.state, self.fields))
        if data is not None:
            self.bring(data)
        return self

    @classmethod
    def still(cls, name: str, *, run: Collection[str] = (), **values: Any) -> go.Figure:
        """A figure of the page that does not move, with all digits.

        Args:
            name: which figure, as the files are called that the page saves.
            run: long work to do first, by name; what comes of it is drawn.
            **values: fields of the state that are to differ from its opening, and ``data`` as of :meth:`at`.

        Raises:
            TypeError: if there is no such figure, work or field.
            ValueError: if a value is not offered by the page.
        """
        explorer = cls().at(**values)
        for work in run:
            if work not in explorer.bars:
                known = ", ".join(explorer.bars) or "none"
                raise TypeError(f"{work!r} is no work of this page; there is {known}")
            explorer.bars[work].run_now()
        return still(explorer.exhibit(name).draw())

    def elsewhere(self, state: S) -> Self:
        """A twin in another state, which solves and draws for itself and has no widgets of its own.

        What comes in of long work from now on does not reach it.
        """
        with self._lock:
            twin = self._beside(self.memo.copy())
            twin.bars = {name: copy.copy(bar) for name, bar in self.bars.items()}
            twin.own, twin.state = copy.copy(self.own), state
        return twin

    def _beside(self, memo: Memo) -> Self:
        """This page with another memory."""
        twin = copy.copy(self)
        twin.memo = memo
        return twin

    def exhibit(self, name: str) -> Exhibit:
        """The figure of that name.

        Raises:
            TypeError: if there is none.
        """
        exhibits = {exhibit.name: exhibit for exhibit in self.exhibits()}
        if name not in exhibits:
            raise TypeError(f"{name!r} is no figure of this page; there are {', '.join(exhibits)}")
        return exhibits[name]

    def _observe(self, field: str, widget: widgets.Widget) -> None:
        widget.observe(lambda change: self.change(**{field: change["new"]}), "value")

    def _begin(self, preset: str | None) -> None:
        """Go to a preset."""
        if preset is not None and preset != self.lit:
            self.change(**self.presets[preset].fields)

    def change(self, **values: Any) -> None:
        """Change fields of the state; widgets and figures follow."""
        with self._lock:
            state = self.settle(bounded(replace(self.state, **values)), values)
            if state == self.state:
                # A widget whose value settled back goes back too.
                self.show_state()
                return
            self.state = state
            self.show_state()
            if not self._held:
                self.refresh()

    def reset(self) -> None:
        """Put everything back to what the page opened with, but for the viewer's own theme."""
        for control in self.controls.values():
            control.message = ""
        with self.one_refresh():
            self.change(**self._as_opened())

    def _as_opened(self) -> dict[str, Any]:
        """What the page opened with, but for the viewer's own theme."""
        opened = {each.name: getattr(self.opened, each.name) for each in fields(self.opened)}
        return {**opened, "theme": vars(self.state)["theme"]}

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
        """Draw; a failure is told on the page, which stays alive."""
        with self._lock:
            try:
                self.draw()
            except Exception:  # noqa: BLE001 - whatever went wrong, the page must go on and the viewer be told
                _log.debug("%s failed at %s", type(self).__name__, self.state, exc_info=True)
                self.page.complain(self.complaint)
            else:
                self.page.all_well()
            self.tools.query = query_of(self.state)
