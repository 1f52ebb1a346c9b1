"""Every sign change of a function of log xi, for many problems at once, each on its own stretch of a lattice.

The points belong to one lattice for all problems, and each problem is looked at on its own stretch of it:
what is found for one does not depend on the others. Stretches differ in length, so they lie one after the
other in flat arrays, each entry with its owner. Where the function turns round before it reaches zero, two
roots may hide between neighbouring points: there it is looked at more closely.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import BoolArray, FloatArray

__all__ = ["Brackets", "blocks_of", "find_brackets", "stretches"]
__all__ = ["FEW", "Brackets", "Lattices", "blocks_of", "find_brackets", "stretches"]

IndexArray = NDArray[np.intp]
#: The function and what else is wanted at the ends of a bracket, for owners at values of log xi.
Columns = Callable[[IndexArray, FloatArray], tuple[FloatArray, ...]]

#: Rounds of the closer look, and the pieces that each cuts a stretch into: together they tell roots apart
#: whose log xi differs by a ten-thousandth.
_ROUNDS, _PIECES = 3, 16
#: How low a turn must lie, beside the second difference there, to be looked at.
_LOW = 0.5
#: Up to so many pairs of widths are looked up one by one.
FEW = 24
#: Pairs of widths whose law is remembered.
_REMEMBERED = 64
#: Columns at points of the lattice, for a pair of widths.
Law = Callable[[FloatArray, FloatArray, IndexArray], tuple[FloatArray, ...]]


class Lattices:
    """What a scan needs of the law, by the pair of widths, on stretches of the lattice.

    Neither samples nor noise nor decay are in it: as one of these moves, it stays.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[float, float], tuple[int, tuple[FloatArray, ...]]] = OrderedDict()

    def columns(
        self, pairs: tuple[FloatArray, FloatArray], first: IndexArray, last: IndexArray, law: Law
    ) -> tuple[FloatArray, ...]:
        """Columns on the stretches of some pairs of widths, one after the other."""
        keys = [(float(one), float(other)) for one, other in zip(*pairs, strict=True)]
        ends = list(zip(first.tolist(), last.tolist(), strict=True))
        wanted: dict[tuple[float, float], tuple[int, int]] = {}
        for key, (low, high) in zip(keys, ends, strict=True):
            # A pair may be asked for more than once, on stretches of different noise.
            before = wanted.get(key, (low, high))
            wanted[key] = (min(low, before[0]), max(high, before[1]))
        known, new = {}, {}
        for key, (low, high) in wanted.items():
            start, columns = self._known.get(key, (low, ()))
            end = start + columns[0].size - 1 if columns else high
            if not columns or low < start or high > end:
                new[key] = (min(low, start), max(high, end))
            else:
                known[key] = (start, columns)
        if new:
            owner, point = stretches(*np.array(list(new.values())).T)
            widths = np.array(list(new))
            found = law(widths[owner, 0], widths[owner, 1], point)
            cuts = np.flatnonzero(np.diff(owner)) + 1
            parts = zip(*(np.split(column, cuts) for column in found), strict=True)
            known |= {key: (new[key][0], part) for key, part in zip(new, parts, strict=True)}
            # What is known is replaced, never changed: a page that is saved is solved for in a thread beside.
            self._known.update((key, known[key]) for key in new)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        chosen = [
            tuple(column[low - known[key][0] : high + 1 - known[key][0]] for column in known[key][1])
            for key, (low, high) in zip(keys, ends, strict=True)
        ]
        return chosen[0] if len(chosen) == 1 else tuple(map(np.concatenate, zip(*chosen, strict=True)))


@dataclass(frozen=True, eq=False)
class Brackets:
    """Sign changes, sorted by owner and then by log xi.

    Attributes:
        owner: whose it is, shape (B,).
        low: log xi on its left, shape (B,).
        high: log xi on its right, shape (B,).
        left: the columns at ``low``, the function first, each of shape (B,).
        right: the columns at ``high``.
    """

    owner: IndexArray
    low: FloatArray
    high: FloatArray
    left: tuple[FloatArray, ...]
    right: tuple[FloatArray, ...]

    def __len__(self) -> int:
        return int(self.owner.size)

    def __getitem__(self, index: IndexArray | BoolArray) -> Brackets:
        left, right = (tuple(column[index] for column in side) for side in (self.left, self.right))
        return Brackets(self.owner[index], self.low[index], self.high[index], left, right)

    def joined(self, other: Brackets) -> Brackets:
        """These and others, sorted."""
        owner = np.concatenate([self.owner, other.owner])
        low, high = np.concatenate([self.low, other.low]), np.concatenate([self.high, other.high])
        left, right = (
            tuple(np.concatenate(pair) for pair in zip(mine, theirs, strict=True))
            for mine, theirs in ((self.left, other.left), (self.right, other.right))
        )
        return Brackets(owner, low, high, left, right)[np.lexsort((low, owner))]

    def first(self) -> Brackets:
        """The first of each owner that has any."""
        return self[np.unique(self.owner, return_index=True)[1]]

    def counts(self, owners: int) -> IndexArray:
        """How many each owner has, shape (owners,)."""
        return np.bincount(self.owner, minlength=owners)

    def start(self) -> list[FloatArray]:
        """Where the function would be zero if all were linear in log xi: xi, and the other columns."""
        a, b = self.left[0], self.right[0]
        share = np.clip(np.divide(a, a - b, out=np.full(len(self), 0.5), where=a != b), 0, 1)
        ends = zip((self.low, *self.left[1:]), (self.high, *self.right[1:]), strict=True)
        place, *rest = ((1 - share) * one + share * other for one, other in ends)
        return [np.exp(place), *rest]


def stretches(first: IndexArray, last: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Owners and lattice points of stretches from ``first`` to ``last`` inclusive, one after the other.

    >>> stretches(np.array([3, -1]), np.array([5, 0]))
    (array([0, 0, 0, 1, 1]), array([ 3,  4,  5, -1,  0]))
    """
    lengths = last - first + 1
    owner = np.repeat(np.arange(first.size), lengths)
    begins = np.cumsum(lengths) - lengths
    return owner, np.arange(owner.size) - (begins - first)[owner]


def blocks_of(lengths: IndexArray, size: int) -> Iterator[slice]:
    """Runs of neighbours whose lengths add up to ``size`` or a little more."""
    block = (np.cumsum(lengths) - lengths) // size
    cuts = np.flatnonzero(np.diff(block)) + 1
    for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), lengths.size], strict=True):
        if stop > start:
            yield slice(start, stop)


def find_brackets(
    owner: IndexArray, log_xi: FloatArray, values: tuple[FloatArray, ...], valid: BoolArray, columns: Columns
) -> Brackets:
    """Brackets of all sign changes, also of pairs that hide between neighbouring points.

    Args:
        owner: whose points they are, in runs, shape (T,).
        log_xi: increasing for each owner, shape (T,).
        values: the columns there, each of shape (T,); the first one changes sign.
        valid: where the function means something; one end of a bracket must, shape (T,).
        columns: computes columns elsewhere.
    """
    f = values[0]
    same = owner[1:] == owner[:-1]
    at = np.flatnonzero(same & ((f[1:] > 0) != (f[:-1] > 0)) & (valid[1:] | valid[:-1]))
    found = Brackets(
        owner[at], log_xi[at], log_xi[at + 1], tuple(v[at] for v in values), tuple(v[at + 1] for v in values)
    )
    turns = _turns(f, same, valid)
    if not turns.size:
        return found
    hidden = _hidden(turns, owner, log_xi, values, columns)
    return found.joined(hidden)


def _turns(f: FloatArray, same: BoolArray, valid: BoolArray) -> IndexArray:
    """Middle points of three of one sign between which the function may reach zero and turn back."""
    size = np.abs(f)
    inner = same[1:] & same[:-1]
    inner &= ((f[1:-1] > 0) == (f[:-2] > 0)) & ((f[1:-1] > 0) == (f[2:] > 0))
    inner &= (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:]) & (valid[:-2] | valid[1:-1] | valid[2:])
    at = np.flatnonzero(inner) + 1
    before, here, after = size[at - 1], size[at], size[at + 1]
    bend = before - 2 * here + after
    dip = np.divide((before - after) ** 2, 8 * bend, out=np.zeros_like(bend), where=bend > 0)
    turning: IndexArray = at[here - dip < _LOW * bend]
    return turning


def _hidden(
    turns: IndexArray, owner: IndexArray, log_xi: FloatArray, values: tuple[FloatArray, ...], columns: Columns
) -> Brackets:
    """Both sides of the turns that do reach zero."""
    whose, sign = owner[turns], np.where(values[0][turns] > 0, 1.0, -1.0)
    low, high = log_xi[turns - 1], log_xi[turns + 1]
    bottom: tuple[FloatArray, ...] = tuple(v[turns].copy() for v in values)
    place = log_xi[turns].copy()
    for _ in range(_ROUNDS):
        grid = np.linspace(low, high, _PIECES + 1, axis=1)
        flat = columns(np.repeat(whose, grid.shape[1]), grid.ravel())
        table = [column.reshape(grid.shape) for column in flat]
        rows, lowest = np.arange(turns.size), np.argmin(table[0] * sign[:, None], axis=1)
        deeper = table[0][rows, lowest] * sign < bottom[0] * sign
        bottom = tuple(np.where(deeper, t[rows, lowest], b) for t, b in zip(table, bottom, strict=True))
        place = np.where(deeper, grid[rows, lowest], place)
        width = (high - low) / _PIECES
        low, high = place - width, place + width
    at = np.flatnonzero(bottom[0] * sign < 0)
    ends = (turns[at] - 1, turns[at] + 1)
    left, right = (tuple(v[end] for v in values) for end in ends)
    middle = tuple(b[at] for b in bottom)
    return Brackets(
        np.concatenate([whose[at], whose[at]]),
        np.concatenate([log_xi[ends[0]], place[at]]),
        np.concatenate([place[at], log_xi[ends[1]]]),
        tuple(np.concatenate(pair) for pair in zip(left, middle, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(middle, right, strict=True)),
    )
