"""What goes in: refused in the package's own words, or taken for what was meant."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import quadviz
from quadviz import (
    NoisyTeacherLaw,
    Setting,
    TeacherLaw,
    Wishart,
    bayes_optimal,
    finite_size,
    interpolation_threshold,
    learned_spectrum,
    learning_curve,
    local_exponents,
    minimise,
    optimal_decay,
    optimal_lam,
    optimal_lam2,
    recovery_threshold,
    sample_problem,
    simulate,
    simulate_ensemble,
    solution_branches,
    steady_state,
    steady_state_solutions,
    train,
)

SETTING = Setting(0.5, 0.3, 0.35, lam=0.1, delta=0.5)
GOOD = {
    steady_state: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5},
    learning_curve: {"alpha": [0.3], "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5},
    steady_state_solutions: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5},
    solution_branches: {"alpha": [0.3, 0.4], "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5},
    learned_spectrum: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "lam": 0.01, "delta": 0.5},
    bayes_optimal: {"alpha": 0.3, "kappa_star": 0.3, "delta": 0.5},
    optimal_lam: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "delta": 0.5},
    optimal_decay: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "delta": 0.5, "teacher": Wishart()},
    optimal_lam2: {"alpha": 0.3, "kappa": 1.0, "kappa_star": 0.3, "delta": 0.5, "teacher": Wishart()},
    local_exponents: {"states": steady_state([0.3, 0.4], 1.0, 0.3, 0.1, 0.5), "best": "lam"},
    finite_size: {"setting": SETTING, "d": 10, "inputs": "network", "samples": 8, "seed": 0},
    interpolation_threshold: {"kappa": 1.0, "kappa_star": 0.3, "delta": 0.5},
    recovery_threshold: {"kappa": 1.0, "kappa_star": 0.3, "regularisation": "bayes"},
    Setting: {"kappa": 1.0, "kappa_star": 0.3, "alpha": 0.3, "lam": 0.1, "delta": 0.5, "gamma": 1.0},
    NoisyTeacherLaw: {"kappa_star": 0.3, "xi": 0.1},
    NoisyTeacherLaw(0.3, 0.1).density: {"x": 0.1},
    NoisyTeacherLaw(0.3, 0.1).hilbert: {"x": 0.1},
    NoisyTeacherLaw(0.3, 0.1).resolvent: {"x": 0.1},
    NoisyTeacherLaw(0.3, 0.1).mass_above: {"x": 0.1},
    NoisyTeacherLaw(0.3, 0.1).quantile: {"mass_above": 0.1},
    NoisyTeacherLaw(0.3, 0.1).partial_integrals: {"b": 0.1},
    TeacherLaw: {"kappa_star": 0.3},
    TeacherLaw(0.3).density: {"x": 0.1},
    learned_spectrum(0.3, 1, 0.3, 0.01, 0.5).density: {"z": 0.1},
    learned_spectrum(0.3, 1, 0.3, 0.01, 0.5).noisy_density: {"y": 0.1},
    learned_spectrum(0.3, 1, 0.3, 0.01, 0.5).singular_value_density: {"s": 0.1},
    simulate: {"setting": SETTING, "d": 10, "times": [0.0, 0.1], "seed": 0, "inputs": "network", "rtol": 1e-3,
               "label_noise": "gaussian", "weights": "gaussian", "max_steps": 1000, "threads": 1},
    simulate_ensemble: {"setting": SETTING, "d": 10, "seeds": [0], "times": [0.0, 0.1], "inputs": "network",
                        "processes": 1, "rtol": 1e-3, "max_steps": 1000},
    minimise: {"setting": SETTING, "d": 10, "seed": 0, "tolerance": 1e-3, "max_evaluations": 9, "threads": 1},
    sample_problem: {"setting": SETTING, "d": 10, "seed": 0, "inputs": "network", "weights": "gaussian"},
    train: {"problem": sample_problem(SETTING, 10), "times": [0.0, 0.1], "rtol": 1e-3, "threads": 1},
}  # fmt: skip
STRANGE = [
    None, "strange", {}, object(), 1j, [1j], np.array(["a"]), np.nan, [0.1, np.nan], -1.0, [[1], [1, 2]],
    np.ma.array([0.3, 0.4], mask=[False, True]), [np.ma.array([0.3], mask=[True])], lambda: 0, True,
]  # fmt: skip
#: What takes negative numbers, text or a truth value rightly.
FINE = {"x", "b", "z", "y", "s"}
CASES = [(call, name) for call, arguments in GOOD.items() for name in arguments]


@pytest.mark.parametrize(("call", "name"), CASES, ids=lambda v: getattr(v, "__qualname__", v))
def test_what_is_strange_is_refused_in_the_packages_own_words(call, name):
    call(**GOOD[call])
    for strange in STRANGE:
        if (name in FINE and isinstance(strange, float) and strange < 0) or (
            name == "processes" and strange is None
        ):
            continue
        with pytest.raises((TypeError, ValueError)) as refused:
            call(**{**GOOD[call], name: strange})
        text = str(refused.value)
        assert name.removesuffix("s") in text, (strange, text)
        assert len(text) < 250, text
        # The error was raised by the package, not by something it happened to call.
        last = traceback.extract_tb(refused.tb)[-1].filename
        assert Path(last).is_relative_to(Path(quadviz.__file__).parent), (strange, text)


def test_a_mask_is_refused_with_a_remedy():
    masked = np.ma.array([0.3, 0.4], mask=[False, True])
    with pytest.raises(TypeError, match=r"^alpha .* without a mask .*compressed.* got masked_array"):
        steady_state(masked, 1, 0.3, 0.1, 0)
    with pytest.raises(TypeError, match="without a mask"):
        recovery_threshold([masked, masked], 0.3)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_short_float_means_the_decimal_it_stands_for(kind):
    assert recovery_threshold(0.3, kind(0.3)) == recovery_threshold(kind(0.3), 0.3) == pytest.approx(0.255)
    widths = np.array([0.1, 0.3, 0.7], dtype=kind)
    np.testing.assert_array_equal(recovery_threshold(widths, widths.astype(str).astype(float)) < np.inf, True)
    assert steady_state(0.35, kind(0.3), 0.3, 0, 0).kappa == 0.3
    assert Setting(kind(0.5), 0.3, 0.35, 0.1, 0.5).kappa == 0.5
    assert NoisyTeacherLaw(0.3, kind(0.1)).xi == 0.1
    assert recovery_threshold(1, kind(1) / kind(3)) > 0
    assert steady_state(np.int8(1), np.uint8(1), 1, 1, 0).mse > 0


def test_named_dimensions_broadcast_by_name():
    alpha = xr.DataArray([0.1, 0.2, 0.3], dims="samples", coords={"samples": [10, 20, 30]})
    kappa = xr.DataArray([0.4, 1.0], dims="width")
    s = steady_state(alpha, kappa, 0.3, 0.01, 0.5)
    assert s.shape == (3, 2)
    np.testing.assert_array_equal(
        s.mse, steady_state(alpha.values[:, None], kappa.values, 0.3, 0.01, 0.5).mse
    )
    both = xr.DataArray(np.full((2, 3), 0.5), dims=("width", "samples"))
    assert steady_state(alpha, 1.0, 0.3, 0.01, both).shape == (3, 2)
    assert learning_curve(alpha, kappa, 0.3, 0.01, 0.5).shape == (2, 3)
    data = s.to_xarray()
    assert data.sizes == {"samples": 3, "width": 2} and data.samples.values.tolist() == [10, 20, 30]
    assert data.alpha.dims == ("samples",) and data.kappa.dims == ("width",)
    assert s[1].to_xarray().sizes == {"width": 2}
    assert s[:, 0].to_xarray().samples.values.tolist() == [10, 20, 30]
    # Functions that return plain arrays broadcast by name too.
    assert recovery_threshold(kappa, alpha).shape == (2, 3)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (np.array([0.4, 1.0]), r"kappa .* must be a single number or a DataArray"),
        (xr.DataArray([0.4], dims="x", coords={"x": [2.0]}), r"kappa has other coordinates along 'x'"),
    ],
)
def test_names_that_do_not_fit_are_told(other, message):
    alpha = xr.DataArray([0.3], dims="x", coords={"x": [1.0]})
    with pytest.raises(ValueError, match=message):
        steady_state(alpha, other, 0.3, 0.01, 0.5)


def test_series_keep_their_index():
    table = pd.DataFrame({"alpha": [0.1, 0.2], "delta": [0.0, 0.5]}, index=["few", "more"])
    s = steady_state(table.alpha, 0.4, 0.3, 0.01, table.delta)
    frame = s.to_dataframe()
    assert frame.index.tolist() == ["few", "more"]
    assert frame.delta.tolist() == [0.0, 0.5]
    assert s[1:].to_dataframe().index.tolist() == ["more"]
    assert bayes_optimal(table.alpha, 0.3, table.delta).to_dataframe().index.tolist() == ["few", "more"]
    with pytest.raises(ValueError, match="alpha and delta are Series whose indexes differ"):
        steady_state(table.alpha, 0.4, 0.3, 0.01, table.delta[::-1])


def test_every_public_function_is_tried():
    """Training itself, pure matrix flows and sweeps have tests of their own."""
    elsewhere = {
        "approach_curve",
        "approach_law",
        "dmft",
        "dmft_cost",
        "log_times",
        "matrix_flow",
        "population_flow",
        "errstate",
        "export_sweep",
        "open_sweep",
        "plan_sweep",
        "run_sweep",
    }
    public = {name for name in quadviz.__all__ if inspect.isfunction(getattr(quadviz, name))}
    assert {call.__name__ for call in GOOD if inspect.isfunction(call)} == public - elsewhere
