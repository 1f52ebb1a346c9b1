"""What the page of learning curves says of trained networks, and of a reader's own data."""

from __future__ import annotations

import numpy as np

from quadviz.explorers.kit.words.agreement import (
    APART,
    NEXT_TO_NOTHING,
    about_measured,
    compared,
    places_compared,
)
from quadviz.explorers.kit.words.network_words import taught_by, trained_at, trained_how
from quadviz.outcome import errstate
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints
from quadviz.scenes.common.wording import Paragraph, four_digits, measured, two_digits
from quadviz.scenes.learning_curves import CurvesSetting, network_points
from quadviz.theory.steady.steady_state import steady_state_of
from quadviz.work.curve import CurveRun

__all__ = ["about_networks", "about_own"]

#: What docs/teachers.md says of the theory at size d.
_KNOWN_TO_MISS = (
    "It is known to be too low with few samples, and too high at an interpolation peak with little decay."
)


def about_networks(run: CurveRun, current: bool) -> list[Paragraph]:
    """What the networks are, and how they lie to the theory of their own curve."""
    r, count = run.request, len(run.networks)
    if not count:
        return []
    names = ("kappa", "kappa_star", "delta", "lam", *(["lam2"] if r.lam2 else []))
    values = {name: getattr(r, name) for name in names}
    text = f"{count} networks of d = {r.d} were trained at {trained_at(values)}{taught_by(r.teacher)}"
    if not current:
        text += ". They are grey, for the curve drawn is another one"
    said = [("Networks", f"{text}. {trained_how(run.networks)}")]
    points = network_points(run, current)
    # A single network has no error to be judged by, as long as it is alone at its place.
    if current and points is not None and np.isfinite(points.error).any():
        said.append(("Agreement", _about_agreement(run, points)))
        said += _about_size(run, points)
    return said


def _about_agreement(run: CurveRun, points: SimulatedPoints) -> str:
    """How many means lie on the curve, and how far the others are off."""
    r = run.request
    lam = r.least
    theory = steady_state_of(r.at(1.0, lam), points.alpha).mse
    mean, error = points.mean[0], points.error[0]
    named = f" at λ = {four_digits(lam)}" if lam > r.lam else ""
    told = compared(mean, error, theory, f"the mean mse is the theory's{named}", "the means")
    if not told:
        return f"by the theory nothing is left to compare: its mse is below {NEXT_TO_NOTHING:g} here."
    text = f"{told}. The theory is the limit d → ∞: what finite size does shrinks like 1/d"
    if any(network.flow for network in run.networks):
        text += ". Where the curve is dashed it rests on an assumption besides"
    return f"{text}."


def about_own(points: OwnPoints, setting: CurvesSetting, errors: bool) -> list[Paragraph]:
    """How a reader's own mse lies to the theory of the current curve; nothing where there is none of it.

    Args:
        points: those of the current curve.
        setting: what the page is set to.
        errors: whether their errors are standard errors.
    """
    alpha = PARAMETERS["alpha"]
    places = places_compared(points, alpha.low, alpha.high)
    if not places.size:
        return []
    with errstate("ignore"):  # what was not solved is not compared
        theory = steady_state_of(setting.at(1.0), points.place[places]).mse
    return about_measured(points, places, theory, errors)


def _about_size(run: CurveRun, points: SimulatedPoints) -> list[Paragraph]:
    """How much of what the means are off the limit the theory at their size explains."""
    found = {one.setting.alpha: one for one in run.at_size}
    there = [found.get(alpha) for alpha in points.alpha.tolist()]
    columns = [(one.mse, one.mse_error, one.limit.mse) if one else (np.nan,) * 3 for one in there]
    at, at_error, limit = np.array(columns, dtype=np.float64).T
    mean, error = points.mean[0], points.error[0]
    known = np.isfinite(mean) & np.isfinite(error) & np.isfinite(at) & (limit > NEXT_TO_NOTHING)
    if not known.any():
        return []
    on = np.abs(mean - at)[known] <= APART * np.hypot(error, at_error)[known]
    off, blur, line = (100 * values[known] / limit[known] for values in (mean - limit, error, at - limit))
    networks, sure, theirs = float(off.mean()), float(np.hypot.reduce(blur) / blur.size), float(line.mean())
    d, side = run.request.d, "above" if networks >= 0 else "below"
    text = (
        f"the thin line is the theory at d = {d}, with inputs x xᵀ − I as the networks have: at "
        f"{int(on.sum())} of {on.size} places the mean mse is on it within {APART:g} errors of both. "
        f"On average over these places networks of d = {d} lie {measured(abs(networks), sure)}% {side} the "
        f"limit, and the line {two_digits(abs(theirs))}% {'above' if theirs >= 0 else 'below'} it"
    )
    if abs(networks) <= APART * sure:
        told = "with so few networks no share of that can be told"
    else:
        share = theirs / networks
        told = f"the theory at their size explains {f'{100 * share:.0f}%' if share > 0 else 'none'} of it"
    return [("At their size", f"{text}: {told}. {_KNOWN_TO_MISS}")]
