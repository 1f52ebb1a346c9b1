"""What code says of a setting beyond the paper: another teacher, and a Frobenius decay."""

from __future__ import annotations

from quadviz.law.given_levels import Levels
from quadviz.law.spelling import spelled_teacher
from quadviz.law.teachers import WISHART, Teacher
from quadviz.tables.code import Name

__all__ = ["beyond"]

#: So many levels stand in code one by one.
_FEW = 50


def beyond(teacher: Teacher, lam2: float) -> tuple[tuple[str, ...], dict[str, object]]:
    """What to import for a teacher, and the arguments that the paper does not have; none for its own.

    >>> beyond(Levels([0, 0, 1, 3]), 0.1)
    (('Levels',), {'lam2': 0.1, 'teacher': Levels([0.0, 1.0, 3.0], [0.5, 0.25, 0.25])})
    """
    arguments: dict[str, object] = {"lam2": lam2} if lam2 else {}
    if teacher == WISHART:
        return (), arguments
    if not isinstance(teacher, Levels):
        return (type(teacher).__name__,), {**arguments, "teacher": Name(repr(teacher))}
    values, weights = (column.tolist() for column in teacher.levels())
    if len(values) > _FEW:
        return ("teacher_of",), {**arguments, "teacher": Name(f"teacher_of({spelled_teacher(teacher)!r})")}
    alike = "" if len(set(weights)) == 1 else f", {weights}"
    return ("Levels",), {**arguments, "teacher": Name(f"Levels({values}{alike})")}
