"""docs/dynamics.md from the means in docs/dynamics.csv: ``python -m benchmarks.evidence_dynamics_page``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.evidence import Case, Row, read_rows
from benchmarks.evidence_dynamics import (
    AGING,
    AGING_NETWORKS,
    AGING_SIZES,
    CSV,
    DEEP,
    DEEP_TIMES,
    DOUBLINGS,
    END,
    FLOWS,
    LONG,
    NETWORKS,
    PAGE,
    SIZES,
    STEPS,
    TIMES,
    WRONG,
)
from benchmarks.evidence_means import SYMBOLS, Means, percent, table, theory, with_error, wrapped
from quadviz import Regime, steady_state

__all__ = ["write_page"]

#: A mean with an error above this share of it says nothing.
_KNOWN = 0.25


def write_page(rows: Iterable[Row]) -> None:
    """Write the page."""
    means = Means(rows)
    parts = [_opening, _flows, _ends, _steps, _wrong, _deep, _aging]
    PAGE.write_text(wrapped("\n\n".join(part(means) for part in parts)), encoding="utf-8")


def _opening(means: Means) -> str:
    one = means.of("flows", "F1", "mse", "dmft", TIMES[0])[0]
    many = ", ".join(f"{runs} at d = {d}" for d, runs in NETWORKS.items())
    lines = [_setting(case) for case in (*FLOWS, *LONG, *DEEP)]
    return f"""# Dynamical mean-field theory beside networks

`quadviz.dmft` solves the equations of training at finite α as d → ∞. Here its solutions are held against
networks trained by `quadviz.simulate`, against the theory of long times, and against equations that are
wrong on purpose. `python -m benchmarks.evidence_dynamics` computes everything anew and writes this page; the
means behind it are in [dynamics.csv](dynamics.csv).

A march here has {one.runs} replicas of matrices of size {one.d} unless it says otherwise; its errors are
standard errors over replicas, which share nothing. Networks: {many}, with inputs of their own and
seeds that no other mean shares. Their limit is a line in 1/d through the means; its error follows from the
spread over seeds, one for all sizes, which falls as 1/d.

{table(["", "κ", "κ*", "α", "λ", "Δ"], lines)}"""


def _setting(case: Case) -> list[str]:
    s = case.setting
    return [case.name, *(f"{x:g}" for x in (s.kappa, s.kappa_star, s.alpha, s.lam, s.delta))]


def _flows(means: Means) -> str:
    parts = ["## Training from its start"]
    worst = 0.0
    for case in FLOWS:
        for quantity in ("mse", "train_loss"):
            lines = []
            for t in TIMES:
                solved = means.of("flows", case.name, quantity, "dmft", t)[0]
                seen = means.of("flows", case.name, quantity, "network", t)
                limit = means.limit("flows", case.name, quantity, "network", t)
                error = float(np.hypot(limit.error, solved.error))
                off = (solved.mean - limit.limit) / error
                worst = max(worst, abs(off)) if quantity == "mse" else worst
                largest = seen[-1]
                lines.append(
                    [
                        f"{t:g}",
                        with_error(solved.mean, solved.error),
                        *(with_error(r.mean, r.error) for r in seen),
                        percent(solved.mean / largest.mean - 1),
                        with_error(limit.limit, limit.error),
                        percent(solved.mean / limit.limit - 1),
                        f"{off:+.1f}",
                    ]
                )
            sizes = [f"d = {d}" for d in NETWORKS]
            head = ["t", "DMFT", *sizes, f"DMFT - d = {max(NETWORKS)}", "d → ∞", "DMFT - limit", "errors off"]
            parts.append(f"{case.name}, {SYMBOLS[quantity]}:")
            parts.append(table(head, lines))
    parts.append(
        f"The mse of the march is within {worst:.1f} standard errors of the limit of networks at all these "
        "times. Networks of finite d lie above it, F2's far: its mse falls towards a small number, and at "
        f"t = {TIMES[-1]:g} networks of d = {max(NETWORKS)} still have "
        f"{percent(_excess(means, FLOWS[1]))} of it in excess of their own limit."
    )
    return "\n\n".join(parts)


def _excess(means: Means, case: Case) -> float:
    t = TIMES[-1]
    largest = means.of("flows", case.name, "mse", "network", t)[-1]
    return largest.mean / means.limit("flows", case.name, "mse", "network", t).limit - 1


def _ends(means: Means) -> str:
    lines = []
    for case in LONG:
        for quantity in ("mse", "train_loss"):
            expected = theory(case, quantity)
            cells = []
            for row in means.of("ends", case.name, quantity, "dmft", END):
                off = (row.mean - expected) / row.error
                cells.append(
                    f"{percent(row.mean / expected - 1)} ± {100 * row.error / expected:.1f} ({off:+.1f})"
                )
            lines.append([case.name, SYMBOLS[quantity], f"{expected:.4g}", *cells])
    head = ["", "", "theory", *(f"d_eff = {d}" for d in SIZES)]
    return f"""## The end of training

At t = {END:g} the march against `quadviz.steady_state`: the difference in percent with its standard error,
and in brackets in standard errors. A bias would shrink as 1/d_eff²; real symmetric matrices in place of
Hermitian ones have one of 1/d_eff, 2 to 5% at d_eff = 30.

{table(head, lines)}"""


def _steps(means: Means) -> str:
    name = FLOWS[1].name
    lines = []
    for t in (1.0, 5.0, 20.0):
        rows = [means.of("steps", name, "mse", f"{step:g}", t)[0] for step in STEPS]
        lines.append([f"{t:g}", *(with_error(r.mean, r.error) for r in rows)])
    return f"""## The time steps

mse of {name} with steps of several lengths, given as shares of the time, d_eff = 20, 16 replicas. The
default is 0.1. What they differ by late is more than their errors: this mse falls by a factor of 50, and
steps and d_eff both leave some percent of the little that is left.

{table(["t", *(f"step {step:g}" for step in STEPS)], lines)}"""


def _wrong(means: Means) -> str:
    name, lines = FLOWS[0].name, []
    for variant in WRONG:
        cells = []
        for t in (1.0, 5.0, 20.0):
            right = means.of("flows", name, "mse", "dmft", t)[0].mean
            found = means.of("wrong", name, "mse", variant, t)
            cells.append(f"{found[0].mean / right:.3g}" if found else "diverged")
        lines.append([variant, *cells])
    return f"""## Wrong equations

mse of {name} over that of the right equations: the agreement above leaves no room for a factor.

{table(["", "t = 1", "t = 5", "t = 20"], lines)}"""


def _deep(means: Means) -> str:
    parts = [
        """## Where the width limits the rank

Here the theory of long times rests on the steady-state assumption, and at the depth of L6, where a student
has hardly fewer parameters than there are samples, networks do not end where it says. The march makes no
such assumption. Its own weakness there is that the response R becomes small, and the noise of
its memory is multiplied by 1/R; so it has 16 copies and 6 probes a replica here. All the same the march of
L6 leaves all bounds soon after the last time shown, and is hardly to be trusted at that time already."""
    ]
    for case in DEEP:
        s = case.setting
        end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
        for quantity in ("mse", "train_loss"):
            lines = []
            for t in DEEP_TIMES:
                found = means.of("deep", case.name, quantity, "dmft", t)
                seen = means.of("deep", case.name, quantity, "network", t)
                known = bool(found) and found[0].error < _KNOWN * found[0].mean
                solved = with_error(found[0].mean, found[0].error) if known else "–"
                lines.append([f"{t:g}", solved, *(with_error(r.mean, r.error) for r in seen)])
            sizes = [f"d = {row.d}" for row in seen]
            value = float(getattr(end, quantity))
            parts.append(f"{case.name}, {SYMBOLS[quantity]}; theory of t → ∞: {value:.4g}.")
            parts.append(table(["t", "DMFT", *sizes], lines))
    parts.append(_verdict(means))
    return "\n\n".join(parts)


def _verdict(means: Means) -> str:
    """Whom the march of the deepest setting follows, while it can be trusted."""
    case, t = DEEP[1], 50.0
    s = case.setting
    end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    said, near = [], True
    for quantity in ("mse", "train_loss"):
        solved = means.of("deep", case.name, quantity, "dmft", t)[0]
        seen = means.of("deep", case.name, quantity, "network", t)[-1]
        formula = float(getattr(end, quantity))
        said.append(
            f"{SYMBOLS[quantity]} {with_error(solved.mean, solved.error)} by the march, "
            f"{with_error(seen.mean, seen.error)} in networks of d = {seen.d}, {formula:.2g} in the theory"
        )
        near &= abs(solved.mean - seen.mean) <= 3 * np.hypot(solved.error, seen.error)
    verdict = "follows the networks" if near else "is off the networks"
    return (
        f"{case.name} at t = {t:g}: {'; '.join(said)}. As far as it goes, the march {verdict}. Whether it "
        "would come to the formula later than networks of any size do, it cannot say."
    )


def _aging(means: Means) -> str:
    parts = [
        """## Does training settle where the width limits the rank?

How far Z moves while the time doubles, |Z(t) - Z(t/2)|²/d. The steady-state assumption says that this
goes to 0. Seeds: 6 marches of one replica for each row; 16, 8 and 4 networks of the three sizes."""
    ]
    for case in AGING:
        s = case.setting
        lines = []
        for variant, sizes in (("dmft", AGING_SIZES), ("network", AGING_NETWORKS)):
            for d in sizes:
                rows = [
                    next(r for r in means.of("aging", case.name, "moved", variant, t) if r.d == d)
                    for t in DOUBLINGS
                ]
                name = f"DMFT, d_eff = {d}" if variant == "dmft" else f"networks, d = {d}"
                lines.append([name, *(f"{r.mean:.2g} ± {r.error:.1g}" for r in rows)])
        regime = Regime(int(steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta).regime))
        parts.append(f"{case.name}, {'exact' if regime == Regime.EXACT else 'rank-limited'}:")
        parts.append(table(["", *(f"t = {t:g}" for t in DOUBLINGS)], lines))
    parts.append(
        "Up to t = 40 marches and networks move alike, and less with every doubling. After that networks "
        "come to rest, when the time has reached the inverse spacing of their eigenvalues, and marches begin "
        "to wander, the sooner the smaller they are: their noise, not the theory, moves them. The assumption "
        "is neither confirmed nor refuted by times that either of them can reach."
    )
    return "\n\n".join(parts)


if __name__ == "__main__":
    write_page(read_rows(CSV))
