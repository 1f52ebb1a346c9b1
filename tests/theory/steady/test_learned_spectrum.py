"""The learned spectrum: its mass, its gap, its limits, and the eigenvalues of sampled matrices."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from quadviz import (
    LearnedSpectrum,
    Levels,
    NoisyTeacherLaw,
    Status,
    TeacherLaw,
    learned_spectrum,
    recovery_threshold,
    steady_state,
)

#: alpha, kappa, kappa_star, lam, delta: wide and narrow, one band and two, cut in a band or in the gap.
SETTINGS = [
    (0.35, 0.7, 0.3, 0.01, 0.5),
    (0.35, 0.2, 0.3, 0.01, 0.5),
    (0.9, 0.7, 0.3, 0.1, 0.05),
    (0.9, 0.35, 0.3, 0.001, 0.05),
    (0.9, 0.3, 0.3, 0.001, 0.05),
    (0.05, 1.5, 0.1, 0.5, 2.0),
    (0.6, 1.0, 1.0, 0.01, 0.1),
    (1.5, 1.3, 1.7, 0.05, 0.0),
    (0.3, 0.5, 0.4, 0.0, 0.5),
    (0.5, 0.5, 0.4, 0.0, 0.0),
    (0.1, 0.5, 0.4, 30.0, 0.5),
]


def bands(s: LearnedSpectrum) -> list[tuple[float, float]]:
    e = s.edges
    if np.isnan(e.right):
        return []
    if e.has_gap:
        return [(e.left.item(), e.gap_left.item()), (e.gap_right.item(), e.right.item())]
    return [(e.left.item(), e.right.item())]


def over_band(f, low: float, high: float) -> float:
    """The integral of f, square-root edges taken by an angle, a cusp inside by splitting."""
    centre, radius = (low + high) / 2, (high - low) / 2

    def integrand(theta):
        return f(centre - radius * np.cos(theta)).item() * radius * np.sin(theta)

    places = np.linspace(0, np.pi, 17)
    return sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12, limit=400)[0] for a, b in pairwise(places))


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_mass_is_one(setting):
    s = learned_spectrum(*setting)
    assert s.state.status == Status.SOLVED
    total = s.atom_at_zero.item() + sum(over_band(s.density, *band) for band in bands(s))
    assert total == pytest.approx(1, abs=1e-10)
    of_w = sum(over_band(s.singular_value_density, *np.sqrt(band)) for band in bands(s))
    assert s.atom_at_zero.item() + of_w == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("setting", SETTINGS)
def test_its_moments_are_those_of_the_learned_matrix(setting):
    """tr Z and the norm of Z; with the mse they tell the overlap with the teacher, which has its bounds."""
    s = learned_spectrum(*setting)
    kappa_star, q = setting[2], s.state.q.item()
    first = sum(over_band(lambda z: z * s.density(z), *band) for band in bands(s))
    second = sum(over_band(lambda z: z * z * s.density(z), *band) for band in bands(s))
    if s.state.xi > 0:
        above = NoisyTeacherLaw(kappa_star, s.state.xi).partial_integrals(s.cut)
        assert first == pytest.approx((above.moment1 - q * above.mass).item(), abs=1e-9)
        shifted = above.moment2 - 2 * q * above.moment1 + q * q * above.mass
        assert second == pytest.approx(shifted.item(), abs=1e-8)
    else:
        assert (first, second) == pytest.approx((1, 1 + 1 / kappa_star), abs=1e-9)
    overlap = (second + 1 + 1 / kappa_star - s.state.mse.item()) / 2
    assert 0 <= overlap <= np.sqrt(second * (1 + 1 / kappa_star)) + 1e-12


def test_nothing_lies_outside_the_edges():
    for setting in SETTINGS:
        s = learned_spectrum(*setting)
        inside = np.concatenate([np.linspace(*band, 50)[1:-1] for band in bands(s)] or [np.empty(0)])
        assert np.all(s.density(inside) > 0)
        e = s.edges
        if np.isfinite(e.right):
            outside = [e.left.item() - 1e-9 * (1 + e.left.item()), e.right.item() * (1 + 1e-9)]
            assert np.all(s.density(outside) == 0)
        if e.has_gap:
            assert s.density((e.gap_left + e.gap_right) / 2) == 0


def test_the_width_leaves_a_gap_exactly_where_it_is_too_small():
    rng = np.random.default_rng(4)
    alpha, kappa, kappa_star = 10 ** rng.uniform(-1.5, 0.3, (3, 3000))
    lam, delta = 10 ** rng.uniform(-6, 1, 3000), rng.uniform(0, 4, 3000)
    s = learned_spectrum(alpha, kappa, kappa_star, lam, delta)
    assert np.all((s.gap > 0) == (kappa < s.state.kappa_min))
    np.testing.assert_allclose(s.atom_at_zero, 1 - np.minimum(kappa, s.state.kappa_min), atol=1e-14)
    cut_above_zero = (s.gap > 0) & ~s.edges.has_gap
    assert np.all(s.edges.left[cut_above_zero] >= s.gap[cut_above_zero])
    # Without such a gap the density reaches zero, unless q lies in the gap of the noisy teacher.
    reaches = (s.gap == 0) & np.isfinite(s.edges.right)
    y = s.noisy_edges
    in_gap = y.has_gap & (s.cut >= y.gap_left) & (s.cut < y.gap_right)
    np.testing.assert_array_equal((s.edges.left > 1e-12)[reaches], in_gap[reaches])


def test_a_recovered_teacher_is_the_learned_spectrum():
    s = learned_spectrum(1.1 * recovery_threshold(0.7, 0.3), 0.7, 0.3, 0, 0)
    teacher = TeacherLaw(0.3)
    z = np.linspace(0, 9, 500)
    np.testing.assert_array_equal(s.density(z), teacher.density(z))
    assert s.atom_at_zero == teacher.atom_at_zero == 0.7
    assert s.gap == 0
    assert (s.edges.left, s.edges.right) == teacher.edges
    almost = learned_spectrum(1.1 * recovery_threshold(0.7, 0.3), 0.7, 0.3, 1e-7, 0)
    np.testing.assert_allclose(almost.density(z[60:]), s.density(z[60:]), atol=1e-4)


def test_crushing_weight_decay_leaves_the_atom_alone():
    s = learned_spectrum(0.1, 0.5, 0.4, 30, 0.5)
    assert s.atom_at_zero == 1
    assert bands(s) == []
    assert np.all(s.density(np.linspace(0, 50, 100)) == 0)


@pytest.mark.parametrize(
    "setting", [(0.5, 0.8, 0.3, 0.05, 0.2), (0.5, 0.25, 0.3, 0.01, 0.2), (0.4, 1.0, 1.0, 0.02, 1.0)]
)
def test_against_a_sampled_matrix_shifted_and_cut(setting):
    """Kolmogorov distance between the law of Z and the eigenvalues made from one 1000 x 1000 Y."""
    s = learned_spectrum(*setting)
    d, kappa, kappa_star = 1000, setting[1], setting[2]
    rng = np.random.default_rng(11)
    w = rng.standard_normal((d, round(kappa_star * d)))
    noise = rng.standard_normal((d, d))
    y = w @ w.T / w.shape[1] + np.sqrt(s.state.xi / (2 * d)) * (noise + noise.T)
    z = np.maximum(np.linalg.eigvalsh(y)[::-1] - s.state.q, 0)
    z[round(min(kappa, 1) * d) :] = 0
    kept = z[z > 0]
    law = NoisyTeacherLaw(kappa_star, s.state.xi).mass_above(kept + s.state.q)
    ranks = np.arange(kept.size)
    distance = max(np.abs(law - ranks / d).max(), np.abs(law - (ranks + 1) / d).max())
    assert distance < 0.01
    assert abs(kept.size / d - (1 - s.atom_at_zero)) < 0.01


def test_the_teacher_is_marchenko_pastur():
    for kappa_star in (0.05, 0.3, 0.99, 1.7):
        teacher = TeacherLaw(kappa_star)
        band = [edge.item() for edge in teacher.edges]
        moments = [over_band(lambda x, k=k, t=teacher: x**k * t.density(x), *band) for k in range(3)]
        assert moments == pytest.approx([min(kappa_star, 1), 1, 1 + 1 / kappa_star], abs=1e-9)
        assert teacher.atom_at_zero.item() == pytest.approx(1 - moments[0], abs=1e-9)
        noisy = NoisyTeacherLaw(kappa_star, 1e-10)
        x = np.linspace(*band, 30)[3:-3]
        np.testing.assert_allclose(teacher.density(x), noisy.density(x), rtol=1e-5)


def test_shapes_and_bad_input():
    alpha = np.linspace(0.1, 1, 7)[:, None]
    s = learned_spectrum(alpha, [0.2, 0.7], 0.3, 0.01, 0.5)
    assert s.atom_at_zero.shape == s.edges.left.shape == s.cut.shape == (7, 2)
    z = np.linspace(0, 8, 40)[:, None, None]
    assert s.density(z).shape == s.singular_value_density(z).shape == s.noisy_density(z).shape == (40, 7, 2)
    one = learned_spectrum(alpha[3, 0], 0.7, 0.3, 0.01, 0.5)
    np.testing.assert_allclose(one.density(z[:, 0, 0]), s.density(z)[:, 3, 1], rtol=1e-12)
    assert one.state.mse == pytest.approx(steady_state(alpha[3, 0], 0.7, 0.3, 0.01, 0.5).mse.item())
    with pytest.raises(ValueError, match=r"lam \(weight decay\) must be .* >= 0, got -1"):
        learned_spectrum(0.1, 0.5, 0.3, -1, 0)
    with pytest.raises(ValueError, match=r"kappa_star .* got 0"):
        TeacherLaw(0)


def test_a_failed_state_has_no_spectrum(monkeypatch):
    import quadviz.theory.steady.learned_spectrum as module

    solved = steady_state([0.3, 0.4], 0.7, 0.3, 0.01, 0.5)
    lost = {
        name: np.where([True, False], getattr(solved, name), np.nan) for name in ("q", "xi", "rank", "mse")
    }
    state = type(solved)(**{**vars(solved), **lost, "status": np.array([Status.SOLVED, Status.FAILED])})
    monkeypatch.setattr(module, "solved_states", lambda *_, **__: state)
    s = learned_spectrum([0.3, 0.4], 0.7, 0.3, 0.01, 0.5)
    for value in (s.atom_at_zero, s.gap, s.edges.right, s.density(1.0), s.noisy_density(1.0)):
        assert np.isfinite(value[0]) and np.isnan(value[1])


def test_a_recovered_teacher_s_spectrum_is_its_own_wherever_it_stands():
    """Alone, and in an array in which others have a Frobenius decay."""
    alone = learned_spectrum(0.9, 1.0, 0.3, 0.0, 0.0)
    both = learned_spectrum(0.9, 1.0, 0.3, 0.0, 0.0, lam2=[0.0, 0.1])
    own = TeacherLaw(0.3).edges
    for edges in (alone.edges, both[0].edges):
        assert (float(edges.left), float(edges.right)) == pytest.approx((float(own.left), float(own.right)))
    np.testing.assert_array_equal(alone.bands(), [[own.left, own.right]])
    assert both.bands()[0, 0].tolist() == alone.bands()[0].tolist()
    np.testing.assert_allclose(alone.atoms(), [[0, 0.7]])
    levels = Levels([0, 0, 1, 3])
    atoms = learned_spectrum([0.2, 2.0], 1.0, None, 0.0, 0.0, teacher=levels).atoms()
    assert atoms.shape == (2, 3, 2)
    assert np.isfinite(atoms[:, :, 0]).sum(axis=1).tolist() == [1, 3]
    assert atoms[1].tolist() == [[0.0, 0.5], [1.0, 0.25], [3.0, 0.25]]
