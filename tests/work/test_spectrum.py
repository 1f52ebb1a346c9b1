"""Eigenvalues of networks beside the law: their distance from it, what is said, and the page's bar."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.spectra.networks import about_spectrum
from quadviz.explorers.spectra.page import SpectraExplorer, State
from quadviz.figures.marks.drawing import still
from quadviz.figures.marks.histogram import histogram
from quadviz.figures.marks.theme import THEMES
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.marks import NetworkSpectrum
from quadviz.scenes.common.wording import four_digits, measured
from quadviz.scenes.spectra import kolmogorov_distance, network_spectrum
from quadviz.setting import Setting
from quadviz.simulation.final import SMALLEST_LAM, FinalState, flow_end
from quadviz.simulation.minimise import minimise
from quadviz.theory.finite.finite_size import finite_size
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.work.curve import SIZE_SAMPLES
from quadviz.work.spectrum import SpectrumRequest, SpectrumRun, run_spectrum
from tests.figures.test_spectra import without_solution
from tests.pages import cancel_after, offer, press
from tests.reading import close, numbers_in, plain

LEARNED = "learned_spectrum"

WIDE = Setting(0.7, 0.3, 0.35, lam=0.1, delta=0.5)
#: By what there is to see in the law.
SETTINGS = {
    "one band": WIDE,
    "signal alone": Setting(0.7, 0.3, 1.0, lam=0.4, delta=0.1),
    "two bands": Setting(0.7, 0.3, 1.0, lam=0.03, delta=0.1),
    "width": Setting(0.2, 0.3, 0.5, lam=0.01, delta=0.5),
    "full rank": Setting(2.0, 1.0, 1.5, lam=0.001, delta=0.0),
    "limit": Setting(0.7, 0.3, 0.35, lam=0.0, delta=0.5),
}


@cache
def law_of(setting: Setting) -> LearnedSpectrum:
    s = setting
    return learned_spectrum([[s.alpha]], s.kappa, s.kappa_star, s.lam, s.delta)


@cache
def distribution(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Places, densely, and the share of eigenvalues up to each: the density added up by trapezoids."""
    law = law_of(setting)
    grid = np.linspace(0, 1.001 * law.edges.right.item(), 100_001)
    density = law.density(grid[None])[0]
    steps = (density[1:] + density[:-1]) / 2 * np.diff(grid)
    shares = law.atom_at_zero.item() + np.concatenate([[0.0], np.cumsum(steps)])
    assert shares[-1] == pytest.approx(1, abs=2e-3)
    return grid, shares


def brute_force(networks: NetworkSpectrum, setting: Setting) -> float:
    """The distance at every place of a dense grid, and left and right of every eigenvalue."""
    grid, shares = distribution(setting)
    values = np.sort(networks.eigenvalues)
    zeros = networks.total - values.size
    counted = (zeros + np.searchsorted(values, grid, side="right")) / networks.total
    here = np.interp(values, grid, shares)
    left, right = (zeros + np.searchsorted(values, values, side=side) for side in ("left", "right"))
    gaps = (counted - shares, left / networks.total - here, right / networks.total - here)
    return float(max(np.abs(gap).max() for gap in gaps))


def drawn_from(setting: Setting, count: int) -> NetworkSpectrum:
    """Eigenvalues that are as evenly spread over the law as so many can be."""
    grid, shares = distribution(setting)
    places = (np.arange(count) + 0.5) / count
    places = places[places > law_of(setting).atom_at_zero.item()]
    return NetworkSpectrum(np.interp(places, shares, grid), count)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_distance_is_the_largest_difference_of_the_distributions(name: str) -> None:
    law, rng = law_of(SETTINGS[name]), np.random.default_rng(6)
    top = law.edges.right.item()
    kept = 1 - law.atom_at_zero.item()
    for count, zeros in ((1, 0), (3, 4), (50, 10), (400, round(400 * (1 / kept - 1)))):
        # Some of them beyond the law's end.
        networks = NetworkSpectrum(rng.uniform(0.01, 1.2 * top, count), count + zeros)
        assert kolmogorov_distance(networks, law) == pytest.approx(
            brute_force(networks, SETTINGS[name]), abs=2e-3
        )


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_distance_of_the_law_from_itself_is_next_to_nothing(name: str) -> None:
    law = law_of(SETTINGS[name])
    for count in (20, 500):
        # Half a step, and the numerical quadrature's error.
        assert kolmogorov_distance(drawn_from(SETTINGS[name], count), law) < 0.55 / count + 2e-3
    for other in SETTINGS:
        wrong = law_of(SETTINGS[other])
        if other not in (name, "limit") and name != "limit":
            assert kolmogorov_distance(drawn_from(SETTINGS[name], 500), wrong) > 0.05


def test_the_distance_sees_what_is_missing_at_0() -> None:
    law = law_of(SETTINGS["signal alone"])
    networks = drawn_from(SETTINGS["signal alone"], 500)
    assert law.atom_at_zero.item() == pytest.approx(0.7)
    # As many again that are not 0: half of 30% is missing now.
    fewer = NetworkSpectrum(networks.eigenvalues, 1000)
    assert kolmogorov_distance(fewer, law) == pytest.approx(0.15, abs=5e-3)
    none = NetworkSpectrum(np.array([]), 10)
    assert kolmogorov_distance(none, law) == pytest.approx(0.3, abs=1e-9)


def test_without_a_law_there_is_no_distance() -> None:
    networks = NetworkSpectrum(np.array([1.0, 2.0]), 4)
    assert np.isnan(kolmogorov_distance(networks, without_solution()))
    recovered = law_of(Setting(0.5, 0.3, 0.6, lam=0.0, delta=0.0))
    assert recovered.state.xi.item() == 0
    assert np.isnan(kolmogorov_distance(networks, recovered))


def test_larger_networks_come_closer_to_the_law() -> None:
    law = law_of(WIDE)
    distances = []
    for d, count in ((10, 12), (40, 3)):
        *_, (_, run) = run_spectrum(SpectrumRequest(WIDE, d, count), lambda: None)
        networks = network_spectrum(run, current=True)
        assert networks is not None and networks.total == 120
        distances.append(kolmogorov_distance(networks, law))
        assert distances[-1] == pytest.approx(brute_force(networks, WIDE), abs=2e-3)
    assert distances[1] < distances[0] < 0.2
    assert distances[1] < 0.08


def test_the_spectrum_is_what_is_not_0_of_all_networks() -> None:
    *_, (fraction, run) = run_spectrum(SpectrumRequest(WIDE, 12, 2), lambda: None)
    assert fraction == pytest.approx(1)
    networks = network_spectrum(run, current=False)
    assert networks is not None and not networks.current
    values = []
    for seed in (0, 1):
        learned = minimise(WIDE, 12, seed, tolerance=1e-9).weights
        values += np.linalg.eigvalsh(learned @ learned.T).tolist()
    left = np.sort([value for value in values if value > 1e-3])
    np.testing.assert_allclose(np.sort(networks.eigenvalues), left, rtol=5e-3)
    assert networks.total == 24
    assert networks.atom_at_zero == pytest.approx(1 - left.size / 24)
    assert network_spectrum(SpectrumRun(run.request), current=True) is None


def a_run(setting: Setting, count: int, flow: bool = False) -> SpectrumRun:
    """A run of networks that nobody has trained, as many of their eigenvalues 0 as the law says, about."""
    rng, networks = np.random.default_rng(count), []
    for seed in range(count):
        values = np.zeros(40)
        some = rng.choice(drawn_from(setting, 400).eigenvalues, 22 + seed)
        values[-some.size :] = np.sort(some)
        # What is left of an eigenvalue that goes to 0.
        values[: 40 - some.size] = 1e-6
        networks.append(
            FinalState(
                replace(setting, lam=max(setting.lam, 1e-4)), 40, seed, float(rng.uniform(0.5, 2)), 0.1, 0.2,
                eigenvalues=values, flow=flow,
            )
        )  # fmt: skip
    return SpectrumRun(SpectrumRequest(setting, 40, count), tuple(networks))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", ["one band", "limit", "width"])
def test_every_number_is_that_of_the_networks(name: str, count: int) -> None:
    setting = SETTINGS[name]
    run, law = a_run(setting, count, flow=name == "width"), law_of(setting)
    ((lead, text),) = about_spectrum(run, law, current=True)
    assert lead == "Networks"
    pattern = "of # networks? of d = #, trained at κ = #, κ\\* = #, α = #, Δ = #(?: and|,) λ = #[,.]"
    expected = (count, 40, *(getattr(setting, p) for p in ("kappa", "kappa_star", "alpha", "delta")))
    close(numbers_in(pattern, text), *expected, max(setting.lam, 1e-4))
    assert ("networks of d" in text) == (count > 1)
    assert ("stands for λ → 0+" in text) == (setting.lam == 0)
    values = np.concatenate([network.eigenvalues for network in run.networks])
    zero, distance = numbers_in("Of their eigenvalues #% are 0, .* law \\(Kolmogorov's\\) is #\\.", text)
    assert zero == pytest.approx(100 * np.mean(values < 1e-3), abs=0.501)
    exact = brute_force(NetworkSpectrum(values[values > 1e-3], values.size), setting)
    assert distance == pytest.approx(exact, rel=0.06, abs=2e-3)
    errors = np.array([network.mse for network in run.networks])
    error = errors.std(ddof=1) / np.sqrt(count) if count > 1 else np.nan
    assert f"their mse is {measured(errors.mean(), error)}." in text
    if name == "width":
        close(numbers_in("gradient flow was followed to t = #", text), flow_end(setting))
    else:
        assert "L-BFGS" in text and "flow" not in text


def test_the_theory_at_their_size_is_told_beside_the_limit() -> None:
    *_, (_, run) = run_spectrum(SpectrumRequest(replace(WIDE, lam=0.0), 10, 2), lambda: None)
    assert run.at_size is not None
    here = finite_size(replace(WIDE, lam=SMALLEST_LAM), 10, samples=SIZE_SAMPLES)
    assert (run.at_size.mse, run.at_size.inputs, run.at_size.d) == (here.mse, "network", 10)
    ((_, text),) = about_spectrum(run, law_of(WIDE), current=True)
    limit = four_digits(float(here.limit.mse))
    told = f"where the theory has {limit} as d → ∞ and {measured(here.mse, here.mse_error)} at d = 10."
    assert told in text
    ((_, text),) = about_spectrum(run, law_of(WIDE), current=False)
    assert "as d → ∞" not in text


def test_networks_of_another_setting_are_not_compared() -> None:
    run = a_run(WIDE, 2)
    ((_, text),) = about_spectrum(run, law_of(SETTINGS["width"]), current=False)
    close(numbers_in("trained at κ = #, κ\\* = #, ", text), 0.7, 0.3)
    assert "It is grey" in text
    assert "Kolmogorov" not in text and "mse" not in text
    assert about_spectrum(SpectrumRun(run.request), law_of(WIDE), current=True) == []


def test_where_the_teacher_is_recovered_no_distance_is_told() -> None:
    setting = Setting(0.5, 0.3, 0.6, lam=0.0, delta=0.0)
    run = replace(a_run(WIDE, 2), request=SpectrumRequest(setting, 40, 2))
    ((_, text),) = about_spectrum(run, law_of(setting), current=True)
    assert "Kolmogorov" not in text and "nan" not in text
    assert "% are 0" in text


@pytest.fixture(scope="module")
def shared() -> SpectraExplorer:
    """A page that offers networks so small that they are trained in a moment."""
    page = SpectraExplorer()
    offer(page, sim_d=(10, 20, 100))
    return page


@pytest.fixture
def page(shared: SpectraExplorer) -> SpectraExplorer:
    shared.bar.result = None
    shared.bar.download.ready = False
    shared.reset()
    shared.change(view="eigenvalues", sim_d=20, sim_networks=3, lam=0.1)
    return shared


def counted(page: SpectraExplorer) -> Any:
    return still(page.figures[LEARNED].drawing).data[-1]


def test_the_bar_counts_the_eigenvalues_of_networks_of_the_setting(page: SpectraExplorer) -> None:
    assert np.size(counted(page).y) == 0
    law = np.array(still(page.figures[LEARNED].drawing).data[2].y)
    press(page.bar)
    run = page.run
    assert run is not None
    assert plain(page.bar.status.value).startswith("done in")
    assert run.request == SpectrumRequest(WIDE, 20, 3)
    values = []
    for seed in range(3):
        learned = minimise(WIDE, 20, seed, tolerance=1e-8).weights
        values.append(np.linalg.eigvalsh(learned @ learned.T))
    for network, exact in zip(run.networks, values, strict=True):
        np.testing.assert_allclose(network.eigenvalues, exact, atol=2e-3)
    for view in ("eigenvalues", "singular values"):
        page.change(view=view)
        outline = histogram(network_spectrum(run, current=True), view)
        np.testing.assert_allclose(counted(page).x, outline.x[0], rtol=1e-6)
        np.testing.assert_allclose(counted(page).y, outline.y[0], rtol=1e-6)
        left = np.mean(np.concatenate(values) > 1e-3)
        heights, places = np.asarray(counted(page).y, dtype=float), np.asarray(counted(page).x, dtype=float)
        assert np.sum(heights[1:] * np.diff(places)) == pytest.approx(left, rel=1e-5)
        # The panel holds it.
        assert still(page.figures[LEARNED].drawing).layout.yaxis.range[1] >= np.max(
            heights[places > 0.1 * places.max()]
        )
    page.change(view="eigenvalues")
    np.testing.assert_array_equal(still(page.figures[LEARNED].drawing).data[2].y, law)
    ((_, said),) = about_spectrum(run, law_of(WIDE), current=True)
    assert said in plain(page.page.prose.value)
    assert page.page._alert.value == ""


def test_the_histogram_is_grey_at_another_setting_and_comes_back(page: SpectraExplorer) -> None:
    page.change(sim_networks=1)
    press(page.bar)
    colours = THEMES["light"]
    assert counted(page).line.color == colours.ink
    for name in ("kappa", "kappa_star", "alpha", "delta", "lam"):
        before = getattr(page.state, name)
        page.change(**{name: 1.1 * before})
        assert counted(page).line.color == colours.line
        assert "It is grey" in page.page.prose.value
        page.change(**{name: before})
        assert counted(page).line.color == colours.ink
        assert "It is grey" not in page.page.prose.value
    for change in ({"sim_d": 10}, {"sim_networks": 10}, {"view": "singular values"}):
        page.change(**change)
        assert counted(page).line.color == colours.ink


def test_a_run_through_alpha_hides_the_networks_until_it_has_stopped(page: SpectraExplorer) -> None:
    page.change(sim_networks=1)
    press(page.bar)
    page.film._receive(None, {"kind": "play"}, [])
    assert np.size(counted(page).y) == 0
    page.film._receive(None, {"kind": "rest", "moment": 5, "edition": page.film._edition}, [])
    assert np.size(counted(page).y) > 0
    assert counted(page).line.color == THEMES["light"].line


def test_a_cancel_keeps_the_networks_there_are(page: SpectraExplorer) -> None:
    page.change(sim_networks=10, kappa=0.2, lam=0.01)
    press(page.bar, cancel_after(page, 1))
    assert plain(page.bar.status.value).startswith("cancelled at")
    assert page.run is not None
    count = len(page.run.networks)
    assert 1 <= count < 10
    assert f"eigenvalues of {count} network" in plain(page.page.prose.value)
    assert len(page.bar.download._table()[1]) == 20 * count


def test_the_saved_table_has_every_eigenvalue_in_a_row(page: SpectraExplorer) -> None:
    page.change(kappa=0.2, sim_d=10)
    press(page.bar)
    assert page.run is not None and page.bar.download.ready
    names, rows = page.bar.download._table()
    table = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    assert names == [*PARAMETERS, "d", "seed", "trained_by", "index", "eigenvalue"]
    assert table["seed"] == [seed for seed in range(3) for _ in range(10)]
    assert table["index"] == [*range(10)] * 3
    assert set(table["trained_by"]) == {"gradient flow"} and set(table["kappa"]) == {0.2}
    exact = np.concatenate([network.eigenvalues for network in page.run.networks])
    assert table["eigenvalue"] == exact.tolist()
    # Two neurons, two directions.
    assert [sum(v > 0 for v in table["eigenvalue"][i : i + 10]) for i in (0, 10, 20)] == [2, 2, 2]


def test_too_narrow_networks_are_refused_and_the_histogram_stays(page: SpectraExplorer) -> None:
    page.change(sim_networks=1, sim_d=10)
    press(page.bar)
    run = page.run
    page.change(kappa_star=0.04)
    press(page.bar)
    assert 'role="alert"' in page.bar.status.value
    assert plain(page.bar.status.value).startswith("kappa_star (teacher width) = 0.04 leaves no neuron")
    assert page.run is run and counted(page).y is not None


def test_a_reset_keeps_what_was_trained(page: SpectraExplorer) -> None:
    page.change(sim_d=10, sim_networks=1)
    press(page.bar)
    run = page.run
    page.reset()
    assert page.state == State()
    assert page.run is run and counted(page).y is not None
