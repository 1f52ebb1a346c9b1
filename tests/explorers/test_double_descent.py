"""The double-descent page without a browser: its state, its figures, and the truth of what it says."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import pytest

from quadviz.explorers.double_descent.page import ALPHA_TOPS, DoubleDescentExplorer, State
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.live import LiveFigure
from quadviz.figures.marks.drawing import Part, ranges, trace
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes import double_descent as scene_module
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.double_descent import (
    FAMILY,
    DescentSetting,
    DoubleDescent,
    decay_name,
    decay_shade,
    double_descent,
)
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.steady.courses import Course, solve_courses
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold
from tests.reading import plain, reading, value_of

WIDTHS = "double_descent_width"


@pytest.fixture(scope="module")
def shared() -> DoubleDescentExplorer:
    return DoubleDescentExplorer()


@pytest.fixture
def page(shared: DoubleDescentExplorer) -> Iterator[DoubleDescentExplorer]:
    """The page as it opens; made once."""
    defaults = State()
    shared.change(**{name: getattr(defaults, name) for name in ("x_scale", "y_scale", "alpha_top")})
    shared.reset()
    assert shared.state == defaults
    yield shared
    shared.theme.dark = False


def told(page: DoubleDescentExplorer) -> dict[str, str]:
    """The paragraphs by their lead words."""
    found = re.findall(r"<p><b>(.*?):</b> (.*?)</p>", page.page.prose.value)
    return {plain(lead): plain(text) for lead, text in found}


def whole(figure: LiveFigure, uid: str) -> tuple[np.ndarray, np.ndarray]:
    """The curve in two traces, exact and rank-limited stretches together."""
    dashed, solid = trace(figure.drawing, f"{uid}-dashed"), trace(figure.drawing, uid)
    one = dashed if dashed["y"].size else solid
    return one["x"], one["y"]


def shapes(figure: LiveFigure) -> list[Part]:
    found: list[Part] = figure.drawing["layout"]["shapes"]
    return found


def setting(page: DoubleDescentExplorer) -> dict[str, float]:
    state = page.state
    return {name: getattr(state, name) for name in ("kappa", "kappa_star", "lam", "delta")}


@pytest.mark.parametrize(
    ("name", "end"), [("kappa", "low"), ("kappa_star", "high"), ("lam", "low"), ("delta", "high")]
)
def test_a_slider_at_its_end_draws_that_setting(page: DoubleDescentExplorer, name: str, end: str) -> None:
    control = page.controls[name]
    control.position = 0.0 if end == "low" else float(control.stops)
    assert getattr(page.state, name) == control.value
    there = setting(page)
    lams = sorted({*FAMILY, there.pop("lam")})
    peak = interpolation_threshold(there["kappa"], there["kappa_star"], there["delta"])
    for member, lam in enumerate(lams):
        alpha, mse = whole(page.figure, f"family-{member}")
        away = np.abs(alpha / float(peak.alpha) - 1) > 1e-9
        assert 100 <= np.count_nonzero(away) <= alpha.size
        expected = steady_state(alpha[away], lam=lam, **there).mse
        np.testing.assert_allclose(mse[away], expected, rtol=1e-6, atol=1e-12)
    assert page.page._alert.value == ""


def test_the_peak_is_on_the_curve_and_marked(page: DoubleDescentExplorer) -> None:
    peak = interpolation_threshold(0.7, 0.3, 0.5)
    alpha, mse = whole(page.figure, "family-0")
    top = int(np.argmax(np.where(alpha > 0.2, mse, 0)))
    assert (alpha[top], mse[top]) == pytest.approx((float(peak.alpha), float(peak.mse)), rel=1e-6)
    diamond = trace(page.figure.drawing, "peak")
    assert (diamond["x"][0], diamond["y"][0]) == (float(peak.alpha), float(peak.mse))
    assert shapes(page.figure)[0]["x0"] == float(peak.alpha)


def test_the_width_figure_is_the_marker_s_alpha_at_all_widths(page: DoubleDescentExplorer) -> None:
    page.controls["lam"].value = 0.02
    page.controls["alpha"].value = 0.2
    for uid, lam in (("current", 0.02), ("best", None)):
        kappa, mse = whole(page.figures[WIDTHS], uid)
        used = optimal_lam(0.2, kappa, 0.3, 0.5) if lam is None else lam
        expected = steady_state(0.2, kappa, 0.3, used, 0.5)
        np.testing.assert_allclose(mse, expected.mse, rtol=1e-9)
        limited = expected.regime == Regime.RANK_LIMITED
        assert limited.any()
        np.testing.assert_array_equal(np.isnan(trace(page.figures[WIDTHS].drawing, uid)["y"]), limited)
    bayes = trace(page.figures[WIDTHS].drawing, "bayes")
    assert bayes["y"][0] == pytest.approx(float(bayes_optimal(0.2, 0.3, 0.5).mmse))
    assert "α = 0.2" in page.figures[WIDTHS].drawing["layout"]["annotations"][0]["text"]


def test_the_cards_are_the_point_under_the_marker(page: DoubleDescentExplorer) -> None:
    page.controls["alpha"].value = 0.6
    page.controls["kappa"].value = 0.4
    peak = interpolation_threshold(0.4, 0.3, 0.5)
    lam = float(optimal_lam(0.6, 0.4, 0.3, 0.5))
    ridgeless, now, best = (steady_state(0.6, 0.4, 0.3, x, 0.5) for x in (0.0, 0.01, lam))
    wide = steady_state(0.6, 1.0, 0.3, 0.01, 0.5)
    bayes = float(bayes_optimal(0.6, 0.3, 0.5).mmse)
    assert reading(page) == {
        "α_inter interpolation": four_digits(float(peak.alpha)),
        "mse there, λ → 0+": four_digits(float(peak.mse)),
        "α marker": f"{0.6 / float(peak.alpha):.2g} × α_inter",
        "mse, λ → 0+": four_digits(float(ridgeless.mse)),
        "mse, λ = 0.01": four_digits(float(now.mse)),
        "mse, best λ": four_digits(float(best.mse)),
        "Bayes-optimal": four_digits(bayes),
        "best λ over Bayes": f"+{100 * (float(best.mse) / bayes - 1):.0f}%",
        "λ best": f"{lam:.4g}",
        "κ interpolation": "–",
        "κ_min flat beyond": four_digits(float(wide.kappa_min)),
        "regime": "rank-limited",
    }
    page.controls["kappa"].value = 1.0
    assert reading(page)["regime"] == "exact"


def test_a_marker_beyond_the_axis_lengthens_it_and_a_shorter_axis_takes_it_along(
    page: DoubleDescentExplorer,
) -> None:
    page.controls["alpha"].enter("1.5")
    assert page.state.alpha_top == page.fields["alpha_top"].value == 2.0
    assert ranges(page.figure.drawing)["xaxis"][1] == (0.01, 2.0)
    page.fields["alpha_top"].value = 0.5
    assert page.state.alpha == page.controls["alpha"].value == 0.5
    page.controls["kappa"].value = 1.4
    assert ranges(page.figures[WIDTHS].drawing)["xaxis"][1] == (0.02, 2.0)
    page.reset()
    assert page.state.alpha == State().alpha
    assert ranges(page.figures[WIDTHS].drawing)["xaxis"][1] == (0.02, 1.0)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_marker_s_slider_spans_the_axis(page: DoubleDescentExplorer, scale: str) -> None:
    page.fields["x_scale"].value = scale
    control = page.controls["alpha"]
    for top in ALPHA_TOPS:
        page.fields["alpha_top"].value = top
        ends = np.array([0.01, top])
        shown = ranges(page.figure.drawing)["xaxis"][1]
        np.testing.assert_allclose(shown, np.log10(ends) if scale == "log" else ends)
        assert [control.track.value(p) for p in (0, control.stops)] == [0.01, top]


def test_a_click_moves_the_marker_along_the_axis_clicked(page: DoubleDescentExplorer) -> None:
    for figure, place in (
        (page.figure, 0.123456),
        (page.figures[WIDTHS], 0.31234),
    ):
        figure._receive(figure, {"kind": "click", "x": place, "y": 1.0}, [])
    assert (page.state.alpha, page.state.kappa) == (0.1235, 0.3123)
    assert page.controls["kappa"].value == 0.3123


def test_a_failing_solver_is_told_and_the_page_lives_on(
    page: DoubleDescentExplorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_named: object) -> SteadyState:
        raise FloatingPointError("/secret/path")

    caplog.set_level(logging.DEBUG, Explorer.__module__)
    with monkeypatch.context() as patch:
        patch.setattr(scene_module, "solve_courses", broken)
        page.controls["kappa"].value = 0.61
    assert "could not be computed" in page.page._alert.value
    assert "secret" not in page.page._alert.value
    assert "secret" in caplog.text
    page.controls["kappa"].value = 0.62
    assert page.page._alert.value == ""
    assert shapes(page.figure)[0]["x0"] == float(interpolation_threshold(0.62, 0.3, 0.5).alpha)


def test_what_does_not_change_is_not_solved_again(
    page: DoubleDescentExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved: list[np.ndarray] = []

    def counted(courses: list[Course]) -> list[SteadyState]:
        solved.append(np.concatenate([course.lam for course in courses]))
        return solve_courses(courses)

    monkeypatch.setattr(scene_module, "solve_courses", counted)
    page.controls["lam"].value = 0.02
    assert set(np.concatenate(solved).tolist()) == {0.02}
    for name in ("optimal_lam", "nearby_decay", "nearby_threshold", "interpolating_width"):
        monkeypatch.setattr(scene_module, name, lambda *_, **__: pytest.fail("computed again"))
    solved.clear()
    page.theme.dark = True
    page.fields["y_scale"].value = "linear"
    page.controls["lam"].value = 0.03
    assert len(solved) == 1
    assert page.page._alert.value == ""
    assert page.figures[WIDTHS].drawing["layout"]["template"]["layout"]["font"]["color"] == "#e6eaee"


def test_a_point_does_not_depend_on_what_was_shown_before() -> None:
    """To nine digits: it is solved from where it was."""
    memo = Memo()
    for state in (State(), State(lam=0.02), State(alpha=0.4), State(delta=0.0, lam=0.02)):
        known, fresh = double_descent(state.setting, memo), double_descent(state.setting)
        for name in ("best", "marker", "ridgeless_widths", "current_widths", "best_widths", "width_marker"):
            np.testing.assert_allclose(getattr(known, name).mse, getattr(fresh, name).mse, rtol=1e-9)
        for one, other in zip(known.family, fresh.family, strict=True):
            np.testing.assert_allclose(one.mse, other.mse, rtol=1e-9)
        assert known.lams == fresh.lams
        assert known.interpolating == fresh.interpolating


def test_names_and_shades_of_weight_decays() -> None:
    assert [decay_name(lam) for lam in (0.0, 1e-6, 1e-4, 0.00123, 0.05, 10.0)] == [
        "0+", "10⁻⁶", "10⁻⁴", "0.00123", "0.05", "10",
    ]  # fmt: skip
    shades = [decay_shade(lam) for lam in (0.0, 1e-6, *FAMILY[1:], 10.0)]
    assert shades == sorted(set(shades))
    assert (shades[0], shades[-1]) == (0.0, 1.0)


ENDS = {name: (PARAMETERS[name].low, PARAMETERS[name].high) for name in ("kappa", "kappa_star", "alpha")}
CORNERS = list(product(*ENDS.values(), (0.0, 4.0), (0.0, 1e-6, 10.0)))


def test_every_corner_is_drawn_and_told(page: DoubleDescentExplorer) -> None:
    for kappa, kappa_star, alpha, delta, lam in CORNERS[::11]:
        page.change(kappa=kappa, kappa_star=kappa_star, alpha=alpha, delta=delta, lam=lam)
        assert page.page._alert.value == "", page.state
        text = plain(page.page.readout.value + page.page.prose.value)
        assert not re.search(r"\b(nan|inf|None)\b", text), text
        for figure in (page.figure, page.figures[WIDTHS]):
            assert all(np.all(np.isfinite(ends)) for _scale, ends in ranges(figure.drawing).values())


# What the page says, against the theory, at random settings. The checks share no code with the prose.


NUMBER = r"((?:[\d.]*\d×)?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|0\+|[\d.]*\d)"


def find(pattern: str, text: str) -> list[float]:
    """The numbers at NUMBER in the one match of a pattern."""
    found = re.findall(pattern.replace("NUMBER", NUMBER), text)
    assert len(found) == 1, (pattern, text)
    groups = (found[0],) if isinstance(found[0], str) else found[0]
    return [value_of(group) for group in groups]


def ridgeless(state: State, alpha: np.ndarray, kappa: np.ndarray | float | None = None) -> SteadyState:
    width = state.kappa if kappa is None else kappa
    return steady_state(alpha, width, state.kappa_star, 0.0, state.delta)


def rises(values: np.ndarray) -> float:
    """The largest factor by which a curve rises and afterwards falls, at least."""
    up = values / np.minimum.accumulate(values)
    down = values / np.minimum.accumulate(values[::-1])[::-1]
    return float(np.nanmax(np.minimum(up, down)))


def check_peak(lead: str, text: str, state: State) -> None:
    threshold = interpolation_threshold(state.kappa, state.kappa_star, state.delta)
    place, marker = float(threshold.alpha), state.alpha
    if "several solutions" in text:
        assert threshold.status == 1
        return
    clean = state.delta == 0 and min(state.kappa, 1) >= min(state.kappa_star, 1)
    assert ("the labels have no noise" in text) == (lead == "No peak") == clean
    there = ridgeless(state, np.array([marker]))
    if clean:
        (recovery,) = find(r"(?:falls|reaches)? ?(?:to )?0 at the recovery threshold α = NUMBER", text)
        assert recovery == pytest.approx(float(recovery_threshold(state.kappa, state.kappa_star)), rel=1e-3)
        np.testing.assert_array_equal(ridgeless(state, np.array([1.001, 1.2]) * recovery).mse, 0)
        assert ridgeless(state, np.array([0.99 * recovery])).mse > 0
        if "falls to 0" in text:
            assert rises(ridgeless(state, np.linspace(0.01, 0.99 * recovery, 80)).mse) < 1.02
        assert ("recovered exactly" in text) == bool(there.mse[0] == 0)
        if "You are" in text and "below" in text:
            assert find(r"leaves mse NUMBER", text) == pytest.approx([float(there.mse[0])], rel=1e-3)
        return
    assert find(r"up to α_inter = NUMBER", text) == pytest.approx([place], rel=1e-3)
    assert find(r"the mse (?:peaks at|is) NUMBER(?:\.| \()", text) == pytest.approx(
        [float(threshold.mse)], rel=1e-3
    )
    beside = ridgeless(state, place * np.array([0.999, 1.001]))
    assert ("peaks at" in text) == (lead == "Peak")
    if lead == "Peak":
        assert np.all(beside.mse < threshold.mse)
    below = ridgeless(state, place * np.linspace(0.3, 0.998, 20))
    above = ridgeless(state, place * np.linspace(1.002, 2, 20))
    np.testing.assert_array_equal(below.train_loss, 0)
    assert np.all(above.train_loss > 0)
    assert ("rank-limited" in text) == bool(beside.regime[1] == Regime.RANK_LIMITED)
    assert ("cannot express" in text) == (state.delta == 0)
    if "You are at it" in text:
        assert abs(marker / place - 1) < 0.005
        return
    assert find(r"; the mse there is NUMBER", text) == pytest.approx([float(there.mse[0])], rel=1e-3)
    assert ("labels exactly" in text) == bool(there.train_loss[0] == 0) == (marker < place)
    assert "noisy labels" not in text or state.delta > 0
    if found := re.search(r"(\d+)% (below|above) it", text):
        assert 1 + (1 if found[2] == "above" else -1) * int(found[1]) / 100 == pytest.approx(
            marker / place, abs=0.0051
        )
    if "about to peak" in text:
        assert lead == "Peak"
        assert 0.79 < marker / place < 1


def check_decay(text: str, state: State) -> None:
    threshold = interpolation_threshold(state.kappa, state.kappa_star, state.delta)
    alpha = np.linspace(np.sqrt(0.01), np.sqrt(state.alpha_top), 110) ** 2
    tip = np.concatenate([np.linspace(0.96, 1.04, 50), np.linspace(1, 1.002, 15)])
    fine = np.union1d(alpha, float(threshold.alpha) * tip)
    peaked = re.findall(rf"{NUMBER} for λ = {NUMBER}", text.split("not at all")[0])
    smooth = re.search(r"not at all for λ = (.*?)\. ?(?:At|$)", text)
    names = re.findall(NUMBER, smooth[1]) if smooth else []
    lams = sorted({*FAMILY, state.lam})
    if "no curve of the family peaks" in text:
        names = [decay_name(lam) for lam in lams]
    if "curves leap" in text:
        assert threshold.status == 1
        names, peaked = [], []
    else:
        told_of = sorted(value_of(n) for n in [*names, *(lam for _h, lam in peaked)])
        assert told_of == pytest.approx(lams, rel=1e-3)
    for name in names:
        curve = steady_state(alpha, state.kappa, state.kappa_star, value_of(name), state.delta).mse
        assert rises(curve[curve > 1e-12]) < 1.03, name
    for height, name in peaked:
        mse = steady_state(fine, state.kappa, state.kappa_star, value_of(name), state.delta).mse
        if value_of(name) > 0:
            tops = mse[1:-1][(mse[1:-1] >= mse[:-2]) & (mse[1:-1] >= mse[2:])]
            assert np.min(np.abs(tops / value_of(height) - 1)) < 0.1, name
    if "it only falls" in text:
        lam = optimal_lam(alpha, state.kappa, state.kappa_star, state.delta)
        best = steady_state(alpha, state.kappa, state.kappa_star, lam, state.delta).mse
        assert np.all(np.diff(best) <= 1e-9)


def check_best(text: str, state: State) -> None:
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 50, 90)])
    family = steady_state(state.alpha, state.kappa, state.kappa_star, grid, state.delta).mse
    now = float(steady_state(state.alpha, state.kappa, state.kappa_star, state.lam, state.delta).mse)
    bayes = float(bayes_optimal(state.alpha, state.kappa_star, state.delta).mmse)
    if "exactly 0" in text:
        least = 0.0
    else:
        (least,) = find(r"the mse is lowest, NUMBER[,:;]", text)
    assert least <= np.nanmin(family) * 1.001
    assert least >= np.nanmin(family) * 0.95 - 1e-9
    if found := re.search(rf"for λ = {NUMBER}[:;]", text):
        lam = value_of(found[1])
        at = float(steady_state(state.alpha, state.kappa, state.kappa_star, lam, state.delta).mse)
        assert at == pytest.approx(least, rel=1e-3)
    if found := re.search(rf": (?:less than )?{NUMBER}(% above| times) the Bayes-optimal {NUMBER}", text):
        ratio = 1 + value_of(found[1]) / 100 if found[2] == "% above" else value_of(found[1])
        assert ratio == pytest.approx(least / bayes, rel=0.006)
        assert value_of(found[3]) == pytest.approx(bayes, rel=1e-3)
        assert ratio >= 1
    else:
        assert least == 0 or bayes == 0
    if found := re.search(rf"too (small|large): its mse is {NUMBER}(% more| times as much)", text):
        ratio = 1 + value_of(found[2]) / 100 if found[3] == "% more" else value_of(found[2])
        assert ratio == pytest.approx(now / least, rel=0.006)
        assert (found[1] == "small") == (state.lam < float(np.atleast_1d(grid[np.nanargmin(family)])[0]))
    elif "as good" in text:
        assert now <= least * 1.003 + 1e-15


WAYS = re.compile(rf"(rises|falls) (?:from {NUMBER} )?to {NUMBER} (?:at κ ≈ ([\d.]*\d)|for the widest)")


def check_width(text: str, state: State) -> None:
    kappa = np.linspace(np.sqrt(0.02), np.sqrt(state.setting.kappa_top), 90) ** 2
    kappa = np.union1d(kappa, [min(state.kappa_star, 1.0)])
    curve = ridgeless(state, np.array(state.alpha), kappa)
    legs = WAYS.findall(text)
    assert bool(legs) != ("for all widths" in text)
    ways = [leg[0] for leg in legs]
    assert all(one != other for one, other in pairwise(ways))
    if legs:
        assert value_of(legs[0][1]) == pytest.approx(curve.mse[0], rel=1e-3)
        assert value_of(legs[-1][2]) == pytest.approx(curve.mse[-1], rel=1e-3, abs=1e-12)
        levels = [value_of(legs[0][1]), *(value_of(leg[2]) for leg in legs)]
        assert all((b > a) == (way == "rises") for (a, b), way in zip(pairwise(levels), ways, strict=True))
    if found := re.search(rf"From κ = {NUMBER} on every label", text):
        width = value_of(found[1])
        np.testing.assert_array_equal(curve.train_loss[kappa > 1.002 * width], 0)
        assert np.all(curve.train_loss[(kappa < 0.998 * width) & (kappa > 0.9 * width)] > 0)
        if "more width helps" in text:
            assert rises(curve.mse[kappa > 1.002 * width]) < 1.0001
            assert np.all(np.diff(curve.mse[kappa > 1.002 * width]) < 1e-6)
    if found := re.search(rf"At κ = {NUMBER} every label can be fitted, but not at all larger", text):
        assert np.any(curve.train_loss[kappa > 1.002 * value_of(found[1])] > 0)
    if "No width on this axis fits" in text:
        assert np.all(curve.train_loss > 0)
    lam = optimal_lam(state.alpha, kappa, state.kappa_star, state.delta)
    best = steady_state(state.alpha, kappa, state.kappa_star, lam, state.delta)
    if "none does better than the widest" in text:
        assert np.min(best.mse) >= 0.996 * best.mse[-1] - 1e-12
    else:
        (width,) = find(r"the mse is lowest at κ = NUMBER(?:[,:])", text)
        low, wide = find(r": NUMBER against NUMBER for the widest", text)
        assert low == pytest.approx(np.min(best.mse), rel=0.02, abs=1e-9)
        assert wide == pytest.approx(best.mse[-1], rel=1e-3)
        assert low < wide
        assert ("as wide as the teacher" in text) == (abs(width / state.kappa_star - 1) < 1e-3)
    limited = np.any(curve.regime == Regime.RANK_LIMITED) or np.any(best.regime == Regime.RANK_LIMITED)
    assert ("Dashed parts" in text) or not limited


def check_everything(page: DoubleDescentExplorer) -> None:
    paragraphs, state = told(page), page.state
    assert page.page._alert.value == "", state
    (lead, first), *_rest = paragraphs.items()
    assert list(paragraphs)[1:] == ["Weight decay", "Best λ", "Width"]
    check_peak(lead, first, state)
    check_decay(paragraphs["Weight decay"], state)
    check_best(paragraphs["Best λ"], state)
    check_width(paragraphs["Width"], state)


def drawn_at_random(seed: int) -> dict[str, float]:
    """A setting of sliders, half of them at places where something changes."""
    rng = np.random.default_rng(seed)
    kappa_star = float(rng.choice([0.02, 0.05, 0.1, 0.3, 0.6, 1.0, 2.0, np.round(rng.uniform(0.02, 2), 2)]))
    kappa = float(
        rng.choice([0.02, 0.1, 0.2, 0.5, 1.0, 2.0, kappa_star, np.round(rng.uniform(0.02, 1.2), 2)])
    )
    return {
        "kappa": kappa,
        "kappa_star": kappa_star,
        "delta": float(rng.choice([0.0, 0.05, 0.5, 4.0])),
        "lam": float(rng.choice([0.0, 1e-6, 1e-3, 0.02, 0.3, 10.0])),
        "alpha": float(np.round(rng.uniform(0.1, 0.99) ** 2, 3)),
    }


@pytest.mark.parametrize("seed", range(6))
def test_what_the_page_says_is_true(shared: DoubleDescentExplorer, seed: int) -> None:
    shared.change(**drawn_at_random(seed))
    check_everything(shared)


@pytest.mark.parametrize(("kappa", "kappa_star"), [(0.3, 0.3), (0.2, 0.25), (1.0, 2.0)])
def test_without_noise_there_is_a_peak_just_where_the_student_is_too_narrow(
    shared: DoubleDescentExplorer, kappa: float, kappa_star: float
) -> None:
    shared.change(delta=0.0, lam=0.01, kappa=kappa, kappa_star=kappa_star)
    check_everything(shared)
    too_narrow = kappa < min(kappa_star, 1)
    assert ("Peak" in told(shared)) == too_narrow
    _alpha, mse = whole(shared.figure, "family-0")
    assert (rises(mse[mse > 1e-12]) > 2) == too_narrow


def test_scenes_have_the_shapes_they_promise() -> None:
    r: DoubleDescent = double_descent(DescentSetting(0.7, 0.3, 0.5, 0.02, 0.25, 1.0))
    assert len(r.lams) == 7
    assert r.lams[r.current] == 0.02
    assert [float(states.lam[0]) for states in r.family] == list(r.lams)
    assert r.marker.shape == (7,)
    assert r.best.shape == r.bayes.mmse.shape
    assert r.width_marker.shape == (3,)
    assert r.best_marker.shape == ()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_stretch_that_is_zoomed_into_is_solved_anew(page: DoubleDescentExplorer, scale: str) -> None:
    page.change(lam=0.01, x_scale=scale)
    page.figure._receive(None, {"kind": "zoom", "x": 0.28, "y": 0.34}, [])
    assert page.state.span == (0.28, 0.34)
    assert page.state.alpha == page.controls["alpha"].value == 0.28
    alpha = trace(page.figure.drawing, "current")["x"]
    assert (alpha.min(), alpha.max()) == (0.28, 0.34) and alpha.size > 50
    low, high = page.figure.drawing["layout"]["xaxis"]["range"]
    ends = np.log10((0.28, 0.34)) if scale == "log" else (0.28, 0.34)
    assert (low, high) == pytest.approx(ends)
    # Over the widths nothing is zoomed.
    assert trace(page.figures[WIDTHS].drawing, "current")["x"].min() == PARAMETERS["kappa"].low
    page.figure._receive(None, {"kind": "zoom", "x": None}, [])
    assert page.state.span is None


@pytest.mark.parametrize("lam", [0.0, 0.01])
def test_widths_are_zoomed_into_likewise(page: DoubleDescentExplorer, lam: float) -> None:
    page.change(lam=lam, kappa=0.7)
    before, figure = page.scene(), page.figures[WIDTHS]
    figure._receive(None, {"kind": "zoom", "x": 0.2, "y": 0.3}, [])
    assert (page.state.width_span, page.state.span) == ((0.2, 0.3), None)
    assert page.state.kappa == page.controls["kappa"].value == 0.3
    kappa = trace(figure.drawing, "best")["x"]
    assert (kappa.min(), kappa.max()) == (0.2, 0.3) and kappa.size > 40
    seen, known = page.scene(), before.current_widths
    # Between points a line is drawn, which would cut a cusp off.
    cusp = np.abs(known.kappa / before.interpolating.kappa - 1) < 0.003
    (both,) = np.nonzero((known.kappa >= 0.2) & (known.kappa <= 0.3) & ~cusp)
    there = np.interp(known.kappa[both], seen.current_widths.kappa, seen.current_widths.mse)
    np.testing.assert_allclose(there, known.mse[both], rtol=0.01)
    # What is said of the whole axis is the same.
    assert seen.needed == pytest.approx(before.needed, rel=1e-9)
    assert seen.interpolating == before.interpolating is not None
    assert "on the stretch seen, κ = 0.2 to 0.3," in plain(page.page.prose.value)
    page.controls["kappa"].value = 0.5
    assert page.state.width_span is None
