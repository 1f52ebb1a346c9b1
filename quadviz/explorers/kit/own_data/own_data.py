"""A reader's own measurements on a page: taken, kept beside the state, told of, and removed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quadviz.checks import printable
from quadviz.explorers.kit.own_data.control import DataControl
from quadviz.explorers.kit.own_data.words import (
    about,
    help_lines,
    off_the_axes,
    offers,
    parted,
    without_setting,
)
from quadviz.figures.marks.drawing import Held
from quadviz.files.decoding import MOST_BYTES, DataError, check_size
from quadviz.files.measured import Measured, read_measured
from quadviz.files.series import Experiment, Series
from quadviz.scenes.common.own_data import Along, Differences, symbol
from quadviz.scenes.common.wording import listed

__all__ = ["OwnData"]

_log = logging.getLogger(__name__)

Accept = Callable[[Mapping[str, Any]], dict[str, Any]]
Apart = tuple[Series, Differences]


class OwnData:
    """The measurements, and the row that takes them.

    They are no part of a page's state: sliders, presets, a reset and links leave them, and they go with the
    page. A file that cannot be taken leaves those that are there.

    Args:
        experiment: what the page can draw.
        axes: the vertical axes of the figure in a layout, one for each quantity.
        refresh: called when there are others.
        go: sets fields of the page, by name.
        accept: from parameters by name to the fields that set the page to them; raises a TypeError or a
            ValueError where it cannot be.

    Attributes:
        measured: the measurements; None for none.
        control: the row.
    """

    def __init__(
        self,
        experiment: Experiment,
        axes: Sequence[str],
        refresh: Callable[[], None],
        go: Callable[..., None],
        accept: Accept,
    ) -> None:
        self.experiment = experiment
        self.measured: Measured | None = None
        self._axes, self._refresh, self._go, self._accept = axes, refresh, go, accept
        self._offered: list[dict[str, Any]] = []
        self.control = DataControl(self._take, self.remove, self._go_to, MOST_BYTES, help_lines(experiment))

    def bring(self, source: object, name: str = "") -> None:
        """Take measurements, as :func:`quadviz.files.measured.read_measured` reads them, in place of others.

        Raises:
            OSError: if a file cannot be read.
            DataError: if it does not fit; says what is wrong.
            TypeError: if it is no source of measurements.
        """
        self.measured = read_measured(source, self.experiment, name)
        self.control.refusal = ""
        self._refresh()

    def remove(self) -> None:
        """Take the measurements off the page, and forget them."""
        self.measured = None
        self.control.refusal = ""
        self._refresh()

    def tell(self, held: Held, curves: Sequence[Along], current: int) -> None:
        """Say what there is, beside the control.

        Args:
            held: the ranges of the figure.
            curves: the parameters of the curves drawn.
            current: which of them the page is set to.
        """
        control, measured = self.control, self.measured
        with control.hold_sync():
            if measured is None:
                control.name = control.about = control.notes = control.differs = ""
                control.offers = []
                return
            differs, apart = parted(measured, curves, current)
            there, beyond = _reachable(apart, self._accept)
            self._offered = [fields for _, fields in there]
            control.name, control.about = measured.name, about(measured)
            control.differs = " ".join(filter(None, [differs, beyond]))
            control.offers = list(offers([one for one, _ in there], measured.series))
            said = [*measured.notes, without_setting(measured), off_the_axes(measured, held, self._axes)]
            notes = "; ".join(filter(None, said))
            control.notes = f"{notes[0].upper()}{notes[1:]}." if notes else ""

    def _take(self, name: str, size: int, data: bytes | None) -> None:
        """Take a file that came from the browser, or say why not."""
        try:
            check_size(size)
            if data is None:
                raise DataError("the file did not arrive")
            self.bring(data, name)
        except DataError as refusal:
            self._refuse(name, str(refusal))
        except Exception:  # noqa: BLE001 - whatever was in the file, the page goes on and the viewer is told
            _log.debug("a file could not be taken", exc_info=True)
            self._refuse(name, "the file could not be read")

    def _refuse(self, name: str, why: str) -> None:
        stays = f" {self.measured.name} stays." if self.measured else ""
        self.control.refusal = f"{printable(name, 40)} was not taken: {why}.{stays}"

    def _go_to(self, number: int) -> None:
        self._go(**self._offered[number])


def _reachable(apart: Sequence[Apart], accept: Accept) -> tuple[list[tuple[Apart, dict[str, Any]]], str]:
    """The settings that a page can go to, as its fields, and a sentence on those that are beyond it.

    A decay that goes along the places of a file is no setting to go to.
    """
    there, beyond = [], set()
    for series, how in apart:
        fields: dict[str, Any] = {}
        met = 0
        for name in how:
            if name in series.along:
                continue
            try:
                known = series.setting if name in series.setting else series.tags
                fields |= accept({name: known[name]})
                met += 1
            except (KeyError, TypeError, ValueError):
                beyond.add(symbol(name))
        if met == len(how):
            there.append(((series, how), fields))
    return there, f"This page cannot be set to its {listed(sorted(beyond))}." if beyond else ""
