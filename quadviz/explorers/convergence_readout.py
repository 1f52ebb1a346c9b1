"""What the convergence page says: cards and sentences, computed from the flows, the law and the networks."""

from __future__ import annotations

import math

import numpy as np

from quadviz.explorers.convergence_run import Answer, ApproachRun, slope_in
from quadviz.explorers.network_words import ratios
from quadviz.explorers.page import Card
from quadviz.explorers.point_cards import regime_card
from quadviz.figures.convergence import POWERS
from quadviz.scenes.wording import Paragraph, four_digits
from quadviz.setting import PARAMETERS
from quadviz.theory.approach import Approach, ApproachLaw
from quadviz.theory.steady_state import Regime, SteadyState

__all__ = ["convergence_cards", "convergence_prose", "law_name", "network_window", "two_digits"]

#: So far from the predicted slope, a measured one is said to differ.
_NEAR = 0.1
_NO_SOLUTION = "no steady state was found at this setting; raise λ or κ, or choose T = GOE."


def law_name(law: ApproachLaw) -> str:
    """The law as it is written at its line.

    >>> from quadviz.theory.flow_target import FlowTarget
    >>> from quadviz.theory.approach import approach_law
    >>> law_name(approach_law(FlowTarget(), 0.7))
    '0.07049 t⁻³'
    """
    if not math.isfinite(law.coefficient):
        return ""
    return f"{four_digits(law.coefficient)} {POWERS[law.kind.slope]}"


def two_digits(value: float) -> str:
    """A number that is not known better.

    >>> two_digits(138.8), two_digits(2.04)
    ('140', '2')
    """
    return four_digits(float(f"{value:.2g}"))


def convergence_cards(
    answer: Answer | None, state: SteadyState | None, run: ApproachRun | None, current: bool
) -> list[Card]:
    """The read-out.

    Args:
        answer: the flows and their law; None where there is no target.
        state: the steady state the target is made from; None for the GOE.
        run: networks trained last, or None.
        current: whether they are of this setting.
    """
    if answer is None:
        cards = [Card("", "law, t → ∞", "–", _NO_SOLUTION)]
        return cards if state is None else [*cards, regime_card(state)]
    law, window, networks = answer.law, _window(answer.window), math.nan
    if run is not None and current and run.seen is not None:
        networks = slope_in(network_window(answer, run), run.seen.times, run.seen.mean)
    cards = [
        Card("", "law, t → ∞", law_name(law) or "–", "Distance at long times as d → ∞."),
        Card("", "slope, flows", _slope(answer.slope), f"That of their mean, {window}."),
        Card("", "slope, d → ∞", _slope(answer.limit_slope), f"That of the limit, {window}."),
        Card("", "slope, networks", _slope(networks), "That of their mean, before single eigenvalues show."),
        Card("p", "positive", four_digits(law.positive), "Share of positive eigenvalues of T."),
        Card(
            "ω",
            "edge",
            four_digits(law.edge),
            "Eigenvalue of T where the last modes are: 0, or where κ cuts.",
        ),
        Card("ρ", "density there", four_digits(law.density), "Density of the eigenvalues at the edge."),
        Card(
            "dρ",
            "law left at",
            _time(law, answer.flows.d),
            "Inverse spacing of eigenvalues at the edge.",
        ),
    ]
    return cards if state is None else [*cards, regime_card(state)]


def convergence_prose(
    answer: Answer | None, state: SteadyState | None, run: ApproachRun | None, current: bool
) -> list[Paragraph]:
    """What to notice; the arguments are those of :func:`convergence_cards`."""
    failed = [] if run is None else [("Failed", f"{failure}.") for failure in run.failures]
    if answer is None:
        return [("No target", _NO_SOLUTION), *failed]
    said: list[Paragraph] = [("Law", _about_law(answer)), ("Finite d", _about_size(answer))]
    if state is None:
        said.append(("GOE", "it has no teacher: κ*, α, Δ and λ play no role, and there are no networks."))
    elif run is not None and run.seen is not None:
        said.append(("Networks", _about_networks(answer, state, run, current)))
    else:
        text = "press Simulate to train networks at this setting and see them come to their end."
        said.append(("Networks", text))
    return [*said, *failed]


def network_window(answer: Answer, run: ApproachRun) -> tuple[float, float]:
    """Where the slope of networks is measured: up to where their size shows single eigenvalues."""
    first, last = answer.window
    seen, ratio = run.seen, run.request.d / answer.flows.d
    if not math.isfinite(answer.law.leaves_at(1)) and seen is not None:
        return float(seen.times[-1]) * first / last, float(seen.times[-1])
    return 2 * first * ratio, 2 * last * ratio


def _about_law(answer: Answer) -> str:
    """Which modes are last, and what that makes of the distance."""
    law, kappa = answer.law, f"κ = {four_digits(answer.flows.kappa)}"
    share = f"p = {four_digits(law.positive)}, the share of positive eigenvalues"
    name = law_name(law)
    if law.kind == Approach.ALONE:
        text = (
            f"{kappa} is not below {share}: the width does not bind. At time t the modes with |a| below "
            f"about 1/t are still on their way, each by itself, which makes {name} as d → ∞"
        )
    elif law.kind == Approach.COMPETING:
        text = (
            f"{kappa} is below {share}: modes on both sides of the hard edge ω = {four_digits(law.edge)} "
            f"compete for the rank, within about 1/t of it, which makes {name} as d → ∞"
        )
    elif law.kind == Approach.BORDER:
        return (
            f"{kappa} is the share of positive eigenvalues itself: at this border the distance "
            "falls like t⁻³ times a factor that goes on growing, if only like a power of "
            "log log t. No straight line is drawn."
        )
    elif law.kind == Approach.ATOM:
        text = (
            f"without noise T = Z* has many eigenvalues that are exactly 0, and {kappa} leaves some of the "
            f"width to them: these directions decay like 1/2t each, which makes {name}"
        )
    else:
        return (
            f"T has no eigenvalues next to {'0' if law.edge == 0 else f'the cut, {four_digits(law.edge)}'}: "
            "nothing slow is left, and the approach is exponential in the end."
        )
    return f"{text}. {_about_slopes(answer)}"


def _about_slopes(answer: Answer) -> str:
    """What is measured where."""
    text = f"{_window(answer.window).capitalize()} the mean of the flows has slope {_slope(answer.slope)}"
    text += f", the limit {_slope(answer.limit_slope)}"
    if abs(answer.limit_slope - answer.law.kind.slope) > _NEAR:
        text += ": the law itself comes later"
    return f"{text}."


def _about_size(answer: Answer) -> str:
    """From when on a matrix is an individual, and how it ends."""
    flows, leaves = answer.flows, answer.law.leaves_at(answer.flows.d)
    rates = np.array([flow.late_rate for flow in flows.flows])
    ends = "e^(−ct) with c "
    ends += f"from {four_digits(rates.min())} to {four_digits(rates.max())}" if rates.size > 1 else ""
    ends += f"= {four_digits(rates.max())}" if rates.size == 1 else ""
    if math.isinf(leaves):
        return f"a finite matrix has the same zeros: d = {flows.d} follows the law as long as one likes."
    if math.isnan(leaves):
        return f"the flows of size {flows.d} end like {ends}."
    text = (
        f"eigenvalues of a matrix of size {flows.d} are about 1/{four_digits(leaves)} apart there. After "
        f"t ≈ {two_digits(leaves)} each flow shows its own, and ends like {ends}"
    )
    if answer.law.kind == Approach.ALONE:
        text += "; the mean over many matrices would go on along the law, carried by ever fewer of them"
    return f"{text}."


def _about_networks(answer: Answer, state: SteadyState, run: ApproachRun, current: bool) -> str:
    """What the networks did."""
    setting, many = run.request.setting, len(run.networks) > 1
    count = f"{len(run.networks)} network{'s' if many else ''} of d = {run.request.d}"
    if setting is not None and not current:
        values = {name: getattr(setting, name) for name in PARAMETERS}
        return f"{count}, trained at {ratios(values)}. Grey, for the law drawn is that of another setting."
    clock, seen, window = run.request.clock, run.seen, network_window(answer, run)
    text = f"{count}, drawn in the time of their matrix flow, {four_digits(clock)} t: "
    text += "so much does a slow change of Z change their force"
    if math.isnan(clock):
        text = f"{count}, drawn in their own time, for the theory sets no clock for them at this setting"
    if seen is not None:
        slope = slope_in(window, seen.times, seen.mean)
        text += f". {_window(window).capitalize()} the slope of their mean is {_slope(slope)}"
    if Regime(int(state.regime)) == Regime.RANK_LIMITED:
        text += (
            ". Where the width binds, the noise they learn turns with the edge: neither the factor nor the "
            "slope of the pure flow is promised"
        )
    elif seen is not None and not math.isnan(clock) and answer.law.kind == Approach.ALONE:
        last = max(0, int(np.count_nonzero(seen.times <= window[1])) - 1)
        above = seen.mean[last] / float(answer.law.at(seen.times[last]))
        text += (
            f"; at t = {two_digits(seen.times[last])}, before single eigenvalues show, their distance is "
            f"{two_digits(above)} times the law's"
        )
    return f"{text}."


def _window(window: tuple[float, float]) -> str:
    return f"between t = {two_digits(window[0])} and {two_digits(window[1])}"


def _slope(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"


def _time(law: ApproachLaw, d: int) -> str:
    return "never" if law.kind == Approach.ATOM else four_digits(law.leaves_at(d))
