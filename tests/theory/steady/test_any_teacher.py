"""Steady states of any teacher with any decay: reference, residuals, limits, and Wishart bit by bit."""

from __future__ import annotations

import csv
import time

import numpy as np
import pytest

import quadviz
from quadviz import (
    Levels,
    NoisyTeacherLaw,
    Orthogonal,
    PowerLaw,
    Regime,
    Status,
    Wishart,
    interpolation_threshold,
    learned_spectrum,
    learning_curve,
    recovery_threshold,
    solution_branches,
    steady_state,
    steady_state_solutions,
)
from tests.settings import random_settings
from tests.tables import REFERENCE

COLUMNS = ("xi", "q", "mse", "train_loss", "rank", "kappa_min")
TEACHERS = (
    (Wishart(), 0.4),
    (Orthogonal(), 0.4),
    (PowerLaw(0.4), 0.4),
    (Levels([0, 0, 0.1, 0.5, 4.4]), None),
    (Levels(np.arange(1, 60) ** -1.25).scaled(second_moment=1), None),
)


def reference_rows():
    with (REFERENCE / "any_teacher.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def teacher_of(row):
    exponent = float(row["exponent"])
    if row["teacher"] == "eigenvalues":
        return Levels(np.concatenate([np.arange(1, 11) ** -exponent, np.zeros(10)])).scaled(mean=1)
    return {"wishart": Wishart, "orthogonal": Orthogonal, "power_law": lambda: PowerLaw(exponent)}[
        row["teacher"]
    ]()


@pytest.mark.parametrize("row", reference_rows(), ids=lambda r: f"{r['teacher']}-{r['alpha']}-{r['lam2']}")
def test_the_reference_table(row):
    """16 settings to 11 digits, by quadrature along arcs and another solver."""
    teacher = teacher_of(row)
    kappa_star = None if isinstance(teacher, Levels) else float(row["kappa_star"])
    alpha, kappa, lam, delta, lam2 = (float(row[name]) for name in ("alpha", "kappa", "lam", "delta", "lam2"))
    s = steady_state(alpha, kappa, kappa_star, lam, delta, lam2, teacher=teacher)
    assert s.status == Status.SOLVED
    assert s.kappa_star == float(row["kappa_star"])
    for column in COLUMNS:
        assert getattr(s, column) == pytest.approx(float(row[column]), rel=1e-9), column


def residuals(s):
    """Relative residuals of the first two equations, and of that of the train loss, from the public law."""
    law = NoisyTeacherLaw(None if isinstance(s.teacher, Levels) else s.kappa_star, s.xi, s.teacher)
    b = np.maximum(s.q, law.quantile(np.minimum(s.kappa, 1)))
    above = law.partial_integrals(b)
    second = np.array([s.teacher.moment(2, *([] if isinstance(s.teacher, Levels) else [k]))
                       for k in np.ravel(s.kappa_star)]).reshape(s.shape)  # fmt: skip
    response = np.sqrt(s.train_loss / (s.alpha * s.xi))
    shrink = np.where(s.lam2 > 0, response / (response + s.lam2), 1.0)
    kept = above.x_rho_hilbert - s.q * above.rho_hilbert
    square = above.moment2 - 2 * s.q * above.moment1 + s.q**2 * above.mass
    mse = (
        second
        + shrink**2 * square
        - 2 * shrink * (above.moment2 - s.q * above.moment1)
        + 4 * s.xi * shrink * kept
    )
    scale = second + s.xi
    fits = np.abs(response - (1 - shrink * kept / s.alpha))
    return (
        np.abs(mse - s.mse) / scale,
        np.abs(2 * s.alpha * s.xi - s.mse - s.delta / 2) / (s.alpha * s.xi),
        fits,
    )


@pytest.mark.parametrize(("teacher", "kappa_star"), TEACHERS)
@pytest.mark.parametrize("lam2", [0.0, 0.2])
def test_random_settings_solve(teacher, kappa_star, lam2):
    values = random_settings(300, seed=17)
    values["kappa_star"] = kappa_star
    values["lam"][::5] = 0 if lam2 else values["lam"][::5]
    s = steady_state(**values, lam2=lam2, teacher=teacher)
    assert not np.any(s.status == Status.FAILED)
    first, second, fits = residuals(s)
    assert first.max() <= 1e-10 and second.max() <= 1e-9 and fits.max() <= 1e-9
    np.testing.assert_array_equal(s.regime == Regime.RANK_LIMITED, s.kappa < s.kappa_min)
    if lam2:
        assert np.all(s.q[values["lam"] == 0] == 0)
    else:
        np.testing.assert_allclose(
            s.q * np.sqrt(s.train_loss / (s.alpha * s.xi)), s.lam, rtol=1e-8, atol=1e-12
        )


@pytest.mark.parametrize(
    ("teacher", "kappa_star"),
    [
        (Wishart(), 1.5),
        (Orthogonal(), 0.02),
        (PowerLaw(0.45, levels=200), 1.0),
        (Levels([0, 0.5, 1e3], [0.5, 0.499, 0.001]), None),
        (Levels([0, 1, 1 + 1e-6, 3]), None),
    ],
)
def test_settings_far_apart_solve(teacher, kappa_star):
    """As far as the domain of Wishart teachers goes: five decades in samples, eight in decay and noise."""
    rng, n = np.random.default_rng(5), 200
    alpha, kappa = 10 ** rng.uniform(-2, 3, n), 10 ** rng.uniform(-2, 0.3, n)
    lam, delta = (10 ** rng.uniform(-6, 2, n) * (rng.random(n) > 0.25) for _ in range(2))
    for lam2 in (0.0, 10 ** rng.uniform(-5, 1, n)):
        s = steady_state(alpha, kappa, kappa_star, lam, delta, lam2, teacher=teacher)
        assert not np.any(s.status == Status.FAILED)
        np.testing.assert_allclose(2 * alpha * s.xi, s.mse + delta / 2, rtol=1e-9)


@pytest.mark.parametrize(("teacher", "kappa_star"), TEACHERS)
@pytest.mark.parametrize("delta", [0.0, 0.4])
@pytest.mark.parametrize("kappa", [1.0, 0.45, 0.3])
def test_vanishing_decay_approaches_the_ridgeless_limit(teacher, kappa_star, delta, kappa):
    alpha = np.array([0.12, 0.22, 0.7, 1.5])
    limit = steady_state(alpha, kappa, kappa_star, 0, delta, teacher=teacher)
    near = steady_state(alpha, kappa, kappa_star, 1e-8, delta, teacher=teacher)
    assert not np.any(limit.status == Status.FAILED) and not np.any(near.status == Status.FAILED)
    np.testing.assert_allclose(near.mse, limit.mse, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(near.train_loss, limit.train_loss, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(("teacher", "kappa_star"), TEACHERS[1:])
def test_thresholds(teacher, kappa_star):
    """Recovery depends on the rank alone; interpolation is where the ridgeless train loss begins."""
    rank = teacher.rank_fraction(*([] if kappa_star is None else [kappa_star]))
    assert recovery_threshold(1.0, kappa_star, teacher=teacher) == recovery_threshold(1.0, rank)
    alpha = recovery_threshold(1.0, rank)
    here = steady_state(alpha * np.array([0.999, 1.001]), 1.0, kappa_star, 0, 0, teacher=teacher)
    assert here.mse[0] > 0 and here.mse[1] == 0
    peak = interpolation_threshold([1.0, 0.3], kappa_star, 0.3, teacher=teacher)
    assert np.all(peak.status != Status.FAILED)
    for p in peak:
        around = p.alpha * np.array([1 - 1e-5, 1 + 1e-5])
        s = steady_state(around, p.kappa, kappa_star, 0, 0.3, teacher=teacher)
        assert s.train_loss[0] == 0 and 0 < s.train_loss[1] < 1e-7 * teacher_scale(teacher, kappa_star)
        assert s.mse[0] < p.mse and s.mse[1] == pytest.approx(p.mse, rel=1e-3)


def teacher_scale(teacher, kappa_star):
    return 1 + teacher.moment(2, *([] if kappa_star is None else [kappa_star]))


def test_wishart_without_frobenius_decay_is_as_it_was_to_the_last_bit():
    """The names of what is absent change nothing, beside points that have it or not."""
    values = random_settings(400, seed=3)
    values["lam"][::4] = 0
    plain = steady_state(**values)
    named = steady_state(**values, lam2=0.0, teacher=Wishart())
    mixed = steady_state(**{n: np.stack([v, v]) for n, v in values.items()}, lam2=[[0.0], [0.3]])
    for column in (*COLUMNS, "in_sample_error", "status", "regime"):
        np.testing.assert_array_equal(getattr(plain, column), getattr(named, column))
        np.testing.assert_array_equal(getattr(plain, column), getattr(mixed[0], column))
    assert np.mean(mixed[1].mse != plain.mse) > 0.8
    assert "lam2" not in plain.to_dict()["coords"] and "lam2" in mixed.to_dict()["coords"]


def test_wishart_goes_the_way_it_went():
    """No law of levels is asked, nor a penalty, where there is none."""
    from quadviz.law.family import WISHART_FAMILY
    from quadviz.theory.steady.solving import problems_of

    one = np.ones(1)
    problems = problems_of(Wishart(), one, one, one, one, one)
    assert problems.family is WISHART_FAMILY and problems.penalty is None


def test_levels_in_other_units_are_the_same():
    """Z* times c: lam times c, delta times c^2, lam2 as it is."""
    levels, c = Levels([0, 0, 1, 3]), 1e-3
    alpha = np.array([0.1, 0.4, 2.0])
    one = steady_state(alpha, [[1.0], [0.4]], None, 0.1, 0.5, 0.05, teacher=levels)
    other = steady_state(
        alpha, [[1.0], [0.4]], None, 0.1 * c, 0.5 * c * c, 0.05, teacher=levels.scaled(mean=c)
    )
    for column, power in (("xi", 2), ("q", 1), ("mse", 2), ("train_loss", 2), ("rank", 0)):
        np.testing.assert_allclose(getattr(other, column), c**power * getattr(one, column), rtol=1e-9)
    peak, small = (
        interpolation_threshold(1.0, None, d, teacher=t)
        for t, d in ((levels, 0.5), (levels.scaled(mean=c), 0.5 * c * c))
    )
    assert small.alpha == pytest.approx(peak.alpha, rel=1e-9)
    assert small.mse == pytest.approx(c * c * peak.mse, rel=1e-9)


def test_levels_that_stand_for_a_wishart_teacher():
    alpha, law = np.linspace(0.1, 1, 7), Levels(*Wishart().levels(0.5))
    for kappa, lam, lam2 in ((1.0, 0.2, 0.0), (0.4, 0.1, 0.0), (1.0, 0.1, 0.3), (1.0, 0.0, 0.3)):
        one = steady_state(alpha, kappa, 0.5, lam, 2.0, lam2)
        other = steady_state(alpha, kappa, None, lam, 2.0, lam2, teacher=law)
        np.testing.assert_allclose(one.mse, other.mse, rtol=1e-5)
        np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-5)


def test_frobenius_decay_alone_is_its_own_limit():
    s = steady_state(0.4, 1.0, 0.3, [0, 1e-9, 1e-7], 0.5, 0.2)
    assert s.q[0] == 0
    np.testing.assert_allclose(s.mse[1:], s.mse[0], rtol=1e-6)
    weak = steady_state(0.4, 1.0, 0.3, 0.1, 0.5, [0.0, 1e-9, 1e-7])
    np.testing.assert_allclose(weak.mse[1:], weak.mse[0], rtol=1e-6)


def test_several_solutions_as_for_wishart():
    found = steady_state_solutions(0.2667, 0.305, 0.3, 0, 0, teacher=Orthogonal())
    assert len(found) == 3 and np.all(found.status == Status.SEVERAL) and found.mse[0] == 0
    first = steady_state(0.2667, 0.305, 0.3, 0, 0, teacher=Orthogonal())
    assert first.status == Status.SEVERAL and first.mse == 0
    lines = solution_branches(np.linspace(0.25, 0.3, 12), 0.305, 0.3, 0, 0, teacher=Orthogonal())
    assert len(lines) >= 2 and all(isinstance(line.teacher, Orthogonal) for line in lines)
    # A Frobenius decay makes the solution unique.
    assert len(steady_state_solutions(0.2667, 0.305, 0.3, 0, 0, 0.2, teacher=Orthogonal())) == 1


def test_what_is_beyond_reach_fails_and_says_so():
    with quadviz.errstate("ignore"):
        s = steady_state([0.3, 1e-80], 1.0, None, 0.1, 0.1, 0.1, teacher=Levels([0.0, 1.0]))
    assert s.status.tolist() == [Status.SOLVED, Status.FAILED] and np.isnan(s.mse[1])
    with pytest.warns(quadviz.SolveWarning, match="lam2 = 0.1"):
        steady_state(1e-80, 1.0, 0.3, 0.1, 0.1, 0.1)


def test_a_point_does_not_depend_on_its_company():
    values = random_settings(60, seed=9)
    values["kappa_star"] = np.tile([0.2, 0.5, 0.7], 20)
    together = steady_state(**values, lam2=0.1, teacher=PowerLaw(0.3))
    for i in (0, 7, 31):
        alone = steady_state(**{n: v[i] for n, v in values.items()}, lam2=0.1, teacher=PowerLaw(0.3))
        for column in COLUMNS:
            assert getattr(alone, column) == getattr(together, column)[i]


@pytest.mark.parametrize(("teacher", "kappa_star"), TEACHERS)
@pytest.mark.parametrize(("kappa", "lam2"), [(1.0, 0.0), (1.0, 0.3), (0.3, 0.3)])
def test_learned_spectra_have_the_mass_and_the_error(teacher, kappa_star, kappa, lam2):
    law = learned_spectrum(0.5, kappa, kappa_star, 0.05, 0.2, lam2, teacher=teacher)
    mass, square = 0.0, 0.0
    for low, high in law.bands()[np.isfinite(law.bands()[:, 0])]:
        phi = np.linspace(0, np.pi, 4001)
        z = (low + high) / 2 - (high - low) / 2 * np.cos(phi)
        weight = law.density(z) * np.sin(phi) * (high - low) / 2
        mass += float(weight[1:-1].sum() * (phi[1] - phi[0]))
        square += float((weight * z * z)[1:-1].sum() * (phi[1] - phi[0]))
    assert mass == pytest.approx(1 - law.atom_at_zero, abs=2e-6)
    assert law.edges.left >= 0 and law.density(law.edges.right + 1e-9) == 0
    assert (law.gap > 0) == (law.state.regime == Regime.RANK_LIMITED)
    # |Z|^2, from mse, |Z*|^2 and the overlap of the two, which is int phi(x) (x - 2 xi H).
    s = law.state
    noisy = NoisyTeacherLaw(kappa_star, s.xi, teacher)
    above = noisy.partial_integrals(law.cut)
    kept = above.moment2 - s.q * above.moment1 - 2 * s.xi * (above.x_rho_hilbert - s.q * above.rho_hilbert)
    second = teacher.moment(2, *([] if kappa_star is None else [kappa_star]))
    assert square == pytest.approx(s.mse - second + 2 * law.shrink * kept, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("levels", "limit"), [(50, 0.06), (400, 0.4)])
def test_a_curve_is_quick(levels, limit):
    teacher, alpha = PowerLaw(0.3, levels=levels), np.linspace(0.05, 1, 100)
    best = np.inf
    for _ in range(5):
        begin = time.perf_counter()
        learning_curve(alpha, 0.7, 0.4, 0.05, 0.3, 0.1, teacher=teacher)
        best = min(best, time.perf_counter() - begin)
    assert best <= limit
