"""The steady state at a finite d: its limit, its errors, its equations, and networks of that size."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.evidence.teachers import BEYOND, CASES, PAGE, read_means
from benchmarks.evidence.teachers_page import limit
from quadviz import (
    Levels,
    Orthogonal,
    PowerLaw,
    Regime,
    Setting,
    SolveWarning,
    Status,
    finite_size,
    learning_curve,
    minimise,
    steady_state,
)
from quadviz.theory.finite.averages import Draws, Lengths
from quadviz.theory.finite.finite_size import sized_state

VALUES = ("mse", "train_loss", "in_sample_error", "rank", "mse_error", "rank_error", "q", "xi", "kappa_min")
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
    draws = Draws(SETTING, 20, 16, np.random.default_rng(3))
    response = SETTING.lam / s.q
    mse, interaction, rank = draws.at(s.xi).averages(response).means
    assert 2 * SETTING.alpha * s.xi == pytest.approx(mse + SETTING.delta / 2, rel=1e-5)
    assert response == pytest.approx(1 - interaction / SETTING.alpha, rel=1e-5)
    assert s.train_loss == pytest.approx(SETTING.alpha * s.xi * response**2, rel=1e-6)
    memory = 1 - response
    in_sample = mse / 2 * response**2 + SETTING.delta / 4 * memory**2
    assert s.in_sample_error == pytest.approx(in_sample, rel=1e-6)
    assert s.kappa_min == pytest.approx(rank) and s.regime == Regime.EXACT
    assert s.mse == pytest.approx(mse, rel=1e-5) and s.rank == rank


def test_the_divergence_is_that_of_a_matrix():
    """I_d of one sample is (1/d^2) sum over directions of d f(Y)/dY, by differences."""
    d, xi, response = 5, 0.7, 0.4
    draws = Draws(SETTING, d, 8, np.random.default_rng(1))
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
    for name in ("mse", "train_loss", "in_sample_error"):
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


@pytest.mark.parametrize("case", BEYOND, ids=lambda case: case.name)
def test_where_it_falls_short_it_does_so_for_a_network_s_own_inputs_alone(case):
    """With Gaussian inputs means are on the theory at d; with a network's own they are not."""
    off = {"gaussian": [], "network": []}
    for m in read_means():
        if (m.case, m.quantity) == (case.name, "mse"):
            here = finite_size(case.setting, m.d, inputs=m.inputs, samples=16)
            off[m.inputs].append((m.mean - here.mse) / np.hypot(m.error, here.mse_error))
    assert len(off["gaussian"]) == len(off["network"]) == 3
    assert np.max(np.abs(off["gaussian"])) < 3
    assert np.max(np.abs(off["network"])) > 2.5
    text = PAGE.read_text(encoding="utf-8")
    assert "### Where that falls short" in text and f"| {case.name} | network | 80 |" in text


def test_the_lengths_of_inputs():
    tau, weight = Lengths.of("network", 40)
    assert weight @ tau == pytest.approx(1)
    drawn = (np.random.default_rng(0).standard_normal((200_000, 40)) ** 2).mean(axis=1) ** 2
    assert weight @ tau**2 == pytest.approx(np.mean(drawn**2) / np.mean(drawn) ** 2, rel=5e-3)
    assert Lengths.of("gaussian", 40).response(3.0) == 0.25


def test_a_network_nearby():
    setting = Setting(1.0, 0.5, 0.6, 0.3, 0.3, lam2=0.1, teacher=Orthogonal())
    here = finite_size(setting, 12, inputs="gaussian", samples=32)
    ends = [minimise(setting, 12, seed, inputs="gaussian") for seed in range(24)]
    for name in ("mse", "train_loss", "in_sample_error"):
        values = [getattr(end, name) for end in ends]
        assert abs(np.mean(values) - getattr(here, name)) < 4 * np.std(values) / np.sqrt(24)


def test_residuals_on_labels_without_noise_are_of_the_same_answers():
    """The in-sample error of a network's inputs: tau c/(1 + tau c) of the noise stays in the answer."""
    d, load, mse, delta = 40, 1.7, 0.6, 0.5
    rng = np.random.default_rng(0)
    tau = (rng.standard_normal((20_000, d)) ** 2).mean(axis=1) ** 2 / (1 + 2 / d)
    off, noise = rng.standard_normal((2, 20_000))
    residual = (np.sqrt(2 * tau * mse) * off - np.sqrt(delta) * noise) / (1 + tau * load)
    lengths = Lengths.of("network", d)
    assert lengths.train_loss(mse, delta, load) == pytest.approx(np.mean(residual**2) / 4, rel=0.05)
    clean = np.mean((residual + np.sqrt(delta) * noise) ** 2) / 4
    assert lengths.in_sample_error(mse, delta, load) == pytest.approx(clean, rel=0.05)


@pytest.mark.parametrize("inputs", ["gaussian", "network"])
def test_as_an_argument_it_has_the_values_of_the_function(inputs):
    kappa, alpha = np.array([[0.2], [0.7]]), np.array([0.3, 0.6])
    s = steady_state(alpha, kappa, 0.3, 0.1, 0.5, finite_size=12, inputs=inputs)
    curve = learning_curve(alpha, kappa, 0.3, 0.1, 0.5, finite_size=12, inputs=inputs)
    assert (s.finite_size, s.inputs, s.shape) == (12, inputs, (2, 2))
    for i in range(2):
        for j in range(2):
            here = finite_size(Setting(kappa[i, 0], 0.3, alpha[j], 0.1, 0.5), 12, inputs=inputs)
            for name in (*VALUES, "status", "regime"):
                assert getattr(s, name)[i, j] == getattr(here, name), name
                assert getattr(curve, name)[i, 0, j] == getattr(here, name), name
    assert s[0, 0].finite_size == 12 and s[0, 0].mse == s.mse[0, 0]
    assert s.regime.tolist() == [[1, 1], [0, 0]]


def test_as_an_argument_for_other_teachers_and_decays():
    levels = Levels([0.0, 1.0, 2.0])
    for teacher, kappa_star in ((levels, None), (PowerLaw(0.3), 0.4)):
        s = steady_state(0.5, 0.8, kappa_star, 0.0, 0.3, 0.2, teacher=teacher, finite_size=10)
        here = finite_size(Setting(0.8, kappa_star, 0.5, 0.0, 0.3, lam2=0.2, teacher=teacher), 10)
        assert s.mse == here.mse and s.mse_error == here.mse_error > 0 and s.teacher == teacher
        curve = learning_curve([0.5], 0.8, kappa_star, 0.0, 0.3, 0.2, teacher=teacher, finite_size=10)
        assert curve.mse.tolist() == [here.mse]


def test_without_the_argument_nothing_is_new():
    limit = steady_state([0.3, 0.6], 0.7, 0.3, 0.1, 0.5)
    assert limit.finite_size is None and limit.mse_error == 0.0
    assert limit.mse.tolist() == steady_state([0.3, 0.6], 0.7, 0.3, 0.1, 0.5, inputs="gaussian").mse.tolist()
    table = limit.to_dict()
    assert not {"d", "inputs"} & set(table["coords"])
    assert not [name for name in table["values"] if name.endswith("error") and name != "in_sample_error"]
    assert limit[0].mse_error == 0.0
    assert type(limit).joined([limit, limit], np.stack).mse.shape == (2, 2)


def test_conversions_tell_of_the_size():
    s = steady_state([0.3, 0.6], 0.2, 0.3, 0.1, 0.5, finite_size=10)
    table = s.to_dict()
    assert (table["coords"]["d"], table["coords"]["inputs"]) == (10, "network")
    assert table["values"]["mse_error"] == s.mse_error.tolist()
    # Rank-limited: every network has the same rank.
    assert np.max(table["values"]["rank_error"]) < 1e-12
    frame = s.to_dataframe()
    assert frame["d"].tolist() == [10, 10] and frame["mse_error"].tolist() == s.mse_error.tolist()
    data = s.to_xarray()
    assert data.d.item() == 10 and data.mse_error.attrs["long_name"].startswith("standard error")
    assert "d 10, inputs network" in repr(s)


def test_a_size_that_cannot_be_is_refused():
    given = {"alpha": 0.3, "kappa": 0.7, "kappa_star": 0.3, "lam": 0.1, "delta": 0.5}
    for bad, kind, said in (
        (
            {"finite_size": 1},
            ValueError,
            "finite_size .input dimension d. .* between 2 and 200, got 1",
        ),
        ({"finite_size": 201}, ValueError, "between 2 and 200, got 201"),
        ({"finite_size": 20.0}, TypeError, "finite_size .* whole number between 2 and 200, got 20.0"),
        ({"finite_size": True}, TypeError, "finite_size .* got True"),
        ({"finite_size": 20, "inputs": "x"}, ValueError, "inputs must be one of 'network', 'gaussian'"),
        ({"finite_size": 20, "lam": 0}, ValueError, "lam .weight decay. must be >= 1e-06 beside .*got 0"),
        ({"finite_size": 20, "lam": [0.1, 1e-7]}, ValueError, "lam .weight decay. must .*got 1e-07"),
        ({"finite_size": 10, "kappa": 0.02}, ValueError, "kappa .* leaves no neuron at d = 10"),
    ):
        for solve in (steady_state, lambda alpha, **rest: learning_curve([alpha], **rest)):
            with pytest.raises(kind, match=said):
                solve(**{**given, **bad})


def test_what_has_no_solution_is_not_a_number_and_is_told():
    # With so little decay the answer to a label is beyond what is looked for.
    setting = Setting(0.7, 0.3, 0.2, 1e-15, 0.5)
    failed = sized_state(setting, 20, "gaussian", 16)
    assert failed.status == Status.FAILED and np.isnan(failed.mse)
    with pytest.warns(SolveWarning, match="finite_size: 1 of 1 points not solved"):
        assert np.isnan(finite_size(setting, 20, inputs="gaussian", samples=16).kappa_min)


def test_it_can_be_called_off():
    class NotWantedError(Exception):
        pass

    calls = []

    def watch():
        calls.append(1)
        if len(calls) == 3:
            raise NotWantedError

    with pytest.raises(NotWantedError):
        sized_state(SETTING, 10, watch=watch)
    assert len(calls) == 3


def test_where_the_limit_has_several_solutions_that_is_said():
    setting = Setting(0.305, 0.3, 0.2667, 1e-6, 1e-6)
    assert steady_state(0.2667, 0.305, 0.3, 1e-6, 1e-6).status == Status.SEVERAL
    assert sized_state(setting, 40, samples=8).status == Status.SEVERAL


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
