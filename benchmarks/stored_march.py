"""The mean-field solution that the page of dynamics opens with: ``python -m benchmarks.stored_march``.

Solves what the page would solve in good quality where it opens, which takes about a minute on two cores, and
stores it beside the page's code unless it is in doubt. To be run again whenever the solver has changed or the
page opens elsewhere; the tests notice.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from quadviz.explorers.dynamics.state import State
from quadviz.theory.dmft import DmftStatus
from quadviz.theory.steady.steady_state import steady_state
from quadviz.work import stored as dynamics_stored
from quadviz.work.march import MarchRun, run_march

__all__ = ["main"]


def main() -> None:
    """Solve, say what came of it, and store it."""
    request = replace(State(), quality="good").march_request
    print(f"{request.setting}, to t = {request.end:g}: {request.check()}")
    run: MarchRun | None = None
    for fraction, so_far in run_march(request, lambda: None):
        run = so_far
        print(f"\r{100 * fraction:3.0f}%", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if run is None or run.solution.status != DmftStatus.SOLVED:
        raise SystemExit(f"not stored: {'nothing was solved' if run is None else run.solution.message}")
    place = Path(dynamics_stored.__file__).parent / dynamics_stored.STORED
    dynamics_stored.store_march(run, place)
    s = request.setting
    limit = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    print(run.solution)
    print(f"theory of long times: mse {limit.mse.item():.4g}, train loss {limit.train_loss.item():.4g}")
    print(f"stored in {place.name}, {place.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
