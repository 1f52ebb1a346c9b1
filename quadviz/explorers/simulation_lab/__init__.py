"""Simulation lab: networks trained while one watches, beside the theory of their end."""

from quadviz.explorers.simulation_lab.page import SimulationLab, show, still

__all__ = ["SimulationLab", "show", "still"]
