from __future__ import annotations

import numpy as np
import pytest

from quadviz.cli.ranges import LIMIT, grid, values
from quadviz.parameters import EXTENSIONS, PARAMETERS


def test_both_ends_are_met_to_the_last_bit() -> None:
    alpha = values(PARAMETERS["alpha"], "0.05:0.6:30")
    assert alpha.size == 30
    np.testing.assert_array_equal(alpha, np.linspace(0.05, 0.6, 30))
    lam = values(PARAMETERS["lam"], "0,log:0.01:1:20")
    assert lam.size == 21
    assert lam[[0, 1, -1]].tolist() == [0.0, 0.01, 1.0]
    np.testing.assert_allclose(np.diff(np.log(lam[1:])), np.log(100) / 19)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("alpha", "nan", "alpha (sample ratio) must be a finite number > 0, got nan"),
        ("alpha", "0.1,inf", "must be a finite number > 0, got inf"),
        ("alpha", "", "must be a real number"),
        ("alpha", "0.1,", "must be a real number"),
        ("alpha", "0:1:3", "must be a finite number > 0, got 0"),
        ("alpha", "0.1:nan:3", "got nan"),
        ("alpha", "0.6:0.1:3", "a range must rise, got 0.6:0.1:3"),
        ("alpha", "0.1:0.1:3", "a range must rise"),
        ("alpha", "0.1:0.6", "a range is written FIRST:LAST:COUNT"),
        ("alpha", "0.1:0.6:1", "COUNT of a range must be between 2 and 1,000,000, got 1"),
        ("alpha", "0.1:0.6:2.5", "COUNT of a range must be between 2 and 1,000,000, got 2.5"),
        ("alpha", "0.1:0.6:1000000000", "COUNT of a range must be between 2 and 1,000,000, got 1000000000"),
        ("alpha", "0.1:0.6:600000,0.7:0.9:600000", "1,000,000 values at most"),
        ("lam", "log:0:1:5", "must begin above 0"),
        ("lam2", "-1", "lam2 (Frobenius decay) must be a finite number >= 0, got -1"),
    ],
)
def test_what_is_no_range_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        values({**PARAMETERS, **EXTENSIONS}[name], text)
    assert said in str(refused.value)


def test_a_grid_is_outer_and_bounded() -> None:
    axes = {"kappa": np.arange(2.0), "lam": np.array([3.0]), "alpha": np.arange(4.0)}
    made = grid(axes)
    assert np.broadcast(*made.values()).shape == (2, 4)
    with pytest.raises(
        ValueError, match=r"1,000,000 points at most, got 1001 kappa x 1000 alpha = 1,001,000"
    ):
        grid({"kappa": np.ones(1001), "alpha": np.ones(LIMIT // 1000)})
