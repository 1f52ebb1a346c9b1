"""The pure matrix flow: against many digits, an ODE solver, its limit of large d, and the laws in the end."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from quadviz import NoisyTeacherLaw, Setting, population_flow, sample_problem, simulate, steady_state
from quadviz.simulation.approach import FARTHER, network_approach
from quadviz.simulation.matrix_flows import drawn_rates, matrix_flows
from quadviz.simulation.simulate import SimulationError
from quadviz.theory.flow.approach import (
    ALONE,
    COMPETING,
    Approach,
    approach_curve,
    approach_law,
    local_slope,
)
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.matrix_flow import matrix_flow, spectral_flow

GOE = FlowTarget()


def noisy(alpha: float = 0.5, kappa: float = 0.9, lam: float = 0.2) -> FlowTarget:
    state = steady_state(alpha, kappa, 0.3, lam, 0.5)
    return FlowTarget(0.3, float(state.xi), float(state.q))


def problem(d: int, m: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, d, m])
    g = rng.standard_normal((d, d))
    return (g + g.T) / np.sqrt(2 * d), rng.standard_normal((d, m)) / np.sqrt(m)


def with_many_digits(target: np.ndarray, start: np.ndarray, t: float) -> float:
    """The distance by the formula itself, with more digits than its exponentials span."""
    mp.mp.dps = int(60 + 6 * t)
    d, m = start.shape
    rates, basis = mp.eigsy(mp.matrix(target.tolist()))
    v, t = basis.T * mp.matrix(start.tolist()), mp.mpf(t)
    growth = mp.diag([mp.e ** (a * t) for a in rates])
    s = mp.diag([(mp.e ** (2 * a * t) - 1) / a for a in rates])
    moved = growth * v
    z = moved * (mp.eye(m) + v.T * s * v) ** -1 * moved.T
    kept = min(m, sum(1 for a in rates if a > 0))
    for i in range(d - kept, d):
        z[i, i] -= rates[i]
    return float(mp.fsum(x**2 for x in z) / d)


@pytest.mark.parametrize("m", [1, 3, 5, 7, 8, 11])
@pytest.mark.parametrize("t", [1e-3, 0.3, 3.0, 60.0])
def test_against_many_digits(m: int, t: float) -> None:
    """At t = 60 the distance is down to 1e-40 of what it was, and still right to 12 digits."""
    target, start = problem(8, m)
    assert matrix_flow(target, start, t).distance[0] == pytest.approx(
        with_many_digits(target, start, t), rel=1e-12
    )


@pytest.mark.parametrize("t", [0.01, 1.0, 30.0])
def test_a_start_that_is_nearly_singular_within_the_directions_kept(t: float) -> None:
    target, start = problem(10, 5, seed=9)
    _, basis = np.linalg.eigh(target)
    assert np.linalg.cond((basis[:, ::-1].T @ start)[:5]) > 1e4
    assert matrix_flow(target, start, t).distance[0] == pytest.approx(
        with_many_digits(target, start, t), rel=1e-11
    )


@pytest.mark.parametrize(("d", "m"), [(30, 8), (30, 22), (20, 26)])
def test_against_an_ode_solver(d: int, m: int) -> None:
    target, start = problem(d, m)
    times = np.array([0.0, 0.01, 0.3, 1.0, 3.0])

    def velocity(_t: float, flat: np.ndarray) -> np.ndarray:
        w = flat.reshape(d, m)
        return (-(w @ w.T - target) @ w).ravel()

    path = solve_ivp(
        velocity, (0, 3), start.ravel(), t_eval=times, rtol=1e-12, atol=1e-14, method="DOP853"
    ).y.T.reshape(-1, d, m)
    values, basis = np.linalg.eigh(target)
    values[: max(0, d - m)] = 0
    end = (basis * np.maximum(values, 0)) @ basis.T
    expected = [np.sum((w @ w.T - end) ** 2) / d for w in path]
    np.testing.assert_allclose(matrix_flow(target, start, times).distance, expected, rtol=1e-8)


def test_it_is_the_population_flow_at_half_the_speed() -> None:
    """Where Z_inf = Z*, its mse is the distance, by code that shares the scales alone."""
    rng = np.random.default_rng(3)
    w = rng.standard_normal((20, 6))
    teacher, start = w @ w.T / 6, rng.standard_normal((20, 9)) / 3
    times = np.array([0.0, 0.1, 1.0, 4.0])
    flow = matrix_flow(teacher, start, times)
    np.testing.assert_allclose(flow.distance, population_flow(teacher, start, times / 2).mse, rtol=1e-9)
    assert flow.rank == 6
    assert flow.late_rate == 0
    assert np.count_nonzero(flow.rates == 0) == 14


def test_a_single_mode_obeys_the_scalar_formula() -> None:
    times = np.array([0.5, 4.0, 30.0])
    for a, z0 in ((0.8, 0.1), (-0.4, 0.3), (0.0, 0.3)):
        distance = matrix_flow([[a]], [[np.sqrt(z0)]], times).distance
        e = np.exp(-2 * a * times)
        left = a * e * (1 - a / z0) / (1 - e * (1 - a / z0)) if a > 0 else None
        if left is None:
            left = a / (1 - e * (1 - a / z0)) if a else z0 / (1 + 2 * z0 * times)
        np.testing.assert_allclose(distance, left**2, rtol=1e-12)


@pytest.mark.parametrize("m", [4, 9, 10, 16])
def test_the_late_rate_is_that_of_the_end(m: int) -> None:
    """Narrower than the positive part, as wide as it, wider, and of full width."""
    target, start = problem(16, m, seed=2)
    flow = matrix_flow(target, start, [0.0])
    assert (flow.rank == m) == (m <= np.count_nonzero(flow.rates > 0))
    t = 30 / flow.late_rate
    first, second = matrix_flow(target, start, [t, 1.2 * t]).distance
    assert np.log(first / second) / (0.2 * t) == pytest.approx(flow.late_rate, rel=0.01)


def test_a_target_without_positive_part_and_one_that_is_all_of_it() -> None:
    _, start = problem(6, 3)
    nothing = matrix_flow(-np.eye(6), start, [0.0, 1.0, 20.0])
    assert nothing.rank == 0 and nothing.late_rate == 4
    assert nothing.distance[0] == pytest.approx(np.sum((start @ start.T) ** 2) / 6)
    assert np.log(nothing.distance[1] / nothing.distance[2]) / 19 == pytest.approx(4, rel=0.01)
    whole = matrix_flow(np.eye(6), np.eye(6) / 2, [20.0])
    assert whole.rank == 6
    assert whole.distance[0] == pytest.approx((3 * np.exp(-40)) ** 2, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": np.ones((2, 3))}, r"^target must be a symmetric matrix, got shape \(2, 3\)$"),
        ({"target": [[1.0, 2.0], [0.0, 1.0]]}, "^target must be a symmetric matrix"),
        ({"start": np.ones((3, 1))}, r"^start must have 2 rows, .* got shape \(3, 1\)$"),
        ({"times": [1.0, -1.0]}, "^times must be finite and >= 0"),
        ({"times": [np.inf]}, "^times must be finite and >= 0"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"target": np.eye(2), "start": np.ones((2, 1)), "times": [0.0, 1.0]}
    with pytest.raises(ValueError, match=message):
        matrix_flow(**{**good, **change})
    with pytest.raises(ValueError, match=r"^rates must not increase"):
        spectral_flow(np.array([0.0, 1.0]), np.eye(2), [1.0])


def test_the_target_of_a_steady_state_is_the_learned_law() -> None:
    target = noisy()
    law = NoisyTeacherLaw(0.3, target.xi)
    for a in (-1.0, 0.0, 2.0):
        assert target.density(a) == law.density(a + target.q)
        assert target.mass_above(a) == law.mass_above(a + target.q)
    assert target.mass_above(0.0) == pytest.approx(float(steady_state(0.5, 0.9, 0.3, 0.2, 0.5).kappa_min))
    for one in (target, GOE, FlowTarget(0.3, 0.01, 0.4)):
        mass = sum(quad(one.density, low, high, limit=200)[0] for low, high in one.bands)
        assert mass == pytest.approx(1, abs=1e-6)
        for share in (0.05, 0.3, 0.5, 0.9):
            assert one.mass_above(one.quantile(share)) == pytest.approx(share, abs=1e-12)
    clean = FlowTarget(0.3, 0.0)
    assert clean.atom == 0.7 and clean.mass_above(0.0) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "bad",
    [
        {"kappa_star": -1.0},
        {"kappa_star": 0.3, "xi": -1.0},
        {"kappa_star": 0.3, "xi": np.nan},
        {"kappa_star": 0.3, "xi": 0.0, "q": 0.1},
        {"q": 0.1},
    ],
)
def test_a_target_that_is_none_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"kappa_star|xi|shift"):
        FlowTarget(**bad)


def test_the_constants_are_the_integrals_of_single_modes() -> None:
    alone = 2 * quad(lambda x: (x / np.expm1(2 * x)) ** 2, 0, 100, epsabs=1e-14)[0]
    assert pytest.approx(alone, rel=1e-10) == ALONE
    # Of the competing modes, what each does by itself, and what they turn into each other.
    by_itself = 2 * quad(lambda x: 1 / (1 + np.exp(2 * x)) ** 2, 0, 100)[0]
    mixed = quad(lambda x: 0.5 / np.cosh(x) ** 2, -50, 50, points=[0])[0] / 2
    assert by_itself == pytest.approx(np.log(2) - 0.5)
    assert by_itself + mixed == pytest.approx(COMPETING)


@pytest.mark.parametrize("target", [GOE, noisy()], ids=["goe", "teacher"])
def test_the_law_is_where_the_limit_ends(target: FlowTarget) -> None:
    p = target.mass_above(0.0)
    for kappa, kind, edge in (
        (0.6 * p, Approach.COMPETING, target.quantile(0.6 * p)),
        (0.95 * p, Approach.COMPETING, target.quantile(0.95 * p)),
        (1.5 * p, Approach.ALONE, 0.0),
        (2.0, Approach.ALONE, 0.0),
    ):
        law = approach_law(target, kappa)
        rho = float(target.density(edge))
        assert (law.kind, law.edge, law.positive) == (kind, edge, p)
        factor = ALONE if kind == Approach.ALONE else COMPETING * edge**2
        assert law.coefficient == pytest.approx(factor * rho)
        assert law.leaves_at(100) == pytest.approx(100 * rho)
        t = np.array([1e4, 3e4])
        curve = approach_curve(target, kappa, t)
        np.testing.assert_allclose(curve, law.at(t), rtol=3e-3)
        assert local_slope(t, curve)[0] == pytest.approx(kind.slope, abs=2e-3)


@pytest.mark.parametrize("kappa", [0.3, 0.45, 0.9])
def test_the_limit_against_sums_over_many_eigenvalues(kappa: float) -> None:
    """The formulas again, over quantiles of the law in place of nodes, with u by bisection."""
    target, gamma = noisy(), 0.5
    count = 40_000
    grid = np.linspace(*target.bands[0], count)
    a = (grid[1:] + grid[:-1]) / 2
    weight = target.density(a) * (grid[1] - grid[0])
    weight /= weight.sum()
    kept = (np.cumsum(weight[::-1])[::-1] < kappa) & (a > 0)
    times = np.array([0.3, 3.0, 20.0])
    for t, found in zip(times, approach_curve(target, kappa, times, gamma), strict=True):
        s = np.expm1(2 * a * t) / a
        low, high = 1 / gamma, 1 / gamma + weight @ s / kappa
        for _ in range(200):
            u = np.sqrt(low * high)
            too_small = weight @ (s / (u + s)) + kappa / (gamma * u) > kappa
            low, high = (u, high) if too_small else (low, u)
        z, f, w = np.exp(2 * a * t) / (u + s), s / (u + s), u * np.exp(2 * a * t) / (u + s) ** 2
        expected = weight @ (z - np.where(kept, a, 0)) ** 2
        expected += (weight @ w) ** 2 / (kappa - weight @ f**2)
        assert found == pytest.approx(expected, rel=5e-3)


def test_the_start_does_not_matter_in_the_end_but_before() -> None:
    t = np.array([1.0, 1e4])
    small, large = (approach_curve(GOE, 0.8, t, gamma) for gamma in (0.01, 10.0))
    assert small[0] != pytest.approx(large[0], rel=0.2)
    assert small[1] == pytest.approx(large[1], rel=0.01)


def test_at_the_border_the_factor_goes_on_growing() -> None:
    law = approach_law(GOE, 0.5)
    assert law.kind == Approach.BORDER and np.isnan(law.coefficient)
    t = np.geomspace(1e2, 1e6, 5)
    factor = approach_curve(GOE, 0.5, t) * t**3 / (ALONE / np.pi)
    assert np.all(np.diff(factor) > 0.2)
    assert np.all(np.diff(factor, n=2) < 0)
    # Just beside it the laws on either side come, late.
    for kappa in (0.49, 0.51):
        law = approach_law(GOE, kappa)
        assert approach_curve(GOE, kappa, [1e5])[0] == pytest.approx(law.at(1e5), rel=0.06)


def test_directions_with_eigenvalue_0_decay_like_1_over_2t() -> None:
    clean = FlowTarget(0.3, 0.0)
    for kappa, left in ((0.5, 0.2), (1.5, 0.7)):
        law = approach_law(clean, kappa)
        assert law.kind == Approach.ATOM and law.coefficient == pytest.approx(left / 4)
        assert law.leaves_at(100) == np.inf
        assert approach_curve(clean, kappa, [1e4])[0] == pytest.approx(law.at(1e4), rel=1e-3)
        flows = matrix_flows(clean, kappa, 60, (0,), [1e4])
        assert flows.distance[0, 0] == pytest.approx(law.at(1e4), rel=5e-3)
    assert approach_law(clean, 0.2).kind == Approach.COMPETING


def test_without_eigenvalues_at_the_edge_there_is_no_power() -> None:
    shifted = FlowTarget(0.3, 0.01, 0.4)
    low, high = shifted.bands
    assert low[1] < 0 < high[0]
    law = approach_law(shifted, 0.7)
    assert law.kind == Approach.GAP and np.isnan(law.coefficient) and np.isnan(law.kind.slope)
    assert np.isnan(law.leaves_at(100))
    first, second = approach_curve(shifted, 0.7, [100.0, 120.0])
    # Modes at the nearer of the two edges are the last.
    assert np.log(first / second) / 20 == pytest.approx(4 * min(-low[1], high[0]), rel=0.1)


def test_a_width_that_ends_with_a_band_cuts_in_the_gap() -> None:
    target = noisy(alpha=1.5, kappa=0.3)
    low, high = target.bands
    assert low[1] > 0
    law = approach_law(target, 0.3)
    assert law.kind == Approach.GAP
    # Half the rate of a single matrix: of many directions a few have far to turn.
    first, second = approach_curve(target, 0.3, [60.0, 90.0])
    assert np.log(first / second) / 30 == pytest.approx(high[0] - low[1], rel=0.15)
    assert approach_law(target, 0.29).kind == approach_law(target, 0.31).kind == Approach.COMPETING


@pytest.mark.parametrize("times", [[0.0, 1.0], [np.nan], [[1.0]]])
def test_times_that_the_limit_cannot_take_are_refused(times: Any) -> None:
    with pytest.raises(ValueError, match=r"^times must be finite and > 0"):
        approach_curve(GOE, 0.7, times)
    with pytest.raises(ValueError, match=r"^kappa .* > 0, got 0"):
        approach_law(GOE, 0.0)


@pytest.mark.parametrize("kappa", [0.3, 0.5, 0.7, 1.3])
@pytest.mark.parametrize("target", [GOE, noisy()], ids=["goe", "teacher"])
def test_flows_of_finite_size_follow_the_limit_until_they_show_single_eigenvalues(
    target: FlowTarget, kappa: float
) -> None:
    times = np.array([0.1, 0.5, 2.0])
    flows = matrix_flows(target, kappa, 160, tuple(range(6)), times, gamma=0.5)
    mean, error = flows.mean()
    curve = approach_curve(target, kappa, times, gamma=0.5)
    # The mean itself is off by about 1/d.
    assert np.all(np.abs(mean - curve) < 4 * error + 0.02 * curve)
    assert np.all(error < 0.06 * curve)


@pytest.mark.slow
@pytest.mark.parametrize(("kappa", "bound"), [(0.3, 0.08), (0.7, 0.05)])
def test_the_laws_constants_at_finite_size(kappa: float, bound: float) -> None:
    """Directly: means over flows of d = 500 amid the law, over what the limit makes of it there."""
    times = np.array([20.0, 40.0])
    law = approach_law(GOE, kappa)
    flows = matrix_flows(GOE, kappa, 500, tuple(range(24)), times)
    mean, error = flows.mean()
    corrected = mean / approach_curve(GOE, kappa, times) * law.coefficient
    blur = error / mean * law.coefficient
    assert np.all(np.abs(corrected - law.coefficient) < 4 * blur)
    assert np.all(blur < bound * law.coefficient)


def test_flows_are_drawn_from_their_seeds() -> None:
    flows = matrix_flows(GOE, 0.5, 30, (4, 5), [0.0, 1.0])
    alone = matrix_flows(GOE, 0.5, 30, (5,), [0.0, 1.0])
    np.testing.assert_array_equal(flows.distance[1], alone.distance[0])
    assert flows.distance[0, 1] != flows.distance[1, 1]
    # Another shift of the same teacher and noise: the same matrix, shifted.
    near, far = FlowTarget(0.3, 0.5, 0.1), FlowTarget(0.3, 0.5, 0.4)
    np.testing.assert_allclose(drawn_rates(near, 30, 1) - drawn_rates(far, 30, 1), 0.3)
    with pytest.raises(ValueError, match=r"leaves no column at d = 10"):
        matrix_flows(GOE, 0.04, 10, (0,), [1.0])
    with pytest.raises(ValueError, match=r"^seed must be a whole number >= 0"):
        matrix_flows(GOE, 0.5, 10, (-1,), [1.0])


def test_slopes_are_those_of_powers_and_unknown_at_0() -> None:
    t = np.geomspace(1, 100, 9)
    np.testing.assert_allclose(local_slope(t, np.array([t**-3.0, 2 / t]))[:, 4], [-3, -1])
    assert np.isnan(local_slope(t, np.where(t < 50, t, 0.0))[-2:]).all()


def test_a_network_approaches_the_end_of_its_own_training() -> None:
    setting, times = Setting(0.9, 0.3, 0.5, 0.2, 0.5), np.array([0.0, 1.0, 10.0, 50.0])
    task = sample_problem(setting, 12, seed=3)
    seen = list(network_approach(task, times))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all(result is None for _, result in seen[:-1])
    result = seen[-1][1]
    assert result is not None
    whole = simulate(setting, 12, [*times, FARTHER * times[-1]], 3, rtol=1e-7, keep_weights=True)
    assert whole.final_weights is not None
    end = whole.final_weights @ whole.final_weights.T
    assert result.distance[0] == pytest.approx(np.sum((task.start @ task.start.T - end) ** 2) / 12, rel=1e-6)
    for excess, name in ((result.loss_excess, "regularised_loss"), (result.mse_excess, "mse")):
        known = getattr(whole, name)
        np.testing.assert_allclose(excess, known[:-1] - known[-1], atol=1e-6)
    assert np.all(np.diff(result.distance) < 0) and np.all(np.diff(result.loss_excess) < 0)


def test_a_network_that_cannot_be_trained_says_so() -> None:
    task = sample_problem(Setting(0.5, 0.3, 0.5, 0.1, 0.5), 10, seed=1)
    with pytest.raises(ValueError, match=r"^times must increase"):
        network_approach(task, [2.0, 1.0])
    broken = sample_problem(Setting(0.5, 0.3, 0.5, 0.1, 0.5, gamma=1e200), 10, seed=1)
    with pytest.raises(SimulationError, match=r"^d = 10, seed 1: "):
        list(network_approach(broken, [1.0]))
