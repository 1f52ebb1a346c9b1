"""The simulation lab without a browser: what it trains, what it draws, and the truth of what it says."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.simulation_lab.page import SimulationLab, State
from quadviz.explorers.simulation_lab.words import lab_cards, lab_prose
from quadviz.figures.marks.drawing import still
from quadviz.figures.marks.theme import THEMES
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.scenes.common.wording import four_digits, measured
from quadviz.scenes.training import FIELDS
from quadviz.setting import Setting
from quadviz.simulation.simulate import Simulation, SimulationError, simulate, train
from quadviz.tables.text import training_table
from quadviz.theory.steady.steady_state import SteadyState, steady_state
from quadviz.work import training as run_module
from quadviz.work.stored import stored_networks
from quadviz.work.stored.file import about_stored
from quadviz.work.stored.networks import read_networks, store_networks
from quadviz.work.training import LabRun, Request, run_networks
from tests.pages import press, until
from tests.reading import close, numbers_in, plain, reading, value_of

#: Networks so small that they are trained in a moment.
TINY = {"d": 10, "seeds": 2, "end": 20.0, "lam": 0.05}
CONTROLS = (*PARAMETERS, "end", "d", "seeds", "first_seed")
NOISES = ("gaussian", "student", "rademacher", "laplace")


@pytest.fixture(scope="module")
def shared() -> SimulationLab:
    return SimulationLab()


@pytest.fixture
def page(shared: SimulationLab) -> Iterator[SimulationLab]:
    """The page as it opens; made once, for a live figure is never freed."""
    shared.bar.result = None
    shared.bar.download.ready = False
    shared.bar.say("")
    shared.change(y_scale="log")
    shared.reset()
    assert shared.state == State()
    yield shared
    assert not shared.bar.job.running
    shared.theme.dark = False


async def ended(page: SimulationLab) -> None:
    assert page.bar.job.painter is not None
    await page.bar.job.painter


def status(page: SimulationLab) -> str:
    return plain(page.bar.status.value)


def alarmed(page: SimulationLab) -> bool:
    return 'role="alert"' in page.bar.status.value


def traces(page: SimulationLab, row: int) -> tuple[Any, Any, Any]:
    """Networks, mean and theory of a panel, as plotly has them."""
    drawing = page.figure.drawing
    shown = {part["uid"]: seen for part, seen in zip(drawing["data"], still(drawing).data, strict=True)}
    return tuple(shown[f"{kind}-{row}"] for kind in ("networks", "mean", "theory"))


def axis_of_times(page: SimulationLab) -> tuple[float, float]:
    ends: tuple[float, float] = page.figure.drawing["layout"]["xaxis"]["range"]
    return ends


def lines(page: SimulationLab, row: int) -> list[np.ndarray]:
    """Heights of each network."""
    trace = traces(page, row)[0]
    x, y = np.asarray(trace.x), np.asarray(trace.y)
    starts = np.flatnonzero(x == 0)
    return [piece[np.isfinite(piece)] for piece in np.split(y, starts[1:])]


def theory_of(state: State) -> SteadyState:
    return steady_state(state.alpha, state.kappa, state.kappa_star, state.lam, state.delta)


def alone(page: SimulationLab, seed: int) -> Simulation:
    """One of the page's networks, by the library's own function at the times that the page says."""
    state = page.state
    setting = Setting(**{name: getattr(state, name) for name in PARAMETERS})
    assert page.run is not None
    return simulate(
        setting,
        int(state.d),
        page.run.request.times,
        seed,
        inputs=state.inputs,
        label_noise=state.label_noise,
        weights=state.weights,
    )


def test_it_opens_on_stored_networks_and_says_so(page: SimulationLab) -> None:
    run, theory = page.run, theory_of(State())
    assert run is not None and run.stored and page.bar.result is None
    assert run.request == State().request and all(network.complete for network in run.networks)
    for row, field in enumerate(FIELDS):
        assert [piece[-1] for piece in lines(page, row)] == [getattr(n, field)[-1] for n in run.networks]
        np.testing.assert_allclose(traces(page, row)[2].y, [getattr(theory, field)] * 2)
    told = "stored networks are shown; press ▶ Simulate to train them anew"
    assert status(page) == told and not page.bar.download.ready
    assert page.bar.progress.layout.display == "none"
    assert "trained before, by this package" in plain(page.page.prose.value)
    assert "when they were stored" in plain(page.page.prose.value)
    assert reading(page)["mse, networks"] == measured(*(at[-1] for at in run.mean("mse")))
    assert "simulate_ensemble" in page.exhibit("training").code().imports
    # They are of this setting and this making only, all of it.
    others = {name: page.controls[name].parameter.low for name in (*PARAMETERS, "d")}
    for name, value in {**others, "label_noise": "laplace", "weights": "orthogonal"}.items():
        page.change(**{name: value})
        assert page.run is None and status(page) == "" and traces(page, 0)[0].y.size == 0, name
        page.reset()
        assert page.run is run and status(page) == told
    # The first networks of one's own take their place.
    page.change(**TINY)
    press(page.bar)
    page.reset()
    assert page.run is page.bar.result and "Stored" not in page.page.prose.value


def test_elsewhere_it_opens_with_the_theory_and_nothing_trained(page: SimulationLab) -> None:
    page.change(delta=0.25)
    theory = theory_of(page.state)
    for row, field in enumerate(FIELDS):
        networks, _, line = traces(page, row)
        np.testing.assert_allclose(line.y, [getattr(theory, field)] * 2)
        assert np.size(networks.y) == 0
    assert page.run is None
    assert not page.bar.download.ready
    assert "Nothing trained yet" in page.page.prose.value
    shown = reading(page)
    assert shown["mse, networks"] == shown["above theory"] == "–"
    assert shown["mse, theory"] == four_digits(theory.mse.item())


def test_stored_networks_are_those_that_training_gives_now() -> None:
    stored = stored_networks()
    assert about_stored("lab.npz")["made by"] == "python -m benchmarks.stored"
    short = replace(stored.request, seeds=stored.request.seeds[:1])
    *_, (_, now) = run_networks(short, lambda: None)
    for name in ("times", "mse", "train_loss", "in_sample_error", "regularised_loss", "eigenvalues"):
        then, again = getattr(stored.networks[0], name), getattr(now.networks[0], name)
        np.testing.assert_allclose(then, again, rtol=1e-4, atol=1e-7)
    assert stored.networks[0].sizes == now.networks[0].sizes


def test_networks_are_stored_as_they_were(tmp_path: Path) -> None:
    request = replace(State(), **TINY).request
    *_, (_, run) = run_networks(request, lambda: None)
    place = tmp_path / "stored" / "some.npz"
    store_networks(run, place)
    again = read_networks(place)
    assert again.stored and again.request == request and len(again.networks) == TINY["seeds"]
    for one, other in zip(run.networks, again.networks, strict=True):
        assert (one.seed, one.sizes, one.recipe, one.reached) == (
            other.seed,
            other.sizes,
            other.recipe,
            other.reached,
        )
        assert one.statistics == other.statistics
        np.testing.assert_array_equal(one.mse, other.mse)
        np.testing.assert_array_equal(one.eigenvalues, other.eigenvalues)


@pytest.mark.parametrize(("name", "end"), list(product(CONTROLS, ("low", "high"))))
def test_a_slider_at_its_end_draws_that_setting(page: SimulationLab, name: str, end: str) -> None:
    control = page.controls[name]
    control.position = 0.0 if end == "low" else float(control.stops)
    parameter = {**PARAMETERS, **SIMULATION_PARAMETERS}[name]
    low = 0.0 if parameter.zero_allowed else parameter.low
    assert getattr(page.state, name) == control.value == (low if end == "low" else parameter.high)
    theory = theory_of(page.state)
    for row, field in enumerate(FIELDS):
        line, value = traces(page, row)[2], getattr(theory, field).item()
        if np.size(line.y) == 0:
            assert value == 0 or not np.isfinite(value)
        else:
            np.testing.assert_allclose(line.y, [value] * 2)
    assert page.page._alert.value == ""
    last = page.state.end if page.run is None else max(page.state.end, page.run.request.end)
    assert axis_of_times(page)[1] == pytest.approx(np.log10(last))
    request = page.state.request
    assert (request.d, len(request.seeds), request.seeds[0]) == tuple(
        getattr(page.state, field) for field in ("d", "seeds", "first_seed")
    )
    assert request.times[[0, 1, -1]].tolist() == pytest.approx([0, 0.01, page.state.end])


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("d", "50.5", "d (dimension) must be a whole number between 10 and 200, got 50.5"),
        ("d", "9", "d (dimension) must be a whole number between 10 and 200, got 9"),
        ("seeds", "2.5", "seeds (networks) must be a whole number between 1 and 20, got 2.5"),
        ("seeds", "0", "seeds (networks) must be a whole number between 1 and 20, got 0"),
        ("first_seed", "-1", "first_seed (first seed) must be a whole number between 0 and 1000, got -1"),
        ("end", "0.5", "end (train until) must be between 1 and 10000, got 0.5"),
    ],
)
def test_a_typed_value_is_whole_or_refused(page: SimulationLab, name: str, text: str, refusal: str) -> None:
    control, before = page.controls[name], page.state
    control._handle_custom_msg({"kind": "typed", "text": text}, [])
    assert control.message == refusal
    assert page.state == before


def test_sizes_typed_between_two_stops_are_taken(page: SimulationLab) -> None:
    for name, text in (("d", "37"), ("first_seed", "999"), ("seeds", "7")):
        page.controls[name]._handle_custom_msg({"kind": "typed", "text": text}, [])
        assert page.controls[name].message == ""
    assert page.state.request.d == 37
    assert page.state.request.seeds == tuple(range(999, 1006))
    for control in (page.controls[name] for name in ("d", "seeds", "first_seed")):
        # A thumb moved by hand stops at whole numbers only.
        stops = [control.track.value(position) for position in range(control.stops + 1)]
        assert all(stop % 1 == 0 for stop in stops)


def test_without_weight_decay_is_called_0_here_and_no_limit(page: SimulationLab) -> None:
    page.controls["lam"].position = 0.0
    assert page.controls["lam"].text == "0"
    assert "λ → 0+" in traces(page, 0)[2].hovertemplate
    page.change(lam=0.1)
    assert "0+" not in traces(page, 0)[2].hovertemplate


def test_the_button_trains_the_networks_of_the_library(page: SimulationLab) -> None:
    page.change(**{**TINY, "seeds": 3, "first_seed": 4})
    press(page.bar)
    assert page.run is not None
    assert status(page).startswith("done in") and not alarmed(page)
    expected = [alone(page, seed) for seed in (4, 5, 6)]
    assert [network.seed for network in page.run.networks] == [4, 5, 6]
    for row, field in enumerate(FIELDS):
        values = np.array([getattr(network, field) for network in expected])
        _, mean, theory = traces(page, row)
        np.testing.assert_array_equal(lines(page, row), values)
        np.testing.assert_allclose(mean.x, expected[0].times[1:], rtol=1e-6)
        np.testing.assert_allclose(mean.y, values.mean(axis=0)[1:], rtol=1e-6)
        error = values.std(axis=0, ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(mean.error_y.array, error[1:], rtol=1e-5)
        np.testing.assert_allclose(theory.y, [getattr(theory_of(page.state), field)] * 2)
    for network, known in zip(page.run.networks, expected, strict=True):
        for field in ("mse", "train_loss", "in_sample_error", "regularised_loss", "eigenvalues"):
            np.testing.assert_array_equal(getattr(network, field), getattr(known, field))
    assert page.bar.button.description.endswith("Simulate")
    assert page.bar.progress.layout.display == "none"
    assert page.bar.progress.value == 1


def test_a_single_network_has_no_error(page: SimulationLab) -> None:
    page.change(**{**TINY, "seeds": 1})
    press(page.bar)
    assert not np.any(traces(page, 0)[1].error_y.array)
    expected = alone(page, 0)
    shown = reading(page)
    assert shown["mse, networks"] == four_digits(expected.mse[-1])
    assert "±" not in page.page.readout.value.replace("its standard error", "").replace(", ±", "")
    assert "standard errors" not in page.page.prose.value


def test_the_saved_table_holds_every_network_at_every_time(page: SimulationLab) -> None:
    page.change(**TINY, label_noise="laplace", inputs="gaussian", weights="orthogonal", first_seed=7)
    press(page.bar)
    assert page.bar.download.ready
    names, rows = page.bar.download._table()
    table = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    expected = [alone(page, seed) for seed in (7, 8)]
    count = expected[0].times.size
    assert table["seed"] == [7] * count + [8] * count
    for name in ("mse", "train_loss", "in_sample_error", "regularised_loss"):
        assert table[name] == np.concatenate([getattr(network, name) for network in expected]).tolist()
    assert table["time"] == [*expected[0].times.tolist()] * 2
    for name in PARAMETERS:
        assert set(table[name]) == {getattr(page.state, name)}
    for name, value in (
        ("d", 10),
        ("inputs", "gaussian"),
        ("label_noise", "laplace"),
        ("teacher_weights", "orthogonal"),
    ):
        assert set(table[name]) == {value}
    assert len(table) == len(PARAMETERS) + 10


def test_the_same_seed_again_is_the_same_and_another_is_not(page: SimulationLab) -> None:
    page.change(**TINY)
    press(page.bar)
    first = lines(page, 0)
    press(page.bar)
    np.testing.assert_array_equal(lines(page, 0), first)
    page.change(first_seed=1)
    # Only which networks: what there is stays of the same setting.
    assert traces(page, 0)[0].line.color == THEMES["light"].single
    press(page.bar)
    np.testing.assert_array_equal(lines(page, 0)[0], first[1])
    assert not np.array_equal(lines(page, 0)[1], first[0])


def slow(page: SimulationLab) -> None:
    """Networks that take long."""
    page.change(d=60, seeds=4, end=1e4, lam=0.0)


def test_a_cancel_keeps_what_has_been_trained(page: SimulationLab) -> None:
    slow(page)

    async def meanwhile() -> None:
        assert page.bar.button.description.endswith("Cancel")
        await until(lambda: page.run is not None and page.run.networks[0].times.size > 10)
        page.bar.button.click()
        assert page.bar.button.description == "Cancelling…"
        # Pressed again it is still cancelling.
        page.bar.button.click()
        assert page.bar.job.running
        await asyncio.wait_for(ended(page), 1.0)

    press(page.bar, meanwhile)
    assert status(page).startswith("cancelled at")
    (percent,) = numbers_in("cancelled at #%", status(page))
    assert 0 < percent < 25.5
    assert page.run is not None
    (network,) = page.run.networks
    assert 10 < network.times.size < page.run.request.times.size
    (drawn,) = lines(page, 0)
    np.testing.assert_array_equal(drawn, network.mse)
    # The way there is that of the whole training, for steps do not depend on what is wanted later.
    again = simulate(network.setting, 60, network.times, 0)
    np.testing.assert_allclose(network.mse, again.mse, rtol=1e-3)
    _names, rows = page.bar.download._table()
    assert len(rows) == network.times.size
    assert reading(page)["above theory"] == reading(page)["rank, networks"] == "–"
    # Nothing of it stands in the way of the next.
    page.change(**TINY)
    press(page.bar)
    assert status(page).startswith("done in")


def test_moving_a_slider_while_it_runs_turns_it_grey_and_the_way_back_brings_it_back(
    page: SimulationLab,
) -> None:
    slow(page)
    was = page.state

    async def meanwhile() -> None:
        await until(lambda: page.run is not None and page.run.networks[0].times.size > 5)
        page.controls["alpha"].position += 20
        count = page.run.networks[0].times.size if page.run else 0
        assert page.bar.job.running
        assert page.state.alpha != was.alpha
        for row, field in enumerate(FIELDS):
            networks, mean, theory = traces(page, row)
            assert networks.line.color == mean.marker.color == THEMES["light"].muted
            np.testing.assert_allclose(theory.y, [getattr(theory_of(page.state), field)] * 2)
        assert "Grey:" in plain(page.page.prose.value)
        assert reading(page)["above theory"] == "–"
        # It goes on with what it was started with.
        await until(lambda: page.run is not None and page.run.networks[0].times.size > count)
        assert page.run is not None and page.run.request == was.request
        assert traces(page, 0)[0].line.color == THEMES["light"].muted
        page.change(alpha=was.alpha)
        assert traces(page, 0)[0].line.color == THEMES["light"].single
        assert "Grey" not in page.page.prose.value
        page.bar.button.click()

    press(page.bar, meanwhile)
    assert page.page._alert.value == ""


def test_networks_of_another_setting_or_make_are_grey(page: SimulationLab) -> None:
    page.change(**TINY)
    press(page.bar)
    others = {
        "kappa": 0.71,
        "lam": 0.06,
        "gamma": 2.0,
        "d": 11,
        "weights": "rademacher",
        "inputs": "gaussian",
    }
    for name, value in others.items():
        before = getattr(page.state, name)
        for shown, colour in ((value, "muted"), (before, "single")):
            page.change(**{name: shown})
            assert traces(page, 0)[0].line.color == getattr(THEMES["light"], colour), name
    # Neither how many there are, nor for how long they are trained, is of the setting.
    for values in ({"end": 100.0}, {"seeds": 3}, {"first_seed": 8}, {"y_scale": "linear"}):
        page.change(**values)
        assert traces(page, 0)[0].line.color == THEMES["light"].single


def test_the_axis_holds_the_times_of_the_networks_and_of_the_next(page: SimulationLab) -> None:
    page.change(**TINY)
    press(page.bar)
    assert axis_of_times(page)[1] == pytest.approx(np.log10(20))
    page.change(end=1000.0)
    assert axis_of_times(page)[1] == pytest.approx(3)
    page.change(end=1.0)
    assert axis_of_times(page)[1] == pytest.approx(np.log10(20))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kappa", 0.02, "kappa (student width) = 0.02 leaves no neuron at d = 10: take d >="),
        ("kappa_star", 0.03, "kappa_star (teacher width) = 0.03 leaves no neuron at d = 10: take d >="),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_words_and_costs_nothing(
    page: SimulationLab, name: str, value: float, words: str
) -> None:
    page.change(**TINY)
    press(page.bar)
    run, table = page.run, page.bar.download._table()
    page.change(**{name: value})
    press(page.bar)
    assert alarmed(page)
    assert status(page).startswith(words)
    assert f"or {name} >= 0.1." in status(page)
    assert page.run is run and page.bar.download._table() == table
    assert page.bar.button.description.endswith("Simulate")
    page.change(**{name: 0.3})
    press(page.bar)
    assert not alarmed(page)


def test_what_does_not_fit_is_refused_before_it_begins(
    page: SimulationLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError("d = 200 needs 3 TB of memory, and 2 GB are free: d up to 90 would fit")

    monkeypatch.setattr(run_module, "check_size", full)
    press(page.bar)
    assert alarmed(page)
    assert status(page) == "d = 200 needs 3 TB of memory, and 2 GB are free: d up to 90 would fit."
    assert page.bar.result is None


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Seeds whose training fails, and after how many snapshots; none of them is kept where that is 0."""
    seeds: dict[int, int] = {}

    def fail(problem: Any, *arguments: Any, **options: Any) -> Iterator[Simulation]:
        partial = None
        for number, snapshot in enumerate(train(problem, *arguments, **options)):
            if number == seeds.get(problem.seed):
                raise SimulationError(f"d = 10, seed {problem.seed}: it broke: lower gamma", partial)
            partial = snapshot
            yield snapshot

    monkeypatch.setattr(run_module, "train", fail)
    return seeds


def test_a_network_that_fails_is_told_and_the_others_are_kept(
    page: SimulationLab, breaking: dict[int, int]
) -> None:
    page.change(**{**TINY, "seeds": 3})
    breaking[1] = 60
    press(page.bar)
    assert page.run is not None
    assert [network.seed for network in page.run.networks] == [0, 1, 2]
    assert [network.complete for network in page.run.networks] == [True, False, True]
    assert "Failed: d = 10, seed 1: it broke: lower gamma." in plain(page.page.prose.value)
    full = [alone(page, seed) for seed in (0, 2)]
    broken = page.run.networks[1]
    assert 2 < broken.times.size < full[0].times.size
    drawn = lines(page, 0)
    assert drawn[1].size == broken.times.size
    for line, network in zip((drawn[0], drawn[2]), full, strict=True):
        np.testing.assert_array_equal(line, network.mse)
    # The end is that of the networks that came to it.
    ends = [network.mse[-1] for network in full]
    shown = reading(page)
    expected = measured(float(np.mean(ends)), float(np.std(ends, ddof=1) / np.sqrt(2)))
    assert shown["mse, networks"] == expected
    above = 100 * (np.mean(ends) / theory_of(page.state).mse.item() - 1)
    assert float(shown["above theory"].replace("−", "-").rstrip("%")) == pytest.approx(above, abs=0.051)
    assert expected in plain(page.page.prose.value)


def test_where_every_network_fails_at_once_that_is_told(
    page: SimulationLab, breaking: dict[int, int]
) -> None:
    page.change(**TINY)
    breaking.update({0: 0, 1: 0})
    press(page.bar)
    assert page.run is not None and page.run.networks == ()
    text = plain(page.page.prose.value)
    assert "seed 0: it broke: lower gamma." in text and "seed 1: it broke: lower gamma." in text
    assert page.page._alert.value == ""
    assert np.size(traces(page, 0)[0].y) == 0


def test_while_the_next_network_is_on_its_way_the_first_are_read_out_where_they_ended(
    page: SimulationLab,
) -> None:
    request = replace(page.state.request, d=10, seeds=(0, 1), end=20.0)
    runs = [run for _, run in run_networks(request, lambda: None)]
    run = next(run for run in runs if len(run.networks) == 2 and run.networks[1].times.size >= 3)
    first = run.networks[0]
    assert first.complete and not run.networks[1].complete
    theory = theory_of(page.state)
    cards = {card.label: card.value for card in lab_cards(run, theory, current=True)}
    assert cards["mse, networks"] == four_digits(first.mse[-1])
    assert cards["above theory"] == f"{100 * (first.mse[-1] / theory.mse.item() - 1):+.1f}%"
    said = dict(lab_prose(run, theory, current=True))
    assert f"the mean mse, {four_digits(first.mse[-1])}," in said["Theory"]
    close(numbers_in("starts at # and is # at t = #", said["Training"]), first.mse[0], first.mse[-1], 20)


def test_a_failure_of_the_work_itself_is_told_without_its_innards(
    page: SimulationLab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("/secret/path")

    page.change(**TINY)
    monkeypatch.setattr(run_module, "sample_problem", broken)
    with caplog.at_level(logging.DEBUG):
        press(page.bar)
    assert status(page) == "something went wrong in this simulation. What was simulated before is kept."
    assert alarmed(page)
    assert "/secret/path" in caplog.text

    def full(*_: object, **__: object) -> None:
        raise MemoryError("d = 10 needs too much")

    monkeypatch.setattr(run_module, "sample_problem", full)
    press(page.bar)
    assert status(page) == "d = 10 needs too much. What was simulated before is kept."


@pytest.mark.parametrize(
    ("noise", "weights", "words"),
    [
        ("student", "gaussian", ["label noise is student"]),
        ("rademacher", "gaussian", ["label noise is rademacher"]),
        ("gaussian", "orthogonal", ["teacher weights are orthogonal"]),
        ("laplace", "rademacher", ["label noise is laplace", "teacher weights are rademacher"]),
        ("gaussian", "gaussian", []),
    ],
)
def test_what_lies_outside_the_assumptions_says_so(
    page: SimulationLab, noise: str, weights: str, words: list[str]
) -> None:
    page.fields["label_noise"].value = noise
    page.fields["weights"].value = weights
    page.change(**{**TINY, "seeds": 1, "end": 1.0})
    press(page.bar)
    text = plain(page.page.prose.value)
    assert ("Outside the theory's assumptions" in text) == bool(words)
    assert all(word in text for word in words)


def test_no_weight_decay_at_all_is_not_the_limit(page: SimulationLab) -> None:
    page.change(**{**TINY, "lam": 0.0})
    press(page.bar)
    text = plain(page.page.prose.value)
    assert "No weight decay" in text and "λ → 0+" in text and "the start decides" in text
    assert "standard errors" not in text
    page.change(lam=0.1)
    assert "No weight decay" not in page.page.prose.value


def check_course(text: str, run: LabRun) -> bool:
    """Whether what is said of the course of training is true; and whether it speaks of stopping early."""
    mean = np.mean([network.mse for network in run.networks], axis=0)
    times = run.networks[0].times
    close(numbers_in("starts at # and is # at t = #", text), mean[0], mean[-1], times[-1])
    best = int(np.argmin(mean))
    early = "better off" in text
    assert early == bool(0 < best < mean.size - 1 and mean[-1] > 1.02 * mean[best])
    if early:
        least, when, share = numbers_in("least, #, at t ≈ #: .* better off by #%", text)
        assert least == pytest.approx(mean[best], rel=1e-3)
        assert when == pytest.approx(times[best], rel=0.06)
        assert share == pytest.approx(100 * (1 - mean[best] / mean[-1]), abs=0.501)
    return early


def check_place(text: str, run: LabRun, theory: SteadyState) -> bool:
    """Whether what is said of the theory is true; and whether the networks agree with it."""
    ends = np.array([network.mse[-1] for network in run.networks])
    mean, limit = ends.mean(), theory.mse.item()
    error = ends.std(ddof=1) / np.sqrt(ends.size) if ends.size > 1 else np.nan
    assert f"the mean mse, {measured(mean, error)}, " in text
    close(numbers_in("the theory's #(?: |\\.)", text), limit)
    within = "within 3 standard errors" in text
    assert within == bool(np.abs(mean - limit) <= 3 * error)
    if not within:
        (share,) = numbers_in("lies #% (?:above|below)", text)
        assert share == pytest.approx(100 * abs(mean / limit - 1), abs=0.501)
        assert ("above" in text) == (mean > limit)
    assert ("assumption" in text) == bool(theory.kappa_min > run.request.setting.kappa)
    return within


def check_work(text: str, run: LabRun) -> None:
    s, d = run.request.setting, run.request.d
    count, m, m_star, n = numbers_in("^# networks? with m = #, m\\* = # and n = #:", text)
    assert (count, m, m_star) == (len(run.networks), round(s.kappa * d), round(s.kappa_star * d))
    assert n == round(s.alpha * d * d)
    assert ("networks with" in text) == (count > 1)
    (work,) = re.findall(r"work of ([\d,]+) evaluations", text)
    work_done = sum(
        network.statistics.force_evaluations
        + network.statistics.jacobian_products
        + network.statistics.linearisations / 2
        for network in run.networks
    )
    assert abs(int(work.replace(",", "")) - work_done) <= 0.5
    euler = len(run.networks) * run.request.end / 0.005
    if "Gradient descent" in text:
        (steps,) = re.findall(r"would take ([\d,]+)\.", text)
        assert int(steps.replace(",", "")) == pytest.approx(euler)
    assert ("Gradient descent" in text) == bool(euler > 2 * work_done)


def test_every_number_is_that_of_the_networks() -> None:
    seen = set()
    cases = [
        ({"lam": 0.01, "delta": 0.5}, 300.0, 3),
        ({"lam": 0.2, "delta": 0.5, "alpha": 0.5}, 100.0, 6),
        ({"lam": 0.4, "delta": 0.1, "alpha": 1.0}, 100.0, 2),
        ({"kappa": 0.2, "lam": 0.05}, 100.0, 3),
        ({"lam": 1e-4, "delta": 2.0}, 1000.0, 1),
        ({"lam": 0.1}, 1.0, 4),
        ({"lam": 10.0}, 5.0, 2),
    ]
    for number, (change, end, count) in enumerate(cases):
        setting = Setting(**{"kappa": 0.7, "kappa_star": 0.3, "alpha": 0.35, "delta": 0.5, **change})
        request = Request(setting, 10 + 2 * (number % 2), tuple(range(count)), end)
        *_, (fraction, run) = run_networks(request, lambda: None)
        assert fraction == 1
        theory = steady_state(setting.alpha, setting.kappa, setting.kappa_star, setting.lam, setting.delta)
        said = dict(lab_prose(run, theory, current=True))
        seen.add("early" if check_course(said["Training"], run) else "late")
        seen.add("within" if check_place(said["Theory"], run, theory) else "apart")
        seen.add("assumption" if "assumption" in said["Theory"] else "exact")
        check_work(said["Work"], run)
        cards = {card.label: card.value for card in lab_cards(run, theory, current=True)}
        for label, field in (("mse", "mse"), ("train loss", "train_loss")):
            ends = np.array([getattr(network, field)[-1] for network in run.networks])
            error = ends.std(ddof=1) / np.sqrt(ends.size) if count > 1 else np.nan
            assert cards[f"{label}, networks"] == measured(ends.mean(), error)
            assert cards[f"{label}, theory"] == four_digits(getattr(theory, field).item())
        above = 100 * (np.mean([n.mse[-1] for n in run.networks]) / theory.mse.item() - 1)
        assert value_of(cards["above theory"].rstrip("%").lstrip("+")) == pytest.approx(above, abs=0.051)
        ranks = [np.mean(n.eigenvalues[-1] > 1e-3) for n in run.networks]
        assert value_of(cards["rank, networks"]) == pytest.approx(np.mean(ranks), rel=1e-3)
        assert value_of(cards["rank, theory"]) == pytest.approx(theory.rank.item(), rel=1e-3)
        exact = theory.regime.item() == Regime.EXACT
        assert cards["regime"] == ("exact" if exact else "rank-limited")
    assert seen == {"early", "late", "within", "apart", "assumption", "exact"}


def test_what_is_grey_is_named_by_its_own_setting(page: SimulationLab) -> None:
    page.change(**TINY)
    press(page.bar)
    page.change(kappa=0.5, lam=1e-6)
    text = plain(page.page.prose.value)
    found = numbers_in("Grey: networks trained at κ = #, κ\\* = #, α = #, Δ = #, λ = #, γ = #, d = #", text)
    close(found, 0.7, 0.3, 0.35, 0.5, 0.05, 1, 10)
    assert "The theory is that of the controls" in text
    assert "Theory: " not in text
    caption = plain(page.page.readout.value.split("<dl")[0])
    close(numbers_in("networks trained at κ = #, ", caption), 0.7)


def test_the_times_are_evenly_spaced_in_their_logarithm() -> None:
    for end in (1.0, 7.0, 1e3, 1e4):
        times = Request(Setting(0.7, 0.3, 0.35, 0.1, 0.5), 10, (0,), end).times
        assert times[0] == 0 and times[1] == 0.01 and times[-1] == pytest.approx(end)
        steps = np.diff(np.log10(times[1:]))
        np.testing.assert_allclose(steps, steps[0])
        assert 1 / 9 < steps[0] < 1 / 7


def test_a_reset_brings_every_control_back_and_keeps_what_was_trained(page: SimulationLab) -> None:
    page.change(**TINY, label_noise="student", weights="rademacher", inputs="gaussian", y_scale="linear")
    press(page.bar)
    run = page.run
    page.reset()
    assert page.state == State()
    for name, control in page.controls.items():
        assert control.value == getattr(State(), name)
    assert page.fields["label_noise"].value == "gaussian"
    assert page.run is run and run is not None
    names, rows = page.bar.download._table()
    assert (names, rows) == training_table(run.networks)
    assert traces(page, 0)[0].line.color == THEMES["light"].muted


def test_dark_is_drawn_dark(page: SimulationLab) -> None:
    page.change(**TINY)
    press(page.bar)
    page.theme.dark = True
    assert traces(page, 0)[0].line.color == THEMES["dark"].single
    assert traces(page, 1)[2].line.color == THEMES["dark"].ink


def test_the_hint_goes_when_it_has_been_followed(page: SimulationLab) -> None:
    def hint() -> dict[str, Any]:
        words: dict[str, Any] = page.figure.drawing["layout"]["annotations"][-1]
        return words

    assert not hint()["visible"]
    page.change(**TINY)
    assert hint()["visible"] and "Simulate" in hint()["text"]
    press(page.bar)
    assert not hint()["visible"]
