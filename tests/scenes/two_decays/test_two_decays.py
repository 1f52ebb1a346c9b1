"""Two decays as scenes: the best of either and of both against another search, and the map of gains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from quadviz import (
    Status,
    bayes_optimal,
    learned_spectrum,
    optimal_decay,
    optimal_lam,
    optimal_lam2,
    steady_state,
)
from quadviz.scenes.common.decades import Decades
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.two_decays.best import Kind, best_decays, decays_beside, kinds
from quadviz.scenes.two_decays.gains import ALPHA, UPWARDS, GainMap, GainSetting, bands, solve_gains
from quadviz.scenes.two_decays.scene import COARSE, FINE, LAM, LAM2, Place, decay_map, excess, two_decays

BOTH = Place(0.305, 1.0, 0.6, 0.1)
FEW = ((14, 5), (16, 6))


@pytest.fixture(scope="module")
def gains() -> list[tuple[float, GainMap | None]]:
    return list(solve_gains(GainSetting("delta", 1.0, 0.6), FEW))


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [BOTH, Place(1.0, 1.0, 1.0, 0.1), Place(0.2, 1.0, 0.3, 2.0), Place(0.3, 0.3, 0.6, 0.5)]
)
def test_no_search_finds_a_better_pair(place: Place) -> None:
    """Nelder and Mead's simplex over the logarithms of both decays, from several starts."""
    best = best_decays(*place)
    a, kappa, kappa_star, delta = place

    def error(powers: np.ndarray) -> float:
        lam, lam2 = 10**powers
        return float(steady_state(a, kappa, kappa_star, lam, delta, lam2).mse)

    how = {"xatol": 1e-7, "fatol": 1e-13}
    found = [
        minimize(error, start, method="Nelder-Mead", bounds=[(-6, 1)] * 2, options=how)
        for start in ([-1, -1], [-3, -1], [-1, -3])
    ]
    least = min(found, key=lambda each: each.fun)
    assert least.fun == pytest.approx(float(best.both.mse), rel=1e-9)
    np.testing.assert_allclose(10**least.x, [best.both.lam, best.both.lam2], rtol=1e-3)
    alone = [
        min(float(steady_state(a, kappa, kappa_star, *pair(each)).mse) for each in np.geomspace(1e-4, 3, 300))
        for pair in (lambda lam: (lam, delta), lambda lam2: (0.0, delta, lam2))
    ]
    np.testing.assert_allclose(alone, [best.weight.mse, best.frobenius.mse], rtol=1e-3)
    assert float(best.gain) == pytest.approx(
        1 - least.fun / min(best.weight.mse, best.frobenius.mse), abs=1e-9
    )
    assert kinds(best.both) == Kind.BOTH


def test_the_gain_is_never_negative_and_often_nothing() -> None:
    rng = np.random.default_rng(1)
    alpha = np.exp(rng.uniform(np.log(0.01), np.log(2), 300))
    kappa, kappa_star = rng.uniform(0.02, 2, (2, 300))
    delta = np.where(rng.random(300) < 0.3, 0.0, rng.uniform(0, 4, 300))
    best = best_decays(alpha, kappa, kappa_star, delta)
    assert np.all(best.gain >= 0) and np.mean(best.gain == 0) > 0.4 and best.gain.max() > 0.01
    kind = kinds(best.both)
    assert set(np.unique(kind)) == set(Kind) - {Kind.UNKNOWN}
    # One decay is the best pair where its own best has the pair's error; less than 1e-6 of one is not told.
    told = (best.both.lam2 == 0) | (best.both.lam2 >= 1e-6)
    for alone, own in ((best.weight, Kind.WEIGHT), (best.frobenius, Kind.FROBENIUS)):
        here = told & (kind == own)
        np.testing.assert_allclose(alone.mse[here], best.both.mse[here], rtol=1e-9)
    assert np.all(best.both.mse[kind == Kind.NONE] == 0) and np.all(delta[kind == Kind.NONE] == 0)


def test_a_pair_that_vanishes_is_stood_for_by_tiny_decays_in_its_ratio() -> None:
    both = optimal_decay(0.1, 1.0, 0.3, 0.5)
    lam, lam2 = decays_beside(both)
    assert kinds(both) == Kind.VANISHING and lam / lam2 == pytest.approx(float(both.ratio))
    assert float(steady_state(0.1, 1.0, 0.3, lam, 0.5, lam2).mse) == pytest.approx(float(both.mse), rel=1e-7)
    given = optimal_decay(0.305, 1.0, 0.6, 0.1)
    assert decays_beside(given) == (given.lam, given.lam2)


def test_a_decay_alone_that_vanishes_leaves_nothing_to_gain() -> None:
    """Just below recovery an error is small, and 1e-6 of a decay is too much to stand for none."""
    best = best_decays(0.4989, 1.0, 1.8, 0.0)
    assert best.both.ratio == 0 and kinds(best.both) == Kind.VANISHING and best.gain == 0
    assert float(best.frobenius.mse) == pytest.approx(float(best.both.mse), rel=1e-5)
    told = steady_state(0.4989, 1.0, 1.8, 0.0, 0.0, optimal_lam2(0.4989, 1.0, 1.8, 0.0))
    assert told.mse > 1.01 * best.both.mse


def test_what_was_not_found_is_known_for_that() -> None:
    both = replace(optimal_decay([0.1, 0.3], 1.0, 0.3, 0.5), mse=np.array([np.nan, 1.0]))
    assert kinds(both)[0] == Kind.UNKNOWN


def test_a_map_is_the_theory_at_its_cells() -> None:
    found = decay_map(BOTH, 12)
    assert found.states.shape == (13, 13) and found.lam[0] == found.lam2[0] == 0
    a, kappa, kappa_star, delta = BOTH
    for row, column in ((0, 0), (0, 5), (7, 0), (9, 3)):
        lam, lam2 = found.lam[column], found.lam2[row]
        one = steady_state(a, kappa, kappa_star, lam, delta, lam2)
        assert found.states.mse[row, column] == pytest.approx(float(one.mse), rel=1e-9)
    assert np.nanmin(found.states.mse) >= optimal_decay(*BOTH).mse * (1 - 1e-12)


def test_a_scene_holds_the_library_s_numbers() -> None:
    scene = two_decays(BOTH, 0.02, 0.03, Memo(), COARSE)
    a, kappa, kappa_star, delta = BOTH
    lam, lam2 = optimal_lam(*BOTH), optimal_lam2(*BOTH)
    assert scene.best.weight.mse == steady_state(a, kappa, kappa_star, lam, delta).mse
    assert scene.best.frobenius.mse == steady_state(a, kappa, kappa_star, 0, delta, lam2).mse
    assert scene.bayes == bayes_optimal(a, kappa_star, delta).mmse
    assert scene.law.state.mse == steady_state(a, kappa, kappa_star, 0.02, delta, 0.03).mse
    best = optimal_decay(*BOTH)
    law = learned_spectrum(a, kappa, kappa_star, best.lam, delta, best.lam2)
    assert scene.pair_law.atom_at_zero == law.atom_at_zero == scene.spectra[1].learned_atom
    for each, own in zip(scene.spectra, (scene.law, law), strict=True):
        mass = np.trapezoid(each.learned, each.learned_at)
        assert mass + each.learned_atom == pytest.approx(1, abs=2e-3)
        np.testing.assert_allclose(each.learned, own.density(each.learned_at))


def test_what_is_solved_is_remembered_and_a_finer_map_serves() -> None:
    memo = Memo()
    coarse = two_decays(BOTH, 0.1, 0.1, memo, COARSE)
    fine = two_decays(BOTH, 0.2, 0.1, memo, FINE)
    again = two_decays(BOTH, 0.3, 0.1, memo, COARSE)
    assert coarse.map.cells == COARSE and fine.map is again.map and fine.map.cells == FINE
    assert coarse.best is fine.best


def test_above_an_error_of_0_all_others_are_infinitely_far() -> None:
    scene = two_decays(Place(1.0, 1.0, 0.6, 0.0), 0.1, 0.1, Memo(), 6)
    assert scene.kind == Kind.NONE and scene.gain == 0
    assert scene.excess[0, 0] == 0 and np.all(scene.excess[1:, 1:] == np.inf)
    assert np.isnan(excess(np.array([np.nan]), 0.0)).all()


@pytest.mark.parametrize("axis", [LAM, LAM2, ALPHA, *UPWARDS.values()], ids=lambda axis: axis.name)
def test_cells_are_where_their_values_are(axis: Decades) -> None:
    values, edges = axis.values(10), axis.edges(10)
    if axis.zero:
        assert values[0] == 0 and edges[0] == axis.span[0] < axis.middle_of_zero < edges[1] < edges[2]
        assert axis.value(axis.place(0.0)) == 0.0
        values, edges = values[1:], edges[2:]
    assert (edges[0], edges[-1]) == pytest.approx(axis.decades)
    places = [axis.place(value) for value in values]
    np.testing.assert_allclose(places, (edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose([axis.value(place) for place in places], values, rtol=5e-3)
    assert (axis.value(-np.inf), axis.value(9.0)) == (0.0 if axis.zero else axis.low, axis.high)
    assert (axis.place(axis.low / 2), axis.place(axis.high * 2)) == pytest.approx(axis.decades)


def test_gains_come_coarse_first_and_are_the_library_s(gains: list[tuple[float, GainMap | None]]) -> None:
    done = [share for share, _ in gains]
    assert done == sorted(done) and done[-1] == 1 and gains[0][1] is None
    seen = [found.cells for _, found in gains if found is not None]
    assert seen[0] == FEW[0] and seen[-1] == FEW[1]
    found = gains[-1][1]
    assert found is not None and found.gain.shape == (7, 16) and found.up[0] == 0 and found.failed == 0
    for row, column in ((0, 3), (3, 8), (5, 12)):
        place = found.alpha[column], 1.0, 0.6, found.up[row]
        best = best_decays(*place)
        assert found.gain[row, column] == best.gain
        assert found.mse[row, column] == optimal_decay(*place).mse
        assert found.kind[row, column] == kinds(best.both)


def test_the_ridge_is_found_between_the_cells(gains: list[tuple[float, GainMap | None]]) -> None:
    """The largest gain is more than any cell's, and no place around it has more."""
    found = gains[-1][1]
    assert found is not None and found.peak is not None
    alpha, up, gain = found.peak
    assert gain >= np.nanmax(found.gain) and 0.048 < gain < 0.051
    around = best_decays(alpha * np.linspace(0.9, 1.1, 41), 1.0, 0.6, up)
    assert around.gain.max() <= gain * 1.02
    either = best_decays(alpha, 1.0, 0.6, up)
    assert float(either.weight.mse / either.frobenius.mse) == pytest.approx(1, abs=0.01)


def test_a_map_that_was_begun_is_gone_on_with(gains: list[tuple[float, GainMap | None]]) -> None:
    begun = next(found for _, found in gains if found is not None)
    more = list(solve_gains(begun.setting, FEW, begun))
    assert len(more) < len(gains) and more[0][0] > gains[0][0] and more[0][1] is begun
    np.testing.assert_array_equal(more[-1][1].gain, gains[-1][1].gain)
    assert more[-1][1].peak == gains[-1][1].peak


def test_bands_end_where_the_gain_crosses_the_level() -> None:
    *_, (_, found) = solve_gains(GainSetting("kappa_star", 1.0, 0.5), ((40, 5),))
    assert found is not None
    told = bands(found)
    assert told and len(told) < found.up.size
    for band in told:
        at_ends = best_decays(np.array([band.low, band.high]), 1.0, band.up, 0.5).gain
        np.testing.assert_allclose(at_ends, 0.01, atol=0.006)
        inside = best_decays(np.sqrt(band.low * band.high), 1.0, band.up, 0.5)
        assert inside.gain > 0.01


def test_where_nothing_is_gained_there_is_no_ridge() -> None:
    *_, (_, found) = solve_gains(GainSetting("delta", 1.0, 2.0), ((6, 3),))
    assert found is not None and bands(found) == []
    assert found.peak is None or found.peak.gain < 1e-3
    assert not np.any(found.kind == Kind.UNKNOWN) and found.several == 0


def test_narrow_students_are_told_apart() -> None:
    *_, (_, found) = solve_gains(GainSetting("delta", 0.3, 0.6), ((8, 4),))
    assert found is not None and np.all(found.spare < 0)
    scene = two_decays(Place(0.2, 0.3, 0.6, 0.5), 0.1, 0.1, Memo(), 6)
    assert scene.best.pair.regime == 1 and scene.spectra[1].limited
    assert scene.best.both.status == Status.SOLVED
