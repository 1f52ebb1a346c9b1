"""Lines on which a tabulated function vanishes, followed from cell to cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["trace_zeros"]

IndexArray = NDArray[np.intp]


def trace_zeros(table: NDArray[np.float64]) -> tuple[list[IndexArray], tuple[IndexArray, IndexArray]]:
    """Follow the zero lines of a table through its cells.

    A line enters and leaves a cell through edges whose ends differ in sign. In a cell with four of them the
    sign of the mean of its corners tells which belong together.

    Args:
        table: values, shape (R, C).

    Returns:
        The lines, each as numbers of crossings in the order passed, the first one repeated at the end of a
        loop; and the crossings: first those between rows r and r + 1 of a column, then those between
        columns c and c + 1 of a row, each as (r, c), shapes (M, 2) and (N, 2).

    >>> lines, (between_rows, between_columns) = trace_zeros(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    >>> [line.tolist() for line in lines], between_rows.tolist(), between_columns.tolist()
    ([[0, 1]], [[0, 0], [0, 1]], [])
    """
    positive = table > 0
    rows = np.argwhere(positive[1:] != positive[:-1])
    columns = np.argwhere(positive[:, 1:] != positive[:, :-1])
    number = {("r", *edge): i for i, edge in enumerate(map(tuple, rows.tolist()))}
    number |= {("c", *edge): i + len(rows) for i, edge in enumerate(map(tuple, columns.tolist()))}
    neighbours: dict[int, list[int]] = {i: [] for i in number.values()}
    cells = {(r, c - side) for r, c in rows.tolist() for side in (0, 1)}
    cells |= {(r - side, c) for r, c in columns.tolist() for side in (0, 1)}
    height, width = table.shape
    for r, c in cells:
        if not (0 <= r < height - 1 and 0 <= c < width - 1):
            continue
        # Left, top, right, bottom: neighbours in this order share a corner.
        edges = [number.get(e) for e in (("r", r, c), ("c", r + 1, c), ("r", r, c + 1), ("c", r, c))]
        crossed = [e for e in edges if e is not None]
        if len(crossed) == 4:
            middle = table[r : r + 2, c : c + 2].mean() > 0
            # The corner between left and bottom is (r, c): cut off where it differs from the middle.
            pairs = [(3, 0), (1, 2)] if positive[r, c] != middle else [(0, 1), (2, 3)]
            joined = [(crossed[a], crossed[b]) for a, b in pairs]
        else:
            joined = [(crossed[0], crossed[1])] if len(crossed) == 2 else []
        for one, other in joined:
            neighbours[one].append(other)
            neighbours[other].append(one)
    return _chains(neighbours), (rows.reshape(-1, 2), columns.reshape(-1, 2))


def _chains(neighbours: dict[int, list[int]]) -> list[IndexArray]:
    """Chains of neighbours: those with ends first, then the loops."""
    left, chains = set(neighbours), []
    starts = [e for e, others in neighbours.items() if len(others) < 2]
    for start in [*starts, *neighbours]:
        if start not in left:
            continue
        chain = [start]
        left.discard(start)
        while True:
            ways = [e for e in neighbours[chain[-1]] if e in left]
            if not ways:
                break
            chain.append(ways[0])
            left.discard(ways[0])
        if len(chain) > 2 and start in neighbours[chain[-1]]:
            chain.append(start)
        chains.append(np.array(chain, dtype=np.intp))
    return chains
