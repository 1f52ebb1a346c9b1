"""What docs/dynamics.csv must show: mean-field dynamics follows networks, and ends in the steady state."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.evidence import Case, read_rows
from benchmarks.evidence_dynamics import CSV, DEEP, END, FLOWS, LONG, PAGE, SIZES, TIMES, WRONG
from benchmarks.evidence_means import Means, theory
from quadviz import dmft


@pytest.fixture(scope="module")
def means() -> Means:
    return Means(read_rows(CSV))


@pytest.mark.parametrize("case", FLOWS, ids=lambda case: case.name)
def test_networks_of_growing_size_come_to_the_march(means: Means, case: Case) -> None:
    for t in TIMES:
        solved = means.of("flows", case.name, "mse", "dmft", t)[0]
        limit = means.limit("flows", case.name, "mse", "network", t)
        assert solved.error < 0.02 * solved.mean
        assert abs(solved.mean - limit.limit) < 3 * np.hypot(solved.error, limit.error)
        off = [abs(r.mean - solved.mean) for r in means.of("flows", case.name, "mse", "network", t)]
        assert t > 2 or off[-1] < off[0]


@pytest.mark.parametrize("quantity", ["mse", "train_loss"])
@pytest.mark.parametrize("case", LONG, ids=lambda case: case.name)
def test_the_end_is_the_steady_state(means: Means, case: Case, quantity: str) -> None:
    rows = means.of("ends", case.name, quantity, "dmft", END)
    assert [row.d for row in rows] == list(SIZES)
    for row in rows[1:]:
        assert abs(row.mean - theory(case, quantity)) < 3 * row.error


@pytest.mark.parametrize("variant", WRONG)
def test_wrong_equations_are_far_off(means: Means, variant: str) -> None:
    right = means.of("flows", FLOWS[0].name, "mse", "dmft", 5.0)[0]
    found = means.of("wrong", FLOWS[0].name, "mse", variant, 5.0)[0]
    assert abs(found.mean / right.mean - 1) > 0.3


def test_a_deep_march_follows_networks_as_far_as_it_goes(means: Means) -> None:
    """Their train loss is ten times that of the formula."""
    case = DEEP[1]
    solved = means.of("deep", case.name, "train_loss", "dmft", 50.0)[0]
    seen = means.of("deep", case.name, "train_loss", "network", 50.0)[-1]
    assert abs(solved.mean - seen.mean) < 3 * np.hypot(solved.error, seen.error)
    assert solved.mean > 5 * theory(case, "train_loss")


def test_the_page_is_of_these_means(means: Means) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for case in (*FLOWS, *LONG, *DEEP):
        assert f"| {case.name} |" in text
    last = means.of("flows", "F1", "mse", "dmft", TIMES[-1])[0]
    assert f"{last.mean:.3f} ± {last.error:.3f}" in text


@pytest.mark.slow
def test_a_mean_can_be_computed_again(means: Means) -> None:
    row = means.of("ends", "S2", "mse", "dmft", END)[SIZES.index(20)]
    again = dmft(LONG[1].setting, [END], d_eff=20, replicas=8, probes=2)
    assert again.mse[0] == pytest.approx(row.mean, rel=1e-3)
