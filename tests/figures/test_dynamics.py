"""The figures of dynamics: courses, bands and uprights; histograms on their way between two laws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadviz.figures.dynamics import (
    DMFT_HUE,
    DOUBT_DASH,
    dynamics_figure,
    dynamics_film,
    fitted_dynamics,
)
from quadviz.figures.evolving_spectrum import evolving_spectrum_figure, evolving_spectrum_film, moments_of
from quadviz.figures.marks.drawing import Drawing, Part, ranges, trace
from quadviz.figures.marks.theme import THEMES
from quadviz.figures.training import ROWS
from quadviz.scenes.dynamics import Course, Dynamics
from quadviz.scenes.evolving_spectrum import EvolvingSpectrum, Frames
from quadviz.scenes.training import Training
from quadviz.theory.best.early_stopping import EarlyStop
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import steady_state
from tests.snapshots import matches

TIMES = np.array([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
KAPPA, GAMMA = 0.5, 0.1
#: Where the law of Z(0) ends.
BULK_END = GAMMA * (1 + 1 / math.sqrt(KAPPA)) ** 2


def a_course(**options: Any) -> Course:
    values = np.array([[4.0, 4.0, 3.0, 0.5, 0.8, 1.0], [2.0, 2.0, 1.0, 0.2, 0.05, 0.02]])
    return Course(**{"times": TIMES, "values": values, "error": 0.1 * values, **options})


def a_scene(**options: Any) -> Dynamics:
    solved = steady_state(0.35, 0.7, 0.3, 0.01, 0.5)
    theory = replace(solved, mse=np.float64(1.1), train_loss=np.float64(0.02))
    flow = Course(TIMES[:1], np.full((2, 1), 4.0), np.full((2, 1), np.nan))
    given = {"training": Training(theory, 100.0), "population": flow, "dmft": a_course()}
    return Dynamics(**{**given, **options})


def a_stop(time: float) -> EarlyStop:
    return EarlyStop(time, mse=0.5, error=0.01, end=100.0, end_mse=1.0, end_error=0.01)


def a_spectrum(**options: Any) -> EvolvingSpectrum:
    """Two copies of four eigenvalues at two moments."""
    given: dict[str, Any] = {
        "frames": Frames(
            np.array([0.0, 2.5]),
            (np.array([0, 0, 0, 0, 0.1, 0.2, 0.2, 0.3]), np.array([0, 0, 0, 0.2, 0.2, 0.3, 2.0, 5.0])),
            size=4,
        ),
        "moment": 1,
        "law": learned_spectrum([[0.35]], KAPPA, 0.3, 0.01, 0.5),
        "kappa": KAPPA,
        "gamma": GAMMA,
    }
    return EvolvingSpectrum(**{**given, **options})


def spectrum_of(scene: EvolvingSpectrum, **look: Any) -> Drawing:
    return evolving_spectrum_figure(moments_of(scene), **look)


def outline_of(figure: Drawing, name: str) -> tuple[np.ndarray, np.ndarray]:
    return trace(figure, name)["x"], trace(figure, name)["y"]


def said(figure: Drawing) -> list[str]:
    return [annotation["text"] for annotation in figure["layout"]["annotations"][1:5]]


def words(figure: Drawing, part: str) -> Part:
    """The annotation that says so."""
    (found,) = (each for each in figure["layout"]["annotations"] if part in each["text"])
    return dict(found)


@pytest.mark.parametrize(
    ("name", "scene", "look"),
    [
        ("dynamics", a_scene(now=0.0, stop=a_stop(1.0)), {}),
        ("dynamics_doubt", a_scene(dmft=a_course(trusted_until=2.0, current=False)), {"theme": "dark"}),
        ("dynamics_flow", a_scene(dmft=None, population=a_course(), now=50.0), {"y_scale": "linear"}),
    ],
)
def test_the_course_looks_as_it_did(name: str, scene: Dynamics, look: dict[str, Any]) -> None:
    assert matches(name, dynamics_figure(scene, **look)) == ""


@pytest.mark.parametrize(
    ("name", "scene", "look"),
    [
        ("dynamics_spectrum", a_spectrum(), {"hue": DMFT_HUE}),
        ("dynamics_spectrum_root", a_spectrum(view="singular values", moment=0), {"theme": "dark"}),
        ("dynamics_spectrum_empty", a_spectrum(frames=None, moment=0), {"empty": "press it"}),
    ],
)
def test_the_spectrum_looks_as_it_did(name: str, scene: EvolvingSpectrum, look: dict[str, Any]) -> None:
    assert matches(name, spectrum_of(scene, **look)) == ""


def test_the_mean_field_theory_is_a_line_in_its_band() -> None:
    figure = dynamics_figure(a_scene())
    for row in ROWS:
        values = a_course().values[row][1:]
        band, line = trace(figure, f"band-{row}"), trace(figure, f"dmft-{row}")
        np.testing.assert_allclose(line["x"], TIMES[1:])
        np.testing.assert_allclose(line["y"], values)
        upper, lower = np.split(band["y"], 2)
        np.testing.assert_allclose(upper, 1.1 * values)
        np.testing.assert_allclose(lower[::-1], 0.9 * values)
        assert line["line"]["color"] == DMFT_HUE
        assert line["yaxis"] == band["yaxis"] == ("y2" if row else "y")


def test_from_where_it_is_not_to_be_trusted_it_is_dotted_without_a_band() -> None:
    figure = dynamics_figure(a_scene(dmft=a_course(trusted_until=2.0)))
    for row in ROWS:
        solid, band, dotted = (trace(figure, f"{kind}-{row}") for kind in ("dmft", "band", "doubt"))
        values = a_course().values[row]
        np.testing.assert_allclose(solid["y"], values[1:4])
        assert "dash" not in solid["line"]
        assert max(band["x"]) == 1.0
        # It begins where the other ends, and that end is still to be trusted.
        np.testing.assert_allclose(dotted["x"], [1.0, 10.0, 100.0])
        np.testing.assert_allclose(dotted["y"], values[3:])
        assert dotted["text"] == ["", ", not to be trusted", ", not to be trusted"]
        assert "%{text}" in dotted["hovertemplate"]
        assert dotted["line"]["dash"] == DOUBT_DASH
        assert dotted["line"]["color"] == solid["line"]["color"] == DMFT_HUE
        assert dotted["yaxis"] == solid["yaxis"] and dotted["line"]["width"] == solid["line"]["width"]
    word = words(figure, "not to be trusted")
    assert word["visible"] and word["x"] == pytest.approx(math.log10(2.0))


def test_what_can_be_trusted_to_its_end_has_no_dots() -> None:
    figure = dynamics_figure(a_scene(dmft=a_course(trusted_until=100.0)))
    assert all(trace(figure, f"doubt-{row}")["x"].size == 0 for row in ROWS)
    assert not words(figure, "not to be trusted")["visible"]
    np.testing.assert_allclose(trace(figure, "dmft-0")["x"], TIMES[1:])


def test_what_is_not_to_be_trusted_does_not_stretch_the_axis() -> None:
    values = a_course().values.copy()
    values[:, -1] = 1e5
    wild = dynamics_figure(a_scene(dmft=a_course(values=values, trusted_until=2.0)))
    assert ranges(wild)["yaxis"][1][1] < 1.5
    np.testing.assert_allclose(trace(wild, "doubt-0")["y"][-1], 1e5)
    believed = dynamics_figure(a_scene(dmft=a_course(values=values)))
    assert ranges(believed)["yaxis"][1][1] > 4.9


def test_a_reel_is_dotted_where_its_whole_is_and_drawn_on_its_axes() -> None:
    whole = a_scene(dmft=a_course(trusted_until=2.0), stop=a_stop(10.0))
    np.testing.assert_array_equal(whole.times, TIMES)
    counts = []
    for time in (1.0, 10.0, 100.0):
        figure = dynamics_figure(whole.until(time), holds=fitted_dynamics(whole))
        counts.append((trace(figure, "dmft-0")["x"].size, trace(figure, "doubt-0")["x"].size))
        now, best = figure["layout"]["shapes"]
        assert now["x0"] == time and best["visible"] is (time >= 10.0)
        assert ranges(figure) == ranges(dynamics_figure(whole))
    assert counts == [(3, 0), (3, 2), (3, 3)]


def test_a_band_wider_than_its_line_is_high_stays_on_a_log_axis() -> None:
    scene = a_scene(dmft=a_course(error=3 * a_course().values))
    assert np.min(trace(dynamics_figure(scene), "band-0")["y"]) > 0
    assert np.min(trace(dynamics_figure(scene, y_scale="linear"), "band-0")["y"]) == 0


def test_without_errors_there_is_no_band_but_a_line() -> None:
    figure = dynamics_figure(a_scene(dmft=a_course(error=np.full((2, TIMES.size), np.nan))))
    upper, lower = np.split(trace(figure, "band-0")["y"], 2)
    np.testing.assert_array_equal(upper, lower[::-1])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theory_of_another_setting_is_grey(theme: Any) -> None:
    figure = dynamics_figure(a_scene(dmft=a_course(current=False)), theme)
    assert trace(figure, "dmft-0")["line"]["color"] == THEMES[theme].muted
    current = dynamics_figure(a_scene(), theme)
    assert trace(figure, "band-0")["fillcolor"] != trace(current, "band-0")["fillcolor"]


def test_the_population_flow_does_not_stretch_a_log_axis() -> None:
    values = np.array([[4, 4, 3, 1e-2, 1e-5, 1e-9]] * 2)
    figure = dynamics_figure(a_scene(population=a_course(values=values)))
    low, _high = ranges(figure)["yaxis"][1]
    # It leaves the axis below the least of the rest, 0.5.
    assert -1 < low < math.log10(0.5)
    np.testing.assert_allclose(trace(figure, "population-0")["y"], values[0][1:])
    # Where it lies above, the axis holds it.
    tall = dynamics_figure(a_scene(population=a_course(values=1e3 * a_course().values)))
    assert ranges(tall)["yaxis"][1][1] > math.log10(4e3)


def test_uprights_stand_at_the_moment_and_the_best_one() -> None:
    figure = dynamics_figure(a_scene(now=10.0, stop=a_stop(1.0)))
    now, best = figure["layout"]["shapes"]
    assert (now["x0"], now["x1"], now["visible"]) == (10.0, 10.0, True)
    assert (best["x0"], best["x1"], best["visible"]) == (1.0, 1.0, True)
    # It stands in the panel of the mse alone.
    assert best["y0"] == figure["layout"]["yaxis"]["domain"][0]
    name = words(figure, "best")
    assert (name["text"], name["x"], name["xanchor"]) == ("best: t ≈ 1, mse 0.5", 0.0, "left")
    late = dynamics_figure(a_scene(stop=a_stop(50.0)))
    assert words(late, "best")["xanchor"] == "right"
    none = dynamics_figure(a_scene(dmft=None))
    assert not any(shape["visible"] for shape in none["layout"]["shapes"])
    assert not none["layout"]["annotations"][-1]["visible"]


def test_the_film_moves_the_upright_of_the_moment_and_nothing_else() -> None:
    scene = a_scene(stop=a_stop(1.0))
    for moment, time in zip(dynamics_film(scene, TIMES), TIMES, strict=True):
        figure = dynamics_figure(replace(scene, now=float(time)))
        assert moment == {"data": [], "layout": {"shapes": figure["layout"]["shapes"]}}
    # Time 0 stands where the axis begins.
    assert dynamics_film(scene, TIMES)[0]["layout"]["shapes"][0]["x0"] == 0.01


def test_figures_have_the_same_traces_and_notes_whatever_they_show() -> None:
    full = dynamics_figure(a_scene(now=1.0, stop=a_stop(1.0)))
    empty = dynamics_figure(a_scene(dmft=None))
    for one, other in zip(full["data"], empty["data"], strict=True):
        assert one["uid"] == other["uid"] and one.keys() == other.keys()
    assert len(full["layout"]["annotations"]) == len(empty["layout"]["annotations"])
    assert trace(empty, "dmft-0")["x"].size == trace(empty, "band-0")["x"].size == 0


def test_a_histogram_has_the_share_of_the_eigenvalues_that_are_not_0() -> None:
    x, y = outline_of(spectrum_of(a_spectrum()), "histogram")
    assert float(np.sum(y[1:-1:2] * np.diff(x)[1::2])) == pytest.approx(5 / 8)
    # The two large ones have a bar each, an eighth of the area.
    width = x[2] - x[0]
    for value in (2.0, 5.0):
        inside = np.flatnonzero((x[:-1] <= value) & (value < x[1:]))
        assert y[inside[-1]] * width == pytest.approx(1 / 8)


def test_all_moments_share_their_bins_and_axes() -> None:
    moments = moments_of(a_spectrum())
    assert moments.histogram.x.shape == moments.histogram.y.shape
    np.testing.assert_array_equal(moments.histogram.x[0], moments.histogram.x[1])
    assert moments.x[1] > 5.0
    first, last = (evolving_spectrum_figure(moments, moment=moment) for moment in (0, 1))
    assert ranges(first) == ranges(last) == {"xaxis": ("linear", moments.x), "yaxis": ("linear", moments.y)}
    np.testing.assert_array_equal(outline_of(last, "histogram")[1], moments.histogram.y[1])


def test_the_film_is_the_figure_at_every_moment() -> None:
    moments = moments_of(a_spectrum())
    film = evolving_spectrum_film(moments, "dark", DMFT_HUE)
    for number, moment in enumerate(film):
        figure = evolving_spectrum_figure(moments, "dark", DMFT_HUE, moment=number)
        assert moment["layout"]["annotations"] == figure["layout"]["annotations"]
        for part in moment["data"]:
            np.testing.assert_equal(part, trace(figure, part["uid"]))
    assert [said(moment)[0] for moment in film] == ["t = 0", "t = 2.5"]


def test_axes_stay_while_a_spectrum_fits_and_what_is_counted_is_the_same() -> None:
    first = moments_of(a_spectrum())
    law = learned_spectrum([[0.34]], KAPPA, 0.3, 0.01, 0.5)
    assert moments_of(a_spectrum(law=law)).y != first.y
    next_ = moments_of(a_spectrum(law=law), first)
    assert (next_.x, next_.y) == (first.x, first.y)
    root = a_spectrum(view="singular values")
    assert moments_of(root, first).x == moments_of(root).x != first.x


def test_a_tick_is_a_typical_eigenvalue_of_one_copy() -> None:
    x, y = outline_of(spectrum_of(a_spectrum()), "rug")
    # Of two copies with 0, 0, 0.2, 2 and 0, 0.2, 0.3, 5: every second one.
    np.testing.assert_allclose(x[1::3], [0.0, 0.2, 0.3, 5.0])
    assert np.all(y[1::3] > 0) and not y[0::3].any() and not y[2::3].any()


def test_what_is_said_counts_each_copy() -> None:
    when, left, will, zero = said(spectrum_of(a_spectrum()))
    assert pytest.approx(0.583, abs=1e-3) == BULK_END
    assert when == "t = 2.5"
    assert left == "above the initial bulk: 1 of 4"
    law = learned_spectrum([[0.35]], KAPPA, 0.3, 0.01, 0.5)
    assert zero == f"at 0: 38% (theory, t → ∞: {100 * law.atom_at_zero.item():.0f}%)"
    z = np.linspace(BULK_END, 12, 40001)
    assert will == f"(theory, t → ∞: {4 * np.trapezoid(law.density(z[:, None, None])[:, 0, 0], z):.1f})"


def test_small_starts_are_not_taken_for_zeros() -> None:
    frames = Frames(np.array([0.0]), (np.array([0.0, 5e-4, 1e-3, 2e-3]),), size=4)
    figure = spectrum_of(a_spectrum(frames=frames, moment=0, gamma=1e-3))
    assert said(figure)[3].startswith("at 0: 25%")


def test_singular_values_are_square_roots() -> None:
    figure = spectrum_of(a_spectrum(view="singular values"))
    x, _ = outline_of(figure, "rug")
    np.testing.assert_allclose(x[1::3], np.sqrt([0.0, 0.2, 0.3, 5.0]))
    assert figure["layout"]["shapes"][0]["x0"] == pytest.approx(math.sqrt(BULK_END))
    assert said(figure)[1:3] == said(spectrum_of(a_spectrum()))[1:3]
    assert "singular" in figure["layout"]["xaxis"]["title"]["text"]
    for name, mass in (("final", 1 - a_spectrum().law.atom_at_zero.item()), ("initial", KAPPA)):
        assert np.trapezoid(*outline_of(figure, name)[::-1]) == pytest.approx(mass, rel=2e-3)


def test_the_laws_at_both_ends_have_their_masses() -> None:
    figure = spectrum_of(a_spectrum())
    for name, mass in (("final", 1 - a_spectrum().law.atom_at_zero.item()), ("initial", KAPPA)):
        x, y = outline_of(figure, name)
        assert np.trapezoid(y, x) == pytest.approx(mass, rel=2e-3)
    assert outline_of(figure, "initial")[0].max() == pytest.approx(BULK_END)


def test_without_moments_it_says_what_to_press() -> None:
    figure = spectrum_of(a_spectrum(frames=None, moment=0), empty="press it")
    assert outline_of(figure, "histogram")[0].size == outline_of(figure, "rug")[0].size == 0
    assert said(figure) == [""] * 4
    assert words(figure, "press it")["visible"]


def test_a_histogram_of_another_setting_is_grey() -> None:
    scene = a_spectrum()
    assert trace(spectrum_of(scene, hue=DMFT_HUE), "histogram")["line"]["color"] == DMFT_HUE
    assert scene.frames is not None
    old = replace(scene, frames=replace(scene.frames, current=False))
    grey = trace(spectrum_of(old, hue=DMFT_HUE), "histogram")["line"]["color"]
    assert grey == THEMES["light"].muted
