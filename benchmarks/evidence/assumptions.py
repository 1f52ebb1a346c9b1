"""The parts of docs/simulation.md on what the theory assumes of inputs, residuals and label noise."""

from __future__ import annotations

from benchmarks.evidence.cases import EXACT, NOISES, RESIDUAL_PLACES, Case, Row
from benchmarks.evidence.means import SYMBOLS, Means, percent, runs_at, table, theory, with_error
from benchmarks.evidence.statistics import expected_distance

__all__ = ["inputs_part", "label_noise_part", "residuals_part"]

#: Excess kurtosis of the label noises.
KURTOSIS = {"gaussian": 0.0, "student": 6.0, "rademacher": -2.0, "laplace": 3.0}
RESIDUAL_COLUMNS = (
    "samples",
    "distance",
    "skewness",
    "kurtosis",
    "variance",
    "fresh_skewness",
    "fresh_kurtosis",
)


def inputs_part(means: Means) -> str:
    """Network inputs beside the GOE."""
    cases = [case for case in EXACT if means.of("inputs", case.name, "mse", "network")]
    lines, pulls, shares = [], [], []
    for case in cases:
        for q in ("mse", "train_loss"):
            for variant in ("network", "gaussian", "difference"):
                rows = means.of("inputs", case.name, q, variant)
                limit = means.limit("inputs", case.name, q, variant)
                expected = 0.0 if variant == "difference" else theory(case, q)
                finite = [with_error(row.mean, row.error) for row in rows]
                off = [f"{expected:.4g}", f"{limit.distance(expected):+.1f}", f"{limit.misfit:.1f}"]
                name = f"{case.name} {SYMBOLS[q]}, {variant}"
                lines.append([name, *finite, with_error(limit.limit, limit.error), *off])
            pulls.append(abs(limit.distance(0.0)))
            shares.append(abs(limit.limit / theory(case, q)))
    biases = [f"{_bias(means, c, 'network')} and {_bias(means, c, 'gaussian')} in {c.name}" for c in cases]
    head = ["", *(f"d = {row.d}" for row in rows), "d → ∞", "theory", "errors off", "χ²"]
    return f"""## Network inputs and Gaussian inputs

The theory replaces the network's X = (x xᵀ - I)/√d by a GOE matrix. Here are both, with the same teacher,
label noise and start for each seed ({runs_at(rows)}); differences are taken seed by seed.

{table(head, lines)}

**Conclusion.** In the limit the two differ by {max(pulls):.1f} standard errors at most, and by
{100 * max(shares):.1f}% of the theory's value at most. At finite d they do differ: at d = {rows[0].d} the
mse is off by {", by ".join(biases)}.
"""


def _bias(means: Means, case: Case, kind: str) -> str:
    """How far the mse at the smallest d is off."""
    share = means.of("inputs", case.name, "mse", kind)[0].mean / theory(case, "mse") - 1
    return f"{percent(share)} ({kind})"


def _at(d: int, rows: list[Row]) -> Row:
    """The row at one d."""
    return next(row for row in rows if row.d == d)


def residuals_part(means: Means) -> str:
    """Residuals beside the normal law, through training."""
    names = [case.name for case in EXACT if means.of("residuals", case.name, "distance", "network")]
    lines = []
    for name in names:
        for kind, t, d in RESIDUAL_PLACES:
            row = {q: _at(d, means.of("residuals", name, q, kind, t)) for q in RESIDUAL_COLUMNS}
            usual, rare = expected_distance(round(row["samples"].mean))
            distance = f"{row['distance'].mean:.4f}"
            seen = f"**{distance}**" if row["distance"].mean > rare else distance
            shape = []
            for q in ("skewness", "kurtosis"):
                fresh = row[f"fresh_{q}"].mean
                shape += [with_error(row[q].mean, row[q].error), f"{fresh:.2f}"]
            expected = [f"{usual:.4f}", f"{rare:.4f}"]
            lines.append(
                [f"{name}, {kind}, d = {d}", f"{t:g}", seen, *expected, *shape, f"{row['variance'].mean:.4f}"]
            )
    runs = means.of("residuals", names[0], "distance", "network")[0].runs
    above = [line for line in lines if line[2].startswith("**")]
    of_network = sum("network" in line[0] for line in above)
    head = ["", "t", "distance", "normal", "95%", "skewness", "fresh", "kurtosis", "fresh", "var/4L"]
    return f"""## Residuals on the training samples

In the theory the residuals r_k = Tr(X_k Z) - z_k are Gaussian at all times, of variance 4 × train loss
(figure 1 of the paper). Here: the Kolmogorov distance of the standardised residuals from the normal law;
what as many normal samples, standardised likewise, have on average and in the worst 5%; skewness and
excess kurtosis; the variance over 4 × train loss, which is 1 unless their mean is not 0. Means over
{runs} networks. "Fresh" is the cumulant of the residual on a network input not trained on: xᵀ(Z - Z*)x/√d
is Gaussian as d → ∞ only, and tr (Z - Z*)³ and tr (Z - Z*)⁴ say how far from it it is.

{table(head, lines)}

**Conclusion.** In {len(above)} of {len(lines)} lines (bold), {of_network} of them with network inputs,
the mean distance is beyond what 19 of 20 normal samples have.
"""


def label_noise_part(means: Means) -> str:
    """Label noise outside the theory's assumptions."""
    case = EXACT[3]
    s = case.setting
    share = (s.delta / (2 * theory(case, "mse") + s.delta)) ** 2
    lines, pulls = [], []
    for noise in NOISES:
        kurtosis = means.of("label_noise", case.name, "kurtosis", noise)[-1]
        shape = [with_error(kurtosis.mean, kurtosis.error), f"{KURTOSIS[noise] * share:.2f}"]
        for q in ("mse", "train_loss"):
            rows = means.of("label_noise", case.name, q, noise)
            paired = means.of("label_noise", case.name, q, f"{noise} - gaussian")
            pulls += [abs(row.mean / row.error) for row in paired]
            less = [with_error(row.mean, row.error) for row in paired] or [""] * len(rows)
            finite = [with_error(row.mean, row.error) for row in rows]
            lines.append([f"{noise}, {SYMBOLS[q]}", *finite, *less, *(shape if q == "mse" else ["", ""])])
    sizes = [row.d for row in rows]
    head = ["", *(f"d = {d}" for d in sizes), *(f"less Gaussian, {d}" for d in sizes), "kurtosis", "expected"]
    return f"""## Label noise that is not Gaussian

**Outside the theory's assumptions.** {case.name} with label noise of the same variance and another law:
Student's with 5 degrees of freedom, Rademacher, Laplace; all else as for the Gaussian noise of the same
seed ({runs_at(rows)}). If a residual is the noise of its own label and a Gaussian field, scaled together,
its excess kurtosis at the end is that of the noise times (Δ/(2 mse + Δ))² = {share:.2f}: the last two
columns, measured at d = {sizes[-1]}.

{table(head, lines)}

**Conclusion.** Differences from Gaussian noise, seed by seed, are {max(pulls):.1f} standard errors at
most. The residuals keep the shape of the noise, and are not Gaussian.
"""
