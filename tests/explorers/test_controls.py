"""The controls of a page without a browser: tracks, typed values, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadviz.explorers.kit.page import Card, Page, cards_html, prose_html, rich
from quadviz.explorers.kit.widgets.controls import ParameterControl
from quadviz.explorers.kit.widgets.tracks import Track, number
from quadviz.parameters import PARAMETERS

EVERY = pytest.mark.parametrize("name", list(PARAMETERS))


def typed(control: ParameterControl, text: str) -> None:
    """What the browser sends when Enter is pressed in the box."""
    control._handle_custom_msg({"kind": "typed", "text": text}, [])


@EVERY
def test_a_track_runs_from_end_to_end_in_increasing_values(name: str) -> None:
    parameter = PARAMETERS[name]
    track = Track.of(parameter)
    values = [track.value(position) for position in range(track.stops + 1)]
    assert values == sorted(set(values))
    assert values[-1] == parameter.high
    assert values[0] == (0.0 if track.zero_stop else parameter.low)
    if track.zero_stop:
        assert values[1] == parameter.low
    assert all(parameter.in_range(value) == value for value in values)


@EVERY
def test_a_stop_and_its_value_lead_to_each_other(name: str) -> None:
    track = Track.of(PARAMETERS[name])
    for position in range(track.stops + 1):
        assert track.position(track.value(position)) == position


@EVERY
def test_the_default_is_a_stop(name: str) -> None:
    parameter = PARAMETERS[name]
    position = Track.of(parameter).position(parameter.default)
    assert position == round(position)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_positions_are_ordered_like_values(one: float, other: float) -> None:
    track = Track.of(PARAMETERS["lam"])
    low, high = sorted((one, other))
    assert 0 <= track.position(low) <= track.position(high) <= track.stops


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("kappa", "0.7", 0.7),
        ("kappa", "  .25 ", 0.25),
        ("kappa", "2", 2.0),
        ("kappa", "0.02", 0.02),
        ("lam", "1e-3", 1e-3),
        ("lam", "0+", 0.0),
        ("lam", "0", 0.0),
        ("delta", "0", 0.0),
        ("delta", "−0", 0.0),
    ],
)
def test_a_typed_number_becomes_the_value(name: str, text: str, value: float) -> None:
    control = ParameterControl(PARAMETERS[name])
    typed(control, text)
    assert control.value == value
    assert control.message == ""
    assert number(PARAMETERS[name], control.text) == pytest.approx(value)
    assert control.position == pytest.approx(control.track.position(value))


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("kappa", "7", "kappa (student width) must be between 0.02 and 2, got 7"),
        ("kappa", "-1", "kappa (student width) must be between 0.02 and 2, got -1"),
        ("kappa", "nan", "kappa (student width) must be between 0.02 and 2, got nan"),
        ("kappa", "1e999", "kappa (student width) must be between 0.02 and 2, got inf"),
        ("kappa", "0", "kappa (student width) must be between 0.02 and 2, got 0"),
        ("kappa", "abc", "kappa (student width) must be a real number, got 'abc'"),
        ("kappa", "", "kappa (student width) must be a real number, got ''"),
        ("kappa", "0+", "kappa (student width) must be a real number, got '0+'"),
        ("kappa", "1_0", "kappa (student width) must be a real number, got '1_0'"),
        ("kappa", "0,5", "kappa (student width) must be a real number, got '0,5'"),
        ("lam", "1e-7", "lam (weight decay) must be 0 or between 1e-06 and 10, got 1e-07"),
        ("lam", "11", "lam (weight decay) must be 0 or between 1e-06 and 10, got 11"),
        ("delta", "4.01", "delta (label noise) must be between 0 and 4, got 4.01"),
        ("alpha", "0", "alpha (sample ratio) must be between 0.01 and 2, got 0"),
    ],
)
def test_a_refused_text_leaves_the_value_and_says_why(name: str, text: str, refusal: str) -> None:
    control = ParameterControl(PARAMETERS[name])
    before = (control.value, control.position, control.text)
    typed(control, text)
    assert control.message == refusal
    assert (control.value, control.position, control.text) == before


def test_the_refusal_is_python_s_own() -> None:
    with pytest.raises(ValueError, match="between") as refused:
        PARAMETERS["kappa"].in_range(7.0)
    control = ParameterControl(PARAMETERS["kappa"])
    typed(control, "7")
    assert control.message == str(refused.value)


def test_a_refusal_quotes_no_more_than_a_box_holds() -> None:
    control = ParameterControl(PARAMETERS["kappa"])
    typed(control, "x" * 10_000)
    assert len(control.message) < 100


@pytest.mark.parametrize("text", ["0.7", "0.5", ""])
def test_the_box_is_told_to_show_the_value_again(text: str) -> None:
    control = ParameterControl(PARAMETERS["kappa"])
    sent: list[object] = []
    control.send = lambda content, *_: sent.append(content)
    typed(control, text)
    assert sent == [{"kind": "settled"}]


def test_a_refusal_goes_when_the_value_moves_the_typing_goes_on_or_all_is_reset() -> None:
    for remedy in (
        lambda c: setattr(c, "position", 3.0),
        lambda c: typed(c, "0.5"),
        lambda c: c._handle_custom_msg({"kind": "typing"}, []),
        lambda c: c._handle_custom_msg({"kind": "reset"}, []),
    ):
        control = ParameterControl(PARAMETERS["kappa"])
        typed(control, "7")
        assert control.message
        remedy(control)
        assert control.message == ""


@EVERY
def test_the_thumb_at_both_ends(name: str) -> None:
    control = ParameterControl(PARAMETERS[name])
    control.position = float(control.stops)
    assert control.value == PARAMETERS[name].high
    control.position = 0.0
    assert control.value == (0.0 if PARAMETERS[name].zero_allowed else PARAMETERS[name].low)
    control.reset()
    assert control.value == PARAMETERS[name].default


def test_a_typed_value_between_two_stops_is_not_snapped() -> None:
    control = ParameterControl(PARAMETERS["kappa"])
    typed(control, "0.1234567")
    assert control.value == 0.1234567
    assert control.position != round(control.position)


def test_zero_weight_decay_is_shown_as_a_limit() -> None:
    control = ParameterControl(PARAMETERS["lam"])
    control.value = 0.0
    assert control.text == "0+"
    noise = ParameterControl(PARAMETERS["delta"])
    noise.value = 0.0
    assert noise.text == "0"


def test_text_is_escaped_and_subscripts_are_set() -> None:
    assert rich("κ_min < κ & more") == "κ<sub>min</sub> &lt; κ &amp; more"
    card = cards_html("<b>", [Card("κ_min", "a<b", "1", 'says "x"')])
    assert "<dt><b>κ<sub>min</sub></b> a&lt;b</dt>" in card
    assert "&quot;x&quot;" in card
    assert "&lt;b&gt;" in card
    assert "<p><b>A&lt;:</b> b&gt;</p>" in prose_html([("A<", "b>")])


def test_a_page_complains_and_takes_it_back() -> None:
    page = Page("learning_curves", "Q", [], [], [], margin={"l": 60, "r": 20})
    page.complain("a < b failed")
    assert page._alert.value == '<p role="alert">a &lt; b failed</p>'
    assert "qv-stale" in page._figures._dom_classes
    page.all_well()
    assert page._alert.value == ""
    assert "qv-stale" not in page._figures._dom_classes


def test_the_drawer_says_what_it_will_do() -> None:
    page = Page("learning_curves", "Q", [], [], [], margin={"l": 60, "r": 20})
    assert "hide" in page._drawer.description
    page._drawer.click()
    assert "show" in page._drawer.description
    assert "qv-shut" in page._groups._dom_classes
    page._drawer.click()
    assert "qv-shut" not in page._groups._dom_classes
