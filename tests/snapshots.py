"""Figures as JSON that was looked at once: what a change does to a figure is read in a diff.

``QUADVIZ_SNAPSHOTS=write`` stores what is drawn now as what is expected.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from quadviz.figures.marks.drawing import Drawing

__all__ = ["as_seen", "matches", "unpacked"]

_FOLDER = Path(__file__).parent / "snapshots"
#: Digits of numbers stored, and how far one may be off: solvers round differently from machine to machine.
_DIGITS, _OFF = 6, 1e-4


def as_seen(value: Any) -> Any:
    """A part of a figure as JSON has it: arrays as lists, NaN as null, numbers to some digits."""
    if isinstance(value, dict):
        return {key: as_seen(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_seen(each) for each in value]
    if isinstance(value, np.ndarray):
        return as_seen(value.tolist())
    if isinstance(value, np.generic):
        return as_seen(value.item())
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def matches(name: str, drawing: Drawing) -> str:
    """Where a figure differs first from the one stored under that name; empty where it does not.

    The template is left out: it is the theme's, and the same in all figures.
    """
    layout = {key: value for key, value in drawing["layout"].items() if key != "template"}
    seen = as_seen({"data": drawing["data"], "layout": layout})
    path = _FOLDER / f"{name}.json"
    if os.environ.get("QUADVIZ_SNAPSHOTS") == "write":
        path.write_text(_lines(seen) + "\n", encoding="utf-8")
    return _difference(json.loads(path.read_text(encoding="utf-8")), seen, name)


def unpacked(message: bytes) -> Any:
    """A message to browsers, read as they read it."""
    length = int.from_bytes(message[:4], "little")
    numbers = np.frombuffer(message, dtype="<f4", offset=4 + length)

    def array(value: dict[str, Any]) -> Any:
        if "$" not in value:
            return value
        first, *shape = value["$"]
        return numbers[first : first + math.prod(shape)].reshape(shape)

    return json.loads(message[4 : 4 + length], object_hook=array)


def _difference(one: Any, other: Any, where: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if key not in one or key not in other:
                return f"{where}.{key}: {'new' if key not in one else 'gone'}"
            if found := _difference(one[key], other[key], f"{where}.{key}"):
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{where}: {len(other)} in place of {len(one)}"
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_difference(a, b, f"{where}[{i}]") for i, (a, b) in pairs)), "")
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (one, other))
    same = math.isclose(one, other, rel_tol=_OFF, abs_tol=1e-9) if numbers else one == other
    return "" if same else f"{where}: {other!r} in place of {one!r}"


def _lines(value: Any, depth: int = 0) -> str:
    """JSON with lists of numbers on one line."""
    pad = " " * depth
    if isinstance(value, dict) and value:
        rows = (f"{pad} {json.dumps(key)}: {_lines(each, depth + 1)}" for key, each in value.items())
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    if isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        rows = (f"{pad} {_lines(each, depth + 1)}" for each in value)
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    return json.dumps(value, ensure_ascii=False)
