"""The figures of spectra: results in; areas, cuts, bars and ranges out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from quadviz.figures.marks.drawing import still
from quadviz.figures.marks.moments import ATOM_TOP
from quadviz.figures.marks.outlines import Outline, Outlines, outlines
from quadviz.figures.marks.ranges import Frame, fit_frame
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName
from quadviz.figures.spectra import PANELS, look, spectra_figures, spectra_frame
from quadviz.law.resolvent import Edges
from quadviz.law.teacher_law import TeacherLaw
from quadviz.outcome import Status
from quadviz.scenes.spectra import Spectra
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from tests.snapshots import matches

#: alpha, kappa, kappa_star, lam and delta, by what there is to see.
SETTINGS = {
    "one band": (0.35, 0.7, 0.3, 0.01, 0.5),
    "cut in the gap": (1.0, 0.7, 0.3, 0.4, 0.1),
    "cut in the noise": (1.0, 0.7, 0.3, 0.03, 0.1),
    "recovered": (0.4, 0.5, 0.3, 0.0, 0.0),
    "width": (0.5, 0.2, 0.3, 0.01, 0.5),
    "width, two bands": (0.3, 0.5, 0.3, 0.0, 0.0),
    "full rank": (0.35, 0.7, 1.0, 0.01, 0.5),
    "wide teacher": (0.6, 2.0, 2.0, 1e-3, 0.5),
    "nothing left": (0.35, 0.7, 0.3, 10.0, 0.5),
    "few samples": (0.01, 0.7, 0.3, 0.01, 4.0),
}
VIEWS = ("eigenvalues", "singular values")


def law_of(name: str) -> LearnedSpectrum:
    alpha, kappa, kappa_star, lam, delta = SETTINGS[name]
    return learned_spectrum([[alpha]], kappa, kappa_star, lam, delta)


def without_solution() -> LearnedSpectrum:
    """A law whose steady state was not found."""
    law = law_of("one band")
    lost = np.full((1, 1), np.nan)
    state = replace(
        law.state,
        **dict.fromkeys(("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min"), lost),
        status=np.full((1, 1), Status.FAILED),
    )
    edges = Edges(lost, lost, lost, lost)
    return LearnedSpectrum(state, lost, lost, lost, edges, edges)


def draw(law: LearnedSpectrum, omega: float = np.nan, **options: Any) -> tuple[go.Figure, go.Figure]:
    return drawn(Spectra(law, np.array([omega]), **options))


def drawn(
    scene: Spectra, shown: Frame | None = None, theme: ThemeName = "light"
) -> tuple[go.Figure, go.Figure]:
    """The figures as plotly has them, in ranges that hold the scene."""
    noisy, learned = spectra_figures(scene, spectra_frame(scene, shown), theme)
    return still(noisy), still(learned)


def path(figures: tuple[go.Figure, go.Figure], name: str) -> go.Scatter:
    """The trace of something that moves."""
    for figure, panel in zip(figures, PANELS, strict=True):
        if name in panel.paths:
            return figure.data[2 + list(panel.paths).index(name)]
    raise KeyError(name)


def said(figure: go.Figure) -> list[str]:
    return [a.text for a in figure.layout.annotations[1:] if a.visible]


def mass(outline: Outline) -> np.ndarray:
    heights = (outline.y[:, 1:] + outline.y[:, :-1]) / 2
    return (heights * np.diff(outline.x)).sum(axis=1)


@pytest.mark.parametrize(("name", "view"), list(product(SETTINGS, VIEWS)))
def test_the_areas_are_the_masses(name: str, view: Any) -> None:
    law = law_of(name)
    shapes = outlines(law, view)
    (atom,) = law.atom_at_zero[0]
    np.testing.assert_allclose(mass(shapes.kept), 1 - atom, atol=6e-4)
    np.testing.assert_allclose(mass(shapes.learned), 1 - atom, atol=6e-4)
    np.testing.assert_allclose(mass(shapes.discarded), atom - shapes.noisy_atom, atol=6e-4)
    teacher = 1 - shapes.teacher_atom
    near_zero = 0.01 if SETTINGS[name][2] == 1 else 6e-4  # of a density that diverges there
    np.testing.assert_allclose(mass(shapes.teacher_learned), teacher, atol=near_zero)
    for outline in (shapes.discarded, shapes.kept, shapes.learned):
        assert np.all(np.diff(outline.x) >= 0)
        assert np.all(outline.y[:, [0, -1]] == 0)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_heights_are_the_densities(name: str) -> None:
    law = law_of(name)
    shapes, roots = outlines(law), outlines(law, "singular values")
    inside = shapes.learned.y > 0
    # At the very edges a rounding of the place moves the density, a square root, by its root.
    np.testing.assert_allclose(shapes.learned.y[inside], law.density(shapes.learned.x)[inside], atol=2e-7)
    np.testing.assert_allclose(
        roots.learned.y[inside], law.singular_value_density(roots.learned.x)[inside], atol=2e-7
    )
    below = shapes.discarded.y > 0
    np.testing.assert_allclose(
        shapes.discarded.y[below], law.noisy_density(shapes.discarded.x)[below], atol=2e-7
    )
    assert np.all(shapes.discarded.x[below] <= law.cut[0, 0])
    assert np.all(shapes.kept.x[shapes.kept.y > 0] >= law.cut[0, 0])


@pytest.mark.parametrize("name", list(SETTINGS))
def test_every_edge_is_met(name: str) -> None:
    law = law_of(name)
    x = outlines(law).learned.x[0]
    for edge in (law.edges.left, law.edges.gap_left, law.edges.gap_right, law.edges.right):
        if np.isfinite(edge[0, 0]):
            assert np.min(np.abs(x - edge[0, 0])) < 1e-12


def test_many_moments_are_sampled_as_one() -> None:
    alphas = np.array([0.05, 0.2, 0.3, 0.35, 0.6])
    many = outlines(learned_spectrum(alphas[:, None], 0.5, 0.3, 0.0, 0.0))
    for i, alpha in enumerate(alphas):
        one = outlines(learned_spectrum([[alpha]], 0.5, 0.3, 0.0, 0.0))
        np.testing.assert_allclose(many.learned.x[i], one.learned.x[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(many.learned.y[i], one.learned.y[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_figures_draw_the_outlines(name: str) -> None:
    law = law_of(name)
    shapes, figures = outlines(law), draw(law)
    for trace, outline in (
        (path(figures, "discarded"), shapes.discarded),
        (path(figures, "kept"), shapes.kept),
        (path(figures, "learned"), shapes.learned),
        (figures[0].data[0], shapes.teacher),
        (figures[1].data[0], shapes.teacher_learned),
    ):
        np.testing.assert_array_equal(trace.x, outline.x[0])
        np.testing.assert_array_equal(trace.y, outline.y[0])
    teacher = TeacherLaw(SETTINGS[name][2])
    np.testing.assert_allclose(figures[0].data[0].y, teacher.density(figures[0].data[0].x))


@pytest.mark.parametrize("name", list(SETTINGS))
def test_bars_are_as_high_as_the_masses_at_zero(name: str) -> None:
    law = law_of(name)
    figures = draw(law)
    atom, teacher = law.atom_at_zero.item(), TeacherLaw(SETTINGS[name][2]).atom_at_zero.item()
    bar = path(figures, "atom")
    assert (bar.yaxis, figures[1].layout.yaxis2.range) == ("y2", (0, ATOM_TOP))
    if atom:
        assert (tuple(bar.x), tuple(bar.y)) == ((0, 0), (0, atom))
        assert f"{100 * atom:.0f}% at 0" in said(figures[1])
    else:
        assert np.size(bar.x) == 0
        assert not any("at 0" in text for text in said(figures[1]))
    for figure in figures:
        # The teacher's bar stands on the axis of densities, as high as on that of shares.
        assert figure.data[1].y[1] / figure.layout.yaxis.range[1] == pytest.approx(teacher / ATOM_TOP)


def test_the_atom_of_a_recovered_teacher_is_in_both_panels() -> None:
    figures = draw(law_of("recovered"))
    assert tuple(path(figures, "noisy atom").y) == (0, 0.7)
    assert np.size(path(draw(law_of("one band")), "noisy atom").x) == 0
    assert "q = 0: no noise to cut off" in said(figures[0])


def test_the_cut_is_where_the_result_says() -> None:
    shrinkage = law_of("one band")
    figures = draw(shrinkage, omega=-0.504)
    q = shrinkage.state.q.item()
    assert tuple(path(figures, "cut").x) == (q, q)
    assert tuple(path(figures, "omega").x) == (-0.504, -0.504)
    assert np.size(path(figures, "q").x) == 0
    assert said(figures[0])[:2] == ["cut by shrinkage: q = 0.105", "width: ω = −0.504"]
    width = law_of("width")
    cut = width.cut.item()
    figures = draw(width, omega=cut)
    assert tuple(path(figures, "cut").x) == (cut, cut)
    assert tuple(path(figures, "q").x) == (width.state.q.item(),) * 2
    assert np.size(path(figures, "omega").x) == 0
    assert said(figures[0])[:2] == ["shrinkage q = 0.0169", "cut by width: ω = 2.4"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_bracket_spans_the_gap(view: Any) -> None:
    law = law_of("width")
    figures = draw(law, view=view)
    left = law.edges.left if view == "eigenvalues" else law.singular_value_edges.left
    bracket = path(figures, "gap")
    assert (bracket.x.min(), bracket.x.max()) == (0, left.item())
    assert "gap" in said(figures[1])
    without = draw(law_of("one band"), view=view)
    assert np.size(path(without, "gap").x) == 0
    assert "gap" not in said(without[1])


@pytest.mark.parametrize("name", list(SETTINGS))
def test_what_rests_on_the_assumption_is_dashed(name: str) -> None:
    law = law_of(name)
    limited = law.state.kappa.item() < law.state.kappa_min.item()
    assert path(draw(law), "learned").line.dash == (DASH if limited else "solid")


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_ranges_hold_the_laws_and_the_signal_is_seen(name: str) -> None:
    law = law_of(name)
    noisy, learned = draw(law)
    low, high = noisy.layout.xaxis.range
    shapes = outlines(law)
    assert low < min(0.0, shapes.discarded.x[0, 0])
    assert high > max(shapes.kept.x[0, -1], law.state.q[0, 0])
    assert learned.layout.xaxis.range[0] < 0 <= shapes.learned.x[0, -1] <= learned.layout.xaxis.range[1]
    # What lies away from 0 is not cut off, and is not flattened either.
    top = noisy.layout.yaxis.range[1]
    away = shapes.kept.y[np.abs(shapes.kept.x) > 0.1 * (high - low)]
    assert away.max(initial=0) <= top
    signal = shapes.kept.y[shapes.kept.x >= law.noisy_edges.gap_right].max(initial=0)
    drawn = [shapes.discarded.y.max(), shapes.teacher.y[shapes.teacher.x > 1].max()]
    assert (signal or max(away.max(initial=0), *drawn)) > 0.2 * top


def test_a_spike_is_cut_off_and_said_to_be() -> None:
    law = learned_spectrum([[0.32]], 0.7, 0.3, 0.0, 0.0)
    shapes, (noisy, _learned) = outlines(law), draw(law)
    peak = max(shapes.discarded.y.max(), shapes.kept.y.max())
    assert peak > 5 * noisy.layout.yaxis.range[1]
    assert f"the peak reaches {peak:.3g}" in said(noisy)


def test_a_full_rank_teacher_s_divergence_is_cut_off_and_said_to_be() -> None:
    noisy, _learned = draw(law_of("full rank"))
    assert noisy.data[0].y.max() > 10 * noisy.layout.yaxis.range[1]
    assert "the teacher's law goes higher" in said(noisy)


def test_without_a_solution_the_teacher_stands_alone() -> None:
    for view in VIEWS:
        figures = draw(without_solution(), view=view)
        for figure in figures:
            assert said(figure) == ["no solution was found"]
            assert figure.data[0].y.max() > 0
        for name in ("discarded", "kept", "learned"):
            assert np.all(path(figures, name).y == 0)
        for name in ("cut", "q", "omega", "atom", "gap"):
            assert np.size(path(figures, name).x) == 0


def test_the_ranges_rest_while_a_control_moves_a_little() -> None:
    seen, frame = set(), None
    for alpha in np.arange(0.25, 0.45, 0.005):
        law = learned_spectrum([[alpha]], 0.7, 0.3, 0.01, 0.5)
        frame = spectra_frame(Spectra(law, np.array([np.nan])), frame)
        seen.add(frame)
        low, high = frame.noisy_across
        assert low <= law.noisy_edges.left
        assert high >= law.noisy_edges.right
    assert len(seen) <= 3


def test_another_view_fits_the_right_panel_alone() -> None:
    scene = Spectra(law_of("one band"), np.array([np.nan]))
    before = spectra_frame(scene)
    other = replace(scene, view="singular values")
    after = spectra_frame(other, before)
    assert (after.noisy_across, after.noisy_up) == (before.noisy_across, before.noisy_up)
    _, learned = drawn(other, before)
    assert learned.layout.xaxis.range[1] == 3
    assert learned.layout.xaxis.title.text == "singular value of W"


def test_ranges_for_a_run_hold_most_of_its_moments() -> None:
    alphas = np.linspace(0.01, 1, 50)[:, None]
    law = learned_spectrum(alphas, 0.7, 0.3, 0.01, 0.5)
    shapes: Outlines = outlines(law)
    frame = fit_frame(shapes, law.state.q[:, 0], share=0.8)
    held = (law.noisy_edges.left >= frame.noisy_across[0]) & (law.noisy_edges.right <= frame.noisy_across[1])
    assert 0.75 <= held.mean() < 1
    assert held[-1]


def test_given_ranges_are_drawn_in_and_what_leaves_them_is_said() -> None:
    law = law_of("few samples")
    frame = Frame((-4.0, 10.0), (0.0, 0.2), (-0.4, 10.0), (0.0, 0.2), "eigenvalues")
    noisy, _ = map(still, spectra_figures(Spectra(law, np.array([np.nan])), frame))
    assert noisy.layout.xaxis.range == (-4, 10)
    (text,) = (text for text in said(noisy) if "wider" in text)
    low, high = (edge.item() for edge in (law.noisy_edges.left, law.noisy_edges.right))
    assert text == f"wider than shown: {low:.3g} to {high:.3g}".replace("-", "−")


def test_a_theme_changes_colours_and_nothing_else() -> None:
    scene = Spectra(law_of("width"), np.array([np.nan]))
    before = [trace.x for figure in drawn(scene) for trace in figure.data]
    figures = drawn(scene, theme="dark")
    for places, trace in zip(before, (t for figure in figures for t in figure.data), strict=True):
        np.testing.assert_array_equal(places, trace.x)
    for figure in figures:
        assert figure.layout.template.layout.font.color == THEMES["dark"].ink
        assert figure.data[0].fillcolor == THEMES["dark"].grid
    assert path(figures, "learned").line.color == THEMES["dark"].single
    assert path(figures, "learned").line.dash == DASH


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_path_has_a_look(theme: Any) -> None:
    for panel in PANELS:
        for name in panel.paths:
            assert look(name, theme).width > 0


@pytest.mark.parametrize("name", list(SETTINGS))
def test_labels_above_a_panel_stand_in_rows_of_their_own_and_point_inwards(name: str) -> None:
    noisy, _learned = draw(law_of(name), omega=1.0)
    low, high = noisy.layout.xaxis.range
    flags = noisy.layout.annotations[1:3]
    assert flags[0].yshift != flags[1].yshift
    for flag in flags:
        if flag.visible:
            assert flag.xanchor == ("right" if (flag.x - low) / (high - low) > 0.5 else "left")


@pytest.mark.parametrize("name", ["width", "recovered", "nothing left"])
def test_figures_are_as_they_were_looked_at(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = partial(outlines, points=5)
    monkeypatch.setattr("quadviz.figures.spectra.outlines", few)
    scene = Spectra(law_of(name), np.array([1.0]))
    noisy, learned = spectra_figures(scene, spectra_frame(scene))
    stem = name.replace(" ", "_")
    assert matches(f"spectra_{stem}_noisy", noisy) == ""
    assert matches(f"spectra_{stem}_learned", learned) == ""
