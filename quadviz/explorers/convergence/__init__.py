"""Convergence: how fast training comes to its end."""

from quadviz.explorers.convergence.page import ConvergenceExplorer, show, still

__all__ = ["ConvergenceExplorer", "show", "still"]
