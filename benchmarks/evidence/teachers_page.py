"""The page about networks with other teachers, from their means: limits in 1/d beside the theory."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz import Regime, Setting, SteadyState, finite_size, steady_state

__all__ = ["at_their_size", "limit", "page", "theory"]

#: Pairs of samples of a theory at finite d.
_SAMPLES = 64

_TOP = """\
# Networks with other teachers and another decay, beside the theory

The theory of the steady state holds for a teacher of any spectrum, and with a Frobenius decay λ₂ beside
weight decay. Here are networks of finite d with such teachers, extrapolated to d → ∞ and held against
`quadviz.steady_state`. `python -m benchmarks.evidence teachers` trains them anew and writes this page; the
means are in [teachers.csv](teachers.csv). A teacher of d eigenvalues has the means of its law over equal
shares of its mass, in a uniformly random frame.

Where the theory is exact the minimum is found by L-BFGS; where the width limits the rank the flow is followed
to t = 3000. Limits are the value at 1/d = 0 of a line in 1/d through the means, weighted by their errors. The
criterion: within 3 standard errors of the theory, or within 3% of it. Symmetric Gaussian inputs and a
network's own inputs have the same limit and different ways there, so both are shown.

"""
_BOTTOM = """\
The criterion is met by {met} of {total} limits. On average they are off by {mse:+.1f}% in mse,
{train_loss:+.1f}% in train loss and {rank:+.1f}% in rank: what a line through sizes that small makes of the
next power of 1/d is part of it."""
_AT_SIZE = """\
`quadviz.finite_size`, or `steady_state(..., finite_size=d)`, takes the averages of the same two equations
over matrices of size d. With symmetric Gaussian inputs that is nearly all of what networks are off the limit.
A network's own inputs have lengths that fluctuate, by 8/d in |x|⁴: samples that weigh more are fitted more
closely. Averaged over too, that explains most of the rest. Networks, theory at d, and the limit:
"""
_BEYOND = """\
With little decay about the interpolation peak, and with few samples, Gaussian inputs are explained as well as
elsewhere, a network's own are not. What the theory at d is above the limit in mse, over what networks are:
{told}. Networks with few samples have a train loss of up to {times:.0f} times that at d. Why is not known.
The settings, with Wishart teachers, κ = 0.7, κ* = 0.3, Δ = 0.5 and weight decay alone: {settings}.
"""
_NAMES = {"mse": "mse", "train_loss": "train loss", "rank": "rank"}


def theory(setting: Setting) -> SteadyState:
    """The steady state of a setting."""
    kappa_star = setting.kappa_star if setting.teacher.sized_by_width else None
    return steady_state(
        setting.alpha,
        setting.kappa,
        kappa_star,
        setting.lam,
        setting.delta,
        setting.lam2,
        teacher=setting.teacher,
    )


def limit(d: Sequence[int], mean: Sequence[float], error: Sequence[float]) -> tuple[float, float]:
    """The value at 1/d = 0 of the weighted least-squares line in 1/d, and its standard error."""
    x, y, weights = 1 / np.array(d), np.array(mean), 1 / np.maximum(np.array(error), 1e-12) ** 2
    design: NDArray[np.float64] = np.stack([np.ones_like(x), x], axis=1)
    normal = design.T @ (weights[:, None] * design)
    covariance = np.linalg.inv(normal)
    value = covariance @ (design.T @ (weights * y))
    return float(value[0]), float(np.sqrt(covariance[0, 0]))


def at_their_size(cases: Sequence[Any], means: Sequence[Any]) -> list[str]:
    """Networks beside the theory at their own d."""
    shares: dict[str, list[float]] = {"gaussian": [], "network": []}
    lines = ["", "## At their own d", "", _AT_SIZE, *_beside(cases, means, shares)]
    told = "; ".join(
        f"{100 * np.median(values):.0f}% with {inputs} inputs ({len(values)} of them)"
        for inputs, values in shares.items()
        if values
    )
    return [*lines, "", f"Of what is more than 3 errors off the limit, the median share explained: {told}."]


def where_that_fails(cases: Sequence[Any], means: Sequence[Any]) -> list[str]:
    """Networks that it explains less of."""
    settings = "; ".join(f"{c.name}, α = {c.setting.alpha:g} and λ = {c.setting.lam:g}" for c in cases)
    shares: dict[str, list[float]] = {"gaussian": [], "network": []}
    lines = _beside(cases, means, shares)
    seen = {(m.case, m.d, m.quantity): m.mean for m in means if m.inputs == "network"}
    found = {
        (case.name, d): finite_size(case.setting, d, samples=_SAMPLES)
        for case in cases
        for d in sorted({m.d for m in means if m.case == case.name})
    }
    times = max(seen[*key, "train_loss"] / here.train_loss for key, here in found.items())
    told = []
    for case in cases:
        some = [(seen[*key, "mse"], here) for key, here in found.items() if key[0] == case.name]
        off = sum(mean - here.limit.mse for mean, here in some)
        told.append(f"{case.name} {sum(here.mse - here.limit.mse for _, here in some) / off:.1f}")
    text = _BEYOND.format(told=", ".join(told), times=times, settings=settings)
    return ["", "### Where that falls short", "", textwrap.fill(" ".join(text.split()), 110), "", *lines]


def _beside(cases: Sequence[Any], means: Sequence[Any], shares: dict[str, list[float]]) -> list[str]:
    """A table of networks beside the theory at their d; ``shares`` gets the shares explained, by inputs."""
    lines = [
        "| case | inputs | d | mse | at d | limit | train loss | at d | limit |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for case in cases:
        for inputs in shares:
            some = [m for m in means if m.case == case.name and m.inputs == inputs]
            for d in sorted({m.d for m in some}):
                seen = {m.quantity: m for m in some if m.d == d}
                here = finite_size(case.setting, d, inputs=inputs, samples=_SAMPLES)
                cells = []
                for quantity in ("mse", "train_loss"):
                    true, at = float(getattr(here.limit, quantity)), getattr(here, quantity)
                    found = seen[quantity]
                    cells += [f"{found.mean:.4g} ± {found.error:.2g}", f"{at:.4g}", f"{true:.4g}"]
                    if abs(found.mean - true) > 3 * found.error:
                        shares[inputs].append((at - true) / (found.mean - true))
                lines.append(f"| {case.name} | {inputs} | {d} | {' | '.join(cells)} |")
    return lines


def page(cases: Sequence[Any], beyond: Sequence[Any], means: Sequence[Any]) -> str:
    """The page."""
    lines = [
        "| case | κ | κ* | α | λ | λ₂ | Δ | regime | κ_min |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for case in cases:
        s, state = case.setting, theory(case.setting)
        numbers = (f"{v:g}" for v in (s.kappa, s.kappa_star, s.alpha, s.lam, s.lam2, s.delta))
        lines.append(
            f"| {case.name} | {' | '.join(numbers)} | {Regime(state.regime).label} | {state.kappa_min:.3f} |"
        )
    met = total = 0
    off: dict[str, list[float]] = {quantity: [] for quantity in _NAMES}
    for quantity, name in _NAMES.items():
        lines += [
            "",
            f"## {name.capitalize()}",
            "",
            "| case | inputs | at finite d | d → ∞ | theory | errors off | % off | met |",
            "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        ]
        for case in cases:
            true = float(getattr(theory(case.setting), quantity))
            for inputs in ("gaussian", "network"):
                rows = [
                    m for m in means if m.case == case.name and m.inputs == inputs and m.quantity == quantity
                ]
                value, error = limit([m.d for m in rows], [m.mean for m in rows], [m.error for m in rows])
                # A rank that is the same in every network has no error.
                sigma = (value - true) / error if error > 1e-9 else 0.0
                good = abs(value - true) <= max(3 * error, 0.03 * abs(true))
                met, total = met + good, total + 1
                off[quantity].append(value / true - 1)
                sizes = ", ".join(f"{m.mean:.4g} ({m.d})" for m in rows)
                lines.append(
                    f"| {case.name} | {inputs} | {sizes} | {value:.4g} ± {error:.2g} | {true:.4g} | "
                    f"{sigma:+.1f} | {100 * (value / true - 1):+.1f}% | {'yes' if good else 'no'} |"
                )
    lines += [*at_their_size(cases, means), *where_that_fails(beyond, means), ""]
    mean = {quantity: 100 * float(np.mean(values)) for quantity, values in off.items()}
    lines += ["", _BOTTOM.format(met=met, total=total, **mean)]
    return _TOP + "\n".join(lines) + "\n"
