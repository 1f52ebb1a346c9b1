"""Levels as people paste or open them: how they are parted, weights, and what is wrong in which line."""

from __future__ import annotations

import pytest

from quadviz.files.decoding import DataError
from quadviz.files.levels import ReadLevels, levels_of_bytes, levels_of_text

POINTS = "decimal commas are read as points"
WEIGHTS = "the second column is taken for weights"


@pytest.mark.parametrize(
    ("text", "values", "weights", "notes"),
    [
        ("1,2,3", [1, 2, 3], None, ()),
        ("0 0 1.5 3", [0, 0, 1.5, 3], None, ()),
        ("0; 0;1.5\t3\n4", [0, 0, 1.5, 3, 4], None, ()),
        ("eigenvalue\n1\n\n2\n", [1, 2], None, ()),
        ("# by me\n1e2\n2E-1\n", [100, 0.2], None, ()),
        ("0,5\n1,25\n", [0.5, 1.25], None, (POINTS,)),
        ("0,5; 1; 1,25", [0.5, 1, 1.25], None, (POINTS,)),
        ("1,5", [1, 5], None, ()),
        ("level,weight\n1,3\n2.5,1\n", [1, 2.5], [3, 1], (WEIGHTS,)),
        ("1;0,5\n2;0,25\n", [1, 2], [0.5, 0.25], (POINTS, WEIGHTS)),
        ("1\u00a0000", [1, 0], None, ()),
    ],
)
def test_numbers_however_they_are_parted(
    text: str, values: list[float], weights: list[float] | None, notes: tuple[str, ...]
) -> None:
    assert levels_of_text(text) == ReadLevels(values, weights, notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are no numbers"),
        ("# nothing\n", "there are no numbers"),
        ("apples", "line 1 must hold numbers, got apples"),
        ("apples\npears\n", "line 2 must hold finite numbers >= 0, got pears"),
        ("1\n2\n-3\n", "line 3 must hold finite numbers >= 0, got -3"),
        ("1\ninf\n", "line 2 must hold finite numbers >= 0, got inf"),
        ("1\n1e999\n", "line 2 must hold finite numbers >= 0, got 1e999"),
        ("1 1\n2 0\n", "line 2 must hold weights that are finite numbers > 0, got 0"),
        ("0 0\n0", "all levels are 0"),
        ("1 " * 2001, "there are 2,001 levels, and 2,000 at most are taken"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DataError) as refusal:
        levels_of_text(text)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\x93NUMPY\x01\x00", "an array of NumPy"),
        (b"1\x002", "no text"),
        (b"1 " * 600_000, "1,200,000 bytes"),
    ],
)
def test_files_that_hold_no_levels(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        levels_of_bytes(data)


def test_other_encodings_are_said() -> None:
    assert levels_of_bytes("1\n2".encode("utf-16")) == ReadLevels([1, 2], None, ("read as UTF-16",))
