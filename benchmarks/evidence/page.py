"""docs/simulation.md from the means in docs/simulation.csv: ``python -m benchmarks.evidence networks page``.

Numbers in its sentences are computed like those in its tables, so that neither can outlive the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np

from benchmarks.evidence.assumptions import inputs_part, label_noise_part, residuals_part
from benchmarks.evidence.cases import (
    EXACT,
    FLOW_END,
    FLOW_ZERO,
    LIMITED,
    PAGE,
    PROCESSES,
    ZERO,
    Case,
    Row,
    spectrum,
)
from benchmarks.evidence.means import (
    SYMBOLS,
    Means,
    comparison,
    percent,
    runs_at,
    table,
    theory,
    with_error,
    wrapped,
)
from quadviz import Regime, interpolation_threshold

__all__ = ["write_page"]

#: Share of the mse that the last factor of 2 in time may change before a flow counts as on its way.
SETTLED = 0.005


def _opening(means: Means) -> str:
    seconds = means.seconds()
    times = ", ".join(f"{name.replace('_', ' ')} {t / 60:.1f}" for name, t in seconds.items())
    exact, limited = means.of("exact", "E1", "mse"), means.of("limited", "L1", "mse", time=FLOW_END)
    return f"""# Finite networks beside the theory

The theory is a limit, d → ∞. Here networks of finite d are sampled, trained and measured, and what they
end with is held against `quadviz.steady_state`: first where the theory is exact, then where the student's
width limits its rank and the theory rests on an assumption. `make evidence` computes everything anew and
writes this page; the means behind it are in [simulation.csv](simulation.csv). Seeds are fixed, and no two
means that are compared share random numbers unless it says so.

It took {sum(seconds.values()) / 60:.0f} minutes of wall time in {PROCESSES} processes on {PROCESSES}
cores that had other work too (in minutes: {times}). Seeds: {runs_at(exact)} where the theory is exact;
{runs_at(limited)} where it is not.

**How limits are taken.** An observable at size d differs from its limit by O(1/d). The means at the sizes
are fitted by a line in 1/d, by weighted least squares; its value at 1/d = 0 is compared with the theory.
The spread over seeds of a spectral observable falls as 1/d, so one spread c/d is estimated from all sizes
together; the errors of the limits follow from it, those beside single means are their own. χ² is the
misfit of the line, with one degree of freedom: large values would show the next power of 1/d.

**The criterion.** The limit lies within 3 standard errors of the theory, or within 3% of it.
"""


def _settings() -> str:
    lines = []
    for case in (*EXACT, *LIMITED):
        s, state = case.setting, spectrum(case.setting).state
        peak = interpolation_threshold(s.kappa, s.kappa_star, s.delta).alpha
        regime = "exact" if state.regime == Regime.EXACT else "rank-limited"
        numbers = (s.kappa, s.kappa_star, s.alpha, s.lam, s.delta)
        width = min(s.kappa, 1.0)
        unknowns = (width - width**2 / 2) / s.alpha
        shares = (s.kappa / state.kappa_min, s.alpha / peak, unknowns)
        ratios = [f"{state.kappa_min:.3f}", *(f"{share:.2f}" for share in shares)]
        lines.append([case.name, *(f"{x:g}" for x in numbers), regime, *ratios])
    head = ["", "κ", "κ*", "α", "λ", "Δ", "regime", "κ_min", "κ/κ_min", "α/α_inter", "unknowns/n"]
    barely = EXACT[-1]
    return f"""## The settings

{table(head, lines)}

α_inter is the ridgeless interpolation peak; unknowns are the κ - κ²/2 free entries of a Z of rank κ d, in
units of d². κ d and κ* d are whole numbers at every d used. {barely.name} is wider than it need be by
{100 * (barely.setting.kappa / theory(barely, "kappa_min") - 1):.0f}% only.
"""


def _exact(means: Means) -> str:
    found = {
        (case.name, q): (means.limit("exact", case.name, q), theory(case, q))
        for case in EXACT
        for q in SYMBOLS
    }
    missed = [
        f"{SYMBOLS[q]} of {name}" for (name, q), (limit, value) in found.items() if not limit.meets(value)
    ]
    pulls = {key: limit.distance(value) for key, (limit, value) in found.items()}
    in_errors = sum(abs(pull) <= 3 for pull in pulls.values())
    in_share = sum(abs(limit.limit / value - 1) <= 0.03 for limit, value in found.values())
    name, q = max(pulls, key=lambda key: abs(pulls[key]))
    first = [means.of("exact", case.name, "mse")[0] for case in EXACT]
    biases = [row.mean / theory(case, "mse") - 1 for row, case in zip(first, EXACT, strict=True)]
    doubtful = max(r.mean for case in EXACT for r in means.of("exact", case.name, "rank_doubtful"))
    lost = sum(r.mean * r.runs for case in EXACT for r in means.of("exact", case.name, "unconverged"))
    verdict = "All" if not missed else f"All but {len(missed)} ({', '.join(missed)})"
    rms = sqrt(np.mean(np.square(list(pulls.values()))))
    misfit = np.mean([limit.misfit for limit, _ in found.values()])
    errors = {f"{SYMBOLS[q]} of {name}": limit.error / value for (name, q), (limit, value) in found.items()}
    median, blunt = np.median(list(errors.values())), max((error, of) for of, error in errors.items())
    why = "so near the interpolation peak, with hardly any decay, the loss of single networks scatters widely"
    tables = "\n".join(comparison(means, "exact", EXACT, quantity) for quantity in SYMBOLS)
    return f"""## Where the width does not bind

The problem is convex in Z, and the final state is found by L-BFGS (`quadviz.minimise`) from where the
flow starts. Rank is the share of eigenvalues of Z above {ZERO:g}; another threshold would decide
otherwise on those between 1e-6 and 1e-3, on average {100 * doubtful:.2g}% of all at most. Descents that
did not converge: {lost:.0f}. In brackets: the bias against the theory.

{tables}

**Conclusion.** {verdict} of the {len(found)} limits meet the criterion: {in_errors} lie within 3 standard
errors of the theory, {in_share} within 3%. The farthest is the {SYMBOLS[q]} of {name},
{pulls[name, q]:+.1f} standard errors; their root mean square is {rms:.2f}, where 1 is expected if the
theory is exact and the errors are right. The straight line is good enough: its χ² is {misfit:.2f} on
average, where 1 is expected. A single size is not: at d = {first[0].d} the mse is between
{100 * min(biases):.0f}% and {100 * max(biases):.0f}% above the theory.

The criterion is only as sharp as the errors. They are {100 * median:.1f}% of the theory's value in the
middle, but {100 * blunt[0]:.0f}% for the {blunt[1]}, which therefore says little: {why}.
"""


def _agreement(means: Means) -> str:
    shown = ("mse_difference", "train_loss_difference", "z_difference", "rank_difference", "mse_drift_size")
    lines, worst = [], 0.0
    for case in EXACT:
        values = [means.of("agreement", case.name, q, time=FLOW_END)[0].mean for q in shown]
        worst = max(worst, *values[:2])
        lines.append([case.name, *(f"{value:.1e}" for value in values)])
    row = means.of("agreement", EXACT[0].name, "mse", time=FLOW_END)[0]
    return f"""### Flow and descent end at the same place

The same networks ({row.runs} seeds, d = {row.d}) trained by the flow itself to t = {FLOW_END:g}. Mean
relative differences between flow and descent, for Z in the Frobenius norm, for the rank in the share of
eigenvalues above {FLOW_ZERO:g}; and how much the mse of the flow still moved over the last factor 2 of
time.

{table(["", "mse", "train loss", "Z", "rank", "last move"], lines)}

**Conclusion.** Errors and losses of flow and descent differ by {worst:.0e} of themselves at most, which
is less than the standard errors above. What difference there is comes from modes at the border of the
cut, which the flow settles as a power of time only.
"""


def _limited(means: Means) -> str:
    found, lines, moving = {}, [], []
    for case in LIMITED:
        for q in ("mse", "train_loss"):
            found[case.name, q] = means.limit("limited", case.name, q, time=FLOW_END), theory(case, q)
        line, share = _ends(means, case)
        lines.append(line)
        if share > SETTLED:
            moving.append(case.name)
    off = [
        f"{SYMBOLS[q]} of {name} ({percent(limit.limit / value - 1)}, {limit.distance(value):+.1f} errors)"
        for (name, q), (limit, value) in found.items()
        if not limit.meets(value)
    ]
    mild, deep = LIMITED[:4], LIMITED[4:]
    near = [found[case.name, q] for case in mild for q in ("mse", "train_loss")]
    shares = [limit.error / value for limit, value in near]
    agree = max(abs(limit.distance(value)) for limit, value in near), min(shares), max(shares)
    losses = [means.of("limited", case.name, "train_loss", time=FLOW_END)[-1] for case in deep]
    expected = [theory(case, "train_loss") for case in deep]
    ratios = [f"{row.mean / value:.1f}" for row, value in zip(losses, expected, strict=True)]
    pulls = [f"{(row.mean - value) / row.error:.0f}" for row, value in zip(losses, expected, strict=True)]
    d = losses[0].d
    still = f"in {', '.join(moving)} the mse still moves" if moving else "nowhere does the mse still move"
    head = [
        "",
        "drift",
        "its size",
        "mse, flow",
        "mse, descent",
        "loss, flow",
        "loss, descent",
        "Z apart",
        "objective",
    ]
    return f"""## Where the width binds

For κ < κ_min the theory is the steady-state assumption of the paper. These tables measure its error.
Nothing was tuned to agree, and there is no criterion to meet. The states are those of the gradient flow
at t = {FLOW_END:g}.

{comparison(means, "limited", LIMITED, "mse", FLOW_END, judged=False)}
{comparison(means, "limited", LIMITED, "train_loss", FLOW_END, judged=False)}

Whether the flow has arrived, and where a descent from the same start arrives, at d = {d}. Drift: relative
change of the mse over the last factor 2 of time, and the mean of its size. Z apart: relative distance of
the two Z in the Frobenius norm. Objective: by how much the regularised loss of the flow ends above the
descent's.

{table(head, lines)}

**Conclusion.** As far as one can see, the assumption holds in {mild[0].name} to {mild[-1].name}: their
limits are {agree[0]:.1f} standard errors from the theory at most, errors that are between
{100 * agree[1]:.0f}% and {100 * agree[2]:.0f}% of its value. It does not look like it in {deep[0].name}
to {deep[-1].name}, where there are hardly more samples than unknowns. At d = {d} their train loss is
{_listed(ratios)} times what the theory says, {_listed(pulls)} of its own standard errors above it. It
still falls with d, and the limits, whose errors are wide there, do not exclude that it arrives. Beyond 3
standard errors and 3% lie: {"; ".join(off) or "none of the limits"}.

At d = {d} {still} by more than {100 * SETTLED:g}% over the last factor 2 of time. Flow and descent mostly
end at different Z, one of many minima each, neither of them always the lower one, and their errors are
alike: what is off in the deep settings is not the flow alone.
"""


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _ends(means: Means, case: Case) -> tuple[list[str], float]:
    """Where flow and descent end at the largest d; and how much of the mse of the flow is still moving."""

    def last(quantity: str) -> Row:
        return means.of("limited", case.name, quantity, time=FLOW_END)[-1]

    ends = [last(q) for q in ("mse", "minimum_mse", "train_loss", "minimum_train_loss")]
    size = last("mse_drift_size").mean
    above = last("regularised_loss").mean / last("minimum_regularised_loss").mean - 1
    return [
        case.name,
        percent(last("mse_drift").mean),
        f"{100 * size:.1f}%",
        *(with_error(row.mean, row.error) for row in ends),
        f"{last('z_difference').mean:.2g}",
        f"{100 * above:+.2f}%",
    ], size


def _spectra(means: Means) -> str:
    distances, tables = {}, {}
    for section, cases, time in (("exact", EXACT, 0.0), ("limited", LIMITED, FLOW_END)):
        lines = []
        for case in cases:
            rows = means.of(section, case.name, "spectrum_distance", time=time)
            distances[case.name] = [row.mean for row in rows]
            lines.append([case.name, *(f"{r.mean:.4f}" for r in rows), f"{rows[-1].mean * rows[-1].d:.2f}"])
        d = [row.d for row in rows]
        tables[section] = table(["", *(f"d = {size}" for size in d), f"{d[-1]} × the last"], lines), d
    shrinks = np.mean([distances[case.name][-1] / distances[case.name][0] for case in EXACT])
    most = [max(distances[case.name][-1] for case in cases) for cases in (EXACT, LIMITED)]
    last = means.of("exact", EXACT[0].name, "mse")[-1]
    floor = 0.87 / sqrt(last.runs * last.d)
    worst = " and ".join(case.name for case in LIMITED if distances[case.name][-1] > distances[case.name][0])
    sizes, narrow = tables["exact"][1], tables["limited"][1]
    return f"""## The spectrum of Z

Kolmogorov distance between the eigenvalues of Z, pooled over seeds, and the law of
`quadviz.learned_spectrum`. Eigenvalues up to {ZERO:g} ({FLOW_ZERO:g} after a flow) are ties: they count
as 0, where their share is compared with the mass of the atom. Beyond, the larger of the distances before
and after each step of the empirical law counts.

{tables["exact"][0]}
{tables["limited"][0]}

**Conclusion.** Where the theory is exact the distance at d = {sizes[-1]} is at most {most[0]:.3f}: about
{sizes[-1]} × {most[0]:.3f} = {sizes[-1] * most[0]:.1f} of the {sizes[-1]} eigenvalues stand on the wrong
side of some place. As many independent samples from the law itself would have {floor:.3f}; eigenvalues
repel each other and do better. From d = {sizes[0]} on it falls to {shrinks:.2f} of itself on average,
less than the {sizes[0] / sizes[-1]:.2f} of a law of 1/d: with fewer seeds at larger d, chance has a
larger part in it. Where the width binds it is up to {most[1]:.3f} at d = {narrow[-1]}; in {worst} it
grows with d, as the mse does.
"""


def write_page(rows: Iterable[Row]) -> None:
    """Write docs/simulation.md, of the sections that there are rows of."""
    means = Means(rows)
    parts = {
        "exact": _exact,
        "agreement": _agreement,
        "limited": _limited,
        "inputs": inputs_part,
        "residuals": residuals_part,
        "label_noise": label_noise_part,
    }
    there = means.seconds()
    written = [part(means) for name, part in parts.items() if name in there]
    if {"exact", "limited"} <= there.keys():
        written.insert(3, _spectra(means))
        written = [_opening(means), _settings(), *written]
    PAGE.write_text(wrapped("\n\n".join(written)), encoding="utf-8")
