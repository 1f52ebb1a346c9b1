"""The claims of docs/simulation.md: that they follow from its means, and that these can be found again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.evidence.cases import EXACT, LIMITED, ZERO, read_rows, spectrum
from benchmarks.evidence.means import Means
from benchmarks.evidence.statistics import extrapolate, quadratic_form, residuals, spectrum_distance
from quadviz import Regime, Setting, minimise, sample_problem, simulate, steady_state

E3, E4, E5 = EXACT[2], EXACT[3], EXACT[4]
names = [case.name for case in EXACT]


def test_a_line_in_one_over_d_is_extrapolated_with_its_error():
    rng, sizes, runs = np.random.default_rng(3), np.array([40, 60, 80]), np.array([40, 20, 10])
    pulls, misfits = [], []
    for _ in range(2000):
        samples = [2 + 9 / d + 4 / d * rng.standard_normal(n) for d, n in zip(sizes, runs, strict=True)]
        means = [s.mean() for s in samples]
        errors = [s.std(ddof=1) / np.sqrt(s.size) for s in samples]
        line = extrapolate(sizes, means, errors, runs)
        pulls.append(line.distance(2))
        misfits.append(line.misfit)
    assert abs(np.mean(pulls)) < 0.1 and np.std(pulls) == pytest.approx(1, abs=0.1)
    assert np.mean(misfits) == pytest.approx(1, abs=0.15)
    assert line.meets(line.limit * 1.02) and not line.meets(line.limit + 4 * line.error + 0.04 * line.limit)


def test_distance_to_the_law_of_samples_from_it_and_of_others():
    law = spectrum(E3.setting)
    state = law.state
    noisy = law.cut.item() + np.linspace(0, 12, 20_001)
    mass = np.concatenate([[0], np.cumsum(law.density(noisy - state.q.item())[1:]) * (noisy[1] - noisy[0])])
    shares = (np.arange(4000) + 0.5) / 4000
    continuous = np.interp(shares - law.atom_at_zero.item(), mass, noisy - state.q.item())
    drawn = np.where(shares < law.atom_at_zero.item(), 0.0, continuous)
    assert spectrum_distance(drawn, law, ZERO) < 2e-3
    assert spectrum_distance(1.1 * drawn, law, ZERO) > 0.01
    # Half of the ties at the atom moved off it.
    assert spectrum_distance(np.where(shares < law.atom_at_zero.item() / 2, 0.5, drawn), law, ZERO) > 0.2


def test_cumulants_of_a_network_input_that_was_not_trained_on():
    problem = sample_problem(Setting(1.0, 0.2, 60.0, lam=0.1, delta=0.5), d=20, seed=2)
    seen = residuals(problem.slope(problem.start)[1], 1.0)
    skewness, kurtosis = quadratic_form(problem, problem.start)
    assert abs(skewness) > 0.3
    assert seen.skewness == pytest.approx(skewness, rel=0.15)
    assert seen.kurtosis == pytest.approx(kurtosis, rel=0.25)


def final_state(setting, d, seed):
    end = minimise(setting, d, seed)
    assert end.converged
    return end.mse, end.train_loss


@pytest.mark.parametrize("case", EXACT, ids=names)
def test_the_means_of_the_page_extrapolate_to_the_theory(case):
    means, state = Means(read_rows()), spectrum(case.setting).state
    assert state.regime == Regime.EXACT
    for quantity in ("mse", "train_loss", "rank"):
        limit, expected = means.limit("exact", case.name, quantity), getattr(state, quantity).item()
        assert limit.meets(expected), (quantity, limit, expected)
        if quantity == "mse":
            smallest = means.of("exact", case.name, quantity)[0]
            assert abs(limit.limit - expected) < abs(smallest.mean - expected)


@pytest.mark.slow
def test_a_mean_of_the_page_is_found_again():
    case = EXACT[7]
    rows = [Means(read_rows()).of("exact", case.name, q)[0] for q in ("mse", "train_loss")]
    d, runs = rows[0].d, rows[0].runs
    found = np.mean([final_state(case.setting, d, seed) for seed in case.seeds(d, runs)], axis=0)
    np.testing.assert_allclose(found, [row.mean for row in rows], rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("case", [E3, E4, E5], ids=["E3", "E4", "E5"])
def test_the_descent_ends_where_the_flow_does(case):
    for seed in case.seeds(40, 2, section=4):
        flow, end = simulate(case.setting, 40, [3000], seed), minimise(case.setting, 40, seed)
        assert flow.mse[-1] == pytest.approx(end.mse, rel=2e-3)
        assert flow.train_loss[-1] == pytest.approx(end.train_loss, rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("time", [1.0, 300.0])
def test_residuals_on_training_samples_are_gaussian_unless_the_label_noise_is_not(time):
    setting, d, normal = E4.setting, 100, {}
    n = round(setting.alpha * d**2)
    for noise in ("gaussian", "rademacher"):
        run = simulate(setting, d, [time], 1, label_noise=noise, keep_weights=True)
        r = sample_problem(setting, d, 1, label_noise=noise).slope(run.final_weights)[1]
        assert np.mean(r**2) == pytest.approx(4 * run.train_loss[0], rel=1e-9)
        normal[noise] = stats.kurtosis(r) / np.sqrt(24 / n), stats.kstest(r / r.std(), "norm").pvalue
    assert abs(normal["gaussian"][0]) < 4 and normal["gaussian"][1] > 1e-3
    assert normal["rademacher"][0] < -5


@pytest.mark.parametrize("case", LIMITED, ids=[case.name for case in LIMITED])
def test_narrow_settings_are_announced_as_such_and_train(case):
    s = case.setting
    assert steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta).regime == Regime.RANK_LIMITED
    run = simulate(s, 20, [1.0, 20.0], 1)
    assert np.isfinite([run.mse, run.train_loss]).all()
    assert np.count_nonzero(run.eigenvalues) <= run.sizes.m


def test_the_theory_is_off_where_the_width_cuts_deep():
    """What the page says of L7: the mse does not go where the theory says."""
    case = LIMITED[-1]
    limit = Means(read_rows()).limit("limited", case.name, "mse", time=5000.0)
    assert limit.distance(spectrum(case.setting).state.mse.item()) > 3
