"""Writes spectrum_grid.csv: the noisy-teacher law at some 200 points, by quadrature with 40 digits.

    python tests/reference/make_spectrum_grid.py

The points cover every kind of place in which a closed form could go wrong: inside each band, in the gap,
both sides of each edge at 1e-3 and 1e-6 of the band's width, far below and above the support, at and near 0;
for teachers of low, full and nearly full rank and noise from 1e-10 to 1e4. kappa_star, xi and x are float64,
written so that they read back exactly, and the values belong to exactly these numbers. The last column says
how well posed the density is: its change, relative (absolute below 1e-3), for a relative change of 1 in x,
kappa_star and xi. A millionth of a band inside an edge this reaches 1e6: rounding the inputs then already
costs six of the sixteen digits.

Before it writes, it checks the moments of every law (1, 1, 1 + 1/kappa_star + xi; int rho H = 0,
int x rho H = 1/2) and reproduces spectrum.csv, which another program made; it stops with an error where one
of them fails. Three minutes on one core.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from mpmath import mp

from tests.reference.law_by_quadrature import NAMES, Real, critical_points, integrals_above, resolvent

HERE = Path(__file__).parent
INPUTS = ("kappa_star", "xi", "x")
VALUES = ("density", "hilbert", *NAMES)
KAPPA_STARS = (0.02, 0.1, 0.3, 0.7, 0.95, 0.999, 1.0, 1.001, 1.3, 2.0, 5.0)
XIS = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4)
#: Every how many candidates one is kept; coprime to the number of places of a law, so that all kinds occur.
STRIDE = 7


def places(kappa_star: float, xi: float) -> Iterator[float]:
    """The candidate points of one law."""
    edges, _ = critical_points(mp.mpf(kappa_star), mp.mpf(xi))
    bands = list(zip(edges[::2], edges[1::2], strict=True))
    for low, high in bands:
        for fraction in (0.03, 0.4, 0.8):
            yield float(low + fraction * (high - low))
        for distance in (1e-3, -1e-3, 1e-6, -1e-6):
            yield float(low + distance * (high - low))
            yield float(high - distance * (high - low))
    if len(bands) == 2:
        yield float((edges[1] + edges[2]) / 2)
    span = edges[-1] - edges[0]
    yield float(edges[0] - span / 2)
    yield float(edges[-1] + span / 2)
    yield 0.0
    yield 1e-7


def density(kappa_star: Real, xi: Real, x: Real) -> Real:
    """The density at x."""
    return -mp.im(resolvent(x, kappa_star, xi)) / mp.pi


def values_at(kappa_star: Real, xi: Real, x: Real) -> tuple[Real, ...]:
    """The columns VALUES at x."""
    hilbert = mp.re(resolvent(x, kappa_star, xi))
    return density(kappa_star, xi, x), hilbert, *integrals_above(x, kappa_star, xi)


def scale(value: Real) -> Real:
    """What an error of this value is measured against."""
    return max(abs(value), mp.mpf("1e-3"))


def density_sensitivity(*point: Real) -> Real:
    """Change of the density for a relative change of 1 in each input, summed, to first order."""
    here, step = density(*point), mp.mpf(10) ** -15
    moved = [[v * (1 + step * (i == j)) for j, v in enumerate(point)] for i in range(len(point))]
    return sum(abs(density(*other) - here) for other in moved) / step / scale(here)


def check_moments(kappa_star: float, xi: float) -> None:
    """Raises ArithmeticError unless the integrals over the whole support are the known ones."""
    law = (mp.mpf(kappa_star), mp.mpf(xi))
    below = 2 * critical_points(*law)[0][0] - 1
    exact = (1, 1, 1 + 1 / law[0] + law[1], 0, mp.mpf(1) / 2)
    for value, expected in zip(integrals_above(below, *law), exact, strict=True):
        if abs(value - expected) > 1e-30 * max(1, abs(expected)):
            raise ArithmeticError(f"kappa_star {kappa_star}, xi {xi}: {value} instead of {expected}")


def check_table(path: Path) -> None:
    """Raises ArithmeticError unless a table made by another program is met to its 16 digits."""
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            values = values_at(*(mp.mpf(line[name]) for name in INPUTS))
            for name, value in zip(VALUES, values, strict=True):
                there = mp.mpf(line[name])
                if abs(value - there) > 1e-15 * scale(there):
                    raise ArithmeticError(f"{name} is {value} instead of {there} for {line}")


def main() -> None:
    """Checks, then writes the table."""
    check_table(HERE / "spectrum.csv")
    laws = [(kappa_star, xi) for kappa_star in KAPPA_STARS for xi in XIS]
    for law in laws:
        check_moments(*law)
    points = [(*law, x) for law in laws for x in places(*law)][::STRIDE]
    with (HERE / "spectrum_grid.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*INPUTS, *VALUES, "density_sensitivity"])
        for point in points:
            exactly = [mp.mpf(number) for number in point]
            values = [mp.nstr(mp.chop(value, tol=1e-30), 20) for value in values_at(*exactly)]
            writer.writerow([*map(repr, point), *values, mp.nstr(density_sensitivity(*exactly), 3)])


if __name__ == "__main__":
    main()
