"""What the recovery page says: where a point stands among the thresholds, and what the map shows."""

from __future__ import annotations

import numpy as np

from quadviz.figures.marks.plane import REGIONS
from quadviz.outcome import Status
from quadviz.scenes.common.wording import Paragraph, four_digits
from quadviz.scenes.plane import PointThresholds, region_at
from quadviz.scenes.recovery import ErrorMap
from quadviz.theory.steady.solutions import steady_state_solutions
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["recovery_prose", "standing"]


def standing(alpha: float, threshold: float) -> str:
    """How many samples a sample ratio means, compared with a threshold.

    >>> standing(0.29, 0.3272), standing(0.9, 0.3), standing(0.3, 0.3001)
    ('11% fewer samples', '3 times as many samples', 'as many samples, to within half a percent')
    """
    ratio = alpha / threshold
    percent = round(100 * abs(ratio - 1))
    if percent == 0:
        return "as many samples, to within half a percent"
    if ratio >= 2:
        return f"{ratio:.2g} times as many samples"
    return f"{percent}% {'fewer' if ratio < 1 else 'more'} samples"


def recovery_prose(point: SteadyState, thresholds: PointThresholds, solved: ErrorMap) -> list[Paragraph]:
    """What to notice about a point and the map around it.

    Args:
        point: the steady state at the point, arrays holding a single value.
        thresholds: the thresholds at its widths.
        solved: the map.

    Returns:
        Paragraphs, each a lead word and a text.
    """
    alpha, kappa_star = float(point.alpha), float(point.kappa_star)
    if np.isfinite(thresholds.ridgeless):
        free = (
            "it is a conjecture, supported by simulations in arXiv 2601.10483, that training from a random "
            f"start recovers the teacher from α = {four_digits(thresholds.free)} on; the cross has "
            f"{standing(alpha, thresholds.free)}."
        )
        first = [("Recovery", _about_training(alpha, thresholds)), ("Without weight decay", free)]
    else:
        narrow = (
            f"the student, κ = {four_digits(float(point.kappa))}, is narrower than the teacher, κ* = "
            f"{four_digits(kappa_star)}: its rank is too small to match it, with any number of samples."
        )
        first = [("Recovery", narrow)]
    if Status(int(point.status)) == Status.SEVERAL:
        first.append(("Other solutions", _about_others(point)))
    return [*first, ("Counting", _about_counting(alpha, kappa_star)), ("This map", _about_map(point, solved))]


def _about_training(alpha: float, thresholds: PointThresholds) -> str:
    """Where the point stands relative to recovery in the ridgeless limit, and in which region."""
    region = region_at(alpha, thresholds)
    basis = "" if thresholds.exact else ", if the steady-state assumption holds"
    return (
        f"from noiseless labels, training with λ → 0+ recovers the teacher from α = "
        f"{four_digits(thresholds.ridgeless)} on{basis}; the cross has "
        f"{standing(alpha, thresholds.ridgeless)}. Its region: {REGIONS[region].name.replace('*', '')}."
    )


def _about_others(point: SteadyState) -> str:
    """Which other solutions the equations have at the cross, and what that means for recovery."""
    names = ("alpha", "kappa", "kappa_star", "lam", "delta")
    found = steady_state_solutions(*(float(getattr(point, name)) for name in names))
    errors = [four_digits(float(mse)) for mse in np.asarray(found.mse)[1:]]
    listed = f"{', '.join(errors[:-1])} and {errors[-1]}" if len(errors) > 1 else errors[0]
    if float(point.mse) > 0:
        return (
            f"the equations have others at the cross, with mse {listed}; the one that continues from large α "
            "is shown. Where a network ends may depend on its way."
        )
    return (
        f"recovery is of first order here: beside the recovered teacher the equations still have solutions "
        f"with mse {listed}, which end at some larger α. A network trained from a random start may stay near "
        "one of them although it has samples enough. In simulations of arXiv 2601.10483 without weight "
        "decay, at κ = κ* = 0.5, the mse was 0.06 at α = 0.385, above the threshold 0.375, and 0.0002 at "
        "0.395."
    )


def _about_counting(alpha: float, kappa_star: float) -> str:
    """What the number of unknowns says."""
    if kappa_star < 1:
        freedom = kappa_star - kappa_star**2 / 2
        who = f"a teacher of width κ* = {four_digits(kappa_star)} has κ* − κ*²/2 = {four_digits(freedom)}"
    else:
        freedom, who = 0.5, "a teacher of full rank has 1/2"
    return (
        f"{who} degrees of freedom, in units of d²; from fewer noiseless samples no method recovers it, from "
        f"more the best possible one does. The cross has {standing(alpha, freedom)}."
    )


def _about_map(point: SteadyState, solved: ErrorMap) -> str:
    """What noise and weight decay do to recovery, and what the map rests on."""
    lam, delta = float(point.lam), float(point.delta)
    blur = [f"Δ = {four_digits(delta)}"] * (delta > 0) + [f"λ = {four_digits(lam)}"] * (lam > 0)
    sentences = []
    if blur:
        sentences.append(
            f"with {' and '.join(blur)} nothing is recovered exactly: the borders drawn are those of Δ = 0 "
            "and λ → 0+, and here they are no more than a crossover."
        )
    else:
        zero = float(np.mean(solved.mse == 0))
        where = f"is exactly 0 on {_share(zero)}" if zero else "is nowhere 0 on it"
        sentences.append(f"with Δ = 0 and λ → 0+ the mse {where}.")
    if Status(int(point.status)) == Status.FAILED:
        sentences.append("No solution was found at the cross; move it, or raise λ or κ.")
    else:
        mse = float(point.mse)
        sentences.append(f"At the cross the mse is {'exactly 0' if mse == 0 else four_digits(mse)}.")
    limited = float(np.mean(solved.spare < 0))
    if limited:
        sentences.append(
            f"On {_share(limited)}, the width limits the rank and the theory rests on the steady-state "
            f"assumption{'; a thin dashed line bounds that part' if limited < 1 else ''}."
        )
    failed = int(np.count_nonzero(np.isnan(solved.mse)))
    if failed:
        sentences.append(f"In {failed} of {solved.mse.size} cells no solution was found; they are blank.")
    return " ".join(sentences)


def _share(share: float) -> str:
    """A share of the map in words."""
    percent = 100 * share
    if percent >= 99.5:
        return "all of it" if share == 1 else "nearly all of it"
    return "less than 1% of it" if percent < 1 else f"about {percent:.0f}% of it"
