"""What pages open with: ``python -m benchmarks.stored``.

Does what the pages would do where they open, a march of the mean-field equations in good quality and the
training of the lab's networks, which takes about a minute on two cores, and stores it beside the code unless
it is in doubt. To be run again whenever a solver has changed or a page opens elsewhere; the tests notice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from quadviz.explorers.dynamics.state import State
from quadviz.explorers.simulation_lab.page import State as LabState
from quadviz.theory.dmft import DmftStatus
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work import stored
from quadviz.work.march import run_march
from quadviz.work.stored.march import STORED as MARCH
from quadviz.work.stored.march import store_march
from quadviz.work.stored.networks import STORED as NETWORKS
from quadviz.work.stored.networks import store_networks
from quadviz.work.training import run_networks

__all__ = ["main"]

_FOLDER = Path(stored.__file__).parent
T = TypeVar("T")


def _done(work: Iterator[tuple[float, T]]) -> T:
    """What comes of work, which tells how far it is."""
    for fraction, result in work:
        last = result
        print(f"\r{100 * fraction:3.0f}%", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return last


def _march() -> Path:
    request = replace(State(), quality="good").march_request
    print(f"{request.setting}, to t = {request.end:g}: {request.check()}")
    run = _done(run_march(request, lambda: None))
    if run.solution.status != DmftStatus.SOLVED:
        raise SystemExit(f"not stored: {run.solution.message}")
    s = request.setting
    limit = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    print(run.solution)
    print(f"theory of long times: mse {limit.mse.item():.4g}, train loss {limit.train_loss.item():.4g}")
    store_march(run, _FOLDER / MARCH)
    return _FOLDER / MARCH


def _networks() -> Path:
    run = _done(run_networks(LabState().request, lambda: None))
    if run.failures:
        raise SystemExit(f"not stored: {'; '.join(run.failures)}")
    print(run.networks[0])
    store_networks(run, _FOLDER / NETWORKS)
    return _FOLDER / NETWORKS


def main() -> None:
    """Do the work, say what came of it, and store it."""
    for each in (_networks, _march):
        place = each()
        print(f"stored in {place.name}, {place.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
