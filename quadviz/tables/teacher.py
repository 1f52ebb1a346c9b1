"""The teacher in tables, and in Python that makes it."""

from __future__ import annotations

from quadviz.law.given_levels import Levels
from quadviz.law.spelling import teacher_of

__all__ = ["teacher_code"]

#: So many levels stand in code one by one.
_FEW = 50


def teacher_code(text: str) -> tuple[tuple[str, ...], str]:
    """What has to be imported for a teacher, and the expression that makes it; nothing for the paper's.

    >>> teacher_code("orthogonal"), teacher_code("levels:0x2,1,3")
    ((('Orthogonal',), 'Orthogonal()'), (('Levels',), 'Levels([0.0, 1.0, 3.0], [0.5, 0.25, 0.25])'))
    """
    if text == "wishart":
        return (), ""
    teacher = teacher_of(text)
    if not isinstance(teacher, Levels):
        name = type(teacher).__name__
        return (name,), repr(teacher)
    values, weights = (column.tolist() for column in teacher.levels())
    if len(values) > _FEW:
        return ("teacher_of",), f"teacher_of({text!r})"
    alike = "" if len(set(weights)) == 1 else f", {weights}"
    return ("Levels",), f"Levels({values}{alike})"
