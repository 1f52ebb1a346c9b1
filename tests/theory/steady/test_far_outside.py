"""Far outside the sliders: bounds hold, or the status admits failure; nothing warns, nothing overflows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quadviz
from quadviz import (
    NoisyTeacherLaw,
    SolveError,
    SolveWarning,
    Status,
    TeacherLaw,
    bayes_optimal,
    interpolation_threshold,
    learned_spectrum,
    learning_curve,
    optimal_lam,
    recovery_threshold,
    solution_branches,
    steady_state,
    steady_state_solutions,
)
from quadviz.law.noisy_teacher import WIDTH_REACH, XI_REACH
from quadviz.theory.best.bayes import law_mmse
from tests import exact

#: Twenty decades, around 1.
decades = st.floats(-10, 10)
#: Noise and weight decay that may be none.
or_zero = st.one_of(st.just(-np.inf), decades)
#: What rounding may take from a bound that is sharp.
SLACK = 1e-8


@pytest.fixture(autouse=True)
def _strict():
    """No RuntimeWarning from inside, whatever NumPy was told."""
    with np.errstate(all="raise"), quadviz.errstate("ignore"):
        yield


def check_steady(s):
    """What holds of every steady state."""
    failed = np.asarray(s.status == Status.FAILED)
    for name in ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min"):
        values = np.asarray(getattr(s, name))
        assert np.all(np.isnan(values) == failed), name
        assert np.all(failed | (values >= 0)), name
    fine = np.where(failed, True, s.rank <= np.minimum(s.kappa, 1) * (1 + SLACK))
    fine &= np.where(failed, True, s.kappa_min <= 1 + SLACK)
    # The student of no weights is a candidate: nothing that is minimised fits the labels less well.
    nothing = (2 * (1 + 1 / s.kappa_star) + s.delta) / 4
    fine &= np.where(failed, True, s.train_loss <= nothing * (1 + SLACK))
    balance = np.abs(2 * s.alpha * s.xi - s.mse - s.delta / 2)
    fine &= np.where(failed, True, balance <= 1e-8 * (2 * s.alpha * s.xi + s.mse + s.delta))
    assert np.all(fine)


@given(decades, decades, decades, or_zero, or_zero)
@settings(max_examples=80, deadline=None)
def test_steady_states(alpha, kappa, kappa_star, lam, delta):
    setting = [10.0**v for v in (alpha, kappa, kappa_star, lam, delta)]
    s = steady_state(*setting)
    check_steady(s)
    if s.status != Status.FAILED:
        best = bayes_optimal(setting[0], setting[2], setting[4])
        assert best.status == Status.FAILED or best.mmse <= s.mse * (1 + SLACK)


@given(decades, decades, decades, or_zero, or_zero)
@settings(max_examples=20, deadline=None)
def test_laws_of_steady_states_and_curves(alpha, kappa, kappa_star, lam, delta):
    a, k, star, decay, noise = (10.0**v for v in (alpha, kappa, kappa_star, lam, delta))
    check_steady(learning_curve(a * np.array([0.1, 1.0, 10.0]), k, star, decay, noise))
    law = learned_spectrum(a, k, star, decay, noise)
    failed = law.state.status == Status.FAILED
    for values in (law.cut, law.atom_at_zero, law.gap):
        assert np.isnan(values) == failed
    if not failed:
        assert -SLACK <= law.atom_at_zero <= 1 and law.gap >= 0
        density = law.density(np.array([0.0, 1.0, 1e6]))
        assert np.all(density >= 0)


@pytest.mark.slow
@given(decades, decades, decades, or_zero, or_zero)
@settings(max_examples=8, deadline=None)
def test_all_solutions(alpha, kappa, kappa_star, lam, delta):
    a, *rest = (10.0**v for v in (alpha, kappa, kappa_star, lam, delta))
    found = steady_state_solutions(a, *rest)
    check_steady(found)
    one = steady_state(a, *rest)
    if one.status == Status.SOLVED and found.status.size == 1 and found.status[0] != Status.FAILED:
        assert found.mse[0] == pytest.approx(one.mse, rel=1e-7)
    for line in solution_branches(a * np.array([0.5, 1.0, 2.0]), *rest):
        check_steady(line)


@given(decades, decades, or_zero)
@settings(max_examples=60, deadline=None)
def test_bayes_optimal_errors(alpha, kappa_star, delta):
    a, star, noise = 10.0**alpha, 10.0**kappa_star, 10.0**delta
    best = bayes_optimal(a, star, noise)
    if best.status == Status.FAILED:
        assert np.isnan(best.mmse) and np.isnan(best.xi)
    else:
        assert 0 <= best.mmse <= 1 / star
        assert best.mmse <= best.xi * (1 + SLACK)
        more = bayes_optimal(2 * a, star, noise)
        assert more.status == Status.FAILED or more.mmse <= best.mmse * (1 + SLACK)


@given(decades, decades, or_zero)
@settings(max_examples=50, deadline=None)
def test_interpolation_thresholds(kappa, kappa_star, delta):
    k, star, noise = 10.0**kappa, 10.0**kappa_star, 10.0**delta
    peak = interpolation_threshold(k, star, noise)
    if peak.status == Status.FAILED:
        assert np.isnan(peak.alpha) and np.isnan(peak.mse) and np.isnan(peak.xi)
    else:
        assert 0 < peak.alpha <= 0.5 * (1 + SLACK)
        assert peak.mse >= 0 and (noise == 0 or peak.mse > 0)


@given(decades, decades, decades, or_zero)
@settings(max_examples=25, deadline=None)
def test_the_best_weight_decay(alpha, kappa, kappa_star, delta):
    a, k, star, noise = (10.0**v for v in (alpha, kappa, kappa_star, delta))
    best = optimal_lam(a, k, star, noise)
    assert np.isnan(best) or best >= 0
    if best > 0:
        here = steady_state(a, k, star, best * np.array([0.9, 1.0, 1.1]), noise)
        if np.all(here.status == Status.SOLVED):
            assert here.mse[1] <= here.mse.min() * (1 + 1e-6)


@given(decades, decades)
@settings(max_examples=60, deadline=None)
def test_recovery_thresholds(kappa, kappa_star):
    k, star = 10.0**kappa, 10.0**kappa_star
    bayes, ridgeless, free = (recovery_threshold(k, star, r) for r in ("bayes", "ridgeless", "none"))
    if k < min(star, 1) * (1 - 1e-11):
        assert bayes == ridgeless == free == np.inf
    elif k >= min(star, 1):  # what is between counts as equal, but for rounding
        assert 0 < bayes <= ridgeless * (1 + 1e-12) and ridgeless <= 0.5 * (1 + 1e-12)
        assert bayes <= free * (1 + 1e-12)


@given(st.floats(-20, 20), st.floats(-40, 20), st.floats(-30, 30))
@settings(max_examples=60, deadline=None)
def test_laws(kappa_star, xi, log_x):
    star, noise = 10.0**kappa_star, 10.0**xi
    x = np.array([-(10.0**log_x), 0.0, 10.0**log_x])
    teacher = TeacherLaw(star)
    assert np.all(teacher.density(x) >= 0)
    if not (WIDTH_REACH[0] <= star <= WIDTH_REACH[1] and XI_REACH[0] <= noise <= XI_REACH[1]):
        with pytest.raises(ValueError, match="must be from"):
            NoisyTeacherLaw(star, noise)
        return
    law = NoisyTeacherLaw(star, noise)
    density, mass = law.density(x), law.mass_above(x)
    assert np.all(density >= 0) and np.all((mass >= 0) & (mass <= 1)) and np.all(np.diff(mass) <= 1e-12)
    place = law.quantile(0.5)
    assert law.mass_above(place) == pytest.approx(0.5, abs=1e-9) or law.edges().has_gap
    above = law.partial_integrals(x)
    for values in above:
        assert np.all(np.isnan(values) | np.isfinite(values))
    assert np.all(np.isnan(above.moment2) | (above.moment2 >= -1e-9 * (1 + 1 / star + noise)))


@pytest.mark.slow
def test_forty_thousand_wild_points():
    rng = np.random.default_rng(8)
    for decades_out in (3, 6, 10):
        alpha, kappa, kappa_star, lam, delta = 10 ** rng.uniform(-decades_out, decades_out, (5, 14_000))
        lam[::5] = delta[::3] = 0
        s = steady_state(alpha, kappa, kappa_star, lam, delta)
        check_steady(s)
        best = bayes_optimal(alpha, kappa_star, delta)
        both = (best.status != Status.FAILED) & (s.status != Status.FAILED)
        assert np.all(best.mmse[both] <= s.mse[both] * (1 + SLACK))


@pytest.mark.parametrize("exponent", [-300, -160, -60, -20, 20, 60, 153, 300])
@pytest.mark.parametrize("name", ["alpha", "kappa", "kappa_star", "lam", "delta"])
def test_one_parameter_goes_to_the_end_of_the_floats(name, exponent):
    """No allocation grows with it, and no error comes but a refusal."""
    values = {"alpha": 0.35, "kappa": 0.7, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5, name: 10.0**exponent}
    check_steady(steady_state(**values))
    check_steady(steady_state_solutions(**values))
    best = bayes_optimal(values["alpha"], values["kappa_star"], values["delta"])
    assert best.status == Status.FAILED or 0 <= best.mmse <= 1 / values["kappa_star"]
    peak = interpolation_threshold(values["kappa"], values["kappa_star"], values["delta"])
    assert peak.status == Status.FAILED or peak.mse > 0
    lam = optimal_lam(*(values[n] for n in ("alpha", "kappa", "kappa_star", "delta")))
    assert np.isnan(lam) or lam >= 0


def test_where_the_noise_hides_the_teacher():
    """delta = 10^11.5: all that is left to know is the mean of all teachers."""
    best = bayes_optimal(0.35, 0.3, 10**11.5)
    assert best.status == Status.SOLVED
    # mmse = v - v^2/xi + ..., v = 1/kappa_star, 2 alpha xi = delta/2 + mmse.
    xi = (10**11.5 / 2 + 1 / 0.3) / 0.7
    assert 1 / 0.3 - best.mmse == pytest.approx(1 / 0.3**2 / xi, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kappa_star", [0.01, 0.05, 0.3, 1.0, 3.0, 30.0])
def test_through_the_change_from_quadrature_to_the_expansion_for_much_noise(kappa_star):
    xi = np.array([2e2, 1e4, 3e4, 1e6]) / kappa_star
    value, _, error, _ = law_mmse(np.full(4, kappa_star), xi)
    for one, known, x in zip(value, error, xi, strict=True):
        off = abs(float(one / exact.mmse(kappa_star, x) - 1))
        assert off <= 1.1 * known + 1e-15 and off <= 2e-10


def test_a_threshold_without_digits_is_none():
    for kappa, delta in ((1.0, 1e8), (0.7, 1e50), (0.7, 1e153)):
        peak = interpolation_threshold(kappa, 0.3, delta)
        assert peak.status == Status.FAILED and np.isnan(peak.mse)


def test_failure_is_heard_and_can_be_turned_off():
    alpha = [0.3, 1e-200, 1e-100]
    with quadviz.errstate("warn"), pytest.warns(SolveWarning) as heard:
        s = steady_state(alpha, 1, 0.3, 0.1, 0)
    assert s.status.tolist() == [Status.SOLVED, Status.FAILED, Status.FAILED]
    (warning,) = heard
    assert warning.filename == __file__  # it points at who asked
    text = str(warning.message)
    assert "steady_state: 2 of 3 points not solved" in text
    assert "the first at alpha = 1e-200, kappa = 1, kappa_star = 0.3, lam = 0.1, delta = 0" in text
    assert "what to change: raise lam" in text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steady_state(alpha, 1, 0.3, 0.1, 0)
        with quadviz.errstate("raise"), pytest.raises(SolveError, match="2 of 3"):
            steady_state(alpha, 1, 0.3, 0.1, 0)
    with pytest.raises(ValueError, match="failed must be one of"), quadviz.errstate("perhaps"):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(
    "call",
    [
        lambda: learning_curve([1e-200], 1, 0.3, 0.1, 0),
        lambda: bayes_optimal(1e-200, 0.3, 0),
        lambda: interpolation_threshold(1, 0.3, 1e100),
        lambda: optimal_lam(1e-200, 1, 0.3, 0.5),
        lambda: learned_spectrum(1e-200, 1, 0.3, 0.1, 0),
        lambda: steady_state_solutions(1e-200, 1, 0.3, 0.1, 0),
        lambda: steady_state(1e-200, 1, 0.3, 0.1, 0),
    ],
)
def test_every_solver_speaks_of_failure_at_the_line_that_called(call):
    with quadviz.errstate("warn"), pytest.warns(SolveWarning, match="1 of 1 points not solved") as heard:
        call()
    assert [w.filename for w in heard] == [__file__]


@pytest.mark.slow
def test_thousands_of_wild_points_raise_nothing_and_warn_of_nothing():
    rng = np.random.default_rng(6)
    alpha, kappa, kappa_star, lam, delta = 10 ** rng.uniform(-10, 10, (5, 2000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_steady(steady_state(alpha, kappa, kappa_star, lam, delta))
        best = bayes_optimal(alpha, kappa_star, delta)
        known = best.status != Status.FAILED
        assert known.mean() > 0.6
        assert np.all((best.mmse[known] > 0) & (best.mmse[known] <= 1 / kappa_star[known]))
        interpolation_threshold(kappa, kappa_star, delta)
        recovery_threshold(kappa, kappa_star, "none")
        optimal_lam(alpha[:200], kappa[:200], kappa_star[:200], delta[:200])


def test_nothing_changes_when_numpy_is_told_to_raise():
    rng = np.random.default_rng(7)
    alpha, kappa, kappa_star = 10 ** rng.uniform(-2, 0.3, (3, 300))
    lam, delta = 10 ** rng.uniform(-6, 1, 300), rng.uniform(0, 4, 300) * (rng.random(300) < 0.7)
    jobs = (
        lambda: steady_state(alpha, kappa, kappa_star, lam * (lam > 1e-4), delta).mse,
        lambda: bayes_optimal(alpha, kappa_star, delta).mmse,
        lambda: optimal_lam(alpha, kappa, kappa_star, delta),
        lambda: interpolation_threshold(kappa, kappa_star, delta).mse,
        lambda: learned_spectrum(alpha, kappa, kappa_star, lam, delta).density(0.5),
        lambda: NoisyTeacherLaw(kappa_star, lam).partial_integrals(alpha).mass,
    )
    for job in jobs:
        with np.errstate(all="raise"):
            strict = job()
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(job(), strict)
