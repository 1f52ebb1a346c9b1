"""Teachers as text: what a link, a state and a command write for them, and back.

    wishart | orthogonal | power:EXPONENT | levels:1,2.5,0x3 | levels:~PACKED

Levels are read to six digits, each with how often it counts where that is not once; so a text stands for one
teacher, and many levels fit into a link, packed.
"""

from __future__ import annotations

import base64
import difflib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from quadviz.files.levels import MOST_LEVELS
from quadviz.law.given_levels import Levels
from quadviz.law.teachers import Orthogonal, PowerLaw, Teacher, Wishart, checked_teacher

__all__ = ["KINDS", "spelled_levels", "spelled_teacher", "teacher_of"]

#: How each is written.
KINDS = ("wishart", "orthogonal", "power:EXPONENT", "levels:NUMBERS")
#: Longer ones are packed; and what may come of unpacking, for a text may be anybody's.
_LONG, _LONGEST = 200, 12 * MOST_LEVELS
#: Codes of packed numbers: mantissas a decade, and minus the least exponent.
_MANTISSAS, _LEAST = 900_000, 330
_PACKED = "~"
_KEPT = 64


def spelled_levels(values: Iterable[float], weights: Sequence[float] | None = None) -> str:
    """The text of a teacher of given levels.

    Args:
        values: the levels, >= 0, K of them in any order.
        weights: how often each counts, or how much, > 0; once each when omitted.

    Raises:
        ValueError: if there are none or more than 2,000, or :class:`quadviz.Levels` refuses them.

    >>> spelled_levels([3, 0, 0, 1.23456789])
    'levels:0x2,1.23457,3'
    """
    numbers = list(values)
    if not 1 <= len(numbers) <= MOST_LEVELS:
        raise ValueError(f"levels must be 1 to {MOST_LEVELS} numbers, got {len(numbers)}")
    given = [1.0] * len(numbers) if weights is None else list(weights)
    Levels(numbers, np.array(given) / np.sum(given))  # refuses what is no teacher
    count: defaultdict[str, float] = defaultdict(float)
    for value, times in zip(numbers, given, strict=True):
        count[_short(value)] += times
    items = sorted(((float(level), _short(times)) for level, times in count.items()))
    text = ",".join(_short(level) if times == "1" else f"{_short(level)}x{times}" for level, times in items)
    return f"levels:{text if len(text) <= _LONG else _packed(items)}"


def spelled_teacher(teacher: object) -> str:
    """The text of a teacher, of levels to six digits.

    Raises:
        TypeError: if it is none.
        ValueError: if there is no text for it: of a power law of other than 50 levels, or too many levels.

    >>> spelled_teacher(PowerLaw(0.3)), spelled_teacher(Levels([0, 0, 0, 2]))
    ('power:0.3', 'levels:0x3,2')
    """
    law = checked_teacher(teacher)
    if isinstance(law, Levels):
        return _spelled(law)
    if isinstance(law, PowerLaw):
        if law.number != PowerLaw(law.exponent).number:
            raise ValueError(f"teacher must be a power law of 50 levels, or Levels, got {law!r}")
        return f"power:{law.exponent:g}"
    return type(law).__name__.lower()


@lru_cache(_KEPT)
def _spelled(law: Levels) -> str:
    z, p = law.levels()
    times = p / p.min()
    whole = np.allclose(times, np.round(times), rtol=1e-9)
    return spelled_levels(z.tolist(), (np.round(times) if whole else p).tolist())


@lru_cache(_KEPT)
def teacher_of(text: str) -> Teacher:
    """The teacher of a text, as links, pages and the command write one (THEORY section 13).

    Args:
        text: ``wishart``, ``orthogonal``, ``power:EXPONENT``, or ``levels:`` and the levels with commas
            between, each with how often it counts (``0x7,1,3``) where that is not once; many of them packed.

    Returns:
        The teacher; its levels have shape (K,).

    Raises:
        ValueError: if there is no such teacher, or its exponent or levels are refused.

    >>> teacher_of("power:0.3"), teacher_of("levels:0x2,1,3").rank_fraction()
    (PowerLaw(0.3, levels=50), 0.5)
    >>> teacher_of("wishhart")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: teacher must be wishart, ... or levels:NUMBERS, got 'wishhart' (did you mean wishart?)
    """
    kind, _, rest = text.partition(":")
    if kind == "power" and rest:
        return PowerLaw(_number(rest, "the exponent of power:"))
    if kind == "levels" and rest:
        return _levels_of(rest)
    if text == "wishart":
        return Wishart()
    if text == "orthogonal":
        return Orthogonal()
    near = difflib.get_close_matches(kind, [each.partition(":")[0] for each in KINDS], 1)
    meant = f" (did you mean {next(k for k in KINDS if k.startswith(near[0]))}?)" if near else ""
    got = text if len(text) <= 60 else f"{text[:60]}…"
    raise ValueError(f"teacher must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, got {got!r}{meant}")


def _levels_of(text: str) -> Levels:
    if text.startswith(_PACKED):
        values, weights = _unpacked(text)
        return Levels(values, np.array(weights) / np.sum(weights))
    items = [item.partition("x") for item in text.split(",")]
    if len(items) > MOST_LEVELS:
        raise ValueError(f"teacher: levels must be 1 to {MOST_LEVELS} numbers, got {len(items)}")
    values = [_number(value, "levels") for value, _, _ in items]
    times = np.array([_number(times, "how often a level counts") if x else 1.0 for _, x, times in items])
    if not (np.isfinite(times) & (times > 0)).all():
        raise ValueError("teacher: how often a level counts must be a finite number > 0")
    return Levels(values, times / times.sum())


def _packed(items: Sequence[tuple[float, str]]) -> str:
    """Increasing levels and their weights: steps between their codes, seven bits a byte, compressed."""
    codes = [_code(level) for level, _ in items]
    steps = [after - before for before, after in pairwise([0, *codes])]
    raw = b"".join(map(_bytes_of, [*steps, *(_code(float(times)) for _, times in items)]))
    return _PACKED + base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip("=")


def _unpacked(packed: str) -> tuple[list[float], list[float]]:
    """The levels and their weights."""
    data = packed.removeprefix(_PACKED)
    numbers = [0]
    try:
        raw = base64.b64decode(data + "=" * (-len(data) % 4), altchars=b"-_", validate=True)
        shift = 0
        # What comes of unpacking is bounded: a text may be anybody's.
        for byte in zlib.decompressobj().decompress(raw, _LONGEST):
            numbers[-1] |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                numbers.append(0)
                shift = 0
        numbers.pop()
        half = len(numbers) // 2
        if not numbers or len(numbers) % 2 or half > MOST_LEVELS:
            raise ValueError(half)
        levels, weights = accumulate(numbers[:half]), numbers[half:]
        return [_value(code) for code in levels], [_value(code) for code in weights]
    except (ValueError, OverflowError, zlib.error):
        raise ValueError("teacher: the packed levels are damaged") from None


def _code(value: float) -> int:
    """A whole number that increases with a number of six digits; 0 for 0."""
    if value == 0:
        return 0
    digits, exponent = f"{value:.5e}".split("e")
    return 1 + (int(exponent) + _LEAST) * _MANTISSAS + int(digits.replace(".", "")) - 100_000


def _value(code: int) -> float:
    """The number of a code."""
    if code == 0:
        return 0.0
    exponent, mantissa = divmod(code - 1, _MANTISSAS)
    return float(f"{mantissa + 100_000}e{exponent - _LEAST - 5}")


def _bytes_of(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the eighth."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        got = text if len(text) <= 24 else f"{text[:24]}…"
        raise ValueError(f"teacher: {what} must be a number, got {got!r}") from None


def _short(value: float) -> str:
    """Six digits, without the zeros of an exponent.

    >>> _short(0.1 + 0.2), _short(1.5e-7), _short(2e9)
    ('0.3', '1.5e-7', '2e9')
    """
    return re.sub(r"e([+-]?)0*(\d)", r"e\1\2", f"{value:.6g}").replace("e+", "e")
