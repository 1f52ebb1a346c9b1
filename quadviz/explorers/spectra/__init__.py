"""Spectra: the eigenvalues a student learns, against its teacher's."""

from quadviz.explorers.spectra.page import SpectraExplorer, show, still

__all__ = ["SpectraExplorer", "show", "still"]
