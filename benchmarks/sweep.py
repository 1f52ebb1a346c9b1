"""How fast sweeps are, beside their bare cost: ``python -m benchmarks.sweep``; some minutes on two cores.

Theory: a million settings on two workers. Networks: 400 of d = 60 on two workers, against as many trained by
the same two processes without a store.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from quadviz import Setting, Sweep, minimise, open_sweep, plan_sweep, run_sweep
from quadviz.sweep.cells import cell_seed
from quadviz.threads import blas_threads

__all__ = ["main"]

WORKERS = 2
SETTING = {"kappa_star": 0.3, "lam": 0.1, "delta": 0.5}


def theory(folder: Path, settings: int) -> str:
    """Seconds for so many settings, and what the plan said."""
    side = round(settings**0.5)
    grid = {"kappa": np.linspace(0.1, 1.5, side), "alpha": np.linspace(0.05, 1.0, side), **SETTING}
    spec = Sweep(grid=grid, theory=["mse", "train_loss", "rank"])
    planned = plan_sweep(spec, workers=WORKERS)
    began = time.perf_counter()
    run_sweep(spec, folder / "theory", workers=WORKERS)
    taken = time.perf_counter() - began
    began = time.perf_counter()
    run_sweep(spec, folder / "theory", workers=WORKERS)
    again = time.perf_counter() - began
    disk = sum(path.stat().st_size for path in (folder / "theory").rglob("*") if path.is_file())
    return (
        f"theory: {side**2:,} settings in {taken:.1f} s (planned {planned.seconds:.1f} s), "
        f"{disk / 1e6:.1f} MB (planned {planned.disk / 1e6:.1f} MB); finding all done {again:.2f} s"
    )


def _bare(setting: Setting, d: int, seed: int) -> float:
    with blas_threads(1):
        return minimise(setting, d, cell_seed(seed, d, setting)).mse


def networks(folder: Path, count: int, d: int = 60) -> str:
    """Seconds for so many networks, and those of the bare work with as many processes, halves in turn.

    The machine's speed may change while they run: the bare work is done half before, half after.
    """
    alpha, seeds = [0.3, 0.6], count // 2
    spec = Sweep(grid={"kappa": 0.7, "alpha": alpha, **SETTING}, networks={"d": d, "seeds": seeds})
    planned = plan_sweep(spec, workers=WORKERS)
    work = [(Setting(kappa=0.7, alpha=a, **SETTING), d, seed) for seed in range(seeds) for a in alpha]
    bare, found = 0.0, {}
    with Parallel(n_jobs=WORKERS) as pool:
        pool(delayed(_bare)(*work[0]) for _ in range(WORKERS))  # workers that have loaded everything

        def half(part: list[tuple[Setting, int, int]]) -> float:
            began = time.perf_counter()
            values = pool(delayed(_bare)(*each) for each in part)
            found.update({(each[0].alpha, each[2]): v for each, v in zip(part, values, strict=True)})
            return time.perf_counter() - began

        bare += half(work[::2])
        began = time.perf_counter()
        data = run_sweep(spec, folder / "networks", workers=WORKERS)
        taken = time.perf_counter() - began
        bare += half(work[1::2])
    for (a, seed), mse in found.items():
        assert float(data.network_mse.sel(alpha=a, seed=seed)) == mse  # noqa: S101 - the same networks
    began = time.perf_counter()
    open_sweep(folder / "networks")
    opened = time.perf_counter() - began
    return (
        f"networks: {count} of d = {d} in {taken:.1f} s with the start of the workers, bare {bare:.1f} s: "
        f"ratio {taken / bare:.3f} (planned {planned.seconds:.0f} s); opened in {opened:.2f} s"
    )


def main() -> None:
    """Measure both, and say under what load."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--settings", type=int, default=1_000_000)
    options.add_argument("--networks", type=int, default=400)
    asked = options.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(theory(Path(folder), asked.settings), flush=True)
        print(networks(Path(folder), asked.networks), flush=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
