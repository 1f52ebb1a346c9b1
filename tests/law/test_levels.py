"""The noisy law of a teacher of levels: against quadrature in many digits, the closed forms, and itself."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp

from quadviz import Levels, NoisyTeacherLaw, Orthogonal, PowerLaw, Wishart
from quadviz.law.boundary import curve_at, curve_points, heights
from quadviz.law.level_integrals import level_integrals
from tests import exact_levels

NAMES = ("mass", "moment1", "moment2", "rho_hilbert", "x_rho_hilbert", "burgers")
LEVELS = {
    "one": Levels([1.0]),
    "two": Levels([0, 0, 0, 1]),
    "spike": Levels([0, 0.5, 40], [0.5, 0.49, 0.01]),
    "close": Levels([0, 1, 1 + 1e-3, 1 + 1e-6, 3]),
    "closest": Levels([0, 1, 1 + 1e-9, 3]),
    "many": Levels(np.random.default_rng(1).random(20)),
}


def errors_of(teacher, xi, shares):
    """Errors of the integrals, beside their sizes, at points of the law that are not special."""
    atoms, law = teacher.atoms(1.0), NoisyTeacherLaw(None, xi, teacher)
    noise = np.full(len(shares), xi)
    b = law.quantile(shares) + 1e-3 * np.sqrt(xi)
    curve = curve_points(b, noise, atoms)
    found = level_integrals(curve, noise, atoms)
    errors = []
    with mp.workdps(25):
        true_law = exact_levels.Law(atoms.z, atoms.p, xi)
        for i, point in enumerate(b):
            w = true_law.place(point, complex(curve.u[i], curve.v[i]))
            # b itself is only known to its last digit, which is much beside a narrow band.
            blur = 4e-16 * (abs(point) + np.sqrt(xi)) / np.sqrt(xi * atoms.p.min())
            for name, true in zip(NAMES, true_law.integrals(w), strict=True):
                size = max(1, teacher.moment(2) + xi) * max(1, abs(float(true)))
                errors.append(abs(getattr(found, name)[i] - float(true)) / size / (1 + blur / 1e-12))
    return errors


@pytest.mark.parametrize(("name", "xi"), [("one", 1e-4), ("two", 1e4), ("spike", 1e-2), ("close", 1.0)])
def test_integrals_against_quadrature_in_many_digits(name, xi):
    assert max(errors_of(LEVELS[name], xi, [0.9, 0.005])) <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("xi", [1e-8, 1e-4, 1e-2, 1.0, 1e4])
def test_integrals_at_many_points(name, xi):
    assert max(errors_of(LEVELS[name], xi, [0.97, 0.6, 0.3, 0.005])) <= 1e-9


@pytest.mark.parametrize(("kappa_star", "xi"), [(0.5, 10.0), (1.2, 1.0), (0.3, 1e4)])
def test_gauss_levels_stand_for_a_wishart_teacher(kappa_star, xi):
    """As many moments as 60 levels share are all that much noise leaves of a law."""
    given = NoisyTeacherLaw(None, xi, Levels(*Wishart().levels(kappa_star)))
    closed = NoisyTeacherLaw(kappa_star, xi)
    b = np.linspace(-2, 2.2, 13) * np.sqrt(xi)
    np.testing.assert_allclose(given.resolvent(b), closed.resolvent(b), rtol=0, atol=1e-11)
    for one, other in zip(given.partial_integrals(b), closed.partial_integrals(b), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-11 * (1 + xi))
    mass = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(given.quantile(mass), closed.quantile(mass), atol=1e-10 * np.sqrt(xi))


@pytest.mark.parametrize("xi", [1e-8, 1e-3, 0.1, 3.0])
@pytest.mark.parametrize("teacher", [Orthogonal(), PowerLaw(0.3), PowerLaw(0.45, levels=400)])
def test_the_law_agrees_with_itself(teacher, xi):
    law = NoisyTeacherLaw(0.4, xi, teacher)
    mass = np.linspace(0.003, 0.997, 60)
    x = law.quantile(mass)
    flat = law.density(x) == 0  # the whole gap has this mass above it
    np.testing.assert_allclose(law.mass_above(x), mass, rtol=0, atol=1e-9)
    assert np.all(np.diff(x) < 0)
    # The resolvent inverts X, whatever the noise.
    z, p = teacher.levels(0.4)
    g = law.resolvent(x)
    w = x - xi * g
    np.testing.assert_allclose((p / (w[:, None] - z)).sum(axis=1), g, rtol=1e-6 if xi < 1e-6 else 1e-9)
    below = law.partial_integrals(-np.inf)
    assert below.mass == pytest.approx(1, abs=1e-13) and below.moment1 == pytest.approx(1, abs=1e-12)
    assert below.moment2 == pytest.approx(teacher.moment(2, 0.4) + xi, rel=1e-12)
    assert below.rho_hilbert == pytest.approx(0, abs=1e-11)
    assert below.x_rho_hilbert == pytest.approx(0.5, abs=1e-9)
    assert not flat.all()


def test_edges_of_all_bands_in_little_noise():
    """A band a level, of half width 2 sqrt(xi p), and its weight between two gaps."""
    teacher, xi = Levels([0, 0.5, 1, 8], [0.4, 0.3, 0.2, 0.1]), 1e-6
    law = NoisyTeacherLaw(None, xi, teacher)
    bands = law.bands()
    assert bands.shape == (4, 2)
    z, p = teacher.levels()
    np.testing.assert_allclose(bands.mean(axis=1), z, atol=3e-5)
    np.testing.assert_allclose(np.diff(bands, axis=1)[:, 0], 4 * np.sqrt(xi * p), rtol=1e-4)
    masses = law.mass_above(np.concatenate([[-1], (bands[:-1, 1] + bands[1:, 0]) / 2]))
    np.testing.assert_allclose(masses, np.cumsum(p[::-1])[::-1], rtol=0, atol=1e-15)
    assert np.all(law.density(bands[:, 0] - 1e-7) == 0) and np.all(law.density(bands[:, 1] + 1e-7) == 0)
    assert np.all(law.density(bands.mean(axis=1)) > 10)
    edges = law.edges()
    assert edges.left == bands[0, 0] and edges.gap_left == bands[0, 1] and edges.right == bands[-1, 1]


def test_bands_that_touch():
    """Two levels of equal weight at distance 2 merge at xi = 1, where the density vanishes between them."""
    teacher = Levels([0, 2])
    assert NoisyTeacherLaw(None, 1 - 1e-6, teacher).bands().shape == (2, 2)
    assert NoisyTeacherLaw(None, 1 + 1e-6, teacher).bands().shape == (1, 2)
    touching = NoisyTeacherLaw(None, 1.0, teacher)
    assert touching.density(1.0) <= 1e-7 and touching.mass_above(1.0) == pytest.approx(0.5, abs=1e-15)
    # Next to it the density is that of a cube root.
    t = np.array([1e-6, 1e-5])
    assert np.log(np.divide(*touching.density(1 + t))) / np.log(0.1) == pytest.approx(1 / 3, abs=0.01)


def test_a_spike_far_from_the_bulk():
    """A light level at z splits off: x = z + xi G(z) to first order in its weight."""
    bulk = np.linspace(0, 1, 50)
    teacher = Levels([*bulk, 30], [*np.full(50, (1 - 1e-6) / 50), 1e-6])
    law = NoisyTeacherLaw(None, 0.5, teacher)
    low, high = law.bands()[-1]
    assert law.bands().shape == (2, 2)
    assert (low + high) / 2 == pytest.approx(30 + 0.5 * np.mean(1 / (30 - bulk)), abs=1e-5)
    assert law.mass_above((low + law.bands()[0, 1]) / 2) == pytest.approx(1e-6, rel=1e-9)


def test_two_thousand_levels_are_their_continuum():
    """(k - 1/2)/K spread evenly: the semicircle plus a uniform law, against quadrature of its resolvent."""
    teacher, xi = Levels((np.arange(2000) + 0.5) / 1000), 0.3
    law = NoisyTeacherLaw(None, xi, teacher)
    x = np.array([0.1, 1.0, 2.3])
    g = law.resolvent(x)
    w = x - xi * g
    np.testing.assert_allclose(0.5 * np.log(w / (w - 2)), g, atol=1e-6)


def test_arrays_of_widths_and_noise_broadcast():
    law = NoisyTeacherLaw([[0.3], [0.6]], [0.1, 1.0, 10.0], Orthogonal())
    together = law.partial_integrals(0.4).x_rho_hilbert
    assert together.shape == (2, 3)
    for i, k in enumerate((0.3, 0.6)):
        for j, xi in enumerate((0.1, 1.0, 10.0)):
            alone = NoisyTeacherLaw(k, xi, Orthogonal()).partial_integrals(0.4).x_rho_hilbert
            assert alone == together[i, j]


def test_a_point_does_not_depend_on_its_company():
    atoms, rng = PowerLaw(0.4, levels=300).atoms(0.5), np.random.default_rng(3)
    b, xi = rng.normal(1, 2, 500), 10 ** rng.uniform(-8, 4, 500)
    curve = curve_points(b, xi, atoms)
    found = level_integrals(curve, xi, atoms)
    for i in (0, 17, 499):
        one = slice(i, i + 1)
        alone = level_integrals(curve_points(b[one], xi[one], atoms), xi[one], atoms)
        assert [float(a[0]) for a in alone] == [float(a[i]) for a in found]


def test_heights_solve_their_equation():
    atoms = PowerLaw(0.2).atoms(0.3)
    u, xi = np.linspace(-3, 8, 200), np.full(200, 1.7)
    y = heights(u, xi, atoms)
    total = (atoms.p / ((u[:, None] - atoms.z) ** 2 + y[:, None])).sum(axis=1)
    inside = y > 0
    np.testing.assert_allclose(total[inside], 1 / 1.7, rtol=1e-12)
    assert np.all(total[~inside] <= 1 / 1.7) and inside.any() and not inside.all()
    slope = np.gradient(curve_at(u, y, xi, atoms).x, u)
    assert np.all(slope > 0)
