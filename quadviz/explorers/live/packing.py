"""Figures as messages: what is in a figure as comparable parts, what changed in them, and both as bytes.

A message is the length of a text, the text in JSON, and after it all arrays as one block of single-precision
numbers, finer than any screen. In the text an array is ``{"$": [first, *shape]}``, the place of its first
number and its shape; an array that occurs twice is there once.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadviz.figures.marks.drawing import Drawing

__all__ = ["Parts", "applied", "changes", "moments_of", "packed", "parts_of", "whole"]

_NOWHERE = np.array([np.nan])


@dataclass(frozen=True)
class Block:
    """An array of a figure, which can be compared."""

    shape: tuple[int, ...]
    numbers: bytes


@dataclass(frozen=True)
class Parts:
    """A figure taken apart: what may change by itself.

    Attributes:
        traces: the properties of each trace by its name, in their order.
        layout: the properties of the layout.
    """

    traces: dict[str, dict[str, Any]]
    layout: dict[str, Any]


def parts_of(drawing: Drawing) -> Parts:
    """A figure, taken apart.

    Raises:
        ValueError: if two traces have one name.
    """
    traces = {trace["uid"]: _plain(_somewhere(trace)) for trace in drawing["data"]}
    if len(traces) < len(drawing["data"]):
        names = [trace["uid"] for trace in drawing["data"]]
        raise ValueError(f"two traces have one name; there are {names}")
    return Parts(traces, _plain(drawing["layout"]))


def _somewhere(trace: Mapping[str, Any]) -> Mapping[str, Any]:
    """A trace, with a point that is nowhere if it has none: plotly makes no room for one without points."""
    if np.size(trace.get("x", _NOWHERE)):
        return trace
    return {**trace, "x": _NOWHERE, "y": _NOWHERE}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return Block(value.shape, np.ascontiguousarray(value, dtype="<f4").tobytes())
    return value.item() if isinstance(value, np.generic) else value


def whole(parts: Parts) -> dict[str, Any]:
    """All of a figure, as changes to nothing."""
    names = list(parts.traces)
    return {"order": names, "anew": names, "traces": parts.traces, "layout": parts.layout}


def changes(before: Parts, after: Parts) -> dict[str, Any]:
    """What makes one figure of another: empty where they are the same.

    Returns:
        ``traces`` and ``layout`` with the properties that changed, ``lists`` with those of single shapes and
        notes of the layout, ``anew`` the traces that are told whole, ``gone`` the properties that the layout
        has no more, and ``order`` where traces come, go or change places.
    """
    traces, anew = {}, []
    for uid, trace in after.traces.items():
        old = before.traces.get(uid)
        if old is None or not old.keys() <= trace.keys():
            traces[uid] = trace
            anew.append(uid)
        elif changed := _changed(old, trace):
            traces[uid] = changed
    layout = _changed(before.layout, after.layout)
    lists = {
        key: _listed(before.layout[key], layout[key]) for key in layout if _alike(before.layout, layout, key)
    }
    layout = {key: value for key, value in layout.items() if key not in lists}
    gone = [key for key in before.layout if key not in after.layout]
    order = list(after.traces)
    found: dict[str, Any] = {"traces": traces, "anew": anew, "layout": layout, "lists": lists, "gone": gone}
    found = {name: what for name, what in found.items() if what}
    if order != list(before.traces):
        found["order"] = order
    return found


def applied(before: Parts, found: Mapping[str, Any]) -> Parts:
    """The figure that changes make of another, as a browser puts it together."""
    layout = {key: value for key, value in before.layout.items() if key not in found.get("gone", ())}
    traces = dict(before.traces)
    for uid, changed in found.get("traces", {}).items():
        traces[uid] = changed if uid in found.get("anew", ()) else {**traces[uid], **changed}
    order = found.get("order", list(traces))
    layout |= found.get("layout", {})
    for key, changed in found.get("lists", {}).items():
        layout[key] = [{**each, **changed.get(str(i), {})} for i, each in enumerate(layout[key])]
    return Parts({uid: traces[uid] for uid in order}, layout)


def moments_of(drawings: Sequence[Drawing]) -> list[dict[str, Any]]:
    """What moves between some figures: for each of them the properties that are not the same in all.

    Raises:
        ValueError: if they do not have the same traces.
    """
    parts = [parts_of(drawing) for drawing in drawings]
    if len({tuple(each.traces) for each in parts}) > 1:
        raise ValueError("the moments of a film must have the same traces")
    found: list[dict[str, Any]] = [{"traces": {}, "layout": {}, "lists": {}} for _ in parts]
    for uid in parts[0].traces if parts else ():
        for moment, moving in zip(found, _moving([each.traces[uid] for each in parts]), strict=True):
            if moving:
                moment["traces"][uid] = moving
    for moment, moving in zip(found, _moving([each.layout for each in parts]), strict=True):
        moment["layout"] = moving
    first = found[0]["layout"] if found else {}
    for key in [key for key in first if all(_alike(first, each["layout"], key) for each in found)]:
        several = [moment["layout"].pop(key) for moment in found]
        for moment in found:
            moment["lists"][key] = {}
        for i in range(len(several[0])):
            for moment, moving in zip(found, _moving([each[i] for each in several]), strict=True):
                if moving:
                    moment["lists"][key][str(i)] = moving
    return found


def _moving(several: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of some parts the properties that differ between any two of them."""
    if not several:
        return []
    first = several[0]
    keys = [key for key in first if any(each.get(key) != first[key] for each in several)]
    return [{key: each[key] for key in keys if key in each} for each in several]


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in new.items() if key not in old or old[key] != value}


def _alike(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> bool:
    """Whether two layouts have as many shapes or notes, none of which lacks a property that it had."""
    one, other = old.get(key), new[key]
    if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
        return False
    pairs = zip(one, other, strict=True)
    return all(isinstance(a, dict) and isinstance(b, dict) and a.keys() <= b.keys() for a, b in pairs)


def _listed(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What changed in the entries of a list, by their numbers."""
    each = ((str(i), _changed(a, b)) for i, (a, b) in enumerate(zip(old, new, strict=True)))
    return {number: changed for number, changed in each if changed}


def packed(value: object) -> bytes:
    """Parts of figures as a message.

    Raises:
        ValueError: for a number that JSON does not have, outside an array.
        TypeError: for what is neither plain nor an array.
    """
    blocks: dict[bytes, int] = {}
    count = 0

    def encoded(block: object) -> dict[str, list[int]]:
        nonlocal count
        if not isinstance(block, Block):
            raise TypeError(f"a figure has no room for a {type(block).__name__}")
        if block.numbers not in blocks:
            blocks[block.numbers] = count
            count += len(block.numbers) // 4
        return {"$": [blocks[block.numbers], *block.shape]}

    text = json.dumps(
        value, default=encoded, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    ).encode()
    text += b" " * (-len(text) % 4)
    return b"".join((struct.pack("<I", len(text)), text, *blocks))
