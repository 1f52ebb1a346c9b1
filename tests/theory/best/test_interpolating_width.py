"""The width from which on every label can be fitted, against the threshold that it inverts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quadviz.theory.best.interpolating_width import interpolating_width
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold

SETTINGS = [(0.3, 0.5), (0.3, 0.0), (1.5, 0.05), (0.1, 4.0)]


@pytest.mark.parametrize(("kappa_star", "delta"), SETTINGS)
def test_the_threshold_at_the_width_is_alpha_again(kappa_star: float, delta: float) -> None:
    for kappa in (0.03, 0.1, 0.25, 0.4):
        threshold = interpolation_threshold(kappa, kappa_star, delta)
        if threshold.status != 0 or (delta == 0 and kappa >= kappa_star):
            continue
        width = interpolating_width(float(threshold.alpha), kappa_star, delta)
        assert width.kappa == pytest.approx(kappa, rel=1e-9)
        assert width.mse == pytest.approx(float(threshold.mse), rel=1e-8)


@pytest.mark.parametrize(("kappa_star", "delta"), SETTINGS)
def test_beyond_the_threshold_of_the_widest_student_there_is_none(kappa_star: float, delta: float) -> None:
    top = float(interpolation_threshold(1.0, kappa_star, delta).alpha)
    none = interpolating_width(1.001 * top, kappa_star, delta)
    assert none.kappa == math.inf
    assert math.isnan(none.mse)
    assert interpolating_width(0.99 * top, kappa_star, delta).kappa < 1


def test_narrower_students_cannot_fit_every_label_and_wider_ones_can() -> None:
    width = interpolating_width(0.25, 0.3, 0.5)
    loss = steady_state(0.25, width.kappa * np.array([0.8, 0.99, 1.01, 1.2, 3.0]), 0.3, 0.0, 0.5).train_loss
    assert np.all(loss[:2] > 0)
    np.testing.assert_array_equal(loss[2:], 0)


def test_without_noise_it_is_the_smallest_of_several_widths() -> None:
    # Just below kappa_star the threshold is higher than at kappa_star itself.
    width = interpolating_width(0.26, 0.3, 0.0)
    assert width.kappa < 0.3
    later = interpolation_threshold([width.kappa, 0.3, 0.31], 0.3, 0.0).alpha
    assert later[0] == pytest.approx(0.26)
    assert later[1] < 0.26 < later[2]


def test_where_the_equations_have_several_solutions_no_mse_is_given() -> None:
    threshold = interpolation_threshold(0.1, 0.05, 4.0)
    assert threshold.status == 1
    assert math.isnan(interpolating_width(float(threshold.alpha), 0.05, 4.0).mse)


def test_fewer_samples_than_any_width_needs_give_the_narrowest_looked_at() -> None:
    width = interpolating_width(1e-5, 0.3, 0.5)
    assert 0 < width.kappa <= 1e-3


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_bad_alphas_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        interpolating_width(bad, 0.3)
