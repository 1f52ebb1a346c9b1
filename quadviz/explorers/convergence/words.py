"""What the convergence page says: cards and sentences, computed from the flows, the law and the networks."""

from __future__ import annotations

import math

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.network_words import ratios
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, two_digits
from quadviz.scenes.convergence import Convergence, Seen, Solved, law_name, slope_in
from quadviz.theory.flow.approach import Approach
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.approach import ApproachRun

__all__ = ["convergence_cards", "convergence_prose"]

#: So far from the predicted slope, a measured one is said to differ.
_NEAR = 0.1
_NO_SOLUTION = "no steady state was found at this setting; raise λ or κ, or choose T = GOE."


def convergence_cards(scene: Convergence, run: ApproachRun | None) -> list[Card]:
    """The read-out.

    Args:
        scene: what is seen.
        run: networks trained last, or None.
    """
    solved, state, seen = scene.solved, scene.state, scene.networks
    if solved is None:
        cards = [Card("", "law, t → ∞", "–", _NO_SOLUTION)]
        return cards if state is None else [*cards, regime_card(state)]
    law, window, networks = solved.law, _window(solved.window), math.nan
    if run is not None and seen is not None and scene.current:
        networks = slope_in(_network_window(solved, seen, run.request.d), seen.times, seen.mean)
    leaves = "never" if law.kind == Approach.ATOM else four_digits(law.leaves_at(solved.flows.d))
    at_edge = "Eigenvalue of T where the last modes are: 0, or where κ cuts."
    cards = [
        Card("", "law, t → ∞", law_name(law) or "–", "Distance at long times as d → ∞."),
        Card("", "slope, flows", _slope(solved.slope), f"That of their mean, {window}."),
        Card("", "slope, d → ∞", _slope(solved.limit_slope), f"That of the limit, {window}."),
        Card("", "slope, networks", _slope(networks), "That of their mean, before single eigenvalues show."),
        Card("p", "positive", four_digits(law.positive), "Share of positive eigenvalues of T."),
        Card("ω", "edge", four_digits(law.edge), at_edge),
        Card("ρ", "density there", four_digits(law.density), "Density of the eigenvalues at the edge."),
        Card("dρ", "law left at", leaves, "Inverse spacing of eigenvalues at the edge."),
    ]
    return cards if state is None else [*cards, regime_card(state)]


def convergence_prose(scene: Convergence, run: ApproachRun | None) -> list[Paragraph]:
    """What to notice; the arguments are those of :func:`convergence_cards`."""
    failed = [] if run is None else [("Failed", f"{failure}.") for failure in run.failures]
    solved, state, seen = scene.solved, scene.state, scene.networks
    if solved is None:
        return [("No target", _NO_SOLUTION), *failed]
    said: list[Paragraph] = [("Law", _about_law(solved)), ("Finite d", _about_size(solved))]
    if state is None:
        said.append(("GOE", "it has no teacher: κ*, α, Δ and λ play no role, and there are no networks."))
    elif run is not None and seen is not None:
        said.append(("Networks", _about_networks(solved, state, seen, run, scene.current)))
    else:
        text = "press Simulate to train networks at this setting and see them come to their end."
        said.append(("Networks", text))
    return [*said, *failed]


def _network_window(solved: Solved, seen: Seen, d: int) -> tuple[float, float]:
    """Where the slope of networks is measured: up to where their size shows single eigenvalues."""
    first, last = solved.window
    if not math.isfinite(solved.law.leaves_at(1)):
        return float(seen.times[-1]) * first / last, float(seen.times[-1])
    ratio = d / solved.flows.d
    return 2 * first * ratio, 2 * last * ratio


def _about_law(solved: Solved) -> str:
    """Which modes are last, and what that makes of the distance."""
    law, kappa = solved.law, f"κ = {four_digits(solved.flows.kappa)}"
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
    return f"{text}. {_about_slopes(solved)}"


def _about_slopes(solved: Solved) -> str:
    """What is measured where."""
    text = f"{_window(solved.window).capitalize()} the mean of the flows has slope {_slope(solved.slope)}"
    text += f", the limit {_slope(solved.limit_slope)}"
    if abs(solved.limit_slope - solved.law.kind.slope) > _NEAR:
        text += ": the law itself comes later"
    return f"{text}."


def _about_size(solved: Solved) -> str:
    """From when on a matrix is an individual, and how it ends."""
    flows, leaves = solved.flows, solved.law.leaves_at(solved.flows.d)
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
    if solved.law.kind == Approach.ALONE:
        text += "; the mean over many matrices would go on along the law, carried by ever fewer of them"
    return f"{text}."


def _about_networks(solved: Solved, state: SteadyState, seen: Seen, run: ApproachRun, current: bool) -> str:
    """What the networks did."""
    setting, many = run.request.setting, len(run.networks) > 1
    count = f"{len(run.networks)} network{'s' if many else ''} of d = {run.request.d}"
    if setting is not None and not current:
        values = {name: getattr(setting, name) for name in PARAMETERS}
        return f"{count}, trained at {ratios(values)}. Grey, for the law drawn is that of another setting."
    clock, window = run.request.clock, _network_window(solved, seen, run.request.d)
    text = f"{count}, drawn in the time of their matrix flow, {four_digits(clock)} t: "
    text += "so much does a slow change of Z change their force"
    if math.isnan(clock):
        text = f"{count}, drawn in their own time, for the theory sets no clock for them at this setting"
    slope = slope_in(window, seen.times, seen.mean)
    text += f". {_window(window).capitalize()} the slope of their mean is {_slope(slope)}"
    if Regime(int(state.regime)) == Regime.RANK_LIMITED:
        text += (
            ". Where the width binds, the noise they learn turns with the edge: neither the factor nor the "
            "slope of the pure flow is promised"
        )
    elif not math.isnan(clock) and solved.law.kind == Approach.ALONE:
        last = max(0, int(np.count_nonzero(seen.times <= window[1])) - 1)
        above = seen.mean[last] / float(solved.law.at(seen.times[last]))
        text += (
            f"; at t = {two_digits(seen.times[last])}, before single eigenvalues show, their distance is "
            f"{two_digits(above)} times the law's"
        )
    return f"{text}."


def _window(window: tuple[float, float]) -> str:
    return f"between t = {two_digits(window[0])} and {two_digits(window[1])}"


def _slope(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"
