"""Python that computes the numbers of a figure, to be saved beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Code", "Name", "assignment"]


@dataclass(frozen=True)
class Code:
    """Python that computes the numbers of a figure.

    Attributes:
        imports: names to import from ``quadviz``.
        lines: the statements.
        numpy: whether they need numpy as ``np``.
    """

    imports: Sequence[str]
    lines: Sequence[str]
    numpy: bool = False


class Name(str):
    """A name in Python, which stands for itself.

    >>> assignment({"teacher": Name("teacher")})
    'teacher=teacher'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def assignment(values: Mapping[str, object]) -> str:
    """Keyword arguments in Python.

    >>> assignment({"kappa": 0.5, "compare": "lam"})
    "kappa=0.5, compare='lam'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
