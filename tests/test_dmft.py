"""Dynamical mean-field theory against closed forms, steady states, simulations, and wrong equations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from quadviz import Setting, population_flow, simulate_ensemble, steady_state
from quadviz.theory.dmft import Dmft, DmftError, DmftStatus, dmft, march
from quadviz.theory.dmft.draws import Hermitian, draw_pair, marchenko_pastur_quantiles, orthogonal_gue
from quadviz.theory.dmft.plan import check_march, march_grid
from quadviz.theory.dmft.replica import Rule
from quadviz.theory.dmft.step import RiccatiStep, dagger

NOISY = Setting(kappa=0.4, kappa_star=0.3, alpha=0.3, lam=0.01, delta=0.5)
CLEAN = Setting(kappa=0.5, kappa_star=0.2, alpha=0.26, lam=0.1, delta=0.0)
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
    for known in (np.eye(20), np.diag(teacher), z):
        np.testing.assert_allclose(noise @ space.vector(known), 0, atol=1e-8)
    assert np.trace(z).real == pytest.approx(20)
    assert np.trace(z @ np.diag(teacher)).real == pytest.approx(20, rel=1e-9)
    np.testing.assert_allclose(np.linalg.eigvalsh(z)[:9:-1], start[:10], rtol=1e-9)


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
    run = dmft(setting, [40.0], d_eff=20, replicas=4, probes=1)
    end = steady_state(setting.alpha, setting.kappa, setting.kappa_star, setting.lam, setting.delta)
    assert run.mse_error[0] < 0.06 * end.mse
    assert abs(run.mse[0] - end.mse) < 3 * run.mse_error[0] + 0.005 * end.mse
    assert abs(run.train_loss[0] - end.train_loss) < 3 * run.train_loss_error[0] + 0.01 * end.train_loss


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
    seen = list(march(NOISY, [0.0, 0.01, 0.2], **SMALL, eigenvalue_times=[0.0, 0.2], seed=3))
    assert all(later.reached > earlier.reached for earlier, later in pairwise(seen))
    assert [s.times.size for s in seen][:1] == [1]
    assert seen[-1].complete
    assert seen[-1].fraction == 1
    assert not seen[0].complete
    assert seen[-1].eigenvalues.shape == (2, 3 * 8 * 20)
    again = dmft(NOISY, [0.0, 0.01, 0.2], **{**SMALL, "threads": 2}, seed=3)
    other = dmft(NOISY, [0.0, 0.01, 0.2], **SMALL, seed=4)
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
        list(march(NOISY, [0.5, 1e3], **SMALL, rule=Rule(response=-3.0)))
    partial = caught.value.partial
    assert isinstance(partial, Dmft)
    assert partial.reached < 1e3
    assert np.isfinite(partial.mse).all()


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
