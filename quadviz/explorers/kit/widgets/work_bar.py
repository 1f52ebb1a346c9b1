"""The row of a page from which networks are trained: start and cancel, how far it is, and what came of it."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import ipywidgets as widgets

from quadviz.explorers.kit.widgets.download import Download
from quadviz.simulation.simulate import SimulationError
from quadviz.tables.text import Table
from quadviz.theory.dmft import DmftError
from quadviz.work.job import Ending, Job

__all__ = ["WorkBar", "duration"]

R = TypeVar("R", bound="Request")
T = TypeVar("T")

#: Given to the work, to be called often: it raises when the work is cancelled.
Check = Callable[[], None]


class Request(Protocol):
    """What to simulate."""

    def check(self) -> str | None:
        """Refuse what cannot be simulated, by a ValueError or a MemoryError made for a viewer.

        Returns:
            What it will take, in words, where that is known.
        """


_log = logging.getLogger(__name__)

#: Failures whose words are made for a viewer.
_TOLD = (ValueError, MemoryError, SimulationError, DmftError)
_START, _CANCEL = "▶ Simulate", "■ Cancel"
#: Below this fraction nothing is said of the time left.
_KNOWN = 0.02
#: Below this one an estimate made before says more of it than the time taken so far.
_UNDER_WAY = 0.15


def duration(seconds: float) -> str:
    """A time span in words.

    >>> duration(0.42), duration(12.3), duration(200)
    ('0.4 s', '12 s', '3 min 20 s')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"


class WorkBar(Generic[R, T]):
    """The row that starts long work, and what came of it last.

    Args:
        request: what to simulate now.
        work: simulates a request; a generator of the fraction done and the result so far.
        table: a result as a table, to be saved; None for a page that saves all it shows in one place.
        show: called whenever there is more of the result.
        filename: name of the file that it is saved to.
        title: what is trained, for the button's tooltip.
        choices: controls that belong to the row.
        start: what the button says.
        busy: why the work cannot begin just now, in a sentence without its stop; None or empty where it can.
        verdict: what is to be said of a result once it is done; empty for nothing.

    Attributes:
        widget: the row.
        button: starts and cancels.
        job: the work.
        result: what was simulated last, as far as it came; None before.
    """

    def __init__(
        self,
        request: Callable[[], R],
        work: Callable[[R, Check], Iterator[tuple[float, T]]],
        table: Callable[[T], Table] | None,
        show: Callable[[], None],
        filename: str,
        title: str,
        choices: Sequence[widgets.Widget] = (),
        start: str = _START,
        busy: Callable[[], str | None] = lambda: None,
        verdict: Callable[[T], str] = lambda _result: "",
    ) -> None:
        self._request = request
        self._work = work
        self._table = table
        self._show = show
        self._start, self._busy, self._verdict = start, busy, verdict
        # What is said, what is to be said while there is nothing else, and what the work was to take.
        self._said = self._hint = self._estimate = ""
        self._fraction = self._elapsed = 0.0
        self.result: T | None = None
        # What the result is all of, once it is complete.
        self._asked: R | None = None
        self._made: R | None = None
        self.job: Job[tuple[float, T]] = Job(self._show_progress, self._show_end)
        self.button = widgets.Button(description=start, tooltip=title)
        self.button.add_class("qv-simulate")
        self.button.on_click(lambda _button: self._press())
        self.progress = widgets.FloatProgress(value=0.0, max=1.0)
        self.status = widgets.HTML()
        self.status.add_class("qv-status")
        self.download = Download(self._saved, filename, "Save what was simulated as CSV")
        saving = [] if table is None else [self.download]
        self.widget = widgets.Box([self.button, *choices, self.progress, self.status, *saving])
        self.widget.add_class("qv-simulation")
        self._show_bar(shown=False)

    @property
    def stands(self) -> bool:
        """Whether the result is complete, and the same work done now would give it again."""
        return self.result is not None and self._made is not None and self._made == self._request()

    def say(self, sentence: str, alarm: bool = False) -> None:
        """Show a sentence beside the button."""
        self._said = sentence
        role = "alert" if alarm else "status"
        self.status.value = f'<p role="{role}">{html.escape(sentence)}</p>'

    def hint(self, sentence: str) -> None:
        """Show a sentence as long as there is nothing else to say; an empty one takes it back."""
        idle = self._said in ("", self._hint)
        self._hint = sentence
        if idle and self._said != sentence:
            self.say(sentence)

    def run_now(self) -> None:
        """Do the work here and now, for a figure that nobody watches; its failures are raised."""
        request = self._request()
        request.check()
        for _fraction, result in self._work(request, lambda: None):
            self.result = result
        self._made = request

    def _press(self) -> None:
        if self.job.running:
            self.button.description = "Cancelling…"
            self.job.cancel()
            return
        if reason := self._busy():
            self.say(f"{reason}.")
            return
        request = self._request()
        try:
            self._estimate = request.check() or ""
        except (ValueError, MemoryError) as refusal:
            self.say(f"{refusal}.", alarm=True)
            return
        self._fraction = self._elapsed = 0.0
        self.button.description = _CANCEL
        self.progress.value = 0.0
        self._show_bar(shown=True)
        self.say(f"starting: {self._estimate}" if self._estimate else "starting…")
        self._asked, self._made = request, None
        self.job.start(lambda check: self._work(request, check))

    def _show_progress(self, payload: tuple[float, T], elapsed: float) -> None:
        self._fraction, self.result = payload
        self._elapsed = elapsed
        self.progress.value = self._fraction
        self._show()
        self.download.ready = True
        left = elapsed * (1 / self._fraction - 1) if self._fraction > _KNOWN else None
        so_far = f"{100 * self._fraction:.0f}%"
        if self._estimate and self._fraction < _UNDER_WAY:
            self.say(f"{so_far} of {self._estimate}")
        else:
            self.say(so_far if left is None else f"{so_far}, about {duration(left)} left")

    def _show_end(self, ending: Ending, failure: Exception | None) -> None:
        self.button.description = self._start
        self._show_bar(shown=False)
        if ending == Ending.DONE:
            self._made = self._asked
            verdict = "" if self.result is None else self._verdict(self.result)
            self.say("; ".join(filter(None, (f"done in {duration(self._elapsed)}", verdict))))
        elif ending == Ending.CANCELLED:
            self.say(f"cancelled at {100 * self._fraction:.0f}%; what was simulated is kept")
        else:
            _log.debug("a simulation failed", exc_info=failure)
            told = f"{failure}" if isinstance(failure, _TOLD) else "something went wrong in this simulation"
            self.say(f"{told}. What was simulated before is kept.", alarm=True)

    def _saved(self) -> Table:
        """The result as a table; nothing is saved before there is one."""
        return ((), ()) if self.result is None or self._table is None else self._table(self.result)

    def _show_bar(self, shown: bool) -> None:
        self.progress.layout.display = "" if shown else "none"
