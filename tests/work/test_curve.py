"""Networks along a learning curve: the points they become, what is said of them, and the page's bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.learning_curves.networks import about_networks
from quadviz.explorers.learning_curves.page import LearningCurvesExplorer
from quadviz.explorers.learning_curves.state import ALPHA_TOPS, State
from quadviz.figures.learning_curves import PANELS
from quadviz.figures.marks.drawing import still, trace
from quadviz.figures.marks.theme import THEMES
from quadviz.parameters import PARAMETERS
from quadviz.scenes.learning_curves import network_points, size_line
from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, flow_end
from quadviz.simulation.minimise import minimise
from quadviz.simulation.simulate import simulate
from quadviz.theory.finite.finite_size import finite_size, sized_state
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work.curve import SIZE_SAMPLES, CurveRequest, CurveRun, run_curve, simulated_alphas
from tests.pages import cancel_after, offer, press
from tests.reading import close, numbers_in, plain

FIELDS = tuple(panel.field for panel in PANELS)
ALPHAS = (0.2, 0.5, 0.9)


def a_request(**options: Any) -> CurveRequest:
    given = {"kappa": 0.7, "kappa_star": 0.3, "delta": 0.5, "lam": 0.1, "alphas": ALPHAS, "d": 10}
    return CurveRequest(**{**given, "networks": 2, **options})


def known(number: int, setting: Setting, flow: bool = False, **values: float) -> FinalState:
    """A network that nobody has trained."""
    seen = {"mse": 1.0, "train_loss": 0.1, "in_sample_error": 0.2, **values}
    return FinalState(setting, 10, number, **seen, eigenvalues=np.zeros(10), flow=flow)


def a_run(request: CurveRequest, mse: np.ndarray, flow: Callable[[float], bool] | None = None) -> CurveRun:
    """A run that came to these errors, in the order of its networks."""
    settings = [setting for setting in request.settings for _ in range(request.networks)]
    networks = (
        known(number % request.networks, setting, flow is not None and flow(setting.alpha), mse=value)
        for number, (setting, value) in enumerate(zip(settings, mse, strict=False))
    )
    return CurveRun(request, tuple(networks))


def test_points_are_means_over_the_networks_of_a_place() -> None:
    request = a_request()
    *_, (fraction, run) = run_curve(request, lambda: None)
    assert fraction == pytest.approx(1)
    assert [(n.setting.alpha, n.seed) for n in run.networks] == [(a, s) for a in ALPHAS for s in (0, 1)]
    points = network_points(run, current=True)
    assert points is not None and points.current
    np.testing.assert_array_equal(points.alpha, ALPHAS)
    assert points.mean.shape == points.error.shape == (len(FIELDS), 3)
    for place, alpha in enumerate(ALPHAS):
        ends = [minimise(Setting(0.7, 0.3, alpha, 0.1, 0.5), 10, seed, tolerance=1e-8) for seed in (0, 1)]
        for row, field in enumerate(FIELDS):
            values = [getattr(end, field) for end in ends]
            assert points.mean[row, place] == pytest.approx(np.mean(values), rel=1e-3)
            error = np.std(values, ddof=1) / np.sqrt(2)
            assert points.error[row, place] == pytest.approx(error, rel=1e-2, abs=1e-4)


def test_a_place_half_done_is_the_mean_of_what_there_is() -> None:
    run = a_run(a_request(networks=3), np.array([1.0, 2.0, 6.0, 4.0, 5.0]))
    points = network_points(run, current=False)
    assert points is not None and not points.current
    np.testing.assert_array_equal(points.alpha, ALPHAS[:2])
    np.testing.assert_allclose(points.mean[0], [3.0, 4.5])
    np.testing.assert_allclose(points.error[0], [np.std([1, 2, 6], ddof=1) / np.sqrt(3), 0.5])
    np.testing.assert_allclose(points.mean[1:], [[0.1, 0.1], [0.2, 0.2]])
    first = network_points(a_run(a_request(networks=3), np.array([1.0])), current=True)
    assert first is not None
    assert first.alpha.tolist() == [0.2] and np.isnan(first.error).all()
    assert network_points(a_run(a_request(), np.array([])), current=True) is None


def test_a_single_network_at_a_place_has_no_error() -> None:
    points = network_points(a_run(a_request(networks=1), np.array([1.0, 2.0, 3.0])), current=True)
    assert points is not None
    np.testing.assert_array_equal(points.mean[0], [1, 2, 3])
    assert np.isnan(points.error).all()


@pytest.mark.parametrize("top", ALPHA_TOPS)
@pytest.mark.parametrize("marker", [0.01, 0.123, 0.5])
def test_places_are_spread_over_the_axis_and_one_is_the_marker_s(top: float, marker: float) -> None:
    for scale in ("linear", "log"):
        places = simulated_alphas(top, scale, marker)
        assert list(places) == sorted(set(places))
        assert marker in places
        assert places[-1] == top
        others = np.array([place for place in places if place != marker] if len(places) == 13 else places)
        assert others.size == 12
        steps = np.diff(others) if scale == "linear" else np.diff(np.log(others))
        np.testing.assert_allclose(steps, steps.mean(), rtol=0.1)
        # At d = 10 there is a sample everywhere.
        assert min(places) * 100 >= 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kappa": 0.02}, r"kappa \(student width\) = 0.02 leaves no neuron at d = 10: take d >= 26"),
        ({"kappa_star": 0.02}, r"kappa_star \(teacher width\) = 0.02 leaves no neuron at d = 10"),
        ({"alphas": (0.2, 0.004)}, r"alpha \(sample ratio\) = 0.004 leaves no sample at d = 10"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(change: dict[str, Any], words: str) -> None:
    a_request().check()
    with pytest.raises(ValueError, match=words):
        a_request(**change).check()


def random_runs(count: int) -> Iterator[CurveRun]:
    """Runs of networks around the theory of their curve, some near and some far, some not complete."""
    rng = np.random.default_rng(4)
    for number in range(count):
        networks = int(rng.integers(2, 5))
        request = a_request(
            kappa=float(rng.uniform(0.1, 1.5)),
            kappa_star=float(rng.uniform(0.1, 0.6)),
            delta=float(rng.choice([0.0, 0.5, 2.0])),
            lam=float(rng.choice([0.0, 1e-5, 0.01, 0.1])),
            alphas=tuple(np.sort(rng.uniform(0.05, 1.0, 6)).tolist()),
            networks=networks,
        )
        lam = max(request.lam, 1e-4)
        theory = steady_state(request.alphas, request.kappa, request.kappa_star, lam, request.delta)
        shift = rng.normal(1 + rng.choice([-0.1, 0, 0.2]), 0.02, 6)
        mse = np.repeat(theory.mse * shift, networks) * rng.normal(1, 0.05, 6 * networks)
        done = 6 * networks if number % 3 else int(rng.integers(networks + 1, 6 * networks))
        yield a_run(request, mse[:done])


def test_the_agreement_is_that_of_the_means_with_the_theory() -> None:
    seen = set()
    for run in random_runs(30):
        r, count = run.request, len(run.networks)
        said = dict(about_networks(run, current=True))
        values = np.full((len(r.alphas), r.networks), np.nan)
        values.ravel()[:count] = [network.mse for network in run.networks]
        lam = max(r.lam, 1e-4)
        theory = steady_state(r.alphas, r.kappa, r.kappa_star, lam, r.delta).mse
        full = np.isfinite(values).sum(axis=1) > 1
        usable = full & (theory > 1e-4)
        if not usable.any():
            seen.add("nothing")
            assert "its mse is below 0.0001" in said["Agreement"]
            continue
        on, ratios = 0, []
        for row, limit in zip(values[usable], theory[usable], strict=True):
            there = row[np.isfinite(row)]
            on += abs(there.mean() - limit) <= 3 * there.std(ddof=1) / np.sqrt(there.size)
            ratios.append(there.mean() / limit - 1)
        text = said["Agreement"]
        assert numbers_in("at # of # places", text) == [on, usable.sum()]
        (share,) = numbers_in("half of the means lie more than #% (?:above|below)", text)
        assert share == pytest.approx(100 * abs(np.median(ratios)), abs=0.501)
        if share >= 1:
            assert ("above" in text) == (np.median(ratios) > 0)
            seen.add("above" if np.median(ratios) > 0 else "below")
        if r.lam < 1e-4:
            close(numbers_in("the theory's at λ = # within", text), 1e-4)
        else:
            assert "theory's within" in text
        seen.add("all" if on == usable.sum() else "some")
        assert "assumption" not in text
    assert seen >= {"above", "below", "all", "some"}


@pytest.mark.parametrize("lam", [0.0, 1e-5, 0.1])
def test_networks_are_named_by_their_own_setting(lam: float) -> None:
    run = a_run(a_request(lam=lam), np.ones(5))
    said = dict(about_networks(run, current=True))
    text = said["Networks"]
    close(
        numbers_in("^# networks of d = # were trained at κ = #, κ\\* = #, Δ = #(?: and|,) λ = #[,.]", text),
        5, 10, 0.7, 0.3, 0.5, max(lam, SMALLEST_LAM),
    )  # fmt: skip
    assert ("which stands for λ → 0+" in text) == (lam == 0)
    assert ("which stands for λ = 10⁻⁵" in text) == (lam == 1e-5)
    assert "grey" not in text
    other = dict(about_networks(run, current=False))
    assert "They are grey, for the curve drawn is another one" in other["Networks"]
    assert "Agreement" not in other


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert about_networks(CurveRun(a_request()), current=True) == []
    # No standard error, nothing to judge by: of single networks, and of the very first.
    for run in (
        a_run(a_request(networks=1), np.ones(3)),
        a_run(a_request(networks=3), np.ones(1)),
    ):
        assert [lead for lead, _ in about_networks(run, current=True)] == ["Networks"]
    two = a_run(a_request(networks=3), np.ones(2))
    assert [lead for lead, _ in about_networks(two, current=True)] == ["Networks", "Agreement"]


def test_where_the_teacher_is_recovered_there_is_nothing_to_compare() -> None:
    request = a_request(delta=0.0, lam=1e-4, kappa=1.0, alphas=(0.8, 0.9))
    assert np.all(steady_state((0.8, 0.9), 1.0, 0.3, 1e-4, 0.0).mse < 1e-4)
    said = dict(about_networks(a_run(request, np.full(4, 1e-6)), current=True))
    assert "nothing is left to compare" in said["Agreement"]


def test_the_way_of_training_is_told() -> None:
    request = a_request(kappa=0.2, lam=0.01)
    end = flow_end(request.settings[0])
    some = dict(about_networks(a_run(request, np.ones(6), lambda alpha: alpha < 0.4), current=True))
    everywhere = dict(about_networks(a_run(request, np.ones(6), lambda _: True), current=True))
    nowhere = dict(about_networks(a_run(request, np.ones(6)), current=True))
    close(
        numbers_in("Where the width limits the rank gradient flow was followed to t = #;", some["Networks"]),
        end,
    )
    close(
        numbers_in("The width limits the rank: gradient flow was followed to t = #", everywhere["Networks"]),
        end,
    )
    assert "L-BFGS" in some["Networks"] and "L-BFGS" not in everywhere["Networks"]
    assert "The width does not bind" in nowhere["Networks"] and "flow" not in nowhere["Networks"]
    assert "dashed" in some["Agreement"] and "dashed" not in nowhere["Agreement"]


@pytest.fixture(scope="module")
def shared() -> LearningCurvesExplorer:
    """A page that offers networks so small that they are trained in a moment."""
    page = LearningCurvesExplorer()
    offer(page, sim_d=(10, 12, 50), sim_networks=(1, 2, 3))
    return page


@pytest.fixture
def page(shared: LearningCurvesExplorer) -> LearningCurvesExplorer:
    shared.bar.result = None
    shared.bar.download.ready = False
    shared.change(**{name: getattr(State(), name) for name in ("compare", "x_scale", "y_scale", "alpha_top")})
    shared.reset()
    shared.change(compare="", sim_d=10, sim_networks=2, lam=0.1)
    return shared


def drawn(page: LearningCurvesExplorer, row: int = 0) -> Any:
    axis = "y" if row == 0 else f"y{row + 1}"
    (trace,) = (
        t for t in still(page.figure.drawing).data if t.marker.symbol == "diamond" and t.yaxis == axis
    )
    return trace


def test_the_bar_trains_networks_along_the_curve(page: LearningCurvesExplorer) -> None:
    assert np.size(drawn(page).y) == 0
    page.change(alpha=0.31, delta=1.0)
    press(page.bar)
    run = page.run
    assert run is not None
    assert plain(page.bar.status.value).startswith("done in")
    assert run.request == a_request(delta=1.0, alphas=simulated_alphas(1.0, "linear", 0.31))
    assert len(run.networks) == 26 and 0.31 in run.request.alphas
    for row, field in enumerate(FIELDS):
        trace = drawn(page, row)
        values = np.array([getattr(network, field) for network in run.networks]).reshape(13, 2)
        np.testing.assert_allclose(trace.x, run.request.alphas, rtol=1e-6)
        np.testing.assert_allclose(trace.y, values.mean(axis=1), rtol=1e-6)
        np.testing.assert_allclose(
            trace.error_y.array, values.std(axis=1, ddof=1) / np.sqrt(2), rtol=1e-5, atol=1e-9
        )
    end = minimise(Setting(0.7, 0.3, 0.31, 0.1, 1.0), 10, 1, tolerance=1e-8)
    (there,) = (n for n in run.networks if n.setting.alpha == 0.31 and n.seed == 1)
    assert there.mse == pytest.approx(end.mse, rel=1e-3)
    text = plain(page.page.prose.value)
    assert dict(about_networks(run, current=True))["Agreement"] in text
    assert page.page._alert.value == ""


def test_points_are_grey_on_another_curve_and_come_back(page: LearningCurvesExplorer) -> None:
    page.change(sim_networks=1, alpha_top=0.5)
    press(page.bar)
    single = THEMES["light"].single
    assert drawn(page).marker.color == single
    heights = np.array(drawn(page).y)
    for name, value in (("kappa", 0.5), ("kappa_star", 0.4), ("delta", 1.0), ("lam", 0.2)):
        before = getattr(page.state, name)
        page.change(**{name: value})
        assert drawn(page).error_y.color == THEMES["light"].muted
        assert "They are grey" in page.page.prose.value
        np.testing.assert_array_equal(drawn(page).y, heights)
        page.change(**{name: before})
        assert drawn(page).marker.color == single
        assert "They are grey" not in page.page.prose.value
    # Neither the marker nor what would be trained next belongs to the curve.
    for change in (
        {"alpha": 0.2},
        {"sim_d": 12},
        {"sim_networks": 3},
        {"alpha_top": 1.0},
        {"x_scale": "log"},
    ):
        page.change(**change)
        assert drawn(page).marker.color == single


def test_the_theory_at_their_size_is_solved_with_the_networks_and_greys_with_them(
    page: LearningCurvesExplorer,
) -> None:
    page.change(sim_networks=1, alpha_top=0.5, kappa=0.5)
    assert "theory at d" not in page.key.value
    press(page.bar)
    run = page.run
    assert run is not None
    places = [one.setting.alpha for one in run.at_size]
    assert places == sorted(places) and set(run.request.alphas) <= set(places)
    assert len(places) == 2 * len(run.request.alphas) - 1
    solid = trace(page.figure.drawing, "size-solid-0")
    np.testing.assert_array_equal(solid["x"], places)
    for place in (3, 10):
        alpha = places[place]
        here = finite_size(Setting(0.5, 0.3, alpha, 0.1, 0.5), 10, samples=SIZE_SAMPLES)
        for row, field in enumerate(FIELDS):
            line = trace(page.figure.drawing, f"size-dashed-{row}")
            if not np.size(line["y"]):
                line = trace(page.figure.drawing, f"size-solid-{row}")
            assert line["y"][place] == pytest.approx(getattr(here, field), rel=1e-12)
            assert line["customdata"][place] == pytest.approx(getattr(here, f"{field}_error"), rel=1e-9)
    hue = THEMES["light"].single
    assert solid["line"]["color"] == hue
    assert "theory at d = 10, the size of the networks" in page.key.value
    assert f"--light: {hue}" in page.key.value and "qv-grey" not in page.key.value
    page.change(delta=1.0)
    assert trace(page.figure.drawing, "size-solid-0")["line"]["color"] == THEMES["light"].muted
    assert "qv-grey" in page.key.value
    # A slider's move solves nothing of it anew.
    assert page.run is run
    page.change(delta=0.5)
    assert trace(page.figure.drawing, "size-solid-0")["line"]["color"] == hue
    page.change(lam=0.0)
    exhibit = page.exhibit("learning_curves")
    assert "Thin: the theory at d = 10 with a network's own inputs." in exhibit.key


def test_with_next_to_no_decay_the_line_has_that_of_the_networks() -> None:
    *_, (_, run) = run_curve(a_request(lam=0.0, networks=1), lambda: None)
    assert {one.setting.lam for one in run.at_size} == {SMALLEST_LAM}
    assert {n.setting.lam for n in run.networks} == {SMALLEST_LAM}
    assert all(one.inputs == "network" and one.d == 10 for one in run.at_size)


def test_the_line_can_be_called_off_and_what_there_is_is_shown() -> None:
    class NotWantedError(Exception):
        pass

    seen: list[CurveRun] = []

    def check() -> None:
        if seen and len(seen[-1].at_size) == 2:
            raise NotWantedError

    def work() -> None:
        for fraction, run in run_curve(a_request(), check):
            assert 0 <= fraction < 1
            seen.append(run)

    with pytest.raises(NotWantedError):
        work()
    line = size_line(seen[-1], current=True)
    assert line is not None and line.alpha.size == 2 and network_points(seen[-1], current=True) is None
    assert size_line(seen[0], current=True) is None


def test_the_share_that_their_size_explains_is_that_of_the_numbers() -> None:
    request = a_request(networks=4)
    at_size = tuple(sized_state(setting, 10, samples=8) for setting in request.sized)
    found = {one.setting.alpha: one for one in at_size}
    limit, at = (
        np.array([value(found[alpha]) for alpha in ALPHAS])
        for value in (lambda one: one.limit.mse, lambda one: one.mse)
    )
    spread = np.tile([0.99, 1.01, 0.995, 1.005], (3, 1))
    for share in (0.5, 1.0, 2.0, -0.25):
        mean = limit + (at - limit) / share
        run = CurveRun(request, a_run(request, (mean[:, None] * spread).ravel()).networks, at_size)
        text = dict(about_networks(run, current=True))["At their size"]
        off, line = 100 * np.mean(mean / limit - 1), 100 * np.mean(at / limit - 1)
        places, count = numbers_in("at # of # places the mean", text)
        errors = np.std(mean[:, None] * spread, axis=1, ddof=1) / 2
        sized = [found[alpha].mse_error for alpha in ALPHAS]
        assert (places, count) == (np.sum(np.abs(mean - at) <= 3 * np.hypot(errors, sized)), 3)
        (told,) = numbers_in("the line #% above", text)
        assert told == pytest.approx(line, rel=0.05)
        assert f"% {'above' if off > 0 else 'below'} the limit" in text
        if share > 0:
            (explained,) = numbers_in("explains #% of it", text)
            assert explained == pytest.approx(100 * line / off, abs=0.51)
        else:
            assert "explains none of it" in text
        assert "too low with few samples" in text
    few = a_run(request, (limit[:, None] * np.tile([0.5, 1.5, 0.6, 1.4], (3, 1))).ravel())
    text = dict(about_networks(CurveRun(request, few.networks, at_size), current=True))["At their size"]
    assert "no share of that can be told" in text
    assert "At their size" not in dict(about_networks(few, current=True))


def test_the_figure_s_table_has_the_theory_at_their_size(page: LearningCurvesExplorer) -> None:
    page.change(sim_networks=1, alpha_top=0.5)
    names, rows = page.exhibit("learning_curves").table()
    assert {"mse_error", "inputs"} <= set(names)
    assert "theory at size d" not in {row[0] for row in rows}
    press(page.bar)
    assert page.run is not None
    names, rows = page.exhibit("learning_curves").table()
    found = [dict(zip(names, row, strict=True)) for row in rows if row[0] == "theory at size d"]
    assert len(found) == len(page.run.at_size)
    for row, one in zip(found, page.run.at_size, strict=True):
        assert (row["d"], row["inputs"], row["seed"]) == (10, "network", "")
        assert (row["alpha"], row["mse"], row["mse_error"]) == (one.setting.alpha, one.mse, one.mse_error)
        assert (row["regime"], row["status"]) == (one.regime.label, "solved")
    limits = [dict(zip(names, row, strict=True)) for row in rows if row[0] == "theory"]
    assert {row["mse_error"] for row in limits} == {""}


def test_a_family_s_points_belong_to_its_current_curve(page: LearningCurvesExplorer) -> None:
    page.change(sim_networks=1, alpha_top=0.5)
    press(page.bar)
    page.change(compare="lam")
    (colour,) = {
        t.line.color for t in still(page.figure.drawing).data if t.name == "λ = 0.1" and t.mode == "lines"
    }
    assert drawn(page).marker.color == colour != THEMES["light"].single


def test_a_cancel_keeps_the_points_there_are(page: LearningCurvesExplorer) -> None:
    page.change(sim_d=12, sim_networks=3)
    press(page.bar, cancel_after(page, 2))
    assert plain(page.bar.status.value).startswith("cancelled at")
    assert page.run is not None
    count = len(page.run.networks)
    assert 2 <= count < 39
    assert np.isfinite(drawn(page).y).all() and drawn(page).y.size == -(-count // 3)
    table = page.bar.download._table()
    assert len(table[1]) == count


def test_the_saved_table_has_every_network_in_a_row(page: LearningCurvesExplorer) -> None:
    page.change(kappa=0.2, alpha_top=0.5)
    press(page.bar)
    assert page.run is not None and page.bar.download.ready
    names, rows = page.bar.download._table()
    table = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    alphas = page.run.request.alphas
    assert table["alpha"] == [alpha for alpha in alphas for _ in range(2)]
    assert table["seed"] == [0, 1] * len(alphas)
    assert set(table["lam"]) == {0.1} and set(table["kappa"]) == {0.2} and set(table["d"]) == {10}
    for name in ("mse", "train_loss", "in_sample_error", "rank"):
        assert table[name] == [getattr(network, name) for network in page.run.networks]
    # By flow exactly where the width limits the rank.
    for alpha, way in zip(table["alpha"], table["trained_by"], strict=True):
        limited = steady_state(alpha, 0.2, 0.3, 0.1, 0.5).kappa_min.item() > 0.2
        assert way == ("gradient flow" if limited else "L-BFGS")
    assert "gradient flow" in table["trained_by"]
    assert names[: len(PARAMETERS)] == list(PARAMETERS)
    last = simulate(Setting(0.2, 0.3, alphas[-1], 0.1, 0.5), 10, [1000.0], 1)
    assert table["mse"][-1] == pytest.approx(last.mse[0], rel=2e-3)


def test_a_curve_of_too_narrow_networks_is_refused_and_the_points_stay(page: LearningCurvesExplorer) -> None:
    page.change(sim_networks=1, alpha_top=0.5)
    press(page.bar)
    run = page.run
    page.change(kappa=0.04)
    press(page.bar)
    assert 'role="alert"' in page.bar.status.value
    assert plain(page.bar.status.value).startswith("kappa (student width) = 0.04 leaves no neuron at d = 10")
    assert page.run is run and drawn(page).y is not None
