"""What is asked for: read, checked, refused in words that help, and written down again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quadviz import Levels, Orthogonal, PowerLaw, Sweep, SweepSpecError, Teacher
from tests.sweep.grids import SETTING, small

TOML = """
title = "widths"
teacher = { power_law = 0.3, levels = 20 }

[grid]
kappa = [0.5, 1]
alpha = { from = 0.1, to = 0.4, points = 4 }
lam = { from = 0.01, to = 1, points = 3, log = true }
kappa_star = 0.3
delta = 0.5

[theory]
observables = ["mse", "bayes"]

[networks]
d = [10, 20]
seeds = 3

[dmft]
times = [0, 1]
"""


def test_a_file_and_python_ask_for_the_same(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(TOML)
    read = Sweep.from_toml(path)
    grid = {
        "kappa": [0.5, 1.0],
        "alpha": np.linspace(0.1, 0.4, 4),
        "lam": np.geomspace(0.01, 1, 3),
        "kappa_star": 0.3,
        "delta": 0.5,
    }
    written = Sweep(
        grid=grid,
        theory=["mse", "mmse"],
        networks={"d": [10, 20], "seeds": [0, 1, 2]},
        dmft={"times": [0, 1]},
        teacher=PowerLaw(0.3, levels=20),
        title="widths",
    )
    assert read == written
    assert hash(read) == hash(written)
    assert Sweep.from_dict(read.to_dict()) == read
    assert read.dims == {"kappa": 2, "alpha": 4, "lam": 3}
    assert repr(read) == "Sweep(kappa 2, alpha 4, lam 3; theory, networks, dmft)"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kappa =", "kapa =", "grid has no parameter 'kapa': did you mean 'kappa'"),
        ("[theory]", "[teory]", "no key 'teory': did you mean 'theory'"),
        ("seeds = 3", "seed = 3", r"\[networks\] has no key 'seed': did you mean 'seeds'"),
        ('"mse", "bayes"', '"msee"', "observables has no 'msee': did you mean 'mse'"),
        ("points = 4", "point = 4", "range of alpha has no key 'point': did you mean 'points'"),
        (", points = 4 }", " }", "range of alpha lacks 'points'"),
        ("delta = 0.5", "delta = -1", r"delta \(label noise\) must be a finite number >= 0, got -1"),
        ("delta = 0.5", "", r"delta \(label noise\) is missing, which mse needs"),
        ("[0.5, 1]", "[0.5, 0.5]", r"kappa \(student width\) has a value twice"),
        ("[0.5, 1]", "[0.5, true", "sweep.toml: "),
        ("from = 0.01", "from = 0", "range of lam: an end must be > 0 for log = true"),
        ("power_law = 0.3", "power_law = 0.9", "teacher: exponent must be"),
        ("power_law = 0.3", "powerlaw = 0.3", "teacher must be 'wishart'"),
        ("times = [0, 1]", "times = [1, 0]", r"\[dmft\] times must increase"),
        ("d = [10, 20]", "d = [10, 10]", "d must be different whole numbers"),
        ("seeds = 3", 'method = "simulate"', "times and method = 'simulate' go together"),
        ("seeds = 3", "tolerance = 0", "tolerance must be > 0"),
        ('"mse", "bayes"', '"mse_error"', "observables of errors want finite_size"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, said):
    path = tmp_path / "sweep.toml"
    assert old in TOML
    path.write_text(TOML.replace(old, new))
    with pytest.raises(SweepSpecError, match=said) as refused:
        Sweep.from_toml(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        Sweep.from_toml("nowhere.toml")


def test_a_list_of_settings_is_a_dimension():
    rows = [{"name": "narrow", "kappa": 0.4, "lam": 0.1}, {"name": "wide", "kappa": 1.0, "lam": 0.2}]
    grid = {"alpha": [0.2, 0.4, 0.6], "kappa_star": 0.3, "delta": 0.5}
    spec = Sweep(grid=grid, settings=rows, theory=["mse"])
    assert spec.dims == {"setting": 2, "alpha": 3}
    assert spec.names == ["narrow", "wide"]
    columns = {"name": ["narrow", "wide"], "kappa": [0.4, 1.0], "lam": [0.1, 0.2]}
    assert spec == Sweep(grid=grid, settings=columns, theory=["mse"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"settings": [{"kappa": 1.0}, {"alpha": 1.0}]}, "number 2 and the first differ in having"),
        ({"settings": [{"lam": 1.0}]}, "lam stands in grid and in settings"),
        ({"settings": {"kappa": [1.0, 2.0], "alpha": [1.0]}}, "columns of one length"),
        ({"settings": [{"name": "a"}]}, "names alone"),
        ({"settings": "kappa"}, "list of tables"),
        ({"grid": [1]}, "grid must be a table"),
        ({"theory": None}, "nothing is observed"),
        ({"networks": {"seeds": 3}}, r"\[networks\] lacks 'd'"),
        ({"networks": {"d": 10, "seeds": 0}}, "seeds must be a whole number >= 1"),
        ({"networks": {"d": 10, "seeds": True}}, "seeds must be a whole number >= 1"),
        ({"teacher": Teacher()}, "teacher must be 'wishart'"),
        ({"theory": 3}, "observables must be a list of names"),
        ({"teacher": Levels([0, 1])}, "kappa_star does not belong beside"),
        ({"teacher": Orthogonal(), "grid": {**SETTING, "kappa_star": 1.5}}, "a fraction of rank|is missing"),
        ({"title": 3}, "title must be text"),
    ],
)
def test_what_is_wrong_in_python_is_named(given: dict[str, Any], said: str):
    with pytest.raises(SweepSpecError, match=said):
        Sweep(**{"grid": SETTING, "theory": ["mse"], **given})


def test_what_an_observable_does_not_need_may_be_left_out():
    spec = Sweep(grid={"kappa": [0.5, 1.0], "kappa_star": 0.3}, theory=["recovery_alpha"])
    assert set(spec.parameters) == {"kappa", "kappa_star", "gamma", "lam2"}
    with pytest.raises(SweepSpecError, match=r"alpha .* is missing, which networks needs"):
        Sweep(grid=spec.grid, theory=["recovery_alpha"], networks={"d": 10})


def test_whole_numbers_may_be_numpys():
    spec = small(networks={"d": np.array([10, 20]), "seeds": np.int64(3)})
    assert (spec.networks.d, spec.networks.seeds) == ((10, 20), (0, 1, 2))
    assert small(networks={"d": 10, "seeds": [7, 3]}).networks.seeds == (7, 3)


def test_a_teacher_of_levels_is_written_down_whole():
    teacher = Levels([0.0, 1.0, 3.0], [0.5, 0.25, 0.25])
    grid = {name: value for name, value in SETTING.items() if name != "kappa_star"}
    spec = Sweep(grid={**grid, "alpha": 0.3, "kappa": 1.0}, theory=["mse"], teacher=teacher)
    assert Sweep.from_dict(spec.to_dict()).teacher == teacher
    assert small().to_dict()["teacher"] == "wishart"
