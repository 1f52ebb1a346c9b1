"""Reading what a page says: its text, and the numbers in it."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np
import pytest

from quadviz.explorers.kit.explorer import Explorer

__all__ = ["close", "numbers_in", "plain", "reading", "value_of"]


def plain(markup: str) -> str:
    """The text of some HTML, subscripts marked as they are written."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<sub>(\w+)</sub>", r"_\1", markup)))
    return " ".join(text.split())


def reading(page: Explorer[Any]) -> dict[str, str]:
    """The cards of a page by their names."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page.page.readout.value)
    return {plain(name): plain(value) for name, value in pairs}


def value_of(text: str) -> float:
    """A number as it is written on the page."""
    superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    found = re.fullmatch(r"(?:([−\d.]+)×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if found:
        mantissa, power = (found[1] or "1").translate(superscripts), found[2].translate(superscripts)
        return float(mantissa) * 10.0 ** int(power)
    return 0.0 if text == "0+" else float(text.translate(superscripts).rstrip("."))


NUMBER = r"(−?\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|−?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"


def numbers_in(pattern: str, text: str) -> list[float]:
    found = re.search(pattern.replace("#", NUMBER), text)
    assert found, (pattern, text)
    return [value_of(number) for number in found.groups()]


def close(values: list[float], *expected: Any) -> None:
    assert values == pytest.approx([np.asarray(value).item() for value in expected], rel=1e-3, abs=1e-12)
