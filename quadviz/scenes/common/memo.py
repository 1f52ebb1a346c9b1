"""What one page remembers of what it solved, so that a slider's step solves for what it moves alone."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from quadviz.arrays import FloatArray
from quadviz.theory.best.nearby import BayesTrail
from quadviz.theory.steady.nearby import Guess, Trail

__all__ = ["Memo", "Recent"]

#: Results kept of either kind: a family of curves with their markers, for a few settings.
_KEPT = 96


class Recent:
    """The last results, by what they are of.

    >>> recent = Recent(2)
    >>> [recent.once(name, lambda: name.upper()) for name in "aba"]
    ['A', 'B', 'A']
    >>> recent["c"] = "C"
    >>> "a" in recent, "b" in recent
    (True, False)
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._results: OrderedDict[Hashable, Any] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._results

    def __getitem__(self, key: Hashable) -> Any:
        self._results.move_to_end(key)
        return self._results[key]

    def __setitem__(self, key: Hashable, result: Any) -> None:
        self._results[key] = result
        self._results.move_to_end(key)
        if len(self._results) > self._kept:
            self._results.popitem(last=False)

    def once(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """The result of a key, computed where it is not there."""
        if key not in self:
            self[key] = compute()
        return self[key]

    def gather(self, keys: Sequence[Hashable], compute: Callable[[list[int]], Iterable[Any]]) -> list[Any]:
        """The results of several keys; those of the keys that are not there are computed in one go.

        Args:
            keys: what is asked for.
            compute: from the positions of those that are not there to their results.

        >>> recent = Recent()
        >>> recent["b"] = "B"
        >>> recent.gather("abc", lambda new: [f"{i} anew" for i in new])
        ['0 anew', 'B', '2 anew']
        """
        results = {i: self[key] for i, key in enumerate(keys) if key in self}
        new = [i for i in range(len(keys)) if i not in results]
        if new:
            for i, result in zip(new, compute(new), strict=True):
                results[i] = self[keys[i]] = result
        return [results[i] for i in range(len(keys))]

    def copy(self) -> Recent:
        """Another one that remembers the same."""
        other = Recent(self._kept)
        other._results = self._results.copy()
        return other


class Memo:
    """The memory of a page.

    Attributes:
        exact: results that depend on their keys alone.
        followed: curves solved from where they were before, to the solver's tolerance: which of the last
            digits they have depends on the way.
        trails: where curves were, by name.
        seeds: the last curve of each kind, its places and solutions, where one without a trail begins.
        bayes: where the Bayes-optimal curve was.
    """

    def __init__(self) -> None:
        self.exact, self.followed = Recent(), Recent()
        self.trails: defaultdict[Hashable, Trail] = defaultdict(Trail)
        self.seeds: dict[Hashable, tuple[FloatArray, Guess]] = {}
        self.bayes = BayesTrail()

    def copy(self, followed: bool = True) -> Memo:
        """Another one that remembers the same results, those followed only if asked, and has been nowhere."""
        other = Memo()
        other.exact = self.exact.copy()
        if followed:
            other.followed = self.followed.copy()
        return other
