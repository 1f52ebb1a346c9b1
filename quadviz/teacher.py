"""The Wishart teacher's law, by its old name; it lives in :mod:`quadviz.law.teacher_law`."""

from quadviz.law.teacher_law import TeacherEdges, TeacherLaw

__all__ = ["TeacherEdges", "TeacherLaw"]
