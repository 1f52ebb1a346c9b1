"""Settings at random."""

from __future__ import annotations

import numpy as np

from quadviz.parameters import PARAMETERS

__all__ = ["random_settings"]

NAMES = ("alpha", "kappa", "kappa_star", "lam", "delta")


def random_settings(n: int, seed: int) -> dict[str, np.ndarray]:
    """Settings over the full ranges of the table: log-uniform in lam, a third without label noise."""
    rng = np.random.default_rng(seed)
    values = {}
    for name in NAMES:
        p = PARAMETERS[name]
        low, high = (np.log(p.low), np.log(p.high)) if p.scale == "log" else (p.low, p.high)
        drawn = rng.uniform(low, high, n)
        values[name] = np.exp(drawn) if p.scale == "log" else drawn
    values["delta"] *= rng.random(n) > 1 / 3
    return values
