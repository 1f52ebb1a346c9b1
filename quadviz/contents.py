"""The pages there are: one notebook each, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FRONT", "PAGES"]

#: The page that leads to all the others.
FRONT = "index"

#: Every page: the name of its notebook, and its title. The first is where a visitor arrives.
PAGES: Mapping[str, str] = MappingProxyType(
    {
        FRONT: "Gallery",
        "learning_curves": "Learning curves",
        "spectra": "Spectra",
        "recovery": "Recovery",
        "double_descent": "Double descent",
        "two_students": "Two students",
        "two_decays": "Two decays",
        "scaling_laws": "Scaling laws",
        "simulation_lab": "Simulation lab",
        "dynamics": "Dynamics",
        "convergence": "Convergence",
    }
)
