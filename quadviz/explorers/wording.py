"""Numbers and lists in the words of a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Paragraph", "four_digits", "listed"]

#: A lead word and what follows it.
Paragraph = tuple[str, str]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def four_digits(value: float) -> str:
    """A number with four significant digits, in powers of ten when very small or large.

    >>> four_digits(0.0123456), four_digits(1.5e-7), four_digits(float("nan"))
    ('0.01235', '1.5×10⁻⁷', '–')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 9999.5:
        return f"{value:.4g}".replace("-", "−")
    mantissa, exponent = f"{value:.3e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", "−")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}×{power}"


def listed(words: Sequence[str]) -> str:
    """Words joined by commas and a last "and".

    >>> listed(["q", "ξ", "κ"])
    'q, ξ and κ'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
