"""The numbers of measurements row by row, and the series they make: a mean and an error at each place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.checks import printable
from quadviz.files.cells import Cells, Rule, numbers
from quadviz.files.decoding import DataError
from quadviz.files.headings import POWER_LAW, TAGS, Headings
from quadviz.parameters import EXTENSIONS, PARAMETERS, parameter

__all__ = ["MOST_PLACES", "MOST_SERIES", "Experiment", "Rows", "Series", "thinned"]

#: So many points of one series are drawn, and so many series are told apart.
MOST_PLACES, MOST_SERIES = 1000, 50
#: Places and settings are the same where so many digits are.
_DIGITS = 9
_SETTING = (*PARAMETERS, *EXTENSIONS, *POWER_LAW)
_FINITE = Rule("a finite number", lambda value: bool(np.isfinite(value)), empty=True)
_POSITIVE = Rule("a finite number > 0", lambda value: 0 < value < np.inf)
_TIME = Rule("a finite number >= 0", lambda value: 0 <= value < np.inf)
#: NaN is the error of a single run.
_ERROR = Rule("a finite number >= 0, or empty", lambda value: not (value < 0 or value == np.inf), empty=True)
_UNTIL = Rule("a number >= 0", lambda value: value >= 0, empty=True)


@dataclass(frozen=True)
class Experiment:
    """What a page can draw of measurements.

    Attributes:
        against: what they are drawn against: the sample ratio "alpha", or the training "time".
        quantities: names of :data:`quadviz.quantities.QUANTITIES`, R of them, a row for each.
        courses: parameters that may be other ones at every place of one series, as a decay that is tuned
            is.
    """

    against: Literal["alpha", "time"]
    quantities: tuple[str, ...]
    courses: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Series:
    """Measurements of one setting.

    Attributes:
        setting: the parameters that the file names, by name, but for what they are drawn against.
        tags: what else tells it from other series, such as the dimension, by name.
        place: values of what they are drawn against, increasing, shape (P,).
        mean: a row for each quantity, shape (R, P); NaN where there is none.
        error: errors of these, shape (R, P); NaN where unknown.
        count: how many rows each is the mean of, shape (R, P).
        along: parameters that are other ones at every place, by name, each of shape (P,).
    """

    setting: Mapping[str, float]
    tags: Mapping[str, str]
    place: FloatArray
    mean: FloatArray
    error: FloatArray
    count: NDArray[np.int_]
    along: Mapping[str, FloatArray] = field(default_factory=dict)

    def part(self, kept: BoolArray | NDArray[np.intp]) -> Series:
        """Some of its places."""
        return Series(
            self.setting,
            self.tags,
            self.place[kept],
            self.mean[:, kept],
            self.error[:, kept],
            self.count[:, kept],
            {name: values[kept] for name, values in self.along.items()},
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """The numbers of a table; arrays have a row's entry each.

    Attributes:
        values: a row for each quantity, shape (R, N); NaN where there is none.
        errors: beside them, shape (R, N).
        setting: parameters by name; NaN where a cell is empty.
        tags: texts by name.
        seeds: texts; empty where there is no such column.
        times: NaN where there are none.
        until: times until which rows can be trusted.
    """

    experiment: Experiment
    notes: tuple[str, ...]
    place: FloatArray
    values: FloatArray
    errors: FloatArray
    setting: Mapping[str, FloatArray]
    tags: Mapping[str, NDArray[np.str_]]
    seeds: NDArray[np.str_]
    times: FloatArray
    until: FloatArray

    @classmethod
    def of(cls, cells: Cells, headings: Headings, experiment: Experiment) -> Rows:
        """The numbers of cells."""
        known, against = headings.places, experiment.against
        rules = {known[name]: _domain(name) for name in _SETTING if name in known}
        rules |= dict.fromkeys(headings.values.values(), _FINITE)
        rules |= dict.fromkeys(headings.errors.values(), _ERROR)
        counted = against == "alpha" and "alpha" not in known
        rules |= {known[name]: _POSITIVE for name in ("n", "d") if counted}
        if "time" in known:
            rules[known["time"]] = _TIME
        if against in known:
            rules[known[against]] = _TIME if against == "time" else _POSITIVE
        if "trusted_until" in known:
            rules[known["trusted_until"]] = _UNTIL
        found, commas = numbers(cells, rules)
        none = np.full(len(cells.rows), np.nan)

        def column(at: int | None) -> FloatArray:
            return none if at is None else found[at]

        # One by one: the square of d may be too small a number to divide by.
        place = (
            found[known["n"]] / found[known["d"]] / found[known["d"]] if counted else found[known[against]]
        )
        return cls(
            experiment,
            ("decimal commas are read as points",) if commas else (),
            _rounded(place),
            np.array([column(headings.values.get(name)) for name in experiment.quantities]),
            np.array([column(headings.errors.get(name)) for name in experiment.quantities]),
            {name: _rounded(found[known[name]]) for name in _SETTING if name in known and name != against},
            {name: _texts(cells.columns[known[name]]) for name in TAGS if name in known},
            np.array(cells.columns[known["seed"]] if "seed" in known else [""] * len(none)),
            column(known.get("time")),
            column(known.get("trusted_until")),
        )

    def part(self, kept: BoolArray) -> Rows:
        """Some of the rows."""
        return Rows(
            self.experiment,
            self.notes,
            self.place[kept],
            self.values[:, kept],
            self.errors[:, kept],
            {name: values[kept] for name, values in self.setting.items()},
            {name: texts[kept] for name, texts in self.tags.items()},
            self.seeds[kept],
            self.times[kept],
            self.until[kept],
        )

    def wanted(self) -> tuple[BoolArray, list[str]]:
        """The rows to draw: with a value, as far as they can be trusted, for a curve the end of training."""
        notes = list(self.notes)
        kept: BoolArray = np.asarray(np.isfinite(self.values).any(axis=0))
        if not kept.any():
            raise DataError(f"no row has a value of {', '.join(self.experiment.quantities)}")
        trusted = ~(self.times > self.until)
        if not trusted[kept].all():
            notes.append(f"{int((~trusted)[kept].sum())} rows after their march can be trusted are left out")
            kept &= trusted
        times = self.times
        if self.experiment.against == "alpha" and np.unique(times[kept]).size > 1:
            of = self._kinds([self.place, self.seeds])
            last = np.full(of.max() + 1, -np.inf)
            np.maximum.at(last, of[kept], times[kept])
            kept &= times >= last[of]
            ends = np.unique(times[kept])
            until = f"t = {ends[-1]:.4g}" if ends.size == 1 else f"t = {ends[0]:.4g} to {ends[-1]:.4g}"
            notes.append(f"of every run the end is taken, {until}")
        if not kept.any():
            raise DataError("no row is left: none can be trusted")
        return kept, notes

    def _kinds(
        self, more: list[NDArray[np.float64] | NDArray[np.str_]], without: Collection[str] = ()
    ) -> NDArray[np.intp]:
        """A number for each row, the same where setting, tags and ``more`` are, from 0."""
        setting = [values for name, values in self.setting.items() if name not in without]
        columns = [*setting, *self.tags.values(), *more]
        codes = [np.unique(column, return_inverse=True)[1] for column in columns]
        if not codes:
            return np.zeros(self.place.size, dtype=np.intp)
        kinds: NDArray[np.intp] = np.unique(np.array(codes), axis=1, return_inverse=True)[1].reshape(-1)
        return kinds

    def series(self) -> tuple[list[Series], bool]:
        """The series, and whether errors beside rows gave way to those of repetitions."""
        kinds, moving = self._series_kinds()
        count = int(kinds.max()) + 1
        if count > MOST_SERIES:
            names = ", ".join((*self.setting, *self.tags))
            raise DataError(
                f"the rows have {count} different settings ({names}), and {MOST_SERIES} at most are drawn"
            )
        made, repeated = [], False
        for kind in range(count):
            one = self.part(kinds == kind)
            named = self.experiment.courses if moving[kind] else ()
            courses = {name: one.setting[name] for name in named if name in one.setting}
            known = {name: float(v[0]) for name, v in one.setting.items() if name not in courses}
            setting = {name: value for name, value in known.items() if np.isfinite(value)}
            tags = {name: str(texts[0]) for name, texts in one.tags.items() if texts[0]}
            place, first, at = np.unique(one.place, return_index=True, return_inverse=True)
            summed = [_summary(values, at.reshape(-1), place.size) for values in one.values]
            mean, spread, counts = (np.array(rows) for rows in zip(*summed, strict=True))
            beside = np.full(mean.shape, np.nan)
            beside[:, at.reshape(-1)] = one.errors
            repeated = repeated or bool(np.isfinite(beside[counts > 1]).any())
            error = np.where(counts > 1, spread, beside)
            along = {name: values[first] for name, values in courses.items()}
            made.append(Series(setting, tags, place, mean, error, counts.astype(np.int_), along))
        return made, repeated

    def _series_kinds(self) -> tuple[NDArray[np.intp], BoolArray]:
        """The number of the series of each row, from 0, and of which of them courses go along.

        They do where each place has one value of them, and not all places the same.
        """
        kinds, wide = self._kinds([]), self._kinds([], without=self.experiment.courses)
        pairs = np.unique(np.array([wide, kinds]), axis=1)
        several = np.bincount(pairs[0]) > 1
        places = np.unique(
            np.array([wide, self._kinds([self.place], without=self.experiment.courses)]), axis=1
        )
        values = np.unique(np.array([wide, self._kinds([self.place])]), axis=1)
        single = np.bincount(places[0]) == np.bincount(values[0])
        moving = (several & single)[wide]
        # Those that go along are one series, the others one for each setting.
        names, joined = np.unique(np.where(moving, wide, wide.max() + 1 + kinds), return_inverse=True)
        return joined.reshape(-1), names <= wide.max()


def _domain(name: str) -> Rule:
    """What a parameter may be."""
    if name in POWER_LAW:
        return Rule("a finite number > 0", _POSITIVE.holds, empty=True)
    about = parameter(name)
    holds: Callable[[float], bool] = (
        (lambda value: 0 <= value < np.inf) if about.zero_allowed else (lambda value: 0 < value < np.inf)
    )
    return Rule(about.domain, holds, empty=True)


def _rounded(values: FloatArray) -> FloatArray:
    """Numbers to the digits that tell them apart: 0.1 + 0.2 is 0.3."""
    unique, at = np.unique(values, return_inverse=True)
    return np.array([float(f"{value:.{_DIGITS}g}") for value in unique.tolist()])[at.reshape(-1)]


def _texts(column: tuple[str, ...]) -> NDArray[np.str_]:
    """Tags, those that are numbers in one spelling, as they may be shown."""

    def plain(text: str) -> str:
        try:
            return f"{float(text):g}"
        except ValueError:
            return printable(text)

    known = {text: plain(text) for text in set(column)}
    return np.array([known[text] for text in column])


def _summary(
    values: FloatArray, at: NDArray[np.intp], size: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means of the values at each of some places, their standard errors, and how many there are.

    Places have different numbers of values, of which there may be very many.
    """
    known = np.isfinite(values)
    at, values = at[known], values[known]
    count = np.bincount(at, minlength=size).astype(np.float64)
    some = np.where(count > 0, count, np.nan)
    mean = np.bincount(at, values, size) / some
    squares = np.bincount(at, (values - mean[at]) ** 2, size)
    return mean, np.sqrt(squares / np.where(count > 1, count * (count - 1), np.nan)), count


def thinned(series: Series, against: str) -> Series:
    """A series with few enough points to be seen one by one, evenly spread over its axis."""
    if series.place.size <= MOST_PLACES:
        return series
    # The start is a point of its own.
    start = series.place[series.place > 0][0] / 2
    across = np.log(np.maximum(series.place, start)) if against == "time" else series.place
    bucket = ((across - across[0]) / (across[-1] - across[0]) * (MOST_PLACES - 1)).astype(np.intp)
    kept = np.unique(bucket, return_index=True)[1]
    return series.part(kept)
