"""Networks trained to the end: by which way, how far, and what is left when it is cut short."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from quadviz.outcome import Regime
from quadviz.setting import Setting
from quadviz.simulation.final import (
    SMALLEST_LAM,
    FinalState,
    flow_end,
    follows_flow,
    train_to_the_end,
)
from quadviz.simulation.minimise import minimise
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.simulate import simulate
from quadviz.theory.steady.steady_state import steady_state

WIDE = Setting(0.7, 0.3, 0.35, lam=0.1, delta=0.5)
NARROW = Setting(0.2, 0.3, 0.35, lam=0.1, delta=0.5)
SEEN = ("mse", "train_loss", "in_sample_error")


def nobody() -> None:
    """Does not stop anything."""


def ends(*settings: Setting, d: int = 12, seeds: tuple[int, ...] = (0,)) -> tuple[FinalState, ...]:
    *_, (_, networks) = train_to_the_end(settings, d, seeds, nobody)
    return networks


def test_the_width_decides_the_way() -> None:
    for setting, flow in ((WIDE, False), (NARROW, True)):
        state = steady_state(setting.alpha, setting.kappa, setting.kappa_star, setting.lam, setting.delta)
        assert (state.kappa_min.item() > setting.kappa) == flow
        assert (state.regime.item() == Regime.RANK_LIMITED) == flow
        assert follows_flow(setting) == flow
        assert ends(setting)[0].flow == flow


def test_a_descent_ends_where_the_flow_does() -> None:
    """Both from their own solver; where the width does not bind there is one minimum."""
    for seed in (0, 1):
        (end,) = ends(WIDE, d=20, seeds=(seed,))
        flow = simulate(WIDE, 20, [2000.0], seed, rtol=1e-6)
        assert not end.flow
        for field in SEEN:
            assert getattr(end, field) == pytest.approx(getattr(flow, field)[0], rel=1e-3)
        np.testing.assert_allclose(end.eigenvalues, flow.eigenvalues[0], atol=1e-3)
        assert (end.d, end.seed, end.setting) == (20, seed, WIDE)


def test_a_flow_ends_as_a_longer_and_finer_one() -> None:
    (end,) = ends(NARROW, d=20)
    flow = simulate(NARROW, 20, [20 * flow_end(NARROW)], 0, rtol=1e-7)
    assert end.flow
    for field in SEEN:
        assert getattr(end, field) == pytest.approx(getattr(flow, field)[0], rel=2e-3)
    np.testing.assert_allclose(end.eigenvalues, flow.eigenvalues[0], atol=3e-3)
    # No more directions than neurons.
    assert np.count_nonzero(end.eigenvalues) == sample_problem(NARROW, 20, 0).start.shape[1] == 4
    assert end.rank == pytest.approx(4 / 20)


def test_the_rank_counts_the_eigenvalues_that_are_left() -> None:
    (end,) = ends(Setting(0.7, 0.3, 0.5, lam=0.4, delta=0.1), d=20)
    learned = minimise(end.setting, 20, 0, tolerance=1e-9).weights
    spectrum = np.linalg.eigvalsh(learned @ learned.T)
    assert end.rank == np.mean(spectrum > 1e-3)
    # Weight decay cuts most directions away; what is left of them is far from the limit that counts.
    assert 0 < end.rank < 0.7
    assert not np.any((end.eigenvalues > 1e-5) & (end.eigenvalues < 1e-2))


@pytest.mark.parametrize("lam", [0.0, 1e-6])
def test_the_smallest_weight_decay_stands_for_none(lam: float) -> None:
    # Fewer labels than parameters: without weight decay there would be many ends.
    asked = Setting(1.0, 0.3, 0.2, lam=lam, delta=0.5)
    (end,) = ends(asked)
    assert end.setting.lam == SMALLEST_LAM == 1e-4
    assert end.setting == Setting(1.0, 0.3, 0.2, lam=SMALLEST_LAM, delta=0.5)
    known = minimise(end.setting, 12, 0, tolerance=1e-8)
    # Weight decay alone decides, and little of it: the descent comes close only slowly.
    assert end.mse == pytest.approx(known.mse, rel=5e-3)
    assert end.train_loss < 1e-3 < end.in_sample_error


def test_a_larger_weight_decay_is_kept() -> None:
    assert ends(WIDE)[0].setting == WIDE


def test_a_flow_gets_time_to_settle_but_not_for_ever() -> None:
    assert flow_end(Setting(0.2, 0.3, 0.35, lam=0.01, delta=0.5)) == pytest.approx(800)
    assert flow_end(Setting(0.2, 0.3, 0.35, lam=10, delta=0.5)) == 50
    assert flow_end(Setting(0.2, 0.3, 0.35, lam=SMALLEST_LAM, delta=0.5)) == 5000


def test_one_setting_after_another_and_one_seed_after_another() -> None:
    settings = [Setting(0.7, 0.3, alpha, lam=0.1, delta=0.5) for alpha in (0.2, 0.4, 0.8)]
    reports = list(train_to_the_end(settings, 10, (3, 5), nobody))
    networks = reports[-1][1]
    assert [(n.setting.alpha, n.seed) for n in networks] == [
        (alpha, seed) for alpha in (0.2, 0.4, 0.8) for seed in (3, 5)
    ]
    # Each as if it were alone.
    for network in networks[::3]:
        (alone,) = ends(network.setting, d=10, seeds=(network.seed,))
        assert alone.mse == network.mse
        np.testing.assert_array_equal(alone.eigenvalues, network.eigenvalues)
    # What was trained is never taken back.
    assert [len(done) for _, done in reports] == list(range(7))
    for (_, before), (_, after) in pairwise(reports):
        assert after[: len(before)] == before


def test_the_fraction_rises_to_one_in_proportion_to_the_samples() -> None:
    settings = [NARROW, WIDE]
    reports = list(train_to_the_end(settings, 10, (0, 1), nobody))
    fractions = [fraction for fraction, _ in reports]
    assert fractions[0] == 0 and reports[0][1] == ()
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1, abs=1e-12)
    # A flow tells of itself on the way; a descent is over soon.
    assert len([n for f, n in reports if f < 0.25 and not n]) > 10
    by_count = {len(networks): fraction for fraction, networks in reversed(reports)}
    assert [by_count[count] for count in range(5)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    uneven = [Setting(0.7, 0.3, alpha, lam=0.1, delta=0.5) for alpha in (0.2, 0.6)]
    assert [f for f, _ in train_to_the_end(uneven, 10, (0,), nobody)] == pytest.approx([0, 0.25, 1])


class Enough(BaseException):
    """What a cancelled job raises in its work."""


@pytest.mark.parametrize("setting", [WIDE, NARROW])
def test_who_watches_can_end_it_and_has_what_was_trained_before(setting: Setting) -> None:
    (first,) = ends(setting, d=10)
    calls, last_call, seen = 0, math.inf, list[tuple[FinalState, ...]]()

    def watch() -> None:
        nonlocal calls
        calls += 1
        if calls > last_call:
            raise Enough

    def take_all() -> None:
        nonlocal last_call
        for _, networks in train_to_the_end([setting], 10, (0, 1, 2), watch):
            seen.append(networks)
            if len(networks) == 1:
                # Not at the first evaluation of the second network but on its way.
                last_call = min(last_call, calls + 5)

    with pytest.raises(Enough):
        take_all()
    assert len(seen[-1]) == 1
    assert seen[-1][0].mse == first.mse
    assert calls == last_call + 1


def test_what_cannot_be_trained_is_refused_in_words() -> None:
    work = train_to_the_end([WIDE, Setting(0.02, 0.3, 0.35, 0.1, 0.5)], 10, (0,), nobody)
    assert [len(next(work)[1]), len(next(work)[1])] == [0, 1]
    with pytest.raises(ValueError, match=r"kappa \(student width\) = 0.02 leaves no neuron at d = 10: take"):
        next(work)
