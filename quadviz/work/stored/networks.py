"""The networks that the simulation lab opens with."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting
from quadviz.simulation.flow import SolverStatistics
from quadviz.simulation.simulate import Simulation
from quadviz.sizes import Sizes
from quadviz.work.stored.file import read, shipped, write
from quadviz.work.training import LabRun, Request

__all__ = ["STORED", "read_networks", "store_networks", "stored_networks"]

#: Where they are, beside this module.
STORED = "lab.npz"
#: What is kept of each network: of the times observed, and of the moments with eigenvalues.
_ARRAYS = (
    "times",
    "mse",
    "train_loss",
    "in_sample_error",
    "regularised_loss",
    "eigenvalue_times",
    "eigenvalues",
)
_NUMBERS = ("seed", "end", "reached")


@cache
def stored_networks() -> LabRun:
    """The stored networks; read once, when they are first wanted."""
    return _run(*shipped(STORED))


def read_networks(place: Path) -> LabRun:
    """The networks in a file.

    Args:
        place: the file.
    """
    return _run(*read(place))


def store_networks(run: LabRun, place: Path) -> None:
    """Write networks to a file, but for their weights.

    Args:
        run: the networks, all of them complete.
        place: the file.
    """
    request, networks = run.request, run.networks
    about = {
        # Of the setting what the paper has: the stored networks are of its teacher.
        "request": {**asdict(request), "setting": {n: getattr(request.setting, n) for n in PARAMETERS}},
        "networks": [
            {**{n: getattr(each, n) for n in _NUMBERS}, "statistics": asdict(each.statistics)}
            for each in networks
        ],
    }
    write(place, about, {name: np.array([getattr(each, name) for each in networks]) for name in _ARRAYS})


def _run(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> LabRun:
    asked = about["request"]
    request = Request(**{**asked, "setting": Setting(**asked["setting"]), "seeds": tuple(asked["seeds"])})
    networks = tuple(
        Simulation(
            setting=request.setting,
            sizes=Sizes.of(request.setting, request.d),
            recipe=request.recipe,
            **{**told, "statistics": SolverStatistics(**told["statistics"])},
            **{name: arrays[name][number] for name in _ARRAYS},
            final_weights=None,
        )
        for number, told in enumerate(about["networks"])
    )
    return LabRun(request, networks, stored=True)
