"""A figure of a page as something to take away: as data, as a still, and as the code that remakes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from quadviz.explorers.live import LiveFigure
from quadviz.figures.marks.drawing import Drawing
from quadviz.parameters import SIMULATION_PARAMETERS
from quadviz.tables.code import Code, assignment
from quadviz.tables.text import Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["DASHED", "Exhibit", "TimeSlider", "remaking", "trained"]

#: What dashes mean in most figures.
DASHED = "Dashed: the width limits the rank, the theory rests on the steady-state assumption"


@dataclass(frozen=True)
class TimeSlider:
    """A slider of a figure's web page that is none of the page's parameters.

    Attributes:
        name: its name.
        label: what it moves.
        texts: what it says at each stop, two of them at least.
        start: the stop seen first.
        figures: draws the figure at every stop, one after another.
    """

    name: str
    label: str
    texts: Sequence[str]
    start: int
    figures: Callable[[], Iterator[Drawing]]


@dataclass(frozen=True)
class Exhibit:
    """One figure of a page.

    Attributes:
        name: the stem of its files' names.
        title: what it shows, in a few words.
        live: the figure on the page.
        draw: draws it anew, static and with all digits.
        table: its numbers, with the setting that they belong to.
        code: Python that computes them.
        sliders: the parameters that it depends on, the one that tells most first.
        work: names of the long work whose results it shows, once they are there.
        slide: draws it as one of many on a web page, where that is done otherwise.
        key: what its lines mean that it does not say itself, for where the page's own key is not.
        time_slider: a slider of its own for its web page, before the others; None where it has none just now.
        own: whether it shows a reader's own measurements, where there are any.
    """

    name: str
    title: str
    live: LiveFigure
    draw: Callable[[], Drawing]
    table: Callable[[], Table]
    code: Callable[[], Code]
    sliders: Sequence[str]
    work: Sequence[str] = ()
    key: str = ""
    slide: Callable[[], Drawing] | None = None
    time_slider: Callable[[], TimeSlider | None] = lambda: None
    own: bool = False


def trained(run: Any) -> str:
    """What the networks of a result are, to end the key of a figure with; nothing without networks."""
    if run is None or not run.networks:
        return ""
    return f" Networks drawn: {len(run.networks)} of d = {run.request.d}."


def remaking(
    exhibit: Exhibit,
    page: str,
    state: DataclassInstance,
    opened: DataclassInstance,
    run: Sequence[str],
    left: Sequence[str] = (),
    data: str = "",
) -> str:
    """Python that remakes a figure.

    Args:
        exhibit: the figure.
        page: the name of the page it belongs to.
        state: what is shown.
        opened: what the page opens with: fields that are still so need not be said.
        run: names of the work whose results are shown.
        left: names of other work whose results are shown, but would not come out the same now.
        data: the file of a reader's own measurements that are shown; empty for none.
    """
    fields: dict[str, Any] = {
        name: value
        for (name, value), default in zip(asdict(state).items(), asdict(opened).values(), strict=True)
        if value != default and name != "preset"
    }
    whole = (name for name in fields if name in SIMULATION_PARAMETERS and SIMULATION_PARAMETERS[name].whole)
    fields |= {name: int(fields[name]) for name in whole}
    if data:
        fields = {"data": data, **fields}
    if run:
        fields = {"run": tuple(run), **fields}
    arguments = f"{exhibit.name!r}" + (f", {assignment(fields)}" if fields else "")
    code = exhibit.code()
    imports = ["import numpy as np", ""] if code.numpy else []
    if code.imports:
        imports.append(f"from quadviz import {', '.join(sorted(set(code.imports)))}")
    return "\n".join(
        (
            *imports,
            f"from quadviz.explorers import {page}",
            "",
            *(["# data: the file that was drawn; a DataFrame will do."] if data else []),
            *(f"# Not remade: {name} of another setting, or not all of them." for name in left),
            f"figure = {page}.still({arguments})",
            f'figure.show()  # or figure.write_image("{exhibit.name}.pdf"), by the package kaleido',
            *code.lines,
            "",
        )
    )
