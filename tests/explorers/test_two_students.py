"""Two students side by side: every number against the library, called one student at a time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import brentq

from quadviz import learned_spectrum, recovery_threshold, steady_state
from quadviz.explorers.two_students.page import TwoStudentsExplorer
from quadviz.explorers.two_students.state import ALPHA_TOPS, PRESETS, State
from quadviz.figures.marks.drawing import trace
from quadviz.outcome import Regime
from quadviz.scenes.two_students import Student, two_students
from tests.conftest import ROOT
from tests.pages import opened
from tests.reading import close, numbers_in, plain

SPECTRA = "two_spectra"


@pytest.fixture
def page() -> TwoStudentsExplorer:
    page = opened("two_students")
    page.reset()
    return page


def alone(student: Student, kappa_star: float, alpha: np.ndarray | float) -> np.ndarray:
    return steady_state(alpha, student.kappa, kappa_star, student.lam, student.delta).mse


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_drawn_is_each_student_by_itself(page: TwoStudentsExplorer, name: str) -> None:
    page.starts.value = name
    assert page.lit == name and page.page._alert.value == ""
    s, drawing = page.state, page.figure.drawing
    for student, letter in zip(s.students, "AB", strict=True):
        dashed = trace(drawing, f"{letter}-dashed")
        whole = dashed if len(dashed["x"]) else trace(drawing, letter)
        at = np.isfinite(whole["y"])
        # A cusp is known from its threshold, to a millionth.
        np.testing.assert_allclose(whole["y"][at], alone(student, s.kappa_star, whole["x"][at]), rtol=2e-5)
        assert at.mean() > 0.95
        law = learned_spectrum(s.alpha, student.kappa, s.kappa_star, student.lam, student.delta)
        seen = trace(page.figures[SPECTRA].drawing, letter)
        np.testing.assert_allclose(seen["y"], law.density(seen["x"]), rtol=1e-9, atol=1e-12)
        assert (seen["line"]["dash"] != "solid") == (int(law.state.regime) == Regime.RANK_LIMITED)
    first, second = (alone(student, s.kappa_star, s.alpha) for student in s.students)
    assert trace(drawing, "difference-mark")["y"][0] == pytest.approx(first - second, rel=1e-9)
    gap = trace(drawing, "difference")
    expected = np.subtract(*(alone(student, s.kappa_star, gap["x"]) for student in s.students))
    np.testing.assert_allclose(gap["y"], expected, rtol=1e-4, atol=1e-4)


def test_where_the_better_one_becomes_the_worse_is_solved_for() -> None:
    wide, narrow = Student(1.0, 0.01, 0.5), Student(0.3, 0.01, 0.5)
    expected = brentq(lambda alpha: alone(wide, 0.3, alpha) - alone(narrow, 0.3, alpha), 0.2, 0.5, xtol=1e-12)
    for top in ALPHA_TOPS:
        for pair in ((wide, narrow), (narrow, wide)):
            assert two_students(pair, 0.3, 0.5, (0.01, top)).crossings == pytest.approx([expected], rel=1e-6)


def test_a_stretch_is_zoomed_into_and_what_is_said_is_of_it(page: TwoStudentsExplorer) -> None:
    page.starts.value = "Width"
    (crossing,) = page.scene().crossings
    page.figure._receive(None, {"kind": "zoom", "x": 0.45, "y": 0.6}, [])
    assert (page.state.span, page.state.alpha) == ((0.45, 0.6), 0.5)
    alpha = trace(page.figure.drawing, "A")["x"]
    assert (alpha.min(), alpha.max()) == (0.45, 0.6) and alpha.size > 50
    assert "nowhere between α = 0.45 and 0.6: A is never worse" in plain(page.page.prose.value)
    page.change(span=(0.2, 0.5))
    assert page.scene().crossings == pytest.approx([crossing], rel=1e-6)
    assert "with the fewest samples seen B is better" in plain(page.page.prose.value)
    assert "np.linspace(0.2, 0.5, 200)" in str(page.exhibit("two_students").code())
    page.controls["alpha"].value = 0.9 if page.controls["alpha"].track.high >= 0.9 else 0.5
    page.figure._receive(None, {"kind": "zoom", "x": None}, [])
    assert page.state.span is None


def test_students_that_differ_in_nothing_that_counts_are_alike(page: TwoStudentsExplorer) -> None:
    page.change(kappa=0.9, kappa_b=0.7, lam_b=page.state.lam, delta_b=page.state.delta)
    scene = page.scene()
    assert not scene.behind.any() and scene.crossings.size == 0
    said = plain(page.page.prose.value)
    assert "both have the same mse" in said and "the curves are the same" in said
    page.change(kappa_b=0.9)
    assert "A and B are the same student" in plain(page.page.prose.value)


def test_the_prose_says_who_is_better_and_where_that_turns(page: TwoStudentsExplorer) -> None:
    page.starts.value = "Width"
    said = plain(page.page.prose.value)
    first, second = (float(alone(student, 0.3, 0.5)) for student in page.state.students)
    assert first < second
    numbers = numbers_in(r"A is better: its mse is #, #% less than B's #", said)
    close(numbers, first, float(f"{100 * (1 - first / second):.3g}"), second)
    assert "with the fewest samples B is better" in said
    close(numbers_in(r"the curves cross at α = #", said), page.scene().crossings[0])


def test_every_corner_is_drawn_and_told(page: TwoStudentsExplorer) -> None:
    for end in ("low", "high"):
        for name, control in page.controls.items():
            page.reset()
            control.position = 0.0 if end == "low" else float(control.stops)
            assert getattr(page.state, name) == control.value != getattr(State(), name), (name, end)
            assert page.page._alert.value == "", (name, end)
            assert "nan" not in plain(page.page.prose.value + page.page.readout.value), (name, end)


def test_the_marker_stays_on_the_axis(page: TwoStudentsExplorer) -> None:
    page.controls["alpha"].enter("1.4")
    assert page.state.alpha_top == 2.0
    page.fields["alpha_top"].value = 0.5
    assert page.state.alpha == 0.5
    page.figure._receive(None, {"kind": "click", "x": 0.31234, "y": 1.0}, [])
    assert page.state.alpha == 0.3123


def test_a_refusal_names_the_second_student_s_own_parameter(page: TwoStudentsExplorer) -> None:
    page.controls["lam_b"].enter("-1")
    assert page.controls["lam_b"].message.startswith("lam_b (weight decay) must be ")


def test_the_tasks_solutions_are_right() -> None:
    """Every number that the notebook's solutions tell."""
    cells = json.loads((ROOT / "notebooks/two_students.ipynb").read_text(encoding="utf-8"))["cells"]
    tasks = "".join(cells[-1]["source"])
    close(numbers_in(r"B's mse is #, A's #", tasks), 0.66, 2.22)
    assert alone(Student(0.7, 0.2, 0.5), 0.3, 0.3) == pytest.approx(0.66, abs=5e-3)
    assert alone(Student(0.7, 1e-4, 0.5), 0.3, 0.3) == pytest.approx(2.22, abs=5e-3)
    for lam, pattern in ((0.01, r"cross at α = #"), (0.1, r"crossing is at α = #")):
        pair = Student(0.3, lam, 0.5), Student(1.0, lam, 0.5)
        scene = two_students(pair, 0.3, 0.5)
        close(numbers_in(pattern, tasks), *scene.crossings)
        less = 100 * (1 - scene.marker.mse[0] / scene.marker.mse[1])
        assert f"{less:.0f}%" in tasks
    assert numbers_in(r"From α = # on", tasks)[0] == pytest.approx(
        float(recovery_threshold(0.5, 0.3)), abs=5e-4
    )
