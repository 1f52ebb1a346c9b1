"""Elementwise functions applied block by block: bounded memory, warm caches, digits that know no company.

NumPy computes a product of two complex arrays in place where a temporary one is large (256 kB), and then
rounds it in another order. Below that size every operation used here gives an entry the same bits whatever
stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

__all__ = ["BLOCK", "blockwise", "slices"]

F = TypeVar("F", bound=Callable[..., Any])

#: Entries of a block: 128 kB of complex numbers.
BLOCK = 2**13


def slices(size: int, block: int = BLOCK) -> list[slice]:
    """The stretches that ``size`` entries are cut into.

    >>> slices(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + block, size)) for start in range(0, size, block)]


def blockwise(block: int) -> Callable[[F], F]:
    """Make a function of arrays of one shape, which returns one or a tuple of them, work block by block."""

    def decorate(f: F) -> F:
        @wraps(f)
        def blocked(*arrays: np.ndarray[Any, Any]) -> Any:
            size, shape = arrays[0].size, arrays[0].shape
            if size <= block:
                return f(*arrays)
            flat = [array.reshape(-1) for array in arrays]
            parts = [f(*(array[part] for array in flat)) for part in slices(size, block)]
            if not isinstance(parts[0], tuple):
                return np.concatenate(parts).reshape(shape)
            columns = (np.concatenate(column).reshape(shape) for column in zip(*parts, strict=True))
            kind = type(parts[0])
            return kind(*columns) if hasattr(kind, "_fields") else kind(columns)

        return blocked  # type: ignore[return-value]  # wraps keeps the signature

    return decorate
