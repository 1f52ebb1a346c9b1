"""A reader's own measurements: from the rows of a file to means with errors, a series for each setting."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from quadviz.checks import printable
from quadviz.files.cells import Cells, cells_of_bytes, read_cells
from quadviz.files.decoding import DataError
from quadviz.files.headings import Headings, found_headings, plain_name
from quadviz.files.series import Experiment, Rows, Series, thinned

__all__ = ["UNNAMED", "Measured", "read_measured"]

#: What measurements are called that come from no file.
UNNAMED = "your data"
#: A file's name is shown so long.
_NAME = 40
#: How the sources of rows begin that are no measurements, in tables of this package; and how rows end that
#: hold no result.
_COMPUTED = (
    "theory", "Bayes-optimal", "best lam", "population flow", "DMFT", "best moment", "mean of the networks",
)  # fmt: skip
_UNSOLVED = {"failed", "not_converged", "not_computed"}
#: Columns of tables of this package that need not be mentioned where they are not used.
_ITS_OWN = {"regime", "trained_by", "network_seed", "theory_failure", "network_failure", "dmft_failure"}


@dataclass(frozen=True, eq=False)
class Measured:
    """A reader's own measurements.

    Attributes:
        name: of the file, as it may be shown; plain text, not markup.
        path: where it is, to be named in code; empty where it was not read from a path.
        rows: how many rows of measurements the file has.
        experiment: what was looked for.
        series: the measurements, one series for each setting.
        bars: what the errors of single rows are, by quantity; means of several rows have standard errors.
        notes: what is to be known of how the file was read, in words.
    """

    name: str
    path: str
    rows: int
    experiment: Experiment
    series: tuple[Series, ...]
    bars: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def last(self) -> float:
        """The last place that there is anything at."""
        return max(float(one.place[-1]) for one in self.series)

    @property
    def present(self) -> tuple[str, ...]:
        """The quantities that there are values of."""
        rows = enumerate(self.experiment.quantities)
        return tuple(
            name for row, name in rows if any(np.isfinite(one.mean[row]).any() for one in self.series)
        )


def read_measured(source: object, experiment: Experiment, name: str = "") -> Measured:
    """Measurements from a file, or from columns by name.

    Rows of one setting at one place are repetitions: they become their mean, with its standard error from two
    rows on. A single row keeps the error that stands beside it. Rows of different parameters, or dimensions,
    are never averaged.

    Args:
        source: the path of a CSV file or its bytes, a DataFrame, or a mapping of columns.
        experiment: what is looked for.
        name: what it is called; a path's own name when omitted.

    Returns:
        The measurements: series with arrays of shape (R, P).

    Raises:
        OSError: if the file cannot be read.
        DataError: if something is missing, or wrong; says what, where, and what is allowed.
        TypeError: if the source is none of these.

    >>> from quadviz.files.series import Experiment
    >>> curve = Experiment("alpha", ("mse", "train_loss"))
    >>> read_measured({"alpha": [0.2, 0.2, 0.4], "mse": [1.0, 2.0, 0.5]}, curve).series[0].error[0]
    array([0.5, nan])
    """
    cells = cells_of_bytes(bytes(source)) if isinstance(source, (bytes, memoryview)) else read_cells(source)
    path = os.fspath(source) if isinstance(source, (str, os.PathLike)) else ""
    headings = found_headings(cells.names, experiment.quantities)
    _check(cells, headings, experiment)
    count = len(cells.rows)
    cells, notes = _results(cells, headings)
    table = Rows.of(cells, headings, experiment)
    kept, more = table.wanted()
    table = table.part(kept)
    series, repeated = table.series()
    thin = [thinned(one, experiment.against) for one in series]
    told = [
        *notes,
        *more,
        *_about_errors(repeated),
        *_about_unused(headings),
        *_about_gamma(headings, experiment),
        *_about_thinning(series, thin),
    ]
    shown = printable(name or Path(path).name, _NAME) or UNNAMED
    bars = MappingProxyType(dict(headings.bars))
    return Measured(shown, path, count, experiment, tuple(thin), bars, tuple(told))


def _check(cells: Cells, headings: Headings, experiment: Experiment) -> None:
    """Refuse a table that lacks what is needed."""
    there = "the columns are " + ", ".join(printable(name) for name in cells.names if name)
    known = headings.places
    if experiment.against not in known and not (experiment.against == "alpha" and {"n", "d"} <= known.keys()):
        also = {"alpha": "α, n_over_d2, or n and d", "time": "t"}[experiment.against]
        raise DataError(f"there is no column {experiment.against} ({also}); {there}")
    if not headings.values:
        wanted = " or ".join(filter(None, [", ".join(experiment.quantities[:-1]), experiment.quantities[-1]]))
        raise DataError(f"there is no column {wanted}; {there}")


def _results(cells: Cells, headings: Headings) -> tuple[Cells, list[str]]:
    """The rows that hold results of an experiment, as tables of this package tell them, and notes on it."""
    notes = list(cells.notes)
    for name, sound, why in (
        ("source", lambda text: not text.startswith(_COMPUTED), "are of theory"),
        ("status", lambda text: text.lower() not in _UNSOLVED, "were not solved"),
        ("trusted", lambda text: text.lower() != "no", "are not to be trusted"),
    ):
        if name in headings.places:
            column = cells.columns[headings.places[name]]
            cells = _without(cells, [sound(text) for text in column], why, notes)
    if "status" in headings.places:
        # Of a march that stopped there are times, and no values.
        cells = cells.emptied(headings.values.values(), "nan")
    return cells, notes


def _without(cells: Cells, sound: list[bool], why: str, notes: list[str]) -> Cells:
    lost = sound.count(False)
    if lost == len(sound):
        raise DataError(f"no row is left: all {lost} {why}")
    if lost:
        notes.append(f"{lost} of {len(sound)} rows {why}: they are left out")
    return cells.kept(sound)


def _about_thinning(before: list[Series], after: list[Series]) -> list[str]:
    total, left = (sum(one.place.size for one in some) for some in (before, after))
    return [f"{left:,} of {total:,} points are drawn"] if left < total else []


def _about_errors(repeated: bool) -> list[str]:
    if not repeated:
        return []
    return ["errors beside rows that repeat a place are not used: their spread tells"]


def _about_gamma(headings: Headings, experiment: Experiment) -> list[str]:
    """That γ is not what a page of power laws calls by that name."""
    if not experiment.courses or "gamma" not in headings.places or "exponent" in headings.places:
        return []
    return ["gamma is taken for the variance of the initial weights: call the teacher's exponent exponent"]


def _about_unused(headings: Headings) -> list[str]:
    names = [printable(name) for name in headings.unused if plain_name(name) not in _ITS_OWN]
    if not names:
        return []
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return [f"not used: {', '.join(names[:6])}{more}"]
