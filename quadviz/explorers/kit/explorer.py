"""What every explorer does alike: one state, widgets bound to its fields, and a picture that follows."""

from __future__ import annotations

import copy
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import ipywidgets as widgets
from IPython.display import display

from quadviz.explorers.kit.links import checked, query_of, read_query
from quadviz.explorers.kit.page import Page
from quadviz.explorers.kit.save.exhibit import Exhibit
from quadviz.explorers.kit.save.takeaway import save_menu
from quadviz.explorers.kit.widgets.controls import ParameterControl, ThemeProbe
from quadviz.explorers.kit.widgets.tools import PageTools
from quadviz.explorers.kit.widgets.work_bar import SimulationBar
from quadviz.figures.marks.drawing import still
from quadviz.parameters import PARAMETERS, Parameter

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from _typeshed import DataclassInstance

__all__ = ["Explorer"]

#: A frozen dataclass with a field ``theme``, a default for every field, and one field a parameter shown.
S = TypeVar("S", bound="DataclassInstance")

_log = logging.getLogger(__name__)


class Explorer(ABC, Generic[S]):
    """The state of a page, the widgets bound to it, and the one way in which both change.

    A subclass makes a control for each parameter it shows, binds its other widgets with :meth:`bind`, makes
    its figures and its page, and then calls :meth:`start`. What the page shows is a function of the state
    alone; no widget keeps anything of its own.

    Attributes:
        state: what the page shows now.
        opened: what it showed first.
        controls: a control for each parameter, by name.
        theme: tells whether the page is dark; part of the page.
        page: the page.
        tools: those in the page's header, which keep its address.
    """

    page: Page
    #: What a viewer is told when solving or drawing failed.
    complaint = (
        "This setting could not be computed; what is shown is the last that could. "
        "Move a control, or press Reset all."
    )

    def __init__(
        self, state: S, parameters: Sequence[str], table: Mapping[str, Parameter] = PARAMETERS
    ) -> None:
        self.state = state
        # A reset goes back to the state that the page opened with.
        self.controls = {
            name: ParameterControl(replace(table[name], default=getattr(state, name))) for name in parameters
        }
        self.theme = ThemeProbe()
        self.opened = state
        self._bound: dict[str, widgets.Widget] = dict(self.controls)
        # A kernel may run two callbacks at once; the state and the figure change under one lock.
        self._lock = threading.RLock()
        self._held = False

    @abstractmethod
    def draw(self) -> None:
        """Solve for the state, redraw the figures and fill the read-out. May raise."""

    @abstractmethod
    def exhibits(self) -> tuple[Exhibit, ...]:
        """The figures of the page, to be saved. What they draw and tell is of the state then."""

    @property
    def bars(self) -> Mapping[str, SimulationBar[Any, Any]]:
        """What starts long work on this page, by the name of the work."""
        return {}

    def settle(self, state: S, changed: Collection[str]) -> S:
        """The state to go to when ``changed`` fields were set: a place to keep fields consistent."""
        del changed
        return state

    def show_state(self) -> None:
        """Put every widget where the state is; those already there do not stir."""
        for field, widget in self._bound.items():
            widget.value = getattr(self.state, field)

    @property
    def widget(self) -> widgets.Widget:
        """The whole page, to be displayed."""
        return self.page.widget

    def show(self) -> None:
        """Put the page below the cell that runs."""
        display(self.widget)  # type: ignore[no-untyped-call]  # IPython ships no types for it

    def bind(self, field: str, widget: widgets.Widget) -> Any:
        """Tie a widget's value to a field of the state, both ways; returns the widget."""
        self._bound[field] = widget
        return widget

    def groups(self, names: Sequence[str] | None = None) -> list[tuple[str, list[ParameterControl]]]:
        """The controls (those named) under the headings of the parameter table, for the page's rail."""
        groups: dict[str, list[ParameterControl]] = {}
        for name in self.controls if names is None else names:
            groups.setdefault(self.controls[name].parameter.group, []).append(self.controls[name])
        return list(groups.items())

    def reset_button(self) -> widgets.Button:
        """A button that puts every parameter back to its default."""
        button = widgets.Button(description="Reset all", tooltip="Every parameter back to its default")
        button.add_class("qv-reset-all")
        button.on_click(lambda _button: self.reset())
        return button

    def start(self) -> None:
        """Let the widgets drive the state from now on, and draw for the first time."""
        self.show_state()
        for field, widget in self._bound.items():
            self._observe(field, widget)
        self.page.equip(save_menu(self))
        self.tools = PageTools(self.page.name, query_of(self.state), self.follow)
        self.page.equip(self.tools)
        self.theme.observe(lambda change: self.change(theme="dark" if change["new"] else "light"), "dark")
        self.refresh()

    def follow(self, query: str) -> list[str]:
        """Go where the query of an address says.

        Returns:
            A note on every entry that could not be followed; its field stays as it was.
        """
        values, notes = read_query(query, self.state, self._bound)
        self.change(**values)
        return notes

    def at(self, **values: Any) -> Self:
        """This page, with fields of its state set.

        Raises:
            TypeError: if there is no such field, or a value is not of its kind.
            ValueError: if a value is not offered by the page.
        """
        self.change(**checked(values, self.state, self._bound))
        return self

    @classmethod
    def still(cls, name: str, *, run: Collection[str] = (), **values: Any) -> go.Figure:
        """A figure of the page that does not move, with all digits.

        Args:
            name: which figure, as the files are called that the page saves.
            run: long work to do first, by name; what comes of it is drawn.
            **values: fields of the state that are to differ from what the page opens with.

        Raises:
            TypeError: if there is no such figure, work or field.
            ValueError: if a value is not offered by the page.
        """
        explorer = cls().at(**values)  # type: ignore[call-arg]  # every page opens without arguments
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
            twin = copy.copy(self)
            bars = {
                name: copy.copy(one) for name, one in vars(self).items() if isinstance(one, SimulationBar)
            }
        vars(twin).update(bars, state=state)
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

    def change(self, **values: Any) -> None:
        """Change fields of the state; widgets and figures follow."""
        with self._lock:
            state = self.settle(replace(self.state, **values), values)
            if state == self.state:
                return
            self.state = state
            self.show_state()
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
