"""The best Frobenius decay by itself: against a search, a closed form, and the best pair."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import Levels, Orthogonal, PowerLaw, optimal_decay, optimal_lam2, steady_state
from quadviz.theory.best.frobenius import LEAST_LAM2


@pytest.mark.parametrize(
    "teacher", [Orthogonal(), PowerLaw(0.3), Levels(np.arange(1, 41.0) ** -1.5)], ids=str
)
def test_no_other_does_better(teacher):
    rng = np.random.default_rng(3)
    alpha, kappa = 10 ** rng.uniform(-1, 1, (2, 12))
    delta = 10 ** rng.uniform(-2, 0, 12) * teacher.moment(2, 0.5 if teacher.sized_by_width else None)
    star = 0.5 if teacher.sized_by_width else None
    lam2 = optimal_lam2(alpha, kappa, star, delta, teacher=teacher)
    best = steady_state(alpha, kappa, star, 0.0, delta, lam2, teacher=teacher).mse
    grid = np.geomspace(1e-6, 10, 60)
    columns = (alpha[:, None], kappa[:, None], star, 0.0, delta[:, None], grid)
    found = steady_state(*columns, teacher=teacher).mse
    assert np.all(best <= np.nanmin(found, axis=1) * (1 + 1e-9))
    assert np.all(best >= 0.97 * np.nanmin(found, axis=1))


def test_where_nothing_is_cut_it_is_wiener_s():
    """Z = s Y with s = m2/(m2 + xi), mse = m2 xi/(m2 + xi) and int rho H x = 1/2."""
    teacher, delta = Levels([1.0, 1.5, 2.0]), 0.2
    alpha = np.array([20.0, 50.0])
    m2 = teacher.moment(2)
    lam2 = optimal_lam2(alpha, 1.0, None, delta, teacher=teacher)
    s = steady_state(alpha, 1.0, None, 0.0, delta, lam2, teacher=teacher)
    np.testing.assert_allclose(s.mse, m2 * s.xi / (m2 + s.xi), rtol=1e-9)
    np.testing.assert_allclose(lam2, (1 - m2 / (m2 + s.xi) / (2 * alpha)) * s.xi / m2, rtol=1e-6)


def test_where_the_best_pair_has_no_weight_decay_it_is_the_same():
    pair = optimal_decay([0.5, 1.0], 1.0, 1.5, 0.5)
    alone = pair.lam == 0
    assert alone.all()
    np.testing.assert_allclose(optimal_lam2([0.5, 1.0], 1.0, 1.5, 0.5), pair.lam2, rtol=1e-6)


def test_less_than_the_least_is_told_as_the_least():
    teacher = Levels(np.arange(1, 41.0) ** -1.5)
    lam2 = optimal_lam2(0.02, 1.0, None, 1e-4, teacher=teacher)
    assert lam2 == LEAST_LAM2
    errors = steady_state(0.02, 1.0, None, 0.0, 1e-4, [LEAST_LAM2, 1e-2, 1.0], teacher=teacher).mse
    assert np.all(np.diff(errors) > 0)


def test_shapes_and_bad_input():
    assert optimal_lam2([0.1, 0.2], [[0.5], [1.0]], 0.3, 0.5).shape == (2, 2)
    with pytest.raises(ValueError, match=r"delta \(label noise\) must be .* got -1"):
        optimal_lam2(0.1, 1.0, 0.3, -1)
