"""The part of docs/dynamics.md on students whose width limits the rank, where the end is an assumption."""

from __future__ import annotations

import numpy as np

from benchmarks.evidence.cases import Case
from benchmarks.evidence.dynamics.cases import (
    AGING,
    AGING_NETWORKS,
    AGING_SIZES,
    DEEP,
    DEEP_NETWORKS,
    DEEP_TIMES,
    DOUBLINGS,
)
from benchmarks.evidence.means import SYMBOLS, Means, march_status, table, with_error
from quadviz import Regime, steady_state

__all__ = ["aging_part", "deep_part"]

#: A mean with an error above this share of it says nothing.
_KNOWN = 0.25


def deep_part(means: Means) -> str:
    """Marches beside networks."""
    parts = [
        """## Where the width limits the rank

Here the theory of long times rests on the steady-state assumption, and at the depth of L6, where a student
has hardly fewer parameters than there are samples, networks do not end where it says. The march makes no such
assumption."""
    ]
    for case in DEEP:
        s = case.setting
        end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
        for quantity in ("mse", "train_loss"):
            lines = []
            for t in DEEP_TIMES:
                found = means.of("deep", case.name, quantity, "dmft", t)
                seen = means.of("deep_networks", case.name, quantity, "network", t)
                known = bool(found) and found[0].error < _KNOWN * found[0].mean
                solved = with_error(found[0].mean, found[0].error) if known else "–"
                lines.append([f"{t:g}", solved, *(with_error(r.mean, r.error) for r in seen)])
            value = float(getattr(end, quantity))
            parts.append(f"{case.name}, {SYMBOLS[quantity]}; theory of t → ∞: {value:.4g}.")
            parts.append(table(["t", "DMFT", *(f"d = {d}" for d in DEEP_NETWORKS)], lines))
        parts.append(f"The march of {case.name}: {march_status(means, 'deep', case)}.")
    parts.append(_verdict(means))
    return "\n\n".join(parts)


def _until(means: Means, case: Case) -> float:
    """The time until which a deep march trusts itself."""
    return means.at_all_times("deep", case.name, "trusted_until", "dmft")[0].mean


def _verdict(means: Means) -> str:
    """Whom the march of the deepest setting follows, while it can be trusted."""
    case, t = DEEP[1], 10.0
    s = case.setting
    end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    said, near = [], True
    for quantity in ("mse", "train_loss"):
        solved = means.of("deep", case.name, quantity, "dmft", t)[0]
        seen = means.of("deep_networks", case.name, quantity, "network", t)[-1]
        formula = float(getattr(end, quantity))
        said.append(
            f"{SYMBOLS[quantity]} {with_error(solved.mean, solved.error)} by the march, "
            f"{with_error(seen.mean, seen.error)} in networks of d = {seen.d}, {formula:.2g} in the theory"
        )
        near &= abs(solved.mean - seen.mean) <= 3 * np.hypot(solved.error, seen.error)
    verdict = "follows the networks" if near else "is off the networks"
    return (
        f"{case.name} at t = {t:g}: {'; '.join(said)}. As far as it can be trusted, the march {verdict}. "
        "Whether it would come to the formula later than networks of any size do, it cannot say."
    )


def aging_part(means: Means) -> str:
    """How far Z moves while the time doubles."""
    parts = [
        """## Does training settle where the width limits the rank?

How far Z moves while the time doubles, |Z(t) - Z(t/2)|²/d. The steady-state assumption says that this
goes to 0. Seeds: 6 marches of one replica for each row; 16, 8 and 4 networks of the three sizes."""
    ]
    for case in AGING:
        s = case.setting
        lines = []
        for section, variant, sizes in (
            ("aging", "dmft", AGING_SIZES),
            ("aging_networks", "network", AGING_NETWORKS),
        ):
            for d in sizes:
                rows = [
                    next(r for r in means.of(section, case.name, "moved", variant, t) if r.d == d)
                    for t in DOUBLINGS
                ]
                name = f"DMFT, d_eff = {d}" if variant == "dmft" else f"networks, d = {d}"
                lines.append([name, *(f"{r.mean:.2g} ± {r.error:.1g}" for r in rows)])
        regime = Regime(int(steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta).regime))
        parts.append(f"{case.name}, {'exact' if regime == Regime.EXACT else 'rank-limited'}:")
        parts.append(table(["", *(f"t = {t:g}" for t in DOUBLINGS)], lines))
    parts.append(
        "S2's marches settle as its networks do. L4's move less with every doubling up to t = 40, as "
        "networks do; then networks come to rest, when the time has reached the inverse spacing of their "
        "eigenvalues, and marches go on moving. Whether that is the theory's own motion or their noise they "
        f"cannot tell: the march above trusts itself until t = {_until(means, DEEP[0]):.2g} only."
    )
    return "\n\n".join(parts)
