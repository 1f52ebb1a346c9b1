"""Small sweeps for the tests, and work that dies, waits or fails in a worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from quadviz import Sweep
from quadviz.sweep.cells import Outcome, Unit, do_unit

#: Where workers leave word, and what they are told to do.
NOTES = "QUADVIZ_TEST_NOTES"

SETTING = {"kappa_star": 0.3, "lam": 0.1, "delta": 0.5}


def small(**more: Any) -> Sweep:
    """Theory and networks on a grid of six settings."""
    grid = {"kappa": [0.5, 1.0], "alpha": [0.2, 0.35, 0.6], **SETTING}
    return Sweep(
        **{"grid": grid, "theory": ["mse", "rank", "bayes"], "networks": {"d": 10, "seeds": 4}, **more}
    )


def same(one: Any, other: Any) -> bool:
    """Whether two datasets have the same values to the last bit, and say the same of themselves."""
    return bool(one.identical(other)) and all(
        one[name].values.tobytes() == other[name].values.tobytes()
        for name in one.variables
        if one[name].dtype.kind in "fiu"
    )


def noted(unit: Unit) -> int:
    """How often a unit was begun, this time included."""
    path = Path(os.environ[NOTES]) / f"{unit.kind}-{'-'.join(map(str, unit.index))}"
    with path.open("a", encoding="utf-8") as sink:
        sink.write("x")
    return path.stat().st_size


def counting(unit: Unit) -> Outcome:
    """Leaves word of every unit that is begun."""
    noted(unit)
    return do_unit(unit)


def dies_once(unit: Unit) -> Outcome:
    """The worker is killed when it begins the third network for the first time."""
    if noted(unit) == 1 and unit.kind == "networks" and unit.index == (0, 0, 2):
        os.kill(os.getpid(), signal.SIGKILL)
    return do_unit(unit)


def poison(unit: Unit) -> Outcome:
    """One network kills every worker that begins it."""
    noted(unit)
    if unit.kind == "networks" and unit.index == (0, 1, 2):
        os.kill(os.getpid(), signal.SIGKILL)
    return do_unit(unit)


def slow(unit: Unit) -> Outcome:
    """Every unit takes a while, during which its worker says who it is."""
    noted(unit)
    (Path(os.environ[NOTES]) / f"worker-{os.getpid()}").touch()
    time.sleep(0.2)
    return do_unit(unit)


def of_another_version(unit: Unit) -> Outcome:
    """A worker with another NumPy."""
    done = do_unit(unit)
    return Outcome(done.kind, done.index, done.values, done.failures, {**done.versions, "numpy": "1.0"})


def dies_at_once(_: int) -> None:
    """A worker that cannot begin."""
    os._exit(1)
