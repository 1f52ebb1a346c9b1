"""Scaling laws: with which power errors fall with samples, width and compute, and what limits them."""

from quadviz.explorers.scaling_laws.page import ScalingLawsExplorer, show, still

__all__ = ["ScalingLawsExplorer", "show", "still"]
