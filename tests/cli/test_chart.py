from __future__ import annotations

import numpy as np

from quadviz.cli.chart import chart
from quadviz.cli.commands import spectrum
from quadviz.cli.output import table_of
from quadviz.outcome import Regime
from quadviz.theory.steady.steady_state import steady_state


def finite(values: object) -> np.ndarray:
    return np.isfinite(np.array(values, dtype=float))


def test_what_is_an_assumption_is_dashed() -> None:
    found = steady_state(np.linspace(0.05, 0.5, 10), [[0.2], [0.9]], 0.3, 0.01, 0.5)
    limited = found.regime == Regime.RANK_LIMITED
    figure = chart(table_of(found.sheets()["points"]), "alpha", "mse")
    solid = [t for t in figure.data if t.line.dash is None]
    dashed = [t for t in figure.data if t.line.dash is not None]
    assert [finite(t.y).tolist() for t in solid] == (~limited).tolist()
    assert len(dashed) == 1
    assert finite(dashed[0].y)[limited[0]].all()
    assert "dashed: rank-limited" in figure.layout.title.text
    assert [t.name for t in solid] == ["κ = 0.2", "κ = 0.9"]


def test_what_is_not_trusted_or_not_finite_is_left_out() -> None:
    names = ("kappa", "time", "mse", "trusted")
    rows = [(0.5, 0.0, 2.0, True), (0.5, 1.0, float("inf"), True), (0.5, 2.0, 1.0, False)]
    (line,) = chart((names, rows), "time", "mse").data
    assert list(line.x) == [0.0, 1.0]
    assert finite(line.y).tolist() == [True, False]


def test_a_spectrum_is_drawn_with_its_atom() -> None:
    names = ("kappa", "part", "eigenvalue", "density", "mass", "regime")
    rows = [
        (0.5, "atom", 0.0, "", 0.25, "exact"),
        (0.5, "band", 0.1, 0.0, "", "exact"),
        (0.5, "band", 1.0, 0.4, "", "exact"),
    ]
    band, atom = spectrum._drawn((names, rows), [{"eigenvalue": 0.0, "mass": 0.25}]).data
    assert (list(band.x), list(band.y)) == ([0.1, 1.0], [0.0, 0.4])
    assert (list(atom.x), list(atom.text)) == ([0.0], ["atom of mass 0.25"])
