"""What the double-descent page says: cards and prose, computed from results alone.

Every sentence is a statement about the numbers drawn, or one that holds at every setting.
"""

from __future__ import annotations

import math

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.explorers.kit.words.shape import Shape, shape_of
from quadviz.outcome import Regime, Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, listed
from quadviz.scenes.double_descent import DoubleDescent, decay_name
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["cards", "prose"]


#: The marker is about to meet a peak when this close to it.
_NEAR = 0.2
#: Differences below this, relatively, are not told.
_SAME = 2e-3


def cards(scene: DoubleDescent) -> list[Card]:
    """The read-out at the marker, and of the peak."""
    r = scene
    now, ridgeless, best = r.marker[r.current], r.marker[0], r.best_marker
    threshold = float(r.threshold.alpha)
    width = math.nan if r.interpolating is None else r.interpolating.kappa
    numbers = (
        ("α_inter", "interpolation", threshold, "Up to this α, λ → 0+ fits every label exactly."),
        ("", "mse there, λ → 0+", float(r.threshold.mse), "The height of the cusp at α_inter."),
        ("α", "marker", _side(float(best.alpha), threshold), "The marker's α relative to α_inter."),
        ("", "mse, λ → 0+", float(ridgeless.mse), "|Z − Z*|²/d in the ridgeless limit."),
        ("", f"mse, λ = {_name(r)}", float(now.mse), "|Z − Z*|²/d at the current λ."),
        ("", "mse, best λ", float(best.mse), "The least mse over all λ."),
        ("", "Bayes-optimal", r.bayes_marker, "The least mse of any estimator at all."),
        ("", "best λ over Bayes", _gap(float(best.mse), r.bayes_marker), "The mse at the best λ beside it."),
        ("λ", "best", decay_name(float(best.lam)), "The weight decay with the least mse."),
        ("κ", "interpolation", width, "The smallest width at which λ → 0+ fits every label."),
        ("κ_min", "flat beyond", r.needed, "Beyond this width the curve at the current λ is flat."),
    )
    row = [
        Card(symbol, label, value if isinstance(value, str) else four_digits(value), meaning)
        for symbol, label, value, meaning in numbers
    ]
    return [*row, regime_card(now)]


def prose(scene: DoubleDescent) -> list[Paragraph]:
    """What to notice: the peak, what weight decay does to it, the best decay, and the width."""
    return [_about_peak(scene), _about_decay(scene), _about_best(scene), _about_width(scene)]


def _name(scene: DoubleDescent) -> str:
    return decay_name(scene.lams[scene.current])


def _side(marker: float, threshold: float) -> str:
    """Where the marker stands relative to the threshold, in a card."""
    if not math.isfinite(threshold):
        return "–"
    ratio = marker / threshold
    if abs(ratio - 1) < 0.005:
        return "at α_inter"
    if ratio >= 2:
        return f"{ratio:.2g} × α_inter"
    return f"{abs(ratio - 1):.0%} {'below' if ratio < 1 else 'above'}"


def _gap(best: float, bayes: float) -> str:
    if not (math.isfinite(best) and bayes > 0):
        return "–"
    ratio = best / bayes
    return f"× {_rounded(ratio)}" if ratio >= 2 else f"+{_percent(ratio)}".replace("+less than", "<")


def _rounded(value: float) -> str:
    """A number with three digits."""
    return four_digits(float(f"{value:.3g}"))


def _percent(ratio: float) -> str:
    """By how much a ratio is above 1."""
    more = 100 * (ratio - 1)
    return "less than 0.1%" if more < 0.1 else f"{more:.2g}%" if more < 9.95 else f"{more:.0f}%"


def _ridgeless(scene: DoubleDescent) -> tuple[FloatArray, FloatArray]:
    """The ridgeless curve over alpha with its cusp."""
    alpha, mse = np.asarray(scene.family[0].alpha), np.asarray(scene.family[0].mse)
    if not scene.sharp:
        return alpha, mse
    place = float(scene.threshold.alpha)
    at = int(np.searchsorted(alpha, place))
    return np.insert(alpha, at, place), np.insert(mse, at, float(scene.threshold.mse))


def _noiseless(scene: DoubleDescent) -> bool:
    return float(scene.threshold.delta) == 0


def _about_peak(scene: DoubleDescent) -> Paragraph:
    """The peak over alpha in the ridgeless limit, and where the marker stands."""
    threshold, marker = float(scene.threshold.alpha), float(scene.best_marker.alpha)
    inter = f"α_inter = {four_digits(threshold)}"
    status = Status(int(scene.threshold.status))
    if status == Status.FAILED:
        return "Interpolation", "no interpolation threshold was found at this setting; raise κ."
    if status == Status.SEVERAL:
        return "Interpolation", (
            f"around {inter} the equations have several solutions, deep in the rank-limited regime: the "
            "curves drawn continue from large α and may leap there."
        )
    if not scene.sharp:
        return _about_recovery(scene, inter)
    alpha, mse = _ridgeless(scene)
    at = int(np.flatnonzero(alpha == threshold)[0]) if threshold in alpha else -1
    height = four_digits(float(scene.threshold.mse))
    cusp = 0 < at < alpha.size - 1 and mse[at] > mse[at - 1] and mse[at] > mse[at + 1]
    happens = f"peaks at {height}" if cusp else f"is {height}"
    limited = " (in the rank-limited regime, under the steady-state assumption)"
    text = (
        f"as λ → 0+, every label can be fitted exactly up to {inter}, and there the mse {happens}"
        f"{limited if float(scene.threshold.kappa) < _needed_there(scene) else ''}."
    )
    if _noiseless(scene):
        text += " The labels have no noise: what a student with κ < κ* cannot express acts like noise."
    loss, value = float(scene.marker[0].train_loss), four_digits(float(scene.marker[0].mse))
    labels = "labels" if _noiseless(scene) else "noisy labels"
    ratio = marker / threshold
    if abs(ratio - 1) < 0.005:
        return "Peak" if cusp else "Interpolation", f"{text} You are at it."
    if loss == 0:
        soon = " and the mse is about to peak" if cusp and ratio > 1 - _NEAR else ""
        where = f"{1 - ratio:.0%} below it: with λ → 0+ the network fits its {labels} exactly{soon}"
    else:
        far = f"at {ratio:.2g} times this α" if ratio >= 2 else f"{ratio - 1:.0%} above it"
        where = f"{far}: there are more labels than the network can fit exactly"
    return "Peak" if cusp else "Interpolation", f"{text} You are {where}; the mse there is {value}."


def _needed_there(scene: DoubleDescent) -> float:
    """kappa_min of the ridgeless curve just right of the threshold."""
    alpha = np.asarray(scene.family[0].alpha)
    at = min(int(np.searchsorted(alpha, float(scene.threshold.alpha))), alpha.size - 1)
    return float(np.asarray(scene.family[0].kappa_min)[at])


def _about_recovery(scene: DoubleDescent, inter: str) -> Paragraph:
    """Without noise a student that can express its teacher has nothing to peak with."""
    shape = shape_of(*_ridgeless(scene))
    way = "falls to 0" if shape is None or shape.peak is None else "reaches 0"
    recovery, marker = scene.recovery, float(scene.best_marker.alpha)
    text = (
        "the labels have no noise and the student can express its teacher, κ ≥ κ* or κ ≥ 1. As λ → 0+ the "
        f"mse {way} at the recovery threshold α = {four_digits(recovery)}"
    )
    if scene.threshold.alpha > recovery * (1 + 1e-9):
        text += f", before {inter}, where noise would make it peak"
    text += "."
    ratio = marker / recovery
    if ratio >= 1:
        return "No peak", f"{text} You are beyond it: the teacher is recovered exactly."
    share = f"{1 - ratio:.0%}" if ratio < 0.995 else "less than 1%"
    value = four_digits(float(scene.marker[0].mse))
    return "No peak", f"{text} You are {share} below it; there λ → 0+ leaves mse {value}."


def _about_decay(scene: DoubleDescent) -> Paragraph:
    """The peaks of the family on this axis."""
    peaked, smooth, unknown = [], [], False
    for i, lam in enumerate(scene.lams):
        states = scene.family[i]
        curve = (np.asarray(states.alpha), np.asarray(states.mse)) if i else _ridgeless(scene)
        shape = shape_of(*curve)
        unknown |= shape is None
        if shape is not None and shape.peak is not None:
            peaked.append((lam, shape.peak.mse))
        elif shape is not None:
            smooth.append(lam)
    names = listed([decay_name(lam) for lam in smooth]) if smooth else ""
    if scene.threshold.status == Status.SEVERAL:
        text = "where curves leap from one of several solutions to another, a peak may be cut off"
    elif not peaked:
        text = "no curve of the family peaks on this axis"
    else:
        heights = listed([f"{_rounded(height)} for λ = {decay_name(lam)}" for lam, height in peaked])
        text = f"on this axis the mse peaks at about {heights}"
        text += f", and not at all for λ = {names}" if names else ""
    falling = np.diff(np.asarray(scene.best.mse)) <= 1e-9
    if falling.all() and not unknown:
        text += ". At the best λ it only falls: regularised well, more data does not hurt"
    return "Weight decay", f"{text}."


def _about_best(scene: DoubleDescent) -> Paragraph:
    """The best weight decay at the marker, between the current one and the Bayes-optimal error."""
    best, now = scene.best_marker, scene.marker[scene.current]
    least, value, bayes = float(best.mse), float(now.mse), scene.bayes_marker
    if not math.isfinite(least):
        return "Best λ", "no solution was found at the marker; move it, or raise κ."
    lam = float(best.lam)
    where = "as λ → 0+" if lam == 0 else f"for λ = {decay_name(lam)}"
    if least == 0:
        text = f"at the marker the mse is lowest, exactly 0, {where}"
        text += "." if bayes == 0 else f"; the Bayes-optimal error is {four_digits(bayes)}."
    elif bayes == 0:
        text = f"at the marker the mse is lowest, {four_digits(least)}, {where}; "
        text += "the Bayes-optimal error is 0 already."
    else:
        more = least / bayes
        above = f"{_percent(more)} above" if more < 2 else f"{_rounded(more)} times"
        text = (
            f"at the marker the mse is lowest, {four_digits(least)}, {where}: {above} the Bayes-optimal "
            f"{four_digits(bayes)}, which no estimator can beat."
        )
    if not math.isfinite(value):
        return "Best λ", text
    if least > 0 and value > least * (1 + _SAME):
        more = value / least
        words = f"{_percent(more)} more" if more < 2 else f"{_rounded(more)} times as much"
        side = "small" if now.lam < lam else "large"
        text += f" The current λ = {_name(scene)} is too {side}: its mse is {words}."
    elif value <= least * (1 + _SAME):
        text += f" The current λ = {_name(scene)} is as good, to within 0.2%."
    else:
        text += f" The current λ = {_name(scene)} leaves {four_digits(value)}."
    return "Best λ", text


def _about_width(scene: DoubleDescent) -> Paragraph:
    """The course over the width in the ridgeless limit, and the best width."""
    curve, best = scene.ridgeless_widths, scene.best_widths
    kappa, mse = np.asarray(curve.kappa), np.asarray(curve.mse)
    cusp = scene.interpolating
    if cusp is not None and math.isfinite(cusp.mse) and kappa[0] < cusp.kappa < kappa[-1]:
        at = int(np.searchsorted(kappa, cusp.kappa))
        kappa, mse = np.insert(kappa, at, cusp.kappa), np.insert(mse, at, cusp.mse)
    shape = shape_of(kappa, mse)
    if shape is None:
        return "Width", "no solution was found on the width axis; move the marker."
    width = PARAMETERS["kappa"]
    part = kappa[0] > width.low or kappa[-1] < 1
    seen = f"on the stretch seen, κ = {four_digits(kappa[0])} to {four_digits(kappa[-1])}, " if part else ""
    text = f"{seen}at the marker's α and as λ → 0+, the mse {_course(shape)}."
    loss = np.asarray(curve.train_loss)
    if cusp is not None:
        text += _fitted(cusp.kappa, kappa, mse, bool(np.all(loss[np.asarray(curve.kappa) > cusp.kappa] == 0)))
    elif np.all(loss > 0):
        text += f" No width {'seen' if part else 'on this axis'} fits every label at this α."
    text += _best_width(best, float(scene.threshold.kappa_star))
    parts = (curve, scene.current_widths, best)
    if any(np.any(np.asarray(part.regime) == Regime.RANK_LIMITED) for part in parts):
        text += " Dashed parts rest on the steady-state assumption."
    return "Width", text


def _fitted(width: float, kappa: FloatArray, mse: FloatArray, from_there_on: bool) -> str:
    """Which students fit every label, and what more width does for them."""
    if not from_there_on:
        return f" At κ = {four_digits(width)} every label can be fitted, but not at all larger widths."
    text = f" From κ = {four_digits(width)} on every label can be fitted"
    beyond = mse[kappa >= width]
    if beyond.size > 1 and np.all(np.isfinite(beyond)) and np.all(np.diff(beyond) <= 1e-9 * beyond[:-1]):
        text += ", and from there on more width helps until the curve is flat"
    return f"{text}."


def _best_width(best: SteadyState, kappa_star: float) -> str:
    """Which width is best when each has its best weight decay."""
    kappa, mse = np.asarray(best.kappa), np.asarray(best.mse)
    if not np.all(np.isfinite(mse)):
        return ""
    at = int(np.argmin(mse))
    if mse[-1] <= mse[at] * (1 + _SAME) + 1e-12:
        return " With the best λ for each width, none does better than the widest."
    who = ", as wide as the teacher" if kappa[at] == kappa_star else ""
    return (
        f" With the best λ for each width, the mse is lowest at κ = {four_digits(float(kappa[at]))}{who}: "
        f"{four_digits(float(mse[at]))} against {four_digits(float(mse[-1]))} for the widest."
    )


def _course(shape: Shape) -> str:
    """The ups and downs over the width in words."""
    if not shape.legs:
        return f"stays between {four_digits(shape.low)} and {four_digits(shape.high)} for all widths"
    steps = []
    for number, leg in enumerate(shape.legs, start=1):
        start = f"from {four_digits(shape.start)} " if number == 1 else ""
        where = f"at κ ≈ {leg.alpha:.2g}" if number < len(shape.legs) else "for the widest"
        steps.append(f"{'rises' if leg.up else 'falls'} {start}to {four_digits(leg.mse)} {where}")
    return steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])}, then {steps[-1]}"
