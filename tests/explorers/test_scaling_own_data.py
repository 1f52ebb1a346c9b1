"""A reader's own data on the page of scaling laws: decays that go along, teachers told apart, exponents."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quadviz import optimal_lam, steady_state
from quadviz.explorers.scaling_laws import page as module
from quadviz.explorers.scaling_laws.own_data import straight_line
from quadviz.explorers.scaling_laws.page import ScalingLawsExplorer
from quadviz.figures.marks.drawing import Part
from quadviz.scenes.scaling.setting import power_law_teacher
from quadviz.tables.text import csv_text
from tests.pages import offer, opened, press
from tests.reading import plain

ALPHA = np.array([0.05, 0.2, 1.0, 5.0])


@pytest.fixture(name="page")
def opened_page() -> Iterator[ScalingLawsExplorer]:
    explorer = opened("scaling_laws")
    assert isinstance(explorer, ScalingLawsExplorer)
    explorer.reset()
    explorer.change(levels=50, compare="")
    yield explorer
    assert explorer.own is not None
    explorer.own.remove()
    explorer.bar.result = None
    explorer.reset()


def file_of(exponent: float = 1.25, tuned: float = 1.0, above: float = 1.0, **more: object) -> str:
    """A file of networks that are as theory has it but for a factor, at a multiple of the best decays."""
    teacher = power_law_teacher(exponent, 50)
    best = optimal_lam(ALPHA, 1.0, None, 0.1, teacher=teacher)
    mse = steady_state(ALPHA, 1.0, None, best, 0.1, teacher=teacher).mse
    fixed = {"exponent": exponent, "levels": 50, "kappa": 1.0, "delta": 0.1, **more}
    rows = [[*fixed.values(), a, lam * tuned, m * above] for a, lam, m in zip(ALPHA, best, mse, strict=True)]
    return csv_text(([*fixed, "alpha", "lam", "mse"], rows))


def own(explorer: ScalingLawsExplorer) -> dict[str, Part]:
    return {
        t["uid"]: t for t in explorer.figure.drawing["data"] if t["uid"].startswith("own-") and len(t["x"])
    }


def bring(explorer: ScalingLawsExplorer, text: str) -> Any:
    """Take a file; the control that tells of it."""
    assert explorer.own is not None
    explorer.own.bring(text.encode(), "runs.csv")
    return explorer.own.control


def test_decays_tuned_at_each_place_are_one_curve(page: ScalingLawsExplorer) -> None:
    control = bring(page, file_of())
    (points,) = own(page).values()
    assert points["uid"] == "own-0-0" and points["x"].tolist() == ALPHA.tolist()
    assert all(", λ = " in text for text in points["text"])
    assert control.differs == "" and control.offers == []
    # Nearly the best is the best to the eye, and to the error; twice that is not.
    bring(page, file_of(tuned=1.04))
    assert set(own(page)) == {"own-0-0"}
    control = bring(page, file_of(tuned=2.0))
    assert set(own(page)) == {"own-0-other"}
    assert "the page shows λ = the best at each α (hollow)." in control.differs and control.offers == []


def test_what_is_near_the_curve_s_decay_in_part_is_hollow_in_part(page: ScalingLawsExplorer) -> None:
    teacher = power_law_teacher(1.25, 50)
    best = float(optimal_lam(0.2, 1.0, None, 0.1, teacher=teacher))
    control = bring(page, f"lam,alpha,mse\n{best},0.2,1\n{best},1,1\n")
    assert {uid: t["x"].tolist() for uid, t in own(page).items()} == {"own-0-0": [0.2], "own-0-other": [1.0]}
    assert control.differs.endswith("the page shows λ = the best at each α (hollow in part).")
    # Going there sets the decay as it was.
    control._receive(None, {"kind": "go", "number": 0}, [])
    assert (page.state.decay, page.state.lam) == ("fixed", pytest.approx(best)) and set(own(page)) == {
        "own-0-0"
    }


def test_a_falling_decay_is_met_by_its_course(page: ScalingLawsExplorer) -> None:
    page.change(decay="falling", lam=0.02)
    rows = "".join(f"{a},{0.02 / a**0.5:.4g},1\n" for a in ALPHA)
    control = bring(page, f"alpha,lam,mse\n{rows}")
    assert set(own(page)) == {"own-0-0"} and control.differs == ""
    assert "amma is taken for" not in control.notes
    assert (
        "Gamma is taken for" in bring(page, f"alpha,gamma,lam,mse\n{rows.replace(',0.', ',1.25,0.')}").notes
    )
    page.change(lam=0.03)
    assert set(own(page)) == {"own-0-other"}
    assert "the page shows λ = 0.03/√α (hollow)" in control.differs


def test_a_family_over_decays_is_no_course(page: ScalingLawsExplorer) -> None:
    page.change(decay="fixed", lam=0.01, compare="lam")
    bring(page, "lam,alpha,mse\n0.01,0.2,1\n0.1,0.2,2\n0.01,1,3\n0.1,1,4\n0.5,1,5\n")
    seen = {uid: t["y"].tolist() for uid, t in own(page).items()}
    assert sorted(seen.values()) == [[1, 3], [2, 4], [5]] and seen["own-0-other"] == [5]


def test_another_teacher_is_never_shown_as_the_page_s_own(page: ScalingLawsExplorer) -> None:
    control = bring(page, file_of(1.5))
    assert set(own(page)) == {"own-0-other"}
    assert "Measured at exponent = 1.5" in control.differs
    # A decay that is tuned for another teacher is no setting to go to.
    control = bring(page, "exponent,levels,alpha,mse\n1.5,50,1,1\n")
    assert control.offers == ["Set the page to exponent = 1.5"]
    control._receive(None, {"kind": "go", "number": 0}, [])
    assert page.state.exponent == 1.5 and set(own(page)) == {"own-0-0"}
    for text, said in (
        ("kappa_star,alpha,mse\n0.3,1,1\n", "teacher = wishart; the page shows teacher = power law"),
        ("teacher,alpha,mse\northogonal,1,1\n", "teacher = orthogonal"),
        ("levels,alpha,mse\n60,1,1\n", "This page cannot be set to its levels."),
        ("kappa,alpha,mse\n2,1,1\n", "This page cannot be set to its κ."),
    ):
        control = bring(page, text)
        assert said in control.differs and set(own(page)) == {"own-0-other"}, text
    learning = opened("learning_curves")
    assert learning.own is not None
    learning.own.bring(b"exponent,levels,alpha,mse\n1.5,50,1,1\n", "runs.csv")
    assert "teacher = power law; the page shows teacher = wishart" in learning.own.control.differs
    learning.own.remove()


def test_the_prose_holds_the_data_against_the_theory_and_tells_both_exponents(
    page: ScalingLawsExplorer,
) -> None:
    bring(page, file_of(above=1.1))
    said = plain(page.page.prose.value)
    assert "half of your points lie more than 10% above the theory's mse" in said
    teacher = power_law_teacher(1.25, 50)
    best = optimal_lam(ALPHA, 1.0, None, 0.1, teacher=teacher)
    mse = steady_state(ALPHA, 1.0, None, best, 0.1, teacher=teacher).mse
    power = np.polyfit(np.log(ALPHA), np.log(mse), 1)[0]
    told = f"{power:.3f}".replace("-", "−")
    assert f"from α = 0.05 to 5, your mse goes as α to the power {told}" in said
    assert f"the theory's at the same places to the power {told}." in said
    slope, sure = straight_line(ALPHA, mse, 0.1 * mse)
    assert slope == pytest.approx(power)
    draws = np.random.default_rng(0).normal(size=(20_000, ALPHA.size)) * 0.1
    assert sure == pytest.approx(np.polyfit(np.log(ALPHA), draws.T, 1)[0].std(), rel=0.03)


def test_what_the_page_saves_it_takes_back(
    page: ScalingLawsExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "scaled_alphas", lambda _d: (0.1, 0.5))
    offer(page, sim_d=(20, 50, 100, 200))
    page.change(sim_d=20)
    press(page.bar)
    networks = page.run.networks
    for table in (page.exhibit("scaling_laws").table(), page.works[0].table(page.run)):
        control = bring(page, csv_text(table))
        assert control.differs == "" and set(own(page)) == {"own-0-0"}
        np.testing.assert_array_equal(own(page)["own-0-0"]["y"], [n.mse for n in networks])
    names, *rows = csv.reader(io.StringIO(csv_text(page.exhibit("scaling_laws").table())))
    mine = [dict(zip(names, row, strict=True)) for row in rows if row[0] == "own data"]
    assert [float(row["lam"]) for row in mine] == pytest.approx([n.setting.lam for n in networks])
    page.change(sim_d=50)
