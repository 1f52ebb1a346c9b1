"""Typical eigenvalues of a teacher, where matrices of some size stand for infinitely large ones."""

from __future__ import annotations

from quadviz.arrays import FloatArray
from quadviz.law.teacher_law import marchenko_pastur_quantiles
from quadviz.law.teachers import Teacher, Wishart

__all__ = ["typical_eigenvalues"]


def typical_eigenvalues(teacher: Teacher, kappa_star: float, d: int) -> FloatArray:
    """d eigenvalues that stand for a teacher's law, in no order, shape (d,).

    Args:
        teacher: the law.
        kappa_star: its width; of given levels their rank fraction.
        d: how many.

    Raises:
        ValueError: if d is too small for a single eigenvalue that is not zero.
    """
    if isinstance(teacher, Wishart):
        return marchenko_pastur_quantiles(kappa_star, d)
    values: FloatArray = teacher.eigenvalues(d, kappa_star if teacher.sized_by_width else None)
    return values
