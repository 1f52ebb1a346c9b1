"""The figures of the recovery page: a map, the regions between the thresholds, a small spectrum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from plotly.colors import unlabel_rgb, validate_colors

from quadviz.explorers.live.packing import changes, packed, parts_of
from quadviz.figures.marks.drawing import Drawing, ranges, trace
from quadviz.figures.marks.placing import Label, off_curve, place_label, without, wordings
from quadviz.figures.marks.plane import LINES, REGIONS
from quadviz.figures.marks.theme import THEMES
from quadviz.figures.phase_diagram import bands, phase_diagram_figure
from quadviz.figures.point_spectrum import point_spectrum_figure
from quadviz.figures.recovery_map import COLOUR_RANGES, recovery_map_figure
from quadviz.scenes.plane import Plane, PointThresholds, Width, plane, point_thresholds, region_at
from quadviz.scenes.recovery import ErrorMap, MapSetting, PointSpectrum, solve_map, whole
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold
from tests.snapshots import matches


def a_plane(vertical: Width = "kappa", fixed: float = 0.3, top: float = 1.0) -> Plane:
    return plane(vertical, (0.6, top), fixed, (0.29, 0.5))


def a_map(cells: int = 20, lam: float = 0.0) -> ErrorMap:
    return whole(solve_map(cells, MapSetting("kappa", (0.6, 1.0), 0.3, lam, 0.0)))


def a_few(drawn: Plane, count: int = 8) -> Plane:
    """A plane whose curves have few points."""
    curves = {
        name: values[:: len(values) // count] if isinstance(values, np.ndarray) else values
        for name, values in vars(drawn.curves).items()
    }
    return replace(drawn, curves=replace(drawn.curves, **curves))


def labels(figure: Drawing) -> list[str]:
    """The labels shown, on one line each, but for the title."""
    return [a["text"].replace("<br>", " ") for a in figure["layout"]["annotations"][:-1] if a["visible"]]


def test_the_figures_are_those_that_were_looked_at() -> None:
    drawn = a_few(a_plane())
    assert matches("recovery_map", recovery_map_figure(a_map(8), drawn)) == ""
    limited = replace(a_map(8, 0.01), spare=np.ones((8, 8)))
    assert matches("recovery_map_dark", recovery_map_figure(limited, drawn, "dark", "narrow")) == ""
    assert matches("thresholds", phase_diagram_figure(drawn)) == ""
    teachers = replace(a_few(a_plane("kappa_star", 0.35)), point=(0.05, 0.1))
    assert matches("thresholds_teacher", phase_diagram_figure(teachers, "dark")) == ""
    assert matches("point_spectrum", point_spectrum_figure(a_spectrum())) == ""
    nothing = a_spectrum(learned_at=np.empty(0), learned=np.empty(0), learned_atom=float("nan"))
    assert matches("point_spectrum_unknown", point_spectrum_figure(nothing, "dark")) == ""


# The map


def test_the_cells_are_the_logarithm_of_the_mse_and_hover_with_the_mse_itself() -> None:
    solved = a_map(lam=0.01)
    cells = trace(recovery_map_figure(solved, a_plane()), "mse")
    np.testing.assert_allclose(cells["z"], np.minimum(np.log10(solved.mse), 1))
    assert cells["customdata"] is solved.mse
    assert cells["x"] is solved.across
    assert cells["y"] is solved.up


@pytest.mark.parametrize("name", list(COLOUR_RANGES))
def test_zero_has_a_colour_of_its_own_and_small_errors_have_not(name: str) -> None:
    span = COLOUR_RANGES[name]
    mse = np.array([[0.0, 1e-30, 10.0**span.low, 1e9, np.nan]])
    zero, tiny, lowest, huge, unknown = span.shades(mse)[0]
    assert span.block < zero < span.low == tiny == lowest
    assert huge == span.high
    assert np.isnan(unknown)
    heat = trace(recovery_map_figure(a_map(), a_plane(), colours=name), "mse")
    assert (heat["zmin"], heat["zmax"]) == (span.block, span.high)
    places, colours = zip(*heat["colorscale"], strict=True)
    edge = (span.low - span.block) / (span.high - span.block)
    assert places[1] == pytest.approx(edge)
    assert colours[0] == colours[1]
    assert len(set(colours[2:]) | {colours[0]}) == len(colours[1:])
    bar = heat["colorbar"]
    ticks = dict(zip(bar["ticktext"], bar["tickvals"], strict=True))
    assert ticks["0"] == zero
    assert [text[:1] for text in ticks][1] == "≤"
    assert bar["ticktext"][-1] == "≥ 10"


def test_lightness_rises_with_the_mse() -> None:
    heat = trace(recovery_map_figure(a_map(), a_plane()), "mse")
    shades = [luminance(colour) for _place, colour in heat["colorscale"][2:]]
    assert shades == sorted(shades)


def test_cells_without_a_solution_stay_blank() -> None:
    solved = a_map()
    mse = solved.mse.copy()
    mse[3, 4] = np.nan
    heat = trace(recovery_map_figure(replace(solved, mse=mse), a_plane()), "mse")
    assert np.isnan(heat["z"][3, 4])
    assert np.isnan(heat["z"]).sum() == 1
    assert heat["hoverongaps"] is False


def test_the_contour_bounds_what_is_rank_limited() -> None:
    solved = a_map()
    figure = recovery_map_figure(solved, a_plane())
    everywhere = recovery_map_figure(replace(solved, spare=np.abs(solved.spare)), a_plane())
    for uid in ("limit-casing", "limit"):
        contour = trace(figure, uid)
        assert contour["visible"]
        assert contour["z"] is solved.spare
        assert (contour["contours"]["start"], contour["contours"]["end"]) == (0, 0)
        assert not trace(everywhere, uid)["visible"]
    assert labels(everywhere) == ["mse = 0: recovered exactly"]


def test_the_labels_stand_where_they_are_true() -> None:
    solved = a_map(cells=50)
    figure = recovery_map_figure(solved, a_plane())
    assert labels(figure) == ["rank-limited: steady-state assumption", "mse = 0: recovered exactly"]
    limited, zero, _title = figure["layout"]["annotations"]
    assert solved.spare[int(limited["y"] * 50), int(limited["x"] * 50)] < 0
    assert solved.mse[int(zero["y"] * 50), int(zero["x"] * 50)] == 0
    blurred = recovery_map_figure(a_map(lam=0.01), a_plane())
    assert labels(blurred) == ["rank-limited: steady-state assumption"]


def test_a_cross_that_moves_sends_nothing_of_the_map() -> None:
    solved, here = a_map(), a_plane()
    there = replace(here, point=(0.52, 0.52))
    found = changes(parts_of(recovery_map_figure(solved, here)), parts_of(recovery_map_figure(solved, there)))
    assert {uid: set(changed) for uid, changed in found["traces"].items()} == {
        "cross-edge": {"x", "y"}, "cross": {"x", "y"},
    }  # fmt: skip
    assert len(packed(found)) < 1500


# The lines


@pytest.mark.parametrize("vertical", ["kappa", "kappa_star"])
@pytest.mark.parametrize("draw", [phase_diagram_figure, lambda plane: recovery_map_figure(a_map(), plane)])
def test_the_lines_are_the_thresholds(vertical: Width, draw: Any) -> None:
    there = a_plane(vertical, fixed=0.35)
    figure = draw(there)
    height = there.curves.place
    kappa, kappa_star = (height, 0.35) if vertical == "kappa" else (0.35, height)
    expected = {
        "ridgeless": recovery_threshold(kappa, kappa_star),
        "interpolation": interpolation_threshold(kappa, kappa_star).alpha,
        "free": recovery_threshold(kappa, kappa_star, "none"),
        "bayes": recovery_threshold(kappa, kappa_star, "bayes"),
    }
    for line in LINES:
        drawn = [trace(figure, line.field)]
        if line.limited:
            drawn.append(trace(figure, f"{line.field}-dashed"))
        for one in drawn:
            there_is = np.isfinite(one["x"])
            np.testing.assert_array_equal(one["x"][there_is], expected[line.field][there_is])
            assert one["y"] is height
            assert one["hoverinfo"] == "skip"
        assert np.all(np.any([np.isfinite(one["x"]) for one in drawn], axis=0))


def test_a_threshold_is_dashed_where_a_wider_student_has_another() -> None:
    there = a_plane()
    figure = phase_diagram_figure(there)
    solid, dashed = trace(figure, "ridgeless"), trace(figure, "ridgeless-dashed")
    assert (solid["line"]["dash"], dashed["line"]["dash"]) == ("solid", "5px,3px")
    exact = np.abs(there.curves.ridgeless / float(recovery_threshold(1.0, 0.3)) - 1) < 1e-12
    np.testing.assert_array_equal(np.isfinite(solid["x"]), exact)
    assert 0 < exact.sum() < exact.size
    assert np.isfinite(dashed["x"][~exact]).all()


def test_what_is_conjectured_is_called_a_conjecture() -> None:
    (line,) = (line for line in LINES if line.field == "free")
    assert "conjecture" in line.name
    assert line.dash != "solid"
    starred = {name for name, region in REGIONS.items() if "*" in region.name}
    assert starred == {"missed", "free", "decay", "either", "tight"}
    assert all(("*" in region.short) == (name in starred) for name, region in REGIONS.items())


# The regions


def regions_of(drawn: Plane, alpha: float, height: float) -> list[str]:
    """The regions that a point lies in."""
    place = np.array([alpha]), np.array([height])
    return [name for name, band in bands(drawn).items() if band.cells(*place).any()]


def thresholds_of(at: PointThresholds) -> list[float]:
    return [at.ridgeless, at.interpolation, at.free, at.bayes]


def test_every_point_lies_in_the_region_that_its_thresholds_say() -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for vertical, fixed in (
        ("kappa", 0.3),
        ("kappa", 0.05),
        ("kappa", 0.8),
        ("kappa_star", 0.35),
        ("kappa_star", 0.9),
    ):
        drawn = a_plane(vertical, fixed)
        for _ in range(60):
            alpha, height = float(rng.uniform(0.01, 0.6)), float(rng.uniform(0.02, 1.0))
            kappa, kappa_star = (height, fixed) if vertical == "kappa" else (fixed, height)
            at = point_thresholds(kappa, kappa_star)
            if min(abs(alpha - value) for value in thresholds_of(at)) < 2e-3:
                continue  # between two points of a curve that bends
            name = region_at(alpha, at)
            assert regions_of(drawn, alpha, height) == [name]
            seen.add(name)
    at = point_thresholds(0.34, 0.3)
    assert at.free < at.ridgeless
    between = (at.free + at.ridgeless) / 2
    assert region_at(between, at) == "free"
    assert regions_of(a_plane(), between, 0.34) == ["free"]
    assert seen | {"free"} == set(REGIONS)


def test_the_regions_keep_their_promises() -> None:
    """What a region is called, checked against solved steady states without noise."""
    rng = np.random.default_rng(4)
    for _ in range(60):
        kappa, kappa_star = rng.uniform(0.05, 1.2), rng.uniform(0.05, 0.95)
        alpha = float(rng.uniform(0.02, 0.6))
        name = region_at(alpha, point_thresholds(kappa, kappa_star))
        mse = float(steady_state(alpha, kappa, kappa_star, 0.0, 0.0).mse)
        assert (mse == 0) == (name in ("decay", "either", "tight"))
        assert (name == "narrow") == (kappa < kappa_star)
        if name != "narrow":
            assert (name == "impossible") == (alpha < kappa_star - kappa_star**2 / 2)


def test_no_room_to_fit_noise_means_just_that() -> None:
    for kappa, kappa_star in ((0.5, 0.3), (0.9, 0.2), (1.5, 0.6)):
        edge = float(interpolation_threshold(kappa, kappa_star).alpha)
        below, above = steady_state([0.98 * edge, 1.02 * edge], kappa, kappa_star, 0.0, 1e-6).train_loss
        assert below == 0
        assert above > 0


def test_every_name_fits_and_lies_in_its_region() -> None:
    there = a_plane()
    figure = phase_diagram_figure(there)
    found = bands(there)
    for note, name in zip(figure["layout"]["annotations"], found, strict=False):
        if not note["visible"]:
            continue
        assert note["text"].replace("<br>", " ") in (REGIONS[name].name, REGIONS[name].short)
        alpha, width = (
            low + share * (high - low)
            for share, (low, high) in zip((note["x"], note["y"]), (there.alpha, there.width), strict=True)
        )
        assert regions_of(there, alpha, width) == [name]
    shown = labels(figure)
    assert "impossible for any method" in shown
    assert "possible, but not by this training*" in shown
    assert "student narrower than the teacher: no recovery" in shown


def test_a_teacher_of_full_rank_leaves_a_narrow_student_nothing() -> None:
    def extended(drawn: Plane) -> set[str]:
        return {
            name
            for name, band in bands(drawn).items()
            if np.ptp(band.height) > 0 and np.any(band.right - band.left > 1e-9)
        }

    narrow = a_plane("kappa", 1.5)
    assert extended(narrow) == {"narrow"}
    assert labels(phase_diagram_figure(narrow)) == ["student narrower than the teacher: no recovery"]
    wide = a_plane("kappa", 1.5, top=2.0)
    assert extended(wide) == {"narrow", "impossible", "tight"}
    np.testing.assert_array_equal(bands(wide)["tight"].left, 0.5)


def test_text_can_be_read_on_its_region() -> None:
    for theme, colours in THEMES.items():
        for region in REGIONS.values():
            assert contrast(region.dark if theme == "dark" else region.light, colours.ink) >= 4.5


# Placing labels


def test_a_label_fits_where_it_is_put() -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        area = np.zeros((50, 80), dtype=bool)
        y, x = rng.integers(0, 30), rng.integers(0, 50)
        area[y : y + rng.integers(1, 20), x : x + rng.integers(1, 30)] = True
        area[rng.integers(0, 50)] = False
        label = Label("a", float(rng.uniform(5, 150)), float(rng.uniform(5, 60)))
        place = place_label(area, [label], (400.0, 250.0))
        if place is None:
            continue
        half = np.array([label.height / 250 * 50, label.width / 400 * 80]) / 2
        centre = np.array([place.y * 50, place.x * 80])
        (bottom, left), (top, right) = (
            np.floor(centre - half + 0.5).astype(int),
            np.ceil(centre + half - 0.5).astype(int),
        )
        assert area[bottom:top, left:right].all()


def test_the_first_wording_that_fits_is_taken_and_none_where_there_is_no_room() -> None:
    area = np.zeros((40, 60), dtype=bool)
    area[5:35, 20:25] = True
    place = place_label(area, wordings("a long name"), (300.0, 200.0))
    assert place is not None
    assert place.label.upright
    assert place_label(np.zeros((4, 4), dtype=bool), wordings("a"), (300.0, 200.0)) is None
    area[:] = False
    area[5, 5] = True
    assert place_label(area, wordings("a long name"), (300.0, 200.0)) is None


def test_labels_keep_clear_of_a_point_and_of_a_curve() -> None:
    area = np.ones((50, 50), dtype=bool)
    assert not without(area, (0.5, 0.5), (200.0, 200.0))[25, 25]
    assert without(area, (0.5, 0.5), (200.0, 200.0)).sum() > 2400
    cleared = off_curve(area, np.array([0.2, 0.8]), np.array([0.0, 1.0]), (200.0, 200.0))
    assert not cleared[0, 10]
    assert not cleared[49, 39]
    assert cleared[49, 10]
    half = off_curve(area, np.array([0.2, 0.2]), np.array([0.5, 1.0]), (200.0, 200.0))
    assert half[:25].all()


# The spectrum


def a_spectrum(**options: Any) -> PointSpectrum:
    at = np.linspace(0.5, 4.0, 12)
    base = PointSpectrum(at, np.full(12, 0.2), 0.7, at * 1.2, np.full(12, 0.15), 0.65, limited=False)
    return replace(base, **options)


def test_the_spectrum_shows_both_laws_and_their_atoms() -> None:
    scene = a_spectrum()
    figure = point_spectrum_figure(scene)
    assert trace(figure, "teacher")["y"] is scene.teacher
    assert trace(figure, "learned")["x"] is scene.learned_at
    assert [trace(figure, f"{whose}-atom")["y"][1] for whose in ("teacher", "learned")] == [0.7, 0.65]
    assert figure["layout"]["annotations"][1]["text"] == "eigenvalue  (at 0: 65%, teacher's 70%)"
    assert trace(figure, "learned")["line"]["dash"] == "solid"
    assert trace(point_spectrum_figure(a_spectrum(limited=True)), "learned")["line"]["dash"] == "5px,3px"


def test_a_point_without_a_spectrum_is_told() -> None:
    figure = point_spectrum_figure(
        a_spectrum(learned_at=np.empty(0), learned=np.empty(0), learned_atom=float("nan"))
    )
    assert "no solution" in figure["layout"]["annotations"][1]["text"]
    assert trace(figure, "learned-atom")["y"][1] == 0
    assert all(np.all(np.isfinite(ends)) for _scale, ends in ranges(figure).values())


def test_axes_of_the_spectrum_stay_while_it_changes_a_little() -> None:
    first = ranges(point_spectrum_figure(a_spectrum()))
    assert first["xaxis"][1][0] < 0
    same = point_spectrum_figure(a_spectrum(learned=np.full(12, 0.16)), held=first)
    assert ranges(same) == first
    longer = point_spectrum_figure(a_spectrum(learned_at=np.linspace(0.5, 40.0, 12)), held=first)
    assert ranges(longer)["xaxis"][1][1] >= 40


def luminance(colour: str) -> float:
    (colour,) = validate_colors(colour, "rgb")
    channels = [c / 255 for c in unlabel_rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
