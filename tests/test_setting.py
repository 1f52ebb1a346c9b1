"""The parameter table and the messages made from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quadviz import PARAMETERS, Setting
from quadviz.parameters import broadcast_parameters

GOOD = {"kappa": 0.5, "kappa_star": 0.3, "alpha": 0.35, "lam": 0.01, "delta": 0.5}


def test_defaults_and_ranges_belong_to_the_domain():
    for p in PARAMETERS.values():
        assert p.low < p.high
        for value in (p.low, p.high, p.default):
            assert p.as_array(value) == value
            assert p.in_range(value) == value


def test_setting_is_frozen_and_holds_floats():
    setting = Setting(**{**GOOD, "kappa": 1})
    assert setting.kappa == 1.0 and isinstance(setting.kappa, float)
    with pytest.raises(AttributeError):
        setting.kappa = 2.0  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("name", ["kappa", "kappa_star", "alpha", "gamma"])
@pytest.mark.parametrize("value", [0, -1.5, math.nan, math.inf, -math.inf])
def test_positive_parameters_refuse(name, value):
    with pytest.raises(ValueError, match=rf"^{name} \(.*\) must be a finite number > 0, got {value}$"):
        Setting(**{**GOOD, name: value})


@pytest.mark.parametrize("name", ["lam", "delta"])
def test_zero_is_allowed_for_lam_and_delta_only(name):
    assert getattr(Setting(**{**GOOD, name: 0}), name) == 0
    with pytest.raises(ValueError, match=rf"^{name} .* must be a finite number >= 0, got -1e-09$"):
        Setting(**{**GOOD, name: -1e-9})


@pytest.mark.parametrize("value", ["0.3", None, True, 1j, [[1], [1, 2]], object()])
def test_what_is_not_a_number_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^kappa \(student width\) must be"):
        Setting(**{**GOOD, "kappa": value})


def test_the_first_bad_entry_of_an_array_is_named():
    with pytest.raises(ValueError, match=r"^delta .* got -2$"):
        broadcast_parameters(delta=[0.0, -2.0, math.nan])


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"kappa \(2,\), delta \(3,\)"):
        broadcast_parameters(kappa=np.ones(2), delta=np.ones(3))


def test_range_refusals_name_parameter_value_and_range():
    with pytest.raises(ValueError, match=r"^kappa \(student width\) must be between 0.02 and 2, got 7$"):
        PARAMETERS["kappa"].in_range(7.0)
    with pytest.raises(ValueError, match=r"^lam .* must be 0 or between 1e-06 and 10, got 1e-09$"):
        PARAMETERS["lam"].in_range(1e-9)
    with pytest.raises(TypeError, match="must be a real number"):
        PARAMETERS["lam"].in_range("0.1")
    assert PARAMETERS["lam"].in_range(0) == 0.0
