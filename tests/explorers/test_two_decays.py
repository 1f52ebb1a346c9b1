"""The page of two decays: what it shows against the library, what it says, its clicks, its tasks."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from quadviz import bayes_optimal, optimal_decay, optimal_lam, optimal_lam2, steady_state
from quadviz.explorers.two_decays import page as module
from quadviz.explorers.two_decays.page import TwoDecaysExplorer
from quadviz.explorers.two_decays.state import PRESETS, State
from quadviz.explorers.two_decays.words import percent, prose
from quadviz.figures.marks.drawing import trace
from quadviz.outcome import Status
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.two_decays import scene as scenes
from quadviz.scenes.two_decays.best import Kind, best_decays
from quadviz.scenes.two_decays.gains import ALPHA, GainSetting, Peak, bands, solve_gains
from quadviz.scenes.two_decays.scene import LAM, LAM2, Place, two_decays
from tests.conftest import ROOT
from tests.pages import opened, until
from tests.reading import close, numbers_in, plain, reading, value_of

FEW = ((14, 5), (16, 6))
MAP, GAINS, SPECTRA = "two_decays", "mixture_gain", "decay_spectra"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> TwoDecaysExplorer:
    """The page as it opens, with a map of gains of few cells."""
    monkeypatch.setattr(module, "PASSES", FEW)
    page = opened("two_decays")
    page.memo, page._so_far = Memo(), None
    page.change(**asdict(page.opened))
    page.refresh()
    return page


def said(page: TwoDecaysExplorer) -> str:
    return plain(page.page.prose.value)


def title(page: TwoDecaysExplorer) -> str:
    text: str = page.figures[GAINS].drawing["layout"]["annotations"][0]["text"]
    return text


def click(page: TwoDecaysExplorer, figure: str, x: float, y: float) -> None:
    page.figures[figure]._receive(None, {"kind": "click", "x": x, "y": y}, [])


def test_the_read_out_is_the_library_s(page: TwoDecaysExplorer) -> None:
    for values in (
        {},
        {"kappa": 0.3, "alpha": 0.2, "lam": 0.0},
        {"delta": 2.0, "kappa_star": 1.0, "lam2": 0.0},
    ):
        page.change(**values)
        s, told = page.state, reading(page)
        a, kappa, kappa_star, delta = s.place
        lam, lam2, both = (each(*s.place) for each in (optimal_lam, optimal_lam2, optimal_decay))
        weight = steady_state(a, kappa, kappa_star, lam, delta).mse
        frobenius = steady_state(a, kappa, kappa_star, 0, delta, lam2).mse
        names = ("mse as set", "mse best λ", "mse best λ₂", "mse best pair", "Bayes-optimal")
        close([value_of(told[name]) for name in names],
              steady_state(a, kappa, kappa_star, s.lam, delta, s.lam2).mse, weight, frobenius, both.mse,
              bayes_optimal(a, kappa_star, delta).mmse)  # fmt: skip
        gain = 1 - both.mse / min(weight, frobenius)
        assert told["gain of both"] == percent(max(float(gain), 0.0) if gain > 1e-9 else 0.0)
        close([value_of(told["λ of the pair"]), value_of(told["λ₂ of the pair"])], both.lam, both.lam2)
        assert ("rank-limited" in told["regime of pair"]) == (kappa == 0.3)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_lit_and_show_what_they_are_for(page: TwoDecaysExplorer, name: str) -> None:
    page.starts.value = name
    assert page.lit == name and page.page._alert.value == ""
    expected = {
        "Both": (Kind.BOTH, "less than the better one alone"), "Cut": (Kind.WEIGHT, "no Frobenius decay"),
        "Shrink": (Kind.FROBENIUS, "nothing is worth cutting"),
        "Vanish": (Kind.VANISHING, "vanish in the ratio λ/λ₂ = 0.5407"),
        "Narrow": (Kind.BOTH, "steady-state assumption"),
    }  # fmt: skip
    kind, words = expected[name]
    assert page.scene().kind == kind and words in said(page) and "nan" not in said(page)
    assert {"Both", *PRESETS} == set(expected)


def test_the_prose_counts_what_it_says(page: TwoDecaysExplorer) -> None:
    scene, found = page.scene(), page.gain_map()
    best = scene.best
    numbers = numbers_in(
        "alone is weight decay, mse #; with the best Frobenius decay, mse #, it is #% more", said(page)
    )
    close(numbers[:2], best.weight.mse, best.frobenius.mse)
    assert numbers[2] == pytest.approx(100 * (best.frobenius.mse / best.weight.mse - 1), rel=5e-3)
    numbers = numbers_in("λ = # and λ₂ = #, has mse #, #% less", said(page))
    close(numbers[:3], best.both.lam, best.both.lam2, best.both.mse)
    assert numbers[3] == pytest.approx(100 * scene.gain, rel=2e-3)
    numbers = numbers_in(
        "the mse is #, #% above the best pair's. Of the spectrum #% is kept, by the best pair #%", said(page)
    )
    close(numbers[:1], scene.law.state.mse)
    kept = [100 * (1 - float(law.atom_at_zero)) for law in (scene.law, scene.pair_law)]
    assert numbers[2:] == pytest.approx(kept, rel=5e-3)
    numbers = numbers_in("the gain is #% at most, at α = # and Δ = #", said(page))
    assert numbers == pytest.approx([100 * found.peak.gain, found.peak.alpha, found.peak.up], rel=0.05)
    told = bands(found)
    assert f"from α = {told[0].low:.2g} to {told[0].high:.2g} at Δ = 0" in said(page)
    share = 100 * np.mean(found.gain > 0.01)
    assert numbers_in("that is #% of the map", said(page))[0] == pytest.approx(share, rel=5e-3)


def test_what_cannot_be_trusted_is_told(page: TwoDecaysExplorer) -> None:
    """Cells that failed, have other solutions, or are limited in rank; best decays that were not found."""
    page.change(kappa=0.3)
    scene, found = page.scene(), page.gain_map()
    status = np.array(scene.map.states.status)
    status[3, :4], status[5, :2] = Status.FAILED, Status.SEVERAL
    states = replace(scene.map.states, status=status)
    gain = found.gain.copy()
    gain[2, 3] = np.nan
    doubtful = replace(scene, map=replace(scene.map, states=states))
    text = " ".join(body for _, body in prose(doubtful, replace(found, gain=gain, several=3)))
    assert "In 4 of its 2601 cells no solution was found; they are blank." in text
    assert "n 2 of its 2601 cells the equations have other solutions too." in text
    assert "In 3 of its 112 cells the equations have other solutions." in text
    assert "In 1 of its 112 cells no best pair was found; they are blank." in text
    assert "Everywhere on the map of gains the pair is limited in rank." in text
    lost = replace(scene, kind=Kind.UNKNOWN)
    assert "were not found here" in prose(lost, None)[0][1] and prose(lost, None)[2][1] == "being solved."
    nowhere = replace(found, gain=0 * found.gain, peak=None)
    assert prose(scene, nowhere)[2][1].startswith("nowhere on this map")
    slight = replace(found, gain=0 * found.gain, peak=Peak(0.3, 0.1, 0.005))
    assert "Nowhere is it more than 1%." in prose(scene, slight)[2][1]


def test_a_recovered_teacher_leaves_nothing_to_gain(page: TwoDecaysExplorer) -> None:
    page.change(delta=0.0, alpha=1.0, lam=0.0, lam2=0.0)
    assert "recovered exactly" in said(page) and "the mse is exactly 0." in said(page)
    told = reading(page)
    assert (told["mse best pair"], told["gain of both"], told["λ of the pair"]) == ("0", "0%", "0+")


@pytest.mark.slow
def test_every_corner_is_drawn_and_told(page: TwoDecaysExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PASSES", ((3, 2),))
    for end in ("low", "high"):
        for name, control in page.controls.items():
            page.change(**asdict(page.opened))
            control.position = 0.0 if end == "low" else float(control.stops)
            assert getattr(page.state, name) == control.value, (name, end)
            assert page.page._alert.value == "", (name, end)
            assert "nan" not in plain(page.page.prose.value + page.page.readout.value), (name, end)


def test_a_refusal_keeps_the_page(page: TwoDecaysExplorer) -> None:
    before = page.state
    for name, typed in (("kappa", "3"), ("alpha", "0"), ("delta", "x"), ("lam", "-1"), ("lam2", "11")):
        page.controls[name].enter(typed)
        assert page.controls[name].message.startswith(f"{name} (")
    assert page.follow("alpha=9&vertical=lam&lam2=-1") and page.state == before


def test_clicks_set_the_decays_and_the_setting(page: TwoDecaysExplorer) -> None:
    click(page, MAP, 0.0312345, 0.5)
    assert (page.state.lam, page.state.lam2) == (0.0312, 0.5)
    mark = trace(page.figures[MAP].drawing, "cross")
    assert (mark["x"][0], mark["y"][0]) == pytest.approx((0.0312, 0.5))
    click(page, MAP, 10**LAM.middle_of_zero, 0.5)
    assert (page.state.lam, page.state.lam2) == (0.0, 0.5)
    click(page, MAP, 1e9, 1e-9)
    assert (page.state.lam, page.state.lam2) == (LAM.high, 0.0)
    click(page, GAINS, 0.2, 1.0)
    assert (page.state.alpha, page.state.delta) == (0.2, 1.0)
    page.change(vertical="kappa_star")
    click(page, GAINS, 0.15, 0.25)
    assert (page.state.alpha, page.state.kappa_star, page.state.delta) == (0.15, 0.25, 1.0)
    click(page, MAP, -1.0, 0.0)
    assert (page.state.lam, page.state.lam2) == (0.0, 0.0) and page.page._alert.value == ""


def test_a_map_of_gains_is_kept_while_only_decays_and_samples_move(page: TwoDecaysExplorer) -> None:
    found = page.gain_map()
    page.change(lam=0.5, lam2=0.0, alpha=0.5)
    assert page.gain_map() is found
    page.change(delta=1.0)
    assert page.gain_map() is found
    page.change(kappa_star=0.5)
    assert page.gain_map() is not found and page.gain_map().setting == GainSetting("delta", 1.0, 0.5)
    page.change(kappa_star=0.6)
    assert page.gain_map() is found


@pytest.mark.slow
def test_while_a_slider_moves_it_is_coarse_and_then_fine(page: TwoDecaysExplorer) -> None:
    """As in a kernel, whose loop runs: never is a map shown as that of another setting."""

    async def scene() -> None:
        page.change(kappa_star=0.5)
        assert trace(page.figure.drawing, "excess")["z"].shape == (scenes.COARSE,) * 2
        assert "being solved" in title(page) and "being solved" in said(page)
        assert np.isnan(trace(page.figures[GAINS].drawing, "gain")["z"]).all()
        await until(lambda: np.isfinite(trace(page.figures[GAINS].drawing, "gain")["z"]).any(), 60)
        begun = page._so_far
        assert begun.cells == FEW[0] and "being solved" in title(page)
        # Only what does not change the map moves: it goes on from there.
        page.change(lam=0.3)
        assert page._begun(page.state.gain_setting) is begun
        assert np.isfinite(trace(page.figures[GAINS].drawing, "gain")["z"]).all()
        await until(
            lambda: page._known(page.state.gain_setting) is not None and "being" not in said(page), 60
        )
        assert trace(page.figure.drawing, "excess")["z"].shape == (scenes.FINE,) * 2
        assert "being solved" not in title(page)

    asyncio.run(scene())
    *_, (_, alone) = solve_gains(page.state.gain_setting, FEW[-1:])
    np.testing.assert_array_equal(page.gain_map().gain, alone.gain)
    assert page.gain_map().peak == alone.peak


def test_what_fails_at_rest_is_told(page: TwoDecaysExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(module, "solve_gains", fails)

    async def scene() -> None:
        page.change(kappa=0.9)
        await until(lambda: not page.page.well)

    asyncio.run(scene())
    assert "could not be computed" in page.page._alert.value


@pytest.mark.slow
def test_the_largest_gain_shown_is_reachable(page: TwoDecaysExplorer) -> None:
    peak = page.gain_map().peak
    click(page, GAINS, peak.alpha, peak.up)
    assert page.scene().gain == pytest.approx(peak.gain, rel=0.03)


@pytest.mark.parametrize(
    ("share", "text"), [(np.nan, "–"), (5e-5, "less than 0.01%"), (0.1234, "12.3%"), (12.34, "1230%")]
)
def test_shares_in_words(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.slow
def test_the_tasks_solutions_are_right() -> None:
    """Every number that the notebook's solutions tell, and that the links lead there."""
    cells = json.loads((ROOT / "notebooks/two_decays.ipynb").read_text(encoding="utf-8"))["cells"]
    tasks = "".join(cells[-1]["source"])
    text = " ".join(tasks.split())
    known: dict[str, State] = {}
    page = opened("two_decays")
    page.gain_map()
    for label, query in re.findall(r"\[([^]]*)\]\(two_decays\.ipynb\?([^)]*)\)", tasks):
        known[label] = State(**{**asdict(State()), **_read(page, query)})

    def there(label: str) -> Any:
        s = known[label]
        return two_decays(s.place, s.lam, s.lam2, Memo(), 4)

    both, few, many = there("Both"), there("α = 0.15"), there("α = 0.6")
    pattern = "with mse # by weight decay and # by Frobenius decay; both together, λ = # and λ₂ = #, leave #,"
    close(numbers_in(pattern, text),
          both.best.weight.mse, both.best.frobenius.mse, both.best.both.lam, both.best.both.lam2,
          both.best.both.mse)  # fmt: skip
    assert numbers_in("a gain of #%", text)[0] == pytest.approx(100 * both.gain, abs=5e-3)
    close(
        numbers_in("Frobenius decay alone is best, mse # against #,", text),
        few.best.both.mse,
        few.best.weight.mse,
    )
    assert few.kind == Kind.VANISHING and few.best.both.ratio == 0
    close(
        numbers_in("weight decay alone is, # against #,", text), many.best.both.mse, many.best.frobenius.mse
    )
    assert many.kind == Kind.WEIGHT
    cut, shrink = there("Cut"), there("Shrink")
    for label in ("Both", "Cut", "Shrink"):
        preset = PRESETS[label].fields
        assert {name: getattr(known[label], name) for name in preset} == dict(preset)
    kept = [100 * (1 - float(each.pair_law.atom_at_zero)) for each in (cut, shrink)]
    above = [100 * (float(each.best.both.mse) / each.bayes - 1) for each in (cut, shrink)]
    shown = numbers_in("keeps #% of the eigenvalues, of a teacher that has #%, and is #% above Bayes", text)
    assert shown == pytest.approx([kept[0], 30, above[0]], abs=0.05)
    shown = numbers_in("keeps #%, all that are positive, multiplies them by #, and is #% above", text)
    assert shown == pytest.approx([kept[1], float(shrink.pair_law.shrink), above[1]], abs=0.05)
    alpha = np.arange(30, 400) * 0.005
    best = [best_decays(alpha, 1.0, 0.6, delta).gain for delta in (0.1, 0.5, 2.0)]
    places = [float(alpha[np.argmax(gain)]) for gain in best]
    assert places == pytest.approx([known[f"Δ = {delta}"].alpha for delta in ("0.1", "0.5", "2")])
    tops = [100 * float(gain.max()) for gain in best]
    shown = numbers_in("gains are #% at α = #, #% at # and #% at #;", text)
    assert shown == pytest.approx([x for pair in zip(tops, places, strict=True) for x in pair], abs=5e-3)
    ends = [float(alpha[np.flatnonzero(gain > 0.01)[end]]) for gain in best for end in (0, -1)]
    shown = numbers_in("more than 1% from α = # to #, from # to # and from # to #.", text)
    assert shown == pytest.approx(ends)


def _read(page: TwoDecaysExplorer, query: str) -> dict[str, Any]:
    from quadviz.explorers.kit.links import read_query

    values, notes = read_query(query, page.opened, page.fields)
    assert notes == []
    return values


def test_it_opens_as_its_state_says() -> None:
    state = State()
    assert state.place == Place(0.305, 1.0, 0.6, 0.1) and state.gain_setting == GainSetting("delta", 1.0, 0.6)
    assert replace(state, vertical="kappa_star").gain_setting == GainSetting("kappa_star", 1.0, 0.1)
    assert (state.upwards, replace(state, vertical="kappa_star").upwards) == (0.1, 0.6)
    assert LAM2.zero == "0" and ALPHA.low == 0.01
