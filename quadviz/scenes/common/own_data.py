"""A reader's own measurements beside the curves of a page: whose they are, and what is said of each."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.files.measured import Measured
from quadviz.files.series import Series
from quadviz.parameters import parameter
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.wording import four_digits, two_digits

__all__ = [
    "Along",
    "Differences",
    "Moving",
    "alike",
    "label",
    "own_points",
    "spelled_setting",
    "symbol",
    "unlike",
]


class Moving(NamedTuple):
    """A parameter that is another one at every place of a curve.

    Attributes:
        told: what it is, in words.
        at: from places to its values there; NaN where it is not known.
    """

    told: str
    at: Callable[[FloatArray], FloatArray]


#: The parameters that a curve depends on, by name, and the text of its "teacher" where that is not known by
#: them.
Along = Mapping[str, float | Moving | str]
#: What a page and a file have of a parameter, or of the teacher, by its name.
Differences = dict[str, tuple[str, str]]

#: Parameters that are the same to so many parts of them are meant to be.
_ALIKE = 1e-6
#: A decay that moves is met to so many parts of it, or so nearly: near the best one the error changes by the
#: square of that.
_NEAR, _NONE = 0.05, 1e-4
#: What a page's theory has where it says nothing of it.
_ABSENT = {"lam2": 0.0}
_WISHART, _POWER_LAW = "wishart", "power law"


def unlike(series: Series, curve: Along) -> Differences:
    """In what measurements differ from a curve: what they have and what the curve has, in words, by name.

    What a file does not say is taken to be as the curve has it.

    Args:
        series: the measurements.
        curve: the parameters that a curve depends on.
    """
    found: Differences = {}
    for name, ours in _known(series, curve):
        if not _same(series, name, ours).all():
            has = ours.told if isinstance(ours, Moving) else four_digits(ours)
            found[name] = _theirs(series, name), has
    teacher, named = _teachers(series, curve)
    if named not in ("", teacher):
        found["teacher"] = named, teacher
    return found


def alike(series: Series, curve: Along) -> BoolArray:
    """Which measurements are of a curve's setting, shape (P,)."""
    teacher, named = _teachers(series, curve)
    same = np.full(series.place.shape, named in ("", teacher))
    for name, value in _known(series, curve):
        same &= _same(series, name, value)
    return same


def _known(series: Series, curve: Along) -> list[tuple[str, float | Moving]]:
    """What both have of parameters, as the curve has it."""
    return [
        (name, ours)
        for name, ours in {**_ABSENT, **curve}.items()
        if not isinstance(ours, str) and (name in series.setting or name in series.along)
    ]


def _same(series: Series, name: str, ours: float | Moving) -> BoolArray:
    """Where a parameter is the curve's, or the file does not say, shape (P,)."""
    given = series.along[name] if name in series.along else np.float64(series.setting[name])
    theirs = np.broadcast_to(given, series.place.shape)
    if isinstance(ours, Moving):
        there = ours.at(series.place)
        met = np.abs(theirs - there) <= _NEAR * there + _NONE
    else:
        met = np.isclose(theirs, ours, rtol=_ALIKE, atol=1e-12)
    same: BoolArray = met | np.isnan(theirs)
    return same


def _theirs(series: Series, name: str) -> str:
    """The value that a file has of a parameter, or the least and the largest."""
    if name in series.setting:
        return four_digits(series.setting[name])
    values = series.along[name]
    return f"{four_digits(float(np.nanmin(values)))} to {four_digits(float(np.nanmax(values)))}"


def _teachers(series: Series, curve: Along) -> tuple[str, str]:
    """The teacher of a curve, and what a file says of its own; empty for nothing."""
    ours = str(curve.get("teacher", _POWER_LAW if "exponent" in curve else _WISHART))
    named = series.tags.get("teacher", "")
    if "exponent" in series.setting:
        return ours, _POWER_LAW
    if named.lower().startswith(_WISHART) or (not named and "kappa_star" in series.setting):
        return ours, _WISHART
    return ours, named


def spelled_setting(values: Mapping[str, str]) -> str:
    """Values of parameters and tags by name, with their symbols.

    >>> spelled_setting({"kappa": "0.4", "d": "60"})
    'κ = 0.4, d = 60'
    """
    return ", ".join(f"{symbol(name)} = {value}" for name, value in values.items())


def label(series: Series, among: Sequence[Series]) -> str:
    """What tells a series from the others, as plain text; empty where there are none."""
    own, *others = (
        {**{name: four_digits(value) for name, value in one.setting.items()}, **one.tags}
        for one in (series, *among)
    )
    apart = {name: value for name, value in own.items() if any(o.get(name) != value for o in others)}
    return spelled_setting(apart)


def own_points(measured: Measured | None, curves: Sequence[Along], current: int = 0) -> tuple[OwnPoints, ...]:
    """Measurements as a figure draws them: those of each curve, and those of none.

    Args:
        measured: the measurements; None for none.
        curves: the parameters that each curve depends on.
        current: which of them has what may be of several.

    Returns:
        What there is for none of the curves, and for each in turn; nothing at all without measurements.
    """
    if measured is None:
        return ()
    order = sorted(range(len(curves)), key=lambda i: i != current)
    homes: dict[int | None, list[Series]] = {}
    for series in measured.series:
        free = np.ones(series.place.shape, dtype=bool)
        for i in order:
            some = free & alike(series, curves[i])
            if some.any():
                homes.setdefault(i, []).append(series.part(some))
                free &= ~some
        if free.any():
            homes.setdefault(None, []).append(series.part(free))
    return tuple(_joined(home, homes.get(home, []), measured) for home in (None, *range(len(curves))))


def _joined(home: int | None, some: Sequence[Series], measured: Measured) -> OwnPoints:
    """Several series as one, in the order of their places."""
    rows = len(measured.experiment.quantities)
    place = np.concatenate([np.empty(0), *(one.place for one in some)])
    order = np.argsort(place, kind="stable")
    mean, error = (
        np.concatenate([np.empty((rows, 0)), *(getattr(one, name) for one in some)], axis=1)[:, order]
        for name in ("mean", "error")
    )
    told = [[text for one in some for text in _told(one, row, measured)] for row in range(rows)]
    return OwnPoints(home, place[order], mean, error, [[texts[i] for i in order] for texts in told])


def _told(series: Series, row: int, measured: Measured) -> list[str]:
    """What is said of every point of a series beside its value, as markup."""
    bar = measured.bars.get(measured.experiment.quantities[row], "")
    named = label(series, measured.series)
    of = f", {html.escape(named)}" if named else ""
    texts = []
    for at, (error, count) in enumerate(
        zip(series.error[row].tolist(), series.count[row].tolist(), strict=True)
    ):
        kind = f"standard error of {count}" if count > 1 else bar
        here = {name: four_digits(float(values[at])) for name, values in series.along.items()}
        decays = f", {spelled_setting(here)}" if here else ""
        bars = f" ± {two_digits(error)} ({kind})" if math.isfinite(error) else ""
        texts.append(bars + of + decays)
    return texts


def symbol(name: str) -> str:
    """The symbol of a parameter, or what it is called."""
    try:
        return parameter(name).symbol
    except KeyError:
        return name
