"""The noisy teacher's law: reference tables, limits with known answers, and a sampled matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadviz import NoisyTeacherLaw
from quadviz.law.resolvent import inverse_resolvent, merge_variance
from tests.tables import largest_error, read_table

COLUMNS = {
    "mass": "mass_above",
    "moment1": "moment1_above",
    "moment2": "moment2_above",
    "rho_hilbert": "int_rho_hilbert_above",
    "x_rho_hilbert": "int_x_rho_hilbert_above",
}
KAPPA_STAR = np.array([0.02, 0.1, 0.3, 0.7, 0.95, 0.999, 1.0, 1.001, 1.3, 2.0, 5.0])[:, None, None]
XI = 10.0 ** np.arange(-10, 5)[None, :, None]
laws = st.tuples(
    st.floats(0.02, 5), st.floats(-10, 4).map(lambda e: 10.0**e), st.floats(0, 1), st.floats(0, 1)
)


@pytest.mark.parametrize("table", ["spectrum", "spectrum_grid"])
def test_reference_tables(table):
    t = read_table(table)
    law = NoisyTeacherLaw(t["kappa_star"], t["xi"])
    partial = law.partial_integrals(t["x"])
    assert largest_error(law.density(t["x"]), t["density"], small=1e-3) <= 1e-11
    assert largest_error(law.hilbert(t["x"]), t["hilbert"], small=1e-3) <= 1e-11
    assert largest_error(law.mass_above(t["x"]), t["mass_above"], small=1e-3) <= 1e-11
    for field, column in COLUMNS.items():
        assert largest_error(getattr(partial, field), t[column], small=1e-3) <= 1e-11, field


@given(laws)
@settings(max_examples=300, deadline=None)
def test_resolvent_solves_its_equation_on_the_physical_branch(parameters):
    kappa_star, xi, place, _ = parameters
    law = NoisyTeacherLaw(kappa_star, xi)
    edges = law.edges()
    x = edges.left + (2 * place - 0.5) * (edges.right - edges.left)
    g = law.resolvent(x)
    size = 1 / abs(g) + xi * abs(g) + kappa_star / abs(kappa_star - g)
    assert abs(inverse_resolvent(g, kappa_star, xi) - x) <= 1e-12 * (size + abs(x))
    if g.imag == 0:
        assert xi - 1 / g.real**2 + kappa_star / (kappa_star - g.real) ** 2 < 0
    else:
        assert g.imag < 0


@given(laws)
@settings(max_examples=200, deadline=None)
def test_mass_above_inverts_the_quantile_and_decreases(parameters):
    kappa_star, xi, p, r = parameters
    law = NoisyTeacherLaw(kappa_star, xi)
    assert law.mass_above(law.quantile(p)) == pytest.approx(p, abs=1e-13)
    low, high = sorted((p, r))
    assert law.quantile(low) >= law.quantile(high) - 1e-15 * abs(law.edges().right)


def test_totals_left_of_the_support():
    law = NoisyTeacherLaw(KAPPA_STAR, XI)
    total = law.partial_integrals(-np.inf)
    width, xi = np.broadcast_arrays(KAPPA_STAR, XI)
    np.testing.assert_allclose(total.mass, 1, rtol=1e-13)
    np.testing.assert_allclose(total.moment1, 1, rtol=1e-12)
    np.testing.assert_allclose(total.moment2, 1 + 1 / width + xi, rtol=1e-12)
    np.testing.assert_allclose(total.rho_hilbert, 0, atol=1e-12)
    np.testing.assert_allclose(total.x_rho_hilbert, 0.5, rtol=1e-12)
    for value in law.partial_integrals(np.inf):
        np.testing.assert_allclose(value, 0, atol=1e-12)


def test_edges_bound_the_density():
    law = NoisyTeacherLaw(KAPPA_STAR, XI)
    edges = law.edges()
    lower_end = np.where(edges.has_gap, edges.gap_left, edges.right)
    upper_end = np.where(edges.has_gap, edges.gap_right, edges.left)
    bands = (
        (edges.left, lower_end),
        (lower_end, edges.left),
        (edges.right, upper_end),
        (upper_end, edges.right),
    )
    for edge, other in bands:
        inward = 1e-6 * (other - edge)
        assert np.all(law.density(edge + inward) > 0)
        assert np.all(law.density(edge - inward) == 0)
        # At the float next to the edge the density is at most its square-root onset.
        assert np.all(law.density(edge) <= 1e-3 * law.density(edge + inward))


def test_the_gap_opens_exactly_at_the_merge_variance():
    width = np.array([0.05, 0.3, 0.9])
    merge = merge_variance(width)
    assert np.all(NoisyTeacherLaw(width, merge * (1 - 1e-9)).edges().has_gap)
    assert not np.any(NoisyTeacherLaw(width, merge * (1 + 1e-9)).edges().has_gap)
    assert not np.any(NoisyTeacherLaw([1.0, 1.5], 1e-10).edges().has_gap)


def test_inside_the_gap_the_mass_is_the_teachers_rank():
    law = NoisyTeacherLaw(0.3, 1e-4)
    edges = law.edges()
    inside = np.linspace(edges.gap_left, edges.gap_right, 9)[1:-1]
    np.testing.assert_allclose(law.mass_above(inside), 0.3, rtol=1e-14)
    assert np.all(law.density(inside) == 0)
    assert law.quantile(0.3) == edges.gap_left


def test_clean_teacher_limit_is_marchenko_pastur():
    for kappa_star in (0.4, 1.0, 1.7):
        low, high = (1 - 1 / np.sqrt(kappa_star)) ** 2, (1 + 1 / np.sqrt(kappa_star)) ** 2
        x = np.linspace(low, high, 23)[2:-2]
        exact = kappa_star * np.sqrt((high - x) * (x - low)) / (2 * np.pi * x)
        np.testing.assert_allclose(NoisyTeacherLaw(kappa_star, 1e-10).density(x), exact, rtol=1e-7)


def test_loud_noise_limit_is_a_shifted_semicircle():
    xi = 1e10
    x = 1 + np.sqrt(xi) * np.linspace(-1.9, 1.9, 11)
    exact = np.sqrt(4 * xi - (x - 1) ** 2) / (2 * np.pi * xi)
    np.testing.assert_allclose(NoisyTeacherLaw(0.5, xi).density(x), exact, rtol=1e-4)


def test_against_the_eigenvalues_of_one_sampled_matrix():
    d, kappa_star, xi = 1000, 0.3, 0.05
    rng = np.random.default_rng(7)
    w = rng.standard_normal((d, round(kappa_star * d)))
    noise = rng.standard_normal((d, d))
    y = w @ w.T / w.shape[1] + np.sqrt(xi / d) * (noise + noise.T) / np.sqrt(2)
    eigenvalues = np.linalg.eigvalsh(y)[::-1]
    above = NoisyTeacherLaw(kappa_star, xi).mass_above(eigenvalues)
    assert np.max(np.abs(above - (np.arange(d) + 0.5) / d)) < 0.01


def test_far_away_the_resolvent_is_one_over_x():
    law = NoisyTeacherLaw(0.3, 0.1)
    x = np.array([-1e300, -1e25, 1e12, 1e200])
    np.testing.assert_allclose(law.hilbert(x), 1 / x, rtol=1e-11)
    assert np.all(law.resolvent([-np.inf, np.inf]) == 0)


def test_arguments_broadcast():
    law = NoisyTeacherLaw(np.array([0.3, 0.7])[:, None], 0.1)
    assert law.density(np.linspace(0, 1, 5)).shape == (2, 5)
    assert law.partial_integrals(0.5).mass.shape == (2, 1)
    with pytest.raises(ValueError, match="x of shape"):
        NoisyTeacherLaw([0.3, 0.7], 0.1).density([1.0, 2.0, 3.0])


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"^kappa_star .* got 0$"):
        NoisyTeacherLaw(0.0, 0.1)
    with pytest.raises(ValueError, match=r"^xi \(noise variance\) must be a finite number > 0, got -1$"):
        NoisyTeacherLaw(0.3, -1.0)
    with pytest.raises(ValueError, match=r"^x must be a real number"):
        NoisyTeacherLaw(0.3, 0.1).density(np.nan)
    with pytest.raises(TypeError, match=r"^b must be a real number"):
        NoisyTeacherLaw(0.3, 0.1).partial_integrals("a")
    with pytest.raises(ValueError, match=r"^mass_above must be between 0 and 1, got 1\.5$"):
        NoisyTeacherLaw(0.3, 0.1).quantile(1.5)
