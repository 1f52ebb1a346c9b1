"""The figures of two decays: scenes in; cells, contours, marks and words where there is room for them out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from quadviz.figures.marks.drawing import Drawing, trace
from quadviz.figures.marks.maps import decade_axis
from quadviz.figures.two_decays.decays import SYMBOLS, decays_figure
from quadviz.figures.two_decays.gains import KIND_NAMES, gains_figure
from quadviz.figures.two_decays.spectra import INKS, NAMES, decay_spectra_figure
from quadviz.scenes.common.decades import Decades
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.two_decays.best import Kind
from quadviz.scenes.two_decays.gains import GainMap, GainSetting, Peak, solve_gains
from quadviz.scenes.two_decays.scene import LAM, LAM2, Place, TwoDecays, two_decays
from tests.snapshots import matches

BOTH, VANISH = Place(0.305, 1.0, 0.6, 0.1), Place(0.1, 1.0, 0.3, 0.5)
NARROW = Place(0.2, 0.3, 0.6, 0.5)
SETTING = GainSetting("delta", 1.0, 0.6)


@lru_cache
def a_scene(place: Place = BOTH, cells: int = 6) -> TwoDecays:
    return two_decays(place, 0.1, 0.0, Memo(), cells)


@lru_cache
def a_map(setting: GainSetting = SETTING, cells: tuple[int, int] = (24, 5)) -> GainMap:
    *_, (_, found) = solve_gains(setting, (cells,))
    assert found is not None
    return found


def notes(figure: Drawing) -> list[str]:
    """The labels shown inside, on one line each."""
    return [a["text"].replace("<br>", " ") for a in figure["layout"]["annotations"][1:] if a["visible"]]


def test_the_figures_are_those_that_were_looked_at() -> None:
    assert matches("two_decays", decays_figure(a_scene(), 0.1, 0.0)) == ""
    assert matches("two_decays_vanish", decays_figure(a_scene(VANISH), 1e-5, 20.0, "dark")) == ""
    assert matches("mixture_gain", gains_figure(a_map(cells=(10, 3)), SETTING, (0.3, 0.1))) == ""
    above = GainSetting("kappa_star", 0.5, 0.1)
    assert matches("mixture_gain_waiting", gains_figure(None, above, (0.3, 0.6), "dark", 0.25)) == ""
    scene = a_scene()
    thin = [replace(each, **{
        name: getattr(each, name)[::15] for name in ("teacher_at", "teacher", "learned_at", "learned")
    }) for each in scene.spectra]  # fmt: skip
    assert matches("decay_spectra", decay_spectra_figure(replace(scene, spectra=tuple(thin)))) == ""


def test_cells_tell_how_far_the_error_is_above_the_best_pair() -> None:
    scene = a_scene()
    figure = decays_figure(scene, 0.1, 0.0)
    mse, best = scene.map.states.mse, float(scene.best.both.mse)
    expected = np.clip(np.log10(mse / best - 1), -3, 1)
    for uid, rows, columns in (
        ("excess", slice(1, None), slice(1, None)),
        ("excess-0x", slice(1, None), slice(0, 1)),
        ("excess-0y", slice(0, 1), slice(1, None)),
        ("excess-00", slice(0, 1), slice(0, 1)),
    ):
        cells = trace(figure, uid)
        np.testing.assert_allclose(cells["z"], expected[rows, columns])
        np.testing.assert_array_equal(cells["customdata"], mse[rows, columns])
        assert (cells["y"].size, cells["x"].size) == tuple(n + 1 for n in cells["z"].shape)
    assert "λ → 0+, λ₂ = 0" in trace(figure, "excess-00")["hovertemplate"]
    assert [trace(figure, f"excess{end}")["showscale"] for end in ("", "-0x", "-0y", "-00")] == [True] + [
        False
    ] * 3


def test_cells_without_a_solution_are_blank_and_lie_where_they_are() -> None:
    scene = a_scene()
    mse = np.array(scene.map.states.mse)
    mse[4, 2] = np.nan
    failed = replace(scene, map=replace(scene.map, states=replace(scene.map.states, mse=mse)))
    cells = trace(decays_figure(failed, 0.1, 0.0), "excess")
    assert np.argwhere(np.isnan(cells["z"])).tolist() == [[3, 1]]
    x, y = cells["x"], cells["y"]
    assert x[1] < scene.map.lam[2] < x[2] and y[3] < scene.map.lam2[4] < y[4]


def test_marks_lie_at_the_best_decays() -> None:
    scene = a_scene()
    figure, best = decays_figure(scene, 0.1, 0.0), scene.best
    nowhere, none = 10**LAM.middle_of_zero, 10**LAM2.middle_of_zero
    for uid, x, y in (
        ("weight", best.weight.lam, none),
        ("frobenius", nowhere, best.frobenius.lam2),
        ("both", best.both.lam, best.both.lam2),
        ("cross", 0.1, none),
    ):
        mark = trace(figure, uid)
        assert (mark["x"][0], mark["y"][0]) == pytest.approx((float(x), float(y)), rel=1e-9)
    assert set(SYMBOLS) == {"weight", "frobenius", "both"}
    lost = replace(scene, best=best._replace(weight=replace(best.weight, mse=np.float64(np.nan))))
    assert trace(decays_figure(lost, 0.1, 0.0), "weight")["x"].size == 0


def test_a_pair_that_vanishes_lies_at_the_end_of_its_ratio() -> None:
    scene = a_scene(VANISH)
    figure = decays_figure(scene, 0.1, 0.1)
    line, pair = trace(figure, "ratio"), trace(figure, "both")
    assert (pair["x"][0], pair["y"][0]) == pytest.approx((line["x"][0], line["y"][0]))
    assert "both vanish, λ/λ₂ = 0.5407" in pair["hovertemplate"]
    np.testing.assert_allclose(line["x"] / line["y"], float(scene.best.both.ratio))
    assert min(line["x"][0] / LAM.low, line["y"][0] / LAM2.low) == pytest.approx(1)
    assert trace(decays_figure(a_scene(), 0.1, 0.1), "ratio")["x"].size == 0
    alone = trace(decays_figure(a_scene(Place(0.1, 1.0, 1.0, 0.5)), 0.1, 0.1), "both")
    assert (alone["x"][0], alone["y"][0]) == pytest.approx((10**LAM.middle_of_zero, LAM2.low))


def test_what_is_limited_in_rank_is_bounded_and_named() -> None:
    scene = a_scene(NARROW, 30)
    figure = decays_figure(scene, 0.1, 0.1)
    limit = trace(figure, "limit")
    assert limit["visible"] and "dash" in limit["line"]
    states = scene.map.states
    np.testing.assert_array_equal(limit["z"] < 0, (states.regime == 1)[1:, 1:])
    assert notes(figure) == ["rank-limited: steady-state assumption"]
    wide = decays_figure(a_scene(), 0.1, 0.1)
    assert not trace(wide, "limit")["visible"] and notes(wide) == []


def test_the_line_of_one_percent_and_the_ring() -> None:
    found = a_map()
    figure = gains_figure(found, SETTING, (0.3, 0.1))
    level, ring = trace(figure, "level"), trace(figure, "peak")
    assert level["visible"] and level["contours"]["start"] == level["contours"]["end"] == pytest.approx(1)
    np.testing.assert_allclose(level["z"], 100 * found.gain[1:])
    assert (ring["x"][0], ring["y"][0]) == pytest.approx(
        (found.peak.alpha, 10 ** SETTING.up.place(found.peak.up))
    )
    cells = trace(figure, "gain")
    np.testing.assert_allclose(cells["z"], 100 * found.gain[1:])
    np.testing.assert_allclose(trace(figure, "gain-0y")["z"], 100 * found.gain[:1])
    cross = trace(figure, "cross")
    assert (cross["x"][0], cross["y"][0]) == pytest.approx((0.3, 0.1))
    without = gains_figure(
        replace(found, gain=0 * found.gain, peak=Peak(0.3, 0.1, 1e-6)), SETTING, (0.3, 0.1)
    )
    assert not trace(without, "level")["visible"] and trace(without, "peak")["x"].size == 0


def test_regions_are_named_where_they_are() -> None:
    found = a_map(cells=(40, 12))
    figure = gains_figure(found, SETTING, (0.05, 0.02))
    assert set(notes(figure)) == set(KIND_NAMES.values())
    only = replace(found, kind=np.full_like(found.kind, Kind.FROBENIUS))
    assert notes(gains_figure(only, SETTING, (0.05, 0.02))) == [KIND_NAMES[Kind.FROBENIUS]]


def test_a_map_that_is_not_there_yet_is_blank_and_says_how_far_it_is() -> None:
    figure = gains_figure(None, SETTING, (0.3, 0.1), done=0.416)
    assert np.isnan(trace(figure, "gain")["z"]).all() and notes(figure) == []
    assert "being solved, 42%" in figure["layout"]["annotations"][0]["text"]
    whole = gains_figure(a_map(), SETTING, (0.3, 0.1))
    assert whole["layout"]["annotations"][0]["text"].endswith("at κ = 1, κ* = 0.6")
    assert [t["uid"] for t in figure["data"]] == [t["uid"] for t in whole["data"]]


def test_spectra_have_the_colours_of_the_key() -> None:
    figure = decay_spectra_figure(a_scene(NARROW, 4))
    for name in NAMES:
        assert trace(figure, name)["line"]["dash"] != "solid"
    text = figure["layout"]["annotations"][0]["text"]
    assert text == "<b>spectrum</b><br>at 0: set 70%, best 70%"
    dark = decay_spectra_figure(a_scene(NARROW, 4), "dark")
    for number, drawn in enumerate((figure, dark)):
        colours = [trace(drawn, name)["line"]["color"] for name in NAMES]
        assert colours == [ink[number] for ink in INKS]
    assert [t["uid"] for t in figure["data"]] == ["teacher", *NAMES]


def test_an_axis_has_ticks_at_powers_of_ten_and_at_0() -> None:
    axis = decade_axis(LAM, "λ")
    assert axis["ticktext"] == ["0+", "10<sup>−3</sup>", "0.01", "0.1", "1", "10"]
    assert axis["tickvals"][0] == 10**LAM.middle_of_zero and axis["range"] == LAM.span
    plain = decade_axis(Decades("alpha", 0.01, 2.0), "α")
    assert (plain["tickvals"], plain["ticktext"]) == ([0.01, 0.1, 1.0], ["0.01", "0.1", "1"])
