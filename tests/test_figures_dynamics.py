"""The figures of dynamics: courses, bands and uprights; histograms on their way between two laws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.explorers.reels import until
from quadviz.figures.dynamics import (
    DMFT_HUE,
    DOUBT_DASH,
    NOW,
    Course,
    Dynamics,
    DynamicsPen,
    dynamics_figure,
    dynamics_skeleton,
)
from quadviz.figures.dynamics_spectrum import (
    HISTOGRAM,
    RUG,
    EvolvingSpectrum,
    Frames,
    SpectrumPen,
    evolving_spectrum_figure,
    moments_of,
    spectrum_skeleton,
)
from quadviz.figures.theme import THEMES
from quadviz.theory.learned_spectrum import learned_spectrum

TIMES = np.array([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
BAND, LINE, POPULATION, DOUBT = 6, 7, 8, 12
KAPPA, GAMMA = 0.5, 0.1
#: Where the law of Z(0) ends.
BULK_END = GAMMA * (1 + 1 / math.sqrt(KAPPA)) ** 2


def a_course(**options: Any) -> Course:
    values = np.array([[4.0, 4.0, 3.0, 0.5, 0.8, 1.0], [2.0, 2.0, 1.0, 0.2, 0.05, 0.02]])
    return Course(**{"times": TIMES, "values": values, "error": 0.1 * values, **options})


def a_view(**options: Any) -> Dynamics:
    nothing = np.full((2, 1, TIMES.size), np.nan)
    given: dict[str, Any] = {
        "times": TIMES,
        "networks": nothing,
        "mean": nothing[:, 0],
        "error": nothing[:, 0],
        "theory": np.array([1.1, 0.02]),
        "end": 100.0,
        "dmft": a_course(),
    }
    return Dynamics(**{**given, **options})


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


def outline_of(figure: go.Figure, trace: int) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(figure.data[trace].x), np.asarray(figure.data[trace].y)


def said(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations[1:5]]


def test_the_mean_field_theory_is_a_line_in_its_band() -> None:
    figure = dynamics_figure(a_view())
    band, line = figure.data[BAND], figure.data[LINE]
    np.testing.assert_allclose(line.x, TIMES[1:])
    np.testing.assert_allclose(line.y, a_course().values[0][1:])
    upper, lower = np.split(np.asarray(band.y), 2)
    np.testing.assert_allclose(upper, 1.1 * a_course().values[0][1:])
    np.testing.assert_allclose(lower[::-1], 0.9 * a_course().values[0][1:])
    assert line.line.color == DMFT_HUE
    assert figure.data[LINE + 3].yaxis == "y2"
    np.testing.assert_allclose(figure.data[LINE + 3].y, a_course().values[1][1:])


def test_from_where_it_is_not_to_be_trusted_it_is_dotted_without_a_band() -> None:
    figure = dynamics_figure(a_view(dmft=a_course(trusted_until=2.0)))
    for row in range(2):
        solid, band, dotted = (figure.data[trace + 3 * row] for trace in (LINE, BAND, DOUBT - 2 * row))
        values = a_course().values[row]
        np.testing.assert_allclose(solid.y, values[1:4])
        assert solid.line.dash is None
        assert max(band.x) == 1.0
        # It begins where the other ends, and that end is still to be trusted.
        np.testing.assert_allclose(dotted.x, [1.0, 10.0, 100.0])
        np.testing.assert_allclose(dotted.y, values[3:])
        assert list(dotted.text) == ["", ", not to be trusted", ", not to be trusted"]
        assert "%{text}" in dotted.hovertemplate
        assert dotted.line.dash == DOUBT_DASH and dotted.line.color == solid.line.color == DMFT_HUE
        assert dotted.yaxis == solid.yaxis and dotted.line.width == solid.line.width
    (word,) = (a for a in figure.layout.annotations if "not to be trusted" in (a.text or ""))
    assert word.visible and word.x == pytest.approx(math.log10(2.0))


def test_what_can_be_trusted_to_its_end_has_no_dots() -> None:
    figure, pen = dynamics_skeleton(), None
    pen = DynamicsPen(figure)
    pen.draw(a_view(dmft=a_course(trusted_until=2.0)))
    pen.draw(a_view(dmft=a_course(trusted_until=100.0)))
    assert len(figure.data[DOUBT].x) == len(figure.data[DOUBT + 1].x) == 0
    assert not any("not to be trusted" in (a.text or "") and a.visible for a in figure.layout.annotations)
    np.testing.assert_allclose(figure.data[LINE].x, TIMES[1:])


def test_what_is_not_to_be_trusted_does_not_stretch_the_axis() -> None:
    values = a_course().values.copy()
    values[:, -1] = 1e5
    wild = dynamics_figure(a_view(dmft=a_course(values=values, trusted_until=2.0)))
    assert wild.layout.yaxis.range[1] < 1.5
    np.testing.assert_allclose(wild.data[DOUBT].y[-1], 1e5)
    believed = dynamics_figure(a_view(dmft=a_course(values=values)))
    assert believed.layout.yaxis.range[1] > 4.9


def test_a_reel_is_dotted_where_its_whole_is() -> None:
    whole = a_view(dmft=a_course(trusted_until=2.0))
    counts = []
    for time in (1.0, 10.0, 100.0):
        figure = dynamics_figure(until(whole, time))  # type: ignore[arg-type]  # dynamics stay dynamics
        counts.append((len(figure.data[LINE].x), len(figure.data[DOUBT].x)))
    assert counts == [(3, 0), (3, 2), (3, 3)]


def test_a_band_wider_than_its_line_is_high_stays_on_a_log_axis() -> None:
    figure = dynamics_figure(a_view(dmft=a_course(error=3 * a_course().values)))
    assert np.min(figure.data[BAND].y) > 0
    linear = dynamics_figure(a_view(dmft=a_course(error=3 * a_course().values), y_scale="linear"))
    assert np.min(linear.data[BAND].y) == 0


def test_without_errors_there_is_no_band_but_a_line() -> None:
    figure = dynamics_figure(a_view(dmft=a_course(error=np.full((2, TIMES.size), np.nan))))
    upper, lower = np.split(np.asarray(figure.data[BAND].y), 2)
    np.testing.assert_array_equal(upper, lower[::-1])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theory_of_another_setting_is_grey(theme: Any) -> None:
    figure = dynamics_figure(a_view(dmft=a_course(current=False), theme=theme))
    assert figure.data[LINE].line.color == THEMES[theme].muted
    assert figure.data[BAND].fillcolor != dynamics_figure(a_view(theme=theme)).data[BAND].fillcolor


def test_the_population_flow_does_not_stretch_a_log_axis() -> None:
    values = np.array([[4, 4, 3, 1e-2, 1e-5, 1e-9]] * 2)
    figure = dynamics_figure(a_view(population=a_course(values=values)))
    low, _high = figure.layout.yaxis.range
    # It leaves the axis below the least of the rest, 0.5.
    assert -1 < low < math.log10(0.5)
    np.testing.assert_allclose(figure.data[POPULATION].y, values[0][1:])
    # Where it lies above, the axis holds it.
    tall = dynamics_figure(a_view(population=a_course(values=1e3 * a_course().values)))
    assert tall.layout.yaxis.range[1] > math.log10(4e3)


def test_uprights_stand_at_the_moment_and_the_best_one() -> None:
    figure = dynamics_figure(a_view(now=10.0, best=1.0, best_name="best"))
    now, best = figure.layout.shapes
    assert (now.x0, now.x1, now.visible) == (10.0, 10.0, True)
    assert (best.x0, best.x1, best.visible) == (1.0, 1.0, True)
    # It stands in the panel of the mse alone.
    assert best.y0 == figure.layout.yaxis.domain[0]
    name = figure.layout.annotations[-1]
    assert (name.text, name.x, name.xanchor) == ("best", 0.0, "left")
    late = dynamics_figure(a_view(best=50.0, best_name="best"))
    assert late.layout.annotations[-1].xanchor == "right"


def test_time_0_stands_where_the_axis_begins() -> None:
    assert dynamics_figure(a_view(now=0.0)).layout.shapes[NOW].x0 == 0.01


def test_what_is_gone_is_not_left_behind() -> None:
    figure = dynamics_skeleton()
    pen = DynamicsPen(figure)
    pen.draw(a_view(now=10.0, best=1.0, best_name="best"))
    pen.draw(a_view(dmft=Course.none()))
    assert not any(shape.visible for shape in figure.layout.shapes)
    assert not figure.layout.annotations[-1].visible
    assert len(figure.data[LINE].x) == len(figure.data[BAND].x) == 0


def test_a_histogram_has_the_share_of_the_eigenvalues_that_are_not_0() -> None:
    figure = evolving_spectrum_figure(a_spectrum())
    x, y = outline_of(figure, HISTOGRAM)
    assert float(np.sum(y[1:-1:2] * np.diff(x)[1::2])) == pytest.approx(5 / 8)
    # The two large ones have a bar each, an eighth of the area.
    width = x[2] - x[0]
    for value in (2.0, 5.0):
        inside = np.flatnonzero((x[:-1] <= value) & (value < x[1:]))
        assert y[inside[-1]] * width == pytest.approx(1 / 8)


def test_all_moments_share_their_bins_and_axes() -> None:
    moments = moments_of(a_spectrum())
    assert moments.outline.x.shape == moments.outline.y.shape
    np.testing.assert_array_equal(moments.outline.x[0], moments.outline.x[1])
    assert moments.x[1] > 5.0
    figure, pen = spectrum_skeleton(), None
    pen = SpectrumPen(figure)
    pen.draw(a_spectrum(moment=0))
    ranges = figure.layout.xaxis.range, figure.layout.yaxis.range
    pen.draw(a_spectrum(moment=1))
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ranges
    np.testing.assert_array_equal(outline_of(figure, HISTOGRAM)[1], moments.outline.y[1])


def test_a_tick_is_a_typical_eigenvalue_of_one_copy() -> None:
    x, y = outline_of(evolving_spectrum_figure(a_spectrum()), RUG)
    # Of two copies with 0, 0, 0.2, 2 and 0, 0.2, 0.3, 5: every second one.
    np.testing.assert_allclose(x[1::3], [0.0, 0.2, 0.3, 5.0])
    assert np.all(y[1::3] > 0) and not y[0::3].any() and not y[2::3].any()


def test_what_is_said_counts_each_copy() -> None:
    when, left, will, zero = said(evolving_spectrum_figure(a_spectrum()))
    assert pytest.approx(0.583, abs=1e-3) == BULK_END
    assert when == "t = 2.5"
    assert left == "above the initial bulk: 1 of 4"
    law = learned_spectrum([[0.35]], KAPPA, 0.3, 0.01, 0.5)
    assert zero == f"at 0: 38% (theory, t → ∞: {100 * law.atom_at_zero.item():.0f}%)"
    z = np.linspace(BULK_END, 12, 40001)
    assert will == f"(theory, t → ∞: {4 * np.trapezoid(law.density(z[:, None, None])[:, 0, 0], z):.1f})"


def test_small_starts_are_not_taken_for_zeros() -> None:
    frames = Frames(np.array([0.0]), (np.array([0.0, 5e-4, 1e-3, 2e-3]),), size=4)
    assert said(evolving_spectrum_figure(a_spectrum(frames=frames, moment=0, gamma=1e-3)))[3].startswith(
        "at 0: 25%"
    )


def test_singular_values_are_square_roots() -> None:
    figure = evolving_spectrum_figure(a_spectrum(view="singular values"))
    x, _ = outline_of(figure, RUG)
    np.testing.assert_allclose(x[1::3], np.sqrt([0.0, 0.2, 0.3, 5.0]))
    assert figure.layout.shapes[0].x0 == pytest.approx(math.sqrt(BULK_END))
    assert said(figure)[1:3] == said(evolving_spectrum_figure(a_spectrum()))[1:3]
    assert "singular" in figure.layout.xaxis.title.text
    for trace, mass in ((0, 1 - a_spectrum().law.atom_at_zero.item()), (1, KAPPA)):
        assert np.trapezoid(*outline_of(figure, trace)[::-1]) == pytest.approx(mass, rel=2e-3)


def test_the_laws_at_both_ends_have_their_masses() -> None:
    figure = evolving_spectrum_figure(a_spectrum())
    for trace, mass in ((0, 1 - a_spectrum().law.atom_at_zero.item()), (1, KAPPA)):
        x, y = outline_of(figure, trace)
        assert np.trapezoid(y, x) == pytest.approx(mass, rel=2e-3)
    assert outline_of(figure, 1)[0].max() == pytest.approx(BULK_END)


def test_without_moments_it_says_what_to_press() -> None:
    figure = spectrum_skeleton()
    pen = SpectrumPen(figure)
    pen.draw(a_spectrum())
    pen.draw(a_spectrum(frames=None, moment=0, empty="press it"))
    assert figure.data[HISTOGRAM].x is None and figure.data[RUG].x is None
    assert said(figure) == [""] * 4
    assert figure.layout.annotations[5].visible and figure.layout.annotations[5].text == "press it"


def test_a_histogram_of_another_setting_is_grey() -> None:
    view = a_spectrum(hue=DMFT_HUE)
    assert evolving_spectrum_figure(view).data[HISTOGRAM].line.color == DMFT_HUE
    assert view.frames is not None
    old = replace(view, frames=replace(view.frames, current=False))
    assert evolving_spectrum_figure(old).data[HISTOGRAM].line.color == THEMES["light"].muted
