"""Files as people write them: encodings, separators, decimal commas, and words for what is wrong where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quadviz.files.cells import Rule, cells_of_bytes, cells_of_columns, numbers, read_cells
from quadviz.files.decoding import MOST_BYTES, DataError, check_size, decoded

FINITE = Rule("a finite number", lambda value: bool(np.isfinite(value)))
GAPS = Rule("a finite number", lambda value: bool(np.isfinite(value)), empty=True)
TABLE = "κ;mse\n0,5;1,25\n"


def refused(data: bytes) -> str:
    with pytest.raises(DataError) as refusal:
        cells_of_bytes(data)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (TABLE.encode(), ""),
        (TABLE.encode("utf-8-sig"), ""),
        (TABLE.encode("utf-16"), "read as UTF-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "read as UTF-16"),
    ],
)
def test_what_spreadsheets_write_is_read(data: bytes, note: str) -> None:
    assert decoded(data) == (TABLE, note)
    cells = cells_of_bytes(data)
    assert cells.names == ("κ", "mse") and cells.columns == (("0,5",), ("1,25",))
    assert cells.notes == ((note,) if note else ())


def test_latin_1_is_read_and_said() -> None:
    text, note = decoded("größe,mse\n1,2\n".encode("latin-1"))
    assert text.startswith("größe") and "Latin-1" in note


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xff\xfe", "empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x93NUMPY\x01", "NumPy"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"a,b\n\x01,2\n", "byte 5 is 0x01"),
        ("a,b\n1,2\n".encode("utf-16-le"), "byte 2 is 0x00"),
        (b"\xff\xfea", "UTF-16 and is not"),
        (b"\xef\xbb\xbf\xff", "UTF-8 and is not: byte"),
        ("\0a".encode("utf-16"), "zero bytes"),
        (b"x" * (MOST_BYTES + 1), "1,000,001 bytes, and 1,000,000 at most"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_a_large_file_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 300_000)
    monkeypatch.setattr(Path, "read_bytes", lambda _path: pytest.fail("it was read"))
    with pytest.raises(DataError, match=r"1,200,004 bytes, and 1,000,000 at most"):
        read_cells(path)
    check_size(MOST_BYTES)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a;b\r\n1;2\r\n3;4\r\n",
        "a\tb\n1\t2\n3\t4\n",
        "a b\n1 2\n3  4\n",
        "# made by hand\na,b\n\n1,2\n# a remark, with commas\n3,4\n,\n",
        "# by NumPy\n# a,b\n1,2\n3,4",
        "# a b\n1 2\n3 4\n",
        '"a","b"\n"1","2"\n"3","4"\n',
        "a,b,,\n1,2,,\n3,4,,\n",
        "a;b\r1;2\r3;4",
    ],
)
def test_a_table_is_found_however_it_is_parted(text: str) -> None:
    cells = cells_of_bytes(text.encode())
    assert cells.names == ("a", "b")
    assert cells.columns == (("1", "3"), ("2", "4"))


def test_rows_are_numbered_as_an_editor_does() -> None:
    assert cells_of_bytes(b"# x\na,b\n\n1,2\n#\n3,4\n").rows == (4, 6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"0.1,2\n0.2,3\n", "row 1 must name the columns"),
        (b"a,b\n", "header (row 1) and no rows"),
        (b"# all of it\n", "no row that is not a comment"),
        (b"a,b\n1,2\n1,2,3\n", "row 3 has 3 cells, and the header 2"),
        (b"a,b,c\n1\n", "row 2 has 1 cells, and the header 3"),
        (b"alpha,mse\n0,5,1,25\n", "decimal commas need semicolons"),
        (b'a,b\n"1' + b"x" * 140_000, "cannot be parted"),
    ],
)
def test_what_is_no_table_is_told_with_its_row(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_numbers_are_read_in_every_spelling() -> None:
    cells = cells_of_bytes("a\tb\n1e-3\t−.5\n+2.\t1E2\n".encode())
    found, commas = numbers(cells, {0: FINITE, 1: FINITE})
    assert found[0].tolist() == [1e-3, 2.0] and found[1].tolist() == [-0.5, 100.0] and not commas


def test_decimal_commas_are_read_and_said() -> None:
    for text in ("a;b\n0,25;3\n,5;1e2\n", 'a,b\n"0,25",3\n",5",1e2\n'):
        found, commas = numbers(cells_of_bytes(text.encode()), {0: FINITE, 1: FINITE})
        assert found[0].tolist() == [0.25, 0.5] and found[1].tolist() == [3.0, 100.0] and commas


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # A comma in the thousands is not to become a decimal one.
        ("a;b\n1,000;0.5\n", "1,000 (a, row 2) and 0.5 (b, row 2)"),
        ("a;b\n1;0,5\n1;0.5\n", "0,5 (b, row 2) and 0.5 (b, row 3)"),
        ("a;b\n1.000,5;1\n", "row 2: a must be a finite number, got 1.000,5"),
        ("a,b\n1,2\nmany,2\n", "row 3: a must be a finite number, got many"),
        ("a,b\n1,2\n1_0,2\n", "row 3: a must be a finite number, got 1_0"),
        ("a,b\n1,1e999\n", "row 2: b must be a finite number, got 1e999"),
        ("a,b\n1,-inf\n", "row 2: b must be a finite number, got -inf"),
        ("a,b\n1,NaN\n", "row 2: b must be a finite number, got NaN"),
        ("a,b\n1,\n", "row 2: b must be a finite number, got nothing"),
        ("a,b\n=1+1,2\n", "row 2: a must be a finite number, got =1+1"),
        ("a,b\n<img src=x onerror=alert(1)>,2\n", "got <img src=x onerror=alert…"),
        ("a,b\n\u202e1,2\n", "got �1"),
    ],
)
def test_a_wrong_number_is_told_with_its_row_and_column(text: str, said: str) -> None:
    with pytest.raises(DataError) as refusal:
        numbers(cells_of_bytes(text.encode()), {0: FINITE, 1: FINITE})
    assert said in str(refusal.value)


def test_a_cell_may_be_empty_where_that_is_allowed() -> None:
    found, _ = numbers(cells_of_bytes(b"a,b\n1,\n2,NA\n3,4\n"), {1: GAPS})
    np.testing.assert_array_equal(found[1], [np.nan, np.nan, 4.0])


def test_columns_by_name_keep_all_their_digits() -> None:
    frame = pd.DataFrame({"a": [1 / 3, 0.1], "b": pd.array([1, None], dtype="Int64"), 3: ["x", "y"]})
    cells = read_cells(frame)
    assert cells.names == ("a", "b", "3") and cells.columns[1] == ("1.0", "")
    found, _ = numbers(cells, {0: FINITE, 1: GAPS})
    assert found[0].tolist() == [1 / 3, 0.1]
    assert cells_of_columns({"a": np.float32([0.5])}).columns == (("0.5",),)


@pytest.mark.parametrize(
    ("columns", "said"),
    [({}, "equally long"), ({"a": [1], "b": [1, 2]}, "a: 1, b: 2"), ({"a": [[1.0]]}, "one-dimensional")],
)
def test_columns_that_are_no_table_are_refused(columns: dict[str, list[object]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        cells_of_columns(columns)


def test_what_is_neither_a_file_nor_columns_is_refused() -> None:
    with pytest.raises(TypeError, match="path, a DataFrame or a mapping"):
        read_cells(3)
