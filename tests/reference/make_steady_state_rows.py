"""Writes steady_state_extra.csv: the steady state in the corners of the parameter table, with 40 digits.

    python tests/reference/make_steady_state_rows.py

The unknowns are log q and log xi, and the cut omega where the width limits the rank; every integral in the
two equations is a tanh-sinh quadrature of the density (law_by_quadrature.py), a different code path than the
closed forms of the package. The package only lends the start values. ``mpmath.findroot`` takes them to 40
digits, and a row is written only if every equation's relative residual is below 1e-22 (where xi is of order
lam^2 the cancellation in mse takes 15 of the 40 digits). A wrong start can at most lead to another solution,
and none of these settings has more than one. Some ten minutes on one core.
"""

from __future__ import annotations

import csv
from pathlib import Path

from mpmath import mp

import quadviz
from tests.reference.law_by_quadrature import Real, critical_points, integrals_above

INPUTS = ("kappa", "kappa_star", "alpha", "lam", "delta")
VALUES = ("q", "xi", "mse", "rank", "kappa_min", "train_loss", "in_sample_error")
SETTINGS = (
    # Weight decay 1e-6 or so without noise, above recovery: xi is of order lam^2.
    (1.0, 0.3, 0.5, 1e-6, 0.0),
    (1.0, 0.3, 0.33, 1e-6, 0.0),
    (0.5, 0.2, 0.4, 1e-6, 0.0),
    (0.3, 0.3, 0.3, 1e-6, 0.0),
    (0.02, 0.02, 0.1, 1e-6, 0.0),
    (0.1, 0.02, 0.05, 1e-5, 0.0),
    (2.0, 0.02, 2.0, 1e-6, 0.0),
    (1.0, 1.0, 0.8, 1e-6, 0.0),
    (2.0, 1.5, 1.0, 1e-6, 0.0),
    # The same decay below recovery, and at the peak of the double descent.
    (1.0, 0.3, 0.2, 1e-6, 0.0),
    (1.0, 1.0, 0.49, 1e-6, 0.0),
    (1.0, 0.3, 0.307, 1e-6, 0.5),
    (2.0, 2.0, 0.35, 1e-6, 4.0),
    # Few samples.
    (1.0, 0.3, 0.01, 0.01, 0.0),
    (0.02, 0.02, 0.01, 1e-3, 1.0),
    (0.5, 0.02, 0.01, 1e-6, 0.5),
    (2.0, 2.0, 0.01, 10.0, 4.0),
    # Strong decay.
    (1.0, 0.3, 2.0, 10.0, 0.0),
    (0.05, 1.2, 0.02, 10.0, 4.0),
    (2.0, 0.02, 1.0, 10.0, 1.0),
    # Rank-limited, kappa above, at and below kappa_star.
    (0.05, 0.02, 2.0, 1e-4, 0.25),
    (0.2, 0.1, 2.0, 0.01, 4.0),
    (0.3, 0.3, 0.5, 0.01, 0.5),
    (0.7, 0.7, 1.5, 1e-3, 4.0),
    (0.9, 2.0, 2.0, 1e-3, 2.0),
    (0.5, 1.0, 2.0, 0.01, 0.1),
    (0.5, 1.0, 1.0, 1e-6, 0.0),
    (0.1, 0.5, 0.5, 0.05, 1.0),
    (0.02, 2.0, 1.0, 0.1, 0.0),
    (0.02, 0.02, 2.0, 1e-6, 1.0),
)
#: Start values (q, xi) worked out by hand, to leading order in lam: q = lam/(1 - I/alpha) with the cut in the
#: gap of a nearly clean teacher, where I = kappa_star - kappa_star^2.
STARTS = {(0.02, 0.02, 0.1, 1e-6, 0.0): (1.24e-6, 1.9e-13)}


def gap_middle(kappa_star: Real, xi: Real) -> Real | None:
    """The middle of the gap, or None where the law has one band."""
    edges, _ = critical_points(kappa_star, xi)
    return (edges[1] + edges[2]) / 2 if len(edges) == 4 else None


def package_start(setting: tuple[float, ...]) -> tuple[float, float]:
    """q and xi in double precision."""
    start = quadviz.steady_state(**dict(zip(INPUTS, setting, strict=True)))
    return start.q.item(), start.xi.item()


def solve(setting: tuple[float, ...]) -> tuple[Real, ...]:
    """The columns VALUES of one setting, of which every number is taken as the float64 it is.

    Raises:
        ArithmeticError: if a relative residual is not below 1e-22.
    """
    kappa, kappa_star, alpha, lam, delta = map(mp.mpf, setting)

    def terms(b: Real, q: Real, xi: Real) -> tuple[Real, Real, Real]:
        """I, mse and the mass above b."""
        mass, _, moment2, rho_hilbert, x_rho_hilbert = integrals_above(b, kappa_star, xi)
        interaction = x_rho_hilbert - q * rho_hilbert
        mse = 1 + 1 / kappa_star + q**2 * mass - moment2 + 4 * xi * interaction
        return interaction, mse, mass

    def cut(q: Real, xi: Real, omega: Real) -> Real:
        """Where the spectrum is cut; a rank of exactly kappa_star cuts in the gap, anywhere in it."""
        if not limited:
            return q
        return omega if omega is not None else gap_middle(kappa_star, xi)

    def residuals(log_q: Real, log_xi: Real, omega: Real = None) -> list[Real]:
        q, xi = mp.exp(log_q), mp.exp(log_xi)
        interaction, mse, mass = terms(cut(q, xi, omega), q, xi)
        equations = [1 - (mse + delta / 2) / (2 * alpha * xi), 1 - q * (1 - interaction / alpha) / lam]
        return equations if omega is None else [*equations, 1 - mass / kappa]

    q0, xi0 = map(mp.mpf, STARTS.get(setting) or package_start(setting))
    limited = integrals_above(q0, kappa_star, xi0)[0] > kappa * (1 + mp.mpf("1e-9"))
    unknowns = [mp.log(q0), mp.log(xi0)]
    if limited and not (kappa == kappa_star and gap_middle(kappa_star, xi0)):
        unknowns.append(mp.mpf(quadviz.NoisyTeacherLaw(setting[1], float(xi0)).quantile(setting[0]).item()))
    solution = list(mp.findroot(residuals, unknowns, tol=1e-24))
    worst = max(abs(residual) for residual in residuals(*solution))
    if worst > 1e-22:
        raise ArithmeticError(f"{setting}: residual {worst}")

    q, xi = mp.exp(solution[0]), mp.exp(solution[1])
    _, mse, mass = terms(cut(q, xi, solution[2] if len(solution) == 3 else None), q, xi)
    kappa_min = integrals_above(q, kappa_star, xi)[0]
    if limited != (kappa_min - kappa > 1e-30):
        raise ArithmeticError(f"{setting}: solved with the wrong cut, kappa_min is {kappa_min}")
    response = lam / q
    train_loss = alpha * xi * response**2
    return q, xi, mse, mass, kappa_min, train_loss, train_loss + delta / 4 * (1 - 2 * response)


def main() -> None:
    """Solves all settings, then writes the table."""
    rows = [[*map(repr, setting), *(mp.nstr(value, 20) for value in solve(setting))] for setting in SETTINGS]
    with (Path(__file__).parent / "steady_state_extra.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*INPUTS, *VALUES])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
