"""The figures of the recovery page: a map, the regions between the thresholds, a small spectrum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import unlabel_rgb, validate_colors

from quadviz.explorers.recovery_map import curves_over
from quadviz.figures.phase_diagram import bands, phase_diagram_figure
from quadviz.figures.placing import Label, off_curve, place_label, without, wordings
from quadviz.figures.point_spectrum import (
    PointSpectrum,
    PointSpectrumPen,
    point_spectrum_figure,
    point_spectrum_skeleton,
)
from quadviz.figures.recovery_map import (
    COLOUR_RANGES,
    RecoveryMap,
    RecoveryMapPen,
    recovery_map_figure,
    recovery_map_skeleton,
)
from quadviz.figures.theme import THEMES
from quadviz.figures.thresholds import LINES, REGIONS, Plane, Width, region_at
from quadviz.theory.steady_state import steady_state
from quadviz.theory.thresholds import interpolation_threshold, recovery_threshold


def a_plane(vertical: Width = "kappa", fixed: float = 0.3, **options: Any) -> Plane:
    limit = min(fixed, 1.0) if vertical == "kappa" or fixed < 1 else 1.0
    return Plane(
        curves=curves_over(vertical, 1.0, fixed),
        limit=limit,
        **{"alpha": (0.01, 0.6), "width": (0.02, 1.0), "title": "w", "point": (0.29, 0.5), **options},
    )


def a_map(cells: int = 20, lam: float = 0.0, **options: Any) -> RecoveryMap:
    plane = options.pop("plane", a_plane())
    across, up = (
        low + (np.arange(cells) + 0.5) / cells * (high - low) for low, high in (plane.alpha, plane.width)
    )
    state = steady_state(across, up[:, None], 0.3, lam, 0.0)
    return RecoveryMap(plane, across, up, state.mse, state.kappa - state.kappa_min, **options)


def thresholds(kappa: float, kappa_star: float) -> dict[str, float]:
    return {
        "ridgeless": float(recovery_threshold(kappa, kappa_star)),
        "interpolation": float(interpolation_threshold(kappa, kappa_star).alpha),
        "free": float(recovery_threshold(kappa, kappa_star, "none")),
        "bayes": float(recovery_threshold(kappa, kappa_star, "bayes")),
    }


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == name]


def labels(figure: go.Figure) -> list[str]:
    """The labels shown, on one line each, but for the title."""
    return [a.text.replace("<br>", " ") for a in figure.layout.annotations[:-1] if a.visible]


# The map


def test_the_cells_are_the_logarithm_of_the_mse_and_hover_with_the_mse_itself() -> None:
    view = a_map(lam=0.01)
    cells = recovery_map_figure(view).data[0]
    np.testing.assert_allclose(cells.z, np.minimum(np.log10(view.mse), 1), atol=1e-3)
    np.testing.assert_allclose(cells.customdata, view.mse, rtol=1e-3)
    np.testing.assert_array_equal(cells.x, view.across)
    np.testing.assert_array_equal(cells.y, view.up)


@pytest.mark.parametrize("name", list(COLOUR_RANGES))
def test_zero_has_a_colour_of_its_own_and_small_errors_have_not(name: str) -> None:
    span = COLOUR_RANGES[name]
    mse = np.array([[0.0, 1e-30, 10.0**span.low, 1e9, np.nan]])
    zero, tiny, lowest, huge, unknown = span.shades(mse)[0]
    assert span.block < zero < span.low == tiny == lowest
    assert huge == span.high
    assert np.isnan(unknown)
    heat = recovery_map_figure(replace(a_map(), colours=name)).data[0]
    assert (heat.zmin, heat.zmax) == (span.block, span.high)
    places, colours = zip(*heat.colorscale, strict=True)
    edge = (span.low - span.block) / (span.high - span.block)
    assert places[1] == pytest.approx(edge)
    assert colours[0] == colours[1]
    assert len(set(colours[2:]) | {colours[0]}) == len(colours[1:])
    ticks = dict(zip(heat.colorbar.ticktext, heat.colorbar.tickvals, strict=True))
    assert ticks["0"] == zero
    assert [text[:1] for text in ticks][1] == "≤"
    assert heat.colorbar.ticktext[-1] == ("≥ 10" if span.high == 1 else "≥ 100")


def test_lightness_rises_with_the_mse() -> None:
    heat = recovery_map_figure(a_map()).data[0]
    shades = [luminance(colour) for _place, colour in heat.colorscale[2:]]
    assert shades == sorted(shades)


def test_cells_without_a_solution_stay_blank() -> None:
    view = a_map()
    mse = view.mse.copy()
    mse[3, 4] = np.nan
    heat = recovery_map_figure(replace(view, mse=mse)).data[0]
    assert np.isnan(heat.z[3, 4])
    assert np.isnan(heat.z).sum() == 1
    assert heat.hoverongaps is False


def test_the_colours_span_the_same_at_every_setting() -> None:
    figure = recovery_map_skeleton()
    pen = RecoveryMapPen(figure)
    pen.draw(a_map())
    before = figure.data[0].zmin, figure.data[0].zmax, figure.data[0].colorscale
    pen.draw(a_map(lam=1.0))
    assert (figure.data[0].zmin, figure.data[0].zmax, figure.data[0].colorscale) == before


def test_the_contour_bounds_what_is_rank_limited() -> None:
    view = a_map()
    for contour in recovery_map_figure(view).data[1:3]:
        np.testing.assert_array_equal(np.asarray(contour.z) < 0, view.spare < -5e-4)
        assert (contour.contours.start, contour.contours.end) == (0, 0)
    everywhere = replace(view, spare=np.abs(view.spare))
    figure = recovery_map_figure(everywhere)
    assert all(contour.z is None for contour in figure.data[1:3])
    assert labels(figure) == ["mse = 0: recovered exactly"]


def test_the_labels_stand_where_they_are_true() -> None:
    view = a_map(cells=50)
    figure = recovery_map_figure(view)
    assert labels(figure) == ["rank-limited: steady-state assumption", "mse = 0: recovered exactly"]
    limited, zero = (note for note in figure.layout.annotations if note.visible and "b>" not in note.text)
    row, column = int(limited.y * 50), int(limited.x * 50)
    assert view.spare[row, column] < 0
    row, column = int(zero.y * 50), int(zero.x * 50)
    assert view.mse[row, column] == 0
    assert labels(recovery_map_figure(a_map(lam=0.01))) == ["rank-limited: steady-state assumption"]


def test_drawing_again_sends_only_what_changed() -> None:
    figure = recovery_map_skeleton()
    pen = RecoveryMapPen(figure)
    view = a_map()
    pen.draw(view)
    sent: list[dict[str, Any]] = []
    figure.plotly_update = lambda **update: sent.append(update)
    pen.draw(view)
    assert not any(update.get("restyle_data") or update.get("relayout_data") for update in sent)
    pen.draw(replace(view, plane=replace(view.plane, point=(0.5, 0.5))))
    assert set(sent[-1]["restyle_data"]) == {"x"}


# The lines


@pytest.mark.parametrize("vertical", ["kappa", "kappa_star"])
@pytest.mark.parametrize(
    "draw", [phase_diagram_figure, lambda plane: recovery_map_figure(a_map(plane=plane))]
)
def test_the_lines_are_the_thresholds(vertical: Width, draw: Any) -> None:
    plane = a_plane(vertical, fixed=0.35)
    figure = draw(plane)
    height = plane.curves.place
    kappa, kappa_star = (height, 0.35) if vertical == "kappa" else (0.35, height)
    expected = {
        "ridgeless": recovery_threshold(kappa, kappa_star),
        "interpolation": interpolation_threshold(kappa, kappa_star).alpha,
        "free": recovery_threshold(kappa, kappa_star, "none"),
        "bayes": recovery_threshold(kappa, kappa_star, "bayes"),
    }
    for line in LINES:
        traces = named(figure, line.name)
        assert len(traces) == (2 if line.limited else 1)
        for trace in traces:
            drawn = np.isfinite(trace.x)
            np.testing.assert_allclose(trace.x[drawn], expected[line.field][drawn], rtol=1e-6)
            np.testing.assert_allclose(trace.y, height, rtol=1e-6)
            assert trace.hoverinfo == "skip"
        assert np.all(np.any([np.isfinite(trace.x) for trace in traces], axis=0))


def test_a_threshold_is_dashed_where_a_wider_student_has_another() -> None:
    plane = a_plane()
    solid, dashed = named(phase_diagram_figure(plane), "recovery, λ → 0+")
    assert (solid.line.dash, dashed.line.dash) == ("solid", "5px,3px")
    exact = np.abs(plane.curves.ridgeless / float(recovery_threshold(1.0, 0.3)) - 1) < 1e-12
    np.testing.assert_array_equal(np.isfinite(solid.x), exact)
    assert 0 < exact.sum() < exact.size
    assert np.isfinite(dashed.x[~exact]).all()


def test_what_is_conjectured_is_called_a_conjecture() -> None:
    (line,) = (line for line in LINES if line.field == "free")
    assert "conjecture" in line.name
    assert line.dash != "solid"
    starred = {name for name, region in REGIONS.items() if "*" in region.name}
    assert starred == {"missed", "free", "decay", "either", "tight"}
    assert all(("*" in region.short) == (name in starred) for name, region in REGIONS.items())


# The regions


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
        plane = a_plane(vertical, fixed)
        found = bands(plane)
        for _ in range(60):
            alpha, height = float(rng.uniform(0.01, 0.6)), float(rng.uniform(0.02, 1.0))
            kappa, kappa_star = (height, fixed) if vertical == "kappa" else (fixed, height)
            values = thresholds(kappa, kappa_star)
            if min(abs(alpha - value) for value in values.values()) < 2e-3:
                continue  # between two points of a curve that bends
            name = region_at(alpha, **values)
            inside = [
                n for n, band in found.items() if band.cells(np.array([alpha]), np.array([height])).any()
            ]
            assert inside == [name]
            seen.add(name)
    values = thresholds(0.34, 0.3)
    assert values["free"] < values["ridgeless"]
    between = (values["free"] + values["ridgeless"]) / 2
    assert region_at(between, **values) == "free"
    plane = a_plane()
    assert [
        n for n, band in bands(plane).items() if band.cells(np.array([between]), np.array([0.34])).any()
    ] == ["free"]
    assert seen | {"free"} == set(REGIONS)


def test_the_regions_keep_their_promises() -> None:
    """What a region is called, checked against solved steady states without noise."""
    rng = np.random.default_rng(4)
    for _ in range(60):
        kappa, kappa_star = rng.uniform(0.05, 1.2), rng.uniform(0.05, 0.95)
        alpha = float(rng.uniform(0.02, 0.6))
        values = thresholds(kappa, kappa_star)
        name = region_at(alpha, **values)
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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_name_fits_and_lies_in_its_region(theme: Any) -> None:
    plane = a_plane(theme=theme)
    figure = phase_diagram_figure(plane)
    found = bands(plane)
    for note, (name, region) in zip(figure.layout.annotations, REGIONS.items(), strict=False):
        if not note.visible:
            continue
        text = note.text.replace("<br>", " ")
        assert text in (region.name, region.short)
        alpha, width = (
            low + share * (high - low)
            for share, (low, high) in zip((note.x, note.y), (plane.alpha, plane.width), strict=True)
        )
        assert found[name].cells(np.array([alpha]), np.array([width])).all()
    shown = labels(figure)
    assert "impossible for any method" in shown
    assert "possible, but not by this training*" in shown
    assert "student narrower than the teacher: no recovery" in shown


def test_a_teacher_of_full_rank_leaves_a_narrow_student_nothing() -> None:
    plane = a_plane("kappa", 1.5)
    assert set(bands(plane)) == {"narrow"}
    assert labels(phase_diagram_figure(plane)) == ["student narrower than the teacher: no recovery"]
    wide = replace(plane, curves=curves_over("kappa", 2.0, 1.5), width=(0.02, 2.0))
    assert set(bands(wide)) == {"narrow", "impossible", "tight"}
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
    at = np.linspace(0.5, 4.0, 30)
    base = PointSpectrum(at, np.full(30, 0.2), 0.7, at * 1.2, np.full(30, 0.15), 0.65, limited=False)
    return replace(base, **options)


def test_the_spectrum_shows_both_laws_and_their_atoms() -> None:
    view = a_spectrum()
    figure = point_spectrum_figure(view)
    teacher, learned, teacher_bar, bar = figure.data
    np.testing.assert_array_equal(teacher.y, view.teacher)
    np.testing.assert_array_equal(learned.x, view.learned_at)
    assert (teacher_bar.y[1], bar.y[1]) == (0.7, 0.65)
    assert figure.layout.xaxis.title.text == "eigenvalue  (at 0: 65%, teacher's 70%)"
    assert learned.line.dash == "solid"
    assert point_spectrum_figure(a_spectrum(limited=True)).data[1].line.dash == "5px,3px"


def test_a_point_without_a_spectrum_is_told() -> None:
    figure = point_spectrum_figure(
        a_spectrum(learned_at=np.empty(0), learned=np.empty(0), learned_atom=float("nan"))
    )
    assert "no solution" in figure.layout.xaxis.title.text
    assert figure.data[3].y[1] == 0
    assert np.all(np.isfinite(figure.layout.xaxis.range + figure.layout.yaxis.range))


def test_axes_of_the_spectrum_stay_while_it_changes_a_little() -> None:
    figure = point_spectrum_skeleton()
    pen = PointSpectrumPen(figure)
    pen.draw(a_spectrum())
    before = figure.layout.xaxis.range, figure.layout.yaxis.range
    pen.draw(a_spectrum(learned=np.full(30, 0.16)))
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == before
    assert figure.layout.xaxis.range[0] < 0
    pen.draw(a_spectrum(learned_at=np.linspace(0.5, 40.0, 30)))
    assert figure.layout.xaxis.range[1] >= 40


def luminance(colour: str) -> float:
    (colour,) = validate_colors(colour, "rgb")
    channels = [c / 255 for c in unlabel_rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
