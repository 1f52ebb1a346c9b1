"""What the simulation lab says: cards and sentences, computed from the networks trained and the theory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.network_words import ratios
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, measured
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.training import LabRun

__all__ = ["described", "lab_cards", "lab_prose"]

#: An eigenvalue of Z above this counts for the rank; their mean is about 1.
_IN_RANK = 1e-3
#: By how much the mse must have risen again to speak of early stopping, and how far a mean must lie from a
#: value, in standard errors, to be told from it.
_RISE, _APART = 1.02, 3.0
#: The step of the usual simulation, by explicit Euler.
_EULER_STEP = 0.005


def lab_cards(run: LabRun | None, theory: SteadyState, current: bool) -> list[Card]:
    """The read-out of a run beside the theory.

    Args:
        run: the networks, or None before the first ones.
        theory: long training as d -> infinity, arrays holding a single value.
        current: whether both are of the same setting; else the theory is not compared with the networks.
    """
    cards = []
    for field, name in (("mse", "mse"), ("train_loss", "train loss")):
        limit = float(getattr(theory, field))
        mean, error = _last(run, field)
        meaning = "Mean over the networks that have come farthest, where they are, ± its standard error."
        cards.append(Card("", f"{name}, networks", measured(mean, error), meaning))
        cards.append(Card("", f"{name}, theory", four_digits(limit), "Long training in the limit d → ∞."))
        if field == "mse":
            trained = current and run is not None and any(network.complete for network in run.networks)
            apart = f"{100 * (mean / limit - 1):+.1f}%".replace("-", "−") if trained and limit > 0 else "–"
            meaning = "How far the mse of networks trained to the end lies above the theory's."
            cards.append(Card("", "above theory", apart, meaning))
    ranks = [] if run is None else [_rank(n.eigenvalues[-1]) for n in run.networks if n.complete]
    mean = float(np.mean(ranks)) if ranks else math.nan
    cards.append(
        Card("", "rank, networks", four_digits(mean), f"Share of the eigenvalues of Z above {_IN_RANK:g}.")
    )
    cards.append(Card("", "rank, theory", four_digits(float(theory.rank)), "Rank of Z over d."))
    return [*cards, regime_card(theory)]


def lab_prose(run: LabRun | None, theory: SteadyState, current: bool) -> list[Paragraph]:
    """What to notice about a run."""
    failed = [] if run is None else [("Failed", f"{failure}.") for failure in run.failures]
    if run is None or not run.networks:
        text = (
            "press Simulate: networks of finite size are trained by gradient flow, and their errors are "
            "drawn as they learn, before the theory's for d → ∞ and long training."
        )
        return [("Nothing trained yet", text), *failed]
    said: list[Paragraph] = []
    if run.stored:
        text = (
            "the networks shown were trained before, by this package, at the setting that the page opens "
            "with. Press ▶ Simulate to train them anew, here or at a setting of your own."
        )
        said.append(("Stored", text))
    if not current:
        said.append(("Grey", f"{described(run)}. The theory is that of the controls as they are now."))
    said.append(("Training", _about_course(run)))
    if current:
        said += _about_theory(run, theory)
    if run.request.recipe.departures:
        listed = "; ".join(run.request.recipe.departures)
        said.append(
            ("Outside the theory's assumptions", f"{listed}. The theory drawn assumes Gaussian ones.")
        )
    return [*said, ("Work", _about_work(run)), *failed]


def described(run: LabRun) -> str:
    """The setting of a run in a line."""
    values = {name: getattr(run.request.setting, name) for name in PARAMETERS}
    return f"networks trained at {ratios(values)}, d = {run.request.d}"


def _about_course(run: LabRun) -> str:
    """How the mse went."""
    mean, _ = run.farthest.mean("mse")
    times = run.request.times
    reached = np.flatnonzero(np.isfinite(mean))
    if reached.size < 3:
        return "it has only begun."
    last, lowest = int(reached[-1]), int(np.nanargmin(mean))
    start, end = mean[0], mean[last]
    text = (
        f"the mse starts at {four_digits(start)} and is {four_digits(end)} at t = {four_digits(times[last])}"
    )
    if 0 < lowest < last and end > _RISE * mean[lowest]:
        text += (
            f". It was least, {four_digits(mean[lowest])}, at t ≈ {_round(times[lowest])}: who had stopped "
            f"there would be better off by {100 * (1 - mean[lowest] / end):.0f}%. From then on the networks "
            "learn the noise of their samples"
        )
    return f"{text}."


def _about_theory(run: LabRun, theory: SteadyState) -> list[Paragraph]:
    """How the end compares with the theory."""
    mean, error = _last(run, "mse")
    limit = float(theory.mse)
    if run.request.setting.lam == 0:
        text = (
            "the theory drawn is that of the limit λ → 0+. Without any weight decay training ends there only "
            "if the samples leave no choice; where many networks fit all labels, the start decides."
        )
        return [("No weight decay", text)]
    if not any(network.complete for network in run.networks) or not math.isfinite(limit) or limit == 0:
        return []
    above = 100 * (mean / limit - 1)
    theirs = f"the theory's {four_digits(limit)}"
    if math.isfinite(error) and abs(mean - limit) <= _APART * error:
        place = f"is {theirs} within {_APART:g} standard errors"
    else:
        place = f"lies {abs(above):.0f}% {'above' if above > 0 else 'below'} {theirs}"
    text = f"the mean mse, {measured(mean, error)}, {place}"
    text += f". At d = {run.request.d} a difference of some percent is expected: it shrinks like 1/d"
    if Regime(int(theory.regime)) == Regime.RANK_LIMITED:
        text += "; and the theory rests on an assumption here, for the width limits the rank"
    return [("Theory", f"{text}.")]


def _about_work(run: LabRun) -> str:
    """What it took."""
    work = sum(network.statistics.work for network in run.networks)
    seconds = sum(network.statistics.wall_time for network in run.networks)
    sizes = run.networks[0].sizes
    time = sum(network.reached for network in run.networks)
    text = (
        f"{len(run.networks)} network{'s' if len(run.networks) > 1 else ''} with m = {sizes.m}, "
        f"m* = {sizes.m_star} and n = {sizes.n}: the work of {work:,.0f} evaluations of the force, "
        f"in {seconds:.1f} s{' when they were stored' if run.stored else ''}"
    )
    euler = time / _EULER_STEP
    if euler > 2 * work:
        text += f". Gradient descent in steps of {_EULER_STEP:g} would take {euler:,.0f}"
    return f"{text}."


def _last(run: LabRun | None, field: str) -> tuple[float, float]:
    """Mean and standard error at the last time that any network has reached, over those that are there."""
    if run is None or not run.networks:
        return math.nan, math.nan
    mean, error = run.farthest.mean(field)
    reached = np.flatnonzero(np.isfinite(mean))
    return (float(mean[reached[-1]]), float(error[reached[-1]])) if reached.size else (math.nan, math.nan)


def _rank(eigenvalues: Sequence[float]) -> float:
    return float(np.mean(np.asarray(eigenvalues) > _IN_RANK))


def _round(value: float) -> str:
    return f"{value:.2g}"
