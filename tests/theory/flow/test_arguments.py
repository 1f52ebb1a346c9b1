"""What the flows of matrices are given is refused by name, value and range where it does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quadviz import FlowTarget, approach_curve, approach_law, log_times, matrix_flow, population_flow

GOOD: dict[str, dict[str, Any]] = {
    "population_flow": {"teacher": np.eye(2), "start": np.ones((2, 1)), "times": [0.0, 1.0]},
    "matrix_flow": {"target": np.eye(2), "start": np.ones((2, 1)), "times": [0.0, 1.0]},
    "approach_curve": {"target": FlowTarget(), "kappa": 0.7, "times": [1.0, 2.0]},
    "approach_law": {"target": FlowTarget(), "kappa": 0.7},
    "log_times": {"end": 10.0},
}
FUNCTIONS = {
    "population_flow": population_flow,
    "matrix_flow": matrix_flow,
    "approach_curve": approach_curve,
    "approach_law": approach_law,
    "log_times": log_times,
}
WRONG: list[tuple[str, str, Any, type[Exception], str]] = [
    (function, name, value, error, message)
    for function in ("population_flow", "matrix_flow")
    for name in ("teacher" if function == "population_flow" else "target", "start", "times")
    for value, error, message in [
        ("abc", TypeError, "got 'abc'"),
        ({}, TypeError, "got {}"),
        (None, TypeError, "got None"),
        ([["1", "2"], ["2", "1"]], TypeError, "got"),
        ([[1j, 0], [0, 1]], TypeError, "got"),
        (np.ma.masked_array(np.eye(2), np.eye(2)), TypeError, "got"),
        ([[np.nan, 0.0], [0.0, 1.0]], ValueError, "finite"),
        (np.ones((2, 2, 2)), ValueError, r"got shape \(2, 2, 2\)"),
        (np.zeros((0, 0)), ValueError, r"got shape \(0"),
    ]
] + [
    (
        "population_flow",
        "teacher",
        [[1.0, 0.5], [0.4, 1.0]],
        ValueError,
        "got 0.5 in row 0, column 1 and 0.4",
    ),
    ("population_flow", "teacher", [[1.0, np.inf], [np.inf, 1.0]], ValueError, "got inf in row 0, column 1"),
    ("population_flow", "start", np.ones((3, 1)), ValueError, "2 rows, as teacher has"),
    ("population_flow", "times", -1.0, ValueError, ">= 0, in one dimension, got -1"),
    ("population_flow", "lam", [0.1, 0.2], TypeError, "single real number"),
    ("population_flow", "lam", -0.1, ValueError, "-0.1"),
    ("population_flow", "delta", "much", TypeError, "much"),
    ("matrix_flow", "start", np.ones((3, 1)), ValueError, "2 rows, as target has"),
    ("approach_curve", "times", [0.0, 1.0], ValueError, "> 0, in one dimension, got 0"),
    ("approach_curve", "times", "soon", TypeError, "got 'soon'"),
    ("approach_curve", "gamma", [1.0], TypeError, "single real number"),
    *(
        (function, "target", value, TypeError, r"target must be a quadviz.FlowTarget\(.*got")
        for function in ("approach_curve", "approach_law")
        for value in ({}, (0.3, 1.0, 0.0), None, "GOE", np.eye(2))
    ),
    ("approach_law", "kappa", "wide", TypeError, "wide"),
    ("approach_law", "kappa", 0.0, ValueError, "0"),
    ("log_times", "end", "10", TypeError, "end must be a number > 0, got '10'"),
    ("log_times", "end", None, TypeError, "end must be a number"),
    ("log_times", "end", [10.0], TypeError, "end must be a number"),
    ("log_times", "end", np.inf, ValueError, "end must be > 0, got inf"),
    ("log_times", "end", np.nan, ValueError, "end must be > 0, got nan"),
    ("log_times", "end", 1e-3, ValueError, "0 < start < end"),
    ("log_times", "start", -1.0, ValueError, "start must be > 0, got -1.0"),
    ("log_times", "points", 2, ValueError, "points must be a whole number >= 3, got 2"),
]


@pytest.mark.parametrize(("function", "name", "value", "error", "message"), WRONG)
def test_what_does_not_fit_is_named(
    function: str, name: str, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as refusal:
        FUNCTIONS[function](**{**GOOD[function], name: value})
    if "start < end" not in message:
        meaning = str(refusal.value).partition(" must")[0]
        assert meaning.startswith(name)


@pytest.mark.parametrize(
    ("field", "value"),
    [("xi", "much"), ("xi", -1.0), ("xi", np.inf), ("q", None), ("q", np.nan), ("kappa_star", 0)],
)
def test_a_target_names_the_field_that_does_not_fit(field: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{field}"):
        FlowTarget(**{"kappa_star": 0.3, "xi": 1.0, "q": 0.1, field: value})


@pytest.mark.parametrize("function", ["population_flow", "matrix_flow"])
def test_flows_convert_and_print(function: str) -> None:
    flow = FUNCTIONS[function](**GOOD[function])
    assert len(repr(flow).splitlines()) <= 10
    frame = flow.to_dataframe()
    assert frame.time.tolist() == [0.0, 1.0]
    assert flow.to_xarray().sizes["time"] == 2
    assert flow == flow
    assert isinstance(hash(flow), int)
