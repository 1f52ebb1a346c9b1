"""What a march gives: means over replicas with their errors, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.parameters import PARAMETERS
from quadviz.results import Result, Sheet
from quadviz.setting import Setting

__all__ = ["Dmft", "DmftError", "DmftStatus"]


#: Times shown by a result's repr.
_SHOWN = 4


class DmftStatus(IntEnum):
    """How a march ended.

    ``SOLVED``: it came to its end, and passed every test of itself (:mod:`quadviz.theory.dmft.trust`).
    ``UNRESOLVED``: from ``trusted_until`` on it failed one. ``STOPPED``: it ended before its end.
    """

    SOLVED = 0
    UNRESOLVED = 1
    STOPPED = 2


@dataclass(frozen=True, eq=False, repr=False)
class Dmft(Result):
    """The solution for one setting: all of it, or as far as it came.

    Errors are half-widths of 68% intervals of the means over replicas: standard errors times Student's
    factor, 1.84 for two replicas, 1.08 for eight; half a percent of the value for the bias that all replicas
    share is counted in. NaN for a single replica.

    Attributes:
        setting: the ratios.
        d_eff: size of the matrices.
        replicas: independent solutions.
        copies: copies of the effective process in each.
        probes: small changes followed for each copy.
        step: length of a time step as a share of the time.
        seed: the seed.
        end: the last time asked for.
        reached: how far the march came.
        times: times asked for and reached, shape (T,).
        mse: |Z - Z*|_F^2 / d, mean over replicas, shape (T,), as are the next three.
        mse_error: its error.
        train_loss: R K R^T / 4 on the diagonal, with R the response of the residuals.
        train_loss_error: its error.
        grid: times of the march, shape (n,).
        chi: weights of the memory at pairs of them, int chi(t_k, s) F(s) ds = sum_j chi[k, j] F(t_j), (n, n).
        response: R = (1 + chi/alpha)^{-1}, shape (n, n).
        covariance: K = 2 C + delta, shape (n, n).
        objective: train_loss + lam tr Z/d + (lam2/2) tr Z^2/d on the grid, which training never raises, shape
            (n,).
        objective_error: its error.
        eigenvalue_times: times at which eigenvalues were asked for, shape (E,).
        eigenvalues: of Z, of all copies together, increasing, shape (E, replicas * copies * d_eff).
        fraction: how much of the work is done.
        status: whether all of it can be trusted.
        trusted_until: the last time of the march up to which it can be.
        message: the same in words, with what to change.
    """

    setting: Setting
    d_eff: int
    replicas: int
    copies: int
    probes: int
    step: float
    seed: int
    end: float
    reached: float
    times: FloatArray
    mse: FloatArray
    mse_error: FloatArray
    train_loss: FloatArray
    train_loss_error: FloatArray
    grid: FloatArray
    chi: FloatArray
    response: FloatArray
    covariance: FloatArray
    objective: FloatArray
    objective_error: FloatArray
    eigenvalue_times: FloatArray
    eigenvalues: FloatArray
    fraction: float
    status: DmftStatus
    trusted_until: float
    message: str

    @property
    def complete(self) -> bool:
        """Whether the march came to its end."""
        return self.reached >= self.end

    @property
    def trusted(self) -> BoolArray:
        """At which of ``times`` the solution can be trusted, shape (T,)."""
        return self.times <= self.trusted_until

    def sheets(self) -> dict[str, Sheet]:
        """What is seen over time, the eigenvalues, and the kernels between all pairs of nodes."""
        setting = {name: ((), getattr(self.setting, name)) for name in PARAMETERS}
        if self.setting.lam2:
            setting["lam2"] = ((), self.setting.lam2)
        sizes = {name: ((), getattr(self, name)) for name in ("d_eff", "replicas", "copies", "step", "seed")}
        about = {**setting, **sizes, "march_status": ((), self.status.name.lower())}
        course = ("mse", "mse_error", "train_loss", "train_loss_error", "trusted")
        time, kept, pair = ("time",), ("eigenvalue_time", "index"), ("node_time", "source_time")
        counted = self.eigenvalues.shape[1]
        return {
            "course": Sheet(
                {"time": self.times.size},
                {**about, "time": (time, self.times)},
                {name: (time, getattr(self, name)) for name in course},
            ),
            "eigenvalues": Sheet(
                {"eigenvalue_time": self.eigenvalue_times.size, "index": counted},
                {
                    **about,
                    "eigenvalue_time": (kept[:1], self.eigenvalue_times),
                    "index": (kept[1:], np.arange(counted)),
                },
                {"eigenvalue": (kept, self.eigenvalues)},
            ),
            "kernels": Sheet(
                dict.fromkeys(pair, self.grid.size),
                {**about, pair[0]: (pair[:1], self.grid), pair[1]: (pair[1:], self.grid)},
                {name: (pair, getattr(self, name)) for name in ("chi", "response", "covariance")},
            ),
        }

    def __repr__(self) -> str:
        some = np.unique(np.linspace(0, max(self.times.size - 1, 0), _SHOWN).astype(int))
        seen = [
            f"  t = {self.times[k]:<8.4g} mse {self.mse[k]:.4g} ± {self.mse_error[k]:.2g}, "
            f"train loss {self.train_loss[k]:.4g} ± {self.train_loss_error[k]:.2g}"
            for k in some
            if k < self.times.size
        ]
        return "\n".join(
            [
                f"Dmft of {self.setting}",
                f"  {self.replicas} replicas of {self.copies} copies of size {self.d_eff}, seed {self.seed}",
                f"  {self.grid.size} nodes to t = {self.reached:.4g} of {self.end:.4g}, step {self.step:g}",
                f"  {self.status.name}: {self.message}",
                f"  {self.times.size} times asked for and reached:",
                *seen,
            ]
        )


class DmftError(RuntimeError):
    """The march left the numbers on its way.

    Attributes:
        partial: what there is up to there; None if there is nothing.
    """

    def __init__(self, message: str, partial: Dmft | None) -> None:
        super().__init__(message, partial)
        self.partial = partial

    def __str__(self) -> str:
        return str(self.args[0])
