"""What the page of learning curves says of trained networks, and of a reader's own data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.words.network_words import trained_at, trained_how
from quadviz.outcome import errstate
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.marks import OwnPoints, SimulatedPoints
from quadviz.scenes.common.wording import Paragraph, four_digits, measured, two_digits
from quadviz.scenes.learning_curves import network_points
from quadviz.simulation.final import SMALLEST_LAM
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work.curve import CurveRun

__all__ = ["about_networks", "about_own"]

#: What docs/teachers.md says of the theory at size d.
_KNOWN_TO_MISS = (
    "It is known to be too low with few samples, and too high at an interpolation peak with little decay."
)
#: A mean so many standard errors from the theory can be told from it.
_APART = 3.0
#: Where the theory's mse is smaller, how a network's compares with it says nothing of either.
_NEXT_TO_NOTHING = 1e-4
#: A reader's own points are compared at so many places.
_COMPARED = 60


def about_networks(run: CurveRun, current: bool) -> list[Paragraph]:
    """What the networks are, and how they lie to the theory of their own curve."""
    r, count = run.request, len(run.networks)
    if not count:
        return []
    values = {name: getattr(r, name) for name in ("kappa", "kappa_star", "delta", "lam")}
    text = f"{count} networks of d = {r.d} were trained at {trained_at(values)}"
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
    lam = max(r.lam, SMALLEST_LAM)
    theory = steady_state(points.alpha, r.kappa, r.kappa_star, lam, r.delta).mse
    mean, error = points.mean[0], points.error[0]
    named = f" at λ = {four_digits(lam)}" if lam > r.lam else ""
    told = _compared(mean, error, theory, f"the mean mse is the theory's{named}", "the means")
    if not told:
        return f"by the theory nothing is left to compare: its mse is below {_NEXT_TO_NOTHING:g} here."
    text = f"{told}. The theory is the limit d → ∞: what finite size does shrinks like 1/d"
    if any(network.flow for network in run.networks):
        text += ". Where the curve is dashed it rests on an assumption besides"
    return f"{text}."


def _compared(mean: FloatArray, error: FloatArray, theory: FloatArray, same: str, points: str) -> str:
    """How measured values of the mse lie to the theory's; empty where there is nothing to compare."""
    known = np.isfinite(mean) & (theory > _NEXT_TO_NOTHING)
    told = []
    judged = known & np.isfinite(error)
    if judged.any():
        on = np.abs(mean - theory)[judged] <= _APART * error[judged]
        told.append(f"at {int(on.sum())} of {on.size} places {same} within {_APART:g} standard errors")
        known = judged
    if known.any():
        above = float(np.median((mean / theory - 1)[known]))
        side = "above" if above >= 0 else "below"
        what = "it" if told else "the theory's mse"
        told.append(f"half of {points} lie more than {100 * abs(above):.0f}% {side} {what}")
    return "; ".join(told)


def about_own(points: OwnPoints, setting: Mapping[str, float], errors: bool) -> list[Paragraph]:
    """How a reader's own mse lies to the theory of the current curve; nothing where there is none of it.

    Args:
        points: those of the current curve.
        setting: its parameters.
        errors: whether their errors are standard errors.
    """
    alpha = PARAMETERS["alpha"]
    known = np.isfinite(points.mean[0]) & (points.place >= alpha.low) & (points.place <= alpha.high)
    places = np.flatnonzero(known)
    # The theory is solved at each, with every move of a slider.
    places = places[:: -(-places.size // _COMPARED) or 1]
    if not places.size:
        return []
    mean, error = points.mean[0][places], points.error[0][places]
    with errstate("ignore"):  # what was not solved is not compared
        theory = steady_state(points.place[places], **setting).mse
    own = error if errors else np.full(error.shape, np.nan)
    told = _compared(mean, own, theory, "your mse is the theory's", "your points")
    if not told:
        return []
    return [("Your data", f"{told}. The theory is the limit d → ∞, in units in which mse = |Z − Z*|²/d.")]


def _about_size(run: CurveRun, points: SimulatedPoints) -> list[Paragraph]:
    """How much of what the means are off the limit the theory at their size explains."""
    found = {one.setting.alpha: one for one in run.at_size}
    there = [found.get(alpha) for alpha in points.alpha.tolist()]
    columns = [(one.mse, one.mse_error, one.limit.mse) if one else (np.nan,) * 3 for one in there]
    at, at_error, limit = np.array(columns, dtype=np.float64).T
    mean, error = points.mean[0], points.error[0]
    known = np.isfinite(mean) & np.isfinite(error) & np.isfinite(at) & (limit > _NEXT_TO_NOTHING)
    if not known.any():
        return []
    on = np.abs(mean - at)[known] <= _APART * np.hypot(error, at_error)[known]
    off, blur, line = (100 * values[known] / limit[known] for values in (mean - limit, error, at - limit))
    networks, sure, theirs = float(off.mean()), float(np.hypot.reduce(blur) / blur.size), float(line.mean())
    d, side = run.request.d, "above" if networks >= 0 else "below"
    text = (
        f"the thin line is the theory at d = {d}, with inputs x xᵀ − I as the networks have: at "
        f"{int(on.sum())} of {on.size} places the mean mse is on it within {_APART:g} errors of both. "
        f"On average over these places networks of d = {d} lie {measured(abs(networks), sure)}% {side} the "
        f"limit, and the line {two_digits(abs(theirs))}% {'above' if theirs >= 0 else 'below'} it"
    )
    if abs(networks) <= _APART * sure:
        told = "with so few networks no share of that can be told"
    else:
        share = theirs / networks
        told = f"the theory at their size explains {f'{100 * share:.0f}%' if share > 0 else 'none'} of it"
    return [("At their size", f"{text}: {told}. {_KNOWN_TO_MISS}")]
