"""What a page says of a reader's own measurements: what they are, and where the page shows something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.checks import printable
from quadviz.figures.marks.drawing import Held
from quadviz.files.measured import UNNAMED, Measured
from quadviz.files.series import Experiment, Series
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.own_data import Along, Differences, alike, label, spelled_setting, unlike
from quadviz.scenes.common.wording import listed

__all__ = [
    "about",
    "help_lines",
    "in_the_key",
    "off_the_axes",
    "offers",
    "parted",
    "samples",
    "without_setting",
]

_CALLED = {"mse": "mse", "train_loss": "train loss", "in_sample_error": "in-sample error"}
_AGAINST = {"alpha": "alpha (α), or n_over_d2, or n and d", "time": "time (t)"}
#: Columns for the setting, by whether the page is that of power laws, where decays go along.
_SAYING = {
    False: "kappa, kappa_star, delta, lam",
    True: "exponent (γ of the teacher), levels, kappa, delta, lam (another one at each α, if you like)",
}
#: Of a file's name so much is in the key of a figure.
_SHORT = 28


def help_lines(experiment: Experiment) -> list[str]:
    """What a file looks like, a line for each thing to know."""
    wanted = listed(experiment.quantities)
    example = "alpha,mse,mse_sem" if experiment.against == "alpha" else "time,mse,mse_sem"
    return [
        (
            f"A CSV file of at most 1 MB: a row of names, such as {example}, and below it a row for each "
            "measurement. Commas, semicolons or tabs part the columns; decimal commas are understood."
        ),
        (
            f"Columns: {_AGAINST[experiment.against]}; at least one of {wanted}, in the normalisation of the "
            "page; errors as mse_sem (standard errors) or mse_std (standard deviations)."
        ),
        (
            "Rows of one setting at one place are repetitions: their mean ± standard error is drawn. Columns "
            f"{_SAYING[bool(experiment.courses)]}, … say what was measured, and the page tells where it "
            "shows something else."
        ),
        (
            "What quadviz simulate and quadviz sweep write is taken as it is. The data stay in this page: "
            "they are not kept on the server, nor in links, and Reset leaves them. docs/own-data.md is the "
            "how-to, with a training loop in PyTorch."
        ),
    ]


def about(measured: Measured) -> str:
    """What there is of a file, in a few words."""
    rows = f"{measured.rows:,} row" + "s" * (measured.rows != 1)
    places = sum(one.place.size for one in measured.series)
    points = f"{places:,} point" + "s" * (places != 1)
    most = max(int(one.count.max()) for one in measured.series)
    bars = {} if most > 1 else measured.bars
    what = listed(
        [
            _CALLED.get(name, name) + (f" (± {bars[name]})" if name in bars else "")
            for name in measured.present
        ]
    )
    means = f"; means of up to {most} rows ± standard error" if most > 1 else ""
    return f"{rows}: {points} of {what}{means}"


def parted(
    measured: Measured, curves: Sequence[Along], current: int
) -> tuple[str, list[tuple[Series, Differences]]]:
    """Where measurements are of another setting than the page shows: in words, and those series.

    Args:
        measured: the measurements.
        curves: the parameters of the curves drawn.
        current: which of them the page is set to.
    """
    apart = [(one, unlike(one, curves[current])) for one in measured.series]
    apart = [(one, how) for one, how in apart if how]
    if not apart:
        return "", []
    if len(measured.series) == 1:
        ((_, how),) = apart
        theirs, ours = (spelled_setting({name: pair[i] for name, pair in how.items()}) for i in (0, 1))
        on = np.any([alike(measured.series[0], curve) for curve in curves], axis=0)
        drawn = "drawn in the colour of its curve" if on.all() else "hollow" + " in part" * bool(on.any())
        return f"Measured at {theirs}; the page shows {ours} ({drawn}).", apart
    known = sum(any(not unlike(one, curve) for curve in curves) for one in measured.series)
    count = len(measured.series)
    others = f"{count - known} of them are" if known else "all of them are"
    hollow = f"; {others} of no curve drawn, and hollow" if known < count else ""
    return f"The file has {count} settings{hollow}.", apart


def offers(apart: Sequence[tuple[Series, Differences]], among: Sequence[Series]) -> Iterator[str]:
    """What going to the setting of each is called."""
    for one, how in apart:
        if len(among) == 1:
            yield f"Set the page to {spelled_setting({name: pair[0] for name, pair in how.items()})}"
        else:
            yield label(one, among)


def without_setting(measured: Measured) -> str:
    """That a file does not say what it is of, where it does not."""
    if any(one.setting for one in measured.series):
        return ""
    return "the file does not say its setting: it is drawn as if it were that of the page"


def off_the_axes(measured: Measured, held: Held, axes: Sequence[str]) -> str:
    """How many points the axes do not show.

    Args:
        measured: the measurements.
        held: the ranges of the figure.
        axes: the names of its vertical axes in a layout, one for each quantity.
    """
    total = beyond = 0
    for one in measured.series:
        across = _inside(one.place, held, "xaxis")
        for row, axis in enumerate(axes):
            known = np.isfinite(one.mean[row])
            total += int(known.sum())
            beyond += int((known & ~(across & _inside(one.mean[row], held, axis))).sum())
    return f"{beyond:,} of {total:,} points lie beyond the axes" if beyond else ""


def _inside(values: FloatArray, held: Held, axis: str) -> BoolArray:
    """Which values an axis shows."""
    scale, (low, high) = held[axis]
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.log10(values) if scale == "log" else values
    slack = 1e-9 * (high - low)
    inside: BoolArray = (places >= low - slack) & (places <= high + slack)
    return inside


def in_the_key(measured: Measured | None) -> str:
    """What squares mean, to end the key of a saved figure with; nothing without measurements."""
    if measured is None:
        return ""
    named = "" if measured.name == UNNAMED else f", {printable(measured.name, _SHORT)}"
    return f" Squares: your data{named}; hollow where it is of another setting."


def samples(
    measured: Measured | None, own: Sequence[OwnPoints], light: str, dark: str
) -> list[tuple[str, str]]:
    """The squares in the key under a figure, as elements, and what they mean; none without measurements.

    Args:
        measured: the measurements.
        own: the same as they are drawn.
        light: the colour of the current curve on a light ground.
        dark: the same on a dark one.
    """
    if measured is None:
        return []
    square = '<rect x="11.5" y="0.5" width="7" height="7" {}/>'
    coloured = square.format(f'class="qv-square" style="--light: {light}; --dark: {dark}"')
    hollow = square.format('class="qv-hollow"')
    name = printable(measured.name, _SHORT)
    named = name if name == UNNAMED else f"{UNNAMED}: {name}"
    there = {each.curve is None for each in own if each.place.size}
    kinds = [(coloured, named)] if False in there else []
    if True in there:
        kinds.append((hollow, "of another setting" if kinds else f"{named}, of another setting"))
    return kinds
