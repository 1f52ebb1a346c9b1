"""The figure widget without a browser: what is told of a figure, and to whom."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.live import Film, LiveFigure, Reel
from quadviz.explorers.live.packing import Parts, applied, changes, moments_of, packed, parts_of, whole
from quadviz.explorers.live.plotly_source import SHA256, VERSION, plotly_source
from quadviz.explorers.live.thinning import MOST
from quadviz.figures.marks.drawing import Drawing
from tests.snapshots import unpacked


def a_drawing(height: float = 1.0, top: float = 2.0, **more: Any) -> Drawing:
    x = np.linspace(0.0, 1.0, 5)
    return {
        "data": [
            {"uid": "line", "type": "scatter", "mode": "lines", "x": x, "y": height * x, **more},
            {"uid": "none", "type": "scatter", "mode": "markers", "x": np.empty(0), "y": np.empty(0)},
        ],
        "layout": {"height": 300, "yaxis": {"range": (0.0, top)}, "shapes": [{"x0": np.float64(0.5)}]},
    }


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> tuple[LiveFigure, list[Any]]:
    """A figure, and what it sends from now on."""
    figure, sent = LiveFigure(a_drawing()), []
    monkeypatch.setattr(figure, "send", lambda content, buffers=(): sent.append((content, *buffers)))
    return figure, sent


def as_parts(message: bytes) -> dict[str, Any]:
    """A message as far as it can be compared: arrays as lists."""
    return _listed(unpacked(message))


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_listed(each) for each in value]
    return np.nan_to_num(value, nan=-1).tolist() if isinstance(value, np.ndarray) else value


def test_only_what_changed_is_told(live: tuple[LiveFigure, list[Any]]) -> None:
    figure, sent = live
    figure.show(a_drawing())
    assert sent == []
    figure.show(a_drawing(height=2.0))
    ((content, message),) = sent
    assert content == {"kind": "draw"}
    told = as_parts(message)
    assert told == {"edition": 1, "traces": {"line": {"y": [0.0, 0.5, 1.0, 1.5, 2.0]}}}
    figure.show(a_drawing(height=2.0, top=3.0))
    assert as_parts(sent[1][1]) == {"edition": 2, "layout": {"yaxis": {"range": [0.0, 3.0]}}}


def test_whoever_comes_gets_all_of_it_as_it_is_then(live: tuple[LiveFigure, list[Any]]) -> None:
    figure, sent = live
    figure.show(a_drawing(height=3.0))
    told = unpacked(figure.get_state()["figure"])
    assert (told["edition"], told["whole"], told["order"]) == (1, True, ["line", "none"])
    np.testing.assert_allclose(told["traces"]["line"]["y"], np.linspace(0, 3, 5))
    # Plotly has no room for a trace without a point.
    assert np.isnan(told["traces"]["none"]["x"]).tolist() == [True]
    # A browser that missed something asks for it; one that did not is not answered.
    sent.clear()
    figure._receive(None, {"kind": "whole", "edition": 1}, [])
    assert sent == []
    figure._receive(None, {"kind": "whole", "edition": 0}, [])
    assert as_parts(sent[0][1]) == _listed(told)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (a_drawing(), a_drawing(height=2.0)),
        (a_drawing(), a_drawing(name="a line")),
        (a_drawing(name="a line"), a_drawing()),
        (a_drawing(), {"data": a_drawing()["data"][::-1], "layout": {"height": 300}}),
        (a_drawing(), {"data": [], "layout": {}}),
    ],
)
def test_a_browser_puts_together_what_python_shows(before: Drawing, after: Drawing) -> None:
    one, other = parts_of(before), parts_of(after)
    assert applied(one, changes(one, other)) == other
    assert applied(Parts({}, {}), whole(other)) == other
    assert changes(other, other) == {}


def test_arrays_are_told_once_and_in_single_precision() -> None:
    x = np.linspace(0, 1, 1000)
    drawing = {"data": [{"uid": f"{i}", "x": x, "y": x.copy()} for i in range(5)], "layout": {}}
    message = packed(whole(parts_of(drawing)))
    assert 4000 < len(message) < 4500
    grid = {"data": [{"uid": "z", "x": x[:3], "z": np.arange(6.0).reshape(2, 3)}], "layout": {}}
    assert as_parts(packed(whole(parts_of(grid))))["traces"]["z"]["z"] == [[0, 1, 2], [3, 4, 5]]


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(ValueError, match="two traces have one name"):
        parts_of({"data": [{"uid": "a"}, {"uid": "a"}], "layout": {}})
    with pytest.raises(ValueError, match="JSON"):
        packed(whole(parts_of({"data": [], "layout": {"height": float("nan")}})))
    with pytest.raises(TypeError, match="no room for a complex"):
        packed(whole(parts_of({"data": [], "layout": {"height": 1j}})))


def test_clicks_and_zooms_are_heard_and_nonsense_is_not(live: tuple[LiveFigure, list[Any]]) -> None:
    figure, _ = live
    heard: list[Any] = []
    figure.on_click(lambda x, y: heard.append((x, y)))
    figure.on_zoom(heard.append)
    for content in (
        {"kind": "click", "x": 0.5, "y": 1},
        {"kind": "zoom", "x": 0.1, "y": 0.4},
        {"kind": "zoom", "x": None},
    ):
        figure._receive(None, content, [])
    assert heard == [(0.5, 1.0), (0.1, 0.4), None]
    for content in (
        {"kind": "click"},
        {"kind": "click", "x": "1", "y": 2},
        {"kind": "click", "x": True, "y": 2},
        {"kind": "click", "x": float("nan"), "y": 2},
        {"kind": "zoom", "x": 1},
        {"kind": ["click"], "x": 1, "y": 2},
        {},
    ):
        figure._receive(None, content, [])
    assert len(heard) == 3


def test_of_the_moments_of_a_film_only_what_moves_is_told() -> None:
    moments = moments_of([a_drawing(height=h) for h in (1.0, 2.0, 3.0)])
    assert [set(moment["traces"]) for moment in moments] == [{"line"}] * 3
    assert [set(moment["traces"]["line"]) for moment in moments] == [{"y"}] * 3
    assert all(moment["layout"] == moment["lists"] == {} for moment in moments)
    assert moments_of([]) == []
    with pytest.raises(ValueError, match="must have the same traces"):
        moments_of([a_drawing(), {"data": [], "layout": {}}])


def test_a_film_is_sent_once_and_comes_to_rest_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    figure, arrived, sent = LiveFigure(a_drawing()), [], []
    film = Film(arrived.append, "time")
    monkeypatch.setattr(film, "send", lambda content, _buffers=(): sent.append(content))
    reel = Reel(("0", "1"), {figure: [a_drawing(), a_drawing(height=2.0)]}, moment=1)
    film.load(reel)
    film.load(reel)
    assert [each["kind"] for each in sent] == ["reel"]
    # Another moment of the same film is a word.
    film.load(replace(reel, moment=0))
    film.load(reel)
    assert sent[1:] == [{"kind": "moment", "moment": 0}, {"kind": "moment", "moment": 1}]
    del sent[1:]
    told = unpacked(film.get_state()["reel"])
    assert (told["edition"], told["moment"], told["texts"]) == (1, 1, ["0", "1"])
    film._receive(None, {"kind": "rest", "moment": 0, "edition": 1}, [])
    # One of an older film is answered, but leads nowhere.
    film._receive(None, {"kind": "rest", "moment": 1, "edition": 0}, [])
    assert arrived == [0]
    assert sent[1:] == [{"kind": "arrived", "moment": 0}, {"kind": "arrived", "moment": 1}]
    # Nobody makes this one when it is asked for.
    film._receive(None, {"kind": "play"}, [])
    assert sent[-1] == {"kind": "refused"}


def test_a_figure_of_very_many_points_is_thinned_and_says_so() -> None:
    x = np.linspace(0, 1, 100_000)
    y = np.sin(40 * x)
    y[[31_417, 70_001]] = 5.0, -3.0
    y[50_000:60_000] = np.nan
    sizes = {"size": 4, "color": [f"c{i % 7}" for i in range(x.size)]}
    drawing = {
        "data": [
            {"uid": "many", "type": "scatter", "mode": "markers", "x": x, "y": y, "marker": sizes},
            {"uid": "few", "type": "scatter", "mode": "lines", "x": x[:9], "y": y[:9]},
        ],
        "layout": {"annotations": [{"text": "a note"}]},
    }
    parts = LiveFigure(drawing).parts
    many = parts.traces["many"]
    places, heights = (np.frombuffer(many[axis].numbers, "<f4") for axis in "xy")
    assert 4000 < places.size == heights.size == len(many["marker"]["color"]) <= MOST
    assert (np.nanmax(heights), np.nanmin(heights)) == (5.0, -3.0)
    assert (places[0], places[-1]) == (0.0, 1.0) and np.all(np.diff(places) > 0)
    assert len(parts.traces["few"]["x"].numbers) == 4 * 9
    texts = [note["text"] for note in parts.layout["annotations"]]
    assert texts == ["a note", "drawn with 8,000 of 100,000 points"]
    assert LiveFigure(a_drawing()).parts == parts_of(a_drawing())


def a_noted(place: float, words: str = "a", count: int = 2) -> Drawing:
    notes = [{"text": words, "x": place, "y": 1.0}, *({"text": "still", "x": 0.0} for _ in range(count - 1))]
    return {"data": [], "layout": {"annotations": notes, "height": 300}}


def test_of_notes_and_shapes_only_what_moves_is_told() -> None:
    one, other = parts_of(a_noted(0.1)), parts_of(a_noted(0.2))
    assert changes(one, other) == {"lists": {"annotations": {"0": {"x": 0.2}}}}
    assert applied(one, changes(one, other)) == other
    # As many as before, or all of them.
    more = parts_of(a_noted(0.2, count=3))
    assert changes(one, more) == {"layout": {"annotations": more.layout["annotations"]}}
    assert applied(one, changes(one, more)) == more
    moments = moments_of([a_noted(0.1), a_noted(0.2), a_noted(0.3, "b")])
    assert [moment["lists"]["annotations"] for moment in moments] == [
        {"0": {"text": words, "x": x}} for x, words in ((0.1, "a"), (0.2, "a"), (0.3, "b"))
    ]
    assert applied(one, moments[2]) == parts_of(a_noted(0.3, "b"))


def test_plotly_is_the_one_that_is_named() -> None:
    assert sha256(plotly_source().read_bytes()).hexdigest() == SHA256
    head = plotly_source().read_text(encoding="utf-8")[:300]
    assert f"v{VERSION}" in head and "MIT license" in head
    assert plotly_source().with_name("plotly-cartesian.LICENSE").is_file()
