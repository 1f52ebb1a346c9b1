"""How a page tells of networks trained to the end: at what, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quadviz.law.teachers import WISHART, Teacher
from quadviz.parameters import parameter
from quadviz.scenes.common.wording import four_digits
from quadviz.simulation.final import SMALLEST_LAM, FinalState, flow_end

__all__ = ["ratios", "taught_by", "trained_at", "trained_how"]


def ratios(values: Mapping[str, float]) -> str:
    """Parameters by their symbols.

    >>> ratios({"kappa": 0.7, "lam": 0.01})
    'κ = 0.7, λ = 0.01'
    """
    return ", ".join(f"{parameter(name).symbol} = {four_digits(value)}" for name, value in values.items())


def taught_by(teacher: Teacher) -> str:
    """Whose labels they learn, to follow a setting; nothing for the paper's teacher."""
    return "" if teacher == WISHART else f", by {teacher!r}"


def trained_at(values: Mapping[str, float]) -> str:
    """The setting of networks whose weight decay has a least value that stands for smaller ones.

    >>> trained_at({"kappa": 0.7, "lam": 0.0})
    'κ = 0.7 and λ = 10⁻⁴, which stands for λ → 0+'
    """
    lam = values["lam"]
    if lam >= SMALLEST_LAM:
        return ratios(values)
    others = ratios({name: value for name, value in values.items() if name != "lam"})
    smaller = "λ → 0+" if lam == 0 else f"λ = {four_digits(lam)}"
    return f"{others} and λ = {four_digits(SMALLEST_LAM)}, which stands for {smaller}"


def trained_how(networks: Sequence[FinalState]) -> str:
    """By flow, by descent, or each where it is right, as a sentence."""
    flows = [network for network in networks if network.flow]
    descent = "every descent ends at the same Z, and L-BFGS is soonest there"
    if not flows:
        return f"The width does not bind: {descent}."
    ends = f"gradient flow was followed to t = {four_digits(flow_end(flows[0].setting))}"
    if len(flows) == len(networks):
        return f"The width limits the rank: {ends}."
    return f"Where the width limits the rank {ends}; elsewhere {descent}."
