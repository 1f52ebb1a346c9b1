"""What a page says about learning curves: read-out cards and prose, computed from results alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.page import Card
from quadviz.theory.steady_state import Regime, Status, SteadyState

__all__ = ["Peak", "cards", "find_peak", "four_digits", "prose"]

FloatArray = NDArray[np.float64]

#: A rise of the test error by less than this factor is not called a peak.
_VISIBLE_RISE = 1.02
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def four_digits(value: float) -> str:
    """A number with four significant digits, in powers of ten when very small or large.

    >>> four_digits(0.0123456), four_digits(1.5e-7), four_digits(float("nan"))
    ('0.01235', '1.5×10⁻⁷', '–')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}".replace("-", "−")
    mantissa, exponent = f"{value:.3e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", "−")


@dataclass(frozen=True)
class Peak:
    """A double descent of the mse: the dip before the peak, and the peak."""

    dip_alpha: float
    dip_mse: float
    alpha: float
    mse: float


def find_peak(alpha: FloatArray, mse: FloatArray) -> Peak | None:
    """The strongest rise of the mse with more data, if there is one that can be seen.

    Args:
        alpha: increasing values, shape (N,).
        mse: the curve, shape (N,); NaN where it is not known.

    Returns:
        The peak with the largest ratio to the lowest value before it, or None.
    """
    known = np.isfinite(mse) & (mse > 0)
    a, m = alpha[known], mse[known]
    if m.size < 3:
        return None
    lowest = np.minimum.accumulate(m)
    top = int(np.argmax(m / lowest))
    if m[top] < _VISIBLE_RISE * lowest[top] or top == m.size - 1:
        return None
    dip = int(np.argmin(m[: top + 1]))
    return Peak(float(a[dip]), float(m[dip]), float(a[top]), float(m[top]))


def cards(point: SteadyState) -> list[Card]:
    """The read-out of one point (a result whose arrays hold a single value)."""
    status, regime = Status(int(_one(point.status))), Regime(int(_one(point.regime)))
    numbers = (
        ("", "mse", point.mse, "|Z − Z*|²/d: the population loss is mse/2 + Δ/4."),
        ("", "train loss", point.train_loss, "Mean squared residual on the noisy training labels, over 4."),
        ("", "in-sample error", point.in_sample_error, "The same residual against the noiseless labels."),
        ("", "rank", point.rank, "Rank of the learned matrix Z = WWᵀ over d."),
        ("κ_min", "width needed", point.kappa_min, "Mass of the noisy teacher above q: wider changes nothing."),
        ("q", "shrinkage", point.q, "What is subtracted from the noisy teacher's eigenvalues."),
        ("ξ", "noise", point.xi, "Variance of the semicircle noise on the teacher."),
    )
    row = [Card(symbol, label, four_digits(_one(value)), meaning) for symbol, label, value, meaning in numbers]
    if status == Status.FAILED:
        badge = Card("", "regime", "no solution", status.message, badge=True, tone="qv-unsure")
    elif status == Status.SEVERAL:
        badge = Card("", "regime", "several solutions", status.message, badge=True, tone="qv-unsure")
    elif regime == Regime.RANK_LIMITED:
        badge = Card("", "regime", "rank-limited", regime.label, badge=True, tone="qv-unsure")
    else:
        badge = Card("", "regime", "exact", "The theory is exact as d → ∞.", badge=True, tone="qv-sure")
    return [*row, badge]


def prose(curve: SteadyState, point: SteadyState) -> list[str]:
    """What to notice: one or two sentences on the curve, one or two on the point under the marker.

    Args:
        curve: the current learning curve, arrays of shape (N,).
        point: the point under the marker, arrays holding a single value.

    Returns:
        Sentences, each a paragraph.
    """
    return [_shape_of(curve, float(_one(point.alpha))), _width_at(point)]


def _one(values: NDArray[np.generic]) -> float:
    return float(np.ravel(values)[0])


def _shape_of(curve: SteadyState, marker: float) -> str:
    alpha, mse = np.asarray(curve.alpha), np.asarray(curve.mse)
    lam, delta = _one(curve.lam), _one(curve.delta)
    weight_decay = "λ → 0+" if lam == 0 else f"λ = {lam:.3g}"
    peak = find_peak(alpha, mse)
    if peak is not None:
        before = (
            f"Double descent: with more data the mse falls to {four_digits(peak.dip_mse)}, climbs to a peak of "
            f"{four_digits(peak.mse)} at α ≈ {peak.alpha:.3g}, and only then falls for good. "
        )
        off = marker / peak.alpha - 1
        if abs(off) < 0.02:
            return before + "The marker stands on the peak, where the network just manages to fit its noisy labels."
        if off < 0:
            return before + (
                f"The marker stands {-off:.0%} below the peak: the network fits its noisy labels "
                f"{'exactly' if lam == 0 else 'almost exactly'}, and some more data hurts."
            )
        return before + (
            f"The marker stands {off:.0%} beyond the peak: the labels can no longer all be fitted, "
            "and more data averages the noise out."
        )
    if delta == 0:
        start = 1 + 1 / _one(curve.kappa_star)
        low = alpha[np.isfinite(mse) & (mse < 1e-3 * start)]
        if low.size:
            return (
                f"Noiseless labels, {weight_decay}: the mse drops below a thousandth of its value without data "
                f"at α ≈ {low[0]:.3g}" + (": the teacher is recovered." if lam == 0 else
                ", and the weight decay alone keeps it from vanishing.")
            )  # fmt: skip
        return (
            f"Noiseless labels, {weight_decay}: nothing makes the mse rise, so it falls all the way; "
            "it does not vanish on this range."
        )
    return (
        f"With Δ = {delta:.3g} and {weight_decay} the mse shows no double descent. "
        + ("Lower λ and a peak grows where the network just fits its noisy labels." if lam > 1e-3 else
        "Raise Δ and a peak grows where the network just fits its noisy labels.")
    )  # fmt: skip


def _width_at(point: SteadyState) -> str:
    alpha, kappa, needed = _one(point.alpha), _one(point.kappa), _one(point.kappa_min)
    status = Status(int(_one(point.status)))
    where = f"At the marker (α = {alpha:.3g})"
    if status == Status.FAILED:
        return f"{where} no solution was found: {status.message}."
    if int(_one(point.regime)) == Regime.EXACT:
        return (
            f"{where} the width κ = {kappa:.3g} exceeds κ_min = {needed:.3g}: a wider network would learn the "
            "very same matrix, and the theory is exact as d → ∞."
        )
    sentence = (
        f"{where} the width κ = {kappa:.3g} is below κ_min = {needed:.3g}: the network runs out of rank, and the "
        "dashed curve rests on the steady-state assumption rather than on a convex problem."
    )
    if status == Status.SEVERAL:
        sentence += " The equations have several solutions here; the one that continues from large α is drawn."
    return sentence
