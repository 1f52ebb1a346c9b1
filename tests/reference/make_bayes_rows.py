"""Writes bayes_optimal_extra.csv: the Bayes-optimal error in the corners of the parameter table, by mpmath.

    python tests/reference/make_bayes_rows.py

int rho^3 is a tanh-sinh quadrature of the density (law_by_quadrature.py), split at the band edges and at the
real parts of the complex branch points: a different variable and a different code path than the triangle of
the package, which only lends the start value. ``mpmath.findroot`` solves 2 alpha xi = mmse + delta/2, and a
row is written only if its relative residual is below 1e-18. Some minutes on one core.
"""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

from mpmath import mp

import quadviz
from tests.reference.law_by_quadrature import Real, critical_points, resolvent

SETTINGS = (
    # kappa_star, alpha, delta: around the merge of the bands, at kappa_star = 1, at the ends of the ranges.
    (0.3, 0.05, 0.0),
    (0.3, 0.254, 0.0),
    (0.3, 0.6, 0.1),
    (0.3, 0.4, 0.2),
    (0.5, 0.45, 0.0001),
    (1.0, 0.45, 0.0),
    (1.0, 1.0, 0.5),
    (0.999, 0.3, 0.1),
    (1.001, 1.5, 0.01),
    (0.02, 0.01, 0.0),
    (0.02, 2.0, 4.0),
    (2.0, 0.01, 4.0),
    (2.0, 0.49, 0.0),
    (2.0, 2.0, 1e-06),
)


def mmse(kappa_star: Real, xi: Real) -> Real:
    """xi - (4 pi^2/3) xi^2 int rho^3."""
    edges, inner = critical_points(kappa_star, xi)
    bands = zip(edges[::2], edges[1::2], strict=True)
    pieces = [sorted([low, *(x for x in inner if low < x < high), high]) for low, high in bands]

    def cubed(x: Real) -> Real:
        return (-mp.im(resolvent(x, kappa_star, xi)) / mp.pi) ** 3

    total = sum(mp.quad(cubed, ends, maxdegree=9) for piece in pieces for ends in pairwise(piece))
    return xi - 4 * mp.pi**2 / 3 * xi**2 * total


def solve(setting: tuple[float, float, float]) -> tuple[Real, Real]:
    """xi and mmse of one setting, of which every number is taken as the float64 it is.

    Raises:
        ArithmeticError: if the relative residual is not below 1e-18.
    """
    kappa_star, alpha, delta = map(mp.mpf, setting)

    def residual(log_xi: Real) -> Real:
        xi = mp.exp(log_xi)
        return (mmse(kappa_star, xi) + delta / 2) / (2 * alpha * xi) - 1

    start = mp.log(mp.mpf(quadviz.bayes_optimal(setting[1], setting[0], setting[2]).xi.item()))
    root = mp.findroot(residual, (start, start * (1 + mp.mpf("1e-9")) + mp.mpf("1e-12")), tol=1e-20)
    if abs(residual(root)) > 1e-18:
        raise ArithmeticError(f"{setting}: residual {residual(root)}")
    return mp.exp(root), mmse(kappa_star, mp.exp(root))


def main() -> None:
    """Solves all settings, then writes the table."""
    mp.dps = 25
    rows = [[*map(repr, setting), *(mp.nstr(value, 18) for value in solve(setting))] for setting in SETTINGS]
    with (Path(__file__).parent / "bayes_optimal_extra.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kappa_star", "alpha", "delta", "xi", "mmse"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
