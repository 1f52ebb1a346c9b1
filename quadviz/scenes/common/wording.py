"""Numbers and lists in the words of a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Paragraph", "four_digits", "listed", "measured", "power_of_ten", "time_text", "two_digits"]

#: A lead word and what follows it.
Paragraph = tuple[str, str]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """A power of ten.

    >>> power_of_ten(-12)
    '10⁻¹²'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


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
    power = power_of_ten(int(exponent))
    return power if mantissa == "1" else f"{mantissa}×{power}"


def two_digits(value: float) -> str:
    """A number that is not known better.

    >>> two_digits(138.8), two_digits(2.04)
    ('140', '2')
    """
    return four_digits(float(f"{value:.2g}"))


def measured(mean: float, error: float) -> str:
    """A mean and its standard error with two digits of the error, or the mean alone if there is no error.

    >>> measured(0.0087264, 5.1e-4), measured(2.0371e-7, 3e-8), measured(0.5, float("nan"))
    ('0.00873 ± 0.00051', '(2.04 ± 0.30)×10⁻⁷', '0.5')
    """
    if not (math.isfinite(mean) and math.isfinite(error) and error > 0):
        return four_digits(mean)
    largest = max(abs(mean), error)
    power = 0 if 1e-3 <= largest < 9999.5 else math.floor(math.log10(largest))
    scaled, blur = mean / 10.0**power, error / 10.0**power
    decimals = max(0, 1 - math.floor(math.log10(blur)))
    text = f"{scaled:.{decimals}f} ± {blur:.{decimals}f}".replace("-", "−")
    return text if power == 0 else f"({text})×{power_of_ten(power)}"


def listed(words: Sequence[str]) -> str:
    """Words joined by commas and a last "and".

    >>> listed(["q", "ξ", "κ"])
    'q, ξ and κ'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def time_text(time: float) -> str:
    """A time in a few characters.

    >>> time_text(0.0), time_text(2.3714), time_text(1778.3)
    ('t = 0', 't = 2.37', 't = 1778')
    """
    return f"t = {time:.0f}" if time >= 100 else f"t = {time:.3g}"
