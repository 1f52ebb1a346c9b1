"""The steady state: reference tables, residuals everywhere, limits, regimes and bad input."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadviz import NoisyTeacherLaw, Regime, Status, SteadyState, learning_curve, steady_state
from quadviz.theory.steady.small_noise import ridgeless_recovery
from tests.settings import random_settings
from tests.tables import REFERENCE, largest_error, read_table

NAMES = ("alpha", "kappa", "kappa_star", "lam", "delta")
COLUMNS = ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min")


def residuals(s: SteadyState) -> tuple[np.ndarray, np.ndarray]:
    """Relative residuals of both equations, from the public law alone."""
    law = NoisyTeacherLaw(s.kappa_star, s.xi)
    b = np.maximum(s.q, law.quantile(np.minimum(s.kappa, 1)))
    above = law.partial_integrals(b)
    interaction = above.x_rho_hilbert - s.q * above.rho_hilbert
    first = np.abs(s.mse + s.delta / 2 - 2 * s.alpha * s.xi) / (2 * s.alpha * s.xi)
    second = np.abs(s.q * (1 - interaction / s.alpha) - s.lam) / np.maximum(s.q, s.lam)
    mse = 1 + 1 / s.kappa_star + s.q**2 * above.mass - above.moment2 + 4 * s.xi * interaction
    # The public moments know the mse only to rounding of its O(1) terms.
    assert np.all(np.abs(mse - s.mse) <= 1e-11 * (1 + 1 / s.kappa_star + s.xi))
    return first, second


@pytest.mark.parametrize("table", sorted(f.stem for f in REFERENCE.glob("steady_state*.csv")))
def test_reference_tables(table):
    t = read_table(table)
    s = steady_state(*(t[name] for name in NAMES))
    assert np.all(s.status == Status.SOLVED)
    for column in COLUMNS:
        assert largest_error(getattr(s, column), t[column]) <= 1e-9, column


def test_ridgeless_reference_table():
    t = read_table("ridgeless")
    s = steady_state(t["alpha"], t["kappa"], t["kappa_star"], 0, t["delta"])
    for column in ("q", "xi", "mse", "train_loss"):
        assert largest_error(getattr(s, column), t[column]) <= 1e-7, column


def test_ten_thousand_random_settings_solve():
    s = steady_state(**random_settings(10_000, seed=20261124))
    assert not np.any(s.status == Status.FAILED)
    first, second = residuals(s)
    assert first.max() <= 1e-10 and second.max() <= 1e-10
    for column in COLUMNS:
        assert np.all(np.isfinite(getattr(s, column))), column


def test_random_ridgeless_settings_solve():
    values = {**random_settings(3_000, seed=5), "lam": np.zeros(3_000)}
    s = steady_state(**values)
    assert not np.any(s.status == Status.FAILED)
    learned = s.xi == 0
    recovers = (values["delta"] == 0) & (
        values["alpha"] >= ridgeless_recovery(values["kappa"], values["kappa_star"])
    )
    np.testing.assert_array_equal(learned, recovers)
    assert np.all(s.mse[learned] == 0) and np.all(s.q[learned] == 0)
    s = s[~learned]
    law = NoisyTeacherLaw(s.kappa_star, s.xi)
    above = law.partial_integrals(np.maximum(s.q, law.quantile(np.minimum(s.kappa, 1))))
    interaction = above.x_rho_hilbert - s.q * above.rho_hilbert
    assert np.all(np.abs(s.mse + s.delta / 2 - 2 * s.alpha * s.xi) <= 1e-10 * s.alpha * s.xi)
    assert np.all(np.where(s.q > 0, np.abs(interaction / s.alpha - 1) <= 1e-10, interaction <= s.alpha))


@given(st.floats(-2.3, 0.7), st.floats(-2, 0.7), st.floats(-2, 0.7), st.floats(-7, 2), st.floats(0, 10))
@settings(max_examples=300, deadline=None)
def test_any_setting_solves_beyond_the_sliders_too(log_alpha, log_kappa, log_kappa_star, log_lam, delta):
    s = steady_state(10.0**log_alpha, 10.0**log_kappa, 10.0**log_kappa_star, 10.0**log_lam, delta)
    assert s.status != Status.FAILED
    first, second = residuals(s)
    assert first <= 1e-10 and second <= 1e-10
    # A width that is the teacher's rank up to rounding is taken for it.
    assert s.regime == (Regime.RANK_LIMITED if s.kappa < s.kappa_min * (1 - 1e-14) else Regime.EXACT)
    assert s.rank == pytest.approx(min(s.kappa, s.kappa_min), rel=1e-14)


@pytest.mark.parametrize("excess", [0.0, -1e-15, -1e-12, -1e-8, -1e-4])
def test_a_student_as_wide_as_its_teacher_to_rounding(excess):
    """q in the gap of the noisy teacher and omega at the gap's very edge: the hardest meeting of regimes."""
    values = random_settings(300, seed=8)
    values["kappa"] = values["kappa_star"] * (1 + excess)
    s = steady_state(**values)
    assert not np.any(s.status == Status.FAILED)
    if abs(excess) < 1e-14:
        tiny = steady_state(**{**values, "lam": 1e-7, "delta": 0.0})
        limit = steady_state(**{**values, "lam": 0.0})
        assert not np.any(tiny.status == Status.FAILED)
        assert not np.any(limit.status == Status.FAILED)
    if excess == 0:
        wider = steady_state(**{**values, "kappa": values["kappa_star"] * (1 + 1e-9)})
        same = wider.regime == Regime.EXACT
        assert same.sum() > 50
        np.testing.assert_array_equal(steady_state(**values).mse[same], wider.mse[same])


def test_vanishing_weight_decay_approaches_the_ridgeless_limit():
    alpha = np.array([0.15, 0.25, 0.45, 0.8])
    for kappa, delta in ((1.0, 0.5), (0.35, 0.5), (0.35, 0.0)):
        limit = steady_state(alpha, kappa, 0.3, 0, delta)
        near = steady_state(alpha, kappa, 0.3, 1e-8, delta)
        np.testing.assert_allclose(near.mse, limit.mse, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(near.train_loss, limit.train_loss, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(near.kappa_min, limit.kappa_min, rtol=1e-5)


def test_width_beyond_kappa_min_changes_nothing():
    wide = steady_state(0.4, 5.0, 0.3, 0.02, 0.5)
    same = steady_state(0.4, wide.kappa_min * 1.0001, 0.3, 0.02, 0.5)
    narrow = steady_state(0.4, wide.kappa_min * 0.9, 0.3, 0.02, 0.5)
    assert same.mse == wide.mse and same.regime == Regime.EXACT
    assert narrow.mse != wide.mse and narrow.regime == Regime.RANK_LIMITED


def test_the_two_regimes_join_continuously():
    values = random_settings(200, seed=4)
    wide = steady_state(**{**values, "kappa": 1.0})
    inside = (wide.kappa_min > 0.01) & (wide.kappa_min < 0.99)
    # With q in the gap the next direction to be lost has a large eigenvalue: there the mse has a kink.
    inside &= np.abs(wide.kappa_min - wide.kappa_star) > 1e-3
    values, wide = {name: column[inside] for name, column in values.items()}, wide[inside]
    assert wide.mse.size > 100
    for gap, accuracy in ((1e-9, 1e-7), (1e-5, 1e-3)):
        below = steady_state(**{**values, "kappa": wide.kappa_min * (1 - gap)})
        assert np.all(below.regime == Regime.RANK_LIMITED)
        assert not np.any(below.status == Status.FAILED)
        np.testing.assert_allclose(below.mse, wide.mse, rtol=accuracy)


def test_infinite_data_shrinks_the_teacher_by_lam():
    """alpha -> inf: q = lam, and a teacher with spectrum above lam loses exactly lam everywhere."""
    s = steady_state(1e9, 1.0, 4.0, 0.1, 0.5)
    assert s.q == pytest.approx(0.1, rel=1e-8)
    assert s.mse == pytest.approx(0.01, rel=1e-7)


def test_crushing_weight_decay_leaves_nothing():
    s = steady_state(0.5, 1.0, 0.5, 1e6, 0.5)
    assert s.rank == pytest.approx(0, abs=1e-12)
    assert s.mse == pytest.approx(1 + 1 / 0.5, rel=1e-9)
    assert s.train_loss == pytest.approx(s.alpha * s.xi, rel=1e-6)


@pytest.mark.parametrize(
    ("kappa", "kappa_star", "lam", "delta", "window"),
    [
        (0.108, 0.092, 4.92e-4, 0.0, (0.116, 0.150)),
        (0.107, 0.03, 9.245e-4, 0.319, (0.1376, 0.1425)),
        (0.143, 0.085, 5.33e-5, 0.123, (0.166, 0.177)),
    ],
)
def test_several_solutions_are_announced_and_the_branch_from_large_alpha_is_taken(
    kappa, kappa_star, lam, delta, window
):
    alpha = np.linspace(0.10, 0.25, 1501)
    s = learning_curve(alpha, kappa, kappa_star, lam, delta)
    several = alpha[s.status == Status.SEVERAL]
    assert several.min() == pytest.approx(window[0], abs=1.5e-3)
    assert several.max() == pytest.approx(window[1], abs=1.5e-3)
    # Down from large alpha the branch is continuous to the low end of the window at least.
    on_branch = alpha >= several.min()
    assert np.max(np.abs(np.diff(np.log(s.xi[on_branch])))) < 0.25


def test_double_descent_peaks_at_the_interpolation_threshold():
    t = read_table("interpolation")
    for kappa, kappa_star, delta, threshold, peak in zip(
        t["kappa"], t["kappa_star"], t["delta"], t["alpha_interpolation"], t["mse_peak"], strict=True
    ):
        near = steady_state(
            threshold * np.array([0.97, 1 - 1e-9, 1 + 1e-9, 1.03]), kappa, kappa_star, 0, delta
        )
        assert np.all(near.mse[[0, 3]] < peak)
        # A cusp: below the threshold the mse falls off as the square root of the distance.
        np.testing.assert_allclose(near.mse[1], peak, rtol=1e-3)
        np.testing.assert_allclose(near.mse[2], peak, rtol=1e-6)
        assert near.train_loss[1] == 0 and near.train_loss[3] > 0


@pytest.mark.parametrize("off", [-1e-2, -1e-4, -1e-6, -1e-8, -1e-12, 0, 1e-12, 1e-6, 1e-4])
def test_the_recovery_threshold_is_solved_from_both_sides(off):
    """Wide students and rank-limited ones. For wide ones the mse grows as the square of the distance."""
    rng = np.random.default_rng(12)
    kappa_star = rng.uniform(0.02, 0.95, 150)
    kappa = kappa_star + (1 - kappa_star) * rng.random(150) ** 2 * 0.6
    alpha = ridgeless_recovery(kappa, kappa_star) * (1 + off)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s = steady_state(alpha, kappa, kappa_star, 0, 0)
    assert not np.any(s.status == Status.FAILED)
    if off < -1e-9:
        wide = s.regime == Regime.EXACT
        assert np.all(s.mse > 0) and np.count_nonzero(wide) > 20
        assert np.all(s.mse[wide] < 200 * off**2 / kappa_star[wide] ** 2)
    else:
        assert np.all(s.mse == 0)


def test_a_point_does_not_depend_on_its_company():
    values = random_settings(60, seed=3)
    values["kappa"] /= 8
    values["lam"][::3] = 0
    together = steady_state(**values)
    assert {Regime.EXACT, Regime.RANK_LIMITED} == set(together.regime.tolist())
    for i in range(60):
        alone = steady_state(**{name: column[i] for name, column in values.items()})
        assert alone.status == together.status[i]
        np.testing.assert_allclose(alone.mse, together.mse[i], rtol=1e-11)


def test_broadcasting_and_learning_curves_agree():
    alpha = np.linspace(0.1, 1, 7)
    family = learning_curve(alpha, kappa=[0.35, 1.0], kappa_star=0.3, lam=0.01, delta=0.5)
    assert family.shape == family.mse.shape == (2, 7)
    single = steady_state(alpha[3], 0.35, 0.3, 0.01, 0.5)
    assert single.shape == ()
    assert family[0, 3].mse == pytest.approx(single.mse, rel=1e-12)
    assert steady_state([], 1, 1, 1, 1).shape == (0,)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"alpha": 0}, ValueError, r"^alpha \(sample ratio\) must be a finite number > 0, got 0$"),
        ({"kappa_star": -0.1}, ValueError, r"^kappa_star .* got -0.1$"),
        ({"lam": -1e-3}, ValueError, r"^lam .* >= 0, got -0.001$"),
        ({"delta": np.nan}, ValueError, r"^delta .* got nan$"),
        ({"kappa": [0.1, np.inf]}, ValueError, r"^kappa .* got inf$"),
        ({"kappa": "wide"}, TypeError, r"^kappa .* got 'wide'$"),
        ({"kappa": [1, 2], "delta": [1, 2, 3]}, ValueError, r"do not broadcast: .*kappa \(2,\)"),
    ],
)
def test_bad_input_is_named(change, error, message):
    good = {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5}
    with pytest.raises(error, match=message):
        steady_state(**{**good, **change})


def test_a_learning_curve_wants_one_axis_of_alpha():
    with pytest.raises(ValueError, match=r"alpha must be one-dimensional .* got shape \(\)"):
        learning_curve(0.3, 1, 0.3, 0.1, 0)


def minimised_network(d, kappa, kappa_star, alpha, lam, delta, seed):
    """mse and train loss of one network of input dimension d, at a minimum of the regularised loss."""
    from scipy.optimize import minimize

    rng = np.random.default_rng([d, seed])
    m, n = round(kappa * d), round(alpha * d * d)
    w = rng.standard_normal((d, round(kappa_star * d)))
    teacher = w @ w.T / w.shape[1]
    x = rng.standard_normal((n, d))
    labels = (((x @ teacher) * x).sum(1) - np.trace(teacher)) / np.sqrt(d)
    labels += np.sqrt(delta) * rng.standard_normal(n)

    def residual(weights):
        hidden = x @ weights
        return hidden, ((hidden**2).sum(1) - (weights**2).sum()) / np.sqrt(d) - labels

    def loss(flat):
        weights = flat.reshape(d, m)
        hidden, r = residual(weights)
        slope = (x.T @ (hidden * r[:, None]) - r.sum() * weights) / (n * np.sqrt(d))
        return (r @ r) / (4 * n) + lam / d * (flat @ flat), (slope + 2 * lam / d * weights).ravel()

    start = rng.standard_normal(d * m) / np.sqrt(m)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "ftol": 1e-13})
    assert best.success, best.message
    weights = best.x.reshape(d, m)
    return ((weights @ weights.T - teacher) ** 2).sum() / d, np.mean(residual(weights)[1] ** 2) / 4


@pytest.mark.slow
@pytest.mark.parametrize(("kappa", "lam", "delta", "alpha"), [(1.0, 0.1, 0.5, 0.6), (0.9, 0.2, 0.8, 0.5)])
def test_against_minimised_networks_of_finite_size(kappa, lam, delta, alpha):
    """The O(1/d) bias is removed by two sizes; what is left is the spread over seeds."""
    means, errors = [], []
    for d, seeds in ((40, 40), (80, 16)):
        runs = np.array([minimised_network(d, kappa, 0.4, alpha, lam, delta, s) for s in range(seeds)])
        means.append(runs.mean(0))
        errors.append(runs.std(0, ddof=1) / np.sqrt(seeds))
    limit, error = 2 * means[1] - means[0], np.hypot(2 * errors[1], errors[0])
    theory = steady_state(alpha, kappa, 0.4, lam, delta)
    assert theory.regime == Regime.EXACT
    expected = np.array([theory.mse, theory.train_loss])
    assert np.all(error < 0.04 * expected)
    assert np.all(np.abs(limit - expected) < 3 * error)
