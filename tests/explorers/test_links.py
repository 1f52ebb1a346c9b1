"""Deep links: every state survives the way into a query and back, and nothing else gets through."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from typing import Any

import nbformat
import pytest

from quadviz.contents import FRONT, PAGES
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.links import query_of, read_query
from quadviz.explorers.kit.teacher.control import TeacherControl
from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.explorers.kit.widgets.tools import PageTools, binder_address
from quadviz.explorers.learning_curves.page import LearningCurvesExplorer
from tests.conftest import ROOT
from tests.pages import opened

EXPLORERS = [name for name in PAGES if name != FRONT]


@pytest.fixture(scope="module", params=EXPLORERS)
def explorer(request: pytest.FixtureRequest) -> Explorer[Any]:
    """Every explorer in turn, made once for all tests."""
    return opened(request.param)


def without_theme(explorer: Explorer[Any]) -> dict[str, Any]:
    return {name: value for name, value in asdict(explorer.state).items() if name not in ("theme", "preset")}


def elsewhere(explorer: Explorer[Any]) -> dict[str, Any]:
    """Another value for every field that has a widget."""
    values: dict[str, Any] = {}
    for name, widget in explorer.fields.items():
        if isinstance(widget, ParameterControl):
            values[name] = widget.parameter.low if name != "alpha" else 0.0625
        elif isinstance(widget, TeacherControl):
            values[name] = "power:0.2"
        elif name != "preset":
            values[name] = next(
                value for _, value in widget.options if value != getattr(explorer.state, name)
            )
    return values


def test_every_state_survives_the_way_through_its_link(explorer: Explorer[Any]) -> None:
    opened = explorer.state
    explorer.at(**elsewhere(explorer))
    there = without_theme(explorer)
    # Every field is told, whether or not it is the default: a link outlives a change of these.
    assert there != {name: getattr(opened, name) for name in there}
    query = query_of(explorer.state)
    explorer.state = opened
    explorer.refresh()
    assert explorer.follow(f"?{query}") == []
    assert without_theme(explorer) == there
    explorer.change(**asdict(opened))


def test_what_cannot_be_followed_is_named_and_the_rest_is(explorer: Explorer[Any]) -> None:
    before, delta = explorer.state, explorer.controls["delta"].parameter
    notes = explorer.follow("kappa=0.4&delta=99&lam=much&colour=<script>&token=secret&theme=dark")
    assert explorer.state == replace(
        before, kappa=0.4, **({"preset": None} if "preset" in vars(before) else {})
    )
    assert notes == [
        f"delta (label noise) must be {delta.range}, got 99: {before.delta:g} is used.",
        f"lam (weight decay) must be a real number, got 'much': {before.lam:g} is used.",
        "“colour” is not a setting of this page: it is ignored.",
    ]
    explorer.change(**asdict(before))


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("&".join(f"k{i}=1" for i in range(100)), "more than 64 entries"),
        ("kappa=nan", "got nan"),
        ("kappa=" + "9" * 500, "got"),
        ("kappa=__import__('os')", "must be a real number"),
        ("x" * 300 + "=1", "x" * 24 + "…”"),
        ("%00%1b=1", "“��”"),
        ("y_scale=", "y_scale must be one of linear, log, got ''"),
        ("kappa=%ff", "must be a real number"),
    ],
)
def test_odd_links_are_told_in_few_words(query: str, note: str) -> None:
    from quadviz.explorers.simulation_lab.page import SimulationLab

    lab = SimulationLab()
    before = lab.state
    notes = lab.follow(query)
    assert len(notes) == 1
    assert note in notes[0]
    assert len(notes[0]) < 140
    assert lab.state == before


def test_many_bad_entries_make_few_notes() -> None:
    from quadviz.explorers.simulation_lab.page import SimulationLab

    notes = SimulationLab().follow("&".join(f"k{i}=1" for i in range(20)))
    assert len(notes) == 7
    assert notes[-1] == "14 more entries of the link are ignored."


def test_a_state_set_from_python_is_checked(explorer: Explorer[Any]) -> None:
    before = explorer.state
    with pytest.raises(TypeError, match="colour is not a setting of this page; there are "):
        explorer.at(colour="red")
    with pytest.raises(ValueError, match=r"kappa .* must be between 0\.0\d* and [12], got 9"):
        explorer.at(kappa=9.0)
    choice = next(name for name, widget in explorer.fields.items() if hasattr(widget, "options"))
    with pytest.raises(ValueError, match=f"{choice} must be one of .*, got 'nonsense'"):
        explorer.at(**{choice: "nonsense"})
    assert explorer.state == before


def test_the_address_follows_the_state(explorer: Explorer[Any]) -> None:
    before = explorer.state
    assert explorer.tools.query == query_of(before)
    explorer.change(kappa=0.31)
    assert explorer.tools.query == query_of(explorer.state) != query_of(before)
    explorer.change(kappa=before.kappa)


def test_the_tools_go_where_the_address_says(monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[tuple[str, bool]] = []

    def follow(query: str, afresh: bool) -> list[str]:
        followed.append((query, afresh))
        return ["a note"]

    tools = PageTools("spectra", "kappa=0.5", follow)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tools, "send", sent.append)
    tools._handle_custom_msg({"kind": "arrived", "query": "kappa=2"}, [])
    assert (followed, tools.notes) == ([("kappa=2", False)], ["a note"])
    assert sent == [{"kind": "followed"}]
    tools._handle_custom_msg({"kind": "read"}, [])
    assert tools.notes == []
    tools._handle_custom_msg({"kind": "set", "query": "kappa=1"}, [])
    assert (followed[1:], tools.notes) == ([("kappa=1", True)], ["a note"])


def test_a_link_in_the_text_sets_what_it_says_and_the_rest_as_the_page_opened(
    explorer: Explorer[Any],
) -> None:
    explorer.reset()
    opened = explorer.state
    explorer.change(delta=0.11, theme="dark")
    assert explorer.follow("kappa=0.4", afresh=True) == []
    assert explorer.state == replace(opened, kappa=0.4, theme="dark")
    (note,) = explorer.follow("kappa=nonsense", afresh=True)
    assert "kappa" in note and explorer.state == replace(opened, theme="dark")
    explorer.change(theme="light")


def test_every_task_has_links_that_set_its_page(explorer: Explorer[Any]) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{explorer.name}.ipynb", as_version=4)
    (tasks,) = (cell.source for cell in notebook.cells if cell.source.startswith("## Tasks"))
    questions = [part.partition("<details>")[0] for part in tasks.split("\n### ")[1:]]
    assert len(questions) >= 3

    async def follow_all() -> None:
        for question in questions:
            links = re.findall(rf"\[[^]]+\]\({explorer.name}\.ipynb\?([^)]+)\)", question)
            assert links and len(links) == question.count("](")
            for query in links:
                values, notes = read_query(query, explorer.state, explorer.fields)
                assert notes == []
                assert explorer.follow(query, afresh=True) == [] and explorer.page._alert.value == ""
                assert {name: getattr(explorer.state, name) for name in values} == values
        explorer.reset()

    # As in a kernel, where what takes long waits for the slider to rest.
    asyncio.run(follow_all())


def test_on_binder_a_link_builds_the_repository_anew() -> None:
    there = {"BINDER_LAUNCH_HOST": "https://mybinder.org/", "BINDER_PERSISTENT_REQUEST": "v2/gh/o/r/abc"}
    assert binder_address(there) == "https://mybinder.org/v2/gh/o/r/abc"
    assert binder_address({**there, "BINDER_LAUNCH_HOST": "javascript:alert(1)"}) == ""
    assert binder_address({}) == ""


def test_a_link_holds_what_is_zoomed_into() -> None:
    page = LearningCurvesExplorer()
    page.change(span=(0.2, 0.4))
    query = query_of(page.state)
    assert "span=0.2~0.4" in query
    other = LearningCurvesExplorer()
    assert other.follow(query) == []
    assert other.state.span == (0.2, 0.4)
    for text in ("0.4~0.2", "0.2", "a~b", "nan~1", "0.1~0.2~0.3", "~"):
        (note,) = other.follow(f"span={text}")
        assert note.startswith("span must be two increasing numbers, got ")
        assert other.state.span == (0.2, 0.4)
    with pytest.raises(ValueError, match="span must be two increasing numbers"):
        other.at(span=(2, 1))
    assert other.at(span=None).state.span is None
