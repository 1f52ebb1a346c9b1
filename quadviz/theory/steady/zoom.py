"""Brackets of a sign change in xi, narrowed until Newton's method converges from inside them.

Both regimes reduce to one scalar equation in xi once the second equation is solved for q. Evaluations side
by side are cheap where calls one after the other are not, so a bracket is not halved but cut into pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray
from quadviz.theory.steady.newton import Problems, newton

__all__ = ["newton_between", "start_between", "zoom"]

#: The excess of the first equation, and q (and omega) from the others, for problems at values of log xi.
Scan = Callable[[Problems, FloatArray], Sequence[FloatArray]]

#: Rounds, and the pieces that each of them cuts a bracket into: together they resolve a float.
_ROUNDS, _PIECES = 14, 12
#: How far, in log xi, a root may lie outside a bracket that was found with a quantile of eight digits.
_MARGIN = 1e-6


def start_between(
    first: NDArray[np.intp], log_xi: FloatArray, excess: FloatArray, *unknowns: FloatArray
) -> list[FloatArray]:
    """xi and the other unknowns where the excess changes sign between columns first and first + 1.

    Args:
        first: a column for each row.
        log_xi: the grid, a row a problem, as the other arrays.
        excess: what changes sign.
        unknowns: q, and omega where there is one.

    Returns:
        xi and the unknowns, interpolated linearly in log xi; new arrays of one entry a row.
    """
    rows = np.arange(first.size)
    left, right = excess[rows, first], excess[rows, first + 1]
    share = np.divide(left, left - right, out=np.full(first.size, 0.5), where=left != right)
    share = np.clip(share, 0, 1)
    place, *rest = ((1 - share) * v[rows, first] + share * v[rows, first + 1] for v in (log_xi, *unknowns))
    return [np.exp(place), *rest]


def newton_between(
    p: Problems, start: list[FloatArray], low: FloatArray, high: FloatArray, *, eager: bool = False
) -> BoolArray:
    """Newton's method from a start, in place; True where it converged to a root in [low, high] of log xi."""
    converged = newton(p, *start, eager=eager)
    # Next to a fold the other root is a little beyond the bracket: it is not the one that is looked for.
    return converged & (np.log(start[0]) > low - _MARGIN) & (np.log(start[0]) < high + _MARGIN)


def zoom(
    problems: Problems, low: FloatArray, high: FloatArray, scan: Scan
) -> tuple[list[FloatArray], BoolArray]:
    """Solve each problem at the first sign change between low and high.

    Args:
        problems: the parameters.
        low: lower ends of the brackets, in log xi.
        high: their upper ends.
        scan: the excess and the other unknowns on flat arrays.

    Returns:
        The unknowns, xi first, and where Newton's method converged to them.
    """
    low, high, todo = low.copy(), high.copy(), np.arange(len(problems))
    solution: list[FloatArray] = []
    converged = np.zeros(len(problems), dtype=bool)
    for _ in range(_ROUNDS):
        grid = np.linspace(low[todo], high[todo], _PIECES + 1, axis=1)
        columns = scan(problems[np.repeat(todo, grid.shape[1])], grid.ravel())
        excess, *unknowns = (column.reshape(grid.shape) for column in columns)
        first = np.maximum(np.argmax((excess > 0) != (excess[:, :1] > 0), axis=1) - 1, 0)
        rows = np.arange(todo.size)
        low[todo], high[todo] = grid[rows, first], grid[rows, first + 1]
        start = start_between(first, grid, excess, *unknowns)
        ok = newton_between(problems[todo], start, low[todo], high[todo])
        solution = solution or [np.zeros(len(problems)) for _ in start]
        for target, values in zip(solution, start, strict=True):
            target[todo] = values
        converged[todo] = ok
        todo = todo[~ok]
        if not todo.size:
            break
    return solution, converged
