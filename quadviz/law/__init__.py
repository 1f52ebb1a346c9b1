"""The spectral laws that everything stands on: teachers, and what noise makes of their levels."""

from quadviz.law.given_levels import Levels
from quadviz.law.teachers import WISHART, Orthogonal, PowerLaw, Teacher, Wishart

__all__ = ["WISHART", "Levels", "Orthogonal", "PowerLaw", "Teacher", "Wishart"]
