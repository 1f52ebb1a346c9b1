"""docs/dynamics.md from the means in docs/dynamics.csv: ``python -m benchmarks.evidence dynamics page``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.evidence.cases import Case, Row
from benchmarks.evidence.dynamics.cases import (
    AGING,
    BROKEN,
    DEEP,
    END,
    ENDS,
    FLOWS,
    HONEST,
    LATE,
    LATE_TIMES,
    LONG,
    LONG_TIMES,
    LOOP,
    LOOP_TIME,
    NETWORKS,
    PAGE,
    SEEDS,
    SIZED,
    SIZES,
    SMALL,
    STEPS,
    TEACHER_NETWORKS,
    TEACHER_TIMES,
    TEACHERS,
    TIMES,
)
from benchmarks.evidence.dynamics.deep import aging_part, deep_part
from benchmarks.evidence.means import (
    SYMBOLS,
    Means,
    march_status,
    percent,
    table,
    theory,
    with_error,
    wrapped,
)
from benchmarks.evidence.statistics import Extrapolation
from benchmarks.evidence.teachers_page import theory as end_of
from quadviz import steady_state

__all__ = ["write_page"]


def write_page(rows: Iterable[Row]) -> None:
    """Write the page."""
    means = Means(rows)
    first = [_opening, _scheme, _flows, _teachers, _ends, _honest, _sizes, _steps, _broken, _long]
    parts = [*first, deep_part, aging_part]
    PAGE.write_text(wrapped("\n\n".join(part(means) for part in parts)), encoding="utf-8")


def _opening(means: Means) -> str:
    one = means.of("flows", "F1", "mse", "dmft", TIMES[0])[0]
    many = ", ".join(f"{runs} at d = {d}" for d, runs in NETWORKS.items())
    late = ", ".join(f"{runs} at d = {d}" for d, runs in LATE.items())
    lines = [_setting(case) for case in (*FLOWS, *ENDS, AGING[1], *DEEP)]
    return f"""# Dynamical mean-field theory beside networks

`quadviz.dmft` solves the equations of training at finite α as d → ∞. Here its solutions are held against
networks trained by `quadviz.simulate`, against the theory of long times, and against marches that are broken
on purpose. `python -m benchmarks.evidence dynamics` computes everything anew and writes this page; the
means behind it are in [dynamics.csv](dynamics.csv).

A march here is what `dmft(setting, times)` gives: {one.runs} replicas of matrices of size {one.d} or near it,
steps of a tenth of the time. Its errors are half-widths of 68% intervals over replicas, which share
nothing, with half a percent for what they have in common. Networks: {many}, to t = {TIMES[-1]:g}, and
{late} for later times, with inputs of their own and seeds that no other mean shares. Their limit is a line
in 1/d through the means; its error follows from the spread over seeds, one for all sizes, which falls as
1/d. R = λ/q is the response at the end of training, by the theory of long times: the smaller it is, the
harder is the march.

{table(["", "κ", "κ*", "α", "λ", "Δ", "R"], lines)}"""


def _scheme(means: Means) -> str:
    """Why marches of November 2026 were wrong late, and what this rests on."""
    rest, alternating, limit = (
        means.of("loop", LOOP.name, "gain", of, LOOP_TIME)[0].mean for of in ("rest", "alternating", "theory")
    )
    hasty, restless = (_told(means, name) for name in ("3 passes a node", "noise as it comes"))
    return f"""## What a march has to get right late in training

With little weight decay the response R = 1/(1 + ∫χ/α) becomes small, and what is an error of the memory χ is
one of the whole force. Three things go wrong then; each can be seen by undoing its cure alone.

*Passes over a node that stop too soon.* A node's weights and its error are a fixed point, to which plain
passes come slowly: the row of weights gains 1 - R a pass, and the error f/(2α), with f the mean square of the
derivative of Z by the noise. What is left over enters the covariance as a motion of the noise that never was.
With 3 passes in place of as many as it takes, {hasty}. Here passes are mixed (Anderson)
until both stand still.

*Crosstalk between probes.* A copy is changed by a random field at every node at once, and the answers to all
others are noise in the answer to one; in R it weighs 1/R times as much. A step answers fields nearly one mode
at a time, so the answers are fitted, in classes of like modes, with the products of the fields themselves,
which are known. The weight of χ is then right to a few tenths of a percent (below). By Stein's lemma the
response of the copies to their own noise gives the same weight without any probe; the status rests on it.

*Noise that alternates.* When steps are longer than the memory, a motion of the noise from node to node and
back comes back through Z and the covariance larger than one that lasts: of {LOOP.name} at t = {LOOP_TIME:g}
the loop's gain is {rest:.2f} for what lasts (f/(2α) in theory: {limit:.2f}) and {alternating:.2f} for
what alternates, where 1 is the limit of stability; longer steps and chance at finite d carry it beyond.
Iterating a node to convergence does not help: its solution is what grows. Half of what alternates is taken
off the noise, an error of second order in the step. Without that, {restless}.

Besides, the spread of late results came from chance traces such as tr Z* N²: the noise is drawn so that they
are those of free matrices, which halves the errors."""


def _told(means: Means, name: str) -> str:
    """How a broken march ends, in words."""
    case = BROKEN[name][0]
    until = means.at_all_times("broken", case.name, "trusted_until", name)[0].mean
    rows = means.of("broken", case.name, "mse", name, END)
    ending = f"{case.name} leaves all bounds before t = {END:g}"
    if rows:
        value = with_error(rows[0].mean, rows[0].error)
        ending = f"the mse of {case.name} at t = {END:g} is {value}; the theory has {theory(case, 'mse'):.4g}"
    return f"{ending}, and its status says that it is not to be trusted after t = {until:.3g}"


def _setting(case: Case) -> list[str]:
    s = case.setting
    end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    return [
        case.name,
        *(f"{x:g}" for x in (s.kappa, s.kappa_star, s.alpha, s.lam, s.delta)),
        f"{s.lam / end.q:.3f}",
    ]


def _flows(means: Means) -> str:
    parts = ["## Training from its start"]
    worst = {"mse": 0.0, "train_loss": 0.0}
    for case in FLOWS:
        for quantity in ("mse", "train_loss"):
            for section, sizes, times in (
                ("flows_networks", NETWORKS, TIMES),
                ("late_networks", LATE, LATE_TIMES),
            ):
                late = ", later" if section == "late_networks" else ""
                parts.append(f"{case.name}, {SYMBOLS[quantity]}{late}:")
                lines, off = _beside(means, ("flows", section), case, quantity, times, sizes)
                worst[quantity] = max(worst[quantity], *map(abs, off))
                parts.append(lines)
    told = [march_status(means, "flows", case) for case in FLOWS]
    parts.append(
        f"The mse of the march is within {worst['mse']:.1f} errors of the limit of networks at all these "
        f"times, its train loss within {worst['train_loss']:.1f}. Networks of finite d lie above the limit, "
        f"F2's far: at t = {TIMES[-1]:g} those of d = {max(NETWORKS)} still have "
        f"{percent(_excess(means, FLOWS[1]))} of its mse in excess. {FLOWS[0].name}: {told[0]}; "
        f"{FLOWS[1].name}: {told[1]}."
    )
    return "\n\n".join(parts)


def _teachers(means: Means) -> str:
    """Teachers of other spectra, with both decays."""
    settings, parts = [], []
    off: list[float] = []
    for case in TEACHERS:
        s = case.setting
        ratios = (s.kappa, s.kappa_star, s.alpha, s.lam, s.lam2, s.delta)
        settings.append([case.name, f"`{s.teacher!r}`", *(f"{x:g}" for x in ratios)])
        for quantity in ("mse", "train_loss"):
            sections = ("teachers", "teachers_networks")
            lines, some = _beside(means, sections, case, quantity, TEACHER_TIMES, TEACHER_NETWORKS)
            parts += [f"{case.name}, {SYMBOLS[quantity]}:", lines]
            off += some
    many = ", ".join(f"{runs} at d = {d}" for d, runs in TEACHER_NETWORKS.items())
    told = "; ".join(f"{case.name}: {march_status(means, 'teachers', case)}" for case in TEACHERS)
    last = TEACHER_TIMES[-1]
    ends = ", ".join(
        percent(means.of("teachers", case.name, "mse", "dmft", last)[0].mean / end_of(case.setting).mse - 1)
        for case in TEACHERS
    )
    worst, typical = np.max(np.abs(off)), np.sqrt(np.mean(np.square(off)))
    text = f"""## Other teachers, and both decays

Teachers that are not Wishart, with a Frobenius decay λ₂ beside weight decay: `dmft` against networks of the
same teacher, {many}, and the value at 1/d = 0 of a line through their means, which leaves what 1/d² makes.

{table(["", "teacher", "κ", "κ*", "α", "λ", "λ₂", "Δ"], settings)}"""
    ending = (
        f"The march is within {worst:.1f} errors of the limit of networks everywhere, in the root mean "
        f"square {typical:.1f}; times of one setting have their networks in common. At t = {last:g} its mse "
        f"is {ends} off that of `quadviz.steady_state`. {told}."
    )
    return "\n\n".join([text, *parts, ending])


def _beside(
    means: Means,
    sections: tuple[str, str],
    case: Case,
    quantity: str,
    times: Sequence[float],
    sizes: Iterable[int],
) -> tuple[str, list[float]]:
    """A march beside networks as a table, and how many errors it is off their limit at each time."""
    lines, off = [], []
    for t in times:
        solved = means.of(sections[0], case.name, quantity, "dmft", t)[0]
        seen = means.of(sections[1], case.name, quantity, "network", t)
        limit = means.limit(sections[1], case.name, quantity, "network", t)
        off.append(_off(solved, limit))
        lines.append(
            [
                f"{t:g}",
                with_error(solved.mean, solved.error),
                *(with_error(r.mean, r.error) for r in seen),
                with_error(limit.limit, limit.error),
                percent(solved.mean / limit.limit - 1),
                f"{off[-1]:+.1f}",
            ]
        )
    head = ["t", "DMFT", *(f"d = {d}" for d in sizes), "d → ∞", "DMFT - limit", "errors off"]
    return table(head, lines), off


def _off(solved: Row, limit: Extrapolation) -> float:
    """How far a march is from a limit of networks, in errors of both."""
    return float((solved.mean - limit.limit) / np.hypot(limit.error, solved.error))


def _excess(means: Means, case: Case) -> float:
    t = TIMES[-1]
    largest = means.of("flows_networks", case.name, "mse", "network", t)[-1]
    return largest.mean / means.limit("flows_networks", case.name, "mse", "network", t).limit - 1


def _ends(means: Means) -> str:
    lines = []
    for case in ENDS:
        s = case.setting
        end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
        cells = []
        for quantity in ("mse", "train_loss"):
            row, expected = means.of("ends", case.name, quantity, "dmft", END)[0], theory(case, quantity)
            off = (row.mean - expected) / row.error
            share = f"{percent(row.mean / expected - 1)} ± {100 * row.error / expected:.1f}"
            cells += [f"{expected:.4g}", f"{share} ({off:+.1f})"]
        weight = means.of("ends", case.name, "weight", "dmft", END)[0].mean
        known = s.alpha * (float(end.q) / s.lam - 1)
        status = march_status(means, "ends", case)
        lines.append([case.name, f"{s.lam / end.q:.3f}", *cells, percent(weight / known - 1), status])
    head = ["", "R", "mse", "march", "train loss", "march", "∫χ", "status"]
    return f"""## The end of training

At t = {END:g} the march against `quadviz.steady_state`, in settings where that is a theorem: the difference
in percent with its error, and in brackets in errors; the weight of χ in the last row, against its exact
value α(q/λ - 1).

{table(head, lines)}"""


def _honest(means: Means) -> str:
    lines = []
    for case in HONEST:
        for quantity in ("mse", "train_loss"):
            rows = [means.of("seeds", case.name, quantity, f"seed {n}", END) for n in range(SEEDS)]
            rows = [row[0] for row in rows if row]
            off = np.array([(r.mean - theory(case, quantity)) / r.error for r in rows])
            bias = np.mean([r.mean for r in rows]) / theory(case, quantity) - 1
            error = np.std([r.mean for r in rows], ddof=1) / np.sqrt(len(rows)) / theory(case, quantity)
            within = [f"{np.mean(np.abs(off) < n):.0%}" for n in (1, 2)]
            lines.append(
                [
                    case.name,
                    SYMBOLS[quantity],
                    f"{len(rows)}",
                    *within,
                    f"{100 * bias:+.1f}% ± {100 * error:.1f}",
                ]
            )
    head = ["", "", "marches", "within one error", "within two", "all together, off by"]
    return f"""## Are the errors honest?

{SEEDS} small marches ({SMALL["replicas"]} replicas of size {SMALL["d_eff"]}, step {SMALL["step"]}) of
each of two settings to t = {END:g}, each from its own seed: how many have the theory within their errors,
and how far their mean is off, which is the bias of this size.

{table(head, lines)}"""


def _sizes(means: Means) -> str:
    lines = []
    for quantity in ("mse", "train_loss"):
        cells = []
        for d in SIZES:
            row = next(r for r in means.of("sizes", SIZED.name, quantity, "dmft", END) if r.d == d)
            expected = theory(SIZED, quantity)
            cells.append(f"{percent(row.mean / expected - 1)} ± {100 * row.error / expected:.1f}")
        lines.append([SYMBOLS[quantity], *cells])
    return f"""## The size of the matrices

{SIZED.name}, the end that depends most on it, at t = {END:g}: off the theory in percent. A bias would fall as
1/d_eff², for the matrices are Hermitian; real symmetric ones have one of 1/d_eff.

{table(["", *(f"d_eff = {d}" for d in SIZES)], lines)}"""


def _steps(means: Means) -> str:
    name = FLOWS[1].name
    lines = []
    for t in (1.0, 5.0, 20.0):
        rows = [means.of("steps", name, "mse", f"{step:g}", t)[0] for step in STEPS]
        lines.append([f"{t:g}", *(with_error(r.mean, r.error) for r in rows)])
    return f"""## The time steps

mse of {name} with steps of several lengths, given as shares of the time, d_eff = 20, 16 replicas. The
default is 0.1; what it leaves, some percent of an mse that has fallen by a factor of 50, is not in its
errors.

{table(["t", *(f"step {step:g}" for step in STEPS)], lines)}"""


def _broken(means: Means) -> str:
    lines = []
    for name, (case, _) in BROKEN.items():
        cells = []
        for t in (1.0, 5.0, 20.0, END):
            found = means.of("broken", case.name, "mse", name, t)
            cells.append(f"{found[0].mean:.3g}" if found else "–")
        until = means.at_all_times("broken", case.name, "trusted_until", name)[0]
        lines.append([name, case.name, *cells, f"{until.mean:.3g}"])
    head = ["", "of", "t = 1", "t = 5", "t = 20", f"t = {END:g}", "trusted until"]
    return f"""## Marches that are broken on purpose

Wrong equations, steps that are too long, and the cures above undone one at a time: mse, and until when the
march trusts itself. The tests behind that know nothing of the right result.

{table(head, lines)}"""


def _long(means: Means) -> str:
    parts = ["## A hundred thousand"]
    lines = []
    for case in LONG:
        for quantity in ("mse", "train_loss"):
            rows = [means.of("long", case.name, quantity, "dmft", t) for t in LONG_TIMES]
            cells = [with_error(r[0].mean, r[0].error) if r else "–" for r in rows]
            lines.append([case.name, SYMBOLS[quantity], *cells, f"{theory(case, quantity):.4g}"])
    parts.append(
        "The grid of times is logarithmic: to t = 100,000 it takes half as many steps again as to 1000. Here "
        "with three replicas of size 20. "
        + "; ".join(f"{case.name}: {march_status(means, 'long', case)}" for case in LONG)
        + "."
    )
    parts.append(table(["", "", *(f"t = {t:,.0f}" for t in LONG_TIMES), "theory, t → ∞"], lines))
    return "\n\n".join(parts)
