"""The convergence page without a browser: what it solves, what it trains, and the truth of what it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.convergence.page import ConvergenceExplorer, State
from quadviz.figures.convergence import NETWORK_HUE
from quadviz.figures.marks.drawing import Part, trace
from quadviz.figures.marks.theme import THEMES
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.convergence import law_name, slope_in
from quadviz.setting import Setting
from quadviz.simulation.approach import NetworkApproach, network_approach
from quadviz.simulation.matrix_flows import matrix_flows
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.simulate import SimulationError
from quadviz.theory.flow.approach import approach_curve, approach_law
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work import approach as run_module
from quadviz.work.approach import ApproachRequest, network_speed, run_approach
from tests.pages import press
from tests.reading import close, numbers_in, plain, reading, value_of

CONTROLS = (*PARAMETERS, "d", "seeds", "first_seed")


@pytest.fixture(scope="module")
def shared() -> ConvergenceExplorer:
    return ConvergenceExplorer()


@pytest.fixture
def page(shared: ConvergenceExplorer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConvergenceExplorer]:
    """The page as it opens, with networks that are trained in a moment; made once, for it is never freed."""
    monkeypatch.setattr(run_module, "_END", 20.0)
    sizes = shared.fields["sim_d"]
    if 10 not in [value for _, value in sizes.options]:
        sizes.options = [*sizes.options, ("10", 10)]
    shared.bar.result = None
    shared.bar.download.ready = False
    shared.bar.say("")
    shared.reset()
    shared.change(sim_d=State().sim_d, sim_networks=State().sim_networks)
    assert shared.state == State()
    yield shared
    assert not shared.bar.job.running
    shared.theme.dark = False


@pytest.fixture
def small(page: ConvergenceExplorer) -> ConvergenceExplorer:
    """The same with matrices that are solved in a moment."""
    page.change(d=60.0, seeds=2.0)
    return page


def prose(page: ConvergenceExplorer) -> str:
    return plain(page.page.prose.value)


def status(page: ConvergenceExplorer) -> str:
    return plain(page.bar.status.value)


def drawn(page: ConvergenceExplorer, uid: str) -> Part:
    return trace(page.figure.drawing, uid)


def target_of(state: State) -> FlowTarget:
    if state.target == "goe":
        return FlowTarget()
    s = steady_state(state.alpha, state.kappa, state.kappa_star, state.lam, state.delta)
    return FlowTarget(state.kappa_star, float(s.xi), float(s.q))


def check_drawing(page: ConvergenceExplorer) -> None:
    """What is drawn is what the library says of this state."""
    state = page.state
    target, seeds = target_of(state), tuple(int(state.first_seed) + i for i in range(int(state.seeds)))
    times = drawn(page, "limit")["x"]
    curve = approach_curve(target, state.kappa, times, state.gamma)
    np.testing.assert_allclose(drawn(page, "limit")["y"], np.where(curve > 1e-30, curve, np.nan))
    mean = matrix_flows(target, state.kappa, int(state.d), seeds, times, state.gamma).mean()[0]
    np.testing.assert_allclose(drawn(page, "flows-mean")["y"], np.where(mean > 1e-30, mean, np.nan))
    assert np.count_nonzero(np.isnan(drawn(page, "flows")["x"])) == len(seeds)
    law = approach_law(target, state.kappa)
    shown = reading(page)
    assert shown["p positive"] == four_digits(law.positive)
    assert shown["ω edge"] == four_digits(law.edge)
    if np.isfinite(law.coefficient):
        assert shown["law, t → ∞"] == law_name(law)
        heights = drawn(page, "law")["y"]
        known = np.isfinite(heights)
        assert known.any()
        np.testing.assert_allclose(heights[known], law.at(times[known]))
    else:
        assert shown["law, t → ∞"] == "–"
        assert np.isnan(drawn(page, "law")["y"]).all()


def test_it_opens_with_flows_their_limit_and_its_law(page: ConvergenceExplorer) -> None:
    check_drawing(page)
    assert page.run is None and not page.bar.download.ready
    assert reading(page)["slope, networks"] == "–"
    assert reading(page)["regime"] == "exact"
    assert np.isnan(drawn(page, "networks-mean")["y"]).all()
    assert "press Simulate" in prose(page)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_slider_at_its_ends_draws_those_states(small: ConvergenceExplorer, name: str) -> None:
    page, control = small, small.controls[name]
    parameter = control.parameter
    for position, value in (
        (float(control.stops), parameter.high),
        (0.0, 0.0 if parameter.zero_allowed else parameter.low),
    ):
        control.position = position
        assert getattr(page.state, name) == control.value == value
        assert page.page._alert.value == ""
        check_drawing(page)


def test_the_goe_is_a_target_without_a_setting(page: ConvergenceExplorer) -> None:
    page.change(target="goe")
    check_drawing(page)
    assert "regime" not in reading(page)
    assert reading(page)["law, t → ∞"] == "0.07049 t⁻³"
    assert "κ*, α, Δ and λ play no role" in prose(page)
    before = drawn(page, "limit")["y"]
    page.change(alpha=0.1, lam=1.0)
    np.testing.assert_array_equal(drawn(page, "limit")["y"], before)
    press(page.bar)
    assert 'role="alert"' in page.bar.status.value
    assert status(page).startswith("a GOE matrix is no teacher: choose T = noisy teacher")
    assert page.run is None
    page.reset()
    assert page.state == State()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "the width does not bind"),
        ({"kappa": 0.3}, "compete for the rank, within about 1/t of it"),
        ({"target": "goe", "kappa": 0.5}, "goes on growing, if only like a power of log log t"),
        ({"lam": 0.0, "delta": 0.0, "kappa": 0.5}, "these directions decay like 1/2t each"),
        ({"lam": 0.4, "delta": 0.1, "alpha": 1.0}, "the approach is exponential in the end"),
    ],
)
def test_every_kind_of_end_is_told_and_its_numbers_are_true(
    page: ConvergenceExplorer, change: dict[str, Any], words: str
) -> None:
    page.change(**change)
    check_drawing(page)
    text = prose(page)
    assert words in text
    state, target = page.state, target_of(page.state)
    law = approach_law(target, state.kappa)
    if "has slope" in text:
        first, last, slope, limit = numbers_in(
            "etween t = # and # the mean of the flows has slope #, the limit (−\\d+\\.\\d\\d)", text
        )
        leaves = law.leaves_at(200)
        assert last == pytest.approx(leaves / 2 if np.isfinite(leaves) else 1e4, rel=0.05)
        assert first == pytest.approx(last / 5, rel=0.05)
        times = np.geomspace(0.1, 1e4, 31)
        inside = (times >= last / 5 * 0.99) & (times <= last * 1.01)
        curve = approach_curve(target, state.kappa, times, state.gamma)
        fit = np.polyfit(np.log(times[inside]), np.log(curve[inside]), 1)[0]
        # The window is told with two digits: a time at its edge may be in or out.
        assert limit == pytest.approx(fit, abs=0.1)
        assert value_of(reading(page)["slope, d → ∞"]) == limit
        assert value_of(reading(page)["slope, flows"]) == slope == pytest.approx(limit, abs=0.4)
    if "ends like" in text:
        flows = matrix_flows(target, state.kappa, 200, (0, 1, 2), [1.0])
        rates = [flow.late_rate for flow in flows.flows]
        close(numbers_in("with c from # to #", text), min(rates), max(rates))


def test_the_mean_over_one_flow_is_that_flow(page: ConvergenceExplorer) -> None:
    page.change(seeds=1.0)
    check_drawing(page)
    assert "with c =" in prose(page)


def test_the_button_trains_networks_and_draws_them_in_the_time_of_their_flow(
    small: ConvergenceExplorer,
) -> None:
    page = small
    page.change(sim_d=10, first_seed=4.0)
    press(page.bar)
    assert status(page).startswith("done in")
    run, state = page.run, page.state
    assert run is not None and run.request.seeds == (4, 5, 6)
    setting = Setting(**{name: getattr(state, name) for name in PARAMETERS})
    assert [network.problem.seed for network in run.networks] == [4, 5, 6]
    *_, (_, alone) = network_approach(sample_problem(setting, 10, 5), run.request.times)
    assert alone is not None
    np.testing.assert_array_equal(run.networks[1].distance, alone.distance)
    steady = steady_state(state.alpha, state.kappa, state.kappa_star, state.lam, state.delta)
    speed = 2 * state.lam / float(steady.q)
    points = drawn(page, "networks-mean")
    mean = np.mean([network.distance for network in run.networks], axis=0)
    np.testing.assert_allclose(points["x"], speed * run.request.times)
    np.testing.assert_allclose(points["y"], mean)
    assert points["marker"]["color"] == NETWORK_HUE["light"]
    text = prose(page)
    close(numbers_in("3 networks of d = 10, drawn in the time of their matrix flow, # t", text), speed)
    law = approach_law(target_of(state), state.kappa)
    at, above = numbers_in("; at t = #, before single eigenvalues show, their distance is # times", text)
    place = np.argmin(np.abs(speed * run.request.times - at))
    assert above == pytest.approx(mean[place] / law.at(speed * run.request.times[place]), rel=0.06)
    names, rows = page.bar.download._table()
    table = dict(zip(names, zip(*rows, strict=True), strict=True))
    assert len(rows) == 3 * run.request.times.size
    np.testing.assert_array_equal(table["distance"], np.ravel([n.distance for n in run.networks]))
    np.testing.assert_array_equal(table["loss_excess"], np.ravel([n.loss_excess for n in run.networks]))
    np.testing.assert_allclose(table["matrix_flow_time"], speed * np.array(table["time"]))
    assert set(table["lam"]) == {state.lam} and set(table["d"]) == {10}
    # Of another setting they are grey; a flow's size and number are not of the setting.
    for change, colour in (
        ({"alpha": 0.6}, THEMES["light"].surface),
        ({"alpha": state.alpha}, NETWORK_HUE["light"]),
        ({"d": 100.0, "seeds": 2.0}, NETWORK_HUE["light"]),
    ):
        page.change(**change)
        assert drawn(page, "networks-mean")["marker"]["color"] == colour
        assert ("Grey" in prose(page)) == (colour == THEMES["light"].surface)
    page.change(target="goe")
    assert np.isnan(drawn(page, "networks-mean")["y"]).all()


def test_where_the_width_binds_networks_are_promised_nothing(small: ConvergenceExplorer) -> None:
    page = small
    page.change(sim_d=10, sim_networks=1, kappa=0.3)
    press(page.bar)
    assert "1 network of d = 10" in prose(page)
    assert "neither the factor nor the slope of the pure flow is promised" in prose(page)
    assert reading(page)["regime"] == "rank-limited"
    assert drawn(page, "limit")["line"]["dash"] != "solid"


def test_a_request_that_cannot_be_met_is_refused_in_words(page: ConvergenceExplorer) -> None:
    page.change(sim_d=10, kappa=0.02)
    press(page.bar)
    assert 'role="alert"' in page.bar.status.value
    assert status(page).startswith("kappa (student width) = 0.02 leaves no neuron at d = 10")


def test_a_network_that_fails_is_told_and_the_others_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(problem: Any, times: Any, **_: Any) -> Iterator[tuple[float, NetworkApproach | None]]:
        if problem.seed == 1:
            raise SimulationError("d = 10, seed 1: it broke", None)
        nothing = np.zeros(times.size)
        yield 1.0, NetworkApproach(problem, times, nothing + 1, nothing, nothing)

    monkeypatch.setattr(run_module, "network_approach", work)
    request = ApproachRequest(Setting(0.5, 0.3, 0.5, 0.1, 0.5), 10, (0, 1, 2))
    *_, (fraction, run) = run_approach(request, lambda: None)
    assert fraction == 1
    assert [network.problem.seed for network in run.networks] == [0, 2]
    assert run.failures == ("d = 10, seed 1: it broke",)


def test_a_setting_without_solution_is_told(
    page: ConvergenceExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quadviz.outcome import Status
    from quadviz.scenes import convergence as scene_module

    failed = steady_state(0.5, 0.7, 0.3, 0.2, 0.5)
    for name in ("q", "xi", "mse"):
        object.__setattr__(failed, name, np.full((), np.nan))
    object.__setattr__(failed, "status", np.array(int(Status.FAILED), dtype=np.int8))
    monkeypatch.setattr(scene_module, "steady_state", lambda *_: failed)
    page.change(alpha=0.51)
    assert page.page._alert.value == ""
    assert "no steady state was found" in prose(page)
    assert not np.isfinite(drawn(page, "limit")["y"]).any()
    assert reading(page)["regime"] == "no solution"


def test_the_clock_of_networks_is_the_response_of_their_force() -> None:
    for lam in (0.2, 0.01):
        state = steady_state(0.6, 0.9, 0.3, lam, 0.5)
        response = np.sqrt(float(state.train_loss) / (0.6 * float(state.xi)))
        assert network_speed(state) == pytest.approx(2 * response)
    # Without weight decay: none below the interpolation threshold, the same above it; none without noise.
    assert network_speed(steady_state(0.2, 0.9, 0.3, 0.0, 0.5)) == 0
    state = steady_state(1.0, 0.9, 0.3, 0.0, 0.5)
    assert float(state.q) == 0
    assert network_speed(state) == pytest.approx(2 * np.sqrt(float(state.train_loss) / float(state.xi)))
    assert np.isnan(network_speed(steady_state(1.0, 0.9, 0.3, 0.0, 0.0)))
    assert network_speed(steady_state(1e4, 0.9, 0.3, 0.1, 0.5)) == pytest.approx(2, rel=1e-3)
    request = ApproachRequest(Setting(0.9, 0.3, 0.2, 0.0, 0.5), 10, (0,))
    assert np.isnan(request.clock) and request.speed == 1
    assert Regime(int(state.regime)) == Regime.EXACT


def test_dark_is_drawn_dark(page: ConvergenceExplorer) -> None:
    page.theme.dark = True
    assert page.state.theme == "dark"
    assert drawn(page, "flows-mean")["marker"]["color"] == THEMES["dark"].single


def test_a_slope_is_that_of_the_line_through_the_window() -> None:
    times = np.geomspace(1, 1e4, 5)
    distance = np.array([5.0, 1e-1, 1e-3, 1e-5, 0.0])
    assert slope_in((10, 1000), times, distance) == pytest.approx(-2)
    assert np.isnan(slope_in((2, 20), times, distance)) and np.isnan(slope_in((500, 1e5), times, distance))


@pytest.mark.slow
def test_a_drag_is_answered_at_once(page: ConvergenceExplorer) -> None:
    taken = []
    for kappa in (0.3, 0.5, 0.9, 1.1):
        began = time.perf_counter()
        page.change(kappa=kappa)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.3
