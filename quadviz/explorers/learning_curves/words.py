"""What a page says about learning curves, computed from results alone.

Every sentence is a statement about the numbers drawn, or one that holds at every setting: nothing here
explains a peak that is not on the axis or promises what happens beyond it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.kit.words.shape import Shape, shape_of
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.curve_thresholds import CurveThresholds
from quadviz.scenes.common.wording import Paragraph, four_digits, listed
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["family_paragraph", "prose"]

#: Curves closer than this, relatively, are said to coincide.
_SAME = 1e-9


def prose(
    curve: SteadyState, point: SteadyState, thresholds: CurveThresholds, best: float
) -> list[Paragraph]:
    """What to notice about one learning curve and the point under the marker.

    Args:
        curve: the current learning curve, arrays of shape (N,).
        point: the point under the marker, arrays holding a single value.
        thresholds: those of the curve, arrays holding a single value.
        best: the Bayes-optimal mse at the marker; NaN where it is not known.

    Returns:
        Paragraphs, each a lead word and a text.
    """
    paragraphs = [_about_shape(curve, _one(point.alpha), thresholds)]
    if _one(np.asarray(point.lam2)) == 0:
        # They are those of weight decay alone.
        paragraphs += _about_thresholds(point, thresholds)
    if Status(int(_one(point.status))) == Status.FAILED:
        return [*paragraphs, ("At the marker", "no solution was found; raise λ or κ, or move the marker.")]
    possible = [("Best possible", _about_best(_one(point.mse), best))] if math.isfinite(best) else []
    return [
        *paragraphs,
        *possible,
        ("Fit", _about_fit(point)),
        ("Width", _about_width(point)),
    ]


def family_paragraph(names: tuple[str, ...], points: SteadyState) -> Paragraph | None:
    """How the members of a family compare at the marker.

    Args:
        names: the members' names.
        points: the members at the marker, arrays of shape (M,).

    Returns:
        A paragraph, or None where fewer than two members have a solution.
    """
    mse = np.asarray(points.mse)
    known = np.flatnonzero(np.isfinite(mse))
    if known.size < 2:
        return None
    low, high = float(mse[known].min()), float(mse[known].max())
    if high - low <= _SAME * high:
        return "Family", f"at the marker all curves coincide: mse {four_digits(low)}."
    best = [names[i] for i in known if mse[i] - low <= _SAME * low]
    worst = [names[i] for i in known if high - mse[i] <= _SAME * high]
    return "Family", (
        f"at the marker the mse is lowest, {four_digits(low)}, for {listed(best)} and highest, "
        f"{four_digits(high)}, for {listed(worst)}."
    )


def _one(values: NDArray[np.generic]) -> float:
    return float(np.ravel(values)[0])


def _about_shape(curve: SteadyState, marker: float, thresholds: CurveThresholds) -> Paragraph:
    """The course of the mse over the axis, and what breaks it."""
    alpha, mse = np.asarray(curve.alpha), np.asarray(curve.mse)
    shape = shape_of(alpha, mse)
    if shape is None:
        return "No curve", "no solution was found on this axis; raise λ or κ."
    cause, told = _cause(shape, curve, thresholds)
    text = f"{_course(shape, _one(thresholds.ridgeless))}{cause}{'' if told else _place(shape, marker)}"
    failed = int(np.count_nonzero(np.asarray(curve.status) == Status.FAILED))
    if failed:
        text += f" At {failed} of {alpha.size} points no solution was found; the curve has gaps there."
    several = alpha[np.asarray(curve.status) == Status.SEVERAL]
    if several.size:
        text += (
            f" Where it is dotted, from α = {several[0]:.2g} to {several[-1]:.2g}, the equations have other "
            "solutions too; the one that continues from large α is drawn."
        )
    return shape.title, text


def _course(shape: Shape, recovery: float) -> str:
    """The ups and downs in words; a curve that ends at 0 does so from the threshold of recovery on."""
    if not shape.legs:
        return f"the mse stays between {four_digits(shape.low)} and {four_digits(shape.high)} on this axis."
    steps = []
    for number, leg in enumerate(shape.legs, start=1):
        start = f"from {four_digits(shape.start)} " if number == 1 else ""
        where = f"at α ≈ {leg.alpha:.2g}" if number < len(shape.legs) else "at the right end"
        if number == len(shape.legs) and shape.zero_from is not None:
            where = f"at α = {four_digits(recovery)} and stays there: the teacher is recovered exactly"
        steps.append(f"{'rises' if leg.up else 'falls'} {start}to {four_digits(leg.mse)} {where}")
    course = steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])}, then {steps[-1]}"
    return f"with more data the mse {course}."


def _cause(shape: Shape, curve: SteadyState, thresholds: CurveThresholds) -> tuple[str, bool]:
    """Why, where the curve itself tells; and whether that places the peak at a threshold."""
    loss, interpolation = np.asarray(curve.train_loss), _one(thresholds.interpolation)
    if shape.peak is not None and shape.peak.alpha == interpolation and loss[0] == 0.0:
        place = four_digits(interpolation)
        peaks = (
            f" It peaks at the interpolation threshold, α = {place}: up to there every label can be fitted"
        )
        return f"{peaks} exactly.", True
    if min(_one(curve.kappa), 1.0) < min(_one(curve.kappa_star), 1.0):
        return " The student is narrower than the teacher, κ < κ*: it can match it at no α.", False
    return "", False


def _place(shape: Shape, marker: float) -> str:
    """Where the marker stands relative to the peak."""
    if shape.peak is None:
        return ""
    ratio = marker / shape.peak.alpha
    if abs(ratio - 1) < 0.02:
        return " The marker stands at the peak."
    if ratio >= 2:
        return f" The marker stands at {ratio:.2g} times the α of the peak."
    return f" The marker stands {abs(ratio - 1):.0%} {'left' if ratio < 1 else 'right'} of the peak."


def _about_thresholds(point: SteadyState, thresholds: CurveThresholds) -> list[Paragraph]:
    """Where the marker stands among the thresholds, and what that means."""
    alpha, interpolation = _one(point.alpha), _one(thresholds.interpolation)
    paragraphs = []
    if math.isfinite(interpolation):
        place = f"the interpolation threshold, α = {four_digits(interpolation)}"
        if alpha == interpolation:
            place = f"at {place}"
        else:
            place = f"{_off(alpha / interpolation)} {'below' if alpha < interpolation else 'above'} {place}"
        if not math.isfinite(_one(thresholds.ridgeless)):
            meaning = "fits all labels exactly" if alpha <= interpolation else "cannot fit all labels exactly"
        # A student as wide as its teacher fits labels without noise at any alpha.
        elif alpha < interpolation:
            meaning = "would fit all labels exactly even if they had a little noise"
        else:
            meaning = "could not fit all labels exactly if they had the least noise"
        paragraphs.append(("Interpolation", f"the marker is {place}: the limit λ → 0+ {meaning}."))
    if _one(point.delta) == 0:
        paragraphs.append(("Recovery", _about_recovery(alpha, thresholds)))
    return paragraphs


def _about_recovery(alpha: float, thresholds: CurveThresholds) -> str:
    """From where on the noiseless teacher is recovered, and whether the marker is there."""
    bayes, ridgeless, free = (_one(t) for t in (thresholds.bayes, thresholds.ridgeless, thresholds.free))
    start = f"the teacher is recovered exactly from α = {four_digits(bayes)} on by the best estimator"
    if not math.isfinite(ridgeless):
        return f"{start}, and at no α by this student, which is narrower."
    if alpha < bayes:
        here = "no estimator can"
    elif alpha < ridgeless:
        here = "the best estimator recovers it, training with λ → 0+ does not"
    else:
        here = "the limit λ → 0+ recovers it"
    return (
        f"{start}, from {four_digits(ridgeless)} in the limit λ → 0+, and from {four_digits(free)}, by "
        f"conjecture, without weight decay. At the marker {here}."
    )


def _about_best(mse: float, best: float) -> str:
    """The mse against the least one possible."""
    if best == 0 == mse:
        return "at the marker the mse is 0, and so is that of the best estimator."
    if best == 0:
        return (
            f"at the marker the best estimator finds the teacher exactly; here the mse is {four_digits(mse)}."
        )
    least = f"the Bayes-optimal one, {four_digits(best)}, the least of any estimator"
    excess = mse / best - 1
    if excess < 5e-4:
        return f"at the marker the mse is less than 0.1% above {least}."
    if excess < 0.995:
        return f"at the marker the mse is {100 * excess:.2g}% above {least}."
    return f"at the marker the mse is {four_digits(mse / best)} times {least}."


def _off(ratio: float) -> str:
    """How far from 1 a ratio is, in words."""
    if ratio >= 2:
        return f"a factor of {ratio:.2g}"
    percent = 100 * abs(ratio - 1)
    return "less than 0.1%" if percent < 0.1 else f"{percent:.2g}%" if percent < 99 else "more than 99%"


def _about_fit(point: SteadyState) -> str:
    """What the losses at the marker say about the noise."""
    loss, noise = _one(point.train_loss), _one(point.delta) / 4
    if noise == 0:
        fitted = "; at the marker every label is fitted exactly" if loss == 0 else ""
        return f"the labels have no noise, so train loss and in-sample error are the same{fitted}."
    if loss == 0:
        return "at the marker the train loss is 0: every noisy label is fitted exactly, its noise included."
    yardstick = f"Δ/4 = {four_digits(noise)}, the loss of the teacher itself on these noisy labels"
    if loss >= noise:
        return f"at the marker the train loss, {four_digits(loss)}, is not below {yardstick}."
    percent = 100 * loss / noise
    share = "less than 0.1%" if percent < 0.1 else f"{percent:.2g}%" if percent < 99 else "more than 99%"
    return (
        f"at the marker the train loss, {four_digits(loss)}, is {share} of {yardstick}: "
        "the network has fitted part of the noise."
    )


def _about_width(point: SteadyState) -> str:
    """Whether the width matters at the marker, and what that means for the theory."""
    kappa, needed, rank = four_digits(_one(point.kappa)), four_digits(_one(point.kappa_min)), _one(point.rank)
    if rank == 0:
        return (
            f"at the marker q = {four_digits(_one(point.q))} is above the whole spectrum of the noisy "
            "teacher: the weight decay leaves nothing, Z = 0, whatever the width."
        )
    if int(_one(point.regime)) == Regime.EXACT:
        text = (
            f"at the marker κ = {kappa} is not below κ_min = {needed}: a wider network would learn the very "
            "same matrix, and the theory is exact as d → ∞."
        )
    else:
        text = (
            f"at the marker κ = {kappa} is below κ_min = {needed}: the width limits the rank to κd, and the "
            "dashed curve rests on the steady-state assumption, not on a theorem."
        )
    if _one(point.mse) == 0 and rank > min(_one(point.kappa_star), 1.0):
        text += " The rank above κ* is that of small λ: these eigenvalues vanish with it."
    return text
