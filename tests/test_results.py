"""What comes out: NumPy scalars for scalars, safe comparison, short printing, tables with provenance."""

from __future__ import annotations

import builtins
import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import quadviz
from quadviz import (
    PARAMETERS,
    NoisyTeacherLaw,
    Setting,
    Status,
    TeacherLaw,
    bayes_optimal,
    interpolation_threshold,
    learned_spectrum,
    learning_curve,
    minimise,
    optimal_lam,
    recovery_threshold,
    sample_problem,
    simulate,
    simulate_ensemble,
    solution_branches,
    steady_state,
    steady_state_solutions,
)
from quadviz.quantities import QUANTITIES

SETTING = Setting(0.5, 0.3, 0.35, lam=0.1, delta=0.5)
TIMES = [0.0, 1.0, 5.0]


def results():
    """Every kind of result, of one point and of several."""
    with quadviz.errstate("ignore"):
        failed = steady_state([0.3, 1e-200], 1, 0.3, 0.1, 0)
    return {
        "curve": learning_curve([0.1, 0.2, 0.3], [0.4, 1.0], 0.3, 0.01, 0.5),
        "point": steady_state(0.3, 0.4, 0.3, 0.01, 0.5),
        "none": steady_state([], 0.4, 0.3, 0.01, 0.5),
        "failed": failed,
        "family": steady_state(np.full((2, 3, 4), 0.3), 0.4, 0.3, 0.01, 0.5),
        "solutions": steady_state_solutions(0.2667, 0.305, 0.3, 0, 0),
        "branch": solution_branches([0.2, 0.3, 0.4], 0.5, 0.3, 0.01, 0)[0],
        "bayes": bayes_optimal([0.1, 0.3], [[0.3], [0.5]], 0.5),
        "threshold": interpolation_threshold([0.5, 1.0], 0.3, 0.5),
        "spectrum": learned_spectrum([0.3, 0.4], 0.5, 0.3, 0.01, 0.5),
        "law": learned_spectrum(0.4, 0.5, 0.3, 0.01, 0.5),
        "edges": NoisyTeacherLaw(0.3, [0.1, 1.0]).edges(),
        "integrals": NoisyTeacherLaw(0.3, 0.1).partial_integrals([0.0, 1.0]),
        "teacher": TeacherLaw([0.3, 0.5]).edges,
        "network": simulate(SETTING, 10, TIMES, seed=1, eigenvalue_times=[1.0, 5.0]),
        "networks": simulate_ensemble(SETTING, 10, [0, 1], TIMES, processes=1),
        "minimum": minimise(SETTING, 10),
        "problem": sample_problem(SETTING, 10),
    }


RESULTS = results()
each = pytest.mark.parametrize("name", RESULTS)


def test_results_of_scalars_are_numpy_scalars():
    s = RESULTS["point"]
    for value in (s.mse, s.xi, s.rank, s.alpha, s.kappa):
        assert isinstance(value, np.float64)
    assert isinstance(s.status, np.int8)
    assert isinstance(round(s.mse, 3), float) and json.loads(json.dumps(s.mse)) == s.mse
    best, peak, law = bayes_optimal(0.3, 0.3, 0.5), interpolation_threshold(1, 0.3, 0.5), RESULTS["law"]
    noisy, teacher = NoisyTeacherLaw(0.3, 0.1), TeacherLaw(0.3)
    for value in (
        best.mmse, peak.alpha, law.cut, law.gap, law.edges.right, law.density(1.0), law.noisy_density(1.0),
        law.singular_value_density(1.0), recovery_threshold(1, 0.3), recovery_threshold(1, 0.3, "none"),
        optimal_lam(0.3, 1, 0.3, 0.5), noisy.density(1.0), noisy.hilbert(1.0), noisy.mass_above(1.0),
        noisy.quantile(0.2), noisy.edges().left, noisy.partial_integrals(0.0).mass, teacher.density(1.0),
        teacher.atom_at_zero, teacher.edges.right, s[()].mse, RESULTS["curve"][0, 1].mse,
    ):  # fmt: skip
        assert isinstance(value, np.float64), value
    assert isinstance(noisy.resolvent(1.0), np.complex128)
    assert RESULTS["curve"].mse.shape == (2, 3)


@each
def test_comparison_and_hash_never_raise(name):
    one, other = RESULTS[name], copy.deepcopy(RESULTS[name])
    assert one == one and one != "something else" and one is not None
    assert isinstance(one == other, bool) and isinstance(one != other, bool)
    assert hash(one) == hash(one) and one in {one}
    again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
    assert repr(again) == repr(one)


@each
def test_they_print_in_ten_lines_at_most(name):
    lines = repr(RESULTS[name]).splitlines()
    assert 1 <= len(lines) <= 10
    assert lines[0].startswith(type(RESULTS[name]).__name__)
    assert all(len(line) < 400 for line in lines)


def test_what_is_printed_tells_shape_setting_and_status():
    text = repr(RESULTS["curve"])
    assert "kappa 2, alpha 3" in text and "kappa_star 0.3, lam 0.01, delta 0.5" in text
    assert "status: 6 solved; regime: 4 exact, 2 rank-limited" in text
    assert "status: 1 solved, 1 failed" in repr(RESULTS["failed"])
    assert "status: 3 several" in repr(RESULTS["solutions"])
    assert "kappa 0.5, kappa_star 0.3, alpha 0.35" in repr(RESULTS["network"])
    assert (
        repr(NoisyTeacherLaw(0.3, [0.1, 1.0])) == "NoisyTeacherLaw(kappa_star=0.3, xi=0.1, 1) of shape (2,)"
    )


@pytest.mark.parametrize("name", ["point", "law"])
def test_a_single_point_has_no_length(name):
    with pytest.raises(TypeError, match="single point has no length"):
        len(RESULTS[name])
    with pytest.raises(TypeError, match=r"cannot be iterated over|has no length"):
        list(RESULTS[name])


@pytest.mark.parametrize("name", ["curve", "family", "bayes", "threshold", "spectrum", "edges", "none"])
def test_iteration_goes_along_the_first_axis(name):
    whole = RESULTS[name]
    parts = list(whole)
    assert len(parts) == len(whole) == whole.shape[0]
    assert all(part.shape == whole.shape[1:] for part in parts)
    if name == "curve":
        np.testing.assert_array_equal(parts[1].mse, whole.mse[1])


def test_a_few_columns_unpack_like_a_tuple():
    left, right = TeacherLaw(0.25).edges
    assert (left, right) == TeacherLaw(0.25).edges == (1.0, 9.0)
    mass, *_, last = NoisyTeacherLaw(0.3, 0.1).partial_integrals(-np.inf)
    assert mass == pytest.approx(1) and len(TeacherLaw(0.3).edges) == 2
    assert last == NoisyTeacherLaw(0.3, 0.1).partial_integrals(-np.inf)[4]


@each
def test_every_result_becomes_a_dictionary_a_frame_and_a_dataset(name):
    result = RESULTS[name]
    data = result.to_dict()
    json.dumps(data)
    assert data["about"]["result"] == type(result).__name__ and "quadviz" in data["about"]["made_by"]
    rows = int(np.prod(list(data["dims"].values())))
    frame = result.to_dataframe()
    assert len(frame) == rows
    assert set(frame.columns) == set(data["coords"]) | set(data["values"])
    assert frame.attrs["theory"].startswith("arXiv 2601.10483")
    dataset = result.to_xarray()
    assert dataset.attrs["result"] == type(result).__name__
    assert {**dataset.sizes}.items() >= data["dims"].items()
    for column in data["values"]:
        assert column in dataset
        if column in QUANTITIES:
            assert dataset[column].attrs["units"] == "1" and dataset[column].attrs["long_name"]


def test_a_frame_is_tidy_one_row_a_point_with_its_setting():
    curve = RESULTS["curve"]
    frame = curve.to_dataframe()
    assert frame.groupby(["kappa", "alpha"]).size().tolist() == [1] * 6
    for name in ("alpha", "kappa", "kappa_star", "lam", "delta"):
        np.testing.assert_array_equal(frame[name], np.broadcast_to(getattr(curve, name), (2, 3)).ravel())
    np.testing.assert_array_equal(frame.mse, curve.mse.ravel())
    assert frame.status.tolist() == ["solved"] * 6 and set(frame.regime) == {"exact", "rank_limited"}
    assert RESULTS["failed"].to_dataframe().status.tolist() == ["solved", "failed"]
    network = RESULTS["network"].to_dataframe()
    assert network.time.tolist() == TIMES and (network.lam == 0.1).all() and (network.seed == 1).all()
    many = RESULTS["networks"]
    np.testing.assert_array_equal(many.to_dataframe().mse, many.all("mse").ravel())
    assert many.to_dataframe().seed.tolist() == [0, 0, 0, 1, 1, 1]
    eigenvalues = RESULTS["network"].to_dataframe("eigenvalues")
    assert len(eigenvalues) == 20 and (eigenvalues.delta == 0.5).all()
    np.testing.assert_array_equal(eigenvalues.eigenvalue, RESULTS["network"].eigenvalues.ravel())


def test_a_dataset_names_its_dimensions_and_carries_symbols():
    data = RESULTS["curve"].to_xarray()
    assert data.mse.dims == ("kappa", "alpha") and data.lam.dims == ()
    assert data.sel(kappa=1.0, alpha=0.2).mse == RESULTS["curve"].mse[1, 1]
    assert data.alpha.attrs["symbol"] == PARAMETERS["alpha"].symbol == "α"
    assert (
        data.status.attrs["flag_meanings"].split()[data.status.attrs["flag_values"].index(Status.SEVERAL)]
        == "several"
    )
    assert RESULTS["network"].to_xarray().eigenvalue.dims == ("eigenvalue_time", "index")
    assert RESULTS["family"].to_xarray().mse.dims == ("dim_0", "dim_1", "dim_2")
    assert RESULTS["problem"].to_xarray().teacher.dims == ("row", "column")


def test_a_sheet_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="sheet must be one of 'course', 'eigenvalues', got 'weights'"):
        RESULTS["network"].to_dataframe("weights")


@pytest.mark.parametrize(("library", "convert"), [("pandas", "to_dataframe"), ("xarray", "to_xarray")])
def test_a_missing_library_is_told_with_its_remedy(library, convert, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == library:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr("importlib.import_module", lambda name: without(name))
    with pytest.raises(ImportError, match=rf"needs {library}: pip install 'quadviz\[{library}\]'"):
        getattr(RESULTS["point"], convert)()


def test_importing_quadviz_brings_none_of_them():
    heavy = ("pandas", "xarray", "plotly", "ipywidgets")
    code = f"import sys, quadviz; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
