"""A point does not depend on its company, neither bits nor status; and a million fit in the memory."""

from __future__ import annotations

import numpy as np
import pytest

from quadviz import (
    NoisyTeacherLaw,
    Status,
    bayes_optimal,
    interpolation_threshold,
    learned_spectrum,
    optimal_lam,
    recovery_threshold,
    steady_state,
)
from quadviz.blocks import BLOCK, blockwise, slices
from quadviz.law.quantile import mass_quantile
from quadviz.law.triangle import quick_quantile
from quadviz.theory.scan import blocks_of, find_brackets, stretches
from tests.settings import random_settings

COLUMNS = ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min", "status", "regime")


def settings(n, seed):
    values = random_settings(n, seed)
    values["kappa"][n // 2 :] /= 5
    values["lam"][::7] = 0
    return values


def everything(v):
    """What every function says of some points."""
    two, three = (v["kappa_star"], v["delta"]), (v["kappa"], v["kappa_star"], v["delta"])
    s, best, peak = steady_state(**v), bayes_optimal(v["alpha"], *two), interpolation_threshold(*three)
    law = NoisyTeacherLaw(v["kappa_star"], v["alpha"])
    return {
        **{name: getattr(s, name) for name in COLUMNS},
        "cut": learned_spectrum(**v).cut,
        "mmse": best.mmse,
        "optimal": optimal_lam(v["alpha"], *three),
        "peak": peak.mse,
        "peak status": peak.status,
        "recovery": recovery_threshold(*three[:2]),
        "free": recovery_threshold(*three[:2], "none"),
        "quantile": law.quantile(np.minimum(v["kappa"], 1)),
        "integral": law.partial_integrals(v["delta"]).x_rho_hilbert,
        "density": law.density(v["delta"]),
    }


@pytest.mark.parametrize("size", [1, 3, 50])
def test_alone_or_among_others_to_the_last_bit(size):
    v = settings(300, seed=5)
    together = everything(v)
    for start in range(0, 300, 37):
        part = slice(start, start + size)
        some = {name: values[part] for name, values in v.items()}
        if size == 1:
            some = {name: values[0] for name, values in some.items()}
        for name, values in everything(some).items():
            np.testing.assert_array_equal(np.atleast_1d(values), together[name][part], err_msg=name)


def test_in_a_large_array_and_in_a_map_to_the_last_bit():
    """Beyond the sizes at which NumPy computes in place, and where curves share a table of their widths."""
    v = settings(3 * BLOCK, seed=6)
    whole = steady_state(**v)
    for part in (slice(0, 40), slice(BLOCK - 20, BLOCK + 20), slice(3 * BLOCK - 40, 3 * BLOCK)):
        some = steady_state(**{name: values[part] for name, values in v.items()})
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[part], err_msg=name)
    alpha, kappa = np.linspace(0.05, 0.9, 40)[:, None], np.linspace(0.05, 0.5, 12)
    for lam, delta in ((0.01, 0.5), (0.0, 0.0), (1e-5, 0.0)):
        field = steady_state(alpha, kappa, 0.3, lam, delta)
        for i, j in ((0, 0), (7, 3), (20, 8), (39, 11)):
            one = steady_state(alpha[i, 0], kappa[j], 0.3, lam, delta)
            assert one.mse == field.mse[i, j] and one.status == field.status[i, j]


def test_quick_and_exact_quantiles():
    rng = np.random.default_rng(4)
    n = 20_000
    kappa_star, mass = rng.uniform(0.02, 2, n), rng.uniform(0, 1, n)
    kappa_star[:10], mass[:10] = 0.3, 0.3  # in the gap, its lower end
    for low, high in ((-10, -1), (-4, 2), (2, 8)):
        xi = 10 ** rng.uniform(low, high, n)
        exact, quick = mass_quantile(mass, kappa_star, xi), quick_quantile(mass, kappa_star, xi)
        law = NoisyTeacherLaw(kappa_star, xi)
        assert np.abs(law.mass_above(exact) - mass).max() < 1e-12
        assert np.quantile(np.abs(law.mass_above(quick) - mass), 0.999) < 1e-5


def test_a_quantile_at_the_waist_of_two_bands_that_have_just_merged():
    law = NoisyTeacherLaw(0.8778842676148347, 0.0001284926560693502)
    assert law.mass_above(law.quantile(0.9279989547721075)) == pytest.approx(0.9279989547721075, abs=1e-14)


def test_blocks_and_stretches():
    assert [s.stop - s.start for s in slices(10, 4)] == [4, 4, 2]
    runs = list(blocks_of(np.array([3, 3, 3, 10, 1]), 5))
    assert [i for run in runs for i in range(run.start, run.stop)] == [0, 1, 2, 3, 4]
    double = blockwise(3)(lambda x, y: (x + y, x - y))
    one, other = double(np.arange(8.0).reshape(2, 4), np.ones((2, 4)))
    assert one.shape == (2, 4) and other[1, 3] == 6
    owner, point = stretches(np.array([0, 2]), np.array([1, 2]))
    assert owner.tolist() == [0, 0, 1] and point.tolist() == [0, 1, 2]


def test_brackets_also_of_roots_between_neighbours():
    """(x - .3)^2 - 1e-4 touches zero between points a tenth apart; x^2 + .01 does not."""
    grid = np.arange(-1, 1.01, 0.25)
    owner, x = np.repeat([0, 1, 2], grid.size), np.tile(grid, 3)

    def f(who, where):
        return (np.choose(who, [(where - 0.3) ** 2 - 1e-4, where**2 + 0.01, where + 0.1]),)

    found = find_brackets(owner, x, f(owner, x), np.ones(x.size, dtype=bool), f)
    assert found.counts(3).tolist() == [2, 0, 1]
    assert found.low[0] < 0.29 < found.high[0] <= found.low[1] < 0.31 < found.high[1]


def test_no_status_of_random_settings_is_failed():
    s = steady_state(**random_settings(20_000, seed=20261129))
    assert not np.any(s.status == Status.FAILED)


@pytest.mark.slow
def test_a_million_points_take_less_than_a_gigabyte():
    """Of any function of the theory; their time is in the benchmarks."""
    import subprocess
    import sys

    code = (
        "import re, sys, numpy as np, quadviz as q; n = 10**6; r = np.random.default_rng(0);"
        "a, k, s, d = r.uniform(.02, 2, (4, n)); lam = 10 ** r.uniform(-6, 1, n); eval(sys.argv[1]);"
        # What getrusage tells a new process is the peak of the one that started it, if that was higher.
        "print(int(re.search('VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1e6)"
    )
    for job in (
        "q.learned_spectrum(a, k, s, lam, d)",
        "q.bayes_optimal(a, s, d)",
        "q.interpolation_threshold(k, s, d)",
        "q.optimal_lam(a, k, s, d)",
        "q.recovery_threshold(k, s, 'none')",
        "q.NoisyTeacherLaw(s, a).quantile(k / 2)",
        "q.NoisyTeacherLaw(s, a).partial_integrals(d)",
        "q.TeacherLaw(s).density(a)",
    ):
        done = subprocess.run([sys.executable, "-c", code, job], capture_output=True, text=True, check=True)
        assert float(done.stdout) < 1.0, job


def test_thresholds_of_one_pair_of_widths_do_not_depend_on_the_noise_beside() -> None:
    """What a scan saw of the law is kept by the pair of widths, which may come more than once in a call."""
    rng = np.random.default_rng(4)
    for kappa, kappa_star in ((1.0, 0.31), (0.2, 0.32), (0.7, 0.33)):
        for _ in range(4):
            delta = np.exp(rng.uniform(np.log(1e-6), np.log(4.0), 6))
            together = interpolation_threshold(kappa, kappa_star, delta)
            for index, each in enumerate(delta.tolist()):
                alone = interpolation_threshold(kappa, kappa_star, each)
                assert (together.alpha[index], together.mse[index]) == (alone.alpha, alone.mse)
    together = steady_state(0.3, 0.2, 0.34, [1e-6, 1e-3, 0.1, 10.0], [1e-6, 4.0, 1e-3, 0.5])
    for index, (lam, delta_) in enumerate(((1e-6, 1e-6), (1e-3, 4.0), (0.1, 1e-3), (10.0, 0.5))):
        assert together.mse[index] == steady_state(0.3, 0.2, 0.34, lam, delta_).mse
