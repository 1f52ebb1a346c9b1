"""Dynamics: errors and spectra over training time."""

from quadviz.explorers.dynamics.page import DynamicsExplorer, show, still

__all__ = ["DynamicsExplorer", "show", "still"]
