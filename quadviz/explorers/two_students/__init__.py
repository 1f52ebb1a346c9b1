"""Two students: two settings side by side, their curves, their spectra and the difference."""

from quadviz.explorers.two_students.page import TwoStudentsExplorer, show, still

__all__ = ["TwoStudentsExplorer", "show", "still"]
