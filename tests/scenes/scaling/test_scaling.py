"""Scaling laws as scenes: what is followed is what is solved for, limits and budgets are what they say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from quadviz import Status, local_exponents, optimal_lam, optimal_lam2, steady_state
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.scaling.compute import Budget, budgets, widths_tried
from quadviz.scenes.scaling.limits import (
    Limit,
    Stretch,
    budget_exponent,
    fitted,
    learned_levels,
    stretches,
    width_exponent,
)
from quadviz.scenes.scaling.published import PUBLISHED, PUBLISHED_AT, PUBLISHED_D, PUBLISHED_RANKS
from quadviz.scenes.scaling.scene import ScalingLaws, scaling_laws
from quadviz.scenes.scaling.setting import ScalingSetting, power_law_teacher

BASE = ScalingSetting(1.25, 1.0, 0.1, 1e-3, 0.0, "best lam", 1.0, 50, "exponent")
SETTINGS = {
    "best": BASE,
    "narrow": BASE._replace(kappa=0.15, delta=1e-3, compare="kappa"),
    "clean": BASE._replace(delta=0.0, compare=""),
    "shrunk": BASE._replace(decay="best lam2", compare=""),
    "fixed": BASE._replace(decay="fixed", compare="lam"),
    "both": BASE._replace(decay="fixed", lam2=0.05, lam=0.01, kappa=0.3, compare="delta"),
    "falling": BASE._replace(decay="falling", lam=0.025, kappa=0.3, compare=""),
}


def expected_state(s: ScalingSetting, states: object) -> object:
    """The public functions' answer at the places of a curve."""
    teacher = power_law_teacher(s.exponent, s.levels)
    alpha, kappa = states.alpha, states.kappa
    lam2: object = s.lam2
    if s.decay == "best lam":
        lam: object = optimal_lam(alpha, kappa, None, s.delta, teacher=teacher)
    elif s.decay == "best lam2":
        lam, lam2 = 0.0, optimal_lam2(alpha, kappa, None, s.delta, teacher=teacher)
    else:
        lam = s.lam / np.sqrt(alpha) if s.decay == "falling" else s.lam
    return steady_state(alpha, kappa, None, lam, s.delta, lam2, teacher=teacher)


def same(found: object, expected: object, digits: float = 1e-8) -> None:
    known = found.status != Status.FAILED
    assert known.mean() > 0.95
    np.testing.assert_allclose(found.mse[known], expected.mse[known], rtol=digits, atol=1e-15)
    assert np.all(found.regime[known] == expected.regime[known])


@pytest.mark.parametrize("name", SETTINGS)
def test_curves_are_those_of_the_public_functions(name: str) -> None:
    s = SETTINGS[name]
    scene = scaling_laws(s, Memo())
    assert scene.fine and len(scene.curves) == len(s.members)
    expected = expected_state(s, scene.current)
    same(scene.current, expected)
    same(scene.widths[s.current], expected_state(s, scene.widths[s.current]))
    assert np.all(scene.current.status == expected.status)
    best = {"best lam": "lam", "best lam2": "lam2"}.get(s.decay, "")
    power = -0.5 if s.decay == "falling" else 0.0
    exponents = local_exponents(expected, best=best, lam_exponent=power)
    np.testing.assert_allclose(scene.exponents[s.current].mse, exponents.mse, rtol=1e-5, atol=1e-6)
    point = scene.marker[s.current]
    same(point, expected_state(s, point))
    if s.decay in ("fixed", "falling"):
        assert scene.best is not None
        same(scene.best, expected_state(s._replace(decay="best lam", lam2=0.0), scene.best))
    same(scene.wide, expected_state(s, scene.wide))


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_a_slider_that_moves_shows_the_same_coarsely(name: str) -> None:
    s, memo = SETTINGS[name], Memo()
    scaling_laws(s, memo)
    for exponent in (1.3, 1.35):
        moved = s._replace(exponent=exponent)
        scene = scaling_laws(moved, memo, coarse=True)
        assert not scene.fine and scene.current.alpha.size < 30
        same(scene.current, expected_state(moved, scene.current))
        same(scene.widths[moved.current], expected_state(moved, scene.widths[moved.current]))
    rest = scaling_laws(moved, memo)
    fresh = scaling_laws(moved, Memo())
    np.testing.assert_allclose(rest.current.mse, fresh.current.mse, rtol=1e-8, atol=1e-15)
    assert np.all(rest.limits == fresh.limits)


def test_members_that_do_not_move_stay_as_fine_as_they_are() -> None:
    memo = Memo()
    scaling_laws(BASE, memo)
    scene = scaling_laws(BASE._replace(exponent=1.3), memo, coarse=True)
    sizes = [curve.alpha.size for curve in scene.curves]
    assert sizes[scene.setting.current] < min(
        size for i, size in enumerate(sizes) if i != scene.setting.current
    )


def scenes() -> Iterator[ScalingLaws]:
    for s in SETTINGS.values():
        yield scaling_laws(s, Memo())


@pytest.mark.slow
def test_limits_are_what_they_say() -> None:
    """Each by a question put to the library: more width, a better decay, and whose noise it is."""
    kinds = set()
    for scene in scenes():
        s, curve = scene.setting, scene.current
        teacher = power_law_teacher(s.exponent, s.levels)
        for at in range(0, curve.alpha.size, 9):
            alpha, mse, limit = float(curve.alpha[at]), float(curve.mse[at]), Limit(int(scene.limits[at]))
            kinds.add(limit)
            if mse == 0:
                assert limit == Limit.UNKNOWN
                continue
            wide = float(expected_state(s, steady_state(alpha, 1.0, None, 0.1, s.delta, teacher=teacher)).mse)
            lam = optimal_lam(alpha, s.kappa, None, s.delta, teacher=teacher)
            best = float(steady_state(alpha, s.kappa, None, lam, s.delta, teacher=teacher).mse)
            given = not s.decay.startswith("best")
            if limit == Limit.WIDTH:
                assert wide < mse / 2
            elif limit == Limit.DECAY:
                assert given and best < mse / 2
            else:
                assert wide >= mse / 2 * (1 - 1e-9) and (not given or best >= mse / 2 * (1 - 1e-9))
                assert (limit == Limit.NOISE) == (s.delta / 2 > mse)
    assert kinds == set(Limit)


def test_labels_are_fitted_where_the_residual_is_small() -> None:
    scene = scaling_laws(SETTINGS["fixed"]._replace(lam=0.0, compare=""), Memo())
    curve = scene.current
    told = fitted(curve)
    assert np.all(told[curve.train_loss == 0]) and not told[curve.alpha > 1].any()
    assert [f.low for f in scene.fits] == [curve.alpha[0]]
    # A residual on a fresh label has the mean square mse + delta/2, over 2.
    ratio = np.sqrt(curve.train_loss / ((curve.mse + curve.delta / 2) / 2))
    np.testing.assert_array_equal(told, ratio < 0.1)


def test_stretches_cover_what_is_known_and_meet() -> None:
    kinds = np.array([0, 0, 1, -1, -1, 2], dtype=np.int8)
    found = stretches(kinds, np.array([1.0, 2.0, 8.0, 9.0, 10.0, 40.0]))
    assert found == (
        Stretch(Limit.SAMPLES, 1.0, 4.0), Stretch(Limit.NOISE, 4.0, pytest.approx(72**0.5)),
        Stretch(Limit.WIDTH, 20.0, 40.0),
    )  # fmt: skip


def test_references_are_theory_s() -> None:
    scene = scaling_laws(BASE._replace(levels=400, compare=""), Memo())
    samples, noise = (scene.limits == kind for kind in (Limit.SAMPLES, Limit.NOISE))
    assert set(scene.reference[samples]) == {-1.5}
    assert set(scene.reference[noise]) == {1 / 2.5 - 1}
    few = scaling_laws(BASE._replace(levels=50, delta=1e-3, compare=""), Memo())
    everything = (few.limits == Limit.NOISE) & (few.current.kappa_min >= 0.99)
    assert everything.any() and set(few.reference[everything]) == {-1.0}
    np.testing.assert_allclose(few.exponents[0].mse[-3:], -1.0, atol=0.02)
    lazy = scaling_laws(SETTINGS["shrunk"], Memo())
    assert np.isnan(lazy.reference[lazy.limits == Limit.SAMPLES]).all()


def test_a_width_that_limits_has_its_power() -> None:
    """Many levels and samples, few of them kept: mse ~ kappa^(1 - 2 gamma)."""
    teacher = power_law_teacher(1.25, 4000)
    kappa = np.array([0.01, 0.02])
    mse = steady_state(1e3, kappa, None, 1e-6, 0.0, teacher=teacher).mse
    assert np.log(mse[1] / mse[0]) / np.log(2) == pytest.approx(width_exponent(1.25), rel=0.03)


def test_levels_that_are_learned_stand_out() -> None:
    state = steady_state([0.05, 5.0], [[1.0], [0.1]], None, 0.05, 0.1, teacher=power_law_teacher(1.25, 100))
    count = learned_levels(state)
    z, _ = power_law_teacher(1.25, 100).levels()
    for i in range(2):
        above = int((z > np.sqrt(state.xi[0, i])).sum())
        assert count[0, i] == pytest.approx(above) and count[1, i] == pytest.approx(min(above, 10))


def whole(s: ScalingSetting) -> Budget:
    for found in budgets(s, Memo()):
        last = found
    assert last is not None
    return last


@pytest.mark.parametrize("name", ["best", "fixed"])
def test_the_best_width_for_a_budget_is_the_best_of_those_tried(name: str) -> None:
    s = SETTINGS[name]
    budget = whole(s)
    assert budget.widths.tolist() == widths_tried(50).tolist() and budget.widths[-1] == 1
    for at in (5, 20, 35):
        alpha = budget.work[at] / budget.widths
        inside = (alpha >= 0.01) & (alpha <= 100)
        tried = steady_state(alpha[inside], budget.widths[inside], None, 0.1, s.delta,
                             teacher=power_law_teacher(s.exponent, s.levels))  # fmt: skip
        mse = expected_state(s, tried).mse
        assert budget.mse[at] == pytest.approx(mse.min(), rel=1e-8)
        assert budget.kappa[at] == budget.widths[inside][np.argmin(mse)]
        assert budget.alpha[at] * budget.kappa[at] == pytest.approx(budget.work[at])


def test_budgets_pay_with_the_power_of_theory() -> None:
    budget = whole(BASE._replace(levels=400, delta=1.0))
    use = (budget.work > 0.05) & (budget.work < 5)
    slope = np.polyfit(np.log(budget.work[use]), np.log(budget.mse[use]), 1)[0]
    assert slope == pytest.approx(budget_exponent(1.25, Limit.NOISE), abs=0.06)
    assert budget_exponent(1.25, Limit.SAMPLES) == -0.75


def test_published_networks_lie_at_the_curves_of_their_widths() -> None:
    s = ScalingSetting(
        PUBLISHED_AT["exponent"], 35 / 400, PUBLISHED_AT["delta"], PUBLISHED_AT["lam"], 0.0, "falling", 1.0,
        PUBLISHED_D, "kappa",
    )  # fmt: skip
    assert [round(m.kappa * 400) for m in s.members] == sorted(PUBLISHED_RANKS)
    scene = scaling_laws(s, Memo(), coarse=True)
    assert len(scene.published) == 6 and sum(each.mse.size for each in scene.published) == 24
    for each in scene.published:
        curve = scene.curves[each.row]
        there = np.exp(np.interp(np.log(each.alpha), np.log(curve.alpha), np.log(curve.mse)))
        assert np.all(np.abs(each.mse / there - 1) < 0.2)
    assert scaling_laws(s._replace(delta=0.2, levels=50), Memo(), coarse=True).published == ()
    assert {round(float(a) * 400**2) for a in scene.published[0].alpha} == set(PUBLISHED)


def test_families_hold_the_current_curve_and_keep_their_colours() -> None:
    for name, value in (("exponent", 1.6), ("kappa", 0.3), ("delta", 0.03), ("lam", 0.02)):
        s = BASE._replace(compare=name, decay="fixed", **{name: value})
        assert len(s.members) == 5 and getattr(s.members[s.current], name) == value
        assert list(s.shades) == sorted(s.shades) and s.shades[0] >= 0 and s.shades[-1] <= 1
        moved = s._replace(**{name: value * 1.1})
        kept = set(zip(s.members, s.shades, strict=True)) & set(zip(moved.members, moved.shades, strict=True))
        assert len(kept) == 4
    assert BASE._replace(compare="lam").compared == ""
    assert BASE._replace(compare="").names == ("",)
