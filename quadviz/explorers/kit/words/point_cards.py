"""Read-out cards of one steady state."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.kit.page import Card
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.wording import four_digits
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["cards", "regime_card"]


def cards(point: SteadyState, best: float | None = None) -> list[Card]:
    """The read-out of one point.

    Args:
        point: a result whose arrays hold a single value.
        best: the Bayes-optimal mse there, to be compared with; None leaves the comparison out.
    """
    numbers = (
        ("", "mse", point.mse, "|Z − Z*|²/d. The population loss is mse/2 + Δ/4."),
        ("", "train loss", point.train_loss, "Mean squared residual on the noisy training labels, over 4."),
        ("", "in-sample error", point.in_sample_error, "The same with the noiseless labels of the teacher."),
        ("", "rank", point.rank, "Rank of the learned matrix Z = WWᵀ over d: the smaller of κ and κ_min."),
        (
            "κ_min",
            "needed",
            point.kappa_min,
            "Width needed for the width not to matter: mass above q of the noisy teacher's spectrum.",
        ),
        ("q", "shrinkage", point.q, "What is subtracted from the noisy teacher's eigenvalues."),
        ("ξ", "noise", point.xi, "Variance of the semicircle noise on the teacher: (mse + Δ/2) / 2α."),
    )
    row = [
        Card(symbol, label, four_digits(_one(value)), meaning) for symbol, label, value, meaning in numbers
    ]
    if best is not None:
        meaning = "The least mean mse of any estimator, one that knows the model and all its parameters."
        excess = "By how much the mse is above the Bayes-optimal one."
        above = Card("", "mse above Bayes", _above(_one(point.mse), best), excess)
        row[1:1] = [Card("", "Bayes-optimal", four_digits(best), meaning), above]
    return [*row, regime_card(point)]


def regime_card(point: SteadyState) -> Card:
    """Whether the theory is exact at a point, an assumption, or without a solution or a unique one."""
    status, regime = Status(int(_one(point.status))), Regime(int(_one(point.regime)))
    badge, meaning, sure = "exact", "The theory is exact as d → ∞.", False
    if status == Status.FAILED:
        badge, meaning = "no solution", status.message
    elif status == Status.SEVERAL:
        badge, meaning = "not unique", f"{regime.label}; {status.message}"
    elif regime == Regime.RANK_LIMITED:
        badge, meaning = "rank-limited", regime.label
    else:
        sure = True
    return Card("", "regime", badge, meaning, badge=True, tone="qv-sure" if sure else "qv-unsure")


def _one(values: NDArray[np.generic]) -> float:
    return float(np.ravel(values)[0])


def _above(mse: float, best: float) -> str:
    """How far an error is above the least possible one, in a few characters."""
    if not math.isfinite(mse):
        return "–"
    if best == 0:
        return "0%" if mse == 0 else "∞"
    excess = mse / best - 1
    if excess < 5e-4:
        return "< 0.1%"
    return f"{100 * excess:.2g}%" if excess < 0.995 else f"× {four_digits(mse / best)}"
