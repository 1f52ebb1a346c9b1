"""Every solution at a setting, statuses that know of them, and the lines they lie on."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import (
    Regime,
    Status,
    recovery_threshold,
    solution_branches,
    steady_state,
    steady_state_solutions,
)
from quadviz.law.quantile import mass_quantile
from quadviz.theory.contour import trace_zeros
from quadviz.theory.steady.equations import evaluate
from quadviz.theory.steady.newton import Problems
from quadviz.theory.steady.solutions import _phi
from tests import exact

#: Beside the curve a closed loop, twice; a curve that folds. Widths, lam, delta, and where there are three.
EXAMPLES = [
    ((0.108, 0.092, 4.92e-4, 0.0), (0.1161, 0.1504), (1.4, 280)),
    ((0.107, 0.03, 9.245e-4, 0.319), (0.1374, 0.1425), (80, 1100)),
    ((0.143, 0.085, 5.33e-5, 0.123), (0.1658, 0.1774), (2, 260)),
]


def residuals(s):
    """Of both equations, from the law cut at q or at omega; relative."""
    xi, q, k = (np.asarray(getattr(s, n)) for n in ("xi", "q", "kappa_star"))
    omega = np.full(xi.shape, -np.inf)
    narrow = s.kappa < 1
    omega[narrow] = mass_quantile(s.kappa[narrow], k[narrow], xi[narrow])
    t = evaluate(np.maximum(q, omega), q, xi, k)
    first = (t.mse + s.delta / 2) / (2 * s.alpha * xi) - 1
    second = q * (1 - t.interaction / s.alpha) - s.lam
    return np.abs(first), np.abs(second) / np.maximum(s.lam, q + (q == 0))


def fine_roots(alpha, kappa, kappa_star, lam, delta):
    """Sign changes of Phi on a grid of 400 points a decade."""
    log_xi = np.log(10) * np.arange(-12, 12, 1 / 400)
    p = Problems(*(np.full(log_xi.size, v) for v in (alpha, kappa, kappa_star, lam, delta)))
    positive = _phi(p, log_xi)[0] > 0
    return np.exp(log_xi[1:][positive[1:] != positive[:-1]])


@pytest.mark.parametrize(("setting", "window"), [example[:2] for example in EXAMPLES])
def test_three_solutions_in_the_window_and_one_outside(setting, window):
    inside = np.linspace(*window, 7)[1:-1]
    for alpha in inside:
        s = steady_state_solutions(alpha, *setting)
        assert s.mse.shape == (3,) and np.all(s.status == Status.SEVERAL)
        assert np.all(np.diff(s.xi) > 0)
        np.testing.assert_allclose(s.xi, fine_roots(alpha, *setting), rtol=0.012)
        first, second = residuals(s)
        assert first.max() < 1e-9 and second.max() < 1e-9
        assert s.mse[0] == pytest.approx(steady_state(alpha, *setting).mse, rel=1e-10)
    for alpha in (window[0] - 1e-3, window[1] + 1e-3):
        s = steady_state_solutions(alpha, *setting)
        assert s.status.tolist() == [Status.SOLVED]
    assert steady_state(inside, *setting).status.tolist() == [Status.SEVERAL] * 5


def test_recovery_just_above_the_teachers_width_is_of_first_order():
    """At kappa = kappa_star = 1/2 a second solution lives to alpha = .385, past the threshold .375."""
    alpha = np.array([0.3751, 0.38, 0.385, 0.387, 0.395])
    s = steady_state(alpha, 0.5, 0.5, 0, 0)
    assert np.all(s.mse == 0)
    assert s.status.tolist() == [*[Status.SEVERAL] * 3, *[Status.SOLVED] * 2]
    found = steady_state_solutions(0.385, 0.5, 0.5, 0, 0)
    assert found.mse.shape == (3,) and found.mse[0] == found.xi[0] == 0
    assert found.mse[2] == pytest.approx(0.0989, rel=1e-3)
    one = steady_state(0.2667, 0.305, 0.3, 0, 0)
    assert one.status == Status.SEVERAL == steady_state(0.2667, 0.305, 0.3, 1e-9, 0).status
    np.testing.assert_allclose(
        steady_state_solutions(0.2667, 0.305, 0.3, 1e-9, 0).mse[1:],
        steady_state_solutions(0.2667, 0.305, 0.3, 0, 0).mse[1:],
        rtol=1e-4,
    )


def test_other_solutions_beside_recovery_in_sixty_digits():
    s = steady_state_solutions(0.2667, 0.305, 0.3, 0, 0)
    for i in (1, 2):
        omega = mass_quantile(np.array([0.305]), np.array([0.3]), s.xi[i : i + 1])[0]
        true = exact.steady_state(0.2667, 0.305, 0.3, 0, 0, s.q[i], s.xi[i], omega)
        assert s.mse[i] == pytest.approx(true["mse"], rel=1e-10)


def test_the_status_agrees_with_all_solutions_where_recovery_is_near():
    rng = np.random.default_rng(3)
    kappa_star = rng.uniform(0.05, 0.9, 40)
    kappa = np.minimum(kappa_star * (1 + 10 ** rng.uniform(-4, -0.5, 40)), 1.2)
    alpha = recovery_threshold(kappa, kappa_star) * (1 + 10 ** rng.uniform(-3, -0.7, 40))
    s = steady_state(alpha, kappa, kappa_star, 0, 0)
    several = 0
    for i in range(40):
        count = steady_state_solutions(alpha[i], kappa[i], kappa_star[i], 0, 0).mse.size
        assert (s.status[i] == Status.SEVERAL) == (count > 1)
        several += count > 1
    assert 3 < several < 37


def test_a_wide_enough_student_may_have_other_solutions_too():
    """The theory is exact there, and still the equations have rank-limited solutions beside it."""
    setting = (0.10634855466924048, 0.08280518309124313, 0.04577961890990343, 4.7491788400083223e-07, 0.0)
    s = steady_state(*setting)
    assert s.status == Status.SEVERAL and s.regime == Regime.EXACT
    found = steady_state_solutions(*setting)
    assert found.mse.size == 3 and found.mse[0] == pytest.approx(s.mse, rel=1e-9)
    assert found.regime.tolist() == [Regime.EXACT, Regime.RANK_LIMITED, Regime.RANK_LIMITED]


def test_roots_that_hide_between_points_of_the_scan_are_found():
    """Next to the folds, two of three solutions are nearer than the scan's step."""
    setting = EXAMPLES[2][0]
    (line,) = solution_branches(np.linspace(0.16, 0.18, 41), *setting)
    low, high = _folds(line.alpha)
    for end, inwards in ((low, 1), (high, -1)):
        near = steady_state(end * (1 + inwards * np.array([2e-6, 1e-5, 1e-4])), *setting)
        assert np.all(near.status == Status.SEVERAL)
        # Of two roots next to each other, the smaller one is on the branch from large alpha.
        first = [steady_state_solutions(a, *setting).mse[0] for a in near.alpha]
        np.testing.assert_allclose(near.mse, first, rtol=1e-8)
        far = steady_state(end * (1 - inwards * np.array([2e-5, 1e-4])), *setting)
        assert np.all(far.status == Status.SOLVED)


def _folds(alpha):
    """The two alphas between which a line passes three times: refined by all solutions."""
    turns = alpha[1:-1][np.diff(alpha)[1:] * np.diff(alpha)[:-1] < 0]
    setting, ends = EXAMPLES[2][0], []
    for guess, inwards in ((turns.min(), 1), (turns.max(), -1)):
        one, three = guess * (1 - 2e-3 * inwards), guess * (1 + 2e-3 * inwards)
        for _ in range(26):
            middle = (one + three) / 2
            if steady_state_solutions(middle, *setting).mse.size > 1:
                three = middle
            else:
                one = middle
        ends.append((one + three) / 2)
    return ends


@pytest.mark.parametrize(("setting", "window", "errors"), EXAMPLES)
def test_lines_go_around_their_folds_and_loops_close(setting, window, errors):
    lines = solution_branches(np.linspace(0.1, 0.25, 151), *setting)
    folded = setting[0] == 0.143
    assert len(lines) == (1 if folded else 2)
    main = lines[0]
    assert main.alpha[[0, -1]].min() == 0.1 and main.alpha[[0, -1]].max() == 0.25
    for line in lines:
        first, second = residuals(line[(line.xi > 0) & (line.status != Status.FAILED)])
        assert np.quantile(first, 0.99) < 1e-8 and np.quantile(second, 0.99) < 1e-8
        assert not np.any(line.status == Status.FAILED)
    other = main if folded else lines[1]
    several = other.alpha[other.status == Status.SEVERAL]
    assert several.min() == pytest.approx(window[0], abs=6e-4)
    assert several.max() == pytest.approx(window[1], abs=6e-4)
    if folded:
        assert np.any(np.diff(main.alpha) > 0) and np.any(np.diff(main.alpha) < 0)
    else:
        assert other.xi[0] == other.xi[-1] and other.alpha[0] == other.alpha[-1]
        assert other.mse.min() == pytest.approx(errors[0], rel=0.2)
        assert other.mse.max() == pytest.approx(errors[1], rel=0.1)
    # Each crossing of a value of alpha is a solution there.
    for alpha in np.linspace(0.1, 0.25, 151)[[20, 40, 70]]:
        on = np.sort(np.concatenate([line.xi[line.alpha == alpha] for line in lines]))
        np.testing.assert_allclose(np.unique(on), steady_state_solutions(alpha, *setting).xi, rtol=1e-7)


def test_the_recovered_teacher_is_a_branch_of_its_own():
    lines = solution_branches(np.linspace(0.3, 0.5, 41), 0.5, 0.5, 0, 0)
    assert len(lines) == 2
    recovered, other = lines
    assert np.all(recovered.mse == 0) and recovered.alpha[0] == 0.375
    assert other.mse.min() > 0 and other.alpha.max() == pytest.approx(0.3857, abs=1e-3)


def test_one_solution_in_the_middle_of_the_sliders():
    rng = np.random.default_rng(8)
    for _ in range(15):
        setting = (*rng.uniform(0.1, 1.5, 3), 10 ** rng.uniform(-4, 0), rng.uniform(0, 2))
        all_of_them, one = steady_state_solutions(*setting), steady_state(*setting)
        assert all_of_them.mse.shape == (1,) and one.status == Status.SOLVED
        for name in ("xi", "q", "mse", "train_loss", "rank", "kappa_min"):
            np.testing.assert_allclose(getattr(all_of_them, name)[0], getattr(one, name), rtol=1e-9)


def test_lines_of_a_saddle_and_of_a_circle():
    y, x = np.mgrid[-2:2:41j, -2:2:41j]
    lines, (rows, columns) = trace_zeros(x**2 + y**2 - 1.003)
    (circle,) = lines
    assert circle[0] == circle[-1] and len(circle) == len(rows) + len(columns) + 1
    assert len(trace_zeros(x * y + 0.013)[0]) == 2
    assert len(trace_zeros(np.ones((3, 3)))[0]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: steady_state_solutions([0.1, 0.2], 1, 1, 1, 1), r"^alpha .* must be a single real number"),
        (lambda: steady_state_solutions(0.1, -1, 1, 1, 1), r"^kappa .* must be a finite number > 0, got -1"),
        (lambda: solution_branches([0.2, 0.1], 1, 1, 1, 1), r"^alpha must be two increasing numbers or more"),
        (lambda: solution_branches(0.2, 1, 1, 1, 1), r"^alpha must be two increasing numbers or more"),
        (lambda: solution_branches([0.1, 0.2], 1, "x", 1, 1), r"^kappa_star .* must be a single real number"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
