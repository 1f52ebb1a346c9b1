"""What the command prints where the terminal's encoding lacks a letter: its name, not a question mark."""

from __future__ import annotations

import codecs
import sys
import unicodedata

from quadviz.parameters import PARAMETERS

__all__ = ["say_all", "spelled_out"]

_HANDLER = "quadviz-spelled-out"
#: The symbols of parameters have the names of their options; other signs are written as they are in code.
_SIGNS = {
    **{p.symbol: p.name for p in PARAMETERS.values() if len(p.symbol) == 1},
    "→": "->",
    "∞": "infinity",
    "№": "No",
    "≥": ">=",
    "≤": "<=",
    "±": "+/-",
    **dict(zip("×·−–—", "x*---", strict=True)),
    **dict(zip("“”‘’", "\"\"''", strict=True)),
}


def spelled_out(letter: str) -> str:
    r"""A letter in ASCII: its name, what looks like it, or its number where there is neither.

    >>> "".join(map(spelled_out, "λ₂"))
    'lam2'
    >>> [spelled_out(letter) for letter in "ξ²ᵀ→é人"]
    ['xi', '^2', '^T', '->', 'e', '\\u4eba']
    """
    if letter.isascii():
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK") and " LETTER " in name:
        said = name.partition(" LETTER ")[2].split()[0].lower()
        return said.capitalize() if "CAPITAL" in name else said
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    if not plain:
        return letter.encode("ascii", "backslashreplace").decode()
    return f"^{plain}" if unicodedata.decomposition(letter).startswith("<super>") else plain


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(spelled_out, error.object[error.start : error.end])), error.end


def say_all() -> None:
    """Let standard output and standard error take every letter, whatever their encoding."""
    codecs.register_error(_HANDLER, _spell)
    for stream in (sys.stdout, sys.stderr):
        # Whoever calls the command from Python may have put something else in their place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)
