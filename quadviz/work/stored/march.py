"""The mean-field solution that the page of dynamics opens with.

It is stored whole, but for what no eye can tell: functions of two times in single precision, and of the
eigenvalues at a moment as many evenly spaced quantiles as eight copies have.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.setting import Setting
from quadviz.theory.dmft import Dmft, DmftStatus, dmft
from quadviz.work.march import MarchRequest, MarchRun
from quadviz.work.stored.file import read, shipped, write

__all__ = ["STORED", "march_signature", "read_march", "store_march", "stored_march"]

#: Where it is, beside this module.
STORED = "dynamics.npz"
_COPIES = 8
#: Fields of a solution that are arrays: of times, and of pairs of them.
_COURSES = (
    "times",
    "mse",
    "mse_error",
    "train_loss",
    "train_loss_error",
    "grid",
    "objective",
    "objective_error",
    "eigenvalue_times",
)
_PAIRS = ("chi", "response", "covariance")
#: The rest, but for the setting, which is the request's.
_NUMBERS = (
    "d_eff",
    "replicas",
    "copies",
    "probes",
    "step",
    "seed",
    "end",
    "reached",
    "fraction",
    "trusted_until",
    "message",
)


@cache
def stored_march() -> MarchRun:
    """The stored solution; read once, when it is first wanted."""
    return _run(*shipped(STORED))


def read_march(place: Path) -> MarchRun:
    """The solution in a file.

    Args:
        place: the file.
    """
    return _run(*read(place))


def _run(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> MarchRun:
    known: dict[str, Any] = {name: about["solution"][name] for name in _NUMBERS}
    known |= {
        name: np.asarray(arrays[name], dtype=np.float64) for name in (*_COURSES, *_PAIRS, "eigenvalues")
    }
    upper = np.triu(np.ones_like(known["covariance"]), 1).astype(bool)
    known["covariance"] = np.where(upper, known["covariance"].T, known["covariance"])
    request = MarchRequest(**{**about["request"], "setting": Setting(**about["request"]["setting"])})
    status = DmftStatus[about["solution"]["status"]]
    return MarchRun(request, Dmft(setting=request.setting, status=status, **known), stored=True)


def march_signature() -> list[float]:
    """What the solver gives for a march of a moment: another one where the solver has changed."""
    setting = Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.01, delta=0.5, gamma=0.1)
    times = [0.1, 0.3, 1.0]
    march = dmft(setting, times, d_eff=12, replicas=1, copies=2, step=0.2)
    return [*march.mse.tolist(), *march.train_loss.tolist()]


def store_march(run: MarchRun, place: Path) -> None:
    """Write a solution to a file.

    Args:
        run: the solution.
        place: the file.
    """
    s = run.solution
    solution = {**{name: getattr(s, name) for name in _NUMBERS}, "status": s.status.name}
    about = {
        "signature": march_signature(),
        "arguments": run.request.arguments,
        # Of the setting what the paper has: the stored march is of its teacher.
        "request": {**asdict(run.request), "setting": {n: getattr(s.setting, n) for n in PARAMETERS}},
        "solution": solution,
    }
    # The lower triangles say it all: what is to come moves nothing, and the covariance is symmetric.
    pairs = {name: np.tril(getattr(s, name)).astype(np.float32) for name in _PAIRS}
    arrays = {name: getattr(s, name) for name in _COURSES}
    eigenvalues = _thinned(s.eigenvalues, _COPIES * s.d_eff).astype(np.float32)
    write(place, about, {**arrays, **pairs, "eigenvalues": eigenvalues})


def _thinned(eigenvalues: FloatArray, count: int) -> FloatArray:
    """Evenly spaced quantiles of sorted values, shape (E, N), as many as ``count``."""
    middles = (np.arange(count) + 0.5) / count
    few: FloatArray = np.quantile(eigenvalues, middles, axis=1, method="hazen").T
    return few
