"""What every page gives away of its figures: stills, tables, the code that remakes them, and web pages."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from quadviz.contents import PAGES
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.save import takeaway
from quadviz.explorers.kit.save.exhibit import Exhibit
from quadviz.explorers.kit.save.slides import slides_html
from quadviz.explorers.kit.save.takeaway import save_menu
from quadviz.explorers.learning_curves import page as learning_curves
from quadviz.figures.marks.drawing import still, trace
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.law.spelling import teacher_of
from quadviz.law.teacher_law import TeacherLaw
from quadviz.parameters import PARAMETERS
from quadviz.scenes.scaling.setting import power_law_teacher
from quadviz.tables.text import csv_text, json_text
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.flow.approach import approach_curve
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.population_curve import population_curve
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold
from quadviz.work import march as dynamics_run
from quadviz.work.march import Effort
from tests.pages import opened

FIGURES = {
    "learning_curves": ("learning_curves",),
    "spectra": ("noisy_teacher", "learned_spectrum"),
    "recovery": ("recovery_map", "thresholds", "spectrum"),
    "double_descent": ("double_descent", "double_descent_width"),
    "two_students": ("two_students", "two_spectra"),
    "two_decays": ("two_decays", "mixture_gain", "decay_spectra"),
    "scaling_laws": ("scaling_laws", "scaling_width", "scaling_compute"),
    "simulation_lab": ("training",),
    "dynamics": ("dynamics", "dynamics_spectrum"),
    "convergence": ("convergence",),
}
EVERY = [(page, figure) for page, figures in FIGURES.items() for figure in figures]
#: Somewhere else on every page.
ELSEWHERE: Mapping[str, Mapping[str, Any]] = {
    "learning_curves": {"kappa": 0.4, "delta": 1.0, "alpha": 0.3, "compare": "", "y_scale": "linear"},
    "spectra": {"kappa": 0.2, "alpha": 0.5, "lam": 0.02, "view": "singular values"},
    "recovery": {"kappa_star": 0.4, "lam": 0.1, "delta": 0.2, "alpha": 0.4, "vertical": "kappa_star"},
    "double_descent": {"kappa": 0.4, "lam": 0.05, "alpha": 0.3, "alpha_top": 0.5, "x_scale": "log"},
    "two_students": {"kappa": 0.4, "lam": 0.05, "lam_b": 0.3, "alpha": 0.3, "alpha_top": 0.5},
    "two_decays": {"kappa_star": 0.4, "alpha": 0.15, "lam": 0.05, "lam2": 0.0, "vertical": "kappa_star"},
    "scaling_laws": {"exponent": 1.5, "levels": 50, "kappa": 0.2, "alpha": 0.5, "compare": ""},
    "simulation_lab": {"alpha": 0.2, "lam": 0.0, "y_scale": "linear"},
    "dynamics": {"kappa": 0.4, "lam": 0.1, "moment": 12, "view": "singular values", "end": 20.0},
    "convergence": {"target": "goe", "kappa": 0.3, "d": 60.0, "seeds": 2.0},
}
#: The least work that a page can be asked for.
WORK: Mapping[str, Mapping[str, Any]] = {
    "learning_curves": {"compare": "", "alpha_top": 0.5, "lam": 0.3, "sim_d": 30, "sim_networks": 1},
    "spectra": {"lam": 0.2, "alpha": 0.2, "sim_d": 50, "sim_networks": 1},
    "simulation_lab": {"d": 12.0, "seeds": 1.0, "end": 1.0, "label_noise": "laplace"},
    "dynamics": {"d": 10.0, "seeds": 1.0, "end": 1.0, "source": "dmft", "moment": 9},
    "convergence": {"alpha": 0.05, "lam": 0.5, "kappa": 0.1, "d": 50.0, "sim_d": 40, "sim_networks": 1},
}
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def small_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mean-field equations that are solved in a moment."""
    monkeypatch.setattr(
        dynamics_run, "QUALITIES", dict.fromkeys(("preview", "good"), Effort(12, 2, 1, 0.4, 4))
    )


def shown(live: Any) -> str:
    """What a figure on a page shows."""
    return still(live.drawing).to_json() if hasattr(live, "drawing") else live.to_json()


def page(name: str, **values: Any) -> Explorer[Any]:
    """A page as it opens, but for some fields, with nothing run."""
    explorer = opened(name)
    for bar in explorer.bars.values():
        bar.result = None
    explorer.change(**{**asdict(explorer.opened), **values})
    explorer.refresh()
    return explorer


def table_of(exhibit: Exhibit) -> list[Row]:
    names, rows = exhibit.table()
    return [dict(zip(names, row, strict=True)) for row in rows]


def remade(explorer: Explorer[Any], name: str) -> tuple[str, dict[str, Any]]:
    """What a page's code is, and all that it defines."""
    code = takeaway._takeaway(explorer, explorer.exhibit(name)).code()
    space: dict[str, Any] = {}
    exec(code.replace("figure.show()", "pass"), space)  # noqa: S102 - our own code
    return code, space


def test_the_figures_of_all_pages_have_names_of_their_own() -> None:
    assert list(FIGURES) == [name for name in PAGES if name != "index"]
    found = {name: tuple(exhibit.name for exhibit in opened(name).exhibits()) for name in FIGURES}
    assert found == FIGURES
    names = [name for figures in FIGURES.values() for name in figures]
    assert len(set(names)) == len(names) and all(name.isidentifier() for name in names)
    for name in FIGURES:
        for exhibit in opened(name).exhibits():
            assert 10 < len(exhibit.title) < 70 and exhibit.title[0].islower()
            assert set(exhibit.sliders) <= set(opened(name).controls) and len(exhibit.sliders) > 0
            assert set(exhibit.work) <= set(opened(name).bars)


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_a_table_holds_plain_values_and_the_setting(name: str, figure: str) -> None:
    for values in ({}, ELSEWHERE[name]):
        explorer = page(name, **values)
        table = explorer.exhibit(figure).table()
        names, rows = table
        assert len(set(names)) == len(names) and names[0] == "source" and len(rows) > 0
        assert all(len(row) == len(names) and row[0] for row in rows)
        assert {type(cell) for row in rows for cell in row} <= {str, float, int}
        back = list(csv.DictReader(io.StringIO(csv_text(table))))
        told = json.loads(json_text(table, takeaway._takeaway(explorer, explorer.exhibit(figure)).about()))
        assert len(back) == len(rows) and set(told["columns"]) == set(names)
        assert told["setting"]["kappa"] == explorer.state.kappa
        goe = getattr(explorer.state, "target", "") == "goe"
        at = {"kappa", "gamma"} if goe else set(names) & set(PARAMETERS)
        # A best decay is another than the one set.
        at -= {"lam"} if name == "scaling_laws" else set()
        # Thresholds are values of alpha, for labels without noise.
        for parameter in at - ({"alpha", "delta"} if figure == "thresholds" else set()):
            column = [row[list(names).index(parameter)] for row in rows]
            seen = [value for value in column if isinstance(value, float)]
            assert min(seen) <= getattr(explorer.state, parameter) <= max(seen), parameter


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_theory_in_a_table_is_that_of_the_library(name: str, figure: str) -> None:
    explorer = page(name, **ELSEWHERE[name])
    rows = [row for row in table_of(explorer.exhibit(figure)) if row["source"].startswith("theory")]
    rows = [row for row in rows if isinstance(row.get("mse"), float) and math.isfinite(row["mse"])]
    rows = [row for row in rows if row["source"] != "theory at the best width"]
    for row in rows[:: max(1, len(rows) // 5)]:
        teacher = teacher_of(row.get("teacher", "wishart"))
        if "exponent" in row:
            teacher = power_law_teacher(row["exponent"], row["levels"])
        given = {key: row[key] for key in ("alpha", "kappa", "lam", "delta", "lam2") if key in row}
        star = row["kappa_star"] if teacher.sized_by_width else None
        state = steady_state(**given, kappa_star=star, teacher=teacher)
        assert row["mse"] == pytest.approx(state.mse.item(), rel=1e-7)
        if "kappa_min" in row:
            assert row["kappa_min"] == pytest.approx(state.kappa_min.item(), rel=1e-7)
    with_theory = {
        "learning_curves",
        "recovery_map",
        "double_descent",
        "double_descent_width",
        "two_students",
        "scaling_laws",
        "scaling_width",
        "scaling_compute",
        "two_decays",
    }
    assert bool(rows) is (figure in with_theory | {"training", "dynamics"})


def test_densities_in_a_table_are_those_of_the_laws() -> None:
    for values in ({}, ELSEWHERE["spectra"]):
        explorer = page("spectra", **values)
        s = explorer.state
        law = learned_spectrum(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
        noisy = table_of(explorer.exhibit("noisy_teacher"))
        bands = [row for row in noisy if row["source"] == "noisy teacher Y"]
        assert {row["part"] for row in bands} == {"cut off", "kept"}
        whole = NoisyTeacherLaw(s.kappa_star, law.state.xi)
        for row in bands[1::37]:
            assert row["density"] == pytest.approx(whole.density(row["eigenvalue"]).item(), rel=1e-9)
            assert (row["part"] == "kept") is bool(row["eigenvalue"] >= law.cut)
        (cut,) = (row["eigenvalue"] for row in noisy if row["source"].startswith("cut"))
        assert cut == law.cut
        learned = table_of(explorer.exhibit("learned_spectrum"))
        column = "eigenvalue" if s.view == "eigenvalues" else "singular_value"
        density = law.density if s.view == "eigenvalues" else law.singular_value_density
        ours = [row for row in learned if row["source"].startswith("learned")]
        inside = [row for row in ours if row["part"] == "band"][1:-1]
        for row in inside[::23]:
            assert row["density"] == pytest.approx(density(row[column]).item(), rel=1e-6)
        (atom,) = (row for row in ours if row["part"] == "atom at zero")
        assert (atom[column], atom["mass"]) == (0.0, law.atom_at_zero)
        mass = np.trapezoid([row["density"] for row in inside], [row[column] for row in inside])
        assert mass + atom["mass"] == pytest.approx(1, abs=2e-3)
        assert any(row["part"].startswith("end of the gap") for row in ours) is bool(law.gap > 0)


def test_thresholds_and_spectrum_of_the_page_of_recovery() -> None:
    explorer = page("recovery", **ELSEWHERE["recovery"])
    s = explorer.state
    rows = table_of(explorer.exhibit("thresholds"))
    kinds: dict[str, Callable[[float, float], Any]] = {
        "recovery, lam -> 0+": recovery_threshold,
        "interpolation, lam -> 0+": lambda one, other: interpolation_threshold(one, other).alpha,
        "recovery, no weight decay (conjecture)": lambda one, other: recovery_threshold(one, other, "none"),
        "Bayes-optimal": lambda one, other: recovery_threshold(one, other, "bayes"),
    }
    for source, threshold in kinds.items():
        row = [each for each in rows if each["source"] == source][31]
        assert row["alpha"] == pytest.approx(float(threshold(row["kappa"], row["kappa_star"])), rel=1e-9)
        assert row["kappa"] == s.kappa
    cells = table_of(explorer.exhibit("recovery_map"))
    assert len(cells) == 100**2 and {row["kappa"] for row in cells} == {s.kappa}
    law = learned_spectrum(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    row = [each for each in table_of(explorer.exhibit("spectrum")) if each["source"] == "learned Z"][60]
    assert row["density"] == pytest.approx(law.density(row["eigenvalue"]).item(), rel=1e-9)


def test_best_decay_and_best_estimator_in_the_tables_of_double_descent() -> None:
    explorer = page("double_descent", lam=0.05)
    s = explorer.state
    for figure, count in (("double_descent", 30), ("double_descent_width", 20)):
        rows = table_of(explorer.exhibit(figure))
        best = [row for row in rows if row["source"] == "best lam"]
        assert len(best) > count
        row = best[count]
        lam = optimal_lam(row["alpha"], row["kappa"], s.kappa_star, s.delta).item()
        assert row["lam"] == pytest.approx(lam, rel=1e-6)
        bayes = next(row for row in rows if row["source"].endswith("Bayes-optimal"))
        mmse = bayes_optimal(bayes["alpha"], s.kappa_star, s.delta).mmse.item()
        assert bayes["mse"] == pytest.approx(mmse, rel=1e-9)
    (peak,) = (
        row
        for row in table_of(explorer.exhibit("double_descent"))
        if row["source"] == "interpolation threshold"
    )
    assert peak["mse"] == interpolation_threshold(s.kappa, s.kappa_star, s.delta).mse


def test_courses_and_approaches_in_tables() -> None:
    s = page("dynamics", end=20.0).state
    flow = [row for row in table_of(opened("dynamics").exhibit("dynamics")) if "flow" in row["source"]]
    curve = population_curve(s.setting, [row["time"] for row in flow])
    np.testing.assert_array_equal([row["mse"] for row in flow], curve.mse)
    assert flow[0]["train_loss"] == pytest.approx(flow[0]["mse"] / 2 + s.delta / 4)
    start = [
        row
        for row in table_of(opened("dynamics").exhibit("dynamics_spectrum"))
        if row["source"] == "law, t = 0"
    ]
    assert start[50]["density"] == pytest.approx(
        float(TeacherLaw(s.kappa).density(start[50]["eigenvalue"] / s.gamma)) / s.gamma
    )
    rows = table_of(page("convergence", **ELSEWHERE["convergence"]).exhibit("convergence"))
    limit = [row for row in rows if row["source"] == "d -> inf"]
    times = [row["time"] for row in limit]
    np.testing.assert_array_equal(
        [row["distance"] for row in limit], approach_curve(FlowTarget(), 0.3, times)
    )
    assert {row["seed"] for row in rows if row["source"] == "matrix flow"} == {0, 1}


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_a_still_depends_on_the_state_alone(name: str, figure: str) -> None:
    explorer = page(name)
    before = still(explorer.exhibit(figure).draw())
    assert before.layout.height > 200 and before.to_json() != "{}"
    there = still(page(name, **ELSEWHERE[name]).exhibit(figure).draw())
    assert still(page(name).exhibit(figure).draw()).to_json() == before.to_json() != there.to_json()
    dark = still(page(name, theme="dark").exhibit(figure).draw())
    assert dark.layout.template != before.layout.template


@pytest.mark.parametrize("name", FIGURES)
def test_a_twin_leaves_the_page_alone(name: str) -> None:
    explorer = page(name)
    exhibits = explorer.exhibits()
    live = [shown(exhibit.live) for exhibit in exhibits]
    attributes, memo = dict(vars(explorer)), explorer.memo
    known = {id(kind): dict(kind._results) for kind in (memo.exact, memo.followed)}
    there = explorer.settle(replace(explorer.state, **ELSEWHERE[name]), ELSEWHERE[name])
    twin = explorer.elsewhere(there)
    drawn = {}
    for exhibit in twin.exhibits():
        drawn[exhibit.name] = still(exhibit.draw()).to_json()
        exhibit.table()
        exhibit.code()
        if exhibit.slide is not None:
            exhibit.slide()
    assert vars(explorer).keys() == attributes.keys()
    assert all(vars(explorer)[field] is value for field, value in attributes.items())
    for kind in (memo.exact, memo.followed):
        assert all(kind._results.get(key) is value for key, value in known[id(kind)].items())
    assert [shown(exhibit.live) for exhibit in exhibits] == live
    moved = page(name, **ELSEWHERE[name])
    assert {exhibit.name: still(exhibit.draw()).to_json() for exhibit in moved.exhibits()} == drawn


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_the_code_of_a_figure_remakes_it(name: str, figure: str) -> None:
    explorer = page(name, **ELSEWHERE[name])
    exhibit = explorer.exhibit(figure)
    code, made = remade(explorer, figure)
    assert made["figure"].to_json() == still(exhibit.draw()).to_json()
    assert "run=" not in code and "Not remade" not in code
    agree(figure, made, table_of(exhibit))


def agree(figure: str, made: dict[str, Any], rows: list[Row]) -> None:
    """A number that the lines computed is that of the table, or of the law it is of."""
    match figure:
        case "learning_curves":
            best = min(row["mse"] for row in rows if row["source"] == "theory")
            assert float(made["curves"].mse.min()) == pytest.approx(best, rel=2e-2)
        case "noisy_teacher":
            assert made["law"].cut == next(row["eigenvalue"] for row in rows if "cut:" in row["source"])
        case "learned_spectrum" | "spectrum":
            atom = [row for row in rows if row["source"].startswith("learned") and row["mass"] != ""]
            assert made["law"].atom_at_zero == atom[0]["mass"]
        case "recovery_map":
            np.testing.assert_allclose(made["state"].mse.ravel(), [row["mse"] for row in rows], rtol=1e-7)
        case "thresholds":
            curves = [made[name] for name in ("ridgeless", "interpolation", "free", "bayes")]
            np.testing.assert_allclose(np.concatenate(curves), [row["alpha"] for row in rows], rtol=1e-9)
        case "double_descent":
            (peak,) = (row for row in rows if row["source"] == "interpolation threshold")
            assert made["peak"].alpha.item() == pytest.approx(peak["alpha"], rel=1e-12)
            assert made["peak"].mse.item() == pytest.approx(peak["mse"], rel=1e-12)
        case "double_descent_width":
            (best,) = (row["mse"] for row in rows if "Bayes" in row["source"])
            assert made["bayes"].mmse.item() == pytest.approx(best, rel=1e-12)
        case "two_students":
            least = min(row["difference"] for row in rows if row["difference"] != "")
            assert (made["curves"].mse[0] - made["curves"].mse[1]).min() == pytest.approx(least, abs=2e-3)
        case "two_spectra":
            atoms = [row["mass"] for row in rows if row["source"].startswith("learned") and row["mass"] != ""]
            assert made["laws"].atom_at_zero.ravel().tolist() == atoms
        case "training" | "dynamics":
            assert made["theory"].mse == next(row["mse"] for row in rows if row["source"] == "theory")
        case "dynamics_spectrum":
            atom = [row for row in rows if row["source"] == "theory, t -> inf" and row["mass"] != ""]
            assert made["law"].atom_at_zero == atom[0]["mass"]
        case "two_decays":
            cells = [row["mse"] for row in rows if row["source"] == "theory"]
            np.testing.assert_allclose(made["errors"].mse.ravel(), cells, rtol=1e-7)
            (pair,) = (row for row in rows if row["source"] == "theory at the best pair")
            assert made["best"].mse.item() == pytest.approx(pair["mse"], rel=1e-6)
        case "mixture_gain":
            cells = [row["gain"] for row in rows if row["source"] == "gain"]
            np.testing.assert_allclose(made["gain"].ravel(), cells, atol=1e-5)
        case "decay_spectra":
            atoms = [row["mass"] for row in rows if row["source"].startswith("learned") and row["mass"] != ""]
            assert made["laws"].atom_at_zero.tolist() == atoms
        case "scaling_laws":
            now = [row for row in rows if row["source"] == "theory"]
            np.testing.assert_allclose(made["curve"].mse, [row["mse"] for row in now], rtol=1e-8)
            np.testing.assert_allclose(
                made["exponents"].mse, [row["local_exponent"] for row in now], rtol=1e-5, atol=1e-6
            )
        case "scaling_width":
            seen = [row["mse"] for row in rows if row["source"] == "theory"]
            np.testing.assert_allclose(made["widths"].mse, seen, rtol=1e-8)
        case "scaling_compute":
            tried = {row["kappa"] for row in rows if row["source"] == "theory"}
            assert tried <= set(np.round(np.arange(1, 51) / 50, 12)) and made["tried"].mse.size > 10
        case "convergence":
            limit = [row["distance"] for row in rows if row["source"] == "d -> inf"]
            np.testing.assert_allclose(made["distance"], limit, rtol=1e-12)


@pytest.mark.parametrize("name", WORK)
def test_what_was_run_is_saved_and_run_again_by_the_code(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curves, "simulated_alphas", lambda *_axis: (0.1, 0.3))
    explorer = page(name, **WORK[name])
    for bar in explorer.bars.values():
        bar.run_now()
    for exhibit in explorer.exhibits():
        code, made = remade(explorer, exhibit.name)
        assert made["figure"].to_json() == still(exhibit.draw()).to_json(), exhibit.name
        assert ("run=(" in code) is bool(exhibit.work)
        rows = table_of(exhibit)
        if name == "learning_curves":
            sized = [row for row in rows if row["source"] == "theory at size d"]
            assert [row["mse"] for row in sized] == [each.mse for each in made["at_size"]]
            assert len(sized) == 3
        if "networks" in exhibit.work:
            networks = [row for row in rows if row["source"] == "network"]
            assert networks and {row["seed"] for row in networks} == {0}
            d = explorer.bars["networks"].result.request.d
            assert {row["d"] for row in networks} == {d} and exhibit.key.endswith(f" of d = {d}.")
        if name in ("simulation_lab", "dynamics") and "networks" in exhibit.work:
            assert made["networks"].all("mse")[0, -1] == networks[-1]["mse"]
        if name == "dynamics":
            march = [row for row in rows if row["source"] == "DMFT"]
            assert made["march"].mse[-1] == march[-1].get("mse", made["march"].mse[-1])
        if exhibit.name == "learned_spectrum":
            values = [row["eigenvalue"] for row in networks]
            np.testing.assert_allclose(made["networks"][0].eigenvalues, values, atol=1e-3)
    # Elsewhere the results are grey: they would not come out of the same call again.
    explorer.change(kappa_star=0.5)
    for exhibit in explorer.exhibits():
        code = takeaway._takeaway(explorer, exhibit).code()
        assert "run=" not in code and code.count("Not remade") == len(exhibit.work)
    page(name)


def test_time_is_a_slider_once_there_is_something_to_see() -> None:
    explorer = page("simulation_lab", **WORK["simulation_lab"])
    menu = save_menu(explorer)
    assert menu.figures[0]["sliders"][0][0] == "alpha"
    explorer.bar.run_now()  # type: ignore[attr-defined]  # of this page
    menu._receive(menu, {"kind": "opened"}, [])
    assert menu.figures[0]["sliders"][0] == ["time", "t, time of training"]
    deck = takeaway._deck(explorer, explorer.exhibit("training"), "time")
    # The run goes on, or away, while the page is drawn.
    explorer.bar.result = None  # type: ignore[attr-defined]  # as above
    figures = list(deck.figures())
    known = [np.count_nonzero(np.isfinite(trace(figure, "networks-0")["y"])) for figure in figures]
    assert len(figures) == deck.count and known[0] < known[-1] and known == sorted(known)
    assert len({figure["layout"]["yaxis"]["range"] for figure in figures}) == 1
    page("simulation_lab")


def test_the_time_of_a_spectrum_stands_where_the_page_does() -> None:
    explorer = page("dynamics", moment=7, end=10.0)
    exhibit = explorer.exhibit("dynamics_spectrum")
    deck = takeaway._deck(explorer, exhibit, "time")
    figures = list(deck.figures())
    slides = deck.slides(figures)
    assert slides.start == 7 and len(slides.labels) == len(figures) == deck.count
    texts = [figure["layout"]["annotations"][1]["text"] for figure in figures]
    assert texts == list(slides.labels)
    shown = (trace(figure, "histogram")["y"] for figure in (figures[7], exhibit.draw()))
    np.testing.assert_array_equal(*shown)


@pytest.mark.parametrize(("name", "figure"), EVERY)
def test_a_web_page_is_small_and_begins_where_the_page_is(
    name: str, figure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeaway, "_STOPS", 2)
    explorer = page(name, **({"d": 50.0, "seeds": 1.0} if name == "convergence" else {}))
    exhibit = explorer.exhibit(figure)
    # Time, which has a test of its own, comes before the others.
    slider, said = next(each for each in takeaway._sliders(explorer, exhibit) if each[0] != "time")
    deck = takeaway._deck(explorer, exhibit, slider)
    figures = list(deck.figures())
    slides = deck.slides(figures)
    html = slides_html(slides)
    alone = len(slides_html(replace(slides, figures=figures[:1], labels=[""], start=0)))
    assert 2 < len(figures) == len(slides.labels) == deck.count
    # So much for a full one, which shares more among its figures.
    assert alone + (len(html) - alone) / (len(figures) - 1) * 31 < 6e6
    symbol = said.split()[0]
    assert slides.control.startswith(f"{symbol}, ") and f"{symbol} = " not in slides.setting
    assert "<script>" in html and "</html>" in html and "http" not in html.split("<body>")[1]
    if exhibit.slide is None:
        assert still(figures[slides.start]).to_json() == still(exhibit.draw()).to_json()


def test_odd_messages_from_the_browser_do_nothing_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = page("double_descent")
    menu = save_menu(explorer)
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(menu, "send", lambda content, buffers=None: sent.append((content, buffers)))
    odd: list[dict[str, Any]] = [
        {},
        {"kind": "csv"},
        {"kind": "csv", "figure": 2},
        {"kind": "csv", "figure": -1},
        {"kind": "csv", "figure": "0"},
        {"kind": "csv", "figure": 0.0},
        {"kind": "exe", "figure": 0},
        {"kind": ["html"], "figure": 0},
        {"kind": None, "figure": 1, "slider": {}},
    ]
    for content in odd:
        menu._receive(menu, content, [])
    assert sent == [] and menu.status == "" and not menu.busy
    menu._receive(menu, {"kind": "csv", "figure": 1}, [])
    ((content, (data,)),) = sent
    assert content["name"] == "quadviz_double_descent_width.csv" and data.startswith(b"source,")

    async def unknown_slider() -> None:
        menu._receive(menu, {"kind": "html", "figure": 0, "slider": "d.__class__"}, [])
        await menu.job.painter

    sent.clear()
    asyncio.run(unknown_slider())
    ((content, (data,)),) = sent
    # One figure, without a slider.
    assert content["name"] == "quadviz_double_descent.html" and b'type="range"' not in data
    assert not menu.busy and menu.status == ""
    assert explorer.state == explorer.opened
