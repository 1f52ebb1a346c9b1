"""The button that saves a table: what is in the file, and when it is sent."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.kit.widgets.download import Download
from quadviz.tables.text import csv_text


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What every button tells the browser from now on."""
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(
        Download, "send", lambda _button, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def press(button: Download, **content: object) -> None:
    """What the browser sends when the button is pressed."""
    button._handle_custom_msg(content or {"kind": "wanted"}, [])


def test_every_number_comes_back_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    values = [*rng.standard_normal(50), *np.exp(rng.uniform(-700, 700, 50)), 0.1, 5e-324, -0.0, np.inf]
    # Numbers of NumPy's own types, as tables are made of them, as well as Python's.
    rows = [(seed, float(value), value, np.int64(seed)) for seed, value in enumerate(values)]
    names, *back = csv.reader(io.StringIO(csv_text((["seed", "a", "b", "c"], rows))))
    assert names == ["seed", "a", "b", "c"]
    assert len(back) == len(values)
    for (seed, one, other, whole), value in zip(back, values, strict=True):
        assert values[int(seed)] is value
        assert float(one).hex() == float(other).hex() == float(value).hex()
        assert whole == seed


def test_words_with_commas_quotes_and_ends_of_lines_stay_one_cell() -> None:
    words = ["L-BFGS", "a, b", 'say "so"', "two\nlines", "κ*", ""]
    text = csv_text((["a,b", "plain"], [(word, 1) for word in words]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["a,b", "plain"], *([word, "1"] for word in words)]
    assert text.startswith('"a,b",plain\nL-BFGS,1\n"a, b",1\n')


def test_lines_end_alike_everywhere_and_a_table_without_rows_has_its_header() -> None:
    assert csv_text((["a", "b"], [])) == "a,b\n"
    assert csv_text((["a"], [(1,), (2.5,)])) == "a\n1\n2.5\n"


def test_the_file_is_made_when_it_is_wanted(sent: list[tuple[dict[str, Any], list[bytes]]]) -> None:
    rows = [("κ", 1.0)]
    button = Download(lambda: (["name", "value"], rows), "some.csv", "Save it")
    button.ready = True
    rows.append(("later", 0.25))
    press(button)
    assert sent == [({"kind": "file", "name": "some.csv"}, ["name,value\nκ,1.0\nlater,0.25\n".encode()])]
    press(button)
    assert len(sent) == 2


def test_nothing_is_made_or_sent_before_there_is_something(
    sent: list[tuple[dict[str, Any], list[bytes]]],
) -> None:
    made: list[int] = []

    def table() -> Any:
        made.append(1)
        return ["a"], []

    button = Download(table, "some.csv", "Save it")
    assert button.ready is False
    press(button)
    assert made == sent == []
    button.ready = True
    press(button, kind="other")
    press(button, text="wanted")
    assert made == sent == []
    press(button)
    assert len(made) == len(sent) == 1


def test_the_browser_knows_what_the_button_saves_and_whether_it_may_be_pressed() -> None:
    button = Download(lambda: (["a"], []), "some.csv", "Save the numbers")
    state = button.get_state()
    assert (state["title"], state["ready"]) == ("Save the numbers", False)
    assert "wanted" in state["_esm"] and "disabled" in state["_esm"]
