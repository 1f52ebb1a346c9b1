"""Networks trained along a learning curve, to be drawn as points on it, and the theory at their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.network_words import SIZE_SAMPLES, trained_at, trained_how
from quadviz.figures.axes import Scale
from quadviz.figures.learning_curves import PANELS
from quadviz.scenes.marks import SimulatedPoints, SizedTheory
from quadviz.scenes.wording import Paragraph, four_digits, measured, two_digits
from quadviz.setting import PARAMETERS, Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, train_to_the_end
from quadviz.simulation.sizes import check_size
from quadviz.statistics import mean_and_error
from quadviz.theory.finite_size import FiniteSize, sized_state
from quadviz.theory.steady_state import Regime, steady_state

__all__ = ["CurveRequest", "CurveRun", "about_networks", "run_curve", "simulated_alphas"]

FloatArray = NDArray[np.float64]

#: How many places along an axis networks are trained at, beside that of the marker.
_PLACES = 12
#: What docs/teachers.md says of the theory at size d.
_KNOWN_TO_MISS = (
    "It is known to be too low with few samples, and too high at an interpolation peak with little decay."
)
#: A network takes as long as a place of that line at this d, and in proportion to d longer.
_AS_LONG = 50
#: A mean so many standard errors from the theory can be told from it.
_APART = 3.0
#: Where the theory's mse is smaller, how a network's compares with it says nothing of either.
_NEXT_TO_NOTHING = 1e-4


@dataclass(frozen=True)
class CurveRequest:
    """Networks to train along a curve.

    Attributes:
        kappa: student width.
        kappa_star: teacher width.
        delta: label noise.
        lam: weight decay.
        alphas: where on the curve.
        d: input dimension.
        networks: how many at each place; their seeds count up from 0.
    """

    kappa: float
    kappa_star: float
    delta: float
    lam: float
    alphas: tuple[float, ...]
    d: int
    networks: int

    @property
    def settings(self) -> list[Setting]:
        """The settings, one for each alpha."""
        return [Setting(self.kappa, self.kappa_star, alpha, self.lam, self.delta) for alpha in self.alphas]

    @property
    def sized(self) -> list[Setting]:
        """Where the theory is solved at size d: at the networks' settings, and between them."""
        alphas = np.array(self.alphas)
        between = [float(f"{place:.4g}") for place in np.sqrt(alphas[1:] * alphas[:-1])]
        lam = max(self.lam, SMALLEST_LAM)
        return [
            Setting(self.kappa, self.kappa_star, alpha, lam, self.delta)
            for alpha in sorted({*self.alphas, *between})
        ]

    @property
    def curve(self) -> tuple[float, ...]:
        """What makes the curve that the networks belong to."""
        return (self.kappa, self.kappa_star, self.delta, self.lam)

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            ValueError: if m, m* or n would be 0.
            MemoryError: if it would not fit.
        """
        for setting in self.settings:
            check_size(setting, self.d)


@dataclass(frozen=True, eq=False)
class CurveRun:
    """What was asked for, the theory at size d, and the networks trained so far, one alpha after another."""

    request: CurveRequest
    networks: tuple[FinalState, ...] = ()
    at_size: tuple[FiniteSize, ...] = ()

    def line(self, current: bool) -> SizedTheory | None:
        """The theory at the networks' size; None before any of it is solved.

        Args:
            current: whether it belongs to the curve now drawn.
        """
        if not self.at_size:
            return None
        found = self.at_size
        return SizedTheory(
            d=self.request.d,
            alpha=np.array([one.setting.alpha for one in found]),
            value=np.array([[getattr(one, panel.field) for one in found] for panel in PANELS]),
            error=np.array([[getattr(one, f"{panel.field}_error") for one in found] for panel in PANELS]),
            limited=np.array([one.regime == Regime.RANK_LIMITED for one in found]),
            current=current,
        )

    def points(self, current: bool) -> SimulatedPoints | None:
        """Their means and standard errors at each alpha; None before the first network is trained.

        Args:
            current: whether they belong to the curve now drawn.
        """
        if not self.networks:
            return None
        count = self.request.networks
        alphas = self.request.alphas[: -(-len(self.networks) // count)]
        values = np.full((len(PANELS), len(alphas) * count), np.nan)
        for panel, row in zip(PANELS, values, strict=True):
            row[: len(self.networks)] = [getattr(network, panel.field) for network in self.networks]
        mean, error = mean_and_error(values.reshape(len(PANELS), -1, count).transpose(2, 0, 1))
        return SimulatedPoints(np.array(alphas), mean, error, current)


def simulated_alphas(top: float, scale: Scale, marker: float, low: float | None = None) -> tuple[float, ...]:
    """Places for networks: evenly spaced over an axis of the sample ratio up to its end, and the marker's.

    Args:
        top: the end of the axis.
        scale: its scale.
        marker: where the marker stands.
        low: its beginning; None where it begins near 0.

    >>> simulated_alphas(0.6, "linear", marker=0.12)[:4]
    (0.05, 0.1, 0.12, 0.15)
    """
    if low is not None:
        places = np.linspace(low, top, _PLACES) if scale == "linear" else np.geomspace(low, top, _PLACES)
    elif scale == "linear":
        places = top * np.arange(1, _PLACES + 1) / _PLACES
    else:
        places = np.geomspace(2 * PARAMETERS["alpha"].low, top, _PLACES)
    return tuple(sorted({marker, *(float(f"{place:.3g}") for place in places)}))


def run_curve(request: CurveRequest, check: Callable[[], None]) -> Iterator[tuple[float, CurveRun]]:
    """Solve the theory at the size of a request, and train its networks.

    Args:
        request: what to train.
        check: called before every evaluation of the force, and more; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.
    """
    settings, seeds = request.sized, range(request.networks)
    cost = len(request.alphas) * len(seeds) * request.d / _AS_LONG
    share = len(settings) / (len(settings) + cost)
    yield 0.0, CurveRun(request)
    at_size: tuple[FiniteSize, ...] = ()
    for setting in settings:
        at_size += (sized_state(setting, request.d, "network", SIZE_SAMPLES, watch=check),)
        yield share * len(at_size) / len(settings), CurveRun(request, (), at_size)
    for fraction, networks in train_to_the_end(request.settings, request.d, seeds, check):
        yield share + (1 - share) * fraction, CurveRun(request, networks, at_size)


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
    points = run.points(current)
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
    known = np.isfinite(mean) & np.isfinite(error) & (theory > _NEXT_TO_NOTHING)
    if not known.any():
        return f"by the theory nothing is left to compare: its mse is below {_NEXT_TO_NOTHING:g} here."
    on = np.abs(mean - theory)[known] <= _APART * error[known]
    above = float(np.median((mean / theory - 1)[known]))
    side = "above" if above >= 0 else "below"
    named = f" at λ = {four_digits(lam)}" if lam > r.lam else ""
    text = (
        f"at {int(on.sum())} of {on.size} places the mean mse is the theory's{named} within {_APART:g} "
        f"standard errors; half of the means lie more than {100 * abs(above):.0f}% {side} it. The theory is "
        "the limit d → ∞: what finite size does shrinks like 1/d"
    )
    if any(network.flow for network in run.networks):
        text += ". Where the curve is dashed it rests on an assumption besides"
    return f"{text}."


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
