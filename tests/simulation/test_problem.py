"""What a seed draws: which parts two problems share, the moments of each part, and what is refused."""

from __future__ import annotations

import re
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import psutil
import pytest

from quadviz import Setting, sample_problem, simulate
from quadviz.simulation.problem import Problem, Recipe, eigenvalues
from quadviz.simulation.sizes import KRYLOV, Sizes, memory_needed

SETTING = Setting(kappa=0.5, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5)


def samples(problem: Problem) -> np.ndarray:
    """The samples as rows."""
    sensing = problem.sensing
    return sensing.inputs if problem.recipe.inputs == "network" else sensing.coordinates


def parts(problem: Problem) -> tuple[np.ndarray, ...]:
    return problem.teacher, samples(problem), problem.signal, problem.labels, problem.start


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
def test_a_seed_decides_everything(inputs):
    one, same, other = (sample_problem(SETTING, 16, seed, inputs=inputs) for seed in (7, 7, 8))
    for a, b, c in zip(parts(one), parts(same), parts(other), strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.any(a == c)
    assert one.sizes == Sizes(d=16, m=8, m_star=5, n=90)


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
def test_more_samples_leave_the_rest_alone(inputs):
    few, many = (sample_problem(replace(SETTING, alpha=alpha), 16, 7, inputs=inputs) for alpha in (0.2, 0.9))
    np.testing.assert_array_equal(few.teacher, many.teacher)
    np.testing.assert_array_equal(few.start, many.start)
    np.testing.assert_array_equal(samples(few), samples(many)[: few.sizes.n])
    np.testing.assert_allclose(few.labels, many.labels[: few.sizes.n], rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"label_noise": "laplace"}, ("teacher", "samples", "signal", "start")),
        ({"inputs": "gaussian"}, ("teacher", "start")),
        ({"weights": "rademacher"}, ("samples", "start")),
    ],
)
def test_each_part_has_a_stream_of_its_own(change, shared):
    one, other = (
        dict(zip(("teacher", "samples", "signal", "labels", "start"), parts(p), strict=True))
        for p in (sample_problem(SETTING, 16, 7), sample_problem(SETTING, 16, 7, **change))
    )
    for name, part in one.items():
        assert np.array_equal(part, other[name]) == (name in shared), name


def test_labels_are_the_teachers_answers_and_noise():
    silent = sample_problem(replace(SETTING, delta=0), 16, 7)
    x = samples(silent)
    explicit = (np.einsum("ki,ij,kj->k", x, silent.teacher, x) - np.trace(silent.teacher)) / 4
    np.testing.assert_allclose(silent.signal, explicit, rtol=1e-12)
    np.testing.assert_array_equal(silent.labels, silent.signal)
    noise = [
        (p.labels - p.signal) for p in (sample_problem(replace(SETTING, delta=x), 16, 7) for x in (1, 4))
    ]
    np.testing.assert_allclose(noise[1], 2 * noise[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("label_noise", "kurtosis"), [("gaussian", 3.0), ("student", 9.0), ("rademacher", 1.0), ("laplace", 6.0)]
)
def test_label_noise_has_its_variance_and_its_tails(label_noise, kurtosis):
    problem = sample_problem(replace(SETTING, alpha=60, delta=2.0), 60, 1, label_noise=label_noise)
    noise = problem.labels - problem.signal
    n = noise.size
    assert abs(noise.mean()) < 4 * np.sqrt(2.0 / n)
    assert noise.var() == pytest.approx(2.0, abs=8 * np.sqrt((kurtosis - 1) / n) + 40 / n)
    # Student's fourth moment of 5 degrees of freedom has no variance of its own: it converges slowly.
    assert np.mean(noise**4) / noise.var() ** 2 == pytest.approx(
        kurtosis, rel=0.3 if label_noise == "student" else 0.03
    )


@pytest.mark.parametrize("weights", ["gaussian", "rademacher"])
@pytest.mark.parametrize("kappa_star", [0.3, 1.5])
def test_moments_of_the_teacher(weights, kappa_star):
    d = 300
    problem = sample_problem(replace(SETTING, kappa_star=kappa_star, alpha=1e-4), d, 2, weights=weights)
    spectrum = np.linalg.eigvalsh(problem.teacher)
    assert spectrum.mean() == pytest.approx(1, abs=0.02)
    assert np.mean(spectrum**2) == pytest.approx(1 + 1 / kappa_star, rel=0.03)
    assert np.sum(spectrum > 1e-9) == min(d, problem.sizes.m_star)


@pytest.mark.parametrize(("kappa_star", "level"), [(0.25, 4.0), (1.0, 1.0), (1.75, 1.0)])
def test_an_orthogonal_teacher_has_two_levels(kappa_star, level):
    problem = sample_problem(replace(SETTING, kappa_star=kappa_star), 20, 2, weights="orthogonal")
    spectrum = np.linalg.eigvalsh(problem.teacher)
    np.testing.assert_allclose(spectrum, np.where(np.arange(20) < 20 - 20 / level, 0, level), atol=1e-12)


def test_variance_of_the_start():
    problem = sample_problem(replace(SETTING, gamma=0.2, alpha=1e-3), 200, 1)
    start = problem.start
    assert start.shape == (200, 100)
    assert abs(start.mean()) < 4 * np.sqrt(0.2 / 100 / start.size)
    assert start.var() == pytest.approx(0.2 / 100, rel=4 * np.sqrt(2 / start.size))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe(), ()),
        (Recipe(inputs="gaussian"), ()),
        (Recipe(label_noise="student"), ("label noise is student, not Gaussian",)),
        (Recipe(weights="rademacher"), ("teacher weights are rademacher, not Gaussian",)),
        (
            Recipe(label_noise="laplace", weights="orthogonal"),
            (
                "label noise is laplace, not Gaussian",
                "teacher weights are orthogonal: the spectrum of Z* is not Marchenko-Pastur",
            ),
        ),
    ],
)
def test_departures_from_the_theory_are_said(recipe, said):
    assert recipe.departures == said


@pytest.mark.parametrize("m", [3, 9, 20])
def test_eigenvalues_of_a_student(m):
    weights = np.random.default_rng(m).standard_normal((9, m))
    np.testing.assert_allclose(eigenvalues(weights), np.linalg.eigvalsh(weights @ weights.T), atol=1e-12)
    assert np.count_nonzero(eigenvalues(weights)) == min(9, m)


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
def test_what_is_observed_and_the_slope_belong_together(inputs):
    """The slope is d times the gradient of the regularised loss, by central differences."""
    problem = sample_problem(replace(SETTING, lam=0.3), 8, 1, inputs=inputs)
    rng = np.random.default_rng(0)
    weights, change = rng.standard_normal(problem.start.shape), rng.standard_normal(problem.start.shape)
    h = 1e-5
    up, down = (problem.observe(weights + s * h * change).regularised_loss for s in (1, -1))
    slope, residuals = problem.slope(weights)
    assert np.vdot(slope, change) == pytest.approx(8 * (up - down) / (2 * h), rel=1e-7)

    seen, error = problem.observe(weights), weights @ weights.T - problem.teacher
    assert seen.train_loss == pytest.approx(residuals @ residuals / (4 * problem.sizes.n), rel=1e-12)
    assert seen.mse == pytest.approx(np.trace(error @ error) / 8, rel=1e-12)
    answers = problem.sensing.measure(error)
    assert seen.in_sample_error == pytest.approx(answers @ answers / (4 * problem.sizes.n), rel=1e-12)
    assert seen.regularised_loss == pytest.approx(seen.train_loss + 0.3 / 8 * np.sum(weights**2), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"d": 1}, ValueError, r"^d \(input dimension\) must be a whole number >= 2, got 1$"),
        ({"d": 20.0}, TypeError, r"^d \(input dimension\) must be a whole number >= 2, got 20\.0$"),
        ({"d": True}, TypeError, r"^d .* got True$"),
        ({"d": "20"}, TypeError, r"^d .* got '20'$"),
        ({"seed": -1}, ValueError, r"^seed must be a whole number >= 0, got -1$"),
        ({"seed": 1.5}, TypeError, r"^seed must be a whole number >= 0, got 1\.5$"),
        ({"seed": None}, TypeError, r"^seed .* got None$"),
        ({"inputs": "goe"}, ValueError, r"^inputs must be one of 'network', 'gaussian', got 'goe'$"),
        ({"label_noise": 3}, ValueError, r"^label_noise must be one of 'gaussian', .*'laplace', got 3$"),
        ({"weights": "sparse"}, ValueError, r"^weights must be one of .*'rademacher', got 'sparse'$"),
    ],
)
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        sample_problem(**{"setting": SETTING, "d": 20, **change})


@pytest.mark.parametrize(
    ("name", "value", "lack"),
    [("kappa", 0.02, "no neuron"), ("kappa_star", 0.024, "no neuron"), ("alpha", 0.001, "no sample")],
)
def test_sizes_that_round_to_nothing_are_refused_with_what_would_do(name, value, lack):
    setting = replace(SETTING, **{name: value})
    with pytest.raises(
        ValueError, match=rf"^{name} \(.*\) = {value} leaves {lack} at d = 20: take d >= "
    ) as refusal:
        Sizes.of(setting, 20)
    remedies = str(refusal.value).split("take d >= ")[1]
    d, enough = remedies.split(f", or {name} >= ")
    assert Sizes.of(setting, int(d)) and Sizes.of(replace(SETTING, **{name: float(enough)}), 20)
    with pytest.raises(ValueError, match=lack):
        Sizes.of(setting, int(d) - 1)


@pytest.mark.parametrize("inputs", ["network", "gaussian"])
def test_what_does_not_fit_is_refused_with_the_largest_d_that_does(monkeypatch, inputs):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 2e6})())
    with pytest.raises(MemoryError) as refusal:
        sample_problem(SETTING, 1000, inputs=inputs)
    needed = memory_needed(Sizes.of(SETTING, 1000), inputs)
    said = {"network": f"{needed / 1e9:.3g} GB", "gaussian": f"{needed / 1e12:.3g} TB"}[inputs]
    instead = {"network": "", "gaussian": ', or inputs="network"'}[inputs]
    words = rf"d = 1000 needs {said} of memory, and 2 MB are free: d up to (\d+) would fit{instead}"
    match = re.fullmatch(words, str(refusal.value))
    assert match, str(refusal.value)
    fits = int(match[1])
    assert sample_problem(SETTING, fits, inputs=inputs).sizes.d == fits
    with pytest.raises(MemoryError):
        sample_problem(SETTING, fits + 1, inputs=inputs)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process's data")
def test_a_process_s_own_limit_counts_too(monkeypatch):
    import resource

    limit = psutil.Process().memory_info().data + 2_000_000
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (limit, limit))
    with pytest.raises(MemoryError, match=r"d = 1000 needs .* MB are free: d up to"):
        sample_problem(SETTING, 1000)


@pytest.mark.parametrize(("inputs", "d"), [("network", 60), ("gaussian", 40)])
@pytest.mark.parametrize("kappa", [0.5, 1.5])
def test_the_memory_said_to_be_needed_is_what_is_taken(inputs, d, kappa):
    """NumPy's part of it as measured, and the integrator's Krylov basis, which tracemalloc does not see."""
    setting = replace(SETTING, kappa=kappa, alpha=1.0)
    sizes = Sizes.of(setting, d)
    simulate(setting, d, [0.01], inputs=inputs)  # what is imported on the way does not count
    tracemalloc.start()
    try:
        simulate(setting, d, [0, 0.1, 1], inputs=inputs)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    taken = peak + 8 * KRYLOV * d * sizes.m
    assert 0.7 * memory_needed(sizes, inputs) < taken < memory_needed(sizes, inputs)
