"""A reader's own measurements beside the curves of a page: whose they are, and what is said of each."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np

from quadviz.files.measured import Measured
from quadviz.files.series import Series
from quadviz.parameters import parameter
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.wording import four_digits, two_digits

__all__ = ["Differences", "label", "own_points", "spelled_setting", "unlike"]

#: What a page and a file have of a parameter, or of the teacher, by its name.
Differences = dict[str, tuple[str, str]]

#: Parameters that are the same to so many parts of them are meant to be.
_ALIKE = 1e-6
#: What a page's theory has where it says nothing of it.
_ABSENT = {"lam2": 0.0}


def unlike(series: Series, curve: Mapping[str, float]) -> Differences:
    """In what measurements differ from a curve: what they have and what the curve has, in words, by name.

    What a file does not say is taken to be as the curve has it.

    Args:
        series: the measurements.
        curve: the parameters that a curve depends on.
    """
    known = {**_ABSENT, **curve}
    found: Differences = {}
    for name, value in series.setting.items():
        if name in known and not math.isclose(value, known[name], rel_tol=_ALIKE, abs_tol=1e-12):
            found[name] = four_digits(value), four_digits(known[name])
    teacher = series.tags.get("teacher", "wishart")
    if not teacher.lower().startswith("wishart"):
        found["teacher"] = teacher, "wishart"
    return found


def spelled_setting(values: Mapping[str, str]) -> str:
    """Values of parameters and tags by name, with their symbols.

    >>> spelled_setting({"kappa": "0.4", "d": "60"})
    'κ = 0.4, d = 60'
    """
    return ", ".join(f"{_symbol(name)} = {value}" for name, value in values.items())


def label(series: Series, among: Sequence[Series]) -> str:
    """What tells a series from the others, as plain text; empty where there are none."""
    own, *others = (
        {**{name: four_digits(value) for name, value in one.setting.items()}, **one.tags}
        for one in (series, *among)
    )
    apart = {name: value for name, value in own.items() if any(o.get(name) != value for o in others)}
    return spelled_setting(apart)


def own_points(
    measured: Measured | None, curves: Sequence[Mapping[str, float]], current: int = 0
) -> tuple[OwnPoints, ...]:
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
        home = next((i for i in order if not unlike(series, curves[i])), None)
        homes.setdefault(home, []).append(series)
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
    for error, count in zip(series.error[row].tolist(), series.count[row].tolist(), strict=True):
        kind = f"standard error of {count}" if count > 1 else bar
        texts.append((f" ± {two_digits(error)} ({kind})" if math.isfinite(error) else "") + of)
    return texts


def _symbol(name: str) -> str:
    try:
        return parameter(name).symbol
    except KeyError:
        return name
