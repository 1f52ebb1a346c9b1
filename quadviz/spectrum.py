"""The law of the noisy teacher, by its old name; it lives in :mod:`quadviz.law.noisy_teacher`."""

from quadviz.law.noisy_teacher import NoisyTeacherLaw, PartialIntegrals

__all__ = ["NoisyTeacherLaw", "PartialIntegrals"]
