"""Dynamical mean-field theory against closed forms, steady states, simulations, and wrong equations."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from benchmarks.evidence.cases import Case
from benchmarks.evidence.dynamics.cases import END, ENDS
from benchmarks.evidence.means import theory
from quadviz import Setting, log_times, population_flow, simulate_ensemble, steady_state
from quadviz.law.teacher_law import marchenko_pastur_quantiles
from quadviz.theory.dmft import Dmft, DmftError, DmftStatus, dmft, march, plan
from quadviz.theory.dmft.draws import Hermitian, draw_pair, orthogonal_gue
from quadviz.theory.dmft.plan import check_march, fitting_size, march_cost, march_grid
from quadviz.theory.dmft.replica import Rule
from quadviz.theory.dmft.response import Fit, white_response
from quadviz.theory.dmft.step import RiccatiStep, dagger
from quadviz.theory.dmft.trust import Evidence, judge

NOISY = Setting(kappa=0.4, kappa_star=0.3, alpha=0.3, lam=0.01, delta=0.5)
CLEAN = Setting(kappa=0.5, kappa_star=0.2, alpha=0.26, lam=0.1, delta=0.0)
#: lam/q of its steady state is 0.018.
SMALL_R = Setting(kappa=1.0, kappa_star=0.3, alpha=0.25, lam=0.01, delta=0.0)
SMALL = {"d_eff": 20, "replicas": 3, "probes": 1, "threads": 1}


@pytest.fixture(scope="module")
def solved() -> Dmft:
    """The right equations, not far."""
    return dmft(NOISY, [2.0], d_eff=20, replicas=3, probes=1)


def hermitian(generator: np.random.Generator, *shape: int) -> np.ndarray:
    real, imaginary = generator.standard_normal((2, *shape, shape[-1]))
    x = real + 1j * imaginary
    return (x + dagger(x)) / 2


def force_of(s: float, h: float, mean: np.ndarray, rise: np.ndarray) -> np.ndarray:
    return mean + (s / h - 0.5) * rise


@pytest.mark.parametrize("columns", [3, 5])
@pytest.mark.parametrize("h", [0.05, 3.0])
def test_a_step_and_its_changes_are_those_of_an_ode_solver(columns: int, h: float) -> None:
    """Both for one part (h small) and many; narrow W and square W."""
    d, gain, generator = 5, 0.7, np.random.default_rng(0)
    force, mean, rise = (hermitian(generator, d) for _ in range(3))
    real, imaginary = generator.standard_normal((4, d, columns)).reshape(2, 2, d, columns)
    w, dw = real + 1j * imaginary
    moved, changed = RiccatiStep(force[None], gain, h).move(
        w[None], dw[None, None], mean[None, None], rise[None, None]
    )

    def end(size: float) -> np.ndarray:
        def flow(s: float, flat: np.ndarray) -> np.ndarray:
            x = flat.reshape(d, columns)
            return (-(force + 2 * gain * x @ dagger(x) - size * force_of(s, h, mean, rise)) @ x).ravel()

        path = solve_ivp(flow, (0, h), (w + size * dw).ravel(), method="DOP853", rtol=1e-12, atol=1e-13)
        x = path.y[:, -1].reshape(d, columns)
        return x @ dagger(x)

    np.testing.assert_allclose(moved[0] @ dagger(moved[0]), end(0.0), rtol=1e-8, atol=1e-9)
    half = changed[0, 0] @ dagger(moved[0])
    expected = (end(1e-4) - end(-1e-4)) / 2e-4
    np.testing.assert_allclose(half + dagger(half), expected, rtol=1e-5, atol=1e-6)


def test_coordinates_keep_products() -> None:
    space, generator = Hermitian(4), np.random.default_rng(0)
    a, b = hermitian(generator, 2, 4)
    assert space.vector(a) @ space.vector(b) == pytest.approx(np.trace(a @ b).real)
    np.testing.assert_allclose(space.matrix(space.vector(a)), a)


@pytest.mark.parametrize("kappa", [0.1, 0.37, 1.0, 2.5])
def test_quantiles_have_the_moments_of_the_law(kappa: float) -> None:
    values = marchenko_pastur_quantiles(kappa, 60)
    assert np.count_nonzero(values) == np.ceil(min(kappa, 1) * 60)
    assert np.all(np.diff(values) <= 0)
    np.testing.assert_allclose([values.mean(), (values**2).mean()], [1, 1 + 1 / kappa], rtol=1e-9)
    third = 1 + 3 / kappa + 1 / kappa**2
    assert (values**3).mean() == pytest.approx(third, rel=0.02)


def test_draws_are_orthogonal_and_free_of_overlap() -> None:
    space, generator = Hermitian(20), np.random.default_rng(1)
    teacher = marchenko_pastur_quantiles(0.3, 20)
    start = marchenko_pastur_quantiles(0.5, 20)
    w, noise = draw_pair(space, teacher, start, 10, 30, generator)
    z = w @ dagger(w)
    np.testing.assert_allclose(noise @ noise.T, 20 * np.eye(30), atol=1e-10)
    for known in (np.eye(20), np.diag(teacher), np.diag(teacher**2), z):
        np.testing.assert_allclose(noise @ space.vector(known), 0, atol=1e-8)
    assert np.trace(z).real == pytest.approx(20)
    assert np.trace(z @ np.diag(teacher)).real == pytest.approx(20, rel=1e-9)
    np.testing.assert_allclose(np.linalg.eigvalsh(z)[:9:-1], start[:10], rtol=1e-9)


def test_traces_of_the_noise_with_teacher_and_start_are_those_of_free_matrices() -> None:
    d, space, generator = 20, Hermitian(20), np.random.default_rng(1)
    z_star = np.diag(marchenko_pastur_quantiles(0.3, d))
    w, drawn = draw_pair(space, np.diag(z_star), 0.1 * marchenko_pastur_quantiles(0.5, d), 10, 30, generator)
    noise, z = space.matrix(drawn), w @ dagger(w)

    def trace(*matrices: np.ndarray) -> float:
        return float(np.trace(np.linalg.multi_dot(matrices)).real) / d

    for a in (z_star, z_star @ z_star, z):
        for g in noise:
            assert trace(g, g, a) == pytest.approx(np.trace(a).real / d, abs=1e-6)
        # The first ones are leading: no trace with any other.
        for g in noise[1:]:
            assert trace(noise[0], g, a) + trace(g, noise[0], a) == pytest.approx(0, abs=1e-8)
    for g in noise:
        assert trace(g, z_star, g, z_star) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [0.7, 1e-250, 0.0])
def test_a_response_that_is_as_supposed_is_found_to_all_digits(size: float) -> None:
    """No crosstalk is left where every mode answers as its class does, however little a step alone does."""
    d, n, space, generator = 8, 5, Hermitian(8), np.random.default_rng(3)
    fields = np.array([[orthogonal_gue(space, n, generator)] for _ in range(4)])
    basis = np.linalg.eigh(hermitian(generator, 4, d))[1]
    strength = generator.standard_normal(n)
    answer = 0.7 * np.tensordot(fields, strength, axes=(2, 0))
    found = Fit(space, basis, np.full((4, d, d), size), fields).responses(answer)
    np.testing.assert_allclose(found, 0.7 * strength, rtol=1e-10)


def test_responses_are_right_on_average_whatever_the_modes_do() -> None:
    """Modes of one class that answer differently, and fields that are mixed by a rotation."""
    d, n, space, generator = 10, 6, Hermitian(10), np.random.default_rng(4)
    shape = 0.5 + generator.random((2, d, d))
    shape = (shape + shape.swapaxes(1, 2)) / 2
    truth = 0.3 + generator.random((n, 1, d, d))
    truth = (truth + truth.swapaxes(2, 3)) / 2
    basis = np.broadcast_to(np.eye(d), (2, d, d)).astype(complex)
    found = []
    for _ in range(400):
        fields = np.array([[orthogonal_gue(space, n, generator)] for _ in range(2)])
        answer = np.sum(truth * space.matrix(fields[:, 0]).swapaxes(0, 1), axis=0)
        found.append(Fit(space, basis, shape, fields).responses(space.vector(answer)[:, None]))
    error = np.std(found, axis=0) / 20
    np.testing.assert_array_less(np.abs(np.mean(found, axis=0) - truth.mean(axis=(1, 2, 3))), 4 * error)


@pytest.mark.parametrize("columns", [4, 6])
def test_what_a_step_does_to_a_field_is_that_of_a_flow_from_a_white_start(columns: int) -> None:
    """z = x/(1 - e^{-2x} (1 - u x)) with sum S/(u + S) = columns, S = (e^{2x} - 1)/x."""
    x = np.array([-3.0, -0.5, 0.2, 1.0, 2.0, 4.0])
    shape = white_response(x, columns)
    assert np.all(shape >= 0)
    np.testing.assert_allclose(shape, shape.T)
    s = np.expm1(2 * x) / x
    u = 0.0 if columns == 6 else brentq(lambda u: np.sum(s / (u + s)) - columns, 1e-12, 1e12)
    z = np.exp(2 * x) / (u + s)
    np.testing.assert_allclose(shape[0, 5], (z[5] - z[0]) / 7, rtol=1e-9)
    np.testing.assert_allclose(shape[2, 3], (z[3] - z[2]) / 0.8, rtol=1e-9)


def test_a_large_gue_has_the_semicircle() -> None:
    drawn = orthogonal_gue(Hermitian(120), 1, np.random.default_rng(2))[0]
    values = np.linalg.eigvalsh(Hermitian(120).matrix(drawn))
    assert np.mean(values**2) == pytest.approx(1)
    assert np.mean(values**4) == pytest.approx(2, rel=0.05)


def test_infinitely_many_samples_are_the_population_flow() -> None:
    setting = Setting(kappa=0.5, kappa_star=0.3, alpha=1e12, lam=0.05, delta=0.3, gamma=0.5)
    times, d = np.array([0, 0.01, 0.05, 0.1, 0.3, 1, 3, 10, 100.0]), 20
    run = dmft(setting, times, d_eff=d, replicas=1, probes=1, copies=2)
    generator = np.random.default_rng(np.random.SeedSequence(0).spawn(1)[0])
    teacher = marchenko_pastur_quantiles(0.3, d)
    start = 0.5 * marchenko_pastur_quantiles(0.5, d)
    w, _ = draw_pair(Hermitian(d), teacher, start, d // 2, run.grid.size, generator)
    # The same flow for the real matrices of twice the size that act like complex ones.
    real = np.block([[w.real, -w.imag], [w.imag, w.real]])
    exact = population_flow(np.diag(np.tile(teacher, 2)), real, times, lam=0.05, delta=0.3)
    np.testing.assert_allclose(run.mse, exact.mse, rtol=1e-4)
    np.testing.assert_allclose(run.train_loss, exact.loss, rtol=1e-4)
    np.testing.assert_allclose(run.eigenvalues[0], np.repeat(exact.eigenvalues[-1][::2], 2), atol=1e-6)


def test_the_start_is_known() -> None:
    run = dmft(NOISY, [0.0, 0.005], **SMALL)
    mse = 1 + 1 / 0.3 + 1 + 1 / 0.4 - 2
    assert run.mse[0] == pytest.approx(mse, rel=1e-6)
    assert run.train_loss[0] == pytest.approx((2 * mse + 0.5) / 4, rel=1e-6)
    # chi(t+, t) = 2 tr Z/d: half a hat at the first node.
    first = run.grid[1]
    assert run.chi[1, 1] / (first / 2) == pytest.approx(2, rel=0.12)


@pytest.mark.parametrize(
    "setting",
    [
        Setting(kappa=0.4, kappa_star=0.3, alpha=0.6, lam=0.2, delta=0.5),
        pytest.param(Setting(0.5, kappa_star=0.2, alpha=0.5, lam=0.3, delta=0.2), marks=pytest.mark.slow),
        pytest.param(Setting(1.0, kappa_star=0.3, alpha=0.4, lam=0.2, delta=0.5), marks=pytest.mark.slow),
    ],
)
def test_long_training_ends_in_the_steady_state(setting: Setting) -> None:
    run = dmft(setting, [40.0], d_eff=20, replicas=4, step=0.15)
    end = steady_state(setting.alpha, setting.kappa, setting.kappa_star, setting.lam, setting.delta)
    assert run.mse_error[0] < 0.06 * end.mse
    assert abs(run.mse[0] - end.mse) < 3 * run.mse_error[0] + 0.005 * end.mse
    assert abs(run.train_loss[0] - end.train_loss) < 3 * run.train_loss_error[0] + 0.01 * end.train_loss


@pytest.mark.slow
def test_late_in_training_with_little_decay_the_end_is_the_steady_state() -> None:
    """lam/q = 0.018, where what a node left over, or what alternated, used to grow: the mse was 3.35."""
    run = dmft(SMALL_R, [100.0, 316.0, 1000.0], d_eff=20, replicas=3, step=0.2)
    end = steady_state(SMALL_R.alpha, SMALL_R.kappa, SMALL_R.kappa_star, SMALL_R.lam, SMALL_R.delta)
    assert run.status is DmftStatus.SOLVED
    assert np.all(run.mse_error < 0.2 * run.mse)
    assert abs(run.mse[-1] - end.mse) < 3 * run.mse_error[-1] + 0.02 * end.mse
    assert abs(run.train_loss[-1] - end.train_loss) < 3 * run.train_loss_error[-1] + 0.03 * end.train_loss
    weight = SMALL_R.alpha * (end.q / SMALL_R.lam - 1)
    assert run.chi[-1].sum() == pytest.approx(weight, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("case", [ENDS[6], ENDS[9], ENDS[10]], ids=lambda case: case.name)
def test_a_good_march_ends_in_the_steady_state(case: Case) -> None:
    run = dmft(case.setting, [END])
    assert run.status is DmftStatus.SOLVED
    for quantity, much, allowance in (("mse", 0.03, 0.01), ("train_loss", 0.25, 0.03)):
        value, error = getattr(run, quantity)[0], getattr(run, f"{quantity}_error")[0]
        expected = theory(case, quantity)
        assert error < much * expected
        assert abs(value - expected) < 3 * error + allowance * expected


@pytest.mark.parametrize(
    ("setting", "end", "options", "reason"),
    [
        (NOISY, 1.0, {"rule": Rule(response=0.5)}, "the response has not the weight"),
        (NOISY, 1.0, {"rule": Rule(noise=0.5)}, "the response has not the weight"),
        (CLEAN, 5.0, {"step": 0.5}, "the time steps are too long"),
        (SMALL_R, 200.0, {"step": 0.2, "rule": Rule(passes=3, smooth=0.0)}, "do not settle"),
        (NOISY, 1.0, {"copies": 2, "replicas": 2, "d_eff": 9}, "replicas differ too much"),
    ],
)
def test_a_march_broken_on_purpose_says_from_when_on(
    setting: Setting, end: float, options: dict[str, object], reason: str
) -> None:
    *_, run = march(setting, [end / 100, end], **{"d_eff": 20, "replicas": 3, **options})
    assert run.status is DmftStatus.UNRESOLVED
    assert run.complete
    assert reason in run.message
    assert f"{run.trusted_until:.4g}" in run.message
    assert run.trusted_until < end
    np.testing.assert_array_equal(run.trusted, run.times <= run.trusted_until)


def test_a_loss_that_rises_is_not_trusted() -> None:
    """Training never raises it: by 3% and four errors it may."""
    grid, n = np.geomspace(0.01, 100, 40), 40
    flat, none = np.ones((3, n)), np.zeros((3, n))
    risen = flat * np.where(np.arange(n) > 25, 1.1, 1.0) + 1e-3 * np.arange(3)[:, None]
    seen = Evidence(grid, flat, risen, none, none, flat, none, none)
    assert judge(seen).until == grid[25]
    assert "rises" in judge(seen).reasons[0]
    assert judge(dataclasses.replace(seen, objective=flat - 0.01 * np.arange(n))).reasons == ()


def test_a_result_is_told_in_ten_lines() -> None:
    run = dmft(NOISY, log_times(0.5, 12), **SMALL)
    lines = repr(run).splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 110
    for told in ("kappa=0.4", "3 replicas", "SOLVED", "t = 0.5", "12 times"):
        assert told in repr(run)


@pytest.mark.slow
def test_networks_are_approached_as_their_size_grows() -> None:
    times = np.array([0.1, 1.0, 5.0])
    run = dmft(NOISY, times, d_eff=30, replicas=8, probes=2)
    ensembles = [simulate_ensemble(NOISY, d, range(24), times, progress=False) for d in (40, 80)]
    means = np.array([e.mean("mse") for e in ensembles])
    errors = np.array([e.standard_error("mse") for e in ensembles])
    limit = 2 * means[1] - means[0]
    error = np.sqrt(4 * errors[1] ** 2 + errors[0] ** 2 + run.mse_error**2)
    assert np.all(error < 0.12 * run.mse)
    assert np.all(np.abs(run.mse - limit) < 3 * error)


@pytest.mark.parametrize("rule", [Rule(response=0.5), Rule(noise=0.5), Rule(noise=0.0)])
def test_wrong_factors_are_seen(rule: Rule, solved: Dmft) -> None:
    *_, wrong = march(NOISY, [2.0], d_eff=20, replicas=1, probes=1, rule=rule)
    assert abs(wrong.mse[0] / solved.mse[0] - 1) > 0.2
    assert abs(wrong.mse[0] - solved.mse[0]) > 8 * solved.mse_error[0]


def test_growth_from_a_small_start_loses_no_digits() -> None:
    """What is new in K is tiny when the copies leave their start, and large later."""
    run = dmft(
        Setting(0.7, 0.3, 0.35, lam=0.01, delta=0.5, gamma=0.01), [3.0], d_eff=20, replicas=1, probes=1
    )
    root = np.linalg.eigvalsh(run.covariance)
    assert root.min() > -1e-12 * root.max()
    assert run.mse[0] == pytest.approx(0.51, rel=0.2)


def test_the_response_is_causal_and_inverts_the_memory() -> None:
    run = dmft(NOISY, [1.0], **{**SMALL, "replicas": 1})
    assert np.all(np.triu(run.chi, 1) == 0)
    np.testing.assert_allclose(
        run.response @ (np.eye(run.grid.size) + run.chi / 0.3), np.eye(run.grid.size), atol=1e-8
    )
    assert np.isnan(run.mse_error).all()
    np.testing.assert_allclose(run.covariance, run.covariance.T)
    assert np.linalg.eigvalsh(run.covariance).min() > -1e-9


def test_snapshots_grow_and_the_seed_decides() -> None:
    small = {**SMALL, "copies": 4}
    seen = list(march(NOISY, [0.0, 0.01, 0.2], **small, eigenvalue_times=[0.0, 0.2], seed=3))
    assert all(later.reached > earlier.reached for earlier, later in pairwise(seen))
    assert [s.times.size for s in seen][:1] == [1]
    assert seen[-1].complete
    assert seen[-1].fraction == 1
    assert not seen[0].complete
    assert seen[-1].eigenvalues.shape == (2, 3 * 4 * 20)
    again = dmft(NOISY, [0.0, 0.01, 0.2], **{**small, "threads": 2}, seed=3)
    other = dmft(NOISY, [0.0, 0.01, 0.2], **small, seed=4)
    np.testing.assert_array_equal(again.mse, seen[-1].mse)
    assert np.all(other.mse[1:] != again.mse[1:])


@pytest.mark.slow
def test_the_time_steps_hardly_matter() -> None:
    coarse, fine = (dmft(CLEAN, [1.0, 5.0], d_eff=20, replicas=8, probes=1, step=s) for s in (0.16, 0.08))
    error = np.hypot(coarse.mse_error, fine.mse_error)
    assert np.all(error < 0.05 * fine.mse)
    assert np.all(np.abs(coarse.mse - fine.mse) < 3 * error)


def test_watching_can_end_it() -> None:
    class EnoughError(Exception):
        pass

    calls = []

    def watch() -> None:
        calls.append(1)
        if len(calls) > 7:
            raise EnoughError

    with pytest.raises(EnoughError):
        list(march(NOISY, [10.0], **SMALL, watch=watch))
    # Replicas that were already called end their step.
    assert 8 <= len(calls) <= 10


def test_a_march_that_diverges_says_where_and_keeps_what_it_has() -> None:
    with pytest.raises(DmftError, match=r"step \d+ of \d+, after t = .*Take more copies") as caught:
        list(march(NOISY, [0.5, 1e3], **SMALL, copies=4, rule=Rule(response=-3.0, passes=6)))
    partial = caught.value.partial
    assert isinstance(partial, Dmft)
    assert partial.reached < 1e3
    assert np.isfinite(partial.mse).all()
    assert partial.status is DmftStatus.STOPPED
    assert f"ended at t = {partial.reached:.4g}, before t = 1000" in partial.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": [1.0, 0.5]}, "times must increase"),
        ({"times": [-1.0]}, "times must be finite and >= 0"),
        ({"d_eff": 8}, r"d_eff = 8 is too small for \d+ time steps: take d_eff >= \d+"),
        ({"copies": 3}, "copies must be even"),
        ({"step": 2.0}, "step must be between 0.01 and 0.5, got 2.0"),
        ({"probes": 0}, "probes must be a whole number >= 1, got 0"),
        ({"replicas": 0}, "replicas must be a whole number >= 1, got 0"),
        ({"setting": Setting(0.01, 0.3, 0.3, 0.01, 0.5)}, r"kappa \(student width\) = 0.01 leaves no column"),
        ({"setting": Setting(0.4, 0.01, 0.3, 0.01, 0.5)}, r"kappa_star .* = 0.01 leaves no column"),
    ],
)
def test_what_cannot_be_marched_is_refused_with_a_remedy(change: dict[str, object], message: str) -> None:
    wanted = {"setting": NOISY, "times": [20.0], "d_eff": 40, "replicas": 4, "probes": 2, **change}
    with pytest.raises(ValueError, match=message):
        check_march(**wanted)


def test_the_remedy_works() -> None:
    with pytest.raises(ValueError, match="take d_eff >= 9,"):
        check_march(NOISY, [20.0], 8, 1, 1)
    check_march(NOISY, [20.0], 9, 1, 1)


@pytest.mark.parametrize(
    "setting", [{"kappa": 0.4}, (0.4, 0.3, 0.3, 0.01, 0.5), None, "F1", 3.0], ids=lambda s: type(s).__name__
)
def test_what_is_no_setting_is_refused_by_name(setting: object) -> None:
    with pytest.raises(TypeError, match=r"setting must be a quadviz.Setting\(kappa, .*got"):
        dmft(setting, [1.0])


@pytest.mark.parametrize(
    "change",
    [
        {"times": "ten"},
        {"times": [1.0, "2"]},
        {"times": [1j]},
        {"times": None},
        {"step": "0.1"},
        {"step": None},
        {"copies": 2.0},
        {"replicas": "4"},
        {"seed": 1.5},
        {"threads": "2"},
    ],
    ids=str,
)
def test_arguments_of_the_wrong_kind_are_named(change: dict[str, object]) -> None:
    (name,) = change
    with pytest.raises(TypeError, match=f"^{name}"):
        dmft(**{"setting": NOISY, "times": [1.0], "d_eff": 20, "replicas": 2, **change})


def test_a_march_says_what_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    # How fast the machine is this very moment is another matter.
    monkeypatch.setattr(plan, "_timed", lambda _work: 1e-2)
    small, many, long = (
        march_cost(NOISY, end, 20, replicas, 1, threads=1) for end, replicas in ((1.0, 2), (1.0, 8), (1e5, 2))
    )
    assert small.nodes == march_grid(NOISY, 1.0).size
    assert many.memory == 4 * small.memory
    assert many.seconds > 2 * small.seconds
    assert long.seconds > 2 * small.seconds


def test_a_march_that_takes_too_long_wants_to_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"would take about \d+ min and .*\d+ time steps.*or force=True"):
        check_march(NOISY, [1e9], 40, 64, 1, copies=6)
    assert check_march(NOISY, [1e9], 40, 64, 1, copies=6, force=True).nodes > 200
    monkeypatch.setattr(plan, "PATIENCE", 0.0)
    with pytest.raises(ValueError, match="an earlier end than t = 1"):
        dmft(NOISY, [1.0], **SMALL)
    assert dmft(NOISY, [0.01], **SMALL, force=True).complete


@pytest.mark.parametrize("kappa", [0.31, 0.35, 0.444, 0.7, 1.0, 2.0, 0.02])
def test_the_size_leaves_little_of_the_width_to_round(kappa: float) -> None:
    d = fitting_size(Setting(kappa, 0.3, 0.35, lam=0.01, delta=0.5))
    columns = min(kappa, 1) * d
    assert round(columns) >= 1
    assert kappa < 0.1 or abs(round(columns) / columns - 1) < 0.02


def test_too_much_memory_is_refused_before_it_is_taken() -> None:
    with pytest.raises(MemoryError, match=r"need .* of memory, and .* are free: \d+ replicas would fit"):
        check_march(NOISY, [20.0], 100, 10_000, 2)
    with pytest.raises(MemoryError, match="take d_eff <= "):
        check_march(NOISY, [20.0], 20_000, 1, 2)


@pytest.mark.parametrize("setting", [NOISY, Setting(0.05, 2.0, 0.01, 0.0, 0.0, gamma=10.0)])
def test_the_grid_reaches_its_end_by_growing_steps(setting: Setting) -> None:
    grid = march_grid(setting, 300.0)
    steps = np.diff(grid)
    assert grid[0] == 0
    assert grid[-1] == 300
    assert np.all(np.diff(steps) > -1e-12)
    assert steps[-1] <= 0.1 * grid[-1]
    np.testing.assert_array_equal(march_grid(setting, 0.0), [0.0])
