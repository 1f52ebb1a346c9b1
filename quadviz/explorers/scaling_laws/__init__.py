"""Scaling laws: the powers with which the test error falls with samples, width and compute, and what limits
it."""

from quadviz.explorers.scaling_laws.page import ScalingLawsExplorer, show, still

__all__ = ["ScalingLawsExplorer", "show", "still"]
