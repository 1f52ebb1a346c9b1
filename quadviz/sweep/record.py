"""What a store says of its sweep: what was asked for, with long axes apart, and with what it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["differences", "packed", "unpacked"]

#: Longer lists are arrays of their own, and a digest in their place.
_LONG = 1000


def packed(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    """A sweep as plain values, with a digest in place of long columns; and these, by name.

    >>> plain, long = packed({"grid": {"alpha": [0.1] * 5000, "lam": 0.1}, "settings": {}})
    >>> plain["grid"]["alpha"]["size"], plain["grid"]["lam"], list(long)
    (5000, 0.1, ['grid_alpha'])
    """
    long: dict[str, FloatArray] = {}
    plain = dict(spec)
    for table in ("grid", "settings"):
        plain[table] = dict(spec[table])
        for name, values in spec[table].items():
            if isinstance(values, list) and len(values) > _LONG and name != "name":
                array = np.array(values, dtype=np.float64)
                long[f"{table}_{name}"] = array
                plain[table][name] = {
                    "size": array.size,
                    "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
                }
    return plain, long


def unpacked(plain: Mapping[str, Any], long: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`packed` took, from what it gave."""
    whole = dict(plain)
    for table in ("grid", "settings"):
        columns = plain[table].items()
        whole[table] = {n: long[f"{table}_{n}"] if isinstance(v, Mapping) else v for n, v in columns}
    return whole


def differences(one: Any, other: Any, name: str = "") -> Iterator[str]:
    """In what two nests of plain values differ, in words: what the store has, and what is asked for.

    >>> list(differences({"grid": {"lam": 0.1}}, {"grid": {"lam": 0.2}}))
    ['grid.lam: the store has 0.1, this is 0.2']
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping) and "sha256" not in {**one, **other}:
        for key in dict.fromkeys((*one, *other)):
            yield from differences(one.get(key), other.get(key), f"{name}.{key}" if name else key)
        if one == other and list(one) != list(other):
            yield f"{name}: the store has the order {', '.join(one)}, this is {', '.join(other)}"
    elif one != other:
        yield f"{name}: the store has {_short(one)}, this is {_short(other)}"


def _short(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list) and len(value) > 4:
        return f"{len(value)} values from {value[0]} to {value[-1]}"
    if isinstance(value, Mapping) and "sha256" in value:
        return f"{value['size']} values ({value['sha256'][:8]})"
    return str(value)
