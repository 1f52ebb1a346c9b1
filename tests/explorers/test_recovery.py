"""The recovery page without a browser: its state, its clicks, its maps, and the truth of what it says."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.live import LiveFigure
from quadviz.explorers.recovery import page as page_module
from quadviz.explorers.recovery.page import ALPHA_TOPS, RecoveryExplorer, State
from quadviz.explorers.recovery.words import recovery_prose, standing
from quadviz.figures.marks.drawing import ranges, trace
from quadviz.law.teacher_law import TeacherLaw
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.plane import Width, point_thresholds, threshold_curves
from quadviz.scenes.recovery import FINE, ErrorMap, MapSetting, solve_map, whole
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.solutions import steady_state_solutions
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.theory.steady.thresholds import recovery_threshold
from tests.reading import plain, reading, value_of

CELLS = 12


@pytest.fixture(scope="module")
def shared() -> RecoveryExplorer:
    return RecoveryExplorer()


@pytest.fixture
def page(shared: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecoveryExplorer]:
    """The page as it opens, with maps of fewer cells; made once."""
    monkeypatch.setattr(page_module, "FINE", CELLS)
    monkeypatch.setattr(page_module, "COARSE", 4)
    shared.change(**vars(State()))
    shared.reset()
    shared._setting = None
    shared.refresh()
    assert shared.state == State()
    yield shared
    shared.theme.dark = False


def a_map(
    cells: int = CELLS,
    vertical: Width = "kappa",
    tops: tuple[float, float] = (0.6, 1.0),
    fixed: float = 0.3,
    lam: float = 0.0,
    delta: float = 0.0,
) -> ErrorMap:
    return whole(solve_map(cells, MapSetting(vertical, tops, fixed, lam, delta)))


def cross(figure: LiveFigure) -> tuple[float, float]:
    there = trace(figure.drawing, "cross")
    return there["x"][0], there["y"][0]


def shown_map(page: RecoveryExplorer) -> np.ndarray:
    return np.asarray(trace(page.figure.drawing, "mse")["customdata"])


def axes(figure: LiveFigure) -> list[tuple[float, float]]:
    """The ranges of the first pair of axes."""
    return [ranges(figure.drawing)[name][1] for name in ("xaxis", "yaxis")]


def test_it_opens_drawn_with_a_fine_map() -> None:
    fresh = RecoveryExplorer()
    assert shown_map(fresh).shape == (FINE, FINE) == (100, 100)
    np.testing.assert_array_equal(shown_map(fresh), a_map(FINE).mse)
    assert fresh.page._alert.value == ""
    assert axes(fresh.figure) == axes(fresh.figures["thresholds"]) == [(0.01, 0.6), (0.02, 1.0)]


@pytest.mark.parametrize("vertical", ["kappa", "kappa_star"])
def test_the_map_is_the_theory_at_the_centres_of_its_cells(vertical: Width) -> None:
    grid = a_map(60, vertical, fixed=0.4, lam=0.01, delta=0.2)
    assert grid.mse.shape == (60, 60)
    assert grid.across[0] - 0.01 == pytest.approx(0.6 - grid.across[-1])
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, 60, (10, 2)):
        widths = (grid.up[row], 0.4) if vertical == "kappa" else (0.4, grid.up[row])
        point = steady_state(grid.across[column], *widths, 0.01, 0.2)
        assert grid.mse[row, column] == pytest.approx(float(point.mse), rel=1e-9)
        assert grid.spare[row, column] == pytest.approx(float(point.kappa - point.kappa_min), abs=1e-9)


def test_a_map_is_solved_in_blocks_that_add_up() -> None:
    parts = list(solve_map(60, MapSetting("kappa", (0.6, 1.0), 0.3, 0.01, 0.0)))
    assert [part.mse.shape[0] for part in parts[:2]] == [25, 50]
    assert parts[-1].mse.shape == (60, 60)
    assert np.isfinite(parts[-1].mse).all()


@pytest.mark.parametrize("name", ["kappa", "kappa_star", "alpha", "lam", "delta"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_a_slider_at_its_end_draws_that_setting(page: RecoveryExplorer, name: str, end: str) -> None:
    control = page.controls[name]
    control.position = 0.0 if end == "low" else float(control.stops)
    s = page.state
    assert getattr(s, name) == control.value
    assert page.page._alert.value == ""
    assert cross(page.figure) == cross(page.figures["thresholds"]) == (s.alpha, s.kappa)
    point = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    assert reading(page)["mse"] == four_digits(float(point.mse))
    grid = a_map(CELLS, "kappa", (s.alpha_top, s.width_top), s.kappa_star, s.lam, s.delta)
    np.testing.assert_array_equal(shown_map(page), grid.mse)
    for place, (low, high) in zip((s.alpha, s.kappa), axes(page.figure), strict=True):
        assert low <= place <= high


def test_every_corner_draws(page: RecoveryExplorer) -> None:
    ends = {name: (p.low, p.high) for name, p in PARAMETERS.items() if name != "gamma"}
    ends["lam"] = (0.0, 10.0)
    for vertical, *values in product(("kappa", "kappa_star"), *(ends[name] for name in page.controls)):
        page.change(vertical=vertical, **dict(zip(page.controls, values, strict=True)))
        assert page.page._alert.value == "", page.state
        text = plain(page.page.readout.value + page.page.prose.value)
        assert not re.search(r"\bnan\b|\binf\b|None", text), text
        assert np.isfinite(axes(page.figures["spectrum"])).all()


def test_the_cross_and_what_is_beside_the_map_follow_the_controls(page: RecoveryExplorer) -> None:
    page.controls["alpha"].enter("0.4")
    page.controls["kappa"].enter("0.25")
    assert cross(page.figure) == (0.4, 0.25)
    assert reading(page)["regime"] == "rank-limited"
    law = learned_spectrum(0.4, 0.25, 0.3, 0.0, 0.0)
    learned, teacher = (trace(page.figures["spectrum"].drawing, uid) for uid in ("learned", "teacher"))
    np.testing.assert_array_equal(learned["y"], law.density(learned["x"]))
    assert learned["line"]["dash"] != "solid"
    np.testing.assert_array_equal(teacher["y"], TeacherLaw(0.3).density(teacher["x"]))
    assert "At the cross: α = 0.4, κ = 0.25, κ* = 0.3" in plain(page.page.readout.value)
    page.controls["kappa"].value = 0.8
    assert reading(page)["mse"] == "0"
    learned = trace(page.figures["spectrum"].drawing, "learned")
    np.testing.assert_allclose(learned["x"], teacher["x"], rtol=1e-6)


def test_moving_the_cross_or_the_theme_solves_no_map_again(
    page: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves, solved = page._plane().curves, shown_map(page)
    monkeypatch.setattr(page_module, "solve_map", lambda *_: pytest.fail("solved again"))
    page.controls["alpha"].value = 0.5
    page.controls["kappa"].value = 0.9
    page.fields["colours"].value = "narrow"
    page.theme.dark = True
    assert page.page._alert.value == ""
    assert page._plane().curves is curves
    assert shown_map(page) is solved
    assert page.figure.drawing["layout"]["template"]["layout"]["font"]["color"] == "#e6eaee"
    assert trace(page.figure.drawing, "mse")["zmin"] > -3


# Clicks


def test_a_click_puts_the_cross_there_and_the_controls_follow(page: RecoveryExplorer) -> None:
    page._take_click(0.41234, 0.61239)
    assert (page.state.alpha, page.state.kappa) == (0.412, 0.612)
    assert (page.controls["alpha"].value, page.controls["kappa"].value) == (0.412, 0.612)
    page.fields["vertical"].value = "kappa_star"
    page._take_click(0.2, 0.5)
    assert (page.state.alpha, page.state.kappa, page.state.kappa_star) == (0.2, 0.612, 0.5)
    assert cross(page.figure) == cross(page.figures["thresholds"]) == (0.2, 0.5)
    assert page.notice.value == ""


@pytest.mark.parametrize(
    ("x", "y", "refusal"),
    [
        (0.7, 0.5, "alpha (sample ratio) must be between 0.01 and 0.6, got 0.7"),
        (-0.0123456, 0.5, "alpha (sample ratio) must be between 0.01 and 0.6, got -0.0123"),
        (0.3, 1.04, "kappa (student width) must be between 0.02 and 1, got 1.04"),
        (0.3, float("nan"), "kappa (student width) must be between 0.02 and 1, got nan"),
    ],
)
def test_a_click_outside_the_map_changes_nothing_and_says_why(
    page: RecoveryExplorer, x: float, y: float, refusal: str
) -> None:
    before = page.state
    page._take_click(x, y)
    assert page.state == before
    assert plain(page.notice.value) == f"That click changed nothing: {refusal}."
    page._take_click(0.3, 0.4)
    assert page.notice.value == ""
    page._take_click(x, y)
    page.controls["lam"].value = 0.01
    assert page.notice.value == ""


def test_clicks_come_from_the_map_and_from_the_regions(page: RecoveryExplorer) -> None:
    for alpha, figure in zip((0.11, 0.12), (page.figure, page.figures["thresholds"]), strict=True):
        assert figure.anywhere
        figure._receive(figure, {"kind": "click", "x": alpha, "y": 0.5}, [])
        assert page.state.alpha == alpha


# Axes


def test_a_cross_beyond_the_map_makes_it_larger_and_a_smaller_map_takes_it_along(
    page: RecoveryExplorer,
) -> None:
    page.controls["alpha"].enter("1.5")
    page.controls["kappa"].enter("1.2")
    assert (page.fields["alpha_top"].value, page.fields["width_top"].value) == (2.0, 2.0)
    assert axes(page.figure)[0] == (0.01, 2.0)
    page.fields["alpha_top"].value = ALPHA_TOPS[0]
    page.fields["width_top"].value = 1.0
    assert (page.state.alpha, page.state.kappa) == (0.6, 1.0)
    page.controls["kappa_star"].value = 1.7
    assert page.fields["width_top"].value == 1.0
    page.fields["vertical"].value = "kappa_star"
    assert page.fields["width_top"].value == 2.0
    assert cross(page.figure) == (0.6, 1.7)


def test_a_refused_value_changes_nothing(page: RecoveryExplorer) -> None:
    before = page.state
    for text in ("abc", "", "7", "-1", "nan", "0"):
        page.controls["alpha"].enter(text)
        assert page.controls["alpha"].message.startswith("alpha (sample ratio) must be ")
    assert page.state == before


def test_the_page_has_its_own_defaults_and_goes_back_to_them(page: RecoveryExplorer) -> None:
    defaults = {"kappa": 0.5, "alpha": 0.29, "delta": 0.0, "lam": 0.0}
    for name, default in defaults.items():
        assert page.controls[name].default == ("0+" if name == "lam" else f"{default:g}")
        page.controls[name].position = float(page.controls[name].stops)
    page.reset()
    assert {name: getattr(page.state, name) for name in defaults} == defaults


# Coarse first, fine at rest


def test_a_map_is_coarse_while_things_move_and_fine_at_rest(
    page: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "REST", 0.02)
    monkeypatch.setattr(page_module, "FINE", 60)
    solved: list[int] = []

    def counting(cells: int, setting: MapSetting) -> Iterator[ErrorMap]:
        solved.append(cells)
        yield from solve_map(cells, setting)

    monkeypatch.setattr(page_module, "solve_map", counting)

    async def drag() -> None:
        for lam in (0.01, 0.02, 0.03):
            page.change(lam=lam)
            assert shown_map(page).shape == (4, 4)
        page.change(alpha=0.35)
        assert shown_map(page).shape == (4, 4)
        for _ in range(200):
            await asyncio.sleep(0.01)
            if shown_map(page).shape == (60, 60):
                break

    asyncio.run(drag())
    assert solved == [4, 4, 4, 60]
    np.testing.assert_array_equal(shown_map(page), a_map(60, lam=0.03).mse)
    assert cross(page.figure)[0] == 0.35


def test_a_fine_map_that_comes_too_late_is_dropped(
    page: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "REST", 0.0)
    monkeypatch.setattr(page_module, "FINE", 60)

    async def overtake() -> None:
        page.change(lam=0.2)
        late = page._refining
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the first block is solved
        page.change(lam=0.3)
        with pytest.raises(asyncio.CancelledError):
            await late
        assert shown_map(page).shape == (4, 4)
        await page._refining

    asyncio.run(overtake())
    np.testing.assert_array_equal(shown_map(page), a_map(60, lam=0.3).mse)


def test_a_fine_map_that_fails_is_told(
    page: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, page_module.__name__)
    monkeypatch.setattr(page_module, "REST", 0.0)

    def broken(cells: int, setting: MapSetting) -> Iterator[ErrorMap]:
        if cells == CELLS:
            raise FloatingPointError("/secret/path")
        yield from solve_map(cells, setting)

    async def rest() -> None:
        page.change(lam=0.4)
        await page._refining

    with monkeypatch.context() as patch:
        patch.setattr(page_module, "solve_map", broken)
        asyncio.run(rest())
    assert "could not be computed" in page.page._alert.value
    assert "secret" not in page.page._alert.value
    assert "secret" in caplog.text
    page.change(lam=0.5)
    assert page.page._alert.value == ""


def test_a_failing_solver_is_told_and_the_page_lives_on(
    page: RecoveryExplorer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> Iterator[ErrorMap]:
        raise FloatingPointError("/secret/path")

    caplog.set_level(logging.DEBUG, Explorer.__module__)
    with monkeypatch.context() as patch:
        patch.setattr(page_module, "solve_map", broken)
        page.controls["delta"].value = 0.5
    assert "could not be computed" in page.page._alert.value
    page.controls["kappa"].value = 0.6
    assert page.page._alert.value == ""
    np.testing.assert_array_equal(shown_map(page), a_map(delta=0.5).mse)


# What the page says, against the data, at random settings. The checks share no code with the prose.

FROM = re.compile(r"from α = (\S+) on")
HAS = r"the cross has (.*?samples)(, to within half a percent)?"


def check_standing(text: str, alpha: float, threshold: float) -> None:
    found = re.search(HAS, text, re.IGNORECASE)
    assert found is not None
    said = found[1]
    ratio = alpha / threshold
    if percent := re.fullmatch(r"(\d+)% (fewer|more) samples", said):
        off = int(percent[1]) / 100 * (1 if percent[2] == "more" else -1)
        assert ratio - 1 == pytest.approx(off, abs=0.006)
    elif times := re.fullmatch(r"(\S+) times as many samples", said):
        assert ratio == pytest.approx(float(times[1]), rel=0.06)
        assert ratio >= 2
    else:
        assert said == "as many samples"
        assert found[2]
        assert abs(ratio - 1) <= 0.006


def check_share(text: str, share: float) -> None:
    if "all of it" in text:
        assert share >= 0.995
        assert ("nearly" in text) == (share < 1)
    elif "less than 1%" in text:
        assert 0 < share < 0.01
    else:
        found = re.search(r"about (\d+)% of it", text)
        assert found is not None
        assert int(found[1]) / 100 == pytest.approx(share, abs=0.006)


def check_said(said: dict[str, str], point: SteadyState, grid: ErrorMap) -> None:
    alpha, kappa, kappa_star, lam, delta = (
        float(getattr(point, n)) for n in ("alpha", "kappa", "kappa_star", "lam", "delta")
    )
    first = said["Recovery"]
    clean = steady_state(alpha, kappa, kappa_star, 0.0, 0.0)
    degrees = kappa_star - kappa_star**2 / 2 if kappa_star < 1 else 0.5
    check_standing(said["Counting"], alpha, degrees)
    if kappa_star < 1:
        assert f"= {four_digits(degrees)} degrees" in said["Counting"]
    else:
        assert "has 1/2 degrees" in said["Counting"]
    assert ("is narrower than the teacher" in first) == (kappa < min(kappa_star, 1))
    if kappa < min(kappa_star, 1):
        assert set(said) - {"Other solutions"} == {"Recovery", "Counting", "This map"}
        assert clean.mse > 0
    else:
        said_at = FROM.search(first)
        assert said_at is not None
        threshold = value_of(said_at[1].rstrip(",;"))
        if abs(alpha / threshold - 1) > 1e-3:
            assert (clean.mse == 0) == (alpha > threshold)
        check_standing(first, alpha, threshold)
        wider = float(recovery_threshold(max(kappa, 1.0), kappa_star))
        assert ("steady-state assumption" in first) == (
            not math.isclose(threshold, wider, rel_tol=1e-3)
            or wider != pytest.approx(float(recovery_threshold(kappa, kappa_star)), rel=1e-11)
        )
        free = FROM.search(said["Without weight decay"])
        assert free is not None
        assert "conjecture" in said["Without weight decay"]
        check_standing(said["Without weight decay"], alpha, value_of(free[1].rstrip(";")))
        region = first.rpartition("Its region: ")[2]
        assert ("impossible" in region) == (alpha < degrees)
        if abs(alpha / threshold - 1) > 1e-3:
            assert ("recovered with λ" in region) == (alpha > threshold)
        assert "*" not in region
    assert ("Other solutions" in said) == (point.status == Status.SEVERAL)
    if "Other solutions" in said:
        assert ("first order" in said["Other solutions"]) == (point.mse == 0)
    about = said["This map"]
    assert ("nothing is recovered exactly" in about) == (lam > 0 or delta > 0)
    known = grid.mse[np.isfinite(grid.mse)]
    if lam > 0 or delta > 0:
        assert np.all(known > 0)
        assert point.mse > 0
        cause = about.partition(" nothing")[0]
        values = [f"Δ = {four_digits(delta)}"] * (delta > 0) + [f"λ = {four_digits(lam)}"] * (lam > 0)
        assert cause == f"with {' and '.join(values)}"
    elif "nowhere" in about:
        assert np.all(known > 0)
    else:
        check_share(re.findall(r"exactly 0 on (.*?of it)", about)[0], float(np.mean(grid.mse == 0)))
    assert ("At the cross the mse is exactly 0" in about) == (point.mse == 0)
    if point.mse > 0:
        mse = re.search(r"At the cross the mse is (\S+)\.", about)
        assert mse is not None
        assert value_of(mse[1]) == pytest.approx(float(point.mse), rel=1e-3)
    limited = np.mean(grid.spare < 0)
    assert ("the width limits the rank" in about) == (limited > 0)
    if limited:
        check_share(re.findall(r"On (.*?of it), the width", about)[0], float(limited))
        assert ("dashed line bounds" in about) == (limited < 1)
    assert ("no solution" in about) == bool(np.isnan(grid.mse).any())


def check_everything_said(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        kappa, kappa_star = (
            float(rng.choice([rng.uniform(0.02, 2), rng.uniform(0.02, 0.5)])) for _ in range(2)
        )
        if rng.random() < 0.1:
            kappa = kappa_star
        lam, delta = (
            float(rng.choice([0.0, 10 ** rng.uniform(-6, 1)])),
            float(rng.choice([0.0, rng.uniform(0, 4)])),
        )
        alpha = float(rng.choice([rng.uniform(0.01, 2), rng.uniform(0.01, 0.6)]))
        vertical: Width = "kappa" if rng.random() < 0.5 else "kappa_star"
        fixed = kappa_star if vertical == "kappa" else kappa
        grid = a_map(12, vertical, (0.6, 2.0), fixed, lam, delta)
        point = steady_state(alpha, kappa, kappa_star, lam, delta)
        said = dict(recovery_prose(point, point_thresholds(kappa, kappa_star), grid))
        assert not re.search(r"\bnan\b|\binf\b|None|–", " ".join(said.values()))
        check_said(said, point, grid)


def test_everything_said_is_true() -> None:
    check_everything_said(50, seed=1)


@pytest.mark.slow
def test_everything_said_is_true_at_a_thousand_settings() -> None:
    check_everything_said(1000, seed=2)


def test_missing_solutions_are_told() -> None:
    solved = steady_state(0.3, 0.5, 0.3, 0.01, 0.5)
    nan = {
        f: np.array(np.nan) for f in ("q", "xi", "mse", "train_loss", "in_sample_error", "rank", "kappa_min")
    }
    point = SteadyState(**{**vars(solved), **nan, "status": np.array(Status.FAILED)})
    grid = a_map(6, lam=0.01, delta=0.5)
    grid.mse[2, 3] = grid.spare[2, 3] = np.nan
    text = " ".join(text for _lead, text in recovery_prose(point, point_thresholds(0.5, 0.3), grid))
    assert "No solution was found at the cross" in text
    assert "In 1 of 36 cells no solution was found" in text
    assert "nan" not in text


def test_where_recovery_is_of_first_order_the_page_says_so() -> None:
    """Just above kappa_star two more solutions outlive the threshold; at a larger alpha they are gone."""
    grid = a_map(6)
    thresholds = point_thresholds(0.305, 0.3)

    def said(alpha: float) -> dict[str, str]:
        return dict(recovery_prose(steady_state(alpha, 0.305, 0.3, 0, 0), thresholds, grid))

    others = said(0.2667)["Other solutions"]
    errors = [value_of(text) for text in re.findall(r"with mse (\S+) and (\S+),", others)[0]]
    np.testing.assert_allclose(errors, steady_state_solutions(0.2667, 0.305, 0.3, 0, 0).mse[1:], rtol=1e-3)
    assert "first order" in others
    assert "Other solutions" not in said(0.3)


def test_where_a_point_stands_is_said_in_samples() -> None:
    assert standing(0.5, 1.0) == "50% fewer samples"
    assert standing(1.1, 1.0) == "10% more samples"
    assert standing(25.0, 1.0) == "25 times as many samples"


@pytest.mark.parametrize("vertical", ["kappa", "kappa_star"])
@pytest.mark.parametrize("fixed", [0.02, 0.3, 1.0, 2.0])
def test_thresholds_are_drawn_exactly_where_the_student_is_wide_enough(vertical: Width, fixed: float) -> None:
    curves = threshold_curves(vertical, 2.0, fixed)
    assert np.isfinite(curves.ridgeless).all()
    low, high = curves.place[0], curves.place[-1]
    if vertical == "kappa":
        assert (low, high) == (min(fixed, 1.0), 2.0)
    else:
        assert (low, high) == (0.02, fixed if fixed < 1 else 2.0)
