"""The steady state at a finite d: its limit, its errors, its equations, and networks of that size."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.evidence.cases.teachers import CASES, read_means
from benchmarks.evidence.cases.teachers_page import limit

from quadviz import Orthogonal, Setting, Status, finite_size, minimise
from quadviz.theory.finite.finite_size import _Draws, _Lengths

SETTING = Setting(0.7, 0.3, 0.35, 0.1, 0.5, lam2=0.1, teacher=Orthogonal())


@pytest.mark.parametrize("inputs", ["gaussian", "network"])
def test_it_nears_the_limit_as_one_over_d(inputs):
    runs = [finite_size(SETTING, d, inputs=inputs, samples=32, seed=d) for d in (20, 40, 80)]
    for name in ("mse", "train_loss", "rank"):
        value, error = limit(
            [20, 40, 80], [getattr(r, name) for r in runs], [getattr(r, f"{name}_error") for r in runs]
        )
        true = getattr(runs[0].limit, name)
        assert abs(value - true) <= 4 * error + (0.005 if inputs == "gaussian" else 0.02) * true
    assert runs[0].mse > runs[1].mse > runs[2].mse > runs[0].limit.mse


def test_both_equations_hold_in_the_averages():
    s = finite_size(SETTING, 20, inputs="gaussian", samples=16, seed=3)
    draws = _Draws(SETTING, 20, 16, np.random.default_rng(3))
    response = SETTING.lam / s.q
    mse, interaction, rank = draws.at(s.xi).averages(response).means
    assert 2 * SETTING.alpha * s.xi == pytest.approx(mse + SETTING.delta / 2, rel=1e-5)
    assert response == pytest.approx(1 - interaction / SETTING.alpha, rel=1e-5)
    assert s.train_loss == pytest.approx(SETTING.alpha * s.xi * response**2, rel=1e-6)
    assert s.mse == pytest.approx(mse, rel=1e-5) and s.rank == rank


def test_the_divergence_is_that_of_a_matrix():
    """I_d of one sample is (1/d^2) sum over directions of d f(Y)/dY, by differences."""
    d, xi, response = 5, 0.7, 0.4
    draws = _Draws(SETTING, d, 8, np.random.default_rng(1))
    draws.controls = draws.controls[:0]
    shrink, shift = response / (response + SETTING.lam2), SETTING.lam / response

    def learned(y):
        values, vectors = np.linalg.eigh(y)
        f = np.where(values > shift, shrink * (values - shift), 0.0)
        f[: d - draws.kept] = 0
        return vectors * f @ vectors.T

    total = []
    for sign in (1, -1):
        for teacher, noise in zip(draws.teachers, draws.noise, strict=True):
            y, trace = teacher + sign * np.sqrt(xi) * noise, 0.0
            for i in range(d):
                for j in range(i, d):
                    unit = np.zeros((d, d))
                    unit[i, j] = unit[j, i] = 1 if i == j else np.sqrt(0.5)
                    moved = (learned(y + 1e-6 * unit) - learned(y - 1e-6 * unit)) / 2e-6
                    trace += np.sum(moved * unit)
            total.append(trace / d**2)
    assert draws.at(xi).averages(response).means[1] == pytest.approx(np.mean(total), rel=1e-4)


def test_its_errors_are_those_of_other_samples():
    runs = [finite_size(SETTING, 16, samples=16, seed=i) for i in range(20)]
    for name in ("mse", "train_loss"):
        spread = np.std([getattr(r, name) for r in runs], ddof=1)
        said = np.mean([getattr(r, f"{name}_error") for r in runs])
        assert 0.6 < spread / said < 1.6


@pytest.mark.parametrize(("inputs", "sizes", "share"), [("gaussian", (20, 40), 0.4), ("network", (60,), 0.4)])
def test_networks_of_that_size(inputs, sizes, share):
    """The means of docs/teachers.csv are much nearer to the theory at their d than to its limit."""
    for quantity in ("mse", "train_loss"):
        off, off_limit = [], []
        for case in CASES:
            for d in sizes:
                here = finite_size(case.setting, d, inputs=inputs, samples=16)
                true = float(getattr(here.limit, quantity))
                for m in read_means():
                    if (m.case, m.inputs, m.d, m.quantity) == (case.name, inputs, d, quantity):
                        off.append((m.mean - getattr(here, quantity)) / true)
                        off_limit.append((m.mean - true) / true)
        assert len(off) == len(sizes) * len(CASES)
        if quantity == "mse":
            assert np.mean(off) < share * np.mean(off_limit)
        assert np.mean(np.abs(off)) < 0.05


def test_the_lengths_of_inputs():
    tau, weight = _Lengths.of("network", 40)
    assert weight @ tau == pytest.approx(1)
    drawn = (np.random.default_rng(0).standard_normal((200_000, 40)) ** 2).mean(axis=1) ** 2
    assert weight @ tau**2 == pytest.approx(np.mean(drawn**2) / np.mean(drawn) ** 2, rel=5e-3)
    assert _Lengths.of("gaussian", 40).response(3.0) == 0.25


def test_a_network_nearby():
    setting = Setting(1.0, 0.5, 0.6, 0.3, 0.3, lam2=0.1, teacher=Orthogonal())
    here = finite_size(setting, 12, inputs="gaussian", samples=32)
    ends = [minimise(setting, 12, seed, inputs="gaussian").mse for seed in range(24)]
    assert abs(np.mean(ends) - here.mse) < 4 * np.std(ends) / np.sqrt(24)


def test_what_is_told():
    s = finite_size(SETTING, 10, samples=8)
    table = s.to_dict()
    assert table["coords"]["d"] == 10 and table["values"]["mse"] == s.mse and s.status == Status.SOLVED
    for bad, said in (
        ({"d": 1}, "d .input"),
        ({"samples": 2}, "samples"),
        ({"seed": -1}, "seed"),
        ({"inputs": "x"}, "inputs"),
    ):
        with pytest.raises(ValueError, match=said):
            finite_size(SETTING, **{"d": 10, **bad})
    with pytest.raises(TypeError, match="setting must be"):
        finite_size({}, 10)
