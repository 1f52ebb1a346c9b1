"""The bytes of a file as text, whatever a spreadsheet or an editor wrote it in."""

from __future__ import annotations

import codecs

__all__ = ["MOST_BYTES", "DataError", "check_size", "decoded"]

#: A file may be so large: a hundred thousand rows of a curve, and little enough for one message to a page.
MOST_BYTES = 1_000_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How files begin that are often taken for tables.
_OTHERS = (
    (b"PK\x03\x04", "a spreadsheet or another zip archive: save the sheet as CSV first"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet: save the sheet as CSV first"),
    (b"\x93NUMPY", "an array of NumPy: write it as CSV with a header first"),
    (b"\x89HDF", "an HDF5 file: write the table as CSV first"),
    (b"\x1f\x8b", "compressed: unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
#: Bytes below 32 that a text has: tabs, ends of lines and of pages.
_TEXTUAL = frozenset(b"\t\n\r\f\v\x1a")


class DataError(ValueError):
    """A file of numbers that cannot be taken: what is wrong, where, and what is allowed, for its owner."""


def check_size(size: int) -> None:
    """Refuse a file of so many bytes before it is read.

    Raises:
        DataError: if it is too large.

    >>> check_size(3_000_000)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    quadviz.files.decoding.DataError: the file has 3,000,000 bytes, and 1,000,000 at most are taken: ...
    """
    if size > MOST_BYTES:
        raise DataError(
            f"the file has {size:,} bytes, and {MOST_BYTES:,} at most are taken: keep fewer rows or columns"
        )


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a file, and a note on how it was read where that is not plain.

    UTF-8 with or without a mark, UTF-16 with one (as spreadsheets write "Unicode text"), and what is neither
    is taken for Windows' Latin-1.

    Args:
        data: the bytes of the file.

    Returns:
        The text, and the note; empty for UTF-8.

    Raises:
        DataError: if the file is empty, too large, or no text.

    >>> decoded("α;mse".encode("utf-16"))
    ('α;mse', 'read as UTF-16')
    """
    check_size(len(data))
    if not data.strip():
        raise DataError("the file is empty")
    for beginning, what in _OTHERS:
        if data.startswith(beginning):
            raise DataError(f"the file is {what}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with_a_mark(data, encoding)
    strange = next((place for place, byte in enumerate(data) if byte < 32 and byte not in _TEXTUAL), None)
    if strange is not None:
        raise DataError(
            f"the file is no text: byte {strange + 1} is {data[strange]:#04x}; a CSV file is taken"
        )
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        # Five bytes mean nothing there.
        return data.decode("cp1252", errors="replace"), "read as Latin-1, as it is not UTF-8"


def _with_a_mark(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        named = encoding.removesuffix("-sig").upper()
        raise DataError(f"the file begins as {named} and is not: byte {error.start + 1} is wrong") from None
    if not text.strip():
        raise DataError("the file is empty")
    if "\0" in text:
        raise DataError("the file is no text: it has zero bytes; a CSV file is taken")
    return text, "" if encoding == "utf-8-sig" else "read as UTF-16"
